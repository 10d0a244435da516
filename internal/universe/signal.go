package universe

import (
	"math"

	"exoplanetai/internal/exo"
)

// series is the content of a LIGHTCURVE table.
type series struct {
	time                       []float64
	corr                       []float32
	cadence, quality           []int32
	sap, sapErr, bkg, bkgErr   []float32
	pdc, pdcErr                []float32
	col, row                   []float64 // moment centroids
	colErr, rowErr, pos1, pos2 []float32
	psf                        []float64 // all NaN
	psfErr                     []float32
}

func newSeries(n int) *series {
	s := &series{
		time: make([]float64, n), corr: make([]float32, n), cadence: make([]int32, n), quality: make([]int32, n),
		sap: make([]float32, n), sapErr: make([]float32, n), bkg: make([]float32, n), bkgErr: make([]float32, n),
		pdc: make([]float32, n), pdcErr: make([]float32, n), col: make([]float64, n), row: make([]float64, n),
		colErr: make([]float32, n), rowErr: make([]float32, n), pos1: make([]float32, n), pos2: make([]float32, n),
		psf: make([]float64, n), psfErr: make([]float32, n),
	}
	for i := range n {
		s.psf[i], s.psfErr[i] = math.NaN(), nan32
	}
	return s
}

var nan32 = float32(math.NaN())

// scene is what a file shows: the star, how much of its light the aperture
// catches, and how noisy it is.
type scene struct {
	star     *star
	window   window
	flux     float64 // of the star alone, electrons a second
	crowd    float64 // CROWDSAP: the star's share of the light in the aperture
	fraction float64 // FLFRCSAP: share of the star's light in the aperture
	sky      float64 // background in the aperture
	noise    float64 // one sigma of the light in the aperture, one cadence
	col, row float64 // centroid on the detector
	transits []transit
	parts    int     // of an exposure, for the mean over it
	lon, lat float64 // ecliptic, radians
}

func newScene(s *star, w window, c chance) scene {
	sc := scene{star: s, window: w, col: c.between(30, 900), row: c.between(30, 900), parts: 3}
	collected := w.step() * secondsPerDay * 0.9206 // seconds of light in a cadence
	switch {
	case w.mission == exo.TESS:
		collected = w.step() * secondsPerDay * 0.792
		sc.flux = 14500 * pow10(-0.4*(s.tmag()-10))
		sc.crowd, sc.fraction, sc.sky = decimals(c.between(0.93, 0.999), 8), decimals(c.between(0.82, 0.95), 8), c.between(800, 2400)
		if w.cadence == 20 {
			sc.parts = 1
		}
	default:
		sc.flux = 1.74e5 * pow10(-0.4*(s.Mag-12))
		sc.crowd, sc.fraction, sc.sky = decimals(c.between(0.9, 1), 4), decimals(c.between(0.85, 0.98), 4), c.between(600, 6000)
		if w.cadence == 1800 {
			sc.parts = 15
		}
	}
	inside := sc.flux * sc.fraction / sc.crowd
	sc.noise = math.Sqrt((inside+sc.sky)/collected) * 1.05
	u1, u2 := s.u()
	for _, b := range s.bodies {
		sc.transits = append(sc.transits, newTransit(b.Planet, u1, u2))
	}
	sc.lon, sc.lat = ecliptic(s.RA, s.Dec)
	return sc
}

// ecliptic converts a position from equatorial degrees to ecliptic radians.
func ecliptic(ra, dec float64) (lon, lat float64) {
	sinE, cosE := sincos(23.4393 * math.Pi / 180)
	sinA, cosA := sincos(ra * math.Pi / 180)
	sinD, cosD := sincos(dec * math.Pi / 180)
	x, y, z := cosD*cosA, cosD*sinA, sinD
	ye := float64(y*cosE) + float64(z*sinE)
	ze := float64(z*cosE) - float64(y*sinE)
	return atan2(ye, x), asin(ze)
}

// delay is how much earlier light reaches the spacecraft than the barycentre,
// in days: the Earth on a circular orbit, and the clock's offset from TDB that
// Kepler's pipeline counts in.
func (sc scene) delay(t float64) float64 {
	const lightTime, perDay, at2000, offset = 0.00577552, 0.9856474, 280.46, 66.184 / 86400
	days := t + sc.window.scale().Zero() - 2451545
	_, cos := sincos((at2000+float64(perDay*days))*math.Pi/180 - sc.lon)
	_, cosLat := sincos(sc.lat)
	d := float64(-lightTime * cosLat * cos)
	if sc.window.mission != exo.TESS {
		d += offset
	}
	return d
}

// make fills the series.
func (sc scene) make(c chance) *series {
	w := sc.window
	s := newSeries(w.rows)
	sc.flagRows(s, c)
	red := redNoise{chance: c, scale: 60e-6, keep: exp(-w.step() / 0.3)}
	jitter := redNoise{chance: c, scale: 0.012, keep: exp(-w.step() / 0.05)}
	slow := [3]float64{c.gauss() * 0.004, c.gauss() * 0.003, c.gauss() * 0.002}
	inside := sc.flux * sc.fraction
	others := float64(inside * (1/sc.crowd - 1))
	for i := range w.rows {
		t := w.start + float64(w.step()*float64(i))
		delay := sc.delay(t)
		t += delay
		s.time[i], s.corr[i], s.cadence[i] = t, float32(delay), w.first+int32(i)
		x := float64(float64(2*i)/float64(w.rows)) - 1
		roll := sc.roll(i)
		sky := float64(sc.sky * (1 + sc.glare(float64(i)/float64(w.rows))))
		drift := float64(slow[0]*x) + float64(slow[1]*x*x) + float64(slow[2]*x*x*x) + float64(0.006*roll)
		signal := (1 + sc.variation(t) + red.next()) * (1 - sc.lost(t))
		noise := float64(c.gauss() * sc.noise)
		s.sap[i] = float32(float64((float64(inside*signal)+others)*(1+drift)) + float64(0.002*(sky-sc.sky)) + noise)
		s.sapErr[i] = float32(sc.noise * math.Sqrt(1+float64(0.3*(sky/sc.sky-1))))
		s.pdc[i] = float32(float64(sc.flux*signal*(1+float64(0.02*drift))) + noise/sc.fraction)
		s.pdcErr[i] = float32(sc.noise / sc.fraction)
		s.bkg[i] = float32(sky + float64(c.gauss()*sc.noise*0.3))
		s.bkgErr[i] = float32(sc.noise * 0.25)
		j1, j2 := jitter.next(), float64(roll*0.8)
		s.pos1[i], s.pos2[i] = float32(j1+j2), float32(float64(0.7*j1)-j2)
		shift := sc.noise / inside
		s.col[i] = sc.col + j1 + j2 + float64(c.gauss()*shift)
		s.row[i] = sc.row + float64(0.7*j1) - j2
		s.colErr[i], s.rowErr[i] = float32(shift), float32(1.06*shift)
	}
	sc.blank(s, c)
	return s
}

// variation is the star's own: spots that turn with it, and on an active star
// flares.
func (sc scene) variation(t float64) float64 {
	p := sc.star.rotation
	if p == 0 {
		return 0
	}
	s1, _ := sincos(2 * math.Pi * t / p)
	s2, _ := sincos(float64(4*math.Pi*t/p) + 0.7)
	v := float64(sc.star.spots * (s1 + float64(0.4*s2)))
	if sc.star.spots > 0.01 {
		since := t - float64(math.Floor(t/3.37)*3.37) // a flare each 3.37 days
		if since < 0.3 {
			v += float64(0.006 * exp(-since/0.03))
		}
	}
	return v
}

// lost is the share of the star's light that planets hide.
func (sc scene) lost(t float64) float64 {
	bjd := t + sc.window.scale().Zero()
	sum := 0.0
	for i := range sc.transits {
		sum += sc.transits[i].mean(bjd, sc.window.step(), sc.parts)
	}
	return min(sum, 1)
}

// roll is the place in K2's drift between thruster firings, -0.5 to 0.5; 0 on
// the other missions.
func (sc scene) roll(i int) float64 {
	if sc.window.mission != exo.K2 {
		return 0
	}
	return float64(i%rollRows)/rollRows - 0.5
}

// rollRows are the cadences between K2's thruster firings, about six hours.
const rollRows = 12

// glare is scattered light at the end of each of TESS's two orbits in a
// sector, as a multiple of the background.
func (sc scene) glare(x float64) float64 {
	if sc.window.mission != exo.TESS {
		return 0
	}
	half := float64(x * 2)
	half -= math.Floor(half)
	if half < 0.85 {
		return 0
	}
	f := (half - 0.85) / 0.15
	return float64(6 * f * f)
}

// redNoise is noise that remembers: each value keeps a part of the last.
type redNoise struct {
	chance
	scale, keep, value float64
}

func (r *redNoise) next() float64 {
	fresh := math.Sqrt(1 - float64(r.keep*r.keep))
	r.value = float64(r.keep*r.value) + float64(fresh*r.scale*r.gauss())
	return r.value
}
