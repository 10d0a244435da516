package sample_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// portal is an answer of MAST's portal.
type portal struct {
	Status string           `json:"status"`
	Msg    string           `json:"msg"`
	Data   []map[string]any `json:"data"`
	Fields []struct{ Name, Type string }
	Paging map[string]int `json:"paging"`
}

// call sends a request as a form, the way that clients do.
func call(t testing.TB, h *httptest.Server, request string) portal {
	t.Helper()
	res, err := h.Client().PostForm(h.URL+"/api/v0/invoke", url.Values{"request": {request}})
	if err != nil {
		t.Fatal(err)
	}
	body := readAll(t, res.Body)
	var p portal
	if err := json.Unmarshal([]byte(body), &p); err != nil || res.StatusCode != 200 {
		t.Fatalf("%d %v: %.300s", res.StatusCode, err, body)
	}
	return p
}

func filtered(filters string) string {
	return `{"service":"Mast.Caom.Filtered","format":"json","params":{"columns":"*","filters":[` + filters + `]}}`
}

func TestAnswersHaveTheRecordedKeys(t *testing.T) {
	_, h := realServer(t)
	obs := call(t, h, filtered(`{"paramName":"target_name","values":["424865156"]}`))
	id := fmt.Sprintf("%.0f", obs.Data[0]["obsid"])
	for name, c := range map[string]struct {
		file string
		got  portal
	}{
		"observations": {"mast/advSearch.json", obs},
		"cone":         {"mast/caom.json", call(t, h, `{"service":"Mast.Caom.Cone","format":"json","params":{"ra":292.2473,"dec":47.9695,"radius":0.01}}`)},
		"products":     {"mast/products.json", call(t, h, `{"service":"Mast.Caom.Products","format":"json","params":{"obsid":"`+id+`"}}`)},
		"catalog":      {"mast/tic.json", call(t, h, `{"service":"Mast.Catalogs.Tic.Cone","format":"json","params":{"ra":292.2473,"dec":47.9695,"radius":0.01}}`)},
	} {
		var want portal
		if err := json.Unmarshal([]byte(fixture(t, c.file)), &want); err != nil {
			t.Fatal(err)
		}
		if c.got.Status != "COMPLETE" || len(c.got.Data) == 0 {
			t.Errorf("%s: %s %s, %d rows", name, c.got.Status, c.got.Msg, len(c.got.Data))
			continue
		}
		types := map[string]string{}
		for _, f := range c.got.Fields {
			types[f.Name] = f.Type
		}
		for _, f := range want.Fields {
			if f.Name == "_selected_" || f.Name == "objID1" {
				continue
			}
			if types[f.Name] != f.Type {
				t.Errorf("%s: field %s is %q, recorded as %q", name, f.Name, types[f.Name], f.Type)
			}
		}
		if !slices.Equal(slices.Sorted(maps.Keys(c.got.Paging)), slices.Sorted(maps.Keys(want.Paging))) {
			t.Errorf("%s: paging %v, recorded %v", name, c.got.Paging, want.Paging)
		}
		if len(c.got.Data[0]) != len(c.got.Fields) {
			t.Errorf("%s: %d cells, %d fields", name, len(c.got.Data[0]), len(c.got.Fields))
		}
	}
	if _, isNumber := obs.Data[0]["obsid"].(float64); !isNumber {
		t.Error("obsid is called a string and is a number")
	}
}

func TestFiltersSelectObservations(t *testing.T) {
	_, h := realServer(t)
	for filter, want := range map[string]int{
		`{"paramName":"obs_collection","values":["TESS"]}`:                                                                        8,
		`{"paramName":"obs_collection","values":["TESS","K2"]}`:                                                                   13,
		`{"paramName":"obs_collection","values":["tess"]}`:                                                                        0,
		`{"paramName":"provenance_name","values":["TGLC"]}`:                                                                       2,
		`{"paramName":"target_name","values":["ktwo205905563"]}`:                                                                  4,
		`{"paramName":"target_name","values":["ktwo205905563"]},{"paramName":"obs_collection","values":["K2"]}`:                   1,
		`{"paramName":"target_name","values":[],"freeText":"kplr%"}`:                                                              3,
		`{"paramName":"sequence_number","values":["14"]}`:                                                                         1,
		`{"paramName":"t_exptime","values":[{"min":50,"max":70}]}`:                                                                1,
		`{"paramName":"t_exptime","values":[{"min":100,"max":200}]},{"paramName":"sequence_number","values":[{"min":1,"max":1}]}`: 4,
	} {
		got := call(t, h, filtered(filter))
		if got.Status != "COMPLETE" || len(got.Data) != want || got.Paging["rowsTotal"] != want {
			t.Errorf("%s: %s %s, %d rows, want %d", filter, got.Status, got.Msg, len(got.Data), want)
		}
		count := call(t, h, strings.Replace(filtered(filter), `"columns":"*"`, `"columns":"COUNT_BIG(*)"`, 1))
		if len(count.Data) != 1 || count.Data[0]["Column1"] != float64(want) {
			t.Errorf("%s: count %v", filter, count.Data)
		}
	}
	for filter, want := range map[string]string{
		`{"paramName":"target_name","values":[424865156]}`:    "Conversion failed",
		`{"paramName":"colour","values":["red"]}`:             "Invalid column name 'colour'",
		`{"paramName":"calib_level","values":["high"]}`:       "Error converting",
		`{"paramName":"target_name","values":[]}`:             "no values",
		`{"paramName":"t_exptime","values":[{"min":"soon"}]}`: "could not be parsed",
	} {
		if got := call(t, h, filtered(filter)); got.Status != "ERROR" || !strings.Contains(got.Msg, want) {
			t.Errorf("%s: %s %q", filter, got.Status, got.Msg)
		}
	}
}

func TestKeplerHasOneObservationOverAllQuarters(t *testing.T) {
	_, h := realServer(t)
	obs := call(t, h, filtered(`{"paramName":"target_name","values":["kplr010002792"]}`))
	if len(obs.Data) != 1 || obs.Data[0]["obs_id"] != "kplr010002792_lc_Q001001000000000000" || obs.Data[0]["sequence_number"] != nil {
		t.Fatalf("%v", obs.Data)
	}
	products := call(t, h, fmt.Sprintf(`{"service":"Mast.Caom.Products","format":"json","params":{"obsid":%.0f}}`, obs.Data[0]["obsid"]))
	var got []string
	for _, p := range products.Data {
		got = append(got, fmt.Sprint(p["description"], " ", p["productSubGroupDescription"], " ", p["size"]))
	}
	if want := []string{"Lightcurve Long Cadence (CLC) - Q2 LLC 466560", "Lightcurve Long Cadence (CLC) - Q5 LLC 492480"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestPagesJoinToTheWhole(t *testing.T) {
	_, h := realServer(t)
	var ids []any
	pages := 1
	for page := 1; page <= pages; page++ {
		p := call(t, h, fmt.Sprintf(`{"service":"Mast.Caom.Filtered","format":"json","page":%d,"pagesize":4,"params":{"columns":"obsid,target_name","filters":[{"paramName":"dataproduct_type","values":["timeseries"]}]}}`, page))
		pages = p.Paging["pagesFiltered"]
		if p.Paging["page"] != page || p.Paging["pageSize"] != 4 || p.Paging["rows"] != len(p.Data) || p.Paging["rowsTotal"] != 22 {
			t.Errorf("page %d: %v, %d rows", page, p.Paging, len(p.Data))
		}
		for _, d := range p.Data {
			ids = append(ids, d["obsid"])
		}
	}
	seen := map[any]bool{}
	for _, id := range ids {
		seen[id] = true
	}
	if pages != 6 || len(ids) != 22 || len(seen) != 22 {
		t.Errorf("%d pages, %d rows, %d different", pages, len(ids), len(seen))
	}
	if p := call(t, h, `{"service":"Mast.Caom.Filtered","format":"json","page":99,"params":{"filters":[]}}`); p.Status != "COMPLETE" || len(p.Data) != 0 {
		t.Errorf("a page past the end: %s, %d rows", p.Status, len(p.Data))
	}
}

func TestTheSameRequestIsPutOffAndThenAnswered(t *testing.T) {
	_, h := small(t, "mast.executing=2")
	one, two := filtered(`{"paramName":"target_name","values":["25155310"]}`), filtered(`{"paramName":"target_name","values":["kplr000000001"]}`)
	var got []string
	for _, q := range []string{one, one, two, one, two, two, one} {
		got = append(got, call(t, h, q).Status)
	}
	if want := []string{"EXECUTING", "EXECUTING", "EXECUTING", "COMPLETE", "EXECUTING", "COMPLETE", "EXECUTING"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	var want map[string]any
	if err := json.Unmarshal([]byte(fixture(t, "mast/executing_reconstructed.json")), &want); err != nil {
		t.Fatal(err)
	}
	_, _, body := get(t, h, "/api/v0/invoke?request="+url.QueryEscape(two))
	var have map[string]any
	if err := json.Unmarshal([]byte(body), &have); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(slices.Sorted(maps.Keys(have)), slices.Sorted(maps.Keys(want))) {
		t.Errorf("keys of %s", body)
	}
}

func TestListedSizesCanBeWrongAndDecoysAppear(t *testing.T) {
	s, h := small(t)
	obs := call(t, h, filtered(`{"paramName":"target_name","values":["25155310"]}`))
	request := fmt.Sprintf(`{"service":"Mast.Caom.Products","format":"json","params":{"obsid":"%.0f"}}`, obs.Data[0]["obsid"])
	if p := call(t, h, request); len(p.Data) != 1 || p.Data[0]["size"] != 40960.0 {
		t.Errorf("%v", p.Data)
	}
	if err := s.SetFaults(parse(t, "mast.size=-5", "mast.decoys")...); err != nil {
		t.Fatal(err)
	}
	p := call(t, h, request)
	var names []string
	for _, d := range p.Data {
		names = append(names, fmt.Sprint(d["productSubGroupDescription"], d["size"]))
		code, _, _ := get(t, h, "/api/v0.1/Download/file?uri="+fmt.Sprint(d["dataURI"]))
		if (code == 200) != (d["productFilename"] == lcName) {
			t.Errorf("%s: status %d", d["productFilename"], code)
		}
	}
	if len(names) != 3 || names[2] != "LC40955" {
		t.Errorf("products %v", names)
	}
}

func TestNamesAreResolved(t *testing.T) {
	_, h := realServer(t)
	lookup := func(name string) []map[string]any {
		_, _, body := get(t, h, invoke(`{"service":"Mast.Name.Lookup","params":{"input":"`+name+`","format":"json"}}`))
		var out struct{ ResolvedCoordinate []map[string]any }
		if err := json.Unmarshal([]byte(body), &out); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		return out.ResolvedCoordinate
	}
	for name, want := range map[string]string{
		"TIC 25155310": "TIC 25155310", "TOI-114": "TOI-114", "toi 114.01": "TOI-114", "WASP-126": "WASP-126", "WASP-126 b": "WASP-126",
		"Kepler-2": "Kepler-2", "K00002.01": "Kepler-2", "KIC 10666592": "KIC 10666592", "EPIC 205905563": "EPIC 205905563", "K2-18 b": "K2-18",
	} {
		got := lookup(name)
		if len(got) == 0 || got[0]["canonicalName"] != want || got[0]["searchString"] != strings.ToLower(name) {
			t.Errorf("%s: %v, want %s", name, got, want)
		}
	}
	if got := lookup("Nowhere 5"); got == nil || len(got) != 0 {
		t.Errorf("an unknown name gave %v", got)
	}
	_, _, several := get(t, h, "/Santa-war/query?name=TIC+25155310&name=Kepler-2&outputFormat=json&resolveAll=true")
	if strings.Count(several, `"searchString"`) != 2 {
		t.Errorf("two names gave %s", several)
	}
	if _, _, doc := get(t, h, "/Santa-war/query?name=Kepler-2"); !strings.Contains(doc, "<canonicalName>Kepler-2</canonicalName>") {
		t.Errorf("XML answer %s", doc)
	}
}

func TestExoFOPAnswersNamesAndStars(t *testing.T) {
	_, h := realServer(t)
	if _, _, body := get(t, h, "/tess/gototicid.php?target=WASP-126&json"); body != `{"status":"OK","TIC":"25155310"}` {
		t.Errorf("gototicid: %s", body)
	}
	if code, _, body := get(t, h, "/tess/gototicid.php?target=Nowhere&json"); code != 200 || strings.Contains(body, "TIC\"") {
		t.Errorf("unknown name: %d %s", code, body)
	}
	_, _, body := get(t, h, "/tess/target.php?id=25155310&json")
	var star struct {
		Basic   map[string]string   `json:"basic_info"`
		Coords  map[string]string   `json:"coordinates"`
		Planets []map[string]string `json:"planet_parameters"`
	}
	if err := json.Unmarshal([]byte(body), &star); err != nil || star.Basic["tic_id"] != "25155310" || len(star.Planets) != 1 || !strings.HasPrefix(star.Coords["ra"], "63.37") {
		t.Errorf("%v %s", err, body)
	}
	if code, _, body := get(t, h, "/tess/target.php?id=1&json"); code != 200 || body != "No TIC object found" {
		t.Errorf("unknown TIC: %d %s", code, body)
	}
	if _, _, page := get(t, h, "/tess/target.php?id=1"); !strings.HasPrefix(page, "<!DOCTYPE html>") {
		t.Errorf("page %s", page)
	}
}

func TestPathsAreLookedUp(t *testing.T) {
	_, h := small(t)
	uri := "mast:TESS/product/" + lcName
	_, _, body := get(t, h, "/api/v0.1/path_lookup/?uri="+uri+"&uri=mast:TESS/product/none.fits")
	var out map[string]struct {
		Status int     `json:"status_code"`
		Path   *string `json:"path"`
	}
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		t.Fatal(err)
	}
	if p := out[uri]; p.Status != 200 || p.Path == nil || !strings.HasSuffix(*p.Path, "/s0001/0000/0000/2515/5310/"+lcName) {
		t.Errorf("%s", body)
	}
	if p := out["mast:TESS/product/none.fits"]; p.Status != 404 || p.Path != nil {
		t.Errorf("%s", body)
	}
	if _, _, me := get(t, h, "/whoami"); !strings.Contains(me, `"anon": true`) {
		t.Errorf("whoami %s", me)
	}
}
