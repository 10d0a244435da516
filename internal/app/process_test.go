package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image/png"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/app"
	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/process"
)

// theGuides is the guide's request for preprocessing, word for word.
const theGuides = `{
    "target_name": "TIC 441420236",
    "mission": "TESS",
    "processing_params": {
        "remove_outliers": true,
        "sigma_clip_sigma": 5.0,
        "baseline_window_length": 101,
        "wavelet_denoising": false,
        "normalize_method": "median"
    }
}`

func TestTheGuidesRequestForPreprocessing(t *testing.T) {
	t.Parallel()
	s := sky(t)
	s.must(t, "ingest", "table", "toi")
	s.must(t, "ingest", "lightcurve", "TIC 441420236", "--mission", "TESS")
	srv := s.serve(t)
	const path = "/api/v1/data/preprocess/lightcurve"
	res, doc := srv.do(t, "POST", path, theGuides)
	if res.StatusCode != 200 || doc["status"] != "success" {
		t.Fatalf("%d %v", res.StatusCode, doc)
	}
	outputs := doc["outputs"].([]any)
	if len(outputs) != 2 || len(doc["warnings"].([]any)) == 0 {
		t.Errorf("%d outputs, warnings %v", len(outputs), doc["warnings"])
	}
	file := outputs[0].(map[string]any)["path"].(string)
	if res, _ := srv.do(t, "GET", "/api/v1/files/"+file, ""); res.StatusCode != 200 {
		t.Errorf("GET %s: %d", file, res.StatusCode)
	}
	if _, doc := srv.do(t, "POST", path, theGuides); doc["outputs"].([]any)[0].(map[string]any)["cached"] != true {
		t.Errorf("computed again: %v", doc["outputs"])
	}
	for body, code := range map[string]string{
		`{"target_name": "TIC 441420236", "processing_params": {"baseline_window_length": 100}}`: "Invalid",
		`{"target_name": "TIC 441420236", "processing_params": {"no_such": 1}}`:                  "Invalid",
		`{"target_name": "TIC 231663901"}`:                                                       "NotFound",
	} {
		if res, doc := srv.do(t, "POST", path, body); res.StatusCode < 400 || doc["code"] != code {
			t.Errorf("%s: %d %v", body, res.StatusCode, doc)
		}
	}
	srv.stop()
	if doc := s.must(t, "reproduce", s.path("data/"+file)); doc["equal"] != true {
		t.Errorf("%v", doc)
	}
	if doc := s.must(t, "storage", "verify"); doc["ok"] != true {
		t.Errorf("%v", doc)
	}
	text, err := os.ReadFile(s.path("logs/preprocessing.log"))
	if err != nil || len(text) == 0 {
		t.Errorf("logs/preprocessing.log: %v, %d bytes", err, len(text))
	}
}

func TestBothWaysOfPreprocessingAnswerTheSame(t *testing.T) {
	t.Parallel()
	s := realFiles(t)
	s.must(t, "ingest", "table", "toi")
	s.must(t, "ingest", "lightcurve", "TIC 424865156")
	byCommand := s.must(t, "preprocess", "lightcurve", "TIC 424865156", "--profile", "transit", "--set", "sigma_clip_sigma=4")
	srv := s.serve(t)
	_, byHTTP := srv.do(t, "POST", "/api/v1/data/preprocess/lightcurve", `{"target_name": "TIC 424865156", "profile": "transit", "processing_params": {"sigma_clip_sigma": 4}}`)
	for _, doc := range []map[string]any{byCommand, byHTTP} {
		for _, o := range doc["outputs"].([]any) {
			delete(o.(map[string]any), "cached")
		}
	}
	a, _ := json.Marshal(byCommand)
	b, _ := json.Marshal(byHTTP)
	if !bytes.Equal(a, b) {
		t.Errorf("command %s\nHTTP    %s", a, b)
	}
	if n := len(byCommand["outputs"].([]any)); n != 4 {
		t.Errorf("%d outputs of four sectors", n)
	}
}

// datasums gives the DATASUM of a star's processed files, by source.
func datasums(t *testing.T, s *site, doc map[string]any) map[string]string {
	t.Helper()
	sums := map[string]string{}
	for _, o := range doc["outputs"].([]any) {
		o := o.(map[string]any)
		text, err := os.ReadFile(s.path("data/" + o["path"].(string)))
		if err != nil {
			t.Fatal(err)
		}
		_, card, _ := strings.Cut(string(text[2880:]), "DATASUM =")
		sums[o["source_path"].(string)] = card[:40]
	}
	return sums
}

func TestSettingsOfProcessingAreHonoured(t *testing.T) {
	t.Parallel()
	s := realFiles(t)
	s.must(t, "ingest", "lightcurve", "TIC 424865156")
	line := []string{"preprocess", "lightcurve", "TIC 424865156", "--force-refresh"}
	side := datasums(t, s, s.must(t, line...))
	after := datasums(t, s, s.must(t, append(line, "--set", "processing.parallel_processing=false")...))
	if len(side) != 4 {
		t.Errorf("%d files", len(side))
	}
	for path, sum := range side {
		if after[path] != sum {
			t.Errorf("%s: side by side %s, one after the other %s", path, sum, after[path])
		}
	}
	for set, want := range map[string]float64{"processing.default_quality_bitmask=none": 0, "processing.default_quality_bitmask=21183": 21183, "quality_bitmask=hardest": 65535} {
		doc := s.must(t, append(line, "--set", set)...)
		got := doc["outputs"].([]any)[0].(map[string]any)["report"].(map[string]any)["quality"].(map[string]any)["mask"]
		if got != want {
			t.Errorf("%s: mask %v", set, got)
		}
	}
	if doc := s.must(t, append(line, "--set", "processing.default_quality_bitmask=none", "--set", "quality_bitmask=hard")...); doc["outputs"].([]any)[0].(map[string]any)["report"].(map[string]any)["quality"].(map[string]any)["preset"] != "hard" {
		t.Error("the request's bits do not stand before the configured ones")
	}
}

func TestProcessingEndsWithItsTime(t *testing.T) {
	t.Parallel()
	s := realFiles(t)
	s.must(t, "ingest", "lightcurve", "TIC 25155310")
	cfg, err := config.Load(config.Sources{
		FileBytes: func(string) ([]byte, error) { return nil, fs.ErrNotExist }, Flags: map[string]string{"data_path": s.path("data")},
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Processing.MaxTime = time.Nanosecond
	a, err := app.New(context.Background(), cfg, app.Options{
		Role: app.Writer, Clock: time.Now, Rand: strings.NewReader(""), Program: "exoplanetai test", Command: "a test", People: io.Discard, Level: slog.LevelError,
		Random: func() uint64 { return 0 },
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Process.LightCurve(context.Background(), process.Request{TargetName: "TIC 25155310"}, nil)
	if err == nil || errors.Is(err, exo.Internal) || errors.Is(err, exo.Canceled) || exo.HintOf(err) == "" {
		t.Errorf("%v (%s; %s)", err, exo.KindOf(err), exo.HintOf(err))
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if doc := s.must(t, "storage", "verify"); doc["ok"] != true {
		t.Errorf("%v", doc)
	}
}

func TestFilesAreProcessedAndReproducedWithoutADataFolder(t *testing.T) {
	t.Parallel()
	s := sky(t) // for its configuration
	source := filepath.Join(s.shared(t), "lightcurves/tess/tess2018206045859-s0001-0000000025155310-0120-s_lc.fits")
	out := s.path("out.fits")
	doc := s.must(t, "preprocess", "file", source, "-o", out, "--report", s.path("out.json"), "--ephemeris", "period=3.2889,t0=1327.521,duration=3.44h")
	if doc["report"].(map[string]any)["profile"] != "transit" {
		t.Errorf("%v", doc)
	}
	if _, errs, status := s.run(t, "reproduce", out); status != 3 || !strings.Contains(errs, "--source") {
		t.Errorf("without the source: exit %d: %s", status, errs)
	}
	if doc := s.must(t, "reproduce", out, "--source", source); doc["equal"] != true {
		t.Errorf("%v", doc)
	}
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	beside := s.path(filepath.Base(source))
	if err := os.WriteFile(beside, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if doc := s.must(t, "reproduce", out); doc["equal"] != true {
		t.Errorf("beside the file: %v", doc)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(beside, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errs, status := s.run(t, "reproduce", out); status != 4 || !strings.Contains(errs, "SHA-256") {
		t.Errorf("a changed source: exit %d: %s", status, errs)
	}
	for _, what := range []string{source, out} {
		name := s.path(filepath.Base(what) + ".png")
		if _, errs, status := s.run(t, "lightcurve", "plot", what, "-o", name); status != 0 {
			t.Fatalf("plot %s: exit %d: %s", what, status, errs)
		}
		picture, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if img, err := png.Decode(picture); err != nil || img.Bounds().Dx() != 1600 {
			t.Errorf("%s: %v", name, err)
		}
		_ = picture.Close()
	}
	if _, errs, status := s.run(t, "preprocess", "file", source, "-o", out); status != 1 || !strings.Contains(errs, "--force") {
		t.Errorf("over an existing file: exit %d: %s", status, errs)
	}
	if _, errs, status := s.run(t, "preprocess", "file", beside, "-o", beside, "--force"); status == 0 || !strings.Contains(errs, "stays as it is") {
		t.Errorf("over the source: exit %d: %s", status, errs)
	}
	if _, err := os.Stat(s.path("data")); err == nil {
		t.Error("a data folder was made")
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}

func TestPlotsAndListsWriteNothingToTheTree(t *testing.T) {
	t.Parallel()
	s := realFiles(t)
	s.must(t, "ingest", "table", "koi")
	s.must(t, "ingest", "lightcurve", "KIC 10666592")
	s.must(t, "preprocess", "lightcurve", "KIC 10666592", "--profile", "transit")
	before := tree(t, s.path("data"))
	for _, profile := range []string{"default", "transit"} {
		name := s.path(profile + ".png")
		s.must(t, "lightcurve", "plot", "KIC 10666592", "-o", name, "--profile", profile, "--dark")
		if info, err := os.Stat(name); err != nil || info.Size() < 5000 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if doc := s.must(t, "lightcurve", "list", "KIC 10666592"); len(doc["files"].([]any)) != 2 {
		t.Errorf("%v", doc)
	}
	unchanged(t, before, tree(t, s.path("data")))
}
