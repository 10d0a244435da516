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

// Overall is a metric without columns.
func Overall(v float64) *Metric { return &Metric{Overall: v} }
