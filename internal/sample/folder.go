package sample

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"exoplanetai/internal/csvtab"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
)

// Limits of a served folder.
const (
	maxFiles     = 200_000
	maxTableFile = 256 << 20 // bytes of one table, uncompressed
	peekBytes    = 256 << 10 // of a table, to find its header and date
)

// folder serves real files.
type folder struct {
	fsys    fs.FS
	exports []*export // newest first
	curves  []file

	detailOnce sync.Once
	detailed   []file

	starOnce sync.Once
	starList starList
}

// export is one table file of a folder, read when first asked for.
type export struct {
	path    string
	kind    string // archive's table name
	date    time.Time
	columns []string

	once sync.Once
	t    *table
	err  error
}

// newFolder looks through a folder: light curves by name, tables by header.
func newFolder(fsys fs.FS) (*folder, error) {
	const op = "sample.newFolder"
	d := &folder{fsys: fsys}
	n := 0
	err := fs.WalkDir(fsys, ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			return nil
		}
		if n++; n > maxFiles {
			return exo.Errorf(op, exo.TooLarge, nil, "the folder holds more than %d files", maxFiles).Try("serve a smaller folder")
		}
		switch {
		case strings.HasSuffix(p, ".csv") || strings.HasSuffix(p, ".csv.gz"):
			return d.addTable(p)
		case strings.HasSuffix(p, ".fits"):
			return d.addCurve(p, e)
		}
		return nil
	})
	if err != nil {
		if _, ours := errors.AsType[*exo.Error](err); ours {
			return nil, err
		}
		return nil, exo.E(op, exo.Invalid, nil, err).Say("the folder of files to serve cannot be read").Try("check the folder and its permissions")
	}
	if len(d.exports) == 0 && len(d.curves) == 0 {
		return nil, exo.Errorf(op, exo.Invalid, nil, "the folder holds no table and no light curve").
			Try("give a folder with table exports (.csv, .csv.gz) or light curves (.fits)")
	}
	slices.SortStableFunc(d.exports, func(a, b *export) int {
		return cmp.Or(b.date.Compare(a.date), strings.Compare(a.path, b.path))
	})
	sortFiles(d.curves)
	d.curves = slices.CompactFunc(d.curves, func(a, b file) bool { return a.name == b.name })
	return d, nil
}

// addTable notes a table file if its header is that of a known table.
func (d *folder) addTable(p string) error {
	head, err := d.read(p, peekBytes)
	if err != nil {
		return err
	}
	if i := bytes.LastIndexByte(head, '\n'); i >= 0 && len(head) >= peekBytes {
		head = head[:i+1]
	}
	r := csvtab.NewReader(bytes.NewReader(head), csvtab.Limits{})
	cols, err := r.Header()
	if err != nil {
		return nil // not a table: a folder may hold other things
	}
	kind := classify(cols)
	if kind == "" {
		return nil
	}
	d.exports = append(d.exports, &export{path: p, kind: kind, date: stated(head), columns: cols})
	return nil
}

// classify names the table that has such columns; "" for none that is served.
func classify(cols []string) string {
	has := func(names ...string) bool {
		for _, n := range names {
			if !slices.ContainsFunc(cols, func(c string) bool { return strings.EqualFold(c, n) }) {
				return false
			}
		}
		return true
	}
	switch {
	case has("kepid", "kepoi_name"):
		return "cumulative"
	case has("toi", "tid", "tfopwg_disp"):
		return "toi"
	case has("TIC ID", "TOI", "TFOPWG Disposition"):
		return "exofop"
	case has("source_id", "parallax"):
		return "gaia"
	case has("pl_name", "disposition", "soltype"):
		return "k2pandc"
	case has("pl_name", "pl_refname", "default_flag"):
		return "ps"
	case has("pl_name", "hostname"):
		return "pscomppars"
	}
	return ""
}

// stated finds the download date in the lines before a table's header: the
// archives write it as "Mon Sep 29 18:45:43 2025".
func stated(head []byte) time.Time {
	for i, line := range strings.SplitN(string(head), "\n", 6) {
		if i == 5 {
			break
		}
		line = strings.TrimSpace(line)
		for _, layout := range []string{"Mon Jan _2 15:04:05 2006", "Mon Jan 02 15:04:05 2006"} {
			if len(line) < len(layout) {
				continue
			}
			if t, err := time.Parse(layout, line[len(line)-len(layout):]); err == nil {
				return t
			}
		}
	}
	return time.Time{}
}

// read returns at most limit bytes of a file, without its gzip wrapping.
func (d *folder) read(p string, limit int64) ([]byte, error) {
	const op = "sample.read"
	f, err := d.fsys.Open(p)
	if err != nil {
		return nil, exo.E(op, exo.Unavailable, path.Base(p), err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(p, ".gz") {
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil, exo.E(op, exo.Corrupt, path.Base(p), err).Say("%s is not a gzip file", path.Base(p))
		}
		r = z
	}
	b, err := io.ReadAll(io.LimitReader(r, limit))
	if err != nil {
		return nil, exo.E(op, exo.Corrupt, path.Base(p), err).Say("%s cannot be read", path.Base(p))
	}
	return b, nil
}

// load reads the whole table on first use.
func (d *folder) load(e *export) (*table, error) {
	e.once.Do(func() {
		b, err := d.read(e.path, maxTableFile+1)
		if err != nil {
			e.err = err
			return
		}
		if len(b) > maxTableFile {
			e.err = exo.Errorf("sample.load", exo.TooLarge, path.Base(e.path), "%s is larger than %d bytes", path.Base(e.path), maxTableFile)
			return
		}
		e.t, e.err = readTable(e.kind, b)
	})
	return e.t, e.err
}

// readTable parses an export and works out the types of its columns.
func readTable(kind string, b []byte) (*table, error) {
	tab, err := csvtab.ReadAll(b, csvtab.Limits{})
	if err != nil {
		return nil, exo.E("sample.readTable", exo.Invalid, kind, err)
	}
	rows := make([][]string, tab.Len())
	for i := range rows {
		rows[i] = tab.Row(i, make([]string, 0, len(tab.Columns)))
	}
	cols := make([]column, len(tab.Columns))
	labels := labelsOf(tab.Comments)
	for i, name := range tab.Columns {
		cols[i] = column{name: name, kind: typeOf(name, rows, i)}
		cols[i].desc, cols[i].unit = splitUnit(labels[name])
	}
	t := newTable(kind, cols, rows)
	if kind == "exofop" {
		t.verb = b
	}
	return t, nil
}

// table returns the newest export of a table, or the newest that the pattern picks.
func (d *folder) table(name, pick string) (*table, error) {
	e := d.find(name, pick)
	if e == nil && name == "exofop" {
		e = d.find("toi", pick) // NASA's export of the same objects, under NASA's column names
	}
	if e == nil && pick != "" {
		e = d.find(name, "") // the pattern was meant for the table's sister (NASA's or ExoFOP's TOI)
	}
	if e == nil {
		return nil, nil
	}
	return d.load(e)
}

func (d *folder) find(name, pick string) *export {
	for _, e := range d.exports {
		if e.kind == name && (pick == "" || matches(pick, e.path)) {
			return e
		}
	}
	return nil
}

func (d *folder) hasPick(name, pattern string) bool { return d.find(name, pattern) != nil }

// matches tells whether a pattern fits a path, its name or one of its folders.
func matches(pattern, p string) bool {
	if ok, err := path.Match(pattern, p); ok || err != nil {
		return ok
	}
	for part := range strings.SplitSeq(p, "/") {
		if ok, _ := path.Match(pattern, part); ok {
			return true
		}
	}
	return false
}

func (d *folder) tables() []string {
	var names []string
	for _, e := range d.exports {
		if !slices.Contains(names, e.kind) {
			names = append(names, e.kind)
		}
	}
	slices.Sort(names)
	return names
}

func (d *folder) files() []file { return d.curves }

func (d *folder) describe() string {
	return fmt.Sprintf("a folder with %d table exports and %d light curves", len(d.exports), len(d.curves))
}

// addCurve notes a light curve by its name.
func (d *folder) addCurve(p string, e fs.DirEntry) error {
	name := path.Base(p)
	product, ok := lightcurve.ParseFileName(name)
	if !ok {
		return nil
	}
	info, err := e.Info()
	if err != nil {
		return err
	}
	nan := math.NaN()
	d.curves = append(d.curves, file{name: name, path: p, size: info.Size(), mod: info.ModTime(), product: product, ra: nan, dec: nan, tmin: nan, tmax: nan})
	return nil
}

// details reads the heads of all files, once, when the first search needs
// them: a mirror may hold a hundred thousand. A file that cannot be read is
// listed without position and times.
func (d *folder) details() []file {
	d.detailOnce.Do(func() {
		d.detailed = slices.Clone(d.curves)
		for i := range d.detailed {
			if head, err := d.head(d.detailed[i].path); err == nil {
				d.detailed[i].fromHeader(head)
			}
		}
	})
	return d.detailed
}

func (d *folder) head(p string) ([]byte, error) {
	in, err := d.fsys.Open(p)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, headBytes))
}

// open gives a file's bytes; a file system without seeking is read whole.
func (d *folder) open(f file) (io.ReadSeekCloser, error) {
	in, err := d.fsys.Open(f.path)
	if err != nil {
		return nil, exo.E("sample.open", exo.NotFound, f.name, err)
	}
	if s, ok := in.(io.ReadSeekCloser); ok {
		return s, nil
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, f.size))
	if err != nil {
		return nil, exo.E("sample.open", exo.Unavailable, f.name, err)
	}
	return memory{bytes.NewReader(b)}, nil
}

// memory is a file held in memory.
type memory struct{ *bytes.Reader }

// Close does nothing.
func (memory) Close() error { return nil }
