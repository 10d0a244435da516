package validate

import "exoplanetai/internal/catalog"

const (
	fromTOI   = "NASA Exoplanet Archive, data columns of the TOI table; ExoFOP-TESS, TOI columns"
	fromAlert = "Guerrero et al. 2021, ApJS 254, 39 (TOI catalog)"
	fromTIC   = "Stassun et al. 2019, AJ 158, 138 (TIC-8)"
)

// toi declares what is asked of the table of TESS Objects of Interest, in the
// dialects of NASA and of ExoFOP.
var toi = declared{
	typ:   catalog.TOI,
	sky:   sky{digits: 3},
	twins: twins{arcsec: 42, period: 5e-4, dead: []string{"FP", "FA"}},
	quantities: []quantity{
		{id: "tic", names: []string{"tid", "TIC ID"}, can: span{1, inf}, does: span{1, 1e10}, reason: "the TIC's numbers", source: fromTIC},
		{id: "period", unit: "d", names: []string{"pl_orbper", "Period (days)"}, can: notNegative, does: span{0.15, 2500}, mid: span{1.5, 12}, zeroIsNone: true, reason: "shorter is inside the Roche limit of rock; longer than the mission shows one transit, and the period is a guess", source: fromAlert},
		{id: "epoch", unit: "d", names: []string{"pl_tranmid", "Epoch (BJD)", "Transit Epoch (BJD)"}, can: span{2.40e6, 2.50e6}, does: span{2457800, 2465000}, mid: span{2458300, 2464000}, reason: "from shortly before TESS; the epoch of a known planet may be older than the mission", source: fromAlert},
		{id: "duration", unit: "h", names: []string{"pl_trandurh", "Duration (hours)"}, can: notNegative, does: span{0.1, 40}, mid: span{1.2, 6}, reason: "a few cadences to the longest transits seen", source: fromAlert},
		{id: "depth", unit: "ppm", names: []string{"pl_trandep", "Depth (ppm)"}, can: notNegative, does: span{10, 6e5}, mid: span{1000, 15000}, reason: "TESS's noise is some ten ppm; a star loses more than half its light to a binary of giants only", source: fromAlert},
		{id: "depth.mmag", unit: "mmag", names: []string{"Depth (mmag)"}, can: notNegative, does: span{0.01, 1000}, mid: span{1, 16}, reason: "as the depth in ppm", source: fromAlert},
		{id: "radius", unit: "R⊕", names: []string{"pl_rade", "Planet Radius (R_Earth)"}, can: notNegative, does: span{0.3, 110}, mid: span{4, 16}, reason: "what crosses the star is not larger than the Sun", source: fromAlert},
		{id: "insolation", unit: "S⊕", names: []string{"pl_insol", "Planet Insolation (Earth Flux)"}, can: notNegative, does: span{1e-3, 1e6}, mid: span{100, 1200}, reason: "a planet at the surface of an A star gets 1e6", source: fromAlert},
		{id: "teq", unit: "K", names: []string{"pl_eqt", "Planet Equil Temp (K)", "Planet Eq Temp (K)"}, can: notNegative, does: span{40, 7000}, mid: span{700, 1700}, reason: "colder than the planets of our Sun, hotter than the star", source: fromAlert},
		{id: "snr", names: []string{"Planet SNR"}, can: notNegative, does: span{3, 1e4}, mid: span{8, 50}, reason: "a detection stands out of the noise", source: fromAlert},
		{id: "tmag", unit: "mag", names: []string{"st_tmag", "TESS Mag"}, can: span{-3, 35}, does: span{1, 20}, mid: span{10, 14}, reason: "the stars that TESS can follow", source: fromTIC},
		{id: "distance", unit: "pc", names: []string{"st_dist", "Stellar Distance (pc)"}, can: notNegative, does: span{1.3, 15000}, mid: span{150, 900}, reason: "from the nearest star to the other side of the disk", source: fromTIC},
		{id: "teff", unit: "K", names: []string{"st_teff", "Stellar Eff Temp (K)", "Stellar Teff (K)"}, can: notNegative, does: span{2300, 40000}, mid: span{5000, 6600}, reason: "from the coolest stars to O stars", source: fromTIC},
		{id: "logg", unit: "dex", names: []string{"st_logg", "Stellar log(g) (cm/s^2)"}, can: span{-3, 10}, does: span{1.5, 6}, mid: span{4, 4.6}, reason: "from giants to dwarfs of the latest type", source: fromTIC},
		{id: "rstar", unit: "R☉", names: []string{"st_rad", "Stellar Radius (R_Sun)"}, can: notNegative, does: span{0.08, 50}, mid: span{0.8, 1.8}, reason: "from the smallest star that burns hydrogen to giants, whose transits TESS cannot see", source: fromTIC},
		{id: "mstar", unit: "M☉", names: []string{"st_mass", "Stellar Mass (M_Sun)"}, can: notNegative, does: span{0.07, 20}, mid: span{0.8, 1.4}, reason: "from the least mass that burns hydrogen", source: fromTIC},
		{id: "metallicity", unit: "dex", names: []string{"Stellar Metallicity"}, can: span{-10, 10}, does: span{-3, 1}, mid: span{-0.4, 0.4}, reason: "the stars of the disk and the halo", source: fromTIC},
		{id: "pmra", unit: "mas/yr", names: []string{"st_pmra", "PM RA (mas/yr)"}, can: span{-11000, 11000}, does: span{-4000, 4000}, mid: span{-20, 20}, reason: "faster are a handful of stars, none of them a TOI", source: fromTIC},
		{id: "pmdec", unit: "mas/yr", names: []string{"st_pmdec", "PM Dec (mas/yr)"}, can: span{-11000, 11000}, does: span{-4000, 4000}, mid: span{-20, 20}, reason: "faster are a handful of stars, none of them a TOI", source: fromTIC},
		{id: "mass.predicted", unit: "M⊕", names: []string{"Predicted Mass (M_Earth)"}, can: notNegative, does: span{0.01, 5000}, mid: span{30, 200}, reason: "from the radius, by a relation that ends at Jupiter's", source: "Chen & Kipping 2017, ApJ 834, 17"},
		{id: "priority", names: []string{"Master", "Master priority"}, can: span{0, 10}, does: span{1, 5}, reason: "1 is high, 5 is none", source: fromTOI},
		{id: "signal", names: []string{"Pipeline Signal ID"}, can: notNegative, does: span{1, 20}, reason: "the signals of a star are counted from 1", source: fromTOI},
		{id: "esm", names: []string{"ESM"}, can: notNegative, reason: "a signal-to-noise ratio", source: "Kempton et al. 2018, PASP 130, 114401"},
		{id: "tsm", names: []string{"TSM"}, can: notNegative, reason: "a signal-to-noise ratio", source: "Kempton et al. 2018, PASP 130, 114401"},
	},
	derived: []derived{
		{"radii", []string{"radius", "rstar"}, radiiOf},
		{"root", []string{"depth"}, depthOf},
		{"mass", []string{"logg", "rstar"}, massOf},
		{"axis", []string{"mass", "period"}, axisOf},
		{"a.rstar", []string{"axis", "rstar"}, distanceOf},
		{"crossing", []string{"period", "a.rstar"}, crossingOf},
	},
	relations: []relation{
		{id: "depth.radius", severity: Warning, of: []string{"radii", "root"}, value: ratio, holds: span{0.55, 2.2}, mid: span{0.85, 1.05}, most: 0.03,
			says: "(Rp/R★)/√depth", reason: "the depth is (Rp/R★)², but for limb darkening, for light of neighbours, which the radius is corrected for, and for grazing transits", source: "Mandel & Agol 2002, ApJ 580, 171"},
		{id: "depth.units", severity: Warning, of: []string{"depth", "depth.mmag"}, value: ppmOfMmag, holds: span{0.99, 1.01}, mid: span{0.999, 1.001}, most: 0.01,
			says: "depth in ppm over that of the mmag", reason: "one depth in two units", source: "Pogson's law"},
		{id: "teq.insolation", severity: Warning, of: []string{"teq", "insolation"}, value: warmth, holds: span{245, 300}, mid: span{252, 282}, most: 0.02,
			says: "Teq/S^¼ in K", reason: "254.9 K at the Earth's insolation for the albedo 0.3, 278.5 K for 0", source: "energy balance"},
		{id: "duration.density", severity: Warning, of: []string{"duration", "crossing", "radii", "alive"}, value: crossing, holds: span{0.02, 3}, mid: span{0.4, 1.1}, most: 0.03,
			says: "duration/(P R★/πa (1 + Rp/R★)) of planets and candidates", reason: "1 is the longest transit of a circular orbit; an eccentricity of 0.8 gives 3; M★ from log g", source: fromSM03},
		{id: "duration.period", severity: Warning, of: []string{"duration", "period"}, value: dayShare, holds: span{0, 0.35}, mid: span{0.005, 0.06}, most: 0.01,
			says: "duration/period", reason: "the orbit cannot spend a third of its time in front of the star", source: "geometry"},
		{id: "radius.planet", level: Range, severity: Warning, of: []string{"radius", "alive"}, value: unlessDead, holds: span{0.3, 30}, most: 0.05,
			says: "radius of planets and candidates in R⊕", reason: "no planet is larger than 2.5 Jupiters: a larger body is a star", source: "Burrows et al. 1997, ApJ 491, 856"},
		{id: "mass.gravity", severity: Warning, of: []string{"logg", "mstar", "rstar"}, value: gravity, holds: span{-0.5, 0.5}, mid: span{-0.05, 0.05}, most: 0.05,
			says: "log g − log GM★/R★²", reason: "the gravity is that of mass and radius, as far as they come from one source", source: "Newton's law"},
	},
	words: []words{
		{id: "disposition.word", names: []string{"tfopwg_disp", "TFOPWG Disposition"}, allowed: []string{"PC", "CP", "KP", "FP", "FA", "APC", ""}, severity: Warning, reason: "the verdicts of the follow-up group", source: fromTOI},
		{id: "tess.word", names: []string{"TESS Disposition"}, allowed: []string{"PC", "CP", "KP", "EB", "FP", "FA", "APC", "O", "IS", "V", ""}, severity: Warning, reason: "the project's first verdicts: candidate, known or confirmed planet, binary, other, instrument, variable", source: fromTOI},
	},
	dates: []dates{
		{id: "created.date", names: []string{"toi_created", "Date TOI Alerted (UTC)", "Date TOI Alerted (by TESS Project)"}, from: "2018-07-25", reason: "TESS's first data are of 2018-07-25"},
		{id: "updated.date", names: []string{"Date TOI Updated (UTC)", "Date TOI Updated (by TESS Project)", "release_date"}, from: "2018-07-25", reason: "TESS's first data are of 2018-07-25"},
		{id: "modified.date", names: []string{"rowupdate", "Date Modified", "Date Modified (by ExoFOP-TESS)"}, from: "2018-07-25", reason: "TESS's first data are of 2018-07-25"},
	},
}
