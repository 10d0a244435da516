package archive_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
)

// held is a Partial in memory.
type held struct {
	bytes.Buffer
	resets int
	fail   error
}

func (h *held) Offset() int64 { return int64(h.Len()) }
func (h *held) Reset() error  { h.resets++; h.Buffer.Reset(); return nil }
func (h *held) Write(p []byte) (int, error) {
	if h.fail != nil {
		return 0, h.fail
	}
	return h.Buffer.Write(p)
}

// someFile returns n bytes that begin like FITS and do not repeat.
func someFile(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	copy(b, "SIMPLE  =                    T")
	return b
}

// origin serves a file with ranges as a good server does.
type origin struct {
	body     []byte
	etag     string
	modified string
	deaf     bool // ignores ranges
	lie      int64
}

// answer writes head and body; stop cuts the body after so many bytes, -1 not.
func (o origin) answer(w http.ResponseWriter, r *http.Request, stop int, reset bool) {
	from := 0
	if v, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok && !o.deaf {
		cond := r.Header.Get("If-Range")
		if cond == "" || cond == o.etag || cond == o.modified {
			from, _ = strconv.Atoi(strings.TrimSuffix(v, "-"))
		}
	}
	if o.etag != "" {
		w.Header().Set("ETag", o.etag)
	}
	if o.modified != "" {
		w.Header().Set("Last-Modified", o.modified)
	}
	if from > 0 && from >= len(o.body) {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", len(o.body)))
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return
	}
	rest := o.body[from:]
	w.Header().Set("Content-Length", strconv.FormatInt(int64(len(rest))+o.lie, 10))
	if from > 0 {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(o.body)-1, len(o.body)))
		w.WriteHeader(http.StatusPartialContent)
	}
	if stop >= 0 && stop < len(rest) {
		w.Write(rest[:stop])
		end(w, reset)
		return
	}
	w.Write(rest)
}

func endpoint(s *server, retries int) archive.Endpoint {
	return archive.Endpoint{Base: s.URL, Timeout: 5 * time.Second, Idle: 5 * time.Second, Retries: retries}
}

func TestADownloadBrokenAtEachKilobyteEndsWithTheSameBytes(t *testing.T) {
	const kib = 40
	whole := someFile(kib<<10, 1)
	want := sha256.Sum256(whole)
	for _, reset := range []bool{false, true} {
		for at := 0; at < kib; at++ {
			o := origin{body: whole, etag: `"a"`}
			s := serve(t, func(n int64, w http.ResponseWriter, r *http.Request) {
				if n == 1 {
					o.answer(w, r, at<<10, reset)
					return
				}
				o.answer(w, r, -1, false)
			})
			c, _ := client(t, archive.Options{}, s)
			var dst held
			got, err := c.Download(t.Context(), endpoint(s, 1), archive.File{Name: "f", URL: s.URL, Size: int64(len(whole))}, &dst)
			if err != nil {
				t.Fatalf("broken at %d KiB (reset %v): %v", at, reset, err)
			}
			if sha256.Sum256(dst.Bytes()) != want || dst.resets != 0 || got.ETag != `"a"` {
				t.Fatalf("broken at %d KiB (reset %v): %d bytes, %d resets, etag %s", at, reset, dst.Len(), dst.resets, got.ETag)
			}
			if n := s.asked.Load(); n > 2 {
				t.Fatalf("broken at %d KiB: %d requests, want at most 2", at, n)
			}
			s.Close()
		}
	}
}

func TestADownloadGoesOnThroughEveryFailedTry(t *testing.T) {
	whole := someFile(40<<10, 2)
	o := origin{body: whole, etag: `"a"`}
	s := serve(t, func(_ int64, w http.ResponseWriter, r *http.Request) { o.answer(w, r, 1<<10, false) })
	c, p := client(t, archive.Options{}, s)
	var dst held
	if _, err := c.Download(t.Context(), endpoint(s, 39), archive.File{Name: "f", URL: s.URL}, &dst); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(dst.Bytes(), whole) || s.asked.Load() != 40 || len(p.made) != 39 {
		t.Errorf("%d bytes after %d requests and %d pauses", dst.Len(), s.asked.Load(), len(p.made))
	}
}

func TestADownloadThatNeverEndsStopsAtTheConfiguredTries(t *testing.T) {
	o := origin{body: someFile(40<<10, 2), etag: `"a"`}
	s := serve(t, func(_ int64, w http.ResponseWriter, r *http.Request) { o.answer(w, r, 1<<10, false) })
	c, _ := client(t, archive.Options{}, s)
	var dst held
	_, err := c.Download(t.Context(), endpoint(s, 3), archive.File{Name: "f", URL: s.URL}, &dst)
	if !errors.Is(err, exo.Upstream) || s.asked.Load() != 4 {
		t.Errorf("%v after %d requests, want Upstream after 4", err, s.asked.Load())
	}
}

// script serves one origin, or one fault, per request.
type step struct {
	origin origin
	stop   int // -1: whole
	do     http.HandlerFunc
}

func TestDownloadOutcomes(t *testing.T) {
	whole, other := someFile(10<<10, 3), someFile(10<<10, 4)
	good := origin{body: whole, etag: `"a"`}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	ranged := func(head string, body []byte, etag string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", head)
			w.Header().Set("ETag", etag)
			w.WriteHeader(http.StatusPartialContent)
			w.Write(body)
		}
	}
	cases := map[string]struct {
		steps    []step // the last one answers all further requests
		held     []byte
		size     int64
		retries  int
		kind     exo.Kind
		want     []byte
		requests int64
		resets   int
	}{
		"a whole file": {steps: []step{{origin: good, stop: -1}}, size: 10 << 10, want: whole, requests: 1},
		"a server that ignores the range sends all again": {
			steps: []step{{origin: good, stop: 3000}, {origin: origin{body: whole, deaf: true}, stop: -1}}, retries: 1, want: whole, requests: 2, resets: 1},
		"a file that changed under an honoured If-Range comes anew": {
			steps: []step{{origin: good, stop: 3000}, {origin: origin{body: other, etag: `"b"`}, stop: -1}}, retries: 1, want: other, requests: 2, resets: 1},
		"a changed ETag in a 206 starts over": {
			steps:   []step{{origin: good, stop: 3000}, {do: ranged("bytes 3000-10239/10240", other[3000:], `"b"`)}, {origin: origin{body: other, etag: `"b"`}, stop: -1}},
			retries: 2, want: other, requests: 3, resets: 1},
		"a 206 with the same ETag needs no date": {
			steps: []step{{origin: origin{body: whole, etag: `"a"`, modified: "Mon, 02 Jan 2006 15:04:05 GMT"}, stop: 3000}, {do: ranged("bytes 3000-10239/10240", whole[3000:], `"a"`)}}, retries: 1, want: whole, requests: 2},
		"a 206 with the same weak ETag does": {
			steps:   []step{{origin: origin{body: whole, etag: `W/"a"`, modified: "Mon, 02 Jan 2006 15:04:05 GMT"}, stop: 3000}, {do: ranged("bytes 3000-10239/10240", other[3000:], `W/"a"`)}, {origin: good, stop: -1}},
			retries: 2, want: whole, requests: 3, resets: 1},
		"a range that begins elsewhere starts over": {
			steps:   []step{{origin: good, stop: 3000}, {do: ranged("bytes 2000-10239/10240", whole[2000:], `"a"`)}, {origin: good, stop: -1}},
			retries: 2, want: whole, requests: 3, resets: 1},
		"a 206 without a Content-Range starts over": {
			steps: []step{{origin: good, stop: 3000}, {do: ranged("", whole[3000:], `"a"`)}, {origin: good, stop: -1}}, retries: 2, want: whole, requests: 3, resets: 1},
		"a range of another total starts over": {
			steps:   []step{{origin: good, stop: 3000}, {do: ranged("bytes 3000-10238/10239", whole[3000:10239], `"a"`)}, {origin: good, stop: -1}},
			retries: 2, want: whole, requests: 3, resets: 1},
		"a range of a total that is not the listed size": {
			steps: []step{{do: ranged("bytes 3000-10238/10239", whole[3000:10239], `"a"`)}}, held: whole[:3000], size: 10 << 10, retries: 3, kind: exo.Upstream, requests: 1},
		"a part where the whole was asked for":    {steps: []step{{do: ranged("bytes 0-99/10240", whole[:100], `"a"`)}}, retries: 3, kind: exo.Upstream, requests: 1},
		"an earlier run's bytes are gone on with": {steps: []step{{origin: good, stop: -1}}, held: whole[:5000], size: 10 << 10, want: whole, requests: 1},
		"an earlier run had it all":               {held: whole, size: 10 << 10, want: whole, steps: []step{{origin: good, stop: -1}}},
		"an earlier run had too much":             {held: append(bytes.Clone(whole), 1), size: 10 << 10, want: whole, steps: []step{{origin: good, stop: -1}}, requests: 1, resets: 1},
		"no such range, since the file shrank": {
			steps: []step{{origin: good, stop: -1}}, held: make([]byte, 20<<10), retries: 1, want: whole, requests: 2, resets: 1},
		"a length that is not the listed one": {steps: []step{{origin: good, stop: -1}}, size: 9999, retries: 3, kind: exo.Upstream, requests: 1},
		"a body longer than the listed size": {
			steps: []step{{do: func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush(); w.Write(whole) }}}, size: 5000, retries: 3, kind: exo.Upstream, requests: 1, resets: 1},
		"a body shorter than its announced length": {
			steps: []step{{origin: origin{body: whole, deaf: true, lie: 7}, stop: -1}}, retries: 2, kind: exo.Upstream, requests: 3, resets: 2},
		"an encoded body": {steps: []step{{do: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(squeezed(whole))
		}}}, retries: 2, kind: exo.Upstream, requests: 1},
		"no such file":        {steps: []step{{do: status(404)}}, retries: 3, kind: exo.NotFound, requests: 1},
		"proprietary, 401":    {steps: []step{{do: status(401)}}, retries: 3, kind: exo.Denied, requests: 1},
		"proprietary, 403":    {steps: []step{{do: status(403)}}, retries: 3, kind: exo.Denied, requests: 1},
		"too many requests":   {steps: []step{{do: status(429)}}, retries: 2, kind: exo.Unavailable, requests: 3},
		"maintenance, 503":    {steps: []step{{do: status(503)}}, retries: 2, kind: exo.Unavailable, requests: 3},
		"503 once":            {steps: []step{{do: status(503)}, {origin: good, stop: -1}}, retries: 2, want: whole, requests: 2},
		"503 amid a download": {steps: []step{{origin: good, stop: 3000}, {do: status(503)}, {origin: good, stop: -1}}, retries: 2, want: whole, requests: 3},
		"no content":          {steps: []step{{do: status(204)}}, retries: 2, kind: exo.Upstream, requests: 1},
		"HTML with 200": {steps: []step{{do: func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "<html><title>Maintenance</title></html>")
		}}}, retries: 3, kind: exo.Upstream, requests: 1},
		"an empty body": {steps: []step{{do: func(http.ResponseWriter, *http.Request) {}}}, retries: 1, kind: exo.Upstream, requests: 2},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(n int64, w http.ResponseWriter, r *http.Request) {
				st := tc.steps[min(int(n), len(tc.steps))-1]
				if st.do != nil {
					st.do(w, r)
					return
				}
				st.origin.answer(w, r, st.stop, false)
			})
			c, _ := client(t, archive.Options{}, s)
			dst := &held{}
			dst.Write(tc.held)
			f := archive.File{Name: "f", URL: s.URL, Size: tc.size, Head: func(b []byte) error {
				if !bytes.HasPrefix(b, []byte("SIMPLE")) {
					return archive.Refusal("x", b)
				}
				return nil
			}}
			_, err := c.Download(t.Context(), endpoint(s, tc.retries), f, dst)
			switch {
			case tc.kind == "" && err != nil:
				t.Errorf("error %v", err)
			case tc.kind != "" && (exo.KindOf(err) != tc.kind || err == nil):
				t.Errorf("error %v, want %s", err, tc.kind)
			case tc.want != nil && !bytes.Equal(dst.Bytes(), tc.want):
				t.Errorf("%d bytes that are not the file", dst.Len())
			}
			if n := s.asked.Load(); n != tc.requests || dst.resets != tc.resets {
				t.Errorf("%d requests and %d resets, want %d and %d", n, dst.resets, tc.requests, tc.resets)
			}
		})
	}
}

func TestAFullDiskEndsADownloadAtOnce(t *testing.T) {
	o := origin{body: someFile(4<<10, 5)}
	s := serve(t, func(_ int64, w http.ResponseWriter, r *http.Request) { o.answer(w, r, -1, false) })
	c, _ := client(t, archive.Options{}, s)
	full := exo.E("fsys.Write", exo.Full, nil, nil)
	_, err := c.Download(t.Context(), endpoint(s, 5), archive.File{Name: "f", URL: s.URL}, &held{fail: full})
	if !errors.Is(err, exo.Full) || s.asked.Load() != 1 {
		t.Errorf("%v after %d requests, want Full after one", err, s.asked.Load())
	}
}

func TestAStalledDownloadGoesOn(t *testing.T) {
	whole := someFile(8<<10, 6)
	o := origin{body: whole, etag: `"a"`}
	release := make(chan struct{})
	s := serve(t, func(n int64, w http.ResponseWriter, r *http.Request) {
		if n > 1 {
			o.answer(w, r, -1, false)
			return
		}
		w.Header().Set("ETag", o.etag)
		w.Header().Set("Content-Length", strconv.Itoa(len(whole)))
		w.Write(whole[:4<<10])
		w.(http.Flusher).Flush()
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	c, _ := client(t, archive.Options{}, s)
	ep := endpoint(s, 5) // one will do, unless this machine stalls too
	ep.Idle = 50 * time.Millisecond
	var dst held
	if _, err := c.Download(t.Context(), ep, archive.File{Name: "f", URL: s.URL}, &dst); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(dst.Bytes(), whole) || dst.resets != 0 {
		t.Errorf("%d bytes, %d resets", dst.Len(), dst.resets)
	}
}

func TestACancelledDownloadSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	})
	c, _ := client(t, archive.Options{}, s)
	_, err := c.Download(ctx, endpoint(s, 5), archive.File{Name: "f", URL: s.URL}, &held{})
	if exo.KindOf(err) != exo.Canceled || s.asked.Load() != 1 {
		t.Errorf("%v after %d requests, want Canceled after one", err, s.asked.Load())
	}
}
