package auth

import (
	"crypto/sha256"
	"sync"
	"time"
)

// checks keeps what was found of tokens and keys, for checkTTL at most. Only
// good ones are kept, by the hash of their text.
type checks struct {
	mu    sync.RWMutex // guards what follows
	epoch uint64       // counts the changes that made all of it worthless
	byKey map[[sha256.Size]byte]check
}

type check struct {
	caller      Caller
	from, until time.Time
}

// get returns the caller of a text that was checked before, and the epoch to
// hand to put.
func (c *checks) get(key [sha256.Size]byte, now time.Time) (Caller, bool, uint64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, ok := c.byKey[key]
	if !ok || !now.Before(e.until) || now.Before(e.from) { // not if the clock was put back
		return Caller{}, false, c.epoch
	}
	return e.caller, true, c.epoch
}

// put keeps a result, unless something was changed since get.
func (c *checks) put(key [sha256.Size]byte, e check, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if epoch != c.epoch {
		return
	}
	if c.byKey == nil {
		c.byKey = map[[sha256.Size]byte]check{}
	}
	if len(c.byKey) >= maxChecks {
		c.makeRoom(e.from)
	}
	c.byKey[key] = e
}

// makeRoom forgets what is out of date or, if that is not enough, a quarter.
func (c *checks) makeRoom(now time.Time) {
	for key, e := range c.byKey {
		if !now.Before(e.until) {
			delete(c.byKey, key)
		}
	}
	for key := range c.byKey {
		if len(c.byKey) < maxChecks*3/4 {
			return
		}
		delete(c.byKey, key)
	}
}

// forget makes the next check of everything a real one.
func (c *checks) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	clear(c.byKey)
}
