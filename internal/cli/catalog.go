package cli

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/derive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/export"
	"exoplanetai/internal/history"
	"exoplanetai/internal/query"
	"exoplanetai/internal/tables"
)

// Catalogs selects rows of the tables.
type Catalogs interface {
	Select(ctx context.Context, r query.Request, to query.Rows) error
	Key(ctx context.Context, table catalog.Type, ref tables.Ref, key string) (query.Head, []any, error)
	Columns(ctx context.Context, table catalog.Type, ref tables.Ref) (tables.Version, []export.Column, error)
}

// Historian tells what changed.
type Historian interface {
	Diff(ctx context.Context, r history.DiffRequest) (history.Diff, error)
	Target(ctx context.Context, name string) (history.Timeline, error)
	Feed(ctx context.Context, r history.FeedRequest) (history.Feed, error)
}

// Versions lists the versions of the tables.
type Versions interface {
	Versions(ctx context.Context, t catalog.Type) ([]tables.Version, error)
	Schemas(ctx context.Context, t catalog.Type) ([]tables.Schema, error)
}

// Deriver makes the tables of processed/v1 and processed/v2.
type Deriver interface {
	Update(ctx context.Context) (derive.Result, error)
}

// catalogNames are the words for the tables.
var catalogNames = []string{"koi", "toi", "k2", "gaia", "candidates"}

// parseCatalog reads the name of a table that can be read.
func parseCatalog(s string) (catalog.Type, error) {
	if slices.Contains(catalogNames, s) {
		return catalog.Type(s), nil
	}
	best, least := "", 3
	for _, n := range catalogNames {
		if d := exo.Edits(strings.ToLower(s), n); d < least {
			best, least = n, d
		}
	}
	e := exo.Errorf("cli.catalog", exo.Invalid, nil, "%.40q is not a catalog", clean(s)).With("parameter", "table").With("allowed", catalogNames)
	if best != "" {
		return "", e.Try("did you mean %s? The catalogs are %s", best, strings.Join(catalogNames, ", "))
	}
	return "", e.Try("use one of %s", strings.Join(catalogNames, ", "))
}

func (c *command) catalogCommand() *cobra.Command {
	return group("catalog", "Query, compare and export the tables that are held",
		"  exoplanetai catalog query koi koi_disposition=CONFIRMED 'koi_period=1..5' --sort koi_period\n"+
			"  exoplanetai catalog diff toi\n"+
			"  exoplanetai catalog export candidates -o candidates.parquet",
		c.catalogList(), c.catalogQuery(), c.catalogShow(), c.catalogColumns(), c.catalogDiff(), c.catalogExport(), c.catalogSchema(), c.catalogBuild(), c.catalogFeed())
}

// catalogEntry is a table of the list; the document of GET /catalogs.
type catalogEntry struct {
	Table    catalog.Type   `json:"table"`
	Versions int            `json:"versions"`
	Rows     int            `json:"rows"`
	Columns  int            `json:"columns"`
	Newest   *history.State `json:"newest,omitempty"`
	Oldest   *history.State `json:"oldest,omitempty"`
}

func (c *command) catalogList() *cobra.Command {
	return &cobra.Command{
		Use: "list [TABLE]", Short: "List the catalogs, or the versions of one", Args: cobra.MaximumNArgs(1),
		Example:   "  exoplanetai catalog list\n  exoplanetai catalog list koi\n  exoplanetai catalog list --json",
		ValidArgs: catalogNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				if len(args) == 0 {
					return c.listCatalogs(ctx, r)
				}
				t, err := parseCatalog(args[0])
				if err != nil {
					return err
				}
				return c.listVersions(ctx, r, t)
			})
		},
	}
}

func (c *command) listCatalogs(ctx context.Context, r *Reader) error {
	var list []catalogEntry
	var rows [][]string
	for _, name := range catalogNames {
		versions, err := r.Versions.Versions(ctx, catalog.Type(name))
		if err != nil {
			return err
		}
		e := catalogEntry{Table: catalog.Type(name), Versions: len(versions)}
		row := []string{name, strconv.Itoa(len(versions)), "", "", "", ""}
		if n := len(versions); n > 0 {
			oldest, newest := history.StateOf(versions[0]), history.StateOf(versions[n-1])
			e.Rows, e.Columns, e.Oldest, e.Newest = newest.Rows, len(versions[n-1].Meta.Columns), &oldest, &newest
			row = []string{name, strconv.Itoa(n), strconv.Itoa(e.Rows), strconv.Itoa(e.Columns), stamp(newest.RetrievedAt), newest.ID}
		}
		list, rows = append(list, e), append(rows, row)
	}
	if c.json {
		return c.printJSON(map[string]any{"catalogs": list})
	}
	return c.table([]string{"CATALOG", ">VERSIONS", ">ROWS", ">COLUMNS", "RETRIEVED", "NEWEST"}, rows)
}

func (c *command) listVersions(ctx context.Context, r *Reader, t catalog.Type) error {
	versions, err := r.Versions.Versions(ctx, t)
	if err != nil {
		return err
	}
	states := []history.State{}
	var rows [][]string
	for _, v := range slices.Backward(versions) {
		s := history.StateOf(v)
		states = append(states, s)
		rows = append(rows, []string{"v" + strconv.Itoa(s.Number), s.ID, stamp(s.RetrievedAt), strconv.Itoa(s.Rows), short(s.Checksum)})
	}
	if c.json {
		return c.printJSON(map[string]any{"table": t, "versions": states})
	}
	return c.table([]string{"VERSION", "IDENTIFIER", "RETRIEVED", ">ROWS", "SHA-256"}, rows)
}

// stamp prints a time to the minute.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// short is the beginning of a digest: enough to name a version.
func short(d exo.Digest) string {
	hex := strings.TrimPrefix(d.String(), "sha256:")
	return hex[:min(12, len(hex))]
}

// versionFlags are those that choose a version of a table.
type versionFlags struct{ version, asOf string }

func (v *versionFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&v.version, "version", "", "`version`: v3, an identifier, latest, previous, or the beginning of its digest (default: the newest)")
	cmd.Flags().StringVar(&v.asOf, "as-of", "", "the version that was the newest at this `time`: 2026-01-02 or 2026-01-02T03:04:05Z")
}

func (v versionFlags) ref() (tables.Ref, error) { return tables.ParseRef(v.version, v.asOf) }

func (c *command) catalogColumns() *cobra.Command {
	var v versionFlags
	cmd := &cobra.Command{
		Use: "columns TABLE", Short: "List the columns of a catalog: what can be filtered, sorted and chosen", Args: words("a catalog"),
		Example:   "  exoplanetai catalog columns koi\n  exoplanetai catalog columns candidates --json\n  exoplanetai catalog columns toi --as-of 2026-01-02",
		ValidArgs: catalogNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			t, ref, err := tableAndRef(args[0], v)
			if err != nil {
				return err
			}
			return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				version, cols, err := r.Catalogs.Columns(ctx, t, ref)
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(map[string]any{"table": t, "version": history.StateOf(version), "columns": cols})
				}
				var rows [][]string
				for _, col := range cols {
					rows = append(rows, []string{col.Name, col.Type, col.Unit, col.Description})
				}
				return c.fitted([]string{"COLUMN", "TYPE", "UNIT", "MEANING"}, rows)
			})
		},
	}
	v.add(cmd)
	return cmd
}

func tableAndRef(name string, v versionFlags) (catalog.Type, tables.Ref, error) {
	t, err := parseCatalog(name)
	if err != nil {
		return "", tables.Ref{}, err
	}
	ref, err := v.ref()
	return t, ref, err
}

func (c *command) catalogShow() *cobra.Command {
	var v versionFlags
	var all bool
	cmd := &cobra.Command{
		Use: "show TABLE KEY", Short: "Print one row, column by column", Args: words("a catalog", "the row's key, or a name that means one row"),
		Long: "Prints one row, column by column. The key may be a name that means one row: K00752.01, TOI-700.01, \"Kepler-10 b\".\n" +
			"On a terminal, columns without a value are left out unless --all.",
		Example: "  exoplanetai catalog show koi K00752.01\n" +
			"  exoplanetai catalog show candidates \"Kepler-10 b\" --all\n" +
			"  exoplanetai catalog show toi TOI-700.01 --as-of 2026-01-02 --json",
		ValidArgs: catalogNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			t, ref, err := tableAndRef(args[0], v)
			if err != nil {
				return err
			}
			return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				head, cells, err := r.Catalogs.Key(ctx, t, ref, args[1])
				if err != nil {
					return err
				}
				return c.printRow(t, head, cells, all)
			})
		},
	}
	v.add(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "columns without a value, too")
	return cmd
}

func (c *command) printRow(t catalog.Type, head query.Head, cells []any, all bool) error {
	if c.json {
		row := map[string]any{}
		for i, col := range head.Columns {
			row[col.Name] = cells[i]
		}
		return c.printJSON(map[string]any{"table": t, "version": history.StateOf(head.Version), "columns": head.Columns, "row": row})
	}
	var rows [][]string
	empty := 0
	for i, col := range head.Columns {
		if cells[i] == nil && c.term.OutTTY && !all {
			empty++
			continue
		}
		rows = append(rows, []string{col.Name, cellText(cells[i]), col.Unit})
	}
	if err := c.fitted([]string{"COLUMN", "VALUE", "UNIT"}, rows); err != nil {
		return err
	}
	if empty > 0 {
		c.note("%s without a value; --all shows them", count(empty, "column", "columns"))
	}
	return nil
}

func (c *command) catalogSchema() *cobra.Command {
	return &cobra.Command{
		Use: "schema TABLE", Short: "See how the columns of a catalog changed over its versions", Args: words("a catalog"),
		Example:   "  exoplanetai catalog schema koi\n  exoplanetai catalog schema toi --json\n  exoplanetai catalog schema k2 --data-path /srv/exoplanets",
		ValidArgs: catalogNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := parseCatalog(args[0])
			if err != nil {
				return err
			}
			return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				list, err := r.Versions.Schemas(ctx, t)
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(map[string]any{"table": t, "schemas": nonNil(list)})
				}
				return c.printSchemas(list)
			})
		},
	}
}

func (c *command) printSchemas(list []tables.Schema) error {
	var rows [][]string
	for _, s := range list {
		rows = append(rows, []string{"v" + strconv.Itoa(s.Number), stamp(s.At), strconv.Itoa(s.Columns), strconv.Itoa(s.Versions), c.schemaChange(s)})
	}
	return c.fitted([]string{"SINCE", "RETRIEVED", ">COLUMNS", ">VERSIONS", "CHANGE"}, rows)
}

// schemaChange tells in a line what a state of the columns changed.
func (c *command) schemaChange(s tables.Schema) string {
	var parts []string
	add := func(word string, names []string) {
		if len(names) > 0 {
			parts = append(parts, word+" "+strings.Join(names, ", "))
		}
	}
	var renamed, retyped, units []string
	for _, r := range s.Renamed {
		renamed = append(renamed, r.From+" "+c.arrow()+" "+r.To)
	}
	for _, r := range s.Retyped {
		retyped = append(retyped, r.Column+" "+r.From+" "+c.arrow()+" "+r.To)
	}
	for _, r := range s.Units {
		units = append(units, r.Column+" "+r.From+" "+c.arrow()+" "+r.To)
	}
	add("added", s.Added)
	add("removed", s.Removed)
	add("perhaps renamed", renamed)
	add("type", retyped)
	add("unit", units)
	if s.Reordered {
		parts = append(parts, "another order")
	}
	return strings.Join(parts, "; ")
}

// arrow leads from an old value to a new one.
func (c *command) arrow() string {
	if c.term.UTF8 {
		return "→"
	}
	return "->"
}

func (c *command) catalogBuild() *cobra.Command {
	return &cobra.Command{
		Use: "build", Short: "Make the tables of processed/v1 and processed/v2 that are missing or old", Args: words(),
		Long: "Makes the normalised form of each table (processed/v1) and the merged table of candidates (processed/v2), where\n" +
			"they are missing or older than their sources. Ingesting a table does so by itself.",
		Example: "  exoplanetai catalog build\n  exoplanetai catalog build --json\n  exoplanetai catalog build --data-path /srv/exoplanets",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.write(cmd.Context(), func(ctx context.Context, w *Writer) error {
				res, err := w.Derive.Update(ctx)
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(res)
				}
				return c.printDerived(res)
			})
		},
	}
}

func (c *command) printDerived(res derive.Result) error {
	var rows [][]string
	for _, t := range res.Tables {
		state := "held"
		if t.Made {
			state = "made"
		}
		rows = append(rows, []string{string(t.Table), state, strconv.Itoa(t.Rows), strconv.Itoa(t.Columns), string(t.Path)})
	}
	if err := c.table([]string{"TABLE", "STATE", ">ROWS", ">COLUMNS", "PATH"}, rows); err != nil {
		return err
	}
	if m := res.Merge; m != nil {
		c.note("%s: %d known to more than one source (%d by name or number, %d by position and period), %s, %s between sources",
			count(m.Candidates, "candidate", "candidates"), m.InTwo, m.Identifier, m.Position,
			count(m.Aliases, "alias", "aliases"), count(m.Conflicts, "disagreement", "disagreements"))
	}
	return nil
}
