package redis

import (
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"exoplanetai/internal/cache"
	"exoplanetai/internal/exo"
)

// Options says which Redis, and how long to wait for it.
type Options struct {
	URL      string        // redis://[user:password@]host[:port][/db], rediss:// for TLS; see Check
	Prefix   string        // of all keys, so that others may use the same Redis; empty: "exoplanetai/"
	Key      []byte        // secret of the entries' digests, the same on all servers; empty: entries are only guarded against accidents
	Clock    exo.Clock     // tells what has expired; required
	Wait     time.Duration // by how much Redis may delay a request in all; 0: 50 ms
	Fallback cache.Cache   // serves while Redis is down; nil: nothing does
	Log      *slog.Logger  // nil: none
}

const (
	defaultPrefix = "exoplanetai/"
	defaultWait   = 50 * time.Millisecond
	format        = "cache/1/" // before an entry's key
	keepLongest   = 30 * 24 * time.Hour
)

// Cache is a cache.Cache on a Redis. Close it after use; the fallback is the
// caller's to close.
type Cache struct {
	opts         Options
	link         *link // nil: the address is of no use, and the fallback serves
	codec        codec
	hits, misses atomic.Int64
}

var _ cache.Cache = (*Cache)(nil)

// Check tells whether a URL can be that of a Redis: exo.Invalid, without the
// password that it may hold.
func Check(url string) error {
	_, err := parse(url)
	return err
}

// parse keeps to what the settings promise: one server, with TLS checked.
func parse(url string) (rueidis.ClientOption, error) {
	option, err := rueidis.ParseURL(url)
	bad := exo.Errorf("redis.parse", exo.Invalid, nil, "the address of Redis is not redis://[user:password@]host[:port][/number] or rediss://…").
		Try("set REDIS_URL to redis://localhost:6379, for one")
	scheme, _, _ := strings.Cut(url, "://")
	if err != nil || scheme != "redis" && scheme != "rediss" || strings.ContainsAny(url, "?#") || len(option.InitAddress) != 1 || option.SelectDB < 0 {
		return rueidis.ClientOption{}, bad
	}
	return option, nil
}

// Open makes a cache. Redis is not spoken to before the first use. With an
// address that Check refuses, only the fallback serves.
func Open(o Options) *Cache {
	if o.Prefix == "" {
		o.Prefix = defaultPrefix
	}
	if o.Wait <= 0 {
		o.Wait = defaultWait
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	c := &Cache{opts: o}
	option, err := parse(o.URL)
	if err == nil {
		c.codec, err = newCodec(o.Key)
	}
	if err != nil {
		o.Log.Error("redis cannot be used", "error", err)
		return c
	}
	c.link = newLink(o, option)
	return c
}

// Close ends the connection. The cache goes on as if Redis were down.
func (c *Cache) Close() error {
	if c.link != nil {
		c.link.close()
	}
	return nil
}

// State tells whether Redis serves, for health checks.
type State struct {
	Up     bool
	Since  time.Time // of this state
	Reason string    // why it is down; empty before the first use
}

// State tells how things stand, and asks nobody.
func (c *Cache) State() State {
	if c.link == nil {
		return State{Reason: "the address cannot be used"}
	}
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	return State{Up: c.link.up.Load(), Since: c.link.since, Reason: plain(c.link.reason)}
}
