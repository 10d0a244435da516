package app_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/xtest"
)

func (s *site) shared(t *testing.T) string { return xtest.Shared(t, "data/real") }

func TestCommandsOnRealFiles(t *testing.T) {
	t.Parallel()
	s := realFiles(t)
	for table, rows := range map[string]float64{"koi": 9564, "k2": 4004} {
		doc := s.must(t, "ingest", "table", table)
		if doc["records"] != rows || doc["source"] != "archive" {
			t.Errorf("%s: %v", table, doc)
		}
	}
	if doc := s.must(t, "ingest", "table", "koi"); doc["source"] != "cache" {
		t.Errorf("a fresh table: %v", doc["source"])
	}
	if doc := s.must(t, "ingest", "batch"); doc["status"] != "success" {
		t.Errorf("batch: %v", doc)
	}
	doc := s.must(t, "ingest", "lightcurve", "TIC 25155310", "EPIC 205905563", "KIC 10002792")
	if outcomes := doc["outcomes"].([]any); len(outcomes) != 3 {
		t.Errorf("%v", doc)
	}
	if doc := s.must(t, "ingest", "held", "list"); len(doc["held"].([]any)) != 0 {
		t.Errorf("%v", doc)
	}
	stats := s.must(t, "storage", "stats")
	if stats["total"].(map[string]any)["files"].(float64) < 7 {
		t.Errorf("%v", stats)
	}
	files := dataFiles(t, s)
	if doc := s.must(t, "storage", "verify"); doc["ok"] != true || doc["depth"] != "full" || doc["recorded"] != true {
		t.Errorf("%v", doc)
	}
	unchanged(t, files, dataFiles(t, s))
	before := tree(t, s.dir)
	if doc := s.must(t, "storage", "verify", "--quick"); doc["ok"] != true || doc["depth"] != "quick" || doc["recorded"] != false {
		t.Errorf("%v", doc)
	}
	proof := s.must(t, "storage", "stats")["integrity"].(map[string]any)
	if proof["last_full_at"] == nil || proof["coverage"] != 1.0 {
		t.Errorf("after a full check: %v", proof)
	}
	unchanged(t, before, tree(t, s.dir))
	if doc := s.must(t, "storage", "reindex"); doc["damaged"] == nil {
		t.Errorf("%v", doc)
	}
	sums, err := filepath.Glob(s.path("data/checksums/*.sha256"))
	if err != nil || len(sums) == 0 {
		t.Fatal(sums, err)
	}
	for _, sum := range sums {
		cmd := exec.Command(xtest.Tool(t, "sha256sum"), "-c", "--quiet", sum)
		cmd.Dir = s.path("data")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", sum, err, out)
		}
	}
}

func TestDamageIsFoundByTheCommand(t *testing.T) {
	t.Parallel()
	s := sky(t)
	doc := s.must(t, "ingest", "table", "koi")
	path := s.path("data/" + doc["raw_path"].(string))
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs, status := s.run(t, "storage", "verify")
	if status != 4 || !strings.Contains(out, doc["raw_path"].(string)+"\tcorrupt\t") || !strings.Contains(errs, "error: ") {
		t.Errorf("exit %d\n%s\n%s", status, out, errs)
	}
}

func TestBadWordsOnTheCommandLineWriteNothing(t *testing.T) {
	t.Parallel()
	s := sky(t)
	before := tree(t, s.dir)
	for line, want := range map[string]int{
		"ingest table xyz":                                        2,
		"ingest lightcurve ../../etc/passwd":                      2,
		"ingest lightcurve " + strings.Repeat("x", 300):           2,
		"ingest lightcurve 441420236":                             2,
		"ingest lightcurve Kepler-10 --mission JWST":              2,
		"serve --listen 0.0.0.0:80":                               2,
		"config show --set no.such.key=1":                         2,
		"config show --config none.yaml":                          3,
		"storage stats":                                           3,
		"storage verify":                                          3,
		"ingest held list":                                        3,
		"ingest held approve koi_1":                               3,
		"ingest held discard koi_1":                               3,
		"archive serve --listen 127.0.0.1:0 --fault nonsense":     2,
		"archive serve --listen 127.0.0.1:0 --data /no/such/path": 3,
		"storage reindex":                                         3,
		"storage stats --data-path /etc/passwd":                   2,
		"storage reindex --data-path " + s.dir:                    3,
		"storage reindex --data-path /etc/passwd":                 2,
		"ingest table koi --data-path /etc/passwd":                2,
		"storage stats --data-path " + strings.Repeat("x", 300):   2,
		"storage stats --data-path=":                              2,
		"ingest lightcurve --from /dev/zero":                      2,
	} {
		_, errs, status := s.run(t, strings.Fields(line)...)
		if status != want || !strings.HasPrefix(errs, "error: ") || !strings.Contains(errs, " Try: ") {
			t.Errorf("%s: exit %d, want %d: %s", line, status, want, errs)
		}
	}
	if _, errs, status := s.run(t, "ingest", "lightcurve", "TIC 1\x00"); status != 2 {
		t.Errorf("NUL: exit %d: %s", status, errs)
	}
	unchanged(t, before, tree(t, s.dir))
	if _, err := os.Stat(s.path("data")); err == nil {
		t.Error("the data folder was made")
	}
}

func TestAWritingCommandBesideARunningServerIsRefused(t *testing.T) {
	t.Parallel()
	s := sky(t)
	srv := s.serve(t)
	if _, doc := srv.do(t, "POST", "/api/v1/data/ingest/table", `{"table_type":"koi"}`); doc["status"] != "success" {
		t.Fatal(doc)
	}
	_, errs, status := s.run(t, "ingest", "table", "k2")
	if status != 1 || !strings.Contains(errs, "serve on ") || !strings.Contains(errs, "Try: stop it") {
		t.Errorf("exit %d: %s", status, errs)
	}
	before := tree(t, s.path("data"))
	for _, line := range []string{"storage stats", "storage verify", "storage verify --quick", "ingest held list", "config show"} {
		if _, errs, status := s.run(t, strings.Fields(line)...); status != 0 {
			t.Errorf("%s beside the server: exit %d: %s", line, status, errs)
		}
	}
	if doc := s.must(t, "storage", "verify"); doc["ok"] != true || doc["recorded"] != false {
		t.Errorf("verify beside the server: %v", doc)
	}
	if _, errs, _ := s.run(t, "storage", "verify"); !strings.Contains(errs, "not recorded: ") {
		t.Errorf("verify beside the server: %s", errs)
	}
	unchanged(t, before, tree(t, s.path("data")))
	if _, errs, status := s.run(t, "serve", "--listen", strings.TrimPrefix(srv.url, "http://")); status == 0 || !strings.Contains(errs, "--listen") {
		t.Errorf("the same address: exit %d: %s", status, errs)
	}
}

func TestAnswersOfBothWaysAreTheSame(t *testing.T) {
	t.Parallel()
	s := realFiles(t)
	byCommand := s.must(t, "ingest", "lightcurve", "KIC 10666592")
	stats := s.must(t, "storage", "stats")
	srv := s.serve(t)
	_, byHTTP := srv.do(t, "POST", "/api/v1/data/ingest/lightcurve", `{"target_name":"KIC 10666592"}`)
	_, httpStats := srv.do(t, "GET", "/api/v1/data/storage/stats", "")
	byCommand["source"], byHTTP["source"] = "", ""
	for _, doc := range []map[string]any{byCommand, byHTTP} {
		for _, f := range doc["files"].([]any) {
			f.(map[string]any)["source"] = ""
		}
	}
	a, _ := json.Marshal(byCommand)
	b, _ := json.Marshal(byHTTP)
	if string(a) != string(b) {
		t.Errorf("command %s\nHTTP    %s", a, b)
	}
	if shape(stats) != shape(httpStats) {
		t.Errorf("command\n%s\nHTTP\n%s", shape(stats), shape(httpStats))
	}
}

func TestConfigShowTellsOrigins(t *testing.T) {
	t.Parallel()
	s := sky(t)
	out, _, status := s.run(t, "config", "show", "--json", "--set", "freshness.koi=1h")
	var list []map[string]string
	if err := json.Unmarshal([]byte(out), &list); err != nil || status != 0 {
		t.Fatal(err, out)
	}
	origins := map[string]string{}
	for _, e := range list {
		origins[e["key"]] = e["origin"]
	}
	for key, want := range map[string]string{"data_path": "env", "freshness.koi": "flag", "data_sources.mast.base_url": "file", "freshness.toi": "default"} {
		if origins[key] != want {
			t.Errorf("%s comes from %q, want %q", key, origins[key], want)
		}
	}
}

func TestTheArchivesCanBeServed(t *testing.T) {
	t.Parallel()
	srv := start(t, func(string) string { return "" }, "archive", "serve", "--listen", "127.0.0.1:0", "--data", xtest.Shared(t, "data/real"), "--fault", "nea.delay=1ms")
	res, err := http.Get(srv.url + "/TAP/sync?query=select+top+2+kepid+from+cumulative&format=csv")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != 200 {
		t.Errorf("%d", res.StatusCode)
	}
	if status := srv.stop(); status != 0 || !strings.Contains(srv.said(), "--set data_sources.mast.base_url="+srv.url) {
		t.Errorf("exit %d: %s", status, srv.said())
	}
}

func TestTheLogIsJSONLines(t *testing.T) {
	t.Parallel()
	s := sky(t)
	s.serve(t).stop()
	text, err := os.ReadFile(s.path("logs/data_ingestion.log"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry["msg"] == "" {
			t.Errorf("%v in %s", err, line)
		}
	}
	if !strings.Contains(string(text), `"msg":"serving"`) {
		t.Errorf("%s", text)
	}
}

// checkDemoCatalogs compares what the demonstration says of its tables with what
// is planted in the made-up sky.
func checkDemoCatalogs(t *testing.T, out string) {
	t.Helper()
	var doc struct {
		Validated []struct {
			Table    string
			Valid    bool
			Records  int
			Warnings int
			Metrics  map[string]struct{ Overall float64 }
			Rules    map[string]int
		}
		Derived struct {
			Tables []struct {
				Table string
				Rows  int
			}
		}
		Merged struct{ Planted, Found, Wrong int }
		Diff   struct {
			Changes struct{ Added, Removed, Changed, Unchanged int }
			Kinds   map[string]int
		}
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{}
	for _, v := range doc.Validated {
		rows[v.Table] = v.Records
		if !v.Valid || v.Metrics["completeness"].Overall <= 0.5 || v.Metrics["consistency"].Overall <= 0.98 {
			t.Errorf("%s: %+v", v.Table, v)
		}
	}
	if koi := doc.Validated[0]; koi.Rules["koi.flag.nt.plausible"] != 1 { // the stray flag of 465
		t.Errorf("what is planted in the KOI table is not found: %v", koi.Rules)
	}
	for _, d := range doc.Derived.Tables {
		if have, ok := rows[d.Table]; ok && have != d.Rows {
			t.Errorf("the normal form of %s has %d rows, the table %d", d.Table, d.Rows, have)
		}
	}
	if len(doc.Derived.Tables) != 5 || doc.Merged.Planted < 20 || doc.Merged.Found != doc.Merged.Planted || doc.Merged.Wrong != 0 {
		t.Errorf("%+v %+v", doc.Derived, doc.Merged)
	}
	if c := doc.Diff.Changes; c.Changed != 3 || c.Added+c.Removed != 0 || doc.Diff.Kinds["ephemeris"] != 3 {
		t.Errorf("ExoFOP changed three periods, the difference says %+v", doc.Diff)
	}
}

// checkDemoVersions compares what the demonstration says of its versions with what
// it changed and damaged on purpose.
func checkDemoVersions(t *testing.T, out string) {
	t.Helper()
	type state struct {
		OK      bool
		Damaged []struct{ Path, Class string }
	}
	var doc struct {
		Versions struct {
			First, Second struct {
				Version, ID string
				Links       struct{ Hard, Reflink, Copy int }
			}
			Diff struct {
				Tables []struct {
					Table                   string
					Added, Removed, Changed int
				}
			}
			Flipped               []string
			Found, After, Checked state
			Repaired              struct {
				Repaired, Failed int
				Files            []struct{ Path, Source string }
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatal(err)
	}
	v := doc.Versions
	again := v.First.Version != "v1.0.0" // then ExoFOP's table is held as changed already
	if v.First.Version == v.Second.Version || (v.First.ID == v.Second.ID) != again || v.First.Links.Hard == 0 || v.First.Links.Copy+v.First.Links.Reflink+v.First.Links.Hard < 20 {
		t.Errorf("two versions of two states: %+v %+v", v.First, v.Second)
	}
	changed := map[string]int{}
	for _, d := range v.Diff.Tables {
		changed[d.Table] = d.Changed
	}
	if changed["toi"] != 3 && !again {
		t.Errorf("ExoFOP changed three rows, the versions differ in %v", v.Diff.Tables)
	}
	found := map[string]string{}
	for _, d := range v.Found.Damaged {
		found[d.Path] = d.Class
	}
	sources := map[string]string{}
	for _, f := range v.Repaired.Files {
		sources[f.Path] = f.Source
	}
	if len(v.Flipped) != 2 || v.Found.OK || v.Repaired.Repaired != 2 || v.Repaired.Failed != 0 || !v.After.OK || !v.Checked.OK {
		t.Errorf("%+v", v)
	}
	for _, p := range v.Flipped {
		from := "version "
		if strings.HasPrefix(p, "lightcurves/") {
			from = "origin " // the versions share its bytes
		}
		if found[p] != "corrupt" || !strings.HasPrefix(sources[p], from) {
			t.Errorf("%s was found as %q and repaired from %q, not a %s", p, found[p], sources[p], from)
		}
	}
}

func TestTheDemonstrationEndsAndRunsAgain(t *testing.T) {
	t.Parallel()
	s := &site{dir: t.TempDir()}
	var first map[string]string
	for range 2 {
		out, errs, status := s.run(t, "demo", "--once", "--json", "--quiet", "--data", s.path("demo"), "--listen", "127.0.0.1:0")
		var doc struct {
			Tables      []struct{ Records int }
			LightCurves []struct {
				DataPoints int `json:"data_points"`
			} `json:"light_curves"`
			Refused []struct{ Target, Flaw, Detail string }
			Verify  struct{ OK bool }
			Stored  struct{ Files int }
			Depths  []struct {
				Planet   string
				Injected float64  `json:"injected_ppm"`
				Default  *float64 `json:"default_ppm"`
				Transit  *float64 `json:"transit_ppm"`
				Sigma    float64  `json:"sigma_ppm"`
			}
			Reproduced struct{ Equal bool }
		}
		if err := json.Unmarshal([]byte(out), &doc); err != nil || status != 0 {
			t.Fatalf("exit %d, %v\n%s%s", status, err, out, errs)
		}
		if len(doc.Tables) != 4 || len(doc.LightCurves) < 8 || len(doc.Refused) == 0 || !doc.Verify.OK || doc.Stored.Files < 20 || !doc.Reproduced.Equal {
			t.Errorf("%+v", doc)
		}
		// The middle of a transit is what is in the sky, within its noise and what
		// the mean of a rounded floor costs; the guide's window keeps little of it.
		seen := 0
		for _, d := range doc.Depths {
			if d.Transit == nil || d.Injected < 20*d.Sigma {
				continue
			}
			seen++
			if r := *d.Transit / d.Injected; r < 0.9-3*d.Sigma/d.Injected || r > 1.05+3*d.Sigma/d.Injected {
				t.Errorf("%s: %.0f ppm in the sky, %.0f measured in profile transit", d.Planet, d.Injected, *d.Transit)
			}
			if d.Planet == "AU Mic b" && (d.Default == nil || *d.Default > 0.3*d.Injected) {
				t.Errorf("%s: the profile default shows more than the guide's window can leave", d.Planet)
			}
		}
		if seen < 8 {
			t.Errorf("%d planets measured", seen)
		}
		checkDemoCatalogs(t, out)
		checkDemoVersions(t, out)
		files := tree(t, s.path("demo/lightcurves"))
		if first == nil {
			first = files
		}
		unchanged(t, first, files)
	}
}

func TestTheDemonstrationStaysAndItsLinesWork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	srv := start(t, func(string) string { return "" }, "demo", "--data", filepath.Join(dir, "demo"), "--listen", "127.0.0.1:0")
	archives := srv.url
	for deadline := time.Now().Add(time.Minute); !strings.Contains(srv.said(), "the server stays"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(srv.said())
		}
	}
	_, rest, _ := strings.Cut(srv.said(), "server on ")
	srv.url, _, _ = strings.Cut(rest, ",")
	if srv.url == archives {
		t.Fatal("one address for both")
	}
	if res, doc := srv.do(t, "POST", "/api/v1/data/ingest/table", `{"table_type": "koi", "force_refresh": true}`); res.StatusCode != 200 {
		t.Errorf("%d %v", res.StatusCode, doc)
	}
	if res, doc := srv.do(t, "POST", "/api/v1/data/ingest/batch?force_refresh=false", ""); res.StatusCode != 202 {
		t.Errorf("%d %v", res.StatusCode, doc)
	}
	if res, doc := srv.do(t, "POST", "/api/v1/data/preprocess/lightcurve", theGuides); res.StatusCode != 200 || len(doc["warnings"].([]any)) == 0 {
		t.Errorf("%d %v", res.StatusCode, doc)
	}
	if status := srv.stop(); status != 0 {
		t.Errorf("exit %d: %s", status, srv.said())
	}
	if left := tree(t, filepath.Join(dir, "demo", ".staging")); len(left) > 0 {
		t.Errorf("left in staging: %v", left)
	}
}
