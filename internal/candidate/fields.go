package candidate

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// quantity is a value of the merged table that several sources may give.
type quantity struct {
	name   string
	errors bool // with _err_up, _err_down and _limit
	eph    bool // of the ephemeris' row
}

// quantities in the order of the merged table; names and units are those of the
// vocabulary.
var quantities = []quantity{
	{"period_d", true, true}, {"epoch_bjd", true, true}, {"duration_h", true, true}, {"depth_ppm", true, true},
	{"impact", true, false}, {"radius_ratio", true, false}, {"distance_over_radius", true, false},
	{"radius_earth", true, false}, {"mass_earth", true, false}, {"insolation_earth", true, false}, {"teq_k", true, false},
	{"semi_major_axis_au", true, false}, {"eccentricity", true, false}, {"inclination_deg", true, false},
	{"star_teff_k", true, false}, {"star_logg", true, false}, {"star_radius_sun", true, false}, {"star_mass_sun", true, false},
	{"star_metallicity_dex", true, false}, {"star_density_g_cm3", true, false},
	{"distance_pc", true, false}, {"parallax_mas", true, false},
	{"tess_mag", false, false}, {"kepler_mag", false, false}, {"gaia_g_mag", false, false},
}

// gaiaColumns are taken from the Gaia table's row of the star.
var gaiaColumns = []string{"parallax_mas", "parallax_mas_err_up", "gaia_g_mag", "bp_rp_mag", "star_teff_k", "star_logg",
	"star_metallicity_dex", "star_radius_sun", "star_mass_sun", "ruwe", "separation_arcsec"}

// suffixes of a quantity's columns.
var suffixes = [...]string{"", "_err_up", "_err_down", "_limit"}

// field is a quantity with its place in the merged table and in the sources.
type field struct {
	quantity
	at   int
	from [origins][len(suffixes)]int // columns, -1 absent
}

// general is the order in which sources are asked: the archive's own verdicts
// and fits of the mission's whole data first.
var general = []origin{fromKOI, fromK2, fromTOI}

// placed is the same for positions: the TIC's are Gaia's.
var placed = []origin{fromTOI, fromK2, fromKOI}

var identity = []Column{
	{Name: "candidate", Type: "char", Description: "key: the KOI name, else TOI-n.nn, else the K2 table's name"},
	{Name: "disposition", Type: "char", Description: "verdict in the common words, of the first source that has one: KOI, K2, TOI"},
	{Name: "disposition_source", Type: "char", Description: "source of the verdict"},
	{Name: "disposition_koi", Type: "char", Description: "the KOI table's verdict in its own word"},
	{Name: "disposition_toi", Type: "char", Description: "the TOI table's verdict in its own word"},
	{Name: "disposition_k2", Type: "char", Description: "the K2 table's verdict in its own word"},
	{Name: "planet_name", Type: "char", Description: "name of the planet once it has one"},
	{Name: "koi", Type: "char", Description: "name in the KOI table"},
	{Name: "toi", Type: "char", Description: "name in the TOI table"},
	{Name: "k2", Type: "char", Description: "name in the K2 table"},
	{Name: "kic", Type: "char", Description: "host star in the Kepler Input Catalog"},
	{Name: "tic", Type: "char", Description: "host star in the TESS Input Catalog"},
	{Name: "epic", Type: "char", Description: "host star in the Ecliptic Plane Input Catalog"},
	{Name: "host_name", Type: "char", Description: "name of the host star"},
	{Name: "aliases", Type: "char", Description: "all names of the object, separated by semicolons"},
	{Name: "sources", Type: "char", Description: "tables that list it, separated by commas"},
	{Name: "source_count", Type: "int", Description: "how many tables list it"},
	{Name: "row_count", Type: "int", Description: "how many rows of them were merged"},
	{Name: "matched_by", Type: "char", Description: "what the match rests on: identifier (a name or a star's number, and the period) or position (the star's place, and the period)"},
	{Name: "conflict_count", Type: "int", Description: "rows of the list of conflicts"},
	{Name: "updated", Type: "char", Description: "when one of its rows changed last, ISO 8601, UTC"},
	{Name: "ra_deg", Type: "double", Unit: "deg", Description: "right ascension, ICRS, of the first source that has a position: TOI, K2, KOI"},
	{Name: "dec_deg", Type: "double", Unit: "deg", Description: "declination, ICRS"},
	{Name: "pm_ra_mas_yr", Type: "double", Unit: "mas.yr-1", Description: "proper motion in right ascension times cosine of declination, of the same source"},
	{Name: "pm_dec_mas_yr", Type: "double", Unit: "mas.yr-1", Description: "proper motion in declination, of the same source"},
	{Name: "position_source", Type: "char", Description: "source of the position"},
	{Name: "mass_kind", Type: "char", Description: "what mass_earth is: Mass, Msini, Msin(i)/sin(i)"},
}

// columns of the merged table: the same for whatever sources there are.
func (m *merger) columns() []Column {
	list := slices.Clone(identity)
	for _, q := range quantities {
		w := vocabularyWord(q.name)
		base := Column{Name: q.name, Type: w.typ, Unit: w.unit, Description: w.text, From: sourceColumns(q.name)}
		list = append(list, base)
		if q.errors {
			up, down := base, base
			up.Name, up.Description = q.name+"_err_up", "upper error, one sigma, positive: "+w.text
			down.Name, down.Description = q.name+"_err_down", "lower error, one sigma, positive: "+w.text
			list = append(list, up, down, Column{Name: q.name + "_limit", Type: "int", Description: "1 the value is an upper limit, -1 a lower limit: " + w.text})
		}
		list = append(list, Column{Name: q.name + "_source", Type: "char", Description: "source of " + q.name})
	}
	list = append(list, Column{Name: "gaia_id", Type: "char", Description: "Gaia source that is the host star"})
	for _, name := range gaiaColumns {
		w := vocabularyWord(strings.TrimSuffix(name, "_err_up"))
		text := "of Gaia: " + w.text
		if name != w.name {
			text = "of Gaia: error of the " + w.text
		}
		list = append(list, Column{Name: gaiaColumn(name), Type: w.typ, Unit: w.unit, Description: text, From: []string{"gaia." + name}})
	}
	return list
}

// gaiaColumn names a column of the Gaia table in the merged one; gaia_g_mag is
// the magnitude that the K2 table quotes.
func gaiaColumn(name string) string {
	if name == "gaia_g_mag" {
		return "gaia_phot_g_mag"
	}
	return "gaia_" + strings.TrimPrefix(strings.TrimPrefix(strings.TrimSuffix(name, "_up"), "gaia_"), "star_")
}

func vocabularyWord(name string) word {
	return vocabulary[slices.IndexFunc(vocabulary, func(w word) bool { return w.name == name })]
}

// sourceColumns names where a quantity comes from: columns of processed/v1.
func sourceColumns(name string) []string {
	list := make([]string, len(general))
	for i, o := range general {
		list[i] = originNames[o] + "." + name
	}
	return list
}

// plan finds the quantities' columns in the sources.
func (m *merger) plan() {
	at := len(identity)
	for _, q := range quantities {
		f := field{quantity: q, at: at}
		for o, v := range m.views {
			for k, suffix := range suffixes {
				f.from[o][k] = -1
				if v != nil {
					f.from[o][k] = v.col(q.name + suffix)
				}
			}
		}
		m.fields = append(m.fields, f)
		if at += 2; q.errors {
			at += 3
		}
	}
	m.nearest = m.gaiaStars()
}

// fill writes the row of a candidate.
func (m *merger) fill(c *candidate, row []string) {
	copy(row, m.identity(c))
	order := c.ephemerisOrder()
	var mass *entity
	for i := range m.fields {
		f := &m.fields[i]
		sources := general
		if f.name == "period_d" || f.name == "epoch_bjd" {
			sources = order
		}
		e := f.fill(c, sources, row)
		if f.name == "mass_earth" {
			mass = e
		}
	}
	if mass != nil {
		row[len(identity)-1] = mass.get("mass_kind")
	}
	m.fillGaia(c, row[len(row)-len(gaiaColumns)-1:])
}

// fill writes one quantity from the first source that has measured it, else from
// the first that has a limit, and returns that source.
func (f *field) fill(c *candidate, order []origin, row []string) *entity {
	var use *entity
	for _, o := range order {
		e := c.of[o]
		if e == nil || f.from[o][0] < 0 || e.view.rows[e.line(f.eph)][f.from[o][0]] == "" {
			continue
		}
		if k := f.from[o][3]; k < 0 || !isLimit(e.view.rows[e.line(f.eph)][k]) {
			use = e
			break
		}
		if use == nil {
			use = e
		}
	}
	if use == nil {
		return nil
	}
	n := 1
	if f.errors {
		n = len(suffixes)
	}
	cells := use.view.rows[use.line(f.eph)]
	for k := range n {
		if j := f.from[use.from][k]; j >= 0 {
			row[f.at+k] = cells[j]
		}
	}
	row[f.at+n] = originNames[use.from]
	return use
}

// line returns the row that counts.
func (e *entity) line(eph bool) int {
	if eph {
		return e.eph
	}
	return e.rows[0]
}

// ephemerisOrder puts the sources in the order in which period and epoch are
// taken: those with both first, the smallest error of the period first. Both
// then are of one fit, and a prediction from them is the best there is.
func (c *candidate) ephemerisOrder() []origin {
	rank := func(o origin) (int, float64) {
		e := c.of[o]
		switch {
		case e == nil:
			return 3, 0
		case !e.hasPeriod():
			return 2, 0
		case math.IsNaN(e.epoch):
			return 1, orInf(e.periodErr)
		}
		return 0, orInf(e.periodErr)
	}
	order := slices.Clone(general)
	slices.SortStableFunc(order, func(a, b origin) int {
		x, ex := rank(a)
		y, ey := rank(b)
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(ex, ey))
	})
	return order
}

func orInf(v float64) float64 {
	if v > 0 {
		return v
	}
	return math.Inf(1)
}

// identity gives the first cells of a candidate's row.
func (m *merger) identity(c *candidate) []string {
	row := make([]string, 0, len(identity))
	row = append(row, c.key)
	verdict, by := c.first(general, "disposition")
	row = append(row, verdict, by)
	for _, o := range []origin{fromKOI, fromTOI, fromK2} {
		row = append(row, c.text(o, "disposition_original"))
	}
	row = append(row, c.planetName(m))
	for _, o := range []origin{fromKOI, fromTOI, fromK2} {
		name := ""
		if c.of[o] != nil {
			name = c.of[o].name
		}
		row = append(row, name)
	}
	for _, catalog := range []string{"KIC ", "TIC ", "EPIC "} {
		row = append(row, c.number(catalog))
	}
	host, _ := c.first(general, "host_name")
	var sources []string
	updated := ""
	for o, e := range c.of {
		if e == nil {
			continue
		}
		sources = append(sources, originNames[o])
		for _, i := range e.rows {
			updated = max(updated, e.view.get(i, "updated"))
		}
	}
	how := ""
	if len(sources) > 1 {
		how = c.how()
	}
	row = append(row, host, c.objectNames(), strings.Join(sources, ","), strconv.Itoa(len(sources)), strconv.Itoa(c.rows), how, strconv.Itoa(c.clash), updated)
	for _, o := range placed {
		if e := c.of[o]; e != nil && e.known() {
			i := e.rows[0]
			if e.view.get(i, "ra_deg") == "" || e.view.get(i, "dec_deg") == "" {
				i = e.rows[slices.IndexFunc(e.rows, func(i int) bool {
					return num(e.view.get(i, "ra_deg")) == e.ra && num(e.view.get(i, "dec_deg")) == e.dec
				})]
			}
			return append(row, e.view.get(i, "ra_deg"), e.view.get(i, "dec_deg"), e.view.get(i, "pm_ra_mas_yr"), e.view.get(i, "pm_dec_mas_yr"), originNames[o])
		}
	}
	return row
}

// text returns a cell of the source's row that counts.
func (c *candidate) text(o origin, name string) string {
	if c.of[o] == nil {
		return ""
	}
	return c.of[o].get(name)
}

// first returns the first source's cell that has text, and the source.
func (c *candidate) first(order []origin, name string) (value, source string) {
	for _, o := range order {
		if s := c.text(o, name); s != "" {
			return s, originNames[o]
		}
	}
	return "", ""
}

// planetName is the name of a column, else one that a comment gives.
func (c *candidate) planetName(m *merger) string {
	if name, _ := c.first(general, "planet_name"); name != "" {
		return name
	}
	for _, a := range c.aliases {
		if isPlanetName(a.Name) {
			return a.Name
		}
	}
	return ""
}

// number returns the star's number in a catalog: that of the first member which
// gives one, else that of the star.
func (c *candidate) number(catalog string) string {
	for _, o := range placed {
		if e := c.of[o]; e != nil {
			for _, id := range e.stars {
				if strings.HasPrefix(id, catalog) {
					return id
				}
			}
		}
	}
	for _, n := range c.star.numbers {
		if strings.HasPrefix(n.name, catalog) {
			return n.name
		}
	}
	return ""
}
