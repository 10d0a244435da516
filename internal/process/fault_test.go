package process_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys/fsystest"
	"exoplanetai/internal/process"
	"exoplanetai/internal/store"
)

// spoil changes a byte of a published file, behind the store's back.
func (b *bench) spoil(t testing.TB, p exo.Path) {
	t.Helper()
	name := filepath.Join(b.dir, string(p))
	data, err := os.ReadFile(name)
	if err == nil {
		data[len(data)/2] ^= 1
		err = errors.Join(os.Chmod(name, 0o644), os.WriteFile(name, data, 0o644))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestADamagedResultIsMadeAgainBesideIt(t *testing.T) {
	for name, spoil := range map[string]func(*testing.T, *bench, process.Output){
		"its data":          func(t *testing.T, b *bench, o process.Output) { b.spoil(t, o.Path) },
		"its report":        func(t *testing.T, b *bench, o process.Output) { b.spoil(t, o.ReportPath) },
		"its data are gone": func(t *testing.T, b *bench, o process.Output) { os.Remove(filepath.Join(b.dir, string(o.Path))) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.holdReal(t, quarter2)
			req := process.Request{TargetName: "KIC 10002792"}
			first := b.must(t, req).Outputs[0]
			spoil(t, b, first)
			v, err := b.View(t.Context(), req, false)
			if err != nil || v.Curves[0].Path != "" || v.Curves[0].Result == nil || len(v.Warnings) == 0 {
				t.Errorf("view: %+v %v", v.Warnings, err)
			}
			res := b.must(t, req)
			o := res.Outputs[0]
			if o.Cached || o.Path == first.Path || !strings.Contains(string(o.Path), "_20260102_1200") || !strings.Contains(strings.Join(res.Warnings, "\n"), "damaged") {
				t.Errorf("%+v %q", o, res.Warnings)
			}
			next := b.must(t, req)
			if n := next.Outputs[0]; !n.Cached || n.Path != o.Path || strings.Contains(strings.Join(next.Warnings, "\n"), "damaged") {
				t.Errorf("%+v %q", n, next.Warnings)
			}
		})
	}
}

func TestOneFileThatFailsDoesNotStopTheOthers(t *testing.T) {
	b := newBench(t)
	b.holdReal(t, sector41)
	bad := b.holdReal(t, sector14)
	b.holdReal(t, sector15)
	b.spoil(t, bad.Path)
	var steps []int64
	res, err := b.LightCurve(t.Context(), process.Request{TargetName: star1265}, func(done, total int64, unit, _ string) {
		if total != 3 || unit != "files" {
			t.Errorf("%d %s", total, unit)
		}
		steps = append(steps, done)
	})
	if err != nil {
		t.Fatal(err)
	}
	if res.Status != process.Partial || len(res.Outputs) != 2 || len(res.Failed) != 1 || res.Failed[0].SourcePath != bad.Path || res.Failed[0].Code != exo.Corrupt || res.Failed[0].Hint == "" {
		t.Errorf("%+v", res.Failed)
	}
	if res.Outputs[0].SectorQuarter != 15 || res.Outputs[1].SectorQuarter != 41 || !slices.Equal(steps, []int64{1, 2, 3}) {
		t.Errorf("%d, %d; %v", res.Outputs[0].SectorQuarter, res.Outputs[1].SectorQuarter, steps)
	}
	if want := *res.Outputs[0].Report.Metrics.Processed.NKept + *res.Outputs[1].Report.Metrics.Processed.NKept; *res.Report.Metrics.Processed.NKept != want {
		t.Errorf("%d kept together, want %d", *res.Report.Metrics.Processed.NKept, want)
	}
	if _, err := b.LightCurve(t.Context(), process.Request{TargetName: star1265, SectorQuarter: sector(14)}, nil); !errors.Is(err, exo.Corrupt) {
		t.Errorf("all failed: %v", err)
	}
}

func TestAFullDiskEndsTheRunAndLeavesTheFormerCurrent(t *testing.T) {
	b := newBench(t)
	b.holdReal(t, quarter2)
	req := process.Request{TargetName: "KIC 10002792"}
	first := b.must(t, req).Outputs[0]
	b.holdReal(t, quarter5)
	b.disk.Arm(fsystest.Failure{Only: "Write", Err: syscall.ENOSPC}, 1, true)
	_, err := b.LightCurve(t.Context(), req, nil)
	b.disk.Disarm()
	if !errors.Is(err, exo.Full) {
		t.Errorf("%v", err)
	}
	res := b.must(t, req)
	if o := res.Outputs[0]; !o.Cached || o.Path != first.Path || res.Outputs[1].Cached {
		t.Errorf("%+v", res.Outputs)
	}
	if rep, err := b.store.Verify(t.Context(), store.VerifyOptions{}, nil); err != nil || !rep.OK {
		t.Errorf("%+v %v", rep, err)
	}
}

func TestEveryFailureOfTheDiskLeavesAWholeStore(t *testing.T) {
	b := newBench(t)
	b.holdReal(t, quarter2)
	failed := 0
	for n := 1; n <= 40; n++ {
		b.disk.Arm(fsystest.Failure{Err: syscall.EIO}, n, false)
		_, err := b.LightCurve(t.Context(), process.Request{TargetName: "KIC 10002792"}, nil)
		fired, where := b.disk.Disarm()
		if err != nil {
			failed++
		}
		if got := b.files(t, store.Processed); got != b.files(t, store.Report) || err == nil && got != 1 {
			t.Fatalf("call %d (%s): %d results, %v", n, where, got, err)
		}
		if !fired {
			break
		}
	}
	if failed == 0 {
		t.Error("no failure hit")
	}
	res := b.must(t, process.Request{TargetName: "KIC 10002792"})
	if rep, err := b.store.Verify(t.Context(), store.VerifyOptions{}, nil); err != nil || !rep.OK {
		t.Errorf("%+v %v after %s", rep, err, res.Outputs[0].Path)
	}
}

func TestARunThatTakesTooLongSaysSoAndKeepsNothingHalfDone(t *testing.T) {
	b := newBench(t, func(o *process.Options) { o.Timeout = time.Nanosecond })
	b.holdReal(t, quarter2)
	_, err := b.LightCurve(t.Context(), process.Request{TargetName: "KIC 10002792"}, nil)
	if !errors.Is(err, exo.Unavailable) || !strings.Contains(exo.HintOf(err), "PROCESSING_TIMEOUT_MINUTES") {
		t.Errorf("%v: %s", err, exo.HintOf(err))
	}
	if n := b.files(t, store.Processed); n != 0 {
		t.Errorf("%d results", n)
	}
}

func TestWhatWasFinishedBeforeTheTimeWasOverIsKept(t *testing.T) {
	b := newBench(t, func(o *process.Options) { o.Timeout, o.Workers = 2*time.Second, 1 })
	for _, name := range []string{sector14, sector15, sector41} {
		b.holdReal(t, name)
	}
	over, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	req := process.Request{TargetName: star1265}
	_, err := b.LightCurve(t.Context(), req, func(int64, int64, string, string) { <-over.Done() })
	if !errors.Is(err, exo.Unavailable) || !strings.Contains(exo.HintOf(err), "PROCESSING_TIMEOUT_MINUTES") || strings.Contains(exo.MessageOf(err), "context") {
		t.Errorf("%v: %s", err, exo.HintOf(err))
	}
	if n := b.files(t, store.Processed); n != 1 || b.files(t, store.Report) != 1 {
		t.Errorf("%d results", n)
	}
	if res := b.must(t, req); !res.Outputs[0].Cached || res.Outputs[1].Cached {
		t.Errorf("%+v", res.Outputs)
	}
}

func TestARunWhoseLastFileIsDoneIsNotLate(t *testing.T) {
	b := newBench(t, func(o *process.Options) { o.Timeout = time.Second })
	b.holdReal(t, quarter2)
	over, cancel := context.WithTimeout(t.Context(), 1200*time.Millisecond)
	defer cancel()
	res, err := b.LightCurve(t.Context(), process.Request{TargetName: "KIC 10002792"}, func(int64, int64, string, string) { <-over.Done() })
	if err != nil || res.Status != process.Success {
		t.Errorf("%+v %v", res.Status, err)
	}
}

func TestACallerMayGiveUp(t *testing.T) {
	b := newBench(t)
	b.holdReal(t, sector14)
	b.holdReal(t, sector15)
	b.holdReal(t, sector41)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := b.LightCurve(ctx, process.Request{TargetName: star1265}, func(int64, int64, string, string) { cancel() })
	if !errors.Is(err, exo.Canceled) {
		t.Error(err)
	}
	cancelled := b.files(t, store.Processed)
	if cancelled == 0 || cancelled != b.files(t, store.Report) {
		t.Errorf("%d results", cancelled)
	}
	kept := 0 // any of them: two workers may finish in another order
	res := b.must(t, process.Request{TargetName: star1265})
	for _, o := range res.Outputs {
		if o.Cached {
			kept++
		}
	}
	if len(res.Outputs) != 3 || kept != cancelled {
		t.Errorf("%d outputs, %d of %d kept", len(res.Outputs), kept, cancelled)
	}
}

func TestAKeptFileThatIsNoResultIsMadeAgain(t *testing.T) {
	b := newBench(t)
	src := b.holdReal(t, quarter2)
	req := process.Request{TargetName: "KIC 10002792"}
	first := b.must(t, req).Outputs[0]
	m, err := b.store.Get(t.Context(), first.Path)
	if err != nil {
		t.Fatal(err)
	}
	b.clock.Pass(time.Minute)
	m.Path = exo.Path(strings.TrimSuffix(string(first.Path), ".fits") + "_20260102_120030.fits")
	b.put(t, real(t, quarter2), m) // whole, and a light curve, but a raw one
	res := b.must(t, req)
	if o := res.Outputs[0]; o.Cached || o.Path == m.Path || o.SourcePath != src.Path || !strings.Contains(strings.Join(res.Warnings, "\n"), "damaged") {
		t.Errorf("%+v %q", o, res.Warnings)
	}
}
