package api

import (
	"net/http"
	"net/url"
	"strings"

	"exoplanetai/internal/exo"
)

// What pages of the listed origins may send and see.
const (
	corsMethods = "GET, HEAD, POST, PUT, PATCH, DELETE"
	corsHeaders = "Authorization, Content-Type, If-None-Match, If-Range, Prefer, Range, X-API-Key, X-Request-Id"
	corsExposes = "Age, Content-Disposition, ETag, Link, Location, Preference-Applied, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Cache, X-Request-Id, X-Total-Count"
)

// origins is what is known of pages of other origins.
type origins struct {
	cross *http.CrossOriginProtection
	list  map[string]bool // that may call
}

func newOrigins(list []string) (origins, error) {
	o := origins{cross: http.NewCrossOriginProtection(), list: map[string]bool{}}
	for _, text := range list {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.String() != u.Scheme+"://"+u.Host || strings.Contains(u.Host, "*") {
			return o, exo.Errorf("api.New", exo.Invalid, nil, "the origin %.80q is not scheme://host or scheme://host:port", text).
				Try("list each origin whose pages may call: https://example.org")
		}
		if err := o.cross.AddTrustedOrigin(text); err != nil {
			return o, exo.E("api.New", exo.Invalid, nil, err).Say("the origin %.80q cannot be allowed", text)
		}
		o.list[text] = true
	}
	return o, nil
}

// fromKnownOrigins refuses requests under a foreign Host name (a page whose name
// was made to point here) where the address alone lets in, and writes from pages
// of origins that are not listed. Pages of listed ones may read the answers (CORS).
func (s *Server) fromKnownOrigins(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if (s.auth == nil || s.local) && !localHost(r.Host) {
			s.strange(w, r, exo.Errorf("api.origin", exo.Denied, nil, "the host name %q is not this server's", clip(r.Host)).
				Try("use http://localhost or http://127.0.0.1 with the server's port"))
			return
		}
		if s.cors(w, r) {
			return
		}
		if err := s.origins.cross.Check(r); err != nil {
			s.strange(w, r, exo.E("api.origin", exo.Denied, nil, err).Say("the request comes from a page of another origin").
				Try("call the server from its own pages, from a program, or from an origin that security.cors_origins lists"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// cors tells a browser what pages of a listed origin may do, and reports
// whether that was all it asked (a preflight).
func (s *Server) cors(w http.ResponseWriter, r *http.Request) bool {
	if len(s.origins.list) == 0 {
		return false
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !s.origins.list[origin] {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
		h.Set("Access-Control-Allow-Methods", corsMethods)
		h.Set("Access-Control-Allow-Headers", corsHeaders)
		h.Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
		return true
	}
	h.Set("Access-Control-Expose-Headers", corsExposes)
	return false
}

// strange refuses a request that no friend sends. A page could send many of
// them: only some are recorded.
func (s *Server) strange(w http.ResponseWriter, r *http.Request, err error) {
	if d, lerr := s.strangers.Allow(r.Context(), "origin", 1); lerr == nil && d.Allowed {
		s.turnedAway(r.Context(), err)
	}
	s.fail(w, r, err)
}
