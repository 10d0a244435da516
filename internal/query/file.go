package query

import (
	"context"
	"errors"
	"sync"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/tables"
)

// file is an open query file.
type file struct {
	name  string
	about about
	db    *sqldb.DB

	turn chan struct{} // full while somebody opens or makes it: one at a time, once for all

	// Guarded by the shelf's mu.
	ready bool
	stale bool // to be closed by the last user
	users int  // calls that are using it, or wait for it
}

// shelf keeps query files open. A file that is in use is never closed.
type shelf struct {
	mu     sync.Mutex
	files  map[string]*file // guarded by mu
	count  int64            // guarded by mu: calls so far
	last   map[string]int64 // guarded by mu: when a file was used last, by count
	closed bool             // guarded by mu
}

// maxOpen is how many files stay open that nobody uses.
const maxOpen = 8

// with runs f on the query file of a version, which is made if there is none.
// Where the file turns out to be damaged or gone meanwhile it is made again,
// and f is run again: rows have the same numbers in both.
func (s *Service) with(ctx context.Context, v tables.Version, f func(*file) error) error {
	for again := false; ; again = true {
		q, err := s.acquire(ctx, v)
		if err != nil {
			return err
		}
		err = f(q)
		broken := errors.Is(err, errFile)
		if broken {
			s.log.Warn("a query file is damaged or gone", "file", q.name, "error", err)
		}
		s.release(q, broken)
		if !broken || again {
			return err
		}
	}
}

// errFile marks errors of a query file as such, so that it can be made again.
var errFile = errors.New("the query file cannot be used")

// acquire returns the query file of a version; release must follow.
func (s *Service) acquire(ctx context.Context, v tables.Version) (*file, error) {
	const op = "query.acquire"
	q, ready, err := s.reserve(fileName(v))
	if err != nil || ready {
		return q, err
	}
	select {
	case q.turn <- struct{}{}:
		defer func() { <-q.turn }()
	case <-ctx.Done():
		s.release(q, false)
		return nil, exo.E(op, exo.KindOf(ctx.Err()), v.ID, ctx.Err())
	}
	s.shelf.mu.Lock()
	ready = q.ready
	s.shelf.mu.Unlock()
	if ready { // another call opened it meanwhile
		return q, nil
	}
	if err := s.load(ctx, q, v); err != nil {
		s.release(q, false)
		return nil, err
	}
	s.shelf.mu.Lock()
	q.ready = true
	s.shelf.mu.Unlock()
	return q, nil
}

// reserve finds the file of a name, or puts an unopened one in its place.
func (s *Service) reserve(name string) (q *file, ready bool, err error) {
	h := &s.shelf
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, false, exo.Errorf("query.reserve", exo.Unavailable, nil, "the program is ending")
	}
	q = h.files[name]
	if q == nil {
		q = &file{name: name, turn: make(chan struct{}, 1)}
		h.files[name] = q
	}
	q.users++
	h.count++
	h.last[name] = h.count
	return q, q.ready, nil
}

// release gives a file back. A broken one is closed when its last user is gone,
// and not handed out again.
func (s *Service) release(q *file, broken bool) {
	h := &s.shelf
	h.mu.Lock()
	q.users--
	if broken || !q.ready && q.users == 0 {
		q.stale = true
		if h.files[q.name] == q {
			delete(h.files, q.name)
		}
	}
	var out []*file
	if q.stale && q.users == 0 {
		out = append(out, q)
	}
	for len(h.files) > maxOpen {
		oldest := h.idle()
		if oldest == nil {
			break
		}
		delete(h.files, oldest.name)
		out = append(out, oldest)
	}
	h.mu.Unlock()
	s.shut(out)
}

// idle returns the file that has rested longest; nil if all are in use.
func (h *shelf) idle() *file {
	var oldest *file
	for _, q := range h.files {
		if q.users == 0 && (oldest == nil || h.last[q.name] < h.last[oldest.name]) {
			oldest = q
		}
	}
	return oldest
}

// shut closes files that nobody uses.
func (s *Service) shut(files []*file) {
	for _, q := range files {
		if q.db == nil {
			continue
		}
		if err := q.db.Close(); err != nil { // it was only read
			s.log.Warn("a query file does not close", "file", q.name, "error", err)
		}
	}
}

// forget closes a file so that it can be removed; false if it is in use.
func (s *Service) forget(name string) bool {
	h := &s.shelf
	h.mu.Lock()
	q := h.files[name]
	if q != nil && q.users > 0 {
		h.mu.Unlock()
		return false
	}
	delete(h.files, name)
	delete(h.last, name)
	h.mu.Unlock()
	if q != nil {
		s.shut([]*file{q})
	}
	return true
}

// lastUse tells when a file was used last, as a count of calls; 0: not by this
// run of the program.
func (h *shelf) lastUse(name string) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last[name]
}

// Close lets go of all open query files; those in use are closed when their
// calls end.
func (s *Service) Close() error {
	h := &s.shelf
	h.mu.Lock()
	h.closed = true
	var out []*file
	for name, q := range h.files {
		q.stale = true
		delete(h.files, name)
		if q.users == 0 {
			out = append(out, q)
		}
	}
	h.mu.Unlock()
	s.shut(out)
	return nil
}
