package ingest

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/cache"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/reports"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
)

// Options says what a Service works with.
type Options struct {
	Store       *store.Store
	Cache       cache.Cache // answers of archives' searches; nil: none are kept
	Tables      map[catalog.Type]archive.TableSource
	Resolvers   []archive.Resolver // asked in this order after the catalogs
	LightCurves archive.LightCurveSource

	// Held reads the current tables of Store; share it with other services, so that
	// a table is parsed once. nil: one of its own.
	Held *tables.Tables

	// Reports keeps what validation found; nil: one of its own.
	Reports *reports.Reports

	// After is called after a table was newly accepted, also when a person approved
	// it; in a batch, when all of its tables have come. It is called once for a
	// table, and again only if a crash or the end of the call cut it short: then by
	// the next request for the table. It returns warnings for the answer. nil:
	// nothing is done.
	After func(ctx context.Context, t catalog.Type) []string

	// Freshness is how long data are good without asking the archive again, by
	// "koi", "k2", "toi", "gaia", "lightcurve". A missing entry is 24 h, 24 h,
	// 12 h, 168 h and 6 h.
	Freshness map[string]time.Duration

	// Observe is told of each run for a table or the light curves of a star: what it
	// was ("koi", "lightcurve"), where the data came from, the bytes that came new, how
	// long it took. nil: nobody is.
	Observe func(what string, from Source, bytes int64, took time.Duration, err error)

	Workers    int           // tables and files at a time; 0: 4
	FullReload time.Duration // whole load at least this often where only changes are fetched; 0: 7 days
	Clock      exo.Clock
	Log        *slog.Logger // nil: no log
}

// Service ingests. Its methods may be called from many goroutines.
type Service struct {
	opt     Options
	log     *slog.Logger
	flights flights
	curves  curveState                     // of light curves
	one     map[catalog.Type]chan struct{} // full while a table is being ingested

	mu    sync.Mutex
	rates map[string]Rate // under mu
}

var defaultFreshness = map[string]time.Duration{
	string(catalog.KOI): 24 * time.Hour, string(catalog.K2): 24 * time.Hour, string(catalog.TOI): 12 * time.Hour,
	string(catalog.Gaia): 7 * 24 * time.Hour, "lightcurve": 6 * time.Hour,
}

// New makes a service.
func New(o Options) *Service {
	fresh := maps.Clone(defaultFreshness)
	maps.Copy(fresh, o.Freshness)
	o.Freshness = fresh
	if o.Workers <= 0 {
		o.Workers = 4
	}
	if o.FullReload <= 0 {
		o.FullReload = 7 * 24 * time.Hour
	}
	if o.Held == nil {
		o.Held = tables.New(o.Store)
	}
	if o.Reports == nil {
		o.Reports = reports.New(o.Store)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{opt: o, log: o.Log, one: map[catalog.Type]chan struct{}{}, rates: map[string]Rate{}}
	s.flights.at = map[string]*flight{}
	for _, t := range catalog.Types {
		s.one[t] = make(chan struct{}, 1)
	}
	return s
}

// alone waits until no other call changes the table; release ends that.
func (s *Service) alone(ctx context.Context, t catalog.Type) (release func(), err error) {
	select {
	case s.one[t] <- struct{}{}:
		return func() { <-s.one[t] }, nil
	case <-ctx.Done():
		return nil, exo.E("ingest", exo.KindOf(ctx.Err()), t, ctx.Err())
	}
}

func (s *Service) now() time.Time { return s.opt.Clock().UTC() }

// Rate counts attempts to get something from an archive since the program
// started.
type Rate struct {
	Tried     int64 `json:"tried"`
	Succeeded int64 `json:"succeeded"`
}

// count notes the outcome of an attempt: "koi", "lightcurve". An attempt that
// the caller gave up does not count.
func (s *Service) count(what string, err error) {
	if exo.KindOf(err) == exo.Canceled && err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rates[what]
	r.Tried++
	if err == nil {
		r.Succeeded++
	}
	s.rates[what] = r
}

// watch tells of the run that begins now; the function it returns is called at
// its end.
func (s *Service) watch(what string) func(from Source, bytes func() int64, err error) {
	if s.opt.Observe == nil {
		return func(Source, func() int64, error) {}
	}
	began := s.opt.Clock()
	return func(from Source, bytes func() int64, err error) {
		n := int64(0)
		if err == nil && from == FromArchive {
			n = bytes()
		}
		s.opt.Observe(what, from, n, s.opt.Clock().Sub(began), err)
	}
}

// flight is one run of a piece of work that several callers wait for.
type flight struct {
	done chan struct{}
	res  TableResult
	err  error
	left bool // the caller that ran it gave up
}

// flights lets callers that want the same at the same time share one run.
type flights struct {
	mu sync.Mutex
	at map[string]*flight // under mu
}

// do runs f in the goroutine of the first caller; others with the same key wait
// for its result. If the first caller gives up, one of the others takes over.
func (g *flights) do(ctx context.Context, key string, f func() (TableResult, error)) (TableResult, error) {
	for {
		g.mu.Lock()
		fl, under := g.at[key]
		if !under {
			fl = &flight{done: make(chan struct{}), err: exo.E("ingest", exo.Internal, key, nil)}
			g.at[key] = fl
		}
		g.mu.Unlock()
		if !under {
			defer func() { // also when f panics: nobody may wait for ever
				g.mu.Lock()
				delete(g.at, key)
				g.mu.Unlock()
				close(fl.done)
			}()
			fl.res, fl.err = f()
			fl.left = fl.err != nil && ctx.Err() != nil
			return fl.res, fl.err
		}
		select {
		case <-ctx.Done():
			return TableResult{}, exo.E("ingest", exo.KindOf(ctx.Err()), key, ctx.Err())
		case <-fl.done:
		}
		if !fl.left {
			return fl.res, fl.err
		}
	}
}
