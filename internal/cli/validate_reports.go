package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/reports"
	"exoplanetai/internal/review"
	"exoplanetai/internal/validate"
)

func (c *command) validateReports() *cobra.Command {
	var target string
	var limit int
	cmd := &cobra.Command{
		Use: "reports [TYPE]", Short: "List the reports that are kept, newest first", Args: atMostType,
		Example: "  exoplanetai validate reports\n  exoplanetai validate reports koi --limit 5\n  exoplanetai validate reports lightcurve --target \"TIC 441420236\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			dataType := strings.Join(args, "")
			if target != "" && dataType != "" && dataType != validate.LightCurveType {
				return exo.Errorf("cli.reports", exo.Invalid, nil, "reports of tables are of no star").Try("leave --target out, or list those of lightcurve")
			}
			if limit < 0 {
				return exo.Errorf("cli.reports", exo.Invalid, nil, "--limit %d is below 0", limit).Try("--limit 20, or 0 for all")
			}
			return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				var id exo.TargetID
				var err error
				if target != "" {
					if id, err = r.Targets.Target(ctx, target, ""); err != nil {
						return err
					}
				}
				list, err := r.Reports.List(ctx, dataType, id, limit)
				if err != nil {
					return err
				}
				return c.printReports(list)
			})
		},
	}
	cmd.Flags().StringVar(&target, "target", "", "only reports of the light curves of this `star`")
	cmd.Flags().IntVar(&limit, "limit", 20, "at most this `number`, 0 for all")
	return cmd
}

// atMostType accepts no word, or that of a data type.
func atMostType(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return words("a data type")(cmd, args)
	}
	if len(args) == 1 {
		return reports.CheckType("cli.validate", args[0])
	}
	return nil
}

func (c *command) printReports(list []reports.Entry) error {
	if c.json {
		return c.printJSON(map[string]any{"reports": nonNil(list)})
	}
	var rows [][]string
	for _, e := range list {
		what := e.DataType
		if !e.Target.IsZero() {
			what = e.Target.String()
		}
		valid := "valid"
		switch {
		case e.Rejected:
			valid = "rejected"
		case !e.Valid:
			valid = "not valid"
		}
		complete := ""
		if m := e.Metrics.Completeness; m != nil {
			complete = percent(m.Overall)
		}
		row := []string{reportName(e.Path), valid, strconv.Itoa(e.Errors), strconv.Itoa(e.Warnings), complete}
		if !c.term.OutTTY {
			row = append(row, e.At.UTC().Format(time.RFC3339), what, string(e.Path))
		}
		rows = append(rows, row)
	}
	header := []string{"REPORT", "RESULT", ">ERRORS", ">WARNINGS", ">COMPLETE"}
	if !c.term.OutTTY {
		header = append(header, "AT", "OF", "PATH")
	}
	return c.table(header, rows)
}

func (c *command) validateShow() *cobra.Command {
	var most int
	cmd := &cobra.Command{
		Use: "show REPORT", Short: "Show a report that is kept", Args: words("the name of a report"),
		Long: "Shows a report. A terminal shows the first findings; a pipe and --json get all.",
		Example: "  exoplanetai validate show koi_20260102_030405\n  exoplanetai validate show koi_20260102_030405 --limit 500\n" +
			"  exoplanetai validate show koi_20260102_030405 --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				e, doc, err := r.Reports.Read(ctx, args[0])
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(doc)
				}
				return c.printReport(e, doc, most)
			})
		},
	}
	cmd.Flags().IntVar(&most, "limit", shownFindings, "findings shown on a terminal, at most this `number`, 0 for all")
	return cmd
}

// printReport prints a kept report as the answer that went with it.
func (c *command) printReport(e reports.Entry, doc reports.Document, most int) error {
	res := review.Result{
		DataType: doc.DataType, Valid: doc.Report.Valid, Records: doc.Report.Rows, Levels: doc.Report.Levels, Metrics: doc.Report.Metrics, ReportPath: e.Path,
	}
	if !doc.Target.IsZero() {
		name := doc.Target.String()
		res.TargetName = &name
	}
	for _, f := range doc.Files {
		res.Files = append(res.Files, f.Path)
	}
	all := len(doc.Report.Findings)
	if most <= 0 || !c.term.OutTTY {
		most = all
	}
	res.Findings, res.FindingsTotal = review.First(doc.Report.Findings, most, nil)
	return c.printReviewed(res, most, true)
}

func (c *command) validateCompare() *cobra.Command {
	return &cobra.Command{
		Use: "compare FROM TO", Short: "Tell what two reports differ in", Args: words("the name of a report", "the name of another"),
		Example: "  exoplanetai validate compare koi_20260102_030405 koi_20260103_030405\n  exoplanetai validate compare koi_20260102_030405 koi_20260103_030405 --json\n" +
			"  exoplanetai validate reports koi",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				res, err := r.Reports.Compare(ctx, args[0], args[1])
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(res)
				}
				return c.printComparison(res)
			})
		},
	}
}

func (c *command) printComparison(r reports.Comparison) error {
	c.note("%s: %s, %s", c.moved(reportName(r.From.Path), reportName(r.To.Path)),
		count(r.NewAll, "new finding", "new findings"), count(r.GoneAll, "is gone", "are gone"))
	for _, name := range slices.Sorted(maps.Keys(r.Metrics)) {
		if d := r.Metrics[name]; d != 0 {
			c.note("  %-12s %+.4f %%", name, 100*d)
		}
	}
	var rows [][]string
	for _, x := range r.Rules {
		rows = append(rows, []string{x.Rule, strconv.Itoa(x.From), strconv.Itoa(x.To), fmt.Sprintf("%+d", x.To-x.From)})
	}
	if c.term.OutTTY || len(rows) > 0 {
		if err := c.table([]string{"RULE", ">FROM", ">TO", ">CHANGE"}, rows); err != nil {
			return err
		}
	}
	if !c.term.OutTTY {
		return nil
	}
	for _, part := range []struct {
		sign string
		list []validate.Finding
		all  int
	}{{"+", r.New, r.NewAll}, {"-", r.Gone, r.GoneAll}} {
		var rows [][]string
		for _, f := range part.list[:min(len(part.list), shownFindings)] {
			rows = append(rows, []string{part.sign, f.Rule, c.cut(rowName(f), widestCell), f.Message})
		}
		if err := c.under([]string{"", "RULE", "ROW", "FINDING"}, rows, c.table); err != nil {
			return err
		}
		if rest := part.all - len(rows); rest > 0 {
			c.note("%s more; --json lists the first 100", count(rest, "finding", "findings"))
		}
	}
	return nil
}

func (c *command) validateRules() *cobra.Command {
	return &cobra.Command{
		Use: "rules [TYPE]", Short: "List the rules, with their limits and reasons", Args: atMostType,
		Example: "  exoplanetai validate rules koi\n  exoplanetai validate rules lightcurve --json\n  exoplanetai validate rules | grep coordinates",
		RunE: func(_ *cobra.Command, args []string) error {
			rules := validate.Rules(strings.Join(args, ""))
			if c.json {
				return c.printJSON(map[string]any{"rules": nonNil(rules)})
			}
			var rows [][]string
			for _, r := range rules {
				if c.term.OutTTY {
					rows = append(rows, []string{r.ID, string(r.Severity), r.Limit + ". " + r.Reason})
					continue
				}
				rows = append(rows, []string{r.ID, string(r.Level), string(r.Severity), strings.Join(r.Columns, ","), r.Limit, r.Reason, r.Source})
			}
			if c.term.OutTTY {
				return c.table([]string{"RULE", "SEVERITY", "LIMIT AND REASON"}, rows)
			}
			return c.table([]string{"RULE", "LEVEL", "SEVERITY", "COLUMNS", "LIMIT", "REASON", "SOURCE"}, rows)
		},
	}
}
