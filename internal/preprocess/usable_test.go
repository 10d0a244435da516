package preprocess_test

import (
	"math"
	"testing"

	"exoplanetai/internal/preprocess"
)

func TestUsableEphemeridesAreThoseARecipeKnows(t *testing.T) {
	good := preprocess.Ephemeris{Period: 3, T0: 1325, Duration: 0.1, T0Err: math.NaN(), Object: "TOI 1.01"}
	list := []preprocess.Ephemeris{
		good,
		{Period: 3, T0: 1325},                    // no duration
		{Period: 0.1, T0: 1325, Duration: 0.2},   // longer than the period
		{Period: 3, T0: math.NaN(), Duration: 1}, // no epoch
		{Period: math.NaN(), T0: 1325, Duration: 0.1},
	}
	for range 60 {
		list = append(list, good)
	}
	got := preprocess.Usable(list)
	if len(got) != 50 || got[0].T0Err != 0 || got[0].Object != "TOI 1.01" || got[1].Period != 0 {
		t.Errorf("%d: %+v", len(got), got[:2])
	}
	r, err := preprocess.NewRecipe(preprocess.ProfileTransit, nil, list)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if got[i] != r.Known[i] {
			t.Fatalf("%d: %+v, the recipe knows %+v", i, got[i], r.Known[i])
		}
	}
	if again := preprocess.Usable(got); len(again) != len(got) || again[0] != got[0] {
		t.Errorf("not the same again: %+v", again[0])
	}
}
