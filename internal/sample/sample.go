package sample

import (
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/universe"
)

// Options say what a Server serves and how.
type Options struct {
	Universe *universe.Universe // the synthetic data
	Data     fs.FS              // a folder of real files and tables; nil: the universe
	Faults   []Fault            // variants played from the start
	Clock    exo.Clock          // for the times in job documents; nil: a fixed day
	Log      *slog.Logger       // one line per request at debug level; nil: no log
}

// Server plays the archives. It is an http.Handler, safe for concurrent use.
type Server struct {
	src    source
	clock  exo.Clock
	log    *slog.Logger
	faults faultSet
	seq    atomic.Uint64 // numbers requests, for validators that change

	views   viewCache // tables as faults change them, and whole answers
	jobs    jobList
	waiting waitList
	names   nameIndex
	caomRun sync.Once
	caom    *caom
	ticRun  sync.Once
	ticRows *records
}

// New makes a Server. It looks through the folder, and reads tables when they
// are first asked for.
func New(o Options) (*Server, error) {
	const op = "sample.New"
	s := &Server{clock: o.Clock, log: o.Log}
	if s.clock == nil {
		s.clock = func() time.Time { return made }
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	switch {
	case o.Data != nil:
		d, err := newFolder(o.Data)
		if err != nil {
			return nil, err
		}
		s.src = d
	case o.Universe != nil:
		s.src = newSynthetic(o.Universe)
	default:
		return nil, exo.Errorf(op, exo.Invalid, nil, "there is nothing to serve").Try("give a folder of files, or the synthetic universe")
	}
	if err := s.SetFaults(o.Faults...); err != nil {
		return nil, err
	}
	return s, nil
}

// SetFaults replaces the variants played, from the next request on. A pattern
// of a "data" switch that picks nothing is Invalid, and nothing changes.
func (s *Server) SetFaults(faults ...Fault) error {
	const op = "sample.SetFaults"
	for _, f := range faults {
		if err := f.check(); err != nil {
			return err
		}
		if key, ok := strings.CutPrefix(f.Name, "data."); ok && !s.picks(key, f.Value) {
			return exo.Errorf(op, exo.Invalid, nil, "no %s table in the folder fits %.80q", key, f.Value).
				Try("give a pattern of a file's or folder's name, such as koi_2019*")
		}
	}
	s.faults.set(faults)
	return nil
}

// dataKeys says which tables a "data" switch chooses.
var dataKeys = map[string][]string{"koi": {"cumulative"}, "toi": {"toi", "exofop"}, "k2": {"k2pandc"}, "ps": {"ps"}, "pscomppars": {"pscomppars"}}

func (s *Server) picks(key, pattern string) bool {
	for _, name := range dataKeys[key] {
		if s.src.hasPick(name, pattern) {
			return true
		}
	}
	return false
}

// maxForm bounds the body of a request; MAST queries with filters are below.
const maxForm = 1 << 20

// request is one call: its address, its parameters, and the faults it meets.
type request struct {
	*http.Request
	s     *Server
	scope string
	text  string // what a Fault's Match is looked for in
}

// fault takes the fault of a kind that applies to this request, if any.
func (r *request) fault(kind string) (string, bool) {
	f, ok := r.s.faults.take(r.scope+"."+kind, r.text)
	if !ok && r.scope != "any" {
		f, ok = r.s.faults.take("any."+kind, r.text)
	}
	return f.Value, ok
}

// param returns a parameter, its name without regard to case (TAP 1.1 section 2.7).
func (r *request) param(names ...string) string {
	for _, name := range names {
		for k, v := range r.Form {
			if len(v) > 0 && strings.EqualFold(k, name) {
				return v[0]
			}
		}
	}
	return ""
}

// route is a part of the address space.
type route struct {
	prefix string
	scope  string
	serve  func(*Server, http.ResponseWriter, *request)
}

// routes in order: the first whose prefix fits serves.
var routes = []route{
	{"/TAP", "nea", (*Server).tap},
	{"/workspace/TAP", "nea", (*Server).workspace},
	{"/cgi-bin/nstedAPI/nph-nstedAPI", "nea", (*Server).legacy},
	{"/cgi-bin/Lookup/nph-aliaslookup.py", "nea", (*Server).aliases},
	{"/tess/public", "s3", (*Server).bucket}, // the bucket's own host has the keys at its root
	{"/kepler/public", "s3", (*Server).bucket},
	{"/k2/public", "s3", (*Server).bucket},
	{"/mast/hlsp", "s3", (*Server).bucket},
	{"/stpubdata", "s3", (*Server).bucket},
	{"/tess", "exofop", (*Server).exofop},
	{"/api/v0.1/Download", "download", (*Server).download},
	{"/portal/Download", "download", (*Server).download},
	{"/missions", "download", (*Server).webFolder},
	{"/pub", "download", (*Server).webFolder},
	{"/hlsps", "download", (*Server).webFolder},
	{"/api/v0.1/path_lookup", "mast", (*Server).pathLookup},
	{"/api/v0/invoke", "mast", (*Server).invoke},
	{"/portal/Mashup/Mashup.asmx/columnsconfig", "mast", (*Server).columnsConfig},
	{"/Santa-war/query", "mast", (*Server).santa},
	{"/whoami", "mast", (*Server).whoami},
	{"/tap-server/tap", "esa", (*Server).esa},
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	clean := path.Clean("/" + r.URL.Path) // clients join base addresses with double slashes
	rt := route{prefix: "/", scope: "any", serve: (*Server).index}
	for _, x := range routes {
		if clean == x.prefix || strings.HasPrefix(clean, x.prefix+"/") {
			rt = x
			break
		}
	}
	own, address := *r, *r.URL // a handler leaves its caller's request as it is
	own.URL, own.Header = &address, r.Header.Clone()
	own.URL.Path = clean
	own.Body = http.MaxBytesReader(w, r.Body, maxForm)
	r = &own
	rq := &request{Request: r, s: s, scope: rt.scope}
	if err := r.ParseForm(); err != nil {
		http.Error(w, "Bad Request", http.StatusBadRequest)
		return
	}
	rq.text = requestText(r)
	s.log.Debug("sample archive request", "method", r.Method, "scope", rt.scope, "path", clean)
	w, finish, done := rq.wire(w)
	if done {
		return
	}
	rt.serve(s, w, rq)
	finish()
}

// requestText joins the address and all parameters, for Fault.Match.
func requestText(r *http.Request) string {
	var b strings.Builder
	b.WriteString(r.URL.Path)
	for k, vs := range r.Form {
		for _, v := range vs {
			b.WriteString(" " + k + "=" + v)
		}
	}
	return b.String()
}
