package redis

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/limit"
)

// gcra is limit.Rule.Take on the server: KEYS[1] holds the TAT; ARGV are the
// window, the price (µs), how long to keep the key beyond its use (ms), and the
// time now, or "" for the server's own, which is one for all who share a budget.
// Answers: allowed, TAT, now. Whatever else is in the key counts as nothing.
const gcra = `
local window, price, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000000 + t[2]
end
local held = redis.pcall('GET', KEYS[1])
held = type(held) == 'string' and tonumber(held) or now
local tat, allowed = now, 0
if held > now then tat = math.floor(math.min(held, now + window)) end
if tat + price <= now + window then
  tat, allowed = tat + price, 1
end
if tat > now and tat ~= held then
  redis.call('SET', KEYS[1], string.format('%.0f', tat), 'PX', math.ceil((tat - now) / 1000) + ARGV[3])
end
return {allowed, tat, now}`

// Limiter is a limit.Limiter whose budgets all servers on one Redis share. While
// Redis is down, each server decides by itself, from where the shared budgets
// stood when it last asked.
type Limiter struct {
	cache  *Cache
	prefix string
	rule   limit.Rule
	local  *limit.Local
	script *rueidis.Lua
	clock  exo.Clock // of tests; nil: the time of Redis
}

var _ limit.Limiter = (*Limiter)(nil)

// NewLimiter makes a limiter on the connection of a cache. Limiters of the same
// name and prefix share their budgets, and should have the same options.
func NewLimiter(c *Cache, name string, o limit.Options) *Limiter {
	return &Limiter{
		cache: c, prefix: c.opts.Prefix + "limit/1/" + name + "/", rule: o.Rule(), local: limit.New(o), script: rueidis.NewLuaScript(gcra),
	}
}

// longKey is the length from which a key is replaced by its digest.
const longKey = 128

// Allow implements limit.Limiter.
func (l *Limiter) Allow(ctx context.Context, key string, cost int) (limit.Decision, error) {
	if err := limit.Check(ctx, "redis.Allow", cost); err != nil {
		return limit.Decision{}, err
	}
	if d, ok := l.shared(ctx, key, cost); ok {
		return d, nil
	}
	return l.local.Allow(ctx, key, cost)
}

// shared asks Redis; false if it is down or full.
func (l *Limiter) shared(ctx context.Context, key string, cost int) (limit.Decision, bool) {
	client, _ := l.cache.use("")
	if client == nil {
		return limit.Decision{}, false
	}
	name := l.prefix + key
	if len(key) >= longKey {
		name = l.prefix + exo.DigestOf([]byte(key)).String()
	}
	short, cancel := l.cache.link.limit(ctx)
	defer cancel()
	keep, now := "0", ""
	if l.clock != nil { // Redis drops keys by its own clock
		keep, now = "3600000", strconv.FormatInt(l.clock().UnixMicro(), 10)
	}
	args := []string{strconv.FormatInt(l.rule.Window(), 10), strconv.FormatInt(l.rule.Price(cost), 10), keep, now}
	answer, err := ask(short, func() rueidis.RedisResult { return l.script.Exec(short, client, []string{name}, args) }).AsIntSlice()
	if err != nil || len(answer) != 3 {
		if !isFull(err) {
			l.cache.link.fail(err, "")
		}
		return limit.Decision{}, false
	}
	d := l.rule.Decision(answer[1], answer[2], cost, answer[0] == 1)
	l.local.Note(key, max(d.Reset, time.Duration(0)))
	return d, true
}
