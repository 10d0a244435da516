package validate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/validate"
)

// grid is a table as cells, and its rows as lines, so that a mutation renders
// only what it touches.
type grid struct {
	typ   catalog.Type
	cols  []string
	rows  [][]string
	lines []string
	base  map[string]int // findings of the table as it is
	valid bool
}

func newGrid(t testing.TB, typ catalog.Type, file string) *grid {
	tab := parse(t, typ, wire(t, file))
	g := &grid{typ: typ, cols: tab.Names()}
	for i := range tab.Len() {
		g.rows = append(g.rows, tab.Row(i, nil))
		g.lines = append(g.lines, line(g.rows[i]))
	}
	rep := g.report(t, nil)
	g.base, g.valid = counted(rep), rep.Valid
	return g
}

func line(cells []string) string {
	var b strings.Builder
	for k, c := range cells {
		if k > 0 {
			b.WriteByte(',')
		}
		if strings.ContainsAny(c, ",\"\n\r") || c == "" && len(cells) == 1 {
			c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
		b.WriteString(c)
	}
	return b.String() + "\n"
}

// change is what a mutation did to a table.
type change struct {
	cells   map[int][]string // rows that have other cells
	insert  []string         // lines after row at
	at      int
	touched []int // rows whose findings are expected
	all     bool  // every row is touched
	says    string
}

func (g *grid) report(t testing.TB, c *change) *validate.Report {
	var b strings.Builder
	b.Grow(4 << 20)
	b.WriteString(line(g.cols))
	for i := range g.lines {
		if c != nil && c.cells[i] != nil {
			b.WriteString(line(c.cells[i]))
		} else {
			b.WriteString(g.lines[i])
		}
		if c != nil && c.insert != nil && i == c.at {
			for _, l := range c.insert {
				b.WriteString(l)
			}
		}
	}
	tab, err := catalog.Parse(g.typ, []byte(b.String()))
	if err != nil {
		return validate.Unreadable(g.typ, err)
	}
	return validate.Table(tab, validate.Options{Now: today})
}

// counted counts findings by what they are of, without the numbers in their
// messages.
func counted(r *validate.Report) map[string]int {
	m := map[string]int{}
	for _, f := range r.Findings {
		m[f.Rule+"\x00"+f.Row+"\x00"+f.Column]++
	}
	return m
}

// added are the findings that were not there before.
func (g *grid) added(r *validate.Report) []validate.Finding {
	left := map[string]int{}
	for k, n := range g.base {
		left[k] = n
	}
	var list []validate.Finding
	for _, f := range r.Findings {
		k := f.Rule + "\x00" + f.Row + "\x00" + f.Column
		if left[k]--; left[k] < 0 {
			list = append(list, f)
		}
	}
	return list
}

func (g *grid) col(names ...string) int {
	for _, n := range names {
		if j := slices.Index(g.cols, n); j >= 0 {
			return j
		}
	}
	return -1
}

func (g *grid) num(i, j int) float64 {
	if j < 0 {
		return catalog.ParseNumber("")
	}
	return catalog.ParseNumber(g.rows[i][j])
}

// set is the change of cells of one row.
func (g *grid) set(i int, cells map[int]string) *change {
	row := slices.Clone(g.rows[i])
	var says []string
	for _, j := range slices.Sorted(mapKeys(cells)) {
		says = append(says, fmt.Sprintf("%s %q to %q", g.cols[j], row[j], cells[j]))
		row[j] = cells[j]
	}
	return &change{cells: map[int][]string{i: row}, touched: []int{i}, says: fmt.Sprintf("row %d: %s", i, strings.Join(says, ", "))}
}

func mapKeys(m map[int]string) func(func(int) bool) {
	return func(yield func(int) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func text(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// pick draws rows until one is eligible.
func pick(r *rand.Rand, n int, ok func(i int) bool) int {
	for range 100_000 {
		if i := r.IntN(n); ok(i) {
			return i
		}
	}
	return -1
}

// fault is a kind of mutation: how it is made, and which levels must see it.
type fault struct {
	name   string
	levels []validate.Level
	make   func(g *grid, r *rand.Rand) *change // nil: not for this table
}

const seeds = 2

func TestSeededFaultsAreCaught(t *testing.T) {
	var made atomic.Int64
	t.Run("tables", func(t *testing.T) {
		for k, tt := range realTables {
			if tt.name == "KOI 2019" || tt.name == "TOI 2023" || tt.name == "ExoFOP 2024" || underRace && tt.name != "K2 2025" {
				continue
			}
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				g := newGrid(t, tt.typ, tt.file)
				if !g.valid {
					t.Fatal("the table has errors before anything is changed")
				}
				for f, fl := range faults {
					for s := range seeds {
						if underRace && s > 0 {
							continue
						}
						if g.try(t, fl, rand.New(rand.NewPCG(uint64(1000*k+f), uint64(s)))) {
							made.Add(1)
						}
					}
				}
			})
		}
	})
	n := made.Load()
	t.Logf("%d mutations", n)
	if !underRace && n < 200 {
		t.Errorf("only %d mutations were made", n)
	}
}

// try makes one mutation and judges what is found.
func (g *grid) try(t *testing.T, f fault, r *rand.Rand) bool {
	c := f.make(g, r)
	if c == nil {
		return false
	}
	rep := g.report(t, c)
	added := g.added(rep)
	seen := slices.ContainsFunc(added, func(x validate.Finding) bool {
		return slices.Contains(f.levels, x.Level) && x.Severity != validate.Info
	})
	if !seen {
		t.Errorf("%s: %s: not seen at %v; found %v", f.name, c.says, f.levels, added)
	}
	if c.all {
		return true
	}
	keys := map[string]bool{"": true}
	for _, i := range c.touched {
		for _, k := range g.keysOf(i, c) {
			keys[k] = true
		}
	}
	for _, x := range added {
		if !keys[x.Row] && !names(x.Message, keys) {
			t.Errorf("%s: %s: a finding on an untouched row: %+v", f.name, c.says, x)
		}
	}
	return true
}

// names tells whether the message of a finding about two rows names a touched
// one.
func names(message string, keys map[string]bool) bool {
	for k := range keys {
		if k != "" && strings.Contains(message, k) {
			return true
		}
	}
	return false
}

// keysOf are the keys that a touched row had and has.
func (g *grid) keysOf(i int, c *change) []string {
	rows := [][]string{g.rows[i]}
	if c.cells[i] != nil {
		rows = append(rows, c.cells[i])
	}
	var keys []string
	for _, row := range rows {
		tab, err := catalog.Parse(g.typ, []byte(line(g.cols)+line(row)))
		if err != nil {
			continue
		}
		for _, suffix := range []string{"", " #2", " #3", " #4"} {
			keys = append(keys, catalog.Clip(tab.Key(0)+suffix))
		}
	}
	return keys
}
