package catalog_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/catalog"
)

func TestARenamedColumnIsTold(t *testing.T) {
	text := func(header string, change ...string) string {
		rows := "K00001.01,11,CONFIRMED,1.5,100,10,20,0,7.25,\n" +
			"K00002.01,12,CONFIRMED,2.5,101,11,21,0,8.25,\n" +
			"K00003.01,13,CONFIRMED,3.5,102,12,22,0,9.25,\n" +
			"K00004.01,14,CONFIRMED,4.5,103,13,23,0,10.25,\n"
		return header + "\n" + strings.NewReplacer(change...).Replace(rows)
	}
	const header = "kepoi_name,kepid,koi_disposition,koi_period,koi_time0bk,ra,dec,koi_flag,koi_mass,koi_note"
	old := parse(t, catalog.KOI, []byte(text(header)))
	for name, tt := range map[string]struct {
		header string
		change []string
		want   string // from>to
	}{
		"nothing changed":                      {header, nil, ""},
		"another name, the same cells":         {strings.Replace(header, "koi_mass", "st_m", 1), nil, "koi_mass>st_m"},
		"the same numbers in another form":     {strings.Replace(header, "koi_mass", "st_m", 1), []string{"7.25", "7.250", "8.25", "8.25e0"}, "koi_mass>st_m"},
		"another name, other cells":            {strings.Replace(header, "koi_mass", "st_m", 1), []string{"7.25", "1", "8.25", "2", "9.25", "3"}, ""},
		"nearly the name, most cells":          {strings.Replace(header, "koi_mass", "koi_smass", 1), []string{"7.25", "1", "8.25", "2"}, "koi_mass>koi_smass"},
		"nearly the name, other cells":         {strings.Replace(header, "koi_mass", "koi_smass", 1), []string{"7.25", "1", "8.25", "2", "9.25", "3"}, ""},
		"another spelling, other cells":        {strings.Replace(header, "koi_mass", "KOI_Mass", 1), []string{"7.25", "1", "8.25", "2", "9.25", "3"}, "koi_mass>KOI_Mass"},
		"a column that is 0 everywhere":        {strings.Replace(header, "koi_flag", "other", 1), nil, ""},
		"an empty column":                      {strings.Replace(header, "koi_note", "remark", 1), nil, ""},
		"two at once, each with its own cells": {strings.NewReplacer("koi_mass", "a", "koi_flag", "koi_flags").Replace(header), nil, "koi_flag>koi_flags koi_mass>a"},
		"rows in another order": {strings.Replace(header, "koi_mass", "st_m", 1),
			[]string{"K00001.01,11,CONFIRMED,1.5,100,10,20,0,7.25", "K00002.01,12,CONFIRMED,2.5,101,11,21,0,8.25", "K00002.01,12,CONFIRMED,2.5,101,11,21,0,8.25", "K00001.01,11,CONFIRMED,1.5,100,10,20,0,7.25"}, "koi_mass>st_m"},
	} {
		d := catalog.Diff(old, parse(t, catalog.KOI, []byte(text(tt.header, tt.change...))))
		var got []string
		for _, r := range d.Schema.Renamed {
			got = append(got, r.From+">"+r.To)
			if !slices.Contains(d.Schema.Removed, r.From) || !slices.Contains(d.Schema.Added, r.To) {
				t.Errorf("%s: %+v is not among the changed columns", name, r)
			}
		}
		if strings.Join(got, " ") != tt.want || d.Schema.Renamed == nil {
			t.Errorf("%s: got %v, want %s", name, got, tt.want)
		}
	}
}

// Every column of a real table that may have any name is found again under a
// name that says nothing, and no real table has a column that is mistaken for
// another.
func TestRenamedColumnsOfRealTables(t *testing.T) {
	koi := wire(t, koi2025)
	old := parse(t, catalog.KOI, koi)
	head, rows, _ := strings.Cut(string(koi), "\n")
	for strings.HasPrefix(head, "#") {
		head, rows, _ = strings.Cut(rows, "\n")
	}
	names := strings.Split(head, ",")
	var want []catalog.Rename
	for i, n := range names {
		if strings.HasPrefix(n, "koi_") && !slices.Contains([]string{"koi_disposition", "koi_period", "koi_time0bk"}, n) {
			names[i] = "column_" + string(rune('a'+i/26)) + string(rune('a'+i%26))
			want = append(want, catalog.Rename{From: n, To: names[i]})
		}
	}
	start := time.Now()
	got := catalog.Renamed(old, parse(t, catalog.KOI, []byte(strings.Join(names, ",")+"\n"+rows)))
	t.Logf("%d columns in %v", len(want), time.Since(start))
	at := map[string]int{}
	for j, c := range old.Columns {
		at[c.Name] = j
	}
	values := func(name string) int {
		seen := map[string]bool{"": true}
		for i := range old.Len() {
			seen[old.Cell(i, at[name])] = true
		}
		return len(seen) - 1
	}
	for _, w := range want {
		if found := slices.Contains(got, w); found != (values(w.From) >= 3) {
			t.Errorf("%+v: found %t, with %d values", w, found, values(w.From))
		}
	}
	for _, tt := range []struct{ from, to, want string }{
		{koi2019, koi2025, ""},
		{toi2023, toi2025, ""},
		{exofop2024, exofop2025, ""},
		{toi2025, exofop2025, "toi>TOI, tid>TIC ID, tfopwg_disp>TFOPWG Disposition, ra>RA (deg), dec>Dec (deg), st_pmra>PM RA (mas/yr), st_pmdec>PM Dec (mas/yr), " +
			"pl_tranmid>Transit Epoch (BJD), st_tmag>TESS mag, st_dist>Stellar Distance (pc), st_teff>Stellar Teff (K), st_logg>Stellar log(g) (cm/s2)"},
	} {
		typ := catalog.TOI
		if tt.from == koi2019 {
			typ = catalog.KOI
		}
		var got []string
		for _, r := range catalog.Renamed(parse(t, typ, wire(t, tt.from)), parse(t, typ, wire(t, tt.to))) {
			got = append(got, r.From+">"+r.To)
		}
		if strings.Join(got, ", ") != tt.want {
			t.Errorf("%s to %s: got %v", tt.from, tt.to, got)
		}
	}
}
