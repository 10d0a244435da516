package export

import "strings"

// voUnits gives the VOUnit 1.0 spelling of the archives' unit words, in lower
// case. Units that the standard lacks stand in quotes, as its section 2.11 asks
// of words of one's own; a share is a power of ten, because not every reader
// knows "%".
var voUnits = map[string]string{
	"d": "d", "day": "d", "days": "d", "h": "h", "hr": "h", "hrs": "h", "hour": "h", "hours": "h",
	"min": "min", "s": "s", "yr": "yr", "gyr": "Gyr",
	"deg": "deg", "degrees": "deg", "decimal degrees": "deg", "arcsec": "arcsec", "arcmin": "arcmin",
	"mas": "mas", "mas/yr": "mas/yr", "pc": "pc", "au": "AU", "k": "K", "mag": "mag", "mmag": "mmag",
	"m/s": "m/s", "km/s": "km/s", "g/cm**3": "g/cm**3", "g/cm^3": "g/cm**3", "cm/s**2": "cm/s**2", "cm/s^2": "cm/s**2",
	"solrad": "solRad", "solar radii": "solRad", "solar radius": "solRad", "r_sun": "solRad",
	"solmass": "solMass", "solar mass": "solMass", "solar masses": "solMass", "m_sun": "solMass", "sollum": "solLum",
	"earthrad": "'earthRad'", "earth radii": "'earthRad'", "earth radius": "'earthRad'", "r_earth": "'earthRad'",
	"earthmass": "'earthMass'", "earth mass": "'earthMass'", "m_earth": "'earthMass'",
	"jupiterrad": "'jupiterRad'", "jupiter radii": "'jupiterRad'", "jupiter radius": "'jupiterRad'",
	"jupitermass": "'jupiterMass'", "jupiter mass": "'jupiterMass'",
	"ppm": "1e-6", "1e-6": "1e-6", "%": "1e-2", "percent": "1e-2",
}

// scales are times counted in days from some moment: the unit is the day, the
// word says which moment.
var scales = map[string]bool{"bjd": true, "bkjd": true, "btjd": true, "jd": true, "mjd": true, "bjd_tdb": true}

// voUnit returns a unit as VOUnit spells it, and the description of its column.
// What the standard has no word for (logarithms, scales of time, fluxes of the
// Earth) goes into the description: a reader must not be given a unit that it
// would misread.
func voUnit(unit, ucd, description string) (vo, desc string) {
	unit = strings.TrimSpace(unit)
	word := strings.ToLower(unit)
	switch {
	case unit == "":
		return "", description
	case scales[word]:
		vo = "d"
	case strings.HasSuffix(ucd, "phys.gravity"): // tables give the unit of g for log g
	case voUnits[word] != "":
		return voUnits[word], description
	}
	return vo, strings.TrimSpace(description + " [" + unit + "]")
}

// ucds gives the UCD1+ of columns by their names, in lower case, without what
// stands in parentheses and without the suffix of a companion. The first column
// of a table that is "meta.id", and "pos.eq.ra" and "pos.eq.dec", become meta.main.
var ucds = map[string][]string{
	"meta.id": {"kepoi_name", "kepid", "kepler_name", "toi", "ctoi", "tic id", "tid", "tic_id", "tic", "toi_name", "pl_name", "hostname",
		"planet name", "hip_name", "hd_name", "gaia_id", "epic_hostname", "epic_candname", "k2_name", "source_id", "candidate_id", "key", "toipfx", "ctoi_alias"},
	"meta.code.class":                {"koi_disposition", "koi_pdisposition", "tfopwg disposition", "tfopwg_disp", "tess disposition", "disposition", "st_spectype"},
	"meta.code":                      {"koi_fpflag_nt", "koi_fpflag_ss", "koi_fpflag_co", "koi_fpflag_ec", "default_flag", "tran_flag", "rv_flag", "ttv_flag", "pl_controv_flag"},
	"meta.bib":                       {"pl_refname", "st_refname", "sy_refname", "disc_refname", "disp_refname"},
	"meta.note":                      {"comments", "koi_comment"},
	"meta.number":                    {"koi_count", "sy_pnum", "sy_snum", "koi_num_transits"},
	"pos.eq.ra":                      {"ra", "rastr", "ra_str"},
	"pos.eq.dec":                     {"dec", "decstr", "dec_str"},
	"pos.galactic.lon":               {"glon"},
	"pos.galactic.lat":               {"glat"},
	"pos.pm;pos.eq.ra":               {"pm ra", "pmra", "sy_pmra", "st_pmra", "st_pmralim"},
	"pos.pm;pos.eq.dec":              {"pm dec", "pmdec", "sy_pmdec", "st_pmdec"},
	"pos.parallax":                   {"parallax", "sy_plx", "st_plx"},
	"pos.distance":                   {"stellar distance", "sy_dist", "st_dist", "distance_gspphot"},
	"time.period":                    {"koi_period", "pl_orbper", "period", "orbital_period", "period_days"},
	"time.epoch":                     {"koi_time0", "koi_time0bk", "pl_tranmid", "epoch", "transit epoch", "epoch_bjd"},
	"time.duration":                  {"koi_duration", "koi_ingress", "pl_trandur", "pl_trandurh", "duration", "duration_hours"},
	"time.age":                       {"koi_sage", "st_age"},
	"phys.size.radius":               {"koi_prad", "koi_srad", "pl_rade", "pl_radj", "planet radius", "stellar radius", "st_rad", "radius_gspphot", "radius_flame"},
	"phys.mass":                      {"koi_smass", "pl_masse", "pl_massj", "pl_bmasse", "pl_bmassj", "pl_msinie", "pl_msinij", "predicted mass", "stellar mass", "st_mass", "mass_flame"},
	"phys.density":                   {"koi_srho", "pl_dens", "st_dens"},
	"phys.temperature":               {"koi_teq", "pl_eqt", "planet equil temp", "planet eq temp"},
	"phys.temperature.effective":     {"koi_steff", "st_teff", "stellar eff temp", "stellar teff", "teff_gspphot"},
	"phys.gravity":                   {"koi_slogg", "st_logg", "stellar log", "logg_gspphot"},
	"phys.abund.Z":                   {"koi_smet", "st_met", "stellar metallicity", "mh_gspphot"},
	"phys.size.smajAxis":             {"koi_sma", "pl_orbsmax"},
	"src.orbital.inclination":        {"koi_incl", "pl_orbincl"},
	"src.orbital.eccentricity":       {"koi_eccen", "pl_orbeccen"},
	"src.orbital.periastron":         {"koi_longp", "pl_orblper"},
	"stat.snr":                       {"koi_model_snr", "planet snr"},
	"phot.flux;arith.ratio":          {"koi_depth", "pl_trandep", "depth", "depth_ppm"},
	"phys.size.radius;arith.ratio":   {"koi_ror", "pl_ratror"},
	"phys.size.smajAxis;arith.ratio": {"koi_dor", "pl_ratdor"},
	"phot.mag":                       {"koi_kepmag", "sy_kepmag", "koi_gmag", "koi_rmag", "koi_imag", "koi_zmag", "sy_gmag", "sy_rmag", "sy_imag", "sy_zmag"},
	"phot.mag;em.opt":                {"tess mag", "st_tmag", "sy_tmag", "sy_gaiamag", "phot_g_mean_mag"},
	"phot.mag;em.opt.V":              {"sy_vmag"},
	"phot.mag;em.opt.B":              {"sy_bmag"},
	"phot.mag;em.IR.J":               {"koi_jmag", "sy_jmag"},
	"phot.mag;em.IR.H":               {"koi_hmag", "sy_hmag"},
	"phot.mag;em.IR.K":               {"koi_kmag", "sy_kmag"},
	"phot.color;em.opt.B;em.opt.R":   {"bp_rp"},
}

// companions are the suffixes of columns that go with another one: its errors
// and the flag that says it is a limit.
var companions = []struct{ suffix, ucd string }{
	{"_err1", "stat.error"}, {"_err2", "stat.error"}, {"err1", "stat.error"}, {"err2", "stat.error"},
	{"_error", "stat.error"}, {"_err", "stat.error"}, {" error", "stat.error"}, {" err", "stat.error"},
	{"_lim", "meta.code"}, {"lim", "meta.code"},
}

// ucdIndex turns the list round, for one document.
func ucdIndex() map[string]string {
	m := make(map[string]string, 256)
	for ucd, names := range ucds {
		for _, name := range names {
			m[name] = ucd
		}
	}
	return m
}

// ucdOf returns the UCD of a column by its name; "" if it is not known.
func ucdOf(index map[string]string, name string) string {
	name = bareName(name)
	if ucd := index[name]; ucd != "" {
		return ucd
	}
	for _, c := range companions {
		base, ok := strings.CutSuffix(name, c.suffix)
		if ucd := index[base]; ok && ucd != "" {
			switch {
			case c.ucd != "stat.error":
				return c.ucd
			case strings.HasPrefix(ucd, "meta.") || strings.HasPrefix(ucd, "stat."):
				return c.ucd // these are never second words
			}
			return c.ucd + ";" + ucd
		}
	}
	return ""
}

// bareName is the name in lower case without what stands in parentheses:
// "Planet Radius (R_Earth) err" → "planet radius err".
func bareName(name string) string {
	for {
		i := strings.IndexByte(name, '(')
		j := strings.IndexByte(name, ')')
		if i < 0 || j < i {
			return strings.Join(strings.Fields(strings.ToLower(name)), " ")
		}
		name = name[:i] + " " + name[j+1:]
	}
}
