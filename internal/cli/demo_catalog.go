package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/history"
	"exoplanetai/internal/query"
	"exoplanetai/internal/review"
)

// DemoPair is one planet of the made-up sky that two tables list, each under a
// name of its own.
type DemoPair struct {
	KOI string `json:"koi"` // K00752.01
	TOI string `json:"toi"` // 700.01
}

// demoTable is what validation said of one table.
type demoTable struct {
	Table    catalog.Type    `json:"table"`
	Records  int             `json:"records"`
	Valid    bool            `json:"valid"`
	Errors   int             `json:"errors"`
	Warnings int             `json:"warnings"`
	Infos    int             `json:"infos"`
	Metrics  catalog.Metrics `json:"metrics"`
	Rules    map[string]int  `json:"rules"` // findings by rule
}

// demoMerge compares the merged table with the truth.
type demoMerge struct {
	Planted int `json:"planted"` // planets that two tables list
	Found   int `json:"found"`   // of these, one row of the merged table
	Wrong   int `json:"wrong"`   // rows of two sources that are not the same planet
}

// demoCatalogs goes on from the light curves to the tables: it validates them,
// and looks at what was made of them.
func (c *command) demoCatalogs(ctx context.Context, d *Demo, res *demoResult) error {
	bar := c.start("tables")
	defer bar.stop()
	for _, t := range []catalog.Type{catalog.KOI, catalog.TOI, catalog.K2, catalog.Gaia} {
		r, err := d.Review.Validate(ctx, review.Request{DataType: string(t)}, nil)
		if err != nil {
			return err
		}
		v := demoTable{Table: t, Records: r.Records, Valid: r.Valid, Metrics: r.Metrics, Rules: map[string]int{}}
		for _, n := range r.Levels {
			v.Errors, v.Warnings, v.Infos = v.Errors+n.Errors, v.Warnings+n.Warnings, v.Infos+n.Infos
			maps.Copy(v.Rules, n.Rules)
		}
		res.Validated = append(res.Validated, v)
	}
	var err error
	if res.Derived, err = d.Derive.Update(ctx); err != nil {
		return err
	}
	res.Merged, err = demoTruth(ctx, d)
	return err
}

// demoTruth compares the rows of the merged table that stand in both the KOI and
// the TOI table with the planets that do.
func demoTruth(ctx context.Context, d *Demo) (demoMerge, error) {
	m := demoMerge{Planted: len(d.Pairs)}
	err := d.Catalogs.Select(ctx, query.Request{
		Table: catalog.Candidates, Columns: []string{"koi", "toi"}, Limit: -1,
		Filters: []query.Filter{{Column: "koi", Expr: "!null"}, {Column: "toi", Expr: "!null"}},
	}, query.Rows{
		Head: func(query.Head) error { return nil },
		Row: func(cells []any) error {
			pair := DemoPair{KOI: cellText(cells[0]), TOI: strings.TrimPrefix(strings.TrimPrefix(cellText(cells[1]), "TOI-"), "TOI ")}
			if slices.Contains(d.Pairs, pair) {
				m.Found++
			} else {
				m.Wrong++
			}
			return nil
		},
	})
	return m, err
}

// demoQuery is the query that the demonstration shows.
var demoQuery = query.Request{
	Table: catalog.Candidates, Filters: []query.Filter{{Column: "source_count", Expr: ">=2"}, {Column: "radius_earth", Expr: "..4"}},
	Columns: []string{"candidate", "toi", "host_name", "disposition", "period_d", "radius_earth"}, Sort: "radius_earth", Limit: 5,
}

// printDemoCatalogs shows what became of the tables.
func (c *command) printDemoCatalogs(ctx context.Context, d *Demo, res demoResult, out func(string, ...any)) error {
	out("\nTables that can be believed")
	var rows [][]string
	for _, v := range res.Validated {
		rows = append(rows, []string{
			string(v.Table), strconv.Itoa(v.Records), strconv.Itoa(v.Errors), strconv.Itoa(v.Warnings), strconv.Itoa(v.Infos),
			share(v.Metrics.Completeness), share(v.Metrics.Accuracy), share(v.Metrics.Consistency), share(v.Metrics.Freshness),
		})
	}
	err := c.table([]string{"TABLE", ">ROWS", ">ERRORS", ">WARNINGS", ">INFOS", ">COMPLETE", ">ACCURATE", ">CONSISTENT", ">FRESH"}, rows)
	if err != nil {
		return err
	}
	for _, v := range res.Validated {
		if most := mostFound(v.Rules, 3); most != "" {
			out("%s: %s", v.Table, most)
		}
	}
	out("The made-up stars bear numbers that no catalog has, which validation finds, too.")
	out("\nIn common units and words, and merged")
	rows = nil
	for _, t := range res.Derived.Tables {
		rows = append(rows, []string{string(t.Table), strconv.Itoa(t.Rows), strconv.Itoa(t.Columns), string(t.Path)})
	}
	if err := c.table([]string{"TABLE", ">ROWS", ">COLUMNS", "PATH"}, rows); err != nil {
		return err
	}
	out("%d planets stand in the KOI and in the TOI table, under other names; %d of them found, %d joined wrongly %s",
		res.Merged.Planted, res.Merged.Found, res.Merged.Wrong, c.mark(res.Merged.Found == res.Merged.Planted && res.Merged.Wrong == 0))
	if err := c.printDemoChange(res.Diff, out); err != nil {
		return err
	}
	return c.printDemoQuery(ctx, d, out)
}

// printDemoChange shows what ExoFOP changed between two asks.
func (c *command) printDemoChange(d *history.Diff, out func(string, ...any)) error {
	if d == nil {
		return nil
	}
	out("\nExoFOP was asked again, and had changed some rows meanwhile")
	out("%s  %s %s %s   +%d added   -%d removed   ~%d changed", d.Table, versionName(d.From), c.arrow(), versionName(d.To),
		d.Changes.Added, d.Changes.Removed, d.Changes.Changed)
	rows, _ := chosenEvents(*d, false)
	return c.fitted([]string{"EVENT", "OBJECT", "STAR", "WHAT"}, rows)
}

func (c *command) printDemoQuery(ctx context.Context, d *Demo, out func(string, ...any)) error {
	line := "exoplanetai catalog query " + string(demoQuery.Table)
	for _, f := range demoQuery.Filters {
		line += " " + quoted(f.Column+"="+f.Expr)
	}
	out("\n%s --sort %s", line, demoQuery.Sort)
	head, g, err := c.selectGrid(ctx, d.Catalogs, demoQuery)
	if err != nil {
		return err
	}
	header, rows := g.fit(c.term.columns())
	if err := c.table(header, rows); err != nil {
		return err
	}
	out("%d of %s", pageRows(head), count(head.Total, "row", "rows"))
	return nil
}

// mostFound lists the rules that found most.
func mostFound(rules map[string]int, n int) string {
	names := slices.SortedFunc(maps.Keys(rules), func(a, b string) int { return cmp.Or(cmp.Compare(rules[b], rules[a]), cmp.Compare(a, b)) })
	var list []string
	for _, name := range names[:min(n, len(names))] {
		list = append(list, fmt.Sprintf("%d %s", rules[name], name))
	}
	return strings.Join(list, ", ")
}

// share prints a quality, nothing if it was not measured.
func share(m *catalog.Metric) string {
	if m == nil {
		return ""
	}
	return fmt.Sprintf("%.1f %%", 100*m.Overall)
}
