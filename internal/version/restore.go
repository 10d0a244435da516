package version

import (
	"context"

	"exoplanetai/internal/exo"
)

// Restore brings back what a version holds. InPlace it mends the data tree: only
// files that are damaged or missing are touched, and they are accepted only with
// the digest that the store recorded. InFolder it writes all files to a folder
// that must not exist yet, or to an empty one elsewhere (To). Where the version's
// own copy is damaged, the data tree and the other versions are asked. All bytes
// are compared before the first is given its place. report gets files, and may
// be nil.
//
// Errors: exo.NotFound; exo.Exists for the folder; exo.Conflict names a file
// that the data tree has with other bytes; exo.Corrupt one of which no good copy
// is left. Then nothing was restored: it is all or nothing. A disk that fails in
// place while files get their places is told of by the message; the next start, or
// the same call, gives them to the rest.
func (v *Versions) Restore(ctx context.Context, n exo.VersionName, o RestoreOptions, report func(done, total int64)) (RestoreReport, error) {
	const op = "version.Restore"
	if o.Target == "" {
		o.Target = InPlace
		if o.To != nil || o.Folder != "" {
			o.Target = InFolder
		}
	}
	r := RestoreReport{Version: n, Target: o.Target, Restored: []exo.Path{}, DryRun: o.DryRun}
	if !o.DryRun && (o.To == nil || o.Target == InPlace) {
		if err := v.writable(op); err != nil {
			return r, err
		}
	}
	m, err := v.Show(ctx, n)
	if err != nil {
		return r, err
	}
	files, err := wanted(m, o.Paths)
	if err != nil {
		return r, err
	}
	w := &restorer{v: v, m: &m, o: o, r: &r, report: report, total: int64(len(files)), from: map[exo.Path]string{}}
	switch o.Target {
	case InPlace:
		err = w.inPlace(ctx, files)
	case InFolder:
		err = w.inFolder(ctx, files)
	default:
		err = exo.Errorf(op, exo.Invalid, nil, "there is no target %.40q", o.Target).Try("use in_place or folder").
			With("parameter", "target").With("allowed", []string{InPlace, InFolder})
	}
	return r, err
}

// restorer is one run of Restore.
type restorer struct {
	v      *Versions
	m      *Manifest
	o      RestoreOptions
	r      *RestoreReport
	report func(done, total int64)
	total  int64
	from   map[exo.Path]string // where good copies are
}

func (w *restorer) progress(done int) {
	if w.report != nil {
		w.report(int64(done), w.total)
	}
}

// wanted selects files by patterns.
func wanted(m Manifest, texts []string) ([]File, error) {
	if len(texts) == 0 {
		return m.Files, nil
	}
	patterns, err := parsePatterns(texts)
	if err != nil {
		return nil, exo.E("version.Restore", exo.KindOf(err), nil, err).With("parameter", "paths")
	}
	var list []File
	for _, f := range m.Files {
		for _, p := range patterns {
			if p.match(string(f.Path)) {
				list = append(list, f)
				break
			}
		}
	}
	if len(list) == 0 {
		return nil, exo.Errorf("version.Restore", exo.NotFound, m.Version, "version %s has no file that matches %.80q", m.Version, texts[0]).
			Try("see its files: exoplanetai version show %s", m.Version).With("parameter", "paths")
	}
	return list, nil
}

// find notes where a good copy is.
func (w *restorer) find(ctx context.Context, f File) (err error) {
	w.from[f.Path], err = w.v.good(ctx, w.m.Version, f)
	return err
}

func pathsOf(files []File, r *RestoreReport) []exo.Path {
	list := make([]exo.Path, len(files))
	for i, f := range files {
		list[i] = f.Path
		r.Bytes += f.SizeBytes
	}
	return list
}
