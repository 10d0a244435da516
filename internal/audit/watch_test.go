package audit_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"exoplanetai/internal/audit"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// ear collects alerts.
type ear struct {
	mu   sync.Mutex
	list []audit.Alert // guarded by mu
}

func (e *ear) hear(_ context.Context, a audit.Alert) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, a)
}

func (e *ear) heard() []audit.Alert {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]audit.Alert(nil), e.list...)
}

// watched runs f beside a watch on a record in a bubble of fake time, which
// begins on a Tuesday at the hour.
func watched(t *testing.T, hour int, f func(l *audit.Log, w *audit.Watch, e *ear)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Date(2026, 11, 24, hour, 0, 0, 0, time.UTC).Sub(time.Now()))
		ctx, cancel := context.WithCancel(context.Background())
		db, err := sqldb.Open(ctx, sqldb.Options{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		l, err := audit.Open(ctx, audit.Options{DB: db, Clock: time.Now, Key: theKey})
		if err != nil {
			t.Fatal(err)
		}
		e := &ear{}
		w := audit.NewWatch(audit.WatchOptions{Record: l, Clock: time.Now, OnAlert: e.hear})
		var wg sync.WaitGroup
		wg.Go(func() { _ = w.Run(ctx) })
		wg.Go(func() { _ = l.Run(ctx) })
		synctest.Wait()
		f(l, w, e)
		cancel()
		wg.Wait()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}

// S18: each is spoken of within five seconds of its cause, in the record too.
func TestWhatAPersonShouldLookAtIsSpokenOfAtOnce(t *testing.T) {
	ctx := context.Background()
	tests := map[string]struct {
		hour    int
		do      func(l *audit.Log, w *audit.Watch)
		rule    string
		subject string
	}{
		"failed sign-ins from one address": {10, func(l *audit.Log, _ *audit.Watch) {
			for i := range 12 {
				l.Denied(ctx, audit.Event{Actor: fmt.Sprint("user", i), Address: "203.0.113.7", Action: "POST /api/v1/auth/token", Code: string(exo.Unauthenticated)})
			}
		}, audit.RuleSignIns, "203.0.113.7"},
		"failed sign-ins for one user from many addresses": {10, func(l *audit.Log, _ *audit.Watch) {
			for i := range 12 {
				l.Denied(ctx, audit.Event{Actor: "anna", Address: fmt.Sprintf("203.0.113.%d", i), Action: "POST /api/v1/auth/token", Code: string(exo.Unauthenticated)})
			}
		}, audit.RuleSignIns, "anna"},
		"failed sign-ins of many users from many addresses": {10, func(l *audit.Log, _ *audit.Watch) {
			for i := range 70 {
				l.Denied(ctx, audit.Event{Actor: fmt.Sprint("user", i), Address: fmt.Sprintf("203.0.113.%d", i), Action: "sign-in", Code: string(exo.Unauthenticated)})
			}
		}, audit.RuleSignIns, "all"},
		"denied calls of one user": {10, func(l *audit.Log, _ *audit.Watch) {
			for range 35 {
				l.Denied(ctx, audit.Event{Actor: "bert", Address: "203.0.113.7", Action: "GET /api/v1/users", Code: string(exo.Denied)})
			}
		}, audit.RuleDenied, "bert"},
		"denied calls of nobody known": {10, func(l *audit.Log, _ *audit.Watch) {
			for range 35 {
				l.Denied(ctx, audit.Event{Address: "203.0.113.7", Action: "GET /api/v1/users", Code: string(exo.Unauthenticated)})
			}
		}, audit.RuleDenied, "203.0.113.7"},
		"many files": {10, func(_ *audit.Log, w *audit.Watch) {
			for range 5001 {
				w.Saw(audit.Access{Actor: "bert", Address: "203.0.113.7", Files: 1, Bytes: 1000})
			}
		}, audit.RuleDownloads, "bert"},
		"many bytes": {10, func(_ *audit.Log, w *audit.Watch) {
			for range 21 {
				w.Saw(audit.Access{Address: "203.0.113.7", Files: 1, Bytes: 1 << 30})
				time.Sleep(time.Minute)
			}
		}, audit.RuleDownloads, "203.0.113.7"},
		"a key from two addresses": {10, func(_ *audit.Log, w *audit.Watch) {
			w.Saw(audit.Access{Actor: "anna", KeyID: "k1", Address: "203.0.113.7"})
			time.Sleep(time.Minute)
			w.Saw(audit.Access{Actor: "anna", KeyID: "k1", Address: "198.51.100.9"})
		}, audit.RuleKeyPlaces, "k1"},
		"a key from two addresses, one of them a changing call": {10, func(l *audit.Log, w *audit.Watch) {
			w.Saw(audit.Access{Actor: "anna", KeyID: "k1", Address: "2001:db8:1::7"})
			done, err := l.Begin(ctx, audit.Event{Actor: "anna", Via: "key", Address: "2001:db8:2::7", Action: "POST /x", Detail: map[string]string{"key_id": "k1"}})
			if err != nil {
				t.Error(err)
			}
			done(audit.Done, "")
		}, audit.RuleKeyPlaces, "k1"},
		"an admin at night": {3, func(l *audit.Log, _ *audit.Watch) {
			if _, err := l.Begin(ctx, audit.Event{Actor: "root", Role: "admin", Via: "token", Address: "203.0.113.7", Action: "POST /api/v1/users"}); err != nil {
				t.Error(err)
			}
		}, audit.RuleOffHours, "root"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			watched(t, tt.hour, func(l *audit.Log, w *audit.Watch, e *ear) {
				tt.do(l, w)
				caused := time.Now()
				time.Sleep(5 * time.Second)
				got := e.heard()
				if len(got) != 1 || got[0].Rule != tt.rule || got[0].Subject != tt.subject || got[0].At.After(caused) || got[0].Message == "" {
					t.Errorf("%+v", got)
				}
				p, err := l.Query(ctx, audit.Filter{Action: "alert " + tt.rule, Actor: "system"})
				if err != nil || len(p.Events) != 1 || p.Events[0].Object != tt.subject || p.Events[0].At.Sub(caused) > 5*time.Second {
					t.Errorf("%+v, %v", p, err)
				}
			})
		})
	}
}

func TestAnAlertIsRepeatedOnlyAfterAWhile(t *testing.T) {
	watched(t, 10, func(l *audit.Log, _ *audit.Watch, e *ear) {
		for range 40 * 60 { // 40 minutes of one try a second
			l.Denied(context.Background(), audit.Event{Address: "203.0.113.7", Action: "sign-in", Code: string(exo.Unauthenticated)})
			time.Sleep(time.Second)
		}
		got := map[string]int{}
		for _, a := range e.heard() {
			got[a.Subject]++
		}
		if got["203.0.113.7"] != 3 || got["all"] != 3 {
			t.Errorf("%v", got)
		}
	})
}

// A day of a research group of fifty.
func TestADayOfWorkRaisesNoAlarm(t *testing.T) {
	for seed := range uint64(2) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		c := &clock{t: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)}
		w := audit.NewWatch(audit.WatchOptions{Clock: c.now})
		calls := 0
		for second := range 24 * 3600 {
			now := c.now()
			atWork := now.Hour() >= 8 && now.Hour() < 19
			for user := range 50 {
				name, address := fmt.Sprint("user", user), fmt.Sprintf("192.0.%d.%d", user%3, user)
				ev := audit.Event{At: now, Actor: name, Role: "user", Via: "token", Address: address, Action: "POST /api/v1/data/validate", Outcome: audit.Allowed}
				switch {
				case atWork && rnd.IntN(4000) == 0: // a password mistyped, three times at most
					for range 1 + rnd.IntN(3) {
						w.Observe(audit.Event{At: now, Actor: name, Address: address, Action: "POST /api/v1/auth/token", Outcome: audit.Denied, Code: string(exo.Unauthenticated)})
					}
				case atWork && rnd.IntN(100) == 0:
					if user == 0 {
						ev.Role = "admin"
					}
					w.Observe(ev)
				case atWork && rnd.IntN(1000) == 0:
					ev.Outcome, ev.Code = audit.Denied, string(exo.Denied)
					w.Observe(ev)
				case user < 5 && rnd.IntN(20) == 0: // scripts work day and night, some 4,000 light curves of 2 MB
					w.Saw(audit.Access{Actor: name, KeyID: name, Address: address, Files: 1, Bytes: 2 << 20})
				case user == 6 && second%5 == 0: // a script that was left with a key that has expired
					ev.Outcome, ev.Code, ev.Actor = audit.Denied, string(exo.Unauthenticated), ""
					w.Observe(ev)
				case user == 7 && (second/3600)%2 == 0 && second%60 == 0 && second%3600 < 2400: // between office and home
					w.Saw(audit.Access{Actor: name, KeyID: name, Address: fmt.Sprintf("198.51.%d.7", (second/7200)%2)})
				case user == 8 && second%60 == 0: // one network, several addresses; and IPv6 beside
					w.Saw(audit.Access{Actor: name, KeyID: name, Address: fmt.Sprintf("198.51.7.%d", rnd.IntN(250))})
					w.Saw(audit.Access{Actor: name, KeyID: name, Address: fmt.Sprintf("2001:db8:7:%x::1", rnd.IntN(250))})
				case user == 9 && second%600 == 0: // the server's own work, at night too
					w.Observe(audit.Event{At: now, Actor: "local", Role: "admin", Via: "local", Action: "schedule backup", Outcome: audit.Allowed})
				default:
					continue
				}
				calls++
			}
			c.add(time.Second)
		}
		for _, a := range w.Waiting() {
			t.Errorf("seed %d: %+v", seed, a)
		}
		if calls < 50_000 {
			t.Errorf("only %d calls", calls)
		}
	}
}

func TestTheWatchRemembersOnlySoMuch(t *testing.T) {
	c := &clock{t: start}
	w := audit.NewWatch(audit.WatchOptions{Clock: c.now, MaxSubjects: 100, Rules: audit.Rules{SignInsTotal: audit.Burst{Count: -1}}})
	for i := range 100_000 {
		name := fmt.Sprint("u", i)
		w.Observe(audit.Event{At: c.now(), Actor: name, Address: name, Action: "sign-in", Outcome: audit.Denied})
		w.Saw(audit.Access{Actor: name, KeyID: name, Address: fmt.Sprintf("10.%d.%d.1", i>>8&255, i&255), Files: 6000})
		c.add(time.Second)
	}
	if n := w.Subjects(); n > 1000 {
		t.Errorf("%d subjects are remembered", n)
	}
	if n := len(w.Waiting()); n > 256 {
		t.Errorf("%d alerts wait", n)
	}
}

func TestNothingOfAStrangerGoesIntoAnAlertUncleaned(t *testing.T) {
	watched(t, 10, func(l *audit.Log, w *audit.Watch, e *ear) {
		w.Saw(audit.Access{Actor: "a\x1b[2J\nb", Address: "x\r\ny", Files: 6000})
		time.Sleep(time.Second)
		got := e.heard()
		if len(got) != 1 || strings.ContainsAny(got[0].Subject+got[0].Message, "\x1b\r\n") {
			t.Errorf("%+v", got)
		}
	})
}

func BenchmarkSaw(b *testing.B) {
	w := audit.NewWatch(audit.WatchOptions{Clock: time.Now})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			w.Saw(audit.Access{Actor: "anna", KeyID: "k1", Address: "203.0.113.7", Bytes: 10})
		}
	})
}
