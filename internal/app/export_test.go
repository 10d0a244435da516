package app

// OpenLog lets the tests write to a log without the program.
var OpenLog = func(dataPath string) (*logFile, error) { return openLog(dataPath, ingestLog) }

// LogMax is the bound of one log file.
const LogMax = logMax
