package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"exoplanetai/internal/app"
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
