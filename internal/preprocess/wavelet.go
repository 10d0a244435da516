package preprocess

import (
	"math"

	"exoplanetai/internal/exo"
)

// MaxLevel returns how often a series of n samples can be split with filters of
// the given length before the filter is longer than what is left:
// floor(log2(n/(filterLen-1))), at least 0 (pywt.dwt_max_level).
func MaxLevel(n, filterLen int) int {
	level := 0
	for filterLen > 1 && n >= 2*(filterLen-1) {
		n /= 2
		level++
	}
	return level
}

// Wavedec splits x into level octaves: the approximation first, then the details
// from the coarsest to the finest, as pywt.wavedec(x, wavelet,
// mode="symmetric", level). The ends are continued by half-sample reflection;
// each octave has floor((n+F-1)/2) coefficients of the n before it, F the length
// of the filters. x has no NaN. exo.Invalid for an unknown wavelet and a level
// below 1 or above MaxLevel.
func Wavedec(x []float64, wavelet string, level int) ([][]float64, error) {
	h, err := scalingFilter(wavelet)
	if err != nil {
		return nil, err
	}
	if most := MaxLevel(len(x), len(h)); level < 1 || level > most {
		return nil, exo.Errorf("preprocess.Wavedec", exo.Invalid, level,
			"level is %d, must be 1 to %d for %d samples and the wavelet %s", level, most, len(x), wavelet)
	}
	var w waveWork
	w.decompose(x, h, level)
	out := make([][]float64, 0, level+1)
	out = append(out, append([]float64(nil), w.approx...))
	for i := level - 1; i >= 0; i-- {
		out = append(out, append([]float64(nil), w.detail[i]...))
	}
	return out, nil
}

// Waverec puts together again what Wavedec split, as pywt.waverec(coeffs,
// wavelet, mode="symmetric"). A series of odd length comes back with one sample
// too many at its end. exo.Invalid for an unknown wavelet and for lengths that
// do not fit each other.
func Waverec(coeffs [][]float64, wavelet string) ([]float64, error) {
	h, err := scalingFilter(wavelet)
	if err != nil {
		return nil, err
	}
	if len(coeffs) == 0 {
		return nil, exo.Errorf("preprocess.Waverec", exo.Invalid, nil, "no coefficients")
	}
	var w waveWork
	w.approx = append(w.approx, coeffs[0]...)
	n := len(coeffs[0])
	for i, d := range coeffs[1:] {
		if len(d) == 0 || n != len(d) && n != len(d)+1 || 2*len(d) < len(h) {
			return nil, exo.Errorf("preprocess.Waverec", exo.Invalid, i+1,
				"%d details do not fit the %d coefficients before them and a filter of %d", len(d), n, len(h))
		}
		n = 2*len(d) - len(h) + 2
	}
	for i := len(coeffs) - 1; i > 0; i-- {
		w.detail = append(w.detail, coeffs[i])
	}
	y := make([]float64, n)
	w.compose(h, 0, y)
	return y, nil
}

// Denoised says what denoising came to.
type Denoised struct {
	Level     int     // octaves that were split off; 0: the series is too short, it is unchanged
	Sigma     float64 // noise of one sample; 0: unchanged, as with numbers too large to be added up
	Threshold float64 // that was taken off each detail
}

// Denoise returns x with its wavelet details drawn towards zero by the universal
// threshold σ·sqrt(2 ln n), σ the median of the finest details' absolute values
// over 0.6745 (Donoho and Johnstone, Biometrika 81, 425, 1994: soft
// thresholding, "VisuShrink"). The number of octaves is levels, or MaxLevel
// where that is less. x has no NaN. exo.Invalid for an unknown wavelet and
// levels below 1. (docs/preprocessing.md, wavelet denoising.)
//
// It takes 10–14 % of a transit's depth: it is for display and for features, not
// for fits.
func Denoise(x []float64, wavelet string, levels int) ([]float64, Denoised, error) {
	var w waveWork
	y := make([]float64, len(x))
	d, err := w.denoise(x, wavelet, levels, y)
	if err != nil {
		return nil, d, err
	}
	return y, d, nil
}

// waveWork is the memory of the wavelet step. The zero value is ready; one
// goroutine uses it at a time.
type waveWork struct {
	stat   statWork
	approx []float64   // of the coarsest octave
	detail [][]float64 // per octave, finest first
	spare  []float64   // the approximation before or after approx
	coeffs []float64   // memory of detail
	size   []float64
}

// denoise is Denoise into y, of the length of x and not in its memory.
func (w *waveWork) denoise(x []float64, wavelet string, levels int, y []float64) (Denoised, error) {
	h, err := scalingFilter(wavelet)
	if err != nil {
		return Denoised{}, err
	}
	if levels < 1 {
		return Denoised{}, exo.Errorf("preprocess.Denoise", exo.Invalid, levels, "wavelet_levels is %d, must be at least 1", levels)
	}
	y = y[:len(x)]
	r := Denoised{Level: min(levels, MaxLevel(len(x), len(h)))}
	if r.Level < 1 {
		copy(y, x)
		return r, nil
	}
	w.decompose(x, h, r.Level)
	w.size = grown(w.size, len(w.detail[0]))
	for i, d := range w.detail[0] {
		w.size[i] = math.Abs(d)
	}
	r.Sigma = w.stat.median(w.size) / 0.6745
	r.Threshold = r.Sigma * math.Sqrt(2*math.Log(float64(len(x))))
	if r.Sigma > 0 && r.Threshold < math.Inf(1) {
		w.compose(h, r.Threshold, y)
		if allFinite(y) {
			return r, nil
		}
	}
	copy(y, x)
	r.Sigma, r.Threshold = 0, 0
	return r, nil
}

// allFinite reports whether no value is infinite or NaN.
func allFinite(y []float64) bool {
	var a, b, c, d float64 // four sums of zeros, not to wait for each other
	for ; len(y) >= 4; y = y[4:] {
		a += y[0] - y[0]
		b += y[1] - y[1]
		c += y[2] - y[2]
		d += y[3] - y[3]
	}
	for _, v := range y {
		a += v - v
	}
	return a+b+c+d == 0
}

// decompose splits x into level octaves, in w.approx and w.detail.
func (w *waveWork) decompose(x, h []float64, level int) {
	total, n := 0, len(x)
	for range level {
		n = (n + len(h) - 1) / 2
		total += n
	}
	w.coeffs = grown(w.coeffs, total)
	w.detail = w.detail[:0]
	rest := w.coeffs
	half := (len(x) + len(h) - 1) / 2
	w.approx, w.spare = grown(w.approx, half), grown(w.spare, half)
	for range level {
		n := (len(x) + len(h) - 1) / 2
		d := rest[:n:n]
		rest = rest[n:]
		a := w.spare[:n]
		analyse(x, h, a, d)
		w.detail = append(w.detail, d)
		w.spare = w.approx[:cap(w.approx)]
		w.approx, x = a, a
	}
}

// compose puts w.approx and w.detail together again, the details drawn towards
// zero by the threshold, in y, which is at most one sample shorter than what
// they give.
func (w *waveWork) compose(h []float64, threshold float64, y []float64) {
	if len(w.detail) == 0 {
		copy(y, w.approx)
		return
	}
	var g [maxFilter]float64
	highpass(h, g[:len(h)])
	a := w.approx
	for i := len(w.detail) - 1; i >= 0; i-- {
		d := w.detail[i]
		out := y
		if i > 0 {
			w.spare = grown(w.spare, 2*len(d)-len(h)+2)
			out = w.spare[:2*len(d)-len(h)+2]
		}
		synthesise(a[:len(d)], h, out)
		addDetails(d, g[:len(h)], threshold, out)
		if i > 0 {
			w.spare = w.approx[:cap(w.approx)]
			w.approx, a = out, out
		}
	}
}
