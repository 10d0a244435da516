package audit

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"exoplanetai/internal/exo"
)

// Alert is what a person should look at.
type Alert struct {
	At      time.Time `json:"at"`
	Rule    string    `json:"rule"`    // sign_ins, denied, downloads, key_places, off_hours
	Subject string    `json:"subject"` // the user, address or key it is about; "all": everybody together
	Count   int64     `json:"count"`   // of what was seen within the rule's time
	Message string    `json:"message"`
}

// WatchOptions says what Watch watches. Clock is required.
type WatchOptions struct {
	Record  *Log // events come from here, alerts go there; nil: neither
	Clock   exo.Clock
	Log     *slog.Logger                 // nil: nothing is said
	Rules   Rules                        // zero fields: DefaultRules
	OnAlert func(context.Context, Alert) // metric, web hook; called by Run, one at a time; nil: none

	// SignIn tells the events that are tries to sign in; nil: those whose action is
	// "sign-in" or ends with /auth/token.
	SignIn func(Event) bool

	MaxSubjects int // callers that are told apart by each rule; 0: 10,000
}

// Access is a call that was let in, as Watch needs to know of it: reading is not
// in the record.
type Access struct {
	Actor   string
	KeyID   string // of the key; "": none
	Address string
	Files   int64 // that were downloaded
	Bytes   int64 // of them
}

const (
	defaultSubjects = 10_000
	alertBuffer     = 256
	everybody       = "all"
)

// Watch tells of what a person should look at: bursts of failed sign-ins and of
// denied calls, mass downloads, a key that is used from two places, an admin at
// night. Run takes the events of the record as they are written; Saw is told of
// all other calls. An alert is an event of the record, a line of the log and a
// call of OnAlert, within a second of its cause.
type Watch struct {
	o      WatchOptions
	rules  Rules
	alerts chan Alert

	mu       sync.Mutex // guards what follows
	counts   map[string]*counters
	places   places
	spoken   map[string]time.Time // last alert by rule and subject
	lastSeen int64                // last event that was looked at
}

// NewWatch returns a Watch.
func NewWatch(o WatchOptions) *Watch {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxSubjects <= 0 {
		o.MaxSubjects = defaultSubjects
	}
	if o.SignIn == nil {
		o.SignIn = func(e Event) bool { return e.Action == "sign-in" || strings.HasSuffix(e.Action, "/auth/token") }
	}
	return &Watch{
		o: o, rules: o.Rules.withDefaults(), alerts: make(chan Alert, alertBuffer),
		counts: map[string]*counters{}, places: places{max: o.MaxSubjects}, spoken: map[string]time.Time{},
	}
}

// Saw notes a call that was let in. It takes well under a microsecond and never
// waits for anything.
func (w *Watch) Saw(a Access) {
	if a.KeyID == "" && a.Files == 0 && a.Bytes == 0 {
		return
	}
	now := w.o.Clock()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.key(a.KeyID, a.Actor, a.Address, now)
	who := a.Actor
	if who == "" {
		who = a.Address
	}
	if a.Files > 0 {
		w.count(RuleDownloads, "files", who, now, w.rules.DownloadFiles, a.Files, "%s downloaded %s files within %s")
	}
	if a.Bytes > 0 {
		w.count(RuleDownloads, "bytes", who, now, w.rules.DownloadBytes, a.Bytes, "%s downloaded %sB within %s")
	}
}

// Observe looks at an event; Run does so with all of the record.
func (w *Watch) Observe(e Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.Seq != 0 && e.Seq <= w.lastSeen {
		return // it came both ways
	}
	w.lastSeen = e.Seq
	if rule, ok := strings.CutPrefix(e.Action, alertAction); ok { // another process has spoken of it
		if e.Actor == system {
			w.speak(rule, e.Object, e.At)
		}
		return
	}
	switch {
	case e.Outcome == Denied || e.Outcome == Failed && e.Code == string(exo.Unauthenticated):
		w.denied(e)
	case e.Outcome == Allowed:
		if id := e.Detail["key_id"]; id != "" {
			w.key(id, e.Actor, e.Address, e.At)
		}
		if e.Role == "admin" && e.Via != "local" && e.Via != "cli" && e.Actor != "" && w.rules.offHours(e.At) {
			w.raise(Alert{At: e.At, Rule: RuleOffHours, Subject: e.Actor, Count: 1,
				Message: fmt.Sprintf("admin %s made a call at %s: %s", e.Actor, e.At.In(w.rules.Location).Format("Monday 15:04"), e.Action)})
		}
	}
}

func (w *Watch) denied(e Event) {
	if w.o.SignIn(e) {
		if e.Address != "" {
			w.count(RuleSignIns, "address", e.Address, e.At, w.rules.SignIns, 1, "from %s came %s failed sign-ins within %s")
		}
		if e.Actor != "" {
			w.count(RuleSignIns, "user", e.Actor, e.At, w.rules.SignIns, 1, "for user %s there were %s failed sign-ins within %s")
		}
		w.count(RuleSignIns, everybody, everybody, e.At, w.rules.SignInsTotal, 1, "from %s addresses together came %s failed sign-ins within %s")
		return
	}
	who := e.Actor
	if who == "" {
		who = e.Address
	}
	w.count(RuleDenied, "caller", who, e.At, w.rules.Denied, 1, "calls of %s were denied %s times within %s")
	w.count(RuleDenied, everybody, everybody, e.At, w.rules.DeniedTotal, 1, "calls of %s together were denied %s times within %s")
}

// key looks whether a key is used from two places. Called with mu.
func (w *Watch) key(id, actor, address string, at time.Time) {
	if id == "" {
		return
	}
	if other := w.places.saw(id, address, at, w.rules.KeyPlaces); other != "" {
		w.raise(Alert{At: at, Rule: RuleKeyPlaces, Subject: id, Count: 2,
			Message: fmt.Sprintf("key %s of %s was used from %s and from %s within %s", id, actor, address, other, w.rules.KeyPlaces)})
	}
}

// count counts for a rule, and raises the alert. Called with mu.
func (w *Watch) count(rule, part, subject string, at time.Time, b Burst, n int64, message string) {
	c := w.counts[rule+" "+part]
	if c == nil {
		c = &counters{max: w.o.MaxSubjects}
		w.counts[rule+" "+part] = c
	}
	if total, over := c.add(subject, at, b, n); over {
		w.raise(Alert{At: at, Rule: rule, Subject: subject, Count: total, Message: fmt.Sprintf(message, subject, number(total), b.Within)})
	}
}

// speak notes that an alert was raised, and reports whether it is the first for
// a while. Called with mu.
func (w *Watch) speak(rule, subject string, at time.Time) bool {
	id := rule + " " + subject
	if last, ok := w.spoken[id]; ok && at.Sub(last) < w.rules.Quiet && at.Sub(last) > -w.rules.Quiet {
		return false
	}
	if len(w.spoken) >= w.o.MaxSubjects {
		for id, last := range w.spoken {
			if at.Sub(last) >= w.rules.Quiet {
				delete(w.spoken, id)
			}
		}
		if len(w.spoken) >= w.o.MaxSubjects {
			return false // ten thousand alerts within a quarter of an hour are enough
		}
	}
	w.spoken[id] = at
	return true
}

// raise hands an alert to Run. Called with mu.
func (w *Watch) raise(a Alert) {
	if a.Subject = clean(a.Subject, maxObject); !w.speak(a.Rule, a.Subject, a.At) {
		return
	}
	a.Message = clean(a.Message, maxDetail)
	select {
	case w.alerts <- a:
	default: // so many wait already that one more tells nothing new
	}
}

const alertAction = "alert "

// Run watches until the context ends. What it could not follow for a while it
// reads from the record.
func (w *Watch) Run(ctx context.Context) error {
	events := w.follow(ctx)
	for w.until(ctx, events) {
		events = w.follow(ctx) // first, so that nothing comes in between
		w.missed(ctx)
	}
	return nil
}

// follow subscribes to the record.
func (w *Watch) follow(ctx context.Context) <-chan Event {
	if w.o.Record == nil {
		return make(chan Event) // none will come
	}
	return w.o.Record.Subscribe(ctx)
}

// until handles events and alerts until the context ends, false, or the
// subscription does.
func (w *Watch) until(ctx context.Context, events <-chan Event) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case e, ok := <-events:
			if !ok {
				return ctx.Err() == nil
			}
			w.Observe(e)
		case a := <-w.alerts:
			w.tell(ctx, a)
		}
	}
}

// missed looks at the newest of the events that came while nobody listened.
func (w *Watch) missed(ctx context.Context) {
	w.mu.Lock()
	last := w.lastSeen
	w.mu.Unlock()
	p, err := w.o.Record.Query(ctx, Filter{After: last, Limit: maxLimit})
	if err != nil {
		w.o.Log.WarnContext(ctx, "events cannot be looked at", "error", err)
		return
	}
	for i := len(p.Events) - 1; i >= 0; i-- {
		w.Observe(p.Events[i])
	}
}

// tell puts an alert where people look, unless another process that watches the
// same record has just done so.
func (w *Watch) tell(ctx context.Context, a Alert) {
	if w.o.Record != nil {
		p, err := w.o.Record.Query(ctx, Filter{From: w.o.Clock().Add(-w.rules.Quiet / 2), Actor: system, Action: alertAction + a.Rule, Object: a.Subject, Limit: 1})
		if err == nil && len(p.Events) > 0 {
			return
		}
	}
	w.o.Log.WarnContext(ctx, "alert", "rule", a.Rule, "subject", a.Subject, "count", a.Count, "alert", a.Message)
	if w.o.Record != nil {
		err := w.o.Record.Append(ctx, Event{Actor: system, Action: alertAction + a.Rule, Object: a.Subject, Outcome: Done, Code: a.Rule,
			Detail: map[string]string{"count": itoa(a.Count), "message": a.Message, "at": a.At.UTC().Format(time.RFC3339)}})
		if err != nil {
			w.o.Log.ErrorContext(ctx, "an alert could not be recorded", "error", err, "rule", a.Rule)
		}
	}
	if w.o.OnAlert != nil {
		w.o.OnAlert(ctx, a)
	}
}
