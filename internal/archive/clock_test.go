package archive_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
)

// pipes is a listener in memory, whose connections a bubble's clock governs.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{} }

// inMemory starts a server in memory and a client with real pauses for it.
func inMemory(t *testing.T, o archive.Options, h http.HandlerFunc) *archive.Client {
	t.Helper()
	l := make(pipes)
	s := &http.Server{Handler: h}
	go s.Serve(l)
	o.Dial = func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		l <- theirs
		return ours, nil
	}
	o.Random = func() float64 { return 0.5 }
	c := archive.NewClient(o)
	t.Cleanup(func() { c.Close(); close(l); s.Close() })
	return c
}

// nap passes time on the server, until its client has gone.
func nap(r *http.Request, d time.Duration) {
	select {
	case <-time.After(d):
	case <-r.Context().Done():
	}
}

func TestTheClockRulesPausesAndLimits(t *testing.T) {
	cases := map[string]struct {
		answer http.HandlerFunc
		ep     archive.Endpoint
		opt    archive.Options
		takes  time.Duration
		late   bool
		giveUp time.Duration // by the caller
		kind   exo.Kind
		tries  int64
	}{
		"pauses of 0.5, 1, 2 and 4 s": {
			answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
			ep:     archive.Endpoint{Retries: 4}, takes: 7500 * time.Millisecond, kind: exo.Unavailable, tries: 5},
		"pauses end at their limit": {
			answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
			ep:     archive.Endpoint{Retries: 4}, opt: archive.Options{MaxPause: time.Second}, takes: 3500 * time.Millisecond, kind: exo.Unavailable, tries: 5},
		"no answer within a minute, by default": {
			answer: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			takes:  time.Minute, kind: exo.Unavailable, late: true, tries: 1},
		"an answer that takes its time within the limit": {
			answer: func(w http.ResponseWriter, r *http.Request) { nap(r, 89*time.Second); io.WriteString(w, "x") },
			ep:     archive.Endpoint{Timeout: 90 * time.Second}, takes: 89 * time.Second, tries: 1},
		"an answer that stands still": {
			answer: func(w http.ResponseWriter, r *http.Request) {
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			},
			ep: archive.Endpoint{Timeout: 300 * time.Second}, takes: time.Minute, kind: exo.Unavailable, late: true, tries: 1},
		"an answer that drips for ever": {
			answer: func(w http.ResponseWriter, r *http.Request) {
				for r.Context().Err() == nil {
					io.WriteString(w, ".")
					w.(http.Flusher).Flush()
					nap(r, 59*time.Second)
				}
			},
			takes: 31 * time.Minute, kind: exo.Unavailable, late: true, tries: 1},
		"a slow answer that always goes on": {
			answer: func(w http.ResponseWriter, r *http.Request) {
				for range 20 {
					io.WriteString(w, ".")
					w.(http.Flusher).Flush()
					nap(r, 59*time.Second)
				}
			},
			takes: 20 * 59 * time.Second, tries: 1},
		"a caller who gives up in a pause": {
			answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
			ep:     archive.Endpoint{Retries: 9}, giveUp: 2 * time.Second, takes: 2 * time.Second, kind: exo.Canceled, tries: 3},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var tries atomic.Int64
				c := inMemory(t, tc.opt, func(w http.ResponseWriter, r *http.Request) { tries.Add(1); tc.answer(w, r) })
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tc.giveUp > 0 {
					time.AfterFunc(tc.giveUp, cancel)
				}
				start := time.Now()
				tc.ep.Base = "http://archive.example"
				_, _, err := c.Get(ctx, tc.ep, archive.Request{URL: tc.ep.Base})
				if took := time.Since(start); took != tc.takes || tries.Load() != tc.tries {
					t.Errorf("%d tries in %s, want %d in %s", tries.Load(), took, tc.tries, tc.takes)
				}
				if tc.kind == "" && err != nil || tc.kind != "" && exo.KindOf(err) != tc.kind || errors.Is(err, archive.ErrLate) != tc.late {
					t.Errorf("error %v, want %q", err, tc.kind)
				}
			})
		})
	}
}
