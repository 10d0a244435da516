package mast

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
)

const (
	opResolve = "mast.Resolve"
	coneDeg   = 0.001 // around a resolved position; 3.6 arcsec
	nearby    = 3.0   // arcsec within which stars cannot be told apart by position
)

// place is a resolved position.
type place struct {
	name, resolver string
	ra, dec        float64
}

// Resolve asks for the position of a name, then for the stars at it. All
// stars within 3 arcsec are candidates; if there is none, the nearest within
// 3.6. A name that the resolver does not know is NotFound; a resolver that
// cannot answer is Unavailable.
func (s *Source) Resolve(ctx context.Context, name exo.Name, m exo.Mission) ([]archive.Candidate, error) {
	places, err := s.lookUp(ctx, name.Canonical)
	if err != nil {
		return nil, err
	}
	if len(places) == 0 {
		return nil, exo.Errorf(opResolve, exo.NotFound, name.Query, "no star is known by the name %q", name.Query).
			Try("check the spelling, or give its %s number", m.Catalog())
	}
	at := places[0] // the first is the best for a name
	stars := numbered(places, m)
	if len(stars) > 0 {
		return stars, nil
	}
	if m == exo.TESS {
		stars, err = s.ticStars(ctx, at)
	} else {
		stars, err = s.observedStars(ctx, at, m)
	}
	if err != nil {
		return nil, err
	}
	if len(stars) == 0 {
		return nil, exo.Errorf(opResolve, exo.NotFound, name.Query, "%s (%.5f %+.5f) is no star of the %s catalog", at.name, at.ra, at.dec, m.Catalog()).
			Try("it may have been observed by another mission")
	}
	return nearest(stars), nil
}

// numbered returns the stars that the resolver itself calls by numbers of the
// mission's catalog, each once.
func numbered(places []place, m exo.Mission) []archive.Candidate {
	var stars []archive.Candidate
	for _, p := range places {
		id, err := exo.ParseTargetID(p.name)
		if err != nil || id.Catalog != m.Catalog() || slices.ContainsFunc(stars, func(c archive.Candidate) bool { return c.ID == id }) {
			continue
		}
		stars = append(stars, archive.Candidate{ID: id, Name: p.name, RA: p.ra, Dec: p.dec, Resolver: p.resolver})
	}
	return stars
}

// lookUp asks the resolver that is configured for positions of a name.
func (s *Source) lookUp(ctx context.Context, name string) ([]place, error) {
	var a answer
	var err error
	if s.opt.ResolverURL == "" {
		a, _, err = s.invoke(ctx, question{Service: "Mast.Name.Lookup", Format: "json", PageSize: s.opt.PageSize, Page: 1, Timeout: heldFor,
			Params: map[string]string{"input": name, "format": "json"}})
	} else {
		a, err = s.lookUpAll(ctx, name)
	}
	if err != nil {
		return nil, err
	}
	if a.Resolved == nil {
		return nil, exo.Errorf(opResolve, exo.Unavailable, name, "MAST's name resolver does not answer now").
			Try("try again later, or give the star's catalog number")
	}
	var places, others []place
	for _, r := range *a.Resolved {
		ra, ok := r.float("ra")
		dec, ok2 := r.float("decl")
		if !ok || !ok2 || ra < 0 || ra > 360 || math.Abs(dec) > 90 {
			continue
		}
		p := place{name: strings.Join(strings.Fields(r.text("canonicalName")), " "), resolver: r.text("resolver"), ra: ra, dec: dec}
		if strings.EqualFold(r.text("searchString"), name) {
			places = append(places, p)
		} else {
			others = append(others, p)
		}
	}
	if len(places) == 0 {
		places = others // the resolver spelled the question in its own way
	}
	return places, nil
}

// lookUpAll asks the newer resolver.
func (s *Source) lookUpAll(ctx context.Context, name string) (answer, error) {
	ep := s.opt.Endpoint
	ep.Base, ep.Header = s.opt.ResolverURL, nil
	b, resp, err := s.opt.Client.Get(ctx, ep, archive.Request{
		URL:      ep.URL("/Santa-war/query", url.Values{"name": {name}, "outputFormat": {"json"}, "resolveAll": {"true"}}),
		MaxBytes: 4 << 20,
	})
	if err != nil {
		return answer{}, archive.Explain(err)
	}
	return decode(resp.URL.Host, b)
}

// ticStars asks for the TESS catalog's stars at a position, without those that
// the catalog itself calls artifacts or duplicates.
func (s *Source) ticStars(ctx context.Context, at place) ([]archive.Candidate, error) {
	rows, _, err := s.all(ctx, "Mast.Catalogs.Tic.Cone", map[string]float64{"ra": at.ra, "dec": at.dec, "radius": coneDeg})
	if err != nil {
		return nil, err
	}
	var stars []archive.Candidate
	for _, r := range rows {
		id, ok := r.int("ID")
		if d := strings.ToUpper(r.text("disposition")); !ok || id <= 0 || d == "ARTIFACT" || d == "DUPLICATE" {
			continue
		}
		c := archive.Candidate{ID: exo.TargetID{Catalog: exo.TIC, Number: uint64(id)}, Name: at.name, RA: at.ra, Dec: at.dec, Resolver: at.resolver}
		at.locate(&c, r, "ra", "dec")
		if d, ok := r.float("dstArcSec"); ok {
			c.Distance = d
		}
		c.Mag, _ = r.float("Tmag")
		stars = append(stars, c)
	}
	return stars, nil
}

// observedStars asks for the stars of Kepler or K2 that were observed at a
// position: their catalogs are not to be searched, but their target names are.
func (s *Source) observedStars(ctx context.Context, at place, m exo.Mission) ([]archive.Candidate, error) {
	rows, _, err := s.all(ctx, "Mast.Caom.Filtered.Position", map[string]any{
		"columns":  "*",
		"filters":  []filter{text("obs_collection", string(m)), text("dataproduct_type", "timeseries")},
		"position": fmt.Sprintf("%s, %s, %s", degrees(at.ra), degrees(at.dec), degrees(coneDeg)),
	})
	if err != nil {
		return nil, err
	}
	var stars []archive.Candidate
	for _, r := range rows {
		id, err := exo.ParseTargetID(r.text("target_name"))
		if err != nil || id.Catalog != m.Catalog() || slices.ContainsFunc(stars, func(c archive.Candidate) bool { return c.ID == id }) {
			continue
		}
		c := archive.Candidate{ID: id, Name: at.name, RA: at.ra, Dec: at.dec, Resolver: at.resolver}
		at.locate(&c, r, "s_ra", "s_dec")
		stars = append(stars, c)
	}
	return stars, nil
}

func degrees(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// locate gives a candidate the position in a row and its distance from the
// resolved one.
func (at place) locate(c *archive.Candidate, r row, raColumn, decColumn string) {
	ra, ok := r.float(raColumn)
	dec, ok2 := r.float(decColumn)
	if ok && ok2 {
		c.RA, c.Dec = ra, dec
		c.Distance = archive.Separation(at.ra, at.dec, ra, dec)
	}
}

// nearest keeps the stars that cannot be told apart by position: all within
// 3 arcsec, or the one nearest if none is that near.
func nearest(stars []archive.Candidate) []archive.Candidate {
	slices.SortFunc(stars, func(a, b archive.Candidate) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.ID.Number, b.ID.Number))
	})
	n := 1
	for n < len(stars) && stars[n].Distance <= nearby {
		n++
	}
	return stars[:n]
}
