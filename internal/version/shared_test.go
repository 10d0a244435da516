package version_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
	"exoplanetai/internal/xtest"
)

// sharedBy is the URL of the Postgres database of a shared tree; empty: the index
// is in the tree.
var sharedBy string

func shareTree(t *testing.T) {
	sharedBy = xtest.Postgres(t)
	t.Cleanup(func() { sharedBy = "" })
}

// The test program plays another process when these are set.
const envDir, envURL, envName = "EXO_VERSION_TEST_DIR", "EXO_VERSION_TEST_URL", "EXO_VERSION_TEST_NAME"

// TestPlaysAnotherProcess makes and deletes versions until it is killed. It is no
// test of its own.
func TestPlaysAnotherProcess(t *testing.T) {
	dir := os.Getenv(envDir)
	if dir == "" {
		t.Skip("it plays a part in another test")
	}
	sharedBy = os.Getenv(envURL)
	b := open(t, dir)
	b.at = time.Now()
	for i := range 10_000 {
		name := fmt.Sprintf("%s-%d", os.Getenv(envName), i)
		if _, err := b.Create(t.Context(), version.CreateOptions{Name: name}); err != nil {
			t.Fatal("error", err)
		}
		fmt.Println("made", name)
		if i%3 == 2 {
			if _, err := b.Delete(t.Context(), exo.VersionName(name), version.DeleteOptions{}); err != nil {
				t.Fatal("error", err)
			}
			fmt.Println("deleted", name)
		}
	}
}

func TestProcessesOfASharedTreeSeeEachOthersVersions(t *testing.T) {
	shareTree(t)
	dir := t.TempDir()
	a := open(t, dir)
	a.fill(3)
	b := open(t, dir)
	b.at = a.at.Add(time.Minute)
	a.create("v1")
	b.create("v2")
	if m := a.create("v3"); m.ParentVersion == nil || *m.ParentVersion != "v2" {
		t.Errorf("the parent of v3 is %v", m.ParentVersion)
	}
	if _, err := b.Delete(t.Context(), "v3", version.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	b.at = b.at.Add(time.Hour)
	again, err := b.Create(t.Context(), version.CreateOptions{Name: "v3", Description: "another"})
	if err != nil {
		t.Fatal(err)
	}
	m := a.create("v4") // its process has read the first v3
	if *m.ParentVersion != "v3" || !m.CreatedAt.After(again.CreatedAt) {
		t.Errorf("v4 comes after %v, at %v; v3 was made at %v", m.ParentVersion, m.CreatedAt, again.CreatedAt)
	}
	if d, err := a.CheckRecord(t.Context()); err != nil || len(d) > 0 {
		t.Errorf("%v %v", d, err)
	}
	if err := a.Alone(t.Context(), func(ctx context.Context) error {
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		_, err := b.Create(short, version.CreateOptions{Name: "v5"})
		return err
	}); !errors.Is(err, exo.Unavailable) {
		t.Errorf("a version beside who wants to be alone: %v", err)
	}
}

func TestKilledMakersOfVersionsOnASharedTreeLeaveWholeOnes(t *testing.T) { // R12
	shareTree(t)
	dir, url := t.TempDir(), sharedBy
	b := open(t, dir)
	b.fill(40)
	kills := 10
	if xtest.Nightly() {
		kills = 60
	}
	var out [2]bytes.Buffer
	var making sync.WaitGroup
	for i := range out {
		making.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 6))
			for n := range kills / 2 {
				cmd := exec.Command(os.Args[0], "-test.run=^TestPlaysAnotherProcess$")
				cmd.Env = append(os.Environ(), envDir+"="+dir, envURL+"="+url, fmt.Sprintf("%s=w%d-%d", envName, i, n))
				cmd.Stdout = &out[i]
				if err := cmd.Start(); err != nil {
					t.Error(err)
					return
				}
				timer := time.AfterFunc(300*time.Millisecond+time.Duration(rng.IntN(400))*time.Millisecond, func() { _ = cmd.Process.Kill() })
				_ = cmd.Wait() // it was killed
				timer.Stop()
			}
		})
	}
	making.Wait()
	there := map[string]bool{}
	for i := range out {
		for line := range strings.Lines(out[i].String()) {
			switch words := strings.Fields(line); {
			case len(words) == 2 && words[0] == "made" && strings.HasSuffix(line, "\n"):
				there[words[1]] = true
			case len(words) == 2 && words[0] == "deleted":
				delete(there, words[1])
			case strings.Contains(line, "error"):
				t.Error(line)
			}
		}
	}
	b.at = time.Now().Add(time.Hour)
	b.create("last") // finishes what the last one left
	names, err := b.Names()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, n := range names {
		have[string(n)] = true
		if r, err := b.Verify(t.Context(), n, version.VerifyOptions{}, nil); err != nil || !r.OK {
			t.Errorf("version %s: %v %+v", n, err, r.Damaged)
		}
	}
	for n := range there {
		last, _ := strconv.Atoi(n[strings.LastIndex(n, "-")+1:])
		if !have[n] && last%3 != 2 { // the others were deleted, and perhaps killed before they said so
			t.Errorf("version %s was made and is gone", n)
		}
	}
	if d, err := b.CheckRecord(t.Context()); err != nil || len(d) > 0 {
		t.Errorf("the record: %v %v", d, err)
	}
	if r, err := b.store.Verify(t.Context(), store.VerifyOptions{}, nil); err != nil || !r.OK {
		t.Errorf("the tree: %v %+v", err, r.Damaged)
	}
	if t.Failed() {
		o, _ := exec.Command("bash", "-c", "cd "+dir+"/versions; git --git-dir .git fsck; git --git-dir .git log --oneline -5 | cat; ls -la .git .git/refs/tags | tail -30").CombinedOutput()
		t.Log(string(o))
	}
	t.Logf("%d kills, %d versions told of, %d there", kills, len(there), len(names))
}
