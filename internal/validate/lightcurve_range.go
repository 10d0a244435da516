package validate

import (
	"fmt"
	"math"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
)

// The limits of times and corrections.
const (
	sliceGrace  = 5.0    // days around the dates of a slice
	headerGrace = 0.02   // days around TSTART and TSTOP: four times the light travel time
	maxTESSCorr = 520.0  // seconds: 1.017 au, TESS's orbit around the Earth, and the Sun's own orbit
	maxKeplCorr = 600.0  // the same for Kepler's orbit, with TDB - UTC of up to 69 s, which its correction includes
	day         = 86400. // seconds
)

// times compares the times with the mission, the slice and the header.
func (c *curve) times() {
	all := c.info.FiniteTimes
	c.look(Range, c.lc.Len())
	if all == 0 {
		c.find(lcTimeNone, c.time, fmt.Sprintf("%d rows", c.lc.Len()), "none of the %d rows has a time", c.lc.Len())
		return
	}
	c.timesPresent()
	bad := 0
	mission, end, ok := lightcurve.Window(c.lc.Mission, -1)
	if ok {
		end = min(end, lightcurve.DayOf(c.o.Now, c.lc.Scale)) + 1
		n := c.outside(lcTimeMission, mission-1, end, "outside the mission "+string(c.lc.Mission)+" or in the future")
		bad = n
		if from, to, _ := lightcurve.Window(c.lc.Mission, c.lc.SectorQuarter); c.lc.SectorQuarter >= 0 && n == 0 {
			bad = c.outside(lcTimeSlice, from-sliceGrace, to+sliceGrace, fmt.Sprintf("not in the %s %d", c.lc.Mission.SliceWord(), c.lc.SectorQuarter))
		}
	}
	start, ok1 := c.hdu.Header.Float("TSTART")
	stop, ok2 := c.hdu.Header.Float("TSTOP")
	if ok1 && ok2 {
		bad = max(bad, c.outside(lcTimeHeader, start-headerGrace, stop+headerGrace, "not between TSTART and TSTOP"))
	}
	c.values.add(c.time, all, bad)
}

// outside finds the times that do not lie between two limits.
func (c *curve) outside(rule string, from, to float64, what string) int {
	var out marked
	for i, t := range c.lc.Time {
		if isFinite(t) && (t < from || t > to) {
			out.add(i)
		}
	}
	c.look(Range, c.info.FiniteTimes)
	if out.n > 0 {
		t := c.lc.Time[out.first]
		c.find(rule, c.time, number(t), "%s: the time is %s (%s %s; allowed %s to %s)", out, what, c.lc.Scale, number(t), number(from), number(to))
	}
	return out.n
}

// number prints a value short enough for a person.
func number(x float64) string { return fmt.Sprintf("%.7g", x) }

// timesPresent finds rows without time that hold a flux, or that no flag
// explains.
func (c *curve) timesPresent() {
	var lost marked
	for i, t := range c.lc.Time {
		if !isFinite(t) && (isFinite(c.lc.Flux[i]) || c.missionProduct() && c.lc.Quality[i] == 0) {
			lost.add(i)
		}
	}
	c.look(Range, c.lc.Len()-c.info.FiniteTimes)
	c.values.add(c.time, lost.n, lost.n)
	if lost.n > 0 {
		c.find(lcTimePresent, c.time, fmt.Sprintf("%d without time", lost.n), "%s %s no time, though %s a flux or no flag", lost, lost.are("has", "have"), lost.are("it has", "they have"))
	}
}

// fluxes looks at the flux columns: those of the product, and SAP_FLUX.
func (c *curve) fluxes() {
	for _, name := range c.likeColumns("SAP_FLUX", c.lc.FluxColumn) {
		values := c.lc.Flux
		if name != c.lc.FluxColumn {
			var err error
			if values, err = c.table.Float64(nil, name); err != nil {
				continue // no numbers: structure has told
			}
		}
		c.flux(name, values)
	}
}

// likeColumns returns those of the columns that the table has, each once.
func (c *curve) likeColumns(names ...string) (list []string) {
	for _, name := range names {
		have := c.column(name)
		if have != "" && (len(list) == 0 || list[len(list)-1] != have) {
			list = append(list, have)
		}
	}
	return list
}

func (c *curve) flux(name string, values []float64) {
	var infinite, zero marked
	var good []float64
	for i, v := range values {
		switch {
		case math.IsInf(v, 0):
			infinite.add(i)
		case v == 0:
			zero.add(i)
		}
		if isFinite(v) {
			good = append(good, v)
		}
	}
	c.look(Range, len(good)+infinite.n)
	c.values.add(name, len(good)+infinite.n, infinite.n+zero.n)
	if infinite.n > 0 {
		c.find(lcFluxFinite, name, "inf", "%s: the flux is infinite", infinite)
	}
	if zero.n > 0 {
		c.find(lcFluxZero, name, "0", "%s: the flux is exactly zero", zero)
	}
	if m := median(good); len(good) > 0 && m < 0 {
		c.find(lcFluxPositive, name, number(m), "the median of %s is %s", name, number(m))
	}
}

// errors looks at the columns of uncertainties, which have a flux beside them.
func (c *curve) errors() {
	for _, col := range c.table.Columns {
		name := strings.ToUpper(col.Name)
		if col.Repeat != 1 || !strings.HasSuffix(name, "_ERR") && !strings.HasSuffix(name, "_FERR") && name != "ERROR" {
			continue
		}
		values, err := c.table.Float64(nil, col.Name)
		if err != nil {
			continue // no numbers: structure has told
		}
		var negative, zero marked
		n := 0
		for i, v := range values {
			if !math.IsNaN(v) {
				n++
			}
			switch {
			case v < 0 || math.IsInf(v, 1):
				negative.add(i)
			case v == 0:
				zero.add(i)
			}
		}
		c.look(Range, n)
		c.values.add(col.Name, n, negative.n+zero.n)
		if negative.n > 0 {
			c.find(lcErrorPositive, col.Name, number(values[negative.first]), "%s: the error is negative or infinite", negative)
		}
		if zero.n > 0 {
			c.find(lcErrorZero, col.Name, "0", "%s: the error is exactly zero", zero)
		}
	}
}

// flags looks for bits that the product's table does not explain.
func (c *curve) flags() {
	known := int32(0)
	for _, f := range lightcurve.Flags(c.lc.Flags) {
		known |= f.Value
	}
	var odd marked
	bits := int32(0)
	for i, q := range c.lc.Quality {
		if q&^known != 0 {
			odd.add(i)
			bits |= q &^ known
		}
	}
	c.look(Range, c.lc.Len())
	c.values.add(c.quality, c.lc.Len(), odd.n)
	if odd.n > 0 {
		c.find(lcFlagsKnown, c.quality, fmt.Sprint(c.lc.Quality[odd.first]), "%s: %s not in the table of the quality flags",
			odd, strings.Join(lightcurve.Decode(c.lc.Flags, bits), ", "))
	}
}

// correction bounds the barycentric correction.
func (c *curve) correction() {
	if c.corr == nil {
		return
	}
	limit := maxTESSCorr
	if c.lc.Mission != exo.TESS {
		limit = maxKeplCorr
	}
	var far marked
	n := 0
	for i, v := range c.corr {
		if !isFinite(c.lc.Time[i]) {
			continue
		}
		if n++; !(math.Abs(v)*day <= limit) {
			far.add(i)
		}
	}
	c.look(Range, n)
	c.values.add(c.corrCol, n, far.n)
	if far.n > 0 {
		c.find(lcTimeCorrection, c.corrCol, number(c.corr[far.first]), "%s: the correction to the barycentre is %s s", far, number(c.corr[far.first]*day))
	}
}
