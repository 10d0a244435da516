package preprocess

// span is a run of rows, end excluded.
type span struct{ start, end int }

// MedianCadence returns the median of the positive differences of time, in the
// unit of t; NaN where there is none. (docs/preprocessing.md, gaps.)
func MedianCadence(t []float64) float64 {
	var w statWork
	return w.medianCadence(t)
}

// medianCadence is MedianCadence. Times that rise from row to row, as they do
// after the first steps of the pipeline, are ranked in one pass.
func (w *statWork) medianCadence(t []float64) float64 {
	if m, ok := w.risingCadence(t); ok {
		return m
	}
	return w.cadenceOfAll(t)
}

// risingCadence is medianCadence of many times that rise from row to row; not ok
// for others, and where a sample says too little of the differences.
func (w *statWork) risingCadence(t []float64) (m float64, ok bool) {
	steps := len(t) - 1
	if steps <= sortable {
		return 0, false
	}
	w.buf, w.alt = grown(w.buf, len(t)), grown(w.alt, len(t))
	samples := min(max(steps/48, 32), 384)
	w.sample = grown(w.sample, samples)
	for i := range w.sample {
		j := uint(i) * uint(steps) / uint(samples)
		w.sample[i] = t[j+1] - t[j]
	}
	b := between(w.sample, float64(steps)/2, float64(steps))
	var rising bool
	b.below, b.inside, rising = splitSteps(t, b.lo, b.hi, w.buf)
	k := (steps - 1) / 2
	if !rising || b.turn(k, steps) {
		return 0, false
	}
	lower, upper := w.narrow(w.buf[:b.inside], b, k, steps)
	return medianOf(lower, upper, steps), true
}

// cadenceOfAll is medianCadence for few times, and for differences of which a
// sample says too little.
func (w *statWork) cadenceOfAll(t []float64) float64 {
	w.dev = grown(w.dev, len(t))[:0]
	for i := 1; i < len(t); i++ {
		if d := t[i] - t[i-1]; d > 0 {
			w.dev = append(w.dev, d)
		}
	}
	return w.median(w.dev)
}

// Segments returns the runs [start, end) of t, in days, without a gap: a step
// longer than thresholdHours and longer than minCadences median cadences. With
// minCadences 0 the threshold alone counts. (docs/preprocessing.md, gaps.)
func Segments(t []float64, thresholdHours, minCadences float64) [][2]int {
	var w statWork
	out := make([][2]int, 0, 4)
	for _, s := range segments(t, thresholdHours, minCadences, w.medianCadence(t), nil) {
		out = append(out, [2]int{s.start, s.end})
	}
	return out
}

// segments is Segments with the cadence, in days, that is known; NaN: none. It
// appends to dst.
func segments(t []float64, thresholdHours, minCadences, cadence float64, dst []span) []span {
	if len(t) == 0 {
		return dst
	}
	limit := thresholdHours / 24
	if byCadence := minCadences * cadence; minCadences > 0 && byCadence > limit {
		limit = byCadence
	}
	start := 0
	before := t[:len(t)-1]
	after := t[1:][:len(before)]
	for i, v := range before {
		if after[i]-v > limit {
			dst = append(dst, span{start, i + 1})
			start = i + 1
		}
	}
	return append(dst, span{start, len(t)})
}

// joinSpans joins neighbours whose gap is at most toleranceDays, for fits that
// know the time. It appends to dst, which does not share memory with segs.
func joinSpans(t []float64, segs []span, toleranceDays float64, dst []span) []span {
	first := len(dst)
	for _, s := range segs {
		if last := len(dst) - 1; last >= first && t[s.start]-t[dst[last].end-1] <= toleranceDays {
			dst[last].end = s.end
			continue
		}
		dst = append(dst, s)
	}
	return dst
}
