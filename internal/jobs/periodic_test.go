package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/jobs"
)

// hands is a clock that the test sets.
type hands struct {
	mu sync.Mutex
	t  time.Time
}

func (h *hands) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.t
}

func (h *hands) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.t = h.t.Add(d)
}

func TestWhatWasMissedRunsOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, database func(*testing.T) string) {
		path := database(t)
		h := &hands{t: clock()}
		var daily, off, first atomic.Int32
		count := func(n *atomic.Int32) jobs.Handler {
			return func(context.Context, json.RawMessage, func(jobs.Progress)) (any, error) { n.Add(1); return nil, nil }
		}
		handlers := map[string]jobs.Handler{"daily": count(&daily), "off": count(&off), "first": count(&first)}
		schedule := func(o *jobs.Options) {
			o.Clock = h.now
			o.Periodic = []jobs.Periodic{
				{Name: "daily", Every: 24 * time.Hour, Kind: "daily"},
				{Name: "off", Cron: "0 * * * *", Kind: "off", Enabled: func() bool { return false }},
				{Name: "first", Cron: "30 3 1 1 *", Kind: "first", Args: "x", AtOnce: true},
			}
		}
		process := func(name string, passed time.Duration, want int32) {
			t.Run(name, func(t *testing.T) {
				h.pass(passed)
				r := open(t, path, handlers, schedule)
				if path[0] == 'p' { // a second one has the same schedule
					open(t, path, handlers, schedule)
				}
				for deadline := time.Now().Add(20 * time.Second); (daily.Load() < want || first.Load() == 0) && time.Now().Before(deadline); {
					time.Sleep(10 * time.Millisecond)
				}
				time.Sleep(1200 * time.Millisecond) // it is looked at again
				if daily.Load() != want || off.Load() != 0 || first.Load() != 1 {
					t.Errorf("daily %d, want %d; off %d; at once %d", daily.Load(), want, off.Load(), first.Load())
				}
				lines, err := r.Schedule(t.Context())
				if err != nil || len(lines) != 3 || lines[0].NextAt.Sub(h.now()) > 24*time.Hour || !lines[0].NextAt.After(h.now()) || lines[2].JobID == "" {
					t.Errorf("%+v, %v", lines, err)
				}
			})
		}
		process("the first start runs nothing", 0, 0)
		process("before its time", 23*time.Hour, 0)
		process("after a night down", 2*time.Hour, 1)
		process("after a month down", 31*24*time.Hour, 2)
		process("the day is not moved by that", 23*time.Hour, 3)
	})
}

func TestASchedulesMistakesAreTold(t *testing.T) {
	r := open(t, t.TempDir()+"/x.db", nil)
	closeRunner(t, r)
	for name, list := range map[string][]jobs.Periodic{
		"no name":      {{Every: time.Hour}},
		"twice":        {{Name: "a", Every: time.Hour}, {Name: "a", Every: time.Hour}},
		"neither":      {{Name: "a"}},
		"both":         {{Name: "a", Every: time.Hour, Cron: "* * * * *"}},
		"negative":     {{Name: "a", Every: -time.Hour}},
		"no time":      {{Name: "a", Cron: "soon"}},
		"four fields":  {{Name: "a", Cron: "* * * *"}},
		"minute 60":    {{Name: "a", Cron: "60 * * * *"}},
		"never":        {{Name: "a", Cron: "0 0 31 2 *"}},
		"a huge step":  {{Name: "a", Cron: "*/99999999999999999999 * * * *"}},
		"backwards":    {{Name: "a", Cron: "5-2 * * * *"}},
		"words":        {{Name: "a", Cron: "0 0 * jan *"}},
		"an empty one": {{Name: "a", Cron: "0,, * * * *"}},
	} {
		if err := jobs.CheckPeriodic(list); !errors.Is(err, exo.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTimesOfTheSchedule(t *testing.T) {
	const layout = "2006-01-02 15:04 Mon"
	for _, c := range []struct{ cron, after, want string }{
		{"* * * * *", "2026-01-02 03:04 Fri", "2026-01-02 03:05 Fri"},
		{"30 3 * * *", "2026-01-02 03:29 Fri", "2026-01-02 03:30 Fri"},
		{"30 3 * * *", "2026-01-02 03:30 Fri", "2026-01-03 03:30 Sat"},
		{"*/15 8-10 * * *", "2026-01-02 10:45 Fri", "2026-01-03 08:00 Sat"},
		{"5/20 * * * *", "2026-01-02 10:26 Fri", "2026-01-02 10:45 Fri"},
		{"0 0 * * 0", "2026-01-02 03:04 Fri", "2026-01-04 00:00 Sun"},
		{"0 0 * * 7", "2026-01-02 03:04 Fri", "2026-01-04 00:00 Sun"},
		{"0 0 * * 1-5", "2026-01-02 03:04 Fri", "2026-01-05 00:00 Mon"},
		{"0 0 13 * 5", "2026-01-02 03:04 Fri", "2026-01-09 00:00 Fri"}, // either, as in crontab(5)
		{"0 0 29 2 *", "2026-01-02 03:04 Fri", "2028-02-29 00:00 Tue"},
		{"59 23 31 12 *", "2026-12-31 23:59 Thu", "2027-12-31 23:59 Fri"},
		{"0,30 1,2 1 */6 *", "2026-01-01 02:30 Thu", "2026-07-01 01:00 Wed"},
	} {
		after, err := time.Parse(layout, c.after)
		if err != nil {
			t.Fatal(err)
		}
		got, err := jobs.NextCron(c.cron, after)
		if err != nil || got.Format(layout) != c.want {
			t.Errorf("%s after %s: %s, want %s (%v)", c.cron, c.after, got.Format(layout), c.want, err)
		}
	}
}

func FuzzCron(f *testing.F) {
	for _, s := range []string{"* * * * *", "0 0 29 2 *", "*/15 8-10 1,2 */6 1-5", "5/20 0 31 2 7", ", - / * *"} {
		f.Add(s)
	}
	after := clock()
	f.Fuzz(func(t *testing.T, text string) {
		next, err := jobs.NextCron(text, after)
		if err == nil && (!next.After(after) || next.Second() != 0) {
			t.Errorf("%q after %s: %s", text, after, next)
		}
	})
}
