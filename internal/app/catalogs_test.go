package app_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// withVersions is a site that holds two versions of the TOI table, three rows
// apart, and one of the others.
func withVersions(t *testing.T) *site {
	t.Helper()
	s := sky(t)
	s.must(t, "ingest", "batch")
	s.fault(t, "exofop.update=3")
	s.must(t, "ingest", "table", "toi", "--force-refresh")
	return s
}

func TestCommandsThatReadTheCatalogsWriteNothing(t *testing.T) {
	t.Parallel()
	s := withVersions(t)
	before := tree(t, s.path("data"))
	for _, line := range []string{
		"catalog list", "catalog list toi", "catalog columns koi", "catalog query koi koi_disposition=CONFIRMED --sort koi_period", "catalog query candidates source_count=2",
		"catalog query toi --version v1", "catalog query toi --as-of 2100-01-01", "catalog show koi K00072.01", "catalog schema toi", "catalog diff toi", "catalog diff candidates",
		"catalog feed", "target Kepler-10", "catalog query koi --cone Kepler-10,1m",
	} {
		if doc := s.must(t, strings.Fields(line)...); len(doc) < 2 && doc["catalogs"] == nil {
			t.Errorf("%s: %v", line, doc)
		}
	}
	unchanged(t, before, tree(t, s.path("data")))
	for line, status := range map[string]int{
		"catalog query koi koi_perod=3": 2, "catalog query koi --version v9": 3, "catalog query koi --cone 1,2": 2, "catalog query koi --sort nothing": 2,
		"catalog show koi K99999.99": 3, "catalog diff toi v1 v7": 3, "target TIC-9999999999": 3, "catalog query koi koi_period=5..1..2": 2,
	} {
		if out, errs, got := s.run(t, strings.Fields(line)...); got != status || out != "" || !strings.Contains(errs, "Try: ") {
			t.Errorf("%s: exit %d, want %d: %s", line, got, status, errs)
		}
	}
	unchanged(t, before, tree(t, s.path("data")))
}

func TestAnExportIsWholeOrNotThere(t *testing.T) {
	t.Parallel()
	s := withVersions(t)
	name := s.path("out/koi.csv")
	if _, errs, status := s.run(t, "catalog", "export", "koi", "-o", name); status != 0 {
		t.Fatalf("%d %s", status, errs)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if rows, err := csv.NewReader(f).ReadAll(); err != nil || len(rows) != 301 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	before := tree(t, s.path("out"))
	if _, errs, status := s.run(t, "catalog", "export", "koi", "-o", name); status != 1 || !strings.Contains(errs, "--replace") {
		t.Errorf("%d %s", status, errs)
	}
	for _, condition := range []string{"koi_perod=3", "koi_period=x..y"} {
		if _, _, status := s.run(t, "catalog", "export", "koi", condition, "-o", s.path("out/other.csv")); status != 2 {
			t.Errorf("%s: %d", condition, status)
		}
	}
	unchanged(t, before, tree(t, s.path("out")))
	if _, errs, status := s.run(t, "catalog", "export", "koi", "koi_disposition=CONFIRMED", "-o", name, "--replace"); status != 0 {
		t.Errorf("%d %s", status, errs)
	}
	if after := tree(t, s.path("out")); len(after) != 1 || after["koi.csv"] == before["koi.csv"] {
		t.Errorf("%v", after)
	}
}

// TestTheServerAnswersAsTheCommandDoes compares the documents of both ways in.
func TestTheServerAnswersAsTheCommandDoes(t *testing.T) {
	t.Parallel()
	s := withVersions(t)
	row := s.must(t, "catalog", "show", "koi", "K00072.01")
	query := s.must(t, "catalog", "query", "koi", "koi_disposition=CONFIRMED", "koi_period<5", "--sort", "-koi_period", "--limit", "7")
	diff := s.must(t, "catalog", "diff", "toi")
	star := s.must(t, "target", "Kepler-10")
	columns := s.must(t, "catalog", "columns", "candidates")
	srv := s.serve(t)
	for path, want := range map[string]map[string]any{
		"/api/v1/catalogs/koi/rows/K00072.01":                                                     row,
		"/api/v1/catalogs/koi?koi_disposition=CONFIRMED&koi_period=%3C5&sort=-koi_period&limit=7": query,
		"/api/v1/catalogs/toi/diff":                                                               diff,
		"/api/v1/targets/Kepler-10":                                                               star,
		"/api/v1/catalogs/candidates/columns":                                                     columns,
	} {
		res, got := srv.do(t, "GET", path, "")
		delete(got, "next") // a command on one side, an address on the other
		delete(want, "next")
		a, errA := json.Marshal(got)
		b, errB := json.Marshal(want)
		if res.StatusCode != 200 || errA != nil || errB != nil || string(a) != string(b) {
			t.Errorf("%s: %d\nserver  %.600s\ncommand %.600s", path, res.StatusCode, a, b)
		}
	}
	for _, path := range []string{"/api/v1/catalogs/koi?koi_perod=3", "/api/v1/catalogs/koi?cone=1,2", "/api/v1/catalogs/koi?version=v9", "/api/v1/catalogs/koi?sort=nothing", "/api/v1/catalogs/toi/diff?from=v7"} {
		res, p := srv.do(t, "GET", path, "")
		if res.StatusCode < 400 || res.StatusCode >= 500 || p["parameter"] == nil || p["hint"] == nil {
			t.Errorf("%s: %d %v", path, res.StatusCode, p)
		}
	}
	if status := srv.stop(); status != 0 {
		t.Errorf("the server ended with %d", status)
	}
}

func TestAWebHookIsToldWhatChanged(t *testing.T) {
	t.Parallel()
	s := sky(t)
	s.must(t, "ingest", "batch")
	var mu sync.Mutex
	var told []string
	signed := true
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, []byte("s3cret"))
		mac.Write(body)
		mu.Lock()
		defer mu.Unlock()
		told = append(told, string(body))
		signed = signed && r.Header.Get("X-Exoplanetai-Signature") == "sha256="+hex.EncodeToString(mac.Sum(nil))
	}))
	defer hook.Close()
	flags := []string{"--set", "changes.webhooks=" + hook.URL, "--set", "changes.webhook_secret=s3cret", "--set", "changes.webhook_private=true"}
	s.fault(t, "exofop.update=3")
	s.must(t, append([]string{"ingest", "table", "toi", "--force-refresh"}, flags...)...)
	mu.Lock()
	if len(told) != 1 || !signed || !strings.Contains(told[0], `"ephemeris":3`) {
		t.Errorf("signed %v, told %q", signed, told)
	}
	told = nil
	mu.Unlock()

	srv := s.serve(t, flags...)
	s.fault(t, "exofop.update=5")
	if res, doc := srv.do(t, "POST", "/api/v1/data/ingest/table", `{"table_type":"toi","force_refresh":true}`); res.StatusCode != 200 {
		t.Fatalf("%v", doc)
	}
	for range 100 {
		mu.Lock()
		n := len(told)
		mu.Unlock()
		if n > 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	srv.stop()
	if len(told) != 1 || !signed {
		t.Errorf("signed %v, told %q", signed, told)
	}

	hook.Close() // nobody listens: the table comes all the same, with a warning
	s.fault(t, "exofop.update=7")
	doc := s.must(t, append([]string{"ingest", "table", "toi", "--force-refresh"}, flags...)...)
	warnings, _ := json.Marshal(doc["warnings"])
	if doc["source"] != "archive" || !strings.Contains(string(warnings), "told") || strings.Contains(string(warnings), hook.URL) {
		t.Errorf("%v", doc)
	}
	config, _, _ := s.run(t, append([]string{"config", "show"}, flags...)...)
	if strings.Contains(config, "s3cret") {
		t.Error("config show tells the secret")
	}
}

func TestAServerMakesTheDerivedTablesThatAreMissing(t *testing.T) {
	t.Parallel()
	s := sky(t)
	s.must(t, "ingest", "batch")
	for _, name := range []string{"processed", "metadata/processed", "checksums/processed.sha256"} { // a folder from before there were any
		if err := os.RemoveAll(s.path("data/" + name)); err != nil {
			t.Fatal(err)
		}
	}
	sums, err := os.ReadFile(s.path("data/checksums/metadata.sha256"))
	if err != nil {
		t.Fatal(err)
	}
	var kept []byte
	for line := range bytes.Lines(sums) {
		if !bytes.Contains(line, []byte("metadata/processed/")) {
			kept = append(kept, line...)
		}
	}
	if err := os.WriteFile(s.path("data/checksums/metadata.sha256"), kept, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.RemoveAll(s.path("data/metadata/exoplanetai.db" + end)); err != nil {
			t.Fatal(err)
		}
	}
	s.must(t, "storage", "reindex")
	if _, errs, status := s.run(t, "catalog", "query", "candidates"); status != 3 || !strings.Contains(errs, "candidates") {
		t.Fatalf("%d %s", status, errs)
	}
	srv := s.serve(t)
	for range 200 {
		res, doc := srv.do(t, "GET", "/api/v1/catalogs/candidates?source_count=2&limit=100", "")
		if total, _ := doc["total"].(float64); res.StatusCode == 200 && total > 20 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("no candidates were made")
}
