package nea

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
)

// alias is the answer of the alias service, as far as it is of use.
type alias struct {
	Manifest struct {
		Resolved string `json:"resolved_name"`
		Status   string `json:"lookup_status"`
	} `json:"manifest"`
	System struct {
		Objects struct {
			Stellar struct {
				Stars map[string]struct {
					Aliases struct {
						List []string `json:"aliases"`
					} `json:"alias_set"`
				} `json:"stars"`
			} `json:"stellar_set"`
		} `json:"objects"`
	} `json:"system"`
}

// Resolve asks the archive's alias service which star of the mission's catalog
// a known host or planet is. It knows confirmed systems only, and gives no
// positions. Every star of a multiple system is a candidate.
func (s *Source) Resolve(ctx context.Context, name exo.Name, m exo.Mission) ([]archive.Candidate, error) {
	ep := s.opt.Endpoint
	body, resp, err := s.opt.Client.Get(ctx, ep, archive.Request{
		URL:      ep.URL("/cgi-bin/Lookup/nph-aliaslookup.py", url.Values{"objname": {name.Canonical}}),
		MaxBytes: 4 << 20,
	})
	if err != nil {
		return nil, archive.Explain(err)
	}
	var a alias
	if err := json.Unmarshal(body, &a); err != nil {
		if r := archive.Refusal(resp.URL.Host, body); r != nil {
			return nil, r
		}
		return nil, exo.E("nea.Resolve", exo.Upstream, resp.URL.Host, err).Say("the alias service's answer cannot be read").Try("try again later")
	}
	var found []archive.Candidate
	stars := a.System.Objects.Stellar.Stars
	for _, star := range slices.Sorted(maps.Keys(stars)) {
		for _, other := range stars[star].Aliases.List {
			id, err := exo.ParseTargetID(other)
			if err != nil || id.Catalog != m.Catalog() || slices.ContainsFunc(found, func(c archive.Candidate) bool { return c.ID == id }) {
				continue
			}
			found = append(found, archive.Candidate{ID: id, Name: star, Resolver: "NASA Exoplanet Archive"})
		}
	}
	if len(found) == 0 || !strings.EqualFold(a.Manifest.Status, "OK") {
		return nil, exo.Errorf("nea.Resolve", exo.NotFound, name.Query, "the NASA Exoplanet Archive knows no %s star by the name %q", m.Catalog(), name.Query).
			Try("give its %s number", m.Catalog())
	}
	return found, nil
}
