package jobs

import (
	"context"
	"encoding/json"
	"log/slog"
	"runtime"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// Options says how a Runner works.
type Options struct {
	DB       *sqldb.DB          // SQLite: a pool of one connection, the Runner's own; Postgres: any; required
	Handlers map[string]Handler // by kind; required to work, not to submit
	Kinds    []string           // further kinds that may be submitted here and are worked on elsewhere
	Problem  Problem            // renders the error that a failed job keeps; nil: code, detail and hint
	Clock    exo.Clock          // times of the records and of the schedule; required
	Workers  int                // jobs at a time; 0: the number of processors
	Timeout  time.Duration      // longest run of one job; 0: one hour
	Retries  int                // tries after the first for exo.Unavailable; 0: 4, negative: none
	Pause    time.Duration      // before the first retry, three times as long before each further one; 0: 10 s
	Log      *slog.Logger       // nil: nothing is logged

	// InsertOnly says that this process only takes jobs and tells about them; Start
	// then starts nothing. Others do the work, on Postgres.
	InsertOnly bool

	// Worker names this process in the list of workers, the host's name for one; a
	// random part is added. Empty: "worker".
	Worker string

	// Periodic is the schedule. The processes of a database need not have the same.
	Periodic []Periodic

	KeepEnded int           // newest ended jobs that are kept; 0: 10,000
	KeepFor   time.Duration // an ended job is kept so long at most; 0: 90 days, negative: for ever

	// RequestID tells from the context of Submit which request asks; the record keeps
	// it. nil: none. Context may put what a log or a trace wants into the context of
	// the handler. Ended is told of every job that ended here.
	RequestID func(ctx context.Context) string
	Context   func(ctx context.Context, j Job) context.Context
	Ended     func(j Job)

	// Silence is how long a worker on Postgres may be silent before its jobs are
	// given to others; 0: 15 s. It tells of itself every seventh part of that.
	Silence time.Duration
}

// Limits of what a job may bring.
const (
	maxKind   = 100     // bytes of a kind's name
	maxArgs   = 1 << 20 // bytes of arguments
	maxResult = 4 << 20 // bytes of a result
	maxText   = 500     // bytes of a progress message
	maxKills  = 3       // deaths of the process during one job, without progress between, before it is given up
	maxList   = 1000    // jobs in one list
)

const (
	keepEnded = 10_000
	keepFor   = 90 * 24 * time.Hour
	silence   = 15 * time.Second
)

// progressEvery is the least time between two stored progress reports of a job.
const progressEvery = 200 * time.Millisecond

func (o Options) withDefaults() Options {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Hour
	}
	if o.Retries == 0 {
		o.Retries = 4
	}
	if o.Pause <= 0 {
		o.Pause = 10 * time.Second
	}
	if o.KeepEnded <= 0 {
		o.KeepEnded = keepEnded
	}
	if o.KeepFor == 0 {
		o.KeepFor = keepFor
	}
	if o.Silence <= 0 {
		o.Silence = silence
	}
	if o.Worker == "" {
		o.Worker = "worker"
	}
	if o.Problem == nil {
		o.Problem = plainProblem
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// plainProblem renders an error with the least that a problem document needs.
func plainProblem(err error) json.RawMessage {
	doc, merr := json.Marshal(struct {
		Code   exo.Kind `json:"code"`
		Detail string   `json:"detail"`
		Hint   string   `json:"hint,omitempty"`
	}{exo.KindOf(err), exo.MessageOf(err), exo.HintOf(err)})
	if merr != nil {
		return json.RawMessage(`{"code":"Internal"}`)
	}
	return doc
}
