package validate

import (
	"slices"
	"strings"
	"time"
)

// texts asks whether words are known and dates can be.
func (r *run) texts() {
	for _, w := range r.d.words {
		if j := r.named(w.names); j >= 0 {
			r.words(w, j)
		}
	}
	for _, d := range r.d.dates {
		if j := r.named(d.names); j >= 0 {
			r.dates(d, j)
		}
	}
}

func (r *run) words(w words, j int) {
	r.checked[r.rules[string(r.d.typ)+"."+w.id].rule.Level] += r.n
	for i := range r.n {
		if s := strings.TrimSpace(r.t.Cell(i, j)); !slices.Contains(w.allowed, s) {
			r.find(w.id, i, j, "%.40q is not a word of %s", s, r.t.Columns[j].Name)
		}
	}
}

// dates asks whether the dates of a column can be read and lie between the first
// that can be and tomorrow.
func (r *run) dates(d dates, j int) {
	after := "9999"
	if !r.o.Now.IsZero() {
		after = r.o.Now.UTC().Add(24 * time.Hour).Format("2006-01-02 15:04:05")
	}
	for i := range r.n {
		s := strings.TrimSpace(r.t.Cell(i, j))
		if s == "" {
			continue
		}
		r.checked[Quality]++
		switch {
		case !isDate(s):
			r.find(d.id, i, j, "%.40q is not a date", s)
		case s < d.from:
			r.find(d.id, i, j, "%s is before %s", s, d.from)
		case s > after:
			r.find(d.id, i, j, "%s is in the future", s)
		}
	}
}

// isDate tells whether s is 2018-08, 2018-08-16 or 2018-08-16 12:34:56.
func isDate(s string) bool {
	switch len(s) {
	case 7:
		return shaped(s, "0000-00") && pair(s[5:7], 1, 12)
	case 10:
		return shaped(s, "0000-00-00") && pair(s[5:7], 1, 12) && pair(s[8:10], 1, 31)
	case 19:
		return isDate(s[:10]) && (s[10] == ' ' || s[10] == 'T') && shaped(s[11:], "00:00:00") && pair(s[11:13], 0, 23) && pair(s[14:16], 0, 59)
	}
	return false
}

// pair tells whether two digits lie between lo and hi.
func pair(s string, lo, hi int) bool {
	n := two(s)
	return n >= lo && n <= hi
}

// dayOf is the Julian date of 2018-08-16 or 2018-08-16 12:34:56, NaN for other
// text (Fliegel & Van Flandern 1968, CACM 11, 657).
func dayOf(s string) float64 {
	if len(s) < 10 || !isDate(s) {
		return nan
	}
	y, m, d := two(s)*100+two(s[2:]), two(s[5:]), two(s[8:])
	a := (m - 14) / 12
	day := float64(1461*(y+4800+a)/4+367*(m-2-12*a)/12-3*((y+4900+a)/100)/4+d-32075) - 0.5
	if len(s) == 19 {
		day += float64(two(s[11:])*3600+two(s[14:])*60+two(s[17:])) / 86400
	}
	return day
}

func two(s string) int { return int(s[0]-'0')*10 + int(s[1]-'0') }
