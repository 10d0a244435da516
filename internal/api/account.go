package api

import (
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/audit"
	"exoplanetai/internal/auth"
	"exoplanetai/internal/exo"
)

// tokenBody is the body of POST /auth/token, as JSON or as a form (RFC 6749
// §4.3.2 and §6).
type tokenBody struct {
	_            struct{} `json:"-" additionalProperties:"false"`
	GrantType    *string  `json:"grant_type,omitempty" nullable:"true" enum:"password,refresh_token" doc:"default: what the other fields are for"`
	Username     *string  `json:"username,omitempty" nullable:"true" maxLength:"200" doc:"with password" example:"ada"`
	Password     *string  `json:"password,omitempty" nullable:"true" maxLength:"1024" doc:"with username"`
	RefreshToken *string  `json:"refresh_token,omitempty" nullable:"true" maxLength:"200" doc:"instead of username and password; works once"`
}

func (b tokenBody) check() error {
	const op = "api.token"
	password := b.Username != nil || b.Password != nil
	grant := value(b.GrantType)
	switch {
	case password && b.RefreshToken != nil:
		return exo.Errorf(op, exo.Invalid, nil, "a password and a refresh token are both given").Try("send one of the two")
	case b.RefreshToken != nil && grant != "password":
		return nil
	case b.Username != nil && b.Password != nil && grant != "refresh_token":
		return nil
	}
	return exo.Errorf(op, exo.Invalid, nil, "the fields do not make a sign-in").Try(`send {"username": …, "password": …} or {"refresh_token": …}`)
}

type tokenInput struct{ Body tokenBody }

type tokenOutput struct{ Body auth.Tokens }

type logoutBody struct {
	_   struct{} `json:"-" additionalProperties:"false"`
	All *bool    `json:"all,omitempty" nullable:"true" doc:"end all sessions of the user, not only this one; default false"`
}

type logoutInput struct{ Body *logoutBody }

// signedOut answers a sign-out.
type signedOut struct {
	Status string `json:"status" enum:"signed_out"`
}

type logoutOutput struct{ Body signedOut }

// me is who calls, as the server sees it.
type me struct {
	Name   string       `json:"name"`
	Role   auth.Role    `json:"role" enum:"user,researcher,admin"`
	Scopes []auth.Scope `json:"scopes" doc:"of the key; none: no limit beyond the role"`
	Via    string       `json:"via" enum:"local,token,key" doc:"how the caller has shown who it is"`
}

type meOutput struct{ Body me }

func (s *Server) tokenRoutes(api huma.API) {
	tags := []string{"access"}
	op := huma.Operation{
		OperationID: "sign-in", Method: http.MethodPost, Path: Base + "/auth/token", Tags: tags,
		Summary: "Sign in, or renew a sign-in",
		Description: "A name and a password, or a refresh token, give an access token for some minutes and a refresh token, which works once. " +
			"Ten tries a minute for a user and an address. The fields may also come as a form (RFC 6749).",
	}
	register(s, api, op, s.signIn)
	register(s, api, huma.Operation{
		OperationID: "sign-out", Method: http.MethodPost, Path: Base + "/auth/logout", Tags: tags,
		Summary: "Sign out", Description: "Ends the session that the access token belongs to, or all of the user. API keys stay.",
	}, func(ctx context.Context, in *logoutInput) (*logoutOutput, error) {
		a, err := s.accounts()
		if err != nil {
			return nil, err
		}
		err = a.SignOut(ctx, caller(ctx), in.Body != nil && value(in.Body.All))
		return &logoutOutput{signedOut{"signed_out"}}, err
	})
	register(s, api, huma.Operation{
		OperationID: "who-am-i", Method: http.MethodGet, Path: Base + "/auth/me", Tags: tags,
		Summary: "Who am I?", Description: "The caller as the server sees it: its role, and the scopes of its key.",
	}, func(ctx context.Context, _ *struct{}) (*meOutput, error) {
		c := caller(ctx)
		out := &meOutput{me{Name: c.Name, Role: c.Role, Scopes: c.Scopes, Via: c.Via}}
		if out.Body.Scopes == nil {
			out.Body.Scopes = []auth.Scope{}
		}
		return out, nil
	})
}

// accounts returns the service of accounts, if this server has one.
func (s *Server) accounts() (*auth.Service, error) {
	if s.auth == nil {
		return nil, exo.Errorf("api.accounts", exo.Unavailable, nil, "this server keeps no accounts").Try("calls need no sign-in here")
	}
	return s.auth, nil
}

// signIn gives tokens, and keeps a record of that and of each failed try: no
// tokens without a record.
func (s *Server) signIn(ctx context.Context, in *tokenInput) (*tokenOutput, error) {
	a, err := s.accounts()
	if err != nil {
		return nil, err
	}
	if err := in.Body.check(); err != nil {
		return nil, err
	}
	c := callOf(ctx)
	e := audit.Event{RequestID: c.RequestID, Via: auth.ViaPassword, Address: addressText(c), Action: c.Route, Object: "sign-in", Outcome: audit.Done}
	var t auth.Tokens
	if in.Body.RefreshToken != nil {
		e.Object = "refresh"
		t, err = a.Refresh(ctx, *in.Body.RefreshToken)
	} else {
		e.Actor = "(no user's name)" // people type passwords into the wrong field
		if name := *in.Body.Username; auth.CheckName(name) == nil {
			e.Actor = name
		}
		t, err = a.SignIn(ctx, *in.Body.Username, *in.Body.Password, addressText(c))
	}
	if s.audit == nil {
		return &tokenOutput{t}, err
	}
	if k := exo.KindOf(err); err != nil && (errors.Is(err, exo.Unauthenticated) || errors.Is(err, exo.RateLimited)) {
		e.Outcome, e.Code = audit.Denied, string(k)
		s.audit.Denied(ctx, e)
	}
	if err != nil {
		return nil, err
	}
	if err := s.audit.Append(ctx, e); err != nil {
		return nil, err
	}
	return &tokenOutput{t}, nil
}

// isForm reports whether a body comes as a form.
func isForm(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/x-www-form-urlencoded"
}

// formToJSON turns the form of a sign-in into the JSON that it stands for.
func formToJSON(body []byte) ([]byte, error) {
	const op = "api.form"
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, exo.E(op, exo.Invalid, nil, err).Say("the form is not encoded as forms are")
	}
	fields := map[string]string{}
	for name, list := range values {
		if len(list) > 1 {
			return nil, exo.Errorf(op, exo.Invalid, nil, "the field %.40q stands there twice", name)
		}
		fields[name] = list[0]
	}
	return json.Marshal(fields)
}
