package validate_test

import (
	"bytes"
	"encoding/binary"
	"flag"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/validate"
)

// patient is a copy of a real light curve that a fault is put into.
type patient struct {
	t     *testing.T
	file  *fits.File
	table *fits.Table
	rows  int
	width int
	rng   *rand.Rand
}

func newPatient(t *testing.T, data []byte, seed uint64) *patient {
	t.Helper()
	f, err := fits.Parse(bytes.Clone(data))
	if err != nil {
		t.Fatal(err)
	}
	table, err := f.HDUs[1].Table()
	if err != nil {
		t.Fatal(err)
	}
	return &patient{t, f, table, table.Rows, len(f.HDUs[1].Data()) / table.Rows, rand.New(rand.NewPCG(seed, 4))}
}

// row returns the bytes of a row.
func (p *patient) row(i int) []byte { return p.file.HDUs[1].Data()[i*p.width : (i+1)*p.width] }

// set overwrites a cell.
func (p *patient) set(i int, column string, v float64) {
	p.t.Helper()
	j, ok := p.table.Find(column)
	if !ok {
		p.t.Fatalf("no column %s", column)
	}
	c := p.table.Columns[j]
	cell := p.row(i)[c.Offset : c.Offset+c.Width]
	switch c.Type {
	case 'D':
		binary.BigEndian.PutUint64(cell, math.Float64bits(v))
	case 'E':
		binary.BigEndian.PutUint32(cell, math.Float32bits(float32(v)))
	case 'J':
		binary.BigEndian.PutUint32(cell, uint32(int32(v)))
	default:
		p.t.Fatalf("column %s is of type %c", column, c.Type)
	}
}

func (p *patient) values(column string) []float64 {
	p.t.Helper()
	v, err := p.table.Float64(nil, column)
	if err != nil {
		p.t.Fatal(err)
	}
	return v
}

// measured finds a run of rows that have time and flux.
func (p *patient) measured(n int) int {
	p.t.Helper()
	time, flux := p.values("TIME"), p.values("PDCSAP_FLUX")
	for range 10000 {
		from := p.rng.IntN(p.rows - n)
		bad := func(x float64) bool { return math.IsNaN(x) || x == 0 }
		if !slices.ContainsFunc(time[from:from+n], bad) && !slices.ContainsFunc(flux[from:from+n], bad) {
			return from
		}
	}
	p.t.Fatalf("no %d rows in a row are measured", n)
	return 0
}

// change adds to the values of a column in a run of rows.
func (p *patient) change(from, n int, column string, f func(float64) float64) {
	p.t.Helper()
	v := p.values(column)
	for i := from; i < from+n; i++ {
		if !math.IsNaN(v[i]) {
			p.set(i, column, f(v[i]))
		}
	}
}

func (p *patient) all(column string, f func(float64) float64) { p.change(0, p.rows, column, f) }

func (p *patient) card(hdu int, key string, v any) { p.file.HDUs[hdu].Header.Set(key, v, "") }

// bytes gives the file with good sums: the fault is not one of transport.
func (p *patient) bytes() []byte {
	p.t.Helper()
	for _, h := range p.file.HDUs {
		if h.Header.Has("CHECKSUM") {
			if err := h.AddChecksum("HDU checksum"); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	b, err := p.file.Bytes()
	if err != nil {
		p.t.Fatal(err)
	}
	return b
}

// lightCurveFaults are put into the missions' real light curves, one at a time.
var lightCurveFaults = map[string]struct {
	put  func(p *patient)
	rule string // that must find it
	at   validate.Level
}{
	"a block of times is lost": {func(p *patient) {
		for i, from := 0, p.measured(30); i < 30; i++ {
			p.set(from+i, "TIME", math.NaN())
		}
	}, "time.present", validate.Range},
	"all times are lost": {func(p *patient) { p.all("TIME", func(float64) float64 { return math.NaN() }) }, "time.none", validate.Range},
	"two rows change places": {func(p *patient) {
		i := p.measured(5)
		a := bytes.Clone(p.row(i))
		copy(p.row(i), p.row(i+4))
		copy(p.row(i+4), a)
	}, "time.order", validate.Quality},
	"a row stands twice": {func(p *patient) { i := p.measured(2); copy(p.row(i+1), p.row(i)) }, "time.repeated", validate.Duplicates},
	"a block of rows stands twice": {func(p *patient) {
		i := p.measured(40)
		copy(p.file.HDUs[1].Data()[(i+20)*p.width:(i+40)*p.width], bytes.Clone(p.file.HDUs[1].Data()[i*p.width:(i+20)*p.width]))
	}, "cadence.repeated", validate.Duplicates},
	"a cadence number is another's": {func(p *patient) { i := p.measured(9); p.set(i+8, "CADENCENO", p.values("CADENCENO")[i]) }, "cadence.repeated", validate.Duplicates},
	"cadence numbers jump": {func(p *patient) {
		i := p.measured(2) + 1
		p.change(i, p.rows-i, "CADENCENO", func(n float64) float64 { return n + 3 })
	}, "cadence.gap", validate.Quality},
	"flux is copied from elsewhere": {func(p *patient) {
		i := p.measured(60)
		v := slices.Clone(p.values("PDCSAP_FLUX")[i : i+20])
		for k, x := range v {
			p.set(i+40+k, "PDCSAP_FLUX", x)
		}
	}, "flux.copied", validate.Duplicates},
	"flux stands still": {func(p *patient) {
		i := p.measured(20)
		x := p.values("PDCSAP_FLUX")[i]
		p.change(i, 20, "PDCSAP_FLUX", func(float64) float64 { return x })
	}, "flux.copied", validate.Duplicates},
	"one flux is infinite":                {func(p *patient) { p.set(p.measured(1), "PDCSAP_FLUX", math.Inf(1)) }, "flux.finite", validate.Range},
	"flux is zero":                        {func(p *patient) { p.set(p.measured(1), "PDCSAP_FLUX", 0) }, "flux.zero", validate.Range},
	"flux is negative":                    {func(p *patient) { p.all("PDCSAP_FLUX", func(x float64) float64 { return -x }) }, "flux.positive", validate.Range},
	"flux is in another unit":             {func(p *patient) { p.all("PDCSAP_FLUX", func(x float64) float64 { return x * 1e3 }) }, "flux.magnitude", validate.Quality},
	"flux is divided by its error's unit": {func(p *patient) { p.all("PDCSAP_FLUX_ERR", func(x float64) float64 { return x * 1e3 }) }, "error.scatter", validate.Quality},
	"one error is negative": {func(p *patient) {
		i := p.measured(1)
		p.change(i, 1, "PDCSAP_FLUX_ERR", func(x float64) float64 { return -x })
	}, "error.positive", validate.Range},
	"all errors are negative":            {func(p *patient) { p.all("SAP_FLUX_ERR", func(x float64) float64 { return -x }) }, "error.positive", validate.Range},
	"an error is zero":                   {func(p *patient) { p.set(p.measured(1), "PDCSAP_FLUX_ERR", 0) }, "error.zero", validate.Range},
	"a flag that no table has":           {func(p *patient) { p.set(p.measured(1), quality(p), 1<<25) }, "flags.known", validate.Range},
	"most rows are flagged":              {func(p *patient) { p.all(quality(p), func(float64) float64 { return 128 }) }, "flagged", validate.Quality},
	"flux is lost":                       {func(p *patient) { p.all("PDCSAP_FLUX", func(float64) float64 { return math.NaN() }) }, "flux.none", validate.Quality},
	"most of the flux is lost":           {func(p *patient) { p.change(0, p.rows*7/10, "PDCSAP_FLUX", func(float64) float64 { return math.NaN() }) }, "coverage", validate.Quality},
	"a flux is lost and nobody says why": {func(p *patient) { i := p.measured(1); p.set(i, "PDCSAP_FLUX", math.NaN()); p.set(i, quality(p), 0) }, "flux.unflagged", validate.Quality},
	"times of another mission":           {func(p *patient) { p.all("TIME", func(t float64) float64 { return t + 9000 }) }, "time.mission", validate.Range},
	"times of another slice":             {func(p *patient) { p.all("TIME", func(t float64) float64 { return t + 130 }) }, "time.slice", validate.Range},
	"times a day off":                    {func(p *patient) { p.all("TIME", func(t float64) float64 { return t + 1 }) }, "time.header", validate.Range},
	"a block of times is late": {func(p *patient) {
		i := p.measured(20)
		p.change(i+8, 5, "TIME", func(t float64) float64 { return t + 0.03 })
	}, "time.cadence", validate.Quality},
	"one time is off by a digit": {func(p *patient) {
		i := p.measured(9)
		p.change(i+4, 1, "TIME", func(t float64) float64 { return t + 0.1 })
	}, "time.cadence", validate.Quality},
	"the correction is of another unit": {func(p *patient) { p.all("TIMECORR", func(c float64) float64 { return c*86400 + 1 }) }, "timecorr.range", validate.Range},
	"another cadence in the header":     {func(p *patient) { d, _ := p.file.HDUs[1].Header.Float("TIMEDEL"); p.card(1, "TIMEDEL", d*15) }, "cadence.step", validate.Quality},
	"another zero of times":             {func(p *patient) { p.card(1, "BJDREFI", 2400000) }, "layout", validate.Schema},
	"another system of times":           {func(p *patient) { p.card(1, "TIMESYS", "UTC") }, "time.system", validate.Schema},
	"another unit of flux":              {func(p *patient) { j, _ := p.table.Find("PDCSAP_FLUX"); p.card(1, "TUNIT"+itoa(j+1), "Jy") }, "column.unit", validate.Schema},
	"a column under another name":       {func(p *patient) { j, _ := p.table.Find("SAP_BKG"); p.card(1, "TTYPE"+itoa(j+1), "BACKGROUND") }, "columns", validate.Schema},
	"the flux under another name":       {func(p *patient) { j, _ := p.table.Find("PDCSAP_FLUX"); p.card(1, "TTYPE"+itoa(j+1), "FLUX") }, "layout", validate.Schema},
	"two columns of one name":           {func(p *patient) { j, _ := p.table.Find("SAP_BKG"); p.card(1, "TTYPE"+itoa(j+1), "SAP_FLUX") }, "column.unique", validate.Schema},
	"a part is lost":                    {func(p *patient) { p.file.HDUs = p.file.HDUs[:2] }, "hdus", validate.Schema},
	"the name of another star":          {func(p *patient) { p.card(0, "OBJECT", "TIC 1") }, "header.object", validate.Quality},
	"the number of another star":        {func(p *patient) { p.card(0, "TICID", 1); p.card(0, "KEPLERID", 1) }, "header.target", validate.Quality},
	"another slice in the header":       {func(p *patient) { p.card(0, "SECTOR", 83); p.card(0, "QUARTER", 17); p.card(0, "CAMPAIGN", 18) }, "header.slice", validate.Quality},
	"another magnitude": {func(p *patient) {
		m, _ := p.file.HDUs[0].Header.Float("KEPMAG")
		n, ok := p.file.HDUs[0].Header.Float("TESSMAG")
		if ok {
			p.card(0, "TESSMAG", n+1)
		} else {
			p.card(0, "KEPMAG", m+1)
		}
	}, "header.magnitude", validate.Quality},
	"a temperature that cannot be":    {func(p *patient) { p.card(0, "TEFF", 1) }, "header.teff", validate.Quality},
	"the temperature of another star": {func(p *patient) { p.card(0, "TEFF", 9876.5) }, "header.teff.catalog", validate.Quality},
	"a place off the sky":             {func(p *patient) { p.card(0, "RA_OBJ", 400.123456) }, "position.range", validate.Coordinates},
	"a declination off the sky":       {func(p *patient) { p.card(0, "DEC_OBJ", -97.123456) }, "position.range", validate.Coordinates},
	"no place":                        {func(p *patient) { p.file.HDUs[0].Header.Delete("RA_OBJ") }, "position.absent", validate.Coordinates},
	"a rounded place":                 {func(p *patient) { p.card(0, "RA_OBJ", 123.5) }, "position.digits", validate.Coordinates},
	"the place of a neighbour": {func(p *patient) {
		d, _ := p.file.HDUs[0].Header.Float("DEC_OBJ")
		p.card(0, "DEC_OBJ", math.Round((d+0.008)*1e6)/1e6)
	}, "position.catalog", validate.Coordinates},
	"the place of another star": {func(p *patient) {
		d, _ := p.file.HDUs[0].Header.Float("DEC_OBJ")
		p.card(0, "DEC_OBJ", math.Round((d-2.5)*1e6)/1e6)
	}, "position.other", validate.Coordinates},
}

func quality(p *patient) string {
	if _, ok := p.table.Find("QUALITY"); ok {
		return "QUALITY"
	}
	return "SAP_QUALITY"
}

func itoa(n int) string { return string([]byte{'0' + byte(n/10), '0' + byte(n%10)}[1-min(1, n/10):]) }

// known answers with the star as the file itself has it: a catalog that agrees.
func known(t *testing.T, data []byte) func(exo.TargetID) (catalog.Star, bool) {
	t.Helper()
	f, err := fits.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	info, err := lightcurve.Inspect(f)
	if err != nil {
		t.Fatal(err)
	}
	return func(id exo.TargetID) (catalog.Star, bool) {
		return catalog.Star{ID: id, RA: info.RA, Dec: info.Dec, Mag: info.Mag}, true
	}
}

// teff is the temperature by a catalog: that of the header is not asked.
func teff(exo.TargetID) (float64, bool) { return 5000, true }

func missionFile(name string) bool {
	return strings.HasPrefix(name, "tess") || strings.HasPrefix(name, "k") || strings.Contains(name, "data-alerts")
}

var allFaults = flag.Bool("all-faults", false, "put every fault into every light curve")

func TestSeededFaultsOfRealLightCurvesAreFound(t *testing.T) {
	seeds, missed := 0, 0
	files := curves(t)
	for i, name := range slices.Sorted(maps.Keys(files)) {
		data := files[name]
		if !missionFile(name) || underRace && i%5 != 0 {
			continue
		}
		star := known(t, data)
		before := map[string]bool{}
		for _, f := range judge(t, name, data, validate.LightCurveOptions{Star: star, Teff: teff}).Findings {
			before[f.Rule] = true
		}
		for k, what := range slices.Sorted(maps.Keys(lightCurveFaults)) {
			fault := lightCurveFaults[what]
			if !*allFaults && (i+k)%3 != 0 { // every fault in some files, every file with some faults
				continue
			}
			rule := "lightcurve." + fault.rule
			if before[rule] {
				continue // the real file has it
			}
			p := newPatient(t, data, uint64(len(what)))
			fault.put(p)
			r := judge(t, name, p.bytes(), validate.LightCurveOptions{Star: star, Teff: teff})
			seeds++
			hit := func(f validate.Finding) bool { return f.Rule == rule && f.Level == fault.at }
			if !slices.ContainsFunc(r.Findings, hit) {
				missed++
				t.Errorf("%s: %s: not found by %s; found %+v", name, what, rule, r.Findings)
			}
		}
	}
	t.Logf("%d seeded faults, %d missed", seeds, missed)
}

// A byte that flips on the way is found wherever it is.
func TestAFlippedByteIsFound(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	flips := 10
	if underRace {
		flips = 1
	}
	for name, data := range curves(t) {
		f, err := fits.Parse(data)
		if err != nil || !f.HDUs[0].Header.Has("CHECKSUM") {
			continue
		}
		for range flips {
			bad := bytes.Clone(data)
			i := rng.IntN(len(bad))
			bad[i] ^= 1 << rng.IntN(8)
			f, err := fits.Parse(bad)
			if err != nil {
				continue // no FITS file any more: validate.Unreadable
			}
			r := validate.LightCurve(f, validate.LightCurveOptions{Now: judged})
			if r.Valid || !slices.ContainsFunc(r.Findings, func(f validate.Finding) bool { return f.Rule == "lightcurve.checksum" && f.Level == validate.Schema }) {
				t.Errorf("%s: the byte %d is not the archive's, and nobody tells", name, i)
			}
		}
	}
}

// The header of another real star on a file is told in three ways: by the file's
// name, by the catalog's place, and for TESS by the times themselves.
func TestTheHeaderOfAnotherStarIsFound(t *testing.T) {
	files := curves(t)
	const mine, other = "tess2018206045859-s0001-0000000025155310-0120-s_lc.fits", "tess2018234235059-s0002-0000000402026209-0121-s_lc.fits"
	p, q := newPatient(t, files[mine], 1), newPatient(t, files[other], 1)
	p.file.HDUs[0] = q.file.HDUs[0]
	r := judge(t, mine, p.bytes(), validate.LightCurveOptions{Star: known(t, files[mine])})
	for _, want := range []string{"header.target", "header.slice", "position.other", "position.barycentre", "time.slice", "flux.magnitude"} {
		if !slices.ContainsFunc(r.Findings, func(f validate.Finding) bool { return f.Rule == "lightcurve."+want }) {
			t.Errorf("%s does not tell: %+v", want, r.Findings)
		}
	}
}

func TestAllRulesOfLightCurvesAreDeclaredOnceWithReasonAndSource(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range validate.Rules("lightcurve") {
		if seen[r.ID] || r.Reason == "" || r.Source == "" || r.Limit == "" || !slices.Contains(validate.Levels, r.Level) || len(r.Types) != 1 || !strings.HasPrefix(r.ID, "lightcurve.") {
			t.Errorf("%+v", r)
		}
		seen[r.ID] = true
	}
	for name, f := range lightCurveFaults {
		if !seen["lightcurve."+f.rule] {
			t.Errorf("%s: there is no rule %s", name, f.rule)
		}
	}
}
