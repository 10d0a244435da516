package periodogram_test

import (
	"math"
	"math/rand/v2"

	"exoplanetai/internal/periodogram"
)

// planet is what a synthetic light curve holds.
type planet struct{ period, t0, duration, depth float64 }

// synth makes a light curve with a box for each planet: noise of one sigma,
// errors that say so, within a fifth.
type synth struct {
	start, days, cadence float64
	noise                float64
	gap                  [2]float64 // days without data
	jitter               float64    // of the times, in cadences
	planets              []planet
	seed                 uint64
}

func (s synth) series() (c periodogram.Series) {
	r := rand.New(rand.NewPCG(s.seed, 1))
	for k := range int(s.days / s.cadence) {
		t := s.start + float64(k)*s.cadence
		if t >= s.gap[0] && t < s.gap[1] {
			continue
		}
		t += s.jitter * s.cadence * (r.Float64() - 0.5)
		y := 1.0
		for _, p := range s.planets {
			if math.Abs(math.Mod(t-p.t0+1000.5*p.period, p.period)-p.period/2) < p.duration/2 {
				y -= p.depth
			}
		}
		e := s.noise * (0.8 + 0.4*r.Float64())
		c.Time, c.Flux, c.FluxErr = append(c.Time, t), append(c.Flux, y+e*r.NormFloat64()), append(c.FluxErr, e)
	}
	return c
}

// known are curves of which everything is known.
func known() map[string]synth {
	return map[string]synth{
		"a hot planet in a sector of two minutes":        {start: 1325.3, days: 27, cadence: 120. / 86400, noise: 1e-3, gap: [2]float64{1338, 1339.5}, planets: []planet{{3.5225, 1327.1, 0.12, 1e-3}}, seed: 1},
		"two planets in a year of long cadence":          {start: 120.5, days: 400, cadence: 1765.5 / 86400, noise: 3e-4, gap: [2]float64{300, 330}, jitter: 0.01, planets: []planet{{9.4341, 131.2, 0.2, 4e-4}, {27.317, 140.4, 0.3, 5e-4}}, seed: 2},
		"times on the edges of bins":                     {start: 0, days: 20, cadence: 0.005, noise: 1e-3, planets: []planet{{2.5, 1.25, 0.1, 2e-3}}, seed: 3},
		"an irregular curve of few points":               {start: -3, days: 60, cadence: 0.1, noise: 1e-3, jitter: 5, planets: []planet{{4.2, 1, 0.25, 3e-3}}, seed: 4},
		"times at which a float64 has only microseconds": {start: 2459000.5, days: 10, cadence: 0.01, noise: 1e-4, planets: []planet{{1.7, 2459001, 0.15, 1e-3}}, seed: 5},
	}
}
