package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// The log files and their bound: each one file of 10 MB and three older ones.
const (
	logFolder  = "logs"
	ingestLog  = "data_ingestion.log" // ingestion, store, server
	processLog = "preprocessing.log"  // processing
	logMax     = 10 << 20
	logKept    = 3
	logFileMod = 0o640
)

// logFile is a file that is put aside when it has grown to its bound.
type logFile struct {
	path string

	mu   sync.Mutex // guards what follows
	f    *os.File
	size int64
}

// openLog opens a log file in logs/ beside the data folder.
func openLog(dataPath, name string) (*logFile, error) {
	const op = "app.openLog"
	abs, err := filepath.Abs(dataPath)
	if err != nil {
		return nil, exo.E(op, exo.Internal, nil, err)
	}
	dir := filepath.Join(filepath.Dir(abs), logFolder)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, exo.E(op, writeKind(err), nil, err).Say("the log folder beside the data folder cannot be made").
			Try("let this user write there, or choose another DATA_PATH")
	}
	l := &logFile{path: filepath.Join(dir, name)}
	if err := l.open(); err != nil {
		return nil, exo.E(op, writeKind(err), nil, err).Say("the log file cannot be opened").
			Try("let this user write to logs/%s beside the data folder", name)
	}
	return l, nil
}

// openLogs opens the folder of the logs.
func openLogs(dataPath string) (*fsys.Dir, error) {
	abs, err := filepath.Abs(dataPath)
	if err != nil {
		return nil, exo.E("app.openLogs", exo.Internal, nil, err)
	}
	return fsys.OpenDir(filepath.Join(filepath.Dir(abs), logFolder), true)
}

func (l *logFile) open() error {
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, logFileMod)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	l.f, l.size = f, info.Size()
	return nil
}

// Write appends one line.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil {
		return 0, fs.ErrClosed
	}
	if l.size > 0 && l.size+int64(len(p)) > logMax {
		if err := l.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := l.f.Write(p)
	l.size += int64(n)
	return n, err
}

// rotate puts the full file aside as .1, .1 as .2 and so on; the oldest goes.
func (l *logFile) rotate() error {
	if err := l.f.Close(); err != nil {
		return err
	}
	l.f = nil
	for i := logKept - 1; i >= 0; i-- {
		from := l.path
		if i > 0 {
			from = fmt.Sprintf("%s.%d", l.path, i)
		}
		if err := os.Rename(from, fmt.Sprintf("%s.%d", l.path, i+1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return l.open()
}

// Close closes the file; later lines are lost.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil {
		return nil
	}
	err := l.f.Close()
	l.f = nil
	return err
}

// newLog makes the program's log: text for people, JSON lines for the file.
func newLog(people io.Writer, peopleLevel slog.Level, file io.Writer, fileLevel slog.Level) *slog.Logger {
	text := slog.NewTextHandler(people, &slog.HandlerOptions{Level: peopleLevel})
	if file == nil {
		return slog.New(text)
	}
	return slog.New(both{text, slog.NewJSONHandler(file, &slog.HandlerOptions{Level: fileLevel})})
}

// both sends each record to two handlers.
type both struct{ a, b slog.Handler }

func (h both) Enabled(ctx context.Context, l slog.Level) bool {
	return h.a.Enabled(ctx, l) || h.b.Enabled(ctx, l)
}

func (h both) Handle(ctx context.Context, r slog.Record) error {
	var errs []error
	for _, to := range []slog.Handler{h.a, h.b} {
		if to.Enabled(ctx, r.Level) {
			errs = append(errs, to.Handle(ctx, r.Clone()))
		}
	}
	return errors.Join(errs...)
}

func (h both) WithAttrs(attrs []slog.Attr) slog.Handler {
	return both{h.a.WithAttrs(attrs), h.b.WithAttrs(attrs)}
}

func (h both) WithGroup(name string) slog.Handler {
	return both{h.a.WithGroup(name), h.b.WithGroup(name)}
}
