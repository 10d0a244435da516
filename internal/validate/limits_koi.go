package validate

import "exoplanetai/internal/catalog"

const (
	fromKOI    = "NASA Exoplanet Archive, data columns of the KOI tables"
	fromDR25   = "Thompson et al. 2018, ApJS 235, 38 (DR25)"
	fromStars  = "Mathur et al. 2017, ApJS 229, 30 (Kepler stellar properties)"
	fromKepler = "Kepler mission: BKJD 120.5 (2009-05-02) to 1591.0 (2013-05-11), KSCI-19033"
	fromB3     = "IAU 2015 resolution B3 (nominal radii)"
	fromKIC    = "Brown et al. 2011, AJ 142, 112 (KIC)"
	fromLaw3   = "Kepler's third law"
	fromSM03   = "Seager & Mallén-Ornelas 2003, ApJ 585, 1038"
)

var notNegative = span{0, inf}

// koi declares what is asked of the table of Kepler Objects of Interest.
var koi = declared{
	typ:   catalog.KOI,
	sky:   sky{ra: span{279, 303}, dec: span{36, 53}, digits: 3},
	twins: twins{arcsec: 20, period: 1e-4, dead: []string{"FALSE POSITIVE"}},
	quantities: []quantity{
		{id: "kepid", names: []string{"kepid"}, can: span{1, inf}, does: span{757076, 13161029}, reason: "the KIC counts from 757076 to 13161029", source: fromKIC},
		{id: "period", unit: "d", names: []string{"koi_period"}, can: notNegative, does: span{0.17, 1600}, mid: span{2.5, 40}, reason: "shorter is inside the Roche limit of rock; longer than the mission shows one transit, and the period is a guess", source: fromDR25},
		{id: "epoch", unit: "d", names: []string{"koi_time0bk"}, can: span{-1000, 5000}, does: span{120, 1600}, mid: span{125, 400}, reason: "the first transit seen lies within the mission", source: fromKepler},
		{id: "epoch.bjd", unit: "d", names: []string{"koi_time0"}, can: span{2.40e6, 2.50e6}, does: span{2454953, 2456433}, mid: span{2454958, 2455233}, reason: "the first transit seen lies within the mission", source: fromKepler},
		{id: "impact", names: []string{"koi_impact"}, can: notNegative, does: span{0, 10}, mid: span{0.2, 0.9}, reason: "a transit needs b < 1 + Rp/R★, and no companion is nine times its star", source: fromSM03},
		{id: "duration", unit: "h", names: []string{"koi_duration"}, can: notNegative, does: span{0.1, 100}, mid: span{1.5, 10}, reason: "three cadences of half an hour make a transit; four days need a giant star and a year", source: fromDR25},
		{id: "ingress", unit: "h", names: []string{"koi_ingress"}, can: notNegative, does: span{0, 50}, reason: "a part of the transit", source: fromKOI},
		{id: "depth", unit: "ppm", names: []string{"koi_depth"}, can: notNegative, does: span{1, 1e6}, mid: span{100, 4000}, reason: "a star cannot lose more than its light; Kepler's noise is some ppm", source: fromDR25},
		{id: "ror", names: []string{"koi_ror"}, can: notNegative, does: span{1e-4, 100}, reason: "a ratio of radii", source: fromKOI},
		{id: "dor", names: []string{"koi_dor"}, can: notNegative, does: span{0.1, 1e6}, reason: "a planet is outside its star", source: fromKOI},
		{id: "rhostar", unit: "g/cm³", names: []string{"koi_srho"}, can: notNegative, does: span{0, 1e4}, reason: "denser is a white dwarf", source: fromKOI},
		{id: "radius", unit: "R⊕", names: []string{"koi_prad"}, can: notNegative, does: span{0.1, 2e4}, mid: span{1, 8}, reason: "smaller than Pluto, larger than a red supergiant", source: fromDR25},
		{id: "sma", unit: "AU", names: []string{"koi_sma"}, can: notNegative, does: span{0.002, 100}, reason: "from the radius of the Sun to periods of a thousand years", source: fromLaw3},
		{id: "eccentricity", names: []string{"koi_eccen"}, can: span{0, 1}, reason: "a closed orbit", source: "definition of an ellipse"},
		{id: "periastron", unit: "deg", names: []string{"koi_longp"}, can: span{-360, 360}, reason: "an angle", source: fromKOI},
		{id: "inclination", unit: "deg", names: []string{"koi_incl"}, can: span{0, 180}, does: span{0, 90}, mid: span{75, 90}, reason: "a transit is seen edge on", source: fromKOI},
		{id: "teq", unit: "K", names: []string{"koi_teq"}, can: notNegative, does: span{20, 10000}, mid: span{500, 1500}, reason: "colder is the interstellar dust, hotter is the surface of the star", source: fromKOI},
		{id: "insolation", unit: "S⊕", names: []string{"koi_insol"}, can: notNegative, does: span{1e-4, 2e6}, mid: span{40, 600}, reason: "2e6 is what a planet at the surface of an A star gets", source: fromKOI},
		{id: "snr", names: []string{"koi_model_snr"}, can: notNegative, does: span{1, 1e5}, mid: span{10, 60}, reason: "a detection stands out of the noise", source: fromDR25},
		{id: "tce", names: []string{"koi_tce_plnt_num"}, can: span{1, inf}, does: span{1, 10}, reason: "the pipeline looks for ten signals in a star", source: "Twicken et al. 2016, AJ 152, 158"},
		{id: "count", names: []string{"koi_count"}, can: notNegative, does: span{1, 10}, reason: "the largest system has eight", source: fromKOI},
		{id: "transits", names: []string{"koi_num_transits"}, can: notNegative, does: span{0, 10000}, reason: "four years over the shortest period", source: fromKOI},
		{id: "sngle", names: []string{"koi_max_sngle_ev"}, can: notNegative, reason: "a detection statistic", source: fromKOI},
		{id: "mult", names: []string{"koi_max_mult_ev"}, can: notNegative, reason: "a detection statistic", source: fromKOI},
		{id: "score", names: []string{"koi_score"}, can: span{0, 1}, reason: "a share of trials", source: "Thompson et al. 2018, section 3.4"},
		{id: "flag.nt", names: []string{"koi_fpflag_nt"}, can: notNegative, does: span{0, 1}, reason: "a flag is 0 or 1", source: fromKOI},
		{id: "flag.ss", names: []string{"koi_fpflag_ss"}, can: notNegative, does: span{0, 1}, reason: "a flag is 0 or 1", source: fromKOI},
		{id: "flag.co", names: []string{"koi_fpflag_co"}, can: notNegative, does: span{0, 1}, reason: "a flag is 0 or 1", source: fromKOI},
		{id: "flag.ec", names: []string{"koi_fpflag_ec"}, can: notNegative, does: span{0, 1}, reason: "a flag is 0 or 1", source: fromKOI},
		{id: "teff", unit: "K", names: []string{"koi_steff"}, can: notNegative, does: span{2400, 20000}, mid: span{5000, 6500}, reason: "from the coolest stars to B stars", source: fromStars},
		{id: "logg", unit: "dex", names: []string{"koi_slogg"}, can: span{-3, 10}, does: span{0, 6}, mid: span{4, 4.8}, reason: "from giants to dwarfs of the latest type", source: fromStars},
		{id: "metallicity", unit: "dex", names: []string{"koi_smet"}, can: span{-10, 10}, does: span{-3, 1}, mid: span{-0.5, 0.3}, reason: "the stars of the disk and the halo", source: fromStars},
		{id: "rstar", unit: "R☉", names: []string{"koi_srad"}, can: notNegative, does: span{0.08, 300}, mid: span{0.7, 1.5}, reason: "from the smallest star that burns hydrogen to giants", source: fromStars},
		{id: "mstar", unit: "M☉", names: []string{"koi_smass"}, can: notNegative, does: span{0.07, 20}, mid: span{0.6, 1.4}, reason: "from the least mass that burns hydrogen", source: fromStars},
		{id: "age", unit: "Gyr", names: []string{"koi_sage"}, can: notNegative, does: span{0, 14}, reason: "the age of the universe", source: fromStars},
		{id: "kepmag", unit: "mag", names: []string{"koi_kepmag"}, can: span{-2, 35}, does: span{5, 20.5}, mid: span{12, 16}, reason: "Kepler's targets", source: fromKIC},
		{id: "gmag", unit: "mag", names: []string{"koi_gmag"}, can: span{-2, 35}, does: span{4, 23}, mid: span{12, 17}, reason: "Kepler's targets", source: fromKIC},
		{id: "rmag", unit: "mag", names: []string{"koi_rmag"}, can: span{-2, 35}, does: span{4, 23}, mid: span{12, 16}, reason: "Kepler's targets", source: fromKIC},
		{id: "imag", unit: "mag", names: []string{"koi_imag"}, can: span{-2, 35}, does: span{4, 23}, reason: "Kepler's targets", source: fromKIC},
		{id: "zmag", unit: "mag", names: []string{"koi_zmag"}, can: span{-2, 35}, does: span{4, 23}, reason: "Kepler's targets", source: fromKIC},
		{id: "jmag", unit: "mag", names: []string{"koi_jmag"}, can: span{-2, 35}, does: span{2, 20}, reason: "Kepler's targets", source: fromKIC},
		{id: "hmag", unit: "mag", names: []string{"koi_hmag"}, can: span{-2, 35}, does: span{2, 20}, reason: "Kepler's targets", source: fromKIC},
		{id: "kmag", unit: "mag", names: []string{"koi_kmag"}, can: span{-2, 35}, does: span{2, 20}, reason: "Kepler's targets", source: fromKIC},
		{id: "centroid.dicco", unit: "arcsec", names: []string{"koi_dicco_msky"}, can: notNegative, does: span{0, 100}, reason: "an offset inside the aperture", source: "Bryson et al. 2013, PASP 125, 889"},
		{id: "centroid.dikco", unit: "arcsec", names: []string{"koi_dikco_msky"}, can: notNegative, does: span{0, 100}, reason: "an offset inside the aperture", source: "Bryson et al. 2013, PASP 125, 889"},
		{id: "centroid.ra", unit: "h", names: []string{"koi_fwm_sra"}, can: span{0, 24}, does: span{18.5, 20.3}, reason: "the field of Kepler, in hours", source: fromKOI},
		{id: "centroid.dec", unit: "deg", names: []string{"koi_fwm_sdec"}, can: span{-90, 90}, does: span{36, 53}, reason: "the field of Kepler", source: fromKOI},
	},
	derived: []derived{
		{"radii", []string{"radius", "rstar"}, radiiOf},
		{"root", []string{"depth"}, depthOf},
		{"mass", []string{"logg", "rstar"}, massOf},
		{"axis", []string{"mass", "period"}, axisOf},
		{"distance", []string{"axis", "rstar"}, distanceOf},
		{"crossing", []string{"period", "distance"}, crossingOf},
	},
	relations: []relation{
		{id: "depth.radius", severity: Warning, of: []string{"radii", "root", "impact"}, value: depthRatio, holds: span{0.75, 1.3}, mid: span{0.85, 1}, most: 0.02,
			says: "(Rp/R★)/√depth for b ≤ 0.8", reason: "the depth is (Rp/R★)² but for limb darkening, which deepens the middle and flattens the edge", source: "Mandel & Agol 2002, ApJ 580, 171"},
		{id: "depth.grazing", severity: Warning, of: []string{"radii", "root", "impact"}, value: grazing, holds: span{0.6, inf}, most: 0.02,
			says: "(Rp/R★)/√depth for b > 0.8", reason: "a grazing body hides less than its area", source: "Mandel & Agol 2002, ApJ 580, 171"},
		{id: "impact.radius", severity: Warning, of: []string{"impact", "radii"}, value: impactLeft, holds: span{-inf, 1.15}, most: 0.02,
			says: "b − Rp/R★", reason: "beyond 1 the body passes the star by; the fit's radius and the star's of today differ a little", source: fromSM03},
		{id: "teq.star", severity: Warning, of: []string{"teq", "teff", "distance"}, value: starWarmth, holds: span{0.88, 0.95}, mid: span{0.9, 0.93}, most: 0.02,
			says: "Teq/(Teff √(R★/2a))", reason: "(1 − A)^¼ = 0.915 for the albedo 0.3 of the column's definition; a from Kepler's third law, M★ from log g", source: fromKOI},
		{id: "insolation.star", severity: Warning, of: []string{"insolation", "teff", "rstar", "axis"}, value: sunlight, holds: span{0.9, 1.1}, mid: span{0.97, 1.03}, most: 0.02,
			says: "S/((Teff/T☉)⁴ R★²/a²)", reason: "the inverse square law; small values are rounded", source: fromKOI},
		{id: "teq.insolation", severity: Warning, of: []string{"teq", "insolation"}, value: warmth, holds: span{248, 262}, mid: span{254, 256}, most: 0.02,
			says: "Teq/S^¼ in K", reason: "254.9 K at the Earth's insolation for the albedo 0.3; small values are rounded", source: fromKOI},
		{id: "duration.density", severity: Warning, of: []string{"duration", "crossing", "radii", "alive"}, value: crossing, holds: span{0.02, 3}, mid: span{0.5, 1.2}, most: 0.02,
			says: "duration/(P R★/πa (1 + Rp/R★)) of planets and candidates", reason: "1 is the longest transit of a circular orbit; an eccentricity of 0.8 gives 3", source: fromSM03},
		{id: "duration.period", severity: Warning, of: []string{"duration", "period"}, value: dayShare, holds: span{0, 0.5}, mid: span{0.003, 0.05}, most: 0.01,
			says: "duration/period", reason: "half of the orbit in front of the star is inside the star", source: "geometry"},
		{id: "radius.planet", level: Range, severity: Warning, of: []string{"radius", "alive"}, value: unlessDead, holds: span{0.2, 30}, most: 0.05,
			says: "radius of planets and candidates in R⊕", reason: "no planet is larger than 2.5 Jupiters: a larger body is a star", source: "Burrows et al. 1997, ApJ 491, 856"},
		{id: "epoch.pair", severity: Warning, of: []string{"epoch.bjd", "epoch"}, value: difference, holds: span{keplerZero - 0.001, keplerZero + 0.001}, mid: span{keplerZero - 0.001, keplerZero + 0.001},
			says: "koi_time0 − koi_time0bk", reason: "BKJD is BJD − 2454833", source: fromKOI},
		{id: "ror.radius", severity: Warning, of: []string{"radii", "ror"}, value: ratio, holds: span{0.8, 1.25}, mid: span{0.9, 1.1},
			says: "(Rp/R★)/koi_ror", reason: "the planet's radius is made of the ratio and the star's radius", source: fromB3},
		{id: "sma.kepler", severity: Warning, of: []string{"sma", "axis"}, value: ratio, holds: span{0.8, 1.25}, mid: span{0.9, 1.1},
			says: "a/(M★ P²)^⅓", reason: "Kepler's third law, M★ from log g and R★", source: fromLaw3},
		{id: "mass.gravity", severity: Warning, of: []string{"logg", "mstar", "rstar"}, value: gravity, holds: span{-0.15, 0.15}, mid: span{-0.05, 0.05},
			says: "log g − log GM★/R★²", reason: "the gravity is that of mass and radius", source: "Newton's law"},
		{id: "density.orbit", severity: Warning, of: []string{"rhostar", "period", "dor"}, value: orbitDensity, holds: span{0.5, 2},
			says: "ρ★ G P²/(3π (a/R★)³)", reason: "the fitted density is that of the fitted distance", source: fromSM03},
		{id: "impact.inclination", severity: Warning, of: []string{"impact", "dor", "inclination"}, value: inclined, holds: span{-0.3, 0.3},
			says: "b − (a/R★) cos i", reason: "the definition of the impact parameter for a circular orbit", source: fromSM03},
	},
	words: []words{
		{id: "disposition.word", names: []string{"koi_disposition"}, allowed: []string{"CONFIRMED", "CANDIDATE", "FALSE POSITIVE", "NOT DISPOSITIONED"}, severity: Warning, reason: "the archive's verdicts", source: fromKOI},
		{id: "pdisposition.word", names: []string{"koi_pdisposition"}, allowed: []string{"CANDIDATE", "FALSE POSITIVE", "NOT DISPOSITIONED"}, severity: Warning, reason: "the verdicts by Kepler's data alone", source: fromKOI},
		{id: "vetting.word", names: []string{"koi_vet_stat"}, allowed: []string{"Done", "Active", ""}, severity: Warning, reason: "vetting is done or under way", source: fromKOI},
	},
	dates: []dates{
		{id: "vetting.date", names: []string{"koi_vet_date"}, from: "2009-05-02", reason: "no object was vetted before the mission"},
		{id: "update.date", names: []string{"rowupdate"}, from: "2009-05-02", reason: "no row was written before the mission"},
	},
}
