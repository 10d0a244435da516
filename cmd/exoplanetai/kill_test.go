package main_test

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/ingest"
)

const everyDay = 10

// kills is for every day; a night's run is go test ./cmd/exoplanetai -run Kill -kills 100.
var kills = flag.Int("kills", everyDay, "rounds of each act that is killed")

// act is something that the program does and may be killed at.
type act struct {
	line    []string
	prepare func(t *testing.T, h home)      // what must be there before; nil: nothing
	again   func(t *testing.T, h home) bool // whether the act is still to be done after a kill; nil: it may always be done again
	after   func(t *testing.T, h home)      // what must hold at the end; nil: nothing more
}

// acts are all that change a folder.
func acts() map[string]act {
	return map[string]act{
		"ingest of a table":       {line: []string{"ingest", "table", "k2"}},
		"ingest of a light curve": {line: []string{"ingest", "lightcurve", "TIC 441420236", "--mission", "TESS"}},
		"batch":                   {line: []string{"ingest", "batch"}},
		"preprocessing": {line: []string{"preprocess", "lightcurve", "EPIC 201912552", "--profile", "transit"},
			after: func(t *testing.T, h home) { h.reproduced(t, 1) }},
		"validation": {line: []string{"validate", "lightcurve", "--target", "EPIC 201912552"}},
		"version":    {line: []string{"version", "create", "v2"}, prepare: versioned, again: lacks("v2"), after: intact("v1", "v2")},
		"restore":    {line: []string{"version", "restore", "v1"}, prepare: damaged, after: intact("v1")},
		"repair":     {line: []string{"storage", "repair", "--yes"}, prepare: damaged, after: intact("v1")},
		"sweep":      {line: []string{"storage", "sweep"}, prepare: versioned, after: intact("v1")},
		"backup":     {line: []string{"backup", "create", "--force"}, prepare: backedUp, after: safe},
		"cleanup":    {line: []string{"storage", "cleanup", "--max-age-days", "0"}, prepare: versioned, after: intact("v1")},
		"deletion":   {line: []string{"version", "delete", "v1", "--yes"}, prepare: versioned, again: holds("v1"), after: intact()},
	}
}

// TestKill ends the program with -9 at a random moment of each act. Whatever the
// moment, what had been acknowledged is there, the next run needs no help, and
// it ends with the same bytes as an undisturbed one.
func TestKill(t *testing.T) {
	_, web := archives(t, nil)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for name, act := range acts() {
		rng := rand.New(rand.NewPCG(seed, uint64(len(name))))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			undisturbed := newHome(t, web)
			undisturbed.acknowledge(t)
			act.ready(t, undisturbed)
			begin := time.Now()
			undisturbed.must(t, nil, act.line...)
			span := time.Since(begin)
			want := undisturbed.contents(t)
			if act.line[len(act.line)-1] == "k2" || act.line[1] == "batch" {
				if want["report of k2"] == 0 || !slices.ContainsFunc(slices.Collect(maps.Keys(want)), func(s string) bool { return strings.HasPrefix(s, "processed/v2 ") }) {
					t.Fatalf("nothing follows the table: %v", want)
				}
			}
			// A run that ended before it could be killed does not count, and
			// shows that the span was measured on a busier machine.
			wanted := max(1, *kills)
			hit, rounds := 0, 0
			for ; hit < wanted && rounds < 6*wanted; rounds++ {
				if act.kill(t, web, time.Duration(rng.Int64N(int64(span))), want) {
					hit++
				} else {
					span = max(span*3/4, 10*time.Millisecond)
				}
			}
			t.Logf("%d of %d runs were killed before their end", hit, rounds)
			if hit < wanted {
				t.Errorf("only %d of %d runs were killed before their end", hit, rounds)
			}
			count("kills of the program: "+name, hit)
		})
	}
}

func (a act) ready(t *testing.T, h home) {
	t.Helper()
	if a.prepare != nil {
		a.prepare(t, h)
	}
}

// kill runs one round and reports whether the act was cut short.
func (a act) kill(t *testing.T, web string, after time.Duration, want map[string]int) (cutShort bool) {
	t.Helper()
	h := newHome(t, web)
	path, sum := h.acknowledge(t)
	a.ready(t, h)
	cutShort = h.killed(t, after, a.line...)
	h.killed(t, after/4, "storage", "reindex") // and once more while it recovers
	if a.again == nil || a.again(t, h) {
		h.must(t, nil, a.line...)
	}
	h.whole(t)
	if a.after != nil {
		a.after(t, h)
	}
	if got := digest(t, filepath.Join(h.data(), path)); got != sum {
		t.Fatalf("killed after %v: %s was acknowledged and is now %s", after, path, got)
	}
	if got := h.contents(t); !maps.Equal(got, want) {
		t.Fatalf("killed after %v: the tree holds\n%v\nwant\n%v", after, got, want)
	}
	return cutShort
}

// acknowledge stores one light curve, so that there is something to lose.
func (h home) acknowledge(t *testing.T) (path, sum string) {
	t.Helper()
	var res ingest.LightCurveResult
	h.must(t, &res, "ingest", "lightcurve", "EPIC 201912552")
	if len(res.Files) == 0 {
		t.Fatal("no light curve of EPIC 201912552")
	}
	return string(res.Files[0].Path), res.Files[0].Checksum.Hex()
}

// killed starts a command and kills it, and reports whether it was still at work.
func (h home) killed(t *testing.T, after time.Duration, args ...string) bool {
	t.Helper()
	cmd := h.command(args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	_ = cmd.Process.Kill() // too late is fine: then the act is complete
	err := cmd.Wait()
	return err != nil && !cmd.ProcessState.Exited()
}

// contents counts the distinct contents of data files by the folder and digest:
// names hold the time, contents do not. Search answers are left out, since an
// act that is repeated may ask twice; of validation reports, which hold the time,
// only what they are of counts.
func (h home) contents(t *testing.T) map[string]int {
	t.Helper()
	distinct := map[string]int{}
	for path, sum := range h.files(t, "raw", "lightcurves", "processed/v1", "processed/v2") {
		if !strings.HasPrefix(path, "raw/mast/") {
			distinct[filepath.Dir(path)+" "+sum] = 1
		}
	}
	for path := range h.files(t, "metadata/validation") {
		of, _, _ := strings.Cut(filepath.Base(path), "_")
		distinct["report of "+of] = 1
	}
	return distinct
}

func digest(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
