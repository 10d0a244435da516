package history

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/tables"
)

// pair is what is between two versions.
type pair struct {
	diff     catalog.Difference
	events   []catalog.Event
	kinds    map[catalog.EventKind]int
	verdicts []Transition
	columns  []string // of both tables
}

// defaultPage is the number of events and rows of an answer where the request
// says none.
const defaultPage = 100

// Diff compares two versions of a table, in either direction. Without a From the
// version before To is taken.
//
// Errors: exo.Invalid with `parameter` and `allowed` for a column or kind that is
// not there; exo.NotFound for a version that is not held.
func (s *Service) Diff(ctx context.Context, r DiffRequest) (Diff, error) {
	if err := r.check(); err != nil {
		return Diff{}, err
	}
	from, to, err := s.ends(ctx, r)
	if err != nil {
		return Diff{}, err
	}
	p, err := s.pair(ctx, from, to)
	if err != nil {
		return Diff{}, err
	}
	rows, err := p.rows(r.Columns)
	if err != nil {
		return Diff{}, err
	}
	events := p.events
	if len(r.Kinds) > 0 {
		events = slices.DeleteFunc(slices.Clone(events), func(e catalog.Event) bool { return !slices.Contains(r.Kinds, e.Kind) })
	}
	d := Diff{
		Table: r.Table, From: StateOf(from), To: StateOf(to),
		Changes: p.diff.Changes, SchemaChanges: p.diff.Schema, Renamed: p.diff.Schema.Renamed,
		Kinds: p.kinds, Dispositions: p.verdicts,
		Events: page(events, r.Offset, r.Limit), EventsTotal: len(events),
		Rows: page(rows, r.Offset, r.Limit), RowsTotal: len(rows),
		Offset: r.Offset, Limit: r.Limit,
	}
	if end := r.Offset + r.Limit; r.Limit > 0 && end < max(d.EventsTotal, d.RowsTotal) {
		d.Next = end
	}
	return d, nil
}

// check refuses what cannot be asked, and sets the default page.
func (r *DiffRequest) check() error {
	const op = "history.Diff"
	if r.Limit == 0 {
		r.Limit = defaultPage
	}
	switch {
	case r.Limit < -1:
		return exo.Errorf(op, exo.Invalid, nil, "limit=%d is no number of rows", r.Limit).With("parameter", "limit").Try("give 1 or more, or -1 for all")
	case r.Offset < 0 || r.Offset > 1<<40:
		return exo.Errorf(op, exo.Invalid, nil, "offset=%d is no number of rows", r.Offset).With("parameter", "offset").Try("give 0 or more")
	}
	return checkKinds(op, r.Kinds)
}

func checkKinds(op string, kinds []catalog.EventKind) error {
	for _, k := range kinds {
		if !slices.Contains(catalog.EventKinds, k) {
			return exo.Errorf(op, exo.Invalid, nil, "%.40q is not a kind of event", k).With("parameter", "kinds").With("allowed", catalog.EventKinds).
				Try("use some of new, retired, disposition, ephemeris, radius, other")
		}
	}
	return nil
}

// ends finds the two versions.
func (s *Service) ends(ctx context.Context, r DiffRequest) (from, to tables.Version, err error) {
	if to, err = s.opt.Tables.Pick(ctx, r.Table, r.To); err != nil {
		return from, to, of(err, "to")
	}
	if r.From != (tables.Ref{}) {
		from, err = s.opt.Tables.Pick(ctx, r.Table, r.From)
		return from, to, of(err, "from")
	}
	list, err := s.opt.Tables.Versions(ctx, r.Table)
	if err != nil {
		return from, to, err
	}
	k := slices.IndexFunc(list, func(v tables.Version) bool { return v.Meta.Path == to.Meta.Path })
	if k < 1 {
		return from, to, exo.Errorf("history.Diff", exo.NotFound, r.Table, "%s is the first version of the %s table that is held: there is none before it", to.ID, r.Table).
			With("parameter", "from").Try("compare again when the table has been ingested another time; to compare two versions, name both")
	}
	return list[k-1], to, nil
}

// of names the parameter of a request that an error is about.
func of(err error, parameter string) error {
	if err == nil || exo.ExtraOf(err)["parameter"] == nil {
		return err
	}
	return exo.E("history.Diff", exo.KindOf(err), nil, err).With("parameter", parameter)
}

// pair compares two versions, or takes what is held of it.
func (s *Service) pair(ctx context.Context, from, to tables.Version) (*pair, error) {
	key := [2]exo.Digest{from.Meta.SHA256, to.Meta.SHA256}
	if p, ok := s.pairs.get(key); ok {
		return p, nil
	}
	done, err := s.turn(ctx, "history.Diff")
	if err != nil {
		return nil, err
	}
	defer done()
	if p, ok := s.pairs.get(key); ok { // another call made it meanwhile
		return p, nil
	}
	old, err := s.table(ctx, from)
	if err != nil {
		return nil, err
	}
	new, err := s.table(ctx, to)
	if err != nil {
		return nil, err
	}
	p := compare(old, new)
	cells := 0
	for _, r := range p.diff.Rows {
		cells += len(r.Cells)
	}
	// The cells are parts of the texts of the tables, and hold them.
	s.pairs.put(key, p, from.Meta.SizeBytes+to.Meta.SizeBytes+int64(48*cells+64*len(p.diff.Rows)+400*len(p.events)))
	return p, nil
}

func compare(old, new *catalog.Table) *pair {
	p := &pair{diff: catalog.Diff(old, new), kinds: map[catalog.EventKind]int{}, verdicts: []Transition{}}
	p.events = catalog.Events(old, new, p.diff)
	for _, k := range catalog.EventKinds {
		p.kinds[k] = 0
	}
	changed := map[Transition]int{}
	for _, e := range p.events {
		p.kinds[e.Kind]++
		if e.Kind == catalog.EventDisposition {
			changed[Transition{From: e.From, To: e.To}]++
		}
	}
	for t, n := range changed {
		p.verdicts = append(p.verdicts, Transition{From: t.From, To: t.To, Rows: n})
	}
	slices.SortFunc(p.verdicts, func(a, b Transition) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
	})
	p.columns = slices.Clone(new.Names())
	for _, name := range old.Names() {
		if !slices.Contains(p.columns, name) {
			p.columns = append(p.columns, name)
		}
	}
	return p
}

// rows returns the changed rows with the cells of the wanted columns. Rows that
// changed in none of them are left out; rows that came or went stay.
func (p *pair) rows(columns []string) ([]catalog.RowChange, error) {
	if len(columns) == 0 {
		return p.diff.Rows, nil
	}
	for _, name := range columns {
		if !slices.Contains(p.columns, name) {
			return nil, noColumn(name, p.columns)
		}
	}
	rows := make([]catalog.RowChange, 0, len(p.diff.Rows))
	for _, r := range p.diff.Rows {
		if r.Kind == catalog.RowChanged {
			r.Cells = slices.DeleteFunc(slices.Clone(r.Cells), func(c catalog.CellChange) bool { return !slices.Contains(columns, c.Column) })
			if len(r.Cells) == 0 {
				continue
			}
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func noColumn(name string, columns []string) error {
	e := exo.Errorf("history.Diff", exo.Invalid, nil, "neither table has a column %.60q", name).With("parameter", "columns").With("allowed", columns)
	near := nearest(name, columns, 3)
	if len(near) == 0 {
		return e.Try("use some of %s …", strings.Join(columns[:min(len(columns), 8)], ", "))
	}
	return e.Try("did you mean %s?", strings.Join(near, ", "))
}

// nearest lists the names that are most like one, at most n.
func nearest(name string, names []string, n int) []string {
	type near struct {
		name  string
		edits int
	}
	var list []near
	want := catalog.Fold(name)
	for _, s := range names {
		have := catalog.Fold(s)
		edits := exo.Edits(want, have)
		if len(want) > 2 && strings.Contains(have, want) {
			edits = min(edits, 2)
		}
		if edits <= 2+len(want)/4 {
			list = append(list, near{s, edits})
		}
	}
	slices.SortStableFunc(list, func(a, b near) int { return cmp.Compare(a.edits, b.edits) })
	var out []string
	for _, x := range list[:min(len(list), n)] {
		out = append(out, x.name)
	}
	return out
}

// page returns a part of a list, never nil.
func page[T any](list []T, offset, limit int) []T {
	list = list[min(offset, len(list)):]
	if limit >= 0 {
		list = list[:min(limit, len(list))]
	}
	if list == nil {
		return []T{}
	}
	return list
}
