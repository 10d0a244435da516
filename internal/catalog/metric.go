package catalog

import "encoding/json"

// Metrics are the four qualities of a table or light curve, each from 0 to 1.
// One that was not measured is nil.
type Metrics struct {
	Completeness *Metric `json:"completeness,omitempty"` // share of cells that hold a value
	Accuracy     *Metric `json:"accuracy,omitempty"`     // share of values inside their physical limits
	Consistency  *Metric `json:"consistency,omitempty"`  // share of relations between values that hold
	Freshness    *Metric `json:"freshness,omitempty"`    // age against the policy
}

// Metric is one quality, over all and by column.
type Metric struct {
	Overall float64            `json:"overall"`
	Columns map[string]float64 `json:"columns,omitempty"`

	flat bool // was read as a bare number, the form of the first records
}

// MarshalJSON writes a metric in the form in which it was read: the byte form of
// a record that is kept must not change.
func (m Metric) MarshalJSON() ([]byte, error) {
	if m.flat {
		return json.Marshal(m.Overall)
	}
	type plain Metric
	return json.Marshal(plain(m))
}

// UnmarshalJSON reads both forms: an object, and the bare number of the first
// records.
func (m *Metric) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] != '{' {
		m.flat = true
		return json.Unmarshal(b, &m.Overall)
	}
	type plain Metric
	return json.Unmarshal(b, (*plain)(m))
}

// maxNames bounds the bytes of column names that a record repeats for a metric.
const maxNames = 256 << 10

// Bounded is m, without its columns where their names are too long for a record,
// which lists them for each metric.
func (m Metrics) Bounded() Metrics {
	for _, q := range []**Metric{&m.Completeness, &m.Accuracy, &m.Consistency, &m.Freshness} {
		if *q == nil {
			continue
		}
		n := 0
		for name := range (*q).Columns {
			n += len(name)
		}
		if n > maxNames {
			*q = &Metric{Overall: (*q).Overall, flat: (*q).flat}
		}
	}
	return m
}

// Overall is a metric without columns.
func Overall(v float64) *Metric { return &Metric{Overall: v} }
