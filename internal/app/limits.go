package app

import (
	"context"
	"net/netip"

	"exoplanetai/internal/api"
	"exoplanetai/internal/cache"
	"exoplanetai/internal/cache/redis"
	"exoplanetai/internal/config"
	"exoplanetai/internal/limit"
)

// openRedis puts the cache that several servers share in front of the file cache,
// which serves while Redis is down.
func (a *App) openRedis(ctx context.Context, cfg config.Config, o Options) {
	if cfg.RedisURL == "" || o.Role == Reader {
		return
	}
	var key []byte
	if a.master.possible() {
		var err error
		if key, err = a.Auth.Secret(ctx, cacheSecret, secretSize); err != nil {
			a.Log.Warn("what Redis keeps is guarded against accidents only, because its key cannot be opened", "error", err)
		}
	}
	var fallback cache.Cache
	if a.files != nil {
		fallback = a.files
	}
	a.redis = redis.Open(redis.Options{URL: cfg.RedisURL, Key: key, Clock: o.Clock, Fallback: fallback, Log: a.Log})
	a.Cache = a.redis
	a.later("redis", a.redis.Close)
}

// limiter makes a budget that all servers on one Redis share; without one it is
// this process's own.
func (a *App) limiter(name string, o limit.Options) limit.Limiter {
	if a.redis != nil {
		return redis.NewLimiter(a.redis, name, o)
	}
	return limit.New(o)
}

// limits are the budgets of calls.
func (a *App) limits(cfg config.Config, o Options) api.Limits {
	l := cfg.Limits
	each := limit.Options{PerMinute: l.PerMinute, Burst: l.Burst, Clock: o.Clock}
	return api.Limits{
		Address: a.limiter("address", limit.Options{PerMinute: l.AddressPerMinute, Burst: l.AddressBurst, Clock: o.Clock}),
		User:    a.limiter("user", each),
		Key:     a.limiter("key", each),
	}
}

// metricsFrom says which addresses read the metrics without signing in; nil is
// this machine.
func metricsFrom(who config.MetricsAccess) []netip.Prefix {
	switch who {
	case config.MetricsAll:
		return []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	case config.MetricsAdmin:
		return []netip.Prefix{}
	}
	return nil
}
