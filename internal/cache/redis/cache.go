package redis

import (
	"context"
	"time"

	"github.com/redis/rueidis"

	"exoplanetai/internal/cache"
	"exoplanetai/internal/exo"
)

// Get implements cache.Cache. It fails for a bad key, a cancelled context and a
// fallback out of order; Redis out of order is no error.
func (c *Cache) Get(ctx context.Context, key string) ([]byte, bool, error) {
	const op = "redis.Get"
	if err := check(ctx, op, key); err != nil {
		return nil, false, err
	}
	value, ok, err := c.get(ctx, key)
	if ok {
		c.hits.Add(1)
	} else {
		c.misses.Add(1)
	}
	return value, ok, err
}

func (c *Cache) get(ctx context.Context, key string) ([]byte, bool, error) {
	client, outage := c.use("")
	if client == nil {
		return c.spareGet(ctx, outage, key)
	}
	name := c.name(key)
	short, cancel := c.link.limit(ctx)
	defer cancel()
	// A range, so that a huge value of others is never fetched.
	data, err := do(short, client, client.B().Getrange().Key(name).Start(0).End(maxEntry).Build()).AsBytes()
	switch {
	case isWrongType(err):
		data = []byte("not ours")
	case err != nil:
		return c.spareGet(ctx, c.link.fail(err, ""), key)
	case len(data) == 0:
		return nil, false, nil // an entry is never empty
	}
	value, expires, ok := c.codec.decode(key, data)
	if !ok {
		c.opts.Log.Warn("redis holds a damaged or foreign entry, it is removed")
		c.drop(short, client, name)
		return nil, false, nil
	}
	if expires != 0 && c.opts.Clock().UnixNano() >= expires {
		return nil, false, nil // Redis drops it by itself
	}
	return value, true, nil
}

// Set implements cache.Cache. A value above 4 MiB, or 2 MiB compressed, is
// dropped at once: it would take longer to fetch than a call may last. No value
// stays longer than 30 days, so that any eviction policy finds what may go.
func (c *Cache) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	const op = "redis.Set"
	if err := check(ctx, op, key); err != nil {
		return err
	}
	if len(value) > cache.MaxValue {
		return exo.Errorf(op, exo.TooLarge, nil, "the value has %d bytes, a cache takes %d", len(value), cache.MaxValue)
	}
	name := c.name(key)
	client, outage := c.use(name)
	if client == nil {
		return c.spareSet(ctx, outage, key, value, ttl)
	}
	var expires int64
	keep := keepLongest
	if ttl > 0 {
		expires = c.opts.Clock().Add(ttl).UnixNano()
		keep = max(min(ttl, keepLongest), time.Millisecond)
	}
	entry, ok := c.codec.encode(key, value, expires)
	short, cancel := c.link.limit(ctx)
	defer cancel()
	if !ok {
		c.drop(short, client, name)
		return nil
	}
	err := do(short, client, client.B().Set().Key(name).Value(rueidis.BinaryString(entry)).PxMilliseconds(keep.Milliseconds()).Build()).Error()
	switch {
	case isFull(err):
		c.drop(short, client, name) // the former value must not outlive its replacement
		return nil
	case err != nil:
		return c.spareSet(ctx, c.link.fail(err, name), key, value, ttl)
	}
	return nil
}

// Delete implements cache.Cache. What cannot be deleted now is deleted before
// Redis serves again.
func (c *Cache) Delete(ctx context.Context, key string) error {
	const op = "redis.Delete"
	if err := check(ctx, op, key); err != nil {
		return err
	}
	name := c.name(key)
	client, outage := c.use(name)
	if client != nil {
		short, cancel := c.link.limit(ctx)
		defer cancel()
		c.drop(short, client, name)
		return nil
	}
	if c.opts.Fallback == nil {
		return nil
	}
	return c.opts.Fallback.Delete(ctx, spare(outage, key))
}

// drop deletes a key, now or before Redis serves again. Both commands of a call
// have its one share of time.
func (c *Cache) drop(short context.Context, client rueidis.Client, name string) {
	if err := do(short, client, client.B().Unlink().Key(name).Build()).Error(); err != nil {
		c.link.fail(err, name)
	}
}

func (c *Cache) use(name string) (rueidis.Client, string) {
	if c.link == nil {
		return nil, "never"
	}
	return c.link.use(name)
}

func (c *Cache) name(key string) string { return c.opts.Prefix + format + key }

// spare is the key in the fallback. A later outage has other keys, and finds
// nothing that another server may have replaced in between.
func spare(outage, key string) string {
	return "redis/" + outage + "/" + exo.DigestOf([]byte(key)).Hex()
}

func (c *Cache) spareGet(ctx context.Context, outage, key string) ([]byte, bool, error) {
	if c.opts.Fallback == nil {
		return nil, false, nil
	}
	return c.opts.Fallback.Get(ctx, spare(outage, key))
}

func (c *Cache) spareSet(ctx context.Context, outage, key string, value []byte, ttl time.Duration) error {
	if c.opts.Fallback == nil {
		return nil
	}
	return c.opts.Fallback.Set(ctx, spare(outage, key), value, ttl)
}

func check(ctx context.Context, op, key string) error {
	if key == "" || len(key) > cache.MaxKey {
		return exo.Errorf(op, exo.Invalid, nil, "a cache key has 1 to %d bytes, not %d", cache.MaxKey, len(key))
	}
	if err := ctx.Err(); err != nil {
		return exo.E(op, exo.KindOf(err), nil, err)
	}
	return nil
}
