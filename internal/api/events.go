package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"exoplanetai/internal/auth"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/jobs"
)

// stream sends the job whenever it has changed, until it ends, the client
// leaves or the server stops.
func (s *Server) stream(ctx context.Context, w http.ResponseWriter, job jobs.Job) error {
	ctl := http.NewResponseController(w)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var told <-chan jobs.Job // by the queue
	var ask <-chan time.Time // where the queue tells nothing
	if q, ok := s.jobs.(jobs.Follower); ok {
		var err error
		if told, err = q.Events(ctx, job.ID); err != nil {
			return err
		}
	} else {
		tick := time.NewTicker(s.poll)
		defer tick.Stop()
		ask = tick.C
	}
	quiet := time.NewTicker(s.heartbeat)
	defer quiet.Stop()
	last := ""
	for {
		data, err := json.Marshal(job)
		if err != nil {
			return err
		}
		if job.State.Ended() {
			return event(w, ctl, "end", data)
		}
		if string(data) != last {
			last = string(data)
			if err := event(w, ctl, "progress", data); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.stopped:
			return nil
		case <-quiet.C:
			if err := s.still(ctx); err != nil {
				return err
			}
			if err := beat(w, ctl); err != nil {
				return err
			}
		case now, ok := <-told:
			if ok {
				job = now
			} else if job, err = s.ended(ctx, job.ID); err != nil {
				return err
			}
		case <-ask:
			if job, err = s.jobs.Get(ctx, job.ID); err != nil {
				return err
			}
		}
	}
}

// ended looks at a job of which nothing more will be told.
func (s *Server) ended(ctx context.Context, id string) (jobs.Job, error) {
	job, err := s.jobs.Get(ctx, id)
	if err == nil && !job.State.Ended() {
		err = exo.Errorf("api.stream", exo.Unavailable, id, "the queue tells nothing more")
	}
	return job, err
}

func event(w http.ResponseWriter, ctl *http.ResponseController, name string, data []byte) error {
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, data); err != nil {
		return err
	}
	return ctl.Flush()
}

// Streams that may be open at a time: they cost little each, and have no end.
const (
	maxStreams      = 1000
	maxStreamsOfOne = 20
)

// openStream counts a stream until what it returns is called.
func (s *Server) openStream(ctx context.Context) (func(), error) {
	c := caller(ctx)
	s.streamMu.Lock()
	defer s.streamMu.Unlock()
	if s.streamsOpen >= maxStreams || c.UserID != "" && s.streamsOf[c.UserID] >= maxStreamsOfOne {
		return nil, exo.Errorf("api.stream", exo.RateLimited, nil, "too many event streams are open").
			With("retry_after", 30).Try("close some of them, or ask for the state now and then")
	}
	s.streamsOpen++
	s.streamsOf[c.UserID]++
	return func() {
		s.streamMu.Lock()
		defer s.streamMu.Unlock()
		s.streamsOpen--
		if s.streamsOf[c.UserID]--; s.streamsOf[c.UserID] == 0 {
			delete(s.streamsOf, c.UserID)
		}
	}, nil
}

// numbered is an event that a client can name when it comes again.
func numbered(w http.ResponseWriter, ctl *http.ResponseController, name string, id int64, data []byte) error {
	if _, err := fmt.Fprintf(w, "id: %d\n", id); err != nil {
		return err
	}
	return event(w, ctl, name, data)
}

// beat says that the stream is alive.
func beat(w http.ResponseWriter, ctl *http.ResponseController) error {
	if _, err := fmt.Fprint(w, ": still here\n\n"); err != nil {
		return err
	}
	return ctl.Flush()
}

// still looks whether the caller of a stream may still see it: a stream can
// outlive a token, a key and a role.
func (s *Server) still(ctx context.Context) error {
	c, call := caller(ctx), callOf(ctx)
	if s.auth == nil || c.Via == auth.ViaLocal || call.access == nil {
		return nil
	}
	who, _, err := s.auth.Authenticate(ctx, call.credentials)
	if err != nil {
		return err
	}
	if !who.Allows(call.access.Role, call.access.Scope) && call.access.Scope != "" || !who.Role.Includes(call.access.Role) {
		return exo.Errorf("api.stream", exo.Denied, nil, "the caller may not see this any more")
	}
	return nil
}
