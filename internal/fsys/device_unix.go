//go:build unix

package fsys

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"exoplanetai/internal/exo"
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

// Apart refuses a full path of this machine that is the folder of the data, or in
// it, for what does not belong to the tree, whatever links either is named by.
// Below the folder except of the data it may be. A data folder that is not there,
// or empty, has nothing that could be harmed.
//
// Errors: exo.Invalid.
func Apart(op, path, data, except string) error {
	within, err := Inside(path, data)
	if err != nil || !within {
		return err
	}
	real, err := resolve(filepath.Clean(path))
	if err != nil {
		return Typed(op, "", err)
	}
	if data, err = resolve(filepath.Clean(data)); err != nil {
		return Typed(op, "", err)
	}
	rel, err := filepath.Rel(data, real)
	if err == nil && strings.HasPrefix(rel, except+string(filepath.Separator)) {
		return nil
	}
	if list, lerr := os.ReadDir(data); rel == "." && (errors.Is(lerr, fs.ErrNotExist) || lerr == nil && len(list) == 0) {
		return nil
	}
	return exo.Errorf(op, exo.Invalid, nil, "the folder to write to is in the data folder, whose files would no longer be what the checks expect").
		Try("name a folder outside of the data folder, or one below %s/ in it", except).With("parameter", "to")
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
