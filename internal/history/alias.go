package history

import (
	"context"
	"errors"
	"slices"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/csvtab"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
)

// aliases is the alias graph of the newest candidates: which names are one.
type aliases struct {
	of    map[string][]string   // folded name → keys of candidates
	names map[string][]aliasRow // key of a candidate → its names, in the order of the table
}

type aliasRow struct{ kind, name string }

// candidatesTable finds the newest merged table; ok is false if none is held.
func (s *Service) candidatesTable(ctx context.Context) (v tables.Version, ok bool, err error) {
	v, err = s.opt.Tables.Pick(ctx, catalog.Candidates, tables.Ref{})
	if errors.Is(err, exo.NotFound) {
		return v, false, nil
	}
	return v, err == nil, err
}

// beside finds a companion of the merged table, "aliases" or "conflicts".
func (s *Service) beside(ctx context.Context, v tables.Version, what string) (m store.Meta, ok bool, err error) {
	m, err = s.opt.Store.Get(ctx, exo.Path(strings.TrimSuffix(string(v.Meta.Path), ".csv")+"_"+what+".csv"))
	if errors.Is(err, exo.NotFound) {
		return m, false, nil
	}
	return m, err == nil, err
}

// aliasesOf reads the aliases of a merged table, or takes them from where they
// are held. Without any, no name is known.
func (s *Service) aliasesOf(ctx context.Context, v tables.Version) (*aliases, error) {
	m, ok, err := s.beside(ctx, v, "aliases")
	if err != nil || !ok {
		return &aliases{}, err
	}
	if a, ok := s.aliases.get(m.SHA256); ok {
		return a, nil
	}
	text, err := s.text(ctx, m)
	if err != nil {
		return nil, err
	}
	a, err := parseAliases(text, m.Path)
	if err != nil {
		return nil, err
	}
	s.aliases.put(m.SHA256, a, 8*m.SizeBytes)
	return a, nil
}

func parseAliases(text []byte, p exo.Path) (*aliases, error) {
	const op = "history.aliases"
	t, err := csvtab.ReadAll(text, csvtab.Limits{Bytes: catalog.MaxBytes})
	if err != nil {
		return nil, exo.E(op, exo.Corrupt, p, err)
	}
	key, kind, name := slices.Index(t.Columns, "candidate"), slices.Index(t.Columns, "kind"), slices.Index(t.Columns, "name")
	if key < 0 || kind < 0 || name < 0 {
		return nil, exo.Errorf(op, exo.Corrupt, p, "%s is no table of aliases", p)
	}
	a := &aliases{of: make(map[string][]string, t.Len()), names: map[string][]aliasRow{}}
	for i := range t.Len() {
		k, row := t.Cell(i, key), aliasRow{t.Cell(i, kind), t.Cell(i, name)}
		if !slices.Contains(a.names[k], row) {
			a.names[k] = append(a.names[k], row)
		}
		for _, name := range []string{row.name, hostName(row.name)} {
			if f := catalog.Fold(name); f != "" && !slices.Contains(a.of[f], k) {
				a.of[f] = append(a.of[f], k)
			}
		}
	}
	return a, nil
}

// hostName is the star's part of a planet's name, "HAT-P-7" of "HAT-P-7 b"; ""
// for other names.
func hostName(planet string) string {
	n := len(planet)
	if n < 3 || planet[n-2] != ' ' || planet[n-1] < 'b' || planet[n-1] > 'z' {
		return ""
	}
	return planet[:n-2]
}

// join adds to a star what the graph says of it: through any of its names and
// numbers to its candidates, and through the numbers of these to others.
func (a *aliases) join(w *star) {
	ask := slices.Clone(w.names)
	for len(ask) > 0 {
		name := ask[0]
		ask = ask[1:]
		for _, k := range a.of[catalog.Fold(name)] {
			if slices.Contains(w.candidates, k) {
				continue
			}
			w.candidates = append(w.candidates, k)
			for _, row := range a.names[k] {
				w.name(row.name)
				switch row.kind {
				case string(exo.KIC), string(exo.EPIC), string(exo.TIC):
					if id, err := exo.ParseTargetID(row.name); err == nil && w.id(id) {
						ask = append(ask, id.String())
					}
				case "KOI":
					w.key(catalog.KOI, row.name)
				case "TOI":
					if n, err := exo.ParseName(row.name); err == nil && n.Form == exo.FormTOI && strings.Contains(n.Canonical, ".") {
						w.key(catalog.TOI, strings.TrimPrefix(n.Canonical, "TOI "))
					}
				}
			}
		}
	}
	slices.Sort(w.candidates)
}
