package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

var _ archive.Partial = (*store.Staged)(nil)

func TestFolderOfTheGuideExistFromFirstUse(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	for _, name := range []string{
		"raw/nasa", "raw/mast", "raw/exofop", "raw/kepler", "raw/tess", "raw/esa", "processed/v1", "processed/v2", "processed/lightcurves",
		"lightcurves/tess", "lightcurves/kepler", "lightcurves/k2", "metadata", "versions", "cache", "checksums",
	} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.IsDir() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFilterSelects(t *testing.T) {
	b := open(t, t.TempDir())
	ctx := context.Background()
	seven, eight := exo.TargetID{Catalog: exo.TIC, Number: 7}, exo.TargetID{Catalog: exo.KIC, Number: 8}
	one, two := 1, 2
	for i, m := range []store.Meta{
		{Path: "raw/nasa/koi_1.csv", Kind: store.Table, Table: catalog.KOI, RetrievedAt: noon},
		{Path: "raw/nasa/koi_2.csv", Kind: store.Table, Table: catalog.KOI, RetrievedAt: noon.Add(time.Hour)},
		{Path: "raw/nasa/koi_3.csv", Kind: store.Delta, Table: catalog.KOI, RetrievedAt: noon.Add(2 * time.Hour),
			From: []store.Ref{{Path: "raw/nasa/koi_1.csv", SHA256: exo.DigestOf([]byte{0})}}},
		{Path: "raw/nasax/k2_1.csv", Kind: store.Table, Table: catalog.K2, RetrievedAt: noon},
		{Path: "lightcurves/tess/a.fits", Kind: store.LightCurve, Target: seven, Mission: exo.TESS, Author: "SPOC", SectorQuarter: &one, RetrievedAt: noon},
		{Path: "lightcurves/tess/b.fits", Kind: store.LightCurve, Target: seven, Mission: exo.TESS, Author: "TGLC", SectorQuarter: &two, RetrievedAt: noon},
		{Path: "lightcurves/kepler/c.fits", Kind: store.LightCurve, Target: eight, Mission: exo.Kepler, SectorQuarter: &one, RetrievedAt: noon},
	} {
		if _, err := b.Publish(ctx, store.Item{Staged: stage(t, b.Store, []byte{byte(i)}), Meta: m}); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]struct {
		f    store.Filter
		want []exo.Path
	}{
		"a folder, not its namesakes": {store.Filter{Prefix: "raw/nasa"}, []exo.Path{"raw/nasa/koi_1.csv", "raw/nasa/koi_2.csv", "raw/nasa/koi_3.csv"}},
		"a folder with a final slash": {store.Filter{Prefix: "raw/nasax/"}, []exo.Path{"raw/nasax/k2_1.csv"}},
		"a folder with wildcards":     {store.Filter{Prefix: "raw/%"}, nil},
		"kind and table":              {store.Filter{Kind: store.Table, Table: catalog.KOI}, []exo.Path{"raw/nasa/koi_1.csv", "raw/nasa/koi_2.csv"}},
		"target":                      {store.Filter{Target: seven}, []exo.Path{"lightcurves/tess/a.fits", "lightcurves/tess/b.fits"}},
		"target and sector":           {store.Filter{Target: seven, SectorQuarter: &two}, []exo.Path{"lightcurves/tess/b.fits"}},
		"sector alone":                {store.Filter{SectorQuarter: &one}, []exo.Path{"lightcurves/kepler/c.fits", "lightcurves/tess/a.fits"}},
		"author":                      {store.Filter{Author: "SPOC"}, []exo.Path{"lightcurves/tess/a.fits"}},
		"mission":                     {store.Filter{Mission: exo.Kepler}, []exo.Path{"lightcurves/kepler/c.fits"}},
		"made of a file":              {store.Filter{Kind: store.Delta, From: exo.DigestOf([]byte{0})}, []exo.Path{"raw/nasa/koi_3.csv"}},
		"made of no file":             {store.Filter{From: exo.DigestOf([]byte{1})}, nil},
		"limit":                       {store.Filter{Limit: 2}, []exo.Path{"lightcurves/kepler/c.fits", "lightcurves/tess/a.fits"}},
		"none":                        {store.Filter{Target: exo.TargetID{Catalog: exo.TIC, Number: 9}}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			list, err := b.List(ctx, tt.f)
			if err != nil {
				t.Fatal(err)
			}
			var got []exo.Path
			for _, m := range list {
				got = append(got, m.Path)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if m, err := b.Newest(ctx, store.Filter{Kind: store.Table, Table: catalog.KOI}); err != nil || m.Path != "raw/nasa/koi_2.csv" {
		t.Errorf("newest: %s, %v", m.Path, err)
	}
	if m, err := b.Newest(ctx, store.Filter{Kind: store.LightCurve}); err != nil || m.Path != "lightcurves/tess/b.fits" {
		t.Errorf("newest of several at one time: %s, %v", m.Path, err)
	}
	want := store.Count{Files: 2, Bytes: 2, Targets: 1, Newest: noon}
	if c, err := b.Count(ctx, store.Filter{Mission: exo.TESS}); err != nil || c != want {
		t.Errorf("count: %+v, %v; want %+v", c, err, want)
	}
	if c, err := b.Count(ctx, store.Filter{Kind: store.Held}); err != nil || c != (store.Count{}) {
		t.Errorf("count of none: %+v, %v", c, err)
	}
	if _, err := b.Newest(ctx, store.Filter{Kind: store.Held}); !errors.Is(err, exo.NotFound) {
		t.Errorf("newest of none: %v", err)
	}
}

func TestListIsWholeAcrossPortions(t *testing.T) {
	b := open(t, fastDir(t))
	const files = 1203 // two portions and a bit
	for i := 0; i < files; i += 401 {
		var items []store.Item
		for j := i; j < i+401; j++ {
			items = append(items, store.Item{Staged: stage(t, b.Store, []byte{1}), Meta: meta(fmt.Sprintf("raw/mast/%04d.json", j))})
		}
		if _, err := b.Publish(context.Background(), items...); err != nil {
			t.Fatal(err)
		}
	}
	list := all(t, b.Store)
	if len(list) != files || !slices.IsSortedFunc(list, func(a, b store.Meta) int { return bytes.Compare([]byte(a.Path), []byte(b.Path)) }) {
		t.Errorf("%d files, or out of order", len(list))
	}
	limited, err := b.List(context.Background(), store.Filter{Limit: 700})
	if err != nil || len(limited) != 700 {
		t.Errorf("%d, %v", len(limited), err)
	}
}

func TestCheckIsKept(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	ctx := context.Background()
	if _, ok, err := b.Check(ctx, "koi"); ok || err != nil {
		t.Errorf("before: %t, %v", ok, err)
	}
	for _, c := range []store.Check{{At: noon, Outcome: "new"}, {At: noon.Add(time.Hour), Outcome: "failed", Note: "down"}} {
		if err := b.SetCheck(ctx, "koi", c); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := b.Check(ctx, "koi"); !ok || err != nil || got != c {
			t.Errorf("%+v, %t, %v", got, ok, err)
		}
	}
	b.shut()
	if got, ok, err := open(t, dir).Check(ctx, "koi"); !ok || err != nil || got.Note != "down" {
		t.Errorf("after a restart: %+v, %t, %v", got, ok, err)
	}
}

func TestStagedFileStartsOverAfterReset(t *testing.T) {
	b := open(t, t.TempDir())
	st := stage(t, b.Store, []byte("half of a download"))
	if st.Offset() != 18 || st.Size() != 18 {
		t.Errorf("offset %d", st.Offset())
	}
	if err := st.Reset(); err != nil || st.Offset() != 0 {
		t.Fatalf("%v, offset %d", err, st.Offset())
	}
	if _, err := st.Write([]byte("whole")); err != nil {
		t.Fatal(err)
	}
	data, unmap, err := st.Map()
	if err != nil || string(data) != "whole" {
		t.Fatalf("%q, %v", data, err)
	}
	if err := unmap(); err != nil {
		t.Error(err)
	}
	m, err := b.Publish(context.Background(), store.Item{Staged: st, Meta: meta("raw/mast/x.json")})
	if err != nil || m[0].SHA256 != exo.DigestOf([]byte("whole")) {
		t.Errorf("%+v, %v", m, err)
	}
	if err := st.Discard(); err != nil {
		t.Errorf("discard after a publication: %v", err)
	}
}

func TestDiscardedFileLeavesNothing(t *testing.T) {
	b := open(t, t.TempDir())
	st := stage(t, b.Store, long)
	if err := errors.Join(st.Discard(), st.Discard()); err != nil {
		t.Error(err)
	}
	if left := leftStaged(b); len(left) > 0 {
		t.Errorf("%v", left)
	}
}

func TestWrongPublicationIsRefused(t *testing.T) {
	b := open(t, t.TempDir())
	ctx := context.Background()
	for _, p := range []exo.Path{"", "raw", "/raw/x", "raw/../x", "metadata/x.json", "metadata/validation", "metadata/validations/x.json",
		"metadata/raw/x.json", "metadata/metadata/validation/x.json", "validation/x.json", "checksums/x", "cache/x", "raw/.x", "versions/a/b", "other/x"} {
		st := stage(t, b.Store, []byte("x"))
		m := meta("")
		m.Path = p
		if _, err := b.Publish(ctx, store.Item{Staged: st, Meta: m}); !errors.Is(err, exo.Invalid) {
			t.Errorf("%q: %v", p, err)
		}
		_ = st.Discard()
	}
	for n, fits := range map[int]bool{195: true, 196: false, 200: false} { // the sidecar's name is longer by ".json"
		p := exo.Path("raw/nasa/" + strings.Repeat("x", n))
		st := stage(t, b.Store, []byte("x"))
		m := meta("")
		m.Path = p
		if _, err := b.Publish(ctx, store.Item{Staged: st, Meta: m}); (err == nil) != fits || err != nil && !errors.Is(err, exo.Invalid) {
			t.Errorf("a name of %d bytes: %v", n, err)
		}
		_ = st.Discard()
	}
	m := meta("raw/nasa/x.csv")
	m.TimeStart = math.NaN()
	st := stage(t, b.Store, []byte("x"))
	if _, err := b.Publish(ctx, store.Item{Staged: st, Meta: m}); !errors.Is(err, exo.Invalid) {
		t.Errorf("not a number: %v", err)
	}
	same := store.Item{Staged: st, Meta: meta("raw/nasa/x.csv")}
	if _, err := b.Publish(ctx, same, same); err == nil {
		t.Error("one path twice in one act is accepted")
	}
	if _, err := b.Publish(ctx); !errors.Is(err, exo.Invalid) {
		t.Errorf("nothing: %v", err)
	}
	_ = st.Discard()
	if rep, err := b.Verify(ctx, store.VerifyOptions{}, nil); err != nil || !rep.OK {
		t.Errorf("%v, %+v", err, rep.Damaged)
	}
	if n := len(all(t, b.Store)); n != 1 {
		t.Errorf("%d files", n)
	}
}

func TestActWithOneTakenNamePublishesNothing(t *testing.T) {
	b := open(t, t.TempDir())
	ctx := context.Background()
	publish(t, b.Store, "raw/nasa/b.csv", []byte("old"))
	items := []store.Item{
		{Staged: stage(t, b.Store, []byte("a")), Meta: meta("raw/nasa/a.csv")},
		{Staged: stage(t, b.Store, []byte("new")), Meta: meta("raw/nasa/b.csv")},
	}
	if _, err := b.Publish(ctx, items...); !errors.Is(err, exo.Exists) || exo.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
	if n := len(all(t, b.Store)); n != 1 {
		t.Errorf("%d files", n)
	}
	for _, it := range items {
		if err := it.Staged.Discard(); err != nil {
			t.Error(err)
		}
	}
	if rep, err := b.Verify(ctx, store.VerifyOptions{}, nil); err != nil || !rep.OK {
		t.Errorf("%v, %+v", err, rep.Damaged)
	}
}

func TestStrangerUnderTheNameIsNotOverwritten(t *testing.T) {
	b := open(t, t.TempDir())
	ctx := context.Background()
	full := filepath.Join(b.dir, "raw/nasa/x.csv")
	if err := os.WriteFile(full, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	other := stage(t, b.Store, []byte("yours"))
	if _, err := b.Publish(ctx, store.Item{Staged: other, Meta: meta("raw/nasa/x.csv")}); !errors.Is(err, exo.Exists) {
		t.Errorf("other bytes: %v", err)
	}
	if err := other.Discard(); err != nil {
		t.Error(err)
	}
	if got, _ := os.ReadFile(full); string(got) != "mine" {
		t.Errorf("the stranger is now %q", got)
	}
	publish(t, b.Store, "raw/nasa/x.csv", []byte("mine")) // the same bytes: it is taken in
	if rep, err := b.Verify(ctx, store.VerifyOptions{}, nil); err != nil || !rep.OK {
		t.Errorf("%v, %+v", err, rep.Damaged)
	}
}

func TestLostFileComesBackByPublishingItAgain(t *testing.T) {
	b := open(t, t.TempDir())
	first := publish(t, b.Store, "raw/nasa/x.csv", []byte("x"))
	for _, lost := range [][]string{{"raw/nasa/x.csv"}, {"raw/nasa/x.csv", "metadata/raw/nasa/x.csv.json"}} {
		for _, name := range lost {
			if err := os.Remove(filepath.Join(b.dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		m := meta("raw/nasa/x.csv")
		m.RetrievedAt = noon.Add(time.Hour)
		got, err := b.Publish(context.Background(), store.Item{Staged: stage(t, b.Store, []byte("x")), Meta: m})
		if err != nil || !got[0].RetrievedAt.Equal(first.RetrievedAt) {
			t.Errorf("%+v, %v", got, err)
		}
		if rep, err := b.Verify(context.Background(), store.VerifyOptions{}, nil); err != nil || !rep.OK {
			t.Errorf("%v, %+v", err, rep.Damaged)
		}
	}
}

func TestManyWritersOfTheSameAndOfOtherFiles(t *testing.T) {
	const writers, each = 8, 100
	b := open(t, fastDir(t))
	ctx := context.Background()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				own, shared := fmt.Sprintf("raw/mast/%d-%d.json", w, i), fmt.Sprintf("raw/nasa/shared-%d.csv", i)
				for path, data := range map[string]string{own: own, shared: shared} {
					st := stage(t, b.Store, []byte(data))
					if _, err := b.Publish(ctx, store.Item{Staged: st, Meta: meta(path)}); err != nil {
						t.Errorf("%s: %v", path, err)
					}
					_ = st.Discard()
				}
				if i%10 != 0 {
					continue
				}
				st := stage(t, b.Store, []byte(own)) // each writer wants its own bytes there: one wins
				if _, err := b.Publish(ctx, store.Item{Staged: st, Meta: meta(fmt.Sprintf("raw/exofop/one-%d.csv", i))}); err != nil && !errors.Is(err, exo.Exists) {
					t.Error(err)
				}
				_ = st.Discard()
			}
		})
	}
	wg.Go(func() {
		for range 5 {
			if rep, err := b.Verify(ctx, store.VerifyOptions{}, nil); err != nil || !rep.OK {
				t.Errorf("verify beside the writers: %v %+v", err, rep.Damaged)
			}
		}
	})
	wg.Wait()
	if n := len(all(t, b.Store)); n != writers*each+each+each/10 {
		t.Errorf("%d files", n)
	}
	if rep, err := b.Verify(ctx, store.VerifyOptions{}, nil); err != nil || !rep.OK {
		t.Errorf("%v %+v", err, rep.Damaged)
	}
	if left := leftStaged(b); len(left) > 0 {
		t.Errorf("left in staging: %v", left)
	}
	checkSums(t, b.dir)
}

func TestStatsCountAndForecast(t *testing.T) {
	b := open(t, t.TempDir())
	ctx := context.Background()
	if st, err := b.Stats(ctx); err != nil || st.Total.Files != 0 || st.Growth.FullAt != nil || st.Integrity.LastFullAt != nil {
		t.Errorf("an empty store: %+v, %v", st, err)
	}
	m := meta("raw/nasa/a.csv")
	m.RetrievedAt = noon.Add(-48 * time.Hour)
	if _, err := b.Publish(ctx, store.Item{Staged: stage(t, b.Store, make([]byte, 1000)), Meta: m}); err != nil {
		t.Fatal(err)
	}
	publish(t, b.Store, "lightcurves/tess/s0001/b.fits", make([]byte, 500))
	st, err := b.Stats(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := []store.Folder{{Path: "lightcurves/tess", Amount: store.Amount{Bytes: 500, Files: 1}}, {Path: "raw/nasa", Amount: store.Amount{Bytes: 1000, Files: 1}}}
	if !slices.Equal(st.Folders, want) || st.Total != (store.Amount{Bytes: 1500, Files: 2}) || st.Growth.BytesPerDay != 750 {
		t.Errorf("%+v", st)
	}
	if st.Disk.Total <= 0 || st.Disk.Free <= 0 || st.Disk.UsedPercent <= 0 || st.Integrity.Coverage != 0 || st.Integrity.OldestProof != nil {
		t.Errorf("%+v", st)
	}
	var done, total int64
	if _, err := b.Verify(ctx, store.VerifyOptions{}, func(d, n int64) { done, total = d, n }); err != nil || done != 1500 || total != 1500 {
		t.Errorf("%v, progress %d of %d", err, done, total)
	}
	if st, err = b.Stats(ctx); err != nil || st.Integrity.Coverage != 1 || st.Integrity.LastFullAt == nil || st.Integrity.OldestProof == nil {
		t.Errorf("%+v, %v", st.Integrity, err)
	}
}

func TestCancelledCallsStopSoon(t *testing.T) {
	b := open(t, t.TempDir())
	publish(t, b.Store, "raw/nasa/a.csv", []byte("a"))
	st := stage(t, b.Store, []byte("b"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, perr := b.Publish(ctx, store.Item{Staged: st, Meta: meta("raw/nasa/b.csv")})
	for name, err := range map[string]error{
		"stage": second2(b.Stage(ctx)), "publish": perr, "verify": second2(b.Verify(ctx, store.VerifyOptions{}, nil)),
		"list": second2(b.List(ctx, store.Filter{})), "reindex": second2(b.Reindex(ctx, nil)),
	} {
		if exo.KindOf(err) != exo.Canceled {
			t.Errorf("%s: %v", name, err)
		}
	}
	_ = st.Discard()
	if rep, err := b.Verify(context.Background(), store.VerifyOptions{}, nil); err != nil || !rep.OK || rep.Files != 1 {
		t.Errorf("%v %+v", err, rep)
	}
}
