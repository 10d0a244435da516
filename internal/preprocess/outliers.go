package preprocess

import "math"

// Sides says which outliers count: those above the centre, below it, or both.
type Sides string

// The sides. The empty word is SidesBoth.
const (
	SidesBoth  Sides = "both"
	SidesUpper Sides = "upper"
	SidesLower Sides = "lower"
)

// SigmaClipOptions are the parameters of SigmaClip.
type SigmaClipOptions struct {
	Lower    float64 // limit below the median in standard deviations; +Inf: none
	Upper    float64 // limit above it; +Inf: none
	MaxIters int     // passes at most; 0: until nothing changes
	Grow     int     // also drop neighbours within this many samples
	MADStd   bool    // 1.4826 times the median absolute deviation instead of the standard deviation
}

// ClipBounds says what an outlier method came to.
type ClipBounds struct {
	Lower, Upper float64 // a value beyond is an outlier; infinite: no limit on that side
	Center       float64 // median (of the last pass)
	Scale        float64 // deviation of the method (of the last pass); the distance of the quartiles for iqr
	From         string  // what Scale is: "std", "mad", "meanad", "iqr", or "zero": nothing can be flagged
	Q1, Q3       float64 // quartiles, iqr only
	Iterations   int     // passes made
	Flagged      int     // values that were flagged
}

// outlierWork is the memory of the outlier methods. The zero value is ready; one
// goroutine uses it at a time.
type outlierWork struct {
	stat statWork
	y    []float64 // what a pass left
	at   []int32   // rows far out
}

// SigmaClip flags the values of x farther than the limits from the median, in
// standard deviations about the mean of what the pass before left, over and over
// until nothing changes or MaxIters passes are made. x has no NaN.
//
// As astropy.stats.sigma_clip(x, sigma_lower, sigma_upper, maxiters,
// cenfunc="median", stdfunc="std", grow): all values are compared with the last
// limits, so that with uneven limits one that was left out early may come back;
// with Grow > 0 none does. A limit of +Inf is none, also where the deviation is
// zero. Where a pass leaves no value its limits are the last.
func SigmaClip(x []float64, o SigmaClipOptions) ([]bool, ClipBounds) {
	var w outlierWork
	bad := make([]bool, len(x))
	return bad, w.sigmaClip(x, o, bad)
}

// MADClip flags the values of x farther than k robust deviations from the
// median, in one pass: astropy.stats.sigma_clip(x, k, maxiters=1,
// stdfunc="mad_std"). Where more than half the values are equal the mean
// absolute deviation takes the place of the median one.
func MADClip(x []float64, k float64, sides Sides) ([]bool, ClipBounds) {
	var w outlierWork
	bad := make([]bool, len(x))
	return bad, w.madClip(x, k, sides, bad)
}

// IQRClip flags the values of x more than k interquartile distances outside the
// quartiles (Tukey, Exploratory Data Analysis, 1977, with k = 1.5); none where
// the quartiles are equal.
func IQRClip(x []float64, k float64, sides Sides) ([]bool, ClipBounds) {
	var w outlierWork
	bad := make([]bool, len(x))
	return bad, w.iqrClip(x, k, sides, bad)
}

// ModifiedZScore flags the values of x whose modified z-score exceeds the
// threshold, and returns the scores (Iglewicz and Hoaglin, How to Detect and
// Handle Outliers, 1993: M = 0.6745 (x - median)/MAD, threshold 3.5).
func ModifiedZScore(x []float64, threshold float64, sides Sides) (bad []bool, z []float64, b ClipBounds) {
	var w outlierWork
	bad, z = make([]bool, len(x)), make([]float64, len(x))
	b = w.modifiedZ(x, threshold, sides, bad)
	if b.Scale > 0 {
		for i, v := range x {
			z[i] = (v - b.Center) / b.Scale
		}
	}
	return bad, z, b
}

// flagOutside sets bad[i] where x[i] < lo or x[i] > hi, and counts them.
func flagOutside(x []float64, lo, hi float64, bad []bool) int {
	bad = bad[:len(x)]
	n := 0
	for i, v := range x {
		if v < lo || v > hi {
			bad[i] = true
			n++
		}
	}
	return n
}

// madClip is MADClip; it writes each bad[i].
func (w *outlierWork) madClip(x []float64, k float64, sides Sides, bad []bool) ClipBounds {
	c := w.stat.median(x)
	s, from := w.stat.robustScale(x, c)
	return flagFar(x, c, k*s, sides, bad, ClipBounds{Center: c, Scale: s, From: from})
}

// modifiedZ is ModifiedZScore without the scores, which are
// (x - Center)/Scale, or 0 where From is "zero"; it writes each bad[i].
func (w *outlierWork) modifiedZ(x []float64, threshold float64, sides Sides, bad []bool) ClipBounds {
	c := w.stat.median(x)
	s, from := w.stat.robustScale(x, c)
	switch from {
	case "mad":
		s = s / madToSigma / 0.6745
	case "meanad":
		s = s / meanadToSigma * 1.253314
	}
	return flagFar(x, c, threshold*s, sides, bad, ClipBounds{Center: c, Scale: s, From: from})
}

// flagFar flags what is farther than limit from c on the sides asked for.
func flagFar(x []float64, c, limit float64, sides Sides, bad []bool, b ClipBounds) ClipBounds {
	bad = bad[:len(x)]
	clear(bad)
	b.Lower, b.Upper, b.Iterations = math.Inf(-1), math.Inf(1), 1
	if !(b.Scale > 0) {
		return b
	}
	if sides != SidesUpper {
		b.Lower = c - limit
	}
	if sides != SidesLower {
		b.Upper = c + limit
	}
	for i, v := range x {
		d := v - c
		if d > limit && sides != SidesLower || -d > limit && sides != SidesUpper {
			bad[i] = true
			b.Flagged++
		}
	}
	return b
}

// iqrClip is IQRClip; it writes each bad[i].
func (w *outlierWork) iqrClip(x []float64, k float64, sides Sides, bad []bool) ClipBounds {
	bad = bad[:len(x)]
	clear(bad)
	b := ClipBounds{Lower: math.Inf(-1), Upper: math.Inf(1), Center: w.stat.median(x), From: "iqr", Iterations: 1}
	b.Q1, b.Q3 = w.stat.percentile(x, 25), w.stat.percentile(x, 75)
	b.Scale = min(b.Q3-b.Q1, math.MaxFloat64)
	if !(b.Scale > 0) {
		b.From = "zero"
		return b
	}
	if sides != SidesUpper {
		b.Lower = b.Q1 - float64(k*b.Scale)
	}
	if sides != SidesLower {
		b.Upper = b.Q3 + float64(k*b.Scale)
	}
	lo, hi := b.Lower, b.Upper
	if sides == SidesUpper { // above the limit and above the centre: k may be 0
		hi = math.Max(hi, b.Center)
	}
	b.Flagged = flagOutside(x, lo, hi, bad)
	return b
}

// addVotes adds one to votes[i] where bad[i].
func addVotes(bad []bool, votes []uint8) {
	votes = votes[:len(bad)]
	for i, v := range bad {
		if v {
			votes[i]++
		}
	}
}

// countVotes flags the rows with at least least votes and counts them; it
// writes each bad[i]. More than half of m members are m/2+1.
// (docs/preprocessing.md, ensemble.)
func countVotes(votes []uint8, least int, bad []bool) int {
	bad = bad[:len(votes)]
	n := 0
	for i, v := range votes {
		bad[i] = int(v) >= least
		if bad[i] {
			n++
		}
	}
	return n
}

// Vote flags the rows that at least least of the members flag; the members have
// equal lengths. (docs/preprocessing.md, ensemble; by default more than half,
// len(members)/2+1.)
func Vote(members [][]bool, least int) []bool {
	if len(members) == 0 {
		return nil
	}
	votes, bad := make([]uint8, len(members[0])), make([]bool, len(members[0]))
	for _, m := range members {
		addVotes(m, votes)
	}
	countVotes(votes, least, bad)
	return bad
}
