package candidate_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"exoplanetai/internal/candidate"
)

func TestWordsOfTheArchives(t *testing.T) {
	for name, tt := range map[string]struct {
		f    func(string) string
		want map[string]string
	}{
		"verdicts": {candidate.Verdict, map[string]string{"KP": "CONFIRMED", "CP": "CONFIRMED", "PC": "CANDIDATE", "APC": "CANDIDATE", "FP": "FALSE POSITIVE",
			"FA": "FALSE ALARM", "CONFIRMED": "CONFIRMED", "REFUTED": "REFUTED", "confirmed": "CONFIRMED", "FALSE  POSITIVE": "FALSE POSITIVE",
			"FALSE POSITIVE [CANDIDATE]": "FALSE POSITIVE", "REFUTED [PLANET]": "REFUTED", "NOT DISPOSITIONED": "NOT DISPOSITIONED", "EB": "", "": ""}},
		"dates": {candidate.ISODate, map[string]string{"2019-07-24 15:58:33": "2019-07-24T15:58:33", "2019-07-24": "2019-07-24", "2018-03": "2018-03", "2018": "2018",
			"24/07/2019": "", "2019-7-24": "", "soon": "", "2019-07-24 15:58:33.123": "", "2019-07-24T15:58": "2019-07-24T15:58"}},
		"quarters": {candidate.Quarters, map[string]string{"11111111111111111000000000000000": "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
			"01000000000000000000000000000000": "2", "00000000000000000000000000000000": "", "1,2": "1,2"}},
		"references": {candidate.Reference, map[string]string{
			"<a refstr=X href=https://ui.adsabs.harvard.edu/abs/2018AJ....155..136M/abstract target=ref>Mayo et al. 2018</a>":     "2018AJ....155..136M",
			"<a refstr=X href=https://ui.adsabs.harvard.edu/abs/2016A%26A...594A.100B/abstract target=ref>Barros et al. 2016</a>": "2016A&A...594A.100B",
			"<a refstr=X href=https://example.org target=ref>Mission &amp; Co</a>":                                                "Mission &amp; Co",
			"Espinoza et al. 2016": "Espinoza et al. 2016", "<a broken": "<a broken", "": ""}},
	} {
		for text, want := range tt.want {
			if got := tt.f(text); got != want {
				t.Errorf("%s: %q gives %q, want %q", name, text, got, want)
			}
		}
	}
}

func TestOnlyNamesThatStandAloneAreNames(t *testing.T) {
	for text, want := range map[string]bool{
		"WASP-46 b": true, "DS Tuc A b": true, "nu 2 Lup c": true, "Kepler-422b": true, "KOI 3689.01": true, "EPIC 210463428.01": true, "HAT-P-7 b": true,
		"K2-2 b": true, "WD 1856+534 b": true, "pi Men c": true, "AU Mic b": true,
		"period is 20.3 d": false, "interior to HR2562 b": false, "log g": false, "centroid shift in y": false, "K2-43 b and c": false, "b": false, "": false,
		"exterior to K2-43 b and c": false, "confirmed BD KOI-205 b": false, "max P=1132.02 d": false, "Gaia SB at 443 d": false, "KOI-272": false, "WASP-46 B": false,
	} {
		if got := candidate.IsObject(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestNumbersInNamesCount(t *testing.T) {
	order := []string{"EPIC 9 b", "EPIC 10 b", "TOI 05.01", "TOI 5.01", "TOI 5.02", "TOI 700.02", "TOI 1000.01", "TOI 1000.01 x"}
	for i, a := range order {
		for j, b := range order {
			got := candidate.Natural(a, b)
			if (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("%q against %q: %d", a, b, got)
			}
		}
	}
}

func TestSeparationFollowsTheMotion(t *testing.T) {
	const arcsec = 1.0 / 3600
	for name, tt := range map[string]struct {
		ra1, dec1, ra2, dec2, pmRA, pmDec, want float64
	}{
		"a star at rest":                          {10, 0, 10, 3 * arcsec, 0, 0, 3},
		"a star that came this way":               {10, 0, 10, 4 * arcsec, 0, 265, 0},
		"the other way is as good":                {10, 0, 10, -4 * arcsec, 0, 265, 0},
		"no further than sixteen years":           {10, 0, 10, 10 * arcsec, 0, 500, 2},
		"across the meridian":                     {359.9999, 0, 0.0001, 0, 0, 0, 0.72},
		"right ascension shrinks with the cosine": {10, 60, 10 + 2*arcsec, 60, 0, 0, 1},
		"across the way":                          {10, 0, 10 + 3*arcsec, 1 * arcsec, 0, 265, 3},
	} {
		if got := candidate.Distance(tt.ra1, tt.dec1, tt.ra2, tt.dec2, tt.pmRA, tt.pmDec); math.Abs(got-tt.want) > 1e-3 {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
	if d := candidate.Distance(math.NaN(), 0, 1, 1, 0, 0); !math.IsNaN(d) {
		t.Error(d)
	}
}

func TestTheGridFindsWhatALoopFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, dec0 := range []float64{0, -45, 60, 89.99, -89.9995, 90, -90} {
		var points [][2]float64
		for range 2000 {
			dec := max(-90, min(90, dec0+(r.Float64()-0.5)*0.01))
			points = append(points, [2]float64{math.Mod(360+(r.Float64()-0.5)*0.02/max(1e-3, math.Cos(dec0*math.Pi/180)), 360), dec})
		}
		for i, p := range points[:200] {
			pmRA, pmDec := r.Float64()*400-200, r.Float64()*400-200
			if i%2 == 0 {
				pmRA, pmDec = 0, 0
			}
			found := candidate.Near(points, p[0], p[1], pmRA, pmDec)
			for j, q := range points {
				if math.Abs(p[1]) < 89.9 && candidate.Distance(q[0], q[1], p[0], p[1], pmRA, pmDec) <= 2 && !found[j] {
					t.Fatalf("dec %v: %v is not found near %v, motion %v %v", dec0, q, p, pmRA, pmDec)
				}
			}
			if !found[i] {
				t.Fatalf("dec %v: a point does not find itself", dec0)
			}
		}
	}
}
