package maintain_test

import (
	"errors"
	"fmt"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/fsys/fsystest"
	"exoplanetai/internal/maintain"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
)

// TestRetentionThatEndsAnywhere is R17: the disk dies at every fifth call of
// a retention, and the program starts again. Nothing that may not go is
// touched, what may go is there whole or gone whole, and the next run succeeds.
func TestRetentionThatEndsAnywhere(t *testing.T) {
	t.Parallel()
	const stride = 5 // the store tests each call of its own
	whole, gone, runs := 0, 0, 0
	for n := 1; ; n += stride {
		var disk *fsystest.Fault
		b := open(t, func(f fsys.FS) fsys.FS { disk = fsystest.NewFault(f); return disk })
		first := b.table(90, "first, may go")
		second := b.table(80, "second, may go")
		kept := []store.Meta{b.table(70, "in a version"), b.table(60, "in no backup"), b.table(2, "newest")}
		b.version("v1", string(kept[0].Path))
		for _, m := range []store.Meta{first, second, kept[0], kept[2]} {
			b.saved[m.Path] = noon
		}
		disk.Arm(fsystest.Failures[1], n, true)
		_, err := b.service().Retain(t.Context(), maintain.RetainOptions{})
		fired, where := disk.Disarm()
		if !fired {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		runs++
		b.stop()
		b.start()
		left := 0
		for _, m := range []store.Meta{first, second} {
			_, rerr := b.store.Read(t.Context(), m.Path)
			if rerr == nil {
				left++
			} else if !errors.Is(rerr, exo.NotFound) {
				t.Errorf("call %d, %s: %v", n, where, rerr)
			}
		}
		switch left {
		case 0:
			gone++
		case 2:
			whole++
		default:
			t.Errorf("call %d, %s: one of two went", n, where)
		}
		for _, m := range kept {
			if _, rerr := b.store.Read(t.Context(), m.Path); rerr != nil {
				t.Errorf("call %d, %s: %v", n, where, rerr)
			}
		}
		if r, rerr := b.service().Retain(t.Context(), maintain.RetainOptions{}); rerr != nil || r.RemovedFiles != left {
			t.Errorf("call %d, %s: the next run: %+v, %v", n, where, r, rerr)
		}
		if r, rerr := b.store.Verify(t.Context(), store.VerifyOptions{}, nil); rerr != nil || !r.OK {
			t.Errorf("call %d, %s: %+v, %v", n, where, r.Damaged, rerr)
		}
		if r, rerr := b.vers.Verify(t.Context(), "v1", version.VerifyOptions{}, nil); rerr != nil || !r.OK {
			t.Errorf("call %d, %s: version: %+v, %v", n, where, r, rerr)
		}
		b.stop()
	}
	t.Log(fmt.Sprintf("%d ends: %d before, %d after the decision; 0 files lost", runs, whole, gone))
	if whole == 0 || gone == 0 {
		t.Error("not both outcomes were seen")
	}
}
