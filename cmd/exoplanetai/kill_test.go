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

// kills is small for every day; a night's run is go test ./cmd/exoplanetai -run Kill -kills 100.
var kills = flag.Int("kills", 7, "rounds of each act that is killed")

// TestKill ends the program with -9 at a random moment of each act. Whatever the
// moment, what had been acknowledged is there, the next run needs no help, and
// it ends with the same bytes as an undisturbed one.
func TestKill(t *testing.T) {
	acts := map[string][]string{
		"ingest of a table":       {"ingest", "table", "k2"},
		"ingest of a light curve": {"ingest", "lightcurve", "TIC 441420236", "--mission", "TESS"},
		"batch":                   {"ingest", "batch"},
		"preprocessing":           {"preprocess", "lightcurve", "EPIC 201912552", "--profile", "transit"},
		"validation":              {"validate", "lightcurve", "--target", "EPIC 201912552"},
	}
	_, web := archives(t, nil)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for name, act := range acts {
		rng := rand.New(rand.NewPCG(seed, uint64(len(name))))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			undisturbed := newHome(t, web)
			undisturbed.acknowledge(t)
			begin := time.Now()
			undisturbed.must(t, nil, act...)
			span := time.Since(begin)
			want := undisturbed.contents(t)
			if act[len(act)-1] == "k2" || act[1] == "batch" {
				if want["report of k2"] == 0 || !slices.ContainsFunc(slices.Collect(maps.Keys(want)), func(s string) bool { return strings.HasPrefix(s, "processed/v2 ") }) {
					t.Fatalf("nothing follows the table: %v", want)
				}
			}
			// A run that ended before it could be killed does not count, and
			// shows that the span was measured on a busier machine.
			hit, rounds := 0, 0
			for ; hit < *kills && rounds < 6**kills; rounds++ {
				if kill(t, web, act, time.Duration(rng.Int64N(int64(span))), want) {
					hit++
				} else {
					span = max(span*3/4, 10*time.Millisecond)
				}
			}
			t.Logf("%d of %d runs were killed before their end", hit, rounds)
			if hit < *kills {
				t.Errorf("only %d of %d runs were killed before their end", hit, rounds)
			}
		})
	}
}

// kill runs one round and reports whether the act was cut short.
func kill(t *testing.T, web string, act []string, after time.Duration, want map[string]int) (cutShort bool) {
	t.Helper()
	h := newHome(t, web)
	path, sum := h.acknowledge(t)
	cutShort = h.killed(t, after, act...)
	h.killed(t, after/4, "storage", "reindex") // and once more while it recovers
	h.must(t, nil, act...)
	h.whole(t)
	if act[0] == "preprocess" {
		h.reproduced(t, 1)
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
