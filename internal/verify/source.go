package verify

import (
	"context"
	"io"
	"slices"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// file mends one file of the store and what describes it.
func (f *fixer) file(ctx context.Context, p exo.Path) (Repair, error) {
	r := Repair{Path: string(p), Outcome: Intact, Tried: []Attempt{}, Versions: []exo.VersionName{}, Detail: "it is as stored"}
	if !f.dry {
		mended, err := f.Store.Mend(ctx, p)
		if err != nil {
			return r, err
		}
		if mended {
			r.Outcome, r.Source, r.Detail = Repaired, "records", "what describes the file was mended from what agreed"
		}
	}
	m, err := f.Store.Get(ctx, p)
	if err != nil {
		return r, err
	}
	whole, err := f.whole(ctx, m)
	if err != nil || whole {
		return r, err
	}
	r.Outcome = Failed
	for _, from := range []source{f.fromVersion, f.fromBackup, f.fromOrigin} {
		done, err := f.try(ctx, m, from, &r)
		if err != nil || done {
			return r, err
		}
	}
	r.Detail = "no source has the recorded bytes"
	r.Hint = hintFor(m)
	return r, nil
}

// hintFor tells what a person can do where nobody has the bytes.
func hintFor(m store.Meta) string {
	switch m.Kind {
	case store.Processed, store.Report:
		return "process the light curve again: exoplanetai preprocess lightcurve " + m.Target.String() + " --force"
	case store.Normalized, store.Merged, store.Companion:
		return "ingest the tables again; the tables of processed/ are made anew from them"
	}
	return "give a backup (backup.repository) that has the file, or ingest what the archive has now; it becomes a new file beside this one"
}

// whole reads a file of the store back.
func (f *fixer) whole(ctx context.Context, m store.Meta) (bool, error) {
	file, err := f.Store.Read(ctx, m.Path)
	if err == nil {
		return true, file.Close()
	}
	if k := exo.KindOf(err); k == exo.Corrupt || k == exo.NotFound {
		return false, nil
	}
	return false, err
}

// source writes the bytes of a file. name tells who was asked, "" if there is
// nobody to ask. st is nil where the source is only to say whether it has them.
type source func(ctx context.Context, m store.Meta, st *store.Staged) (name string, err error)

// try asks one source and puts what it gives in place, if it is what was
// recorded.
func (f *fixer) try(ctx context.Context, m store.Meta, from source, r *Repair) (done bool, err error) {
	if f.dry {
		name, err := from(ctx, m, nil)
		if name == "" || hopeless(ctx, err) {
			return false, err
		}
		a := Attempt{name, "has the recorded bytes"}
		switch {
		case name == originName(m):
			a.Result = "can be asked"
		case err != nil:
			a.Result = exo.MessageOf(err)
		}
		r.Tried = append(r.Tried, a)
		if err == nil {
			r.Outcome, r.Source, r.Detail = Repaired, name, "can be put back"
		}
		return err == nil, nil
	}
	st, err := f.Store.Stage(ctx)
	if err != nil {
		return false, err
	}
	defer func() {
		if derr := st.Discard(); derr != nil && exo.KindOf(derr) != exo.NotFound {
			f.Log.Warn("a staged file is left behind", "path", m.Path, "error", derr)
		}
	}()
	name, err := from(ctx, m, st)
	if name == "" {
		return false, err
	}
	if err == nil && (st.Digest() != m.SHA256 || st.Size() != m.SizeBytes) {
		err = exo.Errorf("verify.Repair", exo.Corrupt, m.Path, "it has other bytes than were recorded")
	} else if err == nil {
		err = f.Store.Replace(ctx, m.Path, st)
	}
	if hopeless(ctx, err) {
		return false, err
	}
	if err != nil {
		r.Tried = append(r.Tried, Attempt{name, exo.MessageOf(err)})
		return false, nil
	}
	f.Bytes += m.SizeBytes
	f.Log.Info("a file was repaired", "path", m.Path, "source", name)
	r.Tried = append(r.Tried, Attempt{name, "gave the recorded bytes"})
	r.Outcome, r.Source, r.Detail = Repaired, name, "the recorded bytes are back"
	return true, nil
}

func (f *fixer) fromVersion(ctx context.Context, m store.Meta, st *store.Staged) (string, error) {
	if f.Versions == nil {
		return "", nil
	}
	in, n, err := f.Versions.Copy(ctx, m.Path, m.SHA256)
	if err != nil {
		return "versions", err
	}
	return "version " + string(n), pour(in, st)
}

func (f *fixer) fromBackup(ctx context.Context, m store.Meta, st *store.Staged) (string, error) {
	if f.Backup == nil {
		return "", nil
	}
	in, name, err := f.Backup.Open(ctx, m.Path, m.SHA256)
	if err != nil {
		return "backup", err
	}
	return "backup " + name, pour(in, st)
}

func originName(m store.Meta) string { return "origin " + m.Origin.Archive }

func (f *fixer) fromOrigin(ctx context.Context, m store.Meta, st *store.Staged) (string, error) {
	if f.Origin == nil {
		return "", nil
	}
	if st == nil {
		if m.Origin.Archive == "local" && len(m.From) == 0 || slices.Contains(derived, m.Kind) {
			return "", nil
		}
		return originName(m), nil
	}
	return originName(m), f.Origin.Again(ctx, m, st)
}

// pour copies to a staged file, if there is one, and closes.
func pour(in io.ReadCloser, st *store.Staged) error {
	var err error
	if st != nil {
		_, err = io.Copy(st, in)
	}
	if cerr := in.Close(); err == nil {
		err = cerr
	}
	return err
}

// heal mends the copies that versions hold, of the file and of its metadata
// record. Copies of what the store does not hold with that digest any more
// cannot be mended from it.
func (f *fixer) heal(ctx context.Context, p exo.Path, copies map[exo.Path]map[exo.Digest]bool, r *Repair) error {
	if f.Versions == nil || f.dry {
		if len(copies[p]) > 0 && r.Outcome == Intact {
			r.Outcome, r.Source, r.Detail = Repaired, "store", "the copies in versions can be made anew"
		}
		return nil
	}
	want := map[exo.Path][]exo.Digest{}
	if m, err := f.Store.Get(ctx, p); err == nil && r.Outcome != Failed {
		want[p] = append(want[p], m.SHA256)
	}
	for _, q := range []exo.Path{p, store.MetadataPath(p)} {
		for d := range copies[q] {
			if !slices.Contains(want[q], d) {
				want[q] = append(want[q], d)
			}
		}
	}
	for _, q := range []exo.Path{p, store.MetadataPath(p)} {
		slices.SortFunc(want[q], func(a, b exo.Digest) int { return slices.Compare(a[:], b[:]) })
		for _, d := range want[q] {
			healed, err := f.Versions.Heal(ctx, q, d)
			if hopeless(ctx, err) {
				return err
			}
			for _, n := range healed {
				if !slices.Contains(r.Versions, n) {
					r.Versions = append(r.Versions, n)
				}
			}
			switch {
			case err != nil:
				r.Outcome, r.Detail, r.Hint = Failed, "a copy in a version could not be mended: "+exo.MessageOf(err), exo.HintOf(err)
			case len(healed) > 0 && r.Outcome == Intact:
				r.Outcome, r.Source, r.Detail = Repaired, "store", "the copies in versions were made anew from the store"
			}
		}
	}
	return nil
}
