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
// Errors: exo.Corrupt names a version that neither can tell about.
func (v *Versions) Rebuild(ctx context.Context) (RebuildReport, error) {
	if err := v.writable("version.Rebuild"); err != nil {
		return RebuildReport{}, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.rebuild(ctx, true)
}

// rebuild compares names, and with deep every manifest's bytes.
func (v *Versions) rebuild(ctx context.Context, deep bool) (RebuildReport, error) {
	report := RebuildReport{Recorded: []exo.VersionName{}, Restored: []exo.VersionName{}}
	names, err := v.names()
	if err != nil {
		return report, err
	}
	tagged, err := v.record.tagged(ctx)
	if err != nil {
		return report, err
	}
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
			return report, err
		}
		if err := v.fromRecord(ctx, n); err != nil {
			return report, err
		}
		v.Log.Warn("a manifest was made again from the record", "version", string(n))
		report.Restored = append(report.Restored, n)
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
	return report, nil
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
