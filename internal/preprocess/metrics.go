package preprocess

import (
	"context"
	"math"
	"sort"
)

// Metrics measure a series; a metric that cannot be had is nil, never 0 or NaN.
// (docs/preprocessing.md, metrics.)
type Metrics struct {
	NIn               *int     `json:"n_in"`                // rows
	NKept             *int     `json:"n_kept"`              // rows with a finite flux
	FractionRetained  *float64 `json:"fraction_retained"`   // NKept/NIn
	Segments          *int     `json:"segments"`            // runs without a gap
	ShortSegments     *int     `json:"short_segments"`      // of these too short for a trend of their own
	MedianCadenceDays *float64 `json:"median_cadence_days"` // of the rows kept
	DutyCycle         *float64 `json:"duty_cycle"`          // NKept over the cadences from the first to the last
	RMS               *float64 `json:"rms"`                 // standard deviation, unit of the flux
	MADStd            *float64 `json:"mad_std"`             // the same from the median absolute deviation
	P2PMAD            *float64 `json:"p2p_mad"`             // noise of one point, from differences of neighbours, robust
	P2PStd            *float64 `json:"p2p_std"`             // the same from their standard deviation
	CDPPPPM           *float64 `json:"cdpp_ppm"`            // noise on 6.5 hours, trend of 2 days taken out
	CDPP13x101PPM     *float64 `json:"cdpp_13_101_ppm"`     // noise on 13 cadences, trend of 101
	InTransitPoints   *int     `json:"in_transit_points"`   // rows inside a transit of a given ephemeris
	InTransitRemoved  *int     `json:"in_transit_removed"`  // of these without a finite flux
}

// Measure measures a series: rows in days, flux with NaN where there is none, and
// the number of each row's segment (-1: none). Differences are taken within
// segments only; segment nil is one segment, of which Metrics says nothing. nIn is
// the number of rows that there were. Rows need not be in order of time.
//
// ShortSegments, InTransitPoints and InTransitRemoved are left nil: the series
// does not tell.
func Measure(t, flux []float64, segment []int32, nIn int) Metrics {
	var w metricWork
	m, err := w.measure(context.Background(), t, flux, segment, nIn)
	if err != nil { // the context does not end
		return Metrics{}
	}
	return m
}

// CDPP estimates the combined differential photometric precision, the noise in
// parts per million of the mean of so many points (duration): a trend of the
// given window, odd, and order 2 is divided out (SavgolIterative), outliers of 5
// standard deviations are taken away in at most 5 passes, and the standard
// deviation of the running means of what is left, gaps closed up, is taken.
// (Gilliland et al., ApJS 197, 6, 2011; Van Cleve et al., PASP 128, 075002, 2016;
// lightkurve's LightCurve.estimate_cdpp.)
//
// It is not ok where the window does not fit into the series, or where too few
// points are left. t is in days; rows without a finite flux are passed over.
func CDPP(t, flux []float64, duration, window int) (ppm float64, ok bool) {
	var w metricWork
	w.collect(t, flux, nil)
	w.center, w.std = w.outlier.stat.medianStd(w.f)
	ppm, ok, err := w.cdpp(context.Background(), duration, window)
	return ppm, ok && err == nil
}

// metricWork is the memory of the metrics. The zero value is ready; one goroutine
// uses it at a time.
type metricWork struct {
	base    baseWork
	outlier outlierWork

	t, f    []float64 // the rows kept, in order of time
	segment []int32
	trend   []float64
	bad     []bool

	center, std float64 // median and standard deviation of f
}

// measure is Measure that stops when ctx ends.
func (w *metricWork) measure(ctx context.Context, t, flux []float64, segment []int32, nIn int) (Metrics, error) {
	w.collect(t, flux, segment)
	n := len(w.f)
	m := Metrics{NIn: &nIn, NKept: &n}
	if nIn > 0 {
		m.FractionRetained = known(float64(n) / float64(nIn))
	}
	if segment != nil {
		m.Segments = w.segments()
	}
	w.center, w.std = w.outlier.stat.medianStd(w.f)
	w.scatter(&m)
	cadence := w.outlier.stat.medianCadence(w.t)
	if !(cadence > 0) {
		return m, nil
	}
	m.MedianCadenceDays = known(cadence)
	m.DutyCycle = known(float64(n) / (math.RoundToEven((w.t[n-1]-w.t[0])/cadence) + 1))
	ppm, ok, err := w.cdpp(ctx, 13, 101)
	if err != nil {
		return m, err
	}
	if ok {
		m.CDPP13x101PPM = known(ppm)
	}
	const duration, window = 6.5 / 24, 2.0 // days
	if cadences := math.RoundToEven(window / cadence); cadences < float64(n) {
		ppm, ok, err = w.cdpp(ctx, max(1, int(math.RoundToEven(duration/cadence))), int(cadences)|1)
		if ok {
			m.CDPPPPM = known(ppm)
		}
	}
	return m, err
}

// known is a metric, or nil for what is no number.
func known(v float64) *float64 {
	if v-v != 0 {
		return nil
	}
	return &v
}

// collect keeps the rows with finite time and flux, in order of time.
func (w *metricWork) collect(t, flux []float64, segment []int32) {
	w.t, w.f, w.segment = w.t[:0], w.f[:0], w.segment[:0]
	ordered := true
	for i, v := range flux {
		at := t[i]
		if v-v != 0 || at-at != 0 {
			continue
		}
		if k := len(w.t); k > 0 && at < w.t[k-1] {
			ordered = false
		}
		id := int32(0)
		if segment != nil {
			id = segment[i]
		}
		w.t, w.f, w.segment = append(w.t, at), append(w.f, v), append(w.segment, id)
	}
	if !ordered {
		sort.Stable((*byTime)(w))
	}
}

// byTime sorts the rows kept.
type byTime metricWork

func (b *byTime) Len() int           { return len(b.t) }
func (b *byTime) Less(i, j int) bool { return b.t[i] < b.t[j] }
func (b *byTime) Swap(i, j int) {
	b.t[i], b.t[j] = b.t[j], b.t[i]
	b.f[i], b.f[j] = b.f[j], b.f[i]
	b.segment[i], b.segment[j] = b.segment[j], b.segment[i]
}

// segments counts the runs of equal segment numbers.
func (w *metricWork) segments() *int {
	n, before := 0, int32(-1)
	for _, s := range w.segment {
		if s >= 0 && s != before {
			n++
		}
		before = s
	}
	return &n
}

// scatter measures the spread of the flux and of its differences. A single value
// has none that could be known.
func (w *metricWork) scatter(m *Metrics) {
	stat := &w.outlier.stat
	if len(w.f) < 2 {
		return
	}
	m.RMS = known(w.std)
	m.MADStd = known(madToSigma * stat.mad(w.f, w.center))
	w.trend = grown(w.trend, len(w.f))
	d := w.trend[:0]
	for i := 1; i < len(w.f); i++ {
		if s := w.segment[i]; s >= 0 && s == w.segment[i-1] {
			d = append(d, w.f[i]-w.f[i-1])
		}
	}
	if len(d) < 2 {
		return
	}
	median, std := stat.medianStd(d)
	m.P2PMAD = known(madToSigma * stat.mad(d, median) / math.Sqrt2)
	m.P2PStd = known(std / math.Sqrt2)
}

// cdpp is CDPP of the rows kept.
func (w *metricWork) cdpp(ctx context.Context, duration, window int) (ppm float64, ok bool, err error) {
	const order, sigma, passes = 2, 5, 5
	n := len(w.f)
	if duration < 1 || window <= order || window%2 == 0 || window >= n {
		return 0, false, nil
	}
	w.trend, w.bad = grown(w.trend, n), grown(w.bad, n)
	if err := w.base.iterativeAbout(ctx, w.t, w.f, nil, IterativeOptions{Window: window, Order: order}, w.center, w.std, w.trend); err != nil {
		return 0, false, err
	}
	y := w.trend[:0]
	for i, b := range w.trend {
		if v := w.f[i] / b; v-v == 0 {
			y = append(y, v)
		}
	}
	w.outlier.sigmaClip(y, SigmaClipOptions{Lower: sigma, Upper: sigma, MaxIters: passes}, w.bad[:len(y)])
	kept := y[:0]
	for i, v := range y {
		if !w.bad[i] {
			kept = append(kept, v)
		}
	}
	ppm, ok = w.meansScatter(kept, min(duration, len(kept)))
	return ppm, ok, nil
}

// meansScatter returns the standard deviation of the means of d neighbours in y,
// in millionths of its median. y is overwritten.
func (w *metricWork) meansScatter(y []float64, d int) (ppm float64, ok bool) {
	if len(y)-d < 1 {
		return 0, false
	}
	c := w.outlier.stat.median(y)
	for i, v := range y {
		y[i] = (v - c) / c
	}
	sum := 0.0
	for _, v := range y[:d] {
		sum += v
	}
	means := y[:len(y)-d+1]
	for i := range means {
		next := 0.0
		if i+d < len(y) {
			next = y[i+d]
		}
		old := y[i]
		means[i] = sum / float64(d)
		sum += next - old
	}
	_, std := deviation(means, 0) // they lie about the median
	std *= 1e6
	return std, std-std == 0
}
