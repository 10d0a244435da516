package api_test

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
	"time"

	"exoplanetai/internal/api"
	"exoplanetai/internal/audit"
	"exoplanetai/internal/auth"
	"exoplanetai/internal/limit"
)

// TestKeptPagesUnderLoad lets wrk ask on 64 connections for what is kept, with
// sign-in, limits, record and watch on. It needs both processors for itself.
func TestKeptPagesUnderLoad(t *testing.T) {
	if os.Getenv("EXOPLANETAI_NIGHTLY") == "" {
		t.Skip("EXOPLANETAI_NIGHTLY=1 runs it")
	}
	g := newGuarded(t, nil)
	g.people()
	key, _ := g.key("una", auth.NewKey{})
	budget := func() limit.Limiter { return limit.New(limit.Options{PerMinute: 1e6, Burst: 1e9, Clock: time.Now}) }
	addr := g.serve(t, func(o *api.Options) {
		o.WriteTimeout, o.Limits = time.Minute, api.Limits{Address: budget(), User: budget(), Key: budget()}
		o.Watch = audit.NewWatch(audit.WatchOptions{Record: g.audit, Clock: time.Now})
	}, nil)
	for _, path := range []string{"/api/v1/catalogs/koi?limit=100", "/api/v1/targets/Kepler-10"} {
		out, err := exec.Command("wrk", "-t2", "-c64", "-d10s", "--latency", "-H", "X-API-Key: "+key, "http://"+addr+path).CombinedOutput()
		if err != nil {
			t.Fatalf("wrk: %v\n%s", err, out)
		}
		t.Logf("%s\n%s", path, out)
		rate := regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`).FindSubmatch(out)
		if regexp.MustCompile(`Non-2xx|Socket errors`).Match(out) || rate == nil {
			t.Fatal("some calls failed")
		}
		if n, _ := strconv.ParseFloat(string(rate[1]), 64); n < 5000 {
			t.Errorf("%s: %.0f requests a second", path, n)
		}
	}
}
