package exofop

import (
	"context"
	"time"

	"exoplanetai/internal/archive"
)

// Options sets up a Source.
type Options struct {
	Client   *archive.Client
	Endpoint archive.Endpoint // Base "": https://exofop.ipac.caltech.edu; Timeout below 90 s is taken as 90 s
}

// Base is the archive's own address.
const Base = "https://exofop.ipac.caltech.edu"

// slowest is the least patience that works: the table was measured to take up
// to 32 s, and a limit of 30 s failed a third of the time.
const slowest = 90 * time.Second

// Source is the archive. It is an archive.TableSource, Resolver and Pinger.
type Source struct {
	opt Options
}

// New makes the source.
func New(o Options) *Source {
	if o.Endpoint.Base == "" {
		o.Endpoint.Base = Base
	}
	o.Endpoint.Timeout = max(o.Endpoint.Timeout, slowest)
	o.Endpoint.Idle = max(o.Endpoint.Idle, slowest) // the page may begin before its table is ready
	return &Source{opt: o}
}

// Ping tells whether the archive answers.
func (s *Source) Ping(ctx context.Context) (time.Duration, error) {
	return s.opt.Client.Ping(ctx, s.opt.Endpoint, "/tess/")
}
