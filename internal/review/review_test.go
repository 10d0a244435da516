package review_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/reports"
	"exoplanetai/internal/review"
	"exoplanetai/internal/store"
	"exoplanetai/internal/validate"
	"exoplanetai/internal/xtest"
)

func body(t testing.TB, text string) review.Request {
	t.Helper()
	var r review.Request
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheGuidesBodyForATable(t *testing.T) {
	b := open(t)
	old := b.table(catalog.KOI, noon.Add(-48*time.Hour), xtest.Gunzip(t, "data/real/catalogs/koi_2019-01-20/cumulative.csv.gz"))
	m := b.table(catalog.KOI, noon.Add(-2*24*time.Hour+time.Minute), xtest.Gunzip(t, "data/real/catalogs/cumulative_2025.09.29_18.45.43.csv.gz"))
	res := b.validate(body(t, `{"data_type":"koi","target_name":null}`))
	if res.Status != "success" || res.DataType != "koi" || res.TargetName != nil || !res.Valid || res.Records != 9564 || len(res.Levels) != 5 {
		t.Errorf("%s %s %v %v %d; first finding %+v", res.Status, res.DataType, res.TargetName, res.Valid, res.Records, res.Findings[0])
	}
	if len(res.Files) != 1 || res.Files[0] != m.Path || res.ReportPath != "metadata/validation/koi_20260102_120000.json" {
		t.Error(res.Files, res.ReportPath)
	}
	if f := res.Metrics.Freshness; f == nil || f.Overall > 0.51 || f.Overall < 0.49 {
		t.Errorf("freshness of a table twice as old as it is good for: %+v", f)
	}
	if len(res.Trend) != 2 || res.Trend[0].Version != "koi_20251231_120000" || res.Trend[1].Metrics["completeness"] == 0 || res.Trend[0].At.After(res.Trend[1].At) {
		t.Errorf("%+v", res.Trend)
	}
	if res.FindingsTotal < len(res.Findings) || len(res.Findings) > review.Shown {
		t.Error(len(res.Findings), res.FindingsTotal)
	}
	_, doc, err := reports.New(b.store).Read(t.Context(), string(res.ReportPath))
	if err != nil || len(doc.Report.Findings) != res.FindingsTotal || doc.Files[0] != (store.Ref{Path: m.Path, SHA256: m.SHA256}) {
		t.Error(len(doc.Report.Findings), res.FindingsTotal, err)
	}
	was := b.validate(review.Request{DataType: "koi", Version: old.SHA256.String()})
	if was.Files[0] != old.Path || len(was.Warnings) != 1 || !strings.Contains(was.Warnings[0], "koi_20251231_120100") {
		t.Errorf("%v %v", was.Files, was.Warnings)
	}
}

func TestOfATableOnlyTheRowsOfAStar(t *testing.T) {
	b := open(t)
	text := xtest.Gunzip(t, "data/real/catalogs/cumulative_2025.09.29_18.45.43.csv.gz")
	table, err := catalog.Parse(catalog.KOI, text)
	if err != nil {
		t.Fatal(err)
	}
	j := table.Column(catalog.RolePeriod)
	raw := table.Raw(7)
	period := table.Cell(7, j)
	text = bytes.Replace(text, []byte(raw), []byte(strings.Replace(raw, ","+period+",", ",-"+period+",", 1)), 1)
	b.table(catalog.KOI, noon, text)
	all := b.validate(review.Request{DataType: "koi"})
	star := "KIC " + table.Get(7, catalog.RoleStar)
	one := b.validate(review.Request{DataType: "koi", TargetName: star})
	if all.Valid || one.FindingsTotal == 0 || one.FindingsTotal >= all.FindingsTotal || *one.TargetName != star || one.ReportPath != all.ReportPath {
		t.Errorf("%d of %d, %s", one.FindingsTotal, all.FindingsTotal, one.ReportPath)
	}
	for _, f := range one.Findings {
		if !strings.HasPrefix(f.Row, table.Key(7)[:6]) {
			t.Errorf("%+v", f)
		}
	}
	if one.Findings[0].Severity != validate.Error || all.Findings[0].Severity != validate.Error {
		t.Error("errors do not come first")
	}
	for name, kind := range map[string]exo.Kind{"KIC 3": exo.NotFound, "Nowhere-12": exo.NotFound, "": ""} {
		if _, err := b.Validate(t.Context(), review.Request{DataType: "koi", TargetName: name}, nil); kind != "" && !errors.Is(err, kind) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// A download of the K2 table may lack the columns of the numbers.
func TestAStarOfATableIsFoundByAnyOfItsNames(t *testing.T) {
	b := open(t)
	b.table(catalog.K2, noon, []byte("pl_name,hostname,default_flag,disposition,pl_orbper,pl_refname,ra,dec\n"+
		"K2-18 b,K2-18,1,CONFIRMED,-32.94,A,172.56,7.59\nK2-18 c,K2-18,1,CONFIRMED,-8.9,A,172.56,7.59\nK2-3 b,K2-3,1,CONFIRMED,-10.05,A,172.33,-1.45\n"))
	for name, want := range map[string]int{"K2-18": 2, "k2-18 B": 2, "K2-3 b": 1} {
		res := b.validate(review.Request{DataType: "k2", TargetName: name})
		rows := map[string]bool{}
		for _, f := range res.Findings {
			rows[f.Row] = true
		}
		if len(rows) != want {
			t.Errorf("%s: findings in %v, want %d rows", name, rows, want)
		}
	}
}

func TestTheGuidesBodyForLightCurves(t *testing.T) {
	b := open(t)
	b.table(catalog.TOI, noon, xtest.Gunzip(t, "data/real/catalogs/TOI_2025.09.29_18.46.06.csv.gz"))
	b.curvesOf("424865156")
	var steps []string
	res, err := b.Validate(t.Context(), body(t, `{"data_type":"lightcurve","target_name":"TIC 424865156"}`), func(done, total int64, unit, message string) {
		steps = append(steps, message)
		if total != 4 || unit != "files" {
			t.Error(done, total, unit)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !res.Valid || len(res.Files) != 4 || len(steps) != 5 || *res.TargetName != "TIC 424865156" || res.ReportPath != "metadata/validation/tic424865156_20260102_120000.json" || res.Records != 19337+18757+19149+19562 {
		t.Errorf("%+v", res)
	}
	for _, f := range res.Findings {
		t.Errorf("a finding on real files: %+v", f)
	}
	if res.Metrics.Freshness.Overall != 1 || res.Metrics.Completeness.Overall < 0.8 || res.Metrics.Consistency.Overall != 1 || res.Metrics.Accuracy.Overall != 1 {
		t.Errorf("%+v", res.Metrics)
	}
	if res.Levels[validate.Coordinates].Checked == 0 {
		t.Error("the position was not compared with the table's")
	}
	named := b.validate(review.Request{DataType: "lightcurve", TargetName: "TOI-1265", Mission: "TESS"})
	if named.ReportPath != res.ReportPath {
		t.Error(named.ReportPath)
	}
}

func TestOfAFileThatTheArchiveChangedTheNewestIsJudged(t *testing.T) {
	b := open(t)
	b.curvesOf("s0001-0000000025155310")
	list, err := b.store.List(t.Context(), store.Filter{Kind: store.LightCurve})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	f, err := b.store.Read(t.Context(), list[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := f.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(data)
	changed[len(changed)/2] ^= 1
	b.curve("tess2018206045859-s0001-0000000025155310-0120-s_lc_20260102_110000.fits", noon, changed)
	res := b.validate(review.Request{DataType: "lightcurve", TargetName: "TIC 25155310"})
	if res.Valid || len(res.Files) != 1 || !strings.HasSuffix(string(res.Files[0]), "_20260102_110000.fits") || len(res.Warnings) != 1 || res.Findings[0].Rule != "lightcurve.checksum" {
		t.Errorf("%+v", res)
	}
}

func TestWhatIsNotHeldOrDamaged(t *testing.T) {
	b := open(t)
	for name, r := range map[string]review.Request{
		"no table":       {DataType: "koi"},
		"no light curve": {DataType: "lightcurve", TargetName: "TIC 441420236"},
	} {
		_, err := b.Validate(t.Context(), r, nil)
		if !errors.Is(err, exo.NotFound) || !strings.Contains(exo.HintOf(err), "ingest") {
			t.Errorf("%s: %v; %s", name, err, exo.HintOf(err))
		}
	}
	m := b.table(catalog.KOI, noon, xtest.Gunzip(t, "data/real/catalogs/cumulative_2025.09.29_18.45.43.csv.gz"))
	b.curvesOf("s0001-0000000025155310")
	b.damage(m.Path)
	if _, err := b.Validate(t.Context(), review.Request{DataType: "koi"}, nil); !errors.Is(err, exo.Corrupt) {
		t.Error(err)
	}
	if res := b.validate(review.Request{DataType: "lightcurve", TargetName: "TIC 25155310"}); !res.Valid {
		t.Error("a damaged table makes a light curve invalid")
	}
	list, err := b.store.List(t.Context(), store.Filter{Kind: store.LightCurve})
	if err != nil {
		t.Fatal(err)
	}
	b.damage(list[0].Path)
	if _, err := b.Validate(t.Context(), review.Request{DataType: "lightcurve", TargetName: "TIC 25155310"}, nil); !errors.Is(err, exo.Corrupt) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Validate(ctx, review.Request{DataType: "koi"}, nil); !errors.Is(err, exo.Canceled) {
		t.Error(err)
	}
}

func TestWrongRequestsAreRefusedBeforeAnyWork(t *testing.T) {
	for name, c := range map[string]struct {
		r         review.Request
		parameter string
		says      string
	}{
		"no type":                 {review.Request{}, "data_type", "koi, toi"},
		"a typing mistake":        {review.Request{DataType: "lightcurves"}, "data_type", "did you mean lightcurve?"},
		"a made table":            {review.Request{DataType: "candidates"}, "data_type", "koi"},
		"a light curve of nobody": {review.Request{DataType: "lightcurve"}, "target_name", "TIC"},
		"a version of curves":     {review.Request{DataType: "lightcurve", TargetName: "TIC 1", Version: "v2"}, "version", "table"},
		"a mission of a table":    {review.Request{DataType: "koi", Mission: "TESS"}, "mission", "leave"},
	} {
		err := review.Check(c.r)
		if !errors.Is(err, exo.Invalid) || exo.ExtraOf(err)["parameter"] != c.parameter || !strings.Contains(exo.HintOf(err), c.says) {
			t.Errorf("%s: %v; %s", name, err, exo.HintOf(err))
		}
	}
	for name, r := range map[string]review.Request{
		"no mission": {DataType: "lightcurve", TargetName: "TIC 1", Mission: "Spitzer"},
		"no name":    {DataType: "koi", TargetName: "\x00"},
	} {
		if err := review.Check(r); !errors.Is(err, exo.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
