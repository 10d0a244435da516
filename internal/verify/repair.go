package verify

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
)

// Repair mends what is damaged: the files of Paths, or all that a full check
// finds. Bytes come from the first of version copy, backup and origin that has
// those with the recorded digest; then the versions that hold the file get their
// copies mended. What cannot be mended is reported and stays as it is; the others
// are mended nevertheless.
//
// With DryRun nothing is changed: versions and backups are looked into, and
// archives are not asked.
//
// The error tells that the repair itself could not go on, a cancelled context or
// a failing disk; the report then tells what was done before. report gets files,
// or bytes while it checks; it may be nil.
//
// Repairing a second time changes nothing.
func (s *Service) Repair(ctx context.Context, o RepairOptions, report func(done, total int64)) (RepairReport, error) {
	f := &fixer{Service: s, dry: o.DryRun}
	f.StartedAt, f.DryRun, f.Files = s.now(), o.DryRun, []Repair{}
	work, err := f.plan(ctx, o.Paths, report)
	if err == nil {
		err = f.run(ctx, work, report)
	}
	slices.SortStableFunc(f.Files, func(a, b Repair) int { return cmp.Compare(a.Path, b.Path) })
	for _, x := range f.Files {
		switch x.Outcome {
		case Repaired:
			f.Repaired++
		case Intact:
			f.Intact++
		default:
			f.Failed++
		}
	}
	f.OK, f.FinishedAt = err == nil && f.Failed == 0, s.now()
	return f.RepairReport, err
}

// fixer is one run of Repair.
type fixer struct {
	*Service
	dry bool
	RepairReport
}

// work is what has to be mended.
type work struct {
	files     []exo.Path                       // of the store, each with what describes it
	described map[exo.Path]bool                // of these, those of which a check found the description damaged
	copies    map[exo.Path]map[exo.Digest]bool // of versions: paths and the digests they should have
	manifests bool                             // manifests or the record of versions
	lines     bool                             // checksum lines or index rows of nobody knows which file
	others    []Repair                         // that nothing can be done about
}

// plan tells what has to be mended.
func (f *fixer) plan(ctx context.Context, paths []string, report func(done, total int64)) (work, error) {
	w := work{described: map[exo.Path]bool{}, copies: map[exo.Path]map[exo.Digest]bool{}}
	if len(paths) > 0 {
		for _, p := range paths {
			if err := f.named(ctx, &w, p); err != nil {
				return w, err
			}
		}
	} else {
		found, err := f.Check(ctx, CheckOptions{}, report)
		if err != nil {
			return w, err
		}
		for _, d := range found.Damaged {
			if err := f.found(ctx, &w, d); err != nil {
				return w, err
			}
		}
	}
	slices.Sort(w.files)
	w.files = slices.Compact(w.files)
	return w, nil
}

// found adds a damage of a check to the work.
func (f *fixer) found(ctx context.Context, w *work, d Damage) error {
	_, _, ours := splitVersion(d.Path)
	switch {
	case d.Class == store.Extra:
		w.others = append(w.others, failure(d.Path, d.Detail, d.Repair))
	case d.Class == store.ChecksumFile, d.Class == store.IndexDatabase:
		w.lines = true
	case d.Class == version.RecordClass, !ours && strings.HasPrefix(d.Path, versionsFolder):
		w.manifests = true
	default:
		if !ours && (d.Class == store.MetadataFile || d.Class == store.Mode || dataOf(d.Path) != exo.Path(d.Path)) {
			w.described[dataOf(d.Path)] = true
		}
		return f.named(ctx, w, d.Path)
	}
	return nil
}

// named adds a file of the store, a metadata record, a checksum file, the index,
// a manifest or a file of a version.
func (f *fixer) named(ctx context.Context, w *work, path string) error {
	if _, err := exo.ParsePath(path); err != nil {
		return err
	}
	n, p, ours := splitVersion(path)
	switch {
	case strings.HasPrefix(path, "checksums/"), path == store.IndexPath():
		w.lines = true
		return nil
	case !strings.HasPrefix(path, versionsFolder):
		w.files = append(w.files, dataOf(path))
		return nil
	case f.Versions == nil:
		return exo.Errorf("verify.Repair", exo.NotFound, path, "there are no versions")
	case !ours && path == versionsFolder+string(n)+"/manifest.json":
		w.manifests = true
		return nil
	case !ours:
		return exo.Errorf("verify.Repair", exo.NotFound, path, "%s is no file of a version", path).Try("see what is damaged: exoplanetai storage verify")
	}
	m, err := f.Versions.Show(ctx, n)
	if exo.KindOf(err) == exo.Corrupt && err != nil {
		w.manifests = true
		return nil
	}
	if err != nil {
		return err
	}
	i, ok := slices.BinarySearchFunc(m.Files, p, func(x version.File, p exo.Path) int { return cmp.Compare(x.Path, p) })
	if !ok {
		return exo.Errorf("verify.Repair", exo.NotFound, path, "version %s has no file %s", n, p).Try("see its files: exoplanetai version show %s", n)
	}
	if w.copies[p] == nil {
		w.copies[p] = map[exo.Digest]bool{}
	}
	w.copies[p][m.Files[i].Hash] = true
	w.files = append(w.files, dataOf(string(p)))
	return nil
}

func failure(path, detail, hint string) Repair {
	return Repair{Path: path, Outcome: Failed, Tried: []Attempt{}, Versions: []exo.VersionName{}, Detail: detail, Hint: hint}
}

// failed tells of an error, which is of this one file.
func failed(path string, err error) Repair {
	return failure(path, exo.MessageOf(err), exo.HintOf(err))
}

// hopeless reports whether an error ends the whole repair: the caller gave up,
// the disk is full, or the folder is not open to write.
func hopeless(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || exo.KindOf(err) == exo.Full || exo.KindOf(err) == exo.Internal)
}

// run does the work: first what tells about the rest.
func (f *fixer) run(ctx context.Context, w work, report func(done, total int64)) error {
	f.Files = append(f.Files, w.others...)
	if w.manifests {
		if err := f.manifests(ctx); err != nil {
			return err
		}
	}
	if w.lines {
		if err := f.lines(ctx); err != nil {
			return err
		}
	}
	for i, p := range w.files {
		if err := ctx.Err(); err != nil {
			return exo.E("verify.Repair", exo.KindOf(err), p, err)
		}
		r, err := f.file(ctx, p)
		if hopeless(ctx, err) {
			return err
		}
		if err != nil {
			r = failed(string(p), err)
		}
		if f.dry && w.described[p] && r.Outcome == Intact {
			r.Outcome, r.Source, r.Detail = Repaired, "records", "what describes the file can be mended from what agrees"
		}
		if err := f.heal(ctx, p, w.copies, &r); err != nil {
			return err
		}
		f.Files = append(f.Files, r)
		if report != nil {
			report(int64(i+1), int64(len(w.files)))
		}
	}
	return nil
}

// manifests mends manifests and record from each other, and looks whether they
// are right then.
func (f *fixer) manifests(ctx context.Context) error {
	r := Repair{Path: "versions", Outcome: Intact, Tried: []Attempt{}, Versions: []exo.VersionName{}, Detail: "manifests and record agree"}
	before, err := f.Versions.CheckRecord(ctx)
	if err != nil {
		return err
	}
	if len(before) > 0 {
		r.Outcome, r.Source, r.Detail = Repaired, "manifests and record", "manifests and the Git record of the versions are made again from each other"
	}
	if len(before) > 0 && !f.dry {
		did, err := f.Versions.Rebuild(ctx)
		if hopeless(ctx, err) {
			return err
		}
		var left []version.Damage
		if err == nil {
			left, err = f.Versions.CheckRecord(ctx)
		}
		switch {
		case hopeless(ctx, err):
			return err
		case err != nil:
			r = failed("versions", err)
		case len(left) > 0:
			r = failure(string(left[0].Path), left[0].Detail, "restore "+string(left[0].Path)+" from a backup: exoplanetai backup restore --to FOLDER --path "+exo.Quote(string(left[0].Path)))
		}
		r.Versions = append(append(r.Versions, did.Restored...), did.Recorded...)
	}
	f.Files = append(f.Files, r)
	return nil
}

// lines mends the checksum lines and index rows of all files, because the damage
// does not tell whose they are: first from what agrees, file by file, and what
// that leaves by making index and checksum files anew. What is still wrong then
// contradicts the files, and is told.
func (f *fixer) lines(ctx context.Context) error {
	r := Repair{Path: "checksums", Outcome: Repaired, Source: "records", Tried: []Attempt{}, Versions: []exo.VersionName{},
		Detail: "checksum lines and index rows are mended from the metadata records"}
	if f.dry {
		f.Files = append(f.Files, r)
		return nil
	}
	list, err := f.Store.Entries(ctx, store.Filter{})
	if err != nil && exo.KindOf(err) != exo.Corrupt { // then there is only to make it anew
		return err
	}
	for _, e := range list {
		if _, err := f.Store.Mend(ctx, e.Path); hopeless(ctx, err) {
			return err
		}
	}
	left, err := f.badLines(ctx)
	if err == nil && len(left) > 0 {
		if _, err = f.Store.Reindex(ctx, nil); err == nil {
			left, err = f.badLines(ctx)
		}
	}
	if err != nil {
		return err
	}
	if len(left) == 0 {
		f.Files = append(f.Files, r)
	}
	for _, d := range left {
		f.Files = append(f.Files, failure(d.Path, d.Detail, "index and checksum files were made anew, and this contradicts the files: exoplanetai storage verify tells which"))
	}
	return nil
}

// badLines lists what is wrong with checksum lines and index rows now.
func (f *fixer) badLines(ctx context.Context) ([]store.Damage, error) {
	found, err := f.Store.Verify(ctx, store.VerifyOptions{Records: true}, nil)
	return slices.DeleteFunc(found.Damaged, func(d store.Damage) bool {
		return d.Class != store.ChecksumFile && d.Class != store.IndexDatabase
	}), err
}
