package redis_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"exoplanetai/internal/cache"
	"exoplanetai/internal/cache/redis"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/limit"
	"exoplanetai/internal/xtest"
)

// The promise R25: whatever the cache suffers, answers are those without it, and
// a request takes no longer than it would without, and the wait.
const (
	shortWait = 300 * time.Millisecond
	slack     = 250 * time.Millisecond // what a busy machine adds, beside what it adds without Redis
)

// answer is what a request would find out without a cache.
func answer(i int) string { return strings.Repeat(fmt.Sprintf("answer %d, ", i), 100) }

// service asks as the program does: the limiter, the cache, and it keeps what it
// had to find out.
type service struct {
	cache   cache.Cache
	limiter limit.Limiter
	slowest atomic.Int64
	asked   atomic.Int64
}

func newService(c *redis.Cache) *service {
	return &service{cache: c, limiter: redis.NewLimiter(c, "r25", limit.Options{PerMinute: 1e6, Burst: 1e6, Clock: time.Now})}
}

func (s *service) request(t *testing.T, i int) {
	began := time.Now()
	if d, err := s.limiter.Allow(t.Context(), "caller", 1); err != nil || !d.Allowed {
		t.Errorf("limiter: %+v, %v", d, err)
	}
	key := fmt.Sprint("page/1/", i)
	got, ok, err := s.cache.Get(t.Context(), key)
	if err != nil {
		t.Errorf("get: %v", err)
	}
	if ok && string(got) != answer(i) {
		t.Errorf("a wrong answer of %d bytes for %d: %.60q", len(got), i, got)
	}
	if !ok {
		if err := s.cache.Set(t.Context(), key, []byte(answer(i)), time.Hour); err != nil {
			t.Errorf("set: %v", err)
		}
	}
	s.asked.Add(1)
	took := int64(time.Since(began))
	for old := s.slowest.Load(); took > old && !s.slowest.CompareAndSwap(old, took); old = s.slowest.Load() {
	}
}

// load makes requests from four sides for a while, during which the given happens.
// A fifth asks a service without Redis, to know what is normal.
func (s *service) load(t *testing.T, during func()) {
	t.Helper()
	var over atomic.Bool
	var wg sync.WaitGroup
	plain := &service{cache: files(t, time.Now), limiter: limit.New(limit.Options{PerMinute: 1e6, Burst: 1e6, Clock: time.Now})}
	wg.Go(func() {
		for i := 0; !over.Load(); i++ {
			plain.request(t, i%50)
			time.Sleep(time.Millisecond)
		}
	})
	for g := range 4 {
		wg.Go(func() {
			for i := g; !over.Load(); i++ {
				s.request(t, i%50)
				time.Sleep(time.Millisecond)
			}
		})
	}
	during()
	over.Store(true)
	wg.Wait()
	slowest, normal := time.Duration(s.slowest.Load()), time.Duration(plain.slowest.Load())
	t.Logf("%d requests, the slowest took %v, without Redis %v", s.asked.Load(), slowest.Round(time.Microsecond), normal.Round(time.Microsecond))
	if slowest > shortWait+slack+2*normal {
		t.Errorf("a request took %v, without Redis %v; the wait is %v", slowest, normal, shortWait)
	}
}

func quick(t *testing.T, url string) *redis.Cache {
	return open(t, redis.Options{URL: url, Wait: shortWait, Fallback: files(t, time.Now)})
}

func doze() { time.Sleep(500 * time.Millisecond) }

func TestAnswersAreThoseWithoutACacheWhileRedisIs(t *testing.T) {
	t.Run("absent", func(t *testing.T) {
		c := quick(t, "127.0.0.1:1")
		newService(c).load(t, doze)
		if c.State().Up {
			t.Error("up")
		}
	})
	t.Run("behind an address that swallows everything", func(t *testing.T) {
		p := newProxy(t, xtest.Redis(t))
		p.hang.Store(true)
		newService(quick(t, p.Addr)).load(t, doze)
	})
	t.Run("slow, and quick again", func(t *testing.T) {
		p := newProxy(t, xtest.Redis(t))
		c := quick(t, p.Addr)
		newService(c).load(t, func() {
			until(t, c, true)
			p.delay.Store(int64(shortWait))
			until(t, c, false)
			doze()
			p.delay.Store(0)
			until(t, c, true)
		})
	})
	t.Run("slow, but within a call's share", func(t *testing.T) {
		p := newProxy(t, xtest.Redis(t))
		p.delay.Store(int64(shortWait / 8))
		newService(quick(t, p.Addr)).load(t, doze)
	})
	t.Run("stuck in the middle, and loose again", func(t *testing.T) {
		p := newProxy(t, xtest.Redis(t))
		c := quick(t, p.Addr)
		newService(c).load(t, func() {
			until(t, c, true)
			p.hang.Store(true)
			until(t, c, false)
			doze()
			p.hang.Store(false)
			until(t, c, true)
		})
	})
	t.Run("cut off again and again", func(t *testing.T) {
		p := newProxy(t, xtest.Redis(t))
		c := quick(t, p.Addr)
		newService(c).load(t, func() {
			for range 10 {
				time.Sleep(50 * time.Millisecond)
				p.cut()
			}
			until(t, c, true)
		})
	})
	t.Run("restarted in the middle", func(t *testing.T) {
		s := xtest.NewRedis(t)
		c := quick(t, s.Addr)
		newService(c).load(t, func() {
			for range 2 {
				until(t, c, true)
				s.Stop()
				until(t, c, false)
				s.Start()
			}
			until(t, c, true)
		})
	})
	t.Run("full, and may not make room", func(t *testing.T) {
		s := xtest.NewRedis(t, "--maxmemory", "1", "--maxmemory-policy", "noeviction")
		c := quick(t, s.Addr)
		newService(c).load(t, doze)
		until(t, c, true) // a full Redis is not down
	})
	t.Run("only readable", func(t *testing.T) {
		s := xtest.NewRedis(t, "--replicaof", "127.0.0.1 1", "--replica-serve-stale-data", "yes")
		var log syncText
		c := open(t, redis.Options{URL: s.Addr, Wait: shortWait, Fallback: files(t, time.Now), Log: slog.New(slog.NewTextHandler(&log, nil))})
		newService(c).load(t, doze)
		if text := log.String(); c.State().Up || strings.Count(text, "\n") != 1 || !strings.Contains(text, "READONLY") {
			t.Errorf("%+v, logged: %s", c.State(), text)
		}
	})
	t.Run("shared by two, one of them cut off", func(t *testing.T) {
		s := xtest.NewRedis(t)
		p := newProxy(t, s.Addr)
		one, two := newService(quick(t, s.Addr)), newService(quick(t, p.Addr))
		one.load(t, func() {
			two.load(t, func() {
				for range 5 {
					time.Sleep(60 * time.Millisecond)
					p.hang.Store(true)
					time.Sleep(shortWait)
					p.hang.Store(false)
				}
			})
		})
	})
}

func TestAFullRedisDoesNotServeWhatWasReplaced(t *testing.T) {
	s := xtest.NewRedis(t)
	c := open(t, redis.Options{URL: s.Addr})
	set(t, c, "key", "old")
	for _, conf := range [][]string{{"maxmemory-policy", "noeviction"}, {"maxmemory", "1"}} {
		if got := s.Do("CONFIG", "SET", conf[0], conf[1]); got != "+OK" {
			t.Fatal(got)
		}
	}
	want(t, c, "key", "old")
	set(t, c, "key", "new")
	miss(t, c, "key")
}

func TestWhatWasReplacedDuringAnOutageIsNeverServedAfter(t *testing.T) {
	for name, many := range map[string]int{"a few keys": 3, "more keys than are remembered": 12_000} {
		t.Run(name, func(t *testing.T) {
			s := xtest.NewRedis(t)
			p := newProxy(t, s.Addr)
			c := quick(t, p.Addr)
			until2 := func(up bool) { t.Helper(); nudge(t, c, up) }
			until2(true)
			set(t, c, "replaced", "old")
			set(t, c, "deleted", "old")
			p.hang.Store(true)
			until2(false)
			set(t, c, "replaced", "new")
			want(t, c, "replaced", "new")
			if err := c.Delete(t.Context(), "deleted"); err != nil {
				t.Error(err)
			}
			for i := range many {
				if err := c.Delete(t.Context(), fmt.Sprint(i)); err != nil {
					t.Fatal(err)
				}
			}
			p.hang.Store(false)
			until2(true)
			miss(t, c, "replaced")
			miss(t, c, "deleted")
			if got := s.Do("DBSIZE"); got != ":1" { // the probe
				t.Errorf("%s keys are left", got)
			}
			s.Stop()
			until2(false)
			miss(t, c, "replaced") // another outage knows nothing of the first
		})
	}
}

// nudge asks until Redis is up, or down.
func nudge(t *testing.T, c *redis.Cache, up bool) {
	t.Helper()
	for range 1000 {
		miss(t, c, "nudge")
		if c.State().Up == up {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("still %+v", c.State())
}

func TestPoisonedEntriesAreNeverServed(t *testing.T) {
	s := xtest.NewRedis(t)
	const prefix = "exoplanetai/cache/1/"
	for _, secret := range []string{"", "secret"} {
		c := open(t, redis.Options{URL: s.Addr, Key: []byte(secret)})
		for _, value := range []string{"short", strings.Repeat("long ", 500)} {
			set(t, c, "key", value)
			set(t, c, "yek", strings.Repeat("other", len(value)/5)) // as long a key
			good, other := s.Do("GET", prefix+"key"), s.Do("GET", prefix+"yek")
			poison := map[string]string{
				"wrong bytes": "wrong", "nearly empty": "\x00", "the entry of another key": other, "no digest": "exoR\x00" + strings.Repeat("\x00", 12) + value,
				"an older format": strings.Replace(good, "exoR", "exoQ", 1), "with a tail": good + "x", "doubled": good + good,
				"huge": strings.Repeat("x", 5<<20), "entry, then huge": good + strings.Repeat("x", 5<<20),
			}
			for i := range good {
				b := []byte(good)
				b[i] ^= 1 << (i % 8)
				poison[fmt.Sprint("bit ", i)] = string(b)
				poison[fmt.Sprint("cut ", i)] = good[:i]
			}
			for what, data := range poison {
				s.Do("SET", prefix+"key", data)
				if got, ok, err := c.Get(t.Context(), "key"); ok || err != nil {
					t.Errorf("%s: served %.60q, %v", what, got, err)
				}
				if left := s.Do("EXISTS", prefix+"key"); left != ":0" && data != "" {
					t.Errorf("%s: still there", what)
				}
			}
			for _, cmd := range [][]string{{"RPUSH", prefix + "key", "a"}, {"HSET", prefix + "key", "a", "b"}} {
				s.Do(cmd...)
				miss(t, c, "key")
				set(t, c, "key", value)
				want(t, c, "key", value)
				s.Do("DEL", prefix+"key")
			}
		}
		if !c.State().Up {
			t.Errorf("%+v", c.State())
		}
	}
}

func TestASecretTellsEntriesOfStrangers(t *testing.T) {
	addr := xtest.Redis(t)
	ours := open(t, redis.Options{URL: addr, Key: []byte("secret")})
	for _, key := range []string{"", "another"} {
		theirs := open(t, redis.Options{URL: addr, Key: []byte(key)})
		set(t, theirs, "key", "forged")
		miss(t, ours, "key")
	}
}

func TestAWriterWithAnotherClockIsUnderstood(t *testing.T) {
	addr := xtest.Redis(t)
	ahead := exo.Clock(func() time.Time { return time.Now().Add(30 * time.Minute) })
	one, two := open(t, redis.Options{URL: addr}), open(t, redis.Options{URL: addr, Clock: ahead})
	set(t, one, "key", "v") // for an hour
	want(t, two, "key", "v")
	if err := one.Set(t.Context(), "key", []byte("v"), 10*time.Minute); err != nil {
		t.Fatal(err)
	}
	miss(t, two, "key")
}

func TestServersThatAreNoRedisHarmNothing(t *testing.T) {
	for name, say := range map[string]string{
		"a web server": "HTTP/1.1 400 Bad Request\r\n\r\n", "nothing but line ends": "\r\n\r\n", "an endless line": strings.Repeat("x", 4096),
		"OK to everything": "+OK\r\n", "an error to everything": "-ERR no\r\n", "a huge text": "$9000000000000000000\r\n", "a negative text": "$-7\r\n",
		"a large text": "$4000000000\r\n", "a huge list": "*9000000000000000000\r\n", "a negative list": "*-9\r\n", "a huge map": "%4611686018427387905\r\n",
		"nested lists": strings.Repeat("*1\r\n", 4096), "a push": ">2\r\n$1\r\na\r\n$1\r\nb\r\n", "empty lists": "*0\r\n", "numbers": ":1\r\n",
		"an unending text": "$?\r\n;4\r\nabcd\r\n", "null": "_\r\n", "an attribute": "|1\r\n+a\r\n+b\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := quick(t, stranger(t, say))
			newService(c).load(t, func() { time.Sleep(150 * time.Millisecond) })
		})
	}
}

func TestARedisWhoseAnswersAreMangledHarmsNothing(t *testing.T) {
	for name, f := range map[string]func([]byte) []byte{
		"twice":               func(b []byte) []byte { return append(append([]byte{}, b...), b...) },
		"with a foreign tail": func(b []byte) []byte { return append(append([]byte{}, b...), "+OK\r\n"...) },
		"without a half":      func(b []byte) []byte { return b[:len(b)/2] },
		"with a huge length":  func([]byte) []byte { return []byte("$9000000000000000000\r\n") },
		"with a negative one": func([]byte) []byte { return []byte("$-7\r\n") },
		"empty lists":         func([]byte) []byte { return []byte("*0\r\n") },
		"a list of nothing":   func([]byte) []byte { return []byte("*-7\r\n") },
		"nested":              func([]byte) []byte { return []byte(strings.Repeat("*1\r\n", 100_000)) },
		"a false push":        func([]byte) []byte { return []byte(">3\r\n+unsubscribe\r\n+a\r\n:1\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			p := newProxy(t, xtest.Redis(t))
			c := quick(t, p.Addr)
			newService(c).load(t, func() {
				until(t, c, true)
				p.mangle.Store(&f)
				time.Sleep(200 * time.Millisecond)
			})
		})
	}
}
