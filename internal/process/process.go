// Package process makes processed light curves: it finds the files of a star,
// the ephemerides that the catalogs know, runs the recipe on each file, and
// keeps the result with its provenance. It is the use case behind the command
// line and the HTTP interface.
package process

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/processed"
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
	SectorQuarter  int               `json:"sector_quarter"`
	CadenceS       float64           `json:"cadence_s"`
	Checksum       exo.Digest        `json:"checksum"`
	Recipe         exo.Digest        `json:"recipe"`
	Cached         bool              `json:"cached"`
	Report         preprocess.Report `json:"report"`
}

// Failure is a file that could not be processed; the others are.
type Failure struct {
	SourcePath exo.Path `json:"source_path"`
	Code       exo.Kind `json:"code"`
	Detail     string   `json:"detail"`
	Hint       string   `json:"hint,omitempty"`
}

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

// Options says what a Service works with.
type Options struct {
	Store   *store.Store
	Clock   exo.Clock
	Log     *slog.Logger  // nil: no log
	Program string        // name and version, for provenance
	Workers int           // files at a time; 0: the number of processors; 1: one after the other
	Timeout time.Duration // longest run of one request; 0: one hour
	Quality string        // quality_bitmask where neither profile nor request says one; empty: "default"
}

// Service processes. Its methods may be called from many goroutines.
type Service struct{ opt Options }

// New makes a service.
func New(o Options) *Service { return &Service{opt: o} }

// LightCurve processes the light curves of a star that are held, or one file of
// the tree, and keeps the results. One that is held for the same source and
// recipe is given without computing.
func (s *Service) LightCurve(ctx context.Context, req Request, report Report) (Result, error) {
	return Result{}, exo.Errorf("process.LightCurve", exo.Internal, nil, "not built")
}

// Curve is one file of a View.
type Curve struct {
	SourcePath exo.Path
	Meta       store.Meta             // of the source
	Raw        *lightcurve.LightCurve // every row of the source
	Path       exo.Path               // of the stored result; empty: none is stored, Result was computed now
	Result     *preprocess.Result     // nil: only the raw series was asked for
	Report     preprocess.Report
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

// View reads the light curves of a star, raw or with the result of a recipe: the
// stored one, or computed for this answer and not kept. It writes nothing.
func (s *Service) View(ctx context.Context, req Request, raw bool) (View, error) {
	return View{}, exo.Errorf("process.View", exo.Internal, nil, "not built")
}

// FileInput is a light-curve file outside the store.
type FileInput struct {
	Name        string // file name, for provenance
	Data        []byte
	Profile     string
	Params      json.RawMessage
	Ephemerides []preprocess.Ephemeris // known of the star; nil: none
}

// FileOutput is its result.
type FileOutput struct {
	FITS   []byte
	File   *processed.File
	Report preprocess.Report
}

// Process processes one file in memory. It needs no store. made is written as
// DATE.
func Process(ctx context.Context, in FileInput, program string, made time.Time) (FileOutput, error) {
	return FileOutput{}, exo.Errorf("process.Process", exo.Internal, nil, "not built")
}

// Reproduction is the outcome of making a processed file again.
type Reproduction struct {
	Equal       bool                   `json:"equal"`
	Source      string                 `json:"source"`  // where the source was found: a path of the tree, or a file's name
	Datasum     [2]string              `json:"datasum"` // of the file given, of the one made again
	Differences []processed.Difference `json:"differences"`
}

// Reproduce makes a processed file again from its source, whose bytes find
// gives by digest, and compares all data columns bit by bit. exo.NotFound names
// the source that is missing; exo.Conflict a file made by another version of the
// definitions.
func Reproduce(ctx context.Context, file *fits.File, find func(context.Context, processed.Source) (data []byte, where string, err error)) (Reproduction, error) {
	return Reproduction{}, exo.Errorf("process.Reproduce", exo.Internal, nil, "not built")
}

// Find looks for a source by digest in the store; exo.NotFound.
func (s *Service) Find(ctx context.Context, src processed.Source) (data []byte, where string, err error) {
	return nil, "", exo.Errorf("process.Find", exo.Internal, nil, "not built")
}

// Ephemerides returns what the newest tables know of the transits of a star, on
// the time scale given.
func (s *Service) Ephemerides(ctx context.Context, id exo.TargetID, scale exo.Scale) ([]preprocess.Ephemeris, error) {
	return nil, exo.Errorf("process.Ephemerides", exo.Internal, nil, "not built")
}

var _ = catalog.KOI
