package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/jobs"
)

func TestTheOutcomesOfABatchAreKept(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		r := open(t, database(t), map[string]jobs.Handler{"batch": func(ctx context.Context, _ json.RawMessage, _ func(jobs.Progress)) (any, error) {
			b := jobs.BatchOf(ctx)
			down := exo.Errorf("x", exo.Upstream, nil, "the archive sent HTML")
			first := b.Note(ctx, "b", nil, down)
			again := b.Note(ctx, "b", map[string]int{"rows": 7}, nil) // the last counts
			failed := b.Note(ctx, "a", "unused", down)
			if err := b.Note(ctx, "c", strings.Repeat("x", 1<<20), nil); !errors.Is(err, exo.TooLarge) {
				t.Errorf("a large outcome: %v", err)
			}
			if err := b.Note(ctx, strings.Repeat("k", 1000), nil, nil); !errors.Is(err, exo.TooLarge) {
				t.Errorf("a long key: %v", err)
			}
			if err := b.Note(ctx, "d", make(chan int), nil); !errors.Is(err, exo.Internal) {
				t.Errorf("no JSON: %v", err)
			}
			done, err := b.Outcomes(ctx)
			if len(done) != 2 || !done["b"].OK || done["a"].OK {
				t.Errorf("%+v", done)
			}
			return nil, errors.Join(first, again, failed, err)
		}})
		j := wait(t, r, submit(t, r, "batch", nil).ID)
		if j.State != jobs.Succeeded {
			t.Fatalf("%s %s", j.State, j.Error)
		}
		items, err := r.Items(t.Context(), j.ID)
		if err != nil || len(items) != 2 {
			t.Fatalf("%+v, %v", items, err)
		}
		var p struct{ Code exo.Kind }
		if err := json.Unmarshal(items[0].Error, &p); err != nil || items[0].Key != "a" || items[0].OK || items[0].Result != nil || p.Code != exo.Upstream {
			t.Errorf("%+v, %v", items[0], err)
		}
		if items[1].Key != "b" || !items[1].OK || string(items[1].Result) != `{"rows":7}` || items[1].Error != nil {
			t.Errorf("%+v", items[1])
		}
		if items, err := r.Items(t.Context(), "none"); err != nil || items == nil || len(items) != 0 {
			t.Errorf("of no job: %v, %v", items, err)
		}
	})
}

func TestOutsideOfAJobNothingIsNoted(t *testing.T) {
	b := jobs.BatchOf(t.Context())
	if err := b.Note(t.Context(), "a", nil, nil); err != nil {
		t.Error(err)
	}
	if done, err := b.Outcomes(t.Context()); err != nil || len(done) != 0 {
		t.Errorf("%v, %v", done, err)
	}
}

func TestAJobThatNobodyWorksOnIsPutBack(t *testing.T) {
	for name, damage := range map[string]string{
		"a record that says running":   `UPDATE jobs SET state = 'running'`,
		"a River job that says so":     `UPDATE river_job SET state = 'running'`,
		"both":                         `UPDATE jobs SET state = 'running'; UPDATE river_job SET state = 'running'`,
		"one that was to be cancelled": `UPDATE jobs SET state = 'running', cancel = 1`,
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, database func(*testing.T) string) {
				path := database(t)
				g := newGate()
				r := open(t, path, map[string]jobs.Handler{"gate": g.handle, "later": finishes}, func(o *jobs.Options) { o.Workers = 1 })
				blocking := submit(t, r, "gate", nil)
				g.wait(t)
				j := submit(t, r, "later", nil)
				if err := r.Damage(t.Context(), damage, j.ID); err != nil {
					t.Fatal(err)
				}
				if err := r.Mend(t.Context()); err != nil {
					t.Fatal(err)
				}
				close(g.leave)
				want := jobs.Succeeded
				if strings.Contains(damage, "cancel") {
					want = jobs.Cancelled
				}
				if j = wait(t, r, j.ID); j.State != want {
					t.Errorf("%s %s", j.State, j.Error)
				}
				if b := wait(t, r, blocking.ID); b.State != jobs.Succeeded {
					t.Errorf("the one that ran: %s", b.State)
				}
			})
		})
	}
}
