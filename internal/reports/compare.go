package reports

import (
	"context"
	"maps"
	"slices"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/validate"
)

// shown is how many findings of a kind a comparison lists.
const shown = 100

// Compare compares two kept reports of one data type, and of one star where they
// are of light curves. A finding is the same in both if rule, row, column and
// value are.
func (r *Reports) Compare(ctx context.Context, from, to string) (Comparison, error) {
	a, old, err := r.Read(ctx, from)
	if err != nil {
		return Comparison{}, err
	}
	b, now, err := r.Read(ctx, to)
	if err != nil {
		return Comparison{}, err
	}
	if a.DataType != b.DataType || a.Target != b.Target {
		return Comparison{}, exo.Errorf("reports.Compare", exo.Invalid, nil, "%s is of %s, %s of %s", a.Path.Base(), subjectWord(a), b.Path.Base(), subjectWord(b)).
			With("parameter", "to").Try("compare two reports of one table, or of the light curves of one star")
	}
	c := Comparison{From: a, To: b, Rules: rules(old.Report, now.Report), Metrics: metrics(a.Metrics, b.Metrics)}
	c.New, c.NewAll = missing(now.Report.Findings, old.Report.Findings)
	c.Gone, c.GoneAll = missing(old.Report.Findings, now.Report.Findings)
	return c, nil
}

func subjectWord(e Entry) string {
	if e.Target.IsZero() {
		return e.DataType
	}
	return e.Target.String()
}

// rules counts the findings of each rule; those with equal numbers are left out.
func rules(old, now *validate.Report) []RuleChange {
	count := func(r *validate.Report) map[string]int {
		n := map[string]int{}
		for _, l := range r.Levels {
			for rule, k := range l.Rules {
				n[rule] += k
			}
		}
		return n
	}
	a, b := count(old), count(now)
	all := maps.Clone(a)
	maps.Copy(all, b)
	list := []RuleChange{}
	for _, rule := range slices.Sorted(maps.Keys(all)) {
		if a[rule] != b[rule] {
			list = append(list, RuleChange{Rule: rule, From: a[rule], To: b[rule]})
		}
	}
	return list
}

// missing returns the first findings of a list that another does not have, and
// how many they are. Equal findings count as often as they stand there.
func missing(list, from []validate.Finding) ([]validate.Finding, int) {
	type same struct{ rule, row, column, value string }
	of := func(f validate.Finding) same { return same{f.Rule, f.Row, f.Column, f.Value} }
	have := make(map[same]int, len(from))
	for _, f := range from {
		have[of(f)]++
	}
	first, n := []validate.Finding{}, 0
	for _, f := range list {
		if k := of(f); have[k] > 0 {
			have[k]--
			continue
		}
		if n++; len(first) < shown {
			first = append(first, f)
		}
	}
	return first, n
}

// metrics gives the differences of those that were measured in both.
func metrics(a, b catalog.Metrics) map[string]float64 {
	d := map[string]float64{}
	old, now := Overall(a), Overall(b)
	for name, v := range now {
		if was, ok := old[name]; ok {
			d[name] = v - was
		}
	}
	return d
}

// Overall gives the overall metrics by name, where they were measured.
func Overall(m catalog.Metrics) map[string]float64 {
	out := map[string]float64{}
	for name, x := range map[string]*catalog.Metric{"completeness": m.Completeness, "accuracy": m.Accuracy, "consistency": m.Consistency, "freshness": m.Freshness} {
		if x != nil {
			out[name] = x.Overall
		}
	}
	return out
}
