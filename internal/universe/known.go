package universe

import "exoplanetai/internal/exo"

// known returns the stars of published planets. The values are those of the
// KOI and TOI tables of the NASA Exoplanet Archive (2025-09-29), of ExoFOP-TESS
// and of the papers named in k2.go, where these give them; impact parameters
// that no table gives, and magnitudes in bands that no table gives, are ours.
func known() []*star {
	return []*star{auMic(), toi700(), wasp46(), kepler10(), hatP7(), kepler227(), k218()}
}

func ident(c exo.Catalog, n uint64) exo.TargetID { return exo.TargetID{Catalog: c, Number: n} }

func auMic() *star {
	s := &star{Star: Star{
		ID: ident(exo.TIC, 441420236), Aliases: []string{"AU Mic"}, RA: 311.2911370, Dec: -31.3424500, Mag: 6.755,
		Teff: 3588, Radius: 0.698009, Mass: 0.662074, Logg: 4.60198, Dist: 9.7221, Real: true,
	}, pmRA: 281.424, pmDec: -359.895, pmRAErr: 0.075, pmDecErr: 0.054, distErr: 0.004625, teffErr: 87, radErr: 0.0210957, loggErr: 0.0633204, massErr: 0.0204762, magErr: 0.032,
		rotation: 4.863, spots: 0.02, sectors: "1,27"}
	s.add(&body{Planet: Planet{Name: "AU Mic b", TOI: "2221.01", Disposition: confirmed, EpochBJD: 2459041.281746, PeriodDays: 8.4536777,
		DurationH: 3.5738006, DepthPPM: 2872.2887525, Impact: 0.18},
		epochErr: 0.000957, durErr: 0.0698212, depthErr: 217.04503, rade: 4.0269258, radeErr: 0.2118907, insol: 76.6379132, teq: 754.6240935,
		snr: 22.71253, tfop: "CP", tess: "KP", created: "2020-09-18 19:18:08", updated: "2025-08-29 16:00:02",
		source: "spoc", comment: "AU Mic b; first transit matches expected ephemeris"})
	return s
}

func toi700() *star {
	s := &star{Star: Star{
		ID: ident(exo.TIC, 150428135), Aliases: []string{"TOI-700"}, RA: 97.0957170, Dec: -65.5786150, Mag: 10.9102,
		Teff: 3482, Radius: 0.419457, Mass: 0.413261, Logg: 4.438, Dist: 31.1265, Real: true,
	}, pmRA: -102.75, pmDec: 161.805, pmRAErr: 0.051, pmDecErr: 0.060, distErr: 0.0206, radErr: 0.0125728, massErr: 0.0203393, magErr: 0.007, sectors: "1,3,4,5,6,8,9,10,11,13,27,28,30,31,33,34,35,36,37,38"}
	source, updated := "spoc-s01-s69-b0A-CP", "2024-02-15 10:08:02"
	s.add(
		&body{Planet: Planet{Name: "TOI-700 c", TOI: "700.01", Disposition: confirmed, EpochBJD: 2459303.157062, PeriodDays: 16.051106,
			DurationH: 1.3968229, DepthPPM: 2768.5212418, Impact: 0.86},
			periodErr: 0.000009, epochErr: 0.001218, durErr: 0.0545493, depthErr: 74.3447, rade: 2.5869212, radeErr: 0.1016638, insol: 2.7275631,
			teq: 327.7656616, snr: 39.344032, tfop: "CP", tess: "CP", created: "2019-04-30 13:04:28", updated: updated, source: source, comment: "TOI-700 c / TOI-700.01"},
		&body{Planet: Planet{Name: "TOI-700 d", TOI: "700.02", Disposition: confirmed, EpochBJD: 2458330.486155, PeriodDays: 37.4236838,
			DurationH: 3.3650101, DepthPPM: 737.5519387, Impact: 0.4},
			periodErr: 0.0001495, epochErr: 0.004013, durErr: 0.3368958, depthErr: 56.42106, rade: 1.3296571, radeErr: 0.1217345, insol: 0.8822386,
			teq: 247.1816698, snr: 13.430718, tfop: "CP", tess: "CP", created: "2019-04-30 13:04:28", updated: updated, source: source, comment: "TOI-700 d / TOI-700.02"},
		&body{Planet: Planet{Name: "TOI-700 b", TOI: "700.03", Disposition: confirmed, EpochBJD: 2458331.349645, PeriodDays: 9.977273,
			DurationH: 2.2583631, DepthPPM: 459.8525479, Impact: 0.2},
			periodErr: 0.0000238, epochErr: 0.001903, durErr: 0.4029493, depthErr: 35.250004, rade: 0.9617288, radeErr: 0.3983543, insol: 5.1416079,
			teq: 384.055942, snr: 13.609558, tfop: "CP", tess: "CP", created: "2019-07-23 18:22:48", updated: updated, source: source, comment: "TOI-700 b / TOI-700.03"},
		&body{Planet: Planet{Name: "TOI-700 e", TOI: "700.04", Disposition: confirmed, EpochBJD: 2458352.99952, PeriodDays: 27.8096898,
			DurationH: 2.9558823, DepthPPM: 406.8232517, Impact: 0.3},
			periodErr: 0.0001541, epochErr: 0.005666, durErr: 0.6858168, depthErr: 53.0958, rade: 0.9491858, radeErr: 0.313488, insol: 1.3107501,
			teq: 272.8976058, snr: 7.2197175, tfop: "CP", tess: "CP", created: "2021-11-19 01:00:23", updated: updated, source: source, comment: "TOI-700 e / TOI-700.04"},
	)
	return s
}

func wasp46() *star {
	s := &star{Star: Star{
		ID: ident(exo.TIC, 231663901), Aliases: []string{"WASP-46", "TOI-101"}, RA: 318.7370120, Dec: -55.8718630, Mag: 12.4069,
		Teff: 5600, Radius: 0.890774, Mass: 1.05, Logg: 4.48851, Dist: 375.31, Real: true,
	}, pmRA: 12.641, pmDec: -16.011, pmRAErr: 0.044, pmDecErr: 0.041, distErr: 4.411, radErr: 0.0438467, massErr: 0.129454, magErr: 0.006, sectors: "1,27,67"}
	s.add(&body{Planet: Planet{Name: "WASP-46 b", TOI: "101.01", Disposition: confirmed, EpochBJD: 2458326.009117, PeriodDays: 1.4303699,
		DurationH: 1.6165994, DepthPPM: 18960.7122944, Impact: 0.74},
		periodErr: 0.0000008, epochErr: 0.000132, durErr: 0.0192089, depthErr: 184.79134, rade: 13.1874503, radeErr: 0.6576402, insol: 1281.2408254,
		teq: 1525.9048089, snr: 151.72173, tfop: "KP", tess: "KP", created: "2018-09-05 18:49:20", updated: "2024-09-06 10:08:02",
		source: "spoc-s01-s69-b0A-KP", comment: "WASP-46 b"})
	return s
}

func kepler10() *star {
	s := &star{Star: Star{
		ID: ident(exo.KIC, 11904151), Aliases: []string{"Kepler-10"}, RA: 285.679380, Dec: 50.241299, Mag: 10.961,
		Teff: 5676, Radius: 1.044, Mass: 0.920, Logg: 4.347, Dist: 187, Real: true,
	}, teffErr: 85, teffLow: 68, radErr: 0.0570, radLow: 0.0420, loggErr: 0.030, magErr: 0.01}
	s.add(
		&body{Planet: Planet{Name: "Kepler-10 b", KOI: "K00072.01", Disposition: confirmed, EpochBJD: 2454964.574858, PeriodDays: 0.837491225,
			DurationH: 1.796, DepthPPM: 190.4, Impact: 0.022},
			periodErr: 3.03e-7, epochErr: 2.82e-4, durErr: 0.0104, depthErr: 1.2, impactErr: 0.388, rade: 1.43, radeErr: 0.08, radeLow: 0.06, teq: 1980,
			insol: 3630.32, insolErr: 654.58, insolLow: 443.61, snr: 189.5, pdisp: candidate, score: "0.0000", tce: 2},
		&body{Planet: Planet{Name: "Kepler-10 c", KOI: "K00072.02", Disposition: confirmed, EpochBJD: 2454971.678725, PeriodDays: 45.29422297,
			DurationH: 6.83, DepthPPM: 477.1, Impact: 0.025},
			periodErr: 5.6e-5, epochErr: 9.87e-4, durErr: 0.0343, depthErr: 3.7, impactErr: 0.333, rade: 2.26, radeErr: 0.12, radeLow: 0.09, teq: 524,
			insol: 17.75, insolErr: 3.21, insolLow: 2.17, snr: 134.8, pdisp: candidate, score: "0.9820", tce: 1},
	)
	return s
}

func hatP7() *star {
	s := &star{Star: Star{
		ID: ident(exo.KIC, 10666592), Other: []exo.TargetID{ident(exo.TIC, 424865156)}, Aliases: []string{"Kepler-2", "HAT-P-7", "TOI-1265"},
		RA: 292.247280, Dec: 47.969521, Mag: 10.463, Teff: 6440, Radius: 1.952, Mass: 1.451, Logg: 4.019, Dist: 341.079, Real: true,
	}, pmRA: -18.281, pmDec: 8.91, pmRAErr: 0.038, pmDecErr: 0.037, distErr: 2.414, teffErr: 76, teffLow: 89, radErr: 0.0990, radLow: 0.1100, loggErr: 0.033, loggLow: 0.027, magErr: 0.006,
		tessMag: 10.0274, sectors: "14,15,40,41,54,55,74,75"}
	s.add(&body{Planet: Planet{Name: "Kepler-2 b", KOI: "K00002.01", TOI: "1265.01", Disposition: confirmed, EpochBJD: 2454954.3585417, PeriodDays: 2.204735417,
		DurationH: 3.88864, DepthPPM: 6674.7, Impact: 0.224},
		periodErr: 4.3e-8, epochErr: 1.6e-5, durErr: 0.00203, depthErr: 1.7, impactErr: 0.159, impactLow: 0.216, rade: 16.10, radeErr: 0.81, radeLow: 0.91, teq: 2048,
		insol: 4148.92, insolErr: 651.59, insolLow: 654.46, snr: 5945.9, pdisp: candidate, score: "1.0000", tce: 1, flags: [4]int{0, 1, 0, 0},
		tfop: "KP", tess: "KP", created: "2019-10-17 00:30:12", updated: "2024-11-14 10:08:02", source: "spoc-s14-s55-b0A-KP", comment: "HAT-P-7 b/Kepler-2 b"})
	return s
}

func kepler227() *star {
	s := &star{Star: Star{
		ID: ident(exo.KIC, 10797460), Aliases: []string{"Kepler-227"}, RA: 291.934230, Dec: 48.141651, Mag: 15.347,
		Teff: 5455, Radius: 0.927, Mass: 0.919, Logg: 4.467, Dist: 920, Real: true,
	}, teffErr: 81, radErr: 0.1050, radLow: 0.0610, loggErr: 0.064, loggLow: 0.096, magErr: 0.02}
	s.add(
		&body{Planet: Planet{Name: "Kepler-227 b", KOI: "K00752.01", Disposition: confirmed, EpochBJD: 2455003.53875, PeriodDays: 9.48803557,
			DurationH: 2.9575, DepthPPM: 615.8, Impact: 0.146},
			periodErr: 2.775e-5, epochErr: 2.16e-3, durErr: 0.0819, depthErr: 19.5, impactErr: 0.318, rade: 2.26, radeErr: 0.26, radeLow: 0.15, teq: 793,
			insol: 93.59, insolErr: 29.45, insolLow: 16.65, snr: 35.8, pdisp: candidate, score: "1.0000", tce: 1},
		&body{Planet: Planet{Name: "Kepler-227 c", KOI: "K00752.02", Disposition: confirmed, EpochBJD: 2454995.51384, PeriodDays: 54.4183827,
			DurationH: 4.507, DepthPPM: 874.8, Impact: 0.586},
			periodErr: 2.479e-4, epochErr: 3.52e-3, durErr: 0.116, depthErr: 35.5, impactErr: 0.059, impactLow: 0.443, rade: 2.83, radeErr: 0.32, radeLow: 0.19, teq: 443,
			insol: 9.11, insolErr: 2.87, insolLow: 1.62, snr: 25.8, pdisp: candidate, score: "0.9690", tce: 2},
	)
	return s
}

func k218() *star {
	s := &star{Star: Star{
		ID: ident(exo.EPIC, 201912552), Aliases: []string{"K2-18"}, RA: 172.5601410, Dec: 7.5878315, Mag: 12.473,
		Teff: 3457, Radius: 0.411, Mass: 0.359, Logg: 4.786, Dist: 38.0266, Real: true,
	}, teffErr: 39, radErr: 0.038, massErr: 0.047, magErr: 0.02, distErr: 0.07955, campaigns: "1"}
	s.add(&body{Planet: Planet{Name: "K2-18 b", Disposition: confirmed, EpochBJD: 2457264.39144, PeriodDays: 32.939623,
		DurationH: 2.663, DepthPPM: 3100, Impact: 0.6},
		periodErr: 0.0001, epochErr: 0.00063, durErr: 0.02, depthErr: 90, rade: 2.37, radeErr: 0.22, teq: 284, teqErr: 15, insol: 1.005, snr: 30})
	return s
}
