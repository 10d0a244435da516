package process

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"sync"
	"sync/atomic"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/periodogram"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/trace"
)

// MaxPeriodogramBins is how many points of a periodogram are given.
const MaxPeriodogramBins = 4000

// The words of PeriodogramRequest.Series.
const (
	SeriesProcessed = "processed"
	SeriesRaw       = "raw" // the archive's flux, without the cadences that its quality flags reject
)

// PeriodogramRequest asks for the periodogram of a star, or of one file. Which
// light curves are searched is said as in Request.
type PeriodogramRequest struct {
	TargetName       string             `json:"target_name,omitempty"`
	Mission          string             `json:"mission,omitempty"`        // empty: the mission of the identifier
	SectorQuarter    *int               `json:"sector_quarter,omitempty"` // absent: all that are held
	SourcePath       exo.Path           `json:"source_path,omitempty"`    // one file of the data tree instead of a star
	Author           string             `json:"author,omitempty"`         // empty: the mission's own, if held
	CadenceS         int                `json:"cadence_s,omitempty"`      // 0: any; of several of one sector the longest
	Series           string             `json:"series,omitempty"`         // empty: "processed"
	Profile          string             `json:"profile,omitempty"`        // empty: "default"
	ProcessingParams json.RawMessage    `json:"processing_params,omitempty"`
	Search           periodogram.Params `json:"search"`
}

// Periodogram is the answer: what was found, and all that it was made of, so
// that it can be made again bit for bit.
type Periodogram struct {
	Target    Target             `json:"target"`
	Series    string             `json:"series"`
	Program   string             `json:"program"`
	Algorithm int                `json:"algorithm"` // version of the definitions of docs/periodogram.md
	Scale     exo.Scale          `json:"scale"`     // of all times
	Inputs    []PeriodogramInput `json:"inputs"`    // in the order in which they were joined
	Search    periodogram.Params `json:"search"`    // without gaps: defaults and the range of periods included

	Points       int     `json:"points"`  // that were searched
	Skipped      int     `json:"skipped"` // rows removed, or without time, flux or error
	StartTime    float64 `json:"start_time"`
	BaselineDays float64 `json:"baseline_d"`

	Periods  int               `json:"periods"`  // that were tried
	Period   []float64         `json:"period_d"` // of Power: at most 4,000 of those tried, the best of each stretch
	Power    []float64         `json:"power"`
	Best     *PeriodogramPeak  `json:"best"`  // the first of Peaks, with its transits; null: there is no peak
	Peaks    []PeriodogramPeak `json:"peaks"` // the highest first
	Warnings []string          `json:"warnings"`
}

// PeriodogramInput is one light curve that was searched.
type PeriodogramInput struct {
	Path          exo.Path        `json:"path"`
	SHA256        exo.Digest      `json:"sha256"`
	SectorQuarter int             `json:"sector_quarter"` // -1: the file does not say
	CadenceS      float64         `json:"cadence_s"`
	Author        string          `json:"author"`
	ProcessedPath exo.Path        `json:"processed_path,omitempty"` // of the stored result; absent: raw, or computed for this answer
	Recipe        *exo.Digest     `json:"recipe,omitempty"`
	Profile       string          `json:"profile,omitempty"`
	RecipeParams  json.RawMessage `json:"recipe_params,omitempty"` // all parameters, as the recipe's digest is made of
	Level         float64         `json:"level"`                   // flux that became 1, in the unit of the series that was joined
	Points        int             `json:"points"`
}

// Periodogram searches the light curves of a star for transits that come back:
// its processed light curves, the stored ones or computed for this answer, or
// the raw ones; each brought to relative flux, and all joined. It writes
// nothing. Up to Options.Workers goroutines share out the periods, in turns with
// the processing of files; the answer does not depend on how many they are.
// Progress is told in periods.
//
// Errors are those of View, and exo.Invalid and exo.TooLarge for a search that
// means nothing or is beyond the limits of package periodogram.
func (s *Service) Periodogram(ctx context.Context, req PeriodogramRequest, report Report) (res Periodogram, err error) {
	ctx, span := trace.Start(ctx, "process.periodogram")
	span.Text("target", cmp.Or(req.TargetName, string(req.SourcePath)))
	defer func() { span.End(err) }()
	ctx, cancel := context.WithTimeoutCause(ctx, s.opt.Timeout, errLate)
	defer cancel()
	if err := req.check(); err != nil {
		return Periodogram{}, err
	}
	raw := req.Series == SeriesRaw
	view, err := s.View(ctx, req.curves(), raw)
	if err != nil {
		return Periodogram{}, err
	}
	res = Periodogram{
		Target: view.Target, Series: cmp.Or(req.Series, SeriesProcessed), Program: s.opt.Program, Algorithm: periodogram.Algorithm,
		Inputs: []PeriodogramInput{}, Peaks: []PeriodogramPeak{}, Warnings: append([]string{}, view.Warnings...),
	}
	series, err := res.join(view.Curves)
	if err != nil {
		return Periodogram{}, err
	}
	if err := s.search(ctx, &res, series, req.Search, view.Ephemerides, report); err != nil {
		return Periodogram{}, s.late(ctx, Request{TargetName: view.Target.Name}, err)
	}
	s.log.Info("a periodogram was made", "target", res.Target.ID, "points", res.Points, "periods", res.Periods)
	return res, nil
}

// check refuses what can be refused before any work.
func (req PeriodogramRequest) check() error {
	if req.Series != "" && req.Series != SeriesProcessed && req.Series != SeriesRaw {
		return exo.Errorf("process.Periodogram", exo.Invalid, nil, "series is %q; it must be processed or raw", req.Series)
	}
	return req.Search.Check()
}

func (req PeriodogramRequest) curves() Request {
	return Request{
		TargetName: req.TargetName, Mission: req.Mission, SectorQuarter: req.SectorQuarter, SourcePath: req.SourcePath,
		Author: req.Author, CadenceS: req.CadenceS, Profile: req.Profile, ProcessingParams: req.ProcessingParams,
	}
}

// search searches the joined series, and puts down what was found.
func (s *Service) search(ctx context.Context, res *Periodogram, series periodogram.Series, p periodogram.Params, known []preprocess.Ephemeris, report Report) error {
	curve, err := periodogram.NewCurve(series)
	if err != nil {
		return err
	}
	periods, err := curve.Grid(p)
	if err != nil {
		return err
	}
	search, err := periodogram.NewSearch(curve, periods, p)
	if err != nil {
		return err
	}
	found := search.NewResult()
	if err := s.sweep(ctx, search, found, report); err != nil {
		return err
	}
	res.Search, res.Periods = curve.Resolve(p), len(periods)
	res.Points, res.StartTime, res.BaselineDays = curve.Len(), curve.Start(), curve.Baseline()
	res.Skipped += curve.Skipped()
	res.Period, res.Power = periodogram.Thin(found, MaxPeriodogramBins)
	for _, power := range res.Power {
		if math.IsInf(power, 0) {
			return exo.Errorf("process.Periodogram", exo.Invalid, res.Target.ID, "the errors of the flux are too small to compute with")
		}
	}
	return res.rank(curve, found, known)
}

// sweep shares out the periods in pieces of some tenths of a second. A worker
// takes a desk for each, so that files which are processed meanwhile get their
// turn.
func (s *Service) sweep(ctx context.Context, search *periodogram.Search, out *periodogram.Result, report Report) error {
	const piece = 5e7
	cuts := []int{0}
	for i, cost := 0, 0.0; i < search.Len(); i++ {
		if cost += search.Cost(i, i+1); cost >= piece || i == search.Len()-1 {
			cuts, cost = append(cuts, i+1), 0
		}
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next atomic.Int64
	told := periods{report: report, total: int64(search.Len())}
	work := func() error {
		scratch := new(periodogram.Scratch)
		for {
			k := int(next.Add(1))
			if k >= len(cuts) {
				return nil
			}
			d, err := s.desk(ctx)
			if err != nil {
				return err
			}
			err = search.Run(ctx, scratch, cuts[k-1], cuts[k], out)
			s.leave(d)
			if err != nil {
				return err
			}
			told.step(int64(cuts[k] - cuts[k-1]))
		}
	}
	var wg sync.WaitGroup
	for range min(s.opt.Workers, len(cuts)-1) {
		wg.Go(func() {
			if err := work(); err != nil {
				stop(err)
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		kind := exo.KindOf(err)
		return exo.E("process.Periodogram", kind, nil, err)
	}
	return nil
}

// periods counts trial periods for a Report.
type periods struct {
	report Report
	total  int64

	mu   sync.Mutex
	done int64 // under mu
}

func (p *periods) step(n int64) {
	if p.report == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	p.report(p.done, p.total, "periods", "")
}
