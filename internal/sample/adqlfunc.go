package sample

import (
	"math"
	"strings"
)

// function compiles a call of a plain function.
func (c *compiler) function(name string, k []eval) (eval, error) {
	arity := map[string][2]int{"upper": {1, 1}, "lower": {1, 1}, "trim": {1, 1}, "length": {1, 1}, "abs": {1, 1}, "floor": {1, 1},
		"to_date": {2, 2}, "to_number": {1, 1}, "to_char": {1, 1}, "point": {2, 3}, "circle": {3, 4}, "contains": {2, 2}, "distance": {2, 2},
		"round": {1, 2}, "nvl": {2, 2}}
	want, ok := arity[name]
	if !ok {
		return nil, oracle(`ORA-00904: "%s": invalid identifier`, strings.ToUpper(clip(name)))
	}
	if len(k) < want[0] || len(k) > want[1] {
		return nil, oracle("ORA-00909: invalid number of arguments")
	}
	switch name {
	case "point", "circle", "contains", "distance":
		return c.geometry(name, k), nil
	case "to_date":
		return func(row int) value {
			v, err := toDate(k[0](row).text(), k[1](row).text())
			if err != nil {
				return c.fail(err)
			}
			return v
		}, nil
	case "nvl":
		return func(row int) value {
			if v := k[0](row); v.kind != isNull {
				return v
			}
			return k[1](row)
		}, nil
	}
	return func(row int) value {
		v := k[0](row)
		if v.kind == isNull {
			return v
		}
		return c.scalar(name, v, k, row)
	}, nil
}

func (c *compiler) scalar(name string, v value, k []eval, row int) value {
	switch name {
	case "upper":
		return value{kind: isText, s: strings.ToUpper(v.text())}
	case "lower":
		return value{kind: isText, s: strings.ToLower(v.text())}
	case "trim":
		return value{kind: isText, s: strings.TrimSpace(v.text())}
	case "to_char":
		return value{kind: isText, s: v.text()}
	case "length":
		return value{kind: isNum, f: float64(len(v.text()))}
	case "to_number":
		return value{kind: isNum, f: c.num(v)}
	case "abs":
		return value{kind: isNum, f: math.Abs(c.num(v))}
	case "floor":
		return value{kind: isNum, f: math.Floor(c.num(v))}
	}
	scale := 1.0
	if len(k) == 2 {
		scale = math.Pow(10, c.num(k[1](row)))
	}
	return value{kind: isNum, f: math.Round(c.num(v)*scale) / scale}
}

// geometry compiles ADQL's point, circle, contains and distance (ADQL 2.1
// section 4.2) in degrees. The coordinate system may be left out.
func (c *compiler) geometry(name string, k []eval) eval {
	if name == "contains" || name == "distance" {
		return func(row int) value {
			a, b := k[0](row), k[1](row)
			if a.geo == nil || b.geo == nil {
				return value{kind: isNum}
			}
			d := separation(a.geo[0], a.geo[1], b.geo[0], b.geo[1])
			if name == "distance" {
				return value{kind: isNum, f: d}
			}
			if d <= b.geo[2] {
				return value{kind: isNum, f: 1}
			}
			return value{kind: isNum}
		}
	}
	need := 2
	if name == "circle" {
		need = 3
	}
	k = k[len(k)-min(need, len(k)):]
	return func(row int) value {
		var g [3]float64
		for i, e := range k {
			v := e(row)
			if v.kind == isNull {
				return value{}
			}
			g[i] = c.num(v)
		}
		return value{kind: isGeo, geo: &g}
	}
}

// separation gives the angle between two directions in degrees, by the formula
// that holds for small and large angles alike (Vincenty).
func separation(ra1, dec1, ra2, dec2 float64) float64 {
	const rad = math.Pi / 180
	s1, c1 := math.Sincos(dec1 * rad)
	s2, c2 := math.Sincos(dec2 * rad)
	sd, cd := math.Sincos((ra2 - ra1) * rad)
	x := c1*s2 - s1*c2*cd
	return math.Atan2(math.Hypot(c2*sd, x), s1*s2+c1*c2*cd) / rad
}
