package jobs_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/jobs"
	"exoplanetai/internal/sqldb"
)

// childEnv names the database in the environment of the process that is
// killed; its presence makes this test binary that process.
const childEnv = "EXOPLANETAI_JOBS_CHILD"

// crashMain is the life of the process that is killed: it starts the work
// submitted to it and tells when it is in the midst of it.
func crashMain() bool {
	path := os.Getenv(childEnv)
	if path == "" {
		return false
	}
	ctx := context.Background()
	fail := func(err error) {
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
	}
	db, err := sqldb.Open(ctx, at(path))
	fail(err)
	r, err := jobs.Open(ctx, jobs.Options{DB: db, Clock: clock, Silence: soon, Handlers: map[string]jobs.Handler{
		"long": func(ctx context.Context, args json.RawMessage, report func(jobs.Progress)) (any, error) {
			report(jobs.Progress{Done: 3, Total: 9, Unit: "steps", Message: "in the midst"})
			time.Sleep(300 * time.Millisecond) // the report is stored meanwhile
			fmt.Println("working", string(args))
			<-ctx.Done()
			return nil, ctx.Err()
		},
	}})
	fail(err)
	fail(r.Start(ctx))
	j, err := r.Submit(ctx, "long", "a")
	fail(err)
	fmt.Println("submitted", j.ID)
	select {} // until killed
}

// killedMidJob runs the child on the database, kills it with -9 while a job is
// running, and returns the job's identifier.
func killedMidJob(t *testing.T, path string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	id, working := "", false
	for lines := bufio.NewScanner(out); (id == "" || !working) && lines.Scan(); {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "submitted":
			id = rest
		case "working":
			working = true
		default:
			t.Errorf("the child says %q", lines.Text())
		}
	}
	if err := cmd.Process.Kill(); err != nil { // SIGKILL
		t.Error(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
	if id == "" || !working {
		t.Fatal("the child did not get to work")
	}
	return id
}

func TestAJobWhoseProcessIsKilledIsFinishedByTheNext(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		id := killedMidJob(t, path)
		begun := time.Now()
		r := open(t, path, map[string]jobs.Handler{
			"long": func(context.Context, json.RawMessage, func(jobs.Progress)) (any, error) { return "finished", nil },
		}, shortSilence)
		j := wait(t, r, id)
		if j.State != jobs.Succeeded || string(j.Result) != `"finished"` {
			t.Errorf("got %s %s %s", j.State, j.Result, j.Error)
		}
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("the job was taken up only after %s", took)
		}
		if j.Progress.Done != 3 || j.Progress.Message != "in the midst" {
			t.Errorf("the progress of the killed process is lost: %+v", j.Progress)
		}
	})
}

func TestAJobThatKillsItsProcessIsGivenUp(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		id := killedMidJob(t, path)
		for range 2 {
			if again := killedMidJob(t, path); again != id {
				t.Errorf("the same job came back as %s, not %s", again, id)
			}
		}
		r := open(t, path, map[string]jobs.Handler{
			"long": func(context.Context, json.RawMessage, func(jobs.Progress)) (any, error) { return "finished", nil },
		}, shortSilence)
		j := wait(t, r, id)
		var p struct{ Code, Detail string }
		if err := json.Unmarshal(j.Error, &p); j.State != jobs.Failed || err != nil || p.Code != "Internal" || !strings.Contains(p.Detail, "3 times") {
			t.Errorf("got %s %s (%v)", j.State, j.Error, err)
		}
		if j := wait(t, r, submit(t, r, "long", "a").ID); j.State != jobs.Succeeded || j.ID == id {
			t.Errorf("it cannot be submitted again: %s", j.State)
		}
	})
}
