package jobs

import (
	"context"
	"encoding/json"
	"time"
)

// State is where a job stands.
type State string

// The states of a job.
const (
	Queued    State = "queued"
	Running   State = "running"
	Succeeded State = "succeeded"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Progress tells how far a job is. Total 0 means unknown.
type Progress struct {
	Done    int64  `json:"done"`
	Total   int64  `json:"total"`
	Unit    string `json:"unit"`
	Message string `json:"message"`
}

// Job is the public record of a job, as the interface shows it.
type Job struct {
	ID         string          `json:"id"`
	Kind       string          `json:"kind"`
	State      State           `json:"state"`
	Progress   Progress        `json:"progress"`
	CreatedAt  time.Time       `json:"created_at"`
	StartedAt  *time.Time      `json:"started_at"`
	FinishedAt *time.Time      `json:"finished_at"`
	Result     json.RawMessage `json:"result"` // null until succeeded
	Error      json.RawMessage `json:"error"`  // problem document, null unless failed

	Items []Outcome `json:"items,omitempty"` // how each finished part of a batch went; of Get only

	NotBefore *time.Time `json:"-"` // a queued job waits until then; nil: it does not
	RequestID string     `json:"-"` // of the request that submitted it, if known
	Worker    string     `json:"-"` // the process that runs it, or ran it last
}

// Handler does the work of one kind of job. It may be run again after a kill,
// so it must be safe to repeat. report may be called often and from any
// goroutine of the handler; what is stored is thinned out.
type Handler func(ctx context.Context, args json.RawMessage, report func(Progress)) (result any, err error)

// Problem renders an error as the problem document that a failed job keeps. It
// is given by the caller, so that jobs and answers show errors the same way.
type Problem func(err error) json.RawMessage

// Filter selects jobs for a list. Zero values select everything.
type Filter struct {
	Kind  string
	State State
	Limit int // 0: 100
}

// Queue is a durable queue of jobs. A submitted job survives a kill; the same
// kind with the same arguments while one is queued or running is the same job.
type Queue interface {
	Submit(ctx context.Context, kind string, args any) (Job, error)
	Get(ctx context.Context, id string) (Job, error)    // exo.NotFound
	List(ctx context.Context, f Filter) ([]Job, error)  // newest first
	Cancel(ctx context.Context, id string) (Job, error) // exo.Conflict if it has ended
	Wait(ctx context.Context, id string) (Job, error)   // until it ends
}

// Follower is a Queue that tells of changes.
type Follower interface {
	// Events sends the job as it is now and after each change, the newest only for
	// who is slow. The channel is closed after the end of the job, or when the context
	// ends. exo.NotFound if there is no such job.
	Events(ctx context.Context, id string) (<-chan Job, error)
}

// Outcome is how one part of a batch went.
type Outcome struct {
	Key    string          `json:"key"`
	OK     bool            `json:"ok"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  json.RawMessage `json:"error,omitempty"` // problem document
}
