package esa_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/archive/esa"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/votable"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	_ archive.TableSource = (*esa.Source)(nil)
	_ archive.Pinger      = (*esa.Source)(nil)
)

const columns = "source_id,ra,dec,parallax,parallax_error,pmra,pmdec,phot_g_mean_mag,bp_rp,ruwe,teff_gspphot,logg_gspphot,mh_gspphot,radius_gspphot,radius_flame,mass_flame"

func source(t *testing.T, o esa.Options, h http.HandlerFunc) (*esa.Source, string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	o.Client = archive.NewClient(archive.Options{Allowed: []string{s.URL}})
	t.Cleanup(o.Client.Close)
	o.Endpoint = archive.Endpoint{Base: s.URL, Timeout: 5 * time.Second}
	return esa.New(o), s.URL
}

func star(n uint64, ra, dec float64) catalog.Star {
	return catalog.Star{ID: exo.TargetID{Catalog: exo.TIC, Number: n}, RA: ra, Dec: dec}
}

func ask(stars ...catalog.Star) archive.TableRequest {
	req := archive.TableRequest{Type: catalog.Gaia, Stars: stars}
	for _, s := range stars {
		req.Targets = append(req.Targets, s.ID)
	}
	return req
}

// row writes a source's row: number, position, proper motion.
func row(id string, ra, dec float64, pm string) string {
	return fmt.Sprintf("%s,%s,%s,10.5,0.02,%s,9.1,1.2,null,5600.0,,,0.89,,\n", id, strconv.FormatFloat(ra, 'f', -1, 64), strconv.FormatFloat(dec, 'f', -1, 64), pm)
}

func fetch(t *testing.T, o esa.Options, req archive.TableRequest, h http.HandlerFunc) (string, archive.TableAnswer, error) {
	t.Helper()
	src, _ := source(t, o, h)
	var b bytes.Buffer
	ans, err := src.Fetch(t.Context(), req, &b)
	return b.String(), ans, err
}

func TestSourcesAreGivenToTheirStars(t *testing.T) {
	var query string
	body := columns + "\n" +
		row("4", 200.0001, -10, ",") + // 0.35 arcsec from star 2
		row("3", 100.0005, 20, "0,0") + // 1.7 arcsec from star 1
		row("2", 100, 20.0001, "0,0") + // 0.36 arcsec from star 1
		row("1", 100.002, 20, "0,0") + // 6.8 arcsec: nobody's
		row("2", 100, 20.0001, "0,0") // a repetition
	got, ans, err := fetch(t, esa.Options{}, ask(star(1, 100, 20), star(2, 200, -10), star(3, 300, 0)), func(w http.ResponseWriter, r *http.Request) {
		query = r.PostFormValue("QUERY")
		if r.URL.Path != "/tap-server/tap/sync" || r.PostFormValue("FORMAT") != "csv" || r.PostFormValue("MAXREC") == "" {
			w.WriteHeader(400)
		}
		io.WriteString(w, body)
	})
	want := "target,separation_arcsec," + columns + "\n" +
		"TIC 1,0.360,2,100,20.0001,10.5,0.02,0,0,9.1,1.2,,5600.0,,,0.89,,\n" +
		"TIC 1,1.691,3,100.0005,20,10.5,0.02,0,0,9.1,1.2,,5600.0,,,0.89,,\n" +
		"TIC 2,0.355,4,200.0001,-10,10.5,0.02,,,9.1,1.2,,5600.0,,,0.89,,\n"
	if err != nil || got != want {
		t.Errorf("%v\ngot\n%s\nwant\n%s", err, got, want)
	}
	if ans.Origin.Query != query || ans.Origin.Archive != "esa" || strings.Count(query, "CIRCLE('ICRS', ") != 3 ||
		!strings.Contains(query, "1 = CONTAINS(POINT('ICRS', s.ra, s.dec), CIRCLE('ICRS', 200, -10, 0.002777") {
		t.Errorf("query %s", query)
	}
}

// Barnard's star moves 10.4 arcsec a year: its place of 2016 is far from that
// of 2000 that catalogs list.
func TestAFastStarIsFoundAtItsFormerPlace(t *testing.T) {
	body := columns + "\n4472832130942575872,269.44850252543836,4.739420051112412,546.9759,0.0401,-801.551,10362.394,8.19397,2.83,1.1,,,,,,\n"
	got, _, err := fetch(t, esa.Options{MotionArcsec: 200}, ask(star(325554331, 269.452077, 4.693365)), func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
	if err != nil || !strings.Contains(got, "TIC 325554331,0.") {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestAStarAtTheTurnOfRightAscension(t *testing.T) {
	body := columns + "\n" + row("1", 359.9999, 0, "0,0")
	got, _, err := fetch(t, esa.Options{}, ask(star(1, 0.0001, 0)), func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
	if err != nil || !strings.Contains(got, "TIC 1,0.720,1,") {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestVOTablesAreReadToo(t *testing.T) {
	doc := votable.Doc{Status: votable.OK, Table: true}
	for name := range strings.SplitSeq(columns, ",") {
		doc.Fields = append(doc.Fields, votable.Field{Name: name, Datatype: "double"})
	}
	doc.Rows = [][]string{{"7", "100", "20", "", "", "", "", "", "", "", "", "", "", "", "", ""}}
	for _, status := range []votable.Status{votable.OK, votable.Overflow} {
		doc.Status = status
		asked := 0
		got, _, err := fetch(t, esa.Options{}, ask(star(1, 100, 20)), func(w http.ResponseWriter, _ *http.Request) { asked++; votable.Write(w, doc) })
		if status == votable.OK && (err != nil || !strings.Contains(got, "TIC 1,0.000,7,100,20,")) {
			t.Errorf("%v\n%s", err, got)
		}
		if status == votable.Overflow && (!errors.Is(err, exo.Upstream) || asked != 1) {
			t.Errorf("OVERFLOW gives %v after %d questions", err, asked)
		}
	}
}

var circle = regexp.MustCompile(`CIRCLE\('ICRS', ([0-9.]+), `)

func TestManyStarsAreAskedForInBatchesAndCutAnswersInHalves(t *testing.T) {
	var stars []catalog.Star
	for n := range 25 {
		stars = append(stars, star(uint64(n+1), float64(10*(n+1)), 0))
	}
	asked, longest := 0, 0
	var mu sync.Mutex
	got, _, err := fetch(t, esa.Options{Batch: 10}, ask(stars...), func(w http.ResponseWriter, r *http.Request) {
		q := r.PostFormValue("QUERY")
		mu.Lock()
		asked++
		longest = max(longest, len(q))
		mu.Unlock()
		in := circle.FindAllStringSubmatch(q, -1)
		io.WriteString(w, columns+"\n")
		if len(in) > 5 { // as if these had too many sources
			for i := range 2000 {
				io.WriteString(w, row(strconv.Itoa(i), 1, 1, "0,0"))
			}
			return
		}
		for _, m := range in {
			ra, _ := strconv.ParseFloat(m[1], 64)
			io.WriteString(w, row(m[1], ra, 0, "0,0"))
		}
	})
	for i, line := range strings.Split(strings.TrimSpace(got), "\n")[1:] {
		if !strings.HasPrefix(line, fmt.Sprintf("TIC %d,0.000,", i+1)) {
			t.Errorf("row %d is %s", i+1, line)
		}
	}
	if n := strings.Count(got, "\n"); err != nil || n != 26 || asked != 7 || longest > 2000 {
		t.Errorf("%v, %d lines after %d questions of at most %d bytes", err, n, asked, longest)
	}
}

func TestOneFailedBatchFailsTheTable(t *testing.T) {
	var stars []catalog.Star
	for n := range 30 {
		stars = append(stars, star(uint64(n+1), float64(10*(n+1)), 0))
	}
	got, _, err := fetch(t, esa.Options{Batch: 5}, ask(stars...), func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.PostFormValue("QUERY"), "'ICRS', 170, 0") {
			w.WriteHeader(404)
		}
		io.WriteString(w, columns+"\n")
	})
	if exo.KindOf(err) != exo.Upstream || got != "" {
		t.Errorf("%v, %q", err, got)
	}
}

func TestWhatCannotBeAsked(t *testing.T) {
	nobody := func(http.ResponseWriter, *http.Request) { t.Error("asked") }
	for name, req := range map[string]archive.TableRequest{
		"another table": {Type: catalog.KOI}, "no stars": {Type: catalog.Gaia},
		"stars without position": ask(star(1, -1, 0), star(2, 0, 91)),
	} {
		if _, _, err := fetch(t, esa.Options{}, req, nobody); !errors.Is(err, exo.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnswersThatAreNoTable(t *testing.T) {
	cases := map[string]struct {
		status int
		body   string
		kind   exo.Kind
	}{
		"an error, as Gaia's":     {400, `<?xml version="1.0"?><VOTABLE><RESOURCE type="results"><INFO name="QUERY_STATUS" value="ERROR">Cannot parse query</INFO></RESOURCE></VOTABLE>`, exo.Upstream},
		"an error with 200":       {200, `<VOTABLE><RESOURCE type="results"><INFO name="QUERY_STATUS" value="ERROR">Cannot parse query</INFO></RESOURCE></VOTABLE>`, exo.Upstream},
		"a VOTable, cut":          {200, `<VOTABLE><RESOURCE type="results"><TABLE>`, exo.Upstream},
		"a VOTable without table": {200, `<VOTABLE><RESOURCE type="results"/></VOTABLE>`, exo.Upstream},
		"a page":                  {200, `<html><title>Gaia archive</title></html>`, exo.Upstream},
		"nothing":                 {200, ``, exo.Upstream},
		"a missing column":        {200, "source_id,ra\n1,2\n", exo.Upstream},
		"a ragged row":            {200, columns + "\n1,2\n", exo.Upstream},
		"a row without position":  {200, columns + "\n" + strings.Replace(row("1", 5, 5, "0,0"), ",5,5,", ",,5,", 1), exo.Upstream},
		"down":                    {503, ``, exo.Unavailable},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, _, err := fetch(t, esa.Options{}, ask(star(1, 100, 20)), func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.status)
				io.WriteString(w, tc.body)
			})
			if exo.KindOf(err) != tc.kind || err == nil || got != "" {
				t.Errorf("%v, %q", err, got)
			}
		})
	}
}

// A body that ends with the connection may be cut within a number, and what is
// left is a number too.
func TestAnAnswerThatMayBeCutIsRefused(t *testing.T) {
	table := columns + "\n" + "1,10,20,10.5,0.02,0,0,9.1,1.2,1.0,5600.0,4.4,0.1,0.89,0.91,0.9345\n"
	for body, want := range map[string]exo.Kind{table: "", table[:len(table)-4]: exo.Upstream} {
		src, _ := source(t, esa.Options{}, func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			io.WriteString(conn, "HTTP/1.0 200 OK\r\nContent-Type: text/csv\r\n\r\n"+body)
			conn.Close()
		})
		var b bytes.Buffer
		_, err := src.Fetch(t.Context(), ask(star(1, 10, 20)), &b)
		if want == "" && err != nil || want != "" && exo.KindOf(err) != want {
			t.Errorf("%d of %d bytes: %v, %q; want %q", len(body), len(table), err, b.String(), want)
		}
	}
}
