package reports_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/reports"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
	"exoplanetai/internal/validate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// open makes an empty store in a folder.
func open(t testing.TB) (*store.Store, string) {
	t.Helper()
	home := t.TempDir()
	dir, err := fsys.OpenDir(home, true)
	if err == nil {
		err = store.Prepare(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.Open(t.Context(), sqldb.Options{Path: filepath.Join(home, store.IndexPath())})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{FS: dir, DB: db, Clock: func() time.Time { return noon }, Program: "exoplanetai test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), db.Close(), dir.Close()); err != nil {
			t.Error(err)
		}
	})
	return s, home
}

// ref names a file by its number.
func ref(n byte) store.Ref {
	return store.Ref{Path: exo.Path("raw/nasa/koi_" + string('0'+n) + ".csv"), SHA256: exo.DigestOf([]byte{n})}
}

func koi(at time.Time, files ...store.Ref) reports.Subject {
	return reports.Subject{DataType: "koi", Files: files, At: at}
}

func finding(rule, row, value string) validate.Finding {
	return validate.Finding{
		Rule: rule, Level: validate.Range, Severity: validate.Warning, Row: row, Column: "koi_period", Value: value,
		Limit: "0 < x < 1e5 d", Message: "the period <b>is</b> — odd",
	}
}

func report(dataType string, completeness float64, findings ...validate.Finding) *validate.Report {
	r := &validate.Report{DataType: dataType, Valid: true, Rows: 3, Columns: 2, Findings: []validate.Finding{}, Levels: map[validate.Level]validate.Count{}}
	for _, l := range validate.Levels {
		r.Levels[l] = validate.Count{Checked: 6, Rules: map[string]int{}}
	}
	for _, f := range findings {
		c := r.Levels[f.Level]
		c.Warnings++
		c.Rules[f.Rule]++
		r.Levels[f.Level] = c
		r.Findings = append(r.Findings, f)
	}
	r.Metrics = catalog.Metrics{Completeness: &catalog.Metric{Overall: completeness, Columns: map[string]float64{"koi_period": 1}}, Freshness: catalog.Overall(1)}
	return r
}

func keep(t testing.TB, r *reports.Reports, of reports.Subject, rep *validate.Report) exo.Path {
	t.Helper()
	p, err := r.Keep(t.Context(), of, rep)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
