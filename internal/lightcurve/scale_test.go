package lightcurve_test

import (
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
)

func TestTheTimeScaleIsTheFilesOwn(t *testing.T) {
	kepler := []card{{"TELESCOP", "Kepler"}, {"MISSION", "Kepler"}, {"KEPLERID", 11904151}}
	cols := []column{{"TIME", three}, {"CADENCENO", cad3}, {"PDCSAP_FLUX", flux3}, {"PDCSAP_FLUX_ERR", err3}, {"SAP_QUALITY", qual3}}
	for name, c := range map[string]struct {
		table []card
		want  exo.Scale
	}{
		"the mission's, if nothing is said":    {nil, exo.BKJD},
		"BJDREFI as an integer":                {[]card{{"BJDREFI", 2457000}}, exo.BTJD},
		"BJDREFI as a real":                    {[]card{{"BJDREFI", 2457000.0}}, exo.BTJD},
		"the column's unit without BJDREFI":    {[]card{{"TUNIT1", "BJD - 2457000, days"}}, exo.BTJD},
		"BJDREFI before the unit":              {[]card{{"BJDREFI", 2457000}, {"TUNIT1", "BJD - 2454833"}}, exo.BTJD},
		"a unit that says nothing of the zero": {[]card{{"TUNIT1", "d"}}, exo.BKJD},
	} {
		lc, err := lightcurve.FromFITS(build(t, kepler, "LIGHTCURVE", c.table, cols), lightcurve.Options{})
		if err != nil || lc.Scale != c.want {
			t.Errorf("%s: %v, %v; want %s", name, lc, err, c.want)
		}
	}
}
