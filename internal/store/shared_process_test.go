package store_test

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
)

// What a writer of a shared tree is told: the URL of the database, its number,
// and which of its files are acknowledged already.
const envURL, envWriter, envDone = "EXO_STORE_TEST_URL", "EXO_STORE_TEST_WRITER", "EXO_STORE_TEST_DONE"

// sharedFile is the i-th file of a writer. Every tenth is of both: whoever comes
// first publishes it.
func sharedFile(writer, i int) (name string, data []byte) {
	if i%10 == 9 {
		writer = 0
	}
	name = fmt.Sprintf("lightcurves/tess/s%04d/%d-%d.fits", i%7, writer, i)
	if i%3 == 0 {
		name = fmt.Sprintf("raw/nasa/koi_%d_%d.csv", writer, i)
	}
	return name, bytes.Repeat(fmt.Appendf(nil, "%d %d\n", writer, i), 200+i)
}

const sharedFiles = 500 / min(stride, 3) // of each writer

// writeShared publishes all files of a writer that are not done, four at a time,
// and says of each when it is acknowledged.
func writeShared(dir string) int {
	url := os.Getenv(envURL)
	databaseOf = func(string) string { return url }
	writer, _ := strconv.Atoi(os.Getenv(envWriter))
	done := map[string]bool{}
	for _, w := range strings.Fields(os.Getenv(envDone)) {
		done[w] = true
	}
	b, err := tryOpen(dir, func(o *store.Options) { o.Holder = "writer " + strconv.Itoa(writer) })
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	defer b.shut()
	var next, failed int
	var mu sync.Mutex // guards next, failed and the output
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				mu.Lock()
				for next < sharedFiles && done[strconv.Itoa(next)] {
					next++
				}
				i := next
				next++
				mu.Unlock()
				if i >= sharedFiles {
					return
				}
				err := publishShared(b.Store, writer, i)
				mu.Lock()
				if err != nil {
					failed++
					fmt.Println("error", i, err)
				} else {
					fmt.Println("acked", i)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return failed
}

func publishShared(s *store.Store, writer, i int) error {
	ctx := context.Background()
	name, data := sharedFile(writer, i)
	st, err := s.Stage(ctx)
	if err != nil {
		return err
	}
	defer st.Discard()
	if _, err := st.Write(data); err != nil {
		return err
	}
	m := meta(name)
	m.RetrievedAt = time.Now() // each try makes another record
	_, err = s.Publish(ctx, store.Item{Staged: st, Meta: m})
	return err
}

// writerProcess is a writer of a shared tree that is started again until all its
// files are acknowledged.
type writerProcess struct {
	number   int
	dir, url string

	mu    sync.Mutex // guards what follows
	cmd   *exec.Cmd
	acked map[string]bool
	kills int
	wrong []string
}

func (w *writerProcess) run(t *testing.T) {
	for range 1000 {
		var done []string
		for i := range w.acked {
			done = append(done, i)
		}
		if len(done) == sharedFiles {
			return
		}
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), envRole+"=share", envDir+"="+w.dir, envURL+"="+w.url,
			envWriter+"="+strconv.Itoa(w.number), envDone+"="+strings.Join(done, " "))
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, os.Stderr
		w.mu.Lock()
		if err := cmd.Start(); err != nil {
			w.wrong = append(w.wrong, err.Error())
		}
		w.cmd = cmd
		w.mu.Unlock()
		_ = cmd.Wait() // it may say that it was killed
		w.mu.Lock()
		w.cmd = nil
		for line := range strings.Lines(out.String()) {
			words := strings.Fields(line)
			switch {
			case len(words) == 2 && words[0] == "acked" && strings.HasSuffix(line, "\n"):
				w.acked[words[1]] = true
			case len(words) > 0 && words[0] == "error":
				w.wrong = append(w.wrong, line)
			}
		}
		stop := len(w.wrong) > 0
		w.mu.Unlock()
		if stop {
			return
		}
	}
}

func (w *writerProcess) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cmd != nil {
		_ = w.cmd.Process.Kill() // it may have ended
		w.kills++
	}
}

// Two processes write to one tree, beside a third that verifies, and one of them
// is killed again and again. R12.
func TestKilledWritersOfASharedTreeLoseNothingAndPublishNothingTwice(t *testing.T) {
	onPostgres(t)
	dir := t.TempDir()
	url := databaseOf(dir)
	watcher := open(t, dir)
	writers := []*writerProcess{{number: 1, dir: dir, url: url}, {number: 2, dir: dir, url: url}}
	ctx, cancel := context.WithCancel(t.Context())
	var writing, beside sync.WaitGroup
	for _, w := range writers {
		w.acked = map[string]bool{}
		writing.Go(func() { w.run(t) })
	}
	beside.Go(func() {
		rng := rand.New(rand.NewPCG(24, 25))
		pause := 150 * time.Millisecond // some publications between two kills
		for i := 0; ctx.Err() == nil; i++ {
			time.Sleep(pause + time.Duration(rng.IntN(int(pause))))
			writers[i%2].kill()
		}
	})
	beside.Go(func() {
		for ctx.Err() == nil {
			if rep, err := watcher.Verify(ctx, store.VerifyOptions{}, nil); ctx.Err() == nil && (err != nil || !rep.OK) {
				t.Errorf("verify beside the writers: %v %+v", err, rep.Damaged)
				return
			}
		}
	})
	writing.Wait()
	cancel()
	beside.Wait()
	for _, w := range writers {
		if len(w.acked) != sharedFiles || len(w.wrong) > 0 {
			t.Errorf("writer %d: %d acknowledged, %q", w.number, len(w.acked), w.wrong)
		}
	}
	checkShared(t, watcher)
	t.Logf("%d and %d kills", writers[0].kills, writers[1].kills)
}

// checkShared compares the tree with what the writers should have made of it.
func checkShared(t *testing.T, b *bench) {
	t.Helper()
	want := map[exo.Path]exo.Digest{}
	for _, writer := range []int{1, 2} {
		for i := range sharedFiles {
			name, data := sharedFile(writer, i)
			want[exo.Path(name)] = exo.DigestOf(data)
		}
	}
	have := all(t, b.Store)
	for _, m := range have {
		if want[m.Path] != m.SHA256 {
			t.Errorf("%s: %s", m.Path, m.SHA256)
		}
		delete(want, m.Path)
	}
	for p := range want {
		t.Errorf("%d files are not there, %s for one", len(want), p)
		break
	}
	if _, err := b.Store.Get(t.Context(), "raw/nasa/none.csv"); !errors.Is(err, exo.NotFound) {
		t.Error(err)
	}
	publish(t, b.Store, "raw/nasa/last.csv", []byte("who has the lock puts right what is left")) // the last may have been killed
	fullyVerified(t, b, "at the end")
	checkSums(t, b.dir)
	before := linesOf(t, b)
	if r, err := b.Reindex(t.Context(), nil); err != nil || len(r.Damaged) > 0 || r.Added+r.Removed+r.Lines != 0 {
		t.Errorf("reindex: %v %+v", err, r)
	}
	if after := linesOf(t, b); after != before {
		t.Error("reindex makes another index")
	}
}
