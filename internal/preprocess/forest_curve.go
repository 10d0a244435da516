package preprocess

import (
	"context"
	"math"
	"slices"
)

// runningWindow is the number of points that a row of a light curve is compared
// with, itself among them.
const runningWindow = 101

// outliers flags the rows of a light curve, or of what is not protected of it,
// that are strange to the forest and far from their neighbours: a score above the
// (1 - contamination) percentile, and |z| > minZ on the sides asked for. minZ = 0
// is no condition. It writes each bad[i]. x has no NaN; segs are its pieces
// between gaps. (docs/preprocessing.md, the outlier method isolation_forest.)
func (w *forestWork) outliers(ctx context.Context, _, x []float64, segs []span, o ForestOptions, contamination, minZ float64, sides Sides, bad []bool) error {
	bad = bad[:len(x)]
	clear(bad)
	w.feature, w.score = grown(w.feature, 2*len(x)), grown(w.score, len(x))
	for _, s := range segs {
		w.running(x[s.start:s.end], w.feature[2*s.start:2*s.end])
	}
	if err := w.scores(ctx, w.feature, 2, o, w.score); err != nil {
		return err
	}
	limit := w.stat.percentile(w.score, 100*(1-contamination))
	for i, s := range w.score {
		z := w.feature[2*i]
		bad[i] = s > limit && (minZ <= 0 || math.Abs(z) > minZ) && sides.hold(z)
	}
	return nil
}

// hold reports whether a value that far from the centre lies on a side asked for.
func (s Sides) hold(z float64) bool {
	switch s {
	case SidesUpper:
		return z > 0
	case SidesLower:
		return z < 0
	}
	return true
}

// running makes the two features of each row of a piece without gaps: z, the
// distance from the running median in robust deviations (those of the outlier
// method mad), and z minus the mean of its neighbours' z.
func (w *forestWork) running(x, feature []float64) {
	const half = runningWindow / 2
	n := len(x)
	feature = feature[:2*n]
	v := &w.window
	v.fill(x[:min(half, n)])
	for i := range x {
		switch in, out := i+half, i-half-1; {
		case in < n && out >= 0:
			v.replace(x[out], x[in])
		case in < n:
			v.insert(x[in])
		case out >= 0:
			v.remove(x[out])
		}
		feature[2*i] = v.score(x[i])
	}
	for i := range x {
		z := feature[2*i]
		switch {
		case n == 1:
			feature[1] = 0
		case i == 0:
			feature[1] = z - feature[2]
		case i == n-1:
			feature[2*i+1] = z - feature[2*i-2]
		default:
			feature[2*i+1] = z - (feature[2*i-2]+feature[2*i+2])/2
		}
	}
}

// sortedWindow keeps the values of a running window in order.
type sortedWindow struct {
	v [2 * 64]float64
	n int
}

// fill takes the values in.
func (s *sortedWindow) fill(x []float64) {
	s.n = copy(s.v[:], x)
	slices.Sort(s.v[:s.n])
}

// find returns how many values are below x.
func (s *sortedWindow) find(x float64) int {
	at := 0
	for step := 64; step > 0; step /= 2 {
		if next := at + step; next <= s.n && s.v[(next-1)&127] < x {
			at = next
		}
	}
	return at
}

func (s *sortedWindow) insert(x float64) {
	at := s.find(x)
	copy(s.v[at+1:s.n+1], s.v[at:s.n])
	s.v[at] = x
	s.n++
}

func (s *sortedWindow) remove(x float64) {
	at := s.find(x)
	copy(s.v[at:s.n-1], s.v[at+1:s.n])
	s.n--
}

// replace is remove and insert in one.
func (s *sortedWindow) replace(out, in float64) {
	p, q := s.find(out), s.find(in)
	if q > p {
		copy(s.v[p:q-1], s.v[p+1:q])
		s.v[q-1] = in
		return
	}
	copy(s.v[q+1:p+1], s.v[q:p])
	s.v[q] = in
}

// score returns (x - median)/deviation, 0 where there is no deviation.
func (s *sortedWindow) score(x float64) float64 {
	v, n := s.v[:s.n], s.n
	c := v[n/2]
	if n%2 == 0 {
		c = (v[n/2-1] + c) / 2
	}
	mad := deviationRank(v, c, n/2)
	if n%2 == 0 {
		mad = (deviationRank(v, c, n/2-1) + mad) / 2
	}
	if mad > 0 {
		return (x - c) / (madToSigma * mad)
	}
	sum := 0.0
	for _, a := range v {
		sum += math.Abs(a - c)
	}
	if sum > 0 {
		return (x - c) / (meanadToSigma * (sum / float64(n)))
	}
	return 0
}

// deviationRank returns the value of rank k, from 0, among |v - c|, v sorted. The
// k+1 values nearest to c stand side by side in v: the run of that length is
// looked for where its two ends are as far from c as each other.
func deviationRank(v []float64, c float64, k int) float64 {
	lo, hi := 0, len(v)-1-k // first run whose upper end is the farther one
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if v[mid+k]-c >= c-v[mid] {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	d := max(v[lo+k]-c, c-v[lo])
	if lo > 0 {
		d = min(d, max(v[lo-1+k]-c, c-v[lo-1]))
	}
	return d
}
