package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/process"
)

func (c *command) preprocessCommand() *cobra.Command {
	return group("preprocess", "Clean light curves: quality, outliers, baseline, normalization",
		"  exoplanetai preprocess lightcurve \"TIC 441420236\" --profile transit\n"+
			"  exoplanetai preprocess file IN.fits -o OUT.fits\n"+
			"  exoplanetai preprocess params",
		c.preprocessLightCurve(), c.preprocessFile(), c.paramsCommand())
}

func (c *command) preprocessLightCurve() *cobra.Command {
	var req process.Request
	var r recipe
	var sector int
	var from string
	cmd := &cobra.Command{
		Use: "lightcurve NAME…", Short: "Process the light curves of stars that are held",
		Long: "Processes the light curves of stars that were ingested and keeps the results with their provenance.\n" +
			"A result that is held for the same source and parameters is given without computing.\n\n" +
			"The profile default has the guide's parameters, which take away most of a transit at 2-minute cadence; transit\n" +
			"takes the planets of the newest tables, leaves their transits out of the fit, and keeps them.",
		Example: "  exoplanetai preprocess lightcurve \"TIC 441420236\" --mission TESS --profile transit\n" +
			"  exoplanetai preprocess lightcurve Kepler-10 --sector-quarter 3 --set normalize_method=mean\n" +
			"  exoplanetai preprocess lightcurve --from names.txt --params mine.json --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("sector-quarter") {
				req.SectorQuarter = &sector
			}
			names, err := c.names(cmd.Context(), args, from)
			if err != nil {
				return err
			}
			if err := checkLightCurve(names, ingest.LightCurveRequest{Mission: req.Mission, SectorQuarter: req.SectorQuarter, CadenceS: req.CadenceS}); err != nil {
				return err
			}
			if req.ProcessingParams, err = c.params(cmd.Context(), &r); err != nil {
				return err
			}
			req.Profile = string(r.chosen())
			return c.write(cmd.Context(), func(ctx context.Context, w *Writer) error { return c.preprocess(ctx, w, names, req) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&req.Mission, "mission", "", "`mission`: TESS, Kepler or K2 (default that of the catalog number)")
	f.IntVar(&sector, "sector-quarter", 0, "sector, quarter or campaign `number` (default all that are held)")
	f.StringVar(&req.Author, "author", "", "`pipeline` that made the light curve (default the mission's own, if held)")
	f.IntVar(&req.CadenceS, "cadence", 0, "cadence in `seconds` (default any)")
	r.flags(cmd)
	f.BoolVar(&req.ForceRefresh, "force-refresh", false, "compute even if the result is held")
	f.StringVar(&from, "from", "", "read names from this `file`, one a line; - is standard input")
	return cmd
}

// outcome is what became of one of many names.
type outcome struct {
	TargetName string          `json:"target_name"`
	Result     *process.Result `json:"result,omitempty"`
	Code       exo.Kind        `json:"code,omitempty"`
	Detail     string          `json:"detail,omitempty"`
	Hint       string          `json:"hint,omitempty"`
}

// preprocess processes the stars one after the other; the files of each are
// processed side by side.
func (c *command) preprocess(ctx context.Context, w *Writer, names []string, req process.Request) error {
	var outcomes []outcome
	var done []process.Result
	for _, name := range names {
		req.TargetName = name
		bar := c.start(name)
		res, err := w.Process.LightCurve(ctx, req, process.Report(bar.report()))
		bar.stop()
		switch {
		case ctx.Err() != nil:
			return exo.E("cli.preprocess", exo.Canceled, nil, errors.Join(err, ctx.Err()))
		case err != nil && len(names) == 1:
			return err
		case err != nil:
			outcomes = append(outcomes, outcome{TargetName: name, Code: exo.KindOf(err), Detail: exo.MessageOf(err), Hint: exo.HintOf(err)})
			c.note("%s %s: %s", c.mark(false), clean(name), sentence(exo.MessageOf(err)))
			continue
		}
		outcomes = append(outcomes, outcome{TargetName: name, Result: &res})
		done = append(done, res)
	}
	var err error
	switch {
	case c.json && len(names) == 1:
		err = c.printJSON(done[0])
	case c.json:
		err = c.printJSON(map[string]any{"outcomes": outcomes})
	default:
		err = c.printProcessed(done)
	}
	return joined(err, failures(outcomes))
}

// failures makes one error of what failed, with the kind of the first.
func failures(outcomes []outcome) error {
	failed, first := 0, outcome{}
	add := func(name string, code exo.Kind, detail, hint string) {
		if failed++; failed == 1 {
			first = outcome{TargetName: name, Code: code, Detail: detail, Hint: hint}
		}
	}
	for _, o := range outcomes {
		if o.Result == nil {
			add(o.TargetName, o.Code, o.Detail, o.Hint)
			continue
		}
		for _, f := range o.Result.Failed {
			add(string(f.SourcePath), f.Code, f.Detail, f.Hint)
		}
	}
	if failed == 0 {
		return nil
	}
	return exo.Errorf("cli.preprocess", first.Code, nil, "%d failed; the first, %s: %s", failed, clean(first.TargetName), first.Detail).Try("%s", first.Hint)
}

// processedHeader heads the table of processed light curves. The noise is that
// of 6.5 hours (CDPP) in parts per million.
var processedHeader = []string{"TARGET", ">SECTOR", ">BEFORE", ">AFTER", ">PPM BEFORE", ">PPM AFTER", "HELD", "REMOVED", "FILE"}

func (c *command) printProcessed(list []process.Result) error {
	var rows [][]string
	for _, r := range list {
		for _, o := range r.Outputs {
			held := "new"
			if o.Cached {
				held = "cached"
			}
			rows = append(rows, processedRow(r.Target.ID.String(), strconv.Itoa(o.SectorQuarter), held, o.Report, string(o.Path)))
		}
		for _, f := range r.Failed {
			c.note("%s %s: %s", c.mark(false), clean(string(f.SourcePath)), sentence(f.Detail))
		}
		c.warn(r.Target.ID.String(), r.Warnings)
	}
	return c.table(processedHeader, rows)
}

func processedRow(target, sector, held string, r preprocess.Report, file string) []string {
	m := r.Metrics
	before, after := "", ""
	if m.Processed.NIn != nil {
		before = strconv.Itoa(*m.Processed.NIn)
	}
	if m.Processed.NKept != nil {
		after = strconv.Itoa(*m.Processed.NKept)
	}
	return []string{target, sector, before, after, ppm(m.Raw.CDPPPPM), ppm(m.Processed.CDPPPPM), held, removed(r.Flags), file}
}

// removed says for which reasons rows left.
func removed(flags map[string]int) string {
	var parts []string
	for _, f := range preprocess.FlagTable() {
		if n := flags[f.Name]; n > 0 && f.Bit != preprocess.FlagTransit && f.Bit != preprocess.FlagShort {
			parts = append(parts, fmt.Sprintf("%s %d", f.Name, n))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// ppm prints parts per million; a metric that cannot be had is "-".
func ppm(v *float64) string {
	if v == nil {
		return "-"
	}
	if *v < 100 {
		return strconv.FormatFloat(*v, 'f', 1, 64)
	}
	return strconv.FormatFloat(*v, 'f', 0, 64)
}

// readInput reads a file or standard input, at most limit bytes.
func (c *command) readInput(ctx context.Context, name string, limit int64) ([]byte, error) {
	if name != "-" {
		return c.program.ReadFile(ctx, name, limit)
	}
	data, err := io.ReadAll(io.LimitReader(c.term.In, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = exo.Errorf("cli.input", exo.TooLarge, nil, "the input is larger than %d bytes", limit)
	}
	return data, err
}
