package sample

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
)

// field describes a column of the portal. kind is the word of an answer's
// `fields`, which is not always the type of the data: identifiers are called
// strings and are numbers.
type field struct {
	name, kind, vot, unit, desc, separator string
}

func (f field) number() bool { return f.vot != "char" && f.vot != "boolean" }

// records is a table of the portal. Cells are nil, string, bool, int64 or float64.
type records struct {
	fields []field
	rows   [][]any
	ra     string // names of the columns that hold positions
	dec    string
	dist   field // what a cone search adds
	count  bool  // an answer to COUNT_BIG(*)
}

func (t *records) col(name string) int {
	return slices.IndexFunc(t.fields, func(f field) bool { return f.name == name })
}

// without leaves a column out.
func (t *records) without(name string) *records {
	i := t.col(name)
	if i < 0 {
		return t
	}
	out := &records{fields: slices.Delete(slices.Clone(t.fields), i, i+1)}
	for _, r := range t.rows {
		out.rows = append(out.rows, slices.Delete(slices.Clone(r), i, i+1))
	}
	return out
}

// search applies filters and a cone and picks columns.
func (t *records) search(p mashupParams, needCone bool) (*records, error) {
	const op = "sample.search"
	tests := make([]func([]any) bool, 0, len(p.Filters))
	for _, f := range p.Filters {
		test, err := t.filter(f)
		if err != nil {
			return nil, err
		}
		tests = append(tests, test)
	}
	cone, has, err := p.cone()
	if err != nil {
		return nil, err
	}
	if needCone && !has {
		return nil, exo.Errorf(op, exo.Invalid, nil, "Missing required parameter: ra, dec, radius")
	}
	out := &records{fields: t.fields}
	if has {
		out.fields = append(slices.Clone(t.fields), t.dist)
	}
	ra, dec := t.col(t.ra), t.col(t.dec)
	for _, row := range t.rows {
		if slices.ContainsFunc(tests, func(test func([]any) bool) bool { return !test(row) }) {
			continue
		}
		if !has {
			out.rows = append(out.rows, row)
			continue
		}
		a, okA := row[ra].(float64)
		d, okD := row[dec].(float64)
		if !okA || !okD {
			continue
		}
		if sep := separation(cone[0], cone[1], a, d); sep <= cone[2] {
			out.rows = append(out.rows, append(slices.Clone(row), sep*3600))
		}
	}
	if has {
		last := len(out.fields) - 1
		slices.SortStableFunc(out.rows, func(a, b []any) int { return compareFloats(a[last].(float64), b[last].(float64)) })
	}
	return out.pick(p.Columns)
}

func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// cone reads a position in either of the ways that the services have.
func (p mashupParams) cone() (c [3]float64, ok bool, err error) {
	bad := exo.Errorf("sample.cone", exo.Invalid, nil, "The position could not be parsed: %s", clip(p.Position))
	switch {
	case p.Position != "":
		parts := strings.FieldsFunc(p.Position, func(r rune) bool { return r == ',' || r == ' ' })
		if len(parts) != 3 {
			return c, false, bad
		}
		for i, s := range parts {
			if c[i], err = strconv.ParseFloat(s, 64); err != nil {
				return c, false, bad
			}
		}
	case p.RA != nil && p.Dec != nil:
		c = [3]float64{float64(*p.RA), float64(*p.Dec), 0.2}
		if p.Radius != nil {
			c[2] = float64(*p.Radius)
		}
	default:
		return c, false, nil
	}
	for _, v := range c {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return c, false, bad
		}
	}
	return c, true, nil
}

// pick keeps the columns asked for; COUNT_BIG(*) counts.
func (t *records) pick(columns string) (*records, error) {
	columns = strings.TrimSpace(columns)
	switch {
	case columns == "" || columns == "*":
		return t, nil
	case strings.EqualFold(columns, "COUNT_BIG(*)"):
		return &records{fields: []field{{name: "Column1", kind: "string"}}, rows: [][]any{{int64(len(t.rows))}}, count: true}, nil
	}
	out := &records{}
	var keep []int
	for name := range strings.SplitSeq(columns, ",") {
		name = strings.TrimSpace(name)
		i := t.col(name)
		if i < 0 {
			return nil, exo.Errorf("sample.pick", exo.Invalid, nil, "Invalid column name '%s'.", clip(name))
		}
		keep, out.fields = append(keep, i), append(out.fields, t.fields[i])
	}
	for _, row := range t.rows {
		cells := make([]any, len(keep))
		for j, i := range keep {
			cells[j] = row[i]
		}
		out.rows = append(out.rows, cells)
	}
	return out, nil
}

// send writes one page of the answer.
func (t *records) send(w io.Writer, m mashup, size int) {
	page := max(m.Page, 1)
	total := len(t.rows)
	pages := (total + size - 1) / size
	rows := [][]any(nil)
	if page-1 < pages {
		rows = t.rows[(page-1)*size : min(page*size, total)]
	}
	b := bufio.NewWriterSize(w, 64<<10)
	defer b.Flush()
	switch m.Format {
	case "json":
	case "", "extjs":
		t.sendExt(b, rows)
		return
	default:
		mastError(b, "The format "+clip(m.Format)+" is not supported by this service.")
		return
	}
	t.sendRows(b, rows)
	fmt.Fprintf(b, `, "paging": {"page": %d, "pageSize": %d, "pagesFiltered": %d, "rows": %d, "rowsFiltered": %d, "rowsTotal": %d}}`,
		page, size, pages, len(rows), total, total)
}

// sendRows writes the data and the fields of an answer.
func (t *records) sendRows(b *bufio.Writer, rows [][]any) {
	b.WriteString(`{"status": "COMPLETE", "msg": "", "data": [`)
	names := make([]string, len(t.fields))
	for i, f := range t.fields {
		names[i] = jsonText(f.name) + ": "
	}
	for k, row := range rows {
		if k > 0 {
			b.WriteString(",\n ")
		}
		b.WriteByte('{')
		for i, cell := range row {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(names[i])
			b.WriteString(mastCell(cell))
		}
		b.WriteByte('}')
	}
	b.WriteString(`], "fields": [`)
	for i, f := range t.fields {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(b, `{"name": %s, "type": "%s"}`, jsonText(f.name), f.kind)
	}
	b.WriteString("]")
}

func mastCell(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case string:
		return jsonText(x)
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return "null"
		}
		return strconv.FormatFloat(x, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(x)
	}
	return "null"
}

// sendExt writes the portal's own format, with the histograms from which
// clients learn what there is.
func (t *records) sendExt(w io.Writer, rows [][]any) {
	columns := make([]map[string]any, len(t.fields))
	discrete, continuous := map[string]any{}, map[string]any{}
	for i, f := range t.fields {
		hist := t.histogram(i)
		columns[i] = map[string]any{"text": f.name, "dataIndex": f.name, "ExtendedProperties": map[string]any{"histObj": hist}}
		h := map[string]any{"type": f.kind, "vot.datatype": f.vot, "hist": hist}
		if f.kind == "float" {
			h["type"] = "numeric"
			continuous[f.name] = h
		} else {
			discrete[f.name] = h
		}
	}
	doc := map[string]any{"status": "COMPLETE", "msg": "", "data": map[string]any{"Tables": []any{map[string]any{
		"name": "Table", "Columns": columns, "Rows": rows,
		"ExtendedProperties": map[string]any{"discreteHistogram": discrete, "continuousHistogram": continuous},
	}}}}
	_ = json.NewEncoder(w).Encode(doc) // the client has gone if this fails
}

// histogram counts the values of a text column, the commonest hundred.
func (t *records) histogram(col int) map[string]any {
	out := map[string]any{"hist": []any{}}
	if t.fields[col].number() {
		return out
	}
	counts := map[string]int{}
	for _, r := range t.rows {
		if s, ok := r[col].(string); ok {
			counts[s]++
		}
	}
	const most = 100
	names := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(names, func(a, b string) int { return counts[b] - counts[a] })
	for _, n := range names[:min(most, len(names))] {
		out[n] = counts[n]
	}
	return out
}
