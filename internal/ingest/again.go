package ingest

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

const opAgain = "ingest.Again"

// Again fetches the bytes of a stored file once more, by the question or the
// address that its record names, through the archive's client and the base URLs
// in use now. A table that was assembled from changed rows is assembled again
// from what is held, without asking anybody.
//
// Archives change their tables and replace their files: what comes may be other
// bytes. The caller compares the digest.
//
// Errors: exo.NotFound if nobody can be asked for the file, because this program
// made it or because its record does not tell the question; else those of the
// archive. After an error the staged bytes are the caller's to discard.
func (s *Service) Again(ctx context.Context, m store.Meta, to *store.Staged) error {
	switch m.Kind {
	case store.LightCurve:
		return s.curveAgain(ctx, m, to)
	case store.Table, store.Delta, store.Held, store.Rejected:
		if len(m.From) > 0 {
			return s.assembleAgain(ctx, m, to)
		}
		return s.tableAgain(ctx, m, to)
	case store.Answer:
		return noOrigin(m, "answers to searches change from day to day and are not asked for again")
	}
	return noOrigin(m, "it was made by this program")
}

func noOrigin(m store.Meta, why string) error {
	return exo.Errorf(opAgain, exo.NotFound, m.Path, "%s cannot be fetched again: %s", m.Path, why)
}

// curveAgain downloads a light curve.
func (s *Service) curveAgain(ctx context.Context, m store.Meta, to *store.Staged) error {
	if s.opt.LightCurves == nil {
		return exo.Errorf(opAgain, exo.Unavailable, m.Path, "no archive of light curves is set up").Try("set its base URL in the configuration")
	}
	p := asProduct(m)
	if p.URI = uriOf(m.Origin); p.URI == "" {
		found, err := s.listed(ctx, m, p.FileName)
		if err != nil {
			return err
		}
		p.URI = found.URI
	}
	_, err := s.download(ctx, p, to)
	return err
}

// uriOf gives the archive's own name of a file from the address that it came
// from; "" if the address does not tell.
func uriOf(o exo.Origin) string {
	if strings.HasPrefix(o.URL, "folder:") {
		return o.URL
	}
	u, err := url.Parse(o.URL)
	if err != nil {
		return ""
	}
	return u.Query().Get("uri")
}

// listed asks the archive for its list of the star's files, for those that came
// from an address without the archive's own name, such as an open-data bucket.
func (s *Service) listed(ctx context.Context, m store.Meta, name string) (archive.Product, error) {
	found, err := s.opt.LightCurves.Find(ctx, archive.LightCurveQuery{Target: m.Target, Mission: m.Mission, SectorQuarter: m.SectorQuarter, Author: m.Author})
	if err != nil {
		return archive.Product{}, exchange(err)
	}
	for _, p := range found.Products {
		if p.FileName == name {
			return p, nil
		}
	}
	return archive.Product{}, noOrigin(m, "the archive does not list it any more")
}

// tableAgain loads a whole table, or the changed rows from the time that the
// record's query names.
func (s *Service) tableAgain(ctx context.Context, m store.Meta, to *store.Staged) error {
	src := s.opt.Tables[m.Table]
	if src == nil {
		return exo.Errorf(opAgain, exo.Unavailable, m.Path, "no archive is set up for the %s table", m.Table).Try("set its base URL in the configuration")
	}
	req := archive.TableRequest{Type: m.Table}
	r := &run{Service: s, t: m.Table, src: src}
	if m.Table == catalog.Gaia {
		if err := r.targets(ctx, &req); err != nil {
			return err
		}
	}
	if m.Kind == store.Delta {
		if req.Since = sinceOf(m.Origin.Query); req.Since == "" {
			return noOrigin(m, "its record does not tell from what time on rows were asked for")
		}
	}
	w := &meter{ctx: ctx, st: to, table: m.Table}
	_, err := src.Fetch(ctx, req, w)
	switch {
	case w.err != nil:
		return w.err // of the disk, not of the archive
	case err != nil:
		return r.refused(err)
	}
	return nil
}

// sinceForm finds the time in a query for changed rows: … where rowupdate > '2026-01-02'.
var sinceForm = regexp.MustCompile(`> *(?:to_date\()?'([0-9][0-9 :T.-]{9,29})'`)

func sinceOf(query string) string {
	if m := sinceForm.FindStringSubmatch(query); m != nil {
		return m[1]
	}
	return ""
}

// assembleAgain puts the changed rows that are held into the table before, as
// was done when the table came.
func (s *Service) assembleAgain(ctx context.Context, m store.Meta, to *store.Staged) error {
	base, err := s.opt.Store.Get(ctx, m.From[0].Path)
	if err != nil {
		return err
	}
	if base.SHA256 != m.From[0].SHA256 {
		return noOrigin(m, "the table that it was assembled from is another one now")
	}
	var delta store.Meta
	err = s.opt.Store.Each(ctx, store.Filter{Kind: store.Delta, Table: m.Table}, func(d store.Meta) error {
		if d.RetrievedAt.Equal(m.RetrievedAt) && d.Origin == m.Origin {
			delta = d
		}
		return nil
	})
	if err != nil {
		return err
	}
	if delta.Path == "" {
		return noOrigin(m, "the changed rows that it was assembled with are not held")
	}
	before, err := s.opt.Held.Read(ctx, base)
	if err != nil {
		return err
	}
	rows, err := s.opt.Held.Read(ctx, delta)
	if err != nil {
		return err
	}
	text, ok := catalog.Merge(before, rows)
	if !ok {
		return noOrigin(m, "the rows that are held do not give a table")
	}
	_, err = to.Write(text)
	return err
}
