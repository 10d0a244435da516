package maintain_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/maintain"
)

var entry = strings.Repeat("ab", 32) + ".entry"

func entryOf(c string) string { return "cache/" + strings.Repeat(c, 64) + ".entry" }

func TestCleanupTakesByAgeAndBySizeAndKnowsWhatItTakes(t *testing.T) {
	const q = "cache/query/koi_0123456789abcdef_1.sqlite"
	layout := func(b *bench) {
		b.put(entryOf("1"), 100, 20)
		b.put(entryOf("2"), 100, 5)
		b.put(entryOf("3"), 100, 1)
		b.put(q, 1000, 9)
		b.put(q+".sha256", 90, 9)
		b.put("cache/7.entry.part", 10, 3)
		b.put("cache/8.entry.part", 10, 0)
		b.put("cache/README", 10, 300)
		b.put("cache/important.fits", 10, 300)
		b.put("cache/query/notes.sqlite", 10, 300)
		b.put("logs/preprocessing.log", 10, 300)
		b.put("logs/preprocessing.log.1", 10, 30)
		b.put("logs/preprocessing.log.2", 10, 20) // older than the cache may be, not than a log may
		b.put("data/raw/nasa/.koi_20260101_000000.csv.part", 10, 2)
		b.put("data/raw/nasa/.toi_20260101_000000.csv.part", 10, 0)
		b.put("data/raw/nasa/stranger.csv", 10, 300)
	}
	old := []string{entryOf("1"), q, q + ".sha256", "cache/7.entry.part", "logs/preprocessing.log.1", "data/raw/nasa/.koi_20260101_000000.csv.part"}
	cases := map[string]struct {
		o    maintain.CleanupOptions
		gone []string
	}{
		"by the retention of the cache":                {maintain.CleanupOptions{}, old},
		"by an age that is given":                      {maintain.CleanupOptions{MaxAge: 15 * day}, []string{entryOf("1"), "cache/7.entry.part", "logs/preprocessing.log.1", "logs/preprocessing.log.2", "data/raw/nasa/.koi_20260101_000000.csv.part"}},
		"by size, the oldest first":                    {maintain.CleanupOptions{MaxBytes: 150}, append(old[:len(old):len(old)], entryOf("2"))},
		"all that may go, but no unfinished file":      {maintain.CleanupOptions{All: true}, append(old[:len(old):len(old)], entryOf("2"), entryOf("3"), "logs/preprocessing.log.2")},
		"quickly, without a search of the data folder": {maintain.CleanupOptions{Quick: true}, old[:len(old)-1]},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			layout(b)
			b.table(400, "a table")
			before := b.files("data", "cache", "logs")
			s := b.service()
			c.o.DryRun = true
			plan, err := s.Cleanup(t.Context(), c.o)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "after a dry run", b.files("data", "cache", "logs"), before)
			c.o.DryRun = false
			r, err := s.Cleanup(t.Context(), c.o)
			if err != nil {
				t.Fatal(err)
			}
			want := []string{}
			for _, f := range before {
				if !strings.Contains(strings.Join(c.gone, " ")+" ", f+" ") {
					want = append(want, f)
				}
			}
			same(t, "what stays", b.files("data", "cache", "logs"), want)
			if plan.RemovedFiles != r.RemovedFiles || plan.RemovedBytes != r.RemovedBytes || plan.Kept != r.Kept || len(r.Failed) > 0 {
				t.Errorf("planned %+v, did %+v", plan, r)
			}
			again, err := s.Cleanup(t.Context(), c.o)
			if err != nil || again.RemovedFiles != 0 {
				t.Errorf("a second time: %+v, %v", again, err)
			}
		})
	}
}

func TestACleanupThatMeansNothingIsRefused(t *testing.T) {
	b := open(t)
	b.put("cache/"+entry, 1, 100)
	for _, o := range []maintain.CleanupOptions{{MaxAge: -1}, {MaxBytes: -1}} {
		if _, err := b.service().Cleanup(t.Context(), o); !errors.Is(err, exo.Invalid) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if len(b.files("cache")) != 1 {
		t.Error("something went")
	}
}

// A backup reads its copy of the index while the cache may be cleaned up.
func TestCleanupSparesWhatABackupIsReading(t *testing.T) {
	b := open(t)
	spared := []string{"cache/backup/.lock", "cache/backup/backup-0a1b2c3d4e5f6071.lock", "cache/backup/backup-0a1b2c3d4e5f6071/index",
		"cache/backup/backup-0a1b2c3d4e5f6071/connection", "cache/backup/backup-0a1b2c3d4e5f6071/tree/raw/.x.part"}
	for _, name := range spared {
		b.put(name, 100, 400)
	}
	for _, o := range []maintain.CleanupOptions{{MaxAge: day}, {All: true}, {All: true, Quick: true}, {MaxBytes: 1}} {
		b.put("cache/"+entry, 100, 400)
		if _, err := b.service().Cleanup(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		same(t, "the cache", b.files("cache"), slices.Clone(spared))
	}
}
