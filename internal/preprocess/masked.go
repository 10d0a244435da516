package preprocess

import (
	"context"
	"math"
)

// SavgolMasked returns the Savitzky–Golay trend of one segment with weight 0
// for masked rows and for cadences that are absent, at every row. t are finite
// days in order, x has no NaN, mask may be nil; cadence in days, 0: the median
// one. The window, in cadences, grows by half where less than half of it is
// unmasked. With nothing masked the trend is Savgol's; with everything masked
// it is the median. Errors: exo.Invalid for a bad window or order, or unequal
// lengths; the context's. (docs/preprocessing.md, savgol_masked.)
func SavgolMasked(ctx context.Context, t, x []float64, mask []bool, window, order int, cadence float64) ([]float64, error) {
	const op = "SavgolMasked"
	if err := checkWindow(op, window, order); err != nil {
		return nil, err
	}
	if err := checkRows(op, t, x, mask); err != nil {
		return nil, err
	}
	var w baseWork
	trend := make([]float64, len(x))
	return trend, w.masked(ctx, t, x, mask, window, order, cadence, trend)
}

// masked is SavgolMasked; an even window is raised by one.
func (w *baseWork) masked(ctx context.Context, t, x []float64, mask []bool, window, order int, cadence float64, trend []float64) error {
	if len(x) == 0 {
		return nil
	}
	w.setGrid(t, cadence)
	off := w.setUsed(x, mask)
	if len(w.usedX) == 0 {
		fill(trend, off)
		return nil
	}
	f := newMaskedFit(w, window, order)
	for i, at := range w.grid {
		if i%ctxRows == 0 || f.work > ctxWork {
			f.work = 0
			if err := ended(ctx, "savgol_masked"); err != nil {
				return err
			}
		}
		trend[i] = off + f.at(at)
	}
	return nil
}

// setGrid sets the place of each row on the grid of cadences; the row's number
// where these do not rise.
func (w *baseWork) setGrid(t []float64, cadence float64) {
	if !(cadence > 0) || math.IsInf(cadence, 1) {
		cadence = w.stat.medianCadence(t)
	}
	w.grid = grown(w.grid, len(t))
	last := -1
	for i, v := range t {
		k := math.RoundToEven((v - t[0]) / cadence)
		if !(k > float64(last)) || k > 1<<40 {
			for i := range w.grid {
				w.grid[i] = i
			}
			return
		}
		last = int(k)
		w.grid[i] = last
	}
}

// setUsed collects the unmasked rows and returns their median, which is taken
// from them; the median of all where everything is masked.
func (w *baseWork) setUsed(x []float64, mask []bool) float64 {
	w.usedAt, w.usedX = grown(w.usedAt, len(x))[:0], grown(w.usedX, len(x))[:0]
	for i, v := range x {
		if mask == nil || !mask[i] {
			w.usedAt, w.usedX = append(w.usedAt, w.grid[i]), append(w.usedX, v)
		}
	}
	if len(w.usedX) == 0 {
		return w.stat.median(x)
	}
	off := w.stat.median(w.usedX)
	for i := range w.usedX {
		w.usedX[i] -= off
	}
	return off
}

// ortho evaluates least-squares polynomials by polynomials orthogonal on the
// very points (Forsythe, J. SIAM 5, 74, 1957), which stays exact whatever the
// points.
type ortho struct{ u, p, before []float64 }

// at returns the polynomial of the given order through (k, x) at g; 0 without
// points.
func (o *ortho) at(k []int, x []float64, g, order int) float64 {
	n := len(k)
	if n == 0 {
		return 0
	}
	o.u, o.p, o.before = grown(o.u, n), grown(o.p, n), grown(o.before, n)
	u, p, before := o.u, o.p, o.before
	half := max(1, float64(k[n-1]-k[0])/2)
	mid := float64(k[0]) + float64(k[n-1]-k[0])/2
	for i, v := range k {
		u[i] = (float64(v) - mid) / half
	}
	fill(p, 1)
	fill(before, 0)
	at, atBefore, b, value, last := (float64(g)-mid)/half, 0.0, 0.0, 0.0, 1.0
	for d := 0; ; d++ {
		var dot, norm, a float64
		for i, v := range p {
			dot += v * x[i]
			norm += v * v
			a += u[i] * v * v
		}
		if !(norm > 0) {
			return value
		}
		value += dot / norm * last
		if d == order {
			return value
		}
		a /= norm
		if d > 0 {
			b = norm / b
		}
		for i, v := range p {
			p[i], before[i] = (u[i]-a)*v-b*before[i], v
		}
		last, atBefore = (at-a)*last-b*atBefore, last
		b = norm
	}
}
