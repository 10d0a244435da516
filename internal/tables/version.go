package tables

import (
	"cmp"
	"context"
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// Version is one state of a table that is held.
type Version struct {
	ID     string // "koi_20260102_030405": the file's name without its extension
	Number int    // 1 is the oldest that is held
	Meta   store.Meta
}

// Ref says which version is meant. The zero Ref is the newest.
type Ref struct {
	Version string    // identifier, number ("v3"), stamp, beginning of the digest, "latest", "previous"
	AsOf    time.Time // the newest that was held then
}

// ParseRef reads the words of a request: a version or a time, not both. A time
// is a date (the end of that day, UTC), or a date and time (RFC 3339); a version
// that reads as such a time is one.
func ParseRef(version, asOf string) (Ref, error) {
	const op = "tables.ParseRef"
	if version != "" && asOf != "" {
		return Ref{}, exo.Errorf(op, exo.Invalid, nil, "version and as_of are both given").With("parameter", "as_of").Try("send one of the two")
	}
	if asOf != "" {
		at, ok := moment(asOf)
		if !ok {
			return Ref{}, exo.Errorf(op, exo.Invalid, nil, "as_of=%.60q is not a time", asOf).With("parameter", "as_of").
				Try("write 2026-01-02 or 2026-01-02T03:04:05Z")
		}
		return Ref{AsOf: at}, nil
	}
	if at, ok := moment(version); ok {
		return Ref{AsOf: at}, nil
	}
	if version == "latest" || version == "current" {
		version = ""
	}
	return Ref{Version: version}, nil
}

func moment(s string) (time.Time, bool) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t.AddDate(0, 0, 1).Add(-time.Nanosecond), true
	}
	t, err := time.Parse(time.RFC3339, s)
	return t.UTC(), err == nil
}

// kindOf tells which files hold the versions of a table.
func kindOf(t catalog.Type) store.Kind {
	if t == catalog.Candidates {
		return store.Merged
	}
	return store.Table
}

// Versions lists the versions of a table that are held, oldest first. None is
// no error. Records never change, so that each is decoded once and kept.
func (t *Tables) Versions(ctx context.Context, typ catalog.Type) ([]Version, error) {
	entries, err := t.store.Entries(ctx, store.Filter{Kind: kindOf(typ), Table: typ})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b store.Entry) int {
		return cmp.Or(a.RetrievedAt.Compare(b.RetrievedAt), strings.Compare(string(a.Path), string(b.Path)))
	})
	list := make([]Version, 0, len(entries))
	for _, e := range entries {
		m, err := t.record(ctx, e)
		if errors.Is(err, exo.NotFound) {
			continue // taken away since it was listed
		}
		if err != nil {
			return nil, err
		}
		list = append(list, Version{ID: strings.TrimSuffix(e.Path.Base(), path.Ext(e.Path.Base())), Number: len(list) + 1, Meta: m})
	}
	return list, nil
}

// maxRecords bounds the records kept: those of a table every day for ten years.
// Beyond it they are dropped and decoded again.
const maxRecords = 4000

// record returns the metadata of a table, decoded now or before.
func (t *Tables) record(ctx context.Context, e store.Entry) (store.Meta, error) {
	t.mu.Lock()
	m, ok := t.records[e.Path]
	t.mu.Unlock()
	if ok && m.SHA256 == e.SHA256 && m.RetrievedAt.Equal(e.RetrievedAt) {
		return m, nil
	}
	m, err := t.store.Get(ctx, e.Path)
	if err != nil {
		return store.Meta{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.records) >= maxRecords {
		clear(t.records)
	}
	if last := t.columns[m.Table]; slices.Equal(last, m.Columns) {
		m.Columns = last // tables of one form share them
	}
	t.records[e.Path], t.columns[m.Table] = m, m.Columns
	return m, nil
}

// Pick finds the version that is meant. exo.NotFound says what there is.
func (t *Tables) Pick(ctx context.Context, typ catalog.Type, ref Ref) (Version, error) {
	const op = "tables.Pick"
	list, err := t.Versions(ctx, typ)
	if err != nil {
		return Version{}, err
	}
	if len(list) == 0 {
		hint := "exoplanetai ingest table " + string(typ)
		if typ == catalog.Candidates {
			hint = "ingest a table first; the candidates are merged from koi, toi and k2"
		}
		return Version{}, exo.Errorf(op, exo.NotFound, typ, "no %s table is held", typ).Try("%s", hint)
	}
	last := len(list) - 1
	switch {
	case !ref.AsOf.IsZero():
		for _, v := range slices.Backward(list) {
			if !v.Meta.RetrievedAt.After(ref.AsOf) {
				return v, nil
			}
		}
		return Version{}, exo.Errorf(op, exo.NotFound, typ, "no %s table is older than %s", typ, list[0].Meta.RetrievedAt.Format(time.RFC3339)).
			With("parameter", "as_of").Try("the oldest is %s", list[0].ID)
	case ref.Version == "":
		return list[last], nil
	case ref.Version == "previous" && last > 0:
		return list[last-1], nil
	}
	var found []Version
	for _, v := range list {
		if v.is(ref.Version) {
			found = append(found, v)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return Version{}, exo.Errorf(op, exo.NotFound, typ, "the %s table has no version %.60q", typ, ref.Version).
			With("parameter", "version").Try("there are %d, from v1 (%s) to v%d (%s)", len(list), list[0].ID, list[last].Number, list[last].ID)
	}
	return Version{}, exo.Errorf(op, exo.Invalid, typ, "%.60q means %d versions of the %s table", ref.Version, len(found), typ).
		With("parameter", "version").Try("write more of it: %s or %s", found[0].ID, found[1].ID)
}

func (v Version) is(word string) bool {
	_, stamp, _ := strings.Cut(v.ID, "_")
	hex := strings.TrimPrefix(word, "sha256:")
	return word == v.ID || word == stamp || word == "v"+strconv.Itoa(v.Number) || word == string(v.Meta.Path) ||
		len(hex) >= 8 && strings.HasPrefix(v.Meta.SHA256.String(), "sha256:"+hex)
}
