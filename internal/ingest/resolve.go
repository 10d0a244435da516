package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/cache"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// resolver finds the one star that a name means, or says why there is none:
// the number that the name is, the tables that are held, then the archives'
// resolvers in order. It never picks one of several stars.
type resolver struct {
	stars   func(ctx context.Context, name exo.Name) ([]catalog.Star, error) // of the tables held
	asked   []archive.Resolver
	cache   cache.Cache // nil: no cache
	refresh bool        // do not take a resolver's answer from the cache
}

// resolvedFor is how long a resolver's answer is kept. Names of stars hardly
// ever change their meaning.
const resolvedFor = 7 * 24 * time.Hour

// maxCandidates bounds the list of an ambiguous name.
const maxCandidates = 20

// resolve finds the star. The mission may be empty; then it follows from the
// kind of name or the star's number.
func (r resolver) resolve(ctx context.Context, query, mission string) (Target, error) {
	const op = "ingest.resolve"
	name, err := exo.ParseName(query)
	if err != nil {
		return Target{}, err
	}
	var m exo.Mission
	if mission != "" {
		if m, err = exo.ParseMission(mission); err != nil {
			return Target{}, err
		}
	}
	if name.Form == exo.FormID && (m == "" || m.Catalog() == name.ID.Catalog) {
		return Target{Query: name.Query, Mission: name.ID.Catalog.Mission(), ID: name.ID, Name: name.Canonical}, nil
	}
	if m == "" {
		m = name.Form.Mission()
	}
	held, err := r.held(ctx, name, m)
	if err != nil {
		return Target{}, err
	}
	found := held
	if len(found) == 0 {
		if found, err = r.ask(ctx, name, m); err != nil {
			return Target{}, err
		}
	}
	switch {
	case len(found) == 0:
		return Target{}, unknownName(op, name, m)
	case len(found) > 1:
		return Target{}, ambiguous(op, name, found)
	}
	c := found[0]
	return Target{Query: name.Query, Mission: c.ID.Catalog.Mission(), ID: c.ID, Name: nameOf(c, name)}, nil
}

func nameOf(c archive.Candidate, name exo.Name) string {
	if c.Name != "" {
		return c.Name
	}
	return name.Canonical
}

// held looks into the tables that are held.
func (r resolver) held(ctx context.Context, name exo.Name, m exo.Mission) ([]archive.Candidate, error) {
	if r.stars == nil {
		return nil, nil
	}
	stars, err := r.stars(ctx, name)
	if err != nil {
		return nil, err
	}
	list := make([]archive.Candidate, 0, len(stars))
	for _, s := range stars {
		list = append(list, archive.Candidate{ID: s.ID, Name: name.Canonical, RA: finite(s.RA), Dec: finite(s.Dec), Mag: finite(s.Mag), Resolver: "catalog"})
	}
	return distinct(list, m), nil
}

// finite replaces what JSON cannot hold by zero.
func finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}

// distinct keeps the stars of the mission's catalog, each once. Without a
// mission all catalogs count.
func distinct(list []archive.Candidate, m exo.Mission) []archive.Candidate {
	var out []archive.Candidate
	for _, c := range list {
		if c.ID.IsZero() || m != "" && c.ID.Catalog != m.Catalog() {
			continue
		}
		if !slices.ContainsFunc(out, func(o archive.Candidate) bool { return o.ID == c.ID }) {
			out = append(out, c)
		}
	}
	return out
}

// ask asks the resolvers, in order, until one knows the name. When none does
// and one of them was out of order, nobody can say that the name is unknown.
func (r resolver) ask(ctx context.Context, name exo.Name, m exo.Mission) ([]archive.Candidate, error) {
	const op = "ingest.resolve"
	if m == "" {
		m = exo.TESS // its catalog has the stars of the others, too
	}
	key := "resolve/1/" + string(m) + "/" + strings.ToLower(name.Canonical)
	if list, ok := r.cached(ctx, key); ok {
		return list, nil
	}
	var failed error
	for _, who := range r.asked {
		list, err := who.Resolve(ctx, name, m)
		switch {
		case ctx.Err() != nil:
			return nil, exo.E(op, exo.KindOf(ctx.Err()), name.Canonical, ctx.Err())
		case errors.Is(err, exo.NotFound):
			continue
		case err != nil:
			if failed == nil {
				failed = err
			}
			continue
		}
		if list = distinct(list, m); len(list) > 0 {
			r.keep(ctx, key, list)
			return list, nil
		}
	}
	if failed != nil {
		return nil, exo.E(op, exo.KindOf(failed), name.Canonical, failed).
			Say("nobody could be asked which star %q is: %s", name.Query, exo.MessageOf(failed)).
			Try("give the catalog number, such as TIC 441420236, KIC 11904151 or EPIC 201912552, or try again later")
	}
	return nil, nil
}

// cached takes an answer from the cache; whatever goes wrong is a miss.
func (r resolver) cached(ctx context.Context, key string) ([]archive.Candidate, bool) {
	if r.cache == nil || r.refresh {
		return nil, false
	}
	data, ok, err := r.cache.Get(ctx, key)
	if err != nil || !ok {
		return nil, false
	}
	var list []archive.Candidate
	if json.Unmarshal(data, &list) != nil || len(list) == 0 {
		return nil, false
	}
	return list, true
}

// keep puts an answer into the cache. A cache that is out of order costs time
// only.
func (r resolver) keep(ctx context.Context, key string, list []archive.Candidate) {
	if r.cache == nil {
		return
	}
	if data, err := json.Marshal(list); err == nil {
		_ = r.cache.Set(ctx, key, data, resolvedFor)
	}
}

// unknownName is the error for a name that nobody knows.
func unknownName(op string, name exo.Name, m exo.Mission) error {
	if name.Form == exo.FormID {
		return exo.Errorf(op, exo.NotFound, nil, "no %s number is known for %s", m.Catalog(), name.Canonical).
			Try("%s stars have %s numbers: give the star's %s number, or leave the mission out to get %s data of %s",
				m, m.Catalog(), m.Catalog(), name.ID.Catalog.Mission(), name.Canonical)
	}
	return exo.Errorf(op, exo.NotFound, nil, "no star is known by the name %q", name.Query).
		Try("check the spelling, ingest the catalog that lists it (koi, toi, k2), or give the catalog number, such as TIC 441420236")
}

// ambiguous is the error for a name that several stars answer to.
func ambiguous(op string, name exo.Name, found []archive.Candidate) error {
	if len(found) > maxCandidates {
		found = found[:maxCandidates]
	}
	ids := make([]string, len(found))
	catalogs := map[exo.Catalog]bool{}
	for i, c := range found {
		ids[i] = c.ID.String()
		catalogs[c.ID.Catalog] = true
	}
	hint := "give one of these numbers: " + strings.Join(ids, ", ")
	if len(catalogs) == len(found) {
		hint += "; or name the mission"
	}
	return exo.Errorf(op, exo.Invalid, nil, "the name %q is ambiguous: %d stars answer to it", name.Query, len(found)).
		Try("%s", hint).With("candidates", found)
}
