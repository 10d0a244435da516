package maintain

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// partAge is how old a file that was cut short must be: a younger one may be
// written just now.
const partAge = 24 * time.Hour

// CleanupOptions says how much may stay.
type CleanupOptions struct {
	MaxAge   time.Duration // files of the cache and logs put aside that are older go; 0: the retention of each
	MaxBytes int64         // the cache is cut to this; 0: the limit of the cache
	All      bool          // everything that may go goes, whatever its age
	Quick    bool          // the data folder is not searched for files that were cut short
	DryRun   bool          // only say what would go
}

// CleanupReport tells what went, or would go.
type CleanupReport struct {
	RemovedFiles int             `json:"removed_files"`
	RemovedBytes int64           `json:"removed_bytes"`
	Kept         int             `json:"kept"` // files that may go, but are young enough
	KeptBytes    int64           `json:"kept_bytes"`
	DryRun       bool            `json:"dry_run"`
	ByFolder     []CleanupFolder `json:"by_folder"`
	Failed       []Failure       `json:"failed"` // what should have gone and could not
	FreeBytes    int64           `json:"free_bytes"`
	NeededBytes  int64           `json:"needed_bytes"` // what the disk wants beside: free it by hand; 0: there is room
}

// CleanupFolder counts what one kind of place gave.
type CleanupFolder struct {
	Folder       string `json:"folder"` // "cache", "cache/query", "logs", "data"
	RemovedFiles int    `json:"removed_files"`
	RemovedBytes int64  `json:"removed_bytes"`
	Kept         int    `json:"kept"`
	KeptBytes    int64  `json:"kept_bytes"`
}

// Failure is a file that could not be removed.
type Failure struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// loose is a file that may go.
type loose struct {
	disk   fsys.FS
	folder string // of the report
	name   string
	shown  string
	beside string // goes before it: the digest of a query file
	size   int64
	at     time.Time
	part   bool // it was cut short; it stays for partAge and no longer
	going  bool
}

// What may go, by name.
var (
	entryName  = regexp.MustCompile(`^[0-9a-f]{64}\.entry$`)
	entryPart  = regexp.MustCompile(`^[0-9]{1,20}\.entry\.part$`)
	queryName  = regexp.MustCompile(`^[a-z0-9]{1,20}_[0-9a-f]{16}_[0-9]{1,6}\.sqlite$`)
	querySum   = regexp.MustCompile(`^[a-z0-9]{1,20}_[0-9a-f]{16}_[0-9]{1,6}\.sqlite\.sha256$`)
	queryPart  = regexp.MustCompile(`^\.[a-z0-9]{1,20}_[0-9a-f]{16}_[0-9]{1,6}\.sqlite(\.sha256)?\.part(-journal)?$`)
	hiddenPart = regexp.MustCompile(`^\.[^.].*\.part$`)
	oldLog     = regexp.MustCompile(`^[a-z][a-z_]{0,60}\.log\.[0-9]{1,4}$`)
)

// queryDir is the folder of the query files, below the cache.
const queryDir = "query"

// Cleanup removes what can be made again: by age, and of the cache the oldest
// until it is within its limit. Raw data, light curves, processed files and
// versions are never touched, nor is a file whose name it does not know.
//
// A file that cannot be removed is told in the report and hinders nothing.
func (s *Service) Cleanup(ctx context.Context, o CleanupOptions) (CleanupReport, error) {
	const op = "maintain.Cleanup"
	r := CleanupReport{DryRun: o.DryRun, ByFolder: []CleanupFolder{}, Failed: []Failure{}}
	if o.MaxAge < 0 || o.MaxBytes < 0 {
		return r, exo.Errorf(op, exo.Invalid, nil, "an age or a size below zero means nothing").Try("give the days and the bytes that may stay")
	}
	cacheAge, logAge := s.opt.CacheRetention, s.opt.LogRetention
	if o.MaxAge > 0 {
		cacheAge, logAge = o.MaxAge, o.MaxAge
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = s.opt.CacheMaxBytes
	}
	files, err := s.loose(ctx, o.Quick)
	if err != nil {
		return r, err
	}
	choose(files, s.now(), o, cacheAge, logAge)
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return r, exo.E(op, exo.KindOf(err), nil, err)
		}
		s.clear(f, o.DryRun, &r)
	}
	s.measure(&r)
	if !o.DryRun && r.RemovedFiles > 0 {
		s.log.Info("cleaned up", "files", r.RemovedFiles, "bytes", r.RemovedBytes, "kept", r.Kept, "failed", len(r.Failed))
	}
	return r, nil
}

// choose marks the files that go, by the ages that files of the cache and logs
// may have. The list is in order of age afterwards.
func choose(files []*loose, now time.Time, o CleanupOptions, cacheAge, logAge time.Duration) {
	slices.SortFunc(files, func(a, b *loose) int {
		return cmp.Or(a.at.Compare(b.at), strings.Compare(a.shown, b.shown))
	})
	var cached int64
	for _, f := range files {
		age := now.Sub(f.at)
		if f.part {
			f.going = age >= partAge
			continue
		}
		most := logAge
		if f.cached() {
			most = cacheAge
		}
		f.going = o.All || most > 0 && age > most
		if !f.going && f.cached() {
			cached += f.size
		}
	}
	if o.MaxBytes == 0 {
		return
	}
	for _, f := range files {
		if cached <= o.MaxBytes {
			return
		}
		if f.cached() && !f.part && !f.going {
			f.going = true
			cached -= f.size
		}
	}
}

func (f *loose) cached() bool { return strings.HasPrefix(f.folder, "cache") }

// clear removes a file if it is to go, and counts it.
func (s *Service) clear(f *loose, dry bool, r *CleanupReport) {
	i := slices.IndexFunc(r.ByFolder, func(c CleanupFolder) bool { return c.Folder == f.folder })
	if i < 0 {
		i = len(r.ByFolder)
		r.ByFolder = append(r.ByFolder, CleanupFolder{Folder: f.folder})
	}
	at := &r.ByFolder[i]
	if f.going && !dry {
		if err := f.remove(); err != nil {
			s.log.Warn("a file cannot be removed", "file", f.shown, "error", err)
			r.Failed = append(r.Failed, Failure{f.shown, exo.MessageOf(err)})
			f.going = false
		}
	}
	if f.going {
		r.RemovedFiles, at.RemovedFiles = r.RemovedFiles+1, at.RemovedFiles+1
		r.RemovedBytes, at.RemovedBytes = r.RemovedBytes+f.size, at.RemovedBytes+f.size
		return
	}
	r.Kept, at.Kept = r.Kept+1, at.Kept+1
	r.KeptBytes, at.KeptBytes = r.KeptBytes+f.size, at.KeptBytes+f.size
}

func (f *loose) remove() error {
	for _, name := range []string{f.beside, f.name} {
		if name == "" {
			continue
		}
		if err := f.disk.Remove(name); err != nil && !errors.Is(err, exo.NotFound) {
			return err
		}
	}
	return nil
}

// measure tells what room there is now.
func (s *Service) measure(r *CleanupReport) {
	slices.SortFunc(r.ByFolder, func(a, b CleanupFolder) int { return strings.Compare(a.Folder, b.Folder) })
	if s.opt.FS != nil {
		if _, free, err := s.opt.FS.Usage(); err == nil {
			r.FreeBytes = free
		}
	}
	if s.opt.Guard != nil {
		r.NeededBytes = s.opt.Guard.State().Needed
	}
}

// loose lists all that may go. Only what lies in the data folder, which may hold
// millions of files, takes long to find.
func (s *Service) loose(ctx context.Context, quick bool) (list []*loose, err error) {
	if c := s.opt.Cache; c != nil {
		for _, dir := range []struct{ name, folder string }{{".", "cache"}, {queryDir, "cache/" + queryDir}} {
			if list, err = inFolder(list, c, dir.name, dir.folder, cacheKind(dir.name)); err != nil {
				return nil, err
			}
		}
	}
	if l := s.opt.Logs; l != nil {
		if list, err = inFolder(list, l, ".", "logs", func(name string) kind { return kind{ok: oldLog.MatchString(name)} }); err != nil {
			return nil, err
		}
	}
	if s.opt.FS == nil || quick {
		return list, nil
	}
	for _, top := range []string{"raw", "lightcurves", "processed", "metadata", "checksums"} {
		err := fsys.Walk(ctx, s.opt.FS, top, func(name string, e fs.DirEntry) error {
			if hiddenPart.MatchString(e.Name()) && e.Type().IsRegular() {
				list = add(list, s.opt.FS, name, "data", e, kind{ok: true, part: true})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// kind says what a name means.
type kind struct {
	ok, part bool
	sum      bool // it has its digest beside it
}

func cacheKind(dir string) func(string) kind {
	if dir == queryDir {
		return func(name string) kind {
			part := queryPart.MatchString(name)
			return kind{ok: part || queryName.MatchString(name), part: part, sum: !part}
		}
	}
	return func(name string) kind {
		part := entryPart.MatchString(name)
		return kind{ok: part || entryName.MatchString(name), part: part}
	}
}

// inFolder adds what may go of one folder. A query file's digest without its
// file goes like the file.
func inFolder(list []*loose, disk fsys.FS, dir, folder string, of func(string) kind) ([]*loose, error) {
	entries, err := disk.ReadDir(dir)
	if errors.Is(err, exo.NotFound) {
		return list, nil
	}
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, e := range entries {
		have[e.Name()] = true
	}
	for _, e := range entries {
		k := of(e.Name())
		if dir == queryDir && querySum.MatchString(e.Name()) && !have[strings.TrimSuffix(e.Name(), ".sha256")] {
			k = kind{ok: true}
		}
		if k.ok && e.Type().IsRegular() {
			list = add(list, disk, path.Join(dir, e.Name()), folder, e, k)
		}
	}
	return list, nil
}

func add(list []*loose, disk fsys.FS, name, folder string, e fs.DirEntry, k kind) []*loose {
	info, err := e.Info()
	if err != nil {
		return list // it is gone meanwhile
	}
	f := &loose{disk: disk, folder: folder, name: name, shown: path.Join(folder, path.Base(name)), size: info.Size(), at: info.ModTime(), part: k.part}
	if folder == "data" {
		f.shown = name
	}
	if k.sum {
		f.beside = name + ".sha256"
	}
	return append(list, f)
}
