package redis

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"exoplanetai/internal/exo"
)

// Pauses between two attempts to get Redis back, and the time that an attempt
// may take: it makes a connection, which no call waits for.
const (
	firstPause  = 50 * time.Millisecond
	lastPause   = 2 * time.Second
	attemptTime = time.Second
	settled     = 10 * time.Second // up for so long, the pauses start anew
)

// maxStale bounds the keys remembered for deletion; above, all entries go.
const maxStale = 10_000

// link is the circuit around the connection. It is up, or it is down and a
// goroutine works on getting it up again.
type link struct {
	option rueidis.ClientOption
	prefix string
	share  time.Duration // how long one call may take
	clock  exo.Clock
	log    *slog.Logger

	ctx   context.Context // ends with close
	stop  context.CancelFunc
	work  sync.WaitGroup
	up    atomic.Bool
	first chan struct{} // closed after the first attempt, or when a call has waited for it in vain
	tried sync.Once     // closes first
	start sync.Once

	mu     sync.Mutex // guards what follows, and every change of up
	client rueidis.Client
	closed bool
	since  time.Time // of the present state
	reason error     // why it is down
	pause  time.Duration
	outage string              // names the present or next outage
	number int64               // of outages
	stale  map[string]struct{} // Redis keys to delete before it is up again
	flood  bool                // there were too many to remember
}

func newLink(o Options, option rueidis.ClientOption) *link {
	option.ForceSingleClient = true
	option.PipelineMultiplex = -1 // one connection: commands keep their order
	option.DisableCache = true
	option.DisableRetry = true
	option.Dialer.Timeout = attemptTime
	option.ConnWriteTimeout = attemptTime
	option.ReadBufferEachConn, option.WriteBufferEachConn = 64<<10, 64<<10
	option.ClientName = "exoplanetai"
	option.ClientSetInfo = rueidis.DisableClientSetInfo
	l := &link{
		option: option, prefix: o.Prefix, share: o.Wait / 3, clock: o.Clock, log: o.Log,
		first: make(chan struct{}), stale: map[string]struct{}{}, since: o.Clock(),
	}
	l.option.DialCtxFn = l.dial
	l.ctx, l.stop = context.WithCancel(context.Background())
	l.nameOutage()
	return l
}

// nameOutage gives the next outage a name that no earlier one had, in this
// process or before.
func (l *link) nameOutage() {
	l.number++
	l.outage = strconv.FormatInt(l.clock().UnixNano(), 36) + "." + strconv.FormatInt(l.number, 36)
}

// use returns the client, or nil and the name of the outage. The first call of
// all waits for the connection. If Redis is down and a key is given, the key will
// be deleted before Redis serves again.
func (l *link) use(key string) (rueidis.Client, string) {
	if l.up.Load() {
		return l.client, "" // never changed once it is there
	}
	l.start.Do(l.begin)
	l.await()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.up.Load() {
		return l.client, ""
	}
	l.forget(key)
	return nil, l.outage
}

// goOn ends the waiting for the first attempt.
func (l *link) goOn() { l.tried.Do(func() { close(l.first) }) }

// await waits for the first attempt, a call's share at most, and not again.
func (l *link) await() {
	select {
	case <-l.first:
		return
	default:
	}
	t := time.NewTimer(l.share)
	defer t.Stop()
	select {
	case <-l.first:
	case <-t.C:
		l.goOn()
	case <-l.ctx.Done():
	}
}

// forget notes a key for deletion. The caller holds the lock.
func (l *link) forget(key string) {
	switch {
	case key == "" || l.flood:
	case len(l.stale) >= maxStale:
		l.flood = true
		clear(l.stale)
	default:
		l.stale[key] = struct{}{}
	}
}

// limit gives a call its share. It does not end with the caller's context: a
// caller who leaves is no sign of a Redis out of order.
func (l *link) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), l.share)
}

// ask runs a command, and leaves it behind when its time is over. The library
// alone does not keep to the context: a command that comes upon a connection in
// the making waits for whoever makes it.
func ask(short context.Context, command func() rueidis.RedisResult) rueidis.RedisResult {
	answer := make(chan rueidis.RedisResult, 1)
	go func() { answer <- command() }()
	select {
	case r := <-answer:
		return r
	case <-short.Done():
		return rueidis.NewErrorResult(short.Err())
	}
}

// do asks for one command.
func do(short context.Context, c rueidis.Client, command rueidis.Completed) rueidis.RedisResult {
	return ask(short, func() rueidis.RedisResult { return c.Do(short, command) })
}

// fail opens the circuit after a failed call, and returns the outage's name.
func (l *link) fail(err error, key string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(key)
	if !l.up.Load() || l.closed {
		return l.outage
	}
	now := l.clock()
	if now.Sub(l.since) >= settled {
		l.pause = 0
	}
	l.up.Store(false)
	l.since, l.reason = now, err
	l.nameOutage()
	l.log.Warn("redis does not answer in time, going on without", "error", plain(err))
	l.work.Go(l.restore)
	return l.outage
}

func (l *link) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		l.goOn()
		return
	}
	l.work.Go(func() {
		if l.attempt() != nil {
			l.goOn()
			l.restore()
			return
		}
		l.goOn()
	})
}

// restore tries until Redis is up or the link is closed.
func (l *link) restore() {
	for {
		l.mu.Lock()
		pause := l.pause
		l.pause = min(max(2*pause, firstPause), lastPause)
		l.mu.Unlock()
		t := time.NewTimer(pause)
		select {
		case <-l.ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		if l.attempt() == nil {
			return
		}
	}
}

// attempt gets Redis up, or says why not.
func (l *link) attempt() error {
	err := l.probe()
	for err == nil {
		var done bool
		if done, err = l.settle(); done {
			return nil
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reason == nil && l.ctx.Err() == nil {
		l.log.Warn("redis cannot be reached, going on without", "error", plain(err))
	}
	l.reason = err
	return err
}

// probe makes a connection, with time, and then wants an answer in a call's
// share: to a write, since a Redis that only lets itself be read is of no use. A
// full one is.
func (l *link) probe() error {
	l.mu.Lock()
	c := l.client
	l.mu.Unlock()
	if c == nil {
		var err error
		if c, err = rueidis.NewClient(l.option); err != nil {
			return err
		}
		l.mu.Lock()
		l.client = c
		l.mu.Unlock()
	}
	long, cancel := context.WithTimeout(l.ctx, attemptTime)
	defer cancel()
	if err := c.Do(long, c.B().Ping().Build()).Error(); err != nil {
		return err
	}
	short, cancel := context.WithTimeout(l.ctx, l.share)
	defer cancel()
	err := c.Do(short, c.B().Set().Key(l.prefix+"probe").Value("1").PxMilliseconds(time.Minute.Milliseconds()).Build()).Error()
	if isFull(err) {
		return nil
	}
	return err
}

// settle deletes what is stale, and closes the circuit when nothing is.
func (l *link) settle() (bool, error) {
	l.mu.Lock()
	flood, keys, c := l.flood, slices.Collect(maps.Keys(l.stale)), l.client
	if !flood && len(keys) == 0 {
		l.up.Store(!l.closed)
		if l.reason != nil {
			l.log.Info("redis answers again")
		}
		l.since, l.reason = l.clock(), nil
		l.mu.Unlock()
		return true, nil
	}
	l.mu.Unlock()
	var err error
	if flood {
		err = l.sweep(c)
	} else {
		err = l.remove(c, keys)
	}
	if err != nil {
		return false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if flood { // what was not noted during the sweep was in Redis before it, and went with it
		l.flood = false
		return false, nil
	}
	for _, k := range keys {
		delete(l.stale, k)
	}
	return false, nil
}

// remove deletes keys in batches.
func (l *link) remove(c rueidis.Client, keys []string) error {
	for batch := range slices.Chunk(keys, 500) {
		ctx, cancel := context.WithTimeout(l.ctx, attemptTime)
		err := c.Do(ctx, c.B().Unlink().Key(batch...).Build()).Error()
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// sweep deletes all entries of the cache.
func (l *link) sweep(c rueidis.Client) error {
	var cursor uint64
	for {
		ctx, cancel := context.WithTimeout(l.ctx, attemptTime)
		page, err := c.Do(ctx, c.B().Scan().Cursor(cursor).Match(pattern(l.prefix)).Count(1000).Build()).AsScanEntry()
		cancel()
		if err != nil {
			return err
		}
		if err := l.remove(c, page.Elements); err != nil {
			return err
		}
		if cursor = page.Cursor; cursor == 0 {
			return nil
		}
	}
}

// close ends the work in the background and the connection.
func (l *link) close() {
	l.mu.Lock()
	l.closed = true
	l.up.Store(false)
	if l.reason == nil {
		l.reason = errClosed
	}
	l.mu.Unlock()
	l.stop()
	l.work.Wait()
	if l.client != nil {
		l.client.Close()
	}
}

var errClosed = errors.New("closed")

// isFull tells the answer of a Redis that has no room and may not make any.
func isFull(err error) bool {
	e, ok := rueidis.IsRedisErr(err)
	return ok && strings.HasPrefix(e.Error(), "OOM ")
}

// isWrongType tells that a key holds something that is not ours.
func isWrongType(err error) bool {
	e, ok := rueidis.IsRedisErr(err)
	return ok && strings.HasPrefix(e.Error(), "WRONGTYPE ")
}

// plain shortens what a stranger's server may have said.
func plain(err error) string {
	if err == nil {
		return ""
	}
	s := err.Error()
	return strconv.Quote(s[:min(len(s), 200)])
}
