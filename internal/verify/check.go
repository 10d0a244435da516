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

// Check looks at everything that is kept, the store, all versions and their
// record, and lists all damage. Full, it reads every byte of every file; Quick, it
// looks at existence, type, length and permissions, and reads no more than the
// manifests and what the record tells of them. Nothing is changed but the times
// of proof, after a full check of a store that is open to write.
//
// The error tells that the check itself could not go on; damage is no error.
// report gets bytes: the total grows when the versions' turn comes. It may be nil.
func (s *Service) Check(ctx context.Context, o CheckOptions, report func(done, total int64)) (Report, error) {
	found, err := s.Store.Verify(ctx, store.VerifyOptions{Quick: o.Quick}, report)
	r := Report{
		Depth: found.Depth, StartedAt: found.StartedAt, Files: found.Files, Bytes: found.Bytes, Total: found.Total, Damaged: []Damage{},
	}
	if err != nil {
		return r, err
	}
	a := s.newAbout()
	for _, d := range found.Damaged {
		r.Damaged = append(r.Damaged, a.ofStore(d))
	}
	if err := s.checkVersions(ctx, o, &r, report); err != nil {
		return r, err
	}
	if err := a.tell(ctx, r.Damaged); err != nil {
		return r, err
	}
	slices.SortStableFunc(r.Damaged, func(x, y Damage) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Class, y.Class), cmp.Compare(x.Detail, y.Detail))
	})
	r.OK, r.FinishedAt = len(r.Damaged) == 0, s.now()
	s.tell(r.Depth, r.Damaged)
	return r, nil
}

// checkVersions looks at one version after the other, then at the record as a
// whole and at what stands beside them.
func (s *Service) checkVersions(ctx context.Context, o CheckOptions, r *Report, report func(done, total int64)) error {
	if s.Versions == nil {
		return nil
	}
	names, err := s.Versions.Names()
	if err != nil {
		return err
	}
	var found []Damage
	for _, n := range names {
		before := r.Bytes + r.VersionBytes
		v, err := s.Versions.Verify(ctx, n, version.VerifyOptions{Quick: o.Quick}, func(done, total int64) {
			if report != nil {
				report(before+done, before+total)
			}
		})
		if exo.KindOf(err) == exo.NotFound && err != nil {
			continue // deleted meanwhile
		}
		if err != nil {
			return err
		}
		r.Versions++
		r.VersionFiles += v.Files
		r.VersionBytes += v.Bytes
		for _, d := range v.Damaged {
			found = append(found, ofVersion(n, d))
		}
	}
	if found, err = s.checkRecord(ctx, o, found); err != nil {
		return err
	}
	strangers, err := s.Versions.Strangers(ctx)
	for _, d := range strangers {
		found = append(found, ofVersion("", d))
	}
	r.Damaged = append(r.Damaged, found...)
	return err
}

// checkRecord adds what a look at the whole record shows. It names the very files
// that are damaged, so that what single versions found out about the record is
// told only where nothing else is: once, with all these versions.
func (s *Service) checkRecord(ctx context.Context, o CheckOptions, found []Damage) ([]Damage, error) {
	told := map[string]bool{} // files of versions whose damage is known
	for _, d := range found {
		if d.Class != version.RecordClass {
			told[d.Path] = true
		}
	}
	var record []Damage
	if !o.Quick {
		list, err := s.Versions.CheckRecord(ctx)
		if err != nil {
			return nil, err
		}
		for _, d := range list {
			if x := ofVersion("", d); !told[x.Path] {
				record = append(record, x)
			}
		}
	}
	whole := len(record) > 0
	at := map[string]int{} // by detail
	var kept []Damage
	for _, d := range found {
		i, again := at[d.Path+"\x00"+d.Detail]
		switch {
		case d.Class != version.RecordClass:
			kept = append(kept, d)
		case whole:
		case again:
			record[i].Versions = append(record[i].Versions, d.Versions...)
		default:
			at[d.Path+"\x00"+d.Detail] = len(record)
			record = append(record, d)
		}
	}
	return append(kept, record...), nil
}

const versionsFolder = "versions/"

// inVersion names the file of a version.
func inVersion(n exo.VersionName, p exo.Path) string {
	return versionsFolder + string(n) + "/files/" + string(p)
}

// splitVersion is the reverse of inVersion.
func splitVersion(path string) (n exo.VersionName, p exo.Path, ok bool) {
	rest, ok := strings.CutPrefix(path, versionsFolder)
	if !ok {
		return "", "", false
	}
	name, rest, ok := strings.Cut(rest, "/")
	if !ok {
		return "", "", false
	}
	file, ok := strings.CutPrefix(rest, "files/")
	return exo.VersionName(name), exo.Path(file), ok
}

// ofVersion tells a damage of a version in our form.
func ofVersion(n exo.VersionName, d version.Damage) Damage {
	path := string(d.Path)
	if !strings.HasPrefix(path, versionsFolder) {
		path = inVersion(n, d.Path)
	}
	return Damage{
		Path: path, Class: d.Class, Detail: d.Detail, Repair: d.Repair,
		Versions: slices.Clone(d.Versions), Targets: slices.Clone(d.Targets), Products: []exo.Path{},
	}
}

// Sweep reads back the part of the store whose proof is oldest; see
// store.Sweep. Its damages are told as those of Check. report may be nil.
func (s *Service) Sweep(ctx context.Context, o store.SweepOptions, report func(done, total int64)) (SweepReport, error) {
	found, err := s.Store.Sweep(ctx, o, report)
	r := SweepReport{SweepReport: found, Damaged: []Damage{}}
	if err != nil {
		return r, err
	}
	a := s.newAbout()
	for _, d := range found.Damaged {
		r.Damaged = append(r.Damaged, a.ofStore(d))
	}
	s.tell("sweep", r.Damaged)
	return r, a.tell(ctx, r.Damaged)
}

// tell counts the damaged files.
func (s *Service) tell(check string, damaged []Damage) {
	if s.Observe == nil {
		return
	}
	paths := map[exo.Path]bool{}
	for _, d := range damaged {
		paths[exo.Path(d.Path)] = true
	}
	s.Observe(check, len(paths))
}
