package redis_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/cache/cachetest"
	"exoplanetai/internal/cache/redis"
	"exoplanetai/internal/limit"
	"exoplanetai/internal/xtest"
)

func TestTheScriptDecidesAsTheLocalLimiterOnTheSameTimes(t *testing.T) {
	c := open(t, redis.Options{URL: xtest.Redis(t)})
	for n, o := range []limit.Options{{}, {PerMinute: 7, Burst: 3}, {PerMinute: 1, Burst: 1}, {PerMinute: 1e6, Burst: 1e6}, {PerMinute: 60, Burst: 1000}, {PerMinute: 9e6, Burst: 50}} {
		t.Run(fmt.Sprintf("%d a minute, burst %d", o.PerMinute, o.Burst), func(t *testing.T) {
			clock := cachetest.NewClock()
			o.Clock = clock.Now
			shared, local := redis.NewLimiter(c, fmt.Sprint(n), o), limit.New(o)
			shared.UseClock(clock.Now)
			chance := rand.New(rand.NewPCG(uint64(n), 42))
			every := max(1, time.Minute/time.Duration(max(o.PerMinute, 100)))
			var allowed, refused int
			for i := range 1500 {
				switch step := chance.IntN(100); {
				case step < 60:
					clock.Add(time.Duration(chance.Int64N(int64(every))))
				case step < 62:
					clock.Add(time.Duration(chance.Int64N(int64(time.Hour))))
				case step < 64:
					clock.Add(-time.Duration(chance.Int64N(int64(time.Hour)))) // it was put back
				}
				key, cost := []string{"a", "b", "user:ü ", strings.Repeat("long", 60)}[chance.IntN(4)], chance.IntN(4)
				if chance.IntN(50) == 0 {
					cost = 2000
				}
				s, err := shared.Allow(t.Context(), key, cost)
				if err != nil {
					t.Fatal(err)
				}
				l, err := local.Allow(t.Context(), key, cost)
				if err != nil {
					t.Fatal(err)
				}
				if s != l {
					t.Fatalf("step %d, key %.5s, cost %d: shared %+v, local %+v", i, key, cost, s, l)
				}
				if s.Allowed {
					allowed++
				} else {
					refused++
				}
			}
			t.Logf("%d allowed, %d refused", allowed, refused)
			if allowed == 0 || refused == 0 && o.PerMinute != 1e6 && o.PerMinute != 9e6 {
				t.Error("the sequence tests nothing")
			}
		})
	}
	if !c.State().Up {
		t.Errorf("%+v", c.State())
	}
}

func TestTwoProcessesShareOneBudget(t *testing.T) {
	addr := xtest.Redis(t)
	type spender struct {
		in  io.WriteCloser
		out *bufio.Scanner
	}
	var all []spender
	for range 2 {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), spenderAddr+"="+addr)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = in.Close()
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
		all = append(all, spender{in, bufio.NewScanner(out)})
	}
	line := func(s spender) string { s.out.Scan(); return s.out.Text() }
	for _, s := range all {
		if got := line(s); got != "ready" {
			t.Fatal(got)
		}
	}
	for _, s := range all {
		if _, err := io.WriteString(s.in, "go\n"); err != nil {
			t.Fatal(err)
		}
	}
	var sum int
	for i, s := range all {
		n, err := strconv.Atoi(line(s))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("process %d: %d of 400 calls allowed", i, n)
		sum += n
	}
	if sum != 300 {
		t.Errorf("%d calls were allowed in all, the budget is 300", sum)
	}
}

func TestWithoutRedisTheLocalLimiterGoesOnWhereItStood(t *testing.T) {
	s := xtest.NewRedis(t)
	c := open(t, redis.Options{URL: s.Addr})
	l := redis.NewLimiter(c, "user", limit.Options{PerMinute: 1, Burst: 10, Clock: time.Now})
	allow := func(key string, want bool, left int) {
		t.Helper()
		d, err := l.Allow(t.Context(), key, 1)
		if err != nil || d.Allowed != want || d.Remaining != left {
			t.Errorf("%s: %+v, %v; want %t, %d left", key, d, err, want, left)
		}
	}
	for i := range 6 {
		allow("key", true, 9-i)
	}
	s.Stop()
	for i := range 4 {
		allow("key", true, 3-i)
	}
	allow("key", false, 0)
	allow("other", true, 9)
	if c.State().Up {
		t.Error("up")
	}
	s.Start()
	until(t, c, true)
	allow("other", true, 9) // Redis has forgotten
}

func TestALimiterOnAFullRedisDecidesByItself(t *testing.T) {
	s := xtest.NewRedis(t, "--maxmemory", "1", "--maxmemory-policy", "noeviction")
	c := open(t, redis.Options{URL: s.Addr})
	l := redis.NewLimiter(c, "user", limit.Options{PerMinute: 1, Burst: 3, Clock: time.Now})
	for i := range 5 {
		if d, err := l.Allow(t.Context(), "key", 1); err != nil || d.Allowed != (i < 3) {
			t.Errorf("call %d: %+v, %v", i, d, err)
		}
	}
	if !c.State().Up {
		t.Errorf("%+v", c.State())
	}
}

func TestRubbishInALimitersKeyCountsAsNothing(t *testing.T) {
	s := xtest.NewRedis(t)
	c := open(t, redis.Options{URL: s.Addr})
	l := redis.NewLimiter(c, "user", limit.Options{PerMinute: 1, Burst: 3, Clock: time.Now})
	const name = "exoplanetai/limit/1/user/key"
	for _, cmd := range [][]string{{"SET", name, "rubbish"}, {"SET", name, ""}, {"SET", name, "nan"}, {"SET", name, "-inf"}, {"SET", name, "-5"}, {"RPUSH", name, "a"}, {"HSET", name, "a", "b"}} {
		s.Do("DEL", name)
		s.Do(cmd...)
		if d, err := l.Allow(t.Context(), "key", 1); err != nil || !d.Allowed || d.Remaining != 2 {
			t.Errorf("%q: %+v, %v", cmd, d, err)
		}
	}
	for _, v := range []string{"inf", "1e300", "9007199254740993"} { // no later than a whole budget away
		s.Do("SET", name, v)
		if d, err := l.Allow(t.Context(), "key", 1); err != nil || d.Allowed || d.Reset != 3*time.Minute || d.RetryAfter != time.Minute {
			t.Errorf("%s: %+v, %v", v, d, err)
		}
	}
	if !c.State().Up {
		t.Errorf("%+v", c.State())
	}
}

func TestALimitersKeysGoByThemselves(t *testing.T) {
	s := xtest.NewRedis(t)
	c := open(t, redis.Options{URL: s.Addr})
	l := redis.NewLimiter(c, "user", limit.Options{PerMinute: 60_000, Burst: 10, Clock: time.Now})
	for i := range 100 {
		if _, err := l.Allow(t.Context(), fmt.Sprint(i), 1); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		if s.Do("DBSIZE") == ":1" { // the probe
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%s keys are left", s.Do("DBSIZE"))
}

func BenchmarkShared(b *testing.B) {
	c := open(b, redis.Options{URL: xtest.Redis(b)})
	l := redis.NewLimiter(c, "user", limit.Options{PerMinute: 1e6, Burst: 1e6, Clock: time.Now})
	value := strings.Repeat("page of a table ", 256)
	set(b, c, "key", value)
	b.Run("limiter", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := l.Allow(b.Context(), "key", 1); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("get of 4 KiB", func(b *testing.B) {
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if v, ok, err := c.Get(b.Context(), "key"); !ok || len(v) != len(value) || err != nil {
					b.Error(ok, err)
				}
			}
		})
	})
}

func TestALimiterOnARedisThatOnlyLetsItselfBeReadDecidesByItself(t *testing.T) {
	s := xtest.NewRedis(t, "--replicaof", "127.0.0.1 1")
	var log syncText
	c := open(t, redis.Options{URL: s.Addr, Log: slog.New(slog.NewTextHandler(&log, nil))})
	l := redis.NewLimiter(c, "user", limit.Options{PerMinute: 1, Burst: 50, Clock: time.Now})
	for i := range 100 {
		if d, err := l.Allow(t.Context(), "key", 1); err != nil || d.Allowed != (i < 50) {
			t.Errorf("call %d: %+v, %v", i, d, err)
		}
		time.Sleep(2 * time.Millisecond)
	}
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "READONLY") {
		t.Errorf("not one outage: %s", text)
	}
}
