package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
)

// curveWire is the fake archive behind a real server and the real client.
type curveWire struct {
	*curveFake
	server *httptest.Server
	client *archive.Client

	mu     sync.Mutex
	tries  int                                                                             // under mu
	answer func(w http.ResponseWriter, r *http.Request, data []byte, try int) (whole bool) // whole: send all, ranges honoured
}

const wireRetries = 3

func newCurveWire(t *testing.T, c curve) (*curveWire, *bench) {
	t.Helper()
	w := &curveWire{curveFake: newCurveFake(t, c)}
	w.server = httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.server.Close)
	w.client = archive.NewClient(archive.Options{Allowed: []string{w.server.URL}, Sleep: func(context.Context, time.Duration) error { return nil }})
	t.Cleanup(w.client.Close)
	return w, newBench(t, func(o *ingest.Options) { o.LightCurves = w })
}

func (w *curveWire) serve(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.tries++
	try := w.tries
	w.mu.Unlock()
	data := w.data[strings.TrimPrefix(r.URL.Path, "/")]
	if w.answer(rw, r, data, try) {
		rw.Header().Set("ETag", `"1"`)
		http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(data))
	}
}

func (w *curveWire) Download(ctx context.Context, p archive.Product, dst archive.Partial) (exo.Origin, error) {
	return w.client.Download(ctx, archive.Endpoint{Base: w.server.URL, Timeout: time.Second, Idle: 300 * time.Millisecond, Retries: wireRetries},
		archive.File{Name: p.FileName, URL: w.server.URL + "/" + p.FileName, Size: p.SizeBytes}, dst)
}

// cut sends n bytes of the file and breaks the connection.
func cut(rw http.ResponseWriter, data []byte, n int) {
	rw.Header().Set("Content-Length", fmt.Sprint(len(data)))
	rw.Header().Set("ETag", `"1"`)
	_, _ = rw.Write(data[:n])
	_ = http.NewResponseController(rw).Flush()
	panic(http.ErrAbortHandler)
}

func TestFaultsOnTheWay(t *testing.T) {
	c := curve{id: auMic, slice: 1, cadence: 120, rows: 400}
	spoiled := func(data []byte) []byte {
		bad := bytes.Clone(data)
		copy(bad[2880:], "XTENSION= 'GARBAGE ")
		return bad
	}
	for name, x := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request, data []byte, try int) bool
		want   exo.Kind // "": the file is stored
		most   int      // requests
	}{
		"cut once and resumed by range": {func(w http.ResponseWriter, r *http.Request, data []byte, try int) bool {
			if try == 1 {
				cut(w, data, 5000)
			}
			if r.Header.Get("Range") != "bytes=5000-" {
				t.Errorf("try %d asks for %q", try, r.Header.Get("Range"))
			}
			return true
		}, "", 2},
		"cut at every try, further each time": {func(w http.ResponseWriter, r *http.Request, data []byte, try int) bool {
			if try <= wireRetries {
				r.Header.Del("Range") // the server ignores ranges
				cut(w, data, 1000*try)
			}
			return true
		}, "", 1 + wireRetries},
		"cut for ever": {func(w http.ResponseWriter, _ *http.Request, data []byte, _ int) bool {
			cut(w, data, 1024)
			return false
		}, exo.Upstream, 1 + wireRetries},
		"standing still": {func(w http.ResponseWriter, r *http.Request, data []byte, try int) bool {
			w.Header().Set("Content-Length", fmt.Sprint(len(data)))
			_, _ = w.Write(data[:3000])
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			return false
		}, exo.Unavailable, 1 + wireRetries},
		"busy, then well": {func(w http.ResponseWriter, _ *http.Request, _ []byte, try int) bool {
			if try < 3 {
				w.Header().Set("Retry-After", "1")
				w.WriteHeader([]int{http.StatusTooManyRequests, http.StatusServiceUnavailable}[try-1])
				return false
			}
			return true
		}, "", 3},
		"failing for ever": {func(w http.ResponseWriter, _ *http.Request, _ []byte, _ int) bool {
			w.WriteHeader(http.StatusBadGateway)
			return false
		}, exo.Unavailable, 1 + wireRetries},
		"an error page with status 200": {func(w http.ResponseWriter, _ *http.Request, _ []byte, _ int) bool {
			_, _ = w.Write([]byte("<html>maintenance</html>"))
			return false
		}, exo.Upstream, 2 * (1 + wireRetries)},
		"damaged bytes of the right length, once": {func(w http.ResponseWriter, _ *http.Request, data []byte, try int) bool {
			if try == 1 {
				_, _ = w.Write(spoiled(data))
				return false
			}
			return true
		}, "", 2},
		"damaged bytes for ever": {func(w http.ResponseWriter, _ *http.Request, data []byte, _ int) bool {
			_, _ = w.Write(spoiled(data))
			return false
		}, exo.Upstream, 2},
		"gone": {func(w http.ResponseWriter, r *http.Request, _ []byte, _ int) bool {
			http.NotFound(w, r)
			return false
		}, exo.NotFound, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w, b := newCurveWire(t, c)
			w.answer = x.answer
			res, err := b.LightCurve(t.Context(), ingest.LightCurveRequest{TargetName: "TIC 441420236"}, nil)
			if w.tries > x.most {
				t.Errorf("%d requests, at most %d are due", w.tries, x.most)
			}
			if left := (&curveBench{b, nil}).files(t, ".staging"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			if x.want != "" {
				if got := exo.KindOf(err); err == nil || got != x.want && !(x.want == exo.Upstream && errors.Is(err, exo.Unavailable)) {
					t.Errorf("got %v, want %s", err, x.want)
				}
				if exo.HintOf(err) == "" {
					t.Errorf("no hint: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			stored, err := os.ReadFile(filepath.Join(b.dir, string(res.Files[0].Path)))
			if err != nil || !bytes.Equal(stored, c.bytes(t)) {
				t.Errorf("the stored file is not the archive's: %v", err)
			}
		})
	}
}
