package validate

import "exoplanetai/internal/catalog"

const fromGaia = "Gaia DR3 data model; Gaia Collaboration 2023, A&A 674, A1"

// gaia declares what is asked of the host-star parameters from Gaia.
var gaia = declared{
	typ: catalog.Gaia,
	sky: sky{digits: 3},
	quantities: []quantity{
		{id: "parallax", unit: "mas", names: []string{"parallax"}, can: span{-200, 800}, does: span{-2, 769}, reason: "the nearest star has 768.1; noise makes small ones negative", source: fromGaia},
		{id: "pmra", unit: "mas/yr", names: []string{"pmra"}, can: span{-11000, 11000}, does: span{-11000, 11000}, reason: "Barnard's star has 10,400", source: fromGaia},
		{id: "pmdec", unit: "mas/yr", names: []string{"pmdec"}, can: span{-11000, 11000}, does: span{-11000, 11000}, reason: "Barnard's star has 10,400", source: fromGaia},
		{id: "gmag", unit: "mag", names: []string{"phot_g_mean_mag"}, can: span{-3, 30}, does: span{1.7, 21.7}, mid: span{3, 20.5}, reason: "Gaia sees stars from 1.7 to 21", source: fromGaia},
		{id: "bpmag", unit: "mag", names: []string{"phot_bp_mean_mag"}, can: span{-3, 35}, does: span{1, 26}, reason: "Gaia's passbands", source: fromGaia},
		{id: "rpmag", unit: "mag", names: []string{"phot_rp_mean_mag"}, can: span{-3, 35}, does: span{1, 24}, reason: "Gaia's passbands", source: fromGaia},
		{id: "color", unit: "mag", names: []string{"bp_rp"}, can: span{-10, 15}, does: span{-1, 8}, mid: span{-0.5, 5}, reason: "from hot white dwarfs to the reddest giants", source: fromGaia},
		{id: "ruwe", names: []string{"ruwe"}, can: notNegative, does: span{0.3, 100}, mid: span{0.7, 2.5}, reason: "1 is a good solution", source: fromGaia},
		{id: "teff", unit: "K", names: []string{"teff_gspphot"}, can: notNegative, does: span{2300, 60000}, mid: span{2800, 12000}, reason: "the models of the pipeline", source: "Andrae et al. 2023, A&A 674, A27"},
		{id: "logg", unit: "dex", names: []string{"logg_gspphot"}, can: span{-3, 10}, does: span{-1, 6}, reason: "the models of the pipeline", source: "Andrae et al. 2023, A&A 674, A27"},
		{id: "metallicity", unit: "dex", names: []string{"mh_gspphot"}, can: span{-10, 10}, does: span{-4.5, 1.1}, reason: "the models of the pipeline", source: "Andrae et al. 2023, A&A 674, A27"},
		{id: "radius", unit: "R☉", names: []string{"radius_gspphot"}, can: notNegative, does: span{0.01, 1000}, mid: span{0.05, 100}, reason: "from white dwarfs to giants", source: "Andrae et al. 2023, A&A 674, A27"},
		{id: "radius.flame", unit: "R☉", names: []string{"radius_flame"}, can: notNegative, does: span{0.01, 1000}, reason: "from white dwarfs to giants", source: "Creevey et al. 2023, A&A 674, A26"},
		{id: "mass", unit: "M☉", names: []string{"mass_flame"}, can: notNegative, does: span{0.07, 20}, reason: "the tracks of the pipeline", source: "Creevey et al. 2023, A&A 674, A26"},
		{id: "distance", unit: "pc", names: []string{"distance_gspphot"}, can: notNegative, does: span{1.2, 50000}, reason: "inside the galaxy", source: "Andrae et al. 2023, A&A 674, A27"},
	},
	relations: []relation{
		{id: "color.bands", severity: Warning, of: []string{"color", "bpmag", "rpmag"}, value: func(x []float64) float64 { return x[0] - (x[1] - x[2]) }, holds: span{-0.01, 0.01},
			says: "bp_rp − (BP − RP)", reason: "the color is the difference of the magnitudes", source: fromGaia},
		{id: "radius.pipelines", severity: Warning, of: []string{"radius", "radius.flame"}, value: ratio, holds: span{0.5, 2}, mid: span{0.7, 1.4},
			says: "radius_gspphot/radius_flame", reason: "two pipelines of one light", source: fromGaia},
	},
}
