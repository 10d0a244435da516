package version_test

import (
	"testing"

	"exoplanetai/internal/store"
)

func TestALimitBoundsDispositionsToo(t *testing.T) {
	b := open(t, fastDir(t))
	const head = "kepid,kepoi_name,kepler_name,koi_disposition,koi_period,koi_period_err1,koi_time0bk,koi_time0bk_err1,koi_duration,koi_prad,ra,dec\n"
	rows := func(a, b, c string) string {
		const rest = ",2.5,0.1,130.5,0.1,3,2,290.1,45.2\n"
		return head + "1,K00001.01,," + a + rest + "2,K00002.01,," + b + rest + "3,K00003.01,," + c + rest
	}
	b.put(store.Table, "raw/nasa/koi_20260102_030405.csv", rows("CANDIDATE", "CONFIRMED", "CANDIDATE"))
	b.create("v1")
	b.put(store.Table, "raw/nasa/koi_20260103_030405.csv", rows("CONFIRMED", "FALSE POSITIVE", "CONFIRMED"))
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
