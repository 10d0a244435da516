// Package tables gives the newest catalog tables that the store holds, parsed
// once and kept until another takes their place: which star a name means, and
// when its planets transit. It writes nothing and asks no archive.
package tables

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// Tables reads the tables of a store. Its methods may be called from many
// goroutines.
type Tables struct {
	store *store.Store

	busy chan struct{} // full while a table is parsed: one at a time, once each

	mu      sync.Mutex
	parsed  map[catalog.Type]parsed           // guarded by mu
	records map[exo.Path]store.Meta           // guarded by mu; shared: callers do not write to what they point to
	columns map[catalog.Type][]catalog.Column // guarded by mu; of the record kept last
}

// parsed is a table that was read from the store.
type parsed struct {
	digest exo.Digest
	table  *catalog.Table
}

// New makes a reader of the store's tables.
func New(s *store.Store) *Tables {
	return &Tables{store: s, busy: make(chan struct{}, 1), parsed: map[catalog.Type]parsed{}, records: map[exo.Path]store.Meta{}, columns: map[catalog.Type][]catalog.Column{}}
}

// missions are the tables that name stars and their transits, in the order they
// are looked into.
var missions = []catalog.Type{catalog.KOI, catalog.TOI, catalog.K2}

// Read reads and parses one stored table, of any kind and age.
func (t *Tables) Read(ctx context.Context, m store.Meta) (*catalog.Table, error) {
	f, err := t.store.Read(ctx, m.Path)
	if err != nil {
		return nil, err
	}
	text, err := f.Bytes()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	table, err := catalog.Parse(m.Table, text)
	return table, errors.Join(err, f.Close())
}

// Parsed is Read for the newest table of a type, which is kept until another
// takes its place.
func (t *Tables) Parsed(ctx context.Context, m store.Meta) (*catalog.Table, error) {
	if table := t.kept(m); table != nil {
		return table, nil
	}
	select {
	case t.busy <- struct{}{}:
		defer func() { <-t.busy }()
	case <-ctx.Done():
		return nil, exo.E("tables.Parsed", exo.KindOf(ctx.Err()), m.Table, ctx.Err())
	}
	if table := t.kept(m); table != nil { // another call parsed it meanwhile
		return table, nil
	}
	table, err := t.Read(ctx, m)
	if err != nil {
		return nil, err
	}
	t.Keep(m, table)
	return table, nil
}

func (t *Tables) kept(m store.Meta) *catalog.Table {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.parsed[m.Table]; p.digest == m.SHA256 {
		return p.table
	}
	return nil
}

// Keep takes over a table that the caller has parsed and stored as m.
func (t *Tables) Keep(m store.Meta, table *catalog.Table) {
	t.mu.Lock()
	t.parsed[m.Table] = parsed{m.SHA256, table}
	t.mu.Unlock()
}

// Current returns the record of the current table of a type: the one that was
// retrieved last of those that were accepted; nil if none is held.
func (t *Tables) Current(ctx context.Context, typ catalog.Type) (*store.Meta, error) {
	m, err := t.store.Newest(ctx, store.Filter{Kind: store.Table, Table: typ})
	if errors.Is(err, exo.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &m, nil
}

// Newest returns the current table of a type with its record; a nil table if
// none is held.
func (t *Tables) Newest(ctx context.Context, typ catalog.Type) (*catalog.Table, store.Meta, error) {
	m, err := t.Current(ctx, typ)
	if err != nil || m == nil {
		return nil, store.Meta{}, err
	}
	table, err := t.Parsed(ctx, *m)
	return table, *m, err
}

// Find looks a name up in the current tables. Several stars are several
// answers; none is no error.
func (t *Tables) Find(ctx context.Context, name exo.Name) ([]catalog.Star, error) {
	var stars []catalog.Star
	for _, typ := range missions {
		table, _, err := t.Newest(ctx, typ)
		if err != nil {
			return nil, err
		}
		if table == nil {
			continue
		}
		for _, star := range table.Find(name) {
			if !slices.ContainsFunc(stars, func(s catalog.Star) bool { return s.ID == star.ID }) {
				stars = append(stars, star)
			}
		}
	}
	return stars, nil
}

// Known is an ephemeris with the record of the table that it stands in.
type Known struct {
	catalog.Ephemeris
	Table store.Meta
}

// samePeriod is the relative difference up to which two tables mean the same
// planet of a star.
const samePeriod = 1e-3

// Ephemerides returns what the current tables know of a star's transits, by
// table (KOI, TOI, K2), then object. A planet that two tables list, told by its
// period, is taken from the first.
func (t *Tables) Ephemerides(ctx context.Context, id exo.TargetID) ([]Known, error) {
	var list []Known
	for _, typ := range missions {
		table, m, err := t.Newest(ctx, typ)
		if err != nil {
			return nil, err
		}
		if table == nil {
			continue
		}
		before := list
		for _, e := range table.Ephemerides(id) {
			twin := func(k Known) bool {
				return e.PeriodDays > 0 && math.Abs(k.PeriodDays-e.PeriodDays) <= samePeriod*e.PeriodDays
			}
			if !slices.ContainsFunc(before, twin) {
				list = append(list, Known{e, m})
			}
		}
	}
	return list, nil
}
