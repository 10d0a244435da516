package reports

import (
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/validate"
)

// Subject says what a report is of.
type Subject struct {
	DataType string       `json:"data_type"`          // koi, toi, k2, gaia, lightcurve
	Target   exo.TargetID `json:"target,omitzero"`    // of light curves
	Files    []store.Ref  `json:"files"`              // that were judged
	At       time.Time    `json:"at"`                 // when
	Rejected bool         `json:"rejected,omitempty"` // the table did not become current
}

// Document is a report as it is kept.
type Document struct {
	Subject
	Program string           `json:"program"`
	Report  *validate.Report `json:"report"`
}

// Entry is a line of the list of reports.
type Entry struct {
	Path     exo.Path   `json:"path"`
	Checksum exo.Digest `json:"checksum"`
	Subject
	Valid    bool            `json:"valid"`
	Errors   int             `json:"errors"`
	Warnings int             `json:"warnings"`
	Metrics  catalog.Metrics `json:"metrics"` // without columns
}

// Comparison is what two reports differ in.
type Comparison struct {
	From    Entry              `json:"from"`
	To      Entry              `json:"to"`
	Rules   []RuleChange       `json:"rules"` // whose number of findings changed
	New     []validate.Finding `json:"new"`   // first 100
	Gone    []validate.Finding `json:"gone"`  // first 100
	NewAll  int                `json:"new_total"`
	GoneAll int                `json:"gone_total"`
	Metrics map[string]float64 `json:"metrics"` // difference of each overall metric, to minus from
}

// RuleChange is a rule with its number of findings in both reports.
type RuleChange struct {
	Rule string `json:"rule"`
	From int    `json:"from"`
	To   int    `json:"to"`
}

// LightCurve is the data type of light curves; the others are catalog.Types.
const LightCurve = validate.LightCurveType

// Reports reads and keeps reports of a store. Its methods may be called from many
// goroutines.
type Reports struct {
	store *store.Store

	// Observe is told of each report that was kept, or equals one that is. It is set
	// before the first use; nil: nobody is.
	Observe func(of string, valid bool, errors, warnings, infos int)
}

// New makes it.
func New(s *store.Store) *Reports { return &Reports{store: s} }
