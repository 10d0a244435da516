package reports

import (
	"context"
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
	Metrics  catalog.Metrics `json:"metrics"`
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

// Reports reads and keeps reports of a store.
type Reports struct{ store *store.Store }

// New makes it.
func New(s *store.Store) *Reports { return &Reports{store: s} }

// Keep stores a report under metadata/validation/ and returns its path. A report
// equal to the newest of the same files is not stored again.
func (r *Reports) Keep(ctx context.Context, of Subject, rep *validate.Report) (exo.Path, error) {
	return "", exo.Errorf("reports.Keep", exo.Internal, of.DataType, "not built")
}

// List lists the reports of a data type, all for "", newest first; target zero
// for all stars.
func (r *Reports) List(ctx context.Context, dataType string, target exo.TargetID, limit int) ([]Entry, error) {
	return nil, exo.Errorf("reports.List", exo.Internal, dataType, "not built")
}

// Read reads a kept report, named by its path or the last part of it.
func (r *Reports) Read(ctx context.Context, name string) (Entry, Document, error) {
	return Entry{}, Document{}, exo.Errorf("reports.Read", exo.Internal, name, "not built")
}

// Compare compares two kept reports of one data type.
func (r *Reports) Compare(ctx context.Context, from, to string) (Comparison, error) {
	return Comparison{}, exo.Errorf("reports.Compare", exo.Internal, from, "not built")
}
