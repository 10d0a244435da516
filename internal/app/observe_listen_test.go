package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exoplanetai/internal/app"
	"exoplanetai/internal/xtest"
)

// freeAddress finds a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestAnAddressOfItsOwnTellsNumbersAndNoData(t *testing.T) {
	t.Parallel()
	s := sky(t)
	at := freeAddress(t)
	srv := start(t, with(s.getenv, map[string]string{"METRICS_LISTEN": at, "LOG_FORMAT": "json"}), "serve", "--listen", "127.0.0.1:0", "--verbose")
	srv.do(t, "POST", "/api/v1/data/ingest/table", `{"table_type": "koi"}`)
	for path, want := range map[string]struct {
		status int
		says   string
	}{
		"/metrics":                   {200, "exoplanetai_http_requests_total"},
		"/health":                    {200, `"checks":{"data_sources":{"status":"`},
		"/health/live":               {200, `{"status":"ok"}`},
		"/health/ready":              {200, `{"status":"ok"}`},
		"/":                          {404, ""},
		"/api/v1/catalogs/koi":       {404, ""},
		"/debug/pprof/":              {404, ""},
		"/api/v1/data/storage/stats": {404, ""},
	} {
		res, err := http.Get("http://" + at + path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != want.status || !strings.Contains(string(text), want.says) {
			t.Errorf("%s: %d, %v, %.200s", path, res.StatusCode, err, text)
		}
	}
	if res, err := http.Post("http://"+at+"/metrics", "text/plain", strings.NewReader("x")); err != nil || res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a change is answered with %v, %v", res, err)
	} else {
		res.Body.Close()
	}
	srv.stop()
	events := 0
	for line := range strings.Lines(srv.said()) {
		if strings.HasPrefix(line, "{") {
			var doc map[string]any
			if err := json.Unmarshal([]byte(line), &doc); err != nil || doc["msg"] == "" {
				t.Errorf("%v: %s", err, line)
			}
			events++
		}
	}
	if events < 3 || strings.Contains(srv.said(), "level=INFO") {
		t.Errorf("%d events as JSON in:\n%s", events, srv.said())
	}
	if _, err := http.Get("http://" + at + "/metrics"); err == nil {
		t.Error("the address is still open after the end")
	}
}

func TestAnAddressForMetricsThatIsTakenIsTold(t *testing.T) {
	t.Parallel()
	s := sky(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var out, errs bytes.Buffer
	set := map[string]string{"METRICS_LISTEN": l.Addr().String()}
	status := app.Run(t.Context(), []string{"serve", "--listen", "127.0.0.1:0"}, strings.NewReader(""), &out, &errs, with(s.getenv, set))
	if status == 0 || !strings.Contains(errs.String(), "metrics.listen") {
		t.Errorf("exit %d: %s%s", status, out.String(), errs.String())
	}
}

func TestAWorkerTellsWhatItDid(t *testing.T) {
	t.Parallel()
	s := sky(t)
	at := freeAddress(t)
	set := map[string]string{"DATABASE_URL": xtest.Postgres(t), "XDG_CONFIG_HOME": t.TempDir()}
	srv := start(t, with(s.getenv, set), "serve", "--listen", "127.0.0.1:0", "--no-work")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		mine := with(with(s.getenv, set), map[string]string{"METRICS_LISTEN": at})
		ended <- app.Run(ctx, []string{"worker"}, strings.NewReader(""), io.Discard, io.Discard, mine)
	}()
	defer func() {
		stop()
		if status := <-ended; status != 0 {
			t.Errorf("the worker ended with %d", status)
		}
	}()
	if res, doc := srv.do(t, "POST", "/api/v1/data/ingest/batch?wait=true", "", "X-Request-Id", "from-the-server"); res.StatusCode != http.StatusOK {
		t.Fatal(res.StatusCode, doc)
	}
	text := ""
	for path, want := range map[string]string{"/metrics": "exoplanetai_", "/health": `"pipeline":{"status":"ok"`, "/health/ready": `"ok"`} {
		res, err := http.Get("http://" + at + path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(got), want) {
			t.Errorf("%s: %d, %v, %.300s", path, res.StatusCode, err, got)
		}
		if path == "/metrics" {
			text = string(got)
		}
	}
	if sampleOf(t, text, `ingests_total{outcome="archive",what="koi"}`) != 1 || !strings.Contains(text, `outcome="done"} 1`) {
		t.Error("the work is not among the worker's metrics")
	}
	logs, err := filepath.Glob(s.path("logs/*-worker-1/data_ingestion.log"))
	if err != nil || len(logs) != 1 {
		t.Fatal(logs, err)
	}
	if text, err := os.ReadFile(logs[0]); err != nil || !strings.Contains(string(text), `"request_id":"from-the-server"`) {
		t.Errorf("the worker's log does not name the request of the server: %v\n%s", err, text)
	}
}
