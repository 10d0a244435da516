package cli

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"exoplanetai/internal/ingest"
)

// progress shows how far a call is: a bar on a terminal, a line every ten per
// cent otherwise.
type progress struct {
	c    *command
	name string

	mu    sync.Mutex // guards what follows; reports come from several goroutines
	pool  *mpb.Progress
	bar   *mpb.Bar
	shown int64 // tenths that were printed
}

// start begins a progress display; stop must be called.
func (c *command) start(name string) *progress { return &progress{c: c, name: clean(name)} }

// report returns the receiver to hand to a use case.
func (p *progress) report() ingest.Report {
	if p.c.common.Quiet {
		return nil
	}
	return p.update
}

// plain is report for the use cases that count one thing.
func (p *progress) plain(unit string) func(done, total int64) {
	if p.c.common.Quiet {
		return nil
	}
	return func(done, total int64) { p.update(done, total, unit, "") }
}

func (p *progress) update(done, total int64, unit, _ string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.c.term.ErrTTY {
		p.draw(done, total, unit)
		return
	}
	if total <= 0 {
		return
	}
	tenths := min(done, total) * 10 / total
	if tenths <= p.shown {
		return
	}
	p.shown = tenths
	fmt.Fprintf(p.c.term.Err, "%s: %d %% (%d of %d %s)\n", p.name, tenths*10, done, total, clean(unit))
}

// draw moves the bar; it is made when the first report comes.
func (p *progress) draw(done, total int64, unit string) {
	if p.bar == nil {
		p.pool = mpb.New(mpb.WithOutput(p.c.term.Err), mpb.WithWidth(min(p.c.term.columns(), 80)), mpb.WithRefreshRate(120*time.Millisecond))
		style := mpb.BarStyle().Lbound("").Filler("━").Tip("╸").Padding("─").Rbound("")
		if !p.c.term.UTF8 {
			style = mpb.BarStyle().Lbound("[").Filler("=").Tip(">").Padding(" ").Rbound("]")
		}
		p.bar = p.pool.New(total, style,
			mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(p.name+" ", decor.WC{C: decor.DindentRight})),
			mpb.AppendDecorators(decor.Any(tail(unit)), decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO, decor.WC{C: decor.DextraSpace}), ""), decor.Name(" left")))
	}
	p.bar.SetTotal(max(total, done), false)
	p.bar.SetCurrent(done)
}

// tail is what stands behind the bar.
func tail(unit string) decor.DecorFunc {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	if unit == "bytes" {
		number, unit = size, ""
	}
	return func(s decor.Statistics) string {
		if s.Total <= 0 {
			return fmt.Sprintf(" %s %s", number(s.Current), clean(unit))
		}
		return fmt.Sprintf(" %3d %%  %s/%s %s", s.Current*100/s.Total, number(s.Current), number(s.Total), clean(unit))
	}
}

// stop takes the bar away and waits until it is gone.
func (p *progress) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		p.bar.Abort(true)
		p.pool.Wait()
		p.bar = nil
	}
}
