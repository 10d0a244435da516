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

func TestTwoServersSpeakOnce(t *testing.T) {
	watched(t, 10, func(l *audit.Log, _ *audit.Watch, e *ear) {
		ctx, cancel := context.WithCancel(context.Background())
		other := &ear{}
		var wg sync.WaitGroup
		wg.Go(func() {
			_ = audit.NewWatch(audit.WatchOptions{Record: l, Clock: time.Now, OnAlert: other.hear}).Run(ctx)
		})
		synctest.Wait()
		for range 35 {
			l.Denied(ctx, audit.Event{Actor: "bert", Action: "GET /api/v1/users", Code: string(exo.Denied)})
		}
		time.Sleep(5 * time.Second)
		cancel()
		wg.Wait()
		p, err := l.Query(context.Background(), audit.Filter{Action: "alert *"})
		// They may ask at the very same moment, so two are forgiven, but not silence.
		if n := len(e.heard()) + len(other.heard()); err != nil || n == 0 || n > 2 || len(p.Events) != n {
			t.Errorf("%d alerts, %d on record, %v", n, len(p.Events), err)
		}
	})
}

func TestAnAlertIsRepeatedOnlyAfterAWhile(t *testing.T) {
	watched(t, 10, func(l *audit.Log, _ *audit.Watch, e *ear) {
		for range 40 * 20 { // 40 minutes of one try every three seconds
			l.Denied(context.Background(), audit.Event{Address: "203.0.113.7", Action: "sign-in", Code: string(exo.Unauthenticated)})
			time.Sleep(3 * time.Second)
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

// A day of a research group of fifty, of which each does something about once
// in a minute and a half.
func TestADayOfWorkRaisesNoAlarm(t *testing.T) {
	const people = 50
	var names, addresses [people]string
	for i := range people {
		names[i], addresses[i] = fmt.Sprint("user", i), fmt.Sprintf("192.0.%d.%d", i%3, i)
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	c := &clock{t: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)}
	w := audit.NewWatch(audit.WatchOptions{Clock: c.now})
	calls := 0
	observe := func(user int, role, action string, outcome audit.Outcome, code exo.Kind) {
		calls++
		w.Observe(audit.Event{At: c.now(), Actor: names[user], Role: role, Via: "token", Address: addresses[user], Action: action, Outcome: outcome, Code: string(code)})
	}
	saw := func(user int, address string, bytes int64) {
		calls++
		w.Saw(audit.Access{Actor: names[user], KeyID: names[user], Address: address, Files: 1, Bytes: bytes})
	}
	for second := range 24 * 3600 {
		if hour := c.now().Hour(); hour >= 8 && hour < 19 && rnd.IntN(2) == 0 {
			user := rnd.IntN(people)
			switch n := rnd.IntN(100); {
			case n < 2: // a password mistyped, three times at most
				for range 1 + rnd.IntN(3) {
					observe(user, "", "POST /api/v1/auth/token", audit.Denied, exo.Unauthenticated)
				}
			case n < 10:
				observe(user, "user", "POST /api/v1/data/version/create", audit.Denied, exo.Denied)
			case n < 20:
				observe(0, "admin", "POST /api/v1/keys", audit.Allowed, "")
			default:
				observe(user, "user", "POST /api/v1/data/validate", audit.Allowed, "")
			}
		}
		// Scripts work day and night: some 4,000 light curves of 2 MB each.
		if rnd.IntN(4) == 0 {
			user := rnd.IntN(5)
			saw(user, addresses[user], 2<<20)
		}
		if second%5 == 0 { // one was left with a key that has expired
			w.Observe(audit.Event{At: c.now(), Address: addresses[6], Action: "GET /api/v1/catalogs/koi", Outcome: audit.Denied, Code: string(exo.Unauthenticated)})
		}
		if second%60 == 0 {
			if at := second % 7200; at < 6000 { // somebody goes between office and home
				saw(7, fmt.Sprintf("198.51.%d.7", second/7200%2), 1000)
			}
			// One network, several addresses, and IPv6 beside.
			saw(8, fmt.Sprintf("198.51.7.%d", rnd.IntN(250)), 1000)
			saw(8, fmt.Sprintf("2001:db8:7:%x::1", rnd.IntN(250)), 1000)
		}
		if second%600 == 0 { // the server's own work, at night too
			w.Observe(audit.Event{At: c.now(), Actor: "local", Role: "admin", Via: "local", Action: "schedule backup", Outcome: audit.Allowed})
		}
		c.add(time.Second)
	}
	for _, a := range w.Waiting() {
		t.Errorf("%+v", a)
	}
	if calls < 40_000 {
		t.Errorf("only %d calls", calls)
	}
}

func TestTheWatchRemembersOnlySoMuch(t *testing.T) {
	c := &clock{t: start}
	w := audit.NewWatch(audit.WatchOptions{Clock: c.now, MaxSubjects: 100, Rules: audit.Rules{SignInsTotal: audit.Burst{Count: -1}}})
	for i := range 20_000 {
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
