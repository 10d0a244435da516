package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/jobs"
)

// batchTables make a batch.
var batchTables = []catalog.Type{catalog.KOI, catalog.TOI, catalog.K2}

// Batch ingests koi, toi and k2 side by side. The failure of one never stops
// the others; the only errors are that the caller gave up, and that of a queue of
// jobs. As a job it keeps how each table went, and one that is taken up after a
// kill does not fetch again what was finished.
func (s *Service) Batch(ctx context.Context, req BatchRequest, report Report) (BatchResult, error) {
	results := make([]TableResult, len(batchTables))
	errs := make([]error, len(batchTables))
	wanted := make([]bool, len(batchTables)) // something has to follow the table
	kept := jobs.BatchOf(ctx)
	before, err := kept.Outcomes(ctx)
	if err != nil {
		return BatchResult{}, err
	}
	var done atomic.Int64
	tell := func(message string) {
		if report != nil {
			report(done.Load(), int64(len(batchTables)), "tables", message)
		}
	}
	var group errgroup.Group
	group.SetLimit(s.opt.Workers)
	for i, t := range batchTables {
		group.Go(func() (err error) {
			if !finished(before[string(t)], &results[i]) {
				results[i], errs[i] = s.table(ctx, TableRequest{TableType: string(t), ForceRefresh: req.ForceRefresh},
					func(_, _ int64, _, message string) { tell(message) },
					later(&wanted[i]))
				err = s.keep(ctx, kept, t, results[i], errs[i])
			} else {
				wanted[i] = true // a kill may have come before what follows was made
			}
			done.Add(1)
			tell("the " + string(t) + " table is done")
			return err
		})
	}
	lost := group.Wait() // the errors of tables are in errs
	if err := ctx.Err(); err != nil {
		return BatchResult{}, exo.E("ingest.Batch", exo.KindOf(err), nil, err)
	}
	if lost != nil {
		return BatchResult{}, lost
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

// finished takes over the result of a table that an earlier run of the job finished.
func finished(o jobs.Outcome, res *TableResult) bool {
	return o.OK && json.Unmarshal(o.Result, res) == nil
}

// keep notes how a table went. A note that is too long is left out: then a run
// after a kill asks for the table again. What a kill or a cancel cut short is no
// outcome.
func (s *Service) keep(ctx context.Context, kept *jobs.Batch, t catalog.Type, res TableResult, failed error) error {
	if ctx.Err() != nil {
		return nil
	}
	err := kept.Note(ctx, string(t), res, failed)
	if errors.Is(err, exo.TooLarge) {
		s.opt.Log.Warn("how a table of a batch went is too long to be kept", "table", string(t), "error", err)
		return nil
	}
	return err
}
