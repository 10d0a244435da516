package store_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// The test program plays a second process when these are set: what to do and in
// which folder.
const envRole, envDir = "EXO_STORE_TEST_ROLE", "EXO_STORE_TEST_DIR"

func TestMain(m *testing.M) {
	switch os.Getenv(envRole) {
	case "hold":
		os.Exit(hold(os.Getenv(envDir)))
	case "publish":
		os.Exit(publishForever(os.Getenv(envDir)))
	case "share":
		os.Exit(writeShared(os.Getenv(envDir)))
	}
	goleak.VerifyTestMain(m)
}

// hold opens the store, says so and waits to be killed.
func hold(dir string) int {
	b, err := tryOpen(dir)
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	defer b.shut()
	fmt.Println("ready")
	time.Sleep(time.Minute) // killed long before
	return 0
}

// publishForever publishes acts of one to three files and says after each what
// is acknowledged.
func publishForever(dir string) int {
	b, err := tryOpen(dir)
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	defer b.shut()
	rng := rand.New(rand.NewPCG(uint64(os.Getpid()), 0))
	for i := range 100_000 {
		var items []store.Item
		var names []string
		for j := range 1 + i%3 {
			st, err := b.Stage(context.Background())
			if err == nil {
				_, err = st.Write(bytes.Repeat([]byte{byte(rng.Uint32())}, 1+rng.IntN(40_000)))
			}
			if err != nil {
				fmt.Println("error", err)
				return 1
			}
			name := fmt.Sprintf("lightcurves/tess/s%04d/%d-%d-%d.fits", j, os.Getpid(), i, j)
			if j == 1 {
				name = fmt.Sprintf("metadata/validation/%d-%d-%d.json", os.Getpid(), i, j)
			}
			items = append(items, store.Item{Staged: st, Meta: meta(name)})
			names = append(names, name+"="+st.Digest().Hex())
		}
		if _, err := b.Publish(context.Background(), items...); err != nil {
			fmt.Println("error", err)
			return 1
		}
		fmt.Println("acked", strings.Join(names, " "))
	}
	return 0
}

// second starts this program again in a role.
func second(t *testing.T, role, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), envRole+"="+role, envDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

func TestSecondProcessIsRefusedUntilTheFirstIsDead(t *testing.T) {
	dir := t.TempDir()
	cmd, lines := second(t, "hold", dir)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the holder says %q", lines.Text())
	}
	_, err := tryOpen(dir)
	if !errors.Is(err, exo.Conflict) || exo.HintOf(err) == "" || !strings.Contains(exo.MessageOf(err), "a test") {
		t.Errorf("a second writer: %v", err)
	}
	reader, err := tryOpen(dir, func(o *store.Options) { o.ReadOnly = true })
	if err != nil {
		t.Fatalf("a reader beside the writer: %v", err)
	}
	reader.shut()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // says that it was killed
	killed := time.Now()
	b, err := tryOpen(dir)
	if err != nil {
		t.Fatalf("after the holder's death: %v", err)
	}
	b.shut()
	if d := time.Since(killed); d > time.Second {
		t.Errorf("the lock was free after %v", d)
	}
}

func TestKilledWriterLosesNothingThatItAcknowledged(t *testing.T) {
	const kills = 20
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(3, 4))
	acked := map[exo.Path]string{}
	for n := range kills {
		cmd, lines := second(t, "publish", dir)
		// Every third dies as it starts, the others after some publications.
		patience, wait := rng.IntN(4)*(n%3), time.Duration(rng.IntN(60))*time.Millisecond
		kill := func() { time.AfterFunc(wait, func() { _ = cmd.Process.Kill() }) }
		if patience == 0 {
			kill()
		}
		for said := 1; lines.Scan(); said++ {
			if said == patience {
				kill()
			}
			words := strings.Fields(lines.Text())
			if words[0] != "acked" {
				t.Fatalf("the writer says %q", lines.Text())
			}
			for _, w := range words[1:] {
				name, hex, _ := strings.Cut(w, "=")
				acked[exo.Path(name)] = hex
			}
		}
		_ = cmd.Wait() // says that it was killed
		b, err := tryOpen(dir)
		if err != nil {
			t.Fatalf("open after a kill: %v", err)
		}
		checkAcked(t, b, acked)
		b.shut()
	}
	checkSums(t, dir)
	t.Logf("%d kills, %d files acknowledged", kills, len(acked))
	if len(acked) < kills {
		t.Errorf("only %d files were acknowledged", len(acked))
	}
}

func checkAcked(t *testing.T, b *bench, acked map[exo.Path]string) {
	t.Helper()
	have := map[exo.Path]string{}
	acts := map[string]int{}
	for _, m := range all(t, b.Store) {
		have[m.Path] = m.SHA256.Hex()
		act, _, _ := cutLast(m.Path.Base())
		acts[act]++
	}
	for p, hex := range acked {
		if have[p] != hex {
			t.Errorf("%s was acknowledged with %s and is there with %q", p, hex, have[p])
		}
	}
	for act, n := range acts {
		var pid, i int
		if _, err := fmt.Sscanf(act, "%d-%d", &pid, &i); err != nil || n != 1+i%3 {
			t.Errorf("%d files of the act %s are there", n, act)
		}
	}
	rep, err := b.Verify(context.Background(), store.VerifyOptions{}, nil)
	if err != nil || !rep.OK {
		t.Errorf("verify after a kill: %v %+v", err, rep.Damaged)
	}
	if left := leftStaged(b); len(left) > 0 {
		t.Errorf("left in staging: %v", left)
	}
	if _, err := os.Stat(filepath.Join(b.dir, ".lock")); err != nil {
		t.Error(err)
	}
}

// cutLast cuts at the last dash.
func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndex(s, "-")
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
