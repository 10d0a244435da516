package catalog

import "strings"

// identifiers are columns whose cells look like numbers and are not.
var identifiers = map[string]bool{
	"toi": true, "ctoi": true, "previous ctoi": true, "ctoialias": true, "toipfx": true,
	"view all tfopwg disposition": true,
}

// The types of columns, from narrow to wide.
const (
	typeNone = iota
	typeInt
	typeDouble
	typeChar
)

var typeNames = [...]string{typeNone: "char", typeInt: "int", typeDouble: "double", typeChar: "char"}

// inferTypes sets each column's type to the narrowest that holds all its cells
// that have text, and counts these cells.
func (t *Table) inferTypes() {
	types := make([]int, len(t.Columns))
	t.filled = make([]int, len(t.Columns))
	for j, c := range t.Columns {
		if identifiers[canon(c.Name)] {
			types[j] = typeChar
		}
	}
	for i := range t.Len() {
		for j := range types {
			cell := t.rows.Cell(i, j)
			if cell == "" {
				continue
			}
			t.filled[j]++
			if types[j] != typeChar {
				types[j] = max(types[j], classify(cell))
			}
		}
	}
	for j := range types {
		t.Columns[j].Type = typeNames[types[j]]
	}
}

// classify tells the narrowest type that holds the text: decimal integers of up
// to 18 digits, decimal numbers with point or exponent, anything else.
func classify(s string) int {
	i := 0
	if s[0] == '-' || s[0] == '+' {
		i++
	}
	digits, kind := 0, typeInt
	for i < len(s) && s[i]-'0' < 10 {
		i++
		digits++
	}
	if i == len(s) && digits > 18 {
		kind = typeDouble
	}
	if i < len(s) && s[i] == '.' {
		kind = typeDouble
		for i++; i < len(s) && s[i]-'0' < 10; i++ {
			digits++
		}
	}
	if digits == 0 {
		return typeChar
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		kind = typeDouble
		if i++; i < len(s) && (s[i] == '-' || s[i] == '+') {
			i++
		}
		from := i
		for i < len(s) && s[i]-'0' < 10 {
			i++
		}
		if i == from {
			return typeChar
		}
	}
	if i < len(s) {
		return typeChar
	}
	return kind
}

// setUnits takes the units from where they are written: the "COLUMN" comments
// of NASA's exports, the parentheses of ExoFOP's headers, else the archives'
// documentation.
func (t *Table) setUnits() {
	said := map[string]string{}
	for _, c := range t.rows.Comments {
		rest, ok := strings.CutPrefix(c, "COLUMN ")
		name, label, ok2 := strings.Cut(rest, ":")
		if i, j := strings.LastIndexByte(label, '['), strings.LastIndexByte(label, ']'); ok && ok2 && i >= 0 && j > i {
			said[name] = label[i+1 : j]
		}
	}
	for j, c := range t.Columns {
		unit, ok := said[c.Name]
		if !ok {
			unit = unitIn(c.Name)
		}
		if unit == "" {
			unit = t.knownUnit(c.Name)
		}
		if t.Columns[j].Type != "char" {
			t.Columns[j].Unit = unit
		}
	}
}

// unitIn returns the last words in parentheses: "Epoch (BJD) err" → "BJD".
func unitIn(name string) string {
	j := strings.LastIndexByte(name, ')')
	if j < 0 {
		return ""
	}
	i := strings.LastIndexByte(name[:j], '(')
	if i < 0 || name[i+1:j] == "g" { // log(g)
		return ""
	}
	return name[i+1 : j]
}

// knownUnit looks a column up by its name without the suffix of a companion.
func (t *Table) knownUnit(name string) string {
	for _, suffix := range []string{"_err1", "_err2", "err1", "err2", "_err", "_error"} {
		if base, ok := strings.CutSuffix(name, suffix); ok {
			name = base
			break
		}
	}
	if t.Type == Candidates {
		return candidateUnit(name)
	}
	if t.Type == K2 && name == "pl_trandep" {
		return "%"
	}
	return units[name]
}

var units = map[string]string{
	"koi_period": "days", "koi_time0bk": "BKJD", "koi_time0": "BJD", "koi_duration": "hours", "koi_ingress": "hours",
	"koi_depth": "ppm", "koi_prad": "Earth radii", "koi_teq": "K", "koi_insol": "Earth flux", "koi_steff": "K",
	"koi_slogg": "log10(cm/s**2)", "koi_smet": "dex", "koi_srad": "Solar radii", "koi_smass": "Solar mass", "koi_sage": "Gyr",
	"koi_sma": "au", "koi_incl": "deg", "koi_longp": "deg", "koi_srho": "g/cm**3", "koi_kepmag": "mag",
	"koi_gmag": "mag", "koi_rmag": "mag", "koi_imag": "mag", "koi_zmag": "mag", "koi_jmag": "mag", "koi_hmag": "mag", "koi_kmag": "mag",
	"ra": "deg", "dec": "deg", "pl_orbper": "days", "pl_tranmid": "BJD", "pl_trandurh": "hours", "pl_trandur": "hours",
	"pl_trandep": "ppm", "pl_rade": "Earth radii", "pl_radj": "Jupiter radii", "pl_bmasse": "Earth mass", "pl_bmassj": "Jupiter mass",
	"pl_insol": "Earth flux", "pl_eqt": "K", "pl_orbsmax": "au", "pl_orbincl": "deg", "pl_rvamp": "m/s", "pl_dens": "g/cm**3",
	"st_tmag": "mag", "st_dist": "pc", "st_teff": "K", "st_logg": "log10(cm/s**2)", "st_rad": "Solar radii", "st_mass": "Solar mass",
	"st_met": "dex", "st_age": "Gyr", "st_dens": "g/cm**3", "st_pmra": "mas/yr", "st_pmdec": "mas/yr",
	"sy_dist": "pc", "sy_plx": "mas", "sy_vmag": "mag", "sy_kmag": "mag", "sy_gaiamag": "mag", "sy_kepmag": "mag", "sy_tmag": "mag",
	"TESS mag": "mag", "TESS Mag": "mag", "PM RA": "mas/yr", "PM Dec": "mas/yr", "Period": "days", "Duration": "hours", "Transit Epoch": "BJD",
	"parallax": "mas", "pmra": "mas/yr", "pmdec": "mas/yr", "phot_g_mean_mag": "mag", "bp_rp": "mag",
	"teff_gspphot": "K", "logg_gspphot": "log10(cm/s**2)", "radius_gspphot": "Solar radii", "radius_flame": "Solar radii", "mass_flame": "Solar mass",
}
