package limit

import (
	"context"
	"time"

	"exoplanetai/internal/exo"
)

// Limiter decides whether a call may go on. It is safe for use by several
// goroutines.
type Limiter interface {
	// Allow takes cost from the budget of the key, or nothing if that is more
	// than is left. A cost of zero only asks; one above the burst counts as the
	// whole burst, so that a dear call waits for a full budget and is not locked
	// out for ever. Errors are exo.Invalid for a negative cost and exo.Canceled:
	// a limiter that is out of order still decides.
	Allow(ctx context.Context, key string, cost int) (Decision, error)
}

// Decision is what a limiter says, in the terms of the fields RateLimit-Limit,
// RateLimit-Remaining, RateLimit-Reset and Retry-After.
type Decision struct {
	Allowed    bool
	Limit      int           // calls that a rested key may make at once: the burst
	Remaining  int           // calls of cost 1 that are left now
	Reset      time.Duration // until the whole budget is back
	RetryAfter time.Duration // until the refused call would be allowed; 0 if it was
}

// Err is nil for an allowed call, else exo.RateLimited with the seconds to wait
// as the member retry_after of the problem document.
func (d Decision) Err(op string) error {
	if d.Allowed {
		return nil
	}
	s := Seconds(d.RetryAfter)
	return exo.Errorf(op, exo.RateLimited, nil, "too many requests").
		Try("wait %d seconds; no more than %d calls at once", s, d.Limit).With("retry_after", s)
}

// Seconds rounds up to whole seconds, as HTTP fields hold them.
func Seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// Options sets a budget.
type Options struct {
	PerMinute int       // calls a minute in the long run; 0: 100
	Burst     int       // calls that may come at once; 0: twice PerMinute
	Clock     exo.Clock // required
	MaxKeys   int       // keys remembered at most, rounded up to a multiple of 16; 0: 100,000
}

// Defaults for what is not set, and bounds that keep burst × interval far from
// the largest integer that a double holds.
const (
	defaultPerMinute = 100
	defaultMaxKeys   = 100_000
	maxBurst         = 1_000_000
)

// Rule is a budget in whole microseconds.
type Rule struct {
	Interval int64 // µs between two calls in the long run, at least 1
	Burst    int64 // calls at once, at least 1
}

// Rule gives the budget of the options. Rates above a million a minute come out
// coarse, since the interval is a whole number.
func (o Options) Rule() Rule {
	const minute = int64(time.Minute / time.Microsecond)
	rate := min(int64(o.PerMinute), minute)
	if rate <= 0 {
		rate = defaultPerMinute
	}
	burst := int64(o.Burst)
	if burst <= 0 {
		burst = 2 * rate
	}
	return Rule{Interval: (minute + rate - 1) / rate, Burst: min(burst, maxBurst)}
}

// Window is the time in µs in which an empty budget fills.
func (r Rule) Window() int64 { return r.Burst * r.Interval }

// Price is the time in µs that a call of this cost takes from the budget.
func (r Rule) Price(cost int) int64 { return min(int64(cost), r.Burst) * r.Interval }

// Take decides for a key whose TAT is tat, at the time now, both µs since 1970,
// and returns the TAT to keep. A TAT from the past is now; one that no sequence
// of calls leads to, as after the clock was put back, is the farthest possible.
func (r Rule) Take(tat, now int64, cost int) (int64, bool) {
	tat = min(max(tat, now), now+r.Window())
	if next := tat + r.Price(cost); next <= now+r.Window() {
		return next, true
	}
	return tat, false
}

// Decision puts into words what Take returned.
func (r Rule) Decision(tat, now int64, cost int, allowed bool) Decision {
	d := Decision{Allowed: allowed, Limit: int(r.Burst), Remaining: int((now + r.Window() - tat) / r.Interval), Reset: micros(tat - now)}
	if !allowed {
		d.RetryAfter = micros(tat + r.Price(cost) - now - r.Window())
	}
	return d
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

// Check refuses what no limiter decides on.
func Check(ctx context.Context, op string, cost int) error {
	if cost < 0 {
		return exo.Errorf(op, exo.Invalid, nil, "the cost of a call is %d", cost)
	}
	if err := ctx.Err(); err != nil {
		return exo.E(op, exo.KindOf(err), nil, err)
	}
	return nil
}
