package redis

import (
	"context"
	"strings"

	"github.com/redis/rueidis"

	"exoplanetai/internal/cache"
	"exoplanetai/internal/exo"
)

// counted is how many keys Stats looks at; more are estimated.
const counted = 5000

// Stats implements cache.Cache. Above some thousand keys the entries and their
// bytes are estimated. While Redis is down, the numbers and the name of the
// backend are the fallback's; hits and misses are always those of both.
func (c *Cache) Stats(ctx context.Context) (cache.Stats, error) {
	const op = "redis.Stats"
	if err := ctx.Err(); err != nil {
		return cache.Stats{}, exo.E(op, exo.KindOf(err), nil, err)
	}
	s := cache.Stats{Backend: "redis"}
	client, _ := c.use("")
	if client != nil {
		var err error
		if s.Entries, s.Bytes, err = c.count(ctx, client); err != nil {
			c.link.fail(err, "")
			client = nil
		}
	}
	if client == nil && c.opts.Fallback != nil {
		var err error
		if s, err = c.opts.Fallback.Stats(ctx); err != nil {
			return cache.Stats{}, err
		}
	}
	s.Hits, s.Misses = c.hits.Load(), c.misses.Load()
	return s.Rate(), nil
}

// count looks at the first keys, and takes the rest to be like them.
func (c *Cache) count(ctx context.Context, client rueidis.Client) (entries int, bytes int64, err error) {
	var cursor uint64
	var seen, ours int
	for {
		page, err := c.page(ctx, client, cursor)
		if err != nil {
			return 0, 0, err
		}
		var asks rueidis.Commands
		for _, k := range page.Elements {
			if strings.HasPrefix(k, c.opts.Prefix+format) {
				asks = append(asks, client.B().Strlen().Key(k).Build())
			}
		}
		n, err := c.lengths(ctx, client, asks)
		if err != nil {
			return 0, 0, err
		}
		seen, ours, bytes = seen+len(page.Elements), ours+len(asks), bytes+n
		if cursor = page.Cursor; cursor == 0 {
			return ours, bytes, nil
		}
		if seen >= counted {
			break
		}
	}
	short, cancel := c.link.limit(ctx)
	defer cancel()
	all, err := do(short, client, client.B().Dbsize().Build()).AsInt64()
	if err != nil {
		return 0, 0, err
	}
	scale := float64(all) / float64(seen)
	return int(float64(ours) * scale), int64(float64(bytes) * scale), nil
}

func (c *Cache) page(ctx context.Context, client rueidis.Client, cursor uint64) (rueidis.ScanEntry, error) {
	short, cancel := c.link.limit(ctx)
	defer cancel()
	return do(short, client, client.B().Scan().Cursor(cursor).Count(1000).Build()).AsScanEntry()
}

// lengths adds up the sizes of values; one of a foreign type has none.
func (c *Cache) lengths(ctx context.Context, client rueidis.Client, asks rueidis.Commands) (int64, error) {
	if len(asks) == 0 {
		return 0, nil
	}
	short, cancel := c.link.limit(ctx)
	defer cancel()
	var sum int64
	for _, r := range client.DoMulti(short, asks...) {
		n, err := r.AsInt64()
		if err != nil && !isWrongType(err) {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// pattern matches the names of all entries, of any format.
func pattern(prefix string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`).Replace(prefix) + "cache/*"
}
