package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"exoplanetai/internal/exo"
)

// Options says what Metrics tell of the program itself.
type Options struct {
	Version  string // of the program
	Revision string // it was built from; empty: unknown
	Go       string // version of the toolchain

	Clock exo.Clock    // for the age of samples; required with Sample
	Log   *slog.Logger // nil: nothing is logged

	// Sample sets the gauges of what changes slowly. It is called before a scrape is
	// answered, by one scrape at a time and at most once per Every; a scrape waits
	// for it no longer than Patience. nil: they stay as they are.
	Sample   func(ctx context.Context)
	Every    time.Duration // 0: 5 s
	Patience time.Duration // 0: 2 s
}

// Entry describes one metric.
type Entry struct {
	Name   string
	Type   string // counter, gauge, histogram
	Labels []string
	Help   string
}

// Metrics are the program's numbers.
type Metrics struct {
	o        Options
	registry *prometheus.Registry
	list     []Entry

	http    httpMetrics
	work    workMetrics
	archive archiveMetrics
	state   stateMetrics
	safety  safetyMetrics

	sampling chan struct{} // full while somebody samples
	mu       sync.Mutex    // guards sampled
	sampled  time.Time
}

// New makes the metrics, all zero.
func New(o Options) *Metrics {
	if o.Every <= 0 {
		o.Every = 5 * time.Second
	}
	if o.Patience <= 0 {
		o.Patience = 2 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	m := &Metrics{o: o, registry: prometheus.NewRegistry(), sampling: make(chan struct{}, 1)}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.gauge("build_info", "Always 1; its labels tell the program's version, the revision it was built from and the toolchain.",
		"version", "revision", "goversion").WithLabelValues(o.Version, o.Revision, o.Go).Set(1)
	m.http.open(m)
	m.work.open(m)
	m.archive.open(m)
	m.state.open(m)
	m.safety.open(m)
	slices.SortFunc(m.list, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return m
}

// Catalogue lists all metrics of the program's own, by name.
func (m *Metrics) Catalogue() []Entry {
	if m == nil {
		return nil
	}
	return slices.Clone(m.list)
}

// Names lists the names of all time series that a scrape can hold, those of the
// toolchain and the process too; a histogram has three.
func (m *Metrics) Names() ([]string, error) {
	if m == nil {
		return nil, nil
	}
	families, err := m.registry.Gather()
	if err != nil {
		return nil, exo.E("metrics.Names", exo.Internal, nil, err)
	}
	var names []string
	for _, f := range families {
		names = append(names, f.GetName())
	}
	for _, e := range m.list {
		names = append(names, e.Name)
		if e.Type == "histogram" {
			names = append(names, e.Name+"_bucket", e.Name+"_sum", e.Name+"_count")
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Handler answers scrapes. On nil it answers 404.
func (m *Metrics) Handler() http.Handler {
	if m == nil {
		return http.NotFoundHandler()
	}
	const atOnce = 4
	scrape := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: errorLog{m.o.Log}, ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: atOnce,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.sample(r.Context())
		scrape.ServeHTTP(w, r)
	})
}

// sample asks for what changes slowly, unless that was done a moment ago. When
// it takes too long the scrape goes on with what is known.
func (m *Metrics) sample(ctx context.Context) {
	if m.o.Sample == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, m.o.Patience)
	defer cancel()
	select {
	case m.sampling <- struct{}{}:
		defer func() { <-m.sampling }()
	case <-ctx.Done():
		return
	}
	now := m.o.Clock()
	m.mu.Lock()
	age := now.Sub(m.sampled)
	m.mu.Unlock()
	if age >= 0 && age < m.o.Every {
		return
	}
	m.o.Sample(ctx)
	m.mu.Lock()
	m.sampled = now
	m.mu.Unlock()
}

// errorLog hands the handler's complaints to the log.
type errorLog struct{ *slog.Logger }

// Println logs one complaint.
func (l errorLog) Println(v ...any) { l.Warn("metrics could not be told", "error", v) }

const prefix = "exoplanetai_"

func (m *Metrics) note(kind, name, help string, labels []string) string {
	m.list = append(m.list, Entry{Name: prefix + name, Type: kind, Labels: labels, Help: help})
	return prefix + name
}

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: m.note("counter", name, help, labels), Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: m.note("gauge", name, help, labels), Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: m.note("histogram", name, help, labels), Help: help, Buckets: buckets,
	}, labels)
	m.registry.MustRegister(v)
	return v
}

// plain is the one child of a metric without labels.
func plain[T any, V interface{ WithLabelValues(...string) T }](v V) T { return v.WithLabelValues() }

// begin tells counters of one label while they are 0. Of one that appears with its
// first event Prometheus sees no increase.
func begin(v *prometheus.CounterVec, values ...string) {
	for _, value := range values {
		v.WithLabelValues(value)
	}
}

// Buckets, in seconds.
var (
	fast = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30} // answers
	slow = []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600}   // work
)

// timestamp writes a time as Prometheus wants it; 0: never.
func timestamp(t *time.Time) float64 {
	if t == nil || t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1e3
}
