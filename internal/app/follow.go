package app

import (
	"context"
	"sync"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// Times that what follows a table may take.
const (
	announceNow   = 30 * time.Second // of a command, which waits for it
	announceLater = 10 * time.Minute // of a server, which does not
)

// background runs what a server does beside its requests, until it stops.
type background struct {
	ctx context.Context
	end context.CancelFunc
	wg  sync.WaitGroup
}

func newBackground(ctx context.Context) *background {
	b := &background{}
	b.ctx, b.end = context.WithCancel(context.WithoutCancel(ctx))
	return b
}

func (b *background) start(do func(ctx context.Context)) {
	b.wg.Go(func() { do(b.ctx) })
}

// close ends what runs and waits for it.
func (b *background) close() error {
	b.end()
	b.wg.Wait()
	return nil
}

// follow does what follows a newly accepted table: the derived tables are made
// anew, and who wants to know is told what changed. What fails of it changes
// nothing about the table: it is logged, and a warning of the answer.
func (a *App) follow(role Role) func(ctx context.Context, t catalog.Type) []string {
	return func(ctx context.Context, t catalog.Type) []string {
		var warnings []string
		if _, err := a.Derive.Update(ctx); err != nil {
			a.Log.Warn("the derived tables were not made", "table", string(t), "error", err)
			warnings = append(warnings, "the tables of processed/ were not made anew: "+exo.MessageOf(err)+"; exoplanetai catalog build tries again")
		}
		if !a.announces {
			return warnings
		}
		if role == Server { // whoever asked for the table does not wait for a slow listener
			a.background.start(func(ctx context.Context) { _ = a.announce(ctx, t, announceLater) }) // logged there
			return warnings
		}
		if err := a.announce(ctx, t, announceNow); err != nil {
			warnings = append(warnings, "not everyone could be told what changed: "+exo.MessageOf(err))
		}
		return warnings
	}
}

// announce tells the web hooks what changed.
func (a *App) announce(ctx context.Context, t catalog.Type, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	err := a.History.Announce(ctx, t)
	if err != nil {
		a.Log.Warn("a message about changes was not delivered", "table", string(t), "error", err)
	}
	return err
}

// catchUp makes the derived tables that are missing or old, once at the start.
func (a *App) catchUp() {
	a.background.start(func(ctx context.Context) {
		if _, err := a.Derive.Update(ctx); err != nil && ctx.Err() == nil {
			a.Log.Warn("the derived tables were not made", "error", err)
		}
	})
}
