package sample

import (
	"container/list"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// viewCache keeps tables as faults change them, and whole answers as bytes, by
// a key that says how they came about. The oldest go first.
type viewCache struct {
	mu    sync.Mutex // guards the fields below
	items map[string]*list.Element
	lru   *list.List // of *view, newest first
}

// view is one cached table or answer, made once however many ask.
type view struct {
	key  string
	once sync.Once
	t    *table
	body []byte
	err  error
}

// maxViews bounds the cache: tables and answers are some MB each.
const maxViews = 16

func (c *viewCache) get(key string, fill func(*view)) *view {
	c.mu.Lock()
	if c.items == nil {
		c.items, c.lru = map[string]*list.Element{}, list.New()
	}
	el, ok := c.items[key]
	if ok {
		c.lru.MoveToFront(el)
	} else {
		el = c.lru.PushFront(&view{key: key})
		c.items[key] = el
		if c.lru.Len() > maxViews {
			delete(c.items, c.lru.Remove(c.lru.Back()).(*view).key)
		}
	}
	v := el.Value.(*view)
	c.mu.Unlock()
	v.once.Do(func() { fill(v) })
	return v
}

// maxSame is how many faults of one kind change a table: several columns may
// be missing.
const maxSame = 100

// tableFaults are the kinds that change tables, in the order they are applied.
var tableFaults = []string{"empty", "shrink", "drop", "flip", "change", "update", "replace", "null", "missing", "rename", "reorder", "add"}

// view returns a table as the faults of this request have it; nil if there is
// none of the name. The key tells views apart.
func (r *request) view(name string) (t *table, key string, err error) {
	pick := ""
	for k, names := range dataKeys {
		if slices.Contains(names, name) {
			if f, ok := r.s.faults.take("data."+k, r.text); ok {
				pick = f.Value
			}
		}
	}
	base, err := r.s.src.table(name, pick)
	if err != nil || base == nil {
		return nil, "", err
	}
	key = name + "?" + pick
	type change struct{ kind, value string }
	var changes []change
	for _, kind := range tableFaults {
		for _, f := range r.s.faults.takeUpTo(maxSame, r.scope+"."+kind, r.text) {
			changes = append(changes, change{kind, f.Value})
			key += "&" + kind + "=" + f.Value
		}
	}
	if len(changes) == 0 {
		return base, key, nil
	}
	v := r.s.views.get("table:"+key, func(v *view) {
		v.t = base
		for _, c := range changes {
			v.t = v.t.changed(c.kind, c.value)
		}
	})
	return v.t, key, v.err
}

// changed returns the table as a fault has it.
func (t *table) changed(kind, value string) *table {
	n := len(t.rows)
	switch kind {
	case "empty":
		return newTable(t.name, t.cols, nil)
	case "shrink":
		percent, _ := strconv.ParseFloat(value, 64) // checked when the fault was set
		return newTable(t.name, t.cols, t.rows[:int(float64(n)*percent/100)])
	case "drop":
		return newTable(t.name, t.cols, t.rows[:n-rowsOf(value, n)])
	case "flip":
		return t.flipped()
	case "change":
		return t.oneChange()
	case "update":
		return t.updated(rowsOf(value, n))
	case "replace":
		return t.replaced(rowsOf(value, n))
	case "null":
		if i := t.col(value); i >= 0 {
			return t.mapColumn(i, func(string) string { return "" })
		}
		return t
	}
	return t.reshaped(kind, value)
}

// reshaped changes the columns.
func (t *table) reshaped(kind, value string) *table {
	order := make([]int, len(t.cols))
	for i := range order {
		order[i] = i
	}
	cols := slices.Clone(t.cols)
	switch kind {
	case "missing":
		i := t.col(value)
		if i < 0 {
			return t
		}
		order = slices.Delete(order, i, i+1)
	case "rename":
		from, to, _ := strings.Cut(value, ":")
		if i := t.col(from); i >= 0 {
			cols[i].name = to
		}
	case "reorder":
		slices.Reverse(order)
	case "add":
		cols = append(cols, column{name: value, kind: "char", desc: "a column that was not there before"})
		order = append(order, len(cols)-1)
	}
	out := make([]column, len(order))
	for j, i := range order {
		out[j] = cols[i]
	}
	rows := make([][]string, len(t.rows))
	for k, r := range t.rows {
		rows[k] = make([]string, len(order))
		for j, i := range order {
			if i < len(r) {
				rows[k][j] = r[i]
			} else {
				rows[k][j] = "new"
			}
		}
	}
	return newTable(t.name, out, rows)
}

func (t *table) mapColumn(col int, f func(string) string) *table {
	rows := make([][]string, len(t.rows))
	for k, r := range t.rows {
		rows[k] = slices.Clone(r)
		rows[k][col] = f(r[col])
	}
	return newTable(t.name, t.cols, rows)
}

var opposite = map[string]string{
	"CONFIRMED": "FALSE POSITIVE", "CANDIDATE": "FALSE POSITIVE", "FALSE POSITIVE": "CONFIRMED", "REFUTED": "CONFIRMED",
	"PC": "FP", "CP": "FP", "KP": "FP", "APC": "FP", "FP": "CP", "FA": "CP",
}

// flipped turns every disposition round.
func (t *table) flipped() *table {
	out := t
	for i, c := range t.cols {
		switch strings.ToLower(c.name) {
		case "koi_disposition", "koi_pdisposition", "tfopwg_disp", "disposition", "tfopwg disposition":
			out = out.mapColumn(i, func(s string) string {
				if o, ok := opposite[s]; ok {
					return o
				}
				return s
			})
		}
	}
	return out
}

// rowsOf reads a number of rows, at most n.
func rowsOf(value string, n int) int {
	k, _ := strconv.ParseInt(value, 10, 64) // checked when the fault was set
	return int(min(k, int64(n)))
}

// firstCol returns the first of the columns that the table has, -1 for none.
func (t *table) firstCol(names ...string) int {
	for _, name := range names {
		if i := t.col(name); i >= 0 {
			return i
		}
	}
	return -1
}

// updated makes the periods of the last k rows a thousandth longer, and dates
// these rows where rows are dated.
func (t *table) updated(k int) *table {
	rows := slices.Clone(t.rows)
	period, date := t.firstCol("koi_period", "pl_orbper", "Period (days)", "parallax"), t.firstCol("rowupdate", "Date Modified")
	newest := ""
	for _, r := range rows {
		if date >= 0 {
			newest = max(newest, r[date])
		}
	}
	for i := len(rows) - k; i < len(rows); i++ {
		rows[i] = slices.Clone(rows[i])
		if period >= 0 && number(rows[i][period]) > 0 {
			rows[i][period] = strconv.FormatFloat(number(rows[i][period])*1.001, 'f', 6, 64)
		}
		if day, err := time.Parse(time.DateOnly, newest[:min(len(newest), len(time.DateOnly))]); err == nil {
			rows[i][date] = day.AddDate(0, 0, 1).Format(time.DateOnly) + newest[len(time.DateOnly):]
		}
	}
	return newTable(t.name, t.cols, rows)
}

// replaced gives the first k rows the names of objects that were not there.
func (t *table) replaced(k int) *table {
	rows := slices.Clone(t.rows)
	key := t.firstCol("kepoi_name", "pl_name", "toi", "TOI", "source_id")
	for i := range k {
		if key < 0 {
			break
		}
		rows[i] = slices.Clone(rows[i])
		switch t.cols[key].name {
		case "kepoi_name":
			rows[i][key] = fmt.Sprintf("K%05d.01", 90_000+i)
		case "pl_name":
			rows[i][key] = fmt.Sprintf("K2-%d b", 90_000+i)
		case "source_id":
			rows[i][key] = strconv.Itoa(9_000_000_000 + i)
		default:
			rows[i][key] = fmt.Sprintf("%d.01", 90_000+i)
		}
	}
	return newTable(t.name, t.cols, rows)
}

// oneChange makes the period of the first row a thousandth longer.
func (t *table) oneChange() *table {
	for _, name := range []string{"koi_period", "pl_orbper", "Period (days)", "parallax"} {
		i := t.col(name)
		if i < 0 || len(t.rows) == 0 {
			continue
		}
		rows := slices.Clone(t.rows)
		rows[0] = slices.Clone(rows[0])
		p := number(rows[0][i])
		if p != p || p == 0 { // not a number, or a single transit
			p = 10
		}
		rows[0][i] = strconv.FormatFloat(p*1.001, 'f', 6, 64)
		return newTable(t.name, t.cols, rows)
	}
	return t
}
