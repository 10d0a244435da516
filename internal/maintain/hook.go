package maintain

import (
	"context"
	"encoding/json"
	"errors"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
)

// Poster delivers a message to a web hook; an archive.Poster does.
type Poster interface {
	Post(ctx context.Context, d archive.Delivery) error
}

// Hooks are the addresses that alerts are posted to.
type Hooks struct {
	Poster       Poster
	URLs         []string
	Secret       string // key of the signature; empty: not signed
	AllowPrivate bool   // addresses of one's own network are allowed
}

// notice is the message that is posted.
type notice struct {
	Event string `json:"event"` // "disk"
	Alert
}

// Send posts an alert to every address and returns what failed.
func (h Hooks) Send(ctx context.Context, a Alert) error {
	body, err := json.Marshal(notice{Event: "disk", Alert: a})
	if err != nil {
		return exo.E("maintain.Send", exo.Internal, nil, err)
	}
	id := exo.DigestOf(body).Hex()[:32]
	var errs []error
	for _, u := range h.URLs {
		errs = append(errs, h.Poster.Post(ctx, archive.Delivery{URL: u, Secret: h.Secret, ID: id, Body: body, AllowPrivate: h.AllowPrivate}))
	}
	return errors.Join(errs...)
}
