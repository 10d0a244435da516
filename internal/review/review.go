package review

import (
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/validate"
)

// Request is the body of POST /data/validate.
type Request struct {
	DataType   string `json:"data_type"`             // koi, toi, k2, gaia, lightcurve
	TargetName string `json:"target_name,omitempty"` // of light curves; of a table: only the rows of that star are told of
	Version    string `json:"version,omitempty"`     // of a table: as tables.ParseRef reads it; empty: the current one
	Mission    string `json:"mission,omitempty"`     // of light curves; empty: the mission of the identifier
}

// Shown is how many findings go into an answer.
const Shown = 100

// Result is the answer.
type Result struct {
	Status        string                            `json:"status"` // "success"
	DataType      string                            `json:"data_type"`
	TargetName    *string                           `json:"target_name"`
	Valid         bool                              `json:"valid"`
	Records       int                               `json:"records"`
	Levels        map[validate.Level]validate.Count `json:"levels"`
	Metrics       catalog.Metrics                   `json:"metrics"`
	Trend         []Point                           `json:"trend"`          // of tables: over versions, oldest first
	Findings      []validate.Finding                `json:"findings"`       // errors first, at most Shown
	FindingsTotal int                               `json:"findings_total"` // with a target_name, of a table: those of its rows
	Files         []exo.Path                        `json:"files"`          // that were judged
	ReportPath    exo.Path                          `json:"report_path"`
	Warnings      []string                          `json:"warnings"`
}

// Point is the overall metrics of one version.
type Point struct {
	Version  string             `json:"version"`
	At       time.Time          `json:"at"`
	Errors   int                `json:"errors"`
	Warnings int                `json:"warnings"`
	Metrics  map[string]float64 `json:"metrics"` // completeness, accuracy, consistency, freshness, where they were measured
}

// Report receives progress. It may be nil.
type Report func(done, total int64, unit, message string)
