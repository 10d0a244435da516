package process

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
	"exoplanetai/internal/trace"
)

// Options says what a Service works with.
type Options struct {
	Store   *store.Store
	Tables  *tables.Tables // current tables of Store; nil: a reader of its own
	Clock   exo.Clock
	Log     *slog.Logger  // nil: no log
	Program string        // name and version, for provenance
	Workers int           // files at a time, over all calls; 0: the number of processors; 1: one after the other
	Timeout time.Duration // longest run of one request; 0: one hour
	Quality string        // quality_bitmask where the request says none; empty: "default"

	// Observe is told of each request: its status or error, and how many light curves
	// were computed, were held already, and failed. nil: nobody is.
	Observe func(status string, computed, cached, failed int, took time.Duration, err error)

	// Resolve is asked which star a name means when the tables do not know it:
	// ingest.Service.Resolve for one. nil: nobody is asked.
	Resolve func(ctx context.Context, name, mission string) (exo.TargetID, error)
}

// Service processes. Its methods may be called from many goroutines.
type Service struct {
	opt   Options
	log   *slog.Logger
	desks chan *desk // those at rest; Workers in all
	turns turns      // of the results that are being made

	succeeded, failed atomic.Int64
}

// New makes a service.
func New(o Options) *Service {
	if o.Tables == nil && o.Store != nil {
		o.Tables = tables.New(o.Store)
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Hour
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{opt: o, log: o.Log, desks: make(chan *desk, o.Workers)}
	for range o.Workers {
		s.desks <- new(desk)
	}
	return s
}

// Processed counts the files that were processed or failed since the program
// started; those that were held already do not count.
func (s *Service) Processed() (succeeded, failed int64) {
	return s.succeeded.Load(), s.failed.Load()
}

// errLate is the cause of a context that ended by Options.Timeout.
var errLate = errors.New("the time for one request is over")

// LightCurve processes the light curves of a star that are held, or one file of
// the tree, and keeps the results. One that is held for the same source and
// recipe is given without computing.
//
// A file that fails is told in the result as long as another succeeds; else its
// error is returned. Errors: exo.Invalid for a wrong request, before any work,
// and for a name that several stars answer to, with `candidates`; exo.NotFound
// for an unknown star, and when no light curve of it is held; exo.Unavailable
// after Options.Timeout, exo.Canceled when the caller gives up, exo.Full.
// Results that were finished by then stay.
func (s *Service) LightCurve(ctx context.Context, req Request, report Report) (res Result, err error) {
	began := s.opt.Clock()
	ctx, span := trace.Start(ctx, "process.lightcurve")
	span.Text("target", req.TargetName)
	defer func() {
		if s.opt.Observe != nil {
			cached := countCached(res.Outputs)
			s.opt.Observe(res.Status, len(res.Outputs)-cached, cached, len(res.Failed), s.opt.Clock().Sub(began), err)
		}
		span.End(err)
	}()
	return s.lightCurve(ctx, req, report, began)
}

func (s *Service) lightCurve(ctx context.Context, req Request, report Report, began time.Time) (Result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.opt.Timeout, errLate)
	defer cancel()
	p, err := s.plan(ctx, req, false)
	if err != nil {
		return Result{}, s.late(ctx, req, err)
	}
	outcomes, err := s.processAll(ctx, p, report)
	if err != nil {
		return Result{}, s.late(ctx, req, err)
	}
	res, err := p.result(outcomes)
	if err != nil {
		return Result{}, err
	}
	s.log.InfoContext(ctx, "light curves were processed", "target", res.Target.ID, "profile", res.Profile, "outputs", len(res.Outputs),
		"cached", countCached(res.Outputs), "failed", len(res.Failed), "seconds", s.opt.Clock().Sub(began).Seconds())
	return res, nil
}

func countCached(list []Output) (n int) {
	for _, o := range list {
		if o.Cached {
			n++
		}
	}
	return n
}

// late turns the error of a run that took too long into one that says so.
func (s *Service) late(ctx context.Context, req Request, err error) error {
	if !errors.Is(context.Cause(ctx), errLate) {
		return err
	}
	return exo.E("process.LightCurve", exo.Unavailable, req.TargetName, err).
		Say("the light curves were not processed within %s; those that were finished are kept", s.opt.Timeout).
		Try("raise PROCESSING_TIMEOUT_MINUTES, ask for one sector or quarter at a time, or ask again: what is finished is not computed twice")
}

// outcome is what became of one file.
type outcome struct {
	out      Output
	warnings []string
	err      error
}

// processAll processes the files side by side. The outcomes are in the order of
// the files. Only an ended context or a full disk is an error.
func (s *Service) processAll(ctx context.Context, p *plan, report Report) ([]outcome, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	list := make([]outcome, len(p.files))
	told := progress{report: report, total: int64(len(p.files))}
	var wg sync.WaitGroup
	for i := range p.files {
		d, err := s.desk(ctx)
		if err != nil {
			break // the context has ended, see below
		}
		wg.Go(func() {
			defer s.leave(d)
			o := &list[i]
			o.out, o.warnings, o.err = s.output(ctx, d, p, p.files[i])
			if errors.Is(o.err, exo.Full) {
				stop(o.err)
			}
			told.step(p.files[i].Path.Base())
		})
	}
	wg.Wait()
	unfinished := func(o outcome) bool { return o.out.Path == "" }
	if ctx.Err() != nil && slices.ContainsFunc(list, unfinished) {
		cause := context.Cause(ctx)
		kind := exo.KindOf(cause)
		if errors.Is(cause, errLate) {
			kind = exo.Unavailable
		}
		return nil, exo.E("process.LightCurve", kind, p.target.ID, cause)
	}
	return list, nil
}

// desk waits for a place to work at.
func (s *Service) desk(ctx context.Context) (*desk, error) {
	if err := ctx.Err(); err != nil { // a free place would win half the time
		return nil, exo.E("process", exo.KindOf(err), nil, err)
	}
	select {
	case d := <-s.desks:
		return d, nil
	case <-ctx.Done():
		return nil, exo.E("process", exo.KindOf(ctx.Err()), nil, ctx.Err())
	}
}

func (s *Service) leave(d *desk) { s.desks <- d }

// result makes the answer of the outcomes; the first error if all failed.
func (p *plan) result(outcomes []outcome) (Result, error) {
	res := Result{Status: Success, Target: p.target, Profile: p.profile, Ephemerides: p.known, Outputs: []Output{}, Failed: []Failure{}}
	var said []labelled
	var first error
	for i, o := range outcomes {
		label := sliceLabel(p.files[i])
		for _, w := range o.warnings {
			said = append(said, labelled{label, w})
		}
		if o.err != nil {
			if first == nil {
				first = o.err
			}
			res.Failed = append(res.Failed, Failure{p.files[i].Path, exo.KindOf(o.err), exo.MessageOf(o.err), exo.HintOf(o.err)})
			continue
		}
		for _, w := range o.out.Report.Warnings {
			said = append(said, labelled{label, w})
		}
		res.Outputs = append(res.Outputs, o.out)
	}
	if len(res.Outputs) == 0 {
		return Result{}, first
	}
	if len(res.Failed) > 0 {
		res.Status = Partial
	}
	reports := warningsTogether(said, len(outcomes))
	res.Warnings = append(slices.Clone(p.warnings), reports...)
	res.Report = Combine(reportsOf(res.Outputs))
	return res, nil
}
