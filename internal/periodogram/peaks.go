package periodogram

import (
	"cmp"
	"math"
	"slices"
)

// MaxPeaks is how many peaks Peaks gives.
const MaxPeaks = 100

// PeakOptions says what is a peak. Zero values are good.
type PeakOptions struct {
	Most       int     // peaks; 0: 10, at most MaxPeaks
	Separation float64 // a peak is the highest within this share of its period; 0: 0.005, or two of the longest durations found over the baseline if that is more
}

// Peak is a period whose power is the greatest of its surroundings.
type Peak struct {
	Box
	Index         int // in the result
	Power         float64
	Depth         Measure
	SNR           float64
	LogLikelihood float64
	SDE           float64 // signal detection efficiency: power above the mean of all, in standard deviations of all

	Of    int    // number of the stronger peak that this one belongs to; -1: none
	Ratio [2]int // period over that peak's, as numerator and denominator; 0, 0: none
}

// ratios are one, and those that a box makes by itself, or a binary star with two
// eclipses: every other transit, two for one, and so on.
func ratios() [][2]int {
	return [][2]int{{1, 1}, {1, 2}, {2, 1}, {1, 3}, {3, 1}, {2, 3}, {3, 2}, {1, 4}, {4, 1}, {3, 4}, {4, 3}}
}

// Peaks returns the highest peaks of a result, the highest first; none if its
// periods do not increase. baseline is that of the curve in days.
//
// A peak is marked as belonging to a stronger one if their periods have a ratio
// of small whole numbers so nearly that over the baseline the transits do not
// move by more than a duration.
func Peaks(r *Result, baseline float64, o PeakOptions) []Peak {
	if o.Most <= 0 {
		o.Most = 10
	}
	o.Most = min(o.Most, MaxPeaks)
	if o.Separation <= 0 && len(r.Duration) > 0 {
		o.Separation = max(0.005, 2*slices.Max(r.Duration)/baseline)
	}
	o.Separation = min(o.Separation, 0.5)
	mean, std := spread(r.Power)
	list := []Peak{}
	for _, i := range summits(r, o) {
		p := Peak{
			Box: r.Box(i), Index: i, Power: r.Power[i], Depth: Measure{r.Depth[i], r.DepthErr[i]},
			SNR: r.DepthSNR[i], LogLikelihood: r.LogLikelihood[i], Of: -1,
		}
		if std > 0 {
			p.SDE = (p.Power - mean) / std
		}
		list = append(list, p)
	}
	for i := range list {
		list[i].Of, list[i].Ratio = belongs(list, i, baseline)
	}
	return list
}

// summits returns the highest periods that have none higher within the
// separation, by power. The first of several equal ones counts.
func summits(r *Result, o PeakOptions) []int {
	if !slices.IsSorted(r.Period) {
		return nil
	}
	var found, window []int // window: a queue of falling power
	next := 0
	for i, period := range r.Period {
		for ; next < len(r.Period) && r.Period[next] <= period*(1+o.Separation); next++ {
			for len(window) > 0 && r.Power[window[len(window)-1]] < r.Power[next] {
				window = window[:len(window)-1]
			}
			window = append(window, next)
		}
		for r.Period[window[0]] < period*(1-o.Separation) {
			window = window[1:]
		}
		if window[0] == i && r.Power[i] > 0 {
			found = append(found, i)
		}
	}
	slices.SortStableFunc(found, func(a, b int) int { return cmp.Compare(r.Power[b], r.Power[a]) })
	return found[:min(len(found), o.Most)]
}

// belongs finds the strongest peak that peak i belongs to.
func belongs(list []Peak, i int, baseline float64) (of int, ratio [2]int) {
	for j := range i {
		if q, _ := Ratio(list[i].Period, list[j].Period, max(list[i].Duration, list[j].Duration)/baseline); q[0] > 0 && q[0] != q[1] {
			return j, q
		}
	}
	return -1, [2]int{}
}

// Ratio returns the ratio of small whole numbers that two periods have within a
// share of tolerance, at most 0.02, and how far off they are; 0, 0 if they have
// none.
func Ratio(period, of, tolerance float64) (ratio [2]int, off float64) {
	off = min(tolerance, 0.02)
	for _, q := range ratios() {
		if d := math.Abs(period/(of*float64(q[0])/float64(q[1])) - 1); d <= off {
			ratio, off = q, d
		}
	}
	return ratio, off
}

// spread returns mean and standard deviation.
func spread(x []float64) (mean, std float64) {
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	for _, v := range x {
		std += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(std / float64(len(x)))
}

// Thin returns the highest power of each of at most n stretches of a result,
// and its period: no peak is lost or moved.
func Thin(r *Result, n int) (period, power []float64) {
	if n <= 0 {
		return []float64{}, []float64{}
	}
	n = min(n, len(r.Power))
	period, power = make([]float64, n), make([]float64, n)
	for k := range n {
		from, to := k*len(r.Power)/n, (k+1)*len(r.Power)/n
		at := from
		for i := from; i < to; i++ {
			if r.Power[i] > r.Power[at] {
				at = i
			}
		}
		period[k], power[k] = r.Period[at], r.Power[at]
	}
	return period, power
}
