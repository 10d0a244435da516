package cli_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/reports"
	"exoplanetai/internal/review"
	"exoplanetai/internal/store"
	"exoplanetai/internal/validate"
	"exoplanetai/internal/xtest"
)

func (f *fake) Now() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// reviewer stands in for validation and its reports. A table toi has an error.
type reviewer struct{ *fake }

const longRow = "EPIC 211311380 b of a very long name | 2018AJ....155..136M | 2018AJ....155..136M #2"

func findings(dataType string) []validate.Finding {
	of := func(rule string, l validate.Level, s validate.Severity, row, column, value, message string) validate.Finding {
		return validate.Finding{Rule: dataType + "." + rule, Level: l, Severity: s, Row: row, Column: column, Value: value, Limit: "0 < x", Message: message}
	}
	list := []validate.Finding{
		of("period.plausible", validate.Range, validate.Warning, "K00001.01", "koi_period", "\x1b[31m", "a message with\ta tab and a colour \x1b[31m"),
		of("period.plausible", validate.Range, validate.Warning, longRow, "koi_period", "-2", strings.Repeat("a very long message ", 9)),
		of("column.unused", validate.Schema, validate.Info, "", "koi_x", "", "the column koi_x is empty"),
	}
	if dataType == "toi" {
		list = append(list, of("period.range", validate.Range, validate.Error, "1.01", "pl_orbper", "-1", "the period is negative"))
	}
	return list
}

func judged(dataType string) *validate.Report {
	r := &validate.Report{DataType: dataType, Valid: true, Rows: 7, Columns: 3, Findings: findings(dataType), Levels: map[validate.Level]validate.Count{}}
	for _, f := range r.Findings {
		n := r.Levels[f.Level]
		n.Checked += 1000000
		if n.Rules == nil {
			n.Rules = map[string]int{}
		}
		n.Rules[f.Rule]++
		switch f.Severity {
		case validate.Error:
			n.Errors++
			r.Valid = false
		case validate.Warning:
			n.Warnings++
		default:
			n.Infos++
		}
		r.Levels[f.Level] = n
	}
	r.Metrics = catalog.Metrics{Completeness: &catalog.Metric{Overall: 0.5, Columns: map[string]float64{"koi_x": 0, "a_column_of_a_name_that_is_far_too_long_for_this": 0.25}}, Accuracy: catalog.Overall(0.99999), Consistency: catalog.Overall(1)}
	return r
}

func (f reviewer) Validate(_ context.Context, r review.Request, report review.Report) (review.Result, error) {
	f.calls = append(f.calls, r)
	if report != nil {
		report(1, 1, "tables", "")
	}
	rep := judged(r.DataType)
	res := review.Result{
		Status: "success", DataType: r.DataType, Valid: rep.Valid, Records: rep.Rows, Levels: rep.Levels, Metrics: rep.Metrics,
		Files: []exo.Path{"raw/nasa/koi_20260102_030405.csv"}, ReportPath: "metadata/validation/koi_20260102_030405.json", Warnings: []string{"odd\x1b[31m"},
	}
	if r.TargetName != "" {
		res.TargetName = &r.TargetName
	}
	for i := range 40 {
		res.Trend = append(res.Trend, review.Point{Version: "koi", At: f.Now(), Errors: i, Warnings: 2 * i, Metrics: map[string]float64{"completeness": float64(i) / 40, "accuracy": 1}})
	}
	res.Findings, res.FindingsTotal = review.First(rep.Findings, review.Shown, nil)
	return res, f.err
}

func (f reviewer) Target(_ context.Context, name, _ string) (exo.TargetID, error) {
	return exo.ParseTargetID(name)
}

func (f reviewer) List(_ context.Context, dataType string, target exo.TargetID, limit int) ([]reports.Entry, error) {
	f.calls = append(f.calls, []any{dataType, target, limit})
	return []reports.Entry{
		{Path: "metadata/validation/epic205905563_20260102_030405.json", Subject: reports.Subject{DataType: "lightcurve", Target: exo.TargetID{Catalog: exo.EPIC, Number: 205905563}, At: f.Now(), Files: []store.Ref{}}, Valid: true, Warnings: 3, Metrics: judged("koi").Metrics},
		{Path: "metadata/validation/koi_20260102_030405.json", Subject: reports.Subject{DataType: "koi", At: f.Now(), Rejected: true}, Errors: 2},
	}, f.err
}

func (f reviewer) Read(_ context.Context, name string) (reports.Entry, reports.Document, error) {
	f.calls = append(f.calls, name)
	dataType := "koi"
	if len(f.calls) > 1 {
		if r, ok := f.calls[0].(review.Request); ok {
			dataType = r.DataType
		}
	}
	doc := reports.Document{Subject: reports.Subject{DataType: dataType, At: f.Now(), Files: []store.Ref{{Path: "raw/nasa/koi_20260102_030405.csv"}}}, Report: judged(dataType)}
	return reports.Entry{Path: "metadata/validation/koi_20260102_030405.json", Subject: doc.Subject}, doc, f.err
}

func (f reviewer) Compare(_ context.Context, from, to string) (reports.Comparison, error) {
	f.calls = append(f.calls, []string{from, to})
	return reports.Comparison{
		From: reports.Entry{Path: "metadata/validation/koi_20260102_030405.json"}, To: reports.Entry{Path: "metadata/validation/koi_20260103_030405.json"},
		Rules: []reports.RuleChange{{Rule: "koi.period.plausible", From: 3, To: 1}}, New: findings("koi")[:1], NewAll: 1, Gone: findings("koi")[1:2], GoneAll: 3,
		Metrics: map[string]float64{"completeness": -0.25},
	}, f.err
}

func TestWordsOfAValidationReachTheUseCase(t *testing.T) {
	for line, want := range map[string]review.Request{
		"validate koi":                                        {DataType: "koi"},
		"validate k2 --target K2-18":                          {DataType: "k2", TargetName: "K2-18"},
		"validate koi --version v3":                           {DataType: "koi", Version: "v3"},
		"validate gaia --version=v3":                          {DataType: "gaia", Version: "v3"},
		"validate lightcurve --target TOI-700 --mission TESS": {DataType: "lightcurve", TargetName: "TOI-700", Mission: "TESS"},
	} {
		f := &fake{}
		if _, errs, status := run(f, strings.Fields(line)...); status != 0 || len(f.calls) == 0 || !reflect.DeepEqual(f.calls[0], want) {
			t.Errorf("%s: exit %d %s; %+v", line, status, errs, f.calls)
		}
	}
}

func TestValidationIntoAPipeIsTheFindings(t *testing.T) {
	out, errs, status := run(&fake{}, "validate", "koi")
	rd := csv.NewReader(strings.NewReader(out))
	rd.Comma, rd.LazyQuotes = '\t', true
	rows, err := rd.ReadAll()
	if err != nil || status != 0 || len(rows) != 4 || rows[0][2] != "RULE" || rows[2][3] != longRow || rows[3][0] != "info" {
		t.Errorf("exit %d %v\n%s", status, err, out)
	}
	if !strings.Contains(errs, "ok koi: valid. 7 records, 0 errors, 2 warnings, 1 info") || strings.ContainsAny(out+errs, "\x1b") {
		t.Errorf("%q %q", out, errs)
	}
	out, errs, status = run(&fake{}, "validate", "toi")
	if status != 4 || !strings.HasPrefix(strings.Split(out, "\n")[1], "error\trange\ttoi.period.range\t1.01\t") ||
		!strings.Contains(errs, "error: the toi table: not valid, 1 error. Try: exoplanetai validate show koi_20260102_030405.") {
		t.Errorf("exit %d %q %q", status, out, errs)
	}
}

func TestValidationOnATerminalFits(t *testing.T) {
	for _, line := range []string{"validate koi", "validate toi", "validate lightcurve --target TIC+1", "validate show koi_20260102_030405", "validate reports",
		"validate compare a b", "validate koi --target Kepler-10"} {
		out, errs, status := onTerminal(&fake{}, 80, strings.Fields(strings.ReplaceAll(line, "TIC+1", "TIC1"))...)
		if want := map[bool]int{true: 4, false: 0}[line == "validate toi"]; status != want {
			t.Errorf("%s: exit %d %s", line, status, errs)
		}
		if strings.Contains(out, "\x1b[31m") {
			t.Errorf("%s: a colour of the data came through: %q", line, out)
		}
		for l := range strings.SplitSeq(out, "\n") {
			if n := utf8.RuneCountInString(l); n > 80 && !strings.HasPrefix(l, "  ") { // a last column on its own line is never cut
				t.Errorf("%s: %d wide: %s", line, n, l)
			}
		}
	}
	out, _, _ := onTerminal(&fake{}, 80, "validate", "toi")
	for _, want := range []string{"✗ toi: not valid. 7 records, 1 error, 2 warnings, 1 info", "✗ range", "completeness  ━━━━━━━━━━━━━━━───────────────    50.0 %",
		"accuracy      ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━─  99.999 %", "consistency   ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━   100.0 %", "trend over 40 versions", "0.0 % → 97.5 %",
		"toi.period.range", "toi.period.plausible      2  K00001.01: a message with?a tab"} {
		if !strings.Contains(out, want) && !regexp.MustCompile(regexp.QuoteMeta(want)).MatchString(out) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestValidationAsJSONIsTheInterfacesDocument(t *testing.T) {
	for line, member := range map[string]string{
		"validate koi": "report_path", "validate reports koi": "reports", "validate show a": "report", "validate compare a b": "new_total", "validate rules koi": "rules",
	} {
		out, errs, status := run(&fake{}, append(strings.Fields(line), "--json")...)
		var doc map[string]any
		if err := json.Unmarshal([]byte(out), &doc); err != nil || status != 0 || doc[member] == nil {
			t.Errorf("%s: exit %d %v %s\n%s", line, status, err, errs, out)
		}
	}
	out, errs, status := run(&fake{}, "validate", "toi", "--json")
	if status != 4 || !json.Valid([]byte(out)) || !strings.Contains(errs, `"valid":false`) {
		t.Errorf("exit %d %s", status, errs)
	}
}

func TestAWholeReportIsWrittenToAFile(t *testing.T) {
	f := &fake{}
	_, errs, status := run(f, "validate", "koi", "--report", "all.json")
	var doc reports.Document
	if err := json.Unmarshal(f.files["all.json"], &doc); err != nil || status != 0 || len(doc.Report.Findings) != 3 {
		t.Errorf("exit %d %v %s %s", status, err, errs, f.files["all.json"])
	}
	f.calls = nil
	if _, _, status := run(f, "validate", "koi", "--report", "all.json"); status == 0 || len(f.calls) > 0 {
		t.Errorf("exit %d: a file was written over, or work was done before it was refused: %v", status, f.calls)
	}
	out, _, status := run(&fake{}, "validate", "koi", "--report", "-")
	if status != 0 || !json.Valid([]byte(out)) {
		t.Errorf("exit %d %s", status, out)
	}
}

func TestAFileIsJudgedWithoutAStore(t *testing.T) {
	curve, err := os.ReadFile(xtest.Shared(t, "data/real/lightcurves/k2/ktwo205905563-c03_llc.fits"))
	if err != nil {
		t.Fatal(err)
	}
	table := string(xtest.Gunzip(t, "data/real/catalogs/cumulative_2025.09.29_18.45.43.csv.gz"))
	for name, c := range map[string]struct {
		line   string
		file   string
		status int
		says   string
	}{
		"a light curve":              {"validate file ktwo205905563-c03_llc.fits", string(curve), 0, "lightcurve.flux.unflagged"},
		"a light curve that is":      {"validate file ktwo205905563-c03_llc.fits --as lightcurve", string(curve), 0, "lightcurve.flux.unflagged"},
		"one of another star":        {"validate file ktwo205905564-c03_llc.fits", string(curve), 4, "lightcurve.header.target"},
		"one that is cut":            {"validate file a.fits", string(curve[:len(curve)-2880]), 4, "lightcurve.readable"},
		"a table":                    {"validate file koi.csv --as koi", table, 0, "koi.flag.nt.plausible"},
		"a table that tells":         {"validate file koi.csv", table, 0, "koi.flag.nt.plausible"},
		"a table of another type":    {"validate file koi.csv --as toi", table, 4, "toi.readable"},
		"a light curve as a table":   {"validate file a.fits --as koi", string(curve), 2, "no koi table"},
		"neither":                    {"validate file a.txt", "hello", 2, "it cannot be told which table this is"},
		"a type that there is not":   {"validate file a.txt --as kio", "hello", 2, "did you mean koi?"},
		"a file that is not there":   {"validate file a.txt", "", 3, "there is no such file"},
		"a report instead of a list": {"validate file ktwo205905563-c03_llc.fits --report -", string(curve), 0, `"data_type": "lightcurve"`},
	} {
		f := &fake{list: c.file}
		out, errs, status := run(f, strings.Fields(c.line)...)
		if status != c.status || !strings.Contains(out+errs, c.says) || f.opened > 0 {
			t.Errorf("%s: exit %d\n%.300s\n%s", name, status, out, errs)
		}
	}
}

func TestWrongValidationsAreUsageErrors(t *testing.T) {
	for line, says := range map[string]string{
		"validate kio":                                "did you mean koi?",
		"validate koi toi":                            "one word too many",
		"validate lightcurve":                         "target_name",
		"validate koi --mission TESS":                 "no mission",
		"validate lightcurve --target T --version v2": "no versions",
		"validate koi --target=":                      "--target is given without a value",
		"validate reports kio":                        "did you mean koi?",
		"validate reports koi --target TIC1":          "of no star",
		"validate reports --limit -1":                 "--limit",
		"validate rules candidates":                   "is not a data type",
		"validate show":                               "needs one more word",
		"validate compare a":                          "needs one more word",
		"validate file":                               "needs one more word",
	} {
		f := &fake{}
		if _, errs, status := run(f, strings.Fields(line)...); status != 2 || !strings.Contains(errs, says) || f.opened > 0 {
			t.Errorf("%s: exit %d, opened %d, %s", line, status, f.opened, errs)
		}
	}
}
