package store

import (
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// Kind says what a stored file is.
type Kind string

// The kinds of stored files.
const (
	Table      Kind = "table"      // a whole catalog table
	Delta      Kind = "delta"      // the changed rows of an incremental fetch
	Rejected   Kind = "rejected"   // a table that failed validation; never current
	Held       Kind = "held"       // a table that waits for approval; not current
	LightCurve Kind = "lightcurve" // a light-curve FITS file
	Answer     Kind = "answer"     // an archive's search answer
	Processed  Kind = "processed"  // a processed light curve, FITS
	Report     Kind = "report"     // the account of how a processed light curve was made, JSON
	Normalized Kind = "normalized" // processed/v1: a table in common units and words, CSV; its description beside it is a Companion
	Merged     Kind = "merged"     // processed/v2: the table of candidates, CSV
	Companion  Kind = "companion"  // what belongs to a Normalized or Merged table: description, aliases, conflicts
	Validation Kind = "validation" // all findings of one validation, JSON
)

// Meta is the provenance record of a file, kept beside it under metadata/.
// Its JSON is public; see docs/format/metadata.md.
type Meta struct {
	Path              exo.Path         `json:"path"`
	SHA256            exo.Digest       `json:"sha256"`
	SizeBytes         int64            `json:"size_bytes"`
	RetrievedAt       time.Time        `json:"retrieved_at"`
	Kind              Kind             `json:"kind"`
	Origin            exo.Origin       `json:"origin"`
	Rows              int              `json:"rows"`
	Columns           []catalog.Column `json:"columns,omitempty"`
	SchemaFingerprint string           `json:"schema_fingerprint,omitempty"`
	Validation        *catalog.Summary `json:"validation,omitempty"`
	Program           string           `json:"program"`

	Table  catalog.Type `json:"table,omitempty"`  // of tables, deltas, rejected and held tables
	Newest string       `json:"newest,omitempty"` // newest value of the table's update column
	Full   *time.Time   `json:"full,omitempty"`   // when the last whole load that it rests on was made
	From   []Ref        `json:"from,omitempty"`   // files it was assembled from

	Target        exo.TargetID `json:"target,omitzero"` // of light curves, answers, processed light curves and reports
	Mission       exo.Mission  `json:"mission,omitempty"`
	Author        string       `json:"author,omitempty"`
	SectorQuarter *int         `json:"sector_quarter,omitempty"`
	CadenceS      float64      `json:"cadence_s,omitempty"`
	TimeStart     float64      `json:"time_start,omitempty"` // first and last finite time, in Scale
	TimeEnd       float64      `json:"time_end,omitempty"`
	Scale         exo.Scale    `json:"scale,omitempty"`
	Release       string       `json:"release,omitempty"` // DATA_REL and PROCVER of the file

	Recipe    exo.Digest `json:"recipe,omitzero"`     // of processed light curves and reports: digest of all parameters
	Profile   string     `json:"profile,omitempty"`   // of these: name of the set of parameters
	Algorithm int        `json:"algorithm,omitempty"` // of these: version of the definitions
}

// Ref names a file and its digest.
type Ref struct {
	Path   exo.Path   `json:"path"`
	SHA256 exo.Digest `json:"sha256"`
}

// Filter selects files. Zero values select everything.
type Filter struct {
	Prefix        string // folder, with or without final "/"
	Kind          Kind
	Table         catalog.Type
	Target        exo.TargetID
	Mission       exo.Mission
	Author        string
	SectorQuarter *int
	SHA256        exo.Digest // not indexed: give a Target or a Kind beside it
	From          exo.Digest // of a file that From names; not indexed either
	Limit         int        // 0: no limit
}

// Check records when an archive was last asked about something, and what it said.
type Check struct {
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome"` // "new", "unchanged", "failed"
	Note    string    `json:"note,omitempty"`
}
