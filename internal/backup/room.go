package backup

import (
	"context"
	"errors"
	stdfs "io/fs"
	"path"
	"regexp"
	"time"

	"github.com/kopia/kopia/repo/logging"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// noRoom is the error of a repository whose disk is full.
func noRoom(op string, cause error) error {
	return exo.E(op, exo.Full, nil, cause).Say("the disk of the backups is full; the backups that are there are whole").
		Try("make room where backup.repository is, or name another place there; to keep backups for a shorter time lower storage.backup_retention_days")
}

// brim ends an operation on a repository whose disk is full. Kopia tries each
// blob ten times, for more than a minute in all, and leaves a piece of it behind
// each time; of a try that failed it only writes a line to its log.
type brim struct{ end context.CancelCauseFunc }

// Write reads a line of the log.
func (b brim) Write(line []byte) (int, error) {
	if fsys.SaysFull(string(line)) {
		b.end(noRoom("backup.write", errors.New("the log of the repository tells so")))
	}
	return len(line), nil
}

// brimming is the context of an operation on the repository.
func brimming(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, end := context.WithCancelCause(ctx)
	lines := logging.ToWriter(brim{end})
	quiet := logging.Module("")(context.Background())
	ctx = logging.WithLogger(ctx, func(module string) logging.Logger {
		if module == "retry" {
			return lines(module)
		}
		return quiet
	})
	return ctx, func() { end(nil) }
}

// full is the error of an operation that ended because the repository's disk is
// full; else nil.
func full(ctx context.Context) error {
	if err := context.Cause(ctx); errors.Is(err, exo.Full) {
		return err
	}
	return nil
}

// partName is the name of a blob that is being written to a folder. Kopia never
// looks at one again that was cut short.
var partName = regexp.MustCompile(`\.tmp\.[0-9a-f]{16}$`)

// partAge is how old such a file must be: a younger one may be written just now,
// by another machine.
const partAge = 24 * time.Hour

// scrap removes what writing to the repository left unfinished before some time.
// On a full disk, where nobody can finish, all of that goes.
func (s *Service) scrap(ctx context.Context, all bool) error {
	if s.at.folder == "" {
		return nil
	}
	dir, err := fsys.OpenDir(s.at.folder, false)
	if err != nil {
		return err
	}
	limit := s.o.Clock().Add(-partAge)
	err = fsys.Walk(ctx, dir, ".", func(name string, e stdfs.DirEntry) error {
		if !partName.MatchString(path.Base(name)) || !e.Type().IsRegular() {
			return nil
		}
		info, err := e.Info()
		if err == nil && (all || info.ModTime().Before(limit)) {
			err = dir.Remove(name)
		}
		if gone(err) || errors.Is(err, stdfs.ErrNotExist) {
			return nil // it got its name meanwhile
		}
		return err
	})
	return errors.Join(err, dir.Close())
}
