package esa

import (
	"context"
	"time"

	"exoplanetai/internal/archive"
)

// Options sets up a Source.
type Options struct {
	Client   *archive.Client
	Endpoint archive.Endpoint // Base "": https://gea.esac.esa.int

	RadiusArcsec float64 // a source this near to a star is listed for it; 0: 2
	MotionArcsec float64 // farther search for stars that moved since 2000; 0: 8
	Parallel     int     // queries under way at once, within the host's budget; 0: 3
	Batch        int     // stars in one query; 0: 100, some 9 kB of ADQL
}

// Base is the archive's own address.
const Base = "https://gea.esac.esa.int"

// Source is the archive. It is an archive.TableSource and Pinger.
type Source struct {
	opt Options
}

// New makes the source.
func New(o Options) *Source {
	if o.Endpoint.Base == "" {
		o.Endpoint.Base = Base
	}
	if o.RadiusArcsec <= 0 {
		o.RadiusArcsec = 2
	}
	if o.MotionArcsec <= 0 {
		o.MotionArcsec = 8
	}
	if o.Batch <= 0 {
		o.Batch = 100
	}
	if o.Parallel <= 0 {
		o.Parallel = 3
	}
	return &Source{opt: o}
}

// Ping tells whether the archive answers.
func (s *Source) Ping(ctx context.Context) (time.Duration, error) {
	return s.opt.Client.Ping(ctx, s.opt.Endpoint, "/tap-server/tap/availability")
}
