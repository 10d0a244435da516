package ingest_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/archive/nea"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
)

// wireBench is a bench whose KOI table comes over HTTP.
type wireBench struct {
	*bench
	answer atomic.Pointer[http.HandlerFunc]
	asked  atomic.Int32
}

func newWireBench(t testing.TB) *wireBench {
	t.Helper()
	w := &wireBench{}
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		w.asked.Add(1)
		(*w.answer.Load())(rw, req)
	}))
	t.Cleanup(srv.Close)
	client := archive.NewClient(archive.Options{
		Allowed: []string{srv.URL}, Random: func() float64 { return 0 },
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	t.Cleanup(client.Close)
	src := nea.New(nea.Options{Client: client, Endpoint: archive.Endpoint{Base: srv.URL, Timeout: 2 * time.Second, Idle: 300 * time.Millisecond, Retries: 2}})
	w.bench = newBench(t, func(o *ingest.Options) { o.Tables[catalog.KOI], o.Tables[catalog.K2] = src, src })
	return w
}

func (w *wireBench) send(h http.HandlerFunc) { w.answer.Store(&h) }

// text answers with a table.
func text(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, s)
	}
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		http.Error(w, "no", code)
	}
}

// cutAt sends n bytes of the table and breaks the connection off.
func cutAt(s string, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(s)))
		_, _ = io.WriteString(w, s[:n])
		panic(http.ErrAbortHandler)
	}
}

func TestAnArchiveThatFailsLeavesTheLastGoodTableCurrent(t *testing.T) {
	good := many(200, "CANDIDATE")
	lines := strings.SplitAfter(good, "\n")
	reordered := func() string {
		var b strings.Builder
		for _, line := range lines[:201] {
			cells := strings.Split(strings.TrimSpace(line), ",")
			b.WriteString(strings.Join(append(cells[1:], cells[0]), ",") + "\n")
		}
		return b.String()
	}()
	type outcome struct {
		kind exo.Kind // of a forced refresh; "": it succeeds
		most int32    // requests, counts, probes and repetitions included

		drift bool // what came is a table, but not one that can be used: never served as stale
	}
	for name, tt := range map[string]struct {
		h http.HandlerFunc
		outcome
	}{
		// Go's transport repeats a request by itself on a connection that it reused.
		"reset at once": {cutAt(good, 0), outcome{exo.Unavailable, 4, false}},
		"stalled": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, good[:2000])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, outcome{exo.Unavailable, 3, false}},
		"503":                    {status(503), outcome{exo.Unavailable, 3, false}},
		"429 with Retry-After":   {status(429, "Retry-After", "1"), outcome{exo.Unavailable, 3, false}},
		"404":                    {status(404), outcome{exo.Upstream, 1, false}},
		"403":                    {status(403), outcome{exo.Upstream, 1, false}},
		"a web page":             {text("<!DOCTYPE html><html><body>Maintenance</body></html>"), outcome{exo.Upstream, 1, false}},
		"a JSON error":           {text(`{"status": "error", "msg": "ORA-00942: table or view does not exist"}`), outcome{exo.Upstream, 1, false}},
		"a VOTable error":        {text(`<?xml version="1.0"?><VOTABLE><RESOURCE type="results"><INFO name="QUERY_STATUS" value="ERROR">no</INFO></RESOURCE></VOTABLE>`), outcome{exo.Upstream, 1, false}},
		"an empty table":         {text(lines[0]), outcome{"*", 1, false}},
		"a missing column":       {text(strings.Replace(good, "koi_period,", "period,", 1)), outcome{exo.Upstream, 1, true}},
		"a renamed key":          {text(strings.Replace(good, "kepoi_name", "koi_name", 1)), outcome{exo.Upstream, 1, true}},
		"a row cut":              {text(good[:len(good)-20]), outcome{exo.Upstream, 1, false}},
		"an error in the middle": {text(strings.Join(lines[:50], "") + "<?xml version=\"1.0\"?><VOTABLE>"), outcome{exo.Upstream, 1, false}},
		"an open quote":          {text(strings.Replace(good, "K00100.01", "\"K00100.01", 1)), outcome{exo.Upstream, 1, true}},
		"gzip cut": {func(w http.ResponseWriter, _ *http.Request) {
			var b strings.Builder
			z := gzip.NewWriter(&b)
			_, _ = io.WriteString(z, good)
			_ = z.Close()
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, b.String()[:b.Len()/2])
		}, outcome{"*", 3, false}},
		"a redirect to another host": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://192.0.2.1/x", http.StatusFound)
		}, outcome{"*", 3, false}},
		"reordered columns":          {text(reordered), outcome{"", 2, false}},
		"a notice before the header": {text("The archive is busy.\n" + good), outcome{"", 2, false}},
		"a comment before it":        {text("# busy, sorry\n" + good), outcome{"", 2, false}},
		"CR LF line ends":            {text(strings.ReplaceAll(good, "\n", "\r\n")), outcome{"", 2, false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWireBench(t)
			w.send(text(good))
			first := must(t, w.bench, "koi", false)
			w.send(tt.h)
			w.asked.Store(0)
			w.clock.Pass(25 * time.Hour)
			res, err := table(t, w.bench, "koi", true)
			if n := w.asked.Load(); n > tt.most {
				t.Errorf("%d requests, at most %d are fine", n, tt.most)
			}
			if tt.kind == "" {
				if err != nil || res.Changes != (catalog.Changes{Unchanged: 200}) {
					t.Errorf("%+v %v", res, err)
				}
				return
			}
			if err == nil || tt.kind != "*" && exo.KindOf(err) != tt.kind || exo.KindOf(err) == exo.Internal {
				t.Errorf("%v", err)
			}
			if got, _ := exo.ExtraOf(err)["last_good"].(map[string]any); got["path"] != first.RawPath || exo.MessageOf(err) == "" || exo.HintOf(err) == "" {
				t.Errorf("%v; hint %q; last good %v", err, exo.HintOf(err), got)
			}
			if plain, err := table(t, w.bench, "koi", false); tt.drift && exo.KindOf(err) != exo.Upstream || !tt.drift && (err != nil || plain.Source != ingest.Stale || len(plain.Warnings) != 1) {
				t.Errorf("not forced: %+v %v", plain, err)
			}
			w.send(text(good))
			if again := must(t, w.bench, "koi", true); again.RawPath != first.RawPath || again.Source != ingest.Unchanged {
				t.Errorf("afterwards: %+v", again)
			}
		})
	}
}

func TestATableCutAnywhereIsNeverStored(t *testing.T) {
	w := newWireBench(t)
	good := many(200, "CANDIDATE")
	for n := 0; n < len(good); n += 1 << 10 {
		w.send(cutAt(good, n))
		if _, err := table(t, w.bench, "koi", true); err == nil {
			t.Errorf("cut at %d: stored", n)
		}
	}
	onlyFiles(t, w.bench)
}

func TestK2ChangesAreAskedForInTheArchivesLanguage(t *testing.T) {
	w := newWireBench(t)
	newC := strings.Replace(k2C, "2025-09-25", "2026-01-02", 1)
	w.send(text(k2Text))
	must(t, w.bench, "k2", false)
	var queries []string
	w.send(func(rw http.ResponseWriter, r *http.Request) {
		q := r.URL.Query().Get("query")
		queries = append(queries, q)
		switch {
		case strings.Contains(q, "count("):
			text("n,newest\n3,\"2026-01-02\"\n")(rw, r)
		case strings.Contains(q, " where "):
			text(k2Head+newC)(rw, r)
		default:
			text(k2Head+k2A+k2B+newC)(rw, r)
		}
	})
	w.clock.Pass(25 * time.Hour)
	res := must(t, w.bench, "k2", false)
	if len(queries) != 2 || queries[1] != "select * from k2pandc where rowupdate > '2025-09-24'" || res.Changes != (catalog.Changes{Changed: 1, Unchanged: 2}) ||
		res.Checksum != exo.DigestOf([]byte(k2Head+k2A+k2B+newC)) {
		t.Errorf("%q %+v", queries, res)
	}
	// The day of the newest row was not over everywhere when the rows came; so
	// they are asked for once more, and then the probe is enough.
	for _, asked := range []int{4, 5} {
		w.clock.Pass(25 * time.Hour)
		if res := must(t, w.bench, "k2", false); res.Source != ingest.Unchanged || len(queries) != asked {
			t.Errorf("%q %+v", queries, res)
		}
	}
}
