package nea

import (
	"bytes"
	"context"
	"encoding/csv"
	"strings"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
)

// rows asks a short query and reads the answer of at most so many bytes, cells by
// lower-case column name.
func (s *Source) rows(ctx context.Context, adql string, most int64) ([]map[string]string, error) {
	ep := s.opt.Endpoint
	body, resp, err := s.opt.Client.Get(ctx, ep, archive.Request{URL: ep.URL("/TAP/sync", form(adql)), MaxBytes: most})
	if err != nil {
		return nil, archive.Explain(err)
	}
	host := resp.URL.Host
	if err := archive.Refusal(host, body); err != nil {
		return nil, err
	}
	if err := resp.Ended(body); err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(body))
	r.LazyQuotes = true // inner quotes are not doubled
	r.Comment = '#'
	recs, err := r.ReadAll()
	if err != nil || len(recs) == 0 {
		return nil, exo.E("nea.rows", exo.Upstream, host, err).Say("the answer of %s is no table", host).Try("try again later")
	}
	var out []map[string]string
	for _, rec := range recs[1:] {
		row := map[string]string{}
		for i, name := range recs[0] {
			row[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(rec[i])
		}
		out = append(out, row)
	}
	return out, nil
}
