package query_test

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/query"
	"exoplanetai/internal/xtest"
)

// naive answers the same questions row by row, from the text of the table,
// without anything of the package.
type naive struct {
	names   []string
	rows    [][]string
	keys    []string // row keys, of another package
	order   []int    // rows by key
	numbers []bool   // columns of numbers
	ordered []bool   // columns that are ordered by value: numbers, and text that is numbers throughout
	ra, dec []float64
}

func newNaive(t testing.TB, typ catalog.Type, text []byte) *naive {
	t.Helper()
	body := strings.TrimPrefix(string(text), "\ufeff")
	for strings.HasPrefix(body, "#") || strings.HasPrefix(body, "This file") || strings.HasPrefix(body, "\n") || strings.HasPrefix(body, "\r\n") {
		_, body, _ = strings.Cut(body, "\n")
	}
	r := csv.NewReader(strings.NewReader(body))
	r.LazyQuotes = true
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	table, err := catalog.Parse(typ, text)
	if err != nil || table.Len() != len(all)-1 {
		t.Fatal(table.Len(), len(all), err)
	}
	n := &naive{names: all[0], rows: all[1:]}
	for j := range n.names {
		is := n.areNumbers(j)
		n.ordered = append(n.ordered, is)
		n.numbers = append(n.numbers, is && table.Columns[j].Type != "char")
	}
	ra, dec := table.Column(catalog.RoleRA), table.Column(catalog.RoleDec)
	for i, row := range n.rows {
		n.keys, n.order = append(n.keys, table.Key(i)), append(n.order, i)
		a, err1 := strconv.ParseFloat(row[ra], 64)
		d, err2 := strconv.ParseFloat(row[dec], 64)
		if err1 != nil || err2 != nil {
			a, d = math.NaN(), math.NaN()
		}
		n.ra, n.dec = append(n.ra, a), append(n.dec, d)
	}
	slices.SortStableFunc(n.order, func(a, b int) int { return naturally(n.keys[a], n.keys[b]) })
	return n
}

var reDigits = regexp.MustCompile(`[0-9]+|[^0-9]`)

// naturally orders keys by their digits' values, with big numbers.
func naturally(a, b string) int {
	x, y := reDigits.FindAllString(a, -1), reDigits.FindAllString(b, -1)
	for i := range min(len(x), len(y)) {
		p, ok1 := new(big.Int).SetString(x[i], 10)
		q, ok2 := new(big.Int).SetString(y[i], 10)
		switch {
		case ok1 && ok2:
			if c := p.Cmp(q); c != 0 {
				return c
			}
		case x[i] != y[i]:
			return strings.Compare(x[i], y[i])
		}
	}
	return cmp.Compare(len(x), len(y))
}

func (n *naive) num(i, j int) float64 {
	v, err := strconv.ParseFloat(n.rows[i][j], 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// pick makes a random filter of a column, and says which cells pass.
func (n *naive) pick(r *rand.Rand) (query.Filter, func(i int) bool) {
	j := r.IntN(len(n.names))
	cell := func() string {
		for range 20 {
			if c := n.rows[r.IntN(len(n.rows))][j]; c != "" {
				return c
			}
		}
		return "1"
	}
	f := query.Filter{Column: n.names[j]}
	if r.IntN(4) == 0 {
		f.Column = strings.ToUpper(f.Column)
		for _, other := range n.names {
			if other != n.names[j] && strings.EqualFold(other, f.Column) {
				f.Column = n.names[j]
			}
		}
	}
	var either, none []func(i int) bool
	var parts []string
	null := false
	for range 1 + r.IntN(3) {
		if r.IntN(8) == 0 {
			parts, null = append(parts, "null"), true
			continue
		}
		part, pass := n.one(r, j, cell)
		if r.IntN(5) == 0 {
			parts, none = append(parts, "!"+part), append(none, pass)
			continue
		}
		parts, either = append(parts, part), append(either, pass)
	}
	f.Expr = strings.Join(parts, ",")
	return f, func(i int) bool {
		if n.rows[i][j] == "" {
			return null
		}
		if null && len(either)+len(none) == 0 {
			return false
		}
		for _, pass := range none {
			if pass(i) {
				return false
			}
		}
		ok := len(either) == 0
		for _, pass := range either {
			ok = ok || pass(i)
		}
		return ok
	}
}

// one makes one alternative of a filter.
func (n *naive) one(r *rand.Rand, j int, cell func() string) (string, func(i int) bool) {
	quote := func(s string) string {
		if strings.ContainsAny(s, `,"!~<>=`) || strings.Contains(s, "..") || s == "null" || strings.TrimSpace(s) != s || r.IntN(4) == 0 {
			return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
		}
		return s
	}
	a, b := cell(), cell()
	ordered := func(i int, v string) int { return strings.Compare(n.rows[i][j], v) }
	if n.ordered[j] {
		ordered = func(i int, v string) int {
			x, _ := strconv.ParseFloat(v, 64)
			return cmp.Compare(n.num(i, j), x)
		}
		x, _ := strconv.ParseFloat(a, 64)
		y, _ := strconv.ParseFloat(b, 64)
		if x > y {
			a, b = b, a
		}
	} else if a > b {
		a, b = b, a
	}
	switch k := r.IntN(9); k {
	case 0:
		return quote(a) + ".." + quote(b), func(i int) bool { return ordered(i, a) >= 0 && ordered(i, b) <= 0 }
	case 1:
		return ".." + quote(b), func(i int) bool { return ordered(i, b) <= 0 }
	case 2:
		return quote(a) + " .. ", func(i int) bool { return ordered(i, a) >= 0 }
	case 3:
		return "> " + quote(a), func(i int) bool { return ordered(i, a) > 0 }
	case 4:
		return ">=" + quote(a), func(i int) bool { return ordered(i, a) >= 0 }
	case 5:
		return "<" + quote(b), func(i int) bool { return ordered(i, b) < 0 }
	case 6:
		return "<=" + quote(b), func(i int) bool { return ordered(i, b) <= 0 }
	case 7:
		if n.numbers[j] {
			break
		}
		from := r.IntN(len(a))
		to := from + 1 + r.IntN(len(a)-from)
		part := strings.ToValidUTF8(a[from:to], "")
		if strings.TrimSpace(part) == "" {
			break
		}
		part = strings.TrimSpace(part)
		if r.IntN(2) == 0 {
			part = upper(part)
		}
		return "~" + quote(part), func(i int) bool { return strings.Contains(upper(n.rows[i][j]), upper(part)) }
	}
	if n.numbers[j] {
		return quote(a), func(i int) bool { return ordered(i, a) == 0 }
	}
	return quote(a), func(i int) bool { return n.rows[i][j] == a }
}

// upper raises ASCII letters alone.
func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 32
		}
	}
	return string(b)
}

// areNumbers tells whether all cells of a column that have text are numbers.
func (n *naive) areNumbers(j int) bool {
	any := false
	for _, row := range n.rows {
		if row[j] == "" {
			continue
		}
		if _, err := strconv.ParseFloat(row[j], 64); err != nil || strings.ContainsAny(row[j], "xXpPnN_") {
			return false
		}
		any = true
	}
	return any
}

// separation in degrees, by the haversine.
func (n *naive) separation(i int, ra, dec float64) float64 {
	const d = math.Pi / 180
	h := func(x float64) float64 { return math.Pow(math.Sin(x/2), 2) }
	v := h((n.dec[i]-dec)*d) + math.Cos(n.dec[i]*d)*math.Cos(dec*d)*h((n.ra[i]-ra)*d)
	return 2 * math.Asin(math.Sqrt(min(v, 1))) / d
}

func TestAnswersAreThoseOfANaiveSearch(t *testing.T) {
	alone(t)
	for name, tt := range map[string]struct {
		typ  catalog.Type
		file string
	}{"koi": {catalog.KOI, koi2025}, "toi": {catalog.TOI, toi2025}, "k2": {catalog.K2, k2pandc}, "exofop": {catalog.TOI, exofop}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := xtest.Gunzip(t, tt.file)
			n := newNaive(t, tt.typ, text)
			w := newWorld(t)
			w.hold(t, tt.typ, noon, text)
			s := w.service(t)
			r := rand.New(rand.NewPCG(4, uint64(len(text))))
			some, rounds := 0, 250
			if testing.Short() {
				rounds = 50
			}
			for k := range rounds {
				if n.compare(t, s, tt.typ, r) {
					some++
				}
				if t.Failed() {
					t.Fatalf("question %d", k)
				}
			}
			if some < rounds/3 {
				t.Errorf("only %d of %d questions have an answer", some, rounds)
			}
		})
	}
}

// compare asks one random question; it tells whether there was an answer.
func (n *naive) compare(t *testing.T, s *query.Service, typ catalog.Type, r *rand.Rand) bool {
	t.Helper()
	q := query.Request{Table: typ, Limit: 1 + r.IntN(300), Columns: []string{query.RowKey}}
	if r.IntN(10) == 0 {
		q.Limit = -1
	}
	all := slices.Clone(n.order)
	for range r.IntN(4) {
		f, pass := n.pick(r)
		q.Filters = append(q.Filters, f)
		all = slices.DeleteFunc(all, func(i int) bool { return !pass(i) })
	}
	separations := map[int]float64{}
	if r.IntN(3) == 0 {
		i := r.IntN(len(n.rows))
		ra, dec, radius := math.Mod(n.ra[i]+r.Float64(), 360), min(n.dec[i]+r.Float64(), 90), math.Exp(r.Float64()*8-4)
		if r.IntN(10) == 0 {
			radius = 180 * r.Float64()
		}
		q.Cone = fmt.Sprintf("%v,%v,%v", ra, dec, radius)
		for i := range n.rows {
			if d := n.separation(i, ra, dec); d <= radius {
				separations[i] = d
			}
		}
		all = slices.DeleteFunc(all, func(i int) bool { _, in := separations[i]; return !in })
	}
	n.sort(all, &q, separations, r)
	if len(all) > 0 && r.IntN(3) == 0 {
		q.Offset = int64(r.IntN(len(all)))
	}
	got, err := ask(t.Context(), s, q)
	if err != nil {
		t.Errorf("%+v: %v", q, err)
		return false
	}
	page := all[min(int(q.Offset), len(all)):]
	if q.Limit >= 0 && q.Limit < len(page) {
		page = page[:q.Limit]
	}
	if got.Total != int64(len(all)) || len(got.rows) != len(page) || got.More != (int(q.Offset)+len(page) < len(all)) {
		t.Errorf("%+v: %d of %d rows, more %v, want %d of %d", q, len(got.rows), got.Total, got.More, len(page), len(all))
		return false
	}
	for k, i := range page {
		if got.rows[k][0] != n.keys[i] {
			t.Errorf("%+v: row %d is %v, want %s", q, k, got.rows[k][0], n.keys[i])
			return false
		}
	}
	return len(page) > 0
}

// sort puts the rows in a random order that it asks for.
func (n *naive) sort(all []int, q *query.Request, separations map[int]float64, r *rand.Rand) {
	var words []string
	var orders []func(a, b int) int
	for range r.IntN(3) {
		j := r.IntN(len(n.names))
		falling := r.IntN(2) == 0
		word := n.names[j]
		if strings.Contains(word, ",") || strings.HasPrefix(word, "-") {
			continue
		}
		if falling {
			word = "-" + word
		}
		words = append(words, word)
		number := n.ordered[j]
		orders = append(orders, func(a, b int) int {
			x, y := n.rows[a][j], n.rows[b][j]
			if x == "" || y == "" { // without a value last
				return cmp.Compare(len(y), len(x)) * min(1, len(x)+len(y))
			}
			c := strings.Compare(x, y)
			if number {
				c = cmp.Compare(n.num(a, j), n.num(b, j))
			}
			if falling {
				return -c
			}
			return c
		})
	}
	q.Sort = strings.Join(words, ",")
	if len(words) == 0 && q.Cone != "" {
		orders = append(orders, func(a, b int) int {
			if math.Abs(separations[a]-separations[b]) < 1e-12 { // one star
				return 0
			}
			return cmp.Compare(separations[a], separations[b])
		})
	}
	slices.SortStableFunc(all, func(a, b int) int {
		for _, o := range orders {
			if c := o(a, b); c != 0 {
				return c
			}
		}
		return 0
	})
}
