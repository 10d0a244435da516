package cli

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/reports"
	"exoplanetai/internal/review"
	"exoplanetai/internal/validate"
)

// shownFindings is how many findings a terminal shows unasked.
const shownFindings = 12

// printReview prints the answer of a validation.
func (c *command) printReview(r review.Result) error {
	if c.json {
		return c.printJSON(r)
	}
	return c.printReviewed(r, shownFindings, false)
}

// printReviewed prints an answer for people: on a terminal levels, metrics, trend
// and the first findings; into a pipe the findings, and the rest in a few lines
// for who watches.
func (c *command) printReviewed(r review.Result, most int, each bool) error {
	if !c.term.OutTTY {
		c.note("%s", c.verdict(r))
		c.warn(r.DataType, r.Warnings)
		var rows [][]string
		for _, f := range r.Findings {
			rows = append(rows, []string{string(f.Severity), string(f.Level), f.Rule, f.Row, f.Column, f.Value, f.Limit, f.Message})
		}
		return c.table([]string{"SEVERITY", "LEVEL", "RULE", "ROW", "COLUMN", "VALUE", "LIMIT", "MESSAGE"}, rows)
	}
	var b strings.Builder
	b.WriteString(c.verdict(r) + "\n")
	for i, p := range r.Files {
		if i == 5 && len(r.Files) > 6 {
			fmt.Fprintf(&b, "  and %d more files\n", len(r.Files)-i)
			break
		}
		b.WriteString("  " + clean(string(p)) + "\n")
	}
	if r.DataType != validate.LightCurveType && r.TargetName != nil {
		fmt.Fprintf(&b, "  %s in the rows of %s\n", count(r.FindingsTotal, "finding", "findings"), clean(*r.TargetName))
	}
	b.WriteString("\n" + c.levelLines(r.Levels))
	b.WriteString("\n" + c.metricLines(r.Metrics) + c.trendLines(r.Trend))
	if _, err := fmt.Fprint(c.term.Out, b.String()); err != nil {
		return exo.E("cli.print", exo.Internal, nil, err)
	}
	c.warn(r.DataType, r.Warnings)
	return c.printFindings(r, most, each)
}

// verdict is the first line: what was judged, and how it came out.
func (c *command) verdict(r review.Result) string {
	errors, warnings, infos := 0, 0, 0
	for _, l := range r.Levels {
		errors, warnings, infos = errors+l.Errors, warnings+l.Warnings, infos+l.Infos
	}
	word := "valid"
	if !r.Valid {
		word = "not valid"
	}
	unit := "rows"
	if r.DataType != validate.LightCurveType {
		unit = "records"
	}
	name := r.DataType
	if r.TargetName != nil && r.DataType == validate.LightCurveType {
		name += " " + clean(*r.TargetName)
	}
	return fmt.Sprintf("%s %s: %s. %d %s, %s, %s, %s", c.mark(r.Valid), c.paint(cyan, name), word, r.Records, unit,
		count(errors, "error", "errors"), count(warnings, "warning", "warnings"), count(infos, "info", "infos"))
}

// sign marks a severity, never by colour alone.
func (c *command) sign(errors, warnings int) string {
	switch {
	case errors > 0 && c.term.UTF8:
		return c.paint(red, "✗")
	case errors > 0:
		return c.paint(red, "E")
	case warnings > 0:
		return c.paint(yellow, "!")
	case c.term.UTF8:
		return c.paint(green, "✓")
	}
	return " "
}

// levelLines is the table of the levels. Signs may be coloured, so it is aligned
// here.
func (c *command) levelLines(levels map[validate.Level]validate.Count) string {
	var b strings.Builder
	b.WriteString(c.paint(dim, fmt.Sprintf("  %-11s  %9s  %7s  %8s  %6s", "LEVEL", "CHECKED", "ERRORS", "WARNINGS", "INFOS")) + "\n")
	for _, l := range validate.Levels {
		n := levels[l]
		fmt.Fprintf(&b, "%s %-11s  %9d  %7d  %8d  %6d\n", c.sign(n.Errors, n.Warnings), l, n.Checked, n.Errors, n.Warnings, n.Infos)
	}
	return b.String()
}

// metricLines draws the metrics as bars, and names the emptiest columns.
func (c *command) metricLines(m catalog.Metrics) string {
	var b strings.Builder
	overall := reports.Overall(m)
	for _, name := range []string{"completeness", "accuracy", "consistency", "freshness"} {
		if v, ok := overall[name]; ok {
			fmt.Fprintf(&b, "%-12s  %s  %8s\n", name, c.bar(v), percent(v))
		}
	}
	if m.Completeness == nil {
		return b.String()
	}
	columns := slices.SortedFunc(maps.Keys(m.Completeness.Columns), func(x, y string) int {
		return cmp.Or(cmp.Compare(m.Completeness.Columns[x], m.Completeness.Columns[y]), strings.Compare(x, y))
	})
	const widest, worst = 24, 0.995
	if len(columns) > 0 && m.Completeness.Columns[columns[0]] <= worst {
		b.WriteString(c.paint(dim, "emptiest columns") + "\n")
	}
	for i, name := range columns {
		v := m.Completeness.Columns[name]
		if i == 4 || v > worst {
			break
		}
		fmt.Fprintf(&b, "  %s  %8s\n", c.paint(dim, fmt.Sprintf("%-*s  %s", widest, c.cut(clean(name), widest), c.barOf(v, 16))), percent(v))
	}
	return b.String()
}

// percent prints a share so that what is not all does not look like all.
func percent(share float64) string {
	v := 100 * share
	switch {
	case v < 100 && v > 99.9:
		return strconv.FormatFloat(math.Floor(v*1000)/1000, 'f', 3, 64) + " %"
	default:
		return strconv.FormatFloat(v, 'f', 1, 64) + " %"
	}
}

func (c *command) bar(share float64) string { return c.barOf(share, 30) }

func (c *command) barOf(share float64, width int) string {
	full, empty := "=", "-"
	if c.term.UTF8 {
		full, empty = "━", "─"
	}
	n := min(width, int(math.Floor(max(0, share)*float64(width)+1e-9)))
	return strings.Repeat(full, n) + strings.Repeat(empty, width-n)
}

// trendLines tells how the metrics went over the versions.
func (c *command) trendLines(trend []review.Point) string {
	if len(trend) < 2 {
		return ""
	}
	var b strings.Builder
	first, last := trend[0], trend[len(trend)-1]
	fmt.Fprintf(&b, "\ntrend over %d versions, %s to %s\n", len(trend), first.At.UTC().Format("2006-01-02"), last.At.UTC().Format("2006-01-02"))
	for _, name := range []string{"completeness", "accuracy", "consistency"} {
		var values []float64
		for _, p := range trend {
			if v, ok := p.Metrics[name]; ok {
				values = append(values, v)
			}
		}
		if len(values) >= 2 {
			fmt.Fprintf(&b, "  %-12s %s %s\n", name, c.spark(values), c.moved(percent(values[0]), percent(values[len(values)-1])))
		}
	}
	fmt.Fprintf(&b, "  %-12s %s\n", "errors", c.moved(strconv.Itoa(first.Errors), strconv.Itoa(last.Errors)))
	fmt.Fprintf(&b, "  %-12s %s\n", "warnings", c.moved(strconv.Itoa(first.Warnings), strconv.Itoa(last.Warnings)))
	return b.String()
}

func (c *command) moved(from, to string) string {
	arrow := "->"
	if c.term.UTF8 {
		arrow = "→"
	}
	return strings.Join([]string{from, arrow, to}, " ")
}

// spark draws values as blocks of eight heights between their least and largest.
func (c *command) spark(values []float64) string {
	const most = 30
	values = values[max(0, len(values)-most):]
	steps := []rune("_.-=^")
	if c.term.UTF8 {
		steps = []rune("▁▂▃▄▅▆▇█")
	}
	low, high := slices.Min(values), slices.Max(values)
	var b strings.Builder
	for _, v := range values {
		i := len(steps) / 2
		if high > low {
			i = int((v - low) / (high - low) * float64(len(steps)-1))
		}
		b.WriteRune(steps[i])
	}
	return b.String()
}

// printFindings prints findings on a terminal: errors one by one, at most so many,
// then a line for each other rule with its first finding; with each, at most so
// many of all one by one.
func (c *command) printFindings(r review.Result, most int, each bool) error {
	var single [][]string
	var order []string
	kinds := map[string][]validate.Finding{}
	for _, f := range r.Findings {
		switch {
		case (each || f.Severity == validate.Error) && len(single) < most:
			single = append(single, []string{string(f.Severity), f.Rule, c.cut(rowName(f), widestCell), f.Message})
		case !each && f.Severity != validate.Error:
			if kinds[f.Rule] == nil {
				order = append(order, f.Rule)
			}
			kinds[f.Rule] = append(kinds[f.Rule], f)
		}
	}
	if err := c.under([]string{"SEVERITY", "RULE", "ROW", "FINDING"}, single, c.table); err != nil {
		return err
	}
	var rows [][]string
	for _, rule := range order {
		f := kinds[rule][0]
		first := f.Message
		if f.Row != "" {
			first = c.cut(rowName(f), shortRow) + ": " + first
		}
		rows = append(rows, []string{string(f.Severity), rule, strconv.Itoa(len(kinds[rule])), first})
	}
	if err := c.under([]string{"SEVERITY", "RULE", ">FOUND", "FIRST"}, rows, c.fitted); err != nil {
		return err
	}
	if r.ReportPath == "" {
		return nil
	}
	if each && len(single) < r.FindingsTotal {
		c.note("%s more; --limit 0 shows all", count(r.FindingsTotal-len(single), "finding", "findings"))
	}
	if !each && r.FindingsTotal > 0 {
		c.note("all findings: exoplanetai validate show %s --limit 0", reportName(r.ReportPath))
	}
	c.note("report: %s", r.ReportPath)
	return nil
}

// under prints a table, if it has rows, below an empty line.
func (c *command) under(header []string, rows [][]string, print func([]string, [][]string) error) error {
	if len(rows) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(c.term.Out); err != nil {
		return exo.E("cli.print", exo.Internal, nil, err)
	}
	return print(header, rows)
}

// shortRow bounds the row of a finding where little room is.
const shortRow = 18

// rowName is the row of a finding as a terminal shows it: of a light curve, whose
// row is its path, the star and slice in the file's name.
func rowName(f validate.Finding) string {
	if strings.HasPrefix(f.Rule, validate.LightCurveType+".") {
		return path.Base(f.Row)
	}
	return f.Row
}
