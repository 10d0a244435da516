package validate

import (
	"maps"
	"slices"

	"exoplanetai/internal/catalog"
)

// Combine makes one report of those of several light curves. Findings keep the
// order of levels, then of the reports; counts are added. Metrics are weighted by
// rows, but freshness, which is that of the oldest.
func Combine(reports []*Report) *Report {
	out := &Report{DataType: LightCurveType, Valid: true, Levels: map[Level]Count{}, Findings: []Finding{}}
	for _, l := range Levels {
		out.Levels[l] = Count{Rules: map[string]int{}}
	}
	for _, r := range reports {
		out.Valid = out.Valid && r.Valid
		out.Rows += r.Rows
		out.Columns = max(out.Columns, r.Columns)
		for _, l := range Levels {
			a, b := out.Levels[l], r.Levels[l]
			a.Checked, a.Errors, a.Warnings, a.Infos = a.Checked+b.Checked, a.Errors+b.Errors, a.Warnings+b.Warnings, a.Infos+b.Infos
			for rule, n := range b.Rules {
				a.Rules[rule] += n
			}
			out.Levels[l] = a
		}
		out.Findings = append(out.Findings, r.Findings...)
	}
	slices.SortStableFunc(out.Findings, func(x, y Finding) int {
		return slices.Index(Levels, x.Level) - slices.Index(Levels, y.Level)
	})
	out.Metrics = catalog.Metrics{
		Completeness: mean(reports, func(m catalog.Metrics) *catalog.Metric { return m.Completeness }),
		Accuracy:     mean(reports, func(m catalog.Metrics) *catalog.Metric { return m.Accuracy }),
		Consistency:  mean(reports, func(m catalog.Metrics) *catalog.Metric { return m.Consistency }),
	}
	for _, r := range reports {
		if f := r.Metrics.Freshness; f != nil && (out.Metrics.Freshness == nil || f.Overall < out.Metrics.Freshness.Overall) {
			out.Metrics.Freshness = f
		}
	}
	return out
}

// mean is a metric of several light curves, each column over those that have it;
// nil where none was measured.
func mean(reports []*Report, of func(catalog.Metrics) *catalog.Metric) *catalog.Metric {
	type weighed struct {
		sum  float64
		rows int
	}
	add := func(w weighed, v float64, rows int) weighed { return weighed{w.sum + v*float64(rows), w.rows + rows} }
	var all weighed
	columns := map[string]weighed{}
	for _, r := range reports {
		m, rows := of(r.Metrics), max(1, r.Rows)
		if m == nil {
			continue
		}
		all = add(all, m.Overall, rows)
		for name, v := range m.Columns {
			columns[name] = add(columns[name], v, rows)
		}
	}
	if all.rows == 0 {
		return nil
	}
	out := &catalog.Metric{Overall: all.sum / float64(all.rows), Columns: make(map[string]float64, len(columns))}
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		out.Columns[name] = columns[name].sum / float64(columns[name].rows)
	}
	return out
}
