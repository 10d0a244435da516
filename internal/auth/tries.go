package auth

import (
	"context"
	"crypto/sha256"
	"net/netip"
	"strings"
	"sync"
	"time"

	"exoplanetai/internal/exo"
)

// How often one may try to sign in within any minute.
const (
	triesPair    = 10 // one name from one address
	triesAddress = 60 // one address, all names
	triesName    = 60 // one name, all addresses: nobody is shut out for longer than others guess
)

// admit counts a try to sign in. exo.RateLimited if it is one too many; that one
// is not counted.
func (s *Service) admit(ctx context.Context, name, address string) error {
	const op = "auth.SignIn"
	name, address = strings.ToLower(name), network(address)
	for _, t := range []struct {
		key       string
		perMinute int
	}{{"signin pair " + address + " " + name, triesPair}, {"signin address " + address, triesAddress}, {"signin name " + name, triesName}} {
		wait, err := s.Tries(ctx, digest(t.key), t.perMinute)
		if err != nil {
			return err
		}
		if wait > 0 {
			return tooMany(op, int((wait+time.Second-1)/time.Second))
		}
	}
	return nil
}

// network is what one caller can easily have addresses of: one IPv4 address, or
// a /64 of IPv6 (RFC 6177).
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if a = a.Unmap().WithZone(""); a.Is6() {
		p, _ := a.Prefix(64) // 64 fits every IPv6 address
		return p.String()
	}
	return a.String()
}

func tooMany(op string, seconds int) error {
	return exo.Errorf(op, exo.RateLimited, nil, "too many tries to sign in").
		Try("wait %d seconds and try again", seconds).With("retry_after", seconds)
}

// tries counts in memory, exactly: a try is refused if there were as many as
// allowed in the minute before it.
type tries struct {
	clock exo.Clock
	mu    sync.Mutex // guards byKey
	byKey map[string]*window
}

// window holds the times of the last tries, in a circle.
type window struct {
	at   []int64 // milliseconds; 0: none
	next int     // the oldest
}

const (
	maxWindows = 20_000
	minute     = int64(time.Minute / time.Millisecond)
)

func newTries(clock exo.Clock) *tries { return &tries{clock: clock, byKey: map[string]*window{}} }

func (t *tries) allow(_ context.Context, key string, perMinute int) (time.Duration, error) {
	now := t.clock().UnixMilli()
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.byKey[key]
	if w == nil {
		t.makeRoom(now)
		w = &window{at: make([]int64, perMinute)}
		t.byKey[key] = w
	}
	if oldest := w.at[w.next]; oldest > 0 && now-oldest < minute && now >= oldest { // a clock that was put back locks nobody out
		return time.Duration(minute-(now-oldest)) * time.Millisecond, nil
	}
	w.at[w.next] = now
	w.next = (w.next + 1) % len(w.at)
	return 0, nil
}

// makeRoom forgets who did nothing for a minute and, if that is not enough, a
// quarter of the others: it takes so many addresses to get there that one of
// them gains little.
func (t *tries) makeRoom(now int64) {
	if len(t.byKey) < maxWindows {
		return
	}
	for key, w := range t.byKey {
		if newest := w.at[(w.next+len(w.at)-1)%len(w.at)]; now-newest >= minute {
			delete(t.byKey, key)
		}
	}
	for key := range t.byKey {
		if len(t.byKey) < maxWindows*3/4 {
			return
		}
		delete(t.byKey, key)
	}
}

// digest is a short key for a text of any length.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return string(sum[:16])
}
