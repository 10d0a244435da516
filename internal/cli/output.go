package cli

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"exoplanetai/internal/exo"
)

// The colours: the terminal's own sixteen only.
type color string

const (
	red    color = "31"
	green  color = "32"
	yellow color = "33"
	cyan   color = "36"
	dim    color = "2"
)

// paint colours a text where colours are wanted: never into a pipe.
func (c *command) paint(col color, s string) string {
	if !c.term.Color || !c.term.ErrTTY {
		return s
	}
	return "\x1b[" + string(col) + "m" + s + "\x1b[0m"
}

// mark is a sign that is never colour alone.
func (c *command) mark(ok bool) string {
	switch {
	case ok && c.term.UTF8:
		return c.paint(green, "✓")
	case ok:
		return "ok"
	case c.term.UTF8:
		return c.paint(red, "✗")
	}
	return "failed"
}

// note writes a line for the user to standard error, unless --quiet.
func (c *command) note(format string, args ...any) {
	if !c.common.Quiet {
		fmt.Fprintf(c.term.Err, format+"\n", args...)
	}
}

// printJSON writes the one document of --json.
func (c *command) printJSON(v any) error {
	enc := json.NewEncoder(c.term.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return exo.E("cli.print", exo.Internal, nil, err)
	}
	return nil
}

// table prints rows under a header: aligned on a terminal, tab-separated into
// a pipe. A column whose header begins with ">" is right-aligned. Where the
// terminal is too narrow, the last column stands on a line of its own: what is
// in there, a path for one, is never cut.
func (c *command) table(header []string, rows [][]string) error {
	right := make([]bool, len(header))
	width := make([]int, len(header))
	all := append([][]string{make([]string, len(header))}, rows...)
	for i, h := range header {
		all[0][i], right[i] = strings.CutPrefix(h, ">")
	}
	total := 0
	for _, row := range all {
		for i := range row {
			row[i] = clean(row[i])
			width[i] = max(width[i], utf8.RuneCountInString(row[i]))
		}
	}
	for _, w := range width {
		total += w + 2
	}
	var b strings.Builder
	for _, row := range all {
		switch {
		case !c.term.OutTTY:
			b.WriteString(strings.Join(row, "\t"))
		case total-2 > c.term.columns():
			last := len(row) - 1
			b.WriteString(strings.TrimRight(aligned(row[:last], width, right), " ") + "\n  " + row[last])
		default:
			b.WriteString(strings.TrimRight(aligned(row, width, right), " "))
		}
		b.WriteByte('\n')
	}
	if _, err := fmt.Fprint(c.term.Out, b.String()); err != nil {
		return exo.E("cli.print", exo.Internal, nil, err)
	}
	return nil
}

// aligned joins cells padded to their widths.
func aligned(row []string, width []int, right []bool) string {
	cells := make([]string, len(row))
	for i, cell := range row {
		pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
		if right[i] {
			cells[i] = pad + cell
		} else {
			cells[i] = cell + pad
		}
	}
	return strings.Join(cells, "  ")
}

// clean makes a text from outside safe to print: control characters, line
// breaks and direction marks become "?".
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return '?'
		}
		return r
	}, s)
}

// size prints bytes for people.
func size(n int64) string {
	const k = 1000
	if n < k {
		return strconv.FormatInt(n, 10) + " B"
	}
	v, unit := float64(n), ""
	for _, unit = range []string{"kB", "MB", "GB", "TB", "PB"} {
		if v /= k; v < k {
			break
		}
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " " + unit
}

// count prints a number with its noun.
func count[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(int64(n), 10) + " " + many
}
