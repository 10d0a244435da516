package audit_test

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/audit"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/xtest"
)

func leakTest(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// clock is a clock that a test sets.
type clock struct {
	mu sync.Mutex
	t  time.Time // guarded by mu
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// mirror is a mirror in memory, with a disk that may be full.
type mirror struct {
	mu   sync.Mutex
	data []byte // guarded by mu
	room int    // bytes until the disk is full; -1: endless
}

func newMirror() *mirror { return &mirror{room: -1} }

func (m *mirror) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(p)
	if m.room >= 0 {
		n = min(n, m.room)
		m.room -= n
	}
	m.data = append(m.data, p[:n]...)
	if n < len(p) {
		return n, exo.Errorf("mirror", exo.Full, nil, "no space left on device")
	}
	return n, nil
}

func (m *mirror) read(tail int64) (io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data := m.data
	if tail > 0 && int64(len(data)) > tail {
		data = data[int64(len(data))-tail:]
	}
	return io.NopCloser(bytes.NewReader(bytes.Clone(data))), nil
}

func (m *mirror) setRoom(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.room = n
}

func (m *mirror) lines() [][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Split(bytes.TrimSuffix(bytes.Clone(m.data), []byte("\n")), []byte("\n"))
}

var key = []byte("0123456789abcdef0123456789abcdef")

func theKey() ([]byte, error) { return key, nil }

// world is a record with all it needs.
type world struct {
	t      testing.TB
	at     sqldb.Options
	db     *sqldb.DB
	clock  *clock
	mirror *mirror
	o      audit.Options
	log    *audit.Log
}

// maker makes a world.
type maker = func(t testing.TB, change func(o *audit.Options)) *world

// onBoth runs a test on SQLite and on Postgres.
func onBoth(t *testing.T, test func(t *testing.T, newWorld maker)) {
	t.Run("sqlite", func(t *testing.T) { test(t, newWorld) })
	t.Run("postgres", func(t *testing.T) {
		test(t, func(t testing.TB, change func(o *audit.Options)) *world {
			return worldAt(t, sqldb.Options{URL: xtest.Postgres(t)}, change)
		})
	})
}

func newWorld(t testing.TB, change func(o *audit.Options)) *world {
	t.Helper()
	return worldAt(t, sqldb.Options{Path: filepath.Join(t.TempDir(), "x.db")}, change)
}

func worldAt(t testing.TB, at sqldb.Options, change func(o *audit.Options)) *world {
	t.Helper()
	w := &world{t: t, at: at, clock: &clock{t: start}, mirror: newMirror()}
	w.o = audit.Options{Clock: w.clock.now, Mirror: w.mirror, ReadMirror: w.mirror.read, Key: theKey}
	if change != nil {
		change(&w.o)
	}
	w.open()
	return w
}

// open opens the database and the record, as a new process does.
func (w *world) open() {
	w.t.Helper()
	if w.db != nil {
		_ = w.db.Close()
	}
	db, err := sqldb.Open(context.Background(), w.at)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = db.Close() })
	w.db, w.o.DB = db, db
	if w.log, err = audit.Open(context.Background(), w.o); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Exec(query, args...); err != nil {
		w.t.Fatal(err)
	}
}

// call makes a changing call of an event pair.
func (w *world) call(actor, object string) {
	w.t.Helper()
	done, err := w.log.Begin(context.Background(), audit.Event{Actor: actor, Role: "admin", Via: "token", Address: "192.0.2.7", Action: "POST /api/v1/keys", Object: object})
	if err != nil {
		w.t.Fatal(err)
	}
	w.clock.add(time.Second)
	done(audit.Done, "")
}

func (w *world) verify() audit.Report {
	w.t.Helper()
	r, err := w.log.Verify(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) events() []audit.Event {
	w.t.Helper()
	p, err := w.log.Query(context.Background(), audit.Filter{Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	return p.Events
}
