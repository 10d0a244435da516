package audit

import (
	"context"
	"log/slog"
	"time"

	"exoplanetai/internal/exo"
)

// Alert is a finding of Watch.
type Alert struct {
	At      time.Time `json:"at"`
	Rule    string    `json:"rule"`    // sign_ins, denied, downloads, key_places, off_hours
	Subject string    `json:"subject"` // user, address or key it is about
	Count   int64     `json:"count"`   // of what was seen within the rule's window
	Message string    `json:"message"`
}

// WatchOptions says what Watch watches.
type WatchOptions struct {
	Record  *Log
	Clock   exo.Clock
	Log     *slog.Logger                 // nil: nothing is said
	OnAlert func(context.Context, Alert) // metric, web hook; nil: none
}

// Access is a call that was let in, as Watch needs to know of it.
type Access struct {
	Actor   string
	KeyID   string // "": no key
	Address string
	Files   int   // downloaded
	Bytes   int64 // of them
}

// Watch tells of what a person should look at.
type Watch struct{ o WatchOptions }

// NewWatch returns a Watch.
func NewWatch(o WatchOptions) *Watch { return &Watch{o} }

// Saw notes a call that was let in. It is quick and never waits.
func (w *Watch) Saw(Access) {}

// Run watches until the context ends.
func (w *Watch) Run(ctx context.Context) error { <-ctx.Done(); return nil }
