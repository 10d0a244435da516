package app

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// The log files and their bounds.
const (
	logFolder  = "logs"
	ingestLog  = "data_ingestion.log" // ingestion, store, server
	processLog = "preprocessing.log"  // processing
	logMax     = 10 << 20             // bytes of one file
	logSpan    = 7 * 24 * time.Hour   // from the first line of a file to its last
	logKept    = 9                    // files put aside
	logLook    = time.Hour            // how often the ages are looked at
	logFileMod = 0o640
)

// logFile is a file that is put aside when it has grown to its bound, or is as
// old as one may be. What was put aside goes when it is too old, or one too many.
type logFile struct {
	path  string
	keep  time.Duration // of what was put aside; 0: no age
	clock exo.Clock

	mu     sync.Mutex // guards what follows
	f      *os.File
	size   int64
	begun  time.Time // of the first line
	looked time.Time // at the ages
	stuck  time.Time // when it could not be put aside; zero: it could
}

// openLog opens a log file in logs/ beside the data folder.
func openLog(dataPath, name string, keep time.Duration, clock exo.Clock) (*logFile, error) {
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
	l := &logFile{path: filepath.Join(dir, name), keep: keep, clock: clock}
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
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_RDWR|os.O_APPEND, logFileMod)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	l.f, l.size, l.begun = f, info.Size(), time.Time{}
	if l.size > 0 {
		l.begun = firstTime(f, info.ModTime())
	}
	return nil
}

// firstTime reads when the first line was written; other is for one that does
// not say.
func firstTime(f io.ReaderAt, other time.Time) time.Time {
	const enough = 100 // the time stands first
	text := make([]byte, enough)
	n, _ := f.ReadAt(text, 0) // what cannot be read does not say either
	_, rest, ok := strings.Cut(string(text[:n]), `"time":"`)
	stamp, _, ok2 := strings.Cut(rest, `"`)
	if at, err := time.Parse(time.RFC3339, stamp); ok && ok2 && err == nil {
		return at
	}
	return other
}

// Write appends one line. A file that cannot be put aside goes on growing: a log
// that is too long is better than none.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil {
		return 0, fs.ErrClosed
	}
	now := l.clock()
	var failed error
	if l.size > 0 && (l.size+int64(len(p)) > logMax || now.Sub(l.begun) > logSpan) && now.Sub(l.stuck) >= logLook {
		l.looked, l.stuck = time.Time{}, time.Time{}
		if failed = l.rotate(); failed != nil {
			l.stuck = now // each try moves the older ones on
		}
	}
	if since := now.Sub(l.looked); since >= logLook || since < 0 {
		l.looked = now
		failed = errors.Join(failed, l.prune(now))
	}
	if l.f == nil {
		return 0, failed
	}
	if l.size == 0 {
		l.begun = now
	}
	n, err := l.f.Write(p)
	l.size += int64(n)
	return n, errors.Join(fsys.Typed("app.logFile", filepath.Base(l.path), err), failed)
}

func (l *logFile) aside(n int) string { return l.path + "." + strconv.Itoa(n) }

// rotate puts the file aside as .1, .1 as .2 and so on; the oldest goes.
func (l *logFile) rotate() error {
	failed := l.f.Close()
	l.f = nil
	for i := logKept - 1; i >= 0 && failed == nil; i-- {
		from := l.path
		if i > 0 {
			from = l.aside(i)
		}
		if err := os.Rename(from, l.aside(i+1)); !errors.Is(err, fs.ErrNotExist) {
			failed = err
		}
	}
	return errors.Join(failed, l.open())
}

// prune removes what was put aside and is too old: its last line is.
func (l *logFile) prune(now time.Time) (failed error) {
	if l.keep <= 0 {
		return nil
	}
	for i := 1; i <= logKept; i++ {
		info, err := os.Lstat(l.aside(i))
		if err == nil && info.Mode().IsRegular() && now.Sub(info.ModTime()) > l.keep {
			err = os.Remove(l.aside(i))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
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
	return newLogs(people, peopleLevel, false, file, fileLevel)
}

// newLogs is newLog, with JSON for people too if they want it.
func newLogs(people io.Writer, peopleLevel slog.Level, lines bool, file io.Writer, fileLevel slog.Level) *slog.Logger {
	var text slog.Handler = slog.NewTextHandler(people, &slog.HandlerOptions{Level: peopleLevel})
	if lines {
		text = jsonLines(people, peopleLevel)
	}
	if file == nil {
		return slog.New(text)
	}
	return slog.New(both{named{text}, named{jsonLines(file, fileLevel)}})
}

// jsonLines writes one line of JSON for each record, whatever stands in it.
func jsonLines(w io.Writer, level slog.Level) slog.Handler {
	return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: inert})
}

// inert takes from a text what JSON leaves as it is and a terminal obeys: the
// control characters that it does not escape, and those that turn the direction of writing.
func inert(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		if text := a.Value.String(); strings.ContainsFunc(text, obeyed) {
			a.Value = slog.StringValue(disarm(text))
		}
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok && strings.ContainsFunc(err.Error(), obeyed) {
			a.Value = slog.StringValue(disarm(err.Error()))
		}
	}
	return a
}

func disarm(text string) string {
	return strings.Map(func(r rune) rune {
		if obeyed(r) {
			return '\uFFFD'
		}
		return r
	}, text)
}

func obeyed(r rune) bool {
	return r >= 0x7f && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
}

// named adds the identifier of the request that a record belongs to.
type named struct{ slog.Handler }

func (h named) Handle(ctx context.Context, r slog.Record) error {
	const key = "request_id"
	id := exo.RequestID(ctx)
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == key {
			id = "" // it names it already
		}
		return id != ""
	})
	if id != "" {
		r = r.Clone()
		r.AddAttrs(slog.String(key, id))
	}
	return h.Handler.Handle(ctx, r)
}

func (h named) WithAttrs(attrs []slog.Attr) slog.Handler { return named{h.Handler.WithAttrs(attrs)} }
func (h named) WithGroup(name string) slog.Handler       { return named{h.Handler.WithGroup(name)} }

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
