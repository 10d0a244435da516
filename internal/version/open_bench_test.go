package version_test

import (
	"fmt"
	"os"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
)

// BenchmarkOpen opens store and versions of a tree of 100,000 files that three
// versions hold: what a start of the program does before it can answer.
func BenchmarkOpen(b *testing.B) {
	dir, err := os.MkdirTemp("/dev/shm", "version")
	if err != nil {
		b.Skip(err)
	}
	defer os.RemoveAll(dir)
	t := open(b, dir)
	for from := 0; from < many; from += 500 {
		var items []store.Item
		for i := from; i < from+500; i++ {
			st, err := t.store.Stage(b.Context())
			if err == nil {
				_, err = fmt.Fprintf(st, "light curve %d", i)
			}
			if err != nil {
				b.Fatal(err)
			}
			items = append(items, store.Item{Staged: st, Meta: store.Meta{Path: exo.Path(fmt.Sprintf("lightcurves/tess/s%04d/%08d.fits", i/20_000+1, i)),
				Kind: store.LightCurve, RetrievedAt: noon}})
		}
		if _, err := t.store.Publish(b.Context(), items...); err != nil {
			b.Fatal(err)
		}
	}
	for _, name := range []string{"v1", "v2", "v3"} {
		if _, err := t.Create(b.Context(), version.CreateOptions{Name: name}); err != nil {
			b.Fatal(err)
		}
	}
	t.shut()
	for b.Loop() {
		again, err := tryOpen(b, dir)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		again.shut()
		b.StartTimer()
	}
}
