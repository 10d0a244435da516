package process

import (
	"encoding/json"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/store"
)

// Request is the body of POST /data/preprocess/lightcurve. Either TargetName or
// SourcePath is given.
type Request struct {
	TargetName       string          `json:"target_name,omitempty"`
	Mission          string          `json:"mission,omitempty"`        // empty: the mission of the identifier
	SectorQuarter    *int            `json:"sector_quarter,omitempty"` // absent: all that are held
	SourcePath       exo.Path        `json:"source_path,omitempty"`    // one file of the data tree instead of a star
	Author           string          `json:"author,omitempty"`         // empty: the mission's own, if held
	CadenceS         int             `json:"cadence_s,omitempty"`      // 0: any
	Profile          string          `json:"profile,omitempty"`        // empty: "default"
	ProcessingParams json.RawMessage `json:"processing_params,omitempty"`
	ForceRefresh     bool            `json:"force_refresh,omitempty"` // compute even if the result is held
}

// Target is the star of a result.
type Target struct {
	Query   string       `json:"query"`
	Mission exo.Mission  `json:"mission"`
	ID      exo.TargetID `json:"id"`
	Name    string       `json:"name"`
}

// Output is one processed file.
type Output struct {
	Path           exo.Path          `json:"path"`
	ReportPath     exo.Path          `json:"report_path"`
	SourcePath     exo.Path          `json:"source_path"`
	SourceChecksum exo.Digest        `json:"source_checksum"`
	SectorQuarter  int               `json:"sector_quarter"` // -1: the source does not say
	CadenceS       float64           `json:"cadence_s"`
	Checksum       exo.Digest        `json:"checksum"`
	Recipe         exo.Digest        `json:"recipe"`
	Cached         bool              `json:"cached"` // nothing was computed
	Report         preprocess.Report `json:"report"`
}

// Failure is a file that could not be processed; the others are.
type Failure struct {
	SourcePath exo.Path `json:"source_path"`
	Code       exo.Kind `json:"code"`
	Detail     string   `json:"detail"`
	Hint       string   `json:"hint,omitempty"`
}

// The words of Result.Status.
const (
	Success = "success" // every file was processed
	Partial = "partial" // some files failed
)

// Result is the answer to a Request.
type Result struct {
	Status      string                 `json:"status"` // "success", or "partial" when some files failed
	Target      Target                 `json:"target"`
	Profile     preprocess.Profile     `json:"profile"`
	Ephemerides []preprocess.Ephemeris `json:"ephemerides"` // of the catalogs, on the light curves' scale; used or not
	Outputs     []Output               `json:"outputs"`     // by sector, then cadence
	Failed      []Failure              `json:"failed"`
	Report      preprocess.Report      `json:"report"` // of all outputs together
	Warnings    []string               `json:"warnings"`
}

// Report receives progress. It may be nil.
type Report func(done, total int64, unit, message string)

// Curve is one file of a View.
type Curve struct {
	SourcePath exo.Path
	Meta       store.Meta             // of the source
	Raw        *lightcurve.LightCurve // every row of the source
	Path       exo.Path               // of the stored result; empty: none is stored, Result was computed now
	Result     *preprocess.Result     // nil: only the raw series was asked for
	Report     preprocess.Report

	recipe *preprocess.Recipe // that Result is of; nil: only the raw series was asked for
}

// View is what is to be shown of a star.
type View struct {
	Target      Target
	Profile     preprocess.Profile
	Recipe      exo.Digest // zero for raw
	Ephemerides []preprocess.Ephemeris
	Curves      []Curve // by sector, then cadence
	Warnings    []string
}
