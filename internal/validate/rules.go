package validate

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/catalog"
)

// Rules lists the declared rules of a data type: koi, toi, k2, gaia, lightcurve;
// all for "".
func Rules(dataType string) []Rule {
	var rules []Rule
	for _, t := range catalog.Types {
		if dataType == "" || dataType == string(t) {
			rules = append(rules, tableRules(declarationOf(t))...)
		}
	}
	if dataType == "" || dataType == LightCurveType {
		rules = append(rules, lightCurveRules()...)
	}
	return rules
}

// ruleList gathers the rules of one catalog.
type ruleList struct {
	typ   catalog.Type
	rules []Rule
}

func (l *ruleList) add(id string, level Level, s Severity, columns []string, limit, reason, source string) {
	l.rules = append(l.rules, Rule{ID: string(l.typ) + "." + id, Level: level, Severity: s, Types: []string{string(l.typ)}, Columns: columns, Limit: limit, Reason: reason, Source: source})
}

// tableRules writes out the rules of a catalog: those declared one by one, and
// those that follow from its quantities and relations.
func tableRules(d *declared) []Rule {
	l := &ruleList{typ: d.typ}
	for _, c := range common {
		if c.types == nil || slices.Contains(c.types, d.typ) {
			l.add(c.id, c.level, c.severity, c.columns, c.limit, c.reason, c.source)
		}
	}
	for _, w := range d.words {
		l.add(w.id, levelOr(w.level, Quality), w.severity, w.names, fmt.Sprintf("one of %q", w.allowed), w.reason, w.source)
	}
	for _, t := range d.dates {
		l.add(t.id, Quality, Warning, t.names, "from "+t.from+" to tomorrow", t.reason, "column definition")
	}
	for k := range d.quantities {
		l.quantity(&d.quantities[k])
	}
	for k := range d.relations {
		l.relation(&d.relations[k], d.columnsOf(d.relations[k].of))
	}
	for _, s := range d.siblings {
		columns := d.columnsOf([]string{s.of})
		l.add(s.id, levelOr(s.level, Quality), s.severity, columns, s.text(), s.reason, s.source)
		if s.most > 0 {
			l.add(s.id+".share", levelOr(s.level, Quality), Error, columns, fmt.Sprintf("at most %g %% of the rows of such groups differ", 100*s.most), "more than that no good table has: values have lost their rows", s.source)
		}
	}
	for _, k := range d.ranks {
		limit := fmt.Sprintf("rank correlation ≥ %g", k.least)
		if k.least < 0 {
			limit = fmt.Sprintf("rank correlation ≤ %g", k.least)
		}
		l.add(k.id, Quality, Error, d.columnsOf(k.of[:]), limit, k.reason, "Kendall's tau of pairs of rows; measured on the real tables")
	}
	return l.rules
}

func (l *ruleList) quantity(q *quantity) {
	if q.can.set() {
		l.add(q.id+".range", Range, Error, q.names, q.can.text("x", q.unit), "outside, the number cannot be what the column is defined as", q.source)
	}
	if q.does.set() {
		l.add(q.id+".plausible", Range, Warning, q.names, q.does.text("x", q.unit), q.reason, q.source)
	}
	if q.mid.set() {
		l.add(q.id+".distribution", Range, Error, q.names, q.mid.text("median", q.unit), "outside, the column is in another unit, or it is another column", "the median of every table of this kind known, and a wide margin")
	}
}

func (l *ruleList) relation(k *relation, columns []string) {
	l.add(k.id, k.at(), k.severity, columns, k.asks(), k.reason, k.source)
	if k.mid.set() {
		l.add(k.id+".median", k.at(), Error, columns, "median of "+k.says+": "+k.mid.words(), "outside, a column is in another unit, or it is another column", k.source)
	}
	if k.most > 0 {
		l.add(k.id+".share", k.at(), Error, columns, fmt.Sprintf("at most %g %% of the rows break it", 100*k.most), "more than that no table of good rows has: values have lost their rows, or a column its unit", k.source)
	}
}

// columnsOf are the columns that quantities and derived numbers are read from.
func (d *declared) columnsOf(of []string) []string {
	var names []string
	for _, id := range of {
		switch id {
		case "ra":
			names = append(names, "ra", "RA", "RA (deg)")
		case "dec":
			names = append(names, "dec", "Dec", "Dec (deg)")
		case "number":
			names = append(names, "kepoi_name", "TOI")
		}
		for _, c := range d.codes {
			if c.id == id {
				names = append(names, c.names...)
			}
		}
		for _, t := range d.dates {
			if t.as == id {
				names = append(names, t.names...)
			}
		}
		base, isError := strings.CutSuffix(strings.Replace(id, ".lower", ".error", 1), ".error")
		for _, q := range d.quantities {
			if isError && q.id == base {
				for _, n := range q.names {
					names = append(names, n+" (error)")
				}
			}
			if q.id == id {
				names = append(names, q.names...)
			}
		}
		for _, v := range d.derived {
			if v.id == id {
				names = append(names, d.columnsOf(v.of)...)
			}
		}
	}
	var once []string
	for _, n := range names {
		if !slices.Contains(once, n) {
			once = append(once, n)
		}
	}
	return once
}

func levelOr(l, or Level) Level {
	if l == "" {
		return or
	}
	return l
}

// text tells how near the rows of a group are.
func (s sibling) text() string {
	of := map[group]string{ofStar: "of one star", ofPlanet: "of one planet", ofPaper: "of one star in one paper", ofNumber: "of one number"}[s.group]
	switch {
	case s.near > 0:
		return fmt.Sprintf("rows %s differ by at most %g %%", of, 100*s.near)
	case s.within > 0:
		return fmt.Sprintf("rows %s differ by at most %g", of, s.within)
	}
	return "rows " + of + " are equal"
}

// asks tells where the number of a relation must lie.
func (k *relation) asks() string { return k.says + ": " + k.holds.words() }

// words writes a span behind what lies in it.
func (s span) words() string {
	lo, hi := strconv.FormatFloat(s.lo, 'g', 10, 64), strconv.FormatFloat(s.hi, 'g', 10, 64)
	switch {
	case s.lo == s.hi:
		return lo
	case math.IsInf(s.hi, 1):
		return "at least " + lo
	case math.IsInf(s.lo, -1):
		return "at most " + hi
	}
	return lo + " to " + hi
}
