package jobs_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/jobs"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/xtest"
)

// The environment of a worker that is killed; see workerMain.
const (
	workerEnv  = "EXOPLANETAI_JOBS_WORKER"  // URL of the database
	silenceEnv = "EXOPLANETAI_JOBS_SILENCE" // how long a worker may be silent
)

const batchParts = 60

// workerMain is a worker process. It writes a line for each thing it finishes, in
// the moment before that is recorded: who reads them knows what was done twice.
func workerMain() bool {
	url := os.Getenv(workerEnv)
	if url == "" {
		return false
	}
	ctx := context.Background()
	fail := func(err error) {
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
	}
	silence, err := time.ParseDuration(os.Getenv(silenceEnv))
	fail(err)
	db, err := sqldb.Open(ctx, at(url))
	fail(err)
	r, err := jobs.Open(ctx, jobs.Options{DB: db, Clock: time.Now, Workers: 2, Silence: silence, Handlers: fleetHandlers()})
	fail(err)
	fail(r.Start(ctx))
	fmt.Println("started")
	_, _ = io.Copy(io.Discard, os.Stdin) // until killed, or the parent ends
	return true
}

// fleetHandlers are what the workers of these tests can do.
func fleetHandlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{
		"item": func(_ context.Context, args json.RawMessage, _ func(jobs.Progress)) (any, error) {
			time.Sleep(40 * time.Millisecond)
			fmt.Println("item", string(args))
			return args, nil
		},
		"hang": func(ctx context.Context, args json.RawMessage, _ func(jobs.Progress)) (any, error) {
			fmt.Println("hang", string(args))
			<-ctx.Done()
			return nil, ctx.Err()
		},
		"batch": batchHandler,
	}
}

// batchHandler does what no earlier run of the job has done.
func batchHandler(ctx context.Context, _ json.RawMessage, report func(jobs.Progress)) (any, error) {
	b := jobs.BatchOf(ctx)
	done, err := b.Outcomes(ctx)
	if err != nil {
		return nil, err
	}
	for i := range batchParts {
		key := fmt.Sprintf("part %02d", i)
		if done[key].OK {
			continue
		}
		time.Sleep(50 * time.Millisecond)
		fmt.Println("part", i)
		if err := b.Note(ctx, key, map[string]int{"n": i}, nil); err != nil {
			return nil, err
		}
		report(jobs.Progress{Done: int64(i + 1), Total: batchParts, Unit: "parts"})
	}
	return batchParts, nil
}

// workerProcess is one that may be killed.
type workerProcess struct {
	cmd   *exec.Cmd
	stdin io.Closer
	wg    sync.WaitGroup
	mu    sync.Mutex
	lines []string // guarded by mu
}

func startWorker(t *testing.T, url string, silence time.Duration) *workerProcess {
	t.Helper()
	w := &workerProcess{cmd: exec.Command(os.Args[0])}
	w.cmd.Env = append(os.Environ(), workerEnv+"="+url, silenceEnv+"="+silence.String())
	w.cmd.Stderr = os.Stderr
	stdin, err := w.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.stdin = stdin
	w.wg.Go(func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			w.mu.Lock()
			w.lines = append(w.lines, lines.Text())
			w.mu.Unlock()
		}
	})
	t.Cleanup(w.kill)
	return w
}

// kill ends the process with -9.
func (w *workerProcess) kill() {
	_ = w.cmd.Process.Kill() // it may be gone already
	w.wg.Wait()
	_ = w.cmd.Wait() // it was killed
	_ = w.stdin.Close()
}

// said returns what followed the word on the lines that begin with it.
func (w *workerProcess) said(word string) (list []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, line := range w.lines {
		if rest, ok := strings.CutPrefix(line, word+" "); ok {
			list = append(list, rest)
		}
	}
	return list
}

func (w *workerProcess) waitFor(t *testing.T, word string, n int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); len(w.said(word)) < n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the worker has not said %q %d times, but %q", word, n, w.lines)
		}
	}
}

// The time is that of the program as it is: 15 s of silence, and 2 s until the
// next one looks.
func TestTheJobsOfAKilledWorkerAreTakenUpInTime(t *testing.T) {
	t.Parallel()
	url := xtest.Postgres(t)
	server := open(t, url, nil, insertOnly("item", "hang"))
	victim := startWorker(t, url, 15*time.Second)
	done := submit(t, server, "item", "before")
	if j := wait(t, server, done.ID); j.State != jobs.Succeeded {
		t.Fatal(j.State)
	}
	id := submit(t, server, "hang", nil).ID
	victim.waitFor(t, "hang", 1)
	finished := make(chan string, 10)
	handlers := fleetHandlers()
	for kind := range handlers {
		handlers[kind] = func(_ context.Context, args json.RawMessage, _ func(jobs.Progress)) (any, error) {
			finished <- kind + " " + string(args)
			return "by another", nil
		}
	}
	open(t, url, handlers, func(o *jobs.Options) { o.Silence = 15 * time.Second })
	victim.kill()
	killed := time.Now()
	j := wait(t, server, id)
	if took := time.Since(killed); j.State != jobs.Succeeded || string(j.Result) != `"by another"` || took > 20*time.Second {
		t.Errorf("%s %s after %s", j.State, j.Result, took)
	} else {
		t.Logf("taken up and finished %s after the kill", took.Round(10*time.Millisecond))
	}
	if len(finished) != 1 {
		t.Errorf("what was finished before was done again: %s, %s", <-finished, <-finished)
	}
}

func TestWorkersKilledInTurnLoseNothing(t *testing.T) {
	t.Parallel()
	const items, kills = 500, 5
	url := xtest.Postgres(t)
	server := open(t, url, nil, insertOnly("item", "batch"))
	args := make([]any, items)
	for i := range args {
		args[i] = i
	}
	list, err := server.SubmitMany(t.Context(), "item", args)
	if err != nil {
		t.Fatal(err)
	}
	all := []*workerProcess{startWorker(t, url, 3*time.Second), startWorker(t, url, 3*time.Second)}
	at := map[int]int{0: 0, 1: 1}
	for k := range kills {
		time.Sleep(800 * time.Millisecond)
		all[at[k%2]].kill()
		all = append(all, startWorker(t, url, 3*time.Second))
		at[k%2] = len(all) - 1
	}
	for _, j := range list {
		if j = wait(t, server, j.ID); j.State != jobs.Succeeded {
			t.Fatalf("%s: %s", j.State, j.Error)
		}
	}
	times := map[string]int{}
	for _, w := range all {
		for _, item := range w.said("item") {
			times[item]++
		}
	}
	twice := 0
	for i := range items {
		switch n := times[fmt.Sprint(i)]; {
		case n == 0:
			t.Errorf("%d was not done", i)
		case n > 1:
			twice++
		}
	}
	// A kill between the end of the work and its record makes it be done again: at
	// most what ran in that moment.
	if twice > kills*2 {
		t.Errorf("%d were done twice at %d kills of 2 at a time", twice, kills)
	}
	t.Logf("%d items, %d kills: %d done again", items, kills, twice)
}

func TestABatchGoesOnWhereItWasKilled(t *testing.T) {
	t.Parallel()
	url := xtest.Postgres(t)
	server := open(t, url, nil, insertOnly("batch"))
	id := submit(t, server, "batch", nil).ID
	var all []*workerProcess
	for range 4 { // more often than a job may kill its process that does not come on
		w := startWorker(t, url, 3*time.Second)
		w.waitFor(t, "part", 5)
		w.kill()
		all = append(all, w)
	}
	all = append(all, startWorker(t, url, 3*time.Second))
	if j := wait(t, server, id); j.State != jobs.Succeeded || j.Progress.Done != batchParts {
		t.Fatalf("%s %+v %s", j.State, j.Progress, j.Error)
	}
	times := 0
	for _, w := range all {
		times += len(w.said("part"))
	}
	if times < batchParts || times > batchParts+len(all)-1 {
		t.Errorf("%d parts were done %d times at %d kills", batchParts, times, len(all)-1)
	}
	items, err := server.Items(t.Context(), id)
	if err != nil || len(items) != batchParts {
		t.Fatalf("%d outcomes, %v", len(items), err)
	}
	for i, o := range items {
		if !o.OK || o.Key != fmt.Sprintf("part %02d", i) || string(o.Result) != fmt.Sprintf(`{"n":%d}`, i) {
			t.Errorf("%+v", o)
		}
	}
}
