package cli

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/history"
	"exoplanetai/internal/tables"
)

// Lines of each part of a difference on a terminal, unless --all.
const (
	shownEvents = 6 // of each kind
	shownCells  = 10
)

func (c *command) catalogDiff() *cobra.Command {
	var kinds, columns string
	var all bool
	cmd := &cobra.Command{
		Use: "diff TABLE [A] [B]", Short: "See what changed from version A to version B, the meaning first", Args: cobra.RangeArgs(1, 3),
		Long: "Compares two versions of a catalog: by default the newest with the one before, with one version named that one with\n" +
			"the newest. First what the changes mean: objects that are new or retired, dispositions that changed, ephemerides that\n" +
			"moved by more than 3 sigma, radii; then the cells. A version is v3, an identifier, a date, or the beginning of a digest.",
		Example: "  exoplanetai catalog diff toi\n" +
			"  exoplanetai catalog diff toi v11 v12 --kinds disposition,ephemeris\n" +
			"  exoplanetai catalog diff koi 2026-01-02 latest --all --json",
		ValidArgs: catalogNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			req, err := diffRequest(args, kinds, columns)
			if err != nil {
				return err
			}
			req.Limit = -1 // printDiff chooses what it shows
			if c.json && !all {
				req.Limit = 100
			}
			return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				d, err := r.History.Diff(ctx, req)
				if err != nil {
					return err
				}
				return c.printDiff(d, all)
			})
		},
	}
	cmd.Flags().StringVar(&kinds, "kinds", "", "`kinds` of events: new, retired, disposition, ephemeris, radius, other (default: all)")
	cmd.Flags().StringVar(&columns, "columns", "", "`columns` whose cells are wanted (default: all)")
	cmd.Flags().BoolVar(&all, "all", false, "every event and every cell")
	return cmd
}

// diffRequest reads a command line of `catalog diff`.
func diffRequest(args []string, kinds, columns string) (history.DiffRequest, error) {
	var r history.DiffRequest
	var err error
	if r.Table, err = parseCatalog(args[0]); err != nil {
		return r, err
	}
	for i, ref := range []*tables.Ref{&r.From, &r.To} {
		if len(args) > i+1 {
			if *ref, err = tables.ParseRef(args[i+1], ""); err != nil {
				return r, err
			}
		}
	}
	if r.Kinds, err = parseKinds(kinds); err != nil {
		return r, err
	}
	r.Columns, err = splitNames(columns)
	return r, err
}

// parseKinds reads a list of kinds of events.
func parseKinds(s string) ([]catalog.EventKind, error) {
	var kinds []catalog.EventKind
	names, err := splitNames(s)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !slices.Contains(catalog.EventKinds, catalog.EventKind(name)) {
			var allowed []string
			for _, k := range catalog.EventKinds {
				allowed = append(allowed, string(k))
			}
			return nil, exo.Errorf("cli.kinds", exo.Invalid, nil, "%.40q is not a kind of event", clean(name)).With("parameter", "kinds").With("allowed", allowed).
				Try("use %s", strings.Join(allowed, ", "))
		}
		kinds = append(kinds, catalog.EventKind(name))
	}
	return kinds, nil
}

func (c *command) printDiff(d history.Diff, all bool) error {
	switch {
	case c.json:
		return c.printJSON(d)
	case !c.term.OutTTY:
		return c.diffLines(d)
	}
	c.diffHead(d)
	if err := c.diffEvents(d, all); err != nil {
		return err
	}
	return c.diffCells(d, all)
}

// diffLines writes a difference into a pipe: events, then cells.
func (c *command) diffLines(d history.Diff) error {
	var rows [][]string
	for _, e := range d.Events {
		sigma := ""
		if e.Sigma != 0 {
			sigma = strconv.FormatFloat(e.Sigma, 'g', 4, 64)
		}
		rows = append(rows, []string{"event", string(e.Kind), e.Key, e.Object, e.Star, e.Column, e.From, e.To, sigma, e.Text})
	}
	for _, r := range d.Rows {
		for _, cell := range r.Cells {
			rows = append(rows, []string{"cell", string(r.Kind), r.Key, "", "", cell.Column, cell.Old, cell.New, "", ""})
		}
	}
	return c.table([]string{"record", "kind", "key", "object", "star", "column", "from", "to", "sigma", "text"}, rows)
}

// version names a version shortly.
func versionName(s history.State) string {
	if s.Number == 0 {
		return "nothing"
	}
	return "v" + strconv.Itoa(s.Number)
}

// diffHead prints what happened in a few lines.
func (c *command) diffHead(d history.Diff) {
	minus := "-"
	if c.term.UTF8 {
		minus = "−"
	}
	fmt.Fprintf(c.term.Out, "%s  %s %s %s   +%d added   %s%d removed   ~%d changed\n", d.Table, versionName(d.From), c.arrow(), versionName(d.To),
		d.Changes.Added, minus, d.Changes.Removed, d.Changes.Changed)
	if !d.From.RetrievedAt.IsZero() {
		fmt.Fprintf(c.term.Out, "%s %s %s\n", stamp(d.From.RetrievedAt), c.arrow(), stamp(d.To.RetrievedAt))
	}
	list := func(word string, names []string) {
		if len(names) > 0 {
			fmt.Fprintln(c.term.Out, c.cut(clean("columns "+word+": "+strings.Join(names, ", ")), c.term.columns()))
		}
	}
	var renamed []string
	for _, r := range d.Renamed {
		renamed = append(renamed, r.From+" "+c.arrow()+" "+r.To)
	}
	list("added", d.SchemaChanges.Added)
	list("removed", d.SchemaChanges.Removed)
	list("renamed", renamed)
}

// diffEvents prints the meaning: how many of each kind, the transitions of the
// dispositions, and the events.
func (c *command) diffEvents(d history.Diff, all bool) error {
	var kinds []string
	for _, k := range catalog.EventKinds {
		if n := d.Kinds[k]; n > 0 {
			kinds = append(kinds, fmt.Sprintf("%d %s", n, k))
		}
	}
	if len(kinds) > 0 {
		fmt.Fprintln(c.term.Out, strings.Join(kinds, ", "))
	}
	if len(d.Dispositions) > 0 {
		fmt.Fprintln(c.term.Out)
		var rows [][]string
		for _, t := range d.Dispositions {
			rows = append(rows, []string{strconv.Itoa(t.Rows), known(t.From) + " " + c.arrow() + " " + known(t.To)})
		}
		if err := c.fitted([]string{">OBJECTS", "DISPOSITION"}, rows); err != nil {
			return err
		}
	}
	rows, _ := chosenEvents(d, all)
	if len(rows) == 0 {
		return nil
	}
	fmt.Fprintln(c.term.Out)
	return c.fitted([]string{"EVENT", "OBJECT", "STAR", "WHAT"}, rows)
}

// chosenEvents takes the first of each kind, and counts the others. Those that
// mean nothing stand among the cells.
func chosenEvents(d history.Diff, all bool) (rows [][]string, hidden int) {
	seen := map[catalog.EventKind]int{}
	for _, e := range d.Events {
		if e.Kind == catalog.EventOther {
			continue
		}
		if seen[e.Kind]++; !all && seen[e.Kind] > shownEvents {
			hidden++
			continue
		}
		rows = append(rows, []string{string(e.Kind), e.Object, e.Star, strings.TrimPrefix(e.Text, e.Object+" ")})
	}
	return rows, hidden
}

func known(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

// diffCells prints the cells that changed, and says what is left out.
func (c *command) diffCells(d history.Diff, all bool) error {
	var rows [][]string
	hiddenCells, shownRows := 0, 0
	for _, r := range d.Rows {
		if r.Kind == catalog.RowChanged && !all && len(rows) >= shownCells {
			continue
		}
		shownRows++
		for _, cell := range r.Cells {
			if !all && len(rows) >= shownCells {
				hiddenCells++
				continue
			}
			rows = append(rows, []string{r.Key, cell.Column, c.cut(clean(cell.Old), 16), c.cut(clean(cell.New), 16), cellMove(cell)})
		}
	}
	if len(rows) > 0 {
		fmt.Fprintln(c.term.Out)
		if err := c.table([]string{"ROW", "COLUMN", ">" + versionName(d.From), ">" + versionName(d.To), ">CHANGE"}, rows); err != nil {
			return err
		}
	}
	_, events := chosenEvents(d, all)
	var hidden []string
	for _, h := range []struct {
		n         int
		one, many string
	}{{events, "more event", "more events"}, {hiddenCells, "more cell", "more cells"}, {d.RowsTotal - shownRows, "more row", "more rows"}} {
		if h.n > 0 {
			hidden = append(hidden, count(h.n, h.one, h.many))
		}
	}
	if len(hidden) > 0 {
		c.note("%s. Use --all or --json.", strings.Join(hidden, ", "))
	}
	return nil
}

// cellMove says how far a number moved.
func cellMove(cell catalog.CellChange) string {
	switch {
	case cell.Old == "":
		return "new"
	case cell.New == "":
		return "gone"
	}
	a, err := strconv.ParseFloat(strings.TrimSpace(cell.Old), 64)
	b, err2 := strconv.ParseFloat(strings.TrimSpace(cell.New), 64)
	if err != nil || err2 != nil || a == 0 || math.IsInf(a, 0) || math.IsInf(b, 0) || math.IsNaN(a) || math.IsNaN(b) {
		return ""
	}
	percent := 100 * (b - a) / math.Abs(a)
	if percent == 0 {
		return "same number"
	}
	return fmt.Sprintf("%+.2g %%", percent)
}
