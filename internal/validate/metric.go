package validate

import (
	"time"

	"exoplanetai/internal/catalog"
)

// metrics makes the four qualities of the table (docs/validation.md defines
// them).
func (r *run) metrics() catalog.Metrics {
	m := catalog.Metrics{Completeness: r.completeness(), Accuracy: r.accuracy(), Consistency: r.consistency()}
	if r.o.Fresh > 0 {
		m.Freshness = catalog.Overall(freshness(r.o.Now, r.o.Retrieved, r.o.Fresh))
	}
	return m
}

// completeness is the share of cells that have text.
func (r *run) completeness() *catalog.Metric {
	m := &catalog.Metric{Overall: 1, Columns: make(map[string]float64, len(r.t.Columns))}
	filled := share{of: r.n * len(r.t.Columns)}
	for j, c := range r.t.Columns {
		n := r.t.Filled(j)
		filled.good += n
		m.Columns[c.Name] = share{n, r.n}.value()
	}
	m.Overall = filled.value()
	return m
}

// accuracy is the share of the values that lie within their limits.
func (r *run) accuracy() *catalog.Metric {
	m := &catalog.Metric{Columns: make(map[string]float64, len(r.inside))}
	all := share{}
	for j, s := range r.inside {
		all.good += s.good
		all.of += s.of
		if s.of > 0 {
			m.Columns[r.t.Columns[j].Name] = s.value()
		}
	}
	m.Overall = all.value()
	return m
}

// consistency is the share of the relations that hold, by column of those it has
// a part in.
func (r *run) consistency() *catalog.Metric {
	m := &catalog.Metric{Overall: r.holds.value(), Columns: make(map[string]float64, len(r.related))}
	for name, s := range r.related {
		if s.of > 0 {
			m.Columns[name] = s.value()
		}
	}
	return m
}

// freshness is 1 as long as the policy calls the table fresh and falls with its
// age from there: a table of twice the age has one half.
func freshness(now, retrieved time.Time, fresh time.Duration) float64 {
	age := now.Sub(retrieved)
	if retrieved.IsZero() || age <= fresh {
		return 1
	}
	return float64(fresh) / float64(age)
}
