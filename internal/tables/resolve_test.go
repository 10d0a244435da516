package tables_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
)

func TestANameIsResolvedByNumberThenTablesThenWhoeverIsAsked(t *testing.T) {
	s := open(t)
	hold(t, s, "raw/nasa/koi_1.csv", store.Table, catalog.KOI, noon, []byte(koiHeader+"K00072.01,11904151,CONFIRMED,0.8,131.5,1.8,285.68,50.24\n"))
	hold(t, s, "raw/nasa/k2_1.csv", store.Table, catalog.K2, noon, []byte(
		"pl_name,hostname,default_flag,disposition,pl_orbper,ra,dec,epic_hostname,tic_id\nWASP-47 b,WASP-47,1,CONFIRMED,4.2,331.2,-12.0,EPIC 206103150,TIC 102264230\n"))
	tab := tables.New(s)
	var asked []string
	ask := func(_ context.Context, name, mission string) (exo.TargetID, error) {
		asked = append(asked, name+"/"+mission)
		switch name {
		case "AU Mic":
			return exo.TargetID{Catalog: exo.TIC, Number: 441420236}, nil
		case "Down":
			return exo.TargetID{}, exo.Errorf("ask", exo.Unavailable, nil, "down")
		}
		return exo.TargetID{}, exo.Errorf("ask", exo.NotFound, nil, "who?")
	}
	for name, c := range map[string]struct {
		query, mission string
		want           string
		kind           exo.Kind
		asks           int
	}{
		"a number":                      {"tic 7", "", "TIC 7", "", 0},
		"a number of its mission":       {"KIC 7", "Kepler", "KIC 7", "", 0},
		"a number of another mission":   {"KIC 7", "TESS", "", exo.NotFound, 0},
		"a name of a table":             {"K00072", "", "KIC 11904151", "", 0},
		"a star with two numbers":       {"WASP-47", "", "", exo.Invalid, 0},
		"one of its numbers":            {"WASP-47", "TESS", "TIC 102264230", "", 0},
		"a name that others know":       {"AU Mic", "", "TIC 441420236", "", 1},
		"a name that nobody knows":      {"Nowhere 3", "", "", exo.NotFound, 1},
		"others who cannot be asked":    {"Down", "", "", exo.Unavailable, 1},
		"a mission that there is not":   {"WASP-47", "JWST", "", exo.Invalid, 0},
		"what is no name":               {"../../etc", "", "", exo.Invalid, 0},
		"a planet stands for its star":  {"WASP-47 b", "K2", "EPIC 206103150", "", 0},
		"a name of another mission now": {"WASP-47", "Kepler", "", exo.NotFound, 1},
	} {
		asked = nil
		id, _, err := tab.Resolve(t.Context(), c.query, c.mission, ask)
		if id.String() != c.want || (c.kind != "") != (err != nil) || c.kind != "" && !errors.Is(err, c.kind) || len(asked) != c.asks {
			t.Errorf("%s: %v %v, asked %v", name, id, err, asked)
		}
	}
	_, _, err := tab.Resolve(t.Context(), "WASP-47", "", nil)
	if exo.ExtraOf(err)["candidates"] == nil || !strings.Contains(exo.HintOf(err), "TIC 102264230") {
		t.Errorf("the stars are not named: %v %v", exo.ExtraOf(err), exo.HintOf(err))
	}
	if _, _, err := tab.Resolve(t.Context(), "Nowhere 3", "", nil); !errors.Is(err, exo.NotFound) {
		t.Error(err)
	}
}
