package metrics_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/metrics"
	"exoplanetai/internal/xtest"
)

var update = flag.Bool("update", false, "write the tables of docs/monitoring.md anew")

// unitOf reads the unit from a name; most counters count things.
func unitOf(e metrics.Entry) string {
	name := strings.TrimSuffix(e.Name, "_total")
	for suffix, unit := range map[string]string{
		"_timestamp_seconds": "seconds since 1970", "_seconds": "seconds", "_bytes": "bytes", "_ratio": "0…1",
	} {
		if strings.HasSuffix(name, suffix) && (suffix != "_seconds" || !strings.HasSuffix(name, "_timestamp_seconds")) {
			return unit
		}
	}
	return "–"
}

func TestTheDocumentListsEveryMetric(t *testing.T) {
	var b strings.Builder
	b.WriteString("| metric | type | labels | unit | meaning |\n|---|---|---|---|---|\n")
	for _, e := range metrics.New(metrics.Options{}).Catalogue() {
		labels := "–"
		if len(e.Labels) > 0 {
			labels = "`" + strings.Join(e.Labels, "` `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", e.Name, e.Type, labels, unitOf(e), strings.ReplaceAll(e.Help, "|", "\\|"))
	}
	const file, begin, end = "../../docs/monitoring.md", "<!-- metrics: written by go test ./internal/metrics -run Document -update -->\n", "<!-- end of metrics -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	old, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the metrics", file)
	}
	if old == b.String() {
		return
	}
	if !*update {
		t.Fatalf("%s does not list the metrics that there are; write it anew with -update", file)
	}
	if err := os.WriteFile(file, []byte(before+begin+b.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

var (
	aName  = regexp.MustCompile(`\b(?:exoplanetai|go|process)_[a-z0-9_]+\b`)
	aMatch = regexp.MustCompile(`\b((?:exoplanetai|go|process)_[a-z0-9_]+)\{([^}]*)\}`)
	aLabel = regexp.MustCompile(`([a-z_]+)\s*[=!]~?\s*"`)
	quoted = regexp.MustCompile(`"[^"]*"`)
)

// expressions collects what is asked of Prometheus in what we ship.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	list := map[string]string{}
	rules, err := os.ReadFile("../../deploy/prometheus/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	name := ""
	for line := range strings.Lines(string(rules)) { // an expression has one line, or those until "for" or "labels"
		key, rest, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "- alert":
			name = "alert " + strings.TrimSpace(rest)
		case "for", "labels", "annotations", "summary", "action", "- name":
		default:
			if name != "" && !strings.HasPrefix(key, "#") {
				list[name] += " " + strings.TrimPrefix(strings.TrimSpace(line), "expr: ")
			}
		}
	}
	text, err := os.ReadFile("../../deploy/grafana/exoplanetai.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			Type    string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	ids := map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] || p.Title == "" || p.GridPos.W < 1 || p.GridPos.X+p.GridPos.W > 24 || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("the panel %d, %q, is not well made", p.ID, p.Title)
		}
		ids[p.ID] = true
		for i, q := range p.Targets {
			list[fmt.Sprintf("panel %q %d", p.Title, i)] = q.Expr
		}
	}
	return list
}

func TestDashboardsAndAlertsAskOnlyForWhatThereIs(t *testing.T) {
	m := metrics.New(metrics.Options{})
	names, err := m.Names()
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string][]string{}
	for _, e := range m.Catalogue() {
		for _, suffix := range []string{"", "_bucket", "_sum", "_count"} {
			labels[e.Name+suffix] = append([]string{"instance", "job", "le"}, e.Labels...)
		}
	}
	list := expressions(t)
	if len(list) < 80 {
		t.Fatalf("only %d expressions found", len(list))
	}
	used := map[string]bool{}
	for at, expr := range list {
		for _, name := range aName.FindAllString(quoted.ReplaceAllString(expr, `""`), -1) {
			if !slices.Contains(names, name) {
				t.Errorf("%s asks for %s, which does not exist", at, name)
			}
			used[name] = true
		}
		for _, sel := range aMatch.FindAllStringSubmatch(expr, -1) {
			for _, l := range aLabel.FindAllStringSubmatch(sel[2], -1) {
				if known, ok := labels[sel[1]]; ok && !slices.Contains(known, l[1]) {
					t.Errorf("%s: %s has no label %s", at, sel[1], l[1])
				}
			}
		}
	}
	for _, e := range m.Catalogue() {
		if !used[e.Name] && !used[e.Name+"_bucket"] && e.Name != "exoplanetai_archive_probe_timestamp_seconds" && e.Name != "exoplanetai_version_newest_timestamp_seconds" {
			t.Errorf("no panel and no alert shows %s", e.Name)
		}
	}
}

func TestEveryAlertIsDescribed(t *testing.T) {
	text, err := os.ReadFile("../../docs/monitoring.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for at := range expressions(t) {
		if name, ok := strings.CutPrefix(at, "alert "); ok {
			n++
			if !strings.Contains(string(text), "`"+name+"`") {
				t.Errorf("docs/monitoring.md does not say what to do about %s", name)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d alerts", n)
	}
}

func TestPrometheusTakesTheSettingsAndTheAlertsRing(t *testing.T) {
	tool := xtest.Tool(t, "promtool")
	for _, line := range [][]string{{"check", "config", "prometheus.yml"}, {"check", "rules", "alerts.yml"}, {"test", "rules", "alerts_test.yml"}} {
		cmd := exec.Command(tool, line...)
		cmd.Dir = "../../deploy/prometheus"
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", line, err, out)
		}
	}
}

func TestPrometheusReadsWhatWeTell(t *testing.T) {
	tool := xtest.Tool(t, "promtool")
	m := metrics.New(metrics.Options{Version: "1", Go: "go1"})
	m.Asked()
	m.Answered(metrics.Answer{Route: "GET /x/{id}", Method: "GET", Status: 200})
	m.Ingested("koi", "archive", 1, 1, nil)
	m.JobKinds("batch")
	cmd := exec.Command(tool, "check", "metrics")
	cmd.Stdin = strings.NewReader(scrape(t, m))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}
