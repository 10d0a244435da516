package app

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"exoplanetai/internal/api"
	"exoplanetai/internal/archive"
	"exoplanetai/internal/audit"
	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/health"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/maintain"
	"exoplanetai/internal/metrics"
	"exoplanetai/internal/trace"
)

// observing is what tells how the program does. Only who serves or works for
// long is observed; to all others its parts are nil, which do nothing.
type observing struct {
	metrics  *metrics.Metrics
	tracer   *trace.Tracer
	calls    *accessLog
	health   *health.Service
	archives map[string]archive.Pinger // by the names of data_sources

	snapshots snapshots // what is known of backups
}

// openObserving begins to observe, before there is anything that could be.
func (a *App) openObserving(ctx context.Context, cfg config.Config, o Options) (err error) {
	if o.Role != Server && o.Role != Worker {
		return nil
	}
	a.metrics = metrics.New(metrics.Options{
		Version: Version, Revision: revision(), Go: runtime.Version(), Clock: o.Clock, Log: a.Log, Sample: a.sample,
	})
	a.alerted = func(alert audit.Alert) { a.metrics.Alerted(alert.Rule) }
	a.tracer, err = trace.Open(ctx, trace.Options{Endpoint: cfg.Tracing.Endpoint, Sample: cfg.Tracing.Sample, Version: Version, Log: a.Log})
	if err != nil {
		return err
	}
	a.later("traces", func() error {
		const patience = 3 * time.Second // with a collector that is down
		late, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return a.tracer.Close(late)
	})
	if o.Role == Worker {
		return nil
	}
	f, err := openLog(cfg.DataPath, a.logName(accessFile), cfg.Logs.Keep, o.Clock)
	if err != nil {
		return err
	}
	a.later("log "+accessFile, f.Close)
	lines := newBatched(f)
	a.later("lines of "+accessFile, lines.Close)
	a.calls = newAccessLog(lines, a.Log)
	return nil
}

// revision is the commit that the program was built from; empty: not known.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

// observeAPI lets the interface tell of its requests, and answer how all is.
func (a *App) observeAPI(o *api.Options) {
	o.Observer, o.Metrics = observer{a.metrics, a.tracer, a.calls}, a.metrics.Handler()
	h := api.HealthOptions(*o)
	h.Keep, h.Archives, h.Write = 0, a.archives, a.tryWrite
	h.Seen = func(name string, p health.Probe) {
		a.metrics.Probed(name, *p.Reachable, time.Duration(*p.LatencyMS*float64(time.Millisecond)), *p.CheckedAt)
	}
	if a.redis != nil {
		local := h.Cache
		h.Cache = func(ctx context.Context) (health.CacheDetail, error) {
			d, err := local(ctx)
			if st := a.redis.State(); !st.Up && st.Reason != "" {
				d.Fallback, d.Reason = true, st.Reason
			}
			return d, err
		}
	}
	a.health = health.New(h)
	o.Health = a.health
	a.background.start(a.health.Run)
	a.background.start(a.snapshots.run(a))
}

// tryWrite tries whether the disk of the data takes a file.
func (a *App) tryWrite(ctx context.Context) error {
	st, err := a.Store.Stage(ctx)
	if err != nil {
		return err
	}
	_, err = st.Write([]byte("is there room?\n"))
	if derr := st.Discard(); err == nil {
		err = derr
	}
	return err
}

// observer is told of every request.
type observer struct {
	metrics *metrics.Metrics
	tracer  *trace.Tracer
	calls   *accessLog
}

// Begin counts the request and begins its trace.
func (o observer) Begin(r *http.Request) context.Context {
	o.metrics.Asked()
	ctx, _ := o.tracer.Root(r.Context(), "request", trace.Request)
	return ctx
}

// End counts the answer, ends the trace and writes the line of the access log.
func (o observer) End(ctx context.Context, c *api.Call) {
	o.metrics.Answered(metrics.Answer{
		Route: c.Route, Method: c.Method, Status: c.Status, Received: c.Received, Sent: c.Bytes, Took: c.Duration, Torn: c.Torn, Cache: c.Cache, Age: c.Age,
	})
	if strings.HasSuffix(c.Route, "/auth/token") && c.Method == http.MethodPost {
		switch c.Status {
		case http.StatusOK:
			o.metrics.SignedIn("ok")
		case http.StatusUnauthorized:
			o.metrics.SignedIn("failed")
		case http.StatusTooManyRequests:
			o.metrics.SignedIn("limited")
		}
	}
	span := trace.Of(ctx)
	o.calls.write(ctx, c, span.ID())
	if !span.On() {
		return
	}
	if c.Route != "" {
		span.Name(c.Route)
	}
	span.Text("request.id", c.RequestID)
	span.Text("http.request.method", c.Method)
	span.Text("http.route", c.Route)
	span.Text("url.path", c.Path)
	span.Text("error.type", c.Code)
	span.Number("http.response.status_code", int64(c.Status))
	span.Number("http.response.body.size", c.Bytes)
	if c.Status >= http.StatusInternalServerError || c.Torn {
		span.Fail(c.Code)
	}
	span.End(nil)
}

// observeJobs lets the queue tell of its jobs, and gives each the identifier of
// the request that asked for it.
func (a *App) observeJobs(o *jobs.Options) {
	o.RequestID = exo.RequestID
	o.Context = func(ctx context.Context, j jobs.Job) context.Context { return exo.WithRequestID(ctx, j.RequestID) }
	ended := o.Ended
	o.Ended = func(j jobs.Job) {
		a.snapshots.ended(a, j)
		if ended != nil {
			ended(j)
		}
	}
	a.metrics.JobKinds(slices.Sorted(maps.Keys(o.Handlers))...)
	for kind, do := range o.Handlers {
		o.Handlers[kind] = func(ctx context.Context, args json.RawMessage, report func(jobs.Progress)) (result any, err error) {
			done, began := a.metrics.JobBegan(kind), a.clock()
			ctx, span := a.tracer.Root(ctx, "job "+kind, trace.Job)
			span.Text("request.id", exo.RequestID(ctx))
			defer func() { // a panic, too, has an end; the queue tells of it
				done(a.clock().Sub(began), err)
				span.End(err)
			}()
			return do(ctx, args, report)
		}
	}
}

// observeIngest is told of runs for tables and light curves.
func (a *App) observeIngest(what string, from ingest.Source, bytes int64, took time.Duration, err error) {
	a.metrics.Ingested(what, string(from), bytes, took, err)
}

// observeEvent is told of events of the audit log.
func (a *App) observeEvent(o audit.Outcome) { a.metrics.Audited(string(o)) }

// observeGuard counts the alerts of the watch over the disk.
func (a *App) observeGuard(then func(maintain.Alert)) func(maintain.Alert) {
	return func(alert maintain.Alert) {
		a.metrics.Alerted("disk_" + string(alert.State))
		if then != nil {
			then(alert)
		}
	}
}
