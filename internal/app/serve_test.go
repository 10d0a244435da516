package app_test

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/exo"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with testdata/<name>.golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\ngot\n%s\nwant\n%s", name, got, want)
	}
}

func TestTheGuidesIngestLinesAndTheShapesOfTheirAnswers(t *testing.T) {
	t.Parallel()
	s := sky(t)
	srv := s.serve(t)
	res, doc := srv.do(t, "POST", "/api/v1/data/ingest/table", `{"table_type": "koi", "force_refresh": true}`)
	if res.StatusCode != 200 || doc["status"] != "success" || doc["source"] != "archive" {
		t.Fatalf("table: %d %v", res.StatusCode, doc)
	}
	delete(doc["validation"].(map[string]any), "metrics") // its keys are catalog's
	golden(t, "ingest_table", shape(doc))

	res, doc = srv.do(t, "POST", "/api/v1/data/ingest/lightcurve",
		"{\n    \"target_name\": \"TIC 441420236\",\n    \"mission\": \"TESS\",\n    \"sector_quarter\": 1,\n    \"force_refresh\": false\n}")
	if res.StatusCode != 200 {
		t.Fatalf("light curve: %d %v", res.StatusCode, doc)
	}
	delete(doc["validation"].(map[string]any), "metrics")
	golden(t, "ingest_lightcurve", shape(doc))

	res, doc = srv.do(t, "POST", "/api/v1/data/ingest/batch?force_refresh=false", "")
	if res.StatusCode != 202 || doc["status"] != "accepted" || res.Header.Get("Location") != "/api/v1/jobs/"+doc["job_id"].(string) {
		t.Fatalf("batch: %d %v %v", res.StatusCode, doc, res.Header)
	}
	job := srv.follow(t, doc["job_id"].(string))
	if job["state"] != "succeeded" {
		t.Fatalf("job: %v", job)
	}
	for _, table := range []string{"koi", "toi", "k2"} {
		if got := job["result"].(map[string]any)["results"].(map[string]any)[table]; got == nil {
			t.Errorf("no %s in %v", table, job["result"])
		}
	}
	delete(job, "result")
	golden(t, "job", shape(job))

	for name, path := range map[string]string{
		"storage_stats": "/api/v1/data/storage/stats", "ingestion_status": "/api/v1/data/ingestion/status", "health": "/api/v1/health",
	} {
		res, doc := srv.do(t, "GET", path, "")
		if res.StatusCode != 200 {
			t.Errorf("%s: %d %v", path, res.StatusCode, doc)
		}
		if jobs, ok := doc["jobs"].(map[string]any); ok {
			jobs["recent"] = []any{} // of the shape in job.golden
		}
		if growth, ok := doc["growth"].(map[string]any); ok {
			delete(growth, "full_at") // null on a large disk
		}
		golden(t, name, shape(doc))
	}
	if status := srv.stop(); status != 0 {
		t.Errorf("exit %d: %s", status, srv.said())
	}
}

// follow reads the events of a job to its end and returns the last.
func (s *server) follow(t *testing.T, id string) map[string]any {
	t.Helper()
	res, err := http.Get(s.url + "/api/v1/jobs/" + id + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, last, ok := strings.Cut(string(text), "event: end\ndata: ")
	var job map[string]any
	if err := json.Unmarshal([]byte(strings.TrimSpace(last)), &job); err != nil || !ok {
		t.Fatalf("%v in %s", err, text)
	}
	return job
}

func TestBadInputGetsAProblemAndWritesNothing(t *testing.T) {
	t.Parallel()
	s := sky(t)
	srv := s.serve(t)
	before := tree(t, s.dir)
	const table, light = "/api/v1/data/ingest/table", "/api/v1/data/ingest/lightcurve"
	for name, c := range map[string]struct {
		path, body string
		status     int
		code       exo.Kind
	}{
		"a wrong table_type":       {table, `{"table_type": "xyz"}`, 400, exo.Invalid},
		"an unknown field":         {table, `{"table_type": "koi", "role": "admin"}`, 400, exo.Invalid},
		"invalid JSON":             {table, `{"table_type": `, 400, exo.Invalid},
		"an unknown catalog name":  {light, `{"target_name": "TIC 99999999999"}`, 404, exo.NotFound},
		"an unknown name":          {light, `{"target_name": "Tatooine"}`, 404, exo.NotFound},
		"a name that climbs":       {light, `{"target_name": "../../../etc/passwd"}`, 400, exo.Invalid},
		"a name with NUL":          {light, `{"target_name": "TIC 1\u0000"}`, 400, exo.Invalid},
		"a name of 300 characters": {light, `{"target_name": "` + strings.Repeat("x", 300) + `"}`, 400, exo.Invalid},
		"a bare number":            {light, `{"target_name": "441420236"}`, 400, exo.Invalid},
		"an unknown held table":    {"/api/v1/data/ingest/held/koi_1/approve", "", 404, exo.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			res, doc := srv.do(t, "POST", c.path, c.body)
			if res.StatusCode != c.status || doc["code"] != string(c.code) || doc["hint"] == "" || doc["request_id"] != res.Header.Get("X-Request-Id") {
				t.Errorf("got %d %v", res.StatusCode, doc)
			}
			unchanged(t, before, tree(t, s.dir))
		})
	}
}

func TestAnAddressOffLoopbackIsRefused(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:8000", ":8000", "192.0.2.1:8000", "[::]:8000", "example.org:8000", "127.0.0.1", "nonsense", "127.0.0.1:99999"} {
		s := &site{dir: t.TempDir()}
		if err := os.WriteFile(s.path("data_config.yaml"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, line := range [][]string{{"serve", "--listen", address}, {"archive", "serve", "--listen", address}, {"demo", "--data", s.path("demo"), "--listen", address}} {
			_, errs, status := s.run(t, line...)
			if status == 0 || !strings.Contains(errs, "Try: ") {
				t.Errorf("%v: exit %d, %s", line, status, errs)
			}
		}
		if files := tree(t, s.dir); len(files) != 1 {
			t.Errorf("%s: something was written: %v", address, files)
		}
	}
}

func TestABatchGoesOnWhenOneArchiveIsDown(t *testing.T) {
	t.Parallel()
	s := sky(t)
	s.fault(t, "exofop.status=404")
	srv := s.serve(t)
	res, doc := srv.do(t, "POST", "/api/v1/data/ingest/batch?wait=true", "")
	failed, _ := doc["failed_tables"].([]any)
	results, _ := doc["results"].(map[string]any)
	if res.StatusCode != 200 || doc["status"] != "partial" || len(failed) != 1 || results["koi"] == nil || results["k2"] == nil {
		t.Fatalf("%d %v", res.StatusCode, doc)
	}
	if f := failed[0].(map[string]any); f["table_type"] != "toi" || f["code"] == "" || f["hint"] == "" {
		t.Errorf("%v", f)
	}
	_, health := srv.do(t, "GET", "/api/v1/health", "")
	sources := health["checks"].(map[string]any)["data_sources"].(map[string]any)
	if health["status"] != "degraded" || sources["status"] != "degraded" || !strings.Contains(sources["message"].(string), "toi") {
		t.Errorf("%v", health)
	}
}

func TestFilesOfTheAnswerAreServed(t *testing.T) {
	t.Parallel()
	s := realFiles(t)
	srv := s.serve(t)
	_, doc := srv.do(t, "POST", "/api/v1/data/ingest/lightcurve", `{"target_name": "TIC 25155310"}`)
	files, ok := doc["files"].([]any)
	if !ok || len(files) == 0 {
		t.Fatalf("%v", doc)
	}
	file := files[0].(map[string]any)
	res, err := http.Get(srv.url + "/api/v1/files/" + file["path"].(string))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if got := exo.DigestOf(body).String(); got != file["checksum"] || res.Header.Get("ETag") != `"`+got+`"` {
		t.Errorf("digest %s, ETag %s, want %s", got, res.Header.Get("ETag"), file["checksum"])
	}
	original, err := os.ReadFile(filepath.Join(s.shared(t), "lightcurves/tess", filepath.Base(file["path"].(string))))
	if err != nil || string(original) != string(body) {
		t.Errorf("not the bytes of the archive (%v)", err)
	}
	again, _ := srv.do(t, "GET", "/api/v1/files/"+file["path"].(string), "", "If-None-Match", res.Header.Get("ETag"))
	part, _ := srv.do(t, "GET", "/api/v1/files/"+file["path"].(string), "", "Range", "bytes=0-2879")
	if again.StatusCode != 304 || part.StatusCode != 206 || part.ContentLength != 2880 {
		t.Errorf("again %d, part %d of %d", again.StatusCode, part.StatusCode, part.ContentLength)
	}
	_, meta := srv.do(t, "GET", "/api/v1/files/metadata/"+file["path"].(string)+".json", "")
	if meta["sha256"] != file["checksum"] || meta["origin"].(map[string]any)["archive"] != "mast" {
		t.Errorf("%v", meta)
	}
	for _, hidden := range []string{"metadata/exoplanetai.db", ".lock"} {
		if res, _ := srv.do(t, "GET", "/api/v1/files/"+hidden, ""); res.StatusCode < 400 {
			t.Errorf("%s: %d", hidden, res.StatusCode)
		}
	}
}

func TestReadingWritesNothing(t *testing.T) {
	t.Parallel()
	s := sky(t)
	srv := s.serve(t)
	if _, doc := srv.do(t, "POST", "/api/v1/data/ingest/table", `{"table_type":"k2"}`); doc["status"] != "success" {
		t.Fatal(doc)
	}
	before := tree(t, s.dir)
	_, spec := srv.do(t, "GET", "/openapi.json", "")
	for path, item := range spec["paths"].(map[string]any) {
		if item.(map[string]any)["get"] == nil || strings.HasSuffix(path, "/audit/events") { // which has no end
			continue
		}
		path = strings.NewReplacer("{path}", "raw/nasa/none.csv", "{id}", "none").Replace(path)
		if res, doc := srv.do(t, "GET", path, ""); res.StatusCode >= 500 {
			t.Errorf("%s: %d %v", path, res.StatusCode, doc)
		}
	}
	unchanged(t, before, tree(t, s.dir))
}

func TestARunningJobCanBeCancelled(t *testing.T) {
	t.Parallel()
	s := realFiles(t)
	s.fault(t, "download.stall=1000")
	srv := s.serve(t)
	_, doc := srv.do(t, "POST", "/api/v1/data/ingest/lightcurve", `{"target_name": "TIC 25155310"}`, "Prefer", "respond-async")
	id := doc["job_id"].(string)
	srv.until(t, id, "running")
	if res, _ := srv.do(t, "DELETE", "/api/v1/jobs/"+id, ""); res.StatusCode != 200 {
		t.Errorf("cancel: %d", res.StatusCode)
	}
	if job := srv.follow(t, id); job["state"] != "cancelled" {
		t.Errorf("%v", job)
	}
	if res, doc := srv.do(t, "DELETE", "/api/v1/jobs/"+id, ""); res.StatusCode != 409 || doc["code"] != "Conflict" {
		t.Errorf("again: %d %v", res.StatusCode, doc)
	}
	if left := tree(t, s.path("data/.staging")); len(left) > 0 {
		t.Errorf("left in staging: %v", left)
	}
}

// until waits for a state of a job.
func (s *server) until(t *testing.T, id, state string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		_, job := s.do(t, "GET", "/api/v1/jobs/"+id, "")
		if job["state"] == state {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("job %s is %v, not %s", id, job["state"], state)
		}
	}
}

func TestRequestsUnderWayFinishWhenTheServerStops(t *testing.T) {
	t.Parallel()
	s := sky(t)
	s.fault(t, "nea.delay=700ms")
	srv := s.serve(t)
	got := make(chan int, 1)
	go func() {
		res, err := http.Post(srv.url+"/api/v1/data/ingest/table", "application/json", strings.NewReader(`{"table_type":"koi"}`))
		if err != nil {
			got <- 0
			return
		}
		_ = res.Body.Close()
		got <- res.StatusCode
	}()
	time.Sleep(200 * time.Millisecond) // the request is at the archive
	if status := srv.stop(); status != 0 {
		t.Errorf("exit %d: %s", status, srv.said())
	}
	if status := <-got; status != 200 {
		t.Errorf("the request under way got %d", status)
	}
}

func TestARunningJobIsTakenUpAfterARestart(t *testing.T) {
	t.Parallel()
	s := realFiles(t)
	s.fault(t, "download.stall=1000*1")
	srv := s.serve(t)
	_, doc := srv.do(t, "POST", "/api/v1/data/ingest/lightcurve", `{"target_name": "TIC 25155310"}`, "Prefer", "respond-async")
	id := doc["job_id"].(string)
	srv.until(t, id, "running")
	srv.stop()
	s.fault(t)
	again := s.serve(t)
	if job := again.follow(t, id); job["state"] != "succeeded" {
		t.Errorf("%v", job)
	}
}

func TestACommandIsInterrupted(t *testing.T) {
	t.Parallel()
	s := realFiles(t)
	s.fault(t, "download.stall=1000")
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(500*time.Millisecond, cancel)
	_, errs, status := s.runUntil(ctx, "ingest", "lightcurve", "TIC 25155310")
	if status != 130 || !strings.Contains(errs, "interrupted") {
		t.Errorf("exit %d: %s", status, errs)
	}
	if left := tree(t, s.path("data/.staging")); len(left) > 0 {
		t.Errorf("left in staging: %v", left)
	}
	if left := tree(t, s.path("data/lightcurves")); len(left) > 0 {
		t.Errorf("published: %v", left)
	}
}
