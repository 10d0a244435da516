//go:build unix

package fsys

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// SameDevice tells whether two full paths of this machine are on one file
// system. A path that is not there yet counts as the folder that it would be
// made in.
func SameDevice(a, b string) (bool, error) {
	x, err := device(a)
	if err != nil {
		return false, err
	}
	y, err := device(b)
	return x == y, err
}

func device(path string) (uint64, error) {
	info, err := os.Stat(path)
	for errors.Is(err, fs.ErrNotExist) && filepath.Dir(path) != path {
		path = filepath.Dir(path)
		info, err = os.Stat(path)
	}
	if err != nil {
		return 0, Typed("fsys.SameDevice", "", err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, nil
	}
	return uint64(st.Dev), nil //nolint:unconvert // int32 on some systems
}

// Inside tells whether a full path of this machine is a folder or below it, by
// whatever links either is named. Of a path that is not there yet the part that
// is there counts.
func Inside(path, folder string) (bool, error) {
	const op = "fsys.Inside"
	path, err := resolve(filepath.Clean(path))
	if err != nil {
		return false, Typed(op, "", err)
	}
	if folder, err = resolve(filepath.Clean(folder)); err != nil {
		return false, Typed(op, "", err)
	}
	of, err := os.Stat(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, Typed(op, "", err)
	}
	for ; ; path = filepath.Dir(path) {
		if path == folder {
			return true, nil
		}
		if info, err := os.Stat(path); err == nil && of != nil && os.SameFile(info, of) {
			return true, nil // by a second mount
		}
		if filepath.Dir(path) == path {
			return false, nil
		}
	}
}

// resolve follows the links of the part of a path that is there.
func resolve(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) || filepath.Dir(path) == path {
		return real, err
	}
	dir, err := resolve(filepath.Dir(path))
	return filepath.Join(dir, filepath.Base(path)), err
}
