package validate_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/csvtab"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/universe"
	"exoplanetai/internal/validate"
	"exoplanetai/internal/xtest"
)

// minimal is a header of each table with what it needs, and a row for it.
var minimal = map[catalog.Type][2]string{
	catalog.KOI:  {"kepid,kepoi_name,koi_disposition,koi_period,koi_time0bk,ra,dec", "11904151,K00072.01,CONFIRMED,0.837,131.57,285.67942,50.241299"},
	catalog.TOI:  {"tid,toi,tfopwg_disp,pl_orbper,pl_tranmid,ra,dec", "150428135,700.01,CP,9.97,2458331.35,97.096,-65.579"},
	catalog.K2:   {"pl_name,hostname,disposition,default_flag,pl_orbper,ra,dec", "K2-18 b,K2-18,CONFIRMED,1,32.9,172.560,7.588"},
	catalog.Gaia: {"target,source_id,ra,dec", "TIC 150428135,5284517766615492736,97.104,-65.581"},
}

func small(t catalog.Type, rows ...string) []byte {
	return []byte(minimal[t][0] + "\n" + strings.Join(rows, "\n") + "\n")
}

func judgeTable(t testing.TB, typ catalog.Type, b []byte) *validate.Report {
	t.Helper()
	return validate.Table(parse(t, typ, b), validate.Options{Now: today})
}

func TestEachRuleFindsWhatItIsFor(t *testing.T) {
	koi, toi, k2 := minimal[catalog.KOI][1], minimal[catalog.TOI][1], minimal[catalog.K2][1]
	with := func(row, old, new string) string { return strings.Replace(row, old, new, 1) }
	for name, tt := range map[string]struct {
		typ      catalog.Type
		rows     []string
		severity validate.Severity
		rule     string
	}{
		"a key twice":                  {catalog.KOI, []string{koi, with(koi, "0.837", "0.8371")}, validate.Error, "koi.key.repeated"},
		"a row twice":                  {catalog.K2, []string{k2, k2}, validate.Warning, "k2.row.repeated"},
		"two solutions of one paper":   {catalog.K2, []string{k2, with(k2, "1,32.9", "0,32.8")}, validate.Warning, "k2.solution.repeated"},
		"no key":                       {catalog.KOI, []string{with(koi, "K00072.01", "")}, validate.Error, "koi.key.syntax"},
		"a key like a float":           {catalog.TOI, []string{with(toi, "700.01", "700.1")}, validate.Error, "toi.key.syntax"},
		"a decimal comma":              {catalog.KOI, []string{with(koi, "0.837", `"0,837"`)}, validate.Error, "koi.number"},
		"a word for a number":          {catalog.KOI, []string{with(koi, "0.837", "NaN")}, validate.Error, "koi.number"},
		"right ascension 360":          {catalog.KOI, []string{with(koi, "285.67942", "360.0000")}, validate.Error, "koi.ra.range"},
		"a negative one":               {catalog.KOI, []string{with(koi, "285.67942", "-1.000")}, validate.Error, "koi.ra.range"},
		"declination 91":               {catalog.KOI, []string{with(koi, "50.241299", "91.000")}, validate.Error, "koi.dec.range"},
		"declination NaN":              {catalog.KOI, []string{with(koi, "50.241299", "NaN")}, validate.Error, "koi.dec.range"},
		"no position":                  {catalog.KOI, []string{with(koi, "285.67942,50.241299", ",")}, validate.Warning, "koi.position.missing"},
		"outside Kepler's field":       {catalog.KOI, []string{with(koi, "285.67942", "85.67942")}, validate.Warning, "koi.position.field"},
		"a star in another strip":      {catalog.KOI, []string{with(koi, "11904151", "1904151")}, validate.Warning, "koi.kepid.declination"},
		"far from the ecliptic":        {catalog.K2, []string{with(k2, "7.588", "-57.588")}, validate.Warning, "k2.position.field"},
		"a position of two decimals":   {catalog.TOI, []string{with(toi, "97.096", "97.09")}, validate.Warning, "toi.position.precision"},
		"an unknown disposition":       {catalog.KOI, []string{with(koi, "CONFIRMED", "MAYBE")}, validate.Warning, "koi.disposition.word"},
		"a period of a year in hours":  {catalog.KOI, []string{with(koi, "0.837", "8760")}, validate.Warning, "koi.period.plausible"},
		"a negative period":            {catalog.KOI, []string{with(koi, "0.837", "-0.837")}, validate.Error, "koi.period.range"},
		"an epoch in BJD":              {catalog.KOI, []string{with(koi, "131.57", "2454964.57")}, validate.Error, "koi.epoch.range"},
		"an epoch in BTJD":             {catalog.TOI, []string{with(toi, "2458331.35", "1331.35")}, validate.Error, "toi.epoch.range"},
		"no default row":               {catalog.K2, []string{with(k2, "1,32.9", "0,32.9")}, validate.Warning, "k2.default.missing"},
		"two default rows":             {catalog.K2, []string{k2, with(k2, "32.9", "32.91")}, validate.Warning, "k2.default.repeated"},
		"one number, two stars":        {catalog.TOI, []string{toi, with(with(toi, "700.01", "700.02"), "150428135", "150428136")}, validate.Warning, "toi.number.stars"},
		"one star, two numbers":        {catalog.TOI, []string{toi, with(toi, "700.01", "701.01")}, validate.Warning, "toi.star.numbers"},
		"one star, two places":         {catalog.TOI, []string{toi, with(with(toi, "700.01", "700.02"), "97.096", "97.196")}, validate.Warning, "toi.ra.siblings"},
		"one signal, two neighbours":   {catalog.TOI, []string{toi, "150428199,900.01,PC,9.9701,2458331.35,97.099,-65.579"}, validate.Warning, "toi.signal.twin"},
		"one of them a false positive": {catalog.TOI, []string{toi, "150428199,900.01,FP,9.9701,2458331.35,97.099,-65.579"}, validate.Info, "toi.signal.resolved"},
		"twice the period nearby":      {catalog.TOI, []string{toi, "150428199,900.01,PC,19.94,2458331.35,97.099,-65.579"}, validate.Info, "toi.signal.multiple"},
		"papers that disagree":         {catalog.K2, []string{k2, with(k2, "1,32.9", "0,16.45")}, validate.Warning, "k2.period.papers"},
		"a verdict per paper":          {catalog.K2, []string{k2, with(k2, "CONFIRMED,1", "REFUTED,0")}, validate.Warning, "k2.disposition.papers"},
	} {
		rep := judgeTable(t, tt.typ, small(tt.typ, tt.rows...))
		at := slices.IndexFunc(rep.Findings, func(f validate.Finding) bool { return f.Rule == tt.rule })
		if at < 0 {
			t.Errorf("%s: not found in %+v", name, rep.Findings)
			continue
		}
		f := rep.Findings[at]
		if f.Severity != tt.severity || f.Message == "" || f.Limit == "" || rep.Valid != (tt.severity != validate.Error) || rep.Levels[f.Level].Rules[f.Rule] == 0 {
			t.Errorf("%s: %+v, valid %v", name, f, rep.Valid)
		}
	}
}

func TestGoodRowsHaveNoFindings(t *testing.T) {
	for typ, m := range minimal {
		if rep := judgeTable(t, typ, small(typ, m[1])); !rep.Valid || len(rep.Findings) > 0 {
			t.Errorf("%s: %+v", typ, rep.Findings)
		}
	}
}

func TestTheEpochsOfAPairAreHeldTogether(t *testing.T) {
	head, row := "kepid,kepoi_name,koi_disposition,koi_period,koi_time0bk,koi_time0,ra,dec\n", "11904151,K00072.01,CONFIRMED,0.837,131.57,%s,285.67942,50.241299\n"
	for epoch, want := range map[string]int{"2454964.57": 0, "2454964.5704": 0, "2454964.67": 1, "2454965.57": 1} {
		rep := judgeTable(t, catalog.KOI, []byte(head+fmt.Sprintf(row, epoch)))
		if n := rep.Levels[validate.Quality].Rules["koi.epoch.pair"]; n != want {
			t.Errorf("%s: %d findings %+v", epoch, n, rep.Findings)
		}
	}
}

func TestANeededColumnThatIsEmptyThroughoutIsAnError(t *testing.T) {
	rows := make([]string, 30)
	for i := range rows {
		rows[i] = strings.Replace(strings.Replace(minimal[catalog.KOI][1], "K00072.01", fmt.Sprintf("K%05d.01", i+1), 1), "11904151", "", 1)
	}
	rep := judgeTable(t, catalog.KOI, small(catalog.KOI, rows...))
	if rep.Valid || rep.Findings[0].Rule != "koi.column.empty" || rep.Findings[0].Column != "kepid" || rep.Summary().Errors != 1 {
		t.Errorf("%+v", rep.Findings[0])
	}
	rows[29] = strings.Replace(minimal[catalog.KOI][1], "K00072.01", "K00030.01", 1)
	if rep := judgeTable(t, catalog.KOI, small(catalog.KOI, rows...)); !rep.Valid {
		t.Errorf("one value is enough: %+v", rep.Findings)
	}
}

func TestPositionsAreHeldAgainstAnotherCatalog(t *testing.T) {
	tab := parse(t, catalog.TOI, small(catalog.TOI, minimal[catalog.TOI][1]))
	for name, tt := range map[string]struct {
		star catalog.Star
		want int
	}{
		"the same place":  {catalog.Star{RA: 97.096, Dec: -65.579}, 0},
		"ten arcsec away": {catalog.Star{RA: 97.096, Dec: -65.579 + 10.0/3600}, 0},
		"an arcminute":    {catalog.Star{RA: 97.096, Dec: -65.579 + 60.0/3600}, 1},
		"no position":     {catalog.Star{RA: math.NaN(), Dec: math.NaN()}, 0},
	} {
		rep := validate.Table(tab, validate.Options{Now: today, Star: func(id exo.TargetID) (catalog.Star, bool) {
			return tt.star, id == exo.TargetID{Catalog: exo.TIC, Number: 150428135}
		}})
		if n := rep.Levels[validate.Coordinates].Rules["toi.position.catalog"]; n != tt.want {
			t.Errorf("%s: %+v", name, rep.Findings)
		}
	}
}

func TestMetricsAreWhatTheyAreDefinedAs(t *testing.T) {
	head := "kepid,kepoi_name,koi_disposition,koi_period,koi_time0bk,ra,dec,koi_duration,koi_kepmag\n"
	rows := "11904151,K00072.01,CONFIRMED,0.837,131.57,285.67942,50.241299,1.8,\n" +
		"10797460,K00752.01,CONFIRMED,9.488,170.54,291.93423,48.141651,2.96,99\n"
	rep := validate.Table(parse(t, catalog.KOI, []byte(head+rows)), validate.Options{Now: today, Retrieved: today.Add(-48 * time.Hour), Fresh: 24 * time.Hour})
	m := rep.Metrics
	if got := m.Completeness; got.Overall != 17.0/18 || got.Columns["koi_kepmag"] != 0.5 || got.Columns["ra"] != 1 {
		t.Errorf("completeness %+v", got)
	}
	if got := m.Accuracy; got.Overall != 12.0/13 || got.Columns["koi_kepmag"] != 0 || got.Columns["koi_period"] != 1 {
		t.Errorf("accuracy %+v", got)
	}
	if got := m.Consistency; got.Overall != 1 || got.Columns["koi_period"] != 1 {
		t.Errorf("consistency %+v", got)
	}
	if m.Freshness.Overall != 0.5 {
		t.Errorf("freshness %v", m.Freshness.Overall)
	}
	if rep := judgeTable(t, catalog.KOI, []byte(head+rows)); rep.Metrics.Freshness != nil {
		t.Error("freshness without a policy")
	}
}

func TestTheSameTableGivesTheSameReport(t *testing.T) {
	for _, k := range []int{1, 6} {
		tab := parse(t, realTables[k].typ, wire(t, realTables[k].file))
		a, b := validate.Table(tab, validate.Options{Now: today}), validate.Table(tab, validate.Options{Now: today})
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s: two reports differ", realTables[k].name)
		}
		order := func(f validate.Finding) int { return slices.Index(validate.Levels, f.Level) }
		if !slices.IsSortedFunc(a.Findings, func(x, y validate.Finding) int { return order(x) - order(y) }) {
			t.Error("the findings are not in the order of levels")
		}
		one, _ := json.Marshal(a)
		two, _ := json.Marshal(b)
		if string(one) != string(two) {
			t.Error("the reports differ as JSON")
		}
	}
}

func TestSimulatedTablesHaveNoErrors(t *testing.T) {
	u := universe.New(1)
	for name, typ := range map[string]catalog.Type{"cumulative": catalog.KOI, "toi": catalog.TOI, "exofop": catalog.TOI, "k2pandc": catalog.K2, "gaia": catalog.Gaia} {
		table, ok := u.Table(name)
		if !ok {
			t.Fatalf("no table %s", name)
		}
		var b bytes.Buffer
		names := make([]string, len(table.Columns))
		for j, c := range table.Columns {
			names[j] = c.Name
		}
		if err := csvtab.Write(&b, names, table.Rows); err != nil {
			t.Fatal(err)
		}
		rep := judgeTable(t, typ, b.Bytes())
		n := rep.Summary()
		t.Logf("%s: %d rows, %d columns, %d warnings", name, rep.Rows, rep.Columns, n.Warnings)
		for _, f := range rep.Findings {
			if f.Severity == validate.Error {
				t.Errorf("%s: %+v", typ, f)
			}
		}
		for _, l := range validate.Levels {
			t.Logf("%s %v", l, rep.Levels[l].Rules)
		}
	}
}

func TestAHostileTableGivesABoundedReport(t *testing.T) {
	var b strings.Builder
	b.WriteString(minimal[catalog.K2][0] + "\n")
	n := 300_000
	if underRace {
		n = 60_000
	}
	for range n {
		b.WriteString("x,y,z,9,-1,400,100\n")
	}
	before := heap()
	start := time.Now()
	rep := judgeTable(t, catalog.K2, []byte(b.String()))
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	if rep.Valid || len(rep.Findings) > 50_001 || rep.Levels[validate.Coordinates].Rules["k2.ra.range"] != n {
		t.Errorf("%d findings", len(rep.Findings))
	}
	if rep.Levels[validate.Quality].Rules["k2.findings.left-out"] != 1 {
		t.Error("what was left out is not told")
	}
	if held := heap() - before; held > 400<<20 {
		t.Errorf("%d MB are held", held>>20)
	}
	runtime.KeepAlive(rep)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestRowsAtOnePlaceWithOnePeriodAreNotSlow(t *testing.T) {
	var b strings.Builder
	b.WriteString(minimal[catalog.TOI][0] + "\n")
	n := 50_000
	if underRace {
		n = 5_000
	}
	for i := range n {
		fmt.Fprintf(&b, "150428135,%d.%02d,CP,9.97,2458331.35,97.096,-65.579\n", i/100, i%100)
	}
	start := time.Now()
	rep := judgeTable(t, catalog.TOI, []byte(b.String()))
	if took := time.Since(start); took > 60*time.Second || len(rep.Findings) > 50_001 {
		t.Errorf("%v, %d findings", took, len(rep.Findings))
	}
}

func TestLongCellsAreClipped(t *testing.T) {
	long := strings.Repeat("ü", 400_000)
	rep := judgeTable(t, catalog.KOI, small(catalog.KOI, strings.Replace(minimal[catalog.KOI][1], "CONFIRMED", long, 1), strings.Replace(minimal[catalog.KOI][1], "K00072.01", long, 1)))
	for _, f := range rep.Findings {
		if len(f.Row)+len(f.Value)+len(f.Message) > 1000 {
			t.Errorf("%s: %d bytes", f.Rule, len(f.Row)+len(f.Value)+len(f.Message))
		}
	}
}

func TestBytesThatAreNoTableGiveAReport(t *testing.T) {
	_, err := catalog.Parse(catalog.KOI, []byte("<html>"))
	rep := validate.Unreadable(catalog.KOI, err)
	if rep.Valid || len(rep.Findings) != 1 || rep.Findings[0].Rule != "koi.readable" || rep.Findings[0].Message == "" || !errors.Is(err, exo.Upstream) {
		t.Errorf("%+v", rep)
	}
}

func FuzzTable(f *testing.F) {
	for typ, m := range minimal {
		f.Add(string(typ), m[0]+"\n"+m[1]+"\n")
	}
	f.Add("gaia", "target,source_id,ra,dec,rastr,decstr\nTIC 1,2,100.000,2.000,x,y\n")
	f.Add("k2", "pl_name,hostname,disposition,default_flag,pl_orbper,ra,dec,rastr,decstr\nA b,EPIC 201,REFUTED,1,3,100.000,2.000,10h00m00s,+00d00m00s\n")
	f.Add("koi", "kepid,kepoi_name,koi_disposition,koi_period,koi_period_err1,koi_period_err2,koi_time0bk,ra,dec,koi_teq,koi_insol,koi_steff,koi_srad,koi_slogg,koi_depth,koi_prad,koi_impact\n1,K00001.01,CANDIDATE,0,1,-1,1e308,0,0,0,0,0,0,-1e308,0,0,0\n2,K00001.02,X,1e-320,,1,-1e300,1,1,1e300,1e-300,1,1e300,300,1e300,1,1\n")
	f.Add("toi", "\ufeffThis file was produced by X\n\n\"TIC ID\",\"TOI\",\"TFOPWG Disposition\",\"Period (days)\",\"Epoch (BJD)\",\"RA\",\"Dec\",\"Depth (mmag)\",\"Depth (ppm)\",\"Date Modified\"\n\"1\",\"1.01\",\"PC\",\"\",\"\",\"21:14:56.88\",\"-55:52:18.71\",\"0\",\"1\",\"2020-13-45 99:00:00\"")
	f.Fuzz(func(t *testing.T, typ, text string) {
		tab, err := catalog.Parse(catalog.Type(typ), []byte(text))
		if err != nil {
			return
		}
		rep := validate.Table(tab, validate.Options{Now: today, Fresh: time.Hour, Retrieved: today, Star: func(id exo.TargetID) (catalog.Star, bool) {
			return catalog.Star{ID: id, RA: 1, Dec: 2}, true
		}})
		if _, err := json.Marshal(rep); err != nil {
			t.Fatal(err)
		}
		errors := 0
		for _, n := range rep.Levels {
			errors += n.Errors
		}
		if rep.Valid != (errors == 0) {
			t.Fatalf("valid %v with %d errors", rep.Valid, errors)
		}
		for _, m := range []*catalog.Metric{rep.Metrics.Completeness, rep.Metrics.Accuracy, rep.Metrics.Consistency, rep.Metrics.Freshness} {
			if m != nil && !(m.Overall >= 0 && m.Overall <= 1) {
				t.Fatalf("a metric of %v", m.Overall)
			}
		}
	})
}

func TestEveryDialectIsUnderstood(t *testing.T) {
	for file, typ := range map[string]catalog.Type{
		"exofop/download_toi_pipe.txt": catalog.TOI, "exofop/download_toi_reconstructed.csv": catalog.TOI,
		"exofop/dashboard_export_2025-07-03.csv": catalog.TOI, "exofop/dashboard_export_2022-06.csv": catalog.TOI,
		"nasa/toi_webtable_2025-09-29.csv": catalog.TOI, "nasa/cumulative_webtable_2025-09-29.csv": catalog.KOI, "nasa/k2pandc_webtable_2025-09-29.csv": catalog.K2,
	} {
		b, err := os.ReadFile(xtest.Shared(t, "data/protocol/"+file))
		if err != nil {
			t.Fatal(err)
		}
		rep := judgeTable(t, typ, b)
		if !rep.Valid || rep.Levels[validate.Range].Checked == 0 || rep.Levels[validate.Quality].Checked == 0 {
			t.Errorf("%s: %+v", file, rep)
		}
		for _, f := range rep.Findings {
			if f.Severity != validate.Info {
				t.Logf("%s: %s %s %s", file, f.Rule, f.Row, f.Message)
			}
		}
	}
}
