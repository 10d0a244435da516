package health

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/cache"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/store"
)

// State is how well a part is.
type State string

// The states.
const (
	OK       State = "ok"
	Degraded State = "degraded" // works, with less
	Down     State = "down"
)

// Options says what is looked at. Storage, Jobs and Clock are required.
type Options struct {
	Storage interface {
		Stats(ctx context.Context) (store.Stats, error)
	}
	Write func(ctx context.Context) error // tries whether the disk takes a file; exo.Full: it is full. nil: not tried
	Cache func(ctx context.Context) (CacheDetail, error)
	Jobs  interface {
		List(ctx context.Context, f jobs.Filter) ([]jobs.Job, error)
	}
	Tables func(ctx context.Context) ([]Table, error) // how the last call for each table went; nil: not known
	Rates  func(ctx context.Context) []Rate           // since the start of the program; nil: none

	Archives map[string]archive.Pinger // by name: "nasa_archive", "exofop", "mast", "esa"; nil: none is probed
	Every    time.Duration             // least time between two probes of an archive; 0: 5 minutes
	Patience time.Duration             // with a probe; 0: 20 s
	Keep     time.Duration             // how long an examination is told again; 0: 2 s, negative: not at all
	Limit    time.Duration             // of one examination; 0: 5 s

	Clock exo.Clock
	Log   *slog.Logger               // nil: nothing is logged
	Seen  func(name string, a Probe) // told of each probe; nil: nobody is
}

// Report is what an examination found.
type Report struct {
	Status State  `json:"status" enum:"ok,degraded,down" doc:"of the worst part; an archive that is down only degrades, since what is held is served"`
	Live   bool   `json:"live"`
	Ready  bool   `json:"ready" doc:"the index can be read and the disk takes files"`
	Checks Checks `json:"checks"`
}

// Checks are the four parts.
type Checks struct {
	DataSources DataSources `json:"data_sources"`
	Storage     Storage     `json:"storage"`
	Cache       Cache       `json:"cache"`
	Pipeline    Pipeline    `json:"pipeline"`
}

// Check is what every part tells.
type Check struct {
	Status    State      `json:"status" enum:"ok,degraded,down"`
	Message   string     `json:"message" doc:"in one sentence"`
	CheckedAt *time.Time `json:"checked_at" doc:"when this was last seen; null: never"`
}

// DataSources tells whether the archives answer.
type DataSources struct {
	Check
	Archives []Archive `json:"archives" doc:"as their last probes found them; probed beside the requests, at most once in five minutes"`
	Tables   []Table   `json:"tables" doc:"as the last calls found them"`
}

// Archive is an archive and its last probe.
type Archive struct {
	Name string `json:"name"`
	Probe
}

// Probe is one look whether an archive answers.
type Probe struct {
	Reachable *bool      `json:"reachable" doc:"null: not probed yet"`
	LatencyMS *float64   `json:"latency_ms"`
	CheckedAt *time.Time `json:"checked_at"`
	Error     string     `json:"error,omitempty"`
}

// Table is a table and how the last call for it went.
type Table struct {
	Name      string     `json:"name"`
	Asked     bool       `json:"-"`
	CheckedAt *time.Time `json:"checked_at" doc:"when the archive last confirmed it"`
	Fresh     bool       `json:"fresh"`
	Error     string     `json:"error,omitempty"`
	ErrorAt   *time.Time `json:"error_at,omitempty"`
}

// Storage tells of the disk and of how well its bytes are proved.
type Storage struct {
	Check
	Writable  *bool            `json:"writable" doc:"a file was written and removed; null: not tried"`
	Files     int64            `json:"files"`
	Bytes     int64            `json:"bytes"`
	Disk      *store.Disk      `json:"disk"`
	Integrity *store.Integrity `json:"integrity"`

	full bool // the disk: reading goes on
}

// Cache tells of the cache.
type Cache struct {
	Check
	CacheDetail
}

// CacheDetail is what a cache tells of itself.
type CacheDetail struct {
	Backend  string       `json:"backend,omitempty"`
	Stats    *cache.Stats `json:"stats,omitempty"`
	Fallback bool         `json:"fallback" doc:"the shared cache is down, and the local one serves"`
	Reason   string       `json:"reason,omitempty" doc:"why it is down"`
}

// Pipeline tells how the work of the last day went.
type Pipeline struct {
	Check
	WindowH int    `json:"window_h" doc:"hours that are looked back"`
	Queued  int    `json:"queued"`
	Running int    `json:"running"`
	Jobs    []Rate `json:"jobs" doc:"ended within the window, by kind"`
	Rates   []Rate `json:"rates" doc:"of single fetches and light curves, since the start of the program"`
}

// Rate counts successes.
type Rate struct {
	Name      string   `json:"name"`
	Succeeded int64    `json:"succeeded"`
	Failed    int64    `json:"failed"`
	Value     *float64 `json:"rate" doc:"share of successes; null: nothing ended"`

	Counts bool `json:"-"` // too many failures make the pipeline degraded
}

func (r Rate) rated() Rate {
	if n := r.Succeeded + r.Failed; n > 0 {
		v := float64(r.Succeeded) / float64(n)
		r.Value = &v
	}
	return r
}

// bad tells that no more went well than failed.
func (r Rate) bad() bool { return r.Failed > 0 && r.Failed >= r.Succeeded }

// Service examines the program. Its methods may be called from many goroutines.
type Service struct {
	o    Options
	log  *slog.Logger
	wake chan struct{} // has room for one: somebody wants to know of the archives

	turn   chan struct{} // full while an examination goes on
	mu     sync.Mutex    // guards what follows
	last   *Report
	at     time.Time // of last
	probes map[string]Probe
}

// New makes a service.
func New(o Options) *Service {
	for _, d := range []struct {
		of *time.Duration
		by time.Duration
	}{{&o.Every, 5 * time.Minute}, {&o.Patience, 20 * time.Second}, {&o.Limit, 5 * time.Second}} {
		if *d.of <= 0 {
			*d.of = d.by
		}
	}
	if o.Keep == 0 {
		o.Keep = 2 * time.Second
	}
	s := &Service{o: o, log: o.Log, wake: make(chan struct{}, 1), turn: make(chan struct{}, 1), probes: map[string]Probe{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// Examine tells how all is. Who asks while another examination goes on gets that
// one's outcome.
func (s *Service) Examine(ctx context.Context) Report {
	s.want()
	if r, ok := s.kept(); ok {
		return r
	}
	s.turn <- struct{}{} // an examination has a limit, so this ends
	defer func() { <-s.turn }()
	if r, ok := s.kept(); ok {
		return r
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.Limit) // others want the outcome too
	defer cancel()
	r := s.examine(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.at = &r, s.o.Clock()
	return r
}

// Ready tells whether the program can serve.
func (s *Service) Ready(ctx context.Context) bool { return s.Examine(ctx).Ready }

// kept is the last examination, if it is new enough, with the probes as they are
// now.
func (s *Service) kept() (Report, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := s.o.Clock().Sub(s.at)
	if s.last == nil || age < 0 || age >= s.o.Keep {
		return Report{}, false
	}
	return *s.last, true
}

func (s *Service) examine(ctx context.Context) Report {
	c := Checks{DataSources: s.sources(ctx), Storage: s.storage(ctx), Cache: s.cache(ctx), Pipeline: s.pipeline(ctx)}
	r := Report{Status: OK, Live: true, Checks: c}
	for _, part := range []State{c.DataSources.Status, c.Storage.Status, c.Cache.Status, c.Pipeline.Status} {
		if part != OK {
			r.Status = Degraded
		}
	}
	if c.Storage.Status == Down {
		r.Status = Down
	}
	r.Ready = c.Storage.Status != Down && (c.Storage.Writable == nil || *c.Storage.Writable || c.Storage.full)
	return r
}

// broken is the check of a part that cannot even tell its state.
func (s *Service) broken(ctx context.Context, part string, err error) Check {
	now := s.o.Clock().UTC()
	s.log.ErrorContext(ctx, "health check failed", "part", part, "error", err)
	return Check{Down, exo.MessageOf(err), &now}
}
