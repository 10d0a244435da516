package ingest_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"exoplanetai/internal/ingest"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/sqldb"
)

// A batch that is cut off as a job goes on where it was: of a forced refresh, too,
// nothing that was finished is fetched again.
func TestABatchThatIsTakenUpAgainFetchesOnlyTheRest(t *testing.T) {
	b := newBench(t)
	wait := make(chan struct{})
	b.toi.set(func(f *tableFake) { f.wait = wait })
	path := filepath.Join(t.TempDir(), "jobs.db")
	open := func() (*jobs.Runner, func()) {
		db, err := sqldb.Open(t.Context(), sqldb.Options{Path: path, MaxConns: 1})
		if err != nil {
			t.Fatal(err)
		}
		r, err := jobs.Open(t.Context(), jobs.Options{DB: db, Clock: time.Now, Handlers: map[string]jobs.Handler{
			"batch": func(ctx context.Context, _ json.RawMessage, _ func(jobs.Progress)) (any, error) {
				return b.Batch(ctx, ingest.BatchRequest{ForceRefresh: true}, nil)
			}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		return r, func() {
			t.Helper()
			late, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			defer cancel()
			_ = r.Close(late) // it is cut off
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	r, end := open()
	j, err := r.Submit(t.Context(), "batch", nil)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if j, err = r.Get(t.Context(), j.ID); err != nil || time.Now().After(deadline) {
			t.Fatalf("%+v %v", j, err)
		}
		if len(j.Items) == 2 {
			break
		}
	}
	if j.Items[0].Key != "k2" || j.Items[1].Key != "koi" || !j.Items[0].OK || !j.Items[1].OK {
		t.Errorf("the parts went %+v", j.Items)
	}
	end()
	b.toi.set(func(f *tableFake) { f.wait = nil })
	r, end = open()
	defer end()
	if j, err = r.Wait(t.Context(), j.ID); err != nil || j.State != jobs.Succeeded {
		t.Fatalf("%+v %v", j, err)
	}
	var res ingest.BatchResult
	if err := json.Unmarshal(j.Result, &res); err != nil || res.Status != "success" || len(res.Results) != 3 || res.Results["koi"].RawPath == "" {
		t.Errorf("%s %v", j.Result, err)
	}
	for name, f := range map[string]*tableFake{"koi": b.koi, "k2": b.k2f} {
		if len(f.fetches) != 1 {
			t.Errorf("%s was fetched %d times", name, len(f.fetches))
		}
	}
	if len(b.toi.fetches) != 2 {
		t.Errorf("toi was fetched %d times, want the one that was cut off and another", len(b.toi.fetches))
	}
}
