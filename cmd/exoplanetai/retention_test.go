package main_test

import (
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/fsys"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/maintain"
	"exoplanetai/internal/sample"
	"exoplanetai/internal/xtest"
)

// aged is a folder in which the retention lets some raw files go: v1 holds the
// first of four tables, the next two were replaced and no version holds them, and
// a backup that was read back has all.
type aged struct {
	home
	saved string            // a copy of the folder, to begin anew with
	may   []string          // raw files that may go, unless a version comes to hold them
	stays map[string]string // all other data files, with their digests
}

func newAged(t *testing.T) *aged {
	t.Helper()
	sky, web := archives(t, nil)
	h := newHome(t, web).with("BACKUP_REPOSITORY=" + elsewhere(t))
	a := &aged{home: h, saved: filepath.Join(h.dir, "saved")}
	config, err := os.OpenFile(filepath.Join(h.dir, "data_config.yaml"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = config.WriteString("storage:\n  raw_retention_days: 1\n")
	if err := join(err, config.Close()); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		past := h.ahead(t, time.Duration(i-4)*100*24*time.Hour)
		if err := sky.SetFaults(sample.Fault{Name: "exofop.update", Value: strconv.Itoa(i + 1)}); err != nil {
			t.Fatal(err)
		}
		var r ingest.TableResult
		if past.must(t, &r, "ingest", "table", "toi", "--force-refresh"); r.Source != ingest.FromArchive {
			t.Fatalf("table %d came from %s", i+1, r.Source)
		}
		if i == 0 {
			past.acknowledge(t)
			past.must(t, nil, "version", "create", "v1")
		} else if i < 3 {
			a.may = append(a.may, string(r.RawPath))
		}
	}
	beside := &aged{home: h.with("BACKUP_REPOSITORY=" + filepath.Join(h.dir, "beside"))}
	beside.must(t, nil, "backup", "create", "--force")
	beside.must(t, nil, "backup", "verify")
	if got := beside.going(t); len(got) > 0 {
		t.Fatalf("%v would go for a backup that one broken disk takes with the data", got)
	}
	h.must(t, nil, "backup", "create")
	h.must(t, nil, "backup", "verify")
	a.stays = h.files(t, "raw", "lightcurves", "processed", "versions/v1/files")
	maps.DeleteFunc(a.stays, func(path, _ string) bool { return slices.Contains(a.may, path) })
	a.copied(t, h.data(), a.saved)
	return a
}

// elsewhere is the place of a repository on another file system.
func elsewhere(t *testing.T) string {
	t.Helper()
	const memory = "/dev/shm"
	if same, err := fsys.SameDevice(os.TempDir(), memory); err != nil || same {
		skipped()
		t.Skipf("this system has no second file system in %s (%v)", memory, err)
	}
	dir, err := os.MkdirTemp(memory, "exoplanetai-")
	if err != nil {
		skipped()
		t.Skipf("%s cannot be written to: %v", memory, err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return filepath.Join(dir, "repository")
}

// copied copies a folder with its hard links, times and permissions.
func (a *aged) copied(t *testing.T, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(xtest.Tool(t, "cp"), "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v %s", err, out)
	}
}

// going asks the retention for its candidates.
func (a *aged) going(t *testing.T) []string {
	t.Helper()
	var r maintain.RetainReport
	a.must(t, &r, "storage", "retention", "--dry-run")
	names := []string{}
	for _, f := range r.Removed {
		names = append(names, string(f.Path))
	}
	return names
}

// sound requires that nothing is gone but what may go and no version holds.
func (a *aged) sound(t *testing.T, what string) {
	t.Helper()
	now := a.files(t, "raw", "lightcurves", "processed", "versions")
	for path, sum := range a.stays {
		if now[path] != sum {
			t.Fatalf("%s: %s had to stay and is %q", what, path, now[path])
		}
	}
	for path, sum := range now {
		parts := strings.SplitN(path, "/", 4) // versions/NAME/files/…
		if len(parts) == 4 && parts[2] == "files" && now[parts[3]] != sum {
			t.Fatalf("%s: version %s holds %s, which is %q", what, parts[1], parts[3], now[parts[3]])
		}
	}
	for i, path := range a.may[1:] { // what is let go at once goes at once
		if (now[path] == "") != (now[a.may[i]] == "") {
			t.Fatalf("%s: %s went alone: %v", what, a.may, now)
		}
	}
}

// killedAt starts a command and kills it as soon as a file is gone.
func (h home) killedAt(t *testing.T, file string, args ...string) bool {
	t.Helper()
	cmd := h.command(args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // its end by a signal is wanted
	}()
	for running := true; running; {
		select {
		case <-ended:
			running = false
		case <-time.After(50 * time.Microsecond):
			_, err := os.Lstat(filepath.Join(h.data(), file))
			running = err == nil
		}
	}
	_ = cmd.Process.Kill() // too late is fine: then the act is complete
	<-ended
	return !cmd.ProcessState.Exited()
}

// TestKillOfRetentionBesideAVersion kills the retention, or the making of a
// version, and starts the other at once (R17): half of the retentions at the
// moment at which the first file goes, all else at a random one. Whatever was
// cut short, no file goes that a version holds, and none that is not a candidate.
func TestKillOfRetentionBesideAVersion(t *testing.T) {
	t.Parallel()
	a := newAged(t)
	retention, create := []string{"storage", "retention", "--yes"}, []string{"version", "create", "v2"}
	if got := a.going(t); !slices.Equal(got, a.may) {
		t.Fatalf("%v would go, want %v", got, a.may)
	}
	begin := time.Now()
	a.must(t, nil, create...)
	spans := map[bool]time.Duration{false: time.Since(begin)}
	begin = time.Now()
	a.must(t, nil, retention...)
	spans[true] = time.Since(begin)
	a.sound(t, "nothing was killed")
	if got := a.going(t); len(got) > 0 || a.files(t, "raw")[a.may[0]] == "" {
		t.Fatalf("a version holds %v; %v would go", a.may, got)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 17))
	hit, gone := 0, 0
	for round := 0; hit < *kills && round < 6**kills; round++ {
		a.copied(t, a.saved, a.data())
		first, second := create, retention
		if round%2 == 0 {
			first, second = retention, create
		}
		var cut bool
		if round%4 == 0 {
			cut = a.killedAt(t, a.may[0], first...)
		} else {
			span := spans[round%2 == 0]
			if cut = a.killed(t, time.Duration(rng.Int64N(int64(span))), first...); !cut {
				spans[round%2 == 0] = max(span*3/4, 10*time.Millisecond)
			}
		}
		what := "round " + strconv.Itoa(round) + ", killed: " + strings.Join(first, " ")
		a.must(t, nil, second...)
		a.sound(t, what)
		if _, err := os.Lstat(filepath.Join(a.data(), "versions", "v2")); first[0] == "storage" || err != nil {
			a.must(t, nil, first...)
		}
		a.sound(t, what+", and then to its end")
		a.whole(t)
		intact("v1", "v2")(t, a.home)
		now := a.files(t, "raw", "versions/v2/files")
		if cut {
			hit++
			if now[a.may[0]] == "" {
				gone++
			}
		}
		for _, path := range a.may {
			if (now[path] == "") != (now["versions/v2/files/"+path] == "") {
				t.Fatalf("%s: the tree has %q of %s, v2 %q", what, now[path], path, now["versions/v2/files/"+path])
			}
		}
	}
	t.Logf("%d of the killed acts ended with the files gone, %d with a version that holds them", gone, hit-gone)
	if hit < *kills || gone == 0 {
		t.Errorf("%d killed before their end, want %d; in %d the files went", hit, *kills, gone)
	}
	count("kills of the program: retention beside a version", hit)
}
