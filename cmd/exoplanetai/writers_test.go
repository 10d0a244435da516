package main_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/fsys"
)

// TestManyWritersAtOnce starts eight programs on one folder at once, round after
// round. Each ends its act or is refused as one of several; the versions are
// those of the programs that said so, each whole.
func TestManyWritersAtOnce(t *testing.T) {
	t.Parallel()
	const writers, rounds = 8, 4
	_, web := archives(t, nil)
	h := newHome(t, web)
	h.acknowledge(t)
	made := []string{}
	for round := range rounds {
		type ended struct {
			name, errs string
			err        error
		}
		results := make([]ended, writers)
		var all sync.WaitGroup
		for n := range writers {
			all.Go(func() {
				name := fmt.Sprintf("v%d-%d", round, n)
				cmd := h.command("version", "create", name, "--json")
				var errs strings.Builder
				cmd.Stderr = &errs
				results[n] = ended{name, "", cmd.Run()}
				results[n].errs = errs.String()
			})
		}
		all.Wait()
		for _, r := range results {
			if r.err == nil {
				made = append(made, r.name)
				continue
			}
			if _, ok := errors.AsType[*exec.ExitError](r.err); !ok {
				t.Fatal(r.err)
			}
			lines := strings.Split(strings.TrimSpace(r.errs), "\n")
			var doc struct {
				Error struct{ Code, Message string }
			}
			if err := json.Unmarshal([]byte(lines[len(lines)-1]), &doc); err != nil || doc.Error.Code != "Conflict" {
				t.Errorf("%s was refused with %s", r.name, clip(r.errs))
			}
		}
	}
	if len(made) < rounds {
		t.Errorf("only %d versions in %d rounds", len(made), rounds)
	}
	slices.Sort(made)
	intact(made...)(t, h)
	h.whole(t)
	count("programs that wrote to one folder at once", writers*rounds)
}

// TestTheLockDiesWithItsHolder kills a program that holds the folder: the next
// one needs nobody's help, and has it at once.
func TestTheLockDiesWithItsHolder(t *testing.T) {
	t.Parallel()
	const rounds = 5
	_, web := archives(t, nil)
	h := newHome(t, web)
	h.acknowledge(t)
	for n := range rounds {
		holder := h.command("serve", "--listen", "127.0.0.1:0")
		said, err := holder.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := holder.Start(); err != nil {
			t.Fatal(err)
		}
		serves := false
		for lines := bufio.NewScanner(said); !serves && lines.Scan(); {
			serves = strings.Contains(lines.Text(), "http://")
		}
		_, code := h.run(t, "version", "create", fmt.Sprintf("early%d", n), "--json")
		_ = holder.Process.Kill()
		_ = holder.Wait() // its end by a signal is wanted
		if !serves || code == 0 {
			t.Fatalf("the server serves: %v; another program had the folder beside it: %v", serves, code == 0)
		}
		begin := time.Now()
		h.lockFree(t)
		if d := time.Since(begin); d > time.Second {
			t.Errorf("the folder was free only after %v", d)
		}
		h.must(t, nil, "version", "create", fmt.Sprintf("after%d", n))
	}
	h.whole(t)
	count("holders of a folder killed, the next one at once at work", rounds)
}

// lockFree takes the lock of the folder as a program does, and gives it back.
func (h home) lockFree(t *testing.T) {
	t.Helper()
	disk, err := fsys.OpenDir(h.data(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	}()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		held, err := disk.Lock(".lock")
		if err == nil {
			if err := held.Unlock(); err != nil {
				t.Error(err)
			}
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the lock is not free: %v", err)
		}
	}
}
