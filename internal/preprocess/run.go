package preprocess

import (
	"context"

	"exoplanetai/internal/exo"
)

// Processor runs recipes. It keeps its memory from one light curve to the next;
// one goroutine uses it at a time. The zero value is ready.
type Processor struct{}

// Run processes a series. out is filled anew, its memory reused. Errors:
// exo.Invalid "no valid data" for a series without a valid row, or with slices
// of unequal length; exo.Canceled or exo.Unavailable when ctx ends first.
func (p *Processor) Run(ctx context.Context, s Series, r *Recipe, out *Result) error {
	return exo.Errorf("preprocess.Run", exo.Internal, nil, "not built")
}
