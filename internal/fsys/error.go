package fsys

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"exoplanetai/internal/exo"
)

// Typed gives a system error its kind. The end of a file stays io.EOF, and an
// error that has a kind keeps it. The item is the name inside the tree, never
// the path on this machine.
func Typed(op, name string, err error) error {
	switch {
	case err == nil, err == io.EOF:
		return err
	case errors.As(err, new(*exo.Error)):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return exo.E(op, exo.NotFound, name, err)
	case errors.Is(err, fs.ErrExist):
		return exo.E(op, exo.Exists, name, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return exo.E(op, exo.Full, name, err).Say("the disk that holds the data is full").
			Try("free some space, with `exoplanetai storage cleanup --max-age-days 0` or by hand, and run the command again")
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return exo.E(op, exo.Unavailable, name, err).Say("the data folder may not be written to or read").
			Try("check the owner and the permissions of the data folder and that its disk is not mounted read-only")
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return exo.E(op, exo.Unavailable, name, err).Say("too many files are open").
			Try("raise the limit of open files (`ulimit -n`) or lower MAX_CONCURRENT_DOWNLOADS")
	case errors.Is(err, fs.ErrInvalid), escapes(err):
		return exo.E(op, exo.Invalid, name, err).Say("the name leads out of the data folder")
	case Misplaced(err):
		e := exo.E(op, exo.Conflict, name, err).Say("there is a folder where a file should be, or a file where a folder should be").
			Try(moveAway)
		if name != "" && !filepath.IsAbs(name) { // paths of the machine are for the log
			e.Message = name + ": " + e.Message
		}
		return e
	}
	return exo.E(op, exo.Unavailable, name, err).Say("the disk failed").
		Try("look at the system's log for errors of the disk, then run `exoplanetai storage verify`")
}

// escapes tells whether os.Root refused a name. Its error is not exported; it
// is the only one of a PathError or LinkError that is no Errno.
func escapes(err error) bool {
	var p *fs.PathError
	var l *os.LinkError
	var errno syscall.Errno
	return (errors.As(err, &p) || errors.As(err, &l)) && !errors.As(err, &errno) && !errors.Is(err, fs.ErrClosed)
}

const moveAway = "look what stands there, and move what does not belong there out of the data folder"

// Misplaced tells whether a folder stands where a file should be, or a file on the
// way to one.
func Misplaced(err error) bool {
	for _, e := range []error{syscall.ENOTDIR, syscall.EISDIR, syscall.ENOTEMPTY, syscall.ELOOP} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// NoLinks tells whether a Link failed because this file system, or this pair
// of folders, knows no further hard link; a copy does the job then.
func NoLinks(err error) bool {
	for _, e := range []error{syscall.EXDEV, syscall.EPERM, syscall.EMLINK, syscall.EOPNOTSUPP, syscall.ENOSYS} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// BadMedium tells whether the disk could not read or write a place of its own.
func BadMedium(err error) bool { return errors.Is(err, syscall.EIO) }

func tooLarge(op, name string, limit int64) error {
	return exo.Errorf(op, exo.TooLarge, name, "%s is larger than %d bytes", name, limit)
}

// SaysFull tells whether a text has the system's words for a full disk in it:
// some libraries tell of an error in their log alone.
func SaysFull(text string) bool {
	return strings.Contains(text, syscall.ENOSPC.Error()) || strings.Contains(text, syscall.EDQUOT.Error())
}
