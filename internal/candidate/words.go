package candidate

import (
	"strconv"
	"strings"
)

// The verdicts of the merged tables.
const (
	Confirmed        = "CONFIRMED"         // a planet, as far as the source knows
	Candidate        = "CANDIDATE"         // may be one
	FalsePositive    = "FALSE POSITIVE"    // another object makes the signal
	FalseAlarm       = "FALSE ALARM"       // there is no signal in the sky
	Refuted          = "REFUTED"           // was published as a planet, is none
	NotDispositioned = "NOT DISPOSITIONED" // nobody has looked yet
)

// verdicts maps the words of the archives: koi_disposition; TFOPWG (ExoFOP-TESS:
// PC planetary candidate, APC ambiguous planetary candidate, CP confirmed
// planet, KP known planet, FP false positive, FA false alarm); k2pandc, whose
// guide writes two words with a bracket.
var verdicts = map[string]string{
	"CONFIRMED": Confirmed, "CANDIDATE": Candidate, "FALSE POSITIVE": FalsePositive, "FALSE ALARM": FalseAlarm,
	"REFUTED": Refuted, "NOT DISPOSITIONED": NotDispositioned,
	"FALSE POSITIVE [CANDIDATE]": FalsePositive, "REFUTED [PLANET]": Refuted,
	"CP": Confirmed, "KP": Confirmed, "PC": Candidate, "APC": Candidate, "FP": FalsePositive, "FA": FalseAlarm,
}

// verdict gives a disposition in the words above; "" for an unknown word, which
// stays readable as the original.
func verdict(s string) string {
	if v, ok := verdicts[s]; ok {
		return v
	}
	return verdicts[strings.ToUpper(strings.Join(strings.Fields(s), " "))]
}

// isoDate writes "2019-07-24 15:58:33" with a T between day and time, as ISO
// 8601 has it. Days and months stay; what is no date gives "".
func isoDate(s string) string {
	const shape = "0000-00-00T00:00:00"
	if len(s) > len(shape) || len(s) < 4 {
		return ""
	}
	for i := range len(s) {
		switch c := shape[i]; {
		case c == '0' && s[i]-'0' > 9,
			c == 'T' && s[i] != ' ' && s[i] != 'T',
			(c == '-' || c == ':') && s[i] != c:
			return ""
		}
	}
	if len(s) > 10 {
		return s[:10] + "T" + s[11:]
	}
	return s
}

// quarters lists the quarters of koi_quarters, 32 characters of 0 and 1 of which
// the first is quarter 1. Other texts stay as they are.
func quarters(s string) string {
	if len(s) != 32 || strings.Trim(s, "01") != "" {
		return s
	}
	var list []string
	for i := range len(s) {
		if s[i] == '1' {
			list = append(list, strconv.Itoa(i+1))
		}
	}
	return strings.Join(list, ",")
}

// reference names the paper that an HTML anchor leads to by its bibliographic
// code, because one first author may have several papers in a year; without one,
// by the anchor's words:
// <a refstr=… href=https://ui.adsabs.harvard.edu/abs/2018AJ....155..257S/abstract target=ref>Sarkis et al. 2018</a>
func reference(s string) string {
	if !strings.HasPrefix(s, "<a ") {
		return s
	}
	if _, rest, ok := strings.Cut(s, "/abs/"); ok {
		if code, _, ok := strings.Cut(rest, "/"); ok && code != "" && !strings.ContainsAny(code, " <>") {
			return strings.ReplaceAll(code, "%26", "&") // A&A
		}
	}
	i, j := strings.IndexByte(s, '>'), strings.LastIndex(s, "</a>")
	if i < 0 || j <= i {
		return s
	}
	return strings.TrimSpace(s[i+1 : j])
}

// starName writes a catalog number as text: "10797460" of the KIC is
// "KIC 10797460", and "epic 211311380" is "EPIC 211311380". What names no star
// of that catalog gives "".
func starName(catalog, s string) string {
	if n := len(catalog); len(s) > n && strings.EqualFold(s[:n], catalog) {
		s = strings.TrimLeft(s[n:], " -_")
	}
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil || n == 0 {
		return ""
	}
	return catalog + " " + strconv.FormatUint(n, 10)
}

// epicOf finds the star's number in the names of the K2 mission: "EPIC
// 211311380", "EPIC 211311380.01", "EPIC 212036875 b".
func epicOf(s string) string {
	if isPlanetName(s) {
		s = s[:len(s)-2]
	}
	if isEPICCandidate(s) {
		s = s[:len(s)-3]
	}
	if len(s) < 4 || !strings.EqualFold(s[:4], "EPIC") {
		return ""
	}
	return starName("EPIC", s)
}

// isPlanetName tells whether a name ends like a planet's: "K2-18 b".
func isPlanetName(s string) bool {
	n := len(s)
	return n >= 3 && s[n-2] == ' ' && s[n-1] >= 'b' && s[n-1] <= 'z'
}

// isEPICCandidate tells whether the name is a candidate's of the K2 mission.
func isEPICCandidate(s string) bool {
	star, number, ok := strings.Cut(s, ".")
	return ok && len(number) == 2 && number[0]-'0' <= 9 && number[1]-'0' <= 9 &&
		strings.HasPrefix(star, "EPIC ") && starName("EPIC", star) != ""
}
