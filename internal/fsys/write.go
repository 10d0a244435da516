package fsys

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"exoplanetai/internal/exo"
)

// tempSuffix ends the name of a file that WriteAtomic is still writing.
const tempSuffix = ".part"

// TempName returns the hidden name that a file has while it is written beside
// its final name.
func TempName(name string) string {
	return path.Join(path.Dir(name), "."+path.Base(name)+tempSuffix)
}

// WriteAtomic writes a small file so that after a power loss at any moment the
// name holds either the old content or the new, whole: a hidden file beside it
// is written, measured, synced and closed, takes the name, and the folder is
// synced. One writer at a time per name.
func WriteAtomic(ctx context.Context, f FS, name string, data []byte, perm fs.FileMode) error {
	const op = "fsys.WriteAtomic"
	if err := ctx.Err(); err != nil {
		return exo.E(op, exo.KindOf(err), name, err)
	}
	temp := TempName(name)
	if err := f.Remove(temp); err != nil && exo.KindOf(err) != exo.NotFound { // left by a crash, perhaps read-only
		return err
	}
	err := WriteSynced(f, temp, data, perm)
	if err == nil {
		err = f.Rename(temp, name)
	}
	if err != nil {
		_ = f.Remove(temp) // the first error is the one to tell
		return err
	}
	return f.SyncDir(path.Dir(name))
}

// WriteSynced writes a file, in place of one that is there, checks its length,
// sets its permissions, syncs and closes it. Its name is not synced.
func WriteSynced(f FS, name string, data []byte, perm fs.FileMode) error {
	sync, err := WriteUnsynced(f, name, data, perm)
	if err != nil {
		return err
	}
	return sync()
}

// WriteUnsynced does what WriteSynced does and leaves the end, sync and close,
// to the function that it returns, which must be called once.
func WriteUnsynced(f FS, name string, data []byte, perm fs.FileMode) (sync func() error, err error) {
	file, err := f.OpenFile(name, WriteOnly|Empty, 0o644)
	if err != nil {
		return nil, err
	}
	if err := fill(file, name, data, perm); err != nil {
		_ = file.Close() // the first error is the one to tell
		return nil, err
	}
	return func() error {
		err := file.Sync()
		if cerr := file.Close(); err == nil {
			err = cerr
		}
		return err
	}, nil
}

func fill(file File, name string, data []byte, perm fs.FileMode) error {
	if _, err := file.Write(data); err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() != int64(len(data)) {
		return exo.Errorf("fsys.WriteSynced", exo.Unavailable, name, "%s has %d bytes after writing %d", name, info.Size(), len(data))
	}
	return file.Chmod(perm)
}

// MkdirAll makes a folder and those above it and syncs the folder of each new
// one, so that a file synced below survives a power loss.
func MkdirAll(f FS, name string, perm fs.FileMode) error {
	if name == "." || name == "" {
		return nil
	}
	switch info, err := f.Stat(name); {
	case err == nil && !info.IsDir():
		return exo.E("fsys.MkdirAll", exo.Conflict, name, syscall.ENOTDIR).Say("%s is a file where a folder should be", name).Try(moveAway)
	case err == nil || exo.KindOf(err) != exo.NotFound:
		return err
	}
	dir := path.Dir(strings.TrimSuffix(name, "/"))
	if err := MkdirAll(f, dir, perm); err != nil {
		return err
	}
	if err := f.Mkdir(name, perm); err != nil && exo.KindOf(err) != exo.Exists {
		return err
	}
	return f.SyncDir(dir)
}

// FreeName returns the name, or the first of name-2, name-3, … that nothing has:
// what is set aside twice within a second must not take the other's place.
func FreeName(f FS, name string) (string, error) {
	for n := 2; ; n++ {
		free := name
		if n > 2 {
			free += "-" + strconv.Itoa(n-1)
		}
		if _, err := f.Lstat(free); errors.Is(err, exo.NotFound) {
			return free, nil
		} else if err != nil {
			return "", err
		}
	}
}

// Walk calls visit for every entry below the folder that is not a folder,
// folders first by name, without holding more than one folder's list per level.
// Links are visited, not followed. A missing folder is empty.
func Walk(ctx context.Context, f FS, dir string, visit func(name string, e fs.DirEntry) error) error {
	if err := ctx.Err(); err != nil {
		return exo.E("fsys.Walk", exo.KindOf(err), dir, err)
	}
	list, err := f.ReadDir(dir)
	if exo.KindOf(err) == exo.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range list {
		name := path.Join(dir, e.Name())
		if e.IsDir() {
			err = Walk(ctx, f, name, visit)
		} else {
			err = visit(name, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Place gives a complete, synced file its final name, which must be free: it
// never overwrites and gives exo.Exists instead. The staged name stays, so that
// an interrupted act can still be told.
//
// Where the file system has no hard links the file is moved; where the final
// folder is another file system it is copied beside the final name, synced, and
// moved. Both look first whether the name is free, which is enough for one
// writer under a lock.
func Place(f FS, staged, final string) error {
	err := f.Link(staged, final)
	if exo.KindOf(err) == exo.NotFound && err != nil {
		if _, lerr := f.Lstat(final); lerr == nil { // it was moved there before
			return exo.E("fsys.Place", exo.Exists, final, err)
		}
	}
	if err == nil || !NoLinks(err) {
		return err
	}
	if _, err := f.Lstat(final); err == nil {
		return exo.E("fsys.Place", exo.Exists, final, nil)
	} else if exo.KindOf(err) != exo.NotFound {
		return err
	}
	err = f.Rename(staged, final)
	if err == nil || !NoLinks(err) {
		return err
	}
	temp := TempName(final)
	if err := f.Remove(temp); err != nil && exo.KindOf(err) != exo.NotFound {
		return err
	}
	if err = copySynced(f, staged, temp); err == nil {
		err = f.Rename(temp, final)
	}
	if err != nil {
		_ = f.Remove(temp) // the first error is the one to tell
	}
	return err
}

// Same tells whether two names are names of one file. A name that is not there
// is the same as none.
func Same(f FS, a, b string) (bool, error) {
	x, err := f.Lstat(a)
	if err == nil {
		var y fs.FileInfo
		if y, err = f.Lstat(b); err == nil {
			return os.SameFile(x, y), nil
		}
	}
	if exo.KindOf(err) == exo.NotFound {
		return false, nil
	}
	return false, err
}

// Unplace takes back what Place did.
func Unplace(f FS, staged, final string) error {
	_, err := f.Lstat(staged)
	if err == nil {
		return f.Remove(final)
	}
	if exo.KindOf(err) != exo.NotFound {
		return err
	}
	return f.Rename(final, staged)
}

func copySynced(f FS, from, to string) (err error) {
	in, err := Open(f, from)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := in.Close(); err == nil {
			err = cerr
		}
	}()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := f.OpenFile(to, WriteOnly|Empty, 0o644)
	if err != nil {
		return err
	}
	n, err := io.Copy(plain{out}, in)
	if err == nil && n != info.Size() {
		err = exo.Errorf("fsys.Place", exo.Unavailable, to, "%d of %d bytes were copied", n, info.Size())
	}
	if err == nil {
		err = out.Chmod(info.Mode().Perm())
	}
	if err == nil {
		err = out.Sync()
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	return err
}

// plain hides all but Write.
type plain struct{ io.Writer }

// SyncAll makes several syncs at the same time and returns when all have ended,
// with the first error in their order. A journalling file system carries them
// out with one commit, where one after the other would cost one each.
func SyncAll(syncs []func() error) error {
	if len(syncs) == 0 {
		return nil
	}
	errs := make([]error, len(syncs))
	var wg sync.WaitGroup
	for i, s := range syncs[1:] {
		wg.Go(func() { errs[i+1] = s() })
	}
	errs[0] = syncs[0]()
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
