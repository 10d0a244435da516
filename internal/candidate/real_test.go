package candidate_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"exoplanetai/internal/candidate"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/xtest"
)

// realTables are the archives' tables of about one day, read once.
func realTables(t testing.TB, toi string) candidate.Sources {
	t.Helper()
	read := func(typ catalog.Type, file string) *candidate.Normal {
		n, have := tables.Load(file)
		if !have {
			n, _ = tables.LoadOrStore(file, normal(t, typ, string(xtest.Gunzip(t, "data/real/catalogs/"+file))))
		}
		return n.(*candidate.Normal)
	}
	return candidate.Sources{
		KOI: read(catalog.KOI, "cumulative_2025.09.29_18.45.43.csv.gz"),
		TOI: read(catalog.TOI, toi),
		K2:  read(catalog.K2, "k2pandc_2025.09.29_18.46.17.csv.gz"),
	}
}

var tables sync.Map // of normalised tables, by file

const (
	nasaTOI = "TOI_2025.09.29_18.46.06.csv.gz"
	exofop  = "exofop_2025-04-01/exofop_tess_tois.csv.gz"
)

func TestRealTablesAreReadWhole(t *testing.T) {
	s := realTables(t, exofop)
	for _, n := range []*candidate.Normal{s.KOI, s.TOI, s.K2, realTables(t, nasaTOI).TOI} {
		if len(n.Unread) > 0 {
			t.Errorf("%s: cells that were not understood: %v", n.Type, n.Unread)
		}
		if !json.Valid(n.JSON()) {
			t.Errorf("%s: no JSON", n.Type)
		}
	}
}

// The numbers are those of an independent script over the archives' files
// (docs/format/candidates.md).
func TestRealTablesAreMergedAsAnIndependentScriptDoes(t *testing.T) {
	for toi, want := range map[string]candidate.Counts{
		nasaTOI: {Candidates: 18819, InTwo: 250, Position: 250},
		exofop:  {Candidates: 18660, InTwo: 235, Identifier: 196, Position: 39},
	} {
		s := realTables(t, toi)
		m, err := candidate.Merge(s)
		if err != nil {
			t.Fatal(err)
		}
		sound(t, s, m)
		if got := (candidate.Counts{Candidates: m.Counts.Candidates, InTwo: m.Counts.InTwo, Identifier: m.Counts.Identifier, Position: m.Counts.Position}); got.Candidates != want.Candidates ||
			got.InTwo != want.InTwo || got.Identifier != want.Identifier || got.Position != want.Position {
			t.Errorf("%s: %+v, want %+v", toi, got, want)
		}
		tab, err := catalog.Parse(catalog.Candidates, m.CSV())
		if err != nil || tab.Len() != len(m.Rows) {
			t.Error(err)
		}
	}
}

func TestPlanetsThatTESSSawAgainAreFound(t *testing.T) {
	m, err := candidate.Merge(realTables(t, exofop))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]map[string]string{
		"K00001.01":   {"toi": "TOI 2140.01", "planet_name": "Kepler-1 b", "tic": "TIC 399860444"},                    // TrES-2 b
		"K00002.01":   {"toi": "TOI 1265.01", "kic": "KIC 10666592", "tic": "TIC 424865156", "disposition_toi": "KP"}, // HAT-P-7 b
		"K00003.01":   {"toi": "TOI 1144.01", "matched_by": "position"},                                               // HAT-P-11 b, which moves 4 arcsec
		"K01289.01":   {"toi": ""},                                                                                    // shows HAT-P-11's transits 7 arcsec off
		"K00010.01":   {"toi": "TOI 2177.01", "planet_name": "Kepler-8 b"},                                            //
		"K00203.01":   {"planet_name": "Kepler-17 b", "matched_by": "identifier"},                                     //
		"K00245.01":   {"toi": "TOI 5980.01", "period_d_source": "koi"},                                               // Kepler-37 d, at twice the period
		"K03681.01":   {"toi": "TOI 7068.01"},                                                                         // a single transit of Kepler-1514 b, by its phase
		"TOI-5523.01": {"k2": "", "disposition": "CANDIDATE"},                                                         // "exterior to K2-43 b and c"
		"TOI-6838.01": {"k2": "TRAPPIST-1 b"},                                                                         //
		"K2-3 d":      {"toi": "", "planet_name": "K2-3 d"},                                                           //
	} {
		i := slices.IndexFunc(m.Rows, func(row []string) bool { return row[0] == key })
		if i < 0 {
			t.Errorf("there is no %s", key)
			continue
		}
		for col, w := range want {
			if got := cell(m.Columns, m.Rows[i], col); got != w {
				t.Errorf("%s %s: %q, want %q", key, col, got, w)
			}
		}
	}
}

func TestRealTablesInAnotherOrderGiveTheSameBytes(t *testing.T) {
	s := realTables(t, exofop)
	want := everything(t, s)
	if got := everything(t, shuffled(rand.New(rand.NewPCG(7, 8)), s)); !bytes.Equal(got, want) {
		t.Error("other bytes")
	}
}

func BenchmarkNormalizeKOI(b *testing.B) {
	tab, err := catalog.Parse(catalog.KOI, xtest.Gunzip(b, "data/real/catalogs/cumulative_2025.09.29_18.45.43.csv.gz"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := candidate.Normalize(tab); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMerge(b *testing.B) {
	s := realTables(b, exofop)
	for b.Loop() {
		if _, err := candidate.Merge(s); err != nil {
			b.Fatal(err)
		}
	}
}
