package validate

import (
	"slices"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// minRows is how many rows it takes before the median of a column or a share of
// broken relations is no chance. Smaller tables, a selection or a synthetic sky
// for one, need not be like the archives'.
const minRows = 1000

// Table judges a table by all rules of its type. The findings of a rule beyond
// 10,000, and of all beyond 50,000, are counted and not kept; a finding tells
// how many.
func Table(t *catalog.Table, o Options) *Report {
	d := declarationOf(t.Type)
	if d == nil {
		return &Report{DataType: string(t.Type), Valid: true, Rows: t.Len(), Columns: len(t.Columns), Levels: map[Level]Count{}, Findings: []Finding{}}
	}
	r := newRun(t, o, d)
	r.schema()
	r.ranges()
	r.companions()
	r.coordinates()
	r.duplicates()
	r.texts()
	r.relations()
	r.likeness()
	r.ranks()
	rep := r.report()
	rep.Metrics = r.metrics()
	return rep
}

// Unreadable is the report of bytes that catalog.Parse refuses: one finding of
// the level schema.
func Unreadable(t catalog.Type, err error) *Report {
	id := string(t) + ".readable"
	return &Report{DataType: string(t), Findings: []Finding{{
		Rule: id, Level: Schema, Severity: Error, Message: exo.MessageOf(err),
	}}, Levels: map[Level]Count{Schema: {Checked: 1, Errors: 1, Rules: map[string]int{id: 1}}}}
}

// column is a column of numbers: NaN where the row has none.
type column struct {
	j    int // place in the table, -1 for a derived one
	x    []float64
	name string
	from []*column // what a derived one is made of
}

// run is one validation.
type run struct {
	*collector
	o      Options
	d      *declared
	n      int
	parsed map[int][]float64  // numbers by place of the column
	cols   map[string]*column // by quantity and derived number
	paired []companions
	dead   []bool    // rows that the catalog holds for no planets
	again  []bool    // rows that stand in the table before
	ra     []float64 // degrees, NaN unknown
	dec    []float64
	star   []uint64 // number of the star, 0 unknown

	inside  map[int]*share    // values within their limits, by column
	related map[string]*share // relations that hold, by column's name
	holds   share             // relations that hold
}

func newRun(t *catalog.Table, o Options, d *declared) *run {
	r := &run{collector: newCollector(t, tableRules(d)), o: o, d: d, n: t.Len(), cols: make(map[string]*column, len(d.quantities)+len(d.derived)),
		inside: map[int]*share{}, related: map[string]*share{}}
	r.read()
	for _, q := range d.quantities {
		if c := r.load(q.names); c != nil {
			r.cols[q.id] = c
			if q.zeroIsNone {
				c.dropZeros()
			}
		}
	}
	r.findDead()
	r.encode()
	r.derive()
	return r
}

// read parses every column of numbers that the rules look at, once.
func (r *run) read() {
	r.parsed = map[int][]float64{}
	var places []int
	add := func(names []string) {
		if j := r.named(names); j >= 0 && r.parsed[j] == nil {
			r.parsed[j] = []float64{}
			places = append(places, j)
		}
	}
	for _, q := range r.d.quantities {
		add(q.names)
		if j := r.named(q.names); j >= 0 {
			for _, names := range companionNames(r.t.Columns[j].Name) {
				add(names)
			}
		}
	}
	for _, role := range []catalog.Role{catalog.RoleRA, catalog.RoleDec} {
		if j := r.t.Column(role); j >= 0 {
			add([]string{r.t.Columns[j].Name})
		}
	}
	for k, x := range r.t.Numbers(places) {
		r.parsed[places[k]] = x
	}
}

// load gives the first column of the names that the table has.
func (r *run) load(names []string) *column {
	j := r.named(names)
	if j < 0 {
		return nil
	}
	return &column{j: j, name: r.t.Columns[j].Name, x: r.parsed[j]}
}

func (c *column) dropZeros() {
	for i, v := range c.x {
		if v == 0 {
			c.x[i] = nan
		}
	}
}

// findDead reads which rows are no planets by the catalog's own word.
func (r *run) findDead() {
	r.dead = make([]bool, r.n)
	if r.t.Column(catalog.RoleDisposition) < 0 {
		return
	}
	for i := range r.dead {
		r.dead[i] = slices.Contains(r.d.twins.dead, r.t.Get(i, catalog.RoleDisposition))
	}
}

// encode reads the words and dates that relations need as numbers.
func (r *run) encode() {
	for _, c := range r.d.codes {
		if j := r.named(c.names); j >= 0 && r.t.Filled(j) > 0 {
			x := make([]float64, r.n)
			for i := range x {
				x[i] = c.number(strings.TrimSpace(r.t.Cell(i, j)))
			}
			r.cols[c.id] = &column{j: j, name: r.t.Columns[j].Name, x: x}
		}
	}
	if r.d.typ != catalog.K2 && r.d.typ != catalog.Gaia {
		r.cols["number"] = r.numbersOfKeys()
	}
	for _, d := range r.d.dates {
		if j := r.named(d.names); j >= 0 && d.as != "" {
			x := make([]float64, r.n)
			for i := range x {
				x[i] = dayOf(strings.TrimSpace(r.t.Cell(i, j)))
			}
			r.cols[d.as] = &column{j: j, name: r.t.Columns[j].Name, x: x}
		}
	}
}

// number is what a word means.
func (c *code) number(word string) float64 {
	if c.value == nil {
		return float64(min(len(word), 1))
	}
	if v, ok := c.value[word]; ok {
		return v
	}
	return nan
}

// numbersOfKeys reads 752 of K00752.01 and 256 of 256.01.
func (r *run) numbersOfKeys() *column {
	j := r.t.Column(catalog.RoleKey)
	c := &column{j: j, name: r.t.Columns[j].Name, x: make([]float64, r.n)}
	for i := range c.x {
		number, _, _ := strings.Cut(strings.TrimPrefix(r.t.Key(i), "K"), ".")
		c.x[i] = catalog.ParseNumber(number)
	}
	return c
}

// named is the place of the first of the names that the table has, -1 for none.
func (r *run) named(names []string) int {
	for _, name := range names {
		if j := r.t.ColumnNamed(name); j >= 0 {
			return j
		}
	}
	return -1
}

// derive makes the derived numbers whose parts are there.
func (r *run) derive() {
	alive := &column{j: -1, x: make([]float64, r.n)}
	for i := range alive.x {
		if !r.dead[i] {
			alive.x[i] = 1
		}
	}
	r.cols["alive"] = alive
	for _, d := range r.d.derived {
		parts, ok := r.parts(d.of)
		if !ok {
			continue
		}
		c := &column{j: -1, x: make([]float64, r.n), from: given(parts)}
		x := make([]float64, len(parts))
		for i := range c.x {
			for k, p := range parts {
				x[k] = p.x[i]
			}
			c.x[i] = d.value(x)
		}
		r.cols[d.id] = c
	}
}

// given are the columns of the table that numbers are made of, each once.
func given(parts []*column) []*column {
	var list []*column
	for _, p := range parts {
		from := p.from
		if p.j >= 0 {
			from = []*column{p}
		}
		for _, c := range from {
			if !slices.ContainsFunc(list, func(o *column) bool { return o.j == c.j }) {
				list = append(list, c)
			}
		}
	}
	return list
}

// parts returns the columns of a relation; ok is false if the table lacks one.
func (r *run) parts(of []string) (parts []*column, ok bool) {
	for _, id := range of {
		c := r.cols[id]
		if c == nil {
			return nil, false
		}
		parts = append(parts, c)
	}
	return parts, true
}
