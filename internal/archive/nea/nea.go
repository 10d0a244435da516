package nea

import (
	"context"
	"sync/atomic"
	"time"

	"exoplanetai/internal/archive"
)

// Options sets up a Source.
type Options struct {
	Client   *archive.Client
	Endpoint archive.Endpoint // Base "": https://exoplanetarchive.ipac.caltech.edu

	Async        bool          // always ask by a UWS job, never synchronously
	AsyncTimeout time.Duration // for a UWS job in all; 0: 15 minutes
	PollInterval time.Duration // first pause between looks at a job; 0: 1 s, growing to 10 s
}

// Base is the archive's own address.
const Base = "https://exoplanetarchive.ipac.caltech.edu"

// Source is the archive. It is an archive.TableSource, Prober, Resolver and
// Pinger.
type Source struct {
	opt    Options
	toDate atomic.Bool // the server's update columns are dates, not text
}

// New makes the source.
func New(o Options) *Source {
	if o.Endpoint.Base == "" {
		o.Endpoint.Base = Base
	}
	if o.AsyncTimeout <= 0 {
		o.AsyncTimeout = 15 * time.Minute
	}
	if o.PollInterval <= 0 {
		o.PollInterval = time.Second
	}
	return &Source{opt: o}
}

// Ping tells whether the archive answers.
func (s *Source) Ping(ctx context.Context) (time.Duration, error) {
	return s.opt.Client.Ping(ctx, s.opt.Endpoint, "/TAP/sync")
}
