package metrics

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// children keeps what was made for a combination of labels, so that the next use
// costs one look into a map and no memory.
type children[K comparable, V any] struct {
	make func(K) V
	most int // combinations; those beyond it share that of rest
	rest K

	at atomic.Pointer[map[K]V] // never changed, only replaced
	mu sync.Mutex              // held by who replaces it
}

func (c *children[K, V]) get(k K) V {
	if at := c.at.Load(); at != nil {
		if v, ok := (*at)[k]; ok {
			return v
		}
	}
	return c.add(k)
}

func (c *children[K, V]) add(k K) V {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := map[K]V{}
	if at := c.at.Load(); at != nil {
		if v, ok := (*at)[k]; ok {
			return v
		}
		if len(*at) >= c.most {
			k = c.rest
			if v, ok := (*at)[k]; ok {
				return v
			}
		}
		next = maps.Clone(*at)
	}
	v := c.make(k)
	next[k] = v
	c.at.Store(&next)
	return v
}

// cumulative is a counter that others keep, and tell the whole of.
type cumulative struct {
	vec  *prometheus.CounterVec
	mu   sync.Mutex // guards last
	last map[string]int64
}

func (m *Metrics) cumulative(name, help string, labels ...string) *cumulative {
	return &cumulative{vec: m.counter(name, help, labels...), last: map[string]int64{}}
}

// reach moves the counter to n. A smaller n than before is a count that began
// again.
func (c *cumulative) reach(n int64, labels ...string) {
	key := strings.Join(labels, "\x00")
	c.mu.Lock()
	defer c.mu.Unlock()
	since := n - c.last[key]
	if since < 0 {
		since = n
	}
	c.last[key] = n
	c.vec.WithLabelValues(labels...).Add(float64(max(since, 0)))
}
