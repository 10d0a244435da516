package candidate

import "exoplanetai/internal/catalog"

// word is a column of the common vocabulary.
type word struct {
	name     string
	typ      string
	unit     string
	text     string // what it is
	measured bool   // may have _err_up, _err_down and _limit
}

// vocabulary lists the columns that the normalised tables share, in their
// order. Units are the SI-astronomical ones, spelled as the VO does where it has
// a spelling (VOUnits 1.0), "ppm" for 1e-6.
var vocabulary = []word{
	{"row_key", "char", "", "key of the row in its source", false},
	{"source", "char", "", "table that the row comes from: koi, toi, k2, gaia", false},
	{"object", "char", "", "the source's name of the planet, candidate or star", false},
	{"kic", "char", "", "host star in the Kepler Input Catalog", false},
	{"tic", "char", "", "host star in the TESS Input Catalog", false},
	{"epic", "char", "", "host star in the Ecliptic Plane Input Catalog", false},
	{"gaia_id", "char", "", "host star in Gaia, with the release", false},
	{"host_name", "char", "", "name of the host star", false},
	{"planet_name", "char", "", "name of the planet once it has one", false},
	{"candidate_name", "char", "", "name of the candidate beside the object's: EPIC 201912552.01, a CTOI", false},
	{"disposition", "char", "", "verdict in the common words: CONFIRMED, CANDIDATE, FALSE POSITIVE, FALSE ALARM, REFUTED, NOT DISPOSITIONED", false},
	{"disposition_original", "char", "", "verdict in the source's words", false},
	{"disposition_reference", "char", "", "paper of the verdict", false},
	{"default_flag", "int", "", "1 for the source's preferred solution of a planet", false},
	{"reference", "char", "", "paper of the planet's parameters: bibliographic code, else its words", false},
	{"star_reference", "char", "", "paper of the star's parameters", false},

	{"period_d", "double", "d", "orbital period; empty for a single transit", true},
	{"epoch_bjd", "double", "d", "time of mid-transit, full barycentric Julian date (TDB)", true},
	{"duration_h", "double", "h", "transit duration, first to fourth contact", true},
	{"ingress_h", "double", "h", "ingress duration", true},
	{"depth_ppm", "double", "ppm", "transit depth", true},
	{"impact", "double", "", "impact parameter", true},
	{"radius_ratio", "double", "", "planet radius over star radius", true},
	{"distance_over_radius", "double", "", "distance of planet and star over star radius", true},
	{"radius_earth", "double", "earthRad", "planet radius", true},
	{"mass_earth", "double", "earthMass", "planet mass, or mass times sine of inclination, see mass_kind", true},
	{"mass_kind", "char", "", "what mass_earth is: Mass, Msini, Msin(i)/sin(i)", false},
	{"density_g_cm3", "double", "g.cm-3", "planet density", true},
	{"insolation_earth", "double", "", "insolation over Earth's", true},
	{"teq_k", "double", "K", "equilibrium temperature", true},
	{"semi_major_axis_au", "double", "AU", "semi-major axis of the orbit", true},
	{"eccentricity", "double", "", "eccentricity of the orbit", true},
	{"inclination_deg", "double", "deg", "inclination of the orbit", true},
	{"periastron_deg", "double", "deg", "argument of periastron", true},
	{"rv_amplitude_m_s", "double", "m.s-1", "radial velocity amplitude", true},
	{"snr", "double", "", "signal over noise of the transits", false},

	{"star_teff_k", "double", "K", "effective temperature of the star", true},
	{"star_logg", "double", "", "log10 of the star's surface gravity in cm.s-2", true},
	{"star_radius_sun", "double", "solRad", "radius of the star", true},
	{"star_mass_sun", "double", "solMass", "mass of the star", true},
	{"star_metallicity_dex", "double", "", "metallicity of the star, dex", true},
	{"star_density_g_cm3", "double", "g.cm-3", "mean density of the star", true},
	{"star_age_gyr", "double", "Gyr", "age of the star", true},
	{"star_luminosity_log_sun", "double", "", "log10 of the star's luminosity over the Sun's", true},

	{"ra_deg", "double", "deg", "right ascension, ICRS", true},
	{"dec_deg", "double", "deg", "declination, ICRS", true},
	{"pm_ra_mas_yr", "double", "mas.yr-1", "proper motion in right ascension times cosine of declination", true},
	{"pm_dec_mas_yr", "double", "mas.yr-1", "proper motion in declination", true},
	{"parallax_mas", "double", "mas", "parallax", true},
	{"distance_pc", "double", "pc", "distance", true},
	{"separation_arcsec", "double", "arcsec", "distance of the Gaia source from the star asked for, at epoch 2000", false},
	{"tess_mag", "double", "mag", "TESS magnitude", true},
	{"kepler_mag", "double", "mag", "Kepler magnitude", true},
	{"gaia_g_mag", "double", "mag", "Gaia G magnitude", true},
	{"bp_rp_mag", "double", "mag", "Gaia colour BP - RP", false},
	{"v_mag", "double", "mag", "V magnitude", true},
	{"g_mag", "double", "mag", "g magnitude", true},
	{"r_mag", "double", "mag", "r magnitude", true},
	{"i_mag", "double", "mag", "i magnitude", true},
	{"z_mag", "double", "mag", "z magnitude", true},
	{"j_mag", "double", "mag", "J magnitude", true},
	{"h_mag", "double", "mag", "H magnitude", true},
	{"k_mag", "double", "mag", "Ks magnitude", true},
	{"ruwe", "double", "", "Gaia's renormalised unit weight error", false},

	{"observed", "char", "", "quarters (Kepler), sectors (TESS) or campaigns (K2) with data, separated by commas", false},
	{"created", "char", "", "when the object was listed first, ISO 8601, UTC", false},
	{"released", "char", "", "when the source made the row public, ISO 8601, UTC", false},
	{"published", "char", "", "month of the paper, ISO 8601", false},
	{"updated", "char", "", "when the row changed last, ISO 8601, UTC", false},
	{"comments", "char", "", "the source's free text", false},
}

// rule says how a source fills a column of the vocabulary.
type rule struct {
	word string
	from []string // columns as the source spells them, best first
	as   form
}

// form says how a cell becomes one of the vocabulary.
type form int

const (
	text     form = iota // trimmed
	number               // a number keeps its text
	positive             // a number; 0 means unknown
	bkjd                 // days from BJD 2454833, or full BJD: the column's name tells
	ppm                  // ppm, per cent or mmag: the column's name or unit tells
	hours                // hours, unless the table says days
	rightAscension
	declination
	date
	cited         // HTML anchor to the paper's code
	judged        // disposition
	bits          // one character for each quarter
	planet        // a name that ends with a planet's letter
	epicCandidate // EPIC 201912552.01
	kicStar
	ticStar
	epicStar
	gaiaStar
	koiObject
	toiObject
)

// source is how a table is normalised.
type source struct {
	rules    []rule
	up, down []string // what the name of an error's column has more than the value's
	both     []string // the same for one error that counts both ways
	limit    []string
}

// sources by table (archives fact sheet, sections 1.6 and 2).
var sources = map[catalog.Type]source{
	catalog.KOI:  {rules: koiRules, up: []string{"_err1"}, down: []string{"_err2"}, both: []string{"_err"}},
	catalog.TOI:  {rules: toiRules, up: []string{"err1"}, down: []string{"err2"}, both: []string{" err", " error"}, limit: []string{"lim"}},
	catalog.K2:   {rules: k2Rules, up: []string{"err1"}, down: []string{"err2"}, limit: []string{"lim"}},
	catalog.Gaia: {rules: gaiaRules, both: []string{"_error"}},
}

var koiRules = []rule{
	{"object", []string{"kepoi_name"}, koiObject},
	{"kic", []string{"kepid"}, kicStar},
	{"planet_name", []string{"kepler_name"}, text},
	{"disposition", []string{"koi_disposition"}, judged},
	{"disposition_original", []string{"koi_disposition"}, text},
	{"disposition_reference", []string{"koi_disp_prov"}, text},
	{"reference", []string{"koi_parm_prov"}, text},
	{"star_reference", []string{"koi_sparprov"}, text},
	{"period_d", []string{"koi_period"}, positive},
	{"epoch_bjd", []string{"koi_time0bk", "koi_time0"}, bkjd},
	{"duration_h", []string{"koi_duration"}, hours},
	{"ingress_h", []string{"koi_ingress"}, hours},
	{"depth_ppm", []string{"koi_depth"}, ppm},
	{"impact", []string{"koi_impact"}, number},
	{"radius_ratio", []string{"koi_ror"}, number},
	{"distance_over_radius", []string{"koi_dor"}, number},
	{"radius_earth", []string{"koi_prad"}, number},
	{"insolation_earth", []string{"koi_insol"}, number},
	{"teq_k", []string{"koi_teq"}, number},
	{"semi_major_axis_au", []string{"koi_sma"}, number},
	{"eccentricity", []string{"koi_eccen"}, number},
	{"inclination_deg", []string{"koi_incl"}, number},
	{"periastron_deg", []string{"koi_longp"}, number},
	{"snr", []string{"koi_model_snr"}, number},
	{"star_teff_k", []string{"koi_steff"}, number},
	{"star_logg", []string{"koi_slogg"}, number},
	{"star_radius_sun", []string{"koi_srad"}, number},
	{"star_mass_sun", []string{"koi_smass"}, number},
	{"star_metallicity_dex", []string{"koi_smet"}, number},
	{"star_density_g_cm3", []string{"koi_srho"}, number},
	{"star_age_gyr", []string{"koi_sage"}, number},
	{"ra_deg", []string{"ra", "ra_str"}, rightAscension},
	{"dec_deg", []string{"dec", "dec_str"}, declination},
	{"kepler_mag", []string{"koi_kepmag"}, number},
	{"g_mag", []string{"koi_gmag"}, number},
	{"r_mag", []string{"koi_rmag"}, number},
	{"i_mag", []string{"koi_imag"}, number},
	{"z_mag", []string{"koi_zmag"}, number},
	{"j_mag", []string{"koi_jmag"}, number},
	{"h_mag", []string{"koi_hmag"}, number},
	{"k_mag", []string{"koi_kmag"}, number},
	{"observed", []string{"koi_quarters"}, bits},
	{"updated", []string{"rowupdate", "koi_vet_date"}, date},
	{"comments", []string{"koi_comment"}, text},
}

var toiRules = []rule{
	{"object", []string{"TOI"}, toiObject},
	{"tic", []string{"TIC ID", "tid"}, ticStar},
	{"planet_name", []string{"Planet Name"}, text},
	{"candidate_name", []string{"Previous CTOI", "CTOI", "ctoi_alias"}, text},
	{"disposition", []string{"TFOPWG Disposition", "tfopwg_disp"}, judged},
	{"disposition_original", []string{"TFOPWG Disposition", "tfopwg_disp"}, text},
	{"reference", []string{"Source"}, text},
	{"period_d", []string{"Period (days)", "pl_orbper"}, positive},
	{"epoch_bjd", []string{"Epoch (BJD)", "Transit Epoch (BJD)", "pl_tranmid"}, number},
	{"duration_h", []string{"Duration (hours)", "pl_trandurh"}, hours},
	{"depth_ppm", []string{"Depth (ppm)", "pl_trandep", "Depth (mmag)"}, ppm},
	{"radius_earth", []string{"Planet Radius (R_Earth)", "pl_rade"}, number},
	{"insolation_earth", []string{"Planet Insolation (Earth Flux)", "pl_insol"}, number},
	{"teq_k", []string{"Planet Equil Temp (K)", "Planet Eq Temp (K)", "pl_eqt"}, number},
	{"snr", []string{"Planet SNR"}, number},
	{"star_teff_k", []string{"Stellar Eff Temp (K)", "Stellar Teff (K)", "st_teff"}, number},
	{"star_logg", []string{"Stellar log(g) (cm/s^2)", "st_logg"}, number},
	{"star_radius_sun", []string{"Stellar Radius (R_Sun)", "st_rad"}, number},
	{"star_mass_sun", []string{"Stellar Mass (M_Sun)", "st_mass"}, number},
	{"star_metallicity_dex", []string{"Stellar Metallicity", "st_met"}, number},
	{"ra_deg", []string{"RA (deg)", "RA", "rastr"}, rightAscension},
	{"dec_deg", []string{"Dec (deg)", "Dec", "decstr"}, declination},
	{"pm_ra_mas_yr", []string{"PM RA (mas/yr)", "st_pmra"}, number},
	{"pm_dec_mas_yr", []string{"PM Dec (mas/yr)", "st_pmdec"}, number},
	{"distance_pc", []string{"Stellar Distance (pc)", "st_dist"}, number},
	{"tess_mag", []string{"TESS Mag", "st_tmag"}, number},
	{"observed", []string{"Sectors"}, text},
	{"created", []string{"Date TOI Alerted (UTC)", "Date TOI Alerted (by TESS Project)", "toi_created"}, date},
	{"released", []string{"release_date", "releasedate"}, date},
	{"updated", []string{"Date Modified", "Date Modified (by ExoFOP-TESS)", "rowupdate"}, date},
	{"comments", []string{"Comments"}, text},
}

var k2Rules = []rule{
	{"object", []string{"pl_name"}, text},
	{"epic", []string{"epic_hostname", "hostname", "epic_candname", "pl_name"}, epicStar},
	{"tic", []string{"tic_id"}, ticStar},
	{"gaia_id", []string{"gaia_id", "gaia_dr3_id", "gaia_dr2_id"}, gaiaStar},
	{"host_name", []string{"hostname"}, text},
	{"planet_name", []string{"pl_name", "k2_name"}, planet},
	{"candidate_name", []string{"epic_candname", "pl_name"}, epicCandidate},
	{"disposition", []string{"disposition"}, judged},
	{"disposition_original", []string{"disposition"}, text},
	{"disposition_reference", []string{"disp_refname"}, cited},
	{"default_flag", []string{"default_flag"}, number},
	{"reference", []string{"pl_refname"}, cited},
	{"star_reference", []string{"st_refname"}, cited},
	{"period_d", []string{"pl_orbper"}, positive},
	{"epoch_bjd", []string{"pl_tranmid"}, number},
	{"duration_h", []string{"pl_trandur"}, hours},
	{"depth_ppm", []string{"pl_trandep"}, ppm},
	{"impact", []string{"pl_imppar"}, number},
	{"radius_ratio", []string{"pl_ratror"}, number},
	{"distance_over_radius", []string{"pl_ratdor"}, number},
	{"radius_earth", []string{"pl_rade"}, number},
	{"mass_earth", []string{"pl_bmasse"}, number},
	{"mass_kind", []string{"pl_bmassprov"}, text},
	{"density_g_cm3", []string{"pl_dens"}, number},
	{"insolation_earth", []string{"pl_insol"}, number},
	{"teq_k", []string{"pl_eqt"}, number},
	{"semi_major_axis_au", []string{"pl_orbsmax"}, number},
	{"eccentricity", []string{"pl_orbeccen"}, number},
	{"inclination_deg", []string{"pl_orbincl"}, number},
	{"periastron_deg", []string{"pl_orblper"}, number},
	{"rv_amplitude_m_s", []string{"pl_rvamp"}, number},
	{"star_teff_k", []string{"st_teff"}, number},
	{"star_logg", []string{"st_logg"}, number},
	{"star_radius_sun", []string{"st_rad"}, number},
	{"star_mass_sun", []string{"st_mass"}, number},
	{"star_metallicity_dex", []string{"st_met"}, number},
	{"star_density_g_cm3", []string{"st_dens"}, number},
	{"star_age_gyr", []string{"st_age"}, number},
	{"star_luminosity_log_sun", []string{"st_lum"}, number},
	{"ra_deg", []string{"ra", "rastr"}, rightAscension},
	{"dec_deg", []string{"dec", "decstr"}, declination},
	{"pm_ra_mas_yr", []string{"sy_pmra"}, number},
	{"pm_dec_mas_yr", []string{"sy_pmdec"}, number},
	{"parallax_mas", []string{"sy_plx"}, number},
	{"distance_pc", []string{"sy_dist"}, number},
	{"tess_mag", []string{"sy_tmag"}, number},
	{"kepler_mag", []string{"sy_kepmag"}, number},
	{"gaia_g_mag", []string{"sy_gaiamag"}, number},
	{"v_mag", []string{"sy_vmag"}, number},
	{"g_mag", []string{"sy_gmag"}, number},
	{"r_mag", []string{"sy_rmag"}, number},
	{"i_mag", []string{"sy_imag"}, number},
	{"z_mag", []string{"sy_zmag"}, number},
	{"j_mag", []string{"sy_jmag"}, number},
	{"h_mag", []string{"sy_hmag"}, number},
	{"k_mag", []string{"sy_kmag"}, number},
	{"observed", []string{"k2_campaigns"}, text},
	{"released", []string{"releasedate"}, date},
	{"published", []string{"pl_pubdate"}, date},
	{"updated", []string{"rowupdate"}, date},
}

var gaiaRules = []rule{
	{"object", []string{"source_id"}, gaiaStar},
	{"kic", []string{"target", "target_id"}, kicStar},
	{"tic", []string{"target", "target_id", "tic_id"}, ticStar},
	{"epic", []string{"target", "target_id"}, epicStar},
	{"gaia_id", []string{"source_id"}, gaiaStar},
	{"star_teff_k", []string{"teff_gspphot"}, number},
	{"star_logg", []string{"logg_gspphot"}, number},
	{"star_radius_sun", []string{"radius_flame", "radius_gspphot"}, number},
	{"star_mass_sun", []string{"mass_flame"}, number},
	{"star_metallicity_dex", []string{"mh_gspphot"}, number},
	{"ra_deg", []string{"ra"}, rightAscension},
	{"dec_deg", []string{"dec"}, declination},
	{"pm_ra_mas_yr", []string{"pmra"}, number},
	{"pm_dec_mas_yr", []string{"pmdec"}, number},
	{"parallax_mas", []string{"parallax"}, number},
	{"separation_arcsec", []string{"separation_arcsec"}, number},
	{"gaia_g_mag", []string{"phot_g_mean_mag"}, number},
	{"bp_rp_mag", []string{"bp_rp"}, number},
	{"ruwe", []string{"ruwe"}, number},
}
