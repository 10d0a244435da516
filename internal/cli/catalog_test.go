package cli_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/cli"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/history"
	"exoplanetai/internal/query"
	"exoplanetai/internal/tables"
)

// onTerminal executes one command line as a person would see it.
func onTerminal(f *fake, width int, line ...string) (out, errs string, status int) {
	var o, e bytes.Buffer
	t := cli.Terminal{In: strings.NewReader(""), Out: &o, Err: &e, OutTTY: true, ErrTTY: true, UTF8: true, Width: width, Invocation: "run1"}
	status = cli.Run(context.Background(), f, t, line)
	return o.String(), e.String(), status
}

func TestWordsOfAQueryReachTheSelection(t *testing.T) {
	for name, c := range map[string]struct {
		line []string
		want query.Request
	}{
		"a table alone": {[]string{"query", "koi"}, query.Request{Table: catalog.KOI, Limit: 100}},
		"conditions": {
			[]string{"query", "koi", "koi_period=1..5", "koi_depth>100", "koi_depth<=900", "koi_disposition!=CONFIRMED", "koi_comment~cent"},
			query.Request{Table: catalog.KOI, Limit: 100, Filters: []query.Filter{
				{Column: "koi_period", Expr: "1..5"}, {Column: "koi_depth", Expr: ">100"}, {Column: "koi_depth", Expr: "<=900"},
				{Column: "koi_disposition", Expr: "!CONFIRMED"}, {Column: "koi_comment", Expr: "~cent"},
			}},
		},
		"all flags": {
			[]string{"query", "toi", "--sort", "a,-b", "--columns", `a,"b, c"`, "--cone", "1,2,3", "--limit", "-1", "--offset", "7", "--version", "v3"},
			query.Request{Table: catalog.TOI, Sort: "a,-b", Columns: []string{"a", "b, c"}, Cone: "1,2,3", Limit: -1, Offset: 7, Ref: tables.Ref{Version: "v3"}},
		},
		"a day": {
			[]string{"query", "candidates", "--as-of", "2026-01-02"},
			query.Request{Table: catalog.Candidates, Limit: 100, Ref: tables.Ref{AsOf: time.Date(2026, 1, 2, 23, 59, 59, 999999999, time.UTC)}},
		},
		"an export is all": {[]string{"export", "koi", "-o", "-", "--format", "csv"}, query.Request{Table: catalog.KOI, Limit: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{}
			_, errs, status := run(f, append([]string{"catalog"}, c.line...)...)
			if status != 0 || !reflect.DeepEqual(f.calls[len(f.calls)-1], c.want) {
				t.Errorf("%d %s\ngot  %+v\nwant %+v", status, errs, f.calls, c.want)
			}
		})
	}
}

func TestWhatTheCatalogCommandsRefuse(t *testing.T) {
	for name, c := range map[string]struct {
		says string
		line []string
	}{
		"a table that is none":         {"did you mean koi", []string{"query", "kio"}},
		"a word that is no condition":  {"koi_period=1..5", []string{"query", "koi", "koi_period"}},
		"a limit of nothing":           {"--limit 0", []string{"query", "koi", "--limit", "0"}},
		"an offset below nothing":      {"--offset -1", []string{"query", "koi", "--offset", "-1"}},
		"a format that is none":        {"votable", []string{"query", "koi", "--format", "xls"}},
		"a file without a format":      {".parquet", []string{"query", "koi", "-o", "koi.xls"}},
		"a version and a time":         {"one of the two", []string{"query", "koi", "--version", "v1", "--as-of", "2026-01-02"}},
		"an export without a file":     {"-o koi.csv", []string{"export", "koi"}},
		"columns that do not end":      {"quotation", []string{"query", "koi", "--columns", `"a`}},
		"an empty flag":                {"without a value", []string{"query", "koi", "--sort", ""}},
		"a kind of event that is none": {"disposition", []string{"diff", "koi", "--kinds", "newish"}},
		"a feed in two forms":          {"one of the two", []string{"feed", "--atom", "--json"}},
		"a feed of nothing":            {"--limit 0", []string{"feed", "--limit", "0"}},
		"a show without a key":         {"one more word", []string{"show", "koi"}},
		"a time that is none":          {"2026-01-02", []string{"columns", "koi", "--as-of", "yesterday"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{}
			out, errs, status := run(f, append([]string{"catalog"}, c.line...)...)
			if status != 2 || out != "" || !strings.Contains(errs, c.says) || f.opened > 0 {
				t.Errorf("%d %q %q, opened %d times", status, out, errs, f.opened)
			}
		})
	}
}

func TestAPipeGetsAllColumnsAndDigits(t *testing.T) {
	out, errs, _ := run(&fake{}, "catalog", "query", "koi", "--limit", "2", "--offset", "1")
	want := "kepid\tkepoi_name\tkoi_period\tkoi_comment\tkoi_disposition\n" +
		"1001\tK00001.01\t1.3333333333333333\t=cmd()?[31m a text that is much too long for one column of a table\t\n" +
		"1002\tK00002.01\t2.3333333333333335\t=cmd()?[31m a text that is much too long for one column of a table\t\n"
	if out != want || !strings.Contains(errs, "2 of 250 rows of koi_20260102_000000; the next: --offset 3, all: --limit -1") {
		t.Errorf("%q\n%q", out, errs)
	}
}

func TestATerminalShowsTheTellingColumnsThatFit(t *testing.T) {
	for width, columns := range map[int][]string{
		80: {"kepoi_name", "koi_comment", "kepid", "koi_disposition", "koi_period"},
		60: {"kepoi_name", "koi_comment", "kepid"},
		44: {"kepoi_name", "koi_comment"},
		10: {"kepoi_name"},
	} {
		f := &fake{}
		out, errs, status := onTerminal(f, width, "catalog", "query", "koi", "koi_comment~x", "--limit", "3")
		if status != 0 || !strings.Contains(errs, "250 rows") {
			t.Fatalf("%d %s", status, errs)
		}
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if got := strings.Fields(lines[0]); !reflect.DeepEqual(got, columns) || len(lines) != 4 {
			t.Errorf("%d wide: %q", width, lines)
		}
		for _, l := range lines {
			if n := utf8.RuneCountInString(l); n > width || strings.Contains(l, "\x1b") {
				t.Errorf("%d wide, a line of %d: %q", width, n, l)
			}
		}
	}
	out, _, _ := onTerminal(&fake{}, 100, "catalog", "query", "koi", "--columns", "all", "--limit", "1")
	if !strings.HasPrefix(out, "kepid  kepoi_name    koi_period  koi_comment") || !strings.Contains(out, "0.3333333333  =cmd") {
		t.Errorf("%s", out)
	}
}

func TestRowsGoToFilesByTheirEnding(t *testing.T) {
	f := &fake{}
	for _, name := range []string{"koi.csv", "koi.vot", "koi.parquet", "koi.json"} {
		if _, errs, status := run(f, "catalog", "export", "koi", "-o", name); status != 0 || !strings.Contains(errs, "250 rows of koi_20260102_000000 written to "+name) {
			t.Fatalf("%s: %d %s", name, status, errs)
		}
		if _, errs, status := run(f, "catalog", "export", "koi", "-o", name); status != 1 || !strings.Contains(errs, "--replace") {
			t.Errorf("%s is written over: %d %s", name, status, errs)
		}
		if _, errs, status := run(f, "catalog", "export", "koi", "-o", name, "--replace"); status != 0 {
			t.Errorf("%s: %d %s", name, status, errs)
		}
	}
	rows, err := csv.NewReader(bytes.NewReader(f.files["koi.csv"])).ReadAll()
	if err != nil || len(rows) != 251 || !strings.HasPrefix(rows[1][3], "'=cmd()") {
		t.Errorf("%v, %d rows, %q", err, len(rows), rows[1])
	}
	if !bytes.HasPrefix(f.files["koi.parquet"], []byte("PAR1")) || !bytes.Contains(f.files["koi.vot"], []byte("<VOTABLE")) {
		t.Error("the files are not what their names say")
	}
	f.err = exo.Errorf("fake", exo.Unavailable, nil, "the query took too long")
	if _, _, status := run(f, "catalog", "export", "koi", "-o", "new.csv"); status != 5 || f.files["new.csv"] != nil {
		t.Errorf("%d, and a file of a query that failed", status)
	}
}

func TestTheDocumentOfAQueryLeadsToTheNextPage(t *testing.T) {
	out, _, _ := run(&fake{}, "catalog", "query", "koi", "koi_period>1", "koi_comment~it's", "--json", "--limit", "2")
	var doc struct {
		Table           string
		Version         history.State
		Total, Returned int
		Next            string
		Rows            []map[string]any
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil || doc.Total != 250 || doc.Returned != 2 || len(doc.Rows) != 2 || doc.Version.Number != 2 {
		t.Fatalf("%v %s", err, out)
	}
	if doc.Next != `exoplanetai catalog query koi 'koi_period=>1' 'koi_comment=~it'\''s' --version koi_20260102_000000 --limit 2 --offset 2` {
		t.Errorf("%s", doc.Next)
	}
}

func TestADifferenceOnATerminalTellsTheMeaningFirst(t *testing.T) {
	f := &fake{}
	out, errs, status := onTerminal(f, 80, "catalog", "diff", "koi", "v1", "v2", "--kinds", "new,disposition")
	want := `koi  v1 → v2   +1 added   −0 removed   ~2 changed
2026-01-01 00:00 → 2026-01-02 00:00
columns added: koi_comment
1 new, 1 disposition, 1 other

OBJECTS  DISPOSITION
      1  CANDIDATE → CONFIRMED

EVENT        OBJECT     STAR   WHAT
new          K00001.01  KIC 1  is new
disposition  K00002.01  KIC 2  was confirmed?[2J

ROW        COLUMN                  v1         v2     CHANGE
K00002.01  koi_period          4.6411     4.6412  +0.0022 %
K00002.01  koi_disposition  CANDIDATE  CONFIRMED
K00002.01  koi_comment                       odd        new
`
	if out != want || status != 0 {
		t.Errorf("%d %s\n%s", status, errs, out)
	}
	got := f.calls[0].(history.DiffRequest)
	if got.From.Version != "v1" || got.To.Version != "v2" || len(got.Kinds) != 2 || got.Limit != -1 {
		t.Errorf("%+v", got)
	}
	lines, _, _ := run(f, "catalog", "diff", "koi")
	if !strings.HasPrefix(lines, "record\tkind\tkey\t") || strings.Count(lines, "\n") != 6 || !strings.Contains(lines, "cell\tchanged\tK00002.01\t\t\tkoi_period\t4.6411\t4.6412\t\t\n") {
		t.Errorf("%s", lines)
	}
	if all := f.calls[1].(history.DiffRequest); all.Limit != -1 || all.From.Version != "" {
		t.Errorf("%+v", all)
	}
}

func TestTheOtherCatalogCommands(t *testing.T) {
	for line, want := range map[string][]string{
		"catalog list":               {"koi\t2\t250\t5\t2026-01-02 00:00\tkoi_20260102_000000\n", "candidates\t0\t\t\t\t\n"},
		"catalog list --json":        {`"newest": {`},
		"catalog list koi":           {"v2\tkoi_20260102_000000\t2026-01-02 00:00\t250\t"},
		"catalog columns koi":        {"koi_period\tdouble\td\t\n"},
		"catalog show koi K1":        {"kepoi_name\tK1\t\n", "koi_comment\t\t\n"},
		"catalog show koi K1 --json": {`"koi_period": 1.5`, `"koi_comment": null`},
		"catalog schema koi":         {"v2\t0001-01-01 00:00\t5\t1\tadded koi_comment; perhaps renamed a -> b; another order\n"},
		"catalog schema koi --json":  {`"schemas": [`},
		"catalog build":              {"koi\tmade\t250\t60\tprocessed/v1/koi.csv\n"},
		"catalog build --json":       {`"in_two": 12`},
		"catalog feed":               {"2026-01-02 00:00\tkoi\tv2\tnew\tK00001.01 is new\n"},
		"catalog feed koi --atom":    {"<feed", "K00001.01 is new"},
		"catalog feed --json":        {"https://jsonfeed.org/version/1.1"},
		"target Kepler-10":           {"2026-01-02 00:00\tkoi\tv2\tK00072.01 was confirmed\n"},
		"target Kepler-10 --json":    {`"aliases": [`},
		"catalog diff koi --json":    {`"events_total": 3`},
	} {
		t.Run(line, func(t *testing.T) {
			out, errs, status := run(&fake{}, strings.Fields(line)...)
			for _, w := range want {
				if status != 0 || !strings.Contains(out, w) {
					t.Errorf("%d %s\n%s", status, errs, out)
				}
			}
		})
	}
	out, errs, _ := onTerminal(&fake{}, 80, "target", "Kepler-10")
	for _, w := range []string{"star       Kepler-10\n", "numbers    KIC 11904151\n", "position   290.500000 44.250000", "koi    K00072.01  CONFIRMED", "koi 0.8   toi 0.9   12.5", "K00072.01 was confirmed\n"} {
		if !strings.Contains(out, w) {
			t.Errorf("no %q in\n%s%s", w, out, errs)
		}
	}
	if out, _, _ := onTerminal(&fake{}, 60, "catalog", "columns", "koi"); !strings.Contains(out, "char          the name of the object, which\n") || !strings.Contains(out, strings.Repeat(" ", 31)+"is long enough to be cut on a\n") {
		t.Errorf("%s", out)
	}
}
