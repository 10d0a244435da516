package maintain

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"exoplanetai/internal/exo"
)

// State says how much room the disk has.
type State string

// The states of a disk.
const (
	OK   State = "ok"
	Low  State = "low"  // less than the lower mark: what may go is let go
	Full State = "full" // less than the full mark: writing is refused
)

// Alert tells that the state of the disk changed.
type Alert struct {
	State   State     `json:"state"`
	Before  State     `json:"before"`
	At      time.Time `json:"at"`
	Total   int64     `json:"total_bytes"`
	Free    int64     `json:"free_bytes"`
	Needed  int64     `json:"needed_bytes"` // to be free until the state is ok
	Message string    `json:"message"`
}

// Disk measures a file system; an fsys.FS does.
type Disk interface {
	Usage() (total, free int64, err error)
}

// GuardOptions says what a guard watches. A mark is the larger of its bytes and
// its share of the disk; with both 0 there is no such mark.
type GuardOptions struct {
	FS    Disk
	Clock exo.Clock
	Log   *slog.Logger // nil: no log

	LowBytes, FullBytes int64
	LowShare, FullShare float64 // of the whole disk, 0…1

	Every  time.Duration // how long a measurement counts; 0: one second
	Again  time.Duration // how long between two clean-ups while there is too little room; 0: ten minutes
	Within time.Duration // a clean-up is ended after this; 0: one minute
	Wait   time.Duration // how long a writing waits for a clean-up before it is refused; 0: two seconds

	Alert   func(Alert)                        // told once per change; must not block; nil: only the log
	Cleanup func(ctx context.Context)          // frees what may go; one at a time; nil: nothing may
	Aside   func(do func(ctx context.Context)) // runs a clean-up beside whoever writes; must call do; nil: at once, and the caller waits
}

// GuardState is what a guard knows, for health and metrics.
type GuardState struct {
	State     State     `json:"state"`
	Since     time.Time `json:"since,omitzero"` // of this state
	CheckedAt time.Time `json:"checked_at,omitzero"`
	Total     int64     `json:"total_bytes"`
	Free      int64     `json:"free_bytes"`
	LowBelow  int64     `json:"low_below_bytes"`
	FullBelow int64     `json:"full_below_bytes"`
	Needed    int64     `json:"needed_bytes"` // to be free until the state is ok; 0: enough is
	Alerts    int64     `json:"alerts"`       // sent since the start
	Cleanups  int64     `json:"cleanups"`     // begun since the start
	Refused   int64     `json:"refused"`      // writings since the start
}

// Guard refuses writing while the disk is full. Its methods may be called from
// many goroutines.
type Guard struct {
	opt GuardOptions

	mu       sync.Mutex // guards what follows
	state    GuardState
	cleaned  time.Time     // begin of the last clean-up
	cleaning chan struct{} // closed at the end of the one under way; nil: none is
	failed   bool          // the last measurement failed, and the log says so
}

// NewGuard makes a guard.
func NewGuard(o GuardOptions) *Guard {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Every <= 0 {
		o.Every = time.Second
	}
	if o.Again <= 0 {
		o.Again = 10 * time.Minute
	}
	if o.Within <= 0 {
		o.Within = time.Minute
	}
	if o.Wait <= 0 {
		o.Wait = 2 * time.Second
	}
	if o.Aside == nil {
		o.Aside = func(do func(context.Context)) { do(context.Background()) }
	}
	return &Guard{opt: o, state: GuardState{State: OK}}
}

// Room refuses with exo.Full while there is less room than the full mark asks
// for. It measures at most once per Every, so that every writing may ask. Too
// little room begins a clean-up; only a writing that would be refused waits for
// its end, and not for long.
func (g *Guard) Room() error {
	g.look(false)
	g.await()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state.State != Full {
		return nil
	}
	g.state.Refused++
	return exo.Errorf("maintain.Room", exo.Full, nil, "the disk is full: %s of %s are free, and writing begins again at %s",
		size(g.state.Free), size(g.state.Total), size(margin(g.state.FullBelow))).
		Try("free %s on the disk of the data folder; reading goes on meanwhile", size(max(g.state.Needed, 1))).
		With("free_bytes", g.state.Free).With("needed_bytes", g.state.Needed)
}

// State tells what is known, measured anew if it is older than Every.
func (g *Guard) State() GuardState {
	g.look(false)
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.state
}

// await waits for the end of a clean-up that a refusal may depend on.
func (g *Guard) await() {
	g.mu.Lock()
	cleaning := g.cleaning
	full := g.state.State == Full
	g.mu.Unlock()
	if cleaning == nil || !full {
		return
	}
	late := time.NewTimer(g.opt.Wait)
	defer late.Stop()
	select {
	case <-cleaning:
	case <-late.C:
	}
}

// clean frees what may go and measures again.
func (g *Guard) clean(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, g.opt.Within)
	defer cancel()
	g.opt.Cleanup(ctx)
	g.look(true)
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.cleaning)
	g.cleaning = nil
}

// look measures, unless that was done just now, tells of a change, and begins a
// clean-up that is due.
func (g *Guard) look(anew bool) {
	now := g.opt.Clock().UTC().Round(0)
	g.mu.Lock()
	if age := now.Sub(g.state.CheckedAt); !anew && !g.state.CheckedAt.IsZero() && age >= 0 && age < g.opt.Every {
		g.mu.Unlock()
		return
	}
	total, free, err := g.opt.FS.Usage()
	first := err != nil && !g.failed
	g.failed = err != nil
	if err != nil { // what cannot be measured is not refused: the disk itself will say so
		g.state.CheckedAt = now
		g.mu.Unlock()
		if first {
			g.opt.Log.Warn("the room on the disk cannot be measured", "error", err)
		}
		return
	}
	alert := g.take(now, total, free)
	due := !anew && g.due(now, alert != nil)
	if due {
		g.cleaning, g.cleaned = make(chan struct{}), now
		g.state.Cleanups++
	}
	g.mu.Unlock()
	if alert != nil {
		g.tell(*alert)
	}
	if due {
		g.opt.Aside(g.clean)
	}
}

// due tells whether to clean up now: at each change for the worse or the less
// bad, and every so often. A clock that was set back does not put it off. The
// caller holds the lock.
func (g *Guard) due(now time.Time, changed bool) bool {
	since := now.Sub(g.cleaned)
	return g.state.State != OK && g.opt.Cleanup != nil && g.cleaning == nil && (changed || since < 0 || since >= g.opt.Again)
}

// take notes a measurement and returns the alert that it is worth. The caller
// holds the lock.
func (g *Guard) take(now time.Time, total, free int64) *Alert {
	st := &g.state
	st.CheckedAt, st.Total, st.Free = now, total, free
	st.LowBelow = mark(g.opt.LowBytes, g.opt.LowShare, total)
	st.FullBelow = mark(g.opt.FullBytes, g.opt.FullShare, total)
	before := st.State
	switch {
	case free < st.FullBelow, before == Full && free < margin(st.FullBelow):
		st.State = Full
	case free < st.LowBelow, before != OK && free < margin(st.LowBelow):
		st.State = Low
	default:
		st.State = OK
	}
	st.Needed = 0
	if st.State != OK {
		st.Needed = max(margin(max(st.LowBelow, st.FullBelow))-free, 0)
	}
	if st.State == before {
		return nil
	}
	st.Since = now
	st.Alerts++
	return &Alert{State: st.State, Before: before, At: now, Total: total, Free: free, Needed: st.Needed, Message: message(*st)}
}

func (g *Guard) tell(a Alert) {
	log := g.opt.Log.Warn
	if a.State == OK {
		log = g.opt.Log.Info
	}
	log(a.Message, "state", string(a.State), "before", string(a.Before), "free_bytes", a.Free, "total_bytes", a.Total, "needed_bytes", a.Needed)
	if g.opt.Alert != nil {
		g.opt.Alert(a)
	}
}

func message(st GuardState) string {
	switch st.State {
	case Full:
		return fmt.Sprintf("the disk of the data folder is full (%s free): writing is refused until %s more are free", size(st.Free), size(st.Needed))
	case Low:
		return fmt.Sprintf("the disk of the data folder is nearly full (%s free): the cache is let go; %s more should be freed", size(st.Free), size(st.Needed))
	}
	return fmt.Sprintf("the disk of the data folder has room again (%s free)", size(st.Free))
}

// mark is the larger of bytes and a share of the disk.
func mark(bytes int64, share float64, total int64) int64 {
	return max(bytes, int64(share*float64(total)), 0)
}

// margin is where a state ends: a tenth above its mark, so that a disk at the
// mark does not change its state with every file.
func margin(mark int64) int64 { return mark + mark/10 }

// size writes bytes for people.
func size(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB"}
	f, i := float64(n), 0
	for f >= 999.5 && i < len(units)-1 {
		f, i = f/1000, i+1
	}
	if i == 0 || f >= 99.95 {
		return fmt.Sprintf("%.0f %s", f, units[i])
	}
	return fmt.Sprintf("%.1f %s", f, units[i])
}
