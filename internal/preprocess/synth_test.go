package preprocess_test

import (
	"math"
	"math/rand/v2"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
)

// dice gives Gaussian numbers.
type dice struct{ *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))} }

// starlight is a light curve without planets: white noise of sigma (relative),
// rotation, red noise, momentum dumps, scattered light, a gap and outliers, with
// the quality bits that such things have.
func starlight(r dice, t []float64, sigma float64) (flux []float64, quality []int32) {
	n := len(t)
	flux, quality = make([]float64, n), make([]int32, n)
	t0 := t[0]
	period, amplitude, phase := 3+12*r.Float64(), 0.001+0.004*r.Float64(), 2*math.Pi*r.Float64()
	red, tau := 0.0, 0.5
	for i := range t {
		d := t[i] - t0
		w := 2 * math.Pi * d / period
		f := 1 + amplitude*math.Sin(w+phase) + 0.4*amplitude*math.Sin(2*w+1.3*phase)
		step := 0.0
		if i > 0 {
			step = t[i] - t[i-1]
		}
		a := math.Exp(-step / tau) // Ornstein–Uhlenbeck
		red = a*red + 0.25*sigma*math.Sqrt(1-a*a)*r.NormFloat64()
		f += red
		// a dump each 2.5 days: a jolt that dies away within half an hour
		if m := math.Mod(d, 2.5); d > 1 && m < 0.06 {
			f -= 0.001 * math.Exp(-m/0.01)
			if m < 0.008 {
				quality[i] |= 32
			}
		}
		// light of the Earth before the end of each orbit
		if m := math.Mod(d, 13.7) - 13; m > 0 {
			f += 0.004 * m * m
		}
		flux[i] = f + sigma*r.NormFloat64()
		if r.Float64() < 0.0008 {
			flux[i] += sigma * (5 + 8*r.Float64())
			if r.Float64() < 0.3 {
				quality[i] |= 512
			}
		}
	}
	return flux, quality
}

// cadences gives n times from start, each step days apart.
func cadences(start, step float64, n int) []float64 {
	t := make([]float64, n)
	for i := range t {
		t[i] = start + float64(i)*step
	}
	return t
}

// tessSector is a sector of TESS as its files are: 20,000 rows of two minutes
// with a gap of a day in the middle, NaN where nothing was measured, and
// rejected rows.
func tessSector(seed uint64) preprocess.Series {
	r := newDice(seed)
	t := cadences(1325.3, 2.0/1440, 20_000)
	flux, quality := starlight(r, t, 8e-4)
	errs := make([]float64, len(t))
	for i := range t {
		flux[i] *= 1.2e4
		errs[i] = 9.6
		switch d := t[i] - t[0]; {
		case d > 13.4 && d < 14.4:
			t[i], flux[i], errs[i] = math.NaN(), math.NaN(), math.NaN()
			quality[i] |= 16384
		case r.Float64() < 0.01:
			flux[i], errs[i] = math.NaN(), math.NaN()
			quality[i] |= 8
		}
	}
	return preprocess.Series{Time: t, Flux: flux, FluxErr: errs, Quality: quality, Table: lightcurve.FlagsTESS, Scale: exo.BTJD}
}

// keplerMission is 17 quarters of long cadences, 65,000 rows, with gaps of a day
// between quarters, monthly downlinks, and single cadences missing.
func keplerMission(seed uint64) preprocess.Series {
	r := newDice(seed)
	const step = 29.4244 / 1440
	var t []float64
	at := 131.5
	for q := range 17 {
		n := 3823 + q%2
		t = append(t, cadences(at, step, n)...)
		at += float64(n)*step + 1.2
	}
	t = t[:65_000]
	flux, quality := starlight(r, t, 1.5e-4)
	errs := make([]float64, len(t))
	for i := range t {
		flux[i] *= 1e4
		errs[i] = 1.5
		if quality[i] &= 16; r.Float64() < 0.002 {
			quality[i] |= 128 | 65536
		}
		if m := math.Mod(t[i], 30.4); m < 0.9 || r.Float64() < 0.004 {
			t[i], flux[i], errs[i] = math.NaN(), math.NaN(), math.NaN()
		}
	}
	return preprocess.Series{Time: t, Flux: flux, FluxErr: errs, Quality: quality, Table: lightcurve.FlagsKepler, Scale: exo.BKJD}
}
