package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
)

func TestReadGivesRangesOfSmallAndLargeFiles(t *testing.T) {
	b := open(t, fastDir(t))
	ctx := context.Background()
	big := make([]byte, 17<<20+12345)
	_, _ = rand.NewChaCha8([32]byte{9}).Read(big) // never fails
	for name, data := range map[string][]byte{"small.fits": big[:100_000], "big.fits": big, "empty.fits": {}} {
		m := publish(t, b.Store, "lightcurves/tess/"+name, data)
		f, err := b.Read(ctx, m.Path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if whole, err := f.Bytes(); err != nil || !bytes.Equal(whole, data) {
			t.Errorf("%s: %d bytes at once, %v", name, len(whole), err)
		}
		if len(data) > 5000 {
			at := int64(len(data) - 4000)
			if pos, err := f.Seek(-4000, io.SeekEnd); err != nil || pos != at {
				t.Errorf("%s: seek %d, %v", name, pos, err)
			}
			if tail, err := io.ReadAll(f); err != nil || !bytes.Equal(tail, data[at:]) {
				t.Errorf("%s: tail of %d, %v", name, len(tail), err)
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := b.Read(ctx, "raw/nasa/none"); !errors.Is(err, exo.NotFound) {
		t.Errorf("%v", err)
	}
}

func TestLargeFileThatChangesWhileItIsReadIsNotServed(t *testing.T) {
	b := open(t, fastDir(t))
	data := make([]byte, 18<<20)
	m := publish(t, b.Store, "lightcurves/tess/big.fits", data)
	f, err := b.Read(context.Background(), m.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	full := filepath.Join(b.dir, string(m.Path))
	if err := os.Chmod(full, 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := os.OpenFile(full, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteAt([]byte{1}, 5<<20); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, onlyReader{f}); !errors.Is(err, exo.Corrupt) || n > 5<<20 {
		t.Errorf("%d bytes served, %v", n, err)
	}
}

// noLinks is a disk without hard links, or with the folders on several disks.
type noLinks struct {
	fsys.FS
	link, rename error
}

func (n noLinks) Link(_, to string) error {
	return fsys.Typed("test", to, &fs.PathError{Op: "link", Path: to, Err: n.link})
}

func (n noLinks) Rename(from, to string) error {
	if n.rename != nil && filepath.Dir(from) != filepath.Dir(to) {
		return fsys.Typed("test", to, &fs.PathError{Op: "rename", Path: to, Err: n.rename})
	}
	return n.FS.Rename(from, to)
}

func TestDiskWithoutLinksHoldsTheSamePromises(t *testing.T) {
	for name, disk := range map[string]noLinks{
		"no links here (EPERM)":        {link: syscall.EPERM},
		"too many links (EMLINK)":      {link: syscall.EMLINK},
		"links not known (EOPNOTSUPP)": {link: syscall.EOPNOTSUPP},
		"another disk (EXDEV)":         {link: syscall.EXDEV, rename: syscall.EXDEV},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, fastDir(t), func(o *store.Options) { disk.FS = o.FS; o.FS = disk })
			publishAct(t, b.Store, "raw/nasa/a.csv", "lightcurves/tess/s0001/b.fits")
			st := stage(t, b.Store, []byte("other"))
			if _, err := b.Publish(context.Background(), store.Item{Staged: st, Meta: meta("raw/nasa/a.csv")}); !errors.Is(err, exo.Exists) {
				t.Errorf("a taken name: %v", err)
			}
			if err := st.Discard(); err != nil {
				t.Error(err)
			}
			if rep, err := b.Verify(context.Background(), store.VerifyOptions{}, nil); err != nil || !rep.OK || rep.Files != 2 {
				t.Errorf("%v %+v", err, rep)
			}
			if left := leftStaged(b); len(left) > 0 {
				t.Errorf("left in staging: %v", left)
			}
		})
	}
}
