package reports_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/reports"
	"exoplanetai/internal/store"
	"exoplanetai/internal/validate"
)

func TestAReportIsKeptInOneByteFormAndReadBack(t *testing.T) {
	s, home := open(t)
	r := reports.New(s)
	rep := report("koi", 0.9, finding("koi.period.range", "K00001.01", "-1"))
	p := keep(t, r, koi(noon.Add(300*time.Millisecond), ref(2), ref(1)), rep)
	if p != "metadata/validation/koi_20260102_120000.json" {
		t.Fatal(p)
	}
	text, err := os.ReadFile(filepath.Join(home, string(p)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"{\n  \"at\": \"2026-01-02T12:00:00Z\",\n  \"data_type\": \"koi\",\n  \"files\": [", "the period <b>is</b> — odd", "}\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	for _, name := range []string{string(p), "koi_20260102_120000.json", "koi_20260102_120000"} {
		e, doc, err := r.Read(t.Context(), name)
		if err != nil {
			t.Fatal(name, err)
		}
		if e.Path != p || e.Checksum != exo.DigestOf(text) || e.DataType != "koi" || e.Warnings != 1 || !e.Valid || e.Metrics.Completeness.Overall != 0.9 || e.Metrics.Completeness.Columns != nil {
			t.Errorf("%s: %+v", name, e)
		}
		if !reflect.DeepEqual(doc.Report, rep) || doc.Program != "exoplanetai test" || doc.Files[0] != ref(1) || doc.Files[1] != ref(2) {
			t.Errorf("%s: %+v", name, doc)
		}
		again, err := reports.Encode(doc)
		if err != nil || !bytes.Equal(again, text) {
			t.Errorf("%s: the bytes change when read and written: %v", name, err)
		}
	}
	m, err := s.Get(t.Context(), p)
	if err != nil || m.Kind != store.Validation || m.Table != catalog.KOI || m.Validation.Warnings != 1 || len(m.From) != 2 || m.Rows != 3 {
		t.Errorf("%+v %v", m, err)
	}
	if v, err := s.Verify(t.Context(), store.VerifyOptions{}, nil); err != nil || len(v.Damaged) != 0 {
		t.Errorf("%+v %v", v, err)
	}
}

// The members of every object of the byte form are sorted, and none is left out:
// a tree of the same document gives the same bytes.
func TestTheByteFormIsThatOfASortedTree(t *testing.T) {
	rep := report("koi", 0.9, finding("koi.period.range", "K1", "<&>\u2028"), finding("koi.depth.range", "", ""))
	rep.Metrics.Accuracy, rep.Metrics.Consistency = catalog.Overall(0.1), catalog.Overall(1e-7)
	doc := reports.Document{Subject: koi(noon, ref(1)), Program: "a <program>", Report: rep}
	doc.Target, doc.Rejected = exo.TargetID{Catalog: exo.TIC, Number: 7}, true
	got, err := reports.Encode(doc)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	dec := json.NewDecoder(bytes.NewReader(plain))
	dec.UseNumber()
	if err := dec.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(tree); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("got\n%s\nwant\n%s", got, want.Bytes())
	}
}

func TestAReportIsBounded(t *testing.T) {
	rep := report("koi", 0.9)
	f := finding("koi.period.range", strings.Repeat("K", 200), strings.Repeat("1", 200))
	for range 130_000 {
		rep.Findings = append(rep.Findings, f)
	}
	if _, err := reports.Encode(reports.Document{Subject: koi(noon), Report: rep}); !errors.Is(err, exo.TooLarge) {
		t.Error(err)
	}
	rep.Findings = rep.Findings[:1000]
	text, err := reports.Encode(reports.Document{Subject: koi(noon), Report: rep})
	if err != nil || len(text) < 400_000 {
		t.Error(len(text), err)
	}
}

func TestAnEqualReportIsNotStoredAgain(t *testing.T) {
	s, _ := open(t)
	r := reports.New(s)
	first := keep(t, r, koi(noon, ref(1)), report("koi", 0.9))
	older := report("koi", 0.9)
	older.Metrics.Freshness = catalog.Overall(0.25)
	if p := keep(t, r, koi(noon.Add(time.Hour), ref(1)), older); p != first {
		t.Errorf("%s was stored for a report that differs in its freshness only", p)
	}
	for _, c := range []struct {
		name string
		of   reports.Subject
		rep  *validate.Report
	}{
		{"another finding", koi(noon.Add(time.Hour), ref(1)), report("koi", 0.9, finding("koi.period.range", "K1", "0"))},
		{"another metric", koi(noon.Add(2*time.Hour), ref(1)), report("koi", 0.8)},
		{"another file", koi(noon.Add(3*time.Hour), ref(2)), report("koi", 0.8)},
		{"a file more", koi(noon.Add(4*time.Hour), ref(1), ref(2)), report("koi", 0.8)},
		{"the first, after another one of the same file", koi(noon.Add(5*time.Hour), ref(1)), report("koi", 0.9)},
	} {
		if p := keep(t, r, c.of, c.rep); p == first {
			t.Errorf("%s: the first report stands for it", c.name)
		}
	}
}

func TestReportsOfOneSecondHaveNamesOfTheirOwn(t *testing.T) {
	s, _ := open(t)
	r := reports.New(s)
	tic := exo.TargetID{Catalog: exo.TIC, Number: 441420236}
	at := reports.Subject{DataType: "lightcurve", Target: tic, At: noon, Files: []store.Ref{ref(1)}}
	var got []exo.Path
	for _, share := range []float64{0.1, 0.2, 0.3} {
		got = append(got, keep(t, r, at, report("lightcurve", share)))
	}
	want := []exo.Path{"metadata/validation/tic441420236_20260102_120000.json", "metadata/validation/tic441420236_20260102_120000_2.json", "metadata/validation/tic441420236_20260102_120000_3.json"}
	if !reflect.DeepEqual(got, want) {
		t.Error(got)
	}
	list, err := r.List(t.Context(), "lightcurve", tic, 2)
	if err != nil || len(list) != 2 || list[0].Path != want[2] || list[1].Path != want[1] || list[0].Target != tic || list[0].DataType != "lightcurve" {
		t.Errorf("%+v %v", list, err)
	}
}

func TestManyMayKeepAtOnce(t *testing.T) {
	s, _ := open(t)
	r := reports.New(s)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := r.Keep(t.Context(), koi(noon, ref(byte(i%2))), report("koi", float64(i)/10)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if list, err := r.List(t.Context(), "", exo.TargetID{}, 0); err != nil || len(list) != 8 {
		t.Error(len(list), err)
	}
}

func TestTheListIsNewestFirstAndOfOneType(t *testing.T) {
	s, _ := open(t)
	r := reports.New(s)
	keep(t, r, koi(noon, ref(1)), report("koi", 0.1))
	rejected := store.Ref{Path: "raw/nasa/rejected/koi_9.csv", SHA256: ref(3).SHA256}
	keep(t, r, koi(noon.Add(time.Hour), rejected), report("koi", 0.2))
	keep(t, r, reports.Subject{DataType: "toi", At: noon.Add(time.Minute), Files: []store.Ref{ref(4)}}, report("toi", 0.3))
	star := exo.TargetID{Catalog: exo.KIC, Number: 757450}
	keep(t, r, reports.Subject{DataType: "lightcurve", Target: star, At: noon.Add(2 * time.Minute), Files: []store.Ref{ref(5)}}, report("lightcurve", 0.4))
	for name, c := range map[string]struct {
		dataType string
		target   exo.TargetID
		limit    int
		want     string
	}{
		"all":                {"", exo.TargetID{}, 0, "koi_20260102_130000 kic757450_20260102_120200 toi_20260102_120100 koi_20260102_120000"},
		"of a table":         {"koi", exo.TargetID{}, 0, "koi_20260102_130000 koi_20260102_120000"},
		"the newest":         {"koi", exo.TargetID{}, 1, "koi_20260102_130000"},
		"of light curves":    {"lightcurve", exo.TargetID{}, 0, "kic757450_20260102_120200"},
		"of a star":          {"", star, 0, "kic757450_20260102_120200"},
		"of another star":    {"lightcurve", exo.TargetID{Catalog: exo.KIC, Number: 1}, 0, ""},
		"of one that is not": {"k2", exo.TargetID{}, 0, ""},
	} {
		list, err := r.List(t.Context(), c.dataType, c.target, c.limit)
		if err != nil {
			t.Fatal(name, err)
		}
		var got []string
		for _, e := range list {
			got = append(got, strings.TrimSuffix(e.Path.Base(), ".json"))
			if e.Rejected != strings.HasSuffix(string(e.Path), "130000.json") {
				t.Errorf("%s: %s is rejected: %v", name, e.Path, e.Rejected)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestReportsAreCompared(t *testing.T) {
	s, _ := open(t)
	r := reports.New(s)
	same, gone, twice := finding("koi.period.range", "K1", "1"), finding("koi.depth.range", "K2", "2"), finding("koi.period.range", "K3", "3")
	a := keep(t, r, koi(noon, ref(1)), report("koi", 0.75, same, gone, twice))
	b := keep(t, r, koi(noon.Add(time.Hour), ref(2)), report("koi", 0.5, same, twice, twice, finding("koi.period.range", "K1", "9")))
	c, err := r.Compare(t.Context(), string(a), string(b))
	if err != nil {
		t.Fatal(err)
	}
	wantRules := []reports.RuleChange{{Rule: "koi.depth.range", From: 1, To: 0}, {Rule: "koi.period.range", From: 2, To: 4}}
	if !reflect.DeepEqual(c.Rules, wantRules) || c.NewAll != 2 || c.GoneAll != 1 || len(c.New) != 2 || c.Gone[0] != gone || c.Metrics["completeness"] != -0.25 {
		t.Errorf("%+v", c)
	}
	if c.From.Path != a || c.To.Path != b {
		t.Error(c.From.Path, c.To.Path)
	}
	itself, err := r.Compare(t.Context(), string(a), string(a))
	if err != nil || len(itself.Rules) != 0 || itself.NewAll != 0 || itself.GoneAll != 0 || itself.New == nil || itself.Rules == nil {
		t.Errorf("%+v %v", itself, err)
	}
	other := keep(t, r, reports.Subject{DataType: "toi", At: noon, Files: []store.Ref{ref(4)}}, report("toi", 0.3))
	if _, err := r.Compare(t.Context(), string(a), string(other)); !errors.Is(err, exo.Invalid) {
		t.Error(err)
	}
}

func TestWrongNamesTypesAndFilesAreRefused(t *testing.T) {
	s, home := open(t)
	r := reports.New(s)
	for name, kind := range map[string]exo.Kind{
		"":                                 exo.Invalid,
		"../koi_20260102_120000":           exo.Invalid,
		"metadata/validation/../a":         exo.Invalid,
		"a/b":                              exo.Invalid,
		"koi\x00":                          exo.Invalid,
		strings.Repeat("x", 300):           exo.Invalid,
		"koi_20260102_120000":              exo.NotFound,
		"metadata/raw/nasa/koi_1.csv.json": exo.Invalid,
	} {
		if _, _, err := r.Read(t.Context(), name); !errors.Is(err, kind) {
			t.Errorf("%q: %v", name, err)
		}
	}
	_, err := r.List(t.Context(), "kio", exo.TargetID{}, 0)
	if !errors.Is(err, exo.Invalid) || !strings.Contains(exo.HintOf(err), "koi") || exo.ExtraOf(err)["parameter"] != "data_type" {
		t.Error(err, exo.HintOf(err))
	}
	for name, c := range map[string]struct {
		of  reports.Subject
		rep *validate.Report
	}{
		"no time":      {reports.Subject{DataType: "koi"}, report("koi", 1)},
		"another type": {koi(noon), report("toi", 1)},
		"no report":    {koi(noon), nil},
		"no such type": {reports.Subject{DataType: "x/../y", At: noon}, report("x/../y", 1)},
	} {
		if _, err := r.Keep(t.Context(), c.of, c.rep); err == nil {
			t.Errorf("%s: was kept", name)
		}
	}
	p := keep(t, r, koi(noon, ref(1)), report("koi", 0.1))
	file := filepath.Join(home, string(p))
	if err := errors.Join(os.Chmod(file, 0o644), os.WriteFile(file, []byte("{}"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Read(t.Context(), string(p)); !errors.Is(err, exo.Corrupt) {
		t.Error(err)
	}
	again := keep(t, r, koi(noon.Add(time.Hour), ref(1)), report("koi", 0.1))
	if again == p {
		t.Error("a damaged report stands for a new one")
	}
}
