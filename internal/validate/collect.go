package validate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"exoplanetai/internal/catalog"
)

// How many findings a report keeps, of one rule and in all. The largest real
// table has fewer than 10,000 rows; a hostile one may have 500,000.
const (
	keptPerRule = 10_000
	keptInAll   = 50_000
)

// tableRow is the row of findings on the whole table.
const tableRow = -1

// found is a finding with what it is sorted by.
type found struct {
	row int
	Finding
}

// tally counts the findings of one rule.
type tally struct {
	rule Rule
	n    int
	kept int
}

// share counts values that are as they should be.
type share struct{ good, of int }

func (s *share) add(good bool) {
	s.of++
	if good {
		s.good++
	}
}

func (s share) value() float64 {
	if s.of == 0 {
		return 1
	}
	return float64(s.good) / float64(s.of)
}

// collector gathers what the rules find in one table.
type collector struct {
	t       *catalog.Table
	rules   map[string]*tally
	list    []found
	checked map[Level]int
}

func newCollector(t *catalog.Table, rules []Rule) *collector {
	c := &collector{t: t, rules: make(map[string]*tally, len(rules)), checked: map[Level]int{}}
	for _, r := range rules {
		c.rules[r.ID] = &tally{rule: r}
	}
	return c
}

// find notes a finding of the rule on row i (tableRow: the table) and column j
// (-1: none).
func (c *collector) find(id string, i, j int, format string, args ...any) {
	t := c.rules[string(c.t.Type)+"."+id]
	if t == nil { // not asked of this catalog
		return
	}
	if t.n++; t.kept >= keptPerRule || len(c.list) >= keptInAll {
		return
	}
	t.kept++
	f := Finding{Rule: t.rule.ID, Level: t.rule.Level, Severity: t.rule.Severity, Limit: t.rule.Limit, Message: fmt.Sprintf(format, args...)}
	if i >= 0 {
		f.Row = catalog.Clip(c.t.Key(i))
	}
	if j >= 0 {
		f.Column = c.t.Columns[j].Name
		if i >= 0 {
			f.Value = catalog.Clip(strings.TrimSpace(c.t.Cell(i, j)))
		}
	}
	c.list = append(c.list, found{i, f})
}

// report makes the report: findings by level, row and rule, and one more that
// tells of those left out.
func (c *collector) report() *Report {
	r := &Report{DataType: string(c.t.Type), Valid: true, Rows: c.t.Len(), Columns: len(c.t.Columns), Levels: make(map[Level]Count, len(Levels))}
	left := 0
	for _, t := range c.rules {
		left += t.n - t.kept
	}
	if left > 0 {
		c.find("findings.left-out", tableRow, -1, "%d findings more were counted and are not listed", left)
	}
	for _, l := range Levels {
		r.Levels[l] = Count{Checked: c.checked[l], Rules: map[string]int{}}
	}
	for id, t := range c.rules {
		if t.n == 0 {
			continue
		}
		n := r.Levels[t.rule.Level]
		n.Rules[id] = t.n
		switch t.rule.Severity {
		case Error:
			n.Errors += t.n
			r.Valid = false
		case Warning:
			n.Warnings += t.n
		case Info:
			n.Infos += t.n
		}
		r.Levels[t.rule.Level] = n
	}
	slices.SortStableFunc(c.list, func(a, b found) int {
		return cmp.Or(cmp.Compare(levelOrder(a.Level), levelOrder(b.Level)), cmp.Compare(a.row, b.row), strings.Compare(a.Rule, b.Rule))
	})
	r.Findings = make([]Finding, len(c.list))
	for k, f := range c.list {
		r.Findings[k] = f.Finding
	}
	return r
}

func levelOrder(l Level) int { return slices.Index(Levels, l) }
