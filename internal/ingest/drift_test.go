package ingest_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/archive/exofop"
	"exoplanetai/internal/archive/nea"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/sample"
	"exoplanetai/internal/tables"
	"exoplanetai/internal/universe"
)

// upstream is a bench whose tables come from the sample archives over HTTP.
type upstream struct {
	*bench
	archives *sample.Server

	mu    sync.Mutex
	asked []string // queries
	bytes int64    // sent in answer to them
}

type counted struct {
	http.ResponseWriter
	n int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.n += int64(n)
	return n, err
}

func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func newUpstream(t *testing.T) *upstream {
	t.Helper()
	u := &upstream{}
	var err error
	if u.archives, err = sample.New(sample.Options{Universe: universe.New(1)}); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &counted{ResponseWriter: w}
		u.archives.ServeHTTP(c, r)
		u.mu.Lock()
		defer u.mu.Unlock()
		q := r.URL.Query().Get("query")
		if q == "" {
			q = r.URL.Path
		}
		u.asked, u.bytes = append(u.asked, q), u.bytes+c.n
	}))
	t.Cleanup(srv.Close)
	client := archive.NewClient(archive.Options{Allowed: []string{srv.URL}, Random: func() float64 { return 0 }})
	t.Cleanup(client.Close)
	end := archive.Endpoint{Base: srv.URL, Timeout: 10 * time.Second}
	src := nea.New(nea.Options{Client: client, Endpoint: end})
	u.bench = newBench(t, func(o *ingest.Options) {
		o.Tables[catalog.KOI], o.Tables[catalog.K2] = src, src
		o.Tables[catalog.TOI] = exofop.New(exofop.Options{Client: client, Endpoint: end})
	})
	return u
}

// play sets the faults of the archives and lets time pass.
func (u *upstream) play(t *testing.T, pass time.Duration, faults ...string) {
	t.Helper()
	var list []sample.Fault
	for _, f := range faults {
		parsed, err := sample.ParseFault(f)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, parsed)
	}
	if err := u.archives.SetFaults(list...); err != nil {
		t.Fatal(err)
	}
	u.clock.Pass(pass)
}

// take returns what was asked since the last call, and the bytes that came.
func (u *upstream) take() (asked string, bytes int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	asked, bytes = strings.Join(u.asked, "; "), u.bytes
	u.asked, u.bytes = nil, 0
	return asked, bytes
}

const day = 25 * time.Hour // a little more, so that data have expired

func TestOnlyWhatChangedTravelsAndDeletionsAreFound(t *testing.T) {
	u := newUpstream(t)
	first := must(t, u.bench, "k2", false)
	_, whole := u.take()
	n := first.Records
	if first.Source != ingest.FromArchive || n < 20 {
		t.Fatalf("%+v", first)
	}
	for _, step := range []struct {
		name   string
		pass   time.Duration
		faults []string
		source ingest.Source
		want   catalog.Changes
		asks   string // part of the questions
		share  int64  // of the bytes of the whole table that may come, per cent
	}{
		{"nothing changed", day, nil, ingest.Unchanged, catalog.Changes{Unchanged: n}, "select count(*)", 5},
		{"three rows changed", day, []string{"nea.update=3"}, ingest.FromArchive, catalog.Changes{Changed: 3, Unchanged: n - 3}, " where rowupdate > ", 40},
		{"nothing more", day, []string{"nea.update=3"}, ingest.Unchanged, catalog.Changes{Unchanged: n}, "select count(*)", 40},
		{"and then nothing more at all", day, []string{"nea.update=3"}, ingest.Unchanged, catalog.Changes{Unchanged: n}, "select count(*)", 5},
		// A new row in the place of another, with its date: neither the count nor
		// the newest date tells, and the changed rows do not show it.
		{"a row replaced", day, []string{"nea.update=3", "nea.replace=1"}, ingest.Unchanged, catalog.Changes{Unchanged: n}, "select count(*)", 5},
		{"the whole load after a week finds it", 7 * 24 * time.Hour, []string{"nea.update=3", "nea.replace=1"}, ingest.FromArchive,
			catalog.Changes{Added: 1, Removed: 1, Unchanged: n - 1}, "select * from k2pandc;", 110},
		{"a row deleted shows in the count", day, []string{"nea.update=3", "nea.replace=1", "nea.drop=1"}, ingest.FromArchive,
			catalog.Changes{Removed: 1, Changed: 1, Unchanged: n - 2}, "select * from k2pandc;", 150}, // the last three rows are others now
	} {
		u.play(t, step.pass, step.faults...)
		res := must(t, u.bench, "k2", false)
		asked, bytes := u.take()
		if res.Source != step.source || res.Changes != step.want || !strings.Contains(asked+";", step.asks) || bytes*100 > whole*step.share {
			t.Errorf("%s: %s %+v, %d bytes of %d, asked %q", step.name, res.Source, res.Changes, bytes, whole, asked)
		}
		t.Logf("%s: %d bytes of %d, %q", step.name, bytes, whole, asked)
	}
}

func TestAssembledTablesAreThoseOfTheArchive(t *testing.T) {
	u := newUpstream(t)
	must(t, u.bench, "k2", false)
	u.play(t, day, "nea.update=5")
	parts := must(t, u.bench, "k2", false)
	got, err := os.ReadFile(filepath.Join(u.dir, string(parts.RawPath)))
	if err != nil {
		t.Fatal(err)
	}
	u.play(t, 8*24*time.Hour, "nea.update=5")
	res := must(t, u.bench, "k2", false)
	now, err := os.ReadFile(filepath.Join(u.dir, string(res.RawPath)))
	if err != nil {
		t.Fatal(err)
	}
	if d := catalog.Diff(parsed(t, catalog.K2, string(got)), parsed(t, catalog.K2, string(now))); d.Changes.Unchanged != res.Records || len(d.Rows) > 0 {
		t.Errorf("%+v", d)
	}
}

func TestDriftIsToldAndTheHistoryOfTheColumnsIsKept(t *testing.T) {
	u := newUpstream(t)
	must(t, u.bench, "koi", false)
	u.play(t, day, "nea.rename=koi_srad:koi_rstar")
	res := must(t, u.bench, "koi", false)
	if c := res.SchemaChanges; len(c.Renamed) != 1 || c.Renamed[0] != (catalog.Rename{From: "koi_srad", To: "koi_rstar"}) || len(c.Added) != 1 || len(c.Removed) != 1 ||
		!strings.Contains(strings.Join(res.Warnings, "\n"), "the column koi_srad seems to be koi_rstar now") {
		t.Errorf("%+v", res)
	}
	u.play(t, day, "nea.rename=koi_srad:koi_rstar", "nea.missing=koi_smass", "nea.add=koi_new")
	res = must(t, u.bench, "koi", false)
	if c := res.SchemaChanges; len(c.Renamed) != 0 || len(c.Added) != 1 || c.Added[0] != "koi_new" || len(c.Removed) != 1 {
		t.Errorf("%+v", c)
	}
	u.play(t, day, "nea.rename=koi_period:koi_per")
	_, err := table(t, u.bench, "koi", false)
	if exo.KindOf(err) != exo.Upstream || !strings.Contains(exo.HintOf(err), "koi_per") || exo.ExtraOf(err)["last_good"] == nil {
		t.Errorf("a required column: %v, hint %q", err, exo.HintOf(err))
	}
	list, err := tables.New(u.store).Schemas(t.Context(), catalog.KOI)
	if err != nil || len(list) != 3 || len(list[1].Renamed) != 1 || len(list[2].Added) != 1 || list[0].Fingerprint == list[1].Fingerprint {
		t.Errorf("%+v %v", list, err)
	}
}

func TestAnAnswerCutByALimitOnRowsIsNotTaken(t *testing.T) {
	u := newUpstream(t)
	first := must(t, u.bench, "koi", false)
	// The limit is on the rows of the table; the count says what there is.
	u.play(t, day, "nea.drop=1@select * from", "nea.change")
	res := must(t, u.bench, "koi", false)
	if res.Source != ingest.Stale || res.RawPath != first.RawPath || len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0], "the answer was cut") {
		t.Errorf("%+v", res)
	}
	u.play(t, 0, "nea.change")
	if res := must(t, u.bench, "koi", false); res.Source != ingest.FromArchive || res.Changes.Changed != 1 {
		t.Errorf("%+v", res)
	}
}
