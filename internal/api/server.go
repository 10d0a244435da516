package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"exoplanetai/internal/audit"
	"exoplanetai/internal/auth"
	"exoplanetai/internal/backup"
	"exoplanetai/internal/cache"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/health"
	"exoplanetai/internal/jobs"
	"exoplanetai/internal/limit"
	"exoplanetai/internal/maintain"
)

// Base is where the routes begin.
const Base = "/api/v1"

// Options says what the interface stands on. All are required but Cache,
// BaseURL and the times.
type Options struct {
	Ingest    Ingester
	Process   Processor
	Catalogs  Catalogs
	Versions  Versions
	History   Historian
	Review    Reviewer
	Reports   Reports
	Releases  Releases
	Maintain  maintain.Maintainer
	Integrity Integrity
	Backup    backup.Backups
	Jobs      jobs.Queue
	Library   Library
	Cache     CacheStats // nil: no cache
	Clock     exo.Clock
	Rand      io.Reader // for request identifiers
	Log       *slog.Logger
	Version   string // of the program
	BaseURL   string // where others reach the server, for the links of feeds; empty: where it was asked

	Observer Observer // is told of every request; nil: nobody is
	Health   Health   // nil: made of the parts above

	Auth        *auth.Service  // users, tokens and keys; nil: everybody is local admin
	Local       bool           // only this machine reaches the server: while there are no users, everybody is local admin
	Audit       *audit.Log     // nil: nothing is recorded
	Watch       *audit.Watch   // nil: nobody watches
	Limits      Limits         // how often somebody may call; not in local mode
	Proxies     []netip.Prefix // whose X-Forwarded-For and X-Forwarded-Proto are believed; needs Auth
	TLS         bool           // the server itself speaks TLS
	CORS        []string       // origins whose pages may call, "https://example.org"
	Metrics     http.Handler   // GET /metrics; nil: there are none
	MetricsFrom []netip.Prefix // addresses that read the metrics without signing in; nil: this machine
	Pages       cache.Cache    // answers that several servers share; nil: kept in memory alone

	BodyTimeout  time.Duration // a body must have arrived by then; 0: no limit
	WriteTimeout time.Duration // a client must take some bytes within that time; 0: no limit
	Poll         time.Duration // how often an event stream looks at its job; 0: 200 ms
	Heartbeat    time.Duration // how often a quiet event stream says so; 0: 15 s
}

// Server is the HTTP interface, an http.Handler.
type Server struct {
	ingest    Ingester
	process   Processor
	catalogs  Catalogs
	versions  Versions
	history   Historian
	review    Reviewer
	reports   Reports
	releases  Releases
	maintain  maintain.Maintainer
	integrity Integrity
	backup    backup.Backups
	jobs      jobs.Queue
	library   Library
	cache     CacheStats
	clock     exo.Clock
	rand      io.Reader
	log       *slog.Logger
	version   string
	baseURL   string
	observer  Observer
	health    Health

	auth        *auth.Service
	local       bool
	audit       *audit.Log
	watch       *audit.Watch
	limits      Limits
	proxies     []netip.Prefix
	tls         bool
	origins     origins
	metrics     http.Handler
	metricsFrom []netip.Prefix
	access      map[string]*Access // by route
	strangers   limit.Limiter      // of records of requests that no friend sends
	kept        *pageStore

	bodyTimeout, writeTimeout, poll, heartbeat time.Duration

	handler http.Handler
	spec    []byte
	routes  []string

	streamMu    sync.Mutex // guards what follows
	streamsOpen int
	streamsOf   map[string]int // by user

	stopOnce sync.Once
	stopped  chan struct{} // closed when event streams shall end
}

// New builds the interface.
func New(o Options) (*Server, error) {
	s := &Server{
		ingest: o.Ingest, process: o.Process, jobs: o.Jobs, library: o.Library, cache: o.Cache, clock: o.Clock,
		catalogs: o.Catalogs, versions: o.Versions, history: o.History, review: o.Review, reports: o.Reports, releases: o.Releases, maintain: o.Maintain, integrity: o.Integrity, backup: o.Backup, baseURL: strings.TrimSuffix(o.BaseURL, "/"),
		rand: &lockedReader{r: o.Rand}, log: o.Log, version: o.Version, observer: o.Observer, health: o.Health,
		bodyTimeout: o.BodyTimeout, writeTimeout: o.WriteTimeout, poll: o.Poll, heartbeat: o.Heartbeat, stopped: make(chan struct{}), streamsOf: map[string]int{},
	}
	if s.poll <= 0 {
		s.poll = 200 * time.Millisecond
	}
	if s.heartbeat <= 0 {
		s.heartbeat = 15 * time.Second
	}
	if s.health == nil {
		s.health = health.New(HealthOptions(o))
	}
	if err := s.guard(o); err != nil {
		return nil, err
	}
	mux := &recordingMux{ServeMux: http.NewServeMux()}
	api := humago.New(mux, frameworkConfig(o.Version))
	api.UseMiddleware(oneInvalid)
	s.describe(api)
	tidy(api.OpenAPI())
	declare(api.OpenAPI())
	restore := describeParameters(api.OpenAPI())
	spec, err := json.MarshalIndent(api.OpenAPI(), "", "  ")
	restore()
	if err != nil {
		return nil, exo.E("api.New", exo.Internal, nil, err)
	}
	s.spec, s.routes = append(spec, '\n'), slices.Clone(mux.patterns)
	if err := s.pages(mux); err != nil {
		return nil, err
	}
	if s.access, err = accessOf(mux.patterns); err != nil {
		return nil, err
	}
	s.handler = s.layers(mux.ServeMux)
	return s, nil
}

// layers puts around the routes what every request goes through, from the
// outside in. The body is read after the caller is known and before the record
// is written, which names what the body names.
func (s *Server) layers(mux *http.ServeMux) http.Handler {
	h := s.keeping(s.served(mux))
	h = s.gated(s.bounded(s.recorded(h)))
	h = s.placed(s.fromKnownOrigins(s.routed(mux, h)))
	return s.withRequestID(s.observed(securityHeaders(s.recovered(h))))
}

// guard takes over who may call.
func (s *Server) guard(o Options) error {
	if err := checkProxies(o); err != nil {
		return err
	}
	s.auth, s.local, s.audit, s.watch, s.limits = o.Auth, o.Local, o.Audit, o.Watch, o.Limits
	s.proxies, s.tls, s.metrics, s.metricsFrom = o.Proxies, o.TLS, o.Metrics, o.MetricsFrom
	s.strangers = limit.New(limit.Options{PerMinute: 10, Burst: 20, Clock: o.Clock, MaxKeys: 1})
	s.kept = newPageStore(o)
	var err error
	s.origins, err = newOrigins(o.CORS)
	return err
}

// describe makes the routes.
func (s *Server) describe(api huma.API) {
	for _, make := range []func(huma.API){
		s.ingestRoutes, s.heldRoutes, s.jobRoutes, s.preprocessRoutes, s.curveRoutes, s.catalogRoutes, s.validateRoutes, s.versionRoutes,
		s.maintainRoutes, s.backupRoutes, s.integrityRoutes, s.storeRoutes, s.healthRoutes, s.tokenRoutes, s.userRoutes, s.keyRoutes, s.auditRoutes, s.metricsRoute,
	} {
		make(api)
	}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// StopStreams ends the event streams, which would otherwise hold a shutdown
// until their jobs are done. It may be called more than once.
func (s *Server) StopStreams() { s.stopOnce.Do(func() { close(s.stopped) }) }

// Spec returns the OpenAPI document.
func (s *Server) Spec() []byte { return s.spec }

// Routes lists the routes of the interface, "GET /api/v1/jobs", in the order
// in which they were made.
func (s *Server) Routes() []string { return s.routes }

// HTTPServer returns a server with the time-outs and limits that the interface
// wants: slow headers are cut, answers may take as long as an ingest does.
func (s *Server) HTTPServer() *http.Server {
	srv := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	srv.RegisterOnShutdown(s.StopStreams)
	return srv
}

// recordingMux notes the routes made on it.
type recordingMux struct {
	*http.ServeMux
	patterns []string
}

func (m *recordingMux) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	m.patterns = append(m.patterns, pattern)
	m.ServeMux.HandleFunc(pattern, h)
}

// lockedReader lets requests share one source of randomness.
type lockedReader struct {
	mu sync.Mutex
	r  io.Reader // guarded by mu
}

func (l *lockedReader) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(p)
}

// frameworkConfig turns off what we do ourselves or do not want: the pages
// loaded from elsewhere, $schema members, tolerance of unknown parameters.
func frameworkConfig(version string) huma.Config {
	c := huma.DefaultConfig("ExoplanetAI data management", version)
	c.Info.Description = "Mirrors the KOI, TOI and K2 tables and the Kepler, K2 and TESS light curves: " +
		"fetched from the archives, checked, hashed, stored with their provenance, and served."
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.Servers = []*huma.Server{{URL: "/", Description: "this server"}}
	c.Tags = []*huma.Tag{
		{Name: "ingestion", Description: "Fetch from the archives."},
		{Name: "validation", Description: "Can the data be believed? Rules, findings, metrics and reports."},
		{Name: "preprocessing", Description: "Clean light curves that keep the reason of every point that left, and reading them."},
		{Name: "catalogs", Description: "Rows of the tables as of any version, what changed in them, and the story of each star."},
		{Name: "versions", Description: "Named states of the whole data tree, kept for good: what is in them, what changed between them, and getting it back."},
		{Name: "jobs", Description: "Long calls, their progress and results."},
		{Name: "storage", Description: "What is held, and the files themselves."},
		{Name: "access", Description: "Users, sign-in, API keys, and the record of who did what."},
		{Name: "health", Description: "Is all well?"},
	}
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	c.Formats = map[string]huma.Format{"application/json": strictJSON(), "json": strictJSON()}
	c.RejectUnknownQueryParameters = true
	c.Transformers = []huma.Transformer{func(ctx huma.Context, _ string, v any) (any, error) {
		if m, ok := v.(*huma.ErrorModel); ok {
			p := fromFramework(m, requestID(ctx.Context()))
			callOf(ctx.Context()).Code = string(p.Code)
			return p, nil
		}
		return v, nil
	}}
	return c
}

// oneInvalid makes every refusal of a request's words a 400, whoever finds it:
// the framework's validator would say 422 where a use case says 400.
func oneInvalid(ctx huma.Context, next func(huma.Context)) { next(statusContext{ctx}) }

// wrapped is huma.Context under another name, because the interface has a
// method of its own name.
type wrapped = huma.Context

type statusContext struct{ wrapped }

func (c statusContext) SetStatus(code int) {
	if code == http.StatusUnprocessableEntity {
		code = http.StatusBadRequest
	}
	c.wrapped.SetStatus(code)
}

// Unwrap lets the adapter find its own context.
func (c statusContext) Unwrap() huma.Context { return c.wrapped }

// noBody refuses a body, but an empty object, where none is read: what stands in
// it would seem to be obeyed, and is not.
func noBody(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if r := ctx.BodyReader(); r != nil {
			text, err := io.ReadAll(io.LimitReader(r, maxBody)) // bounded has read it already
			if text = bytes.Join(bytes.Fields(text), nil); err != nil || len(text) > 0 && string(text) != "{}" {
				_ = huma.WriteErr(api, ctx, http.StatusBadRequest, "this call takes no body: its parameters stand in the address, after a question mark") // the client may be gone
				return
			}
		}
		next(ctx)
	}
}

// register adds a route whose errors become problem documents.
func register[I, O any](s *Server, api huma.API, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	op.BodyReadTimeout = -1 // bounded has read the body already
	op.MaxBodyBytes = maxBody + 1
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	op.Responses["default"] = problemResponse(api, "A problem document; its code says what kind of error it is.")
	if op.DefaultStatus == 0 {
		op.DefaultStatus = http.StatusOK
	}
	if op.Responses["200"] == nil && op.DefaultStatus == http.StatusOK {
		op.Responses["200"] = &huma.Response{Description: "OK"}
	}
	if _, takes := reflect.TypeFor[I]().FieldByName("Body"); !takes && op.Method != http.MethodGet {
		op.Middlewares = append(op.Middlewares, noBody(api))
	}
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
}
