package query_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/query"
	"exoplanetai/internal/tables"
)

// texts is a table of awkward cells.
const texts = "kepoi_name,kepid,koi_disposition,koi_period,koi_time0bk,koi_duration,ra,dec,note,big,count\n" +
	`K00001.01,1,CONFIRMED,0.8,131.5,1.7,285.68,50.24,"a, b",4611686018427387905,1` + "\n" +
	`K00002.01,2,CANDIDATE,1.5,131.5,1.7,285.68,50.24,50% of _x,4611686018427387904,2` + "\n" +
	`K00003.01,3,FALSE POSITIVE,1.5,131.5,1.7,285.68,50.24,"say ""hi""",-5,3` + "\n" +
	`K00010.01,4,,,131.5,1.7,285.68,50.24,null,,4` + "\n" +
	`K00004.01,5,CANDIDATE,1e300,131.5,1.7,285.68,50.24,1..5,9223372036854775807,5` + "\n" +
	`K00005.01,6,CANDIDATE,-2,131.5,1.7,285.68,50.24,Über > !x,0,6` + "\n" +
	`K00006.01,7,CANDIDATE,7,131.5,1.7,,,,1,7` + "\n"

func TestFiltersSelect(t *testing.T) {
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, []byte(texts))
	s := w.service(t)
	for filter, want := range map[string]string{
		"koi_period=1.5":                           "2 3",
		"koi_period=1.50e0":                        "2 3",
		"koi_period==1.5":                          "2 3",
		"koi_period=0.8..1.5":                      "1 2 3",
		"koi_period= 0.8 .. 1.5 ":                  "1 2 3",
		"koi_period=..1.5":                         "1 2 3 5b",
		"koi_period=1.5..":                         "2 3 4 6",
		"koi_period=>1.5":                          "4 6",
		"koi_period=> 1.5":                         "4 6",
		"koi_period=>=1.5":                         "2 3 4 6",
		"koi_period=<0.8":                          "5b",
		"koi_period=<=0.8":                         "1 5b",
		"koi_period=!1.5":                          "1 4 5b 6",
		"koi_period=!1.5,!7":                       "1 4 5b",
		"koi_period=0..2,!0.8":                     "2 3",
		"koi_period=null":                          "10",
		"koi_period=!null":                         "1 2 3 4 5b 6",
		"koi_period=null,7":                        "6 10",
		"koi_period=null,!1.5":                     "1 4 5b 6 10",
		"koi_period=!0..10":                        "4 5b",
		"koi_period=-2":                            "5b",
		"koi_period=-3..-1":                        "5b",
		"kepid=1,2,3":                              "1 2 3",
		"kepid=2.0":                                "2",
		"kepid=1.5":                                "",
		"kepid=>1.5&kepid=<3":                      "2",
		"big=4611686018427387905":                  "1",
		"big=4611686018427387904":                  "2",
		"big=>4611686018427387904":                 "1 4",
		"big=9223372036854775808":                  "",
		"big=<9223372036854775808":                 "1 2 3 4 5b 6",
		"koi_disposition=CONFIRMED":                "1",
		"koi_disposition=confirmed":                "",
		"koi_disposition=~ confirm":                "1",
		"koi_disposition=~FALSE P":                 "3",
		"koi_disposition=CONFIRMED,FALSE POSITIVE": "1 3",
		"koi_disposition=!~candidate":              "1 3",
		"koi_disposition=CA..CB":                   "2 4 5b 6",
		`note="a, b"`:                              "1",
		`note=!"a, b"`:                             "2 3 4 5b 10",
		`note=~", "`:                               "1",
		`note="say ""hi"""`:                        "3",
		`note=say "hi"`:                            "3",
		`note="null"`:                              "10",
		`note=null`:                                "6",
		`note="1..5"`:                              "4",
		`note=~%`:                                  "2",
		`note=~_`:                                  "2",
		`note=~% OF`:                               "2",
		`note=~"> !X"`:                             "5b",
		`note=~über`:                               "",
		`note=~Über`:                               "5b",
		"row_key=K00002.01,K00010.01":              "2 10",
		"row_key=K00003.01..":                      "3 4 5b 6 10",
		"KOI_Period=1.5":                           "2 3",
		"koi period=1.5":                           "2 3",
		`note=x'); DROP TABLE t; --`:               "",
		`note=~' OR 1=1`:                           "",
	} {
		t.Run(filter, func(t *testing.T) {
			r := query.Request{Table: catalog.KOI, Columns: []string{"kepoi_name"}}
			for part := range strings.SplitSeq(filter, "&") {
				name, expr, _ := strings.Cut(part, "=")
				r.Filters = append(r.Filters, query.Filter{Column: name, Expr: expr})
			}
			a := must(t, s, r)
			var got []string
			for _, row := range a.rows {
				key := strings.TrimLeft(strings.TrimSuffix(fmt.Sprint(row[0])[1:], ".01"), "0")
				if key == "5" {
					key = "5b"
				}
				got = append(got, key)
			}
			if strings.Join(got, " ") != want || a.Total != int64(len(got)) {
				t.Errorf("%q of %d, want %q", got, a.Total, want)
			}
		})
	}
}

func TestBadRequestsNameTheParameterAndWhatIsAllowed(t *testing.T) {
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, []byte(texts))
	s := w.service(t)
	filter := func(name, expr string) query.Request {
		return query.Request{Filters: []query.Filter{{Column: name, Expr: expr}}}
	}
	many := query.Request{}
	for range 10_000 {
		many.Filters = append(many.Filters, query.Filter{Column: "koi_period", Expr: ">1"})
	}
	for name, tt := range map[string]struct {
		request   query.Request
		parameter string
		says      string // in message or hint
	}{
		"a column that is none":             {filter("koi_periode", "1"), "koi_periode", "koi_period"},
		"a part of columns' names":          {filter("period", "1"), "period", "koi_period"},
		"an empty name":                     {filter("", "1"), "", "no column"},
		"a name of a megabyte":              {filter(strings.Repeat("x", 1<<20), "1"), strings.Repeat("x", 60) + "…", "no column"},
		"a name with quotes and NUL":        {filter("a\"'\x00;--", "1"), "a\"'\x00;--", "no column"},
		"a text in a column of numbers":     {filter("koi_period", "long"), "koi_period", "holds numbers"},
		"a part of a text in numbers":       {filter("koi_period", "~1"), "koi_period", "looks for a part"},
		"a number of another base":          {filter("koi_period", "0x10"), "koi_period", "holds numbers"},
		"no number":                         {filter("koi_period", "NaN"), "koi_period", "holds numbers"},
		"an endless number":                 {filter("koi_period", ">inf"), "koi_period", "holds numbers"},
		"a number too large":                {filter("koi_period", "1e999"), "koi_period", "holds numbers"},
		"nothing":                           {filter("koi_period", " "), "koi_period", "empty"},
		"an empty alternative":              {filter("koi_period", "1,,2"), "koi_period", "missing"},
		"an empty value in quotes":          {filter("note", `""`), "note", "missing"},
		"a sign without a value":            {filter("koi_period", ">="), "koi_period", "missing"},
		"a range without ends":              {filter("koi_period", ".."), "koi_period", "no ends"},
		"a range that runs back":            {filter("koi_period", "5..1"), "koi_period", "before it begins"},
		"! twice":                           {filter("koi_period", "!!1"), "koi_period", "twice"},
		"a quote that stays open":           {filter("note", `"a, b`), "note", "not closed"},
		"a quote inside":                    {filter("note", `"a"b"`), "note", "quotes"},
		"NUL":                               {filter("note", "a\x00b"), "note", "no cell has"},
		"no UTF-8":                          {filter("note", "a\xff"), "note", "no cell has"},
		"a megabyte":                        {filter("note", strings.Repeat("x,", 1<<19)), "note", "longer"},
		"30,000 values":                     {filter("kepid", strings.Repeat("1,", 30_000)+"1"), "kepid", "more than"},
		"a thousand ranges":                 {filter("kepid", strings.Repeat("1..2,", 1000)+"1"), "kepid", "more than"},
		"10,000 filters":                    {many, "filters", "10000"},
		"a column to show that is none":     {query.Request{Columns: []string{"kepoi_name", "koi_perid"}}, "columns", "koi_period"},
		"a column twice":                    {query.Request{Columns: []string{"kepoi_name", "KEPOI_NAME"}}, "columns", "twice"},
		"the separation without a cone":     {query.Request{Columns: []string{"separation"}}, "columns", "no column"},
		"a sort by what is no column":       {query.Request{Sort: "-koi_perod"}, "sort", "koi_period"},
		"a sort by nothing":                 {query.Request{Sort: "koi_period,,"}, "sort", "separated by commas"},
		"a sort by too much":                {query.Request{Sort: strings.Repeat("koi_period,", 100) + "ra"}, "sort", "at most"},
		"a sort with an expression":         {query.Request{Sort: "koi_period; DROP TABLE t"}, "sort", "koi_period"},
		"a limit too large":                 {query.Request{Limit: 1 << 62}, "limit", "100000"},
		"a limit below all":                 {query.Request{Limit: -2}, "limit", "100000"},
		"an offset below 0":                 {query.Request{Offset: -1}, "offset", "below 0"},
		"a cone of one part":                {query.Request{Cone: "1"}, "cone", "parts"},
		"a cone of four parts":              {query.Request{Cone: "1,2,3,4"}, "cone", "parts"},
		"a cone without a radius":           {query.Request{Cone: "1,2,"}, "cone", "not an angle"},
		"a cone of radius 0":                {query.Request{Cone: "1,2,0"}, "cone", "radius"},
		"a cone of negative radius":         {query.Request{Cone: "1,2,-1"}, "cone", "radius"},
		"a cone beyond the sky":             {query.Request{Cone: "1,2,180.1"}, "cone", "radius"},
		"a right ascension beyond 360":      {query.Request{Cone: "360.1,2,1"}, "cone", "right ascension"},
		"a right ascension below 0":         {query.Request{Cone: "-1,2,1"}, "cone", "right ascension"},
		"a right ascension of 25 hours":     {query.Request{Cone: "25:00:00,2,1"}, "cone", "right ascension"},
		"a declination beyond the pole":     {query.Request{Cone: "1,90.1,1"}, "cone", "declination"},
		"a declination in hours":            {query.Request{Cone: "1,5h,1"}, "cone", "declination"},
		"a coordinate that is none":         {query.Request{Cone: "x,2,1"}, "cone", "right ascension"},
		"a coordinate that is no number":    {query.Request{Cone: "NaN,2,1"}, "cone", "right ascension"},
		"61 minutes":                        {query.Request{Cone: "1:61:00,2,1"}, "cone", "right ascension"},
		"a cone of a megabyte":              {query.Request{Cone: strings.Repeat("1", 1<<20)}, "cone", "longer"},
		"a cone with NUL":                   {query.Request{Cone: "1\x00,2,1"}, "cone", "right ascension"},
		"a cone around a bare number":       {query.Request{Cone: "11904151,1"}, "cone", "bare number"},
		"a cone around what no name may be": {query.Request{Cone: "../x,1"}, "cone", "characters"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.request.Table = catalog.KOI
			called := false
			err := s.Select(t.Context(), tt.request, query.Rows{
				Head: func(query.Head) error { called = true; return nil }, Row: func([]any) error { called = true; return nil },
			})
			extra, said := exo.ExtraOf(err), exo.MessageOf(err)+" | "+exo.HintOf(err)
			if !errors.Is(err, exo.Invalid) || extra["parameter"] != tt.parameter || !strings.Contains(said, tt.says) || called {
				t.Errorf("%.300v: parameter %.100v, %.600s", err, extra["parameter"], said)
			}
			if len(said) > 1000 {
				t.Errorf("the message has %d bytes", len(said))
			}
			if list, ok := extra["allowed"].([]string); !ok && name != "10,000 filters" || ok && len(list) == 0 {
				if !strings.Contains(name, "values") && !strings.Contains(name, "ranges") {
					t.Errorf("allowed is %v", extra["allowed"])
				}
			}
		})
	}
}

func TestTablesAndVersionsThatAreNotHeldAreNotFound(t *testing.T) {
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, []byte(texts))
	s := w.service(t)
	for _, r := range []query.Request{{Table: catalog.TOI}, {Table: "nonsense"}, {Table: catalog.KOI, Ref: tables.Ref{Version: "v2"}}, {Table: catalog.KOI, Ref: tables.Ref{AsOf: noon.AddDate(-1, 0, 0)}}} {
		if _, err := ask(t.Context(), s, r); !errors.Is(err, exo.NotFound) {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func TestAnyOrderOfAlternativesMeansTheSame(t *testing.T) {
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, []byte(texts))
	s := w.service(t)
	parts := []string{"null", "!1.5", "0..2", ">6"}
	want := int64(-1)
	for range 24 {
		slices.Reverse(parts)
		a := must(t, s, query.Request{Table: catalog.KOI, Filters: []query.Filter{{Column: "koi_period", Expr: strings.Join(parts, ",")}}})
		if want >= 0 && a.Total != want {
			t.Errorf("%q: %d rows, not %d", parts, a.Total, want)
		}
		want = a.Total
		parts = append(parts[1:], parts[0])
	}
}

func FuzzFilter(f *testing.F) {
	w := newWorld(f)
	w.hold(f, catalog.KOI, noon, []byte(texts))
	s := w.service(f)
	for _, expr := range []string{"1..5", `"a, b",!null`, "~x", ">=3,<2", `!"`, "null,null", `""""`, "..", "!~\"..\"", "1e5..", "5...7"} {
		f.Add("koi_period", expr, "-koi_period", "1,2,3")
		f.Add("note", expr, "note,-ra", `19h27m44s,+48d08m30s,30"`)
	}
	f.Fuzz(func(t *testing.T, column, expr, sort, cone string) {
		for _, r := range []query.Request{
			{Filters: []query.Filter{{Column: column, Expr: expr}}}, {Filters: []query.Filter{{Column: "note", Expr: expr}}}, {Sort: sort}, {Cone: cone},
		} {
			r.Table = catalog.KOI
			a, err := ask(t.Context(), s, r)
			if err != nil && !errors.Is(err, exo.Invalid) && !(r.Cone != "" && errors.Is(err, exo.NotFound)) {
				t.Errorf("%+v: %v", r, err)
			}
			if err == nil && int64(len(a.rows)) != a.Total {
				t.Errorf("%+v: %d of %d rows", r, len(a.rows), a.Total)
			}
		}
	})
}

func TestTheLargestRequestIsAnswered(t *testing.T) {
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, []byte(texts))
	s := w.service(t)
	r := query.Request{Table: catalog.KOI, Cone: "285.68,50.24,89", Limit: query.MaxLimit, Sort: strings.Repeat("koi_period,-ra,", 8) + "kepid"}
	r.Sort = strings.TrimSuffix(r.Sort, ",kepid")
	r.Filters = []query.Filter{
		{Column: "kepid", Expr: strings.Repeat("1,", 1799) + "1"},
		{Column: "kepid", Expr: strings.Repeat("1..2,", 101) + ">0"},
	}
	for range 98 {
		r.Filters = append(r.Filters, query.Filter{Column: "note", Expr: "!~c"})
	}
	if a := must(t, s, r); a.Total != 1 || a.rows[0][0] != "K00001.01" {
		t.Error(a.Total, a.rows)
	}
	r.Cone = ""
	if a := must(t, s, r); a.Total != 1 {
		t.Error(a.Total)
	}
}

func TestATableOfTooManyColumnsIsNotTaken(t *testing.T) {
	w := newWorld(t)
	var head, row strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&head, ",x%d", i)
		row.WriteString(",1")
	}
	lines := strings.SplitN(smallKOI, "\n", 3)
	w.hold(t, catalog.KOI, noon, []byte(lines[0]+head.String()+"\n"+lines[1]+row.String()+"\n"))
	if _, err := ask(t.Context(), w.service(t), query.Request{Table: catalog.KOI}); !errors.Is(err, exo.TooLarge) {
		t.Error(err)
	}
	if list := w.list(t); len(list) != 0 {
		t.Error(list)
	}
}
