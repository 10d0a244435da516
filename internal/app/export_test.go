package app

// OpenLog lets the tests write to a log without the program.
var OpenLog = openLog

// LogMax is the bound of one log file.
const LogMax = logMax
