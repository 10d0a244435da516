package ingest

import (
	"context"
	"sync"

	"exoplanetai/internal/exo"
)

// sharedRuns lets calls for the same thing at the same time share one run. The
// first caller works, in its own goroutine; the others wait for its answer. If
// the first gives up, one of the others takes over.
type sharedRuns[T any] struct {
	mu      sync.Mutex
	running map[string]*sharedRun[T]
}

type sharedRun[T any] struct {
	done   chan struct{} // closed when value and err stand
	value  T
	err    error
	failed bool // the caller gave up: value and err say nothing to others
}

// do returns what work returns for the key, of this call or of one that runs.
func (f *sharedRuns[T]) do(ctx context.Context, key string, work func(context.Context) (T, error)) (T, error) {
	for {
		f.mu.Lock()
		if f.running == nil {
			f.running = map[string]*sharedRun[T]{}
		}
		other, taken := f.running[key]
		if !taken {
			mine := &sharedRun[T]{done: make(chan struct{}), failed: true}
			f.running[key] = mine
			f.mu.Unlock()
			return f.lead(ctx, key, mine, work)
		}
		f.mu.Unlock()
		select {
		case <-ctx.Done():
			var none T
			return none, exo.E("ingest.wait", exo.KindOf(ctx.Err()), nil, ctx.Err())
		case <-other.done:
			if !other.failed {
				return other.value, other.err
			}
		}
	}
}

// lead works and tells the others, also when work panics.
func (f *sharedRuns[T]) lead(ctx context.Context, key string, mine *sharedRun[T], work func(context.Context) (T, error)) (T, error) {
	defer func() {
		f.mu.Lock()
		delete(f.running, key)
		f.mu.Unlock()
		close(mine.done)
	}()
	mine.value, mine.err = work(ctx)
	mine.failed = ctx.Err() != nil
	return mine.value, mine.err
}
