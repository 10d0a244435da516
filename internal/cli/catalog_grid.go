package cli

import (
	"context"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/export"
	"exoplanetai/internal/query"
)

// telling are the columns of each table that say most, in order: they are shown
// on a terminal when none are named. Spellings of all dialects stand together;
// what a table does not have is passed over.
var telling = map[catalog.Type][]string{
	catalog.KOI: {"kepoi_name", "kepler_name", "kepid", "koi_disposition", "koi_period", "koi_prad", "koi_depth", "koi_duration", "koi_teq", "koi_kepmag", "koi_steff", "ra", "dec"},
	catalog.TOI: {"TOI", "TIC ID", "tid", "TFOPWG Disposition", "tfopwg_disp", "Period (days)", "pl_orbper", "Planet Radius (R_Earth)", "pl_rade",
		"Depth (ppm)", "pl_trandep", "Duration (hours)", "pl_trandurh", "TESS Mag", "st_tmag", "Planet Name", "Comments"},
	catalog.K2:   {"pl_name", "epic_hostname", "disposition", "default_flag", "pl_orbper", "pl_rade", "pl_bmasse", "pl_eqt", "sy_kepmag", "disc_year", "pl_refname"},
	catalog.Gaia: {"target", "target_id", "source_id", "ra", "dec", "parallax", "phot_g_mean_mag", "teff_gspphot", "radius_gspphot", "mass_flame", "ruwe"},
	catalog.Candidates: {"candidate", "planet_name", "disposition", "sources", "period_d", "radius_earth", "teq_k", "depth_ppm", "host_name",
		"matched_by", "conflict_count", "ra_deg", "dec_deg"},
}

// widestCell bounds a text in a table on a terminal; the first column is never
// cut.
const widestCell = 28

// shownDigits are the digits of a number on a terminal; files and pipes get all.
const shownDigits = 10

// selectGrid finds rows for a terminal.
func (c *command) selectGrid(ctx context.Context, from Catalogs, req query.Request) (head query.Head, g grid, err error) {
	err = from.Select(ctx, req, query.Rows{
		Head: func(h query.Head) error {
			head, g.columns = h, h.Columns
			return nil
		},
		Row: func(cells []any) error {
			g.rows = append(g.rows, c.gridRow(cells))
			return nil
		},
	})
	return head, g, err
}

// shownColumns chooses the columns for a terminal: the key, those that were
// asked about, then the telling ones. Without any of these, the first ones.
func shownColumns(t catalog.Type, all []export.Column, asked []string) []string {
	have := map[string]string{}
	for _, c := range all {
		if _, ok := have[strings.ToLower(c.Name)]; !ok {
			have[strings.ToLower(c.Name)] = c.Name
		}
	}
	var list []string
	seen := map[string]bool{}
	add := func(name string) {
		if real, ok := have[strings.ToLower(name)]; ok && !seen[real] {
			seen[real] = true
			list = append(list, real)
		}
	}
	for i, name := range telling[t] {
		add(name)
		if i == 0 {
			for _, name := range asked {
				add(name)
			}
		}
	}
	if len(list) < 3 {
		for _, c := range all[:min(len(all), 12)] {
			add(c.Name)
		}
	}
	return list
}

// grid collects rows for a terminal.
type grid struct {
	columns []export.Column
	rows    [][]string
}

// gridRow prints the cells of a row for a terminal.
func (c *command) gridRow(cells []any) []string {
	row := make([]string, len(cells))
	for i, v := range cells {
		if x, ok := v.(float64); ok {
			v, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'g', shownDigits, 64), 64)
		}
		row[i] = clean(cellText(v))
		if i > 0 {
			row[i] = c.cut(row[i], widestCell)
		}
	}
	return row
}

// fit returns the header and rows of as many columns as the width holds; the
// first always.
func (g *grid) fit(width int) ([]string, [][]string) {
	used, n := 0, 0
	var header []string
	for j, c := range g.columns {
		w := utf8.RuneCountInString(clean(c.Name))
		for _, row := range g.rows {
			w = max(w, utf8.RuneCountInString(row[j]))
		}
		if used += w + 2; n > 0 && used-2 > width {
			break
		}
		name := c.Name
		if c.Type != "char" {
			name = ">" + name
		}
		header = append(header, name)
		n++
	}
	rows := make([][]string, len(g.rows))
	for i, row := range g.rows {
		rows[i] = row[:n]
	}
	return header, rows
}

// cut shortens a text for a terminal.
func (c *command) cut(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	end := ".."
	if c.term.UTF8 {
		end = "…"
	}
	return string([]rune(s)[:width-utf8.RuneCountInString(end)]) + end
}

// cellText prints a cell: numbers with all their digits, unknown as nothing.
func cellText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		if size := math.Abs(v); size >= 1e-4 && size < 1e15 {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return ""
}

// wrappedLines bounds the lines of one cell.
const wrappedLines = 4

// fitted prints a table whose last column is prose: on a terminal it is broken
// into lines where the width ends. Into a pipe each row stays one line.
func (c *command) fitted(header []string, rows [][]string) error {
	if !c.term.OutTTY || len(header) == 0 {
		return c.table(header, rows)
	}
	last, used := len(header)-1, 0
	for j, h := range header[:last] {
		w := utf8.RuneCountInString(strings.TrimPrefix(h, ">"))
		for _, row := range rows {
			w = max(w, utf8.RuneCountInString(clean(row[j])))
		}
		used += w + 2
	}
	room := max(c.term.columns()-used, 16)
	var broken [][]string
	for _, row := range rows {
		lines := c.wrap(clean(row[last]), room)
		for i, text := range lines {
			line := make([]string, len(row))
			if i == 0 {
				copy(line, row)
			}
			line[last] = text
			broken = append(broken, line)
		}
	}
	return c.table(header, broken)
}

// wrap breaks a text at its blanks; a word that is too long is cut.
func (c *command) wrap(s string, width int) []string {
	lines := []string{""}
	for _, word := range strings.Fields(s) {
		at := len(lines) - 1
		switch have := utf8.RuneCountInString(lines[at]); {
		case have == 0:
			lines[at] = c.cut(word, width)
		case have+1+utf8.RuneCountInString(word) <= width:
			lines[at] += " " + word
		case at+1 == wrappedLines:
			lines[at] = c.cut(lines[at]+" "+word, width)
			return lines
		default:
			lines = append(lines, c.cut(word, width))
		}
	}
	return lines
}
