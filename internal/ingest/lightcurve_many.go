package ingest

import (
	"context"
	"errors"
	"sync"

	"exoplanetai/internal/exo"
)

// LightCurveOutcome is what became of one request of many.
type LightCurveOutcome struct {
	Request LightCurveRequest `json:"request"`
	Result  *LightCurveResult `json:"result"` // null if it failed
	Code    exo.Kind          `json:"code,omitempty"`
	Detail  string            `json:"detail,omitempty"`
	Hint    string            `json:"hint,omitempty"`
}

// LightCurves does what LightCurve does for many stars, several at a time, and
// gives the outcomes in the order of the requests. One failure never stops the
// others; only a cancelled context or a full disk ends the whole.
func (s *Service) LightCurves(ctx context.Context, reqs []LightCurveRequest, report Report) ([]LightCurveOutcome, error) {
	const op = "ingest.LightCurves"
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	outcomes := make([]LightCurveOutcome, len(reqs))
	for i, req := range reqs { // until its turn comes, which it may not
		outcomes[i] = outcomeOf(req, LightCurveResult{}, exo.E(op, exo.Canceled, nil, nil))
	}
	progress := counter{report: report, total: int64(len(reqs)), unit: "targets"}
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(inWork*s.opt.Workers, len(reqs)) {
		wg.Go(func() {
			for i := range next {
				res, err := s.LightCurve(ctx, reqs[i], nil)
				outcomes[i] = outcomeOf(reqs[i], res, err)
				if errors.Is(err, exo.Full) {
					stop(err)
				}
				progress.step(reqs[i].TargetName)
			}
		})
	}
	for i := range reqs {
		select {
		case next <- i:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	wg.Wait()
	if ctx.Err() != nil {
		cause := context.Cause(ctx)
		return outcomes, exo.E(op, exo.KindOf(cause), nil, cause)
	}
	return outcomes, nil
}

func outcomeOf(req LightCurveRequest, res LightCurveResult, err error) LightCurveOutcome {
	if err != nil {
		return LightCurveOutcome{Request: req, Code: exo.KindOf(err), Detail: exo.MessageOf(err), Hint: exo.HintOf(err)}
	}
	return LightCurveOutcome{Request: req, Result: &res}
}

// counter reports progress from several goroutines.
type counter struct {
	mu     sync.Mutex
	done   int64 // under mu
	report Report
	total  int64
	unit   string
}

func (c *counter) step(message string) {
	if c.report == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	c.report(c.done, c.total, c.unit, message)
}
