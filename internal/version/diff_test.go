package version_test

import (
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// koiRows is a table of three rows that is whole enough to be compared.
func koiRows(a, b, c string) string {
	const head = "kepid,kepoi_name,kepler_name,koi_disposition,koi_period,koi_period_err1,koi_time0bk,koi_time0bk_err1,koi_duration,koi_prad,ra,dec\n"
	const rest = ",2.5,0.1,130.5,0.1,3,2,290.1,45.2\n"
	return head + "1,K00001.01,," + a + rest + "2,K00002.01,," + b + rest + "3,K00003.01,," + c + rest
}

func TestALimitBoundsDispositionsToo(t *testing.T) {
	b := open(t, fastDir(t))
	b.put(store.Table, "raw/nasa/koi_20260102_030405.csv", koiRows("CANDIDATE", "CONFIRMED", "CANDIDATE"))
	b.create("v1")
	b.put(store.Table, "raw/nasa/koi_20260103_030405.csv", koiRows("CONFIRMED", "FALSE POSITIVE", "CONFIRMED"))
	b.create("v2")
	for limit, want := range map[int]int{0: 2, 1: 1, 5: 2} {
		d, err := b.Diff(t.Context(), "v1", "v2", limit)
		if err != nil || len(d.Tables) != 1 {
			t.Fatalf("%+v %v", d, err)
		}
		x := d.Tables[0]
		if len(x.Dispositions) != want || x.Changed != 3 || x.Dispositions[0].Rows != 2 {
			t.Errorf("with a limit of %d: %+v", limit, x)
		}
	}
}

func TestATableThatOnlyOneVersionHasIsAllAddedOrRemoved(t *testing.T) {
	b := open(t, fastDir(t))
	b.put(store.LightCurve, "lightcurves/tess/s0001/a.fits", "a light curve")
	b.create("none")
	b.put(store.Table, "raw/nasa/koi_20260102_030405.csv", koiRows("CANDIDATE", "CONFIRMED", "CANDIDATE"))
	b.create("both")
	for _, c := range []struct {
		from, to       exo.VersionName
		added, removed int
	}{{"none", "both", 3, 0}, {"both", "none", 0, 3}} {
		d, err := b.Diff(t.Context(), c.from, c.to, 1)
		if err != nil || len(d.Tables) != 1 {
			t.Fatalf("%+v %v", d, err)
		}
		x := d.Tables[0]
		if x.Table != "koi" || x.Added != c.added || x.Removed != c.removed || x.Changed != 0 || len(x.Dispositions) != 0 {
			t.Errorf("%s to %s: %+v", c.from, c.to, x)
		}
		if (x.From == "") != (c.from == "none") || (x.To == "") != (c.to == "none") || !strings.HasPrefix(x.RowsURL, "/api/v1/catalogs/koi?version=sha256%3A") {
			t.Errorf("%s to %s: %+v", c.from, c.to, x)
		}
	}
	if d, err := b.Diff(t.Context(), "both", "both", 0); err != nil || len(d.Tables) != 0 {
		t.Errorf("with itself: %+v %v", d.Tables, err)
	}
}
