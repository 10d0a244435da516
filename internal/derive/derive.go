package derive

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"exoplanetai/internal/candidate"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
)

// Table is one table that was made or was held already.
type Table struct {
	Table    catalog.Type `json:"table"` // koi, toi, k2, gaia, candidates
	Path     exo.Path     `json:"path"`
	Checksum exo.Digest   `json:"checksum"`
	Rows     int          `json:"rows"`
	Columns  int          `json:"columns"`
	From     []exo.Path   `json:"from"`   // tables it was made of
	Beside   []exo.Path   `json:"beside"` // description; of candidates also aliases and conflicts
	Made     bool         `json:"made"`   // false: it was held
}

// Result says what there is.
type Result struct {
	Tables []Table           `json:"tables"`
	Merge  *candidate.Counts `json:"merge,omitempty"` // of the candidates, when they were made now
}

// Options says what a Service works with.
type Options struct {
	Store   *store.Store
	Tables  *tables.Tables // nil: one of its own; share it with other services
	Clock   exo.Clock      // for the log; nil: no durations are told
	Log     *slog.Logger   // nil: no log
	Program string         // name and version, for the records; empty: the store's
}

// Service makes derived tables. Its methods may be called from many goroutines.
type Service struct {
	opt  Options
	busy chan struct{} // full while an Update runs: one at a time
}

// New makes a service.
func New(o Options) *Service {
	if o.Tables == nil {
		o.Tables = tables.New(o.Store)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{opt: o, busy: make(chan struct{}, 1)}
}

// Update makes what is missing or older than its sources: the v1 form of each
// current table, then the candidates. Without any table held it makes nothing.
// Calls at the same time run one after the other; the later ones find what the
// first has made.
//
// A source that cannot be read or normalised stops the merging, because without
// its rows the candidates would seem to be retired; the other tables are made, and
// the errors come back joined. exo.Full and other failures of the disk leave what
// was there.
func (s *Service) Update(ctx context.Context) (Result, error) {
	const op = "derive.Update"
	select {
	case s.busy <- struct{}{}:
		defer func() { <-s.busy }()
	case <-ctx.Done():
		return Result{}, exo.E(op, exo.KindOf(ctx.Err()), nil, ctx.Err())
	}
	began := s.now()
	u := update{Service: s, res: Result{Tables: []Table{}}}
	err := u.run(ctx)
	made := slices.ContainsFunc(u.res.Tables, func(t Table) bool { return t.Made })
	if made {
		s.opt.Log.InfoContext(ctx, "derived tables were made", "tables", len(u.res.Tables), "took", s.now().Sub(began))
	}
	return u.res, err
}

func (s *Service) now() time.Time {
	if s.opt.Clock == nil {
		return time.Time{}
	}
	return s.opt.Clock()
}

// update is one run of Update.
type update struct {
	*Service
	sources []source
	res     Result
}

// source is a current table, and its v1 form once it has been needed.
type source struct {
	meta   store.Meta
	normal *candidate.Normal
}

func (u *update) run(ctx context.Context) error {
	var failed []error
	for _, typ := range catalog.Types {
		m, err := u.opt.Tables.Current(ctx, typ)
		if err != nil {
			return err
		}
		if m == nil {
			continue
		}
		src := source{meta: *m}
		if err := u.normalized(ctx, &src); err != nil {
			if ctx.Err() != nil || exo.KindOf(err) == exo.Full {
				return err
			}
			failed = append(failed, err)
		}
		u.sources = append(u.sources, src)
	}
	if len(failed) > 0 || !slices.ContainsFunc(u.sources, func(s source) bool { return s.meta.Table != catalog.Gaia }) {
		return errors.Join(failed...)
	}
	return u.candidates(ctx)
}

// normalize gives the v1 form of a source.
func (u *update) normalize(ctx context.Context, src *source) error {
	if src.normal != nil {
		return nil
	}
	table, err := u.opt.Tables.Parsed(ctx, src.meta)
	if err == nil {
		src.normal, err = candidate.Normalize(table)
	}
	return err
}

// normalized makes the v1 form of a table, if it is not held.
func (u *update) normalized(ctx context.Context, src *source) error {
	m := store.Meta{
		Kind: store.Normalized, Table: src.meta.Table, RetrievedAt: src.meta.RetrievedAt,
		From: []store.Ref{{Path: src.meta.Path, SHA256: src.meta.SHA256}},
	}
	have, err := u.held(ctx, m)
	if have || err != nil {
		return err
	}
	if err := u.normalize(ctx, src); err != nil {
		return err
	}
	m.Rows, m.Columns = len(src.normal.Rows), columns(src.normal.Columns)
	return u.publish(ctx, "processed/v1/", m, []file{{".csv", src.normal.CSV(), 0}, {".json", src.normal.JSON(), m.Rows}})
}

// candidates makes the merged table, if it is not held.
func (u *update) candidates(ctx context.Context) error {
	m := store.Meta{Kind: store.Merged, Table: catalog.Candidates}
	for _, src := range u.sources {
		m.From = append(m.From, store.Ref{Path: src.meta.Path, SHA256: src.meta.SHA256})
		if src.meta.RetrievedAt.After(m.RetrievedAt) {
			m.RetrievedAt = src.meta.RetrievedAt
		}
	}
	have, err := u.held(ctx, m)
	if have || err != nil {
		return err
	}
	var all candidate.Sources
	for i := range u.sources {
		src := &u.sources[i]
		if err := u.normalize(ctx, src); err != nil {
			return err
		}
		switch src.meta.Table {
		case catalog.KOI:
			all.KOI = src.normal
		case catalog.TOI:
			all.TOI = src.normal
		case catalog.K2:
			all.K2 = src.normal
		case catalog.Gaia:
			all.Gaia = src.normal
		}
	}
	merged, err := candidate.Merge(all)
	if err != nil {
		return err
	}
	u.res.Merge = &merged.Counts
	m.Rows, m.Columns = len(merged.Rows), columns(merged.Columns)
	return u.publish(ctx, "processed/v2/", m, []file{
		{".csv", merged.CSV(), 0}, {".json", merged.JSON(), 0},
		{"_aliases.csv", merged.AliasesCSV(), len(merged.Aliases)}, {"_conflicts.csv", merged.ConflictsCSV(), len(merged.Conflicts)},
	})
}

func columns(list []candidate.Column) []catalog.Column {
	cols := make([]catalog.Column, len(list))
	for i, c := range list {
		cols[i] = catalog.Column{Name: c.Name, Type: c.Type, Unit: c.Unit}
	}
	return cols
}
