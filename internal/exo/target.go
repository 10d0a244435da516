package exo

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Catalog is one of the three input catalogs that number the stars.
type Catalog string

// The input catalogs of the missions.
const (
	KIC  Catalog = "KIC"  // Kepler Input Catalog
	EPIC Catalog = "EPIC" // Ecliptic Plane Input Catalog (K2)
	TIC  Catalog = "TIC"  // TESS Input Catalog
)

// Mission is one of the three missions whose light curves are held.
type Mission string

// The missions.
const (
	Kepler Mission = "Kepler"
	K2     Mission = "K2"
	TESS   Mission = "TESS"
)

// ParseMission reads a mission's name without regard to case.
func ParseMission(s string) (Mission, error) {
	for _, m := range []Mission{Kepler, K2, TESS} {
		if strings.EqualFold(s, string(m)) {
			return m, nil
		}
	}
	return "", Errorf("exo.ParseMission", Invalid, nil, "%q is not a mission", clip(s)).Try("use TESS, Kepler or K2")
}

// Catalog returns the input catalog of the mission.
func (m Mission) Catalog() Catalog {
	switch m {
	case Kepler:
		return KIC
	case K2:
		return EPIC
	}
	return TIC
}

// Folder returns the mission's folder below lightcurves/.
func (m Mission) Folder() string { return strings.ToLower(string(m)) }

// SliceWord returns what the mission calls a slice of its observations.
func (m Mission) SliceWord() string {
	switch m {
	case Kepler:
		return "quarter"
	case K2:
		return "campaign"
	}
	return "sector"
}

// Mission returns the mission that observed stars of the catalog.
func (c Catalog) Mission() Mission {
	switch c {
	case KIC:
		return Kepler
	case EPIC:
		return K2
	}
	return TESS
}

// TargetID is a star's number in an input catalog. The zero value is no star.
type TargetID struct {
	Catalog Catalog
	Number  uint64
}

// String returns the customary form, "TIC 441420236".
func (t TargetID) String() string {
	if t.IsZero() {
		return ""
	}
	return string(t.Catalog) + " " + strconv.FormatUint(t.Number, 10)
}

// IsZero reports whether the identifier was never set.
func (t TargetID) IsZero() bool { return t.Catalog == "" }

// MarshalText gives the customary form.
func (t TargetID) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads any accepted spelling of an identifier.
func (t *TargetID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*t = TargetID{}
		return nil
	}
	v, err := ParseTargetID(string(b))
	if err != nil {
		return err
	}
	*t = v
	return nil
}

// ParseTargetID reads "TIC 123", "tic-123", "KIC123", "kplr000000123",
// "EPIC 123", "ktwo000000123". Any other name is Invalid.
func ParseTargetID(s string) (TargetID, error) {
	n, err := ParseName(s)
	if err != nil {
		return TargetID{}, err
	}
	if n.Form != FormID || strings.Contains(n.Query, ".") { // a candidate is not its star
		return TargetID{}, Errorf("exo.ParseTargetID", Invalid, nil, "%q is not a catalog number", clip(s)).
			Try("write it as TIC 441420236, KIC 11904151 or EPIC 201912552")
	}
	return n.ID, nil
}

// Form says what a target's name looks like.
type Form string

// The forms of name that are told apart by their spelling alone.
const (
	FormID     Form = "id"     // TIC 441420236, KIC 11904151, EPIC 201912552
	FormTOI    Form = "toi"    // TOI-700, TOI 700.01
	FormKOI    Form = "koi"    // K00072.01, KOI-72
	FormKepler Form = "kepler" // Kepler-10, Kepler-10 b
	FormK2     Form = "k2"     // K2-18, K2-18 b
	FormOther  Form = "other"  // AU Mic, WASP-46
)

// Mission returns the mission that a form of name comes from; empty for names
// that do not tell.
func (f Form) Mission() Mission {
	switch f {
	case FormKOI, FormKepler:
		return Kepler
	case FormK2:
		return K2
	case FormTOI:
		return TESS
	}
	return ""
}

// Name is a target's name as a user wrote it, parsed.
//
// Canonical is the spelling that the catalogs use: "TIC 441420236",
// "TOI 700.01", "K00072.01" (star alone: "K00072"), "Kepler-10 b", "K2-18 b";
// for FormOther the text with blanks collapsed. The name of a K2 candidate,
// "EPIC 211311380.01", is read as its star's.
type Name struct {
	Query     string   // as given, trimmed
	Form      Form     //
	ID        TargetID // of FormID
	Canonical string   //
}

// maxName bounds a target's name; the longest in SIMBAD are below 60.
const maxName = 100

var (
	reEPIC   = regexp.MustCompile(`(?i)^(epic)(?:[ _]*|-)0*([0-9]{1,18})\.[0-9]{2}$`) // a candidate of K2, EPIC 211311380.01
	reID     = regexp.MustCompile(`(?i)^(tic|kic|epic|kplr|ktwo)(?:[ _]*|-)0*([0-9]{1,18})$`)
	reNoID   = regexp.MustCompile(`(?i)^(tic|kic|epic|kplr|ktwo)[^a-z]*$`) // a catalog and what is no number of it
	reTOI    = regexp.MustCompile(`(?i)^toi[ _-]*0*([0-9]{1,6})(?:\.([0-9]{2}))?$`)
	reKOI    = regexp.MustCompile(`(?i)^(?:koi[ _-]*|k)([0-9]{1,5})(?:\.([0-9]{2}))?$`)
	reKepler = regexp.MustCompile(`(?i)^kepler[ _-]*([0-9]{1,5})[ _-]*([b-z])?$`)
	reK2     = regexp.MustCompile(`(?i)^k2[ _-]+([0-9]{1,5})[ _-]*([b-z])?$`)
	reNumber = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
)

// ParseName reads a target's name and refuses what cannot be one: an empty or
// overlong text, control characters, slashes, "..", and a bare number, which
// may stand for different stars in different catalogs.
func ParseName(s string) (Name, error) {
	const op = "exo.ParseName"
	q := strings.TrimSpace(s)
	switch {
	case q == "":
		return Name{}, Errorf(op, Invalid, nil, "the target's name is empty").Try("give a name such as TIC 441420236, TOI-700 or Kepler-10")
	case len(q) > maxName:
		return Name{}, Errorf(op, Invalid, nil, "the target's name is longer than %d bytes", maxName).Try("give a catalog number or a usual name")
	case !utf8.ValidString(q) || strings.ContainsFunc(q, forbiddenInName) || strings.Contains(q, "..") || q[0] == '-':
		return Name{}, Errorf(op, Invalid, nil, "the target's name %q holds characters that no name has", clip(q)).Try("use letters, digits, blanks and + - . only")
	case reNumber.MatchString(q):
		return Name{}, Errorf(op, Invalid, nil, "the bare number %s may be a TIC, a KIC or an EPIC star", clip(q)).
			Try("write TIC %s, KIC %s or EPIC %s", clip(q), clip(q), clip(q))
	}
	n := Name{Query: q}
	m := reID.FindStringSubmatch(q)
	if m == nil {
		m = reEPIC.FindStringSubmatch(q)
	}
	if m != nil {
		if num, err := strconv.ParseUint(m[2], 10, 64); err == nil && num > 0 {
			n.Form, n.ID = FormID, TargetID{prefixes[strings.ToLower(m[1])], num}
			n.Canonical = n.ID.String()
			return n, nil
		}
	}
	if reNoID.MatchString(q) {
		return Name{}, Errorf(op, Invalid, nil, "%q is not a catalog number", clip(q)).Try("give the catalog and a positive whole number, such as TIC 441420236")
	}
	if m := reTOI.FindStringSubmatch(q); m != nil {
		n.Form, n.Canonical = FormTOI, "TOI "+m[1]
		if m[2] != "" {
			n.Canonical += "." + m[2]
		}
		return n, nil
	}
	if m := reKOI.FindStringSubmatch(q); m != nil && (len(m[1]) == 5 || len(q) > 3 && strings.EqualFold(q[:3], "koi")) {
		num, _ := strconv.Atoi(m[1]) // five digits cannot fail
		n.Form, n.Canonical = FormKOI, fmt.Sprintf("K%05d", num)
		if m[2] != "" {
			n.Canonical += "." + m[2]
		}
		return n, nil
	}
	if m := reKepler.FindStringSubmatch(q); m != nil {
		n.Form, n.Canonical = FormKepler, planet("Kepler-"+m[1], m[2])
		return n, nil
	}
	if m := reK2.FindStringSubmatch(q); m != nil {
		n.Form, n.Canonical = FormK2, planet("K2-"+m[1], m[2])
		return n, nil
	}
	n.Form, n.Canonical = FormOther, strings.Join(strings.Fields(q), " ")
	return n, nil
}

var prefixes = map[string]Catalog{"tic": TIC, "kic": KIC, "epic": EPIC, "kplr": KIC, "ktwo": EPIC}

func planet(host, letter string) string {
	if letter == "" {
		return host
	}
	return host + " " + strings.ToLower(letter)
}

func forbiddenInName(r rune) bool {
	return r < 0x20 || (r >= 0x7f && r < 0xa0) || strings.ContainsRune(`/\"<>|&;$`+"`", r) ||
		(r >= 0x200b && r <= 0x200f) || (r >= 0x2028 && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) ||
		r == 0xfeff || r == utf8.RuneError // marks of byte order, and what stands for bytes that are no text
}
