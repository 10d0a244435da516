package main_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"exoplanetai/internal/xtest"
)

// TestTwoWorkersDoTwiceTheWork measures; it says nothing on a busy machine, so it
// runs only when asked for: EXOPLANETAI_SCALE=1.
func TestTwoWorkersDoTwiceTheWork(t *testing.T) {
	if os.Getenv("EXOPLANETAI_SCALE") != "1" {
		t.Skip("EXOPLANETAI_SCALE=1 measures")
	}
	_, web := archives(t, os.DirFS(xtest.Shared(t, "data/real")))
	spans := map[int]time.Duration{}
	for _, workers := range []int{1, 2} {
		serve := []string{"serve", "--no-work", "--listen", "127.0.0.1:0"}
		f := newFleet(t, web, serve, serve)
		client := plain(t)
		f.h.must(t, nil, "ingest", "lightcurve", "TIC 424865156", "--mission", "TESS")
		ids := map[string]bool{}
		for i := range 100 {
			ids[f.submit(t, client, "preprocess/lightcurve", fmt.Sprintf(`{"target_name":"TIC 424865156","profile":"transit","processing_params":{"sigma_clip_sigma":%g}}`, 3+float64(i)/1000))] = true
		}
		for range workers {
			f.procs = append(f.procs, f.h.begin(t, "worker", "--set", "processing.jobs_at_a_time=1", "--set", "processing.parallel_processing=false"))
		}
		spans[workers] = f.drain(t, ids)
		for _, p := range f.procs {
			p.stop(t)
		}
	}
	t.Logf("one worker %v, two %v: %.2f times", spans[1], spans[2], spans[1].Seconds()/spans[2].Seconds())
}

// drain waits until the jobs have ended, and tells how long they took together.
// It looks seldom: a look costs as much as a job.
func (f *fleet) drain(t *testing.T, ids map[string]bool) time.Duration {
	t.Helper()
	for late := time.Now().Add(5 * time.Minute); time.Now().Before(late); time.Sleep(3 * time.Second) {
		open := len(ids)
		var first, last time.Time
		for _, j := range f.jobs(t).Jobs {
			if !ids[j.ID] || j.State == "queued" || j.State == "running" {
				continue
			}
			if j.State != "succeeded" {
				t.Fatalf("%s: %v", j.State, j.Error)
			}
			if open--; first.IsZero() || j.StartedAt.Before(first) {
				first = j.StartedAt
			}
			if j.FinishedAt.After(last) {
				last = j.FinishedAt
			}
		}
		if open == 0 {
			return last.Sub(first)
		}
	}
	t.Fatal("the jobs have not ended")
	return 0
}
