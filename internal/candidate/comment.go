package candidate

import (
	"regexp"
	"strings"

	"exoplanetai/internal/catalog"
)

// foldName drops what writers vary in an object's name.
func foldName(name string) string { return catalog.Fold(name) }

// mention is an object's name that a row gives.
type mention struct {
	name string // as the row spells it
	fold string // as names are compared
	sure bool   // the row says that it is this object: the name stands alone
}

// mentions returns the names of other objects that an entity's rows give. A TOI
// says in its comments which known planet it is; the name then stands alone
// between semicolons, commas or slashes ("HAT-P-7 b/Kepler-2 b"). A name inside
// a sentence may be anything ("exterior to K2-43 b and c") and is not sure.
func (e *entity) mentions() []mention {
	if e.from != fromTOI {
		return nil
	}
	var list []mention
	add := func(name string, sure bool) {
		m := mention{name, foldObject(name), sure}
		for i := range list {
			if list[i].fold == m.fold {
				list[i].sure = list[i].sure || sure
				return
			}
		}
		if len(list) < maxMentions {
			list = append(list, m)
		}
	}
	for _, i := range e.rows[:min(len(e.rows), maxMentions)] {
		if name := e.view.get(i, "planet_name"); name != "" {
			add(name, true)
		}
		comment := e.view.get(i, "comments")
		if len(comment) > maxComment {
			comment = comment[:maxComment]
		}
		for part := range strings.FieldsFuncSeq(comment, func(r rune) bool { return r == ';' || r == ',' || r == '/' }) {
			if part = strings.TrimSpace(part); isObject(part) {
				add(part, true)
			}
		}
		if strings.Contains(comment, "Kepler") || strings.Contains(comment, "K2") || strings.Contains(comment, "KOI") || strings.Contains(comment, "EPIC") {
			for _, name := range known.FindAllString(comment, maxMentions) {
				add(name, false)
			}
		}
	}
	return list
}

const (
	maxComment  = 4096
	maxMentions = 16
)

// known finds the names of objects of the Kepler and K2 missions in a text.
var known = regexp.MustCompile(`\b(?:Kepler-[0-9]{1,4} ?(?:[A-C] )?[b-j]\b|K2-[0-9]{1,4} ?(?:[A-C] )?[b-j]\b|KOI[- ]?[0-9]{1,5}\.[0-9]{2}\b|EPIC ?[0-9]{9}\.[0-9]{2}\b)`)

// koi splits the customary name of a Kepler object of interest.
var koi = regexp.MustCompile(`^(?i:KOI[- ]?|K)([0-9]{1,5})\.([0-9]{2})$`)

// foldObject is foldName, and KOI-72.01 is K00072.01.
func foldObject(name string) string {
	if len(name) == 9 && name[0] == 'K' && name[6] == '.' && digits(name[1:]) == 5 && digits(name[7:]) == 2 {
		return "k" + name[1:] // as the archive writes it
	}
	if name == "" || name[0]|0x20 != 'k' || digits(name[len(name)-1:]) == 0 {
		return foldName(name)
	}
	if m := koi.FindStringSubmatch(name); m != nil {
		return "k" + strings.Repeat("0", 5-len(m[1])) + m[1] + "." + m[2]
	}
	return foldName(name)
}

// greek are the small letters that stars' names begin with.
var greek = map[string]bool{"alf": true, "bet": true, "gam": true, "del": true, "eps": true, "zet": true, "eta": true, "tet": true,
	"iot": true, "kap": true, "lam": true, "mu": true, "nu": true, "ksi": true, "omi": true, "pi": true, "rho": true, "sig": true,
	"tau": true, "ups": true, "phi": true, "chi": true, "psi": true, "ome": true, "alpha": true, "beta": true, "gamma": true}

// isObject tells whether a text is the name of a planet or of a candidate of
// Kepler or K2 and nothing else: "WASP-46 b", "DS Tuc A b", "nu 2 Lup c",
// "Kepler-422b", "KOI 3689.01", "EPIC 210463428.01". Not "period is 20.3 d".
func isObject(s string) bool {
	if m := known.FindStringIndex(s); m != nil && m[0] == 0 && m[1] == len(s) {
		return true
	}
	if !isPlanetName(s) || len(s) > 40 || s[len(s)-1] > 'j' || strings.ContainsAny(s, "=~().%?") {
		return false
	}
	words := strings.Fields(s[:len(s)-2])
	if len(words) > 4 {
		return false
	}
	for i, w := range words {
		capital := w[0] >= 'A' && w[0] <= 'Z' || isDigit(w[0])
		if !capital && !(i == 0 && greek[w]) {
			return false
		}
	}
	return len(words) > 0
}
