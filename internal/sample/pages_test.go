package sample_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/sample"
)

// header returns the line of a table that names the columns.
func header(t *testing.T, doc string) string {
	t.Helper()
	for line := range strings.Lines(strings.TrimPrefix(doc, "\ufeff")) {
		if strings.Contains(line, "TIC ID") {
			return strings.TrimSpace(line)
		}
	}
	t.Fatalf("no header in %.200s", doc)
	return ""
}

func TestExoFOPTablesHaveTheRecordedColumns(t *testing.T) {
	real, hReal := start(t, sample.Options{Data: smallFolder()})
	made, hMade := synthetic(t)
	if err := real.SetFaults(parse(t, "exofop.dialect=download")...); err != nil {
		t.Fatal(err)
	}
	page := header(t, fixture(t, "exofop/download_toi_reconstructed.csv"))
	_, _, a := get(t, hMade, toiTable)
	_, _, b := get(t, hReal, toiTable)
	if got := header(t, a); got != page {
		t.Errorf("the universe's columns\n%s\nwant\n%s", got, page)
	}
	if got := header(t, b); got != page {
		t.Errorf("a folder's columns in the page's dialect\n%s\nwant\n%s", got, page)
	}
	_, _, pipe := get(t, hMade, "/tess/download_toi.php?sort=toi&output=pipe")
	if got, want := header(t, pipe), header(t, fixture(t, "exofop/download_toi_pipe.txt")); got != want {
		t.Errorf("pipe columns\n%s\nwant\n%s", got, want)
	}
	if err := made.SetFaults(parse(t, "exofop.dialect=dashboard")...); err != nil {
		t.Fatal(err)
	}
	export := fixture(t, "exofop/dashboard_export_2025-07-03.csv")
	_, _, c := get(t, hMade, toiTable)
	if got, want := header(t, c), header(t, export); got != want {
		t.Errorf("dashboard columns\n%s\nwant\n%s", got, want)
	}
	if !strings.HasPrefix(c, export[:60]) || strings.HasSuffix(c, "\n") || !strings.Contains(c[:300], ") on Fri Jan 02 03:04:05 2026\n\n") {
		t.Errorf("dashboard begins %.300q", c)
	}
}

func TestExoFOPSortsAndSelects(t *testing.T) {
	_, h := synthetic(t)
	column := func(address, name string) []string {
		t.Helper()
		_, _, body := get(t, h, address)
		all := rows(body)
		i := slices.Index(all[0], name)
		var out []string
		for _, r := range all[1:] {
			out = append(out, r[i])
		}
		return out
	}
	for order, name := range map[string]string{"tfopwgdisp": "TFOPWG Disposition", "disposition": "TESS Disposition"} {
		if got := column("/tess/download_toi.php?output=csv&sort="+order, name); !slices.IsSorted(got) || len(got) != 300 {
			t.Errorf("sort=%s: %d rows, not in order", order, len(got))
		}
	}
	for order, name := range map[string]string{"": "Date Modified", "toi_alerted": "Date TOI Alerted (UTC)", "toi_edited": "Date TOI Updated (UTC)"} {
		got := column("/tess/download_toi.php?output=csv&sort="+order, name)
		slices.Reverse(got)
		if !slices.IsSorted(got) {
			t.Errorf("sort=%q is not newest first", order)
		}
	}
	if got := column("/tess/download_toi.php?output=csv&sort=toi&toi=101.01", "TOI"); !slices.Equal(got, []string{"101.01"}) {
		t.Errorf("toi=101.01 gave %v", got)
	}
	if got := column("/tess/download_toi.php?output=csv&sort=toi&toi=0.01", "TOI"); len(got) != 0 {
		t.Errorf("an unknown TOI gave %v", got)
	}
	if _, _, text := get(t, h, "/tess/download_toi.php?sort=tid"); !strings.HasPrefix(text, "TIC ID\tTOI\t") {
		t.Errorf("text begins %.60q", text)
	}
	if code, _, _ := get(t, h, "/tess/other.php"); code != 404 {
		t.Errorf("an unknown page: status %d", code)
	}
}

func TestTheOlderInterfaceAnswersAsRecorded(t *testing.T) {
	_, h := small(t)
	ask := func(q string) string {
		_, _, body := get(t, h, "/cgi-bin/nstedAPI/nph-nstedAPI?"+q)
		return body
	}
	if got, want := ask("table=pscomppars&select=pl_name"), strings.TrimSpace(fixture(t, "nasa/legacy_error_recorded.txt")); strings.TrimSpace(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := ask("table=cumulative&select=nothing"); !strings.HasPrefix(got, "ERROR") || !strings.Contains(got, "SystemError") || !strings.Contains(got, `"NOTHING": invalid identifier`) {
		t.Errorf("unknown column: %s", got)
	}
	ipac := ask("format=ipac&select=*&table=cumulative&where=kepid=2")
	recorded := fixture(t, "nasa/cumulative_expect_0.txt")
	for i, want := range strings.SplitN(recorded, "\n", 4)[:2] {
		if got := strings.Split(ipac, "\n")[i]; got != want {
			t.Errorf("line %d: %q, recorded %q", i, got, want)
		}
	}
	if !strings.Contains(ipac, "\\RowsRetrieved =                 1\n") || !strings.Contains(ipac, "|kepid|") && !strings.Contains(ipac, "|    kepid|") {
		t.Errorf("IPAC %s", ipac)
	}
	for q, want := range map[string]string{
		"table=cumulative&select=kepid&where=kepid>2&order=kepid+desc":                  "kepid\n4\n3\n",
		"table=cumulative&select=kepid,koi_period&format=bar&where=kepid=1":             "kepid|koi_period\n1|2.5\n",
		"table=cumulative&select=kepid,koi_period&format=json&where=kepid>2":            "[{\"kepid\":3,\"koi_period\":null},\n{\"kepid\":4,\"koi_period\":1e-3}]\n",
		"table=toi&select=toi&ra=63.37&dec=-69.22&radius=0.1+degree&where=tid=25155310": "toi\n114.01\n",
		"table=toi&select=toi&ra=63.37&dec=69.22&radius=0.1+degree":                     "toi\n",
		"table=toi&select=toi&ra=63.37&dec=-69.22&radius=wide":                          "toi\n114.01\n",
	} {
		if got := ask(q); got != want {
			t.Errorf("%s: got %q, want %q", q, got, want)
		}
	}
	if got := ask("table=cumulative&format=xml"); len(shape(t, got)) < 5 {
		t.Errorf("xml %s", got)
	}
}

func TestTheGaiaArchiveAnswers(t *testing.T) {
	s, h := small(t)
	query := "select s.source_id, s.parallax, p.mass_flame from gaiadr3.gaia_source as s left outer join gaiadr3.astrophysical_parameters as p on s.source_id = p.source_id" +
		" where 1=contains(point('ICRS', s.ra, s.dec), circle('ICRS', 63.37, -69.22, 0.001)) or s.source_id = 1"
	ask := func(q, format string) (int, string) {
		code, _, body := get(t, h, "/tap-server/tap/sync?REQUEST=doQuery&LANG=ADQL&FORMAT="+format+"&QUERY="+url.QueryEscape(q))
		return code, body
	}
	if code, got := ask(query, "csv"); code != 200 || got != "source_id,parallax,mass_flame\n4676766017107342336,4.6,\n" {
		t.Errorf("%d %s", code, got)
	}
	if _, got := ask(query, "votable"); strings.Count(got, "<TR>") != 1 || !strings.Contains(got, "4676766017107342336") {
		t.Errorf("%s", got)
	}
	for q, want := range map[string]string{"select x from gaiadr3.gaia_source": "X", "select ra from gaiadr2.gaia_source": "Unknown table", "select": "missing expression"} {
		if code, got := ask(q, "csv"); code != 400 || !strings.Contains(got, `value="ERROR"`) || !strings.Contains(got, want) {
			t.Errorf("%s: %d %s", q, code, got)
		}
	}
	for fault, want := range map[string]string{"esa.overflow=1": `value="OVERFLOW"`, "esa.error=votable400": `value="ERROR"`, "esa.notice": "maintenance", "esa.empty": "FIELD"} {
		if err := s.SetFaults(parse(t, fault)...); err != nil {
			t.Fatal(err)
		}
		if _, got := ask("select * from gaiadr3.gaia_source", "votable"); !strings.Contains(got, want) {
			t.Errorf("%s: %s", fault, got)
		}
	}
	if code, _, got := get(t, h, "/tap-server/tap/availability"); code != 200 || !strings.Contains(got, "<vosi:available>true<") {
		t.Errorf("availability: %d %s", code, got)
	}
	if code, _, _ := get(t, h, "/tap-server/tap/async"); code != 404 {
		t.Errorf("a path that is not played: %d", code)
	}
}

func TestTheIndexPageExplainsTheServer(t *testing.T) {
	s, h := small(t, "nea.delay=1us")
	code, head, page := get(t, h, "/")
	if code != 200 || !strings.HasPrefix(head.Get("Content-Type"), "text/html") {
		t.Errorf("%d %s", code, head.Get("Content-Type"))
	}
	for _, want := range []string{"Sample archives", "It is not one of these archives", "cumulative", "exofop", lcName, "nea.delay=1us", "mast.executing=times", "data.koi=name pattern"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not mention %q", want)
		}
	}
	if err := s.SetFaults(); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := get(t, h, "/nothing/here"); code != 404 {
		t.Errorf("an unknown path: status %d", code)
	}
	_, hMade := synthetic(t)
	if _, _, page := get(t, hMade, "/"); !strings.Contains(page, "a synthetic universe with") {
		t.Errorf("%.300s", page)
	}
}

func TestConesAndColumnsOfThePortal(t *testing.T) {
	_, h := small(t)
	for params, want := range map[string]int{
		`"columns":"*","filters":[],"position":"63.37, -69.22, 0.1"`:                2,
		`"columns":"*","filters":[],"position":"63.37 -69.22 0.1"`:                  2,
		`"columns":"target_name,distance","filters":[],"position":"63.3,-69.22,10"`: 2,
		`"columns":"*","filters":[],"position":"10, 10, 0.1"`:                       0,
	} {
		p := call(t, h, `{"service":"Mast.Caom.Filtered.Position","format":"json","params":{`+params+`}}`)
		if p.Status != "COMPLETE" || len(p.Data) != want {
			t.Errorf("%s: %s %s, %d rows, want %d", params, p.Status, p.Msg, len(p.Data), want)
		}
		for i := 1; i < len(p.Data); i++ {
			if p.Data[i-1]["distance"].(float64) > p.Data[i]["distance"].(float64) {
				t.Errorf("%s: not by distance", params)
			}
		}
	}
	for _, request := range []string{
		`{"service":"Mast.Caom.Filtered.Position","format":"json","params":{"filters":[],"position":"1,2"}}`,
		`{"service":"Mast.Caom.Filtered.Position","format":"json","params":{"filters":[],"position":"a,b,c"}}`,
		`{"service":"Mast.Caom.Filtered.Position","format":"json","params":{"filters":[],"position":"NaN,1,1"}}`,
		`{"service":"Mast.Caom.Cone","format":"json","params":{}}`,
		`{"service":"Mast.Caom.Filtered","format":"json","params":{"columns":"none","filters":[]}}`,
		`{"service":"Mast.Caom.Filtered","format":"fits","params":{"filters":[]}}`,
		`{"service":"Mast.Caom.Filtered","format":"json","params":[]}`,
		`{"service":"Mast.Nothing","format":"json","params":{}}`, `not json`,
	} {
		if p := call(t, h, request); p.Status != "ERROR" || p.Msg == "" {
			t.Errorf("%s: %s %q", request, p.Status, p.Msg)
		}
	}
	_, _, ext := get(t, h, invoke(`{"service":"Mast.Caom.All","params":{}}`))
	var doc struct {
		Data struct {
			Tables []struct {
				Columns []struct {
					Text       string
					Properties struct {
						Hist map[string]any `json:"histObj"`
					} `json:"ExtendedProperties"`
				}
			}
		} `json:"data"`
	}
	if err := json.Unmarshal([]byte(ext), &doc); err != nil || len(doc.Data.Tables) != 1 {
		t.Fatalf("%v %.200s", err, ext)
	}
	for _, c := range doc.Data.Tables[0].Columns {
		if c.Text == "obs_collection" && (c.Properties.Hist["TESS"] != 1.0 || c.Properties.Hist["Kepler"] != 1.0) {
			t.Errorf("missions %v", c.Properties.Hist)
		}
	}
}

func TestFunctionsOfTheQueryLanguage(t *testing.T) {
	_, h := start(t, sample.Options{Data: folderWith("cumulative.csv", adqlTable)})
	for expr, want := range map[string]string{
		"abs(-2.5)": "2.5", "floor(2.7)": "2", "round(2.567,1)": "2.6", "round(2.5)": "3", "length('abc')": "3", "trim(' a ')": "a", "to_number('5')": "5",
		"to_char(kepid)": "10", "nvl(null,7)": "7", "nvl(kepid,7)": "10", "upper('a')||lower('B')": "Ab", "distance(point('icrs',0,0),point('icrs',0,90))": "90",
		"1+2*3-4/2": "5", "-kepid": "-10", "max(kepid)": "40", "avg(kepid)": "25", "sum(kepid)": "100", "abs(null)": "",
	} {
		_, _, body := get(t, h, "/TAP/sync?format=tsv&query="+url.QueryEscape("select top 1 "+expr+" as x from cumulative"))
		if body != "x\n"+want+"\n" {
			t.Errorf("%s: %q, want %s", expr, body, want)
		}
	}
}
