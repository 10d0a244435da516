package limit

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"exoplanetai/internal/exo"
)

// shards keep goroutines apart; a power of two.
const shards = 16

// Local is a Limiter in memory, for one process. It never holds more than the
// keys of its options: when there is no room, a key whose budget is nearly
// whole makes place, so that those who are refused stay refused however many
// keys a flood brings.
type Local struct {
	rule  Rule
	clock exo.Clock
	seeds [2]maphash.Seed
	max   int // keys of one shard
	parts [shards]part
}

// part is a shard: slots in a fixed order, and where each key's is.
type part struct {
	mu    sync.Mutex
	at    map[name]int32
	slots []slot
	hand  int // where the search for room goes on
}

// name stands for a key, however long: 128 bits that nobody outside can foresee.
type name [2]uint64

type slot struct {
	name name
	tat  int64
}

var _ Limiter = (*Local)(nil)

// New makes a limiter with no calls on its books.
func New(o Options) *Local {
	n := o.MaxKeys
	if n <= 0 {
		n = defaultMaxKeys
	}
	return &Local{rule: o.Rule(), clock: o.Clock, max: (n + shards - 1) / shards, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
}

// Allow implements Limiter.
func (l *Local) Allow(ctx context.Context, key string, cost int) (Decision, error) {
	if err := Check(ctx, "limit.Allow", cost); err != nil {
		return Decision{}, err
	}
	now := l.clock().UnixMicro()
	n, p := l.find(key)
	p.mu.Lock()
	defer p.mu.Unlock()
	i, known := p.at[n]
	var tat int64
	if known {
		tat = p.slots[i].tat
	}
	tat, ok := l.rule.Take(tat, now, cost)
	switch {
	case tat <= now: // nothing is owed
	case known:
		p.slots[i].tat = tat
	default:
		p.put(n, tat, now, l.max)
	}
	return l.rule.Decision(tat, now, cost, ok), nil
}

// Note makes it known that the key's budget, kept elsewhere, is whole only after
// reset. It never gives anything back.
func (l *Local) Note(key string, reset time.Duration) {
	now := l.clock().UnixMicro()
	tat := now + min(reset.Microseconds(), l.rule.Window())
	if tat <= now {
		return
	}
	n, p := l.find(key)
	p.mu.Lock()
	defer p.mu.Unlock()
	if i, known := p.at[n]; known {
		p.slots[i].tat = max(p.slots[i].tat, tat)
		return
	}
	p.put(n, tat, now, l.max)
}

// Keys counts what is remembered.
func (l *Local) Keys() int {
	var n int
	for i := range l.parts {
		p := &l.parts[i]
		p.mu.Lock()
		n += len(p.slots)
		p.mu.Unlock()
	}
	return n
}

func (l *Local) find(key string) (name, *part) {
	n := name{maphash.String(l.seeds[0], key), maphash.String(l.seeds[1], key)}
	return n, &l.parts[n[0]%shards]
}

// put remembers a new key. The caller holds the lock.
func (p *part) put(n name, tat, now int64, limit int) {
	if p.at == nil {
		p.at = map[name]int32{}
	}
	i := len(p.slots)
	if i < limit {
		p.slots = append(p.slots, slot{})
	} else {
		i = p.room(now)
		delete(p.at, p.slots[i].name)
	}
	p.slots[i] = slot{n, tat}
	p.at[n] = int32(i)
}

// room picks the slot that matters least among the next few: one that is as good
// as forgotten, else the one with the least debt.
func (p *part) room(now int64) int {
	const few = 8
	best := p.hand
	for range few {
		i := p.hand
		p.hand = (p.hand + 1) % len(p.slots)
		if p.slots[i].tat < p.slots[best].tat {
			best = i
		}
		if p.slots[i].tat <= now {
			break
		}
	}
	return best
}
