package sample_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/sample"
)

// adqlTable has every kind of value.
const adqlTable = `kepid,kepoi_name,koi_disposition,koi_period,ra,dec,koi_vet_date
10,K00001.01,CONFIRMED,2.5,10.0,20.0,2018-08-16
20,K00002.01,FALSE POSITIVE,30.25,10.1,20.0,2017-01-01
30,K00003.01,CANDIDATE,,359.95,0.0,
40,K00004.01,O'Brien_%,1e-3,0.05,0.0,2018-08-16
`

func TestQueriesAnswerAsTheArchivesDatabase(t *testing.T) {
	_, h := start(t, sample.Options{Data: folderWith("cumulative.csv", adqlTable)})
	for q, want := range map[string]string{
		"select kepid from cumulative":                                                                               "10 20 30 40",
		"SELECT KEPID FROM CUMULATIVE":                                                                               "10 20 30 40",
		"select kepid from cumulative;":                                                                              "10 20 30 40",
		"select top 2 kepid from cumulative order by kepid desc":                                                     "40 30",
		"select count(*) from cumulative":                                                                            "4",
		"select count(koi_period) as n from cumulative":                                                              "3",
		"select count(distinct koi_vet_date) from cumulative":                                                        "2",
		"select max(koi_vet_date) from cumulative":                                                                   "2018-08-16",
		"select min(koi_period), max(koi_period) from cumulative":                                                    "1e-3,30.25",
		"select max(koi_period) from cumulative where kepid=30":                                                      "",
		"select distinct koi_vet_date from cumulative order by koi_vet_date desc":                                    " 2018-08-16 2017-01-01",
		"select kepid from cumulative where koi_period > 1":                                                          "10 20",
		"select kepid from cumulative where not koi_period > 1":                                                      "40",
		"select kepid from cumulative where koi_period is null":                                                      "30",
		"select kepid from cumulative where koi_period is not null and kepid<>10":                                    "20 40",
		"select kepid from cumulative where koi_period <= 2.5 or koi_period is null":                                 "10 30 40",
		"select kepid from cumulative where kepid between 20 and 30":                                                 "20 30",
		"select kepid from cumulative where kepid not between 20 and 30":                                             "10 40",
		"select kepid from cumulative where kepid in (10, 40)":                                                       "10 40",
		"select kepid from cumulative where kepid not in (10, 40)":                                                   "20 30",
		"select kepid from cumulative where koi_disposition='CONFIRMED'":                                             "10",
		"select kepid from cumulative where koi_disposition='confirmed'":                                             "",
		"select kepid from cumulative where lower(koi_disposition)='confirmed'":                                      "10",
		"select kepid from cumulative where upper(koi_disposition) like 'C%'":                                        "10 30",
		"select kepid from cumulative where koi_disposition not like '%I%'":                                          "40",
		"select kepid from cumulative where koi_disposition='O''Brien_%'":                                            "40",
		"select kepid from cumulative where koi_disposition like 'O''B_ien%'":                                        "40",
		"select kepid from cumulative where kepid='10'":                                                              "10",
		"select kepid from cumulative where koi_vet_date > to_date('2017-06-01','yyyy-mm-dd')":                       "10 40",
		"select kepid from cumulative where koi_vet_date >= '2018-08-16'":                                            "10 40",
		"select kepid*2+1 as twice from cumulative where kepid=10":                                                   "21",
		"select c.kepid from cumulative c where c.koi_period > 3":                                                    "20",
		"select cumulative.kepid from cumulative where cumulative.kepid = 10":                                        "10",
		"select kepid from cumulative order by koi_period":                                                           "40 10 20 30",
		"select kepid from cumulative order by koi_vet_date asc, kepid desc":                                         "20 40 10 30",
		"select kepid as x from cumulative order by x desc":                                                          "40 30 20 10",
		"select kepid from cumulative order by 1 desc":                                                               "40 30 20 10",
		"select koi_vet_date, count(*) from cumulative group by koi_vet_date order by count(*) desc":                 "2018-08-16,2 ,1 2017-01-01,1",
		"select kepid from cumulative where contains(point('icrs',ra,dec),circle('icrs',10.0,20.0,0.05))=1":          "10",
		"select kepid from cumulative where 1=contains(point('ICRS',ra,dec),circle('ICRS',0,0,0.06))":                "30 40",
		"select kepid from cumulative where contains(point('icrs',ra,dec),circle('icrs',10.0,20.0,0.05 degree)) = 1": "10",
		"select kepid from cumulative where (kepid=10 or kepid=20) and (koi_period<3 or koi_period>100)":             "10",
		"select kepid from cumulative where -kepid < -30":                                                            "40",
		"select table_name from TAP_SCHEMA.tables where schema_name='exoplanets'":                                    "cumulative",
		"select column_name from tap_schema.columns where table_name='cumulative' and datatype='double'":             "koi_period ra dec",
	} {
		_, _, body := get(t, h, "/TAP/sync?format=csv&query="+url.QueryEscape(q))
		lines := strings.Split(strings.TrimSuffix(body, "\n"), "\n")
		got := strings.ReplaceAll(strings.Join(lines[1:], " "), `"`, "")
		if got != want {
			t.Errorf("%s\n got %q\nwant %q", q, got, want)
		}
	}
}

func TestWrongQueriesEarnTheDatabasesWords(t *testing.T) {
	_, h := start(t, sample.Options{Data: folderWith("cumulative.csv", adqlTable)})
	for q, want := range map[string]string{
		"":                                       "Input 'query' is blank.",
		"select":                                 "ORA-00936",
		"select 1":                               "No table name found in ADQL query.",
		"select x from cumulative":               `ORA-00904: "X": invalid identifier`,
		"select z.kepid from cumulative c":       `ORA-00904: "Z"."KEPID": invalid identifier`,
		"select foo(kepid) from cumulative":      `ORA-00904: "FOO": invalid identifier`,
		"select kepid from nowhere":              "ORA-00942: table or view does not exist",
		"select kepid from exofop":               "ORA-00942: table or view does not exist",
		"select kepid from cumulative limit 5":   "ORA-00933: SQL command not properly ended",
		"select kepid from cumulative c limit 5": "ORA-00933: SQL command not properly ended",
		"select kepid from cumulative where koi_disposition='x":                                             "ORA-01756",
		"select kepid from cumulative where (kepid=1":                                                       "ORA-00907",
		"select kepid from cumulative where koi_disposition = 5":                                            "ORA-01722: invalid number",
		"select kepid from cumulative where kepid = 'abc'":                                                  "ORA-01722: invalid number",
		"select kepid, count(*) from cumulative":                                                            "ORA-00937",
		"select kepid from cumulative where kepid is 5":                                                     "ORA-00908",
		"select kepid from cumulative where koi_vet_date > to_date('x','yyyy-mm-dd')":                       "ORA-01861",
		"select kepid/0 from cumulative":                                                                    "ORA-01476",
		"delete from cumulative":                                                                            "ORA-00900",
		"select kepid from cumulative where kepid ! 5":                                                      "ORA-00911",
		"select kepid from cumulative where " + strings.Repeat("(", 500) + "1=1" + strings.Repeat(")", 500): "ORA-00913",
		"select kepid from cumulative where " + strings.Repeat("-", 500) + "1=1":                            "ORA-00913",
		"select kepid from cumulative where kepid=1" + strings.Repeat("+1", 500):                            "ORA-00913",
		"select kepid from cumulative where kepid=" + strings.Repeat("1", 70_000):                           "ORA-01704",
	} {
		res, err := h.Client().PostForm(h.URL+"/TAP/sync", url.Values{"query": {q}})
		if err != nil {
			t.Fatal(err)
		}
		body := readAll(t, res.Body)
		if res.StatusCode != 400 || !strings.Contains(body, want) {
			t.Errorf("%.80s\n got %d %s\nwant %s", q, res.StatusCode, body, want)
		}
	}
	if code, _, body := get(t, h, "/TAP/sync?query=select+1&format=parquet"); code != 400 || !strings.Contains(body, "Response format(parquet) must be: votable, ipac, csv, tsv, or json") {
		t.Errorf("unknown format: %d %s", code, body)
	}
}

// FuzzQuery asks a small table anything; the answer must come, and fast.
func FuzzQuery(f *testing.F) {
	for _, q := range []string{
		"select * from cumulative", "select top 3 kepid, count(*) n from cumulative c where c.kepid in (1,2) group by kepid order by n desc",
		"select kepid from cumulative where contains(point('icrs',ra,dec),circle('icrs',10,20,.05))=1 and not lower(koi_disposition) like '%c_%'",
		"select max(koi_vet_date) from cumulative where koi_vet_date>to_date('2018-01-01','yyyy-mm-dd')", "select \"kepid\" from cumulative where ''''='",
		"select -+-kepid||'x'*2 from cumulative natural join b on a=b order by 1,2", "select .5e+, from", "select distinct all top 1e9 *",
	} {
		f.Add(q)
	}
	s, err := sample.New(sample.Options{Data: folderWith("cumulative.csv", adqlTable)})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, q string) {
		begin := time.Now()
		for _, format := range []string{"csv", "votable"} {
			r := httptest.NewRequest("GET", "/TAP/sync?format="+format+"&query="+url.QueryEscape(q), nil)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != 200 && w.Code != 400 {
				t.Errorf("status %d", w.Code)
			}
			if format == "votable" {
				shape(t, w.Body.String())
			}
		}
		if d := time.Since(begin); d > 5*time.Second {
			t.Errorf("took %v", d)
		}
	})
}
