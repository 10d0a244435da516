package periodogram

import "math"

// The products that are rounded before they are added say so by a conversion,
// so that no processor fuses the two: the same bins everywhere, and astropy's.

// one searches one period.
func (s *Search) one(w *Scratch, i int, out *Result) {
	period := s.periods[i]
	whole := int(math.Ceil(period / s.bin)) // bins of a period
	n := whole + s.pad
	if cap(w.bins) < n+1 {
		w.bins = make([][2]float64, max(n+1, 2*cap(w.bins)))
	}
	bins := w.bins[:n+1]
	clear(bins)
	s.fold(bins, period)
	last := whole // the first bins are repeated from here
	if s.wrap {
		bins[whole] = [2]float64{bins[whole][0] + bins[whole+1][0], bins[whole][1] + bins[whole+1][1]} // a phase that was rounded up to 1
		last++
	}
	copy(bins[last:], bins[1:s.pad+1]) // bins[0] stays empty: the sum of nothing
	var sum [2]float64
	for k := range bins {
		sum[0] += bins[k][0]
		sum[1] += bins[k][1]
		bins[k] = sum
	}
	s.best(bins, i, out)
}

// best compares the boxes of all durations and phases. With s and r the sums of
// weight · flux and of weight inside, o the weight outside, R = r + o, and the
// mean flux zero, the depth is −s·R/(r·o), the likelihood s²·R²/(2·r·o²), and
// the square of the signal to noise s²·R/(r·o). So two boxes are compared by
// s²/(r·o²) or s²/(r·o), and no division is needed but for the winner.
func (s *Search) best(cum [][2]float64, i int, out *Result) {
	all := s.all[1]
	least := all * 0x1p-52 // what is lighter is nothing but rounding
	top, under := 0.0, 1.0 // of the best box: numerator and denominator
	at, width := -1, 0
	for _, dur := range s.durations {
		if dur >= len(cum) {
			continue
		}
		from, to := cum[:len(cum)-dur], cum[dur:]
		to = to[:len(from)]
		for n := range from {
			f := to[n][0] - from[n][0]
			in := to[n][1] - from[n][1]
			outside := all - in
			num := -f * math.Abs(f)
			den := in * outside
			if !s.snr {
				den *= outside
			}
			if num*under > top*den && in > least && outside > least {
				top, under, at, width = num, den, n, dur
			}
		}
	}
	out.Power[i], out.Depth[i], out.DepthErr[i], out.Duration[i] = 0, 0, 0, 0
	out.TransitTime[i], out.DepthSNR[i], out.LogLikelihood[i] = 0, 0, 0
	if at < 0 {
		return
	}
	s.write(cum, i, at, width, out)
}

// write puts down the box of width bins after the bin at.
func (s *Search) write(cum [][2]float64, i, at, width int, out *Result) {
	f, in := cum[at+width][0]-cum[at][0], cum[at+width][1]-cum[at][1]
	rest := s.all[1] - in
	depth := (s.all[0]-f)/rest - f/in
	out.Depth[i] = depth * s.unit[0]
	out.DepthErr[i] = math.Sqrt(1/in+1/rest) / math.Sqrt(s.unit[1])
	out.Duration[i] = float64(width) * s.bin
	out.TransitTime[i] = s.first + math.Mod(float64(float64(at)*s.bin)+0.5*out.Duration[i], s.periods[i])
	out.DepthSNR[i] = out.Depth[i] / out.DepthErr[i]
	out.LogLikelihood[i] = 0.5 * in * depth * depth * s.unit[1] * s.unit[0] * s.unit[0]
	out.Power[i] = out.LogLikelihood[i]
	if s.snr {
		out.Power[i] = out.DepthSNR[i]
	}
}
