package main_test

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// TestTwoWorkersDoTwiceTheWork measures; it says nothing on a busy machine, so it
// runs only when asked for: EXOPLANETAI_SCALE=1.
func TestTwoWorkersDoTwiceTheWork(t *testing.T) {
	if os.Getenv("EXOPLANETAI_SCALE") != "1" {
		t.Skip("EXOPLANETAI_SCALE=1 measures")
	}
	_, web := archives(t, nil)
	spans := map[int]time.Duration{}
	for _, workers := range []int{1, 2} {
		lines := [][]string{{"serve", "--no-work", "--listen", "127.0.0.1:0"}, {"serve", "--no-work", "--listen", "127.0.0.1:0"}}
		for range workers {
			lines = append(lines, []string{"worker", "--set", "processing.jobs_at_a_time=1", "--set", "processing.parallel_processing=false"}) // one processor each is all that two of them have
		}
		f := newFleet(t, web, lines...)
		client := plain(t)
		f.drain(t, map[string]bool{f.submit(t, client, "ingest/lightcurve", `{"target_name":"TIC 441420236","mission":"TESS"}`): true})
		ids := map[string]bool{}
		begin := time.Now()
		for i := range 200 {
			ids[f.submit(t, client, "preprocess/lightcurve", fmt.Sprintf(`{"target_name":"TIC 441420236","profile":"transit","processing_params":{"sigma_clip_sigma":%g}}`, 3+float64(i)/1000))] = true
		}
		f.drain(t, ids)
		spans[workers] = time.Since(begin)
		for _, p := range f.procs {
			p.stop(t)
		}
	}
	t.Logf("one worker %v, two %v: %.2f times", spans[1], spans[2], spans[1].Seconds()/spans[2].Seconds())
}

// drain waits until the jobs have ended.
func (f *fleet) drain(t *testing.T, ids map[string]bool) {
	t.Helper()
	for late := time.Now().Add(5 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		open := 0
		for _, j := range f.jobs(t).Jobs {
			if ids[j.ID] && (j.State == "queued" || j.State == "running") {
				open++
			}
		}
		if open == 0 {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("%d jobs have not ended", open)
		}
	}
}
