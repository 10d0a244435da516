package verify

import (
	"context"
	"io"
	"log/slog"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
)

// Backup gives files of backups: those bytes of a path that have the digest, and
// the words that name the backup. exo.NotFound: it has none.
type Backup interface {
	Open(ctx context.Context, p exo.Path, want exo.Digest) (io.ReadCloser, string, error)
}

// Origin fetches the bytes of a stored file once more from where they came. What
// comes may be other bytes; the caller compares.
type Origin interface {
	Again(ctx context.Context, m store.Meta, to *store.Staged) error
}

// Versions are the versions as far as they are checked and mended here.
// *version.Versions is one.
type Versions interface {
	Names() ([]exo.VersionName, error)
	Show(ctx context.Context, n exo.VersionName) (version.Manifest, error)
	Verify(ctx context.Context, n exo.VersionName, o version.VerifyOptions, report func(done, total int64)) (version.VerifyReport, error)
	Holders(ctx context.Context, want map[exo.Path]exo.Digest) (map[exo.Path][]exo.VersionName, error)
	Copy(ctx context.Context, p exo.Path, want exo.Digest) (io.ReadCloser, exo.VersionName, error)
	Heal(ctx context.Context, p exo.Path, want exo.Digest) ([]exo.VersionName, error)
	Rebuild(ctx context.Context) (version.RebuildReport, error)
	CheckRecord(ctx context.Context) ([]version.Damage, error)
	Strangers(ctx context.Context) ([]version.Damage, error)
}

// Options says what a Service works with.
type Options struct {
	Store    *store.Store
	Versions Versions // nil: there are none
	Backup   Backup   // nil: there is none
	Origin   Origin   // nil: no archive is asked
	Clock    exo.Clock
	Log      *slog.Logger // nil: no log

	// Observe is told how many damaged files each check found: "full", "quick",
	// "sweep". nil: nobody is.
	Observe func(check string, damaged int)
}

// Service finds damage and mends it. Its methods may be called from many
// goroutines.
type Service struct{ Options }

// New makes a service.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{o}
}

func (s *Service) now() time.Time { return s.Clock().UTC().Round(0) }

// Class names a kind of damage: those of package store, and version.RecordClass.
type Class = store.Class

// CheckOptions says how deep to look.
type CheckOptions struct {
	Quick bool // existence, type, length and permissions only; no bytes
}

// Damage is one thing that is not as it should be.
type Damage struct {
	Path     string            `json:"path"` // of the damaged file, in the data folder
	Class    Class             `json:"class"`
	Detail   string            `json:"detail"`
	Versions []exo.VersionName `json:"versions"` // that hold this file, newest first
	Targets  []exo.TargetID    `json:"targets"`  // stars that it is about
	Products []exo.Path        `json:"products"` // files that were made from it, and from those
	Repair   string            `json:"repair"`   // the command that mends it
}

// Depths of a check.
const (
	Full  = "full"
	Quick = "quick"
)

// Report tells what a check looked at, how deep, when, and every damage.
type Report struct {
	Depth        string       `json:"depth"` // "full": every byte was read; "quick": type, length and permissions
	StartedAt    time.Time    `json:"started_at"`
	FinishedAt   time.Time    `json:"finished_at"`
	Files        int64        `json:"files"`         // stored files looked at
	Bytes        int64        `json:"bytes"`         // bytes of them that were read
	Total        store.Amount `json:"total"`         // what the store holds
	Versions     int          `json:"versions"`      // versions looked at
	VersionFiles int64        `json:"version_files"` // files of them
	VersionBytes int64        `json:"version_bytes"` // bytes of those that were read
	OK           bool         `json:"ok"`
	Damaged      []Damage     `json:"damaged"` // all, by path
}

// SweepReport is that of the store, its damages told as those of Check.
type SweepReport struct {
	store.SweepReport
	Damaged []Damage `json:"damaged"`
}

// RepairOptions says what to repair.
type RepairOptions struct {
	Paths  []string // files, their metadata records, or files of versions; empty: all that a full check finds
	DryRun bool     // only tell what would be done; archives are not asked
}

// Outcomes of a repair.
const (
	Repaired = "repaired" // in a dry run: it can be
	Intact   = "intact"   // nothing was wrong
	Failed   = "failed"   // it is as it was
)

// Attempt is one source that was asked for bytes.
type Attempt struct {
	Source string `json:"source"` // "version v1", "backup …", "origin …", "records"
	Result string `json:"result"`
}

// Repair is what became of one file.
type Repair struct {
	Path     string            `json:"path"`
	Outcome  string            `json:"outcome"`          // "repaired", "intact", "failed"
	Source   string            `json:"source,omitempty"` // where the right bytes came from
	Tried    []Attempt         `json:"tried"`            // in order
	Versions []exo.VersionName `json:"versions"`         // whose copies were mended
	Detail   string            `json:"detail"`
	Hint     string            `json:"hint,omitempty"` // of a failure: what a person can do
}

// RepairReport tells what became of everything that was to be repaired.
type RepairReport struct {
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	DryRun     bool      `json:"dry_run"`
	OK         bool      `json:"ok"` // nothing failed
	Repaired   int       `json:"repaired"`
	Intact     int       `json:"intact"`
	Failed     int       `json:"failed"`
	Bytes      int64     `json:"bytes"` // written to the store
	Files      []Repair  `json:"files"` // by path
}
