package jobs

import (
	"context"
	"strings"
	"sync"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

const (
	pollShared = 50 * time.Millisecond // for what other processes change
	pollAlone  = time.Second           // all changes are announced; this is for what was missed
	pollLeast  = 10 * time.Millisecond // between two questions, however much is announced
	pollGroup  = 200                   // jobs of one question
	pollTries  = 10                    // failures in a row until the followers are told
	pollPause  = time.Second           // after a failure
)

// watcher asks the database about all jobs that somebody follows, in one
// question however many follow. Its goroutine lives as long as there is one.
type watcher struct {
	runner *Runner
	poke   chan struct{} // something has changed here

	mu      sync.Mutex // guards what follows
	topics  map[string]*topic
	running bool
}

// topic is a job that is followed.
type topic struct {
	job  Job
	err  error
	subs map[*sub]struct{}
}

// sub is one follower.
type sub struct {
	w    *watcher
	id   string
	news chan struct{} // holds one note at most
}

func newWatcher(r *Runner) *watcher {
	return &watcher{runner: r, poke: make(chan struct{}, 1), topics: map[string]*topic{}}
}

// follow begins to follow a job that was j a moment ago.
func (w *watcher) follow(j Job) *sub {
	s := &sub{w: w, id: j.ID, news: make(chan struct{}, 1)}
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.topics[j.ID]
	if t == nil {
		t = &topic{job: j, subs: map[*sub]struct{}{}}
		w.topics[j.ID] = t
	}
	t.subs[s] = struct{}{}
	if t.err != nil || t.job.State.Ended() {
		s.note()
	}
	if !w.running {
		w.running = true
		go w.run()
	}
	w.changed() // between the reading of j and now it may have ended
	return s
}

func (w *watcher) leave(s *sub) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.topics[s.id]; t != nil {
		delete(t.subs, s)
		if len(t.subs) == 0 {
			delete(w.topics, s.id)
		}
	}
	if len(w.topics) == 0 {
		w.changed() // lets run end
	}
}

// changed lets the watcher look at once.
func (w *watcher) changed() {
	select {
	case w.poke <- struct{}{}:
	default:
	}
}

func (s *sub) note() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

func (s *sub) newest() (Job, error) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	t := s.w.topics[s.id]
	return t.job, t.err
}

func (w *watcher) run() {
	every := pollAlone
	if w.runner.shared {
		every = pollShared
	}
	failed := 0
	for {
		ids, more := w.open()
		if !more {
			return
		}
		jobs, err := w.ask(ids)
		if err == nil {
			failed = 0
		} else if failed++; failed >= pollTries {
			w.fail(err)
			failed = 0
		}
		w.spread(jobs, ids, err)
		pause := every
		if err != nil {
			pause = pollPause
		}
		least, tick := time.After(pollLeast), time.After(pause)
		select {
		case <-tick:
		case <-w.poke:
			<-least
		}
	}
}

// open returns the jobs to ask about; more is false when nobody follows any job,
// and then the goroutine must end.
func (w *watcher) open() (ids []string, more bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.topics) == 0 {
		w.running = false
		return nil, false
	}
	for id, t := range w.topics {
		if !t.job.State.Ended() && t.err == nil {
			ids = append(ids, id)
		}
	}
	return ids, true
}

func (w *watcher) ask(ids []string) (map[string]Job, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	found := make(map[string]Job, len(ids))
	for len(ids) > 0 {
		group := ids[:min(len(ids), pollGroup)]
		ids = ids[len(group):]
		args := make([]any, len(group))
		for i, id := range group {
			args[i] = id
		}
		rows, err := w.runner.db.QueryContext(ctx, `SELECT `+columns+` FROM jobs WHERE id IN (?`+strings.Repeat(",?", len(group)-1)+`)`, args...)
		if err != nil {
			return found, err
		}
		for rows.Next() {
			rec, err := scan(rows)
			if err != nil {
				_ = rows.Close() // the first error is the one to tell
				return found, err
			}
			found[rec.ID] = w.runner.withLive(rec.Job)
		}
		if err := rows.Err(); err != nil {
			return found, err
		}
	}
	return found, nil
}

// spread tells those who follow a job that has changed.
func (w *watcher) spread(jobs map[string]Job, asked []string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range asked {
		t := w.topics[id]
		if t == nil {
			continue
		}
		j, found := jobs[id]
		switch {
		case found && (j.State != t.job.State || j.Progress != t.job.Progress):
			t.job = j
		case !found && err == nil:
			t.err = exo.Errorf("jobs.watch", exo.NotFound, nil, "there is no job %.40q any more", id)
		default:
			continue
		}
		for s := range t.subs {
			s.note()
		}
	}
}

// fail ends the following of everything.
func (w *watcher) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.topics {
		t.err = sqldb.Typed("jobs.watch", nil, err)
		for s := range t.subs {
			s.note()
		}
	}
}

// Events implements Follower.
func (r *Runner) Events(ctx context.Context, id string) (<-chan Job, error) {
	j, err := r.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	events := make(chan Job)
	s := r.watch.follow(j)
	go func() {
		defer close(events)
		defer r.watch.leave(s)
		for {
			select {
			case <-ctx.Done():
				return
			case events <- j:
			}
			if j.State.Ended() {
				return
			}
			if j, err = s.next(ctx, j); err != nil {
				return
			}
		}
	}()
	return events, nil
}

// next waits for a state of the job that is not the last.
func (s *sub) next(ctx context.Context, last Job) (Job, error) {
	for {
		select {
		case <-ctx.Done():
			return last, ctx.Err()
		case <-s.news:
			j, err := s.newest()
			if err != nil || j.State != last.State || j.Progress != last.Progress {
				return j, err
			}
		}
	}
}
