package version

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
)

// Options says what versions work on.
type Options struct {
	FS       fsys.FS      // the data folder
	Store    *store.Store // its files; open to write unless ReadOnly
	Clock    exo.Clock
	Log      *slog.Logger // nil: no log
	Program  string       // name and version of the program, for the manifests
	ReadOnly bool         // look only: no writing call of any kind
}

// Versions keeps the versions of a data tree. All its methods may be called
// from many goroutines; one changes something at a time.
type Versions struct {
	Options
	mu         sync.Mutex // held by who makes or deletes a version
	record     record
	generation int64                       // of what record and heads know, on a shared tree; see hold
	changes    bool                        // a change was told and has not ended
	heads      map[exo.VersionName]Summary // of versions that are there, as far as whoever holds mu has read them

	restoring sync.Mutex // held by who restores to a folder
}

// Places in the data tree.
const (
	root         = "versions"
	manifestFile = "manifest.json"
	filesFolder  = "files"
	making       = ".new-" // begins the name of a version that is being made
	leaving      = ".del-" // begins the name of one that is being deleted
)

func folder(n exo.VersionName) string     { return root + "/" + string(n) }
func manifestOf(n exo.VersionName) string { return folder(n) + "/" + manifestFile }
func place(n exo.VersionName, p exo.Path) string {
	return folder(n) + "/" + filesFolder + "/" + string(p)
}

// Open opens the versions of a data tree. Unless ReadOnly it first finishes or
// undoes what a crash left: a version that was being made is removed, a deletion
// is finished, and manifests and record get from each other what one lacks.
func Open(ctx context.Context, o Options) (*Versions, error) {
	const op = "version.Open"
	if o.FS == nil || o.Store == nil || o.Clock == nil {
		return nil, exo.Errorf(op, exo.Internal, nil, "versions need a disk, a store and a clock")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	v := &Versions{Options: o}
	v.record.fs = o.FS
	if o.ReadOnly {
		return v, nil
	}
	done, err := v.hold(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if err = v.changing(ctx); err == nil {
		err = v.recover(ctx)
	}
	return v, err
}

// recover ends what was begun, and compares manifests and record. A damaged
// record keeps nobody from opening the tree: what makes it again has to open it
// too. Whoever needs the record is refused then.
func (v *Versions) recover(ctx context.Context) error {
	if err := v.record.own(ctx); err != nil {
		if exo.KindOf(err) != exo.Conflict {
			return err
		}
		v.Log.Warn("what stands in place of the record of the versions is none; no version is made or deleted until it is moved away", "error", err)
		return nil
	}
	err := v.settle(ctx)
	if err == nil {
		_, err = v.rebuild(ctx, false, "")
	}
	if exo.KindOf(err) != exo.Corrupt {
		return err
	}
	v.Log.Error("the record of the versions is damaged; nothing is written to it until it is made again", "error", err, "try", rebuildCommand)
	return nil
}

// settle removes what was being made, and finishes deletions: those that a crash
// cut off, and those that failed since the start. What only looks like one of
// ours stays.
func (v *Versions) settle(ctx context.Context) error {
	list, err := v.FS.ReadDir(root)
	if err != nil {
		return err
	}
	for _, e := range list {
		name := e.Name()
		if gone, deleting := strings.CutPrefix(name, leaving); deleting {
			n, err := exo.ParseVersionName(gone)
			if err != nil {
				v.Log.Warn("a name of a deletion that is none is left alone", "name", name)
				continue
			}
			if err := v.record.strike(ctx, n, v.now()); err != nil {
				return err
			}
		} else if !strings.HasPrefix(name, making) {
			continue
		}
		v.Log.Info("an unfinished version is removed", "name", name)
		if err := fsys.RemoveAll(ctx, v.FS, root+"/"+name); err != nil {
			return err
		}
	}
	return nil
}

func (v *Versions) now() time.Time { return v.Clock().UTC().Round(0) }

// writable refuses on what was opened to look only.
func (v *Versions) writable(op string) error {
	if v.ReadOnly {
		return exo.Errorf(op, exo.Conflict, nil, "the data folder is open to read only")
	}
	return nil
}

// names lists the versions that have a folder, by name.
func (v *Versions) names() ([]exo.VersionName, error) {
	list, err := v.FS.ReadDir(root)
	if err != nil && exo.KindOf(err) != exo.NotFound {
		return nil, err
	}
	names := []exo.VersionName{}
	for _, e := range list {
		if n, err := exo.ParseVersionName(e.Name()); err == nil && e.IsDir() {
			names = append(names, n)
		}
	}
	return names, nil
}

// Names lists the versions that have a folder, by name, also those whose manifest
// is damaged.
func (v *Versions) Names() ([]exo.VersionName, error) { return v.names() }

// List describes all versions, newest first. Of each only the head of its
// manifest is read, so the cost does not grow with the files.
//
// Errors: exo.Corrupt for a manifest that is damaged or missing.
func (v *Versions) List(ctx context.Context) ([]Summary, error) {
	names, err := v.names()
	if err != nil {
		return nil, err
	}
	list := make([]Summary, 0, len(names))
	for _, n := range names {
		if err := ctx.Err(); err != nil {
			return nil, exo.E("version.List", exo.KindOf(err), nil, err)
		}
		s, err := v.summary(n)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	newestFirst(list)
	return list, nil
}

// ordered describes the versions of these names, newest first, as List does. A
// version never changes, and who makes or deletes one tells us: each is read once, so
// that one more costs the same however many there are. The caller holds mu.
func (v *Versions) ordered(names []exo.VersionName) ([]Summary, error) {
	list, heads := make([]Summary, 0, len(names)), make(map[exo.VersionName]Summary, len(names)+1)
	for _, n := range names {
		s, ok := v.heads[n]
		if !ok || v.ReadOnly {
			var err error
			if s, err = v.summary(n); err != nil {
				return nil, err
			}
		}
		heads[n] = s
		list = append(list, s)
	}
	v.heads = heads
	newestFirst(list)
	return list, nil
}

func newestFirst(list []Summary) {
	slices.SortFunc(list, func(a, b Summary) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.Version, a.Version))
	})
}

// The two ends of a manifest that are read to know all but its files: first a
// little, which is enough for most, then what the longest description and the
// most patterns can take as JSON, where one byte may become six.
const (
	edge    = 4 << 10
	farEdge = 6*(maxDescription+maxPatterns*maxPattern) + edge
)

// totalBegin begins the member that follows the files.
const totalBegin = ",\n  \"total_size_bytes\": "

// summary reads the members before and after the files.
func (v *Versions) summary(n exo.VersionName) (s Summary, err error) {
	f, err := fsys.Open(v.FS, manifestOf(n))
	if err != nil {
		return s, unreadable(n, err)
	}
	defer f.Close() // only read
	info, err := f.Stat()
	if err != nil {
		return s, err
	}
	for _, reach := range []int64{edge, farEdge} {
		if info.Size() <= 2*reach {
			m, err := v.read(n)
			return m.Summary, err
		}
		text, err := ends(f, info.Size(), reach)
		if err != nil {
			return s, err
		}
		if text == nil {
			continue
		}
		if s, err = decodeSummary(text); err == nil && s.Version != n {
			err = bad("belongs to version %s", s.Version)
		}
		if err != nil {
			return Summary{}, unreadable(n, err)
		}
		return s, nil
	}
	return s, unreadable(n, bad("has no list of files where it should be"))
}

// ends cuts the list of files out of a manifest, of which it reads so much at
// either end; nil if the list begins or ends further within. Nothing in the list
// looks like its end, but the list of patterns behind it ends alike.
func ends(f fsys.File, size, reach int64) ([]byte, error) {
	head, tail := make([]byte, reach), make([]byte, reach)
	if _, err := f.ReadAt(head, 0); err != nil {
		return nil, err
	}
	if _, err := f.ReadAt(tail, size-reach); err != nil && err != io.EOF {
		return nil, err
	}
	i, j := bytes.Index(head, []byte(filesBegin)), bytes.Index(tail, []byte(filesEnd+totalBegin))
	if i < 0 || j < 0 {
		return nil, nil
	}
	return slices.Concat(head[:i], tail[j+len(filesEnd):]), nil
}

// read reads a whole manifest.
func (v *Versions) read(n exo.VersionName) (Manifest, error) {
	data, err := fsys.ReadFile(v.FS, manifestOf(n), manifestLimit)
	if err != nil {
		return Manifest{}, unreadable(n, err)
	}
	m, err := Decode(data)
	if err == nil && m.Version != n {
		err = bad("belongs to version %s", m.Version)
	}
	if err != nil {
		return Manifest{}, unreadable(n, err)
	}
	return m, nil
}

// unreadable names the version whose manifest cannot be read.
func unreadable(n exo.VersionName, err error) error {
	const op = "version.read"
	switch exo.KindOf(err) {
	case exo.NotFound:
		return exo.E(op, exo.Corrupt, n, err).Say("the manifest of version %s is missing", n).Try(rebuildHint)
	case exo.Corrupt:
		return exo.E(op, exo.Corrupt, n, err).Say("version %s: %s", n, exo.MessageOf(err)).Try(rebuildHint)
	case exo.Invalid, exo.Conflict, exo.TooLarge: // a link that leads out, a folder, a file of many gigabytes
		return exo.E(op, exo.Corrupt, n, err).Say("what stands in place of the manifest of version %s is none", n).Try(rebuildHint)
	}
	return err
}

// Show reads the manifest of a version.
//
// Errors: exo.NotFound with the nearest names; exo.Corrupt.
func (v *Versions) Show(_ context.Context, n exo.VersionName) (Manifest, error) {
	if err := v.exists(n); err != nil {
		return Manifest{}, err
	}
	return v.read(n)
}

// exists refuses with exo.NotFound where there is no such version.
func (v *Versions) exists(n exo.VersionName) error {
	names, err := v.names()
	if err != nil || slices.Contains(names, n) {
		return err
	}
	e := exo.Errorf("version.Show", exo.NotFound, n, "there is no version %s", n)
	if len(names) == 0 {
		return e.Try("there is none now; make one: exoplanetai version create %s", n)
	}
	slices.SortStableFunc(names, func(a, b exo.VersionName) int {
		return cmp.Compare(exo.Edits(string(a), string(n)), exo.Edits(string(b), string(n)))
	})
	names = names[:min(5, len(names))]
	near := make([]string, len(names))
	for i, n := range names {
		near[i] = string(n)
	}
	return e.Try("nearest: %s", strings.Join(near, ", ")).With("nearest", near)
}
