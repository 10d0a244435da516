package catalog_test

import (
	"slices"
	"testing"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

const mergedTable = "candidate,disposition,planet_name,kic,tic,epic,host_name,aliases,ra_deg,dec_deg,period_d,period_d_err_up,epoch_bjd,epoch_bjd_err_up,duration_h,depth_ppm,radius_earth,tess_mag\n" +
	"K00072.01,CONFIRMED,Kepler-10 b,KIC 11904151,TIC 377780790,,,K00072.01; Kepler-10 b; TOI 5988.01,285.68,50.24,0.837491225,3.03e-07,2454964.574858,1e-4,1.796,152,1.4,10.5\n" +
	"TOI-700.01,CONFIRMED,TOI-700 b,,TIC 150428135,,,TOI 700.01; TOI-700 b,97.1,-65.58,9.977,0.0001,2458331.4,0.01,2.2,600,1.0,10.9\n" +
	"EPIC 211311380.01,FALSE POSITIVE,,,TIC 1,EPIC 211311380,EPIC 211311380,EPIC 211311380.01,131.2,10.1,,,,,,,,\n"

func TestTheMergedTableIsReadLikeAnyOther(t *testing.T) {
	tab, err := catalog.Parse(catalog.Candidates, []byte(mergedTable))
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string][]string{
		"Kepler-10":      {"KIC 11904151", "TIC 377780790"},
		"K00072.01":      {"KIC 11904151", "TIC 377780790"},
		"KOI-72":         {"KIC 11904151", "TIC 377780790"},
		"TOI-5988":       {"KIC 11904151", "TIC 377780790"},
		"TOI 700.01":     {"TIC 150428135"},
		"toi-700 b":      {"TIC 150428135"},
		"TIC 150428135":  {"TIC 150428135"},
		"EPIC 211311380": {"EPIC 211311380"},
		"Kepler-1":       nil,
	} {
		name, err := exo.ParseName(query)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range tab.Find(name) {
			got = append(got, s.ID.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	for star, want := range map[exo.TargetID]string{
		{Catalog: exo.KIC, Number: 11904151}:  "K00072.01",
		{Catalog: exo.TIC, Number: 377780790}: "K00072.01",
		{Catalog: exo.TIC, Number: 150428135}: "TOI-700.01",
		{Catalog: exo.TIC, Number: 1}:         "", // no planet
	} {
		list := tab.Ephemerides(star)
		if want == "" {
			if len(list) > 0 {
				t.Errorf("%s: %+v", star, list)
			}
			continue
		}
		if len(list) != 1 || list[0].Object != want || list[0].Scale != exo.BJD || list[0].DepthPPM <= 0 || list[0].EpochErr <= 0 {
			t.Errorf("%s: %+v, want %s", star, list, want)
		}
	}
	objects, stars := tab.NamesOf(0)
	if !slices.Contains(objects, "TOI 5988.01") || !slices.Contains(stars, "TOI 5988") || !slices.Contains(stars, "Kepler-10") {
		t.Errorf("%q %q", objects, stars)
	}
	if unit := tab.Columns[10].Unit + " " + tab.Columns[11].Unit + " " + tab.Columns[16].Unit; unit != "days days Earth radii" {
		t.Error(unit)
	}
	if _, err := catalog.Parse(catalog.Candidates, []byte("candidate,disposition\nx,y\n")); exo.KindOf(err) != exo.Upstream {
		t.Error(err)
	}
}

func TestTheOrderOfTwinRowsMeansNothing(t *testing.T) {
	const head = "pl_name,hostname,default_flag,disposition,pl_orbper,ra,dec,pl_refname,st_refname\n"
	const a, b, c = "X b,X,0,CONFIRMED,1.5,10,10,p,s\n", "X b,X,1,CONFIRMED,1.4,10,10,p,s\n", "X b,X,0,CONFIRMED,1.3,10,10,p,s\n"
	keys := func(rows ...string) map[string]string {
		t.Helper()
		text := head
		for _, r := range rows {
			text += r
		}
		tab, err := catalog.Parse(catalog.K2, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]string{}
		for i := range tab.Len() {
			at[tab.Key(i)] = tab.Raw(i)
		}
		return at
	}
	want := keys(a, b, c)
	for _, got := range []map[string]string{keys(c, b, a), keys(b, a, c)} {
		for key, row := range want {
			if got[key] != row {
				t.Errorf("%s is %q, was %q", key, got[key], row)
			}
		}
	}
	if len(want) != 3 {
		t.Error(want)
	}
}
