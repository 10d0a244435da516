package mast

import (
	"context"
	"time"

	"exoplanetai/internal/archive"
)

// Options sets up a Source.
type Options struct {
	Client   *archive.Client
	Endpoint archive.Endpoint // Base "": https://mast.stsci.edu

	ResolverURL  string        // address of the newer name resolver, https://mastresolver.stsci.edu; "": names are asked at Base
	BucketURL    string        // open-data bucket tried first for files, https://stpubdata.s3.amazonaws.com; "": none
	PollInterval time.Duration // first pause before a running query is asked for again; 0: 1 s, growing to 2 s
	QueryTimeout time.Duration // for one query in all; 0: 10 minutes
	PageSize     int           // rows a page; 0: 5000
}

// Base is the archive's own address.
const Base = "https://mast.stsci.edu"

// Source is the archive. It is an archive.LightCurveSource, Resolver and
// Pinger.
type Source struct {
	opt Options
}

// New makes the source.
func New(o Options) *Source {
	if o.Endpoint.Base == "" {
		o.Endpoint.Base = Base
	}
	if o.PollInterval <= 0 {
		o.PollInterval = time.Second
	}
	if o.QueryTimeout <= 0 {
		o.QueryTimeout = 10 * time.Minute
	}
	if o.PageSize <= 0 {
		o.PageSize = 5000
	}
	return &Source{opt: o}
}

// Ping tells whether the archive answers.
func (s *Source) Ping(ctx context.Context) (time.Duration, error) {
	return s.opt.Client.Ping(ctx, s.opt.Endpoint, "/api/v0/invoke")
}
