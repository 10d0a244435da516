package derive

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"exoplanetai/internal/candidate"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// file is one of the files of a derived table; the first is the table itself.
type file struct {
	suffix string
	text   []byte
	rows   int // for the record of a companion
}

// held tells whether the table has been made of these sources by these
// definitions, and if so notes it in the result.
func (u *update) held(ctx context.Context, m store.Meta) (bool, error) {
	list, err := u.opt.Store.List(ctx, store.Filter{Kind: m.Kind, Table: m.Table, From: m.From[0].SHA256})
	if err != nil {
		return false, err
	}
	for _, have := range slices.Backward(list) {
		if have.Algorithm == candidate.Definitions && slices.Equal(have.From, m.From) {
			beside, err := u.companions(ctx, have)
			if err != nil {
				return false, err
			}
			u.note(have, beside, false)
			return true, nil
		}
	}
	return false, nil
}

// companions lists what stands beside a derived table.
func (u *update) companions(ctx context.Context, m store.Meta) ([]exo.Path, error) {
	list, err := u.opt.Store.List(ctx, store.Filter{Prefix: m.Path.Dir(), Kind: store.Companion, Table: m.Table, From: m.SHA256})
	if err != nil {
		return nil, err
	}
	beside := []exo.Path{}
	for _, c := range list {
		if slices.Contains(c.From, store.Ref{Path: m.Path, SHA256: m.SHA256}) {
			beside = append(beside, c.Path)
		}
	}
	return beside, nil
}

// note puts a table into the result.
func (u *update) note(m store.Meta, beside []exo.Path, made bool) {
	t := Table{Table: m.Table, Path: m.Path, Checksum: m.SHA256, Rows: m.Rows, Columns: len(m.Columns), From: []exo.Path{}, Beside: beside, Made: made}
	for _, f := range m.From {
		t.From = append(t.From, f.Path)
	}
	u.res.Tables = append(u.res.Tables, t)
}

// most is how often a table can be made anew of the same sources.
const most = 99

// publish gives the files of a table their names, as one act. A name that other
// bytes have is never reused: "_02" and so on follow.
func (u *update) publish(ctx context.Context, folder string, m store.Meta, files []file) error {
	m.Origin, m.Algorithm, m.Program = exo.Origin{Archive: "local"}, candidate.Definitions, u.opt.Program
	m.SchemaFingerprint = catalog.Fingerprint(m.Columns)
	name := string(m.Table) + "_" + exo.Stamp(m.RetrievedAt)
	if m.Kind == store.Normalized { // named after its source, whose stamp may be a later second
		name = strings.TrimSuffix(m.From[0].Path.Base(), path.Ext(m.From[0].Path.Base()))
	}
	for n := 1; ; n++ {
		stem := folder + name
		if n > 1 {
			stem += fmt.Sprintf("_%02d", n)
		}
		err := u.publishAs(ctx, stem, m, files)
		if err == nil || !errors.Is(err, exo.Exists) || n == most {
			return err
		}
	}
}

func (u *update) publishAs(ctx context.Context, stem string, m store.Meta, files []file) (err error) {
	var items []store.Item
	defer func() {
		for _, it := range items {
			if derr := it.Staged.Discard(); derr != nil {
				u.opt.Log.WarnContext(ctx, "a staged file is left behind", "error", derr)
			}
		}
	}()
	for i, f := range files {
		st, err := u.opt.Store.Stage(ctx)
		if err != nil {
			return err
		}
		im := m
		if i > 0 {
			im.Kind, im.Rows, im.Columns, im.SchemaFingerprint = store.Companion, f.rows, nil, ""
			im.From = []store.Ref{{Path: items[0].Meta.Path, SHA256: items[0].Staged.Digest()}}
		}
		im.Path = exo.Path(stem + f.suffix)
		items = append(items, store.Item{Staged: st, Meta: im})
		if _, err := st.Write(f.text); err != nil {
			return err
		}
	}
	metas, err := u.opt.Store.Publish(ctx, items...)
	if err != nil {
		return err
	}
	var beside []exo.Path
	for _, c := range metas[1:] {
		beside = append(beside, c.Path)
	}
	slices.Sort(beside)
	u.note(metas[0], beside, true)
	return nil
}
