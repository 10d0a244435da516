package fits_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
)

func TestSeveralColumnsReadAtOnceAreTheColumnsReadOneByOne(t *testing.T) {
	realFiles(t, func(t *testing.T, b []byte) {
		tab := table(t, b)
		n := len(tab.Columns)
		wide, single, ints := make([][]float64, n), make([][]float32, n), make([][]int64, n)
		var list []fits.Into
		for i, c := range tab.Columns {
			list = append(list, fits.Into{Name: c.Name, Float64: &wide[i]}, fits.Into{Name: c.Name, Float32: &single[i]})
			if strings.Contains("BIJK", string(c.Type)) {
				list = append(list, fits.Into{Name: c.Name, Int64: &ints[i]})
			}
		}
		if err := tab.Read(list...); err != nil {
			t.Fatal(err)
		}
		for i, c := range tab.Columns {
			w, err1 := tab.Float64(nil, c.Name)
			s, err2 := tab.Float32(nil, c.Name)
			if hashOf(w) != hashOf(wide[i]) || !slices.EqualFunc(s, single[i], func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) || errors.Join(err1, err2) != nil {
				t.Errorf("column %s differs", c.Name)
			}
			if k, err := tab.Int64(nil, c.Name); err == nil && !slices.Equal(k, ints[i]) {
				t.Errorf("column %s differs as integers", c.Name)
			}
		}
	})
}

func TestReadingSeveralColumnsRefusesWhatOneByOneDoes(t *testing.T) {
	file := join(primaryUnit(), tableUnit().num("TSCAL2", 2).num("TNULL2", 70_001))
	var d []float64
	var i []int32
	for name, into := range map[string]fits.Into{
		"an absent column": {Name: "FLUX", Float64: &d}, "text": {Name: "NAME", Float64: &d}, "doubles as integers": {Name: "TIME", Int32: &i},
		"a null": {Name: "CADENCE", Int32: &i}, "no slice": {Name: "TIME"},
	} {
		err := table(t, file).Read(into)
		if !errors.Is(err, exo.Invalid) && !errors.Is(err, exo.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := table(t, file).Read(fits.Into{Name: "CADENCE", Float64: &d}); err != nil || d[0] != 140_000 || !math.IsNaN(d[1]) {
		t.Errorf("scaled: %v, %v", d, err)
	}
}
