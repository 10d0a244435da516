package store

import (
	"fmt"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// The lock file says in its first line which format the tree has and in its
// second who holds, or last held, the lock.
const formatLine = "exoplanetai data tree, format "

// maxLock bounds the lock file.
const maxLock = 4096

// checkFormat refuses a tree that a newer program made. A lock file that is
// missing or cannot be understood says nothing: a tree is recognised by its
// index and its checksum files.
func (s *Store) checkFormat() error {
	const op = "store.Open"
	first, _, err := s.readLock()
	if exo.KindOf(err) == exo.NotFound && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(strings.TrimPrefix(first, formatLine))
	if err != nil || n <= formatNo {
		return nil
	}
	return exo.Errorf(op, exo.Conflict, nil, "the data folder was made by a newer program (format %d, this program knows %d)", n, formatNo).
		Try("use the newer program; this one would not understand the data")
}

func (s *Store) readLock() (format, holder string, err error) {
	text, err := fsys.ReadFile(s.FS, lockName, maxLock)
	if err != nil {
		return "", "", err
	}
	format, rest, _ := strings.Cut(string(text), "\n")
	holder, _, _ = strings.Cut(rest, "\n")
	return format, holder, nil
}

// signLock writes the format and the holder into the lock file, which is ours
// now. It is not synced: it matters only while this process lives, and the
// format line was the same before.
func (s *Store) signLock() (err error) {
	f, err := s.FS.OpenFile(lockName, fsys.WriteOnly|fsys.New, 0o644)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	holder := strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s.Holder)
	holder = fmt.Sprintf("%.200s", holder)
	if s.Shared {
		holder += sharedMark
	}
	text := fmt.Sprintf("%s%d\n%s\n", formatLine, formatNo, holder)
	if _, err := f.Write([]byte(text)); err != nil {
		return err
	}
	return f.Truncate(int64(len(text)))
}

// heldBy adds to a refused lock who has it.
func (s *Store) heldBy(err error) error {
	if exo.KindOf(err) != exo.Conflict {
		return err
	}
	_, holder, rerr := s.readLock()
	if rerr != nil || holder == "" {
		return err
	}
	return exo.E("store.Open", exo.Conflict, nil, err).Say("another program is using the data folder: %s", holder).
		Try("stop it, or ask the running server over HTTP")
}
