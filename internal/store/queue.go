package store

import (
	"context"
	"sync"

	"exoplanetai/internal/exo"
)

// maxGroup bounds how many acts one leader commits together.
const maxGroup = 128

// queue lets acts that arrive together be committed together. No goroutine is
// started: the first caller to find the lead free commits for all that wait.
type queue struct {
	lead chan struct{} // holds one token while a leader works

	mu      sync.Mutex // guards what follows
	waiting []*act
	closed  bool
}

func (q *queue) init() { q.lead = make(chan struct{}, 1) }

// run hands the act to a leader, or leads itself, and returns the act's error.
func (q *queue) run(a *act, commit func([]*act)) error {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return exo.Errorf("store.Publish", exo.Conflict, nil, "the store is closed")
	}
	q.waiting = append(q.waiting, a)
	q.mu.Unlock()
	for {
		select {
		case <-a.done:
			return a.err
		case q.lead <- struct{}{}:
			if group := q.take(); len(group) > 0 {
				commit(group)
				for _, a := range group {
					close(a.done)
				}
			}
			<-q.lead
		}
	}
}

// take removes a group from the queue.
func (q *queue) take() []*act {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waiting), maxGroup)
	group := q.waiting[:n:n]
	q.waiting = append([]*act(nil), q.waiting[n:]...)
	return group
}

// alone runs f while no act is being committed.
func (q *queue) alone(f func() error) error {
	q.lead <- struct{}{}
	defer func() { <-q.lead }()
	return f()
}

// close refuses new acts and waits for those under way.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	for {
		q.lead <- struct{}{}
		q.mu.Lock()
		empty := len(q.waiting) == 0
		q.mu.Unlock()
		<-q.lead
		if empty {
			return
		}
	}
}

// Still runs do while nothing is published, replaced or removed: what is seen
// then, index and files, is one moment. do must not do any of that itself.
func (s *Store) Still(ctx context.Context, do func(context.Context) error) error {
	return s.alone(ctx, func() error { return do(ctx) })
}
