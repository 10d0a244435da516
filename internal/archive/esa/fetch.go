package esa

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/csvtab"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/votable"
)

const opFetch = "esa.Fetch"

// Fetch writes a table of Gaia sources near the stars of the request, as CSV:
// the star ("TIC 441420236"), the distance at epoch 2000 in arcsec, then the
// archive's columns as it spelled their values. Rows stand in the order of the
// stars, nearest source first. A star without a source has no row. The query
// in the origin is the first batch's; the others differ in positions only.
func (s *Source) Fetch(ctx context.Context, req archive.TableRequest, w io.Writer) (archive.TableAnswer, error) {
	if req.Type != catalog.Gaia {
		return archive.TableAnswer{}, exo.Errorf(opFetch, exo.Invalid, nil, "ESA's Gaia archive is not the source of the table %q", req.Type).Try("ask it for gaia")
	}
	stars := placed(req.Targets, req.Stars)
	if len(stars) == 0 {
		return archive.TableAnswer{}, exo.Errorf(opFetch, exo.Invalid, nil, "no star with a position is given").
			Try("ingest koi, toi or k2 first: the Gaia table is asked for by the stars that they hold")
	}
	radius := (s.opt.RadiusArcsec + s.opt.MotionArcsec) / 3600
	ans := archive.TableAnswer{Origin: exo.Origin{
		Archive: "esa", URL: s.endpoint(), Query: query(stars[:min(s.opt.Batch, len(stars))], radius),
	}}
	batches := slices.Collect(slices.Chunk(stars, s.opt.Batch))
	parts := make([][][]string, len(batches))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(s.opt.Parallel)
	for i, batch := range batches {
		g.Go(func() error {
			rows, err := s.batch(gctx, batch, radius)
			for _, st := range batch {
				parts[i] = append(parts[i], s.near(st, rows)...)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return archive.TableAnswer{}, err
	}
	return ans, csvtab.Write(w, append([]string{"target", "separation_arcsec"}, columns()...), slices.Concat(parts...))
}

func (s *Source) endpoint() string { return s.opt.Endpoint.URL("/tap-server/tap/sync", nil) }

// batch asks for the sources near some stars. An answer that may have been cut
// is asked for again in halves.
func (s *Source) batch(ctx context.Context, stars []catalog.Star, radiusDeg float64) ([]source, error) {
	ep := s.opt.Endpoint
	body, resp, err := s.opt.Client.Get(ctx, ep, archive.Request{URL: s.endpoint(), Form: url.Values{
		"REQUEST": {"doQuery"}, "LANG": {"ADQL"}, "FORMAT": {"csv"}, "MAXREC": {strconv.Itoa(maxRows)}, "QUERY": {query(stars, radiusDeg)},
	}})
	if err != nil {
		return nil, archive.Explain(err)
	}
	rows, cut, err := parse(resp.URL.Host, body)
	if err == nil && !bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) { // a VOTable shows its end itself
		err = resp.Ended(body)
	}
	if err != nil {
		return nil, err
	}
	if !cut && len(rows) < maxRows {
		return rows, nil
	}
	if len(stars) == 1 {
		return nil, exo.Errorf(opFetch, exo.Upstream, stars[0].ID, "the Gaia archive has more than %d sources at %s, or cuts its answers", len(rows), stars[0].ID).
			Try("choose a smaller radius")
	}
	half := len(stars) / 2
	first, err := s.batch(ctx, stars[:half], radiusDeg)
	if err != nil {
		return nil, err
	}
	second, err := s.batch(ctx, stars[half:], radiusDeg)
	return append(first, second...), err
}

// near returns the rows of the sources that belong to a star.
func (s *Source) near(st catalog.Star, rows []source) [][]string {
	type match struct {
		source
		distance float64
	}
	var near []match
	seen := map[string]bool{}
	for _, r := range rows {
		if d := archive.Separation(st.RA, st.Dec, r.ra, r.dec); d <= s.opt.RadiusArcsec && !seen[r.id()] {
			seen[r.id()] = true
			near = append(near, match{r, d})
		}
	}
	slices.SortFunc(near, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), strings.Compare(a.id(), b.id()))
	})
	var out [][]string
	for _, m := range near {
		out = append(out, append([]string{st.ID.String(), strconv.FormatFloat(m.distance, 'f', 3, 64)}, m.cells...))
	}
	return out
}

// parse reads an answer, CSV as asked for or a VOTable. cut is true if the
// service said that rows are missing.
func parse(host string, body []byte) (rows []source, cut bool, err error) {
	if b := bytes.TrimSpace(body); bytes.HasPrefix(b, []byte("<")) && bytes.Contains(b[:min(len(b), 2048)], []byte("VOTABLE")) {
		doc, err := votable.Read(bytes.NewReader(body), votable.Limits{Rows: 10 * maxRows})
		if err != nil {
			return nil, false, exo.E(opFetch, exo.Upstream, host, err).Say("the VOTable of %s cannot be read", host).Try("try again later")
		}
		if doc.Status == votable.Error || !doc.Table {
			return nil, false, archive.Refusal(host, body)
		}
		names := make([]string, len(doc.Fields))
		for i, f := range doc.Fields {
			names[i] = f.Name
		}
		rows, err := sources(host, names, len(doc.Rows), func(i, j int) string { return doc.Rows[i][j] })
		return rows, doc.Status == votable.Overflow, err
	}
	if r := archive.Refusal(host, body); r != nil {
		return nil, false, r
	}
	t, err := csvtab.ReadAll(body, csvtab.Limits{})
	if err != nil {
		return nil, false, exo.E(opFetch, exo.Upstream, host, err).Say("the answer of %s is no table", host).Try("try again later")
	}
	rows, err = sources(host, t.Columns, t.Len(), t.Cell)
	return rows, false, err
}
