package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/auth"
	"exoplanetai/internal/exo"
)

type keyInput struct {
	ID string `path:"id" maxLength:"64" doc:"the identifier of the key, the part between exo_ and the secret"`
}

type keysInput struct {
	User string `query:"user" maxLength:"64" doc:"whose keys; default: one's own, of an admin all"`
}

type newKeyBody struct {
	_         struct{}   `json:"-" additionalProperties:"false"`
	Name      string     `json:"name" maxLength:"100" doc:"what it is for" example:"nightly import"`
	User      *string    `json:"user,omitempty" nullable:"true" maxLength:"64" doc:"whose it is; only an admin makes keys for others; default: one's own"`
	Role      *string    `json:"role,omitempty" nullable:"true" enum:"user,researcher,admin" doc:"never above the owner's; default: the owner's"`
	Scopes    []string   `json:"scopes,omitempty" nullable:"true" maxItems:"6" enum:"read,ingest,process,version,backup,admin" doc:"what it is good for; default: all that the role allows"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" nullable:"true" doc:"default: never" example:"2027-01-01T00:00:00Z"`
}

type newKeyInput struct{ Body newKeyBody }

type keyOutput struct{ Body auth.KeyInfo }

// newKey is a key that was made: the only time that it can be seen.
type newKey struct {
	Key string `json:"key" doc:"the key itself; it cannot be shown again" example:"exo_…"`
	auth.KeyInfo
}

type newKeyOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     newKey
}

type keyList struct {
	Keys []auth.KeyInfo `json:"keys" doc:"newest first"`
}

type keysOutput struct{ Body keyList }

func (s *Server) keyRoutes(api huma.API) {
	const base = Base + "/keys"
	tags := []string{"access"}
	register(s, api, huma.Operation{
		OperationID: "list-keys", Method: http.MethodGet, Path: base, Tags: tags,
		Summary: "List the API keys", Description: "One's own; an admin sees all. The keys themselves cannot be shown.",
	}, s.listKeys)
	register(s, api, huma.Operation{
		OperationID: "create-key", Method: http.MethodPost, Path: base, Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Make an API key", Description: "The answer shows it once; only its hash is kept. It is sent as Authorization: Bearer exo_… or X-API-Key.",
		Responses: map[string]*huma.Response{"201": response[newKey](api, "The key, which Location names.")},
	}, s.createKey)
	register(s, api, huma.Operation{
		OperationID: "get-key", Method: http.MethodGet, Path: base + "/{id}", Tags: tags,
		Summary: "See one API key", Description: "What it may be used for, when it ends, and when it was used last, to the minute.",
	}, func(ctx context.Context, in *keyInput) (*keyOutput, error) {
		_, k, err := s.ownKey(ctx, in.ID)
		return &keyOutput{k}, err
	})
	register(s, api, huma.Operation{
		OperationID: "revoke-key", Method: http.MethodDelete, Path: base + "/{id}", Tags: tags,
		Summary: "Revoke an API key", Description: "Holds within 60 seconds on every server. It stays in the list.",
	}, s.revokeKey)
}

// ownKey finds a key that the caller may see: another user's does not exist.
func (s *Server) ownKey(ctx context.Context, id string) (*auth.Service, auth.KeyInfo, error) {
	a, err := s.accounts()
	if err != nil {
		return nil, auth.KeyInfo{}, err
	}
	k, err := a.Key(ctx, id)
	if c := caller(ctx); err == nil && k.User != c.Name && !c.Role.Includes(auth.Admin) {
		err = exo.Errorf("api.keys", exo.NotFound, nil, "another's")
	}
	if exo.KindOf(err) == exo.NotFound && err != nil { // one answer for what is not there and for what is another's
		err = exo.E("api.keys", exo.NotFound, nil, err).Say("there is no key %.64q", id).Try("%s/keys lists yours", Base)
		s.turnedAway(ctx, err)
		return nil, auth.KeyInfo{}, err
	}
	return a, k, err
}

func (s *Server) listKeys(ctx context.Context, in *keysInput) (*keysOutput, error) {
	a, err := s.accounts()
	if err != nil {
		return nil, err
	}
	c, user := caller(ctx), in.User
	if !c.Role.Includes(auth.Admin) {
		if user != "" && user != c.Name {
			return &keysOutput{keyList{[]auth.KeyInfo{}}}, nil // as for a user who does not exist
		}
		user = c.Name
	}
	list, err := a.Keys(ctx, user)
	if list == nil {
		list = []auth.KeyInfo{}
	}
	return &keysOutput{keyList{list}}, err
}

func (s *Server) createKey(ctx context.Context, in *newKeyInput) (*newKeyOutput, error) {
	a, err := s.accounts()
	if err != nil {
		return nil, err
	}
	b, k := in.Body, auth.NewKey{Name: in.Body.Name, User: caller(ctx).Name, Role: auth.Role(value(in.Body.Role)), ExpiresAt: value(in.Body.ExpiresAt)}
	if b.User != nil {
		k.User = *b.User
	}
	if k.User != caller(ctx).Name && !caller(ctx).Role.Includes(auth.Admin) {
		return nil, exo.Errorf("api.keys", exo.Denied, nil, "only an admin makes keys for others").Try("leave user out") // before it is looked whether there is such a user
	}
	if k.Scopes, err = auth.ParseScopes(b.Scopes); err != nil {
		return nil, err
	}
	info, secret, err := a.CreateKey(ctx, k)
	if err != nil {
		return nil, err
	}
	return &newKeyOutput{Status: http.StatusCreated, Location: Base + "/keys/" + info.ID, Body: newKey{secret, info}}, nil
}

func (s *Server) revokeKey(ctx context.Context, in *keyInput) (*keyOutput, error) {
	a, _, err := s.ownKey(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := a.RevokeKey(ctx, in.ID); err != nil {
		return nil, err
	}
	k, err := a.Key(ctx, in.ID)
	return &keyOutput{k}, err
}
