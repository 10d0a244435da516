package lightcurve_test

import (
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
)

func FuzzFromFITS(f *testing.F) {
	k2 := []card{{"TELESCOP", "Kepler"}, {"MISSION", "K2"}, {"OBJECT", "EPIC 201912552"}, {"KEPLERID", 201912552}, {"CAMPAIGN", 1}, {"OBSMODE", "long cadence"}}
	cols := []column{{"TIME", three}, {"CADENCENO", cad3}, {"PDCSAP_FLUX", flux3}, {"PDCSAP_FLUX_ERR", err3}, {"QUALITY", qual3}}
	for _, file := range []*fits.File{
		build(f, with(tessHdr, card{"ORIGIN", "NASA/Ames"}, card{"DATA_REL", 38}), "LIGHTCURVE", with(btjd, card{"TIMEDEL", 20.0 / 86400}), cols),
		build(f, with(tessHdr, card{"ORIGIN", "UCSB/TGLC"}), "LIGHTCURVE", with(btjd, card{"CAPE_ERR", 0.5}), []column{
			{"time", three}, {"cal_aper_flux", flux3}, {"cadence_num", cad3}, {"TESS_flags", []int16{0, 1, 2}}}),
		build(f, k2, "BESTAPER", nil, []column{{"T", three}, {"FCOR", three}, {"MOVING", cad3}, {"CADENCENO", cad3}}),
		build(f, with(k2, card{"CREATOR", "k2_syscor"}), "PDC", nil, []column{
			{"time", three}, {"cadence", []int16{-5, -4, -3}}, {"quality", []int16{-32768, 0, 1}}, {"flux", three}, {"error", three}}),
	} {
		b, err := file.Bytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, "")
		f.Add(b, "SAP")
		f.Add(b, "FCOR")
	}
	f.Fuzz(func(t *testing.T, b []byte, flux string) {
		file, err := fits.Parse(b)
		if err != nil {
			return
		}
		var examiner lightcurve.Examiner
		_, _, examined := examiner.Examine(file, lightcurve.Product{Mission: exo.TESS, ID: tic(1), SectorQuarter: 1, CadenceS: 20})
		_, inspected := lightcurve.Inspect(file)
		if examined == nil && inspected != nil {
			t.Errorf("Examine accepts what Inspect refuses: %v", inspected)
		}
		lc, err := lightcurve.FromFITS(file, lightcurve.Options{Flux: lightcurve.Flux(flux)})
		if err != nil {
			if k := exo.KindOf(err); k != exo.Invalid && k != exo.Corrupt {
				t.Errorf("an error of kind %s: %v", k, err)
			}
			return
		}
		n := lc.Len()
		if len(lc.Flux) != n || len(lc.FluxErr) != n || len(lc.Quality) != n || len(lc.Cadence) != n || n > len(b) {
			t.Errorf("columns of different length: %d %d %d %d %d", n, len(lc.Flux), len(lc.FluxErr), len(lc.Quality), len(lc.Cadence))
		}
		if lc.Scale != exo.BKJD && lc.Scale != exo.BTJD || lc.Flags == "" || lc.Author == "" {
			t.Errorf("%+v is not described", lc)
		}
	})
}
