package validate_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/validate"
)

// The kinds of mutations. Rows and columns are drawn by the seed among those
// that the kind is defined for; the definitions, and what no rule can see in
// principle, stand in docs/validation.md, "Seeded faults".
var faults = []fault{
	{"letters in a number", lv(validate.Schema), lettersInNumber},
	{"a key that is no key", lv(validate.Schema), brokenKey},
	{"a row moved by one cell", lv(validate.Schema), movedRow},
	{"a column of text among numbers", lv(validate.Schema), textColumn},
	{"the sign of a positive value", lv(validate.Range), flippedSign},
	{"a value a million times too large", lv(validate.Range), hugeValue},
	{"an epoch on another zero point", lv(validate.Range), otherZero},
	{"a column of days in hours or back", lv(validate.Range, validate.Quality), unitOfTime},
	{"a column of depths in another unit", lv(validate.Range, validate.Quality), unitOfDepth},
	{"a column of radii in another unit", lv(validate.Range, validate.Quality), unitOfRadius},
	{"a column of epochs on another zero point", lv(validate.Range), unitOfEpoch},
	{"a column of temperatures in Celsius", lv(validate.Range, validate.Quality), unitOfHeat},
	{"a position in radians", lv(validate.Coordinates), radians},
	{"a position off the sky", lv(validate.Coordinates), offSky},
	{"right ascension and declination swapped in a row", lv(validate.Coordinates), swappedPosition},
	{"right ascension and declination swapped", lv(validate.Coordinates), swappedPositions},
	{"a position that its text does not have", lv(validate.Coordinates), otherPosition},
	{"a position with one decimal", lv(validate.Coordinates), roughPosition},
	{"the number of another star", lv(validate.Coordinates, validate.Duplicates), otherStar},
	{"a key of another row", lv(validate.Duplicates), otherKey},
	{"a block of rows twice", lv(validate.Duplicates), doubledBlock},
	{"a row twice", lv(validate.Duplicates), doubledRow},
	{"a default flag", lv(validate.Duplicates), defaultFlag},
	{"a name of another planet", lv(validate.Duplicates), otherName},
	{"a word with a slip", lv(validate.Quality), brokenWord},
	{"an error with the wrong sign", lv(validate.Quality), errorSign},
	{"an error without its value", lv(validate.Quality), errorAlone},
	{"a limit flag that is none", lv(validate.Quality), limitFlag},
	{"a verdict turned round", lv(validate.Quality), turnedVerdict},
	{"a date of the next century", lv(validate.Quality), futureDate},
	{"a temperature twice as high", lv(validate.Quality), otherHeat},
	{"a radius in the other unit", lv(validate.Quality, validate.Range), otherRadius},
	{"a depth in the other unit", lv(validate.Quality, validate.Range), otherDepth},
	{"a duration longer than the period", lv(validate.Quality, validate.Range), longDuration},
	{"a column of values one row down", lv(validate.Coordinates, validate.Duplicates, validate.Quality), shiftedColumn},
	{"two columns swapped", validate.Levels, swappedColumns},
}

func lv(l ...validate.Level) []validate.Level { return l }

// values are the columns of physical values, by table; -1 of absent ones is
// left out.
func (g *grid) values() []int {
	all := []string{
		"koi_period", "koi_time0bk", "koi_impact", "koi_duration", "koi_depth", "koi_prad", "koi_teq", "koi_insol", "koi_model_snr", "koi_steff", "koi_slogg", "koi_srad", "koi_kepmag", "koi_score",
		"pl_orbper", "pl_tranmid", "pl_trandurh", "pl_trandep", "pl_rade", "pl_insol", "pl_eqt", "st_tmag", "st_dist", "st_teff", "st_logg", "st_rad", "st_pmra", "st_pmdec",
		"Period (days)", "Transit Epoch (BJD)", "Duration (hours)", "Depth (mmag)", "Depth (ppm)", "Planet Radius (R_Earth)", "Planet Insolation (Earth flux)", "Planet Eq Temp (K)", "Planet SNR", "TESS mag", "Stellar Distance (pc)", "Stellar Teff (K)", "Stellar log(g) (cm/s2)", "Stellar Radius (R_Sun)", "Stellar Mass (M_Sun)", "Predicted Mass (M_Earth)",
		"pl_orbsmax", "pl_radj", "pl_bmasse", "pl_bmassj", "st_mass", "sy_dist", "sy_vmag", "sy_kmag", "sy_gaiamag",
	}
	var at []int
	for _, n := range all {
		if j := g.col(n); j >= 0 {
			at = append(at, j)
		}
	}
	return at
}

// positive are the values that cannot be negative.
func (g *grid) positive() []int {
	var at []int
	for _, j := range g.values() {
		switch g.cols[j] {
		case "koi_time0bk", "koi_slogg", "koi_kepmag", "st_logg", "st_tmag", "st_pmra", "st_pmdec", "pl_tranmid", "TESS mag", "Stellar log(g) (cm/s2)", "Transit Epoch (BJD)", "sy_vmag", "sy_kmag", "sy_gaiamag":
		default:
			at = append(at, j)
		}
	}
	return at
}

func draw(r *rand.Rand, from []int) int { return from[r.IntN(len(from))] }

// filled draws a row whose cell in column j is a number but 0.
func (g *grid) filled(r *rand.Rand, j int) int {
	return pick(r, len(g.rows), func(i int) bool { v := g.num(i, j); return v == v && v != 0 })
}

func lettersInNumber(g *grid, r *rand.Rand) *change {
	j := draw(r, g.values())
	i := g.filled(r, j)
	bad := []string{"abc", "12..5", "1,5", "0x1F", "5 days", "--3", "1e", "∞"}[r.IntN(8)]
	return g.set(i, map[int]string{j: bad})
}

func brokenKey(g *grid, r *rand.Rand) *change {
	if g.typ == catalog.K2 {
		return nil // any text is a planet's name
	}
	j := g.col("kepoi_name", "toi", "TOI")
	i := r.IntN(len(g.rows))
	key := g.rows[i][j]
	dot := strings.IndexByte(key, '.')
	bad := []string{key[:dot], key[:dot] + "," + key[dot+1:], key + "1", "x" + key, ""}[r.IntN(5)]
	return g.set(i, map[int]string{j: bad})
}

func movedRow(g *grid, r *rand.Rand) *change {
	i := r.IntN(len(g.rows))
	row := g.rows[i]
	moved := append(slices.Clone(row[1:]), row[0])
	if r.IntN(2) == 0 {
		moved = append([]string{row[len(row)-1]}, row[:len(row)-1]...)
	}
	return &change{cells: map[int][]string{i: moved}, touched: []int{i}, says: fmt.Sprintf("row %d", i)}
}

// column changes every cell of a column that is a number.
func (g *grid) column(j int, f func(i int, v float64) string) *change {
	if j < 0 {
		return nil
	}
	c := &change{cells: make(map[int][]string, len(g.rows)), all: true, says: "column " + g.cols[j]}
	for i := range g.rows {
		if v := g.num(i, j); v == v {
			row := slices.Clone(g.rows[i])
			row[j] = f(i, v)
			c.cells[i] = row
		}
	}
	return c
}

func textColumn(g *grid, r *rand.Rand) *change {
	return g.column(draw(r, g.values()), func(i int, v float64) string { return "value " + text(v) })
}

func flippedSign(g *grid, r *rand.Rand) *change {
	j := draw(r, g.positive())
	i := g.filled(r, j)
	return g.set(i, map[int]string{j: "-" + g.rows[i][j]})
}

func hugeValue(g *grid, r *rand.Rand) *change {
	j := draw(r, g.values())
	i := pick(r, len(g.rows), func(i int) bool { return math.Abs(g.num(i, j)) >= 0.5 })
	return g.set(i, map[int]string{j: text(g.num(i, j) * 1e7)})
}

func (g *grid) epoch() int { return g.col("koi_time0bk", "pl_tranmid", "Transit Epoch (BJD)") }

func (g *grid) zero() float64 {
	if g.col("koi_time0bk") >= 0 {
		return 2454833
	}
	return -2457000
}

func otherZero(g *grid, r *rand.Rand) *change {
	j := g.epoch()
	if j < 0 {
		return nil
	}
	i := g.filled(r, j)
	return g.set(i, map[int]string{j: text(g.num(i, j) + g.zero())})
}

func unitOfEpoch(g *grid, r *rand.Rand) *change {
	return g.column(g.epoch(), func(i int, v float64) string { return text(v + g.zero()) })
}

func unitOfTime(g *grid, r *rand.Rand) *change {
	j := g.col([]string{"koi_period", "koi_duration"}[r.IntN(2)], []string{"pl_orbper", "pl_trandurh"}[r.IntN(2)], []string{"Period (days)", "Duration (hours)"}[r.IntN(2)], "pl_orbper")
	factor := []float64{24, 1.0 / 24, 60, 1.0 / 60}[r.IntN(4)]
	return g.column(j, func(i int, v float64) string { return text(v * factor) })
}

func unitOfDepth(g *grid, r *rand.Rand) *change {
	factor := []float64{1e-4, 1e-6, 1e-3}[r.IntN(3)]
	return g.column(g.col("koi_depth", "pl_trandep", "Depth (ppm)"), func(i int, v float64) string { return text(v * factor) })
}

func unitOfRadius(g *grid, r *rand.Rand) *change {
	factor := []float64{1 / 11.209, 11.209, 6371, 0.009167}[r.IntN(4)]
	return g.column(g.col("koi_prad", "pl_rade", "Planet Radius (R_Earth)"), func(i int, v float64) string { return text(v * factor) })
}

func unitOfHeat(g *grid, r *rand.Rand) *change {
	j := g.col("koi_teq", "pl_eqt", "Planet Eq Temp (K)")
	return g.column(j, func(i int, v float64) string { return text(v - 273.15) })
}

func (g *grid) place() (ra, dec int) { return g.col("ra", "RA (deg)"), g.col("dec", "Dec (deg)") }

// radians: TESS looks everywhere, so only the text beside can tell; the
// dashboard of ExoFOP has none, and there the declinations shrink.
func radians(g *grid, r *rand.Rand) *change {
	ra, dec := g.place()
	if g.typ == catalog.TOI && g.col("rastr") < 0 {
		return nil
	}
	return g.column([]int{ra, dec}[r.IntN(2)], func(i int, v float64) string { return text(v * math.Pi / 180) })
}

func offSky(g *grid, r *rand.Rand) *change {
	ra, dec := g.place()
	i := r.IntN(len(g.rows))
	if r.IntN(2) == 0 {
		return g.set(i, map[int]string{ra: text(g.num(i, ra) + 360)})
	}
	return g.set(i, map[int]string{dec: text(math.Copysign(90, g.num(i, dec)) + g.num(i, dec) + math.Copysign(0.001, g.num(i, dec)))})
}

func swappedPosition(g *grid, r *rand.Rand) *change {
	ra, dec := g.place()
	if g.typ == catalog.TOI && g.col("rastr") < 0 {
		return nil // both may be places of one TIC star
	}
	i := r.IntN(len(g.rows))
	return g.set(i, map[int]string{ra: g.rows[i][dec], dec: g.rows[i][ra]})
}

func swappedPositions(g *grid, r *rand.Rand) *change {
	ra, dec := g.place()
	c := g.column(ra, func(i int, v float64) string { return g.rows[i][dec] })
	for i, row := range c.cells {
		row[dec] = g.rows[i][ra]
	}
	return c
}

func otherPosition(g *grid, r *rand.Rand) *change {
	ra, dec := g.place()
	if g.col("rastr") < 0 {
		return nil
	}
	j := []int{ra, dec}[r.IntN(2)]
	i := pick(r, len(g.rows), func(i int) bool { return math.Abs(g.num(i, dec)) < 80 })
	return g.set(i, map[int]string{j: text(g.num(i, j) + []float64{0.001, 0.01, -0.1}[r.IntN(3)])})
}

func roughPosition(g *grid, r *rand.Rand) *change {
	ra, dec := g.place()
	j := []int{ra, dec}[r.IntN(2)]
	i := r.IntN(len(g.rows))
	whole, frac, _ := strings.Cut(g.rows[i][j], ".")
	return g.set(i, map[int]string{j: whole + "." + frac[:1]})
}

// otherStar gives a row the number of a star elsewhere: in the KIC, more than a
// million on; in the TIC, that of another star, to a row whose star has more.
func otherStar(g *grid, r *rand.Rand) *change {
	j := g.col("kepid", "tid", "TIC ID")
	if j < 0 {
		return nil
	}
	several := map[string]int{}
	for _, row := range g.rows {
		several[row[j]]++
	}
	i := pick(r, len(g.rows), func(i int) bool { return g.typ == catalog.KOI || several[g.rows[i][j]] > 1 })
	o := pick(r, len(g.rows), func(o int) bool { return math.Abs(g.num(o, j)-g.num(i, j)) > 1e6 })
	return g.set(i, map[int]string{j: g.rows[o][j]})
}

func otherKey(g *grid, r *rand.Rand) *change {
	j := g.col("kepoi_name", "toi", "TOI")
	if j < 0 {
		return nil
	}
	i := r.IntN(len(g.rows))
	o := pick(r, len(g.rows), func(o int) bool { return o != i })
	return g.set(i, map[int]string{j: g.rows[o][j]})
}

func doubledBlock(g *grid, r *rand.Rand) *change {
	n := 2 + r.IntN(200)
	from := r.IntN(len(g.rows) - n)
	c := &change{at: r.IntN(len(g.rows)), says: fmt.Sprintf("%d rows from %d", n, from)}
	for i := from; i < from+n; i++ {
		c.insert = append(c.insert, g.lines[i])
		c.touched = append(c.touched, i)
	}
	return c
}

func doubledRow(g *grid, r *rand.Rand) *change {
	i := r.IntN(len(g.rows))
	return &change{at: r.IntN(len(g.rows)), insert: []string{g.lines[i]}, touched: []int{i}, says: fmt.Sprintf("row %d", i)}
}

func defaultFlag(g *grid, r *rand.Rand) *change {
	j := g.col("default_flag")
	if j < 0 {
		return nil
	}
	i := r.IntN(len(g.rows))
	return g.set(i, map[int]string{j: map[string]string{"0": "1", "1": "0"}[g.rows[i][j]]})
}

func otherName(g *grid, r *rand.Rand) *change {
	j := g.col("kepler_name")
	if j < 0 {
		return nil
	}
	named := func(i int) bool { return g.rows[i][j] != "" }
	i := pick(r, len(g.rows), named)
	o := pick(r, len(g.rows), func(o int) bool { return o != i && named(o) })
	return g.set(i, map[int]string{j: g.rows[o][j]})
}

func (g *grid) verdict() int {
	return g.col("koi_disposition", "tfopwg_disp", "TFOPWG Disposition", "disposition")
}

func brokenWord(g *grid, r *rand.Rand) *change {
	j := g.verdict()
	i := pick(r, len(g.rows), func(i int) bool { return g.rows[i][j] != "" })
	w := g.rows[i][j]
	return g.set(i, map[int]string{j: []string{strings.ToLower(w), w + "X", "?" + w, w + " " + w}[r.IntN(4)]})
}

// errorColumns are the columns of errors that have values.
func (g *grid) errorColumns(ends ...string) []int {
	var at []int
	for j, n := range g.cols {
		for _, end := range ends {
			if strings.HasSuffix(n, end) && pick(rand.New(rand.NewPCG(1, 1)), len(g.rows), func(i int) bool { v := g.num(i, j); return v == v }) >= 0 {
				at = append(at, j)
			}
		}
	}
	return at
}

func errorSign(g *grid, r *rand.Rand) *change {
	at := g.errorColumns("err1", "err2")
	if len(at) == 0 {
		return nil
	}
	j := draw(r, at)
	i := g.filled(r, j)
	return g.set(i, map[int]string{j: text(-g.num(i, j))})
}

func errorAlone(g *grid, r *rand.Rand) *change {
	at := g.errorColumns("_err1", "err1")
	if len(at) == 0 {
		return nil
	}
	j := draw(r, at)
	of := g.col(strings.TrimSuffix(strings.TrimSuffix(g.cols[j], "err1"), "_"))
	if of < 0 || strings.HasPrefix(g.cols[of], "ra") {
		return nil
	}
	i := g.filled(r, j)
	return g.set(i, map[int]string{of: ""})
}

func limitFlag(g *grid, r *rand.Rand) *change {
	at := g.errorColumns("lim")
	if len(at) == 0 {
		return nil
	}
	j := draw(r, at)
	i := pick(r, len(g.rows), func(i int) bool { return g.rows[i][j] != "" })
	return g.set(i, map[int]string{j: []string{"2", "-3", "7"}[r.IntN(3)]})
}

func turnedVerdict(g *grid, r *rand.Rand) *change {
	j := g.col("koi_disposition", "disposition")
	if j < 0 {
		return nil
	}
	several := map[string]int{}
	if p := g.col("pl_name"); p >= 0 {
		for _, row := range g.rows {
			several[row[p]]++
		}
	}
	i := pick(r, len(g.rows), func(i int) bool {
		return g.typ == catalog.KOI && g.rows[i][j] == g.rows[i][g.col("koi_pdisposition")] || g.typ == catalog.K2 && several[g.rows[i][g.col("pl_name")]] > 1
	})
	if g.rows[i][j] == "FALSE POSITIVE" {
		return g.set(i, map[int]string{j: "CANDIDATE"})
	}
	return g.set(i, map[int]string{j: "FALSE POSITIVE"})
}

func futureDate(g *grid, r *rand.Rand) *change {
	j := g.col("rowupdate", "Date Modified (by ExoFOP-TESS)")
	if j < 0 {
		return nil
	}
	i := pick(r, len(g.rows), func(i int) bool { return g.rows[i][j] != "" })
	return g.set(i, map[int]string{j: "21" + g.rows[i][j][2:]})
}

func otherHeat(g *grid, r *rand.Rand) *change {
	j, s := g.col("koi_teq", "pl_eqt", "Planet Eq Temp (K)"), g.col("koi_insol", "pl_insol", "Planet Insolation (Earth flux)")
	i := pick(r, len(g.rows), func(i int) bool { return g.num(i, j) > 0 && g.num(i, s) > 0 })
	return g.set(i, map[int]string{j: text(2 * g.num(i, j))})
}

// transit draws a row with radius, depth and star, not grazing.
func (g *grid) transit(r *rand.Rand) int {
	p, d, s, b := g.col("koi_prad", "pl_rade", "Planet Radius (R_Earth)"), g.col("koi_depth", "pl_trandep", "Depth (ppm)"), g.col("koi_srad", "st_rad", "Stellar Radius (R_Sun)"), g.col("koi_impact")
	return pick(r, len(g.rows), func(i int) bool {
		return g.num(i, p) > 0 && (g.typ == catalog.K2 || g.num(i, d) > 0) && g.num(i, s) > 0 && (b < 0 || g.num(i, b) <= 0.8)
	})
}

func otherRadius(g *grid, r *rand.Rand) *change {
	j := g.col("koi_prad", "pl_rade", "Planet Radius (R_Earth)")
	i := g.transit(r)
	return g.set(i, map[int]string{j: text(g.num(i, j) / 11.209)})
}

func otherDepth(g *grid, r *rand.Rand) *change {
	j := g.col("koi_depth", "pl_trandep", "Depth (ppm)")
	if j < 0 {
		return nil
	}
	i := g.transit(r)
	return g.set(i, map[int]string{j: text(g.num(i, j) / 1e4)})
}

func longDuration(g *grid, r *rand.Rand) *change {
	j, p := g.col("koi_duration", "pl_trandurh", "Duration (hours)"), g.col("koi_period", "pl_orbper", "Period (days)")
	if j < 0 {
		return nil
	}
	i := g.filled(r, p)
	return g.set(i, map[int]string{j: text(24 * g.num(i, p) * (0.6 + r.Float64()))})
}

func shiftedColumn(g *grid, r *rand.Rand) *change {
	ra, dec := g.place()
	at := append(g.values(), ra, dec, g.col("kepid", "tid", "TIC ID"))
	at = slices.DeleteFunc(at, func(j int) bool { return j < 0 })
	j, down := draw(r, at), 1-2*r.IntN(2)
	c := &change{cells: make(map[int][]string, len(g.rows)), all: true, says: fmt.Sprintf("column %s by %d", g.cols[j], down)}
	for i := range g.rows {
		row := slices.Clone(g.rows[i])
		row[j] = g.rows[(i-down+len(g.rows))%len(g.rows)][j]
		c.cells[i] = row
	}
	return c
}

func swappedColumns(g *grid, r *rand.Rand) *change {
	at := g.values()
	a := draw(r, at)
	b := draw(r, at)
	for b == a {
		b = draw(r, at)
	}
	c := &change{cells: make(map[int][]string, len(g.rows)), all: true, says: "columns " + g.cols[a] + " and " + g.cols[b]}
	for i := range g.rows {
		row := slices.Clone(g.rows[i])
		row[a], row[b] = row[b], row[a]
		c.cells[i] = row
	}
	return c
}
