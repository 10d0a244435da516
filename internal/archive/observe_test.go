package archive_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/archive"
)

// tally counts what a client tells of.
type tally struct {
	mu      sync.Mutex
	status  []int
	bytes   int64
	retries int
	hosts   map[string]bool
}

func (t *tally) Fetched(host string, status int, _ time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status = append(t.status, status)
	t.hosts[host] = true
}

func (t *tally) Received(host string, n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes += n
	t.hosts[host] = true
}

func (t *tally) Retried(host string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.retries++
	t.hosts[host] = true
}

func TestAnObserverIsToldOfEachRequest(t *testing.T) {
	asked := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Write([]byte("0123456789"))
	}))
	defer srv.Close()
	seen := &tally{hosts: map[string]bool{}}
	c := archive.NewClient(archive.Options{Allowed: []string{srv.URL}, Observer: seen, Sleep: func(context.Context, time.Duration) error { return nil }})
	defer c.Close()
	ep := archive.Endpoint{Base: srv.URL, Retries: 2}
	body, _, err := c.Get(t.Context(), ep, archive.Request{URL: ep.URL("/x", nil)})
	if err != nil || len(body) != 10 {
		t.Fatal(len(body), err)
	}
	if len(seen.status) != 2 || seen.status[0] != 503 || seen.status[1] != 200 || seen.bytes != 10 || seen.retries != 1 {
		t.Errorf("told %+v", seen)
	}
	if len(seen.hosts) != 1 || !seen.hosts["127.0.0.1"] {
		t.Errorf("hosts %v", seen.hosts)
	}
	srv.Close()
	if _, _, err := c.Get(t.Context(), archive.Endpoint{Base: srv.URL}, archive.Request{URL: srv.URL}); err == nil {
		t.Fatal("a closed server answered")
	}
	if last := seen.status[len(seen.status)-1]; last != 0 {
		t.Errorf("no answer is told as %d", last)
	}
}
