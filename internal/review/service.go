package review

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/reports"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
	"exoplanetai/internal/validate"
)

// op names the operation in errors.
const op = "review.Validate"

// Options says what a Service works with.
type Options struct {
	Store   *store.Store
	Tables  *tables.Tables   // current tables of Store; nil: a reader of its own
	Reports *reports.Reports // of Store; nil: one of its own
	Clock   exo.Clock
	Log     *slog.Logger // nil: no log
	Program string       // name and version, for the log

	// Freshness is how long data are good without asking the archive again, by
	// data type. Of types that it does not name, freshness is not measured.
	Freshness map[string]time.Duration

	// Resolve is asked which star a name means when the tables do not know it:
	// ingest.Service.Resolve for one. nil: nobody is asked.
	Resolve func(ctx context.Context, name, mission string) (exo.TargetID, error)

	// Asked tells when the archive last confirmed the current table of a type;
	// zero: not since it came. nil: never.
	Asked func(ctx context.Context, t catalog.Type) time.Time
}

// Service validates. Its methods may be called from many goroutines.
type Service struct {
	opt Options
	log *slog.Logger
}

// New makes a service.
func New(o Options) *Service {
	if o.Tables == nil && o.Store != nil {
		o.Tables = tables.New(o.Store)
	}
	if o.Reports == nil && o.Store != nil {
		o.Reports = reports.New(o.Store)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{opt: o, log: o.Log}
}

// Validate judges what is held and keeps the report.
//
// Errors: exo.Invalid for a wrong request, before any work, and for a name that
// several stars answer to; exo.NotFound if nothing is held; exo.Corrupt for a
// stored file that is damaged; exo.TooLarge for more than MaxFiles light curves.
// Findings are no error: Valid tells.
func (s *Service) Validate(ctx context.Context, r Request, report Report) (Result, error) {
	if err := Check(r); err != nil {
		return Result{}, err
	}
	if report == nil {
		report = func(int64, int64, string, string) {}
	}
	began := s.opt.Clock()
	var res Result
	var err error
	if r.DataType == validate.LightCurveType {
		res, err = s.lightCurves(ctx, r, report)
	} else {
		res, err = s.table(ctx, r, report)
	}
	if err != nil {
		return Result{}, err
	}
	s.log.InfoContext(ctx, "validated", "data_type", r.DataType, "target", r.TargetName, "files", len(res.Files), "valid", res.Valid,
		"findings", res.FindingsTotal, "report", res.ReportPath, "program", s.opt.Program, "seconds", s.opt.Clock().Sub(began).Seconds())
	return res, nil
}

// Check refuses what could not be validated, before anything is read or a job is
// made.
func Check(r Request) error {
	if err := reports.CheckType(op, r.DataType); err != nil {
		return err
	}
	switch curve := r.DataType == validate.LightCurveType; {
	case curve && r.TargetName == "":
		return exo.Errorf(op, exo.Invalid, nil, "of which star are the light curves? target_name is missing").With("parameter", "target_name").
			Try("name a star whose light curves are held, TIC 441420236 for one")
	case curve && r.Version != "":
		return exo.Errorf(op, exo.Invalid, nil, "light curves have no versions").With("parameter", "version").Try("leave version out; a table has versions")
	case !curve && r.Mission != "":
		return exo.Errorf(op, exo.Invalid, nil, "the table %s has no mission", r.DataType).With("parameter", "mission").Try("leave mission out; it chooses among light curves")
	}
	if r.Mission != "" {
		if _, err := exo.ParseMission(r.Mission); err != nil {
			return err
		}
	}
	if r.Version != "" {
		if _, err := tables.ParseRef(r.Version, ""); err != nil {
			return err
		}
	}
	if r.TargetName != "" {
		if _, err := exo.ParseName(r.TargetName); err != nil {
			return err
		}
	}
	return nil
}

// finish keeps the report and makes the answer of it.
func (s *Service) finish(ctx context.Context, r Request, of reports.Subject, rep *validate.Report, keep func(validate.Finding) bool) (Result, error) {
	warnings := []string{}
	path, err := s.opt.Reports.Keep(ctx, of, rep)
	if errors.Is(err, exo.TooLarge) { // the first findings are worth more than none
		path, err = "", nil
		warnings = append(warnings, fmt.Sprintf("the report, with %d findings, is too large to be kept", len(rep.Findings)))
	}
	if err != nil {
		return Result{}, err
	}
	res := Result{
		Status: "success", DataType: r.DataType, Valid: rep.Valid, Records: rep.Rows, Levels: levels(rep), Metrics: rep.Metrics,
		Trend: []Point{}, Files: []exo.Path{}, ReportPath: path, Warnings: warnings,
	}
	if r.TargetName != "" {
		name := r.TargetName
		res.TargetName = &name
	}
	for _, f := range of.Files {
		res.Files = append(res.Files, f.Path)
	}
	res.Findings, res.FindingsTotal = First(rep.Findings, Shown, keep)
	return res, nil
}

// levels gives every level, also one at which nothing was looked at.
func levels(rep *validate.Report) map[validate.Level]validate.Count {
	all := maps.Clone(rep.Levels)
	if all == nil {
		all = map[validate.Level]validate.Count{}
	}
	for _, l := range validate.Levels {
		c := all[l]
		if c.Rules == nil {
			c.Rules = map[string]int{}
		}
		all[l] = c
	}
	return all
}

// First returns the first findings, errors before warnings before infos, and how
// many there are; keep nil for all.
func First(list []validate.Finding, most int, keep func(validate.Finding) bool) ([]validate.Finding, int) {
	first, n := []validate.Finding{}, 0
	for _, severity := range []validate.Severity{validate.Error, validate.Warning, validate.Info} {
		for _, f := range list {
			if f.Severity != severity || keep != nil && !keep(f) {
				continue
			}
			if n++; len(first) < most {
				first = append(first, f)
			}
		}
	}
	return first, n
}
