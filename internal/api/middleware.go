package api

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"exoplanetai/internal/exo"
)

// maxBody bounds a request's body.
const maxBody = 1 << 20

// requestID returns the identifier of the request that the context belongs to.
func requestID(ctx context.Context) string { return exo.RequestID(ctx) }

// withRequestID takes the caller's X-Request-Id if it is a plain word, else
// makes one, and sends it back.
func (s *Server) withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if !plainWord(id) {
			var b [8]byte
			if _, err := io.ReadFull(s.rand, b[:]); err != nil {
				s.log.Error("no randomness for request identifiers", "error", err)
			}
			id = hex.EncodeToString(b[:])
		}
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(exo.WithRequestID(r.Context(), id)))
	})
}

func plainWord(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

// securityHeaders keeps pages from loading, framing or leaking anything.
func securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// tracked remembers whether an answer has begun, and gives up on a client that
// takes no bytes for the write time-out.
type tracked struct {
	http.ResponseWriter
	s      *Server
	ctl    *http.ResponseController
	status int
}

// extend moves the deadline for the bytes that are written next. It is set at
// the beginning too: the connection may still have that of an earlier answer.
func (t *tracked) extend() {
	if t.s.writeTimeout > 0 {
		t.s.tolerate(t.ctl.SetWriteDeadline(t.s.clock().Add(t.s.writeTimeout)))
	}
}

func (t *tracked) WriteHeader(status int) {
	t.extend()
	if t.status == 0 {
		t.status = status
	}
	t.ResponseWriter.WriteHeader(status)
}

func (t *tracked) Write(b []byte) (int, error) {
	if t.status == 0 {
		t.status = http.StatusOK
	}
	t.extend()
	return t.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (t *tracked) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// recovered turns a panic into a 500 and logs every request at debug level.
func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, start := &tracked{ResponseWriter: w, s: s, ctl: http.NewResponseController(w)}, s.clock()
		t.extend()
		defer func() {
			v := recover()
			if v != nil && v != http.ErrAbortHandler {
				s.log.Error("panic in a handler", "request_id", requestID(r.Context()), "panic", v, "stack", string(debug.Stack()))
				if t.status == 0 {
					s.fail(t, r, exo.Errorf("api", exo.Internal, nil, "%s", titles[exo.Internal]))
					return
				}
				panic(http.ErrAbortHandler) // the answer is torn: cut the connection, so that the client sees it
			}
			if v != nil {
				panic(v)
			}
			s.log.Debug("request", "request_id", requestID(r.Context()), "method", r.Method, "path", r.URL.Path,
				"status", t.status, "duration", s.clock().Sub(start))
		}()
		next.ServeHTTP(t, r)
	})
}

// localHost reports whether a Host header names this machine's loopback.
func localHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if strings.EqualFold(strings.TrimSuffix(name, "."), "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.IsLoopback()
}

// bounded reads the body up to its limit and within its
// time, and hands it on from memory. The deadline is lifted before the handler
// runs: left in place it would cancel a request that works for longer.
func (s *Server) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		if c := r.Header.Get("Content-Encoding"); c != "" && !strings.EqualFold(c, "identity") {
			w.Header().Set("Connection", "close") // the body is not read
			p := newProblem(exo.Invalid, http.StatusUnsupportedMediaType, "the body is encoded as "+clip(strconv.Quote(c)),
				"send the JSON as it is, without Content-Encoding", requestID(r.Context()))
			s.writeProblem(w, r, p)
			return
		}
		ctl := http.NewResponseController(w)
		if s.bodyTimeout > 0 {
			s.tolerate(ctl.SetReadDeadline(s.clock().Add(s.bodyTimeout)))
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			// The deadline stays: the server would wait without end for the rest.
			w.Header().Set("Connection", "close")
			s.fail(w, r, bodyError(err))
			return
		}
		if s.bodyTimeout > 0 {
			s.tolerate(ctl.SetReadDeadline(time.Time{}))
		}
		if a := callOf(r.Context()).access; a != nil && a.Form && isForm(r) {
			if body, err = formToJSON(body); err != nil {
				s.fail(w, r, err)
				return
			}
			r.Header.Set("Content-Type", "application/json")
			r.ContentLength = int64(len(body))
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// tolerate notes that a connection has no deadlines; a test's recorder has none.
func (s *Server) tolerate(err error) {
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.log.Warn("no deadline on the connection", "error", err)
	}
}

func bodyError(err error) error {
	const op = "api.body"
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return exo.E(op, exo.TooLarge, nil, err).Say("the body is larger than 1 MiB").Try("send only the fields that /docs describes")
	}
	if nerr, ok := errors.AsType[net.Error](err); ok && nerr.Timeout() {
		return exo.E(op, exo.Unavailable, nil, err).Say("the body did not arrive in time").Try("send the request again")
	}
	return exo.E(op, exo.Invalid, nil, err).Say("the body could not be read").Try("send the request again")
}

// Limits of a query. The longest that is meant are the parameters of a
// processing; readers of queries take time that grows with the square.
const (
	maxQuery      = 16 << 10
	maxQueryParts = 500
)

func checkQuery(raw string) error {
	if len(raw) > maxQuery || strings.Count(raw, "&") >= maxQueryParts {
		return exo.Errorf("api.query", exo.TooLarge, nil, "the query is longer than %d bytes or %d parameters", maxQuery, maxQueryParts).
			Try("ask for less at a time")
	}
	return nil
}

func checkURLPath(p string) error {
	const op = "api.path"
	if len(p) > 2048 {
		return exo.Errorf(op, exo.Invalid, nil, "the path is too long").Try("the routes are listed at /docs")
	}
	for _, c := range p {
		if c < 0x20 || c == 0x7f || c == '\\' || c == '\uFFFD' {
			return exo.Errorf(op, exo.Invalid, nil, "the path holds a character that is not allowed").Try("the routes are listed at /docs")
		}
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(p, "/"), "/"), "/") {
		if part == "." || part == ".." || part == "" && p != "/" {
			return exo.Errorf(op, exo.Invalid, nil, "the path %q has an empty part or one that leads elsewhere", clip(p)).
				Try("the routes are listed at /docs")
		}
	}
	return nil
}

// routed refuses hostile paths and queries, and finds the route, before anybody is asked who
// they are: what a route asks for stands in the table of access.
func (s *Server) routed(mux *http.ServeMux, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := checkURLPath(r.URL.Path)
		if err == nil {
			err = checkQuery(r.URL.RawQuery)
		}
		if err != nil {
			s.fail(w, r, err)
			return
		}
		_, pattern := mux.Handler(r)
		if r.URL.Path == Base+"/files" || r.URL.Path == Base+"/files/" {
			pattern = "" // the tree is no page; without this the mux would redirect, then miss the path
		}
		c := callOf(r.Context())
		c.Route, c.access = pattern, s.access[pattern]
		next.ServeHTTP(w, r)
	})
}

// served hands the request to its route, and turns the router's plain-text 404
// and 405 into problem documents.
func (s *Server) served(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if callOf(r.Context()).access != nil {
			mux.ServeHTTP(w, r)
			return
		}
		probe := &discard{header: http.Header{}}
		if h, pattern := mux.Handler(r); pattern == "" {
			h.ServeHTTP(probe, r)
		}
		if probe.status == http.StatusMethodNotAllowed {
			allow := probe.header.Get("Allow")
			w.Header().Set("Allow", allow)
			s.fail(w, r, exo.Errorf("api.route", exo.NotAllowed, nil, "%s is not allowed for %s", clip(r.Method), clip(r.URL.Path)).
				Try("use %s", allow))
			return
		}
		s.fail(w, r, exo.Errorf("api.route", exo.NotFound, nil, "there is no %s", clip(r.URL.Path)).
			Try("the routes are listed at /docs"))
	})
}

// discard keeps an answer's status and header only.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

// fail answers with the error's problem document, and logs what the client is
// not told.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.writeProblem(w, r, s.problem(r.Context(), err))
}

func (s *Server) writeProblem(w http.ResponseWriter, r *http.Request, p *Problem) {
	body, err := p.MarshalJSON()
	if err != nil {
		s.log.Error("problem document cannot be written", "request_id", p.RequestID, "error", err)
		body = []byte("{}")
	}
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	if r.Method == http.MethodHead {
		return
	}
	if _, err := w.Write(append(body, '\n')); err != nil {
		s.log.Debug("the client left before its answer", "request_id", p.RequestID, "error", err)
	}
}

// problem renders an error for the request and logs it: faults of ours and
// damaged data as errors, the rest for whoever looks closer.
func (s *Server) problem(ctx context.Context, err error) *Problem {
	p := ProblemOf(err, requestID(ctx))
	callOf(ctx).Code = string(p.Code)
	level := slog.LevelDebug
	switch p.Code {
	case exo.Internal, exo.Corrupt, exo.Full:
		level = slog.LevelError
	case exo.Upstream, exo.Unavailable:
		level = slog.LevelWarn
	}
	s.log.Log(ctx, level, "request failed", "request_id", p.RequestID, "code", string(p.Code), "error", err.Error())
	return p
}
