package preprocess

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
)

// Recipe is a checked and complete set of parameters. It does not change and
// may be shared.
type Recipe struct {
	Profile Profile
	Params  Params // complete: no pointer is nil

	// Known are the ephemerides that are known of the star, used or not, so that
	// a run can warn of what it does to them. They are no part of the digest.
	Known []Ephemeris

	canonical []byte
	digest    exo.Digest
}

// Profiles lists the profiles.
func Profiles() []Profile { return []Profile{ProfileDefault, ProfileTransit} }

// NewRecipe makes a recipe of a profile's parameters, with those that the user
// gave as one JSON object laid over them, and the ephemerides that are known of
// the star (on the light curve's time scale) unless the user gave others. Only
// the profile "transit" uses known ephemerides, or the word "catalog". The empty
// profile is "default"; empty JSON or null sets nothing. Every mistake is
// exo.Invalid, found before any work, naming the parameter, what it was and its
// limits; the error's member "parameters" is the list of all ([]Mistake).
//
// Known ephemerides that cannot be used (no finite mid-time, no duration, one
// that is not shorter than the period) are left aside, as are those after the
// fiftieth. A t0 of 2,000,000 or more is a full BJD; Run takes the zero point of
// the series' scale from it.
func NewRecipe(profile Profile, user json.RawMessage, known []Ephemeris) (*Recipe, error) {
	const op = "preprocess.NewRecipe"
	if profile == "" {
		profile = ProfileDefault
	}
	if !slices.Contains(Profiles(), profile) {
		return nil, mistaken(op, []Mistake{{"profile", strconv.Quote(shown([]byte(profile))), "default or transit"}})
	}
	var members []member
	if text := bytes.TrimSpace(user); len(text) > 0 && string(text) != "null" {
		var err error
		if members, err = object(text); err != nil {
			return nil, exo.E(op, exo.Invalid, nil, err).Say("the processing parameters cannot be read: %v", err).
				Try(`give one JSON object, for example {"sigma_clip_sigma": 4}`)
		}
	}
	r := &Recipe{Profile: profile, Params: DefaultParams(), Known: Usable(known)}
	given := DefaultParams()
	set, bad := overlay(&given, members)
	r.Params.Ephemerides = r.ephemerides(given.Ephemerides, set["ephemerides"], members)
	r.applyProfile()
	for _, m := range members { // once more, over the profile; mistakes are known by now
		if m.name != "ephemerides" {
			overlay(&r.Params, []member{m})
		}
	}
	r.resolve()
	bad = append(bad, r.contradictions(bad)...)
	if err := mistaken(op, bad); err != nil {
		return nil, err
	}
	r.seal()
	return r, nil
}

// Usable returns a copy of the ephemerides that a recipe can use, at most fifty:
// those with a duration, a sane epoch and a period longer than the duration or
// none. What is no number of theirs becomes unknown.
func Usable(known []Ephemeris) []Ephemeris {
	var list []Ephemeris
	for _, e := range known {
		ok := e.Duration > 0 && e.Duration <= 100 && math.Abs(e.T0) <= 1e7
		if !(e.Period > 0) || math.IsInf(e.Period, 0) {
			e.Period = 0
		}
		if !ok || e.Period > 1e6 || e.Period > 0 && e.Duration >= e.Period || len(list) == maxEphemerides {
			continue
		}
		for _, f := range []*float64{&e.PeriodErr, &e.T0Err, &e.DurationErr, &e.DepthPPM} {
			if !(*f > 0) || *f > 1e6 {
				*f = 0 // unknown
			}
		}
		e.Object, e.Source = clipText(e.Object), clipText(e.Source)
		list = append(list, e)
	}
	return list
}

func clipText(s string) string {
	if s = strings.ToValidUTF8(s, "?"); len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return s
}

// ephemerides returns those that the recipe uses; never nil.
func (r *Recipe) ephemerides(given []Ephemeris, set bool, members []member) []Ephemeris {
	word := ""
	for _, m := range members {
		if m.name == "ephemerides" && isWord(m.value) {
			word = string(m.value)
		}
	}
	switch {
	case word == `"catalog"`, !set && r.Profile == ProfileTransit:
		return append([]Ephemeris{}, r.Known...)
	case word == "" && set:
		return append([]Ephemeris{}, given...)
	}
	return []Ephemeris{}
}

// applyProfile sets what the profile says otherwise than the defaults
// (docs/preprocessing.md, "Profiles").
func (r *Recipe) applyProfile() {
	if r.Profile != ProfileTransit {
		return
	}
	p := &r.Params
	none := Number(math.Inf(1))
	p.SigmaLower, p.OutlierSides, p.ClipAfter = &none, "upper", true
	p.BaselineMethod = baselineBiweight
	if len(p.Ephemerides) > 0 {
		p.BaselineMethod, p.BaselineWindowDurations = baselineMasked, 3
	}
}

// resolve sets what is unset from the other parameters.
func (r *Recipe) resolve() {
	p := &r.Params
	some := len(p.Ephemerides) > 0
	p.SigmaLower = orElse(p.SigmaLower, Number(p.SigmaClipSigma))
	p.SigmaUpper = orElse(p.SigmaUpper, Number(p.SigmaClipSigma))
	p.MADK = orElse(p.MADK, p.SigmaClipSigma)
	p.EnsembleMinVotes = orElse(p.EnsembleMinVotes, len(p.EnsembleMembers)/2+1)
	p.ProtectTransits = orElse(p.ProtectTransits, some)
	p.NormExcludeTransits = orElse(p.NormExcludeTransits, some)
	window := 1.5
	if some {
		longest := longestDuration(p.Ephemerides)
		if window = 3 * longest; !*p.ProtectTransits {
			window = 6 * longest
		}
	}
	p.BiweightWindowDays = orElse(p.BiweightWindowDays, window)
}

func orElse[T any](v *T, otherwise T) *T {
	if v == nil {
		return &otherwise
	}
	return v
}

func longestDuration(list []Ephemeris) float64 {
	longest := 0.0
	for _, e := range list {
		longest = max(longest, e.Duration)
	}
	return longest
}

// contradictions finds parameters that do not fit each other, where they fit
// alone.
func (r *Recipe) contradictions(found []Mistake) (bad []Mistake) {
	wrong := func(name string) bool {
		return slices.ContainsFunc(found, func(m Mistake) bool { return m.Name == name })
	}
	p := &r.Params
	if p.BaselinePolyorder >= p.BaselineWindowLength && !wrong("baseline_window_length") && !wrong("baseline_polyorder") {
		bad = append(bad, Mistake{"baseline_polyorder", strconv.Itoa(p.BaselinePolyorder),
			"0 to 9, below baseline_window_length, which is " + strconv.Itoa(p.BaselineWindowLength)})
	}
	if *p.EnsembleMinVotes > len(p.EnsembleMembers) && !wrong("ensemble_members") && !wrong("ensemble_min_votes") {
		bad = append(bad, Mistake{"ensemble_min_votes", strconv.Itoa(*p.EnsembleMinVotes),
			"1 to the number of ensemble_members, which is " + strconv.Itoa(len(p.EnsembleMembers))})
	}
	return bad
}

func (r *Recipe) seal() {
	r.canonical = appendParams(nil, &r.Params)
	r.digest = exo.DigestOf(r.canonical)
}

// ParseRecipe reads the canonical JSON of a processed file (PPPARAM). It accepts
// only the form that Canonical gives; anything else is exo.Invalid.
func ParseRecipe(profile Profile, canonical []byte) (*Recipe, error) {
	const op = "preprocess.ParseRecipe"
	if !slices.Contains(Profiles(), profile) {
		return nil, mistaken(op, []Mistake{{"profile", strconv.Quote(shown([]byte(profile))), "default or transit"}})
	}
	members, err := object(canonical)
	if err != nil {
		return nil, exo.E(op, exo.Invalid, nil, err).Say("the recorded parameters cannot be read: %v", err)
	}
	r := &Recipe{Profile: profile, Params: DefaultParams()}
	set, bad := overlay(&r.Params, members)
	for _, s := range specs() {
		if !set[s.name] && !slices.ContainsFunc(bad, func(m Mistake) bool { return m.Name == s.name }) {
			bad = append(bad, Mistake{s.name, "missing", "recorded"})
		}
	}
	if len(bad) == 0 {
		bad = r.contradictions(nil)
	}
	if err := mistaken(op, bad); err != nil {
		return nil, err
	}
	if r.seal(); !bytes.Equal(r.canonical, canonical) {
		return nil, exo.Errorf(op, exo.Invalid, nil, "the recorded parameters are not in canonical form").
			Try("sorted keys, no blanks, shortest numbers")
	}
	return r, nil
}

// Canonical returns the parameters as JSON: keys sorted, no blanks, shortest
// numbers that give the same value back, infinities as "inf".
func (r *Recipe) Canonical() []byte { return bytes.Clone(r.canonical) }

// Digest returns the SHA-256 of Canonical (PPPSHA).
func (r *Recipe) Digest() exo.Digest { return r.digest }

// Short returns the first eight hexadecimal digits of the digest, as file names
// carry them.
func (r *Recipe) Short() string { return r.digest.Hex()[:8] }

// ParamJSON makes the JSON object of key=value pairs, as a command line gives
// them: the value is JSON where it parses as such, else a text. exo.Invalid for
// a pair without a key.
func ParamJSON(pairs []string) (json.RawMessage, error) {
	b := []byte{'{'}
	for i, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return nil, exo.Errorf("preprocess.ParamJSON", exo.Invalid, nil, "%q is not a parameter", shown([]byte(pair))).
				Try("write it as name=value, for example sigma_clip_sigma=4")
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, name), ':')
		if value = strings.TrimSpace(value); json.Valid([]byte(value)) {
			b = append(b, value...)
		} else {
			b = appendText(b, value)
		}
	}
	return append(b, '}'), nil
}
