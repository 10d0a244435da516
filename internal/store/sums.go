package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// Checksum files have the format of GNU sha256sum in text mode: 64 hexadecimal
// digits, two blanks, the path from the data folder, newline. Paths hold
// neither backslash nor newline, so no line is ever escaped. Lines stand in the
// order of publication and are only appended.

const (
	sumsFolder = "checksums"
	sumsSuffix = ".sha256"
	maxLine    = 64 + 2 + 1100 + 1 // longest path is a sidecar's
)

// sumsName returns the checksum file that lists a published file or a sidecar.
func sumsName(p exo.Path) string {
	if s, ok := sectionOf(p); ok {
		return s.sums()
	}
	return sidecarSums
}

// sums names the checksum file of a section.
func (s section) sums() string { return sumsFolder + "/" + s.name + sumsSuffix }

// sidecarSums is the checksum file of the sidecars.
const sidecarSums = sumsFolder + "/metadata" + sumsSuffix

// sumsNames lists the checksum files; that of the sidecars comes last.
func sumsNames() []string {
	names := make([]string, 0, len(sections)+1)
	for _, s := range sections {
		names = append(names, s.sums())
	}
	return append(names, sidecarSums)
}

func sumsLine(d exo.Digest, p exo.Path) []byte {
	line := make([]byte, 0, 2*sha256.Size+3+len(p))
	line = hex.AppendEncode(line, d[:])
	line = append(line, ' ', ' ')
	line = append(line, p...)
	return append(line, '\n')
}

// parseSumsLine reads a line without its newline, strictly: it must be what
// sumsLine writes.
func parseSumsLine(line []byte) (d exo.Digest, p exo.Path, err error) {
	const op = "store.parseSumsLine"
	bad := func(why string) (exo.Digest, exo.Path, error) {
		return exo.Digest{}, "", exo.Errorf(op, exo.Corrupt, nil, "the checksum line %s", why)
	}
	digits, rest, ok := bytes.Cut(line, []byte("  "))
	if !ok || len(digits) != 2*sha256.Size {
		return bad("does not begin with 64 digits and two blanks")
	}
	if d, err = exo.ParseDigest(string(digits)); err != nil || d.Hex() != string(digits) {
		return bad("does not begin with 64 lower-case hexadecimal digits")
	}
	if p, err = exo.ParsePath(string(rest)); err != nil {
		return bad("names a place outside the data tree")
	}
	return d, p, nil
}

// sums are lines being appended to the checksum files by one group.
type sums struct {
	s      *Store
	before map[string]int64  // length of each file before
	text   map[string][]byte // to append
}

func (s *Store) newSums() *sums {
	return &sums{s: s, before: map[string]int64{}, text: map[string][]byte{}}
}

// add takes the lines of the acts and notes in the entries where they will
// stand.
func (l *sums) add(acts []*act) error {
	for _, a := range acts {
		for _, e := range a.items {
			if e.held {
				continue
			}
			var err error
			if e.line, err = l.line(sumsName(e.meta.Path), e.line, e.meta.SHA256, e.meta.Path); err != nil {
				return err
			}
			side := MetadataPath(e.meta.Path)
			if e.mline, err = l.line(sumsName(side), e.mline, exo.DigestOf(e.text), side); err != nil {
				return err
			}
		}
	}
	return nil
}

// appends returns the calls that write and sync the lines.
func (l *sums) appends() (calls []func() error) {
	for _, name := range sumsNames() {
		if len(l.text[name]) > 0 {
			calls = append(calls, func() error { return l.append(name) })
		}
	}
	return calls
}

// line adds one line, unless it stands in the file already (at ≥ 0).
func (l *sums) line(name string, at int64, d exo.Digest, p exo.Path) (int64, error) {
	if at >= 0 {
		return at, nil
	}
	if _, ok := l.before[name]; !ok {
		size, err := note(context.Background(), l.s.DB, name)
		if err != nil {
			return 0, err
		}
		l.before[name] = size
	}
	at = l.before[name] + int64(len(l.text[name]))
	l.text[name] = append(l.text[name], sumsLine(d, p)...)
	return at, nil
}

// append writes the lines after the length that the index has noted. Anything
// beyond is left from a publication that failed, and is cut off.
func (l *sums) append(name string) (err error) {
	const op = "store.Publish"
	if err := l.s.plain(name); err != nil && exo.KindOf(err) != exo.NotFound {
		return err // nothing is written through a link
	}
	f, err := l.s.FS.OpenFile(name, fsys.ReadWrite|fsys.New, 0o644)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	before := l.before[name]
	switch size := info.Size(); {
	case size < before:
		return exo.Errorf(op, exo.Corrupt, name, "%s has lost lines", name).
			Try("run `exoplanetai storage reindex`, which writes it again from the metadata records")
	case size > before:
		if err := f.Truncate(before); err != nil {
			return err
		}
	}
	if _, err := f.Seek(before, io.SeekStart); err != nil {
		return err
	}
	if _, err := f.Write(l.text[name]); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if info.Size() == 0 { // the file may be new
		return l.s.FS.SyncDir(path.Dir(name))
	}
	return nil
}

// undo cuts the files back. A failure is harmless: the
// index does not count what stands beyond, and the next append cuts it off.
func (l *sums) undo() {
	for _, name := range sumsNames() {
		if len(l.text[name]) == 0 {
			continue
		}
		if err := l.s.cutSums(name, l.before[name]); err != nil {
			l.s.Log.Warn("a checksum file keeps the lines of a failed publication until the next one", "name", name, "error", err)
		}
	}
}

// cutSums shortens a checksum file and syncs it. One without a line is removed:
// sha256sum takes an empty list for an error.
func (s *Store) cutSums(name string, size int64) (err error) {
	if size == 0 {
		if err := s.FS.Remove(name); exo.KindOf(err) != exo.NotFound && err != nil {
			return err
		}
		return s.FS.SyncDir(sumsFolder)
	}
	f, err := s.FS.OpenFile(name, fsys.WriteOnly, 0)
	if exo.KindOf(err) == exo.NotFound && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	if err = f.Truncate(size); err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// note writes into the index how far the checksum files are accounted for. On a
// shared tree it must be as it was when the lines were made: one that lost its
// lock to another, because its machine stood still, writes nothing.
func (l *sums) note(ctx context.Context, q querier) error {
	for _, name := range sumsNames() {
		text := l.text[name]
		if len(text) == 0 {
			continue
		}
		if l.s.Shared {
			n, err := note(ctx, q, name)
			if err == nil && n != l.before[name] {
				err = exo.Errorf("store.Publish", exo.Unavailable, name, "another process has written to %s meanwhile", name).Try("try again")
			}
			if err != nil {
				return err
			}
		}
		if err := setNote(ctx, q, name, l.before[name]+int64(len(text))); err != nil {
			return err
		}
	}
	return nil
}

// are tells whether the notes are those before (0) or after (1) the lines.
func (l *sums) are(notes map[string]int64, times int64) bool {
	for name, text := range l.text {
		if notes[name] != l.before[name]+times*int64(len(text)) {
			return false
		}
	}
	return true
}

// scanSums calls visit for every line of a checksum file from an offset on,
// with the line's offset; err is that of a line that cannot be read. It returns
// the offset after the last complete line and whether something follows it. A
// missing file is empty.
func (s *Store) scanSums(ctx context.Context, name string, from int64, visit func(at int64, d exo.Digest, p exo.Path, err error) error) (end int64, torn bool, err error) {
	f, err := fsys.Open(s.FS, name)
	if exo.KindOf(err) == exo.NotFound && err != nil {
		return from, false, nil
	}
	if err != nil {
		return from, false, err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return from, false, err
	}
	lines := bufio.NewReaderSize(f, 64<<10)
	for at := from; ; {
		if err := ctx.Err(); err != nil {
			return at, false, exo.E("store.scanSums", exo.KindOf(err), name, err)
		}
		line, rerr := readLine(lines)
		if rerr == io.EOF {
			return at, line.n > 0, nil
		}
		if rerr != nil {
			return at, false, rerr
		}
		d, p, perr := parseSumsLine(line.text)
		if line.long {
			_, _, perr = parseSumsLine(nil)
		}
		if err := visit(at, d, p, perr); err != nil {
			return at, false, err
		}
		at += line.n
	}
}

// textLine is a line without its newline; n counts it. An overlong line has no
// text.
type textLine struct {
	text []byte
	n    int64
	long bool
}

// readLine reads up to a newline in bounded memory; io.EOF when there is none.
func readLine(r *bufio.Reader) (line textLine, err error) {
	for {
		part, err := r.ReadSlice('\n')
		line.n += int64(len(part))
		if !line.long {
			line.text = append(line.text, part...)
			line.long = len(line.text) > maxLine
		}
		switch err {
		case bufio.ErrBufferFull:
			continue
		case nil:
			line.text = line.text[:max(0, len(line.text)-1)]
			if line.long {
				line.text = nil
			}
		}
		return line, err
	}
}

// stagedNumber returns the number in a staged file's name.
func stagedNumber(name string) string {
	return strings.TrimSuffix(path.Base(name), ".data")
}
