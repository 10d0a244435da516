package app

import (
	"errors"
	"os"

	"exoplanetai/internal/exo"
)

// flipBit turns over one bit in the middle of a file, as a failing disk does:
// size, time and permissions stay as they were. The demonstration does so to
// files of its own, to have them found and repaired.
func flipBit(name string) (err error) {
	const op = "app.flipBit"
	info, err := os.Stat(name)
	if err != nil {
		return exo.E(op, exo.NotFound, nil, err)
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return exo.Errorf(op, exo.Invalid, nil, "there is no bit to turn over")
	}
	if err := os.Chmod(name, info.Mode().Perm()|0o200); err != nil {
		return exo.E(op, exo.Denied, nil, err)
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err == nil {
		err = errors.Join(flipAt(f, info.Size()/2), f.Close())
	}
	err = errors.Join(err, os.Chtimes(name, info.ModTime(), info.ModTime()), os.Chmod(name, info.Mode().Perm()))
	if err != nil {
		return exo.E(op, exo.Denied, nil, err)
	}
	return nil
}

func flipAt(f *os.File, at int64) error {
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, at); err != nil {
		return err
	}
	b[0] ^= 0x10
	_, err := f.WriteAt(b, at)
	return err
}
