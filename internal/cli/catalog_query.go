package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/export"
	"exoplanetai/internal/history"
	"exoplanetai/internal/query"
)

// formatTable is the format for people: aligned on a terminal, tab-separated
// into a pipe.
const formatTable = "table"

// rowFlags are those of `catalog query` and `catalog export`.
type rowFlags struct {
	versionFlags
	sort, columns, cone string
	limit               int
	offset              int64
	format, output      string
	replace             bool
}

func (c *command) catalogQuery() *cobra.Command {
	var f rowFlags
	cmd := &cobra.Command{
		Use: "query TABLE [CONDITION…]", Short: "Select rows by conditions on their columns", Args: cobra.MinimumNArgs(1),
		Long: "Selects rows. A condition is a column and what it should be; all must hold:\n" +
			"  koi_period=1..5  koi_depth>100  koi_depth<=900  koi_disposition=CONFIRMED,CANDIDATE  koi_disposition!=CONFIRMED\n" +
			"  koi_comment~centroid (contains)  koi_score=null  koi_score=!null\n" +
			"A cone is ra,dec,radius in degrees, or sexagesimal (19:02:43.1,+50:14:28.7,60s), or a name and a radius.\n" +
			"On a terminal the telling columns are shown that fit; into a pipe go all, separated by tabs.",
		Example: "  exoplanetai catalog query koi koi_disposition=CONFIRMED 'koi_period=1..5' --sort koi_period\n" +
			"  exoplanetai catalog query toi --cone \"TOI-700,10m\" --columns TOI,\"Period (days)\"\n" +
			"  exoplanetai catalog query candidates 'radius_earth<1.5' --as-of 2026-01-02 --format csv -o small.csv",
		ValidArgs: catalogNames,
		RunE:      func(cmd *cobra.Command, args []string) error { return c.selectRows(cmd.Context(), args, f) },
	}
	f.add(cmd)
	cmd.Flags().IntVar(&f.limit, "limit", 100, "rows at most; -1: all")
	cmd.Flags().Int64Var(&f.offset, "offset", 0, "rows to skip")
	return cmd
}

func (c *command) catalogExport() *cobra.Command {
	f := rowFlags{limit: -1}
	cmd := &cobra.Command{
		Use: "export TABLE [CONDITION…] -o FILE", Short: "Write all rows to a CSV, VOTable, Parquet or JSON file", Args: cobra.MinimumNArgs(1),
		Long: "Writes all rows, or those for which the conditions hold (see catalog query), to a file. The format follows from its\n" +
			"ending: .csv, .vot, .parquet or .json. In CSV, a text that a spreadsheet would run as a formula begins with an apostrophe.\n" +
			"The bytes as the archive sent them are in the data folder; catalog list names the file.",
		Example: "  exoplanetai catalog export koi -o koi.parquet\n" +
			"  exoplanetai catalog export candidates disposition=CONFIRMED -o confirmed.csv\n" +
			"  exoplanetai catalog export toi --version v3 -o toi-v3.vot --replace",
		ValidArgs: catalogNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.output == "" {
				return exo.Errorf("cli.export", exo.Invalid, nil, "it is not said where to write").Try("-o %s.csv, .vot, .parquet or .json; or - for standard output", clean(args[0]))
			}
			return c.selectRows(cmd.Context(), args, f)
		},
	}
	f.add(cmd)
	return cmd
}

func (f *rowFlags) add(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.sort, "sort", "", "`columns` to sort by, - before one for falling; then by row key")
	s.StringVar(&f.columns, "columns", "", "`columns` wanted, in order; all: every one")
	s.StringVar(&f.cone, "cone", "", "`ra,dec,radius` or name,radius: a circle on the sky")
	f.versionFlags.add(cmd)
	s.StringVar(&f.format, "format", "", "`format`: table, json, csv, votable, parquet (default: by the file's ending, else table)")
	s.StringVarP(&f.output, "output", "o", "", "`file` to write; - for standard output")
	s.BoolVar(&f.replace, "replace", false, "write over a file that exists")
}

// request makes the request of a command line.
func (f rowFlags) request(args []string) (query.Request, error) {
	const op = "cli.catalog"
	r := query.Request{Sort: f.sort, Cone: f.cone, Limit: f.limit, Offset: f.offset}
	var err error
	if r.Table, r.Ref, err = tableAndRef(args[0], f.versionFlags); err != nil {
		return r, err
	}
	for _, word := range args[1:] {
		filter, err := query.ParseWord(word)
		if err != nil {
			return r, err
		}
		r.Filters = append(r.Filters, filter)
	}
	if f.columns != "all" {
		if r.Columns, err = splitNames(f.columns); err != nil {
			return r, err
		}
	}
	if r.Limit == 0 || r.Limit < -1 {
		return r, exo.Errorf(op, exo.Invalid, nil, "--limit %d is no number of rows", r.Limit).With("parameter", "limit").Try("give 1 or more, or -1 for all")
	}
	if r.Offset < 0 {
		return r, exo.Errorf(op, exo.Invalid, nil, "--offset %d is below 0", r.Offset).With("parameter", "offset").Try("give 0 or more")
	}
	return r, nil
}

// splitNames splits names at commas; one that holds a comma stands in double
// quotes.
func splitNames(s string) ([]string, error) {
	var list []string
	var name strings.Builder
	quoted := false
	for _, r := range s + "," {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ',' && !quoted:
			if text := strings.TrimSpace(name.String()); text != "" {
				list = append(list, text)
			}
			name.Reset()
		default:
			name.WriteRune(r)
		}
	}
	if quoted {
		return nil, exo.Errorf("cli.catalog", exo.Invalid, nil, "--columns has a quotation mark that does not end").Try(`write names with commas as "a, b"`)
	}
	return list, nil
}

// chooseFormat finds the format that a command line means.
func (c *command) chooseFormat(f rowFlags) (string, error) {
	const op = "cli.catalog"
	offered := []string{formatTable}
	for _, o := range export.Formats {
		offered = append(offered, string(o))
	}
	format, end := f.format, strings.ToLower(filepath.Ext(f.output))
	toFile := f.output != "" && f.output != "-"
	if format == "" && toFile {
		for _, o := range export.Formats {
			if end == o.Extension() || o == export.VOTable && (end == ".xml" || end == ".votable") {
				format = string(o)
			}
		}
		if format == "" {
			return "", exo.Errorf(op, exo.Invalid, nil, "the ending of %.80q names no format", clean(f.output)).Try("end it in .csv, .vot, .parquet or .json, or say --format")
		}
	}
	switch {
	case format == "" && c.json:
		format = string(export.JSON)
	case format == "":
		format = formatTable
	case !slices.Contains(offered, format):
		return "", exo.Errorf(op, exo.Invalid, nil, "%.40q is not a format", clean(format)).With("parameter", "format").With("allowed", offered).Try("use %s", strings.Join(offered, ", "))
	}
	switch {
	case format == string(export.Parquet) && !toFile && c.term.OutTTY:
		return "", exo.Errorf(op, exo.Invalid, nil, "a Parquet file is not written to a terminal").Try("-o FILE.parquet")
	case format == formatTable && toFile:
		return "", exo.Errorf(op, exo.Invalid, nil, "a table for people is not written to a file").Try("use csv, votable, parquet or json")
	}
	return format, nil
}

// selectRows does what `catalog query` and `catalog export` have in common.
func (c *command) selectRows(ctx context.Context, args []string, f rowFlags) error {
	req, err := f.request(args)
	if err != nil {
		return err
	}
	format, err := c.chooseFormat(f)
	if err != nil {
		return err
	}
	toFile := f.output != "" && f.output != "-"
	o := WriteOptions{Replace: f.replace}
	if toFile {
		if err := mayReplace(c.program.MayWrite(f.output, o)); err != nil {
			return err
		}
	}
	return c.read(ctx, func(ctx context.Context, r *Reader) error {
		switch {
		case format == formatTable && c.term.OutTTY:
			return c.showGrid(ctx, r, req, f)
		case format == formatTable:
			return c.tabSeparated(ctx, r, req)
		case !toFile:
			_, err := c.export(ctx, r, req, export.Format(format), c.term.Out)
			return err
		}
		var head query.Head
		err := c.program.CreateFile(ctx, f.output, o, func(w io.Writer) error {
			head, err = c.export(ctx, r, req, export.Format(format), w)
			return err
		})
		if err := mayReplace(err); err != nil {
			return err
		}
		c.note("%s %s of %s written to %s", c.mark(true), count(pageRows(head), "row", "rows"), head.Version.ID, clean(f.output))
		return nil
	})
}

// mayReplace names the flag of these commands.
func mayReplace(err error) error {
	if errors.Is(err, exo.Exists) {
		return exo.E("cli.catalog", exo.Exists, nil, err).Try("name another file with -o, or write over it with --replace")
	}
	return err
}

// pageRows is how many rows an answer has.
func pageRows(h query.Head) int64 {
	n := max(0, h.Total-h.Offset)
	if h.Limit >= 0 {
		n = min(n, int64(h.Limit))
	}
	return n
}

// export writes rows in one of the formats of files.
func (c *command) export(ctx context.Context, r *Reader, req query.Request, f export.Format, w io.Writer) (query.Head, error) {
	var head query.Head
	var enc export.Writer
	buf := bufio.NewWriterSize(w, 1<<16)
	err := r.Catalogs.Select(ctx, req, query.Rows{
		Head: func(h query.Head) (err error) {
			head = h
			enc, err = export.NewWriter(buf, f, c.exportHead(req, h))
			return err
		},
		Row: func(cells []any) error { return enc.Row(cells) },
	})
	if err == nil {
		err = enc.Close(head.More)
	}
	if err == nil {
		err = buf.Flush()
	}
	return head, err
}

// exportHead is the head of a file; the members of a JSON document are those of
// GET /catalogs/{table}, where next is an address, and a command here.
func (c *command) exportHead(req query.Request, h query.Head) export.Head {
	v := h.Version
	var next any
	if h.More {
		next = nextCommand(req, h)
	}
	return export.Head{
		Name: string(req.Table), Columns: h.Columns,
		Infos: [][2]string{
			{"version", v.ID}, {"sha256", v.Meta.SHA256.String()}, {"retrieved_at", v.Meta.RetrievedAt.UTC().Format("2006-01-02T15:04:05Z")},
			{"total", strconv.FormatInt(h.Total, 10)}, {"program", c.program.Version()},
		},
		Fields: map[string]any{
			"table": req.Table, "version": history.StateOf(v), "total": h.Total, "offset": h.Offset, "limit": h.Limit, "next": next, "cone": h.Cone,
		},
	}
}

// tabSeparated streams rows into a pipe.
func (c *command) tabSeparated(ctx context.Context, r *Reader, req query.Request) error {
	out := bufio.NewWriterSize(c.term.Out, 1<<16)
	line := func(cells []string) error {
		_, err := out.WriteString(strings.Join(cells, "\t") + "\n")
		return err
	}
	var head query.Head
	var texts []string
	err := r.Catalogs.Select(ctx, req, query.Rows{
		Head: func(h query.Head) error {
			head = h
			for _, col := range h.Columns {
				texts = append(texts, clean(col.Name))
			}
			return line(texts)
		},
		Row: func(cells []any) error {
			for i, v := range cells {
				texts[i] = clean(cellText(v))
			}
			return line(texts)
		},
	})
	if err == nil {
		err = out.Flush()
	}
	if err == nil && head.More {
		c.more(req, head)
	}
	return err
}

// more says that there are more rows, and how to get them.
func (c *command) more(req query.Request, h query.Head) {
	c.note("%d of %s of %s; the next: --offset %d, all: --limit -1", pageRows(h), count(h.Total, "row", "rows"), h.Version.ID, h.Offset+int64(req.Limit))
}

// showGrid prints rows on a terminal, in the columns that fit.
func (c *command) showGrid(ctx context.Context, r *Reader, req query.Request, f rowFlags) error {
	total := len(req.Columns)
	if total == 0 {
		_, all, err := r.Catalogs.Columns(ctx, req.Table, req.Ref)
		if err != nil {
			return err
		}
		if total = len(all); f.columns != "all" {
			req.Columns = shownColumns(req.Table, all, askedColumns(req))
		}
	}
	head, g, err := c.selectGrid(ctx, r.Catalogs, req)
	if err != nil {
		return err
	}
	header, rows := g.fit(c.term.columns())
	if len(rows) > 0 {
		if err := c.table(header, rows); err != nil {
			return err
		}
	}
	c.gridNote(req, head, len(header), total)
	return nil
}

// gridNote says what is shown of what there is.
func (c *command) gridNote(req query.Request, h query.Head, shown, total int) {
	if shown < total {
		c.note("%d of %s; choose with --columns, or take all with --format csv", shown, count(total, "column", "columns"))
	}
	switch {
	case h.Total == 0:
		c.note("no row of %s matches", h.Version.ID)
	case h.More:
		c.more(req, h)
	default:
		c.note("%s of %s", count(pageRows(h), "row", "rows"), h.Version.ID)
	}
}

// askedColumns are those of conditions and of the order.
func askedColumns(req query.Request) []string {
	var names []string
	for _, f := range req.Filters {
		names = append(names, f.Column)
	}
	for name := range strings.SplitSeq(req.Sort, ",") {
		names = append(names, strings.TrimPrefix(strings.TrimSpace(name), "-"))
	}
	return names
}
