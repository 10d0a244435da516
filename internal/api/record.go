package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"exoplanetai/internal/audit"
	"exoplanetai/internal/auth"
	"exoplanetai/internal/exo"
)

// recorded writes calls that change something into the audit record: that they
// were let in, and how they ended. What cannot be recorded is not done. It comes
// after the body was read, since the body names what is acted on.
func (s *Server) recorded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := callOf(r.Context())
		if s.audit == nil || c.access == nil || !c.access.Audit {
			next.ServeHTTP(w, r)
			return
		}
		e, err := s.change(r, c)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		e.Outcome = audit.Allowed
		done, err := s.audit.Begin(r.Context(), e)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		outcome, code := audit.Failed, string(exo.Internal) // unless the handler comes back
		defer func() { done(outcome, code) }()
		next.ServeHTTP(w, r)
		outcome, code = c.outcome()
	})
}

// change describes a call that changes something.
func (s *Server) change(r *http.Request, c *Call) (audit.Event, error) {
	e := eventOf(c)
	if r.URL.RawQuery != "" {
		e.Detail["query"] = clip(r.URL.RawQuery)
	}
	object, err := objectOf(r, c.access)
	e.Object = object
	return e, err
}

// eventOf is what is known of every call.
func eventOf(c *Call) audit.Event {
	e := audit.Event{
		RequestID: c.RequestID, Actor: c.Caller.Name, Role: string(c.Caller.Role), Via: c.Caller.Via, Address: addressText(c),
		Action: c.Route, Object: clip(c.Path), Detail: map[string]string{},
	}
	switch c.Caller.Via {
	case auth.ViaKey:
		e.Detail["key_id"] = c.Caller.KeyID
	case auth.ViaToken:
		e.Detail["session"] = c.Caller.KeyID
	}
	if e.Action == "" {
		e.Action = clip(c.Method)
	}
	return e
}

func addressText(c *Call) string {
	if !c.Address.IsValid() {
		return ""
	}
	return c.Address.String()
}

// objectOf names what a call acts on: values of the path, then of the body's
// fields. Only fields that the table names are looked at, so that no password
// gets into the record.
func objectOf(r *http.Request, a *Access) (string, error) {
	if len(a.Names) == 0 {
		return "", nil
	}
	path := wildcards(a.Route, r.URL.Path)
	var fields map[string]json.RawMessage
	if r.Body != nil && r.Body != http.NoBody {
		body, err := io.ReadAll(r.Body) // bounded has read it already
		if err != nil {
			return "", bodyError(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		_ = json.Unmarshal(body, &fields) // what is no object is refused by the handler
	}
	var parts []string
	for _, name := range a.Names {
		text := path[name]
		if raw := fields[name]; text == "" && len(raw) > 0 && string(raw) != "null" {
			if text = string(raw); json.Unmarshal(raw, &text) != nil {
				text = string(raw)
			}
		}
		if text != "" {
			parts = append(parts, clip(text))
		}
	}
	return strings.Join(parts, " "), nil
}

// wildcards reads the values of a pattern's {names} from a path.
func wildcards(route, path string) map[string]string {
	_, pattern, _ := strings.Cut(route, " ")
	values, parts := map[string]string{}, strings.Split(path, "/")
	for i, p := range strings.Split(pattern, "/") {
		if strings.HasPrefix(p, "{") && i < len(parts) {
			values[strings.Trim(p, "{}.$")] = parts[i]
		}
	}
	return values
}

// turnedAway records a call that was not let in.
func (s *Server) turnedAway(ctx context.Context, err error) {
	if s.audit == nil {
		return
	}
	c := callOf(ctx)
	e := eventOf(c)
	e.Outcome, e.Code = audit.Denied, string(exo.KindOf(err))
	s.audit.Denied(ctx, e)
}

// saw tells the watch of a call that is not in the record.
func (s *Server) saw(c *Call) {
	a := audit.Access{Actor: c.Caller.Name, Address: addressText(c), Bytes: c.Bytes}
	if c.Caller.Via == auth.ViaKey {
		a.KeyID = c.Caller.KeyID
	}
	if c.Status < 300 && (strings.HasPrefix(c.Route, "GET "+Base+"/files/") || strings.HasPrefix(c.Route, "GET "+Base+"/lightcurves/")) {
		a.Files = 1
	}
	s.watch.Saw(a)
}

// outcome puts the status of the answer into the words of the record.
func (c *Call) outcome() (audit.Outcome, string) {
	switch {
	case c.Status < http.StatusBadRequest:
		return audit.Done, ""
	case c.Status == http.StatusUnauthorized || c.Status == http.StatusForbidden:
		return audit.Denied, c.Code
	}
	return audit.Failed, c.Code
}
