package api

import (
	"encoding/binary"
	"math"
	"strconv"

	"exoplanetai/internal/exo"
)

// column is one column of the JSON and CSV forms. get gives a float, or, with
// whole, an integer that is exact in it.
type column struct {
	name      string
	whole     bool
	processed bool // there only if something was processed
	get       func(p *piece, row int32) float64
}

// curveColumns are the columns in their order.
func curveColumns() []column {
	return []column{
		{name: "time", get: func(p *piece, i int32) float64 { return p.Raw.Time[i] }},
		{name: "raw_flux", get: func(p *piece, i int32) float64 { return p.Raw.Flux[i] }},
		{name: "raw_flux_err", get: func(p *piece, i int32) float64 { return at(p.Raw.FluxErr, i) }},
		{name: "flux", processed: true, get: func(p *piece, i int32) float64 { return p.Result.Flux[i] }},
		{name: "flux_err", processed: true, get: func(p *piece, i int32) float64 { return p.Result.FluxErr[i] }},
		{name: "trend", processed: true, get: func(p *piece, i int32) float64 { return p.Result.Trend[i] }},
		{name: "segment", whole: true, processed: true, get: func(p *piece, i int32) float64 { return float64(p.Result.Segment[i]) }},
		{name: "flag", whole: true, get: func(p *piece, i int32) float64 { return float64(p.flag(i)) }},
		{name: "quality", whole: true, get: func(p *piece, i int32) float64 { return whole(p.Raw.Quality, i) }},
		{name: "cadence", whole: true, get: func(p *piece, i int32) float64 { return whole(p.Raw.Cadence, i) }},
		{name: "sector", whole: true, get: func(p *piece, _ int32) float64 { return float64(p.Raw.SectorQuarter) }},
	}
}

func at(x []float64, i int32) float64 {
	if x == nil {
		return math.NaN()
	}
	return x[i]
}

func whole(x []int32, i int32) float64 {
	if x == nil {
		return 0
	}
	return float64(x[i])
}

// columns are those that this answer has.
func (a *curveAnswer) columns() []column {
	processed := len(a.pieces) > 0
	for i := range a.pieces {
		processed = processed && a.pieces[i].Result != nil
	}
	var list []column
	for _, c := range curveColumns() {
		if processed || !c.processed {
			list = append(list, c)
		}
	}
	return list
}

// appendValue writes the shortest digits that give the same number back.
func (c column) appendValue(b []byte, x float64, null string) []byte {
	switch {
	case c.whole:
		return strconv.AppendInt(b, int64(x), 10)
	case !isFinite(x):
		return append(b, null...)
	}
	return strconv.AppendFloat(b, x, 'g', -1, 64)
}

// writeCSV writes a header line and one line a row (RFC 4180); what is unknown
// is empty.
func (a *curveAnswer) writeCSV(c *chunks) {
	cols := a.columns()
	for k, col := range cols {
		if k > 0 {
			c.buf = append(c.buf, ',')
		}
		c.buf = append(c.buf, col.name...)
	}
	c.buf = append(c.buf, '\r', '\n')
	for i := range a.pieces {
		p := &a.pieces[i]
		for _, row := range p.rows {
			for k, col := range cols {
				if k > 0 {
					c.buf = append(c.buf, ',')
				}
				c.buf = col.appendValue(c.buf, col.get(p, row), "")
			}
			c.buf = append(c.buf, '\r', '\n')
			c.room()
		}
	}
}

// pointBytes is the size of a point in the binary form: float64 time, float32
// flux, float32 trend, uint8 flags.
const pointBytes = 8 + 4 + 4 + 1

// writeBin writes the binary form, docs/format/curve.md: column after column,
// little-endian.
func (a *curveAnswer) writeBin(c *chunks) {
	a.each(c, func(p *piece, row int32) {
		c.buf = binary.LittleEndian.AppendUint64(c.buf, math.Float64bits(p.Raw.Time[row]))
	})
	a.each(c, func(p *piece, row int32) {
		flux := p.Raw.Flux[row]
		if !a.q.raw {
			flux = p.Result.Flux[row]
		}
		c.buf = binary.LittleEndian.AppendUint32(c.buf, math.Float32bits(float32(flux)))
	})
	a.each(c, func(p *piece, row int32) {
		trend := math.NaN()
		if p.Result != nil {
			trend = p.Result.Trend[row]
		}
		c.buf = binary.LittleEndian.AppendUint32(c.buf, math.Float32bits(float32(trend)))
	})
	a.each(c, func(p *piece, row int32) { c.buf = append(c.buf, uint8(p.flag(row))) })
}

func (a *curveAnswer) each(c *chunks, write func(p *piece, row int32)) {
	for i := range a.pieces {
		p := &a.pieces[i]
		for _, row := range p.rows {
			write(p, row)
			c.room()
		}
	}
}

// scale is that of the times: one star of one mission has one.
func (a *curveAnswer) scale() exo.Scale {
	if len(a.pieces) == 0 {
		return ""
	}
	return a.pieces[0].Raw.Scale
}
