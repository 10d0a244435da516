package catalog_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode"

	"exoplanetai/internal/catalog"
)

const (
	koiHead   = "kepid,kepoi_name,kepler_name,koi_disposition,koi_score,koi_period,koi_period_err1,koi_period_err2,koi_time0bk,koi_time0bk_err1,koi_time0bk_err2,koi_duration,koi_prad,koi_prad_err1,koi_prad_err2,ra,dec"
	toiNASA   = "toi,tid,tfopwg_disp,ra,dec,pl_tranmid,pl_tranmiderr1,pl_tranmidlim,pl_orbper,pl_orbpererr1,pl_orbperlim,pl_trandurh,pl_rade,pl_radeerr1,pl_radeerr2,pl_radelim,rowupdate"
	toiExoFOP = "TIC ID,TOI,TFOPWG Disposition,RA (deg),Dec (deg),Transit Epoch (BJD),Period (days),Duration (hours),Planet Radius (R_Earth),Comments"
	k2Head    = "pl_name,hostname,default_flag,disposition,pl_refname,st_refname,pl_orbper,pl_orbpererr1,pl_tranmid,pl_tranmiderr1,pl_rade,ra,dec,rowupdate,epic_hostname"
)

// tell parses two tables and returns the events between them as "kind: text".
func tell(t testing.TB, typ catalog.Type, head string, old, new []string) []string {
	t.Helper()
	return told(parse(t, typ, csvOf(head, old...)), parse(t, typ, csvOf(head, new...)))
}

func csvOf(head string, rows ...string) []byte {
	return []byte(head + "\n" + strings.Join(rows, "\n") + "\n")
}

func told(a, b *catalog.Table) []string {
	list := []string{}
	for _, e := range catalog.Events(a, b, catalog.Diff(a, b)) {
		list = append(list, string(e.Kind)+": "+e.Text)
	}
	return list
}

func TestWhatAChangeOfARowMeans(t *testing.T) {
	const koi = "10797460,K00752.01,%s,%s,%s,%s,%s,,%s,%s,,2.9,%s,0.26,-0.15,291.93,48.14"
	row := func(name, disp, score, p, perr, t0, t0err, r string) string {
		return fmt.Sprintf(koi, name, disp, score, p, perr, t0, t0err, r)
	}
	was := row("", "CANDIDATE", "1.0", "10.0", "0.001", "170.5", "0.01", "2.26")
	for name, tt := range map[string]struct {
		now  string
		want []string
	}{
		"nothing changed":                 {was, nil},
		"a number is written otherwise":   {row("", "CANDIDATE", "1.0000", "10", "1e-3", "170.500", "0.010", "2.260"), nil},
		"nothing is written otherwise":    {row("null", "CANDIDATE", "1.0", "10.0", "0.001", "170.5", "0.01", "2.26"), nil},
		"the disposition changed":         {row("", "FALSE POSITIVE", "1.0", "10.0", "0.001", "170.5", "0.01", "2.26"), []string{"disposition: K00752.01 was CANDIDATE, is FALSE POSITIVE now"}},
		"it was confirmed, with a name":   {row("Kepler-227 b", "CONFIRMED", "1.0", "10.0", "0.001", "170.5", "0.01", "2.26"), []string{"disposition: K00752.01 was CANDIDATE, is CONFIRMED now, as Kepler-227 b"}},
		"the disposition went":            {row("", "", "1.0", "10.0", "0.001", "170.5", "0.01", "2.26"), []string{"disposition: K00752.01 was CANDIDATE, has no disposition now"}},
		"only its name came":              {row("Kepler-227 b", "CANDIDATE", "1.0", "10.0", "0.001", "170.5", "0.01", "2.26"), []string{"other: K00752.01: its kepler_name was unknown, is Kepler-227 b now"}},
		"the period moved by 2.8 sigma":   {row("", "CANDIDATE", "1.0", "10.004", "0.001", "170.5", "0.01", "2.26"), []string{"other: K00752.01: its koi_period was 10.0, is 10.004 now"}},
		"the period moved by 3.5 sigma":   {row("", "CANDIDATE", "1.0", "10.005", "0.001", "170.5", "0.01", "2.26"), []string{"ephemeris: K00752.01 had a period of 10 d, has 10.005 d now (3.5 sigma)"}},
		"a missing error is the other's":  {row("", "CANDIDATE", "1.0", "10.004", "", "170.5", "0.01", "2.26"), []string{"other: K00752.01: its koi_period, koi_period_err1 changed"}},
		"T0 is ten periods on":            {row("", "CANDIDATE", "1.0", "10.0", "0.001", "270.5", "0.01", "2.26"), []string{"other: K00752.01: its koi_time0bk was 170.5, is 270.5 now"}},
		"T0 is ten periods back":          {row("", "CANDIDATE", "1.0", "10.0", "0.001", "70.5", "0.01", "2.26"), []string{"other: K00752.01: its koi_time0bk was 170.5, is 70.5 now"}},
		"T0 moved by an hour":             {row("", "CANDIDATE", "1.0", "10.0", "0.001", "170.55", "0.01", "2.26"), []string{"ephemeris: K00752.01 transits 1.2 h later than its former ephemeris foretold (3.5 sigma)"}},
		"T0 moved over many periods":      {row("", "CANDIDATE", "1.0", "10.0", "0.001", "1170.55", "0.01", "2.26"), []string{"other: K00752.01: its koi_time0bk was 170.5, is 1170.55 now"}}, // 100 periods: 0.1 d of error
		"period and T0 moved":             {row("", "CANDIDATE", "1.0", "10.005", "0.001", "170.45", "0.01", "2.26"), []string{"ephemeris: K00752.01 had a period of 10 d, has 10.005 d now (3.5 sigma); transits 1.2 h earlier than its former ephemeris foretold (3.5 sigma)"}},
		"the period went":                 {row("", "CANDIDATE", "1.0", "", "", "170.5", "0.01", "2.26"), []string{"ephemeris: K00752.01 has no period now; it was 10 d"}},
		"the radius changed":              {row("", "CANDIDATE", "1.0", "10.0", "0.001", "170.5", "0.01", "2.30"), []string{"radius: K00752.01 had a radius of 2.26 Earth radii, has 2.3 now, +1.8 % (0.1 sigma)"}},
		"the radius changed much":         {row("", "CANDIDATE", "1.0", "10.0", "0.001", "170.5", "0.01", "4.52"), []string{"radius: K00752.01 had a radius of 2.26 Earth radii, has 4.52 now, +100 % (6.1 sigma), beyond its errors"}},
		"the radius went":                 {row("", "CANDIDATE", "1.0", "10.0", "0.001", "170.5", "0.01", ""), []string{"radius: K00752.01 has no radius now; it was 2.26 Earth radii"}},
		"the disposition and the radius":  {row("", "CONFIRMED", "0.5", "10.0", "0.001", "170.5", "0.01", "2.30"), []string{"disposition: K00752.01 was CANDIDATE, is CONFIRMED now", "radius: K00752.01 had a radius of 2.26 Earth radii, has 2.3 now, +1.8 % (0.1 sigma)"}},
		"it is retired, another one came": {strings.Replace(was, "752.01", "752.02", 1), []string{"new: K00752.02 is new: CANDIDATE, period 10 d, 2.26 Earth radii", "retired: K00752.01 is not listed any more; it was CANDIDATE"}},
		"cells that are hostile":          {row("", "<b>\x1b[31mFP\u202e", "1.0", "10.0", "0.001", "170.5", "0.01", "2.26"), []string{"disposition: K00752.01 was CANDIDATE, is <b>?[31mFP? now"}},
	} {
		if got := tell(t, catalog.KOI, koiHead, []string{was}, []string{tt.now}); !slices.Equal(got, tt.want) && len(got)+len(tt.want) > 0 {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestMovesWhereNoErrorsAreGiven(t *testing.T) {
	row := func(p, t0 string) string { return "1,700.01,PC,97.1,-65.6," + t0 + "," + p + ",2.4,2.0," }
	was := row("10", "2459000.5")
	for name, tt := range map[string]struct {
		now  string
		kind string
	}{
		"the period by 0.5e-4":               {row("10.0005", "2459000.5"), "other"},
		"the period by 2e-4":                 {row("10.002", "2459000.5"), "ephemeris"},
		"T0 by a twentieth of the duration":  {row("10", "2459000.505"), "other"},
		"T0 by a fifth of the duration":      {row("10", "2459000.52"), "ephemeris"},
		"a better period and a later epoch":  {row("10.0005", "2460000.55"), "other"},
		"an epoch that fits neither period":  {row("10.0005", "2460000.95"), "ephemeris"},
		"a single transit now":               {row("0", "2459000.5"), "ephemeris"},
		"an epoch on another scale":          {row("10", "59000.5"), "ephemeris"},
		"an epoch that is no number":         {row("10", "NaN"), "ephemeris"},
		"the epoch of the next transit":      {row("10", "2459010.5"), "other"},
		"an infinite period":                 {row("Inf", "2459000.5"), "ephemeris"},
		"a number that overflows":            {row("1e999", "2459000.5"), "ephemeris"},
		"half the period, the same transits": {row("5", "2459000.5"), "ephemeris"},
	} {
		got := tell(t, catalog.TOI, toiExoFOP, []string{was}, []string{tt.now})
		if len(got) != 1 || !strings.HasPrefix(got[0], tt.kind+": ") {
			t.Errorf("%s: %q, want %s", name, got, tt.kind)
		}
	}
	two := []string{row("0", "2459000.5"), row("", "2459000.5")}
	if got := tell(t, catalog.TOI, toiExoFOP, two[:1], two[1:]); len(got) != 1 || !strings.HasPrefix(got[0], "other") {
		t.Errorf("0 and nothing are one: %q", got)
	}
}

func TestALimitIsNotMeasuredAgainst(t *testing.T) {
	row := func(p, plim, r, rlim string) string {
		return "700.01,1,PC,97.1,-65.6,2459000.5,0.001,0," + p + ",0.001," + plim + ",2.4," + r + ",0.1,-0.1," + rlim + ",x"
	}
	if got := tell(t, catalog.TOI, toiNASA, []string{row("10", "0", "2", "0")}, []string{row("20", "-1", "2", "0")}); len(got) != 1 || !strings.HasPrefix(got[0], "other") {
		t.Errorf("a period that is a limit: %q", got)
	}
	if got := tell(t, catalog.TOI, toiNASA, []string{row("10", "0", "2", "0")}, []string{row("10", "0", "4", "1")}); len(got) != 1 || strings.Contains(got[0], "sigma") {
		t.Errorf("a radius that is a limit: %q", got)
	}
}

func TestTablesOfTwoDialectsAreComparedByMeaning(t *testing.T) {
	old := parse(t, catalog.TOI, csvOf(toiExoFOP,
		"50365310,1000.01,PC,112.35,-12.69,2459229.630046,2.171348412345678,2.01,5.818163312345,",
		"231663901,101.01,KP,318.7,-55.87,2458326.009117,1.4303699496507,1.61,13.187450307582,WASP-46 b",
		"1,9.01,PC,1,1,2458326.0,1.4,1.6,13,"))
	new := parse(t, catalog.TOI, csvOf(toiNASA,
		"1000.01,50365310,FP,112.35,-12.69,2459229.6300460,0.001,0,2.1713484,0.0002,0,2.01,5.8181633,1.9,-1.9,0,x",
		"101.01,231663901,KP,318.7,-55.87,2458326.0091170,0.0001,0,1.4303699,0.0000007,0,1.61,13.1874503,0.6,-0.6,0,x",
		"10.01,2,PC,1,1,2458326.0,0.001,0,1.4,0.001,0,1.6,13,1,-1,0,x"))
	d := catalog.Diff(old, new)
	if d.Changes != (catalog.Changes{Added: 1, Removed: 1, Unchanged: 2}) {
		t.Errorf("%+v", d.Changes)
	}
	want := []string{"new: TOI 10.01 is new: PC, period 1.4 d, 13 Earth radii", "retired: TOI 9.01 is not listed any more; it was PC", "disposition: TOI 1000.01 was PC, is FP now"}
	if got := told(old, new); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestColumnsThatCameWentOrMovedAreNoEvents(t *testing.T) {
	rows := []string{"1,K00001.01,,CANDIDATE,1,10,0.1,-0.1,170,0.1,-0.1,2,2,1,-1,1,1", "2,K00002.01,,CANDIDATE,1,10,0.1,-0.1,170,0.1,-0.1,2,2,1,-1,1,1"}
	drop := func(cols ...int) []byte {
		var b strings.Builder
		for _, line := range append([]string{koiHead}, rows...) {
			cells := strings.Split(line, ",")
			kept := cells[:0:0]
			for k, c := range cells {
				if !slices.Contains(cols, k) {
					kept = append(kept, c)
				}
			}
			b.WriteString(strings.Join(kept, ",") + "\n")
		}
		return []byte(b.String())
	}
	whole := parse(t, catalog.KOI, csvOf(koiHead, rows...))
	for name, other := range map[string][]byte{
		"no radius, no errors": drop(4, 6, 7, 9, 10, 12, 13, 14),
		"rows turned":          csvOf(koiHead, rows[1], rows[0]),
		"columns turned": []byte("dec,ra,koi_disposition,kepoi_name,kepid,koi_period,koi_time0bk\n" +
			"1,1,CANDIDATE,K00002.01,2,10,170\n1,1,CANDIDATE,K00001.01,1,10,170\n"),
	} {
		b := parse(t, catalog.KOI, other)
		for _, pair := range [][2]*catalog.Table{{whole, b}, {b, whole}} {
			d := catalog.Diff(pair[0], pair[1])
			if got := told(pair[0], pair[1]); len(got) > 0 || d.Changes.Unchanged != 2 || len(d.Rows) != 0 {
				t.Errorf("%s: %q %+v", name, got, d.Changes)
			}
		}
	}
}

func TestPlanetsOfK2StandForTheirDefaultRows(t *testing.T) {
	row := func(name, flag, disp, paper, p, r string) string {
		return name + ",K2-18," + flag + "," + disp + "," + paper + ",S," + p + ",0.001,2457264.4,0.001," + r + ",172.5,7.6,2020-01-01,EPIC 201912552"
	}
	was := []string{row("K2-18 b", "1", "CONFIRMED", "A", "32.9", "2.3"), row("K2-18 b", "0", "CONFIRMED", "B", "32.94", "2.6")}
	for name, tt := range map[string]struct {
		now  []string
		want []string
	}{
		"turned": {[]string{was[1], was[0]}, nil},
		"another solution is the default": {[]string{row("K2-18 b", "0", "CONFIRMED", "A", "32.9", "2.3"), row("K2-18 b", "1", "CONFIRMED", "B", "32.94", "2.6")}, []string{
			"ephemeris: K2-18 b had a period of 32.9 d, has 32.94 d now (28.3 sigma)", "radius: K2-18 b had a radius of 2.3 Earth radii, has 2.6 now, +13 %"}},
		"the verdict changed in all rows": {[]string{row("K2-18 b", "1", "REFUTED", "A", "32.9", "2.3"), row("K2-18 b", "0", "REFUTED", "B", "32.94", "2.6")}, []string{
			"disposition: K2-18 b was CONFIRMED, is REFUTED now"}},
		"a solution was corrected": {[]string{was[0], row("K2-18 b", "0", "CONFIRMED", "B", "32.95", "2.6")}, []string{
			"other: K2-18 b: the solution of B: its pl_orbper was 32.94, is 32.95 now"}},
		"a solution came": {append(slices.Clone(was), row("K2-18 b", "0", "CONFIRMED", "C", "32.9", "2.3")), []string{
			"other: K2-18 b is listed with one more solution (C)"}},
		"a solution went": {was[:1], []string{"other: K2-18 b is listed without one of its solutions (B)"}},
		"a planet of two solutions came": {append(slices.Clone(was), row("K2-18 c", "0", "CANDIDATE", "C", "8.9", ""), row("K2-18 c", "1", "CANDIDATE", "D", "8.962", "")), []string{
			"new: K2-18 c is new: CANDIDATE, period 8.962 d, 2 solutions"}},
		"the planet went": {[]string{row("K2-18 c", "1", "CANDIDATE", "D", "8.962", "")}, []string{
			"new: K2-18 c is new: CANDIDATE, period 8.962 d", "retired: K2-18 b is not listed any more; it was CONFIRMED"}},
	} {
		if got := tell(t, catalog.K2, k2Head, was, tt.now); !slices.Equal(got, tt.want) && len(got)+len(tt.want) > 0 {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestEventsNameObjectStarAndCells(t *testing.T) {
	a := parse(t, catalog.TOI, csvOf(toiExoFOP, "50365310,1000.01,PC,112.35,-12.69,2459229.63,2.17,2.01,5.8,"))
	b := parse(t, catalog.TOI, csvOf(toiExoFOP, "50365310,1000.01,FP,112.35,-12.69,2459229.63,2.17,2.01,5.8,"))
	got := catalog.Events(a, b, catalog.Diff(a, b))
	want := catalog.Event{Kind: catalog.EventDisposition, Key: "1000.01", Object: "TOI 1000.01", Star: "TIC 50365310", Column: "TFOPWG Disposition", From: "PC", To: "FP", Text: "TOI 1000.01 was PC, is FP now"}
	if len(got) != 1 || got[0] != want {
		t.Errorf("%+v", got)
	}
	if got := catalog.Events(a, b, catalog.Difference{}); len(got) != 1 || got[0] != want {
		t.Errorf("with a difference that lost its places: %+v", got)
	}
	if got := catalog.Events(nil, b, catalog.Diff(nil, b)); got != nil {
		t.Errorf("without an old table: %+v", got)
	}
}

// FuzzEvents feeds cells of all sorts into the second row.
func FuzzEvents(f *testing.F) {
	f.Add("FP", "10", "0.1", "2459000.5", "0.1", "2")
	f.Add("", "1e-300", "0", "NaN", "-0", "1e308")
	f.Add("PC", "10.5", "5e-324", "2459000.5", "5e-324", "1e-310")
	f.Add("\x1b\u202e\xff", "-1", "1e-320", "2400000", "Inf", "0x1p-2")
	a := parse(f, catalog.TOI, csvOf(toiNASA, "700.01,1,PC,97.1,-65.6,2459000.5,0.001,0,10,0.001,0,2.4,2,0.1,-0.1,0,x"))
	f.Fuzz(func(t *testing.T, disp, p, perr, t0, t0err, r string) {
		for _, s := range []string{disp, p, perr, t0, t0err, r} {
			if strings.ContainsAny(s, ",\"\n\r\x00") {
				return
			}
		}
		b, err := catalog.Parse(catalog.TOI, csvOf(toiNASA, strings.Join([]string{"700.01", "1", disp, "97.1", "-65.6", t0, t0err, "0", p, perr, "0", "2.4", r, "0.1", "-0.1", "0", "x"}, ",")))
		if err != nil {
			return
		}
		for _, pair := range [][2]*catalog.Table{{a, b}, {b, a}} {
			for _, e := range catalog.Events(pair[0], pair[1], catalog.Diff(pair[0], pair[1])) {
				if e.Sigma < 0 || math.IsNaN(e.Sigma) || math.IsInf(e.Sigma, 0) || len(e.Text) > 2000 || strings.ContainsFunc(e.Text, func(r rune) bool { return !unicode.IsPrint(r) }) {
					t.Fatalf("%+v", e)
				}
			}
		}
		if got := told(b, b); len(got) > 0 {
			t.Fatalf("a table against itself: %q", got)
		}
	})
}
