package store_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
	"exoplanetai/internal/xtest"
)

func rebuild(o *store.Options) { o.Rebuild = true }

// with opens a tree with the index in the database, or in the tree.
func with(t *testing.T, dir, url string, change ...func(*store.Options)) (*bench, error) {
	t.Helper()
	databaseOf = nil
	if url != "" {
		databaseOf = func(string) string { return url }
	}
	defer func() { databaseOf = nil }()
	b, err := tryOpen(dir, change...)
	if err == nil {
		t.Cleanup(b.shut)
	}
	return b, err
}

func mustWith(t *testing.T, dir, url string, change ...func(*store.Options)) *bench {
	t.Helper()
	b, err := with(t, dir, url, change...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func refused(t *testing.T, what string, err error, words string) {
	t.Helper()
	if !errors.Is(err, exo.Conflict) || exo.HintOf(err) == "" || !strings.Contains(exo.MessageOf(err), words) {
		t.Errorf("%s: %v (%s; %s)", what, err, exo.MessageOf(err), exo.HintOf(err))
	}
}

func TestATreeIsNotOpenedWithTheDatabaseOfAnother(t *testing.T) {
	dir, url := t.TempDir(), xtest.Postgres(t)
	b := mustWith(t, dir, url)
	publish(t, b.Store, "raw/nasa/koi.csv", []byte("koi"))
	b.shut()
	other := t.TempDir()
	_, err := with(t, other, url)
	refused(t, "a new tree with a filled database", err, "nothing tells")
	o := mustWith(t, other, xtest.Postgres(t), func(o *store.Options) { o.Clock = func() time.Time { return noon.Add(1) } })
	o.shut()
	_, err = with(t, other, url, rebuild)
	refused(t, "a tree with the database of another, also to rebuild", err, "another data folder")
	_, err = with(t, dir, "")
	refused(t, "with SQLite", err, "Postgres")

	back := mustWith(t, dir, "", rebuild) // for good
	if r, err := back.Reindex(t.Context(), nil); err != nil || r.Files != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	publish(t, back.Store, "raw/nasa/toi.csv", []byte("toi"))
	fullyVerified(t, back, "with SQLite again")
	back.shut()
	mustWith(t, dir, "").shut()
	_, err = with(t, dir, url)
	refused(t, "Postgres after SQLite", err, "nothing tells")
	again := mustWith(t, dir, url, rebuild)
	if r, err := again.Reindex(t.Context(), nil); err != nil || r.Files != 2 {
		t.Fatalf("%+v %v", r, err)
	}
	fullyVerified(t, again, "with Postgres again")
}

func TestOneProcessAloneAndManyKeepAwayFromEachOther(t *testing.T) {
	dir, url := t.TempDir(), xtest.Postgres(t)
	alone := mustWith(t, dir, "")
	_, err := with(t, dir, url)
	refused(t, "to share with one that is alone", err, "a test")
	alone.shut()
	b := mustWith(t, dir, url)
	_, err = with(t, dir, "", rebuild)
	refused(t, "to be alone with one that shares", err, "share")
	b.shut()
	if _, err := with(t, dir, url, func(o *store.Options) { o.FS = readOnlyLocks{o.FS} }); err == nil {
		t.Error("locks that cannot be had are taken for had")
	}
}

// readOnlyLocks is a disk whose locks are refused.
type readOnlyLocks struct{ fsys.FS }

func (readOnlyLocks) Lock(string) (fsys.Unlocker, error) {
	return nil, exo.Errorf("test", exo.Unavailable, nil, "no locks here")
}

func TestNothingIsRemovedWhileAnotherProcessVerifies(t *testing.T) {
	dir, url := t.TempDir(), xtest.Postgres(t)
	a, b := mustWith(t, dir, url), mustWith(t, dir, url)
	forgettable(t, a)
	tried := false
	rep, err := a.Verify(t.Context(), store.VerifyOptions{}, func(int64, int64) {
		if !tried {
			tried = true
			refused(t, "a removal beside a verification", b.Forget(t.Context(), unkept), "verified")
		}
	})
	if err != nil || !rep.OK || !tried {
		t.Errorf("%+v %v", rep, err)
	}
	if err := b.Forget(t.Context(), unkept); err != nil {
		t.Error(err)
	}
	if gone, problem := forgottenOrNot(a); !gone || problem != "" { // as the other sees it
		t.Errorf("%t %s", gone, problem)
	}
}

func TestWaitingForTheLockEnds(t *testing.T) {
	dir, url := t.TempDir(), xtest.Postgres(t)
	a, b := mustWith(t, dir, url), mustWith(t, dir, url, func(o *store.Options) { o.Wait = 100 * time.Millisecond })
	err := a.Still(t.Context(), func(ctx context.Context) error {
		st := stage(t, b.Store, []byte("x"))
		defer st.Discard()
		_, err := b.Publish(ctx, store.Item{Staged: st, Meta: meta("raw/nasa/x.csv")})
		if !errors.Is(err, exo.Unavailable) || exo.HintOf(err) == "" {
			t.Errorf("a publication while another holds still: %v", err)
		}
		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		if _, err := b.Mend(short, "raw/nasa/x.csv"); !errors.Is(err, exo.Unavailable) {
			t.Errorf("a call that was given up: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	publish(t, b.Store, "raw/nasa/x.csv", []byte("x"))
	fullyVerified(t, a, "afterwards")
}

// stopping stops the database just when a checksum file is written to.
type stopping struct {
	fsys.FS
	once sync.Once
	stop func()
}

func (d *stopping) OpenFile(name string, flag int, perm fs.FileMode) (fsys.File, error) {
	f, err := d.FS.OpenFile(name, flag, perm)
	if strings.HasPrefix(name, "checksums/") && flag&fsys.New != 0 && err == nil {
		d.once.Do(d.stop)
	}
	return f, err
}

func TestADatabaseThatIsLostInTheMiddleLosesNothing(t *testing.T) {
	dir, server := t.TempDir(), xtest.NewPostgres(t)
	a := mustWith(t, dir, server.URL)
	publish(t, a.Store, "raw/nasa/before.csv", []byte("before"))
	b := mustWith(t, dir, server.URL, func(o *store.Options) { o.FS = &stopping{FS: o.FS, stop: func() { server.Stop(t) }} })
	st := stage(t, b.Store, []byte("under way"))
	if _, err := b.Publish(t.Context(), store.Item{Staged: st, Meta: meta("raw/nasa/toi.csv")}); !errors.Is(err, exo.Unavailable) || exo.HintOf(err) == "" {
		t.Errorf("without the database: %v", err)
	}
	_ = st.Discard()
	st = stage(t, a.Store, []byte("x"))
	if _, err := a.Publish(t.Context(), store.Item{Staged: st, Meta: meta("raw/nasa/x.csv")}); !errors.Is(err, exo.Unavailable) {
		t.Errorf("without the database: %v", err)
	}
	_ = st.Discard()
	server.Start(t)
	publish(t, a.Store, "raw/nasa/after.csv", []byte("after"))
	if m, err := a.Get(t.Context(), "raw/nasa/toi.csv"); err != nil || m.SizeBytes != int64(len("under way")) {
		t.Errorf("what was on the disk when the database was lost: %+v %v", m, err)
	}
	fullyVerified(t, b, "afterwards")
	checkSums(t, dir)
	if left := leftStaged(a); len(left) > 0 {
		t.Errorf("left in staging: %v", left)
	}
}
