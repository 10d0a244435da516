package candidate

import (
	"strconv"
	"strings"
)

// places finds columns by folded name, the first of several alike.
func places(names []string) map[string]int {
	at := make(map[string]int, len(names))
	for j, name := range names {
		if f := fold(name); f != "" {
			if _, have := at[f]; !have {
				at[f] = j
			}
		}
	}
	return at
}

// fold drops what archives vary in a column's name: case, blanks, punctuation.
func fold(name string) string {
	b := make([]byte, 0, len(name))
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'A' && c <= 'Z':
			b = append(b, c+'a'-'A')
		case c >= 'a' && c <= 'z' || c-'0' <= 9 || c >= 0x80:
			b = append(b, c)
		}
	}
	return string(b)
}

// snake makes a plain column name: "Master priority" → "master_priority".
func snake(name string) string {
	b := make([]byte, 0, len(name))
	gap := false
	for i := range len(name) {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c < 'a' && c-'0' > 9 || c > 'z' {
			gap = len(b) > 0
			continue
		}
		if gap {
			b = append(b, '_')
			gap = false
		}
		b = append(b, c)
	}
	if len(b) == 0 {
		return "column"
	}
	return string(b)
}

// free makes a name that is not taken, and takes it.
func free(name, source string, taken map[string]bool) string {
	try := name
	if taken[try] {
		try = source + "_" + name
	}
	for n := 2; taken[try]; n++ {
		try = source + "_" + name + "_" + strconv.Itoa(n)
	}
	taken[try] = true
	return try
}

// voUnits spells the archives' units as the Virtual Observatory does.
var voUnits = map[string]string{
	"days": "d", "day": "d", "hours": "h", "hrs": "h", "hour": "h", "bkjd": "d", "bjd": "d", "degrees": "deg", "decimal degrees": "deg",
	"earth radii": "earthRad", "earth radius": "earthRad", "r_earth": "earthRad", "earth mass": "earthMass", "m_earth": "earthMass",
	"jupiter radii": "jupiterRad", "jupiter radius": "jupiterRad", "jupiter mass": "jupiterMass", "solar radii": "solRad", "solar radius": "solRad", "r_sun": "solRad",
	"solar mass": "solMass", "m_sun": "solMass", "au": "AU", "earth flux": "", "log10(cm/s**2)": "", "cm/s^2": "", "cm/s2": "", "dex": "",
	"g/cm**3": "g.cm-3", "m/s": "m.s-1", "mas/yr": "mas.yr-1", "%": "%", "mag": "mag", "mmag": "mmag",
}

func voUnit(unit string) string {
	if u, ok := voUnits[strings.ToLower(unit)]; ok {
		return u
	}
	return unit
}

// gaiaName writes a Gaia source with its release; a bare number is of DR3, the
// release that is asked for.
func gaiaName(s string) string {
	if n, err := strconv.ParseUint(s, 10, 63); err == nil && n > 0 {
		return "Gaia DR3 " + strconv.FormatUint(n, 10)
	}
	if strings.HasPrefix(s, "Gaia ") {
		return s
	}
	return ""
}

// koiName is the object's name as the archive writes it.
func koiName(s string) string { return s }

// toiName writes a TOI's number as a name: "256.01" → "TOI 256.01".
func toiName(s string) string {
	if s == "" || s[0]-'0' > 9 {
		return s
	}
	return "TOI " + s
}

func mustFloat(s string) float64 {
	v, _ := strconv.ParseFloat(s, 64) // written by float
	return v
}
