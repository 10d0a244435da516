package figure_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/figure"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/xtest"
)

// made returns a part of n points with every reason in it.
func made(label string, start float64, n int) figure.Part {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	p := figure.Part{Label: label, Result: &preprocess.Result{}}
	r := p.Result
	for i := range n {
		t := start + float64(i)*27/float64(n)
		base := 12000 + 40*math.Sin(t/3)
		f := base * (1 + 0.0005*rng.NormFloat64())
		if math.Abs(math.Mod(t-start, 4)-2) < 0.1 {
			f *= 0.99
		}
		flag := int32(0)
		switch i % 500 {
		case 10:
			flag, f = preprocess.FlagQuality, f*1.01
		case 20:
			flag, f = preprocess.FlagOutlier, f*1.008
		case 30:
			flag = preprocess.FlagShort
		case 40:
			flag, f = preprocess.FlagOutlier, f*3
		}
		y := f / base
		if flag != 0 {
			y = math.NaN()
		}
		p.Time, p.Flux = append(p.Time, t), append(p.Flux, f)
		r.Flux, r.Trend, r.Flag = append(r.Flux, y), append(r.Trend, base), append(r.Flag, flag)
	}
	return p
}

func drawn(t testing.TB, f figure.Figure) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := figure.PNG(&b, f); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("EXOPLANETAI_FIGURES"); dir != "" { // to be looked at
		name := filepath.Join(dir, filepath.Base(t.Name())+".png")
		if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// count returns how many pixels of the box have the colour.
func count(img image.Image, r image.Rectangle, want color.RGBA) (n int) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if c := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA); c == want {
				n++
			}
		}
	}
	return n
}

func hex(v uint32) color.RGBA { return color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255} }

var planet = preprocess.Ephemeris{Period: 4, T0: 1002, Duration: 0.2, Object: "TOI 1.01"}

func TestEachPanelShowsItsColours(t *testing.T) {
	for name, dark := range map[string]bool{"light": false, "dark": true} {
		t.Run(name, func(t *testing.T) {
			img := drawn(t, figure.Figure{
				Title: "TIC 441420236 (AU Mic)", Subtitle: "profile transit, recipe 0123abcd, 3 sectors", Scale: exo.BTJD, FluxUnit: "e-/s", Dark: dark,
				Parts: []figure.Part{made("S1", 1000, 18000), made("S2", 1028, 18000), made("S27", 2036, 18000)}, Ephemerides: []preprocess.Ephemeris{planet},
			})
			if s := img.Bounds().Size(); s.X != 1600 || s.Y != 72+3*340+12 {
				t.Fatalf("size %v", s)
			}
			raw, processed, folded := image.Rect(96, 105, 1576, 360), image.Rect(96, 445, 1576, 700), image.Rect(96, 785, 1576, 1040)
			marks := map[string]struct {
				where       image.Rectangle
				light, dark uint32
			}{
				"raw points": {raw, 0x5d6b80, 0x93a3b8}, "trend": {raw, 0xc44e00, 0xff9a52}, "quality": {raw, 0x9c3d7a, 0xe38cc4},
				"outliers": {raw, 0xb06a00, 0xf0b440}, "edges": {raw, 0x007257, 0x4fcfa6},
				"processed points": {processed, 0x0b5cad, 0x7cb8ff}, "bins": {folded, 0xc44e00, 0xff9a52}, "folded points": {folded, 0x5d6b80, 0x93a3b8},
			}
			for what, m := range marks {
				want := hex(m.light)
				if dark {
					want = hex(m.dark)
				}
				if n := count(img, m.where, want); n < 50 {
					t.Errorf("%s: %d pixels of %v", what, n, want)
				}
			}
		})
	}
}

func TestTheSameFigureGivesTheSameBytes(t *testing.T) {
	f := figure.Figure{Title: "x", Scale: exo.BKJD, Parts: []figure.Part{made("Q1", 130, 4000)}, Ephemerides: []preprocess.Ephemeris{planet}}
	var a, b bytes.Buffer
	if err := errors.Join(figure.PNG(&a, f), figure.PNG(&b, f)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two pictures differ")
	}
}

func TestSizesOutOfRangeAreRefused(t *testing.T) {
	for _, size := range [][2]int{{-1, 0}, {1, 0}, {1_000_000, 0}, {0, -5}, {0, 1_000_000}, {8001, 400}, {0, 300}} {
		err := figure.PNG(&bytes.Buffer{}, figure.Figure{Width: size[0], Height: size[1], Parts: []figure.Part{made("", 0, 10)}})
		if !errors.Is(err, exo.Invalid) {
			t.Errorf("%v: %v", size, err)
		}
	}
	bad := made("S1", 0, 10)
	bad.Flux = bad.Flux[1:]
	if err := figure.PNG(&bytes.Buffer{}, figure.Figure{Parts: []figure.Part{bad}}); !errors.Is(err, exo.Invalid) {
		t.Errorf("columns that differ: %v", err)
	}
}

func TestStrangeSeriesAreDrawn(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	gone := made("S1", 1000, 200)
	for i := range gone.Flux {
		gone.Result.Flux[i], gone.Result.Flag[i] = nan, preprocess.FlagQuality
	}
	cases := map[string]figure.Figure{
		"none":           {},
		"all_nan":        {Parts: []figure.Part{{Label: "S1", Time: []float64{nan, nan}, Flux: []float64{nan, 1}}}},
		"one_point":      {Parts: []figure.Part{{Label: "S1", Time: []float64{5}, Flux: []float64{7}}}},
		"huge":           {Parts: []figure.Part{{Time: []float64{-1e299, 0, 1e299, inf}, Flux: []float64{1e299, -1e299, inf, 1e308}}}},
		"tiny":           {Parts: []figure.Part{{Time: []float64{0, 5e-324}, Flux: []float64{5e-324, 0}}}},
		"all_flagged":    {Parts: []figure.Part{gone}, Ephemerides: []preprocess.Ephemeris{planet}},
		"strange_planet": {Parts: []figure.Part{made("S1", 0, 100)}, Ephemerides: []preprocess.Ephemeris{{Period: 1e-300, T0: nan, Duration: inf}}},
		"small":          {Width: 400, Height: 540, Title: "a very long title that does not fit into so small a picture at all", Parts: []figure.Part{made("S1", 0, 100)}, Ephemerides: []preprocess.Ephemeris{planet}},
	}
	for name, f := range cases {
		t.Run(name, func(t *testing.T) { drawn(t, f) })
	}
}

func TestRealLightCurvesAreDrawn(t *testing.T) {
	cases := map[string]struct {
		files []string
		e     preprocess.Ephemeris
	}{
		"tess_wasp62": {[]string{"tess/tess2018206045859-s0001-0000000149603524-0120-s_lc.fits"}, preprocess.Ephemeris{Period: 4.411953, T0: 1326.11, Duration: 0.152, Object: "TOI 102.01"}},
		"tess_four":   {[]string{"tess/tess2019198215352-s0014-0000000424865156-0150-s_lc.fits", "tess/tess2019226182529-s0015-0000000424865156-0151-s_lc.fits", "tess/tess2021204101404-s0041-0000000424865156-0212-s_lc.fits", "tess/tess2022217014003-s0055-0000000424865156-0242-s_lc.fits"}, preprocess.Ephemeris{}},
		"kepler":      {[]string{"kepler/kplr010002792-2009259160929_llc.fits", "kepler/kplr010002792-2010174085026_llc.fits"}, preprocess.Ephemeris{}},
		"k2":          {[]string{"k2/ktwo211117077-c04_llc.fits"}, preprocess.Ephemeris{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := figure.Figure{Subtitle: "profile transit"}
			if c.e.Period > 0 {
				f.Ephemerides = []preprocess.Ephemeris{c.e}
			}
			for _, file := range c.files {
				f.Parts = append(f.Parts, realPart(t, &f, file))
			}
			drawn(t, f)
		})
	}
}

func realPart(t *testing.T, f *figure.Figure, file string) figure.Part {
	b, err := os.ReadFile(xtest.Shared(t, "data/real/lightcurves/"+file))
	if err != nil {
		t.Fatal(err)
	}
	src, err := fits.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	lc, err := lightcurve.FromFITS(src, lightcurve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	recipe, err := preprocess.NewRecipe(preprocess.ProfileTransit, nil, f.Ephemerides)
	if err != nil {
		t.Fatal(err)
	}
	out := &preprocess.Result{}
	var p preprocess.Processor
	if err := p.Run(context.Background(), preprocess.SeriesOf(lc), recipe, out); err != nil {
		t.Fatal(err)
	}
	f.Title, f.Scale, f.FluxUnit = lc.Name, lc.Scale, lc.FluxUnit
	letter := map[exo.Mission]string{exo.TESS: "S", exo.Kepler: "Q", exo.K2: "C"}[lc.Mission]
	return figure.Part{Label: letter + string(rune('0'+lc.SectorQuarter/10)) + string(rune('0'+lc.SectorQuarter%10)), Time: lc.Time, Flux: lc.Flux, Result: out}
}

func BenchmarkPNG65k(b *testing.B) {
	f := figure.Figure{Title: "KIC 11904151", Scale: exo.BKJD, Parts: []figure.Part{made("Q1", 130, 65000)}, Ephemerides: []preprocess.Ephemeris{planet}}
	for b.Loop() {
		var buf bytes.Buffer
		if err := figure.PNG(&buf, f); err != nil {
			b.Fatal(err)
		}
	}
}
