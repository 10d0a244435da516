package backup

import (
	"encoding/json"
	stdfs "io/fs"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// listing holds what the folders of a tree had at one moment, one record per
// folder in a scratch file, so that memory does not grow with the tree.
type listing struct {
	file fsys.File
	end  int64
	at   map[string]span
}

// span is where the record of a folder stands.
type span struct{ start, size int64 }

// listed is an entry of a folder.
type listed struct {
	Name []byte         `json:"n"` // need not be text
	Size int64          `json:"s,omitempty"`
	Mode stdfs.FileMode `json:"m"`
	Time time.Time      `json:"t"`
}

// add notes what a folder has.
func (l *listing) add(dir string, found []listed) error {
	text, err := json.Marshal(found)
	if err != nil {
		return exo.E("backup.Create", exo.Internal, nil, err)
	}
	if _, err := l.file.Write(text); err != nil {
		return err
	}
	l.at[dir] = span{l.end, int64(len(text))}
	l.end += int64(len(text))
	return nil
}

// of returns what was noted of a folder. It may be called from anywhere at once.
func (l *listing) of(dir string) (found []listed, err error) {
	s, ok := l.at[dir]
	if !ok {
		return nil, exo.Errorf("backup.Create", exo.Internal, nil, "a folder was not listed").With("path", dir)
	}
	text := make([]byte, s.size)
	if _, err := l.file.ReadAt(text, s.start); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &found); err != nil {
		return nil, exo.E("backup.Create", exo.Internal, nil, err)
	}
	return found, nil
}
