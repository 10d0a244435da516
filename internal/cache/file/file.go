package file

import (
	"cmp"
	"context"
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"exoplanetai/internal/cache"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// Options says where the cache is and how large it may grow.
type Options struct {
	FS       fsys.FS   // disk; required
	Dir      string    // folder of the cache, made when needed; empty: the root of FS
	Clock    exo.Clock // tells what has expired; required
	MaxBytes int64     // room for all files together; 0: 1 GiB
}

// defaultMaxBytes holds some thousand archive answers of usual size.
const defaultMaxBytes = 1 << 30

// Cache is a cache.Cache on a disk.
type Cache struct {
	opts         Options
	codec        codec
	hits, misses atomic.Int64
	temp         atomic.Uint64 // number of the next unfinished file

	mu     sync.Mutex // guards the index and every removal
	loaded bool
	index  map[string]entry // by file name
	bytes  int64
	next   int64 // order of the next entry
}

// entry is what the index knows of a file.
type entry struct {
	size    int64
	expires int64 // nanoseconds since 1970; 0: never
	order   int64 // smaller is older
}

var _ cache.Cache = (*Cache)(nil)

// suffix ends the names of the cache's files; any other file is left alone.
const (
	suffix     = ".entry"
	tempSuffix = ".entry.part"
)

// New makes a cache on the folder. The disk is not touched before the first use.
func New(o Options) (*Cache, error) {
	if o.FS == nil || o.Clock == nil {
		return nil, exo.Errorf("file.New", exo.Internal, nil, "the file cache needs a disk and a clock")
	}
	if o.Dir == "" {
		o.Dir = "."
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultMaxBytes
	}
	pack, err := cache.NewPacker(cache.MaxValue)
	if err != nil {
		return nil, err
	}
	return &Cache{opts: o, codec: codec{pack}, index: map[string]entry{}}, nil
}

// Get implements cache.Cache.
func (c *Cache) Get(ctx context.Context, key string) ([]byte, bool, error) {
	const op = "file.Get"
	if err := check(ctx, op, key); err != nil {
		return nil, false, err
	}
	name := fileName(key)
	data, err := fsys.ReadFile(c.opts.FS, c.path(name), maxFile)
	switch {
	case errors.Is(err, exo.NotFound):
		c.misses.Add(1)
		return nil, false, nil
	case errors.Is(err, exo.TooLarge):
		data = nil // not of our making; removed below
	case err != nil:
		c.misses.Add(1)
		return nil, false, exo.E(op, exo.KindOf(err), nil, err)
	}
	head, value, ok := c.codec.decode(data)
	if !ok || string(head.Key) != key || c.expired(head.Expires) {
		c.misses.Add(1)
		return nil, false, c.drop(op, name, data)
	}
	c.hits.Add(1)
	return value, true, nil
}

// drop removes a file that cannot be served, unless it has been replaced since
// it was read.
func (c *Cache) drop(op, name string, seen []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, err := fsys.ReadFile(c.opts.FS, c.path(name), maxFile)
	if err == nil && seen != nil && !slices.Equal(now, seen) {
		return nil
	}
	return c.remove(op, name)
}

// Set implements cache.Cache.
func (c *Cache) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	const op = "file.Set"
	if err := check(ctx, op, key); err != nil {
		return err
	}
	if len(value) > cache.MaxValue {
		return exo.Errorf(op, exo.TooLarge, nil, "the value has %d bytes, a cache takes %d", len(value), cache.MaxValue)
	}
	var expires int64
	if ttl > 0 {
		expires = c.opts.Clock().Add(ttl).UnixNano()
	}
	data := c.codec.encode(header{Key: []byte(key), Expires: expires}, value)
	if int64(len(data)) > c.opts.MaxBytes {
		return c.Delete(ctx, key)
	}
	if err := c.load(ctx); err != nil {
		return err
	}
	name, temp := fileName(key), strconv.FormatUint(c.temp.Add(1), 10)+tempSuffix
	if err := c.write(temp, data); err != nil {
		return exo.E(op, exo.KindOf(err), nil, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.opts.FS.Rename(c.path(temp), c.path(name)); err != nil {
		_ = c.opts.FS.Remove(c.path(temp)) // the first error is the one to tell
		return exo.E(op, exo.KindOf(err), nil, err)
	}
	c.note(name, int64(len(data)), expires)
	return c.evict(op)
}

// write writes an unfinished file, and makes the folder if it is not there.
func (c *Cache) write(temp string, data []byte) error {
	f, err := c.opts.FS.OpenFile(c.path(temp), fsys.WriteOnly|fsys.Empty, 0o644)
	if errors.Is(err, exo.NotFound) {
		if err = fsys.MkdirAll(c.opts.FS, c.opts.Dir, 0o755); err == nil {
			f, err = c.opts.FS.OpenFile(c.path(temp), fsys.WriteOnly|fsys.Empty, 0o644)
		}
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = c.opts.FS.Remove(c.path(temp)) // the first error is the one to tell
	}
	return err
}

// Delete implements cache.Cache.
func (c *Cache) Delete(ctx context.Context, key string) error {
	const op = "file.Delete"
	if err := check(ctx, op, key); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.remove(op, fileName(key))
}

// Stats implements cache.Cache. It counts what is on the disk now.
func (c *Cache) Stats(ctx context.Context) (cache.Stats, error) {
	const op = "file.Stats"
	if err := ctx.Err(); err != nil {
		return cache.Stats{}, exo.E(op, exo.KindOf(err), nil, err)
	}
	s := cache.Stats{Backend: "file", Hits: c.hits.Load(), Misses: c.misses.Load()}
	list, err := c.opts.FS.ReadDir(c.opts.Dir)
	if err != nil && !errors.Is(err, exo.NotFound) {
		return cache.Stats{}, exo.E(op, exo.KindOf(err), nil, err)
	}
	for _, e := range list {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !strings.HasSuffix(e.Name(), suffix) {
			continue // gone in the meantime, or not ours
		}
		s.Entries++
		s.Bytes += info.Size()
	}
	return s.Rate(), nil
}

// load fills the index from the folder, once, and removes what an earlier
// process left unfinished. Every Set begins with it, so that the unfinished
// files of this process are never among them.
func (c *Cache) load(ctx context.Context) error {
	const op = "file.load"
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loaded {
		return nil
	}
	list, err := c.opts.FS.ReadDir(c.opts.Dir)
	if err != nil && !errors.Is(err, exo.NotFound) {
		return exo.E(op, exo.KindOf(err), nil, err)
	}
	type found struct {
		name    string
		size    int64
		expires int64
		changed time.Time
	}
	var files []found
	for _, e := range list {
		if err := ctx.Err(); err != nil {
			return exo.E(op, exo.KindOf(err), nil, err)
		}
		if strings.HasSuffix(e.Name(), tempSuffix) && e.Type().IsRegular() {
			_ = c.opts.FS.Remove(c.path(e.Name())) // what stays takes room, no more
			continue
		}
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !strings.HasSuffix(e.Name(), suffix) {
			continue
		}
		files = append(files, found{e.Name(), info.Size(), c.expiryOf(e.Name()), info.ModTime()})
	}
	slices.SortFunc(files, func(a, b found) int {
		return cmp.Or(a.changed.Compare(b.changed), cmp.Compare(a.name, b.name))
	})
	for _, f := range files {
		c.note(f.name, f.size, f.expires)
	}
	c.loaded = true
	return nil
}

// expiryOf reads the expiry of a file; one that cannot be read expired long ago.
func (c *Cache) expiryOf(name string) int64 {
	const longAgo = 1
	f, err := fsys.Open(c.opts.FS, c.path(name))
	if err != nil {
		return longAgo
	}
	defer f.Close()
	start := make([]byte, maxHeader)
	n, err := f.ReadAt(start, 0)
	if n == 0 && err != nil {
		return longAgo
	}
	head, _, ok := decodeHeader(start[:n])
	if !ok {
		return longAgo
	}
	return head.Expires
}

// note puts a file into the index. The caller holds the lock.
func (c *Cache) note(name string, size, expires int64) {
	c.bytes += size - c.index[name].size
	c.index[name] = entry{size: size, expires: expires, order: c.next}
	c.next++
}

// evict makes room: expired files first, then the oldest, down to nine tenths
// so that not every Set has to sort. The caller holds the lock.
func (c *Cache) evict(op string) error {
	if c.bytes <= c.opts.MaxBytes {
		return nil
	}
	names := make([]string, 0, len(c.index))
	for name := range c.index {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		x, y := c.index[a], c.index[b]
		if xe, ye := c.expired(x.expires), c.expired(y.expires); xe != ye {
			if xe {
				return -1
			}
			return 1
		}
		return cmp.Compare(x.order, y.order)
	})
	for _, name := range names[:len(names)-1] { // never the one just set
		if c.bytes <= c.opts.MaxBytes/10*9 && !c.expired(c.index[name].expires) {
			break
		}
		if err := c.remove(op, name); err != nil {
			return err
		}
	}
	return nil
}

// remove removes a file from disk and index. The caller holds the lock.
func (c *Cache) remove(op, name string) error {
	if err := c.opts.FS.Remove(c.path(name)); err != nil && !errors.Is(err, exo.NotFound) {
		return exo.E(op, exo.KindOf(err), nil, err)
	}
	c.bytes -= c.index[name].size
	delete(c.index, name)
	return nil
}

func (c *Cache) expired(at int64) bool { return at != 0 && c.opts.Clock().UnixNano() >= at }

func (c *Cache) path(name string) string { return path.Join(c.opts.Dir, name) }

func check(ctx context.Context, op, key string) error {
	if key == "" || len(key) > cache.MaxKey {
		return exo.Errorf(op, exo.Invalid, nil, "a cache key has 1 to %d bytes, not %d", cache.MaxKey, len(key))
	}
	if err := ctx.Err(); err != nil {
		return exo.E(op, exo.KindOf(err), nil, err)
	}
	return nil
}
