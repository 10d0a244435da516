package universe

import (
	"math"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
)

// encode makes the bytes of a file.
func (j job) encode(seed uint64) ([]byte, error) {
	c := newChance(seed, "file "+j.name)
	sc := newScene(j.star, j.window, c)
	rows := sc.make(c)
	if j.flaw == FlawNoFlux {
		for i := range rows.pdc {
			rows.pdc[i], rows.pdcErr[i] = nan32, nan32
		}
	}
	v := sc.cards(j, rows, c)
	primary, table, aperture := keplerPrimary, keplerTable, keplerAperture
	if j.window.mission == exo.TESS {
		primary, table, aperture = tessPrimary, tessTable, tessAperture
	}
	tags := j.window.tags()
	h0, err := v.primary(primary, tags)
	if err != nil {
		return nil, err
	}
	h1, err := v.table(table, tags, rows, j.window.mission == exo.TESS)
	if err != nil {
		return nil, err
	}
	h2, err := v.image(aperture, tags, j.window)
	if err != nil {
		return nil, err
	}
	f := &fits.File{HDUs: []*fits.HDU{h0, h1, h2}}
	for _, h := range f.HDUs {
		if err := h.AddChecksum("HDU checksum updated " + j.window.date + "T12:00:00Z"); err != nil {
			return nil, err
		}
	}
	b, err := f.Bytes()
	if err != nil {
		return nil, err
	}
	return spoil(b, j.flaw), nil
}

// spoil damages the bytes of a file whose flaw is in them.
func spoil(b []byte, flaw string) []byte {
	switch flaw {
	case FlawChecksum:
		b[20160+rowBytes*500+30] ^= 0x10 // a bit of a PDCSAP_FLUX
	case FlawTruncated:
		b = b[:len(b)*3/5]
	}
	return b
}

func (v cards) primary(spec string, tags []string) (*fits.HDU, error) {
	h := fits.NewHeader()
	v.write(h, spec, tags)
	return fits.NewPrimary(h)
}

func (v cards) table(spec string, tags []string, s *series, tess bool) (*fits.HDU, error) {
	h := fits.NewHeader()
	specs := columnSpecs(tess)
	tableHead(h, len(s.time), specs)
	v.write(h, spec, tags)
	data := []any{
		s.time, s.corr, s.cadence, s.sap, s.sapErr, s.bkg, s.bkgErr, s.pdc, s.pdcErr, s.quality,
		s.psf, s.psfErr, s.psf, s.psfErr, s.col, s.colErr, s.row, s.rowErr, s.pos1, s.pos2,
	}
	columns := make([]fits.ColumnData, len(specs))
	for i, spec := range specs {
		columns[i] = fits.ColumnData{Name: spec.name, Form: spec.form, Unit: spec.unit, Disp: spec.disp, Data: data[i]}
	}
	return fits.NewTable(h, columns)
}

func (v cards) image(spec string, tags []string, w window) (*fits.HDU, error) {
	h := fits.NewHeader()
	v.write(h, spec, tags)
	nx, ny := w.aperture()
	return fits.NewImage(h, 32, []int{nx, ny}, v["pixels"].([]int32))
}

// cards collects the values of all three headers.
func (sc scene) cards(j job, s *series, c chance) cards {
	s0, w := sc.star, sc.window
	named := j.id
	if j.flaw == FlawTarget {
		named.Number += 1000
	}
	v := cards{
		"DATE": w.date, "CREATOR": "ExoplanetAI sample universe", "PROCVER": w.procVer, "DATA_REL": w.release,
		"OBJECT": named.String(), "RA_OBJ": s0.RA, "DEC_OBJ": s0.Dec, "RADIUS": s0.Radius, "LOGG": s0.Logg,
		"CROWDSAP": sc.crowd, "FLFRCSAP": sc.fraction, "CHECKSUM": "0",
		"CRVAL1P": int(sc.col) - 5, "CRVAL2P": int(sc.row) - 5,
	}
	sc.timeCards(v, s)
	sc.qualityCards(v, c)
	if w.mission == exo.TESS {
		sc.tessCards(v, named, c)
	} else {
		sc.keplerCards(v, named, c)
	}
	sc.pixelCards(v, c)
	return v
}

// timeCards describe the span. TSTART of HDU 0 is at the spacecraft in the
// files of 2018 and at the barycentre later; Kepler's calendar dates are at
// the spacecraft.
func (sc scene) timeCards(v cards, s *series) {
	w := sc.window
	half := float64(w.step() / 2)
	dead, zero := 0.92063492, w.scale().Zero()
	if w.mission == exo.TESS {
		dead = 0.792
	}
	first, last := w.start, w.end()
	tstart, tstop := first+sc.delay(first)-half, last+sc.delay(last)+half
	v["TSTART1"], v["TSTOP1"] = tstart, tstop
	v["TELAPSE"] = tstop - tstart
	v["LIVETIME"], v["EXPOSURE"] = (tstop-tstart)*dead, (tstop-tstart)*dead
	v["TIMEDEL"] = w.step()
	if w.mission != exo.TESS {
		v["LC_START"], v["LC_END"] = first+keplerMJD, last+keplerMJD
		const utcMJD = 2400000.5 + 66.184/secondsPerDay
		v["DATE-OBS1"] = utc(first+keplerMJD+utcMJD-half) + "Z"
		v["DATE-END1"] = utc(last+keplerMJD+utcMJD+half) + "Z"
		return
	}
	zone := ""
	if w.date < "2019" {
		v["TSTART"], v["TSTOP"], zone = first-half, last+half, "Z"
	} else {
		v["TSTART"], v["TSTOP"] = tstart, tstop
	}
	v["DATE-OBS"], v["DATE-END"] = utc(v["TSTART"].(float64)+zero)+zone, utc(v["TSTOP"].(float64)+zero)+zone
	v["DATE-OBS1"], v["DATE-END1"] = utc(tstart+zero)+zone, utc(tstop+zero)+zone
}

// qualityCards are the noise and the grades of the systematics correction.
func (sc scene) qualityCards(v cards, c chance) {
	ppm := 1e6 * sc.noise / (sc.flux * sc.fraction)
	for key, hours := range map[string]float64{"CDPP0_5": 0.5, "CDPP1_0": 1, "CDPP2_0": 2, "CDPP3_0": 3, "CDPP6_0": 6, "CDPP12_0": 12} {
		white := ppm / math.Sqrt(hours/24/sc.window.step())
		v[key] = math.Sqrt(float64(white*white) + 45*45)
	}
	v["PDCVAR"], v["PDCMETHD"] = c.between(0.8, 3), "msMAP"
	if sc.window.mission != exo.TESS {
		v["PDCMETHD"] = map[int]string{1: "regularMap", 3: "multiScaleMap"}[sc.window.bands]
	}
	for _, key := range []string{"PR_GOOD1", "PR_GOOD2", "PR_GOOD3", "PDC_TOT", "PDC_COR", "PDC_VAR", "PDC_NOI"} {
		v[key] = c.between(0.6, 0.9999)
	}
	v["PR_WGHT1"] = 0.0
	for _, key := range []string{"PR_WGHT2", "PR_WGHT3", "PDC_TOTP", "PDC_CORP", "PDC_VARP", "PDC_NOIP"} {
		v[key] = c.between(1, 99)
	}
	if sc.window.mission == exo.Kepler {
		v["PDC_EPT"], v["PDC_EPTP"] = 1.0, c.between(20, 90)
	}
}

func (sc scene) tessCards(v cards, named exo.TargetID, c chance) {
	s, w := sc.star, sc.window
	v["TICID"], v["SECTOR"] = named.Number, w.slice
	v["CAMERA"], v["CCD"], v["PXTABLE"] = 1+c.intn(4), 1+c.intn(4), w.table
	v["TMOFST"] = c.between(0.2, 1.9)
	if s.pmRA != 0 || s.pmDec != 0 {
		v["PMRA"], v["PMDEC"], v["PMTOTAL"] = s.pmRA, s.pmDec, math.Sqrt(float64(s.pmRA*s.pmRA)+float64(s.pmDec*s.pmDec))
	}
	v["TESSMAG"], v["TEFF"] = s.tmag(), s.Teff
	if s.met != 0 {
		v["MH"] = s.met
	}
	v["NUM_FRM"], v["NREADOUT"] = w.cadence/2, w.cadence*48/120
	// HDU 1 and 2 state the right ascension of the date.
	years := (w.start + 2457000 - 2451545) / 365.25
	_, cosDec := sincos(s.Dec * math.Pi / 180)
	v["RA_OBJ1"], v["DEC_OBJ1"] = s.RA+s.pmRA/3.6e6*years/cosDec, s.Dec
	v["CRVAL1"], v["CRVAL2"] = v["RA_OBJ1"], s.Dec+float64(s.pmDec/3.6e6*years)
	v["CDELT1"], v["CDELT2"] = -0.0058, 0.0058
}

func (sc scene) keplerCards(v cards, named exo.TargetID, c chance) {
	s, w := sc.star, sc.window
	v["KEPLERID"], v["MISSION"] = named.Number, string(w.mission)
	v["QUARTER"], v["CAMPAIGN"], v["SEASON"] = w.slice, w.slice, (w.slice+3)%4
	module, output := 2+c.intn(23), 1+c.intn(4)
	v["MODULE"], v["OUTPUT"], v["CHANNEL"], v["SKYGROUP"] = module, output, min(84, (module-2)*4+output), min(84, (module-2)*4+output)
	v["TTABLEID"], v["OBSMODE"], v["NUM_FRM"] = w.table, "long cadence", 270
	if w.cadence == 60 {
		v["OBSMODE"], v["NUM_FRM"] = "short cadence", 9
	}
	v["NREADOUT"], v["TIMSLICE"], v["MEANBLCK"] = v["NUM_FRM"], 1+c.intn(5), 690+c.intn(60)
	v["GAIN"], v["READNOIS"] = c.between(94, 120), c.between(75, 100)
	v["PMRA"], v["PMDEC"] = s.pmRA/1000, s.pmDec/1000
	v["KEPMAG"] = s.Mag
	color := max(0.1, (7600-s.Teff)/3500)
	v["GMAG"], v["RMAG"], v["IMAG"] = s.Mag+float64(0.8*color), s.Mag-0.05, s.Mag-float64(0.2*color)
	v["JMAG"], v["HMAG"], v["KMAG"] = s.Mag-1-float64(0.8*color), s.Mag-1.1-float64(1.2*color), s.Mag-1.15-float64(1.3*color)
	v["CRVAL1"], v["CRVAL2"] = s.RA, s.Dec
	v["CDELT1"], v["CDELT2"] = -0.0011, 0.0011
	if w.mission == exo.K2 { // K2's input catalog has no parameters
		delete(v, "RADIUS")
		delete(v, "LOGG")
		return
	}
	v["PMTOTAL"] = math.Sqrt(float64(s.pmRA*s.pmRA)+float64(s.pmDec*s.pmDec)) / 1000
	v["GLON"], v["GLAT"] = galactic(s.RA, s.Dec)
	v["ZMAG"], v["D51MAG"] = s.Mag-float64(0.3*color), s.Mag+float64(0.7*color)
	v["GRCOLOR"], v["JKCOLOR"], v["GKCOLOR"] = float64(0.8*color)+0.05, 0.15+float64(0.5*color), 1.15+float64(2.1*color)
	v["TEFF"], v["FEH"] = int(s.Teff), s.met
	v["EBMINUSV"], v["AV"], v["TMINDEX"] = 0.03, 0.095, 100000000+c.intn(500000000)
}

// galactic converts a position to galactic degrees.
func galactic(ra, dec float64) (l, b float64) {
	const poleRA, poleDec, node = 192.85948, 27.12825, 122.93192
	sinD, cosD := sincos(dec * math.Pi / 180)
	sinP, cosP := sincos(poleDec * math.Pi / 180)
	sinA, cosA := sincos((ra - poleRA) * math.Pi / 180)
	b = asin(float64(sinD*sinP) + float64(cosD*cosP*cosA))
	l = node - atan2(cosD*sinA, float64(sinD*cosP)-float64(cosD*sinP*cosA))*180/math.Pi
	if l < 0 {
		l += 360
	}
	return decimals(l, 6), decimals(b*180/math.Pi, 6)
}

// pixelCards make the aperture: a round spot of pixels about the star.
func (sc scene) pixelCards(v cards, c chance) {
	nx, ny := sc.window.aperture()
	collected, best := int32(1), int32(3)
	switch {
	case sc.window.mission == exo.TESS:
		collected, best = 33, 43
	case sc.window.cadence == 60:
		best = 7
	}
	cx, cy := float64(float64(nx)/2)+c.between(-0.5, 0.5), float64(float64(ny)/2)+c.between(-0.5, 0.5)
	v["CRPIX1"], v["CRPIX2"] = cx+0.5, cy+0.5
	pixels, count := make([]int32, nx*ny), 0
	for i := range pixels {
		dx, dy := float64(i%nx)+0.5-cx, float64(i/nx)+0.5-cy
		r2 := float64(dx*dx) + float64(dy*dy)
		pixels[i] = collected
		switch {
		case r2 < 3.6:
			pixels[i] = best
			count++
		case sc.window.mission == exo.TESS && r2 > 16 && c.oneIn(3):
			pixels[i] = collected | 4
		}
	}
	v["pixels"], v["NPIXSAP"], v["NX"], v["NY"] = pixels, count, nx, ny
	sin, cos := sincos(c.between(0, 2*math.Pi))
	v["PC1_1"], v["PC1_2"], v["PC2_1"], v["PC2_2"] = cos, -sin, sin, cos
}

// unixMilli writes a time as 2006-01-02T15:04:05.000Z.
func unixMilli(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }
