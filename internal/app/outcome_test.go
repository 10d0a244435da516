package app_test

import (
	"context"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"exoplanetai/internal/app"
)

func TestAMassChangeWaitsForAPerson(t *testing.T) {
	t.Parallel()
	s := sky(t)
	srv := s.serve(t)
	const table, force = "/api/v1/data/ingest/table", `{"table_type":"koi","force_refresh":true}`
	if _, doc := srv.do(t, "POST", table, force); doc["records"] != 300.0 {
		t.Fatalf("%v", doc)
	}
	s.fault(t, "nea.shrink=50")
	res, doc := srv.do(t, "POST", table, force)
	id, _ := doc["held_id"].(string)
	if res.StatusCode != 409 || doc["code"] != "Conflict" || id == "" || doc["difference"] == nil || doc["last_good"] == nil {
		t.Fatalf("%d %v", res.StatusCode, doc)
	}
	if _, doc := srv.do(t, "POST", table, `{"table_type":"koi"}`); doc["records"] != 300.0 {
		t.Errorf("the last good table is not current: %v", doc)
	}
	_, list := srv.do(t, "GET", "/api/v1/data/ingest/held", "")
	if held := list["held"].([]any); len(held) != 1 || held[0].(map[string]any)["id"] != id {
		t.Errorf("%v", list)
	}
	if res, doc := srv.do(t, "POST", "/api/v1/data/ingest/held/"+id+"/approve", ""); res.StatusCode != 200 || doc["records"] != 150.0 {
		t.Errorf("approve: %d %v", res.StatusCode, doc)
	}
	if res, _ := srv.do(t, "POST", "/api/v1/data/ingest/held/"+id+"/discard", ""); res.StatusCode != 404 {
		t.Errorf("discard after approval: %d", res.StatusCode)
	}
	srv.stop()

	s.fault(t, "nea.shrink=10")
	_, errs, status := s.run(t, "ingest", "table", "koi", "--force-refresh")
	_, said, _ := strings.Cut(errs, `held_id: "`)
	id, _, _ = strings.Cut(said, `"`)
	if status != 1 || id == "" {
		t.Fatalf("exit %d: %s", status, errs)
	}
	if out, _, status := s.run(t, "ingest", "held", "list"); status != 0 || !strings.Contains(out, id+"\tkoi\t30\t") {
		t.Errorf("exit %d: %s", status, out)
	}
	if doc := s.must(t, "ingest", "held", "discard", id); doc["held_id"] != id {
		t.Errorf("%v", doc)
	}
	if doc := s.must(t, "ingest", "table", "koi"); doc["records"] != 150.0 {
		t.Errorf("%v", doc)
	}
}

func TestAnArchiveThatFailsLeavesTheLastGoodData(t *testing.T) {
	t.Parallel()
	s := sky(t)
	srv := s.serve(t, "--set", "freshness.koi=1ms")
	const table = "/api/v1/data/ingest/table"
	if _, doc := srv.do(t, "POST", table, `{"table_type":"koi"}`); doc["source"] != "archive" {
		t.Fatalf("%v", doc)
	}
	for fault, want := range map[string]int{"nea.status=503": 503, "nea.html": 502, "nea.error=json200": 502, "nea.reset": 503} {
		s.fault(t, fault)
		res, doc := srv.do(t, "POST", table, `{"table_type":"koi","force_refresh":true}`)
		if res.StatusCode != want || doc["last_good"] == nil || doc["hint"] == "" {
			t.Errorf("%s, forced: %d %v", fault, res.StatusCode, doc)
		}
	}
	s.fault(t, "nea.status=503")
	res, doc := srv.do(t, "POST", table, `{"table_type":"koi"}`)
	if res.StatusCode != 200 || doc["source"] != "stale" || len(doc["warnings"].([]any)) == 0 || doc["records"] != 300.0 {
		t.Errorf("not forced: %d %v", res.StatusCode, doc)
	}
	s.fault(t, "nea.null=kepoi_name")
	res, doc = srv.do(t, "POST", table, `{"table_type":"koi","force_refresh":true}`)
	if report, _ := doc["report_path"].(string); res.StatusCode != 502 || doc["validation"] == nil || report == "" {
		t.Errorf("not valid: %d %v", res.StatusCode, doc)
	} else if res, _ := srv.do(t, "GET", "/api/v1/files/"+report, ""); res.StatusCode != 200 {
		t.Errorf("the report: %d", res.StatusCode)
	}
	srv.stop()
	if _, errs, status := s.run(t, "ingest", "table", "koi", "--force-refresh"); status != 4 || !strings.Contains(errs, "report_path: ") {
		t.Errorf("exit %d: %s", status, errs)
	}
	s.fault(t, "nea.status=503")
	if _, errs, status := s.run(t, "ingest", "table", "k2"); status != 5 {
		t.Errorf("exit %d: %s", status, errs)
	}
}

func TestASignalEndsTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	until := app.Interruptible(ctx)
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-until.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("SIGTERM was not seen")
	}
}
