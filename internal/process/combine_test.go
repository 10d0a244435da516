package process_test

import (
	"encoding/json"
	"strings"
	"testing"

	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/process"
)

// report reads a report as it stands in an answer.
func report(t testing.TB, text string) (r preprocess.Report) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCountsAreAddedAndTheRestIsTheMedian(t *testing.T) {
	one := report(t, `{"profile":"default","algorithm":1,"quality":{"preset":"default","mask":5,"rows":3,"bits":{"1":2,"4":1}},"flags":{"outlier":1},
		"steps":[{"name":"outliers","method":"mad","points_before":10,"points_after":9,"values":{"flagged":1,"upper":2,"lower":"-inf"}},{"name":"normalize","points_before":9,"points_after":9}],
		"metrics":{"raw":{},"processed":{"n_in":10,"n_kept":9,"fraction_retained":0.9,"segments":1,"rms":3,"cdpp_ppm":null}},"warnings":["a"]}`)
	two := report(t, `{"profile":"default","algorithm":1,"quality":{"preset":"default","mask":5,"rows":1,"bits":{"4":1}},"flags":{"outlier":4},
		"steps":[{"name":"outliers","method":"mad","points_before":30,"points_after":26,"values":{"flagged":4,"upper":4,"lower":"-inf"}},{"name":"wavelet","points_before":26,"points_after":26}],
		"metrics":{"raw":{},"processed":{"n_in":30,"n_kept":11,"fraction_retained":0.4,"segments":2,"rms":5,"cdpp_ppm":7}},"warnings":["a","b"]}`)
	got := text(t, process.Combine([]preprocess.Report{one, two}))
	for _, want := range []string{
		`"rows": 4`, `"1": 2`, `"4": 2`, `"outlier": 5`, `"points_before": 40`, `"points_after": 35`, `"flagged": 5`, `"upper": 3`, `"lower": "-inf"`,
		`"n_in": 40`, `"n_kept": 20`, `"fraction_retained": 0.5`, `"segments": 3`, `"rms": 4`, `"cdpp_ppm": 7`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if n := strings.Count(got, `"a"`); n != 1 || !strings.Contains(got, `"name": "wavelet"`) || strings.Index(got, `"normalize"`) > strings.Index(got, `"wavelet"`) {
		t.Errorf("%d times the warning in %s", n, got)
	}
	if a, b := text(t, process.Combine([]preprocess.Report{one})), text(t, one); a != b {
		t.Errorf("one report is not itself: %s, %s", a, b)
	}
	if process.Combine(nil).Steps != nil {
		t.Error("nothing gives something")
	}
	if *one.Metrics.Processed.NIn != 10 || one.Flags["outlier"] != 1 || one.Quality.Bits["4"] != 1 {
		t.Error("the reports were changed")
	}
}

// A transit that one sector's noise hides is warned of for that sector only.
func TestAWarningSaysWhichSectorsItIsAbout(t *testing.T) {
	b := newBench(t)
	b.tables(t)
	b.holdReal(t, sector14)
	bad := b.holdReal(t, sector15)
	b.holdReal(t, sector41)
	req := process.Request{TargetName: star1265}
	res := b.must(t, req)
	for i, w := range res.Warnings {
		if strings.HasPrefix(w, "sector") || strings.Contains(strings.Join(res.Warnings[i+1:], "\n"), w) {
			t.Errorf("%q holds for all sectors, or comes twice", w)
		}
	}
	b.spoil(t, res.Outputs[1].Path)
	again := b.must(t, req)
	if len(again.Warnings) != len(res.Warnings)+1 || !strings.Contains(strings.Join(again.Warnings, "\n"), "sector 15: processed/lightcurves/tess/") || again.Outputs[1].SourcePath != bad.Path {
		t.Errorf("%q", again.Warnings)
	}
}
