package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// quietFor is how long the same message of River is not said again: while a
// database is away it has twenty a second.
const quietFor = time.Minute

// quiet is a log handler that lets nothing below Error through, and the same
// message once in a while: River tells much that is no news to an operator.
type quiet struct {
	slog.Handler
	said *said
}

// said is when each message was let through last. River has a few dozen.
type said struct {
	mu sync.Mutex
	at map[string]time.Time // guarded by mu
}

func newQuiet(h slog.Handler) quiet { return quiet{h, &said{at: map[string]time.Time{}}} }

// Enabled implements slog.Handler.
func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelError && q.Handler.Enabled(ctx, l)
}

// Handle implements slog.Handler.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	q.said.mu.Lock()
	last, known := q.said.at[r.Message]
	again := known && r.Time.Sub(last) < quietFor
	if !again {
		if len(q.said.at) > 1000 {
			clear(q.said.at)
		}
		q.said.at[r.Message] = r.Time
	}
	q.said.mu.Unlock()
	if again {
		return nil
	}
	return q.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (q quiet) WithAttrs(a []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(a), q.said} }

// WithGroup implements slog.Handler.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name), q.said} }
