package catalog_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"exoplanetai/internal/catalog"
)

func TestNumbersAreTheNearest(t *testing.T) {
	for text, want := range map[string]float64{
		"0": 0, "-0.5": -0.5, "+7": 7, ".6576402": .6576402, "5.": 5, "2.7750000e-05": 2.775e-05, "1E3": 1000, "9007199254740993": 9007199254740992,
		"5284517766615492736": 5284517766615492736, "1e308": 1e308, " 12.5 ": 12.5, "1e-320": 1e-320, "123456789012345678.9": 123456789012345678.9,
	} {
		if got := catalog.ParseNumber(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
	for _, text := range []string{"", " ", "abc", "NaN", "Inf", "-", ".", "1e", "1e+", "1,5", "0x10", "1_000", "1e999", "--1", "1.2.3", "e5", "1e1234567"} {
		if got := catalog.ParseNumber(text); !math.IsNaN(got) {
			t.Errorf("%q: got %v", text, got)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		text := strconv.FormatFloat((r.Float64()-0.5)*math.Pow(10, float64(r.IntN(40)-20)), "feg"[r.IntN(3)], r.IntN(18), 64)
		want, _ := strconv.ParseFloat(text, 64)
		if got := catalog.ParseNumber(text); got != want {
			t.Fatalf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestColumnsOfNumbersAreReadOnce(t *testing.T) {
	tab := parse(t, catalog.KOI, []byte(minimal[catalog.KOI][0]+",koi_depth,koi_prad\n"+minimal[catalog.KOI][1]+",,abc\n"+minimal[catalog.KOI][1]+",12.5,3\n"))
	at := []int{tab.ColumnNamed("KOI_Depth"), tab.ColumnNamed("koi_prad")}
	list := tab.Numbers(at)
	if x := list[0]; x[0] == x[0] || x[1] != 12.5 || tab.Filled(at[0]) != 1 {
		t.Errorf("%v", x)
	}
	if x := list[1]; x[0] == x[0] || x[1] != 3 || tab.Floats(at[1], nil)[1] != 3 {
		t.Errorf("%v", x)
	}
	if tab.ColumnNamed("nothing") != -1 {
		t.Error("a column that is not there")
	}
	if deg, ok := catalog.ParseAngle(" 21:14:56.88 ", true); !ok || math.Abs(deg-318.737) > 1e-9 {
		t.Error(deg, ok)
	}
	if _, ok := catalog.ParseAngle("21:74:00", true); ok {
		t.Error("74 minutes")
	}
}
