package app

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/seal"
)

// masterKeys finds the keys that seal the secrets of the database: in the text of
// a setting, or in a file that is made at the first need.
type masterKeys struct {
	text     string // MASTER_KEY; empty: the file
	file     string // empty: there is no place for one
	dataPath string
	rand     io.Reader
}

// newMasterKeys says where the keys are. configDir is the user's folder for
// settings; empty: there is none.
func newMasterKeys(cfg config.Config, o Options) *masterKeys {
	m := &masterKeys{text: cfg.Security.MasterKey, file: cfg.Security.MasterKeyFile, dataPath: cfg.DataPath, rand: o.Rand}
	if m.file == "" && o.ConfigDir != "" {
		m.file = filepath.Join(o.ConfigDir, "exoplanetai", "master.key")
	}
	return m
}

// possible tells whether there can be keys at all.
func (m *masterKeys) possible() bool { return m.text != "" || m.file != "" }

// ring reads the keys, and makes the first one where there is none. It is cheap
// enough to be asked each time: a rotation is seen at once.
func (m *masterKeys) ring() (*seal.Ring, error) {
	r, err := m.held()
	if !errors.Is(err, fs.ErrNotExist) {
		return r, err
	}
	if err := m.make(); err != nil {
		return nil, err
	}
	return m.held()
}

// held reads the keys. Where there is no file yet the error is fs.ErrNotExist, too.
func (m *masterKeys) held() (*seal.Ring, error) {
	const op = "app.masterKeys"
	if m.text != "" {
		return seal.Parse([]byte(m.text))
	}
	if m.file == "" {
		return nil, exo.Errorf(op, exo.Invalid, nil, "there is no place for the master key file, because there is no home folder").
			Try("name a file outside of the data folder with security.master_key_file (MASTER_KEY_FILE)")
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	text, err := m.read()
	if err != nil {
		return nil, m.failed(err)
	}
	return seal.Parse(text)
}

func (m *masterKeys) failed(err error) error {
	if errors.As(err, new(*exo.Error)) {
		return err
	}
	return exo.E("app.masterKeys", exo.Denied, nil, err).Say("the master key file %.200s cannot be read or written", m.file).
		Try("name a file that you may read with security.master_key_file (MASTER_KEY_FILE)")
}

// check refuses a file in the data folder: whoever has the disk or a backup would
// have the secrets and the key.
func (m *masterKeys) check() error {
	file, data := realPath(m.file), realPath(m.dataPath)
	rel, err := filepath.Rel(data, file)
	if err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return exo.Errorf("app.masterKeys", exo.Invalid, nil, "the master key file %.200s is in the data folder, beside what it seals", m.file).
			Try("name a file elsewhere with security.master_key_file (MASTER_KEY_FILE)")
	}
	return nil
}

// realPath follows the links of a path, as far as it exists.
func realPath(name string) string {
	abs, err := filepath.Abs(name)
	if err != nil {
		return name
	}
	rest := ""
	for at := abs; ; at = filepath.Dir(at) {
		if found, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(found, rest)
		}
		if at == filepath.Dir(at) {
			return abs
		}
		rest = filepath.Join(filepath.Base(at), rest)
	}
}

// read reads the file, which nobody but its owner may read.
func (m *masterKeys) read() (_ []byte, err error) {
	const op, others = "app.masterKeys", 0o077
	f, err := os.Open(m.file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, exo.Errorf(op, exo.Invalid, nil, "the master key file %.200s is no plain file", m.file).Try("name a plain file with security.master_key_file (MASTER_KEY_FILE)")
	case info.Mode().Perm()&others != 0:
		return nil, exo.Errorf(op, exo.Denied, nil, "others than its owner may read or write the master key file %.200s", m.file).Try("chmod 600 %.200s", m.file)
	}
	return io.ReadAll(io.LimitReader(f, seal.MaxText+1))
}

// make makes a file with one new key, unless somebody else is faster.
func (m *masterKeys) make() error {
	ring, err := seal.New(m.rand)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(m.file), 0o700); err != nil {
		return m.failed(err)
	}
	temp, err := m.write(ring)
	if err != nil {
		return m.failed(err)
	}
	if err := os.Link(temp, m.file); err != nil && !errors.Is(err, fs.ErrExist) { // a link never replaces a file
		return m.failed(errors.Join(err, os.Remove(temp)))
	}
	if err := errors.Join(os.Remove(temp), syncFolder(filepath.Dir(m.file))); err != nil {
		return m.failed(err)
	}
	return nil
}

// write writes a ring to a new file beside the file, and makes sure of it.
func (m *masterKeys) write(ring *seal.Ring) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(m.file), "."+filepath.Base(m.file)+"-*") // mode 0600
	if err != nil {
		return "", err
	}
	head := "# Master keys of exoplanetai, newest first: keep a copy, apart from the data and its backups.\n"
	_, err = f.WriteString(head + string(ring.Encode()))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// rotate puts a new key in front of the others, in the file, and returns both
// rings. The file has both keys before anything is sealed with the new one.
func (m *masterKeys) rotate() (old, newer *seal.Ring, err error) {
	dir, err := fsys.OpenDir(filepath.Dir(m.file), true)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	lock, err := dir.Lock("." + filepath.Base(m.file) + ".lock") // two rotations at once would forget one key
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	if old, err = m.ring(); err != nil {
		return nil, nil, err
	}
	if newer, err = old.Rotate(); err != nil {
		return nil, nil, err
	}
	temp, err := m.write(newer)
	if err != nil {
		return nil, nil, m.failed(err)
	}
	if err := os.Rename(temp, m.file); err != nil {
		return nil, nil, m.failed(errors.Join(err, os.Remove(temp)))
	}
	if err := syncFolder(filepath.Dir(m.file)); err != nil {
		return nil, nil, m.failed(err)
	}
	return old, newer, nil
}

// secrets are what the program itself keeps sealed in the database.
const (
	auditSecret = "audit key"          // seals the events of the audit log
	plainSecret = "audit begins plain" // the log began before there was a key
	cacheSecret = "cache key"          // of the digests of what Redis keeps
)

// secretSize is the length of the program's own secrets, in bytes.
const secretSize = 32
