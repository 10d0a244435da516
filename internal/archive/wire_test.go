package archive_test

import (
	"bytes"
	"crypto/sha256"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/archive/esa"
	"exoplanetai/internal/archive/exofop"
	"exoplanetai/internal/archive/folder"
	"exoplanetai/internal/archive/mast"
	"exoplanetai/internal/archive/nea"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/csvtab"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/sample"
	"exoplanetai/internal/universe"
	"exoplanetai/internal/xtest"
)

// all are the clients, pointed at the sample archives.
type all struct {
	*sample.Server
	nea    *nea.Source
	jobs   *nea.Source // the same, by jobs only
	exofop *exofop.Source
	mast   *mast.Source
	esa    *esa.Source
	dir    string
}

// realFiles serves the real files through the sample archives.
func realFiles(t *testing.T) *all {
	t.Helper()
	dir := xtest.Shared(t, "data/real")
	a := archives(t, sample.Options{Data: os.DirFS(dir)}, 10*time.Second)
	a.dir = dir
	return a
}

// archives starts the sample archives and clients with the given patience.
func archives(t *testing.T, o sample.Options, idle time.Duration) *all {
	t.Helper()
	a := &all{}
	var err error
	if a.Server, err = sample.New(o); err != nil {
		t.Fatal(err)
	}
	s := &server{Server: httptest.NewServer(a)}
	t.Cleanup(s.Close)
	c, _ := client(t, archive.Options{}, s)
	ep := archive.Endpoint{Base: s.URL, Timeout: 20 * time.Second, Idle: idle, Retries: 3}
	a.nea = nea.New(nea.Options{Client: c, Endpoint: ep})
	a.jobs = nea.New(nea.Options{Client: c, Endpoint: ep, Async: true})
	a.exofop = exofop.New(exofop.Options{Client: c, Endpoint: ep})
	a.mast = mast.New(mast.Options{Client: c, Endpoint: ep})
	a.esa = esa.New(esa.Options{Client: c, Endpoint: ep})
	return a
}

func (a *all) play(t *testing.T, faults ...string) {
	t.Helper()
	var fs []sample.Fault
	for _, s := range faults {
		f, err := sample.ParseFault(s)
		if err != nil {
			t.Fatal(err)
		}
		fs = append(fs, f)
	}
	if err := a.SetFaults(fs...); err != nil {
		t.Fatal(err)
	}
}

func (a *all) source(k catalog.Type) archive.TableSource {
	if k == catalog.TOI {
		return a.exofop
	}
	return a.nea
}

func TestTheSampleArchivesTables(t *testing.T) {
	a := realFiles(t)
	rows := map[catalog.Type]int{catalog.KOI: 9564, catalog.K2: 4004}
	for _, k := range []catalog.Type{catalog.KOI, catalog.TOI, catalog.K2} {
		var b bytes.Buffer
		ans, err := a.source(k).Fetch(t.Context(), archive.TableRequest{Type: k}, &b)
		if err != nil {
			t.Fatalf("%s: %v", k, err)
		}
		tab, err := csvtab.ReadAll(b.Bytes(), csvtab.Limits{})
		if err != nil || tab.Len() < 1000 || rows[k] > 0 && tab.Len() != rows[k] {
			t.Errorf("%s: %v, %d rows from %+v", k, err, tab.Len(), ans)
		}
	}
	p, ok, err := a.nea.Probe(t.Context(), catalog.K2)
	if err != nil || !ok || p.Rows != 4004 || len(p.Newest) != 10 {
		t.Errorf("probe %+v, %v, %v", p, ok, err)
	}
	var delta bytes.Buffer
	ans, err := a.nea.Fetch(t.Context(), archive.TableRequest{Type: catalog.K2, Since: "2025-01-01"}, &delta)
	if err != nil || !ans.Partial || bytes.Count(delta.Bytes(), []byte("\n")) > 1000 {
		t.Errorf("delta: %v, %+v, %d bytes", err, ans, delta.Len())
	}
	if cols, err := a.nea.Columns(t.Context(), catalog.KOI); err != nil || len(cols) < 49 {
		t.Errorf("%d columns, %v", len(cols), err)
	}
}

func TestTheSampleArchivesFaults(t *testing.T) {
	a := archives(t, sample.Options{Universe: universe.New(1)}, 10*time.Second)
	koi := []catalog.Type{catalog.KOI}
	tables := []catalog.Type{catalog.KOI, catalog.TOI}
	cases := []struct {
		faults []string
		kinds  []catalog.Type
		kind   exo.Kind // "": the table comes all the same
	}{
		{[]string{"nea.error=votable200"}, koi, exo.Upstream},
		{[]string{"nea.error=json200"}, koi, exo.Upstream},
		{[]string{"nea.error=votable400"}, koi, exo.Upstream},
		{[]string{"any.html"}, tables, exo.Upstream},
		{[]string{"any.status=503"}, tables, exo.Unavailable},
		{[]string{"any.status=429:3600"}, tables, exo.Unavailable},
		{[]string{"any.status=503:1*2"}, tables, ""},
		{[]string{"any.reset*3"}, tables, ""},
		{[]string{"any.reset"}, tables, exo.Unavailable},
		{[]string{"any.redirect=http://archive.invalid"}, tables, exo.Upstream},
		{[]string{"nea.cut=5000", "exofop.cut=5000"}, tables, exo.Upstream},
		{[]string{"nea.gzipcut=5000", "exofop.gzipcut=5000"}, tables, exo.Upstream},
		{[]string{"nea.truncate=5001"}, koi, exo.Upstream},
		{[]string{"nea.wronglength=100", "exofop.wronglength=100"}, tables, exo.Upstream},
		{[]string{"nea.nolength", "exofop.nolength"}, tables, ""},
		{[]string{"nea.empty", "exofop.empty"}, tables, exo.Upstream},
		{[]string{"nea.missing=koi_disposition", "exofop.missing=TOI"}, tables, exo.Upstream},
		{[]string{"nea.rename=kepid:kic", "exofop.rename=TIC ID:TIC"}, tables, exo.Upstream},
		{[]string{"nea.reorder", "exofop.reorder"}, tables, ""},
		{[]string{"nea.notice", "exofop.notice"}, tables, ""},
		{[]string{"nea.add=extra", "exofop.add=extra"}, tables, ""},
		{[]string{"exofop.dialect=download"}, tables, ""},
		{[]string{"exofop.dialect=dashboard"}, tables, ""},
	}
	for _, tc := range cases {
		t.Run(strings.Join(tc.faults, " "), func(t *testing.T) {
			for _, k := range tc.kinds {
				a.play(t, tc.faults...)
				_, err := a.source(k).Fetch(t.Context(), archive.TableRequest{Type: k}, io.Discard)
				if tc.kind == "" && err != nil || tc.kind != "" && (err == nil || exo.KindOf(err) != tc.kind) {
					t.Errorf("%s: %v, want %q", k, err, tc.kind)
				}
			}
		})
	}
	a = archives(t, sample.Options{Universe: universe.New(1)}, 200*time.Millisecond)
	a.play(t, "nea.stall=5000")
	if _, err := a.nea.Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI}, io.Discard); exo.KindOf(err) != exo.Unavailable {
		t.Errorf("a stall gives %v", err)
	}
}

func TestTheSampleArchivesJobs(t *testing.T) {
	a := archives(t, sample.Options{Universe: universe.New(1)}, 10*time.Second)
	var sync bytes.Buffer
	if _, err := a.nea.Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI}, &sync); err != nil {
		t.Fatal(err)
	}
	for fault, kind := range map[string]exo.Kind{"nea.executing=3": "", "nea.job=error": exo.Upstream, "nea.job=abort": exo.Upstream, "nea.job=gone": exo.Upstream} {
		a.play(t, fault)
		var b bytes.Buffer
		_, err := a.jobs.Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI}, &b)
		if kind == "" && (err != nil || !bytes.Equal(b.Bytes(), sync.Bytes())) || kind != "" && exo.KindOf(err) != kind {
			t.Errorf("%s: %v", fault, err)
		}
	}
}

func TestTheSampleArchivesLightCurves(t *testing.T) {
	a := realFiles(t)
	plain := folder.New(folder.Options{FS: os.DirFS(a.dir)})
	stars := []string{"TIC 25155310", "TIC 424865156", "KIC 10002792", "KIC 10666592", "EPIC 205905563"}
	faults := [][]string{nil, {"mast.executing=2", "mast.decoys"}, {"mast.pagesize=1", "download.cut=100000*2"}, {"download.norange", "download.cut=100000*1"},
		{"download.nolength"}, {"download.rangestart=7*1", "download.cut=90000*1"}, {"download.validators=etag", "download.cut=30000*3"}}
	for i, fs := range faults {
		t.Run(strings.Join(fs, " "), func(t *testing.T) {
			a.play(t, fs...)
			id, err := exo.ParseTargetID(stars[i%len(stars)])
			if err != nil {
				t.Fatal(err)
			}
			q := archive.LightCurveQuery{Target: id, Mission: id.Catalog.Mission()}
			want, err := plain.Find(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			found, err := a.mast.Find(t.Context(), q)
			if err != nil || len(found.Products) != len(want.Products) {
				t.Fatalf("%s: %v, %d products, want %d", id, err, len(found.Products), len(want.Products))
			}
			for j, p := range found.Products {
				var dst held
				if _, err := a.mast.Download(t.Context(), p, &dst); err != nil {
					t.Fatalf("%s: %v", p.FileName, err)
				}
				b, err := os.ReadFile(filepath.Join(a.dir, strings.TrimPrefix(want.Products[j].URI, "folder:")))
				if err != nil || p.FileName != want.Products[j].FileName || sha256.Sum256(b) != sha256.Sum256(dst.Bytes()) {
					t.Errorf("%s is not the file (%v)", p.FileName, err)
				}
			}
		})
	}
	for fault, kind := range map[string]exo.Kind{
		"download.status=404": exo.NotFound, "download.status=403": exo.Denied, "download.html": exo.Upstream, "download.corrupt=3": exo.Upstream,
		"download.wronglength=-10": exo.Upstream, "download.cut=1000": "", "download.status=500": exo.Unavailable, "download.truncate=1000": exo.Upstream,
	} {
		a.play(t, fault)
		id, _ := exo.ParseTargetID("KIC 10666592")
		found, err := a.mast.Find(t.Context(), archive.LightCurveQuery{Target: id})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.mast.Download(t.Context(), found.Products[0], &held{}); kind != "" && exo.KindOf(err) != kind || err == nil {
			t.Errorf("%s: %v, want %s", fault, err, kind)
		}
	}
	for fault, kind := range map[string]exo.Kind{"mast.error": exo.Upstream, "mast.html": exo.Upstream, "mast.missing=obsid": exo.Upstream, "mast.missing=dataURI": exo.Upstream, "mast.cut=50": exo.Upstream, "mast.status=500": exo.Unavailable} {
		a.play(t, fault)
		id, _ := exo.ParseTargetID("KIC 10666592")
		if _, err := a.mast.Find(t.Context(), archive.LightCurveQuery{Target: id}); exo.KindOf(err) != kind || err == nil {
			t.Errorf("%s: %v, want %s", fault, err, kind)
		}
	}
}

func TestTheSampleArchivesNamesAndGaia(t *testing.T) {
	a := archives(t, sample.Options{Universe: universe.New(1)}, 10*time.Second)
	for name, tc := range map[string]struct {
		mission exo.Mission
		id      string
	}{
		"AU Mic": {exo.TESS, "TIC 441420236"}, "TOI-700": {exo.TESS, "TIC 150428135"}, "Kepler-10": {exo.Kepler, "KIC 11904151"}, "K2-18": {exo.K2, "EPIC 201912552"},
	} {
		n, err := exo.ParseName(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := a.mast.Resolve(t.Context(), n, tc.mission)
		if err != nil || len(got) != 1 || got[0].ID.String() != tc.id {
			t.Errorf("MAST: %s is %+v, %v", name, got, err)
		}
		if tc.mission != exo.TESS {
			continue
		}
		if got, err = a.exofop.Resolve(t.Context(), n, tc.mission); err != nil || len(got) != 1 || got[0].ID.String() != tc.id {
			t.Errorf("ExoFOP: %s is %+v, %v", name, got, err)
		}
	}
	for fault, kind := range map[string]exo.Kind{"mast.resolver=empty": exo.NotFound, "mast.resolver=absent": exo.Unavailable, "exofop.unknown": exo.NotFound} {
		a.play(t, fault)
		n, _ := exo.ParseName("AU Mic")
		var r archive.Resolver = a.mast
		if strings.HasPrefix(fault, "exofop") {
			r = a.exofop
		}
		if _, err := r.Resolve(t.Context(), n, exo.TESS); exo.KindOf(err) != kind {
			t.Errorf("%s: %v", fault, err)
		}
	}
	a.play(t)
	var stars []catalog.Star
	var ids []exo.TargetID
	for _, c := range []string{"TIC 441420236", "TIC 150428135"} {
		n, _ := exo.ParseName(c)
		got, err := a.mast.Resolve(t.Context(), n, exo.TESS)
		if err != nil {
			t.Fatal(err)
		}
		stars, ids = append(stars, catalog.Star{ID: got[0].ID, RA: got[0].RA, Dec: got[0].Dec}), append(ids, got[0].ID)
	}
	var b bytes.Buffer
	_, err := a.esa.Fetch(t.Context(), archive.TableRequest{Type: catalog.Gaia, Targets: ids, Stars: stars}, &b)
	tab, perr := csvtab.ReadAll(b.Bytes(), csvtab.Limits{})
	if err != nil || perr != nil || tab.Len() != 2 || tab.Cell(0, 0) != ids[0].String() {
		t.Errorf("%v, %v\n%s", err, perr, b.String())
	}
	for fault, kind := range map[string]exo.Kind{"esa.error=votable400": exo.Upstream, "esa.error=json200": exo.Upstream, "esa.html": exo.Upstream, "esa.status=503": exo.Unavailable, "esa.cut=80": exo.Upstream} {
		a.play(t, fault)
		if _, err := a.esa.Fetch(t.Context(), archive.TableRequest{Type: catalog.Gaia, Targets: ids, Stars: stars}, io.Discard); exo.KindOf(err) != kind || err == nil {
			t.Errorf("%s: %v, want %s", fault, err, kind)
		}
	}
}
