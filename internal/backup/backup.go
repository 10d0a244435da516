package backup

import (
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"exoplanetai/internal/exo"
)

// Service makes backups of one data tree in one repository. Its methods may be
// called from many goroutines; what writes to the repository waits for its turn.
type Service struct {
	o       Options
	at      address
	keys    string // how the key is made from the password; empty: as Kopia does
	writing sync.Mutex

	mu    sync.Mutex
	known sums   // of the snapshot that was asked for last
	of    string // its identifier
}

// New checks the options. Nothing is read or written yet. Without a repository
// the service refuses everything with exo.Conflict, and has nothing.
//
// exo.Invalid for an address that is none, or no password.
func New(o Options) (*Service, error) {
	const op = "backup.New"
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Repository == "" || o.Unusable != nil {
		return &Service{o: o}, nil
	}
	if o.Password == "" {
		return nil, exo.Errorf(op, exo.Invalid, nil, "backups are always encrypted, and no password is set").
			Try("write a long password to a file, keep a copy of it elsewhere, and name the file in backup.password_file")
	}
	if o.Clock == nil || !filepath.IsAbs(o.DataPath) || !filepath.IsAbs(o.StateDir) {
		return nil, exo.Errorf(op, exo.Internal, nil, "backups need a clock and full paths")
	}
	at, err := parseAddress(o)
	if err != nil {
		return nil, err
	}
	return &Service{o: o, at: at}, nil
}

// set refuses where there is no place for backups, or it cannot be used.
func (s *Service) set(op string) error {
	if err := s.o.Unusable; err != nil {
		return exo.E(op, exo.KindOf(err), nil, err)
	}
	if s.o.Repository != "" {
		return nil
	}
	return exo.Errorf(op, exo.Conflict, nil, "no place for backups is set").
		Try("set backup.repository to a folder on another disk, or to s3://bucket/prefix")
}

// hasTree refuses where there is no place for backups, or no data tree.
func (s *Service) hasTree(op string) error {
	if err := s.set(op); err != nil || s.o.FS != nil {
		return err
	}
	return exo.Errorf(op, exo.NotFound, nil, "there is no data folder").Try("name it with --data-path")
}

// now is the time to keep, without what JSON and the database would lose.
func (s *Service) now() time.Time { return s.o.Clock().UTC().Truncate(time.Microsecond) }

func gone(err error) bool { return errors.Is(err, exo.NotFound) }

func reporter(report func(done, total int64)) func(done, total int64) {
	if report == nil {
		return func(int64, int64) {}
	}
	return report
}
