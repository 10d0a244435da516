package query

import (
	"context"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// maxCone bounds the text of a cone.
const maxCone = 200

const coneForms = `write right ascension, declination and radius, 291.93,48.14,0.1 or 19:27:44,+48:08:30,30", or a name and a radius, Kepler-10,5'; a bare radius is in degrees`

func badCone(s, format string, args ...any) error {
	const op = "query.cone"
	why := exo.Errorf(op, exo.Invalid, nil, format, args...).Message
	return exo.Errorf(op, exo.Invalid, nil, "cone=%.80q cannot be used: %s", clip(s, 80), why).
		With("parameter", "cone").With("allowed", []string{"ra,dec,radius", "name,radius"}).Try("%s", coneForms)
}

// cone reads the circle of a request; nil for none.
func (s *Service) cone(ctx context.Context, text string) (*Cone, error) {
	if text == "" {
		return nil, nil
	}
	if len(text) > maxCone || !utf8.ValidString(text) {
		return nil, badCone(text, "it is longer than %d bytes, or no text", maxCone)
	}
	parts := strings.Split(text, ",")
	radius, ok := parseRadius(parts[len(parts)-1])
	switch {
	case len(parts) != 2 && len(parts) != 3:
		return nil, badCone(text, "it has %d parts, and not two or three", len(parts))
	case !ok:
		return nil, badCone(text, "%q is not an angle", strings.TrimSpace(parts[len(parts)-1]))
	case radius <= 0 || radius > 180:
		return nil, badCone(text, "the radius is not above 0 and at most 180 degrees")
	}
	c := &Cone{Radius: radius}
	var err error
	if len(parts) == 2 {
		c.RA, c.Dec, err = s.resolve(ctx, text, strings.TrimSpace(parts[0]))
		return c, err
	}
	if c.RA, ok = parseAngle(parts[0], true); !ok || c.RA < 0 || c.RA > 360 {
		return nil, badCone(text, "%q is no right ascension from 0 to 360 degrees", strings.TrimSpace(parts[0]))
	}
	if c.Dec, ok = parseAngle(parts[1], false); !ok || math.Abs(c.Dec) > 90 {
		return nil, badCone(text, "%q is no declination from -90 to 90 degrees", strings.TrimSpace(parts[1]))
	}
	if c.RA == 360 {
		c.RA = 0
	}
	return c, nil
}

// samePlace is the distance up to which two tables mean one place by a name,
// seconds of arc: proper motion moves the fastest stars by ten a year, most by
// far less than one in the years between the tables.
const samePlace = 10

// resolve finds the place that a name stands for: in the current tables, else
// by whoever else is asked.
func (s *Service) resolve(ctx context.Context, text, query string) (ra, dec float64, err error) {
	name, err := exo.ParseName(query)
	if err != nil {
		return 0, 0, badCone(text, "%s", exo.MessageOf(err))
	}
	stars, err := s.opt.Tables.Find(ctx, name)
	if err != nil {
		return 0, 0, err
	}
	stars = slices.DeleteFunc(stars, func(a catalog.Star) bool { return math.IsNaN(a.RA) || math.IsNaN(a.Dec) })
	for _, other := range stars {
		if unit(stars[0].RA, stars[0].Dec).separation(unit(other.RA, other.Dec)) > samePlace {
			return 0, 0, badCone(text, "%s stands for several stars, %s and %s", name.Query, stars[0].ID, other.ID)
		}
	}
	if len(stars) > 0 {
		return stars[0].RA, stars[0].Dec, nil
	}
	if s.opt.Resolve != nil {
		ra, dec, err = s.opt.Resolve(ctx, name.Query)
		switch {
		case err != nil:
			return 0, 0, exo.E("query.resolve", exo.KindOf(err), name.Query, err)
		case math.IsNaN(ra + dec):
			return 0, 0, badCone(text, "the position of %s is not known", name.Query)
		}
		return ra, dec, nil
	}
	return 0, 0, exo.Errorf("query.resolve", exo.NotFound, nil, "no table that is held knows a star %s", name.Query).
		With("parameter", "cone").Try("%s", coneForms)
}

// units of a radius, in degrees; the longer spellings first.
var units = []struct {
	word    string
	degrees float64
}{
	{"arcseconds", 1. / 3600}, {"arcsecond", 1. / 3600}, {"arcminutes", 1. / 60}, {"arcminute", 1. / 60}, {"degrees", 1}, {"degree", 1},
	{"arcsec", 1. / 3600}, {"arcmin", 1. / 60}, {"asec", 1. / 3600}, {"amin", 1. / 60}, {"deg", 1}, {"mas", 1. / 3600e3}, {"''", 1. / 3600},
	{`"`, 1. / 3600}, {"″", 1. / 3600}, {"'", 1. / 60}, {"′", 1. / 60}, {"°", 1}, {"d", 1}, {"m", 1. / 60}, {"s", 1. / 3600},
}

// parseRadius reads an angle with a unit; without one it is in degrees.
func parseRadius(s string) (float64, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	factor := 1.0
	for _, u := range units {
		if rest, ok := strings.CutSuffix(s, u.word); ok {
			s, factor = strings.TrimSpace(rest), u.degrees
			break
		}
	}
	v, ok := parseNumber(s)
	return v * factor, ok
}

// parseAngle reads a coordinate: degrees (291.93, 291.93d, 48.1°), or three
// numbers of base sixty with colons, blanks or letters between them. Right
// ascensions of that form are hours, unless their first mark is a degree's.
func parseAngle(s string, hours bool) (float64, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.NewReplacer("−", "-", "°", "d", "′", "m", "'", "m", "″", "s", `"`, "s", "ʰ", "h", "ᵐ", "m", "ˢ", "s").Replace(s)
	s = strings.TrimSuffix(strings.TrimSuffix(s, "eg"), "egrees") // 291.9deg
	if v, ok := parseNumber(strings.TrimSpace(strings.TrimSuffix(s, "d"))); ok {
		return v, true
	}
	sign := 1.0
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		sign, s = -1, rest
	} else {
		s = strings.TrimPrefix(s, "+")
	}
	degrees := strings.Contains(s, "d")
	if strings.Contains(s, "h") && (degrees || !hours) {
		return 0, false
	}
	parts, ok := sixties(s)
	if !ok {
		return 0, false
	}
	total := parts[0] + parts[1]/60 + parts[2]/3600
	if hours && !degrees {
		total *= 15
	}
	return sign * total, true
}

// sixties reads up to three numbers without sign, the last with decimals, each
// followed by its mark or a separator.
func sixties(s string) (parts [3]float64, ok bool) {
	marks := [3]string{"hd:", "m:", "s"}
	k := 0
	for ; k < 3 && s != ""; k++ {
		n := 0
		for n < len(s) && (s[n]-'0' < 10 || s[n] == '.') {
			n++
		}
		v, good := parseNumber(s[:n])
		if !good || k > 0 && v >= 60 {
			return parts, false
		}
		last := strings.TrimLeft(s[n:], " ")
		marked := last != "" && strings.IndexByte(marks[k], last[0]) >= 0
		if marked {
			last = strings.TrimLeft(last[1:], " ")
		}
		if last != "" && (!marked && last == s[n:] || v != math.Trunc(v)) {
			return parts, false
		}
		parts[k], s = v, last
	}
	return parts, s == "" && k > 0
}
