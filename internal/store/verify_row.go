package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"io"
	"io/fs"
	"runtime"
	"strings"
	"sync"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/fsys"
)

// look is what a full look at one row of the index and all that belongs to it
// has shown.
type look struct {
	s   *Store
	ctx context.Context // of the one call that it lives for
	row indexed
	buf *[]byte // of the worker

	bytes bool // the file itself is looked at too

	damaged []Damage
	noLine  []exo.Path // file or sidecar, if the row points to no line of it
	known   bool       // the row names a file that may be stored
	read    int64      // bytes of the file
	err     error      // the look could not be finished
}

// right tells whether all bytes of the file were read and nothing is wrong.
func (l *look) right() bool { return l.known && len(l.damaged) == 0 }

// lookAt looks at rows, at as many at once as there are processors. progress
// gets the bytes of each file when it is done, one call at a time. Without bytes
// only what describes the files is compared.
func (s *Store) lookAt(ctx context.Context, rows []indexed, bytes bool, progress func(bytes int64)) ([]*look, error) {
	looks := make([]*look, len(rows))
	var mu sync.Mutex // guards next and serialises progress
	next := 0
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(rows)) {
		wg.Go(func() {
			buf := make([]byte, 256<<10)
			mu.Lock()
			defer mu.Unlock()
			for next < len(rows) && ctx.Err() == nil {
				i := next
				next++
				mu.Unlock()
				l := &look{s: s, ctx: ctx, row: rows[i], buf: &buf, bytes: bytes}
				l.err = l.file(l.row)
				mu.Lock()
				looks[i] = l
				progress(l.row.columns.size)
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, exo.E("store.Verify", exo.KindOf(err), nil, err)
	}
	for _, l := range looks {
		if l.err != nil {
			return nil, l.err
		}
	}
	return looks, nil
}

// prove notes when files were read back and found right, or not.
func (s *Store) prove(ctx context.Context, looks []*look) error {
	if s.ReadOnly {
		return nil
	}
	now := s.now().UnixNano()
	return s.DB.InTx(ctx, func(tx *sql.Tx) error {
		for _, l := range looks {
			at := now
			if !l.right() {
				at = 0
			}
			if _, err := tx.ExecContext(ctx, `UPDATE files SET verified_at = ? WHERE path = ?`, at, l.row.columns.path); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *look) add(name string, c Class, detail string, about exo.TargetID, err error) {
	d := newDamage(name, c, detail, err)
	d.Target = about
	l.damaged = append(l.damaged, d)
}

// file compares one row with the tree.
func (l *look) file(r indexed) error {
	p, err := exo.ParsePath(r.columns.path)
	if err != nil || checkPath(p) != nil {
		l.add(indexDB, IndexDatabase, "a row names a place outside the data tree", exo.TargetID{}, err)
		return nil
	}
	m, err := l.sidecar(r, p)
	if err != nil {
		return err
	}
	if columnsOf(m) != r.columns {
		l.add(indexDB, IndexDatabase, "the row of "+string(p)+" contradicts its metadata record", m.Target, nil)
	}
	if err := l.lineOf(r.line, m.SHA256, p); err != nil {
		return err
	}
	if l.known = true; !l.bytes {
		return nil
	}
	return l.data(m)
}

// sidecar compares the sidecar in the tree with the copy in the row, and the
// checksum line with both; where they differ the line tells which is right. It
// returns the metadata to go by.
func (l *look) sidecar(r indexed, p exo.Path) (Meta, error) {
	side := MetadataPath(p)
	m, text, err := l.s.readSidecar(p)
	if err != nil && !isDamage(err) {
		return Meta{}, err
	}
	if err == nil && bytes.Equal(text, r.text) {
		if err := l.mode(string(side), m.Target); err != nil {
			return m, err
		}
		return m, l.lineOf(r.metaLine, exo.DigestOf(text), side)
	}
	copied, cerr := ParseMeta(r.text)
	if cerr == nil && copied.Path != p {
		cerr = exo.Errorf("store.Verify", exo.Corrupt, nil, "it is that of %s", copied.Path)
	}
	switch line, lerr := l.s.lineAt(r.metaLine, side); {
	case lerr != nil:
		return Meta{}, lerr
	case err == nil && (cerr != nil || line == exo.DigestOf(text)):
		l.add(indexDB, IndexDatabase, "the row of "+string(p)+" holds another metadata record than the tree", m.Target, cerr)
		return m, l.lineOf(r.metaLine, exo.DigestOf(text), side)
	case cerr == nil:
		l.add(string(side), MetadataFile, "the metadata record is missing or not what it was", copied.Target, err)
		return copied, l.lineOf(r.metaLine, exo.DigestOf(r.text), side)
	}
	l.add(string(side), MetadataFile, "the metadata record is missing or not what it was", exo.TargetID{}, err)
	l.add(indexDB, IndexDatabase, "the row of "+string(p)+" is damaged", exo.TargetID{}, cerr)
	return Meta{Path: p, SHA256: digestOf(r.columns.sha256), SizeBytes: r.columns.size}, nil
}

// lineOf compares the line that a row points to. If it is not there, the pass
// over the checksum files may still find it elsewhere.
func (l *look) lineOf(at int64, d exo.Digest, p exo.Path) error {
	have, err := l.s.lineAt(at, p)
	if err == nil && have != d {
		l.noLine = append(l.noLine, p)
	}
	return err
}

// mode looks at the permissions.
func (l *look) mode(name string, about exo.TargetID) error {
	info, err := l.s.FS.Lstat(name)
	if err == nil && info.Mode().Perm() != fileMode {
		l.add(name, Mode, wrongMode(info), about, nil)
	}
	return err
}

func wrongMode(info fs.FileInfo) string {
	return "the permissions are " + info.Mode().Perm().String() + ", not " + fs.FileMode(fileMode).String()
}

// data compares the file itself.
func (l *look) data(m Meta) error {
	name := string(m.Path)
	info, err := l.s.FS.Lstat(name)
	switch {
	case err != nil && exo.KindOf(err) == exo.NotFound:
		l.add(name, Missing, "the file is gone", m.Target, nil)
		return nil
	case err != nil && !isDamage(err):
		return err
	case err != nil:
		l.add(name, Damaged, "the file cannot be read", m.Target, err)
		return nil
	case !info.Mode().IsRegular():
		l.add(name, Damaged, "it is "+what(info.Mode())+", not a plain file", m.Target, nil)
		return nil
	case info.Size() != m.SizeBytes:
		l.add(name, Damaged, "the length is not what it was", m.Target, nil)
	default:
		how, err := l.content(m)
		if err != nil && !isDamage(err) {
			return err
		}
		if err != nil || how != "" {
			if how == "" {
				how = "the file cannot be read"
			}
			l.add(name, Damaged, how, m.Target, err)
		}
	}
	if info.Mode().Perm() != fileMode {
		l.add(name, Mode, wrongMode(info), m.Target, nil)
	}
	return nil
}

// fitsLimit is the size up to which the checksums inside a FITS file are
// compared too: it must be in memory for that.
const fitsLimit = 64 << 20

// content reads the whole file and says what is wrong with its bytes.
func (l *look) content(m Meta) (how string, err error) {
	f, err := fsys.Open(l.s.FS, string(m.Path))
	if err != nil {
		return "", err
	}
	buf := *l.buf
	inside := (m.Kind == LightCurve || m.Kind == Processed) && strings.HasSuffix(string(m.Path), ".fits") && m.SizeBytes <= fitsLimit
	var digest exo.Digest
	if inside {
		if int64(cap(buf)) < m.SizeBytes+1 {
			buf = make([]byte, m.SizeBytes+m.SizeBytes/4+1)
		}
		if len(buf) <= wholeLimit { // a rare giant is not kept for all that follow
			*l.buf = buf
		}
		var n int
		n, err = io.ReadFull(f, buf[:m.SizeBytes+1])
		if err == io.ErrUnexpectedEOF || err == io.EOF { // it has ended, as it should
			err = nil
		}
		buf = buf[:n]
		l.read, digest = int64(n), sha256.Sum256(buf)
	} else {
		h := sha256.New()
		l.read, err = io.CopyBuffer(h, reader{f}, buf)
		digest = exo.Digest(h.Sum(nil))
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	switch {
	case err != nil:
		return "", fsys.Typed("store.Verify", string(m.Path), err)
	case digest != m.SHA256:
		return "the digest is not what it was", nil
	case inside:
		return badSums(buf), nil
	}
	return "", nil
}

// badSums compares the checksums inside a FITS file. Those of a file that came
// in as a light curve were right then, so that a wrong one tells that file and
// record were changed together. Bytes that never were FITS have none.
func badSums(data []byte) string {
	if !bytes.HasPrefix(data, []byte("SIMPLE  =")) {
		return ""
	}
	file, err := fits.Parse(data)
	if err == nil {
		err = file.Verify()
	}
	if err != nil {
		return "its digest is right, and yet: " + exo.MessageOf(err)
	}
	return ""
}
