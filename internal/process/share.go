package process

import (
	"context"
	"sync"

	"exoplanetai/internal/exo"
)

// progress counts files for a Report.
type progress struct {
	report Report
	total  int64

	mu   sync.Mutex
	done int64 // under mu
}

func (p *progress) step(message string) {
	if p.report == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	p.report(p.done, p.total, "files", message)
}

// turns lets those who want to make the same thing do so one after the other.
type turns struct {
	mu sync.Mutex
	at map[string]*turn // under mu
}

type turn struct {
	busy  chan struct{} // full while somebody works
	users int           // who work or wait
}

// take waits for the caller's turn; release ends it.
func (t *turns) take(ctx context.Context, key string) (release func(), err error) {
	t.mu.Lock()
	if t.at == nil {
		t.at = map[string]*turn{}
	}
	mine := t.at[key]
	if mine == nil {
		mine = &turn{busy: make(chan struct{}, 1)}
		t.at[key] = mine
	}
	mine.users++
	t.mu.Unlock()
	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if mine.users--; mine.users == 0 {
			delete(t.at, key)
		}
	}
	select {
	case mine.busy <- struct{}{}:
		return func() { <-mine.busy; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, exo.E("process", exo.KindOf(ctx.Err()), nil, ctx.Err())
	}
}
