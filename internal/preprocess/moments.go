package preprocess

// runMoments sets the interior of trend for orders 0 to 3 in a time that does
// not depend on the window: with S_k = sum of j^k·x over the window, the value
// at the centre is a·S0 - b·S2, and from one sample to the next
//
//	S2 <- S2 - 2·S1 + S0 + m²·in - (m+1)²·out
//	S1 <- S1 - S0 + m·in + (m+1)·out
//	S0 <- S0 + in - out
//
// Rounding errors of S0 enter S1 and S2 again at each step, so the sums start
// anew after at most two windows, at most 1,024 samples, about a local level.
func runMoments(x []float64, m, order int, trend []float64) {
	a, b := 1/float64(2*m+1), 0.0
	if order >= 2 {
		a, b = quadratic(m)
	}
	block := min(4*m+2, 1024)
	end := len(x) - m
	i := m
	for ; i+2*block <= end; i += 2 * block {
		runPair(x[i-m:i+2*block+m], m, block, a, b, trend[i:i+2*block])
	}
	for ; i < end; i += block {
		n := min(block, end-i)
		runOne(x[i-m:i+n+m], m, a, b, trend[i:i+n])
	}
}

// startMoments returns the sums over the window x of 2m+1 samples less the
// level, which is the middle one of three samples.
func startMoments(x []float64, m int) (level, s0, s1, s2 float64) {
	level = middleOf3(x[0], x[m], x[2*m])
	left, right := x[:m], x[m+1:2*m+1]
	s0 = x[m] - level
	j := 1.0
	for i := range right {
		l, r := left[m-1-i]-level, right[i]-level
		s0 += l + r
		s1 += j * (r - l)
		s2 += j * j * (l + r)
		j++
	}
	return level, s0, s1, s2
}

// middleOf3 returns the median of three.
func middleOf3(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }

// runOne does len(y) samples; x are these with m more on each side.
func runOne(x []float64, m int, a, b float64, y []float64) {
	level, s0, s1, s2 := startMoments(x[:2*m+1], m)
	f := float64(m)
	m1, q, q1 := f+1, f*f, (f+1)*(f+1)
	y[0] = level + (a*s0 - b*s2)
	out, in := x[:len(y)-1], x[2*m+1:][:len(y)-1]
	y = y[1:][:len(out)]
	for i := range out {
		o, n := out[i]-level, in[i]-level
		s2 += (s0 - 2*s1) + (q*n - q1*o)
		s1 += (f*n + m1*o) - s0
		s0 += n - o
		y[i] = level + (a*s0 - b*s2)
	}
}

// runPair is runOne for two neighbouring blocks at once, whose chains of
// additions do not wait for each other.
func runPair(x []float64, m, block int, a, b float64, y []float64) {
	level, s0, s1, s2 := startMoments(x[:2*m+1], m)
	levelB, t0, t1, t2 := startMoments(x[block:][:2*m+1], m)
	f := float64(m)
	m1, q, q1 := f+1, f*f, (f+1)*(f+1)
	y[0] = level + (a*s0 - b*s2)
	y[block] = levelB + (a*t0 - b*t2)
	k := block - 1
	outA, inA, yA := x[:k], x[2*m+1:][:k], y[1:][:k]
	outB, inB, yB := x[block:][:k], x[block+2*m+1:][:k], y[block+1:][:k]
	for i := range outA {
		o, n := outA[i]-level, inA[i]-level
		s2 += (s0 - 2*s1) + (q*n - q1*o)
		s1 += (f*n + m1*o) - s0
		s0 += n - o
		yA[i] = level + (a*s0 - b*s2)
		o, n = outB[i]-levelB, inB[i]-levelB
		t2 += (t0 - 2*t1) + (q*n - q1*o)
		t1 += (f*n + m1*o) - t0
		t0 += n - o
		yB[i] = levelB + (a*t0 - b*t2)
	}
}
