package jobs

import (
	"encoding/json"
	"log/slog"
	"runtime"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// Options says how a Runner works.
type Options struct {
	DB       *sqldb.DB          // a pool of one connection, the Runner's own; required
	Handlers map[string]Handler // by kind; required to work, not to submit
	Problem  Problem            // renders the error that a failed job keeps; nil: code, detail and hint
	Clock    exo.Clock          // times of the records; required
	Workers  int                // jobs at a time; 0: the number of processors
	Timeout  time.Duration      // longest run of one job; 0: one hour
	Retries  int                // tries after the first for exo.Unavailable; 0: 4, negative: none
	Pause    time.Duration      // before the first retry, three times as long before each further one; 0: 10 s
	Log      *slog.Logger       // nil: nothing is logged
}

// Limits of what a job may bring.
const (
	maxKind   = 100     // bytes of a kind's name
	maxArgs   = 1 << 20 // bytes of arguments
	maxResult = 4 << 20 // bytes of a result
	maxText   = 500     // bytes of a progress message
	maxKills  = 3       // deaths of the process during one job before it is given up
	keepEnded = 10_000  // newest ended jobs that are kept
	maxList   = 1000    // jobs in one list
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
