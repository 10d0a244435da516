package universe

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
)

// toiBodies returns the bodies that are TOIs, by number.
func toiBodies(stars []*star) []*body {
	var all []*body
	for _, s := range stars {
		for _, b := range s.bodies {
			if b.TOI != "" {
				all = append(all, b)
			}
		}
	}
	slices.SortFunc(all, func(a, b *body) int {
		return cmp.Or(cmp.Compare(toiNumber(a), toiNumber(b)), strings.Compare(a.TOI, b.TOI))
	})
	return all
}

func toiNumber(b *body) int {
	n, _ := strconv.Atoi(b.TOI[:strings.IndexByte(b.TOI, '.')])
	return n
}

// toiTable is the archive's `toi`, which sorts its keys as text.
func toiTable(seed uint64, stars []*star) Table {
	t := newTable("toi", specTOI)
	all := toiBodies(stars)
	slices.SortFunc(all, func(a, b *body) int { return strings.Compare(a.TOI, b.TOI) })
	for i, b := range all {
		row := b.toiRow(b.chance(seed, "toi"))
		row["objectid"] = strconv.Itoa(600000 + i)
		t.add(row)
	}
	return t
}

// measured writes a value of the TOI table with its five companions. The error
// is kept with as many decimals as the archive gives it.
func (row cells) measured(column string, value float64, digits int, err float64, errDigits int) {
	if math.IsNaN(value) {
		return
	}
	row[column] = f(value, digits)
	row[column+"lim"], row[column+"symerr"] = "0", "1"
	row[column+"str"] = g(value)
	if text := f(err, errDigits); strings.Trim(text, "0.") != "" {
		row[column+"err1"], row[column+"err2"] = text, "-"+text
		row[column+"str"] += "&plusmn;" + strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
}

// derived is measured for values that come without errors and flags.
func (row cells) derived(column string, value float64) {
	row[column], row[column+"str"] = f(value, 7), g(value)
}

func (b *body) toiRow(c chance) cells {
	s := b.star
	tic := strconv.FormatUint(s.number(exo.TIC), 10)
	prefix := b.TOI[:strings.IndexByte(b.TOI, '.')]
	row := cells{
		"tid": tic, "tidstr": "TIC " + tic, "toi": b.TOI, "toipfx": prefix, "toipfxstr": "TOI " + prefix,
		"pl_pnum": strconv.Itoa(len(s.bodies)), "tfopwg_disp": b.tfop, "ra": f(s.RA, 7), "dec": f(s.Dec, 7),
		"toi_created": b.created, "rowupdate": b.updated, "release_date": b.updated,
		"spt_ind": strconv.Itoa(100000000 + c.intn(100000000)), "htm20": strconv.Itoa(9000000000000 + c.intn(1000000000)),
	}
	row["rastr"], row["decstr"] = sexagesimal(s.RA, s.Dec, false)
	row.measured("st_tmag", s.tmag(), 7, s.magErr, 3)
	row.measured("st_pmra", s.pmRA, 7, s.pmRAErr, 3)
	row.measured("st_pmdec", s.pmDec, 7, s.pmDecErr, 3)
	row.measured("pl_tranmid", b.EpochBJD, 7, b.epochErr, 6)
	if b.PeriodDays != 0 {
		row.measured("pl_orbper", b.PeriodDays, 7, b.periodErr, 7)
	} else {
		row["pl_orbperlim"] = "0" // a single transit: the period is null
	}
	row.measured("pl_trandurh", b.DurationH, 7, b.durErr, 7)
	row.measured("pl_trandep", b.DepthPPM, 7, b.depthErr, 7)
	row.measured("pl_rade", b.rade, 7, b.radeErr, 7)
	row.derived("pl_insol", b.insol)
	row.derived("pl_eqt", b.teq)
	row.measured("st_dist", s.Dist, 7, s.distErr, 7)
	row.measured("st_teff", s.Teff, 7, s.teffErr, 7)
	row.measured("st_logg", s.Logg, 7, s.loggErr, 7)
	row.measured("st_rad", s.Radius, 7, s.radErr, 7)
	return row
}

// exofopTable is ExoFOP's download_toi, in its dialect: right ascension in
// hours, floats without the zero before the point, a period of 0 where it is
// not known.
func exofopTable(seed uint64, stars []*star) Table {
	t := newTable("exofop", specExoFOP)
	for _, b := range toiBodies(stars) {
		t.add(b.exofopRow(b.chance(seed, "exofop")))
	}
	return t
}

// dotted writes a number as ExoFOP does: .6576402.
func dotted(x float64) string {
	s := g(x)
	if rest, ok := strings.CutPrefix(s, "0."); ok {
		return "." + rest
	}
	return s
}

func (b *body) exofopRow(c chance) cells {
	s := b.star
	row := cells{
		"TIC ID": strconv.FormatUint(s.number(exo.TIC), 10), "TOI": b.TOI, "TESS Disposition": b.tess, "TFOPWG Disposition": b.tfop,
		"ESM": f(c.between(0.5, 90), 1), "TSM": f(c.between(2, 220), 1),
		"Predicted Mass (M_Earth)": f(pow(b.rade, 1.7)*1.1, 2), "Predicted RV Semi-amplitude (m/s)": f(c.between(0.5, 60), 1),
		"TESS Mag": g(s.tmag()), "TESS Mag err": g(s.magErr), "Pipeline Signal ID": strconv.Itoa(max(b.tce, 1)), "Source": b.source,
		"Detection": "SPOC", "PM RA (mas/yr)": g(s.pmRA), "PM RA err (mas/yr)": g(s.pmRAErr), "PM Dec (mas/yr)": g(s.pmDec), "PM Dec err (mas/yr)": g(s.pmDecErr),
		"Epoch (BJD)": g(b.EpochBJD), "Epoch (BJD) err": g(b.epochErr), "Period (days)": g(b.PeriodDays), "Period (days) err": blankZero(b.periodErr),
		"Duration (hours)": g(b.DurationH), "Duration (hours) err": g(b.durErr), "Depth (mmag)": f(-2500*ln(1-float64(b.DepthPPM*1e-6))/math.Ln10, 6),
		"Depth (mmag) err": f(b.depthErr*1.0857e-3, 6), "Depth (ppm)": g(b.DepthPPM), "Depth (ppm) err": g(b.depthErr),
		"Planet Radius (R_Earth)": dotted(b.rade), "Planet Radius (R_Earth) err": dotted(b.radeErr), "Planet Insolation (Earth Flux)": g(b.insol),
		"Planet Equil Temp (K)": g(b.teq), "Planet SNR": g(b.snr), "Stellar Distance (pc)": g(s.Dist), "Stellar Distance (pc) err": g(s.distErr),
		"Stellar Eff Temp (K)": g(s.Teff), "Stellar Eff Temp (K) err": blankZero(s.teffErr), "Stellar log(g) (cm/s^2)": g(s.Logg),
		"Stellar log(g) (cm/s^2) err": blankZero(s.loggErr), "Stellar Radius (R_Sun)": dotted(s.Radius), "Stellar Radius (R_Sun) err": dotted(s.radErr),
		"Stellar Mass (M_Sun)": dotted(s.Mass), "Stellar Mass (M_Sun) err": dotted(s.massErr), "Sectors": s.sectors,
		"Date TOI Alerted (UTC)": b.created[:10], "Date TOI Updated (UTC)": b.updated[:10], "Date Modified": b.updated, "Comments": b.comment,
	}
	for _, key := range []string{"Master", "SG1A", "SG1B", "SG2", "SG3", "SG4", "SG5"} {
		row[key] = strconv.Itoa(1 + c.intn(5))
	}
	for _, key := range []string{"Time Series Observations", "Spectroscopy Observations", "Imaging Observations"} {
		row[key] = strconv.Itoa(c.intn(12))
	}
	row["RA"], row["Dec"] = sexagesimal(s.RA, s.Dec, true)
	if s.met != 0 {
		row["Stellar Metallicity"], row["Stellar Metallicity  err"] = dotted(s.met), ".1"
	}
	return row
}

func blankZero(x float64) string {
	if x == 0 {
		return ""
	}
	return dotted(x)
}
