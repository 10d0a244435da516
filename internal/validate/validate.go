package validate

import (
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
)

// Level is the kind of question that a rule asks.
type Level string

// The five levels, in the order in which they are asked.
const (
	Schema      Level = "schema"      // required columns, data types, keys that can be read
	Range       Level = "range"       // physical bounds of single values
	Coordinates Level = "coordinates" // positions: range, precision, agreement with the target catalog
	Duplicates  Level = "duplicates"  // keys, cross-identifications, one object under two names
	Quality     Level = "quality"     // relations between values, flags, completeness, words
)

// Levels lists the levels in order.
var Levels = []Level{Schema, Range, Coordinates, Duplicates, Quality}

// Severity says what a finding means for the table.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // the table cannot be current
	Warning Severity = "warning" // a person should look
	Info    Severity = "info"    // worth knowing
)

// Finding is one thing that a rule found.
type Finding struct {
	Rule     string   `json:"rule"`
	Level    Level    `json:"level"`
	Severity Severity `json:"severity"`
	Row      string   `json:"row"`    // row key; empty for a finding on the table or file
	Column   string   `json:"column"` // as the table spells it; empty for a finding on the row
	Value    string   `json:"value"`  // clipped
	Limit    string   `json:"limit"`  // what was asked, "0 < x < 1e5 d"
	Message  string   `json:"message"`
}

// Rule is a declared rule.
type Rule struct {
	ID       string   `json:"id"` // stable: "koi.period.range"
	Level    Level    `json:"level"`
	Severity Severity `json:"severity"`
	Types    []string `json:"types"`   // koi, toi, k2, gaia, lightcurve
	Columns  []string `json:"columns"` // that it looks at, as the archives spell them
	Limit    string   `json:"limit"`
	Reason   string   `json:"reason"` // why, in a sentence
	Source   string   `json:"source"` // column definition, physical law, paper
}

// Count counts what a level found.
type Count struct {
	Checked  int            `json:"checked"` // values or relations looked at
	Errors   int            `json:"errors"`
	Warnings int            `json:"warnings"`
	Infos    int            `json:"infos"`
	Rules    map[string]int `json:"rules"` // findings by rule; rules without findings are left out
}

// Report is the outcome of one validation. Equal input and options give equal
// reports: findings stand in the order of levels, then rows, then rules.
type Report struct {
	DataType string          `json:"data_type"` // koi, toi, k2, gaia, lightcurve
	Valid    bool            `json:"valid"`     // no errors
	Rows     int             `json:"rows"`
	Columns  int             `json:"columns"`
	Levels   map[Level]Count `json:"levels"`
	Metrics  catalog.Metrics `json:"metrics"`
	Findings []Finding       `json:"findings"` // all
}

// Options says what a table is judged against.
type Options struct {
	Now       time.Time     // for freshness and dates in the future; required
	Retrieved time.Time     // when the archive last confirmed the table; zero: now
	Fresh     time.Duration // how long it is good; 0: freshness is not measured
	// Star returns what another catalog knows of a star, for the comparison of
	// positions; nil: none is known.
	Star func(exo.TargetID) (catalog.Star, bool)
}

// Summary is the short form for answers and metadata.
func (r *Report) Summary() catalog.Summary {
	s := catalog.Summary{Valid: r.Valid, Metrics: r.Metrics.Bounded()}
	for _, c := range r.Levels {
		s.Errors += c.Errors
		s.Warnings += c.Warnings
	}
	return s
}

// LightCurveOptions says what a light curve is judged against.
type LightCurveOptions struct {
	Now       time.Time
	Retrieved time.Time                               // when the archive last confirmed the file; zero: now
	Fresh     time.Duration                           // how long it is good; 0: freshness is not measured
	Path      exo.Path                                // of the file, the row of its findings
	Want      lightcurve.Product                      // what it should hold; zero fields are not checked
	Star      func(exo.TargetID) (catalog.Star, bool) // position and magnitude by the catalogs; nil: none is known
	Teff      func(exo.TargetID) (float64, bool)      // temperature by the catalogs, K; nil: none is known
}
