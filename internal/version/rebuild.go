package version

import (
	"context"
	"slices"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
)

// Rebuild makes the record again from the manifests, and manifests that are
// damaged or missing from the record, byte for byte. A version whose folder is
// gone gets its manifest back; its files can then be restored where other copies
// are.
//
// A damaged record is set aside as versions/.git-damaged-<time> and made anew.
//
// Errors: exo.Conflict names a version of which both tell a different story, or
// says that versions/.git is not our record; neither is touched. exo.Corrupt
// names a version that neither can tell about.
func (v *Versions) Rebuild(ctx context.Context) (RebuildReport, error) {
	return v.RebuildBy(ctx, "")
}

// RebuildBy is Rebuild for a person who knows which of two stories is right: that
// of ByRecord, or of ByManifests. The record's word is taken only if nothing else
// is wrong with it.
func (v *Versions) RebuildBy(ctx context.Context, prefer string) (RebuildReport, error) {
	const op = "version.Rebuild"
	if prefer != "" && prefer != ByRecord && prefer != ByManifests {
		return RebuildReport{}, exo.Errorf(op, exo.Invalid, nil, "%.40q cannot be preferred", prefer).
			Try("prefer %s or %s", ByRecord, ByManifests).With("parameter", "prefer")
	}
	if err := v.writable(op); err != nil {
		return RebuildReport{}, err
	}
	done, err := v.hold(ctx)
	if err != nil {
		return RebuildReport{}, err
	}
	defer done()
	if err := v.changing(ctx); err != nil {
		return RebuildReport{}, err
	}
	if err := v.record.own(ctx); err != nil {
		return RebuildReport{}, err
	}
	if prefer == ByRecord {
		taken, err := v.believeRecord(ctx)
		if err != nil {
			return RebuildReport{}, err
		}
		r, err := v.rebuild(ctx, true, prefer)
		r.Restored = append(taken, r.Restored...)
		return r, err
	}
	return v.rebuild(ctx, true, prefer)
}

// believeRecord writes the manifests that differ from a record that is whole, as
// the record has them.
func (v *Versions) believeRecord(ctx context.Context) (taken []exo.VersionName, err error) {
	taken = []exo.VersionName{}
	found, err := v.CheckRecord(ctx)
	if err != nil {
		return taken, err
	}
	for _, d := range found {
		if len(d.Versions) != 1 || d.Path != exo.Path(manifestOf(d.Versions[0])) {
			return taken, exo.Errorf("version.Rebuild", exo.Conflict, d.Path, "the record cannot be preferred, because it is damaged itself: %s", d.Detail).
				Try("compare it and the manifests with a backup; %s --prefer %s makes it again", rebuildCommand, ByManifests)
		}
	}
	for _, d := range found {
		n := d.Versions[0]
		if err := v.fromRecord(ctx, n); err != nil {
			return taken, err
		}
		v.Log.Warn("a manifest was made again from the record, as was asked", "version", string(n))
		taken = append(taken, n)
	}
	return taken, nil
}

// rebuild compares names, and with deep every manifest's bytes and the record
// itself.
func (v *Versions) rebuild(ctx context.Context, deep bool, prefer string) (RebuildReport, error) {
	v.heads = nil // manifests may be written again
	report := RebuildReport{Recorded: []exo.VersionName{}, Restored: []exo.VersionName{}}
	names, err := v.names()
	if err != nil {
		return report, err
	}
	tagged, err := v.record.tagged(ctx)
	if err != nil && !(deep && exo.KindOf(err) == exo.Corrupt) {
		return report, err
	}
	lost, err := v.restoreManifests(ctx, names, tagged, deep, &report)
	if err == nil && deep {
		err = v.renew(ctx, &tagged, prefer == ByManifests)
	}
	if err != nil {
		return report, err
	}
	if names, err = v.names(); err != nil {
		return report, err
	}
	missing, err := v.unrecorded(names, tagged)
	if err != nil {
		return report, err
	}
	for _, m := range missing {
		if err := v.record.add(ctx, m); err != nil {
			return report, err
		}
		report.Recorded = append(report.Recorded, m.Version)
	}
	if len(lost) > 0 {
		return report, exo.Errorf("version.Rebuild", exo.Corrupt, lost[0], "neither manifest nor record can tell what is in version %s", lost[0]).
			With("versions", lost).Try("restore versions/%s/manifest.json from a backup", lost[0])
	}
	return report, nil
}

// restoreManifests writes the manifests that are damaged or missing as the record
// has them. lost are those that it cannot tell about.
func (v *Versions) restoreManifests(ctx context.Context, names, tagged []exo.VersionName, deep bool, report *RebuildReport) (lost []exo.VersionName, err error) {
	for _, n := range tagged {
		err := error(nil)
		switch {
		case !slices.Contains(names, n):
			err = exo.NotFound
		case deep:
			_, err = v.read(n)
		default:
			_, err = v.summary(n)
		}
		if err == nil {
			continue
		}
		if kind := exo.KindOf(err); kind != exo.NotFound && kind != exo.Corrupt {
			return lost, err
		}
		if err := v.fromRecord(ctx, n); exo.KindOf(err) == exo.Corrupt && err != nil {
			v.Log.Error("neither manifest nor record tells about a version", "version", string(n), "error", err)
			lost = append(lost, n)
			continue
		} else if err != nil {
			return lost, err
		}
		v.Log.Warn("a manifest was made again from the record", "version", string(n))
		report.Restored = append(report.Restored, n)
	}
	if !deep {
		lost = nil // whoever asks for such a version is told; the others work
	}
	return lost, nil
}

// renew sets a damaged record aside, so that it is made anew from the manifests.
// believe says that the manifests are right where both are whole and differ.
func (v *Versions) renew(ctx context.Context, tagged *[]exo.VersionName, believe bool) error {
	found, err := v.CheckRecord(ctx)
	if err != nil || len(found) == 0 {
		return err
	}
	broken := false
	for _, d := range found {
		if len(d.Versions) == 1 && d.Path == exo.Path(manifestOf(d.Versions[0])) {
			if _, err := v.read(d.Versions[0]); err != nil {
				continue // told by who looks for manifests
			}
			if believe {
				broken = true
				continue
			}
			return exo.Errorf("version.Rebuild", exo.Conflict, d.Versions[0], "the manifest of version %s and the record differ, and both are whole", d.Versions[0]).
				Try("`git -C versions/.git show %s` shows what the record has; whose word counts you say by %s, or --prefer %s", d.Versions[0], preferCommand, ByManifests)
		}
		gone := len(d.Versions) == 1 && !slices.Contains(*tagged, d.Versions[0]) // only to be added
		broken = broken || !gone
	}
	if !broken {
		return nil
	}
	if _, err := v.FS.Lstat(gitFolder); exo.KindOf(err) == exo.NotFound && err != nil {
		return nil
	}
	aside, err := fsys.FreeName(v.FS, gitFolder+"-damaged-"+exo.Stamp(v.now()))
	if err != nil {
		return err
	}
	v.Log.Error("the record of the versions is damaged; it is set aside and made again", "aside", aside, "first", found[0].Detail)
	if err := v.FS.Rename(gitFolder, aside); err != nil {
		return err
	}
	v.record.swept, *tagged = false, nil
	return v.FS.SyncDir(root)
}

// unrecorded reads the manifests that the record does not have, oldest first.
func (v *Versions) unrecorded(names, tagged []exo.VersionName) ([]Manifest, error) {
	var list []Manifest
	for _, n := range names {
		if slices.Contains(tagged, n) {
			continue
		}
		m, err := v.read(n)
		if err != nil { // one that nothing tells about must not keep the others from working
			v.Log.Error("a manifest is damaged and not in the record", "version", string(n), "error", err)
			continue
		}
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b Manifest) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return list, nil
}

// fromRecord writes a manifest as the record has it.
func (v *Versions) fromRecord(ctx context.Context, n exo.VersionName) error {
	m, err := v.record.read(ctx, n)
	if err != nil {
		return err
	}
	text, err := Encode(m)
	if err != nil {
		return err
	}
	if err := fsys.MkdirAll(v.FS, folder(n), 0o755); err != nil {
		return err
	}
	return fsys.WriteAtomic(ctx, v.FS, manifestOf(n), text, fileMode)
}
