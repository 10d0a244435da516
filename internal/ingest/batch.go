package ingest

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// batchTables make a batch.
var batchTables = []catalog.Type{catalog.KOI, catalog.TOI, catalog.K2}

// Batch ingests koi, toi and k2 side by side. The failure of one never stops
// the others; the only error is that the caller gave up.
func (s *Service) Batch(ctx context.Context, req BatchRequest, report Report) (BatchResult, error) {
	results := make([]TableResult, len(batchTables))
	errs := make([]error, len(batchTables))
	wanted := make([]bool, len(batchTables)) // something has to follow the table
	var done atomic.Int64
	tell := func(message string) {
		if report != nil {
			report(done.Load(), int64(len(batchTables)), "tables", message)
		}
	}
	var group errgroup.Group
	group.SetLimit(s.opt.Workers)
	for i, t := range batchTables {
		group.Go(func() error {
			results[i], errs[i] = s.table(ctx, TableRequest{TableType: string(t), ForceRefresh: req.ForceRefresh},
				func(_, _ int64, _, message string) { tell(message) },
				later(&wanted[i]))
			done.Add(1)
			tell("the " + string(t) + " table is done")
			return nil
		})
	}
	_ = group.Wait() // the errors are in errs
	if err := ctx.Err(); err != nil {
		return BatchResult{}, exo.E("ingest.Batch", exo.KindOf(err), nil, err)
	}
	for i := range results {
		if wanted[i] {
			s.followed(ctx, &results[i])
		}
	}
	res := BatchResult{Status: "success", Results: map[catalog.Type]TableResult{}, FailedTables: []FailedTable{}}
	for i, t := range batchTables {
		if errs[i] == nil {
			res.Results[t] = results[i]
			continue
		}
		res.FailedTables = append(res.FailedTables, FailedTable{
			TableType: t, Code: exo.KindOf(errs[i]), Detail: exo.MessageOf(errs[i]), Hint: exo.HintOf(errs[i]),
		})
	}
	switch len(res.FailedTables) {
	case 0:
	case len(batchTables):
		res.Status = "failed"
	default:
		res.Status = "partial"
	}
	return res, nil
}
