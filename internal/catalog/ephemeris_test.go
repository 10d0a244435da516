package catalog_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/universe"
)

func id(t testing.TB, s string) exo.TargetID {
	t.Helper()
	v, err := exo.ParseTargetID(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The expected numbers are the cells of the real tables.
func TestRealTablesKnowTheTransitsOfKnownPlanets(t *testing.T) {
	for name, tt := range map[string]struct {
		file string
		typ  catalog.Type
		star string
		want []catalog.Ephemeris
	}{
		"Kepler-227 has two planets, its KOI epochs in BKJD": {koi2025, catalog.KOI, "KIC 10797460", []catalog.Ephemeris{
			{Object: "K00752.01", Disposition: "CONFIRMED", Scale: exo.BKJD, PeriodDays: 9.488035570, PeriodErr: 2.775e-05, Epoch: 170.53875, EpochErr: 2.16e-3, DurationH: 2.9575, DurationErr: 0.0819, DepthPPM: 615.8},
			{Object: "K00752.02", Disposition: "CONFIRMED", Scale: exo.BKJD, PeriodDays: 54.4183827, PeriodErr: 2.479e-04, Epoch: 162.51384, EpochErr: 3.52e-3, DurationH: 4.507, DurationErr: 0.116, DepthPPM: 874.8},
		}},
		"a KOI that is a false positive has none": {koi2025, catalog.KOI, "KIC 10848459", nil},
		"WASP-126 b in ExoFOP's table with errors": {exofop2024, catalog.TOI, "TIC 25155310", []catalog.Ephemeris{
			{Object: "TOI 114.01", Disposition: "KP", Scale: exo.BJD, PeriodDays: 3.2887898269345, PeriodErr: 3.418338e-7, Epoch: 2458327.519958, EpochErr: 0.000060571994, DurationH: 3.4367717302261, DurationErr: 0.009987716, DepthPPM: 7005.7247901859},
		}},
		"WASP-126 b in ExoFOP's shorter table": {exofop2025, catalog.TOI, "TIC 25155310", []catalog.Ephemeris{
			{Object: "TOI 114.01", Disposition: "KP", Scale: exo.BJD, PeriodDays: 3.2887898269345, Epoch: 2458327.519958, DurationH: 3.4367717302261, DepthPPM: 7005.7247901859},
		}},
		"a false alarm of NASA's TOI table has none": {toi2025, catalog.TOI, "TIC 50365310", nil},
		"the K2 table of this date gives no epochs":  {k2, catalog.K2, "EPIC 201912552", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := parse(t, tt.typ, wire(t, tt.file)).Ephemerides(id(t, tt.star))
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

// The numbers were counted with Python's csv module.
func TestMostRowsOfTheRealTablesGiveAnEphemeris(t *testing.T) {
	for _, tt := range []struct {
		file       string
		typ        catalog.Type
		want       int // ephemerides
		single     int // of these without a period
		withErrors int // of these with an error of the epoch
	}{
		{koi2019, catalog.KOI, 4723, 0, 4602},
		{koi2025, catalog.KOI, 4725, 0, 4604},
		{toi2023, catalog.TOI, 5244, 72, 5238},
		{toi2025, catalog.TOI, 6405, 92, 6402},
		{exofop2024, catalog.TOI, 6069, 88, 6065},
		{exofop2025, catalog.TOI, 6287, 88, 0},
		{k2, catalog.K2, 0, 0, 0},
	} {
		t.Run(tt.file, func(t *testing.T) {
			tab := parse(t, tt.typ, wire(t, tt.file))
			n, single, withErrors := 0, 0, 0
			for _, star := range tab.Stars() {
				for _, e := range tab.Ephemerides(star.ID) {
					n++
					if e.PeriodDays == 0 {
						single++
					}
					if e.EpochErr > 0 {
						withErrors++
					}
					if e.DurationH <= 0 || math.IsNaN(e.Epoch) || e.PeriodDays > 0 && e.DurationH/24 >= e.PeriodDays {
						t.Errorf("%+v", e)
					}
				}
			}
			if n != tt.want || single != tt.single || withErrors != tt.withErrors {
				t.Errorf("%d ephemerides, %d single, %d with an error; want %d, %d, %d", n, single, withErrors, tt.want, tt.single, tt.withErrors)
			}
		})
	}
}

func TestTablesOfTheUniverseGiveItsTruth(t *testing.T) {
	u := universe.New(7)
	text := func(name string) []byte {
		tab, ok := u.Table(name)
		if !ok {
			t.Fatal(name)
		}
		var b strings.Builder
		for i, c := range tab.Columns {
			fmt.Fprintf(&b, "%s%q", map[bool]string{true: "", false: ","}[i == 0], c.Name)
		}
		for _, row := range tab.Rows {
			for i, cell := range row {
				b.WriteString(map[bool]string{true: "\n", false: ","}[i == 0] + `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
			}
		}
		return []byte(b.String() + "\n")
	}
	tabs := map[string]*catalog.Table{
		"cumulative": parse(t, catalog.KOI, text("cumulative")), "toi": parse(t, catalog.TOI, text("toi")),
		"exofop": parse(t, catalog.TOI, text("exofop")), "k2pandc": parse(t, catalog.K2, text("k2pandc")),
	}
	found := map[string]int{}
	for _, truth := range u.Truth() {
		for name, tab := range tabs {
			object := map[string]string{"cumulative": truth.KOI, "toi": "TOI " + truth.TOI, "exofop": "TOI " + truth.TOI, "k2pandc": truth.Name}[name]
			own := map[string]exo.Catalog{"cumulative": exo.KIC, "k2pandc": exo.EPIC}[name]
			if own == "" {
				own = exo.TIC
			}
			if object == "" || object == "TOI " || truth.Star.Catalog != own {
				continue
			}
			at := slices.IndexFunc(tab.Ephemerides(truth.Star), func(e catalog.Ephemeris) bool { return e.Object == object })
			if truth.Disposition == "FALSE POSITIVE" {
				if at >= 0 {
					t.Errorf("%s: %s is a false positive", name, object)
				}
				continue
			}
			if at < 0 {
				t.Errorf("%s: no ephemeris of %s, %+v", name, object, truth)
				continue
			}
			found[name]++
			e := tab.Ephemerides(truth.Star)[at]
			for what, d := range map[string]float64{
				"period": (e.PeriodDays - truth.PeriodDays) * 1e5, "epoch": (e.Epoch + e.Scale.Zero() - truth.EpochBJD) * 1e4,
				"duration": (e.DurationH - truth.DurationH) * 1e3, "depth": e.DepthPPM/truth.DepthPPM - 1,
			} {
				if math.Abs(d) > 1e-2 {
					t.Errorf("%s %s: %s differs: %+v against %+v", name, object, what, e, truth)
				}
			}
		}
	}
	for name := range tabs {
		if found[name] == 0 {
			t.Errorf("%s: nothing compared", name)
		}
	}
}

const k2Header = "pl_name,hostname,default_flag,disposition,pl_refname,st_refname,pl_orbper,pl_orbpererr1,pl_orbpererr2,pl_tranmid,pl_tranmiderr1,pl_tranmiderr2,pl_trandur,pl_trandurlim,pl_trandep,ra,dec,epic_hostname,rowupdate\n"

func TestOneRowIsChosenForEachK2Planet(t *testing.T) {
	const tail = "170.0,7.5,EPIC 201912552,"
	row := func(flag, verdict, ref, epoch, duration, limit, updated string) string {
		return "K2-18 b,K2-18," + flag + "," + verdict + "," + ref + "," + ref + ",32.9,0.001,-0.002," + epoch + ",0.0003,-0.0004," + duration + "," + limit + ",0.29," + tail + updated + "\n"
	}
	for name, tt := range map[string]struct {
		rows string
		want float64 // duration; 0: no ephemeris
	}{
		"the default row, although another is newer":      {row("0", "CONFIRMED", "B", "2457264.3", "9", "0", "2020-01-02") + row("1", "CONFIRMED", "A", "2457264.3", "2", "0", "2019-01-01"), 2},
		"the newest complete one if the default is not":   {row("1", "CONFIRMED", "A", "", "", "", "2021-01-01") + row("0", "CONFIRMED", "B", "2457264.3", "3", "0", "2018-01-01") + row("0", "CONFIRMED", "C", "2457264.3", "4", "", "2019-01-01"), 4},
		"none if the default row refutes the planet":      {row("1", "REFUTED", "A", "", "", "", "2021-01-01") + row("0", "CONFIRMED", "B", "2457264.3", "3", "0", "2018-01-01"), 0},
		"none from a limit":                               {row("1", "CONFIRMED", "A", "2457264.3", "3", "-1", "2021-01-01"), 0},
		"none where the epoch is on another scale":        {row("1", "CONFIRMED", "A", "2264.3", "3", "0", "2021-01-01"), 0},
		"none where the duration is not below the period": {row("1", "CONFIRMED", "A", "2457264.3", "900", "0", "2021-01-01"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := parse(t, catalog.K2, []byte(k2Header+tt.rows)).Ephemerides(id(t, "EPIC 201912552"))
			if tt.want == 0 {
				if len(got) != 0 {
					t.Errorf("%+v", got)
				}
				return
			}
			want := catalog.Ephemeris{Object: "K2-18 b", Disposition: "CONFIRMED", Scale: exo.BJD, PeriodDays: 32.9, PeriodErr: 0.002, Epoch: 2457264.3, EpochErr: 0.0004, DurationH: tt.want, DepthPPM: 2900}
			if len(got) != 1 || got[0] != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}
