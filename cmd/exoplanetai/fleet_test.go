package main_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/universe"
	"exoplanetai/internal/xtest"
)

// fleet is two servers and two workers on one tree, Postgres and Redis.
type fleet struct {
	h     home
	procs []*running
	kinds [][]string
}

func newFleet(t *testing.T, web string, kinds ...[]string) *fleet {
	t.Helper()
	h := newHome(t, web)
	h.env = append(h.env, "DATABASE_URL="+xtest.Postgres(t), "REDIS_URL=redis://"+xtest.Redis(t))
	f := &fleet{h: h, kinds: kinds}
	for _, line := range kinds {
		f.procs = append(f.procs, h.begin(t, line...))
	}
	return f
}

// kill ends one process with -9, and starts another in its place.
func (f *fleet) kill(t *testing.T, n int) {
	t.Helper()
	if err := f.procs[n].cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = f.procs[n].cmd.Wait() // it was killed
	f.procs[n] = f.h.begin(t, f.kinds[n]...)
}

// submit asks a server for a job, and another one if that fails.
func (f *fleet) submit(t *testing.T, client *http.Client, route, body string) string {
	t.Helper()
	for try := range 20 {
		url := f.procs[try%2].url
		req, err := http.NewRequest("POST", url+"/api/v1/data/"+route, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Prefer", "respond-async")
		res, err := client.Do(req)
		if err == nil {
			location := res.Header.Get("Location")
			_ = res.Body.Close() // the head has all
			if res.StatusCode == http.StatusAccepted {
				return location[strings.LastIndexByte(location, '/')+1:]
			}
			if res.StatusCode < 500 && res.StatusCode != 429 {
				t.Fatalf("%s: %d", body, res.StatusCode)
			}
		}
		time.Sleep(250 * time.Millisecond)
	}
	t.Fatal("no server takes a job")
	return ""
}

type jobList struct {
	Jobs []struct {
		ID, Kind, State string
		StartedAt       time.Time `json:"started_at"`
		FinishedAt      time.Time `json:"finished_at"`
		Error           map[string]any
		Result          json.RawMessage
	}
}

// TestAFleetLosesAProcessEveryFewSeconds runs two servers and two workers on one
// tree, Postgres and Redis, and kills one of them every other second while light
// curves are fetched and processed: every one comes once, and nothing is lost.
func TestAFleetLosesAProcessEveryFewSeconds(t *testing.T) {
	_, web := archives(t, nil)
	items := 60
	if xtest.Nightly() {
		items = 500
	}
	server := []string{"serve", "--no-work", "--listen", "127.0.0.1:0"}
	worker := []string{"worker", "--set", "processing.jobs_at_a_time=2"}
	f := newFleet(t, web, server, server, worker, worker)
	client, seed := plain(t), uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)

	fetch := lightCurves()
	fetched, kills := f.through(t, client, rng, "ingest/lightcurve", fetch)
	stars := starsOf(fetch)
	var process []string
	for i := range items {
		process = append(process, fmt.Sprintf(`{"target_name":%q,"processing_params":{"sigma_clip_sigma":%g}}`, stars[i%len(stars)], 3+float64(i)/1000))
	}
	processed, more := f.through(t, client, rng, "preprocess/lightcurve", process)
	for _, p := range f.procs {
		if status := p.stop(t); status != 0 {
			t.Errorf("a process stopped with %d", status)
		}
	}
	f.h.whole(t)
	f.exactly(t, "lightcurves", fetched, len(fetch))
	f.exactly(t, "processed/lightcurves", processed, len(process))
	f.h.must(t, nil, "audit", "verify")
	if kills+more < 2 {
		t.Errorf("%d processes were killed", kills+more)
	}
	count("jobs of a fleet that loses processes, each done once", len(fetch)+len(process))
	t.Logf("%d fetched, %d processed, %d kills", len(fetched), len(processed), kills+more)
}

// lightCurves are the requests for all that can be fetched.
func lightCurves() (list []string) {
	for _, u := range universe.New(1).Files() {
		if u.Flaw == "" && u.Product.SectorQuarter >= 0 {
			list = append(list, fmt.Sprintf(`{"target_name":%q,"mission":%q,"sector_quarter":%d,"force_refresh":true}`, u.Target.String(), u.Product.Mission, u.Product.SectorQuarter))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func starsOf(requests []string) (stars []string) {
	for _, r := range requests {
		var body struct {
			TargetName string `json:"target_name"`
		}
		if json.Unmarshal([]byte(r), &body) == nil && !slices.Contains(stars, body.TargetName) {
			stars = append(stars, body.TargetName)
		}
	}
	return stars
}

// through submits the jobs and kills processes until all have ended. It returns
// the files that they made.
func (f *fleet) through(t *testing.T, client *http.Client, rng *rand.Rand, route string, bodies []string) (paths map[string]bool, kills int) {
	t.Helper()
	ids := map[string]bool{}
	for _, body := range bodies {
		ids[f.submit(t, client, route, body)] = true
	}
	if len(ids) != len(bodies) {
		t.Fatalf("%d jobs of %d requests", len(ids), len(bodies))
	}
	late := time.Now().Add(8 * time.Minute)
	for open := len(ids); open > 0; {
		if time.Now().After(late) {
			t.Fatalf("%d jobs have not ended", open)
		}
		time.Sleep(time.Second)
		f.kill(t, rng.IntN(len(f.procs)))
		kills++
		open = 0
		for _, j := range f.jobs(t).Jobs {
			if ids[j.ID] && (j.State == "queued" || j.State == "running") {
				open++
			}
		}
	}
	paths = map[string]bool{}
	for _, j := range f.jobs(t).Jobs {
		if ids[j.ID] && j.State != "succeeded" {
			t.Errorf("%s %s: %v", j.ID, j.State, j.Error)
		}
		var made struct{ Files, Outputs []struct{ Path string } }
		if ids[j.ID] && json.Unmarshal(j.Result, &made) == nil {
			for _, file := range append(made.Files, made.Outputs...) {
				paths[file.Path] = true
			}
		}
	}
	return paths, kills
}

// exactly wants the files that the jobs tell of, and no other.
func (f *fleet) exactly(t *testing.T, folder string, paths map[string]bool, least int) {
	t.Helper()
	files := f.h.files(t, folder)
	for path := range paths {
		if files[path] == "" {
			t.Errorf("%s was made, and is not there", path)
		}
		delete(files, path)
	}
	for name := range files {
		if !strings.HasSuffix(name, ".fits") {
			delete(files, name)
		}
	}
	if len(files) > 0 || len(paths) < least {
		t.Errorf("%s: %d files of at least %d; nobody made %v", folder, len(paths), least, files)
	}
}

func (f *fleet) jobs(t *testing.T) (list jobList) {
	t.Helper()
	f.h.must(t, &list, "job", "list", "--limit", "1000")
	return list
}
