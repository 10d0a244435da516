package candidate

import (
	"math"
	"slices"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// Normalize makes the v1 form of a KOI, TOI, K2 or Gaia table. It loses no row
// and no column: what has no word in the vocabulary is kept under its own name.
func Normalize(t *catalog.Table) (*Normal, error) {
	const op = "candidate.Normalize"
	if t == nil {
		return nil, exo.Errorf(op, exo.Invalid, nil, "there is no table to normalise")
	}
	src, ok := sources[t.Type]
	if !ok {
		return nil, exo.Errorf(op, exo.Invalid, t.Type, "the table %s has no normalised form", t.Type).
			Try("use koi, toi, k2 or gaia")
	}
	b := builder{table: t, src: src, at: places(t.Names()), units: map[string]string{}, used: make([]bool, len(t.Columns))}
	for _, c := range t.Columns {
		b.units[fold(c.Name)] = strings.ToLower(c.Unit)
	}
	b.plan()
	return b.build(), nil
}

// builder makes one Normal.
type builder struct {
	table *catalog.Table
	src   source
	at    map[string]int    // columns of the source by folded name
	units map[string]string // what the source says of them
	used  []bool            // columns of the source that were made to a word

	columns []Column
	fills   []fill
}

// fill makes one word's columns of the result: the value at column at, behind
// it the errors and the limit where the source has them.
type fill struct {
	at, up, down, limit int // columns of the result, -1 none
	ways                []way
	zeroUnknown         bool
	picks               bool // takes only the cells that are meant for it: other text is no mistake
}

// way is one column of the source that the value may come from, with its
// companions; -1 none.
type way struct {
	value, up, down, limit int
	convert                func(string) string
	scale                  func(string) string              // of an error, without sign
	bend                   func(value, error string) string // of an error whose size depends on the value
}

// plan chooses the result's columns.
func (b *builder) plan() {
	for _, w := range vocabulary {
		switch w.name {
		case "row_key", "source":
			b.columns = append(b.columns, Column{Name: w.name, Type: w.typ, Description: w.text})
			continue
		}
		for _, r := range b.src.rules {
			if r.word == w.name {
				b.add(w, r)
			}
		}
	}
	taken := map[string]bool{}
	for _, c := range b.columns {
		taken[c.Name] = true
	}
	for _, w := range vocabulary {
		taken[w.name] = true
	}
	for j, c := range b.table.Columns {
		if b.used[j] {
			continue
		}
		name := free(snake(c.Name), string(b.table.Type), taken)
		b.fills = append(b.fills, fill{at: len(b.columns), up: -1, down: -1, limit: -1,
			ways: []way{{value: j, up: -1, down: -1, limit: -1, convert: itself}}})
		b.columns = append(b.columns, Column{Name: name, Type: c.Type, Unit: voUnit(c.Unit),
			Description: "as in the source", From: []string{c.Name}})
	}
}

// add plans one word, if the table has a column for it.
func (b *builder) add(w word, r rule) {
	f := fill{at: len(b.columns), up: -1, down: -1, limit: -1, zeroUnknown: r.as == positive, picks: r.as >= planet && r.as < koiObject}
	value := Column{Name: w.name, Type: w.typ, Unit: w.unit, Description: w.text}
	up, down, limit := value, value, value
	for _, name := range r.from {
		j, ok := b.at[fold(name)]
		if !ok || slices.ContainsFunc(f.ways, func(x way) bool { return x.value == j }) {
			continue
		}
		x := b.way(name, j, r.as)
		if w.measured {
			x.up, x.down, x.limit = b.companions(name)
		}
		if len(f.ways) == 0 { // the others stay beside under their own names
			b.used[j] = true
			for _, k := range []int{x.up, x.down, x.limit} {
				if k >= 0 {
					b.used[k] = true
				}
			}
		}
		f.ways = append(f.ways, x)
		value.From = append(value.From, b.name(j))
		up.From, down.From, limit.From = b.from(up.From, x.up), b.from(down.From, x.down), b.from(limit.From, x.limit)
	}
	if len(f.ways) == 0 {
		return
	}
	b.columns = append(b.columns, value)
	if len(up.From) > 0 {
		f.up = b.companion(up, "_err_up", "upper error, one sigma, positive: ")
	}
	if len(down.From) > 0 {
		f.down = b.companion(down, "_err_down", "lower error, one sigma, positive: ")
	}
	if len(limit.From) > 0 {
		limit.Type, limit.Unit = "int", ""
		f.limit = b.companion(limit, "_limit", "0 measured, 1 the value is an upper limit, -1 a lower limit: ")
	}
	b.fills = append(b.fills, f)
}

// companion adds a column and returns its place.
func (b *builder) companion(c Column, suffix, text string) int {
	c.Name, c.Description = c.Name+suffix, text+c.Description
	b.columns = append(b.columns, c)
	return len(b.columns) - 1
}

func (b *builder) name(j int) string { return b.table.Columns[j].Name }

func (b *builder) from(list []string, j int) []string {
	if j < 0 {
		return list
	}
	return append(list, b.name(j))
}

// companions finds the columns of errors and limit of a measured one. Units
// stand anywhere or nowhere: "Period (days)" has "Period (days) err" or "Period
// error", "PM RA (mas/yr)" has "PM RA err (mas/yr)".
func (b *builder) companions(name string) (up, down, limit int) {
	find := func(suffixes []string) int {
		short, unit, _ := strings.Cut(name, " (")
		for _, s := range suffixes {
			for _, try := range []string{name + s, short + s, short + s + unit} {
				if j, ok := b.at[fold(try)]; ok {
					return j
				}
			}
		}
		return -1
	}
	up, down, limit = find(b.src.up), find(b.src.down), find(b.src.limit)
	if both := find(b.src.both); both >= 0 && up < 0 && down < 0 {
		up, down = both, both
	}
	return up, down, limit
}

// build fills the table.
func (b *builder) build() *Normal {
	n, width := b.table.Len(), len(b.columns)
	flat := make([]string, n*width)
	rows := make([][]string, n)
	unread := make([]int, width)
	for i := range rows {
		row := flat[i*width : (i+1)*width : (i+1)*width]
		row[0], row[1] = b.table.Key(i), string(b.table.Type)
		for k := range b.fills {
			b.fills[k].cell(b.table, i, row, unread)
		}
		rows[i] = row
	}
	normal := &Normal{Type: b.table.Type, Columns: b.columns, Rows: rows, Unread: map[string]int{}}
	for j, cells := range unread {
		if cells > 0 {
			normal.Unread[b.columns[j].Name] = cells
		}
	}
	return normal
}

// cell fills one word's cells of a row, from the first way that has a value.
func (f *fill) cell(t *catalog.Table, i int, row []string, unread []int) {
	use, failed := -1, false
	for k := range f.ways {
		s := strings.TrimSpace(t.Cell(i, f.ways[k].value))
		if s == "" {
			continue
		}
		if f.zeroUnknown && isZero(s) {
			return
		}
		if v := f.ways[k].convert(s); v != "" {
			row[f.at], use = v, k
			break
		}
		failed = !f.picks
	}
	if use < 0 {
		if failed {
			unread[f.at]++
		}
		use = 0 // errors without a value stay
	}
	w := &f.ways[use]
	for _, c := range [...]struct{ to, from int }{{f.up, w.up}, {f.down, w.down}} {
		if c.to < 0 || c.from < 0 {
			continue
		}
		s := strings.TrimSpace(t.Cell(i, c.from))
		if s == "" {
			continue
		}
		if w.bend != nil {
			row[c.to] = w.bend(t.Cell(i, w.value), s)
		} else {
			row[c.to] = w.scale(s)
		}
		if row[c.to] == "" {
			unread[c.to]++
		}
	}
	if f.limit >= 0 && w.limit >= 0 {
		if s := strings.TrimSpace(t.Cell(i, w.limit)); s != "" {
			if row[f.limit] = numeric(s); row[f.limit] == "" {
				unread[f.limit]++
			}
		}
	}
}

// way says how a column of the source becomes the word.
func (b *builder) way(name string, j int, as form) way {
	w := way{value: j, up: -1, down: -1, limit: -1, convert: conversions[as], scale: size}
	unit := b.units[fold(name)]
	switch {
	case as == bkjd && strings.HasSuffix(fold(name), "time0bk"):
		w.convert = func(s string) string { return plus(s, 2454833) } // Kepler Archive Manual (KDMC-10008), section 2.3.2: BKJD = BJD - 2454833.0
	case as == bkjd:
		w.convert = numeric
	case as == ppm && strings.Contains(fold(name), "mmag"):
		w.convert, w.bend = fromMmag, errorFromMmag
	case as == ppm && b.table.Type == catalog.K2 && !strings.Contains(unit, "ppm"):
		w.convert = func(s string) string { return shift(s, 4) }
		w.scale = func(s string) string { return shift(unsigned(s), 4) }
	case as == ppm:
		w.convert = numeric
	case as == hours && strings.HasPrefix(unit, "day"):
		w.convert = inHours
		w.scale = func(s string) string { return inHours(unsigned(s)) }
	case as == hours:
		w.convert = numeric
	}
	return w
}

// conversions of the forms that do not depend on the column.
var conversions = map[form]func(string) string{
	text: itself, number: numeric, positive: numeric, date: isoDate, cited: reference, judged: verdict, bits: quarters,
	rightAscension: func(s string) string { return degrees(s, true) },
	declination:    func(s string) string { return degrees(s, false) },
	planet:         when(isPlanetName),
	epicCandidate:  when(isEPICCandidate),
	kicStar:        func(s string) string { return starName("KIC", s) },
	ticStar:        func(s string) string { return starName("TIC", s) },
	epicStar:       epicOf,
	gaiaStar:       gaiaName,
	koiObject:      koiName,
	toiObject:      toiName,
}

func itself(s string) string { return s }

func when(is func(string) bool) func(string) string {
	return func(s string) string {
		if is(s) {
			return s
		}
		return ""
	}
}

// numeric keeps the text of a number; "" for anything else.
func numeric(s string) string {
	if isNumber(s) {
		return s
	}
	return ""
}

// size is numeric without the sign.
func size(s string) string { return numeric(unsigned(s)) }

func inHours(s string) string { return float(s, func(v float64) float64 { return v * 24 }) }

// fromMmag converts a depth in thousandths of a magnitude: the flux falls to
// 10^(-0.4 m), Pogson's definition.
func fromMmag(s string) string {
	return float(s, func(v float64) float64 { return 1e6 * (1 - math.Pow(10, -v/2500)) })
}

// errorFromMmag is the first-order error of such a depth.
func errorFromMmag(value, err string) string {
	at := float(strings.TrimSpace(value), func(v float64) float64 { return 1e6 * math.Ln10 / 2500 * math.Pow(10, -v/2500) })
	if at == "" {
		return ""
	}
	return float(unsigned(err), func(e float64) float64 {
		return e * mustFloat(at)
	})
}
