package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// with answers some settings itself.
func with(getenv func(string) string, set map[string]string) func(string) string {
	return func(name string) string {
		if v, ok := set[name]; ok {
			return v
		}
		return getenv(name)
	}
}

// text gets a page as it is.
func (s *server) text(t *testing.T, path string) string {
	t.Helper()
	res, err := http.Get(s.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", path, res.StatusCode, err)
	}
	return string(text)
}

// sampleOf finds a value among the metrics; -1: it is not there.
func sampleOf(t *testing.T, text, series string) float64 {
	t.Helper()
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "exoplanetai_"+series+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	return -1
}

// lines reads the lines of a log file, each of which must be one JSON object.
func (s *site) lines(t *testing.T, name string) (list []map[string]any) {
	t.Helper()
	text, err := os.ReadFile(s.path("logs/" + name))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var doc map[string]any
		if err := json.Unmarshal(line, &doc); err != nil {
			t.Fatalf("%s has a line that is no event: %v: %q", name, err, line)
		}
		list = append(list, doc)
	}
	return list
}

func TestMetricsTellWhatAServerDid(t *testing.T) {
	t.Parallel()
	s := sky(t)
	srv := s.serve(t)
	for range 2 {
		if res, doc := srv.do(t, "POST", "/api/v1/data/ingest/table", `{"table_type": "koi"}`); res.StatusCode != 200 {
			t.Fatal(res.StatusCode, doc)
		}
	}
	srv.do(t, "POST", "/api/v1/data/ingest/lightcurve", `{"target_name": "TIC 441420236", "mission": "TESS", "sector_quarter": 1}`)
	if res, doc := srv.do(t, "POST", "/api/v1/data/preprocess/lightcurve", `{"target_name": "TIC 441420236", "mission": "TESS"}`); res.StatusCode != 200 {
		t.Fatal(res.StatusCode, doc)
	}
	if res, doc := srv.do(t, "POST", "/api/v1/data/ingest/batch?wait=true", ""); res.StatusCode != 200 {
		t.Fatal(res.StatusCode, doc)
	}
	srv.do(t, "GET", "/api/v1/nothing/here", "")
	text := srv.text(t, "/metrics")
	for series, least := range map[string]float64{
		`http_requests_total{class="2xx",method="POST",route="/api/v1/data/ingest/table"}`:     2,
		`http_request_duration_seconds_count{method="POST",route="/api/v1/data/ingest/table"}`: 2,
		`http_requests_total{class="4xx",method="GET",route="none"}`:                           1,
		`http_requests_in_flight`:                              1,
		`ingests_total{outcome="archive",what="koi"}`:          1,
		`ingests_total{outcome="cache",what="koi"}`:            1,
		`ingest_bytes_total{what="koi"}`:                       1000,
		`ingest_bytes_total{what="lightcurve"}`:                1000,
		`ingest_duration_seconds_count{what="lightcurve"}`:     1,
		`process_runs_total{outcome="success"}`:                1,
		`process_curves_total{outcome="computed"}`:             1,
		`archive_requests_total{class="2xx",host="127.0.0.1"}`: 3,
		`archive_received_bytes_total{host="127.0.0.1"}`:       1000,
		`validation_reports_total{verdict="valid",what="koi"}`: 1,
		`store_commits_total{outcome="done"}`:                  3,
		`store_committed_bytes_total`:                          1000,
		`store_files{folder="raw/nasa"}`:                       1,
		`disk_free_bytes`:                                      1,
		`disk_guard_state{state="ok"}`:                         1,
		`cache_entries{backend="file"}`:                        0,
		`table_fresh{table="koi"}`:                             1,
		`table_rows{table="koi"}`:                              1,
		`health{part="storage"}`:                               1,
		`health{part="all"}`:                                   .5,
		`ready`:                                                1,
		`integrity_coverage_ratio`:                             0,
		`jobs_open{state="queued"}`:                            0,
		`audit_events_total{outcome="done"}`:                   1,
	} {
		if got := sampleOf(t, text, series); got < least {
			t.Errorf("%s is %v, want %v or more", series, got, least)
		}
	}
	if !strings.Contains(text, "exoplanetai_build_info{goversion=\"go") || !strings.Contains(text, "\ngo_goroutines ") {
		t.Error("the program does not tell of itself")
	}
	if series := `jobs_total{kind="batch",outcome="done"}`; sampleOf(t, text, series) < 1 && !strings.Contains(text, `outcome="done"}`) {
		t.Errorf("no %s", series)
	}
}

func TestHealthAsksTheArchivesInTheBackground(t *testing.T) {
	t.Parallel()
	srv := sky(t).serve(t)
	srv.do(t, "GET", "/api/v1/health", "")
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		_, doc := srv.do(t, "GET", "/api/v1/health", "")
		sources := doc["checks"].(map[string]any)["data_sources"].(map[string]any)
		up := 0
		for _, a := range sources["archives"].([]any) {
			if a.(map[string]any)["reachable"] == true {
				up++
			}
		}
		if up == 4 && strings.HasPrefix(sources["message"].(string), "4 of 4 archives answer") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %v", sources)
		}
	}
	if text := srv.text(t, "/metrics"); sampleOf(t, text, `archive_up{archive="mast"}`) != 1 || sampleOf(t, text, `archive_probe_timestamp_seconds{archive="esa"}`) < 1e9 {
		t.Error("the probes are not among the metrics")
	}
}

func TestARequestIsNamedFromItsLineToItsJob(t *testing.T) {
	t.Parallel()
	s := sky(t)
	srv := s.serve(t)
	res, doc := srv.do(t, "POST", "/api/v1/data/ingest/batch", "", "X-Request-Id", "named-by-me-1")
	if res.StatusCode != 202 || res.Header.Get("X-Request-Id") != "named-by-me-1" {
		t.Fatal(res.StatusCode, doc)
	}
	id := doc["job_id"].(string)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if _, job := srv.do(t, "GET", "/api/v1/jobs/"+id, ""); job["state"] == "succeeded" {
			break
		} else if time.Now().After(deadline) {
			t.Fatal(job)
		}
	}
	_, problem := srv.do(t, "GET", "/api/v1/jobs/none", "", "X-Request-Id", "named-by-me-2")
	srv.stop()
	if problem["request_id"] != "named-by-me-2" {
		t.Errorf("the problem names %v", problem["request_id"])
	}
	found := map[string]int{}
	for _, line := range s.lines(t, "data_ingestion.log") {
		if line["request_id"] == "named-by-me-1" {
			found["work"]++
		}
	}
	for _, line := range s.lines(t, "access.log") {
		switch line["request_id"] {
		case "named-by-me-1":
			found["first"]++
			if line["route"] != "POST /api/v1/data/ingest/batch" || line["status"] != 202.0 || line["caller"] != "local" || line["address"] != "127.0.0.1" ||
				line["method"] != "POST" || line["path"] != "/api/v1/data/ingest/batch" || line["bytes"].(float64) < 10 || line["time"] == "" || line["ms"] == nil {
				t.Errorf("the line says %v", line)
			}
		case "named-by-me-2":
			found["second"]++
			if line["status"] != 404.0 || line["code"] != "NotFound" {
				t.Errorf("the line says %v", line)
			}
		}
	}
	if found["work"] == 0 || found["first"] != 1 || found["second"] != 1 {
		t.Errorf("lines found: %v", found)
	}
}

// hostile are texts that would make two lines of one, or a terminal do things.
var hostile = []string{
	"a\r\nINJECTED level=ERROR msg=\"a second event\"", "a\n{\"level\":\"ERROR\",\"msg\":\"INJECTED\"}", "\x1b[2J\x1b]0;INJECTED\x07",
	`"},{"msg":"INJECTED`, "\u0085INJECTED\u2028INJECTED", "\u009b31mINJECTED", "\u202eDETCEJNI", "\x00\x08\x7fINJECTED", strings.Repeat("INJECTED", 4000),
}

func TestOneEventIsOneLine(t *testing.T) {
	t.Parallel()
	s := sky(t)
	srv := s.serve(t, "--verbose")
	asked := 0
	send := func(method, path, body string, header http.Header) {
		req, err := http.NewRequest(method, srv.url+path, strings.NewReader(body))
		if err != nil {
			return // the client's library does not let it out
		}
		for k, v := range header {
			req.Header[k] = v
		}
		req.Header.Set("X-Asked", "yes")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return
		}
		asked++
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
	for _, bad := range hostile {
		in, err := json.Marshal(bad)
		if err != nil {
			t.Fatal(err)
		}
		escaped := (&urlText{bad}).String()
		for _, path := range []string{"/" + escaped, "/api/v1/jobs/" + escaped, "/api/v1/targets/" + escaped, "/api/v1/files/" + escaped, "/api/v1/data/version/" + escaped,
			"/api/v1/catalogs/koi?sort=" + escaped, "/api/v1/catalogs/koi?" + escaped + "=1", "/api/v1/health?" + escaped} {
			send("GET", path, "", nil)
		}
		for path, body := range map[string]string{
			"/api/v1/data/ingest/table":          `{"table_type":%s}`,
			"/api/v1/data/ingest/lightcurve":     `{"target_name":%s,"mission":%s}`,
			"/api/v1/data/preprocess/lightcurve": `{"target_name":%s,"mission":"TESS","processing_params":{"normalize_method":%s}}`,
			"/api/v1/data/validate":              `{"data_type":"koi","target_name":%s}`,
			"/api/v1/data/version/create":        `{"version_name":%s,"description":%s}`,
			"/api/v1/auth/token":                 `{"username":%s,"password":%s}`,
			"/api/v1/users":                      `{"name":%s,"role":"admin","password":%s}`,
		} {
			send("POST", path, strings.ReplaceAll(body, "%s", string(in)), http.Header{"Content-Type": {"application/json"}})
		}
		for _, name := range []string{"X-Request-Id", "User-Agent", "Origin", "Referer", "X-Forwarded-For", "Forwarded", "Authorization", "X-Api-Key", "Content-Type", "Accept"} {
			send("POST", "/api/v1/data/validate", `{}`, http.Header{name: {strings.Map(func(r rune) rune {
				if r == '\r' || r == '\n' || r == 0 {
					return '\t'
				}
				return r
			}, bad)}})
		}
		send("BREW-"+strings.ToUpper(strconv.Quote(bad)), "/", "", nil)
	}
	srv.stop()
	lines := s.lines(t, "access.log")
	if len(lines) != asked || asked < 150 {
		t.Errorf("%d requests made %d lines", asked, len(lines))
	}
	s.lines(t, "data_ingestion.log")
	s.lines(t, "preprocessing.log")
	s.lines(t, "audit.log")
	logs, err := filepath.Glob(s.path("logs/*"))
	if err != nil || len(logs) < 4 {
		t.Fatal(logs, err)
	}
	texts := map[string]string{"standard error": srv.said()}
	for _, name := range logs {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(name)] = string(text)
	}
	for name, text := range texts {
		for line := range strings.Lines(text) {
			if at := strings.IndexFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool {
				return r < ' ' && r != '\t' || r == 0x7f || 0x80 <= r && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == '\u202e'
			}); at >= 0 {
				t.Errorf("%s: a character that a terminal obeys: %q", name, line[max(0, at-60):min(len(line), at+20)])
			}
			if strings.HasPrefix(line, "INJECTED") || len(line) > 20_000 {
				t.Errorf("%s: a line of %d bytes: %.80q", name, len(line), line)
			}
		}
	}
}

// urlText writes a text as a part of a path or a query.
type urlText struct{ text string }

func (u *urlText) String() string {
	var b strings.Builder
	for _, c := range []byte(u.text[:min(len(u.text), 1500)]) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

func TestSecretsAreFoundNowhere(t *testing.T) {
	t.Parallel()
	s := sky(t)
	const seed = "S3cretSeed"
	secrets := map[string]string{"NASA_API_KEY": seed + "Nasa", "ESA_API_KEY": seed + "Esa"}
	srv := start(t, with(s.getenv, secrets), "serve", "--listen", "127.0.0.1:0", "--verbose")
	srv.do(t, "POST", "/api/v1/data/ingest/table", `{"table_type": "koi"}`)
	srv.do(t, "POST", "/api/v1/auth/token", `{"username":"eve","password":"`+seed+`Password"}`)
	srv.do(t, "POST", "/api/v1/auth/token", `{"refresh_token":"`+seed+`Refresh"}`)
	srv.do(t, "GET", "/api/v1/jobs?token="+seed+"Query&password="+seed+"Query2", "")
	srv.do(t, "GET", "/api/v1/jobs", "", "Authorization", "Bearer "+seed+"Bearer")
	srv.do(t, "GET", "/api/v1/jobs", "", "Authorization", "Bearer exo_aaaaaaaaaaaa_"+seed+"Key")
	srv.do(t, "GET", "/api/v1/jobs", "", "X-API-Key", "exo_aaaaaaaaaaaa_"+seed+"Header")
	srv.do(t, "GET", "/api/v1/jobs", "", "Cookie", "session="+seed+"Cookie")
	texts := map[string]string{"metrics": srv.text(t, "/metrics"), "health": srv.text(t, "/api/v1/health"), "status": srv.text(t, "/api/v1/data/ingestion/status")}
	srv.stop()
	texts["standard error"] = srv.said()
	logs, err := filepath.Glob(s.path("logs/*"))
	if err != nil || len(logs) < 3 {
		t.Fatal(logs, err)
	}
	for _, name := range logs {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	for name, text := range texts {
		if text == "" && strings.Contains(name, "access") {
			t.Error("the access log is empty")
		}
		if at := strings.Index(text, seed); at >= 0 {
			t.Errorf("%s tells a secret: %q", name, text[max(0, at-80):min(len(text), at+40)])
		}
	}
}

func TestTracesFollowARequestToTheArchiveAndTheStore(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	got := map[string][]string{} // names of spans by trace
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		var msg collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(text, &msg)
		}
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, rs := range msg.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				for _, sp := range ss.Spans {
					id := fmt.Sprintf("%x", sp.TraceId)
					got[id] = append(got[id], sp.Name)
				}
			}
		}
	}))
	defer sink.Close()
	s := sky(t)
	srv := start(t, with(s.getenv, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": sink.URL}), "serve", "--listen", "127.0.0.1:0")
	if res, doc := srv.do(t, "POST", "/api/v1/data/ingest/table", `{"table_type": "koi"}`); res.StatusCode != 200 {
		t.Fatal(doc)
	}
	if res, doc := srv.do(t, "POST", "/api/v1/data/ingest/batch?wait=true", ""); res.StatusCode != 200 {
		t.Fatal(doc)
	}
	srv.stop()
	mu.Lock()
	defer mu.Unlock()
	trace := ""
	for _, line := range s.lines(t, "access.log") {
		if line["route"] == "POST /api/v1/data/ingest/table" {
			trace, _ = line["trace"].(string)
		}
	}
	for _, want := range []string{"POST /api/v1/data/ingest/table", "ingest.table", "archive.request", "store.publish"} {
		if !slices.Contains(got[trace], want) {
			t.Errorf("the trace %q has no %s: %v", trace, want, got[trace])
		}
	}
	job := false
	for _, names := range got {
		job = job || slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "job ") }) && slices.Contains(names, "ingest.table")
	}
	if !job {
		t.Errorf("no trace of a job: %v", got)
	}
}
