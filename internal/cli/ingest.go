package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
)

// Ingester is the use case behind the ingest commands.
type Ingester interface {
	Table(ctx context.Context, req ingest.TableRequest, report ingest.Report) (ingest.TableResult, error)
	LightCurve(ctx context.Context, req ingest.LightCurveRequest, report ingest.Report) (ingest.LightCurveResult, error)
	LightCurves(ctx context.Context, reqs []ingest.LightCurveRequest, report ingest.Report) ([]ingest.LightCurveOutcome, error)
	Batch(ctx context.Context, req ingest.BatchRequest, report ingest.Report) (ingest.BatchResult, error)
	Approve(ctx context.Context, id string) (ingest.TableResult, error)
	Discard(ctx context.Context, id string) error
}

// Looker tells what waits for a decision, without changing anything.
type Looker interface {
	Held(ctx context.Context) ([]ingest.HeldTable, error)
}

func (c *command) ingestCommand() *cobra.Command {
	return group("ingest", "Fetch tables and light curves from the archives",
		"  exoplanetai ingest table koi\n  exoplanetai ingest lightcurve \"TIC 441420236\" --mission TESS\n  exoplanetai ingest batch",
		c.ingestTable(), c.ingestLightCurve(), c.ingestBatch(), c.heldCommand())
}

func (c *command) ingestTable() *cobra.Command {
	var req ingest.TableRequest
	cmd := &cobra.Command{
		Use: "table koi|toi|k2|gaia", Short: "Ingest one table", Args: words("koi, toi, k2 or gaia"),
		Long: "Fetches a table, checks it, stores it with its provenance and tells which rows changed.\n" +
			"A table that is still fresh is not fetched again, unless --force-refresh.",
		Example: "  exoplanetai ingest table koi\n" +
			"  exoplanetai ingest table toi --force-refresh\n" +
			"  exoplanetai ingest table k2 --json",
		ValidArgs: []string{"koi", "toi", "k2", "gaia"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := catalog.ParseType(args[0]); err != nil {
				return err
			}
			req.TableType = args[0]
			return c.write(cmd.Context(), func(ctx context.Context, w *Writer) error {
				bar := c.start(req.TableType)
				res, err := w.Ingest.Table(ctx, req, bar.report())
				bar.stop()
				if err != nil {
					return err
				}
				return c.printTables(res, []ingest.TableResult{res})
			})
		},
	}
	cmd.Flags().BoolVar(&req.ForceRefresh, "force-refresh", false, "ask the archive even if the table held is fresh")
	return cmd
}

func (c *command) ingestBatch() *cobra.Command {
	var req ingest.BatchRequest
	cmd := &cobra.Command{
		Use: "batch", Short: "Ingest koi, toi and k2", Args: words(),
		Long: "Ingests the three tables. One failure never stops the others; if any failed, the exit status is not 0.",
		Example: "  exoplanetai ingest batch\n" +
			"  exoplanetai ingest batch --force-refresh\n" +
			"  exoplanetai ingest batch --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.write(cmd.Context(), func(ctx context.Context, w *Writer) error {
				bar := c.start("batch")
				res, err := w.Ingest.Batch(ctx, req, bar.report())
				bar.stop()
				if err != nil {
					return err
				}
				var done []ingest.TableResult
				for _, t := range catalog.Types {
					if r, ok := res.Results[t]; ok {
						done = append(done, r)
					}
				}
				return errors.Join(c.printTables(res, done), batchError(res))
			})
		},
	}
	cmd.Flags().BoolVar(&req.ForceRefresh, "force-refresh", false, "ask the archives even if the tables held are fresh")
	return cmd
}

// batchError makes one error of the tables that failed, with the kind of the
// first.
func batchError(res ingest.BatchResult) error {
	if len(res.FailedTables) == 0 {
		return nil
	}
	var said []string
	for _, f := range res.FailedTables {
		said = append(said, string(f.TableType)+": "+f.Detail)
	}
	first := res.FailedTables[0]
	return exo.Errorf("cli.batch", first.Code, nil, "%s", strings.Join(said, "; ")).Try("%s", first.Hint)
}

func (c *command) ingestLightCurve() *cobra.Command {
	var req ingest.LightCurveRequest
	var sector int
	var from string
	cmd := &cobra.Command{
		Use: "lightcurve NAME…", Short: "Ingest the light curves of stars",
		Long: "Resolves each name, finds the mission's files and stores them with their provenance.\n" +
			"A name that may mean several stars is refused with the list of them.",
		Example: "  exoplanetai ingest lightcurve \"TIC 441420236\" --mission TESS --sector-quarter 1\n" +
			"  exoplanetai ingest lightcurve Kepler-10 TOI-700 K2-18\n" +
			"  exoplanetai ingest lightcurve --from names.txt --author SPOC --cadence 120",
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("sector-quarter") {
				req.SectorQuarter = &sector
			}
			names, err := c.names(cmd.Context(), args, from)
			if err != nil {
				return err
			}
			if err := checkLightCurve(names, req); err != nil {
				return err
			}
			return c.write(cmd.Context(), func(ctx context.Context, w *Writer) error { return c.lightCurves(ctx, w, names, req) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&req.Mission, "mission", "", "`mission`: TESS, Kepler or K2 (default that of the catalog number)")
	f.IntVar(&sector, "sector-quarter", 0, "sector, quarter or campaign `number` (default all)")
	f.StringVar(&req.Author, "author", "", "`pipeline` that made the light curve (default the mission's own)")
	f.IntVar(&req.CadenceS, "cadence", 0, "cadence in `seconds` (default any of the author)")
	f.BoolVar(&req.ForceRefresh, "force-refresh", false, "ask the archive even if the files held are fresh")
	f.StringVar(&from, "from", "", "read names from this `file`, one a line; - is standard input")
	return cmd
}

// maxNames and maxList bound a list of names, in names and in bytes.
const (
	maxNames = 100_000
	maxList  = 8 << 20
)

// names gathers the targets from arguments and from a list.
func (c *command) names(ctx context.Context, args []string, from string) ([]string, error) {
	const op = "cli.names"
	names := append([]string{}, args...)
	if from != "" {
		var data []byte
		var err error
		if from == "-" {
			data, err = io.ReadAll(io.LimitReader(c.term.In, maxList+1))
		} else {
			data, err = c.program.ReadFile(ctx, from, maxList)
		}
		if errors.Is(err, exo.TooLarge) || len(data) > maxList {
			return nil, exo.E(op, exo.Invalid, nil, err).Say("the list %q is larger than %s", clean(from), size(maxList)).Try("give at most %d names, one a line", maxNames)
		}
		if err != nil {
			return nil, exo.E(op, exo.NotFound, nil, err).Say("the list %q cannot be read", clean(from)).Try("name a readable file")
		}
		for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) { // editors may put a mark before the text
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				names = append(names, line)
			}
		}
	}
	if len(names) == 0 {
		return nil, exo.Errorf(op, exo.Invalid, nil, "no star is named").Try("exoplanetai ingest lightcurve \"TIC 441420236\" for one, or --from a list with one name a line")
	}
	if len(names) > maxNames {
		return nil, exo.Errorf(op, exo.Invalid, nil, "%s given", count(len(names), "name", "names")).
			Try("give at most %d at a time", maxNames)
	}
	return names, nil
}

// checkLightCurve refuses what no archive could be asked before anything is
// opened.
func checkLightCurve(names []string, req ingest.LightCurveRequest) error {
	for _, n := range names {
		if _, err := exo.ParseName(n); err != nil {
			return err
		}
	}
	if req.Mission != "" {
		if _, err := exo.ParseMission(req.Mission); err != nil {
			return err
		}
	}
	if req.SectorQuarter != nil && (*req.SectorQuarter < 0 || *req.SectorQuarter > 999) {
		return exo.Errorf("cli.lightcurve", exo.Invalid, nil, "--sector-quarter %d is no sector, quarter or campaign", *req.SectorQuarter).Try("give a number from 0 to 999")
	}
	if req.CadenceS < 0 || req.CadenceS > 86400 {
		return exo.Errorf("cli.lightcurve", exo.Invalid, nil, "--cadence %d is no cadence in seconds", req.CadenceS).Try("give 20, 60, 120, 200, 600 or 1800")
	}
	return nil
}

// lightCurves ingests one star, or many side by side.
func (c *command) lightCurves(ctx context.Context, w *Writer, names []string, req ingest.LightCurveRequest) error {
	if len(names) > 1 {
		return c.manyLightCurves(ctx, w, names, req)
	}
	req.TargetName = names[0]
	bar := c.start(names[0])
	res, err := w.Ingest.LightCurve(ctx, req, bar.report())
	bar.stop()
	switch {
	case err != nil:
		return err
	case c.json:
		return c.printJSON(res)
	}
	return c.printLightCurves([]ingest.LightCurveResult{res})
}

func (c *command) manyLightCurves(ctx context.Context, w *Writer, names []string, req ingest.LightCurveRequest) error {
	reqs := make([]ingest.LightCurveRequest, len(names))
	for i, name := range names {
		reqs[i] = req
		reqs[i].TargetName = name
	}
	bar := c.start("light curves")
	outcomes, err := w.Ingest.LightCurves(ctx, reqs, bar.report())
	bar.stop()
	if err != nil {
		return err
	}
	var done []ingest.LightCurveResult
	var failed []ingest.LightCurveOutcome
	for _, o := range outcomes {
		if o.Result != nil {
			done = append(done, *o.Result)
			continue
		}
		failed = append(failed, o)
		c.note("%s %s: %s", c.mark(false), clean(o.Request.TargetName), sentence(o.Detail))
	}
	if c.json {
		err = c.printJSON(map[string]any{"outcomes": outcomes})
	} else {
		err = c.printLightCurves(done)
	}
	if err != nil || len(failed) == 0 {
		return err
	}
	return exo.Errorf("cli.lightcurves", failed[0].Code, nil, "%d of %s failed; the first, %s: %s",
		len(failed), count(len(names), "star", "stars"), clean(failed[0].Request.TargetName), failed[0].Detail).Try("%s", failed[0].Hint)
}

func (c *command) printTables(doc any, list []ingest.TableResult) error {
	if c.json {
		return c.printJSON(doc)
	}
	var rows [][]string
	for _, r := range list {
		rows = append(rows, []string{
			string(r.TableType), string(r.Source), strconv.Itoa(r.Records), strconv.Itoa(r.Columns),
			fmt.Sprintf("+%d", r.Changes.Added), fmt.Sprintf("-%d", r.Changes.Removed), fmt.Sprintf("~%d", r.Changes.Changed), string(r.RawPath),
		})
		c.warn(string(r.TableType), r.Warnings)
	}
	return c.table([]string{"TABLE", "SOURCE", ">ROWS", ">COLUMNS", ">ADDED", ">REMOVED", ">CHANGED", "FILE"}, rows)
}

func (c *command) printLightCurves(list []ingest.LightCurveResult) error {
	var rows [][]string
	for _, r := range list {
		for _, f := range r.Files {
			rows = append(rows, []string{
				r.Target.ID.String(), string(r.Target.Mission), strconv.Itoa(f.SectorQuarter),
				strconv.FormatFloat(f.CadenceS, 'f', -1, 64), strconv.Itoa(f.Records), strconv.FormatInt(f.SizeBytes, 10), string(f.Source), string(f.Path),
			})
		}
		c.warn(r.Target.ID.String(), r.Warnings)
	}
	return c.table([]string{"TARGET", "MISSION", ">SECTOR", ">CADENCE", ">POINTS", ">BYTES", "SOURCE", "FILE"}, rows)
}

func (c *command) warn(what string, warnings []string) {
	for _, w := range warnings {
		c.note("%s %s: %s", c.paint(yellow, "warning:"), clean(what), sentence(w))
	}
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
