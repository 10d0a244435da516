package ingest

import (
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// Source says where the data of an answer came from.
type Source string

// The sources of an answer.
const (
	FromArchive Source = "archive"   // fetched now, and new
	FromCache   Source = "cache"     // held and still fresh; the archive was not asked
	Unchanged   Source = "unchanged" // the archive was asked and has nothing new
	Stale       Source = "stale"     // the archive did not answer; the last good data, past their freshness
)

// TableRequest is the body of POST /data/ingest/table.
type TableRequest struct {
	TableType    string `json:"table_type"`
	ForceRefresh bool   `json:"force_refresh,omitempty"`
}

// TableResult is the answer to a TableRequest.
type TableResult struct {
	Status        string                `json:"status"` // "success"
	TableType     catalog.Type          `json:"table_type"`
	Source        Source                `json:"source"`
	Records       int                   `json:"records"`
	Columns       int                   `json:"columns"`
	Checksum      exo.Digest            `json:"checksum"`
	RawPath       exo.Path              `json:"raw_path"`
	MetadataPath  exo.Path              `json:"metadata_path"`
	RetrievedAt   time.Time             `json:"retrieved_at"`
	FreshUntil    time.Time             `json:"fresh_until"`
	Changes       catalog.Changes       `json:"changes"`
	SchemaChanges catalog.SchemaChanges `json:"schema_changes"`
	Validation    catalog.Summary       `json:"validation"`
	ReportPath    exo.Path              `json:"report_path,omitempty"` // all findings; empty if no report is kept
	Warnings      []string              `json:"warnings"`
}

// LightCurveRequest is the body of POST /data/ingest/lightcurve.
type LightCurveRequest struct {
	TargetName    string `json:"target_name"`
	Mission       string `json:"mission,omitempty"` // empty: the mission of the identifier
	SectorQuarter *int   `json:"sector_quarter,omitempty"`
	ForceRefresh  bool   `json:"force_refresh,omitempty"`
	Author        string `json:"author,omitempty"`
	CadenceS      int    `json:"cadence_s,omitempty"`
}

// Target names the star of an answer.
type Target struct {
	Query   string       `json:"query"`
	Mission exo.Mission  `json:"mission"`
	ID      exo.TargetID `json:"id"`
	Name    string       `json:"name"`
}

// LightCurveFile is one file of a LightCurveResult.
type LightCurveFile struct {
	Path          exo.Path   `json:"path"`
	SectorQuarter int        `json:"sector_quarter"`
	CadenceS      float64    `json:"cadence_s"`
	Records       int        `json:"records"`
	Checksum      exo.Digest `json:"checksum"`
	SizeBytes     int64      `json:"size_bytes"`
	Source        Source     `json:"source"`
}

// LightCurveResult is the answer to a LightCurveRequest.
type LightCurveResult struct {
	Status       string           `json:"status"` // "success", or "partial" when some files failed
	Target       Target           `json:"target"`
	Source       Source           `json:"source"`
	Files        []LightCurveFile `json:"files"`
	DataPoints   int              `json:"data_points"`
	TimeSpanDays float64          `json:"time_span_days"`
	RetrievedAt  time.Time        `json:"retrieved_at"`
	FreshUntil   time.Time        `json:"fresh_until"`
	Validation   catalog.Summary  `json:"validation"`
	Warnings     []string         `json:"warnings"`
}

// BatchRequest is the body of a batch job.
type BatchRequest struct {
	ForceRefresh bool `json:"force_refresh,omitempty"`
}

// BatchResult is the answer of a batch: every table that came, every one that
// did not. One failure never stops the others.
type BatchResult struct {
	Status       string                       `json:"status"` // "success", "partial", "failed"
	Results      map[catalog.Type]TableResult `json:"results"`
	FailedTables []FailedTable                `json:"failed_tables"`
}

// FailedTable is a table that a batch could not ingest.
type FailedTable struct {
	TableType catalog.Type `json:"table_type"`
	Code      exo.Kind     `json:"code"`
	Detail    string       `json:"detail"`
	Hint      string       `json:"hint,omitempty"`
}

// Report receives progress. It may be nil.
type Report func(done, total int64, unit, message string)
