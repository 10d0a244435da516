package api

import (
	"context"
	"net/http"
	"strconv"

	"exoplanetai/internal/auth"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/limit"
)

// gated finds out who calls, counts the call, and lets in whoever the table of
// access lets in.
func (s *Server) gated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := callOf(r.Context())
		local, err := s.isLocal(r.Context(), c)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		if local {
			c.Caller = auth.Local()
		} else if err := s.enter(w, r, c); err != nil {
			s.fail(w, r, err)
			return
		}
		if c.Caller.Name != "" {
			r = r.WithContext(auth.With(r.Context(), c.Caller))
		}
		next.ServeHTTP(w, r)
		if s.watch != nil && c.access != nil && !c.access.Audit {
			s.saw(c)
		}
	})
}

// isLocal reports whether the address alone makes the caller admin: nobody else
// can reach the server, and nobody has an account yet. Whatever came through a
// proxy that we were not told of could come from anywhere.
func (s *Server) isLocal(ctx context.Context, c *Call) (bool, error) {
	if s.auth == nil {
		return true, nil
	}
	if !s.local || len(s.proxies) > 0 || c.forwarded || !c.Address.IsLoopback() {
		return false, nil
	}
	has, err := s.auth.HasUsers(ctx)
	return !has && err == nil, err
}

// enter checks a caller that is not local.
func (s *Server) enter(w http.ResponseWriter, r *http.Request, c *Call) error {
	if c.access == nil || !c.access.Free {
		if err := s.take(w, r, s.limits.Address, "address "+network(c.Address)); err != nil {
			return err
		}
	}
	if c.access == nil || c.access.Role == "" || c.access.Near && s.near(c) {
		return nil // what does not exist, and what is open to all, is the same for all
	}
	if err := s.identify(w, r, c); err != nil {
		if k := exo.KindOf(err); k == exo.Unauthenticated || k == exo.Denied {
			s.turnedAway(r.Context(), err)
		}
		return err
	}
	return nil
}

// identify finds the caller, counts the call on the caller's account and
// compares the caller with the table.
func (s *Server) identify(w http.ResponseWriter, r *http.Request, c *Call) error {
	const op = "api.gate"
	who, found, err := s.auth.Authenticate(r.Context(), r.Header)
	if err != nil {
		return err
	}
	if !found {
		e := exo.Errorf(op, exo.Unauthenticated, nil, "this call needs a token or a key")
		if s.local && c.forwarded {
			return e.Try("the request came through a proxy: start the server with --behind-proxy and make a user")
		}
		return e.Try("get a token from POST %s/auth/token, or send a key, as Authorization: Bearer …", Base)
	}
	c.Caller, c.credentials = who, r.Header
	if err := s.take(w, r, s.limits.User, "user "+who.UserID); err != nil {
		return err
	}
	if who.Via == auth.ViaKey {
		if err := s.take(w, r, s.limits.Key, "key "+who.KeyID); err != nil {
			return err
		}
	}
	a := c.access
	switch {
	case !who.Role.Includes(a.Role):
		return exo.Errorf(op, exo.Denied, nil, "this call needs the role %s, and %s has the role %s", a.Role, who.Name, who.Role).
			Try("ask an administrator")
	case a.Scope != "" && !who.Allows(a.Role, a.Scope):
		return exo.Errorf(op, exo.Denied, nil, "this call needs a key with the scope %s", a.Scope).Try("make a key with that scope")
	}
	return nil
}

// take counts the call under a key. The answer shows the budget that has the
// least left.
func (s *Server) take(w http.ResponseWriter, r *http.Request, l limit.Limiter, key string) error {
	if l == nil {
		return nil
	}
	d, err := l.Allow(r.Context(), key, 1)
	if err != nil {
		return err
	}
	c := callOf(r.Context())
	if !c.counted || d.Remaining < c.remaining || !d.Allowed {
		c.counted, c.remaining = true, d.Remaining
		h := w.Header()
		h["Ratelimit-Limit"] = []string{strconv.Itoa(d.Limit)}
		h["Ratelimit-Remaining"] = []string{strconv.Itoa(d.Remaining)}
		h["Ratelimit-Reset"] = []string{strconv.Itoa(limit.Seconds(d.Reset))}
	}
	return d.Err("api.limit")
}

// caller returns who calls; the zero Caller may do nothing.
func caller(ctx context.Context) auth.Caller {
	c, _ := auth.From(ctx)
	return c
}

// need refuses a caller who has a lower role: for what a route does only in
// some of its forms.
func need(ctx context.Context, role auth.Role, what string) error {
	if c := caller(ctx); !c.Role.Includes(role) {
		return exo.Errorf("api.need", exo.Denied, nil, "%s needs the role %s, and %s has the role %s", what, role, c.Name, c.Role).
			Try("ask an administrator")
	}
	return nil
}
