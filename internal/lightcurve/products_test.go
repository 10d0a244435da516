package lightcurve_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
)

// card is a keyword with its value.
type card struct {
	key   string
	value any
}

// column is a column of a table.
type column struct {
	name string
	data any
}

// build makes a file of a primary HDU and one table, through its bytes.
func build(t testing.TB, primary []card, ext string, cards []card, columns []column) *fits.File {
	t.Helper()
	h := fits.NewHeader()
	for _, c := range primary {
		if c.key == "COMMENT" {
			h.AppendComment(c.value.(string))
			continue
		}
		h.Append(c.key, c.value, "")
	}
	first, err := fits.NewPrimary(h)
	if err != nil {
		t.Fatal(err)
	}
	th := fits.NewHeader()
	th.Append("EXTNAME", ext, "")
	for _, c := range cards {
		th.Append(c.key, c.value, "")
	}
	data := make([]fits.ColumnData, len(columns))
	for i, c := range columns {
		data[i] = fits.ColumnData{Name: c.name, Data: c.data}
	}
	table, err := fits.NewTable(th, data)
	if err != nil {
		t.Fatal(err)
	}
	b, err := (&fits.File{HDUs: []*fits.HDU{first, table}}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	f, err := fits.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var (
	three   = []float64{1, 2, 3}
	flux3   = []float32{0.99, 1, 1.01}
	err3    = []float32{0.1, 0.2, 0.3}
	cad3    = []int32{10, 11, 12}
	qual3   = []int32{0, 1 << 16, 128}
	tessHdr = []card{{"TELESCOP", "TESS"}, {"OBJECT", "TIC 21278334"}, {"TICID", 21278334}, {"SECTOR", 26}}
	btjd    = []card{{"BJDREFI", 2457000}, {"BJDREFF", 0.0}}
)

func with(base []card, more ...card) []card { return append(slices.Clone(base), more...) }

func TestProductsWithoutRealFilesAreReadAsDocumented(t *testing.T) {
	k2 := []card{{"TELESCOP", "Kepler"}, {"MISSION", "K2"}, {"OBJECT", "EPIC 201912552"}, {"KEPLERID", 201912552}, {"CAMPAIGN", 1}}
	for name, c := range map[string]struct {
		file        *fits.File
		opt         lightcurve.Options
		author      string
		flux        string
		unit        string
		flags       lightcurve.FlagTable
		firstErr    float64
		cadenceS    float64
		lastCadence int32
	}{
		"QLP to sector 55": {
			file: build(t, with(tessHdr, card{"ORIGIN", "MIT/QLP"}), "LIGHTCURVE", with(btjd, card{"TIMEDEL", 1800.0 / 86400}), []column{
				{"TIME", three}, {"CADENCENO", cad3}, {"SAP_FLUX", flux3}, {"KSPSAP_FLUX", flux3}, {"KSPSAP_FLUX_ERR", err3}, {"QUALITY", qual3}}),
			author: "QLP", flux: "KSPSAP_FLUX", unit: "1", flags: "qlp", firstErr: 0.1, cadenceS: 1800, lastCadence: 12},
		"QLP from sector 56": {
			file: build(t, with(tessHdr, card{"ORIGIN", "MIT/QLP"}), "LIGHTCURVE", with(btjd, card{"TIMEDEL", 200.0 / 86400}), []column{
				{"TIME", three}, {"CADENCENO", cad3}, {"SAP_FLUX", flux3}, {"DET_FLUX", flux3}, {"DET_FLUX_ERR", err3}, {"SYS_RM_FLUX", flux3}, {"QUALITY", qual3}}),
			author: "QLP", flux: "DET_FLUX", unit: "1", flags: "qlp", firstErr: 0.1, cadenceS: 200, lastCadence: 12},
		"QLP, raw": {
			file: build(t, with(tessHdr, card{"ORIGIN", "MIT/QLP"}), "LIGHTCURVE", btjd, []column{
				{"TIME", three}, {"CADENCENO", cad3}, {"SAP_FLUX", flux3}, {"DET_FLUX", flux3}, {"DET_FLUX_ERR", err3}, {"QUALITY", qual3}}),
			opt: lightcurve.Options{Flux: lightcurve.SAP}, author: "QLP", flux: "SAP_FLUX", unit: "1", flags: "qlp", firstErr: math.NaN(), cadenceS: math.NaN(), lastCadence: 12},
		"TESS-SPOC, told by its cadence": {
			file: build(t, with(tessHdr, card{"ORIGIN", "NASA/Ames"}, card{"DATA_REL", 38}), "LIGHTCURVE", with(btjd, card{"TIMEDEL", 200.0 / 86400}), []column{
				{"TIME", three}, {"CADENCENO", cad3}, {"PDCSAP_FLUX", flux3}, {"PDCSAP_FLUX_ERR", err3}, {"QUALITY", qual3}}),
			author: "TESS-SPOC", flux: "PDCSAP_FLUX", unit: "", flags: "tess", firstErr: 0.1, cadenceS: 200, lastCadence: 12},
		"SPOC at 20 seconds": {
			file: build(t, with(tessHdr, card{"ORIGIN", "NASA/Ames"}, card{"DATA_REL", 38}), "LIGHTCURVE", with(btjd, card{"TIMEDEL", 20.0 / 86400}), []column{
				{"TIME", three}, {"CADENCENO", cad3}, {"PDCSAP_FLUX", flux3}, {"PDCSAP_FLUX_ERR", err3}, {"QUALITY", qual3}}),
			author: "SPOC", flux: "PDCSAP_FLUX", unit: "", flags: "tess", firstErr: 0.1, cadenceS: 20, lastCadence: 12},
		"EVEREST version 2": {
			file: build(t, with(k2, card{"COMMENT", "*     EVEREST INFO     *"}), "ARRAYS", []card{{"BJDREFI", 2454833}, {"TIMEDEL", 0.02043359821692}}, []column{
				{"CADN", cad3}, {"FLUX", flux3}, {"FRAW", flux3}, {"FRAW_ERR", err3}, {"QUALITY", qual3}, {"TIME", three}, {"BKG", flux3}, {"CBV01", flux3}}),
			author: "EVEREST", flux: "FLUX", unit: "e-/s", flags: "kepler", firstErr: 0.1, cadenceS: 1765.462886, lastCadence: 12},
		"TGLC version 1, without errors": {
			file: build(t, with(tessHdr, card{"ORIGIN", "UCSB/TGLC"}), "LIGHTCURVE", with(btjd, card{"XPTIME", 1800}), []column{
				{"time", three}, {"cal_aper_flux", flux3}, {"aperture_flux", flux3}, {"cadence_num", cad3}, {"TESS_flags", []int16{0, 1, 2}}, {"TGLC_flags", []int16{0, 0, 0}}}),
			author: "TGLC", flux: "cal_aper_flux", unit: "1", flags: "tess", firstErr: math.NaN(), cadenceS: 1800, lastCadence: 12},
	} {
		lc, err := lightcurve.FromFITS(c.file, c.opt)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		same := func(a, b float64) bool { return math.Abs(a-b) < 1e-6 || math.IsNaN(a) && math.IsNaN(b) }
		if lc.Author != c.author || lc.FluxColumn != c.flux || lc.FluxUnit != c.unit || lc.Flags != c.flags ||
			!same(lc.FluxErr[0], c.firstErr) || !same(lc.CadenceS, c.cadenceS) || lc.Cadence[2] != c.lastCadence || lc.Len() != 3 {
			t.Errorf("%s: %+v", name, lc)
		}
	}
}

func TestFilesThatAreNoLightCurvesAreRefused(t *testing.T) {
	cols := []column{{"TIME", three}, {"CADENCENO", cad3}, {"PDCSAP_FLUX", flux3}, {"PDCSAP_FLUX_ERR", err3}, {"QUALITY", qual3}}
	for name, c := range map[string]struct {
		file *fits.File
		say  string
	}{
		"another telescope":            {build(t, []card{{"TELESCOP", "HST"}}, "SCI", nil, cols), "TELESCOP"},
		"no telescope":                 {build(t, nil, "LIGHTCURVE", nil, cols), "TELESCOP"},
		"TESS target pixels":           {build(t, tessHdr, "PIXELS", nil, cols), "no table LIGHTCURVE"},
		"Kepler pixels":                {build(t, []card{{"TELESCOP", "Kepler"}}, "TARGETTABLES", nil, cols), "no table LIGHTCURVE"},
		"no table":                     {&fits.File{HDUs: build(t, tessHdr, "LIGHTCURVE", nil, cols).HDUs[:1]}, "no table"},
		"another zero point":           {build(t, tessHdr, "LIGHTCURVE", []card{{"BJDREFI", 2400000}}, cols), "BJD 2400000"},
		"a zero point as a real":       {build(t, tessHdr, "LIGHTCURVE", []card{{"BJDREFI", 2400000.5}}, cols), "BJD 2400000.5"},
		"a zero point in words":        {build(t, tessHdr, "LIGHTCURVE", []card{{"BJDREFI", "unknown"}}, cols), "BJDREFI"},
		"a unit of another zero point": {build(t, tessHdr, "LIGHTCURVE", []card{{"TUNIT1", "BJD - 2450000"}}, cols), "2450000"},
		"a broken zero point":          {build(t, tessHdr, "LIGHTCURVE", []card{{"BJDREFI", 2457000}, {"BJDREFF", 0.5}}, cols), "+0.5"},
		"no error column":              {build(t, tessHdr, "LIGHTCURVE", btjd, slices.Concat(cols[:3], cols[4:])), "no column PDCSAP_FLUX_ERR"},
		"no quality column":            {build(t, tessHdr, "LIGHTCURVE", btjd, cols[:4]), "no column QUALITY"},
		"no time column":               {build(t, tessHdr, "LIGHTCURVE", btjd, cols[1:]), "no column TIME"},
		"no cadence column":            {build(t, tessHdr, "LIGHTCURVE", btjd, slices.Concat(cols[:1], cols[2:])), "no column CADENCENO"},
		"text for a flux":              {build(t, tessHdr, "LIGHTCURVE", btjd, slices.Concat(cols[:2], []column{{"PDCSAP_FLUX", []string{"a", "b", "c"}}}, cols[3:])), "PDCSAP_FLUX"},
	} {
		_, err := lightcurve.FromFITS(c.file, lightcurve.Options{})
		if exo.KindOf(err) != exo.Invalid || !strings.Contains(exo.MessageOf(err), c.say) {
			t.Errorf("%s: %v", name, err)
		}
		if found := lightcurve.Check(c.file, lightcurve.Product{}); len(found) != 1 || found[0].Rule != lightcurve.RuleLayout || !found[0].Fatal {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

func TestCheckNamesFaultsOfRows(t *testing.T) {
	nan := math.NaN()
	nan32 := float32(nan)
	make := func(head []card, time []float64, flux []float32, cadence []int32) *fits.File {
		return build(t, head, "LIGHTCURVE", btjd, []column{{"TIME", time}, {"CADENCENO", cadence}, {"PDCSAP_FLUX", flux}, {"PDCSAP_FLUX_ERR", flux}, {"QUALITY", cadence}})
	}
	for name, c := range map[string]struct {
		file *fits.File
		rule string
	}{
		"a time before its neighbour": {make(tessHdr, []float64{1, nan, 0.5}, flux3, cad3), lightcurve.RuleOrder},
		"the same time twice":         {make(tessHdr, []float64{1, 1, 2}, flux3, cad3), lightcurve.RuleOrder},
		"no time at all":              {make(tessHdr, []float64{nan, nan, nan}, flux3, cad3), lightcurve.RuleNoTime},
		"no flux at all":              {make(tessHdr, three, []float32{nan32, nan32, nan32}, cad3), lightcurve.RuleNoFlux},
		"a missing cadence":           {make(tessHdr, three, flux3, []int32{1, 3, 4}), lightcurve.RuleShort},
		"no rows":                     {make(tessHdr, []float64{}, []float32{}, []int32{}), lightcurve.RuleEmpty},
		"two names for the star":      {make([]card{{"TELESCOP", "TESS"}, {"OBJECT", "TIC 5"}, {"TICID", 6}}, three, flux3, cad3), lightcurve.RuleObject},
	} {
		found := lightcurve.Check(c.file, lightcurve.Product{})
		if len(found) != 1 || found[0].Rule != c.rule || found[0].Message == "" {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

func TestConcatNeverMixesMeanings(t *testing.T) {
	a, err := lightcurve.FromFITS(realFile(t, "kepler/kplr010002792-2009259*"), lightcurve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := lightcurve.FromFITS(realFile(t, "kepler/kplr010002792-2010174*"), lightcurve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := lightcurve.Concat(a, b)
	if err != nil || all.Len() != a.Len()+b.Len() || all.SectorQuarter != -1 || all.Time[a.Len()] != b.Time[0] || all.Quality[a.Len()] != b.Quality[0] {
		t.Errorf("got %v", err)
	}
	for name, spoil := range map[string]func(*lightcurve.LightCurve){
		"another scale": func(lc *lightcurve.LightCurve) { lc.Scale = exo.BTJD },
		"another star":  func(lc *lightcurve.LightCurve) { lc.Target = kic(1) },
		"another unit":  func(lc *lightcurve.LightCurve) { lc.FluxUnit = "1" },
		"other flags":   func(lc *lightcurve.LightCurve) { lc.Flags = lightcurve.FlagsTESS },
	} {
		c := *b
		spoil(&c)
		if _, err := lightcurve.Concat(a, &c); exo.KindOf(err) != exo.Invalid {
			t.Errorf("%s is joined: %v", name, err)
		}
	}
	if _, err := lightcurve.Concat(); exo.KindOf(err) != exo.Invalid {
		t.Errorf("nothing is joined: %v", err)
	}
}

func TestSelectKeepsTheChosenRows(t *testing.T) {
	lc, err := lightcurve.FromFITS(realFile(t, "kepler/kplr010002792-2009259*"), lightcurve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ok, err := lc.Select(lc.Finite())
	if err != nil || ok.Len() != 4070 {
		t.Fatalf("%v", err)
	}
	for i := range ok.Len() {
		if math.IsNaN(ok.Time[i]) || math.IsNaN(ok.Flux[i]) || math.IsNaN(ok.FluxErr[i]) {
			t.Fatalf("row %d is not finite", i)
		}
	}
	if _, err := lc.Select(nil); exo.KindOf(err) != exo.Invalid {
		t.Errorf("a mask of another length is taken: %v", err)
	}
}

func TestSplitCampaignsMatchTheirHalves(t *testing.T) {
	for _, c := range []struct {
		header, name int
		want         bool
	}{{9, 91, true}, {10, 102, true}, {102, 102, true}, {9, 101, false}, {9, 93, false}, {5, 6, false}, {-1, 6, true}, {6, -1, true}} {
		if got := lightcurve.SameSlice(exo.K2, c.header, c.name); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
