package lightcurve

import (
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
)

// Flux chooses the brightness to read: PDCSAP, SAP, or the name of a column.
type Flux string

// The two usual choices. Products that have no column of that name give what
// comes nearest: the corrected and the uncorrected flux.
const (
	PDCSAP Flux = "PDCSAP" // systematics removed; the default
	SAP    Flux = "SAP"    // simple aperture photometry
)

// source is where one choice of flux lies.
type source struct {
	hdu  string // EXTNAME of the table
	flux string
	err  string // "" when the product gives none
	card string // keyword of a constant error in the same HDU; "" none
	unit string // when the column has no TUNIT
}

// layout is how a product's file is laid out. Names of columns are compared
// without regard to case. A list of sources is a list of versions of the
// product; the first whose flux is there is taken.
type layout struct {
	author   string
	mission  exo.Mission
	pdcsap   []source
	sap      []source
	time     string
	cadence  []string // names of the cadence number, first that is there; none: 0
	quality  []string // names of the quality column, first that is there
	flags    []FlagTable
	narrow   bool // cadence and quality are cut to their lower 16 bits
	exposure bool // TIMEDEL is not the cadence; XPTIME is
}

const extLightCurve = "LIGHTCURVE"

// missionLayout is the layout that SPOC and Kepler's pipeline share.
func missionLayout(author string, mission exo.Mission, quality string, flags FlagTable) layout {
	return layout{
		author: author, mission: mission, time: "TIME", cadence: []string{"CADENCENO"},
		quality: []string{quality}, flags: []FlagTable{flags},
		pdcsap: []source{{hdu: extLightCurve, flux: "PDCSAP_FLUX", err: "PDCSAP_FLUX_ERR"}},
		sap:    []source{{hdu: extLightCurve, flux: "SAP_FLUX", err: "SAP_FLUX_ERR"}},
	}
}

// qlpLayout: MIT's Quick-Look Pipeline renamed its columns with sector 56.
// Flux is divided by its median.
func qlpLayout() layout {
	return layout{
		author: AuthorQLP, mission: exo.TESS, time: "TIME", cadence: []string{"CADENCENO"},
		quality: []string{"QUALITY"}, flags: []FlagTable{FlagsQLP},
		pdcsap: []source{
			{hdu: extLightCurve, flux: "KSPSAP_FLUX", err: "KSPSAP_FLUX_ERR", unit: "1"},
			{hdu: extLightCurve, flux: "DET_FLUX", err: "DET_FLUX_ERR", unit: "1"},
		},
		sap: []source{{hdu: extLightCurve, flux: "SAP_FLUX", unit: "1"}},
	}
}

// tglcLayout: errors are one number per file, and TIMEDEL is the mean step
// with the gaps counted in.
func tglcLayout() layout {
	return layout{
		author: AuthorTGLC, mission: exo.TESS, time: "time", cadence: []string{"cadence_num"},
		quality: []string{"TESS_flags"}, flags: []FlagTable{FlagsTESS}, exposure: true,
		pdcsap: []source{{hdu: extLightCurve, flux: "cal_aper_flux", card: "CAPE_ERR", unit: "1"}},
		sap:    []source{{hdu: extLightCurve, flux: "aperture_flux", card: "APER_ERR", unit: "e-/s"}},
	}
}

func k2sffLayout() layout {
	return layout{
		author: AuthorK2SFF, mission: exo.K2, time: "T", cadence: []string{"CADENCENO"},
		quality: []string{"MOVING"}, flags: []FlagTable{FlagsK2SFF},
		pdcsap: []source{{hdu: "BESTAPER", flux: "FCOR", unit: "1"}},
		sap:    []source{{hdu: "BESTAPER", flux: "FRAW", unit: "1"}},
	}
}

// everestLayout: version 1 has OUTLIER, version 2 QUALITY and cadence numbers.
func everestLayout(hdu string) layout {
	return layout{
		author: AuthorEVEREST, mission: exo.K2, time: "TIME", cadence: []string{"CADN"},
		quality: []string{"QUALITY", "OUTLIER"}, flags: []FlagTable{FlagsKepler, FlagsOut},
		pdcsap: []source{
			{hdu: hdu, flux: "FLUX", err: "FRAW_ERR", unit: "e-/s"},
			{hdu: hdu, flux: "FLUX", err: "RAW_FERR", unit: "e-/s"},
		},
		sap: []source{
			{hdu: hdu, flux: "FRAW", err: "FRAW_ERR", unit: "e-/s"},
			{hdu: hdu, flux: "RAW_FLUX", err: "RAW_FERR", unit: "e-/s"},
		},
	}
}

// k2scLayout: one table made from each of the mission's fluxes, both corrected.
func k2scLayout() layout {
	return layout{
		author: AuthorK2SC, mission: exo.K2, time: "time", cadence: []string{"cadence"},
		quality: []string{"quality"}, flags: []FlagTable{FlagsKepler}, narrow: true,
		pdcsap: []source{{hdu: "PDC", flux: "flux", err: "error", unit: "e-/s"}},
		sap:    []source{{hdu: "SAP", flux: "flux", err: "error", unit: "e-/s"}},
	}
}

// detect tells the product by its headers.
func detect(f *fits.File) (layout, error) {
	const op = "lightcurve.FromFITS"
	if len(f.HDUs) < 2 {
		return layout{}, notOurs(op, f, "it has no table")
	}
	head := f.HDUs[0].Header
	telescope, _ := head.Str("TELESCOP")
	switch {
	case strings.EqualFold(telescope, "TESS"):
		return detectTESS(f)
	case strings.EqualFold(telescope, "Kepler"):
		return detectKepler(f)
	}
	return layout{}, notOurs(op, f, "TELESCOP is neither TESS nor Kepler")
}

func detectTESS(f *fits.File) (layout, error) {
	head := f.HDUs[0].Header
	origin, _ := head.Str("ORIGIN")
	table, ok := f.Lookup(extLightCurve)
	if !ok {
		return layout{}, notOurs("lightcurve.FromFITS", f, "it has no table LIGHTCURVE")
	}
	switch {
	case strings.Contains(origin, "TGLC"):
		return tglcLayout(), nil
	case strings.Contains(origin, "QLP"):
		return qlpLayout(), nil
	}
	author := AuthorSPOC
	const longestSPOC = 150.0 / secondsPerDay // full-frame images come every 200 s or more
	release, hasRelease := head.Int("DATA_REL")
	if step, ok := table.Header.Float("TIMEDEL"); ok && step > longestSPOC {
		author = AuthorTESSSPOC
	} else if hasRelease && release == 0 {
		author = AuthorDataAlerts
	}
	return missionLayout(author, exo.TESS, "QUALITY", FlagsTESS), nil
}

func detectKepler(f *fits.File) (layout, error) {
	head := f.HDUs[0].Header
	mission, _ := head.Str("MISSION")
	creator, _ := head.Str("CREATOR")
	first := f.HDUs[1]
	_, hasPDC := f.Lookup("PDC")
	switch {
	case strings.EqualFold(first.Name(), "BESTAPER"):
		return k2sffLayout(), nil
	case isEverest(f):
		return everestLayout(first.Name()), nil
	case hasPDC && strings.Contains(creator, "k2_syscor"), hasPDC && strings.EqualFold(first.Name(), "PDC"):
		return k2scLayout(), nil
	}
	if _, ok := f.Lookup(extLightCurve); !ok {
		return layout{}, notOurs("lightcurve.FromFITS", f, "it has no table LIGHTCURVE")
	}
	if strings.EqualFold(mission, "K2") {
		return missionLayout(AuthorK2, exo.K2, "SAP_QUALITY", FlagsKepler), nil
	}
	return missionLayout(AuthorKepler, exo.Kepler, "SAP_QUALITY", FlagsKepler), nil
}

func isEverest(f *fits.File) bool {
	if strings.Contains(strings.ToUpper(f.HDUs[1].Name()), "EVEREST") {
		return true
	}
	for _, text := range f.HDUs[0].Header.Comments() {
		if strings.Contains(strings.ToUpper(text), "EVEREST") {
			return true
		}
	}
	return false
}

// notOurs is the error for a FITS file that is no light curve we know.
func notOurs(op string, f *fits.File, why string) error {
	names := make([]string, 0, len(f.HDUs))
	for _, h := range f.HDUs {
		if len(names) == 20 {
			names = append(names, "…")
			break
		}
		names = append(names, h.Name())
	}
	return exo.Errorf(op, exo.Invalid, nil, "the file is not a light curve that can be read: %s (tables and images found: %s)", why, strings.Join(names, ", ")).
		Try("give a light-curve file of TESS, Kepler or K2; target pixels and validation files are other products")
}
