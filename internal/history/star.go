package history

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// star is who a name means: by which numbers and names its rows are found.
type star struct {
	ids        []exo.TargetID
	hosts      []string                  // names of the star as tables write them
	keys       map[catalog.Type][]string // row keys of its KOIs and TOIs
	names      []string                  // of the star and its planets
	candidates []string                  // keys of the merged table

	ra, dec  float64
	located  bool
	mentions []catalog.Type // tables in which it was found
}

func newStar() *star { return &star{keys: map[catalog.Type][]string{}} }

// id adds a number, and tells whether it is new.
func (w *star) id(id exo.TargetID) bool {
	if id.IsZero() || slices.Contains(w.ids, id) {
		return false
	}
	w.ids = append(w.ids, id)
	w.name(id.String())
	return true
}

func (w *star) name(name string) {
	if name != "" && !slices.ContainsFunc(w.names, func(n string) bool { return catalog.Fold(n) == catalog.Fold(name) }) {
		w.names = append(w.names, name)
	}
}

func (w *star) key(t catalog.Type, key string) bool {
	if key == "" || slices.Contains(w.keys[t], key) {
		return false
	}
	w.keys[t] = append(w.keys[t], key)
	return true
}

// row adds what a row of a table says. It tells whether a key came.
func (w *star) row(t *catalog.Table, i int) (grown bool) {
	for _, id := range t.IDsOf(i) {
		w.id(id)
	}
	grown = w.mention(t, i)
	if ra, dec, ok := t.Position(i); ok && !w.located {
		w.ra, w.dec, w.located = ra, dec, true
	}
	return grown
}

// mention adds the names and the key of a row, and not its numbers: the row may
// have been another star's.
func (w *star) mention(t *catalog.Table, i int) (grown bool) {
	objects, stars := t.NamesOf(i)
	if ids := t.IDsOf(i); len(ids) > 0 && len(w.ids) > 0 && !slices.ContainsFunc(ids, func(id exo.TargetID) bool { return slices.Contains(w.ids, id) }) {
		objects, stars = nil, nil // of another star, to which one of its objects went, or from which it came
	}
	for _, name := range slices.Concat(stars, objects) {
		if t.Type == catalog.TOI && name == t.Get(i, catalog.RoleKey) {
			continue // "700.01": TOI 700.01 stands beside it
		}
		w.name(name)
	}
	if host := t.Get(i, catalog.RoleHost); host != "" && !slices.Contains(w.hosts, host) {
		w.hosts = append(w.hosts, host)
	}
	if t.Type == catalog.KOI || t.Type == catalog.TOI {
		grown = w.key(t.Type, t.Get(i, catalog.RoleKey))
	}
	if !slices.Contains(w.mentions, t.Type) {
		w.mentions = append(w.mentions, t.Type)
	}
	return grown
}

// search finds the star's rows in a table of the type; ok is false where it can
// have none.
func (w *star) search(t catalog.Type) (f search, ok bool) {
	for _, id := range w.ids {
		if own := (map[catalog.Type]exo.Catalog{catalog.KOI: exo.KIC, catalog.TOI: exo.TIC})[t]; own == "" || own == id.Catalog {
			f.words = append(f.words, strconv.FormatUint(id.Number, 10))
		}
	}
	f.words = append(f.words, w.keys[t]...)
	if t == catalog.K2 {
		f.words = append(f.words, w.hosts...)
	}
	slices.Sort(f.words)
	f.words = slices.DeleteFunc(slices.Compact(f.words), func(s string) bool { return s == "" })
	f.key = fmt.Sprintf("%s %q %q %q %q", t, f.words, w.ids, w.keys[t], w.hosts)
	f.rows = w.rows
	return f, len(f.words) > 0
}

// rows returns the rows of a table that are the star's: by a number, by a key of
// its KOIs and TOIs, by its host name in the K2 table.
func (w *star) rows(t *catalog.Table) []int {
	var rows []int
	for i := range t.Len() {
		mine := slices.Contains(w.keys[t.Type], t.Get(i, catalog.RoleKey)) ||
			t.Type == catalog.K2 && slices.Contains(w.hosts, t.Get(i, catalog.RoleHost)) ||
			slices.ContainsFunc(t.IDsOf(i), func(id exo.TargetID) bool { return slices.Contains(w.ids, id) })
		if mine {
			rows = append(rows, i)
		}
	}
	return rows
}

// whose finds out which star a name means: in the current tables, through the
// alias graph, then in former versions. A star of which only files are held is
// known by its number.
func (s *Service) whose(ctx context.Context, name exo.Name) (*star, *aliases, error) {
	graph := &aliases{}
	if v, ok, err := s.candidatesTable(ctx); err != nil {
		return nil, nil, err
	} else if ok {
		if graph, err = s.aliasesOf(ctx, v); err != nil {
			return nil, nil, err
		}
	}
	found, err := s.stars(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	asked := newStar()
	if !asked.id(name.ID) {
		asked.name(name.Canonical)
	}
	graph.join(asked)
	if len(found)+len(asked.candidates) == 0 && name.Form != exo.FormID {
		if found, err = s.formerly(ctx, name); err != nil {
			return nil, nil, err
		}
	}
	if name.Form == exo.FormID || len(found) == 0 {
		found = append(found, asked)
	}
	for _, w := range found {
		graph.join(w)
		if err := s.hosted(ctx, w); err != nil {
			return nil, nil, err
		}
	}
	found = united(found)
	if len(found) > 1 {
		return nil, nil, severalStars(name, found)
	}
	return found[0], graph, nil
}

// hosted adds the host names under which the K2 table lists a star's planets: its
// rows need not give the number of their star.
func (s *Service) hosted(ctx context.Context, w *star) error {
	t, _, err := s.opt.Tables.Newest(ctx, catalog.K2)
	if err != nil || t == nil {
		return err
	}
	for _, known := range slices.Clone(w.names) {
		name, err := exo.ParseName(known)
		if err != nil {
			continue // of a table's own making: no name to look up
		}
		for _, i := range t.RowsNamed(name) {
			w.row(t, i)
		}
	}
	return nil
}

// stars lists whom the current tables know by the name.
func (s *Service) stars(ctx context.Context, name exo.Name) ([]*star, error) {
	var found []*star
	for _, typ := range catalog.Types {
		t, _, err := s.opt.Tables.Newest(ctx, typ)
		if err != nil {
			return nil, err
		}
		if t == nil {
			continue
		}
		rows := t.RowsNamed(name)
		for _, i := range rows[:min(len(rows), mostRows)] {
			w := newStar()
			w.row(t, i)
			found = append(found, w)
		}
		found = united(found) // so that a host of many rows stays cheap
	}
	return found, nil
}

// formerly lists whom former versions know by the name, the newest that does of
// each table.
func (s *Service) formerly(ctx context.Context, name exo.Name) ([]*star, error) {
	f := search{key: "name " + name.Canonical, rows: func(t *catalog.Table) []int { return t.RowsNamed(name) }}
	word := name.Canonical
	if name.Form == exo.FormTOI {
		word = strings.TrimPrefix(word, "TOI ")
	}
	f.words = []string{word}
	var found []*star
	for _, typ := range catalog.Types {
		versions, err := s.opt.Tables.Versions(ctx, typ)
		if err != nil {
			return nil, err
		}
		for _, v := range slices.Backward(versions) {
			t, err := s.excerpt(ctx, v.Meta, f)
			if err != nil {
				return nil, err
			}
			for i := range min(t.Len(), mostRows) {
				w := newStar()
				w.row(t, i)
				found = append(found, w)
			}
			if t.Len() > 0 {
				break
			}
		}
	}
	return united(found), nil
}

// mostRows bounds the rows of one table that are looked at for one name. No star
// has a tenth of them; a name that comments without end share is ambiguous anyway.
const mostRows = 1000

// oneStar is how far apart two tables may put one star of one name: proper motion
// over the decades between their epochs, seconds of arc.
const oneStar = 60

// united puts those together that are one: by a number, a host, a candidate, or
// a place on the sky that two catalogs share.
func united(list []*star) []*star {
	var out []*star
	for _, w := range list {
		for {
			k := slices.IndexFunc(out, func(o *star) bool { return o.is(w) })
			if k < 0 {
				break
			}
			w = out[k].with(w)
			out = slices.Delete(out, k, k+1)
		}
		out = append(out, w)
	}
	return out
}

func (w *star) is(o *star) bool {
	shared := func(a, b []string) bool {
		return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
	}
	if slices.ContainsFunc(w.ids, func(id exo.TargetID) bool { return slices.Contains(o.ids, id) }) ||
		shared(w.hosts, o.hosts) || shared(w.candidates, o.candidates) {
		return true
	}
	apart := slices.ContainsFunc(w.mentions, func(t catalog.Type) bool { return slices.Contains(o.mentions, t) })
	return !apart && w.located && o.located && separation(w.ra, w.dec, o.ra, o.dec) <= oneStar
}

// with takes over what another says of the same star.
func (w *star) with(o *star) *star {
	for _, id := range o.ids {
		w.id(id)
	}
	for _, name := range o.names {
		w.name(name)
	}
	for t, keys := range o.keys {
		for _, k := range keys {
			w.key(t, k)
		}
	}
	add := func(list *[]string, more []string) {
		for _, s := range more {
			if !slices.Contains(*list, s) {
				*list = append(*list, s)
			}
		}
	}
	add(&w.hosts, o.hosts)
	add(&w.candidates, o.candidates)
	for _, t := range o.mentions {
		if !slices.Contains(w.mentions, t) {
			w.mentions = append(w.mentions, t)
		}
	}
	if !w.located {
		w.ra, w.dec, w.located = o.ra, o.dec, o.located
	}
	return w
}

// separation is the angle between two places, seconds of arc (haversine, which
// keeps its precision at small angles).
func separation(ra1, dec1, ra2, dec2 float64) float64 {
	const rad = math.Pi / 180
	a := math.Sin((dec2 - dec1) * rad / 2)
	b := math.Sin((ra2 - ra1) * rad / 2)
	h := a*a + math.Cos(dec1*rad)*math.Cos(dec2*rad)*b*b
	return 2 * math.Asin(math.Sqrt(min(h, 1))) / rad * 3600
}

// severalStars is the error for a name that several stars answer to.
func severalStars(name exo.Name, found []*star) error {
	const most = 20
	type candidate struct {
		ID   exo.TargetID `json:"id"`
		Name string       `json:"name"`
	}
	var list []candidate
	var words []string
	for _, w := range found[:min(len(found), most)] {
		c := candidate{Name: w.title()}
		if len(w.ids) > 0 {
			c.ID = w.ids[0]
			words = append(words, c.ID.String())
		} else {
			words = append(words, c.Name)
		}
		list = append(list, c)
	}
	return exo.Errorf("history.Target", exo.Invalid, nil, "the name %q is ambiguous: %d stars answer to it", name.Query, len(found)).
		Try("give one of these: %s", strings.Join(words, ", ")).With("candidates", list)
}

// title is the name by which a star is best known: its host name, a Kepler, K2 or
// TOI name, else its number.
func (w *star) title() string {
	rank := func(s string) int {
		n, err := exo.ParseName(s)
		if err != nil {
			return 9
		}
		// Of a planet's name the star's part is meant, and stands beside it.
		planet := len(s) > 2 && s[len(s)-2] == ' ' && s[len(s)-1] >= 'b' && s[len(s)-1] <= 'z' || strings.Contains(s, ".")
		r := map[exo.Form]int{exo.FormKepler: 0, exo.FormK2: 1, exo.FormOther: 2, exo.FormID: 3, exo.FormTOI: 4, exo.FormKOI: 5}[n.Form]
		if planet {
			r += 10
		}
		return r
	}
	if len(w.names) == 0 {
		return ""
	}
	return slices.MinFunc(w.names, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
}
