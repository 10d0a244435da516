package app

import (
	"time"

	"exoplanetai/internal/exo"
)

// OpenLog lets the tests write to a log without the program.
var OpenLog = func(dataPath string, keep time.Duration, clock exo.Clock) (*logFile, error) {
	return openLog(dataPath, ingestLog, keep, clock)
}

// LogMax is the bound of one log file.
const LogMax = logMax
