package history

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/csvtab"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// An excerpt is the rows of a version that are one star's, as a table of its own.
// The story of a star needs little of each version: its rows are looked for in
// the text, and only the lines that may be theirs are parsed.
type excerpt struct{ table *catalog.Table }

type excerptKey struct {
	version exo.Digest
	star    string // the words looked for, and what rows must match
}

// search says which rows are wanted: lines that hold one of the words may be
// theirs, rows decide.
type search struct {
	key   string // tells searches apart
	words []string
	rows  func(*catalog.Table) []int
}

// excerpt finds the rows in a version, or takes them from where they are held.
func (s *Service) excerpt(ctx context.Context, m store.Meta, f search) (*catalog.Table, error) {
	key := excerptKey{m.SHA256, f.key}
	if x, ok := s.excerpts.get(key); ok {
		return x.table, nil
	}
	text, err := s.text(ctx, m)
	if err != nil {
		return nil, err
	}
	lines, ok := linesWith(text, m, f.words)
	if !ok { // not a text whose lines are rows
		lines = text
	}
	t, err := catalog.Parse(m.Table, lines)
	if err != nil {
		return nil, err
	}
	if rows := f.rows(t); len(rows) < t.Len() {
		if t, err = t.Pick(rows); err != nil {
			return nil, err
		}
	}
	s.excerpts.put(key, &excerpt{t}, int64(4*t.Size()+4096))
	return t, nil
}

// text reads a stored file.
func (s *Service) text(ctx context.Context, m store.Meta) ([]byte, error) {
	f, err := s.opt.Store.Read(ctx, m.Path)
	if err != nil {
		return nil, err
	}
	text, err := f.Bytes()
	return text, errors.Join(err, f.Close())
}

// linesWith returns the beginning of a table, up to its header, and the lines
// that hold one of the words. ok is false where lines need not be rows: a quote
// is open at the end of a line, or the header is not found.
func linesWith(text []byte, m store.Meta, words []string) (part []byte, ok bool) {
	from, ok := headEnd(text, m)
	if !ok || !closed(text[from:]) {
		return nil, false
	}
	var at []int // begins of lines
	for _, word := range words {
		for k := from; k < len(text); {
			i := bytes.Index(text[k:], []byte(word))
			if i < 0 {
				break
			}
			begin := from + bytes.LastIndexByte(text[from:k+i], '\n') + 1
			at = append(at, begin)
			k = lineEnd(text, k+i)
		}
	}
	slices.Sort(at)
	at = slices.Compact(at)
	part = slices.Clone(text[:from])
	if n := len(part); n > 0 && part[n-1] != '\n' {
		part = append(part, '\n')
	}
	for _, begin := range at {
		line := text[begin:lineEnd(text, begin)]
		part = append(part, line...)
		if line[len(line)-1] != '\n' {
			part = append(part, '\n')
		}
	}
	return part, true
}

// lineEnd returns the place behind the line that holds k.
func lineEnd(text []byte, k int) int {
	if i := bytes.IndexByte(text[k:], '\n'); i >= 0 {
		return k + i + 1
	}
	return len(text)
}

// headEnd finds the place behind the header: what stands before must read as a
// table without rows that has the columns of the record.
func headEnd(text []byte, m store.Meta) (int, bool) {
	const most = 2000              // lines
	if m.Kind == store.Companion { // made here: the first line
		return lineEnd(text, 0), true
	}
	if len(m.Columns) < 2 {
		return 0, false
	}
	first, last := []byte(m.Columns[0].Name), []byte(m.Columns[len(m.Columns)-1].Name)
	for k, n := 0, 0; k < len(text) && n < most; n++ {
		end := lineEnd(text, k)
		if line := text[k:end]; line[0] != '#' && bytes.Contains(line, first) && bytes.Contains(line, last) {
			t, err := csvtab.ReadAll(text[:end], csvtab.Limits{})
			return end, err == nil && t.Len() == 0 && slices.EqualFunc(t.Columns, m.Columns, func(name string, c catalog.Column) bool { return name == c.Name })
		}
		k = end
	}
	return 0, false
}

// closed tells whether no line ends within quotes.
func closed(text []byte) bool {
	open := false
	for len(text) > 0 {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			i = len(text)
		}
		if open && bytes.IndexByte(text[:i], '\n') >= 0 {
			return false
		}
		if i == len(text) {
			break
		}
		open = !open
		text = text[i+1:]
	}
	return !open
}

// records reads the rows of the merged table, or of a table beside it, that belong
// to some candidates.
func records(text []byte, m store.Meta, keys []string, types map[string]string) ([]Row, error) {
	lines, ok := linesWith(text, m, keys)
	if !ok {
		lines = text
	}
	t, err := csvtab.ReadAll(lines, csvtab.Limits{Bytes: catalog.MaxBytes})
	if err != nil {
		return nil, exo.E("history.Target", exo.Corrupt, m.Path, err)
	}
	at := slices.Index(t.Columns, "candidate")
	rows := []Row{}
	for i := range t.Len() {
		if at < 0 || !slices.Contains(keys, t.Cell(i, at)) {
			continue
		}
		row := make(Row, len(t.Columns))
		for j, name := range t.Columns {
			row[name] = typed(types[name], strings.TrimSpace(t.Cell(i, j)))
		}
		rows = append(rows, row)
	}
	return rows, nil
}
