package maintain

import (
	"context"
	"errors"
	"io"
	"path"
	"regexp"
	"strings"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/version"
)

// RollbackOptions says what to take back, and to when.
type RollbackOptions struct {
	What   string          `json:"what"` // a table (koi, toi, k2, gaia) or the path of a file
	To     exo.VersionName `json:"to"`
	DryRun bool            `json:"dry_run"`
}

// What a rollback came to.
const (
	RolledBack = "rolled_back"
	Unchanged  = "unchanged" // the newest file has those bytes already
)

// RollbackReport tells what was published again.
type RollbackReport struct {
	Status   string          `json:"status"`
	What     string          `json:"what"`
	Version  exo.VersionName `json:"version"`
	Current  exo.Path        `json:"current"` // what was newest before; it stays
	Files    []RolledFile    `json:"files"`
	DryRun   bool            `json:"dry_run"`
	Warnings []string        `json:"warnings"`
}

// RolledFile is a file that was published again.
type RolledFile struct {
	From      exo.Path   `json:"from"` // the path in the version
	Path      exo.Path   `json:"path"` // the new name
	Checksum  exo.Digest `json:"checksum"`
	SizeBytes int64      `json:"size_bytes"`
}

// Rollback publishes what a version has once more, as the newest file: a table,
// or one file by its path. Nothing is overwritten or removed. A processed light
// curve takes its report along; what is made of a table is made anew.
//
// Errors: exo.NotFound if the version does not have it, exo.Invalid for what is
// made of other files, exo.Corrupt if no intact copy is left.
func (s *Service) Rollback(ctx context.Context, o RollbackOptions) (RollbackReport, error) {
	r := RollbackReport{Status: RolledBack, What: o.What, Version: o.To, Files: []RolledFile{}, DryRun: o.DryRun, Warnings: []string{}}
	m, err := s.opt.Versions.Show(ctx, o.To)
	if err != nil {
		return r, err
	}
	old, err := s.meant(ctx, m, o.What)
	if err != nil {
		return r, err
	}
	now, err := s.newest(ctx, old)
	if err != nil {
		return r, err
	}
	r.Current = now.Path
	if now.SHA256 == old.SHA256 {
		r.Status = Unchanged
		return r, nil
	}
	list, err := s.with(ctx, m, old)
	if err != nil {
		return r, err
	}
	at := s.now()
	if !at.After(now.RetrievedAt) {
		at = now.RetrievedAt.Add(time.Second)
	}
	if err := s.republish(ctx, list, at, &r); err != nil || o.DryRun {
		return r, err
	}
	s.log.Info("rolled back", "what", o.What, "version", string(o.To), "path", string(r.Files[0].Path))
	if old.Kind == store.Table && s.opt.After != nil {
		r.Warnings = append(r.Warnings, s.opt.After(ctx, old.Table)...)
	}
	return r, nil
}

// meant finds the record of the file that is to come back.
func (s *Service) meant(ctx context.Context, m version.Manifest, what string) (store.Meta, error) {
	const op = "maintain.Rollback"
	switch t := catalog.Type(what); t {
	case catalog.KOI, catalog.TOI, catalog.K2, catalog.Gaia:
		return s.tableOf(ctx, m, t)
	case catalog.Candidates:
		return store.Meta{}, exo.Errorf(op, exo.Invalid, what, "the table of candidates is made of koi, toi and k2").Try("roll one of these back; the candidates follow")
	}
	p, err := exo.ParsePath(what)
	if err != nil {
		return store.Meta{}, exo.E(op, exo.Invalid, nil, err).Say("%.80q is neither a table nor a path", what).Try("name koi, toi, k2 or gaia, or a path that `exoplanetai version show %s` lists", m.Version)
	}
	for _, f := range m.Files {
		if f.Path == p {
			return s.record(ctx, f)
		}
	}
	return store.Meta{}, exo.Errorf(op, exo.NotFound, p, "version %s does not have the file %s", m.Version, p).Try("`exoplanetai version show %s` lists what it has", m.Version)
}

// record returns the record of a file that can be rolled back.
func (s *Service) record(ctx context.Context, f version.File) (store.Meta, error) {
	const op = "maintain.Rollback"
	old, err := s.opt.Store.Get(ctx, f.Path)
	if errors.Is(err, exo.NotFound) || err == nil && old.SHA256 != f.Hash {
		return old, exo.E(op, exo.Conflict, f.Path, err).Say("the store has no record of %s with the bytes of the version", f.Path).
			Try("`exoplanetai version restore` gives the file itself")
	}
	if err != nil {
		return old, err
	}
	switch old.Kind {
	case store.Table, store.LightCurve, store.Answer, store.Processed:
		return old, nil
	case store.Report:
		return old, exo.Errorf(op, exo.Invalid, f.Path, "a report goes with its light curve").Try("roll back the .fits file beside it")
	}
	return old, exo.Errorf(op, exo.Invalid, f.Path, "a file of the kind %s is not rolled back by itself", old.Kind).Try("roll back the table it was made of: koi, toi, k2 or gaia")
}

// tableOf finds the newest whole table of a version.
func (s *Service) tableOf(ctx context.Context, m version.Manifest, t catalog.Type) (store.Meta, error) {
	var best store.Meta
	var have bool
	err := s.opt.Store.Each(ctx, store.Filter{Kind: store.Table, Table: t}, func(x store.Meta) error {
		for _, f := range m.Files {
			if f.Path == x.Path && f.Hash == x.SHA256 && (!have || !x.RetrievedAt.Before(best.RetrievedAt)) {
				best, have = x, true
			}
		}
		return nil
	})
	if err == nil && !have {
		err = exo.Errorf("maintain.Rollback", exo.NotFound, t, "version %s has no %s table", m.Version, t).Try("`exoplanetai version show %s` lists what it has", m.Version)
	}
	return best, err
}

// stamps are the times in names. What follows is looked at, because the short
// form of a recipe may be eight digits too.
var stamps = regexp.MustCompile(`(_[0-9]{8}_[0-9]{6})([._]|$)`)

func unstamped(name string) string { return stamps.ReplaceAllString(name, "$2") }

// newest finds the current file of the series that a file belongs to.
func (s *Service) newest(ctx context.Context, old store.Meta) (store.Meta, error) {
	if old.Kind == store.Table {
		return s.opt.Store.Newest(ctx, store.Filter{Kind: store.Table, Table: old.Table})
	}
	best, name := old, unstamped(old.Path.Base())
	err := s.opt.Store.Each(ctx, store.Filter{Prefix: old.Path.Dir(), Kind: old.Kind, Target: old.Target}, func(m store.Meta) error {
		if unstamped(m.Path.Base()) == name && m.Path.Dir() == old.Path.Dir() && !m.RetrievedAt.Before(best.RetrievedAt) {
			best = m
		}
		return nil
	})
	return best, err
}

// with adds the report of a processed light curve.
func (s *Service) with(ctx context.Context, m version.Manifest, old store.Meta) ([]store.Meta, error) {
	list := []store.Meta{old}
	if old.Kind != store.Processed {
		return list, nil
	}
	beside := exo.Path(strings.TrimSuffix(string(old.Path), ".fits") + ".json")
	about, err := s.opt.Store.Get(ctx, beside)
	if errors.Is(err, exo.NotFound) {
		return list, nil
	}
	return append(list, about), err
}

// named gives a file the time as its stamp.
func named(p exo.Path, at time.Time) (exo.Path, error) {
	base, stamp := p.Base(), "_"+exo.Stamp(at)
	if all := stamps.FindAllStringSubmatchIndex(base, -1); len(all) > 0 {
		last := all[len(all)-1]
		base = base[:last[2]] + stamp + base[last[3]:]
	} else {
		ext := path.Ext(base)
		base = strings.TrimSuffix(base, ext) + stamp + ext
	}
	return exo.ParsePath(p.Dir() + "/" + base)
}

// republish publishes the files under new names, as one act.
func (s *Service) republish(ctx context.Context, list []store.Meta, at time.Time, r *RollbackReport) error {
	const most = 100 // seconds that the names may be later
	for n := range most {
		files, err := plan(list, at.Add(time.Duration(n)*time.Second))
		if err != nil {
			return err
		}
		taken := false
		for _, f := range files {
			_, err := s.opt.Store.Get(ctx, f.Path)
			taken = taken || err == nil
		}
		if taken {
			continue
		}
		if !r.DryRun {
			err = s.publish(ctx, list, files, at)
		}
		if errors.Is(err, exo.Exists) {
			continue
		}
		if err == nil {
			r.Files = files
		}
		return err
	}
	return exo.Errorf("maintain.Rollback", exo.Exists, list[0].Path, "every name for the file is taken").Try("try again in some minutes")
}

func plan(list []store.Meta, at time.Time) ([]RolledFile, error) {
	var files []RolledFile
	for _, old := range list {
		p, err := named(old.Path, at)
		if err != nil {
			return nil, err
		}
		files = append(files, RolledFile{From: old.Path, Path: p, Checksum: old.SHA256, SizeBytes: old.SizeBytes})
	}
	return files, nil
}

func (s *Service) publish(ctx context.Context, list []store.Meta, files []RolledFile, at time.Time) (err error) {
	var items []store.Item
	defer func() {
		for _, it := range items {
			if derr := it.Staged.Discard(); derr != nil {
				s.log.Warn("a staged file is left behind", "error", derr)
			}
		}
	}()
	for i, old := range list {
		st, err := s.opt.Store.Stage(ctx)
		if err != nil {
			return err
		}
		m := old
		m.Path, m.RetrievedAt, m.Origin, m.Program = files[i].Path, at, exo.Origin{Archive: "local"}, ""
		m.From = []store.Ref{{Path: old.Path, SHA256: old.SHA256}}
		switch {
		case old.Kind == store.Processed: // found by what it was made of
			m.From = append(old.From[:len(old.From):len(old.From)], m.From...)
		case old.Kind == store.Report: // found by what it tells of
			m.From = []store.Ref{{Path: files[0].Path, SHA256: files[0].Checksum}, m.From[0]}
		}
		items = append(items, store.Item{Staged: st, Meta: m})
		if err := s.fill(ctx, st, old); err != nil {
			return err
		}
	}
	_, err = s.opt.Store.Publish(ctx, items...)
	return err
}

// fill copies the bytes: the store's own if they are right, else those of a
// version. Only the recorded digest is taken.
func (s *Service) fill(ctx context.Context, st *store.Staged, old store.Meta) error {
	var from io.ReadCloser
	f, err := s.opt.Store.Read(ctx, old.Path)
	if err == nil {
		from = f
	} else if !errors.Is(err, exo.Corrupt) {
		return err
	} else if from, _, err = s.opt.Versions.Copy(ctx, old.Path, old.SHA256); err != nil {
		return exo.E("maintain.Rollback", exo.Corrupt, old.Path, err).Say("no intact copy of %s is left in the data folder", old.Path).
			Try("`exoplanetai storage repair` looks in backups and at its origin")
	}
	_, err = io.Copy(st, from)
	if cerr := from.Close(); err == nil {
		err = cerr
	}
	if err == nil && st.Digest() != old.SHA256 {
		err = exo.Errorf("maintain.Rollback", exo.Corrupt, old.Path, "the copy of %s is damaged", old.Path).Try("run `exoplanetai storage verify`")
	}
	return err
}
