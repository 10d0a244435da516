package metrics_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/metrics"
)

func scrape(t testing.TB, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("status %d", w.Code)
	}
	text, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// value finds a sample; -1: there is none.
func value(t testing.TB, text, series string) float64 {
	t.Helper()
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, series+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	return -1
}

func wants(t *testing.T, text string, want map[string]float64) {
	t.Helper()
	for series, v := range want {
		if got := value(t, text, series); got != v {
			t.Errorf("%s is %v, want %v", series, got, v)
		}
	}
}

func TestARequestIsCountedByRouteMethodAndClass(t *testing.T) {
	m := metrics.New(metrics.Options{Version: "1.2.3", Revision: "abc", Go: "go1.26"})
	m.Asked()
	m.Asked()
	m.Answered(metrics.Answer{Route: "GET /api/v1/jobs/{id}", Method: "GET", Status: 200, Sent: 42, Took: 3 * time.Millisecond, Cache: "hit"})
	m.Answered(metrics.Answer{Method: "BREW", Status: 404, Sent: 7, Received: 5, Torn: true, Cache: "whatever\nelse"})
	m.Asked()
	m.Answered(metrics.Answer{Route: "POST /api/v1/auth/token", Method: "POST", Status: 429})
	m.Asked()
	m.Answered(metrics.Answer{Route: "/", Method: "GET", Status: -7000, Received: -1, Took: -1})
	wants(t, scrape(t, m), map[string]float64{
		`exoplanetai_http_requests_total{class="2xx",method="GET",route="/api/v1/jobs/{id}"}`:                  1,
		`exoplanetai_http_requests_total{class="4xx",method="other",route="none"}`:                             1,
		`exoplanetai_http_sent_bytes_total{method="GET",route="/api/v1/jobs/{id}"}`:                            42,
		`exoplanetai_http_received_bytes_total{method="other",route="none"}`:                                   5,
		`exoplanetai_http_request_duration_seconds_bucket{method="GET",route="/api/v1/jobs/{id}",le="0.0025"}`: 0,
		`exoplanetai_http_request_duration_seconds_bucket{method="GET",route="/api/v1/jobs/{id}",le="0.005"}`:  1,
		`exoplanetai_http_requests_in_flight`:                                                                  0,
		`exoplanetai_http_answers_torn_total`:                                                                  1,
		`exoplanetai_http_rate_limited_total`:                                                                  1,
		`exoplanetai_http_cached_pages_total{result="hit"}`:                                                    1,
		`exoplanetai_http_requests_total{class="none",method="GET",route="/"}`:                                 1,
		`exoplanetai_build_info{goversion="go1.26",revision="abc",version="1.2.3"}`:                            1,
	})
	if strings.Contains(scrape(t, m), "whatever") {
		t.Error("a made-up word became a label")
	}
}

func TestClientsCannotMakeSeriesWithoutEnd(t *testing.T) {
	m := metrics.New(metrics.Options{})
	for i := range 5000 {
		m.Asked()
		m.Answered(metrics.Answer{Route: "GET /made/up/" + strconv.Itoa(i), Method: "M" + strconv.Itoa(i), Status: 200})
		m.Fetched("host"+strconv.Itoa(i), 200, time.Second)
	}
	text := scrape(t, m)
	if n := strings.Count(text, `class="2xx",method=`); n > 2002 {
		t.Errorf("%d routes", n)
	}
	if n := strings.Count(text, "exoplanetai_archive_retries_total{"); n > 66 {
		t.Errorf("%d hosts", n)
	}
	if got := value(t, text, `exoplanetai_http_requests_total{class="2xx",method="other",route="other"}`); got != 3000 {
		t.Errorf("%v requests of other routes", got)
	}
	if got := value(t, text, `exoplanetai_archive_requests_total{class="2xx",host="other"}`); got != 5000-64 {
		t.Errorf("%v requests to other hosts", got)
	}
}

func TestWorkIsCountedByOutcome(t *testing.T) {
	m := metrics.New(metrics.Options{})
	done := m.JobBegan("batch")
	if got := value(t, scrape(t, m), `exoplanetai_jobs_running{kind="batch"}`); got != 1 {
		t.Errorf("%v jobs run", got)
	}
	done(2*time.Second, nil)
	m.JobBegan("batch")(time.Second, exo.Errorf("test", exo.Unavailable, nil, "down"))
	m.JobBegan("batch")(time.Second, context.Canceled)
	m.Ingested("koi", "archive", 1000, time.Second, nil)
	m.Ingested("koi", "", 0, time.Second, exo.Errorf("test", exo.Upstream, nil, "nonsense"))
	m.Processed("partial", 3, 2, 1, time.Second, nil)
	m.Committed(100, time.Millisecond, nil)
	m.Committed(100, time.Millisecond, exo.Errorf("test", exo.Full, nil, "full"))
	m.Validated("koi", false, 2, 3, 4)
	wants(t, scrape(t, m), map[string]float64{
		`exoplanetai_jobs_running{kind="batch"}`:                               0,
		`exoplanetai_jobs_total{kind="batch",outcome="done"}`:                  1,
		`exoplanetai_jobs_total{kind="batch",outcome="failed"}`:                1,
		`exoplanetai_jobs_total{kind="batch",outcome="canceled"}`:              1,
		`exoplanetai_job_duration_seconds_sum{kind="batch"}`:                   4,
		`exoplanetai_ingests_total{outcome="archive",what="koi"}`:              1,
		`exoplanetai_ingests_total{outcome="Upstream",what="koi"}`:             1,
		`exoplanetai_ingest_bytes_total{what="koi"}`:                           1000,
		`exoplanetai_process_curves_total{outcome="computed"}`:                 3,
		`exoplanetai_process_runs_total{outcome="partial"}`:                    1,
		`exoplanetai_store_commits_total{outcome="Full"}`:                      1,
		`exoplanetai_store_committed_bytes_total`:                              100,
		`exoplanetai_validation_findings_total{severity="warning",what="koi"}`: 3,
		`exoplanetai_validation_reports_total{verdict="invalid",what="koi"}`:   1,
	})
}

func TestStateIsSampledAtMostOnceInAWhile(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	var m *metrics.Metrics
	n := 0
	m = metrics.New(metrics.Options{Clock: func() time.Time { return now }, Sample: func(context.Context) {
		n++
		m.SetCache("file", true, 3, 4, int64(10*n), 5)
		m.SetGuard("low", 1, 1)
		m.SetHealth("storage", "degraded")
	}})
	scrape(t, m)
	scrape(t, m)
	if n != 1 {
		t.Errorf("sampled %d times at once", n)
	}
	now = now.Add(6 * time.Second)
	wants(t, scrape(t, m), map[string]float64{
		`exoplanetai_cache_hits_total{backend="file"}`: 20, `exoplanetai_cache_misses_total{backend="file"}`: 5,
		`exoplanetai_disk_guard_state{state="low"}`: 1, `exoplanetai_disk_guard_state{state="ok"}`: 0,
		`exoplanetai_health{part="storage"}`: .5, `exoplanetai_disk_guard_refused_total`: 1,
	})
	m.SetCache("file", true, 3, 4, 2, 5) // the cache was opened anew
	if got := value(t, scrape(t, m), `exoplanetai_cache_hits_total{backend="file"}`); got != 22 {
		t.Errorf("%v hits after a new count", got)
	}
}

func TestAScrapeDoesNotWaitForASlowSample(t *testing.T) {
	m := metrics.New(metrics.Options{Clock: time.Now, Patience: 20 * time.Millisecond, Sample: func(ctx context.Context) { <-ctx.Done() }})
	start := time.Now()
	scrape(t, m)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestNilCountsNothing calls every method on nil.
func TestNilCountsNothing(t *testing.T) {
	var m *metrics.Metrics
	v := reflect.ValueOf(m)
	for i := range v.NumMethod() {
		f := v.Method(i)
		var in []reflect.Value
		for j := range f.Type().NumIn() {
			in = append(in, reflect.Zero(f.Type().In(j)))
		}
		if f.Type().IsVariadic() {
			f.CallSlice(in)
			continue
		}
		f.Call(in)
	}
	m.JobBegan("x")(time.Second, nil)
}

func TestManyCountAtOnce(t *testing.T) {
	m := metrics.New(metrics.Options{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 500 {
				m.Asked()
				m.Answered(metrics.Answer{Route: "GET /" + strconv.Itoa(i%7), Method: "GET", Status: 200})
				m.SetCache("file", true, 1, 1, int64(i), 1)
			}
		})
	}
	wg.Wait()
	total := 0.0
	text := scrape(t, m)
	for i := range 7 {
		total += value(t, text, `exoplanetai_http_requests_total{class="2xx",method="GET",route="/`+strconv.Itoa(i)+`"}`)
	}
	if total != 4000 {
		t.Errorf("%v requests counted", total)
	}
}

var unit = regexp.MustCompile(`_(seconds|bytes|ratio|total)$`)

func TestNamesAndWordsHoldTheRules(t *testing.T) {
	m := metrics.New(metrics.Options{})
	list := m.Catalogue()
	if len(list) < 50 {
		t.Fatalf("only %d metrics", len(list))
	}
	for _, e := range list {
		if !regexp.MustCompile(`^exoplanetai_[a-z0-9]+(_[a-z0-9]+)*$`).MatchString(e.Name) {
			t.Errorf("the name %s", e.Name)
		}
		if (e.Type == "counter") != strings.HasSuffix(e.Name, "_total") {
			t.Errorf("%s is a %s", e.Name, e.Type)
		}
		if e.Type == "histogram" && !unit.MatchString(e.Name) {
			t.Errorf("%s has no unit", e.Name)
		}
		if len(e.Help) < 15 || !strings.HasSuffix(e.Help, ".") {
			t.Errorf("%s: %q says too little", e.Name, e.Help)
		}
	}
	names, err := m.Names()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"go_goroutines", "process_resident_memory_bytes", "exoplanetai_job_duration_seconds_bucket"} {
		if !slices.Contains(names, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestCountingARequestTakesNoMemory(t *testing.T) {
	m := metrics.New(metrics.Options{})
	a := metrics.Answer{Route: "GET /api/v1/jobs/{id}", Method: "GET", Status: 200, Sent: 42, Took: time.Millisecond, Cache: "hit"}
	if n := testing.AllocsPerRun(1000, func() {
		m.Asked()
		m.Answered(a)
		m.Fetched("example.org", 200, time.Second)
		m.Received("example.org", 1000)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAnswered(b *testing.B) {
	m := metrics.New(metrics.Options{})
	a := metrics.Answer{Route: "GET /api/v1/jobs/{id}", Method: "GET", Status: 200, Sent: 42, Took: time.Millisecond, Cache: "hit"}
	b.ReportAllocs()
	for b.Loop() {
		m.Asked()
		m.Answered(a)
	}
}
