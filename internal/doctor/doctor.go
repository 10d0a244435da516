package doctor

import (
	"context"
	"io/fs"
	"log/slog"
	"slices"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// Severity says how much a finding matters.
type Severity string

// The severities, the gravest first.
const (
	Error   Severity = "error"   // something is broken, or will be in a moment
	Warning Severity = "warning" // works, and is not as safe as it should be
	Note    Severity = "note"    // good to know
)

// Finding is one thing that the doctor found.
type Finding struct {
	Code     string   `json:"code"` // stable: "disk-full", "damage-mode"
	Severity Severity `json:"severity"`
	What     string   `json:"what"`            // in one sentence
	Why      string   `json:"why"`             // what comes of it
	Fix      string   `json:"fix"`             // command or act that puts it right
	Fixable  bool     `json:"fixable"`         // `doctor --fix` does it
	Paths    []string `json:"paths,omitempty"` // what it is about; at most maxPaths
	remedy   remedy   // what Fix does about it
}

// remedy names an act of Fix. Several findings may ask for the same one.
type remedy string

// Disk is the data folder as far as the doctor looks at it itself.
type Disk interface {
	Usage() (total, free int64, err error)
	ReadDir(name string) ([]fs.DirEntry, error)
}

// Store is the open store.
type Store interface {
	Stats(ctx context.Context) (store.Stats, error)
	Verify(ctx context.Context, o store.VerifyOptions, report func(done, total int64)) (store.VerifyReport, error)
	Newest(ctx context.Context, f store.Filter) (store.Meta, error)
}

// Mender puts sidecar, permissions and checksum lines of a file right, from
// what agrees.
type Mender interface {
	Mend(ctx context.Context, p exo.Path) (mended bool, err error)
}

// Copies tells how many versions there are, and the newest one's time.
type Copies struct {
	Count  int
	Newest *time.Time // null: none
}

// Backups tells about the backups.
type Backups struct {
	Count       int
	Newest      *time.Time // last one taken; null: none
	LastDrill   *time.Time // last trial of a restore; null: none
	DrillFailed bool       // it did not bring everything back
}

// Outcome is what an act did.
type Outcome struct {
	Done int      // things put right
	Left []string // what it could not put right, with the reason
}

// Options says what to look at. Only Clock is needed; what is nil is not
// looked at, or cannot be put right.
type Options struct {
	Clock exo.Clock
	Log   *slog.Logger // nil: no log

	Disk   Disk  // nil: the folder cannot be opened
	Store  Store // nil: it cannot be opened; Opened says why
	Opened error

	Versions  func(ctx context.Context) (Copies, error)
	Backup    func(ctx context.Context) (Backups, error)
	NoBackup  bool // none is set up: said as a warning
	Mender    Mender
	Reindex   func(ctx context.Context) (Outcome, error)                 // makes the index anew, also of a store that cannot be opened
	Repair    func(ctx context.Context, paths []string) (Outcome, error) // brings damaged and missing files back
	Rebuild   func(ctx context.Context) (Outcome, error)                 // makes manifests and record of versions again
	Cleanup   func(ctx context.Context) (files, bytes int64, err error)  // removes what may go
	BackupAge time.Duration                                              // older is a warning; 0: two days
	Progress  func(done, total int64)                                    // of Examine; nil: none

	// Beyond looks at what is not in the data folder: keys, certificates, servers.
	Beyond func(ctx context.Context) []Finding
}

// Doctor looks at one data folder.
type Doctor struct{ o Options }

// New makes a doctor.
func New(o Options) *Doctor {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.BackupAge == 0 {
		o.BackupAge = 48 * time.Hour
	}
	return &Doctor{o}
}

// Examine looks and writes nothing. The findings come gravest first; none is an
// empty list. The error tells that looking itself could not go on.
func (d *Doctor) Examine(ctx context.Context) ([]Finding, error) {
	found := []Finding{}
	for _, look := range []func(context.Context) ([]Finding, error){
		d.opening, d.space, d.damage, d.proofs, d.clock, d.leftovers, d.versions, d.backups,
	} {
		if err := ctx.Err(); err != nil {
			return nil, exo.E("doctor.Examine", exo.KindOf(err), nil, err)
		}
		list, err := look(ctx)
		if err != nil {
			return nil, err
		}
		found = append(found, list...)
	}
	if d.o.Beyond != nil {
		found = append(found, d.o.Beyond(ctx)...)
	}
	for i := range found {
		found[i].Fixable = d.can(found[i].remedy)
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return rank(a.Severity) - rank(b.Severity) })
	return found, nil
}

func rank(s Severity) int { return slices.Index([]Severity{Error, Warning, Note}, s) }
