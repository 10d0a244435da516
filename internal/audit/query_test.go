package audit_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"exoplanetai/internal/audit"
	"exoplanetai/internal/exo"
)

func TestEventsAreSelected(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		ctx := context.Background()
		w := newWorld(t, nil)
		for i := range 30 {
			e := audit.Event{RequestID: fmt.Sprint("r", i), Actor: []string{"anna", "bert", "o'neil"}[i%3], Role: []string{"admin", "user"}[i%2], Via: "token",
				Address: fmt.Sprint("192.0.2.", i%5), Action: []string{"POST /api/v1/keys", "DELETE /api/v1/keys/{id}", "cli version create"}[i%3], Object: fmt.Sprint("v_", i),
				Outcome: audit.Done, Code: []string{"", "Denied"}[i%2]}
			if err := w.log.Append(ctx, e); err != nil {
				t.Fatal(err)
			}
			w.clock.add(time.Minute)
		}
		tests := map[string]struct {
			f    audit.Filter
			want int
		}{
			"all": {audit.Filter{}, 30}, "an actor": {audit.Filter{Actor: "anna"}, 10}, "a quote": {audit.Filter{Actor: "o'neil"}, 10},
			"an injection": {audit.Filter{Actor: "x' OR '1'='1"}, 0}, "a NUL": {audit.Filter{Actor: "a\x00b\xff"}, 0}, "a role": {audit.Filter{Role: "admin"}, 15},
			"an action": {audit.Filter{Action: "POST /api/v1/keys"}, 10}, "actions that begin so": {audit.Filter{Action: "cli *"}, 10},
			"no pattern": {audit.Filter{Action: "%"}, 0}, "nor a line for one character": {audit.Filter{Object: "v__"}, 0}, "objects": {audit.Filter{Object: "v_1*"}, 11},
			"an address": {audit.Filter{Address: "192.0.2.3"}, 6}, "a code": {audit.Filter{Code: "Denied"}, 15}, "a request": {audit.Filter{RequestID: "r7"}, 1},
			"an outcome": {audit.Filter{Outcome: audit.Denied}, 0}, "from": {audit.Filter{From: start.Add(25 * time.Minute)}, 5}, "to": {audit.Filter{To: start.Add(25 * time.Minute)}, 25},
			"both":  {audit.Filter{From: start.Add(5 * time.Minute), To: start.Add(6 * time.Minute)}, 1},
			"after": {audit.Filter{After: 28}, 2}, "before": {audit.Filter{Before: 3}, 2}, "several": {audit.Filter{Actor: "anna", Role: "user", After: 10}, 3},
		}
		for name, tt := range tests {
			for _, limit := range []int{0, 1, 7} { // by pages too
				f, got, last := tt.f, 0, int64(1<<62)
				for f.Limit = limit; ; {
					p, err := w.log.Query(ctx, f)
					if err != nil {
						t.Fatal(err)
					}
					for _, e := range p.Events {
						if e.Seq >= last {
							t.Errorf("%s: event %d after %d", name, e.Seq, last)
						}
						last = e.Seq
					}
					got += len(p.Events)
					if f.Before = p.Next; p.Next == 0 {
						break
					}
				}
				if got != tt.want {
					t.Errorf("%s, by %d: %d events, want %d", name, limit, got, tt.want)
				}
			}
		}
		for _, limit := range []int{-1, 1001} {
			if _, err := w.log.Query(ctx, audit.Filter{Limit: limit}); !errors.Is(err, exo.Invalid) {
				t.Errorf("limit %d: %v", limit, err)
			}
		}
	})
}

func TestASubscriberThatIsTooSlowIsLetGo(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t, nil)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		slow, quick := w.log.Subscribe(ctx), w.log.Subscribe(ctx)
		for i := range 50 {
			events := make([]audit.Event, 100)
			if err := w.log.Append(context.Background(), events...); err != nil {
				t.Fatal(err)
			}
			for j := range 100 {
				if e := <-quick; e.Seq != int64(100*i+j+1) {
					t.Fatalf("event %d is %d", 100*i+j+1, e.Seq)
				}
			}
		}
		n := 0
		for range slow { // ends, as it was closed
			n++
		}
		if n < 1000 || n >= 5000 {
			t.Errorf("%d events", n)
		}
		cancel()
		for range quick { // closed with its context
			t.Error("one event more")
		}
	})
}

// A loss of power takes the last transactions of the table with it, which the
// mirror has; and so does a backup of the database that is put back.
func TestTheTableIsCompletedFromTheMirror(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		for name, cut := range map[string]int{"a few": 15, "all": 0} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, nil)
				for i := range 5 {
					w.call("anna", fmt.Sprint("key ", i))
				}
				w.exec(`CREATE TABLE old AS SELECT * FROM audit_head`)
				for range 11 {
					if err := w.log.Append(context.Background(), make([]audit.Event, 100)...); err != nil {
						t.Fatal(err)
					}
				}
				if cut > 0 {
					w.exec(`DELETE FROM audit_events WHERE seq > 10; DELETE FROM audit_head; INSERT INTO audit_head SELECT * FROM old`)
				} else {
					w.exec(`DELETE FROM audit_events; UPDATE audit_head SET seq = 0, hash = base_hash, mac = ''`)
				}
				w.open()
				if r := w.verify(); !r.OK || r.Events != 1111 || r.MirrorLines != 1111 {
					t.Errorf("%+v", r)
				}
				if e := w.events()[0]; e.Action != "audit recover" || e.Outcome != audit.Done {
					t.Errorf("%+v", e)
				}
			})
		}
	})
}

func TestALineThatNobodySealedDoesNotGetIntoTheTable(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t, nil)
		w.call("anna", "key 1")
		last := w.events()[0]
		e := last
		e.Seq, e.Prev, e.Actor, e.Key = 3, last.Hash, "bert", ""
		e.Hash = audit.SealOf(nil, e)
		w.mirror.data = append(audit.AppendLine(w.mirror.data, e), '\n')
		w.open()
		got := w.events()
		if len(got) != 3 || got[0].Actor != "system" || got[0].Outcome != audit.Failed || got[0].Code != string(exo.Corrupt) {
			t.Errorf("%+v", got)
		}
		if r := w.verify(); r.OK || !said(r, "mirror", "event 3 ") {
			t.Errorf("%+v", r)
		}
	})
}

func TestAKeyThatCannotBeHadRefusesTheCall(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		ctx := context.Background()
		var keyErr error = exo.Errorf("test", exo.Denied, nil, "wrong master key")
		short := false
		w := newWorld(t, func(o *audit.Options) {
			o.Key = func() ([]byte, error) {
				if short {
					return []byte("short"), nil
				}
				return key, keyErr
			}
		})
		begin := func() error {
			_, err := w.log.Begin(ctx, audit.Event{Actor: "anna", Action: "POST /x"})
			return err
		}
		if err := begin(); !errors.Is(err, exo.Unavailable) {
			t.Errorf("%v", err)
		}
		if short = true; begin() == nil {
			t.Error("a short key is taken")
		}
		if _, err := w.log.Query(ctx, audit.Filter{}); err != nil {
			t.Errorf("reading does not go on: %v", err)
		}
		short, keyErr = false, nil
		if err := begin(); err != nil {
			t.Errorf("%v", err)
		}
	})
}

func TestWhoOnlyReadsWritesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t, nil)
		w.call("anna", "key 1")
		o := w.o
		o.Mirror = writerFunc(func([]byte) (int, error) { t.Error("the mirror is written"); return 0, io.ErrClosedPipe })
		w.o = o
		if r := w.look(); !r.OK || r.Events != 2 {
			t.Errorf("%+v", r)
		}
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
