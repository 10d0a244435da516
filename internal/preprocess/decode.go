package preprocess

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
)

// Mistake is one parameter that does not fit. Errors of recipes carry all of
// them as the member "parameters".
type Mistake struct {
	Name   string `json:"name"`
	Value  string `json:"value"` // as it was given, shortened
	Limits string `json:"limits"`
}

func (m Mistake) String() string {
	return fmt.Sprintf("%s is %s; it must be %s", m.Name, m.Value, m.Limits)
}

const maxShown = 60 // bytes of a value that a message repeats

func shown(raw []byte) string {
	s := strings.ToValidUTF8(string(raw), "�")
	if len(s) > maxShown {
		return strings.ToValidUTF8(s[:maxShown], "") + "…"
	}
	return s
}

// mistaken makes the one error for all mistakes; nil for none.
func mistaken(op string, list []Mistake) error {
	if len(list) == 0 {
		return nil
	}
	const most = 20 // more would be noise
	text := make([]string, 0, most)
	for _, m := range list[:min(len(list), most)] {
		text = append(text, m.String())
	}
	if len(list) > most {
		text = append(text, fmt.Sprintf("and %d more", len(list)-most))
	}
	message := strings.Join(text, ". ")
	return exo.Errorf(op, exo.Invalid, nil, "%s", message).With("parameters", list[:min(len(list), 100)])
}

// member is one name of a JSON object with its value as it stands.
type member struct {
	name  string
	value json.RawMessage
}

// maxJSON bounds the parameters that are read: all of them, with the most
// ephemerides and the longest texts.
const maxJSON = 256 << 10

// object reads one JSON object and keeps the order and the doubles of its names.
func object(raw []byte) ([]member, error) {
	if len(raw) > maxJSON {
		return nil, fmt.Errorf("%d bytes, more than %d", len(raw), maxJSON)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, fmt.Errorf("not a JSON object")
	}
	var list []member
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("not JSON near byte %d", dec.InputOffset())
		}
		m := member{}
		m.name, _ = name.(string) // within an object the decoder gives nothing else here
		if err := dec.Decode(&m.value); err != nil {
			return nil, fmt.Errorf("not JSON near byte %d, at %q", dec.InputOffset(), shown([]byte(m.name)))
		}
		list = append(list, m)
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("the JSON object has no end")
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("something follows the JSON object")
	}
	return list, nil
}

// overlay lays the members over the parameters and says which were set.
// Unknown and doubled names and values that do not fit are mistakes; null
// leaves a parameter as it is.
func overlay(p *Params, members []member) (set map[string]bool, bad []Mistake) {
	set = map[string]bool{}
	list := specs()
	for _, m := range members {
		i := slices.IndexFunc(list, func(s spec) bool { return s.name == m.name })
		switch {
		case i < 0:
			bad = append(bad, Mistake{shown([]byte(m.name)), shown(m.value), "left out: there is no such parameter" + nearest(m.name, list)})
		case set[m.name]:
			bad = append(bad, Mistake{m.name, shown(m.value), "given once"})
		case string(m.value) == "null":
		case m.name == "ephemerides" && isWord(m.value):
			set[m.name] = true // the words are for NewRecipe
		default:
			set[m.name] = true
			if b := list[i].decode(p, m.value); len(b) > 0 {
				bad = append(bad, b...)
			}
		}
	}
	return set, bad
}

func isWord(raw []byte) bool { return string(raw) == `"catalog"` || string(raw) == `"none"` }

// nearest offers the parameter that was probably meant.
func nearest(name string, list []spec) string {
	best, edits := "", 1+max(2, len(name)/3)
	for _, s := range list {
		if e := exo.Edits(strings.ToLower(name), s.name); e < edits {
			best, edits = s.name, e
		}
	}
	if best == "" {
		for _, s := range list { // window_length for baseline_window_length
			if len(name) >= 4 && strings.Contains(s.name, strings.ToLower(name)) {
				best = s.name
				break
			}
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// decode sets the field from JSON, or says what is wrong with it.
func (s spec) decode(p *Params, raw []byte) []Mistake {
	ok := false
	switch f := s.field(p).(type) {
	case *bool:
		*f, ok = decodeBool(raw)
	case **bool:
		var v bool
		v, ok = decodeBool(raw)
		*f = &v
	case *int:
		var v float64
		v, ok = s.integer(raw)
		*f = int(v)
	case **int:
		var v float64
		v, ok = s.integer(raw)
		n := int(v)
		*f = &n
	case *int64:
		var v float64
		v, ok = s.integer(raw)
		*f = int64(v)
	case *float64:
		*f, ok = s.number(raw)
	case **float64:
		var v float64
		v, ok = s.number(raw)
		*f = &v
	case **Number:
		v := math.Inf(1)
		if ok = string(raw) == `"inf"`; !ok {
			v, ok = s.number(raw)
		}
		n := Number(v)
		*f = &n
	case *string:
		*f, ok = s.text(raw)
	case *Bitmask:
		ok = decodeBitmask(f, raw)
	case *[]string:
		*f, ok = s.list(raw)
	case *[]Ephemeris:
		var bad []Mistake
		*f, bad = decodeEphemerides(raw, s.limits)
		return bad
	}
	if !ok {
		return []Mistake{{s.name, shown(raw), s.limitText()}}
	}
	return nil
}

func decodeBool(raw []byte) (v, ok bool) {
	return string(raw) == "true", string(raw) == "true" || string(raw) == "false"
}

// finite reads a JSON number that is a float64.
func finite(raw []byte) (float64, bool) {
	if len(raw) == 0 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, false
	}
	return v + 0, true
}

func (s spec) number(raw []byte) (float64, bool) {
	v, ok := finite(raw)
	return v, ok && v <= s.hi && (v > s.lo || v == s.lo && !s.above)
}

// integer accepts 3.0 for 3: many programs write integers so.
func (s spec) integer(raw []byte) (float64, bool) {
	v, ok := s.number(raw)
	ok = ok && v == math.Trunc(v) && (!s.odd || math.Mod(v, 2) == 1)
	if !ok {
		v = 0
	}
	return v, ok
}

func (s spec) text(raw []byte) (string, bool) {
	var v string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &v) != nil {
		return "", false
	}
	if s.words != nil {
		return v, slices.Contains(s.words, v)
	}
	return v, len(v) >= 1 && len(v) <= 64 && printable(v)
}

// printable reports whether a text is plain ASCII, as FITS headers need it.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func (s spec) list(raw []byte) ([]string, bool) {
	var items []json.RawMessage
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &items) != nil || len(items) == 0 || len(items) > len(s.words) {
		return nil, false
	}
	var list []string
	for _, item := range items {
		v, ok := s.text(item)
		if !ok || slices.Contains(list, v) {
			return nil, false
		}
		list = append(list, v)
	}
	return list, true
}

func decodeBitmask(b *Bitmask, raw []byte) bool {
	if v, ok := finite(raw); ok {
		*b = Bitmask{Mask: int32(max(0, min(v, math.MaxInt32)))}
		return v == float64(b.Mask)
	}
	words := spec{words: []string{"none", "default", "hard", "hardest"}}
	v, ok := words.text(raw)
	*b = Bitmask{Preset: lightcurve.Preset(v)}
	return ok
}

// ephemerisMember declares one member of an ephemeris.
type ephemerisMember struct {
	name     string
	field    func(*Ephemeris) any
	lo, hi   float64
	above    bool
	required bool
}

// ephemerisMembers are sorted by name.
func ephemerisMembers() []ephemerisMember {
	return []ephemerisMember{
		{name: "depth_ppm", field: func(e *Ephemeris) any { return &e.DepthPPM }, hi: 1e6},
		{name: "duration", field: func(e *Ephemeris) any { return &e.Duration }, hi: 100, above: true, required: true},
		{name: "duration_err", field: func(e *Ephemeris) any { return &e.DurationErr }, hi: 1e6},
		{name: "object", field: func(e *Ephemeris) any { return &e.Object }},
		{name: "period", field: func(e *Ephemeris) any { return &e.Period }, hi: 1e6, required: true},
		{name: "period_err", field: func(e *Ephemeris) any { return &e.PeriodErr }, hi: 1e6},
		{name: "source", field: func(e *Ephemeris) any { return &e.Source }},
		{name: "t0", field: func(e *Ephemeris) any { return &e.T0 }, lo: -1e7, hi: 1e7, required: true},
		{name: "t0_err", field: func(e *Ephemeris) any { return &e.T0Err }, hi: 1e6},
	}
}

// maxText bounds the texts of an ephemeris.
const maxText = 200

// decodeEphemerides reads the list. Period 0 or null is a single transit.
func decodeEphemerides(raw []byte, limits string) ([]Ephemeris, []Mistake) {
	var items []json.RawMessage
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &items) != nil || len(items) > maxEphemerides {
		return nil, []Mistake{{"ephemerides", shown(raw), limits}}
	}
	list := make([]Ephemeris, len(items))
	var bad []Mistake
	for i, item := range items {
		name := fmt.Sprintf("ephemerides[%d]", i)
		members, err := object(item)
		if err != nil {
			bad = append(bad, Mistake{name, shown(item), "an object with period, t0 and duration in days"})
			continue
		}
		wrong := list[i].decode(name, members)
		if e := list[i]; wrong == nil && e.Period > 0 && e.Duration >= e.Period {
			wrong = append(wrong, Mistake{name + ".duration", plain(e.Duration), "shorter than the period, " + plain(e.Period)})
		}
		bad = append(bad, wrong...)
	}
	return list, bad
}

func (e *Ephemeris) decode(name string, members []member) (bad []Mistake) {
	known := ephemerisMembers()
	seen := map[string]bool{}
	for _, m := range members {
		i := slices.IndexFunc(known, func(k ephemerisMember) bool { return k.name == m.name })
		if i < 0 || seen[m.name] {
			bad = append(bad, Mistake{name + "." + shown([]byte(m.name)), shown(m.value), "left out: only period, t0, duration, their _err, depth_ppm, object and source are known, each once"})
			continue
		}
		seen[m.name] = true
		if string(m.value) == "null" && (!known[i].required || m.name == "period") {
			continue
		}
		if limits := known[i].decode(e, m.value); limits != "" {
			bad = append(bad, Mistake{name + "." + m.name, shown(m.value), limits})
		}
	}
	for _, k := range known {
		if k.required && !seen[k.name] && k.name != "period" {
			bad = append(bad, Mistake{name + "." + k.name, "missing", "given, in days"})
		}
	}
	return bad
}

// decode sets the member and returns its limits when the value does not fit.
func (m ephemerisMember) decode(e *Ephemeris, raw []byte) (limits string) {
	switch f := m.field(e).(type) {
	case *float64:
		s := spec{name: m.name, lo: m.lo, hi: m.hi, above: m.above, field: func(p *Params) any { return &p.MaskFactor }}
		v, ok := s.number(raw)
		if *f = v; !ok {
			return s.limitText()
		}
	case *string:
		var v string
		if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &v) != nil || len(v) > maxText {
			return fmt.Sprintf("a text of at most %d bytes", maxText)
		}
		*f = v
	}
	return ""
}
