package store_test

import (
	"testing"
	"time"

	"exoplanetai/internal/store"
	"exoplanetai/internal/xtest"
)

// BenchmarkStart opens a store of 100,000 files that was closed properly.
func BenchmarkStart(b *testing.B) {
	s := filled(b, 100_000, 100)
	s.shut()
	for b.Loop() {
		again, err := tryOpen(s.dir)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		again.shut()
		b.StartTimer()
	}
}

// BenchmarkStartOnPostgres is the same with the index in Postgres.
func BenchmarkStartOnPostgres(b *testing.B) {
	url := xtest.Postgres(b)
	databaseOf = func(string) string { return url }
	defer func() { databaseOf = nil }()
	BenchmarkStart(b)
}

// Start to ready may take half a second with 100,000 files, of which the store has
// a part; BenchmarkStart has the figures. This finds a start that reads all files.
func TestAStartTakesNoTimeByWhatIsStored(t *testing.T) {
	s := filled(t, 2000, 10)
	s.shut()
	if s, err := tryOpen(s.dir); err != nil { // the disk's own first time
		t.Fatal(err)
	} else {
		s.shut()
	}
	var best time.Duration
	for range 5 {
		begin := time.Now()
		again, err := tryOpen(s.dir)
		took := time.Since(begin)
		if err != nil {
			t.Fatal(err)
		}
		if rep, err := again.Verify(t.Context(), store.VerifyOptions{Quick: true}, nil); err != nil || rep.Files != 2000 {
			t.Errorf("%+v %v", rep, err)
		}
		again.shut()
		if best == 0 || took < best {
			best = took
		}
	}
	if best > 250*time.Millisecond {
		t.Errorf("a start takes %v", best)
	}
}
