package validate

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
)

// LightCurve judges a light-curve file by all rules of light curves. A finding
// gathers the rows of one column that break one rule, says how many they are and
// names the first. The metrics are
//
//   - completeness: the share of rows that have a time and a flux; by column, the
//     share of rows that hold a value;
//   - accuracy: the share of times, fluxes, errors and flags inside their limits;
//   - consistency: the share of relations that hold, between neighbouring rows and
//     between header, name and table;
//   - freshness: as for tables.
func LightCurve(f *fits.File, o LightCurveOptions) *Report {
	c := &curve{o: o, f: f, book: newBook(lightCurveRules(), string(o.Path))}
	c.sums()
	if c.open() {
		for _, judge := range []func(){
			c.structure, c.times, c.fluxes, c.errors, c.flags, c.correction, c.position, c.barycentre,
			c.repeats, c.copies, c.order, c.cadences, c.coverage, c.photometry, c.header, c.names,
		} {
			judge()
		}
		c.completeness()
	}
	return c.report()
}

// curve is a light curve under examination.
type curve struct {
	book
	o LightCurveOptions
	f *fits.File

	lc    *lightcurve.LightCurve
	info  lightcurve.Info
	found []lightcurve.Finding // differences from what was wanted

	hdu     *fits.HDU // that holds the columns
	table   *fits.Table
	time    string // names of the columns, as the file spells them
	quality string
	cadence string // "": the product has none
	corr    []float64
	corrCol string
}

// open reads the light curve.
func (c *curve) open() bool {
	c.look(Schema, 1)
	var e lightcurve.Examiner
	info, found, err := e.Examine(c.f, c.o.Want)
	if err != nil {
		c.find(lcLayout, "", "", "%s", exo.MessageOf(err))
		return false
	}
	c.info, c.found, c.lc = info, found, e.Curve()
	c.hdu, _ = c.f.Lookup(c.lc.Ext)
	if c.table, err = c.hdu.Table(); err != nil {
		c.find(lcLayout, "", "", "%s", exo.MessageOf(err))
		return false
	}
	c.look(Schema, 1)
	if c.lc.Len() == 0 {
		c.find(lcRows, "", "0 rows", "the light curve has no rows")
		return false
	}
	c.time, c.quality = c.column("TIME", "T"), c.column("QUALITY", "SAP_QUALITY", "TESS_FLAGS", "MOVING", "OUTLIER")
	if slices.ContainsFunc(c.lc.Cadence, func(n int32) bool { return n != 0 }) {
		c.cadence = c.column("CADENCENO", "CADENCE_NUM", "CADENCE", "CADN")
	}
	if c.corrCol = c.column("TIMECORR"); c.corrCol != "" {
		if c.corr, err = c.table.Float64(nil, c.corrCol); err != nil {
			c.corr = nil // a TIMECORR that is no number: the column's form is told of elsewhere
		}
	}
	return true
}

// column returns the first of the names that the table has, as it spells it.
func (c *curve) column(names ...string) string {
	for _, name := range names {
		if i, ok := c.table.Find(name); ok {
			return c.table.Columns[i].Name
		}
	}
	return ""
}

// missionProduct tells the files of the missions' own pipelines from others'.
func (c *curve) missionProduct() bool {
	switch c.lc.Author {
	case lightcurve.AuthorSPOC, lightcurve.AuthorKepler, lightcurve.AuthorK2, lightcurve.AuthorTESSSPOC, lightcurve.AuthorDataAlerts:
		return true
	}
	return false
}

// report closes the book.
func (c *curve) report() *Report {
	r := &Report{DataType: LightCurveType, Levels: c.levels(), Findings: c.findings, Metrics: catalog.Metrics{Accuracy: c.values.metric(), Consistency: c.relations.metric()}}
	if c.table != nil {
		r.Rows, r.Columns = c.table.Rows, len(c.table.Columns)
	}
	r.Metrics.Completeness = c.complete
	if c.o.Fresh > 0 {
		r.Metrics.Freshness = catalog.Overall(freshness(c.o.Now, c.o.Retrieved, c.o.Fresh))
	}
	r.Valid = !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity == Error })
	return r
}

// completeness measures how much of each column is there.
func (c *curve) completeness() {
	m := &catalog.Metric{Columns: map[string]float64{}}
	n := 0
	for i := range c.lc.Time {
		if isFinite(c.lc.Time[i]) && isFinite(c.lc.Flux[i]) {
			n++
		}
	}
	m.Overall = share{n, c.lc.Len()}.value()
	var values []float64
	for _, col := range c.table.Columns {
		if col.Repeat != 1 || !strings.ContainsRune("BIJKED", rune(col.Type)) {
			continue
		}
		var err error
		if values, err = c.table.Float64(values, col.Name); err != nil {
			continue // no number a row: nothing to be counted
		}
		n := 0
		for _, v := range values {
			if !math.IsNaN(v) {
				n++
			}
		}
		m.Columns[col.Name] = share{n, len(values)}.value()
	}
	c.complete = m
}

// book collects what the rules find.
type book struct {
	rules     map[string]Rule
	row       string
	counts    map[Level]*Count
	findings  []Finding
	values    ledger // inside their limits
	relations ledger // that hold
	complete  *catalog.Metric
}

func newBook(rules []Rule, row string) book {
	b := book{rules: make(map[string]Rule, len(rules)), row: row, counts: map[Level]*Count{}, findings: []Finding{}, values: ledger{}, relations: ledger{}}
	for _, r := range rules {
		b.rules[strings.TrimPrefix(r.ID, LightCurveType+".")] = r
	}
	for _, l := range Levels {
		b.counts[l] = &Count{Rules: map[string]int{}}
	}
	return b
}

// look counts values or relations that are looked at.
func (b *book) look(l Level, n int) { b.counts[l].Checked += n }

// find notes a finding of a rule.
func (b *book) find(rule, column, value, format string, args ...any) {
	r := b.rules[rule]
	c := b.counts[r.Level]
	switch r.Severity {
	case Error:
		c.Errors++
	case Warning:
		c.Warnings++
	default:
		c.Infos++
	}
	c.Rules[r.ID]++
	b.findings = append(b.findings, Finding{
		Rule: r.ID, Level: r.Level, Severity: r.Severity, Row: b.row, Column: column,
		Value: catalog.Clip(value), Limit: r.Limit, Message: catalog.Clip(fmt.Sprintf(format, args...)),
	})
}

// levels returns the counts, and puts the findings into their order.
func (b *book) levels() map[Level]Count {
	slices.SortStableFunc(b.findings, func(x, y Finding) int {
		return slices.Index(Levels, x.Level) - slices.Index(Levels, y.Level)
	})
	out := make(map[Level]Count, len(b.counts))
	for _, l := range Levels {
		out[l] = *b.counts[l]
	}
	return out
}

// ledger counts by column what was looked at and what was wrong.
type ledger map[string][2]int

func (t ledger) add(column string, checked, bad int) {
	n := t[column]
	t[column] = [2]int{n[0] + checked, n[1] + bad}
}

// metric is the share that was right; nil if nothing was looked at.
func (t ledger) metric() *catalog.Metric {
	if len(t) == 0 {
		return nil
	}
	m := &catalog.Metric{Columns: make(map[string]float64, len(t))}
	checked, bad := 0, 0
	for _, column := range slices.Sorted(maps.Keys(t)) {
		n := t[column]
		checked, bad = checked+n[0], bad+n[1]
		m.Columns[column] = share{max(0, n[0]-n[1]), n[0]}.value()
	}
	m.Overall = share{max(0, checked-bad), checked}.value()
	return m
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// marked gathers rows that break a rule.
type marked struct{ n, first, last int }

func (m *marked) add(i int) {
	if m.n == 0 {
		m.first = i
	}
	m.n, m.last = m.n+1, i
}

// String says which rows they are, the first row being 1.
func (m marked) String() string {
	switch {
	case m.n == 1:
		return fmt.Sprintf("row %d", m.first+1)
	case m.last-m.first+1 == m.n:
		return fmt.Sprintf("rows %d to %d", m.first+1, m.last+1)
	}
	return fmt.Sprintf("%d rows, from %d to %d", m.n, m.first+1, m.last+1)
}

// count says how many they are.
func (m marked) count() string {
	if m.n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", m.n)
}

// are is the verb that goes with the rows.
func (m marked) are(one, many string) string {
	if m.n == 1 {
		return one
	}
	return many
}
