package candidate_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/candidate"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

const (
	koiHead  = "kepid,kepoi_name,kepler_name,koi_disposition,koi_period,koi_period_err1,koi_period_err2,koi_time0bk,koi_time0bk_err1,koi_duration,koi_depth,ra,dec,koi_kepmag\n"
	toiHead  = "TIC ID,TOI,TFOPWG Disposition,RA (deg),Dec (deg),PM RA (mas/yr),PM Dec (mas/yr),Epoch (BJD),Epoch (BJD) err,Period (days),Period (days) err,Duration (hours),Depth (ppm),TESS mag,Comments\n"
	k2Head   = "pl_name,hostname,tic_id,default_flag,disposition,pl_refname,pl_orbper,pl_orbpererr1,pl_orbpererr2,pl_orbperlim,pl_tranmid,pl_rade,rowupdate,ra,dec\n"
	gaiaHead = "target,separation_arcsec,source_id,ra,dec,parallax,phot_g_mean_mag\n"
)

// merge normalises and merges tables; rows without their header, "" for none.
func merge(t testing.TB, koi, toi, k2, gaia string) *candidate.Merged {
	t.Helper()
	var s candidate.Sources
	if koi != "" {
		s.KOI = normal(t, catalog.KOI, koiHead+koi)
	}
	if toi != "" {
		s.TOI = normal(t, catalog.TOI, toiHead+toi)
	}
	if k2 != "" {
		s.K2 = normal(t, catalog.K2, k2Head+k2)
	}
	if gaia != "" {
		s.Gaia = normal(t, catalog.Gaia, gaiaHead+gaia)
	}
	m, err := candidate.Merge(s)
	if err != nil {
		t.Fatal(err)
	}
	sound(t, s, m)
	return m
}

func places(columns []candidate.Column) map[string]int {
	at := map[string]int{}
	for j, c := range columns {
		at[c.Name] = j
	}
	return at
}

// sound checks what holds for any merged table.
func sound(t testing.TB, s candidate.Sources, m *candidate.Merged) {
	t.Helper()
	rows, keys := 0, map[string]bool{}
	objects := map[string]map[string]bool{"koi": {}, "toi": {}, "k2": {}}
	at := places(m.Columns)
	for _, row := range m.Rows {
		key := row[at["candidate"]]
		if key == "" || keys[key] {
			t.Fatalf("the key %q is empty or double", key)
		}
		keys[key] = true
		for source, seen := range objects {
			if name := row[at[source]]; name != "" {
				if seen[name] {
					t.Fatalf("%s %q belongs to two candidates", source, name)
				}
				seen[name] = true
			}
		}
	}
	for _, n := range []*candidate.Normal{s.KOI, s.TOI, s.K2} {
		if n != nil {
			rows += len(n.Rows)
			object := places(n.Columns)["object"]
			for _, row := range n.Rows {
				if name := row[object]; name != "" && !objects[string(n.Type)][name] {
					t.Fatalf("%s %q belongs to no candidate", n.Type, name)
				}
			}
		}
	}
	taken := 0
	for _, source := range []string{"koi", "toi", "k2"} {
		taken += m.Counts.Sources[source]
	}
	if taken != rows || m.Counts.Candidates != len(m.Rows) || m.Counts.InTwo != m.Counts.Identifier+m.Counts.Position {
		t.Fatalf("%d rows, %d candidates: %+v", rows, len(m.Rows), m.Counts)
	}
	owner := map[string]string{}
	for _, a := range m.Aliases {
		if !keys[a.Candidate] || a.Name == "" || a.Kind == "" || a.Source == "" || !slices.Contains([]string{"row", "identifier", "position"}, a.How) {
			t.Fatalf("alias %+v", a)
		}
		if slices.Contains([]string{"KIC", "TIC", "Gaia"}, a.Kind) || a.Kind == "EPIC" && !strings.Contains(a.Name, ".") {
			continue
		}
		if o, have := owner[a.Name]; have && o != a.Candidate {
			t.Fatalf("%q is a name of %s and of %s", a.Name, o, a.Candidate)
		}
		owner[a.Name] = a.Candidate
	}
	for _, c := range m.Conflicts {
		if !keys[c.Candidate] || c.ValueA == "" || c.ValueB == "" || c.SourceA == c.SourceB {
			t.Fatalf("conflict %+v", c)
		}
	}
}

// pairs lists the candidates with more than one source as "koi toi k2 how".
func pairs(m *candidate.Merged) []string {
	var list []string
	for _, row := range m.Rows {
		if cell(m.Columns, row, "source_count") != "1" {
			var names []string
			for _, c := range []string{"koi", "toi", "k2", "matched_by"} {
				if s := cell(m.Columns, row, c); s != "" {
					names = append(names, s)
				}
			}
			list = append(list, strings.Join(names, " = "))
		}
	}
	return list
}

// notes lists the conflicts as "candidate column: valueA | valueB (note)", but
// for verdicts and epochs.
func notes(m *candidate.Merged) []string {
	var list []string
	for _, c := range m.Conflicts {
		if c.Column == "disposition" || c.Column == "epoch_bjd" {
			continue
		}
		s := c.Candidate + " " + c.Column + ": " + c.ValueA + " | " + c.ValueB
		if c.Note != "" {
			s += " (" + c.Note + ")"
		}
		list = append(list, s)
	}
	return list
}

func TestWhatIsOneCandidateAndWhatIsNot(t *testing.T) {
	const arc = "100.000278" // one arcsec at the equator
	for name, tt := range map[string]struct {
		koi, toi, k2 string
		want         []string
		conflicts    []string
	}{
		"the same place and period": {
			koi:  "1,K00001.01,Kepler-1 b,CONFIRMED,2.5,,,100,,2,1000,100,0,11\n",
			toi:  "9,5.01,KP," + arc + ",0,,,2458000,,2.5001,,2,1000,10.8,\n",
			want: []string{"K00001.01 = TOI 5.01 = position"}},
		"the same place, another period": {
			koi: "1,K00001.01,,CANDIDATE,2.5,,,100,,2,1000,100,0,11\n",
			toi: "9,5.01,PC," + arc + ",0,,,2458000,,2.6,,2,1000,10.8,\n"},
		"twice the period is noted, not merged": {
			koi:       "1,K00001.01,,CANDIDATE,2.5,,,100,,2,1000,100,0,11\n",
			toi:       "9,5.01,PC," + arc + ",0,,,2458000,,5,,2,1000,10.8,\n",
			conflicts: []string{"K00001.01 period_d: 2.5 | 5 (period ratio 1:2: perhaps one signal; not merged)"}},
		"a 2:1 resonance of two planets known to both is no alias": {
			koi:  "1,K00001.01,,CANDIDATE,2.5,,,100,,2,1000,100,0,11\n1,K00001.02,,CANDIDATE,5,,,101,,2,1000,100,0,11\n",
			toi:  "9,5.01,PC," + arc + ",0,,,2458000,,5,,2,1000,10.8,\n9,5.02,PC," + arc + ",0,,,2458000,,2.5,,2,1000,10.8,\n",
			want: []string{"K00001.01 = TOI 5.02 = position", "K00001.02 = TOI 5.01 = position"}},
		"three arcsec are two stars": {
			koi: "1,K00001.01,,CANDIDATE,2.5,,,100,,2,1000,100,0,11\n",
			toi: "9,5.01,PC,100.000834,0,,,2458000,,2.5,,2,1000,10.8,\n"},
		"a star that moved is followed": {
			koi:  "1,K00001.01,,CANDIDATE,2.5,,,100,,2,1000,100,0,11\n",
			toi:  "9,5.01,PC,100.001111,0,260,0,2458000,,2.5,,2,1000,10.8,\n",
			want: []string{"K00001.01 = TOI 5.01 = position"}},
		"a fast star that passed the place is second to the star that stands there": {
			koi:  "1,K00001.01,,CANDIDATE,2.5,,,100,,2,1000,100,0,11\n",
			toi:  "9,5.01,FA,100.000336,0,90,0,2458000,,2.5,,2,1000,10.8,\n8,6.01,KP,100.00003,0,0,0,2458000,,2.501,,2,1000,10.8,\n",
			want: []string{"K00001.01 = TOI 6.01 = position"}},
		"a neighbour that shows the same eclipses stays apart from the star itself": {
			koi:  "1,K00001.01,,FALSE POSITIVE,2.5,,,100,,2,1000,100.0004,0,11\n2,K00002.01,,CONFIRMED,2.5,,,100,,2,1000,100,0,11\n",
			toi:  "9,5.01,KP," + arc + ",0,,,2458000,,2.5,,2,1000,10.8,\n",
			want: []string{"K00001.01 = TOI 5.01 = position"}}, // 0.4 arcsec against 1.0
		"a star six magnitudes fainter is another": {
			koi: "1,K00001.01,,CANDIDATE,2.5,,,100,,2,1000,100,0,17\n",
			toi: "9,5.01,PC," + arc + ",0,,,2458000,,2.5,,2,1000,10.8,\n"},
		"primary and secondary eclipse are told apart by the epoch": {
			koi:  "1,K00001.01,,FALSE POSITIVE,4,1e-9,-1e-9,100,1e-4,2,1000,100,0,11\n1,K00001.02,,FALSE POSITIVE,4,1e-9,-1e-9,102,1e-4,2,1000,100,0,11\n",
			toi:  "9,5.01,FP," + arc + ",0,,,2458935,1e-4,4,1e-9,2,1000,10.8,\n", // 102 + 2454833 + 1000 * 4
			want: []string{"K00001.02 = TOI 5.01 = position"}},
		"a star's number is an identifier": {
			k2:   "K2-1 b,K2-1,TIC 9,1,CONFIRMED,x,2.5,,,0,,,2020-01-01,,\n",
			toi:  "9,5.01,KP,100,0,,,2458000,,2.5,,2,1000,10.8,\n",
			want: []string{"TOI 5.01 = K2-1 b = identifier"}},
		"a comment that is a planet's name": {
			koi:       "1,K00001.01,Kepler-1 b,CONFIRMED,2.5,,,100,,2,1000,100,0,11\n",
			toi:       "9,5.01,KP,100.003,0,,,2458000,,2.51,,2,1000,10.8,\"Kepler-1 b; bright\"\n",
			want:      []string{"K00001.01 = TOI 5.01 = identifier"},
			conflicts: []string{"K00001.01 period_d: 2.5 | 2.51", "K00001.01 ra_deg: 100 0 | 100.003 0 (10.80 arcsec apart)"}},
		"a comment that is a planet's name, at twice the period": {
			koi:       "1,K00001.01,Kepler-1 b,CONFIRMED,2.5,,,100,,2,1000,100,0,11\n",
			toi:       "9,5.01,KP,100,0,,,2458000,,5.0,,2,1000,10.8,HAT-P-7 b/Kepler-1 b\n",
			want:      []string{"K00001.01 = TOI 5.01 = identifier"},
			conflicts: []string{"K00001.01 period_d: 2.5 | 5.0 (period ratio 1:2)"}},
		"a comment that is a planet's name, with another period": {
			koi:       "1,K00001.01,Kepler-1 b,CONFIRMED,2.5,,,100,,2,1000,100,0,11\n",
			toi:       "9,5.01,KP,100,0,,,2458000,,3.7,,2,1000,10.8,Kepler-1 b\n",
			conflicts: []string{"K00001.01 period_d: 2.5 | 3.7 (the name is the same, the period is not: not merged)"}},
		"a comment that mentions the neighbour": {
			koi: "1,K00001.01,Kepler-1 b,CONFIRMED,2.5,,,100,,2,1000,100,0,11\n",
			toi: "9,5.01,PC,100,0,,,2458000.123,,0,,2,1000,10.8,single transit; exterior to Kepler-1 b\n"},
		"a comment about a transit that the ephemeris predicts": {
			koi:  "1,K00001.01,Kepler-1 b,CONFIRMED,250,1e-5,-1e-5,100,1e-3,6,1000,100,0,11\n",
			toi:  "9,5.01,PC,100,0,,,2458683.01,1e-3,,,6,1000,10.8,single transit of Kepler-1 b\n",
			want: []string{"K00001.01 = TOI 5.01 = identifier"}},
		"a name half a degree away": {
			koi: "1,K00001.01,Kepler-1 b,CONFIRMED,2.5,,,100,,2,1000,100,0,11\n",
			toi: "9,5.01,PC,100.5,0,,,2458000,,2.5,,2,1000,10.8,Kepler-1 b\n"},
		"two rows that name one planet": {
			koi:       "1,K00001.01,Kepler-1 b,CONFIRMED,2.5,,,100,,2,1000,100,0,11\n",
			toi:       "9,5.01,PC,100,0,,,2458000,,2.5,,2,1000,10.8,Kepler-1 b\n8,6.01,FP,100.002,0,,,2458000,,2.501,,2,1000,10.8,Kepler-1 b\n",
			want:      []string{"K00001.01 = TOI 5.01 = identifier"},
			conflicts: []string{"K00001.01 names: K00001.01 | TOI 6.01 (names an object that is taken by another row: not merged)"}},
		"the KOI number in other spellings": {
			koi:  "1,K00072.01,,CONFIRMED,2.5,,,100,,2,1000,,,11\n2,K00073.02,,CONFIRMED,2.5,,,100,,2,1000,,,11\n",
			toi:  "9,5.01,PC,100,0,,,2458000,,2.5,,2,1000,10.8,known FP (KOI-72.01)\n9,6.01,PC,100,0,,,2458000,,2.5,,2,1000,10.8,KOI 73.02\n",
			want: []string{"K00072.01 = TOI 5.01 = identifier", "K00073.02 = TOI 6.01 = identifier"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := merge(t, tt.koi, tt.toi, tt.k2, "")
			if got := pairs(m); !slices.Equal(got, tt.want) {
				t.Errorf("matched %q, want %q", got, tt.want)
			}
			if got := notes(m); !slices.Equal(got, tt.conflicts) {
				t.Errorf("conflicts %q, want %q", got, tt.conflicts)
			}
		})
	}
}

func TestPapersOfOnePlanetAreOneCandidate(t *testing.T) {
	m := merge(t, "", "", "K2-18 b,K2-18,,0,CONFIRMED,a,32.9,,,0,2457264.4,2.2,2020-01-01,172,7\n"+
		"K2-18 b,K2-18,,1,CONFIRMED,b,32.94,,,0,,2.6,2019-01-01,172.5,7.5\n"+
		"K2-18 b,K2-18,,0,CANDIDATE,c,33,,,0,2457264.3,2.7,2021-01-01,172,7\n"+
		"HIP 41378 d,HIP 41378,,1,CONFIRMED,a,48.1,,,-1,,3,2019-01-01,,\n", "")
	if len(m.Rows) != 2 || len(m.Conflicts) != 0 {
		t.Fatal(len(m.Rows), m.Conflicts)
	}
	for _, tt := range []struct {
		row int
		at  map[string]string
	}{
		{1, map[string]string{"candidate": "K2-18 b", "row_count": "3", "disposition": "CONFIRMED", "radius_earth": "2.6", "ra_deg": "172.5",
			"period_d": "33", "epoch_bjd": "2457264.3", "period_d_source": "k2", "updated": "2021-01-01", "sources": "k2", "matched_by": ""}},
		{0, map[string]string{"candidate": "HIP 41378 d", "period_d": "48.1", "period_d_limit": "-1", "host_name": "HIP 41378", "planet_name": "HIP 41378 d"}},
	} {
		for col, want := range tt.at {
			if got := cell(m.Columns, m.Rows[tt.row], col); got != want {
				t.Errorf("%s: %q, want %q", col, got, want)
			}
		}
	}
}

func TestValuesSayWhereTheyComeFrom(t *testing.T) {
	m := merge(t,
		"1,K00001.01,Kepler-1 b,CONFIRMED,2.5,1e-4,-1e-4,100,1e-3,2,1000,100,0,11\n1,K00001.02,,CANDIDATE,7.5,1e-4,-1e-4,100,,2,900,100,0,11\n",
		"9,5.01,FP,100,0,3,4,2458000.5,1e-4,2.50001,1e-6,2.1,,10.8,WASP-99 b\n9,5.02,PC,100,0,3,4,2458000,,,,2,,10.8,\n", "",
		"TIC 9,0.9,22,100,0,6.0,10.9\nTIC 9,0.1,11,100,0,5.0,19\nKIC 1,0.5,33,100,0,7.0,10.9\n")
	want := []map[string]string{
		{"candidate": "K00001.01", "disposition": "CONFIRMED", "disposition_source": "koi", "disposition_koi": "CONFIRMED", "disposition_toi": "FP",
			"period_d": "2.50001", "period_d_err_up": "1e-6", "period_d_source": "toi", "epoch_bjd": "2458000.5", "epoch_bjd_source": "toi",
			"duration_h": "2", "duration_h_source": "koi", "depth_ppm": "1000", "ra_deg": "100", "position_source": "toi", "pm_dec_mas_yr": "4",
			"tess_mag": "10.8", "tess_mag_source": "toi", "kepler_mag": "11", "koi": "K00001.01", "toi": "TOI 5.01", "kic": "KIC 1", "tic": "TIC 9",
			"aliases": "K00001.01; Kepler-1 b; TOI 5.01; WASP-99 b", "sources": "koi,toi", "source_count": "2", "row_count": "2", "conflict_count": "2",
			"gaia_id": "Gaia DR3 33", "gaia_parallax_mas": "7.0", "gaia_phot_g_mag": "10.9"},
		{"candidate": "K00001.02", "kic": "KIC 1", "tic": "TIC 9", "toi": "", "sources": "koi", "period_d_source": "koi", "position_source": "koi"},
		{"candidate": "TOI-5.02", "kic": "KIC 1", "tic": "TIC 9", "period_d": "", "period_d_source": "", "disposition": "CANDIDATE"},
	}
	for i, at := range want {
		for col, w := range at {
			if got := cell(m.Columns, m.Rows[i], col); got != w {
				t.Errorf("%s %s: %q, want %q", at["candidate"], col, got, w)
			}
		}
	}
	var how []string
	for _, a := range m.Aliases {
		if a.Candidate != "K00001.01" {
			how = append(how, a.Candidate+" "+a.Name+" "+a.How)
		}
	}
	if w := []string{"K00001.02 K00001.02 row", "K00001.02 KIC 1 row", "K00001.02 TIC 9 position", "TOI-5.02 TOI 5.02 row", "TOI-5.02 KIC 1 position", "TOI-5.02 TIC 9 row"}; !slices.Equal(how, w) {
		t.Errorf("aliases %q, want %q", how, w)
	}
	seen := map[string]bool{}
	for _, c := range m.Columns {
		if seen[c.Name] {
			t.Errorf("column %s twice", c.Name)
		}
		seen[c.Name] = true
	}
}

func TestConflictsAreMeasuredInJointErrors(t *testing.T) {
	koi := func(period, sigma, epoch string) string {
		return "1,K00001.01,,CANDIDATE," + period + "," + sigma + ",-" + sigma + "," + epoch + ",0.001,2,1000,100,0,11\n"
	}
	toi := func(period, sigma string) string {
		return "9,5.01,PC,100,0,,,2454933,0.001," + period + "," + sigma + ",2,1000,10.8,\n"
	}
	for name, tt := range map[string]struct {
		koi, toi string
		want     []string
	}{
		"two sigma":                    {koi("2.5", "0.003", "100"), toi("2.508", "0.003"), nil},
		"four sigma":                   {koi("2.5", "0.001", "100"), toi("2.506", "0.001"), []string{"period_d 4.243"}},
		"an epoch five sigma off":      {koi("2.5", "0.001", "100.00707"), toi("2.5", "0.001"), []string{"epoch_bjd 4.999"}},
		"no errors, a relative 0.0008": {koi("2.5", "", "100"), toi("2.502", ""), nil},
		"no errors, a relative 0.002":  {koi("2.5", "", "100"), toi("2.505", ""), []string{"period_d "}},
		"one error counts as none":     {koi("2.5", "1e-9", "100"), toi("2.502", ""), nil},
	} {
		var got []string
		for _, c := range merge(t, tt.koi, tt.toi, "", "").Conflicts {
			got = append(got, c.Column+" "+c.Sigma)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestNamesThatSeveralClaimAreNobodys(t *testing.T) {
	m := merge(t, "", "9,5.01,PC,100,0,,,2458000,,2.5,,2,1000,10.8,WASP-1 b\n8,6.01,PC,120,0,,,2458000,,3.5,,2,1000,10.8,WASP-1 b\n7,7.01,PC,120,0,,,2458000,,3.5,,2,1000,10.8,WASP-2 b\n", "", "")
	var names []string
	for _, a := range m.Aliases {
		if a.Kind == "name" {
			names = append(names, a.Candidate+" "+a.Name)
		}
	}
	if !slices.Equal(names, []string{"TOI-7.01 WASP-2 b"}) {
		t.Errorf("%q", names)
	}
}

func TestTheOrderOfRowsMeansNothing(t *testing.T) {
	s := candidate.Sources{
		KOI: normal(t, catalog.KOI, koiHead+"1,K00001.01,Kepler-1 b,CONFIRMED,2.5,,,100,,2,1000,100,0,11\n1,K00001.02,,CANDIDATE,2.5,,,101,,2,1000,100,0,11\n2,K00002.01,,CANDIDATE,3,,,101,,2,1000,100.0001,0,11\n"),
		TOI: normal(t, catalog.TOI, toiHead+"9,5.01,KP,100,0,,,2458000,,2.5,,2,1000,10.8,Kepler-1 b\n9,5.02,PC,100,0,,,2458000,,2.5001,,2,1000,10.8,\n8,6.01,PC,100.0001,0,,,2458000,,3,,2,1000,10.8,Kepler-1 b\n"),
		K2:  normal(t, catalog.K2, k2Head+"K2-1 b,K2-1,TIC 9,1,CONFIRMED,x,2.5,,,0,,1,2020-01-01,,\nK2-1 b,K2-1,TIC 9,0,CONFIRMED,x,2.4,,,0,,1,2020-01-01,,\nK2-1 b,K2-1,TIC 9,0,CONFIRMED,x,2.6,,,0,2457000,1,2020-01-01,,\n"),
	}
	want := everything(t, s)
	r := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		if got := everything(t, shuffled(r, s)); !bytes.Equal(got, want) {
			t.Fatalf("other bytes for another order:\n%s\nwas\n%s", got, want)
		}
	}
}

// everything is all bytes of the merged table.
func everything(t testing.TB, s candidate.Sources) []byte {
	t.Helper()
	m, err := candidate.Merge(s)
	if err != nil {
		t.Fatal(err)
	}
	sound(t, s, m)
	return slices.Concat(m.CSV(), m.AliasesCSV(), m.ConflictsCSV(), m.JSON())
}

// shuffled gives the tables with their rows in another order.
func shuffled(r *rand.Rand, s candidate.Sources) candidate.Sources {
	mix := func(n *candidate.Normal) *candidate.Normal {
		if n == nil {
			return nil
		}
		c := *n
		c.Rows = slices.Clone(n.Rows)
		r.Shuffle(len(c.Rows), func(i, j int) { c.Rows[i], c.Rows[j] = c.Rows[j], c.Rows[i] })
		return &c
	}
	return candidate.Sources{KOI: mix(s.KOI), TOI: mix(s.TOI), K2: mix(s.K2), Gaia: mix(s.Gaia)}
}

func TestTablesInTheWrongPlaceAreRefused(t *testing.T) {
	koi := normal(t, catalog.KOI, koiHead+"1,K00001.01,,CONFIRMED,2.5,,,100,,2,1000,100,0,11\n")
	broken := *koi
	broken.Rows = [][]string{{"short"}}
	for name, s := range map[string]candidate.Sources{"a KOI table as TOI": {TOI: koi}, "a short row": {KOI: &broken}, "Gaia": {Gaia: koi}} {
		if _, err := candidate.Merge(s); exo.KindOf(err) != exo.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, err := candidate.Merge(candidate.Sources{})
	if err != nil || len(m.Rows) != 0 || len(m.Columns) == 0 {
		t.Error(m, err)
	}
}

func TestTheDescriptionOfTheMergedTableHasNoRows(t *testing.T) {
	m := merge(t, "1,K00001.01,Kepler-1 b,CONFIRMED,2.5,1e-4,-1e-4,100,1e-3,2,1000,100,0,11\n", "9,5.01,KP,100,0,,,2458000,,2.5,,2,1000,10.8,\n", "", "")
	for _, m := range []*candidate.Merged{m, {}} {
		var doc map[string]json.RawMessage
		if err := json.Unmarshal(m.JSON(), &doc); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"table", "version", "conventions", "counts", "columns", "alias_columns", "conflict_columns", "row_count"} {
			if len(doc[name]) == 0 {
				t.Errorf("the description lacks %s", name)
			}
			if name == "columns" && strings.Count(string(doc[name]), `"name":`) != len(m.Columns) {
				t.Errorf("%d columns: %s", len(m.Columns), doc[name])
			}
			delete(doc, name)
		}
		if len(doc) > 0 {
			t.Errorf("the description repeats what the CSV files hold: %d more members", len(doc))
		}
	}
}

func TestTheMergedTableIsReadAsACatalog(t *testing.T) {
	m := merge(t, "1,K00001.01,Kepler-1 b,CONFIRMED,2.5,1e-4,-1e-4,100,1e-3,2,1000,100,0,11\n", "9,5.01,KP,100,0,,,2458000,,2.5,,2,1000,10.8,\n", "", "")
	tab, err := catalog.Parse(catalog.Candidates, m.CSV())
	if err != nil {
		t.Fatal(err)
	}
	star := exo.TargetID{Catalog: exo.TIC, Number: 9}
	list := tab.Ephemerides(star)
	if len(list) != 1 || list[0].PeriodDays != 2.5 || list[0].Epoch != 2454933 || list[0].Object != "K00001.01" {
		t.Errorf("%+v", list)
	}
	name, err := exo.ParseName("TOI-5.01")
	if err != nil {
		t.Fatal(err)
	}
	if stars := tab.Find(name); len(stars) != 2 || stars[0].RA != 100 {
		t.Errorf("%+v", stars)
	}
	if d := catalog.Diff(tab, tab); d.Changes.Unchanged != 1 {
		t.Errorf("%+v", d.Changes)
	}
	for j, c := range tab.Columns {
		if want := m.Columns[j].Unit != ""; c.Type != "char" && (c.Unit != "") != want && !strings.Contains(c.Name, "logg") && !strings.Contains(c.Name, "dex") && !strings.Contains(c.Name, "insolation") {
			t.Errorf("%s has the unit %q here, %q there", c.Name, c.Unit, m.Columns[j].Unit)
		}
	}
}
