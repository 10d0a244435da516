package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
)

// Object is a planet or candidate as a table lists it: a row, or, in the K2
// table, the rows of one planet, one for each published solution.
type Object struct {
	Name string // tells it from others of the table: its row key, of K2 the planet's name
	Row  int    // the row that stands for it: of K2 the default one
	Rows []int  // all its rows, in their order

	defaults []int // rows that are marked as default
}

// Objects lists the objects of the table in the order of their first rows. The
// result does not depend on the order of the rows of an object.
func (t *Table) Objects() []Object {
	list := make([]Object, 0, t.Len())
	if t.Type != K2 {
		rows := make([]int, t.Len())
		for i := range rows {
			rows[i] = i
			list = append(list, Object{Name: t.keys[i], Row: i, Rows: rows[i : i+1 : i+1]})
		}
		return list
	}
	at := make(map[string]int, t.Len())
	for i := range t.Len() {
		name := t.Get(i, RolePlanet)
		k, seen := at[name]
		if !seen {
			k = len(list)
			at[name] = k
			list = append(list, Object{Name: name})
		}
		list[k].Rows = append(list[k].Rows, i)
	}
	for k := range list {
		list[k].choose(t)
	}
	return list
}

// choose finds the row that stands for an object: the default one, else the one
// that changed last; among equals the text decides, not the place.
func (o *Object) choose(t *Table) {
	for _, i := range o.Rows {
		if t.Get(i, RoleDefault) == "1" {
			o.defaults = append(o.defaults, i)
		}
	}
	among := o.defaults
	if len(among) == 0 {
		among = o.Rows
	}
	o.Row = among[0]
	if len(among) > 1 {
		o.Row = slices.MaxFunc(among, func(a, b int) int {
			return cmp.Or(strings.Compare(t.Get(a, RoleUpdated), t.Get(b, RoleUpdated)), strings.Compare(t.Raw(b), t.Raw(a)))
		})
	}
}

// ObjectOf names the planet or candidate of row i as astronomers do: K00752.01,
// TOI 700.01, K2-18 b.
func (t *Table) ObjectOf(i int) string { return word(t.object(i)) }

// StarOf names the star of row i: by its number in an input catalog, else by its
// host name.
func (t *Table) StarOf(i int) string {
	if ids := t.ids(i); len(ids) > 0 {
		return ids[0].String()
	}
	return word(t.Get(i, RoleHost))
}

// IDsOf returns the catalog numbers of the star of row i, that of the table's own
// mission first.
func (t *Table) IDsOf(i int) []exo.TargetID { return t.ids(i) }

// Listed tells that an object is in the table and was not before.
func (t *Table) Listed(o Object) Event {
	e := t.eventOf(EventNew, o)
	e.To = value(t.Get(o.Row, RoleDisposition))
	e.Text = e.Object + " is new" + t.Profile(o)
	return e
}

// unlisted tells that an object of the table is not in the next one.
func (t *Table) unlisted(o Object) Event {
	e := t.eventOf(EventRetired, o)
	e.From = value(t.Get(o.Row, RoleDisposition))
	e.Text = e.Object + " is not listed any more"
	if e.From != "" {
		e.Text += "; it was " + e.From
	}
	return e
}

func (t *Table) eventOf(kind EventKind, o Object) Event {
	return Event{Kind: kind, Key: t.keys[o.Row], Object: t.ObjectOf(o.Row), Star: t.StarOf(o.Row)}
}

// Profile says what is known of an object: ": PC, period 3.5 d, 2.1 Earth radii",
// or nothing.
func (t *Table) Profile(o Object) string {
	var parts []string
	if s := value(t.Get(o.Row, RoleDisposition)); s != "" {
		parts = append(parts, s)
	}
	if p := t.period(o.Row); p.ok {
		parts = append(parts, "period "+strconv.FormatFloat(p.v, 'g', 6, 64)+" d")
	}
	if r := t.measure(o.Row, RoleRadius, RoleRadiusErr, RoleRadiusErr2, RoleRadiusLimit); r.ok {
		parts = append(parts, strconv.FormatFloat(r.v, 'g', 3, 64)+" Earth radii")
	}
	if n := len(o.Rows); n > 1 {
		parts = append(parts, fmt.Sprintf("%d solutions", n))
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

// RowsNamed returns the rows that the table knows under the name: of an object,
// or all of a star. Unlike Find it does not need the star to have a number.
func (t *Table) RowsNamed(name exo.Name) []int {
	rows := t.names.rows(t, fold(name.Canonical))
	if name.Form != exo.FormID {
		return rows
	}
	var own []int
	for _, i := range rows {
		if slices.Contains(t.ids(i), name.ID) {
			own = append(own, i)
		}
	}
	return own
}

// Pick makes a table of some rows of this one, in the given order.
func (t *Table) Pick(rows []int) (*Table, error) {
	var b strings.Builder
	for _, c := range t.rows.Comments {
		b.WriteString("#" + c + "\n")
	}
	b.WriteString(t.rows.RawHeader() + "\n")
	for _, i := range rows {
		b.WriteString(t.Raw(i) + "\n")
	}
	return Parse(t.Type, []byte(b.String()))
}

// Size returns the number of bytes of the table's text.
func (t *Table) Size() int { return t.rows.Size() }
