package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// swept is a store of n files with a clock that goes on by a second whenever it
// is asked.
func swept(t testing.TB, n int) *bench {
	t.Helper()
	now := noon
	b := open(t, fastDir(t), func(o *store.Options) {
		o.Clock = func() time.Time { now = now.Add(time.Second); return now }
	})
	for i := range n {
		publish(t, b.Store, fmt.Sprintf("raw/nasa/%03d.csv", i), bytes.Repeat([]byte("x"), 10+i))
	}
	return b
}

func sweep(t testing.TB, b *bench, o store.SweepOptions) store.SweepReport {
	t.Helper()
	r, err := b.Sweep(context.Background(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSmallSweepsInARowProveEverything(t *testing.T) {
	b := swept(t, 10)
	coverage := 0.0
	for i := range 5 {
		r := sweep(t, b, store.SweepOptions{MaxFiles: 2})
		if r.Files != 2 || !r.OK || r.Complete || r.Coverage <= coverage || (r.OldestProof != nil) != (i == 4) {
			t.Fatalf("sweep %d: %+v", i, r)
		}
		coverage = r.Coverage
	}
	if coverage != 1 {
		t.Errorf("coverage %g", coverage)
	}
	r := sweep(t, b, store.SweepOptions{MaxBytes: 21}) // round again: 10 + 11 bytes are the oldest
	if r.Files != 2 || r.Bytes != 21 || r.Complete || r.OldestAgeS == nil || *r.OldestAgeS <= 0 {
		t.Errorf("%+v", r)
	}
	if r := sweep(t, b, store.SweepOptions{MaxBytes: 1}); r.Files != 1 || r.Bytes != 12 {
		t.Errorf("one file is always read: %+v", r)
	}
	if r := sweep(t, b, store.SweepOptions{}); r.Files != 10 || !r.Complete || r.Total.Files != 10 || r.Bytes != r.Total.Bytes {
		t.Errorf("%+v", r)
	}
}

func TestSweepNamesDamageAndReadsItAgainUntilItIsMended(t *testing.T) {
	b := swept(t, 3)
	full := filepath.Join(b.dir, "raw/nasa/001.csv")
	right, err := os.ReadFile(full)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, full, bytes.Repeat([]byte("y"), len(right)))
	for range 2 {
		r := sweep(t, b, store.SweepOptions{})
		if r.OK || len(r.Damaged) != 1 || r.Damaged[0].Path != "raw/nasa/001.csv" || r.Damaged[0].Class != store.Damaged || r.OldestProof != nil {
			t.Fatalf("%+v", r)
		}
	}
	if r := sweep(t, b, store.SweepOptions{MaxFiles: 1}); len(r.Damaged) != 1 {
		t.Errorf("the damaged file is not the first: %+v", r)
	}
	if err := restore(b, "raw/nasa/001.csv", right); err != nil {
		t.Fatal(err)
	}
	if r := sweep(t, b, store.SweepOptions{MaxFiles: 1}); !r.OK || r.Files != 1 || r.OldestProof == nil {
		t.Errorf("after the repair: %+v", r)
	}
	sums := filepath.Join(b.dir, "checksums/raw.sha256")
	text, err := os.ReadFile(sums)
	if err != nil {
		t.Fatal(err)
	}
	text[0] ^= 1
	replace(t, sums, text)
	if r := sweep(t, b, store.SweepOptions{}); len(r.Damaged) != 1 || r.Damaged[0].Path != "checksums/raw.sha256" {
		t.Errorf("a damaged line: %+v", r)
	}
}

func TestSweepThatIsCutOffRepeatsAtMostOneBatch(t *testing.T) {
	const n = 150
	b := swept(t, n)
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	r, err := b.Sweep(ctx, store.SweepOptions{}, func(done, total int64) {
		if calls++; calls == 100 {
			cancel()
		}
		if done > total {
			t.Errorf("%d of %d bytes", done, total)
		}
	})
	if !errors.Is(err, exo.Canceled) || r.OK || r.Complete || r.Files != 64 || r.Coverage == 0 {
		t.Fatalf("%v %+v", err, r)
	}
	dir := b.dir
	b.shut()
	b = open(t, dir)
	r, err = b.Sweep(context.Background(), store.SweepOptions{MaxFiles: n - 64}, nil)
	if err != nil || r.Coverage != 1 || r.OldestProof == nil {
		t.Errorf("the rest: %v %+v", err, r)
	}
}

func TestSweepEndsInTimeAndAReaderIsRefused(t *testing.T) {
	b := swept(t, 150)
	if r := sweep(t, b, store.SweepOptions{For: time.Second}); r.Files != 64 || r.Complete {
		t.Errorf("%+v", r)
	}
	dir := b.dir
	b.shut()
	reader := open(t, dir, func(o *store.Options) { o.ReadOnly = true })
	if _, err := reader.Sweep(t.Context(), store.SweepOptions{}, nil); !errors.Is(err, exo.Conflict) {
		t.Errorf("a reader: %v", err)
	}
}

func TestWithoutRoomNothingIsStagedAndReadingGoesOn(t *testing.T) {
	full := false
	b := open(t, fastDir(t), func(o *store.Options) {
		o.Room = func() error {
			if full {
				return exo.Errorf("test", exo.Full, nil, "the disk is full")
			}
			return nil
		}
	})
	publish(t, b.Store, "raw/nasa/koi.csv", []byte("koi"))
	st := stage(t, b.Store, []byte("toi"))
	same := stage(t, b.Store, []byte("koi"))
	full = true
	if _, err := b.Stage(t.Context()); !errors.Is(err, exo.Full) {
		t.Errorf("stage: %v", err)
	}
	if _, err := b.Publish(t.Context(), store.Item{Staged: st, Meta: meta("raw/nasa/toi.csv")}); !errors.Is(err, exo.Full) {
		t.Errorf("publish: %v", err)
	}
	if _, err := b.Publish(t.Context(), store.Item{Staged: same, Meta: meta("raw/nasa/koi.csv")}); err != nil {
		t.Errorf("publish what is there already: %v", err)
	}
	f, err := b.Read(t.Context(), "raw/nasa/koi.csv")
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	full = false
	if _, err := b.Publish(t.Context(), store.Item{Staged: st, Meta: meta("raw/nasa/toi.csv")}); err != nil {
		t.Errorf("publish again, when there is room: %v", err)
	}
	fullyVerified(t, b, "at the end")
}

// TestNightlySweepsProveAllWithinThePeriodWhileFilesCome is 30 nights of a
// store that grows while it is swept.
func TestNightlySweepsProveAllWithinThePeriodWhileFilesCome(t *testing.T) { // R9
	const had, come, nights = 600, 120, 30
	var now atomic.Int64
	now.Store(noon.UnixNano())
	b := open(t, fastDir(t), func(o *store.Options) {
		o.Clock = func() time.Time { return time.Unix(0, now.Add(int64(time.Millisecond))).UTC() }
	})
	text := func(i int) []byte { return bytes.Repeat([]byte("x"), 10+i%50) }
	for i := range had {
		publish(t, b.Store, fmt.Sprintf("raw/nasa/%03d.csv", i), text(i))
	}
	night := make(chan bool)
	var wg sync.WaitGroup
	wg.Go(func() { // beside the sweeps: a few files each night
		n := 0
		for range night {
			for range come / (nights - 1) {
				_, err := b.Publish(context.Background(), store.Item{Staged: stage(t, b.Store, text(n)), Meta: meta(fmt.Sprintf("raw/esa/%03d.csv", n))})
				if err != nil {
					t.Error(err)
				}
				n++
			}
		}
	})
	var read int64
	var last store.SweepReport
	for i := range nights {
		if i < nights-1 {
			night <- true
		} else {
			close(night)
			wg.Wait()
		}
		last = sweep(t, b, store.SweepOptions{MaxFiles: (had + come) / nights})
		read += last.Files
		if !last.OK || last.Coverage == 0 || last.Complete && i < nights-1 && last.Total.Files == had+come {
			t.Fatalf("night %d: %+v", i, last)
		}
		now.Add(int64(24 * time.Hour))
	}
	period := 30 * 24 * time.Hour
	if last.Coverage != 1 || last.OldestProof == nil || last.FinishedAt.Sub(*last.OldestProof) > period || last.OldestAgeS == nil {
		t.Errorf("after %d nights: %+v", nights, last)
	}
	if read < last.Total.Files {
		t.Errorf("%d files were read of %d", read, last.Total.Files)
	}
	t.Logf("%d of %d files read back in %d nights, oldest proof %.1f days", read, last.Total.Files, nights, *last.OldestAgeS/86400)
}

// TestSweepsCutOffAgainAndAgainRepeatLittle cuts sweeps off at moments by chance
// and opens the store anew after each.
func TestSweepsCutOffAgainAndAgainRepeatLittle(t *testing.T) { // R9
	const n, batch, allowed = 1000, 64, 1000
	b := swept(t, n)
	dir := b.dir
	rng := rand.New(rand.NewPCG(9, 9))
	began := noon.Add(24 * time.Hour)
	looked, cuts := 0, 0
	for proved := 0; proved < n; {
		ctx, cancel := context.WithCancel(context.Background())
		calls, end := 0, 70+rng.IntN(200)
		r, err := b.Sweep(ctx, store.SweepOptions{MaxFiles: n - proved}, func(int64, int64) {
			if calls++; calls == end {
				cancel()
			}
		})
		cancel()
		if err != nil && !errors.Is(err, exo.Canceled) {
			t.Fatal(err)
		}
		if repeated := calls - int(r.Files); repeated > batch || repeated > allowed {
			t.Errorf("%d files are to be read again", repeated)
		}
		if looked += calls; err != nil {
			cuts++
		}
		proved += int(r.Files)
		b.shut()
		b = open(t, dir, func(o *store.Options) { o.Clock = func() time.Time { began = began.Add(time.Second); return began } })
	}
	if cuts < 3 || looked > n+batch*cuts {
		t.Errorf("%d files looked at, %d cuts", looked, cuts)
	}
	if st, err := b.Stats(t.Context()); err != nil || st.Integrity.Coverage != 1 {
		t.Errorf("%+v %v", st.Integrity, err)
	}
	t.Logf("%d cuts, %d of %d files read twice", cuts, looked-n, n)
}
