package version

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
)

// Create makes a version of what the store holds now. It is whole or not there.
//
// Errors: exo.Exists for a name that is in use, in any spelling, or that a version
// has as its parent's; exo.Invalid for
// a name or pattern that is off, or patterns that select nothing; exo.Corrupt
// for a file that is not what the store recorded.
func (v *Versions) Create(ctx context.Context, o CreateOptions) (Manifest, error) {
	const op = "version.Create"
	n, err := exo.ParseVersionName(o.Name)
	if err != nil {
		return Manifest{}, err
	}
	patterns, err := parsePatterns(o.Patterns)
	if err != nil {
		return Manifest{}, err
	}
	if err := checkDescription(o.Description); err != nil {
		return Manifest{}, err
	}
	if !o.DryRun {
		if err := v.writable(op); err != nil {
			return Manifest{}, err
		}
	}
	done, err := v.hold(ctx)
	if err != nil {
		return Manifest{}, err
	}
	defer done()
	if err := v.record.own(ctx); err != nil {
		return Manifest{}, err
	}
	if !o.DryRun {
		if err := v.changing(ctx); err != nil {
			return Manifest{}, err
		}
		if err := v.settle(ctx); err != nil { // a deletion that failed half-way still has the name
			return Manifest{}, err
		}
	}
	m, parent, err := v.begin(n, o)
	if err != nil {
		return Manifest{}, err
	}
	entries, err := v.collect(ctx, patterns)
	if err != nil {
		return Manifest{}, err
	}
	if len(entries) == 0 {
		return Manifest{}, exo.Errorf(op, exo.Invalid, nil, "nothing is stored that a version could hold").
			Try("ingest something first: exoplanetai ingest table koi")
	}
	for _, p := range patterns {
		m.FilePatterns = append(m.FilePatterns, p.text)
	}
	b := &builder{v: v, ctx: ctx, m: &m, parent: parent, o: o, root: root + "/" + making + string(n)}
	if err := b.build(entries); err != nil {
		if !o.DryRun {
			b.undo()
		}
		return Manifest{}, err
	}
	if o.DryRun {
		return m, nil
	}
	return m, v.finish(ctx, b)
}

// begin fills in what does not depend on the files, and reads the parent.
func (v *Versions) begin(n exo.VersionName, o CreateOptions) (m Manifest, parent *Manifest, err error) {
	names, err := v.names()
	if err != nil {
		return m, nil, err
	}
	for _, have := range names {
		if strings.EqualFold(string(have), string(n)) {
			return m, nil, exo.Errorf("version.Create", exo.Exists, n, "there is a version %s already", have).
				Try("a version never changes; give the new one another name")
		}
	}
	m.Summary = Summary{Version: n, Description: o.Description, CreatedAt: v.now(), Verified: ByIndex, Program: v.Program, FilePatterns: []string{}}
	if o.FullHash {
		m.Verified = ByBytes
	}
	list, err := v.ordered(names)
	if err != nil || len(list) == 0 {
		return m, nil, err
	}
	for _, s := range list {
		if s.ParentVersion != nil && strings.EqualFold(string(*s.ParentVersion), string(n)) {
			return m, nil, exo.Errorf("version.Create", exo.Exists, n, "there was a version %s, and %s tells that it came after it", *s.ParentVersion, s.Version).
				Try("give the new one a name that was never used")
		}
	}
	if !m.CreatedAt.After(list[0].CreatedAt) { // the clock was set back: order must tell who came first
		m.CreatedAt = list[0].CreatedAt.Add(1)
	}
	p, err := v.read(list[0].Version)
	if err != nil {
		return m, nil, err
	}
	m.ParentVersion = &p.Version
	return m, &p, nil
}

// finish gives the version its name and notes it in the record.
func (v *Versions) finish(ctx context.Context, b *builder) error {
	n := b.m.Version
	text, err := Encode(*b.m)
	if err == nil {
		err = fsys.WriteSynced(v.FS, b.root+"/"+manifestFile, text, fileMode)
	}
	if err == nil {
		err = v.FS.SyncDir(b.root)
	}
	if err == nil {
		err = v.FS.Rename(b.root, folder(n))
	}
	if err != nil {
		b.undo()
		return err
	}
	if err := v.FS.SyncDir(root); err != nil {
		return err
	}
	v.heads[n] = b.m.Summary
	if err := v.record.add(context.WithoutCancel(ctx), *b.m); err != nil { // the version is there, whoever gave up waiting
		v.Log.Warn("a version is made but not in the record yet; the next start adds it", "version", string(n), "error", err)
	}
	return nil
}

func checkDescription(s string) error {
	bad := func(why string) error {
		return exo.Errorf("version.Create", exo.Invalid, nil, "the description %s", why).With("parameter", "description")
	}
	if len(s) > maxDescription {
		return bad("is longer than 4000 bytes")
	}
	if !utf8.ValidString(s) {
		return bad("is not valid UTF-8")
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		return bad("holds control characters")
	}
	return nil
}

// fetchable tells whether an archive gives the file again, so that a hard link
// to it is enough.
func fetchable(k store.Kind) bool { return k == store.LightCurve }
