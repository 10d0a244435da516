package store

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
)

// Options says what a store works on.
type Options struct {
	FS      fsys.FS      // the data folder
	DB      *sqldb.DB    // the database that holds the index
	Clock   exo.Clock    // tells when something was stored or verified
	Program string       // name and version of the program, for the sidecars
	Log     *slog.Logger // nil: no log
	Holder  string       // who takes the lock, for the message to others: "serve, pid 4711"

	Room func() error // refuses with exo.Full while the disk has no room for more; asked by Stage and Publish; nil: none

	Shared bool          // other processes write to the tree, too; the index must be in Postgres. See docs/format/tree.md
	Wait   time.Duration // how long to wait for them; 0: two minutes

	// Observe is told of each group of files that was published, or failed to be.
	// nil: nobody is.
	Observe func(bytes int64, took time.Duration, err error)

	ReadOnly bool // take no lock and write nothing; the folder and the database may be read-only too
	Rebuild  bool // open although tree and index contradict each other; Reindex must be called before anything is stored
}

// Store is an open data tree. All its methods may be called from many
// goroutines.
type Store struct {
	Options
	lock   fsys.Unlocker // of the tree, for life; nil: read only, or shared
	home   home          // where files are staged
	queue  queue
	serial atomic.Uint64 // of staged files

	mustReindex atomic.Bool  // opened with Rebuild, or a Forget failed half-way, and Reindex has not been called
	looking     sync.RWMutex // held by who compares tree and index; by Forget alone
	lookers     lookers      // tells other processes of them
	replacing   sync.Mutex   // held by ReplaceAll

	synced map[string]bool // folders whose names are on the disk; only the leader of the queue uses it
}

// Names in the tree that are not data.
const (
	lockName = ".lock"
	staging  = ".staging"
	indexDB  = "metadata/exoplanetai.db"
	formatNo = 1 // of the tree; see docs/format/tree.md
)

// folders are those of the user guide, made at first use.
var folders = []string{
	"raw/nasa", "raw/mast", "raw/exofop", "raw/kepler", "raw/tess", "raw/esa",
	"processed/v1", "processed/v2", "processed/lightcurves",
	"lightcurves/tess", "lightcurves/kepler", "lightcurves/k2",
	"metadata", "versions", "cache", "checksums",
}

// IndexPath is the place of the index database in the data tree.
func IndexPath() string { return indexDB }

// Prepare makes the folders of the data tree, so that the database can be
// opened in there.
func Prepare(f fsys.FS) error {
	for _, dir := range folders {
		if err := fsys.MkdirAll(f, dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// SetAside gives a damaged index database, with its log, another name, so that a
// new one can be made in its place, and returns that name; exo.Conflict while
// another process writes to the tree. The caller must not have it open. What else
// it held is in the file that was set aside.
func SetAside(f fsys.FS, at time.Time) (name string, err error) {
	lock, err := f.Lock(lockName)
	if err != nil {
		return "", err
	}
	defer func() {
		if uerr := lock.Unlock(); err == nil {
			err = uerr
		}
	}()
	if name, err = fsys.FreeName(f, indexDB+".damaged-"+exo.Stamp(at)); err != nil {
		return "", err
	}
	for _, part := range []string{"-wal", "-shm", ""} {
		if err := f.Rename(indexDB+part, name+part); err != nil && exo.KindOf(err) != exo.NotFound {
			return "", err
		}
	}
	return name, f.SyncDir("metadata")
}

// Open opens the data tree. Unless ReadOnly it makes the guide's folders, takes
// the lock, and finishes or undoes what a crash left half done.
//
// Errors: exo.Conflict when another process writes to the tree, when tree and
// index contradict each other, or when a newer program made them; exo.Corrupt
// for a damaged database. Each has a hint.
func Open(ctx context.Context, o Options) (*Store, error) {
	const op = "store.Open"
	if o.FS == nil || o.DB == nil || o.Clock == nil {
		return nil, exo.Errorf(op, exo.Internal, nil, "a store needs a disk, a database and a clock")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Shared && o.DB.Dialect() != sqldb.Postgres {
		return nil, exo.Errorf(op, exo.Invalid, nil, "several processes can share a data folder only with Postgres").Try("set DATABASE_URL")
	}
	s := &Store{Options: o, home: home{dir: staging}, synced: map[string]bool{}}
	s.DB = o.DB.For("store")
	s.queue.init()
	if err := s.checkFormat(); err != nil {
		return nil, err
	}
	switch {
	case o.ReadOnly:
		if err := s.openIndex(ctx); err != nil {
			return nil, err
		}
		return s, s.identify(ctx)
	case o.Shared:
		return s, s.join(ctx)
	}
	lock, err := o.FS.Lock(lockName)
	if err != nil {
		return nil, s.heldBy(err)
	}
	s.lock = lock
	if err := s.start(ctx); err != nil {
		_ = lock.Unlock() // the first error is the one to tell
		return nil, err
	}
	return s, nil
}

// start does what a writer does once it has the lock.
func (s *Store) start(ctx context.Context) error {
	if err := s.signLock(); err != nil {
		return err
	}
	if err := Prepare(s.FS); err != nil {
		return err
	}
	if err := s.folder(staging); err != nil {
		return err
	}
	if err := s.openIndex(ctx); err != nil {
		return err
	}
	if err := s.identify(ctx); err != nil {
		return err
	}
	if err := s.settleIn(ctx); err != nil {
		return err
	}
	dead, err := s.dead()
	if err != nil {
		return err
	}
	if s.Rebuild {
		s.mustReindex.Store(true)
		return nil
	}
	return s.recover(ctx, append(dead, &home{dir: staging}))
}

// Close waits for publications under way and gives the lock back. The disk and
// the database stay open: they are the caller's.
func (s *Store) Close() error {
	s.queue.close()
	if s.lock == nil {
		return s.moveOut()
	}
	return s.lock.Unlock()
}

// writable refuses on a store that was opened to read only.
func (s *Store) writable(op string) error {
	if s.ReadOnly {
		return exo.Errorf(op, exo.Conflict, nil, "the data folder is open to read only")
	}
	if s.mustReindex.Load() {
		return exo.Errorf(op, exo.Conflict, nil, "the index has to be made again first").Try("run `exoplanetai storage reindex`")
	}
	return nil
}

// room asks whether the disk has room for more.
func (s *Store) room() error {
	if s.Room == nil {
		return nil
	}
	return s.Room()
}

func (s *Store) now() time.Time { return s.Clock().UTC().Round(0) }
