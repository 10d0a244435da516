package ingest

import (
	"context"
	"errors"
	"path"
	"strings"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// HeldTable is a table that waits for a person's decision.
type HeldTable struct {
	ID            string                `json:"id"`
	TableType     catalog.Type          `json:"table_type"`
	Reason        string                `json:"reason"`
	Path          exo.Path              `json:"path"`
	Records       int                   `json:"records"`
	Checksum      exo.Digest            `json:"checksum"`
	RetrievedAt   time.Time             `json:"retrieved_at"`
	Changes       catalog.Changes       `json:"changes"` // against the table that is current now
	SchemaChanges catalog.SchemaChanges `json:"schema_changes"`
}

// heldID is the name of the file without its folder and extension.
func heldID(m store.Meta) string {
	return strings.TrimSuffix(m.Path.Base(), path.Ext(m.Path.Base()))
}

func heldKey(m store.Meta) string { return "held/" + string(m.Path) }

// decision returns what was decided on a held table: "approved", "discarded".
func (s *Service) decision(ctx context.Context, m store.Meta) (outcome string, decided bool, err error) {
	c, ok, err := s.opt.Store.Check(ctx, heldKey(m))
	return c.Outcome, ok, err
}

// Held lists the tables that wait for a decision, by path.
func (s *Service) Held(ctx context.Context) ([]HeldTable, error) {
	waiting, err := s.waiting(ctx)
	if err != nil {
		return nil, err
	}
	list := []HeldTable{}
	for _, m := range waiting {
		h := HeldTable{ID: heldID(m), TableType: m.Table, Path: m.Path, Records: m.Rows, Checksum: m.SHA256, RetrievedAt: m.RetrievedAt}
		_, d, why, err := s.compareHeld(ctx, m)
		switch exo.KindOf(err) {
		case exo.Corrupt, exo.Upstream: // one table that cannot be read hides no other
			why = "it cannot be compared with the current table: " + exo.MessageOf(err)
			d.Schema = catalog.NoSchemaChanges()
		default:
			if err != nil {
				return nil, err
			}
		}
		h.Reason, h.Changes, h.SchemaChanges = why, d.Changes, d.Schema
		list = append(list, h)
	}
	return list, nil
}

func (s *Service) waiting(ctx context.Context) ([]store.Meta, error) {
	all, err := s.opt.Store.List(ctx, store.Filter{Kind: store.Held})
	if err != nil {
		return nil, err
	}
	var waiting []store.Meta
	for _, m := range all {
		_, decided, err := s.decision(ctx, m)
		if err != nil {
			return nil, err
		}
		if !decided {
			waiting = append(waiting, m)
		}
	}
	return waiting, nil
}

// compareHeld reads a held table and compares it with the current one.
func (s *Service) compareHeld(ctx context.Context, m store.Meta) (*catalog.Table, catalog.Difference, string, error) {
	table, err := s.opt.Held.Read(ctx, m)
	if err != nil {
		return nil, catalog.Difference{}, "", err
	}
	var old *catalog.Table
	newest, _, err := s.current(ctx, m.Table)
	if err == nil && newest != nil {
		old, err = s.opt.Held.Parsed(ctx, *newest)
	}
	if err != nil {
		return nil, catalog.Difference{}, "", err
	}
	d := catalog.Diff(old, table)
	_, why := catalog.MassChange(old, table, d)
	if why == "" {
		why = "the current table has come near to it since it was held"
	}
	return table, d, why, nil
}

// find returns the waiting table with the identifier.
func (s *Service) find(ctx context.Context, id string) (store.Meta, error) {
	const op = "ingest.Held"
	waiting, err := s.waiting(ctx)
	if err != nil {
		return store.Meta{}, err
	}
	for _, m := range waiting {
		if heldID(m) == id {
			return m, nil
		}
	}
	return store.Meta{}, exo.Errorf(op, exo.NotFound, nil, "no table with the identifier %q waits for approval", clip(id, 60)).
		Try("list those that wait with `exoplanetai ingest held list`")
}

// Approve makes a held table current. exo.NotFound if none with the identifier
// waits; exo.Conflict if a newer table has become current since, or the archive
// has confirmed the current one.
func (s *Service) Approve(ctx context.Context, id string) (TableResult, error) {
	res, err := s.approve(ctx, id)
	if err == nil {
		s.followed(ctx, &res)
	}
	return res, err
}

func (s *Service) approve(ctx context.Context, id string) (TableResult, error) {
	m, release, err := s.decide(ctx, id)
	if err != nil {
		return TableResult{}, err
	}
	defer release()
	r := &run{Service: s, t: m.Table}
	if err := r.look(ctx); err != nil {
		return TableResult{}, err
	}
	if r.newest != nil && r.newest.RetrievedAt.After(m.RetrievedAt) {
		return TableResult{}, exo.Errorf("ingest.Approve", exo.Conflict, id, "a newer %s table, %s, is current", m.Table, r.newest.Path).
			Try("discard the held table with `exoplanetai ingest held discard %s`", id)
	}
	if r.newest != nil && r.newest.SHA256 != m.SHA256 && r.asked.At.After(m.RetrievedAt) {
		return TableResult{}, exo.Errorf("ingest.Approve", exo.Conflict, id, "the archive has confirmed the current %s table, %s, since", m.Table, r.newest.Path).
			Try("discard the held table with `exoplanetai ingest held discard %s`", id)
	}
	table, d, _, err := s.compareHeld(ctx, m)
	if err != nil {
		return TableResult{}, err
	}
	if r.newest == nil || r.newest.SHA256 != m.SHA256 { // else a crash came between the two steps
		if err := r.release(ctx, m, table); err != nil {
			return TableResult{}, err
		}
	}
	if err := s.opt.Store.SetCheck(ctx, heldKey(m), store.Check{At: s.now(), Outcome: "approved"}); err != nil {
		return TableResult{}, err
	}
	r.asked = store.Check{At: m.RetrievedAt, Outcome: "new"}
	if err := s.opt.Store.SetCheck(ctx, checkKey(m.Table), r.asked); err != nil {
		return TableResult{}, err
	}
	res := r.answer(ctx, FromArchive, *r.newest)
	res.Changes, res.SchemaChanges = d.Changes, d.Schema
	return res, nil
}

// release publishes the bytes of a held table as the current one.
func (r *run) release(ctx context.Context, m store.Meta, table *catalog.Table) error {
	f, err := r.opt.Store.Read(ctx, m.Path)
	if err != nil {
		return err
	}
	text, err := f.Bytes()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	st, err := r.opt.Store.Stage(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = r.drop(st, nil) }()
	if _, err := st.Write(text); err != nil {
		return err
	}
	meta := m
	meta.Kind, meta.Path = store.Table, ""
	meta.From = append([]store.Ref{{Path: m.Path, SHA256: m.SHA256}}, m.From...)
	metas, err := r.publish(ctx, []store.Item{{Staged: st, Meta: meta}})
	if err != nil {
		return err
	}
	r.newest = &metas[0]
	r.opt.Held.Keep(metas[0], table)
	return nil
}

// Discard decides that a held table does not become current. Its bytes stay
// where they are; the same bytes from the archive are held again.
func (s *Service) Discard(ctx context.Context, id string) error {
	m, release, err := s.decide(ctx, id)
	if err != nil {
		return err
	}
	defer release()
	return s.opt.Store.SetCheck(ctx, heldKey(m), store.Check{At: s.now(), Outcome: "discarded"})
}

// decide finds a held table and keeps others from deciding at the same time.
func (s *Service) decide(ctx context.Context, id string) (store.Meta, func(), error) {
	m, err := s.find(ctx, id)
	if err != nil {
		return store.Meta{}, nil, err
	}
	release, err := s.alone(ctx, m.Table)
	if err != nil {
		return store.Meta{}, nil, err
	}
	if again, err := s.find(ctx, id); err != nil || again.Path != m.Path {
		release()
		return store.Meta{}, nil, errors.Join(err, exo.E("ingest.Held", exo.NotFound, id, nil))
	}
	return m, release, nil
}
