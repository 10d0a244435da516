package validate_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/validate"
	"exoplanetai/internal/xtest"
)

// peer is what the rules give in pandas.
type peer struct {
	Read  float64        `json:"read"`  // seconds, shortest
	Judge float64        `json:"judge"` // seconds, shortest
	Rules map[string]int `json:"rules"`
}

func runPeer(t testing.TB, file, repeats string) peer {
	t.Helper()
	script, err := os.ReadFile("testdata/peer.py")
	if err != nil {
		t.Fatal(err)
	}
	var p peer
	out := xtest.Python(t, "import warnings; warnings.simplefilter('ignore')\n"+string(script), xtest.Shared(t, "data/real/catalogs/"+file), repeats)
	if err := json.Unmarshal([]byte(out), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPandasFindsTheSame(t *testing.T) {
	for _, tt := range realTables[:2] {
		rep := validate.Table(parse(t, tt.typ, wire(t, tt.file)), validate.Options{Now: today})
		ours := map[string]int{}
		for _, n := range rep.Levels {
			for id, k := range n.Rules {
				ours[strings.TrimPrefix(id, "koi.")] = k
			}
		}
		theirs := runPeer(t, tt.file, "1").Rules
		for _, id := range slices.Sorted(maps.Keys(ours)) {
			if ours[id] != theirs[id] {
				t.Errorf("%s: %s marks %d rows, pandas %d", tt.name, id, ours[id], theirs[id])
			}
		}
		for id, n := range theirs {
			if ours[id] == 0 {
				t.Errorf("%s: pandas marks %d rows by %s", tt.name, n, id)
			}
		}
	}
}

// BenchmarkPeer runs the rules in Go and in pandas in turns, and gives the ratio
// of the shortest times: of the rules (ours read the numbers from text, pandas
// has them), and with reading the table.
func BenchmarkPeer(b *testing.B) {
	file := realTables[1].file
	raw := wire(b, file)
	more := parse(b, catalog.KOI, wide(b))
	for b.Loop() {
		theirs := runPeer(b, file, "5")
		read, judge, judge153 := time.Hour, time.Hour, time.Hour
		for range 20 {
			start := time.Now()
			tab := parse(b, catalog.KOI, bytes.Clone(raw))
			middle := time.Now()
			validate.Table(tab, validate.Options{Now: today})
			read, judge = min(read, middle.Sub(start)), min(judge, time.Since(middle))
			start = time.Now()
			validate.Table(more, validate.Options{Now: today})
			judge153 = min(judge153, time.Since(start))
		}
		b.ReportMetric(judge.Seconds()*1e3, "ours-ms")
		b.ReportMetric(judge153.Seconds()*1e3, "ours-153-columns-ms")
		b.ReportMetric(theirs.Judge*1e3, "pandas-ms")
		b.ReportMetric(theirs.Judge/judge.Seconds(), "ratio")
		b.ReportMetric((theirs.Judge+theirs.Read)/(judge+read).Seconds(), "ratio-with-reading")
	}
}
