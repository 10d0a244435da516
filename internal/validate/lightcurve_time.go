package validate

import (
	"fmt"
	"math"
	"slices"
)

const (
	sameMoment = 0.01 // of a cadence: two rows are of one moment
	sameStep   = 0.03 // of a cadence: header and times agree
	onLine     = 0.5  // of a cadence: a time is where its number puts it
	leastSlack = 10.0 // seconds, for that
	drift      = 10.0 // seconds a day by which the barycentre's correction changes, at most
	copied     = 8    // values that never repeat by chance
)

// repeats finds moments and cadence numbers that stand in the table twice.
func (c *curve) repeats() {
	tolerance := 0.0
	if isFinite(c.lc.CadenceS) {
		tolerance = sameMoment * c.lc.CadenceS / day
	}
	times := make([]stamped, 0, c.info.FiniteTimes)
	numbers := make([]stamped, 0, c.lc.Len())
	for i, t := range c.lc.Time {
		if isFinite(t) {
			times = append(times, stamped{t, i})
		}
		if c.cadence != "" {
			numbers = append(numbers, stamped{float64(c.lc.Cadence[i]), i})
		}
	}
	if twice := sameValues(times, tolerance); twice.n > 0 {
		c.find(lcTimeRepeated, c.time, number(c.lc.Time[twice.first]), "%s %s the time of another row", twice, twice.are("has", "have"))
		c.relations.add(c.time, twice.n, twice.n)
	}
	c.look(Duplicates, len(times)+len(numbers))
	if twice := sameValues(numbers, 0); twice.n > 0 {
		c.find(lcCadenceRepeated, c.cadence, fmt.Sprint(c.lc.Cadence[twice.first]), "%s %s the cadence number of another row", twice, twice.are("has", "have"))
		c.relations.add(c.cadence, twice.n, twice.n)
	}
}

// stamped is a value with its row.
type stamped struct {
	v   float64
	row int
}

// sameValues finds the rows, but the first of each, whose values are equal to a
// tolerance.
func sameValues(list []stamped, tolerance float64) marked {
	slices.SortStableFunc(list, func(a, b stamped) int {
		switch {
		case a.v < b.v:
			return -1
		case a.v > b.v:
			return 1
		}
		return a.row - b.row
	})
	var again []int
	for k := 1; k < len(list); k++ {
		if list[k].v-list[k-1].v <= tolerance {
			again = append(again, max(list[k].row, list[k-1].row))
		}
	}
	slices.Sort(again)
	var twice marked
	for _, i := range slices.Compact(again) {
		twice.add(i)
	}
	return twice
}

// copies finds runs of flux that stand in the table twice, or stand still. Zero
// is told of by another rule.
func (c *curve) copies() {
	flux := c.lc.Flux
	type pair [2]float64
	seen := make(map[pair]int, len(flux))
	var again marked
	runs := 0
	for i := 0; i+copied <= len(flux); i++ {
		p := pair{flux[i], flux[i+1]}
		if !isFinite(p[0]) || !isFinite(p[1]) || p[0] == 0 {
			continue
		}
		runs++
		j, ok := seen[p]
		if !ok {
			seen[p] = i
			continue
		}
		if slices.Equal(flux[j:j+copied], flux[i:i+copied]) {
			for k := range copied {
				if again.n == 0 || i+k > again.last {
					again.add(i + k)
				}
			}
		}
	}
	c.look(Duplicates, runs)
	c.relations.add(c.lc.FluxColumn, c.lc.Len(), again.n)
	if again.n > 0 {
		c.find(lcFluxCopied, c.lc.FluxColumn, number(flux[again.first]), "%s: the flux repeats earlier rows value by value", again)
	}
}

// order finds rows that go back in time.
func (c *curve) order() {
	last := math.Inf(-1)
	var back marked
	for i, t := range c.lc.Time {
		if !isFinite(t) {
			continue
		}
		if t < last {
			back.add(i)
		}
		last = max(last, t)
	}
	n := max(0, c.info.FiniteTimes-1)
	c.look(Quality, n)
	c.relations.add(c.time, n, back.n)
	if back.n > 0 {
		c.find(lcTimeOrder, c.time, number(c.lc.Time[back.first]), "%s %s earlier than a row above", back, back.are("is", "are"))
	}
}

// cadences compares times, numbers and the header's cadence.
func (c *curve) cadences() {
	if c.missionProduct() && c.cadence != "" {
		var gap marked
		for i := 1; i < c.lc.Len(); i++ {
			if int64(c.lc.Cadence[i])-int64(c.lc.Cadence[i-1]) != 1 {
				gap.add(i)
			}
		}
		c.look(Quality, c.lc.Len()-1)
		c.relations.add(c.cadence, c.lc.Len()-1, gap.n)
		if gap.n > 0 {
			c.find(lcCadenceGap, c.cadence, fmt.Sprint(c.lc.Cadence[gap.first]), "%s: the cadence number does not follow that of the row above", gap)
		}
	}
	step := c.step()
	if !isFinite(step) || !isFinite(c.lc.CadenceS) {
		return
	}
	c.look(Quality, 1)
	wrong := math.Abs(step-c.lc.CadenceS) > sameStep*c.lc.CadenceS
	c.relations.add("TIMEDEL", 1, toInt(wrong))
	switch {
	case wrong:
		c.find(lcCadenceStep, "TIMEDEL", fmt.Sprintf("%.4g s", c.lc.CadenceS), "the header says %.4g s from row to row, the times %.4g s", c.lc.CadenceS, step)
	case c.cadence != "":
		c.numbered()
	default:
		c.stepped()
	}
}

// step returns the middle time from row to row, seconds; NaN for too few rows.
func (c *curve) step() float64 {
	var steps []float64
	last := math.NaN()
	for _, t := range c.lc.Time {
		if d := t - last; isFinite(d) && d > 0 {
			steps = append(steps, d)
		}
		last = t
	}
	if len(steps) < 3 {
		return math.NaN()
	}
	return median(steps) * day
}

// numbered compares each time with the one that its cadence number gives. The
// pace is kept at the spacecraft: where the file has the correction to the
// barycentre it is taken off, else it is allowed for.
func (c *curve) numbered() {
	step := c.lc.CadenceS / day
	off := make([]float64, c.lc.Len())
	var good []float64
	for i, t := range c.lc.Time {
		off[i] = t - float64(c.lc.Cadence[i])*step
		if c.corr != nil {
			off[i] -= c.corr[i]
		}
		if isFinite(off[i]) {
			good = append(good, off[i])
		}
	}
	zero := median(good)
	slack, perDay := max(onLine*step, leastSlack/day), 0.0
	if c.corr == nil {
		perDay = drift / day
	}
	middle := (c.info.First + c.info.Last) / 2
	var away marked
	worst := 0.0
	for i := range off {
		d := math.Abs(off[i] - zero)
		if isFinite(d) && d > slack+perDay*math.Abs(c.lc.Time[i]-middle) {
			away.add(i)
			worst = max(worst, d)
		}
	}
	c.offLine(away, len(good), worst)
}

// stepped is numbered for products without numbers: steps are whole cadences.
func (c *curve) stepped() {
	step := c.lc.CadenceS / day
	var away marked
	n, last, worst := 0, math.NaN(), 0.0
	for i, t := range c.lc.Time {
		if !isFinite(t) {
			continue
		}
		d := t - last
		last = t
		if !isFinite(d) || d <= 0 {
			continue
		}
		n++
		rest := math.Abs(d - step*math.Round(d/step))
		if rest > 0.1*step+drift/day*d {
			away.add(i)
			worst = max(worst, rest)
		}
	}
	c.offLine(away, n, worst)
}

func (c *curve) offLine(away marked, n int, worst float64) {
	c.look(Quality, n)
	c.relations.add(c.time, n, away.n)
	if away.n > 0 {
		c.find(lcTimeCadence, c.time, number(c.lc.Time[away.first]), "%s: the time is up to %.4g s from where its cadence puts it", away, worst*day)
	}
}

// coverage looks at gaps and flags.
func (c *curve) coverage() {
	var bare marked
	timed, fluxes, flagged := 0, 0, 0
	for i, t := range c.lc.Time {
		if c.lc.Quality[i] != 0 {
			flagged++
		}
		if !isFinite(t) {
			continue
		}
		timed++
		switch {
		case isFinite(c.lc.Flux[i]):
			fluxes++
		case c.lc.Quality[i] == 0:
			bare.add(i)
		}
	}
	c.look(Quality, 3)
	if timed > 0 && fluxes == 0 {
		c.find(lcFluxNone, c.lc.FluxColumn, "0 values", "none of the %d rows with a time has a value of %s", timed, c.lc.FluxColumn)
		return
	}
	if bare.n > 0 {
		c.find(lcFluxUnflagged, c.lc.FluxColumn, bare.count(), "%s %s no flux, and no flag says why", bare, bare.are("has", "have"))
	}
	if s := (share{flagged, c.lc.Len()}).value(); s > 0.5 {
		c.find(lcFlagged, c.quality, fmt.Sprintf("%.0f %%", 100*s), "%d of the %d rows are flagged (%.0f %%)", flagged, c.lc.Len(), 100*s)
	}
	expected := c.expected()
	if s := (share{fluxes, expected}).value(); s < 0.5 {
		c.find(lcCoverage, c.lc.FluxColumn, fmt.Sprintf("%.0f %%", 100*s), "%d of %d cadences have time and flux (%.0f %%)", fluxes, expected, 100*s)
	}
}

// expected is the number of cadences from the first time to the last.
func (c *curve) expected() int {
	if n := c.info.SpanDays() * day / c.lc.CadenceS; n >= 0 && n < 1e8 {
		return int(math.Round(n)) + 1
	}
	return c.lc.Len()
}
