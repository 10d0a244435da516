package app

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"

	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// maxInstances bounds the processes of one kind that log beside one data folder
// on one machine.
const maxInstances = 1000

// openInstance finds the folder of this process's logs, below logs/. A process
// that has the data folder for itself logs in logs/ itself. Of several that share
// it each has a folder of its own, since a file that is put aside at a bound has
// one writer: the machine's name, the kind of process, and a number.
func (a *App) openInstance(cfg config.Config, o Options) error {
	const op = "app.openInstance"
	if cfg.DatabaseURL == "" || o.Role == Reader {
		return nil
	}
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "host"
	}
	logs, err := openLogs(cfg.DataPath)
	if err != nil {
		return err
	}
	for n := 1; n <= maxInstances; n++ {
		name := host + "-" + string(o.Role) + "-" + strconv.Itoa(n)
		if err := fsys.MkdirAll(logs, name, 0o750); err != nil {
			return errors.Join(err, logs.Close())
		}
		lock, err := logs.Lock(name + "/lock")
		if errors.Is(err, exo.Conflict) {
			continue
		}
		if err != nil {
			return errors.Join(err, logs.Close())
		}
		a.instance = name
		a.later("log folder of this process", func() error { return errors.Join(lock.Unlock(), logs.Close()) })
		return nil
	}
	return errors.Join(exo.Errorf(op, exo.Conflict, nil, "there are %d processes on this machine already", maxInstances), logs.Close())
}

// openLog makes the logs of this process.
func (a *App) openLog(cfg config.Config, o Options) error {
	if o.Role == Reader {
		a.Log = newLog(o.People, o.Level, nil, 0)
		a.processLog = a.Log
		return nil
	}
	if err := a.openInstance(cfg, o); err != nil {
		return err
	}
	for name, log := range map[string]**slog.Logger{ingestLog: &a.Log, processLog: &a.processLog} {
		f, err := openLog(cfg.DataPath, a.logName(name), cfg.Logs.Keep, o.Clock)
		if err != nil {
			return err
		}
		a.later("log "+name, f.Close)
		a.logs = append(a.logs, f)
		*log = newLogs(o.People, o.Level, cfg.LogJSON, f, cfg.LogLevel)
	}
	return nil
}

// auditLog is the copy of the audit log beside the other logs.
const auditLog = "audit.log"

// openMirror opens the copy of the audit log that this process writes. On a shared
// tree commands write none: those of the servers and workers become complete.
func (a *App) openMirror(cfg config.Config, o Options) (err error) {
	if cfg.DatabaseURL != "" && a.instance == "" {
		return nil
	}
	if a.mirror, err = openLog(cfg.DataPath, a.logName(auditLog), cfg.Logs.Keep, o.Clock); err != nil {
		return err
	}
	a.later("log "+auditLog, a.mirror.Close)
	a.logs = append(a.logs, a.mirror)
	return nil
}

// logName is the name of a log file below logs/.
func (a *App) logName(name string) string { return filepath.Join(a.instance, name) }
