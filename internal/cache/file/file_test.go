package file_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/cache"
	"exoplanetai/internal/cache/cachetest"
	"exoplanetai/internal/cache/file"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func disk(t *testing.T, dir string) fsys.FS {
	t.Helper()
	d, err := fsys.OpenDir(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func newCache(t *testing.T, dir string, clock exo.Clock, maxBytes int64) *file.Cache {
	t.Helper()
	c, err := file.New(file.Options{FS: disk(t, dir), Dir: "answers", Clock: clock, MaxBytes: maxBytes})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConformance(t *testing.T) {
	cachetest.Run(t, func(t *testing.T, clock exo.Clock) cache.Cache {
		return newCache(t, t.TempDir(), clock, 0)
	})
}

// entries returns the cache's files.
func entries(t *testing.T, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "answers", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestDamagedFilesAreMissesAndRemoved(t *testing.T) {
	for name, value := range map[string]string{"as it is": "a value of some length", "packed": strings.Repeat("a value of some length", 100)} {
		t.Run(name, func(t *testing.T) { damage(t, []byte(value)) })
	}
}

func damage(t *testing.T, value []byte) {
	good := func(t *testing.T) (dir, name string, data []byte) {
		dir = t.TempDir()
		c := newCache(t, dir, cachetest.NewClock().Now, 0)
		if err := c.Set(t.Context(), "key", value, time.Hour); err != nil {
			t.Fatal(err)
		}
		name = entries(t, dir)[0]
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return dir, name, data
	}
	check := func(t *testing.T, dir, name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		c := newCache(t, dir, cachetest.NewClock().Now, 0)
		if got, ok, err := c.Get(t.Context(), "key"); ok || err != nil {
			t.Errorf("served %q, %v", got, err)
		}
		if left := entries(t, dir); len(left) != 0 {
			t.Errorf("%v is still there", left)
		}
	}
	t.Run("any one flipped bit", func(t *testing.T) {
		dir, name, data := good(t)
		for i := range data {
			bad := bytes.Clone(data)
			bad[i] ^= 1 << (i % 8)
			check(t, dir, name, bad)
		}
	})
	t.Run("cut at any length", func(t *testing.T) {
		dir, name, data := good(t)
		for i := range data {
			check(t, dir, name, data[:i])
		}
	})
	t.Run("bytes after the end", func(t *testing.T) {
		dir, name, data := good(t)
		check(t, dir, name, append(bytes.Clone(data), 'x'))
	})
	t.Run("the whole file of another key", func(t *testing.T) {
		dir, name, _ := good(t)
		c := newCache(t, dir, cachetest.NewClock().Now, 0)
		if err := c.Set(t.Context(), "other", []byte("secret of another"), time.Hour); err != nil {
			t.Fatal(err)
		}
		for _, f := range entries(t, dir) {
			if f == name {
				continue
			}
			other, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(f); err != nil {
				t.Fatal(err)
			}
			check(t, dir, name, other)
		}
	})
	t.Run("another format", func(t *testing.T) {
		dir, name, data := good(t)
		check(t, dir, name, bytes.Replace(data, []byte("exocache 2"), []byte("exocache 1"), 1))
	})
}

func TestLongValuesTakeLittleRoom(t *testing.T) {
	dir := t.TempDir()
	c := newCache(t, dir, cachetest.NewClock().Now, 0)
	value := []byte(strings.Repeat(`{"kepid":10797460,"kepoi_name":"K00752.01"},`, 1000))
	if err := c.Set(t.Context(), "key", value, 0); err != nil {
		t.Fatal(err)
	}
	if got, ok, err := c.Get(t.Context(), "key"); !bytes.Equal(got, value) || !ok || err != nil {
		t.Errorf("got %d bytes, %t, %v", len(got), ok, err)
	}
	if s, err := c.Stats(t.Context()); err != nil || s.Bytes > int64(len(value)/10) {
		t.Errorf("%d bytes take %d %v", len(value), s.Bytes, err)
	}
}

func TestValuesOutliveTheProgram(t *testing.T) {
	dir, clock := t.TempDir(), cachetest.NewClock()
	if err := newCache(t, dir, clock.Now, 0).Set(t.Context(), "key", []byte("v"), time.Hour); err != nil {
		t.Fatal(err)
	}
	if got, ok, err := newCache(t, dir, clock.Now, 0).Get(t.Context(), "key"); string(got) != "v" || !ok || err != nil {
		t.Errorf("got %q, %t, %v", got, ok, err)
	}
	clock.Add(2 * time.Hour)
	if _, ok, _ := newCache(t, dir, clock.Now, 0).Get(t.Context(), "key"); ok {
		t.Error("an expired value was served after a restart")
	}
}

func TestTheFolderMayVanishAtAnyTime(t *testing.T) {
	dir := t.TempDir()
	c := newCache(t, dir, cachetest.NewClock().Now, 0)
	for range 3 {
		if err := c.Set(t.Context(), "key", []byte("v"), time.Hour); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(dir, "answers")); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := c.Get(t.Context(), "key"); ok || err != nil {
			t.Errorf("get: %t, %v", ok, err)
		}
		if s, err := c.Stats(t.Context()); err != nil || s.Entries != 0 {
			t.Errorf("stats: %+v, %v", s, err)
		}
	}
}

func TestExpiredThenOldestMakeRoom(t *testing.T) {
	dir, clock := t.TempDir(), cachetest.NewClock()
	value := bytes.Repeat([]byte("v"), 1000)
	// The second cache learns what is there from the disk alone.
	for round := range 2 {
		c := newCache(t, dir, clock.Now, 10_000)
		set := func(key string, ttl time.Duration) {
			t.Helper()
			if err := c.Set(t.Context(), key, value, ttl); err != nil {
				t.Fatal(err)
			}
			if s, err := c.Stats(t.Context()); err != nil || s.Bytes > 10_000 {
				t.Fatalf("%d bytes after %s (%v)", s.Bytes, key, err)
			}
		}
		set("old", 0)
		set("short", time.Minute)
		clock.Add(time.Hour)
		for i := range 6 {
			set(fmt.Sprint("new", i), 0)
		}
		if _, ok, _ := c.Get(t.Context(), "old"); !ok {
			t.Errorf("round %d: the oldest went before the expired", round)
		}
		for i := range 20 {
			set(fmt.Sprint("more", i), 0)
		}
		if _, ok, _ := c.Get(t.Context(), "old"); ok {
			t.Errorf("round %d: the oldest is still there", round)
		}
		if _, ok, _ := c.Get(t.Context(), "more19"); !ok {
			t.Errorf("round %d: the newest is gone", round)
		}
	}
}

func TestAValueLargerThanTheCacheIsNotKept(t *testing.T) {
	c := newCache(t, t.TempDir(), cachetest.NewClock().Now, 500)
	if err := c.Set(t.Context(), "key", []byte("small"), 0); err != nil {
		t.Fatal(err)
	}
	if err := c.Set(t.Context(), "key", make([]byte, 1000), 0); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := c.Get(t.Context(), "key"); ok || err != nil {
		t.Errorf("an older value is served after a newer was set: %t, %v", ok, err)
	}
}

func TestFilesOfOthersAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "answers"), 0o755); err != nil {
		t.Fatal(err)
	}
	stranger := filepath.Join(dir, "answers", "README")
	if err := os.WriteFile(stranger, make([]byte, 100_000), 0o644); err != nil {
		t.Fatal(err)
	}
	c := newCache(t, dir, cachetest.NewClock().Now, 2000)
	for i := range 20 {
		if err := c.Set(t.Context(), fmt.Sprint(i), make([]byte, 500), 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(stranger); err != nil {
		t.Error(err)
	}
}

func TestUnfinishedFilesOfADeadProcessAreRemoved(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "answers"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"1.entry.part", "77.entry.part"} {
		if err := os.WriteFile(filepath.Join(dir, "answers", name), []byte("exocache"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := newCache(t, dir, cachetest.NewClock().Now, 0)
	if err := c.Set(t.Context(), "key", []byte("v"), 0); err != nil {
		t.Fatal(err)
	}
	if left := entries(t, dir); len(left) != 1 {
		t.Errorf("%v is there", left)
	}
}

func TestADiskThatFailsIsToldAndHarmsNothing(t *testing.T) {
	dir := t.TempDir()
	c := newCache(t, dir, cachetest.NewClock().Now, 0)
	if err := c.Set(t.Context(), "key", []byte("v"), 0); err != nil {
		t.Fatal(err)
	}
	// A folder where the file should be: reading and replacing it must fail.
	name := entries(t, dir)[0]
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(name, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := c.Get(t.Context(), "key"); ok || err == nil {
		t.Errorf("get: %t, %v", ok, err)
	}
	if err := c.Set(t.Context(), "key", []byte("w"), 0); err == nil {
		t.Error("set: no error")
	}
	if left := entries(t, dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	if err := c.Set(t.Context(), "other", []byte("w"), 0); err != nil {
		t.Errorf("another key: %v", err)
	}
}

func FuzzEntry(f *testing.F) {
	f.Add([]byte("exocache 2\n{\"key\":\"a2V5\",\"expires\":0,\"size\":0,\"packed\":false,\"digest\":\"\"}\n"))
	f.Add([]byte("exocache 2\n{}\n"))
	dir := f.TempDir()
	d, err := fsys.OpenDir(dir, true)
	if err != nil {
		f.Fatal(err)
	}
	c, err := file.New(file.Options{FS: d, Clock: cachetest.NewClock().Now})
	if err != nil {
		f.Fatal(err)
	}
	name := filepath.Join(dir, exo.DigestOf([]byte("key")).Hex()+".entry")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := c.Get(t.Context(), "key"); ok && !bytes.HasSuffix(data, got) || err != nil {
			t.Errorf("served %q from %q, %v", got, data, err)
		}
	})
}
