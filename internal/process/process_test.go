package process_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/process"
	"exoplanetai/internal/processed"
	"exoplanetai/internal/store"
)

func TestAResultIsKeptAndGivenAgain(t *testing.T) {
	b := newBench(t)
	b.tables(t)
	src := b.holdReal(t, sector14)
	req := process.Request{TargetName: star1265, Profile: "transit"}
	first := b.must(t, req)
	o := first.Outputs[0]
	if first.Status != process.Success || len(first.Outputs) != 1 || o.Cached || o.SourcePath != src.Path || o.SourceChecksum != src.SHA256 || o.SectorQuarter != 14 || o.CadenceS < 119 {
		t.Fatalf("%+v", first)
	}
	if want := "processed/lightcurves/tess/tess2019198215352-s0014-0000000424865156-0150-s_lc_" + o.Recipe.Hex()[:8]; string(o.Path) != want+".fits" || string(o.ReportPath) != want+".json" {
		t.Errorf("%s, %s", o.Path, o.ReportPath)
	}
	meta, err := b.store.Get(t.Context(), o.Path)
	if err != nil || meta.Kind != store.Processed || meta.SHA256 != o.Checksum || meta.Recipe != o.Recipe || meta.Profile != "transit" || meta.Algorithm != 1 ||
		meta.Target != src.Target || meta.Rows != src.Rows || meta.Origin.Archive != "local" || meta.From[0].SHA256 != src.SHA256 || meta.Scale != exo.BTJD || meta.Author != "SPOC" {
		t.Errorf("%+v %v", meta, err)
	}
	about, err := b.store.Get(t.Context(), o.ReportPath)
	if err != nil || about.Kind != store.Report || about.From[0].SHA256 != o.Checksum || about.From[1].SHA256 != src.SHA256 {
		t.Errorf("%+v %v", about, err)
	}
	b.holdsAccount(t, o, src)
	b.clock.Pass(time.Hour)
	again := b.must(t, req)
	if !again.Outputs[0].Cached || again.Outputs[0].Path != o.Path {
		t.Errorf("computed again: %+v", again.Outputs[0])
	}
	again.Outputs[0].Cached = false
	if x, y := text(t, first), text(t, again); x != y {
		t.Errorf("the answer from the store differs\n%s\n%s", x, y)
	}
	if n := b.files(t, store.Processed); n != 1 {
		t.Errorf("%d results", n)
	}
	if s, f := b.Processed(); s != 1 || f != 0 {
		t.Errorf("%d succeeded, %d failed", s, f)
	}
}

// holdsAccount compares the JSON beside a result with the answer.
func (b *bench) holdsAccount(t testing.TB, o process.Output, src store.Meta) {
	t.Helper()
	kept, err := os.ReadFile(filepath.Join(b.dir, string(o.ReportPath)))
	if err != nil {
		t.Fatal(err)
	}
	var got, want map[string]any
	if err := errors.Join(json.Unmarshal(kept, &got), json.Unmarshal([]byte(text(t, o.Report)), &want)); err != nil {
		t.Fatal(err)
	}
	want["output"] = string(o.Path)
	want["source"] = map[string]any{"path": string(src.Path), "sha256": src.SHA256.String()}
	known, _ := got["known_ephemerides"].([]any)
	want["known_ephemerides"] = got["known_ephemerides"]
	if text(t, got) != text(t, want) || len(known) != 1 || kept[len(kept)-1] != '\n' {
		t.Errorf("got %s\nwant %s", text(t, got), text(t, want))
	}
}

func text(t testing.TB, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheCatalogsTransitsAreMaskedAndTold(t *testing.T) {
	b := newBench(t)
	b.tables(t)
	b.holdReal(t, sector14)
	res := b.must(t, process.Request{TargetName: star1265, Profile: "transit"})
	if len(res.Ephemerides) != 1 {
		t.Fatalf("%+v", res.Ephemerides)
	}
	e := res.Ephemerides[0]
	// The row of the table: 2460558.8005680 BJD, 2.2047452 d, 3.996 h, 6872 ppm.
	if e.Object != "TOI 1265.01" || e.T0 != 3558.800568 || e.Period != 2.2047452 || e.Duration != 3.996/24 || e.T0Err != 0.001647 || e.DepthPPM != 6872 {
		t.Errorf("%+v", e)
	}
	if !strings.HasPrefix(e.Source, "toi 2026-01-02T12:00:00Z sha256:") {
		t.Errorf("source %q", e.Source)
	}
	m := res.Report.Metrics.Processed
	if m.InTransitPoints == nil || *m.InTransitPoints < 500 {
		t.Errorf("%s", text(t, m))
	}
	res = b.must(t, process.Request{TargetName: star1265})
	if !slices.ContainsFunc(res.Warnings, func(w string) bool { return strings.Contains(w, "TOI 1265.01") }) {
		t.Errorf("the default profile does not warn: %q", res.Warnings)
	}
}

const toiHeader = "TOI,TIC ID,TFOPWG Disposition,Period (days),Epoch (BJD),Duration (hours),RA (deg),Dec (deg)\n"

func TestANewTableThatSaysTheSameOfTheStarChangesNothing(t *testing.T) {
	b := newBench(t)
	b.holdReal(t, sector14)
	req := process.Request{TargetName: star1265, Profile: "transit"}
	const row = "1265.01,424865156,KP,2.2047452,2460558.8005680,3.996,292.247,47.969\n"
	b.table(t, catalog.TOI, "raw/exofop/toi_1.csv", []byte(toiHeader+row))
	first := b.must(t, req).Outputs[0]
	b.clock.Pass(12 * time.Hour)
	b.table(t, catalog.TOI, "raw/exofop/toi_2.csv", []byte(toiHeader+row+"9999.01,1,PC,3,2458000.5,2,10,20\n"))
	res := b.must(t, req)
	if o := res.Outputs[0]; !o.Cached || o.Path != first.Path || !strings.HasPrefix(res.Ephemerides[0].Source, "toi 2026-01-02T12:00:00Z") {
		t.Errorf("%s, %+v", o.Path, res.Ephemerides)
	}
	b.clock.Pass(12 * time.Hour)
	b.table(t, catalog.TOI, "raw/exofop/toi_3.csv", []byte(toiHeader+strings.Replace(row, "3.996", "3.9", 1)))
	res = b.must(t, req)
	if o := res.Outputs[0]; o.Cached || o.Recipe == first.Recipe || !strings.HasPrefix(res.Ephemerides[0].Source, "toi 2026-01-03T12:00:00Z") {
		t.Errorf("%s, %+v", o.Path, res.Ephemerides)
	}
}

// What is kept says nothing of planets that became known since.
func TestAPlanetThatBecomesKnownIsWarnedOf(t *testing.T) {
	b := newBench(t)
	b.holdReal(t, sector14)
	req := process.Request{TargetName: star1265}
	before := b.must(t, req)
	b.tables(t)
	after := b.must(t, req)
	if o := after.Outputs[0]; len(after.Warnings) <= len(before.Warnings) || o.Path == before.Outputs[0].Path || o.Recipe != before.Outputs[0].Recipe || o.Cached {
		t.Errorf("before %q, after %q, %s", before.Warnings, after.Warnings, o.Path)
	}
	if again := b.must(t, req); !again.Outputs[0].Cached || text(t, again.Warnings) != text(t, after.Warnings) {
		t.Errorf("%q", again.Warnings)
	}
	v, err := b.View(t.Context(), req, false)
	if err != nil || len(v.Warnings) != len(after.Warnings) {
		t.Errorf("%q %v", v.Warnings, err)
	}
}

func TestAnotherRecipeOrSourceGivesAnotherResult(t *testing.T) {
	b := newBench(t)
	b.holdReal(t, quarter2)
	req := process.Request{TargetName: "KIC 10002792"}
	first := b.must(t, req).Outputs[0]
	req.ProcessingParams = json.RawMessage(`{"sigma_clip_sigma": 4}`)
	other := b.must(t, req).Outputs[0]
	if other.Cached || other.Path == first.Path || other.Recipe == first.Recipe {
		t.Errorf("%+v", other)
	}
	req.ProcessingParams = json.RawMessage(`{"sigma_clip_sigma": 5.0, "baseline_window_length": 101}`)
	if same := b.must(t, req).Outputs[0]; !same.Cached || same.Path != first.Path {
		t.Errorf("the defaults spelled out are another recipe: %+v", same)
	}
	b.clock.Pass(time.Minute)
	b.hold(t, filepath.Base(quarter2), altered(t, quarter2), "_20260102_120100")
	req.ProcessingParams = nil
	newer := b.must(t, req)
	if o := newer.Outputs[0]; len(newer.Outputs) != 1 || o.Cached || o.Path == first.Path || !strings.Contains(string(o.Path), "_20260102_120100_") {
		t.Errorf("%+v", newer.Outputs)
	}
	byPath := b.must(t, process.Request{SourcePath: first.SourcePath})
	if o := byPath.Outputs[0]; !o.Cached || o.Path != first.Path || byPath.Target.ID.String() != "KIC 10002792" {
		t.Errorf("%+v", byPath)
	}
}

func TestAForcedRefreshWithEqualDataKeepsTheFormer(t *testing.T) {
	b := newBench(t)
	b.holdReal(t, quarter2)
	req := process.Request{TargetName: "KIC 10002792"}
	first := b.must(t, req).Outputs[0]
	b.clock.Pass(time.Minute)
	req.ForceRefresh = true
	again := b.must(t, req).Outputs[0]
	if again.Cached || again.Path != first.Path || again.Checksum != first.Checksum || b.files(t, store.Processed) != 1 {
		t.Errorf("%+v", again)
	}
}

// A former result with other data, as another version of the program might have
// left it under the same definitions.
func TestARefreshWithOtherDataLeavesTheFormer(t *testing.T) {
	b := newBench(t)
	src := b.holdReal(t, quarter2)
	req := process.Request{TargetName: "KIC 10002792"}
	first := b.must(t, req).Outputs[0]
	meta, err := b.store.Get(t.Context(), first.Path)
	if err != nil {
		t.Fatal(err)
	}
	// The result of another recipe, under this one's name.
	out, err := process.Process(t.Context(), process.FileInput{Name: filepath.Base(quarter2), Data: real(t, quarter2), Params: json.RawMessage(`{"baseline_window_length":51}`)}, "exoplanetai old", noon)
	if err != nil {
		t.Fatal(err)
	}
	b.clock.Pass(time.Hour)
	stem := strings.TrimSuffix(string(first.Path), ".fits") + "_20260102_125959"
	meta.Path = exo.Path(stem + ".fits")
	b.put(t, out.FITS, meta)
	report, err := os.ReadFile(filepath.Join(b.dir, string(first.ReportPath)))
	if err != nil {
		t.Fatal(err)
	}
	b.put(t, report, store.Meta{Path: exo.Path(stem + ".json"), Kind: store.Report})
	if o := b.must(t, req).Outputs[0]; o.Path != meta.Path || !o.Cached {
		t.Fatalf("%+v", o)
	}
	req.ForceRefresh = true // within the same second: the newest has to be newer
	o := b.must(t, req).Outputs[0]
	if o.Cached || o.Path == first.Path || o.Path == meta.Path || o.SourcePath != src.Path || b.files(t, store.Processed) != 3 {
		t.Errorf("%+v", o)
	}
	req.ForceRefresh = false
	if now := b.must(t, req).Outputs[0]; now.Path != o.Path || !now.Cached {
		t.Errorf("%+v", now)
	}
	if rep, err := b.store.Verify(t.Context(), store.VerifyOptions{}, nil); err != nil || !rep.OK {
		t.Errorf("%+v %v", rep, err)
	}
}

func TestTwoCallersAtTheSameTimeMakeOneResult(t *testing.T) {
	b := newBench(t)
	b.holdReal(t, sector14)
	b.holdReal(t, sector15)
	req := process.Request{TargetName: star1265}
	var wg sync.WaitGroup
	paths := make([][]exo.Path, 6)
	for i := range paths {
		wg.Go(func() {
			res, err := b.LightCurve(t.Context(), req, nil)
			if err != nil {
				t.Error(err)
			}
			for _, o := range res.Outputs {
				paths[i] = append(paths[i], o.Path)
			}
		})
	}
	wg.Wait()
	for _, p := range paths {
		if len(p) != 2 || !slices.Equal(p, paths[0]) {
			t.Errorf("%v against %v", p, paths[0])
		}
	}
	if s, _ := b.Processed(); s != 2 || b.files(t, store.Processed) != 2 || b.files(t, store.Report) != 2 {
		t.Errorf("%d computed, %d kept", s, b.files(t, store.Processed))
	}
}

func TestTheSettingsQualityMaskHoldsWhereTheRequestSaysNone(t *testing.T) {
	b := newBench(t, func(o *process.Options) { o.Quality = "hard" })
	b.holdReal(t, quarter2)
	for params, want := range map[string]string{``: "hard", `null`: "hard", `{"sigma_clip_sigma":4}`: "hard", `{"quality_bitmask":"none"}`: "none"} {
		res := b.must(t, process.Request{TargetName: "KIC 10002792", ProcessingParams: json.RawMessage(params)})
		if res.Report.Quality.Preset != want {
			t.Errorf("%s: %q", params, res.Report.Quality.Preset)
		}
	}
}

func TestTheFileOfAViewIsTheOneThatWouldBeKept(t *testing.T) {
	b := newBench(t, func(o *process.Options) { o.Quality = "hard" })
	b.tables(t)
	b.holdReal(t, sector14)
	req := process.Request{TargetName: star1265, Profile: "transit"}
	v, err := b.View(t.Context(), req, false)
	if err != nil {
		t.Fatal(err)
	}
	name, data, err := b.FITS(t.Context(), v.Curves[0])
	if err != nil {
		t.Fatal(err)
	}
	if n := b.files(t, store.Processed); n != 0 {
		t.Errorf("%d files were kept", n)
	}
	out := b.must(t, req).Outputs[0]
	if name != out.Path.Base() || exo.DigestOf(data) != out.Checksum {
		t.Errorf("%s %s, kept is %s %s", name, exo.DigestOf(data), out.Path, out.Checksum)
	}
	raw, err := b.View(t.Context(), req, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.FITS(t.Context(), raw.Curves[0]); !errors.Is(err, exo.Invalid) {
		t.Errorf("a raw curve: %v", err)
	}
}

func TestAViewOfTooMuchIsRefusedBeforeAnythingIsRead(t *testing.T) {
	b := newBench(t)
	m := b.holdReal(t, sector14)
	m.Path, m.Rows = exo.Path(strings.TrimSuffix(string(m.Path), ".fits")+"_20260102_030405.fits"), process.MaxPoints+1
	m = b.put(t, []byte("no light curve: reading it would be another error"), m)
	for _, raw := range []bool{true, false} {
		if _, err := b.View(t.Context(), process.Request{TargetName: m.Target.String()}, raw); !errors.Is(err, exo.TooLarge) {
			t.Errorf("raw %v: %v", raw, err)
		}
	}
}

func TestAViewGivesWhatIsKeptOrComputesIt(t *testing.T) {
	b := newBench(t)
	b.tables(t)
	b.holdReal(t, sector14)
	req := process.Request{TargetName: star1265, Profile: "transit"}
	now, err := b.View(t.Context(), req, false)
	if err != nil || now.Curves[0].Path != "" || b.files(t, store.Processed) != 0 {
		t.Fatalf("%+v %v", now.Curves, err)
	}
	out := b.must(t, req)
	kept, err := b.View(t.Context(), req, false)
	if err != nil || kept.Curves[0].Path != out.Outputs[0].Path || kept.Recipe != out.Outputs[0].Recipe {
		t.Fatalf("%+v %v", kept.Curves, err)
	}
	x, y := now.Curves[0].Result, kept.Curves[0].Result
	same := func(a, b []float64) bool {
		return slices.EqualFunc(a, b, func(x, y float64) bool { return x == y || x != x && y != y })
	}
	if !same(x.Flux, y.Flux) || !same(x.Trend, y.Trend) || !same(x.FluxErr, y.FluxErr) || !slices.Equal(x.Flag, y.Flag) || !slices.Equal(x.Segment, y.Segment) || x.Norm != y.Norm {
		t.Error("what is kept differs from what is computed")
	}
	if text(t, now.Curves[0].Report) != text(t, kept.Curves[0].Report) || text(t, now.Warnings) != text(t, kept.Warnings) {
		t.Error("the reports differ")
	}
	raw, err := b.View(t.Context(), req, true)
	if err != nil || raw.Curves[0].Result != nil || !raw.Recipe.IsZero() || len(raw.Curves[0].Raw.Flux) != len(x.Flux) {
		t.Errorf("%+v %v", raw.Curves, err)
	}
}

func TestEphemeridesComeOnTheLightCurvesScale(t *testing.T) {
	b := newBench(t)
	b.table(t, catalog.KOI, "raw/nasa/koi_1.csv", unzip(t, "cumulative_2025.09.29_18.45.43.csv.gz"))
	id := exo.TargetID{Catalog: exo.KIC, Number: 10797460}
	for scale, want := range map[exo.Scale]float64{exo.BKJD: 170.53875, exo.BTJD: 170.53875 - 2167, exo.BJD: 170.53875 + 2454833} {
		list, err := b.Ephemerides(t.Context(), id, scale)
		if err != nil || len(list) != 2 || math.Abs(list[0].T0-want) > 1e-9 || list[0].Duration != 2.9575/24 || list[0].T0Err != 0.00216 {
			t.Errorf("%s: %+v %v", scale, list, err)
		}
	}
}

func TestTheSourceIsFoundByItsDigest(t *testing.T) {
	b := newBench(t)
	m := b.holdReal(t, quarter2)
	for _, name := range []string{filepath.Base(quarter2), "another name.fits"} {
		data, where, err := b.Find(t.Context(), processed.Source{Name: name, SHA256: m.SHA256})
		if err != nil || where != string(m.Path) || exo.DigestOf(data) != m.SHA256 {
			t.Errorf("%s %v", where, err)
		}
	}
	if _, _, err := b.Find(t.Context(), processed.Source{Name: "x", SHA256: exo.DigestOf([]byte("x"))}); !errors.Is(err, exo.NotFound) {
		t.Error(err)
	}
}

func TestReproduceNamesWhatDiffers(t *testing.T) {
	source := real(t, quarter2)
	out, err := process.Process(t.Context(), process.FileInput{Name: filepath.Base(quarter2), Data: source}, "exoplanetai test", noon)
	if err != nil {
		t.Fatal(err)
	}
	from := func(data []byte, err error) func(context.Context, processed.Source) ([]byte, string, error) {
		return func(_ context.Context, src processed.Source) ([]byte, string, error) {
			if src.SHA256 != exo.DigestOf(source) || src.Name != filepath.Base(quarter2) || src.Column != "PDCSAP_FLUX" || src.Ext != "LIGHTCURVE" {
				t.Errorf("%+v", src)
			}
			return data, "beside the file", err
		}
	}
	file := func() *fits.File {
		f, err := fits.Parse(out.FITS)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	r, err := process.Reproduce(t.Context(), file(), from(source, nil))
	if err != nil || !r.Equal || r.Datasum[0] != r.Datasum[1] || r.Datasum[0] == "" || r.Source != "beside the file" || len(r.Differences) != 0 {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := process.Reproduce(t.Context(), file(), from(nil, exo.E("x", exo.NotFound, nil, nil))); !errors.Is(err, exo.NotFound) || !strings.Contains(exo.MessageOf(err), filepath.Base(quarter2)) {
		t.Error(err)
	}
	if _, err := process.Reproduce(t.Context(), file(), from(altered(t, quarter2), nil)); !errors.Is(err, exo.Invalid) {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		change func(*fits.File)
		what   string
	}{
		"a parameter's card": {func(f *fits.File) { f.HDUs[1].Header.Set("PPMINPT", 77, "") }, "PPMINPT"},
		"a metric":           {func(f *fits.File) { f.HDUs[1].Header.Set("PPCDPP", 1.5, "") }, "PPCDPP"},
		"a card of our kind": {func(f *fits.File) { f.HDUs[1].Header.Set("PPSRC9", "a planet", "") }, "PPSRC9"},
		"the star's place":   {func(f *fits.File) { f.HDUs[1].Header.Set("RA_OBJ", 1.5, "") }, "RA_OBJ"},
		"the mission":        {func(f *fits.File) { f.HDUs[0].Header.Set("TELESCOP", "Hubble", "") }, "TELESCOP"},
		"another step": {func(f *fits.File) {
			h := f.HDUs[1].Header
			lines := h.History()
			for len(h.History()) > 0 {
				h.Delete("HISTORY")
			}
			for _, l := range lines {
				h.AppendHistory(strings.Replace(l, "=5", "=4", 1))
			}
		}, "HISTORY"},
		"a stranger's note": {func(f *fits.File) { f.HDUs[0].Header.Set("MYNOTE", "seen", "") }, ""},
		"another comment":   {func(f *fits.File) { f.HDUs[1].Header.Set("PPMINPT", 100, "as usual") }, ""},
	} {
		f := file()
		c.change(f)
		for _, h := range f.HDUs {
			if err := h.AddChecksum(""); err != nil {
				t.Fatal(err)
			}
		}
		r, err := process.Reproduce(t.Context(), f, from(source, nil))
		said := ""
		for _, d := range r.Differences {
			said += d.What
		}
		if err != nil || said != c.what || r.Equal != (c.what == "") {
			t.Errorf("%s: %+v %v", name, r, err)
		}
	}
	sourceFile, err := fits.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := process.Reproduce(t.Context(), sourceFile, from(source, nil)); !errors.Is(err, exo.Invalid) {
		t.Error(err)
	}
}
