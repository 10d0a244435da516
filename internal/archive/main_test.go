package archive_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/archive"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server counts what it was asked and how many answers were under way at once.
type server struct {
	*httptest.Server
	asked   atomic.Int64
	now     atomic.Int64
	busiest atomic.Int64
}

// serve starts a server on loopback that answers the n-th request (from 1).
func serve(t *testing.T, answer func(n int64, w http.ResponseWriter, r *http.Request)) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := s.now.Add(1)
		defer s.now.Add(-1)
		for {
			most := s.busiest.Load()
			if now <= most || s.busiest.CompareAndSwap(most, now) {
				break
			}
		}
		answer(s.asked.Add(1), w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// pauses records the pauses that a client would have made.
type pauses struct {
	mu   sync.Mutex
	made []time.Duration
}

func (p *pauses) sleep(ctx context.Context, d time.Duration) error {
	p.mu.Lock()
	p.made = append(p.made, d)
	p.mu.Unlock()
	return context.Cause(ctx)
}

// client makes a client that may reach the servers and never waits.
func client(t *testing.T, o archive.Options, servers ...*server) (*archive.Client, *pauses) {
	t.Helper()
	p := &pauses{}
	o.Sleep = p.sleep
	if o.Random == nil {
		o.Random = func() float64 { return 0.5 }
	}
	for _, s := range servers {
		o.Allowed = append(o.Allowed, s.URL)
	}
	c := archive.NewClient(o)
	t.Cleanup(c.Close)
	return c, p
}

// end breaks the connection: with a reset, or as if the body ended here.
func end(w http.ResponseWriter, reset bool) {
	w.(http.Flusher).Flush()
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0) // close sends RST
	}
	conn.Close()
}
