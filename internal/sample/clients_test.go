package sample_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/archive/esa"
	"exoplanetai/internal/archive/exofop"
	"exoplanetai/internal/archive/mast"
	"exoplanetai/internal/archive/nea"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/sample"
	"exoplanetai/internal/universe"
)

// synthetic serves the bundled universe.
func synthetic(t testing.TB, faults ...string) (*sample.Server, *httptest.Server) {
	t.Helper()
	return start(t, sample.Options{Universe: universe.New(1)}, faults...)
}

// endpoint gives the project's own client of a server.
func endpoint(t testing.TB, h *httptest.Server) (*archive.Client, archive.Endpoint) {
	t.Helper()
	c := archive.NewClient(archive.Options{
		Allowed: []string{h.URL},
		Sleep:   func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	t.Cleanup(c.Close)
	return c, archive.Endpoint{Base: h.URL, Timeout: 5 * time.Second, Retries: 2}
}

func TestOurOwnClientsGetEveryTable(t *testing.T) {
	s, h := synthetic(t)
	c, ep := endpoint(t, h)
	sync := nea.New(nea.Options{Client: c, Endpoint: ep})
	job := nea.New(nea.Options{Client: c, Endpoint: ep, Async: true, PollInterval: time.Millisecond})
	toi := exofop.New(exofop.Options{Client: c, Endpoint: ep})
	for name, x := range map[string]struct {
		source archive.TableSource
		table  catalog.Type
		faults []string
		rows   int
	}{
		"KOI at once":          {sync, catalog.KOI, nil, 300},
		"KOI by a job":         {job, catalog.KOI, []string{"nea.executing=2"}, 300},
		"K2":                   {sync, catalog.K2, nil, 150},
		"TOI of the page":      {toi, catalog.TOI, nil, 300},
		"TOI of the dashboard": {toi, catalog.TOI, []string{"exofop.dialect=dashboard"}, 300},
		"TOI behind a notice":  {toi, catalog.TOI, []string{"exofop.notice"}, 300},
		"KOI after two 503":    {sync, catalog.KOI, []string{"nea.status=503:0*2"}, 300},
	} {
		t.Run(name, func(t *testing.T) {
			if err := s.SetFaults(parse(t, x.faults...)...); err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if _, err := x.source.Fetch(t.Context(), archive.TableRequest{Type: x.table}, &b); err != nil {
				t.Fatal(err)
			}
			tab, err := catalog.Parse(x.table, b.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if tab.Len() != x.rows {
				t.Errorf("%d rows, want %d", tab.Len(), x.rows)
			}
		})
	}
}

func TestOurOwnClientsRefuseBrokenTables(t *testing.T) {
	s, h := synthetic(t)
	c, ep := endpoint(t, h)
	ep.Retries = 0
	koi := nea.New(nea.Options{Client: c, Endpoint: ep})
	ep.Idle = 300 * time.Millisecond
	hasty := nea.New(nea.Options{Client: c, Endpoint: ep})
	for fault, want := range map[string]exo.Kind{
		"nea.error=votable200": exo.Upstream, "nea.error=json200": exo.Upstream, "nea.error=votable400": exo.Upstream, "nea.html": exo.Upstream,
		"nea.missing=kepoi_name": exo.Upstream, "nea.empty": exo.Upstream, "nea.status=503": exo.Unavailable, "nea.reset": exo.Unavailable,
		"nea.cut=5000": exo.Upstream, "nea.stall=5000": exo.Unavailable, "nea.truncate=5000": exo.Upstream, "nea.gzipcut=3000": exo.Upstream,
	} {
		if err := s.SetFaults(parse(t, fault)...); err != nil {
			t.Fatal(err)
		}
		source := koi
		if strings.HasPrefix(fault, "nea.stall") {
			source = hasty
		}
		var b bytes.Buffer
		if _, err := source.Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI}, &b); exo.KindOf(err) != want {
			t.Errorf("%s: %v (%s), want %s", fault, err, exo.KindOf(err), want)
		}
	}
}

// partial is an archive.Partial in memory.
type partial struct{ bytes.Buffer }

func (p *partial) Offset() int64 { return int64(p.Len()) }
func (p *partial) Reset() error  { p.Buffer.Reset(); return nil }

func TestOurOwnClientFindsAndResumesLightCurves(t *testing.T) {
	s, h := synthetic(t)
	c, ep := endpoint(t, h)
	m := mast.New(mast.Options{Client: c, Endpoint: ep, PollInterval: time.Millisecond})
	bucket := mast.New(mast.Options{Client: c, Endpoint: ep, BucketURL: h.URL + "/stpubdata"})
	id := exo.TargetID{Catalog: exo.TIC, Number: 441420236}
	if err := s.SetFaults(parse(t, "mast.executing=1", "mast.decoys", "mast.pagesize=2")...); err != nil {
		t.Fatal(err)
	}
	found, err := m.Find(t.Context(), archive.LightCurveQuery{Target: id, Mission: exo.TESS, CadenceS: 120})
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Products) != 2 {
		t.Fatalf("%d products, want the two sectors at 120 s: %+v", len(found.Products), found.Products)
	}
	want := [32]byte{}
	for name, x := range map[string]struct {
		source *mast.Source
		faults []string
	}{
		"0 plain":                    {m, nil},
		"broken off twice":           {m, []string{"download.cut=500000*2"}},
		"ranges ignored":             {m, []string{"download.cut=500000*1", "download.norange"}},
		"changed in the middle":      {m, []string{"download.cut=500000*1", "download.validators=changing"}},
		"no length":                  {m, []string{"download.nolength"}},
		"no validators":              {m, []string{"download.cut=500000*1", "download.validators=none"}},
		"from the bucket":            {bucket, []string{"download.status=500"}},
		"the bucket has it not":      {bucket, []string{"s3.status=404"}},
		"continued at a wrong place": {m, []string{"download.cut=500000*1", "download.rangestart=7*1"}},
	} {
		if err := s.SetFaults(parse(t, x.faults...)...); err != nil {
			t.Fatal(err)
		}
		var p partial
		if _, err := x.source.Download(t.Context(), found.Products[0], &p); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sum := sha256.Sum256(p.Bytes())
		if want == [32]byte{} {
			want = sum
		}
		if sum != want || int64(p.Len()) != found.Products[0].SizeBytes {
			t.Errorf("%s: %d bytes, %x", name, p.Len(), sum)
		}
	}
}

func TestOurOwnClientsResolveNames(t *testing.T) {
	s, h := synthetic(t)
	c, ep := endpoint(t, h)
	ep.Retries = 0
	m := mast.New(mast.Options{Client: c, Endpoint: ep})
	name, err := exo.ParseName("AU Mic")
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Resolve(t.Context(), name, exo.TESS)
	if err != nil || len(got) != 1 || got[0].ID.Number != 441420236 {
		t.Errorf("MAST: %v %v", got, err)
	}
	got, err = exofop.New(exofop.Options{Client: c, Endpoint: ep}).Resolve(t.Context(), name, exo.TESS)
	if err != nil || len(got) != 1 || got[0].ID.Number != 441420236 {
		t.Errorf("ExoFOP: %v %v", got, err)
	}
	kepler, err := exo.ParseName("Kepler-10")
	if err != nil {
		t.Fatal(err)
	}
	got, err = nea.New(nea.Options{Client: c, Endpoint: ep}).Resolve(t.Context(), kepler, exo.Kepler)
	if err != nil || len(got) != 1 || got[0].ID.Number != 11904151 {
		t.Errorf("NASA: %v %v", got, err)
	}
	for fault, want := range map[string]exo.Kind{"mast.resolver=empty": exo.NotFound, "mast.resolver=absent": exo.Unavailable, "mast.html": exo.Upstream} {
		if err := s.SetFaults(parse(t, fault)...); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Resolve(t.Context(), name, exo.TESS); exo.KindOf(err) != want {
			t.Errorf("%s: %v, want %s", fault, err, want)
		}
	}
}

func TestOurOwnClientGetsGaiaSources(t *testing.T) {
	_, h := synthetic(t)
	c, ep := endpoint(t, h)
	var stars []catalog.Star
	var ids []exo.TargetID
	for _, s := range universe.New(1).Stars() {
		stars, ids = append(stars, catalog.Star{ID: s.ID, RA: s.RA, Dec: s.Dec}), append(ids, s.ID)
	}
	stars, ids = stars[:60], ids[:60]
	var b bytes.Buffer
	if _, err := esa.New(esa.Options{Client: c, Endpoint: ep}).Fetch(t.Context(), archive.TableRequest{Type: catalog.Gaia, Targets: ids, Stars: stars}, &b); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	found := map[string]bool{}
	for _, l := range lines[1:] {
		star, _, _ := strings.Cut(l, ",")
		found[star] = true
	}
	if len(found) < 55 {
		t.Errorf("%d of 60 stars found; %.300s", len(found), b.String())
	}
}

func TestAstroqueryGetsTheSyntheticUniverse(t *testing.T) {
	_, h := synthetic(t)
	u := universe.New(1)
	var out struct {
		KOI, Columns, TOI, K2, PS int
		Files                     map[string]string
		Missing                   []string
	}
	judge(t, h.URL, `
out["KOI"] = len(NEA.query_criteria("cumulative", select="*")); out["TOI"] = len(NEA.query_criteria("toi")); out["K2"] = len(NEA.query_criteria("k2pandc"))
out["Columns"] = len(NEA.query_criteria("cumulative", select="*", where="kepid=11904151").colnames)
out["PS"] = len(NEA.query_object("K2-18"))
from astropy.table import vstack
files, missing = {}, []
for name in ("AU Mic", "Kepler-10", "K2-18"):
    o = Observations.query_object(name, radius="20 arcsec")
    p = Observations.get_product_list(o)
    m = Observations.download_products(p[p["size"] < 3000000], download_dir=home)
    missing += [str(r["Local Path"]) for r in m if r["Status"] != "COMPLETE"]
    files.update({os.path.basename(f): sha(f) for f in m["Local Path"]})
out["Files"], out["Missing"] = files, missing
`, &out)
	if out.KOI != 300 || out.TOI != 300 || out.K2 != 150 || out.Columns < 153 || out.PS < 1 {
		t.Errorf("tables: %+v", out)
	}
	if len(out.Files) < 6 || len(out.Missing) > 0 {
		t.Errorf("files %v, missing %v", out.Files, out.Missing)
	}
	for name, got := range out.Files {
		b, err := u.FITS(name)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != got {
			t.Errorf("%s differs", name)
		}
	}
}
