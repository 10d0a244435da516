package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"exoplanetai/internal/history"
)

func (c *command) targetCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "target NAME", Short: "Print the story of one star: its names, planets, and what happened to them", Args: words("a star or planet"),
		Long: "Prints what the tables of all versions and sources know of one star: its names and numbers, its planets and candidates,\n" +
			"where the sources disagree, the files that are held, and what happened, newest first.",
		Example: "  exoplanetai target Kepler-10\n  exoplanetai target \"TIC 441420236\" --all\n  exoplanetai target K00752.01 --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				t, err := r.History.Target(ctx, args[0])
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(t)
				}
				return c.printTarget(t, all)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "everything that happened, not the newest 20 entries")
	return cmd
}

func (c *command) printTarget(t history.Timeline, all bool) error {
	if !c.term.OutTTY {
		var rows [][]string
		for _, e := range t.Entries {
			rows = append(rows, entryRow(e))
		}
		return c.table([]string{"WHEN", "TABLE", "VERSION", "WHAT"}, rows)
	}
	c.targetHead(t)
	if len(t.Objects) > 0 {
		var rows [][]string
		for _, o := range t.Objects {
			rows = append(rows, []string{string(o.Table), o.Object, o.Disposition, stamp(o.FirstSeen.RetrievedAt)[:10], stamp(o.LastSeen.RetrievedAt)[:10], o.Key})
		}
		fmt.Fprintln(c.term.Out)
		if err := c.fitted([]string{"TABLE", "OBJECT", "DISPOSITION", "FIRST SEEN", "LAST SEEN", "ROW"}, rows); err != nil {
			return err
		}
	}
	if err := c.targetConflicts(t); err != nil {
		return err
	}
	entries := t.Entries
	if !all {
		entries = entries[:min(len(entries), shownEvents)]
	}
	if len(entries) > 0 {
		var rows [][]string
		for _, e := range entries {
			row := entryRow(e)
			row[0] = row[0][:len("2006-01-02")]
			rows = append(rows, row)
		}
		fmt.Fprintln(c.term.Out)
		if err := c.fitted([]string{"WHEN", "TABLE", "VERSION", "WHAT"}, rows); err != nil {
			return err
		}
	}
	if hidden := len(t.Entries) - len(entries); hidden > 0 {
		c.note("%s; --all shows them", count(hidden, "older entry", "older entries"))
	}
	if len(t.Files) > 0 {
		c.note("%s held; exoplanetai lightcurve list %s", count(len(t.Files), "file is", "files are"), quoted(t.Query))
	}
	return nil
}

func entryRow(e history.Entry) []string {
	version := ""
	if e.State != nil {
		version = versionName(*e.State)
	}
	return []string{stamp(e.At), string(e.Table), version, e.Text}
}

// targetHead prints the names and the place of a star.
func (c *command) targetHead(t history.Timeline) {
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintln(c.term.Out, c.cut(clean(fmt.Sprintf("%-10s %s", label, text)), c.term.columns()))
		}
	}
	var ids []string
	for _, id := range t.IDs {
		ids = append(ids, id.String())
	}
	line("star", t.Name)
	line("numbers", strings.Join(ids, ", "))
	line("names", strings.Join(t.Aliases, ", "))
	if t.RA != nil && t.Dec != nil {
		line("position", strconv.FormatFloat(*t.RA, 'f', 6, 64)+" "+strconv.FormatFloat(*t.Dec, 'f', 6, 64)+" (degrees, ICRS)")
	}
}

// targetConflicts prints where the sources disagree.
func (c *command) targetConflicts(t history.Timeline) error {
	if len(t.Conflicts) == 0 {
		return nil
	}
	text := func(r history.Row, names ...string) string {
		for _, n := range names {
			if v, ok := r[n]; ok && v != nil {
				return fmt.Sprint(v)
			}
		}
		return ""
	}
	var rows [][]string
	for _, r := range t.Conflicts {
		rows = append(rows, []string{
			text(r, "candidate"), text(r, "column"), text(r, "source_a") + " " + text(r, "value_a"), text(r, "source_b") + " " + text(r, "value_b"), text(r, "sigma"), text(r, "note"),
		})
	}
	fmt.Fprintln(c.term.Out)
	return c.fitted([]string{"DISAGREE ON", "COLUMN", "ONE SAYS", "ANOTHER", ">SIGMA", "NOTE"}, rows)
}
