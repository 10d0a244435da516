package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
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
