package folder

import (
	"bufio"
	"compress/gzip"
	"context"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// dialects are the headers by which a table is recognised. The first one that
// a folder has is taken: ExoFOP's own TOI table has more in it than NASA's copy.
var dialects = map[catalog.Type][][]string{
	catalog.KOI:  {{"kepid", "kepoi_name", "koi_disposition"}},
	catalog.K2:   {{"pl_name", "disposition", "soltype", "default_flag"}},
	catalog.TOI:  {{"TIC ID", "TOI", "TFOPWG Disposition"}, {"tid", "toi", "tfopwg_disp"}},
	catalog.Gaia: {{"target", "source_id", "phot_g_mean_mag"}},
}

// Limits of a folder: files looked at, bytes of a table, bytes before a header.
const (
	maxFiles = 1_000_000
	maxTable = 512 << 20
	maxHead  = 64 << 10
)

const opFetch = "folder.Fetch"

// Fetch streams the newest file that holds the table, decompressed. Newest goes
// by the date in the file's path, then by the path itself. Since and Targets are
// not used: the whole table comes. Known makes the answer conditional: a file
// of the same path, size and time of change is NotModified.
func (s *Source) Fetch(ctx context.Context, req archive.TableRequest, w io.Writer) (archive.TableAnswer, error) {
	name, err := s.newest(ctx, req.Type)
	if err != nil {
		return archive.TableAnswer{}, err
	}
	info, err := fs.Stat(s.fsys, name)
	if err != nil {
		return archive.TableAnswer{}, unreadable(opFetch, name, err)
	}
	ans := archive.TableAnswer{Origin: exo.Origin{Archive: "folder", URL: "folder:" + name, ETag: etag(info)}}
	if k := req.Known; k != nil && k.URL == ans.Origin.URL && k.ETag == ans.Origin.ETag {
		ans.NotModified = true
		return ans, nil
	}
	return ans, s.copyTable(ctx, name, w)
}

func etag(info fs.FileInfo) string {
	return `"` + strconv.FormatInt(info.Size(), 16) + "-" + strconv.FormatInt(info.ModTime().UnixNano(), 16) + `"`
}

func unreadable(op, name string, err error) error {
	return exo.E(op, exo.Upstream, name, err).Say("%s in the archive's folder cannot be read", name).Try("download the file anew")
}

func (s *Source) copyTable(ctx context.Context, name string, w io.Writer) error {
	r, err := s.open(name)
	if err != nil {
		return err
	}
	defer r.Close()
	buf, left := make([]byte, 128<<10), int64(maxTable)
	for {
		if err := ctx.Err(); err != nil {
			return exo.E(opFetch, exo.KindOf(err), name, err)
		}
		n, err := r.Read(buf)
		if left -= int64(n); left < 0 {
			return exo.Errorf(opFetch, exo.Upstream, name, "%s is larger than %d bytes", name, int64(maxTable))
		}
		if _, werr := w.Write(buf[:n]); werr != nil {
			return werr
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return unreadable(opFetch, name, err)
		}
	}
}

// newest finds the file of a table.
func (s *Source) newest(ctx context.Context, t catalog.Type) (string, error) {
	wanted, ok := dialects[t]
	if !ok {
		return "", exo.Errorf(opFetch, exo.Invalid, nil, "there is no table %q", t).Try("use koi, toi, k2 or gaia")
	}
	best, rank := "", len(wanted)
	err := s.walk(ctx, func(name string) error {
		if !isTable(name) {
			return nil
		}
		r := s.dialect(name, wanted)
		if r < rank || r == rank && r < len(wanted) && newer(name, best) {
			best, rank = name, r
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if best == "" {
		return "", exo.Errorf(opFetch, exo.NotFound, t, "the archive's folder holds no %s table", t).Try("put an export of the table into it, as .csv or .csv.gz")
	}
	return best, nil
}

func isTable(name string) bool {
	n := strings.ToLower(strings.TrimSuffix(strings.ToLower(name), ".gz"))
	return strings.HasSuffix(n, ".csv") || strings.HasSuffix(n, ".txt")
}

// dialect returns which of the headers the file has, or len(wanted). A file
// that cannot be read is no table: another may be.
func (s *Source) dialect(name string, wanted [][]string) int {
	r, err := s.open(name)
	if err != nil {
		return len(wanted)
	}
	defer r.Close()
	in := bufio.NewReaderSize(io.LimitReader(r, maxHead), maxHead)
	for {
		line, err := in.ReadSlice('\n')
		for i, columns := range wanted {
			lack, ok := archive.HeaderLacks(line, columns)
			if ok && lack == "" {
				return i
			}
			if ok && i == len(wanted)-1 {
				return len(wanted)
			}
		}
		if err != nil {
			return len(wanted)
		}
	}
}

var date = regexp.MustCompile(`(?:^|[^0-9])([0-9]{4})[-._]?([0-9]{2})[-._]?([0-9]{2})(?:[-._ T]?([0-9]{2})[-._:]?([0-9]{2})[-._:]?([0-9]{2}))?(?:[^0-9]|$)`)

// newer orders file names by the last date in them, then by name.
func newer(a, b string) bool {
	if da, db := dateIn(a), dateIn(b); da != db {
		return da > db
	}
	return a > b
}

func dateIn(name string) string {
	m := date.FindAllStringSubmatch(name, -1)
	if len(m) == 0 {
		return ""
	}
	return strings.Join(m[len(m)-1][1:], "")
}

// walk visits the files below the folder in the order of their names.
func (s *Source) walk(ctx context.Context, visit func(name string) error) error {
	n := 0
	return fs.WalkDir(s.fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return unreadable("folder.walk", name, err)
		case ctx.Err() != nil:
			return exo.E("folder.walk", exo.KindOf(ctx.Err()), nil, ctx.Err())
		case name != "." && strings.HasPrefix(path.Base(name), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		}
		if n++; n > maxFiles {
			return exo.Errorf("folder.walk", exo.Upstream, nil, "the archive's folder holds more than %d files", maxFiles)
		}
		return visit(name)
	})
}

// open opens a file, decompressed if its name ends in .gz.
func (s *Source) open(name string) (io.ReadCloser, error) {
	f, err := s.fsys.Open(name)
	if err != nil {
		return nil, unreadable("folder.open", name, err)
	}
	if !strings.HasSuffix(strings.ToLower(name), ".gz") {
		return f, nil
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		f.Close()
		return nil, unreadable("folder.open", name, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{z, f}, nil
}
