package reports

import (
	"bytes"
	"encoding/json"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/validate"
)

// The types below have their members in alphabetical order, so that a report of a
// hundred thousand findings is written without a tree of it in memory. Maps are
// sorted by encoding/json.
type (
	sortedDocument struct {
		At       time.Time     `json:"at"`
		DataType string        `json:"data_type"`
		Files    []sortedRef   `json:"files"`
		Program  string        `json:"program"`
		Rejected bool          `json:"rejected,omitempty"`
		Report   *sortedReport `json:"report"`
		Target   exo.TargetID  `json:"target,omitzero"`
	}
	sortedRef struct {
		Path   exo.Path   `json:"path"`
		SHA256 exo.Digest `json:"sha256"`
	}
	sortedReport struct {
		Columns  int                            `json:"columns"`
		DataType string                         `json:"data_type"`
		Findings []sortedFinding                `json:"findings"`
		Levels   map[validate.Level]sortedCount `json:"levels"`
		Metrics  sortedMetrics                  `json:"metrics"`
		Rows     int                            `json:"rows"`
		Valid    bool                           `json:"valid"`
	}
	sortedFinding struct {
		Column   string            `json:"column"`
		Level    validate.Level    `json:"level"`
		Limit    string            `json:"limit"`
		Message  string            `json:"message"`
		Row      string            `json:"row"`
		Rule     string            `json:"rule"`
		Severity validate.Severity `json:"severity"`
		Value    string            `json:"value"`
	}
	sortedCount struct {
		Checked  int            `json:"checked"`
		Errors   int            `json:"errors"`
		Infos    int            `json:"infos"`
		Rules    map[string]int `json:"rules"`
		Warnings int            `json:"warnings"`
	}
	sortedMetrics struct {
		Accuracy     *sortedMetric `json:"accuracy,omitempty"`
		Completeness *sortedMetric `json:"completeness,omitempty"`
		Consistency  *sortedMetric `json:"consistency,omitempty"`
		Freshness    *sortedMetric `json:"freshness,omitempty"`
	}
	sortedMetric struct {
		Columns map[string]float64 `json:"columns,omitempty"`
		Overall float64            `json:"overall"`
	}
)

// Encode gives the one byte form of a document: JSON with sorted keys, two blanks
// of indent and a final newline, as the metadata records have it.
func Encode(d Document) ([]byte, error) {
	const op = "reports.Encode"
	tooLarge := exo.Errorf(op, exo.TooLarge, nil, "the report is larger than %d bytes", MaxSize)
	if atLeast(d) > MaxSize {
		return nil, tooLarge
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(sorted(d)); err != nil {
		return nil, exo.E(op, exo.Invalid, nil, err).Say("the report cannot be written")
	}
	if out.Len() > MaxSize {
		return nil, tooLarge
	}
	return out.Bytes(), nil
}

// atLeast is a size that the report's bytes have for sure: what is far too large
// is not written first.
func atLeast(d Document) int {
	const bare = 180 // of a finding: braces, names, quotes, indents
	n := 0
	if d.Report != nil {
		for _, f := range d.Report.Findings {
			n += bare + len(f.Row) + len(f.Value) + len(f.Message) + len(f.Limit) + len(f.Column) + len(f.Rule)
		}
	}
	return n
}

func sorted(d Document) sortedDocument {
	out := sortedDocument{At: d.At, DataType: d.DataType, Program: d.Program, Rejected: d.Rejected, Target: d.Target, Files: []sortedRef{}}
	for _, f := range d.Files {
		out.Files = append(out.Files, sortedRef(f))
	}
	r := d.Report
	if r == nil {
		return out
	}
	out.Report = &sortedReport{
		Columns: r.Columns, DataType: r.DataType, Rows: r.Rows, Valid: r.Valid,
		Findings: make([]sortedFinding, len(r.Findings)), Levels: make(map[validate.Level]sortedCount, len(r.Levels)),
		Metrics: sortedMetrics{
			Accuracy: metric(r.Metrics.Accuracy), Completeness: metric(r.Metrics.Completeness),
			Consistency: metric(r.Metrics.Consistency), Freshness: metric(r.Metrics.Freshness),
		},
	}
	for i, f := range r.Findings {
		out.Report.Findings[i] = sortedFinding{
			Column: f.Column, Level: f.Level, Limit: f.Limit, Message: f.Message, Row: f.Row, Rule: f.Rule, Severity: f.Severity, Value: f.Value,
		}
	}
	for l, n := range r.Levels {
		c := sortedCount{Checked: n.Checked, Errors: n.Errors, Infos: n.Infos, Rules: n.Rules, Warnings: n.Warnings}
		if c.Rules == nil {
			c.Rules = map[string]int{}
		}
		out.Report.Levels[l] = c
	}
	return out
}

func metric(m *catalog.Metric) *sortedMetric {
	if m == nil {
		return nil
	}
	return &sortedMetric{Columns: m.Columns, Overall: m.Overall}
}
