package cli

import (
	"context"
	"encoding/json"
	"path"

	"github.com/spf13/cobra"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/reports"
	"exoplanetai/internal/review"
	"exoplanetai/internal/validate"
)

// Reviewer is the use case behind `validate`.
type Reviewer interface {
	Validate(ctx context.Context, r review.Request, report review.Report) (review.Result, error)
}

// Targets finds the star that a name means, as far as it needs no archive.
type Targets interface {
	Target(ctx context.Context, name, mission string) (exo.TargetID, error)
}

// Reports are the validation reports that are kept.
type Reports interface {
	List(ctx context.Context, dataType string, target exo.TargetID, limit int) ([]reports.Entry, error)
	Read(ctx context.Context, name string) (reports.Entry, reports.Document, error)
	Compare(ctx context.Context, from, to string) (reports.Comparison, error)
}

func (c *command) validateCommand() *cobra.Command {
	var req review.Request
	var save string
	var force bool
	cmd := &cobra.Command{
		Use: "validate koi|toi|k2|gaia|lightcurve", Short: "Judge tables and light curves: can they be believed?",
		Long: "Judges what is held by rules of five levels: schema, range, coordinates, duplicates, quality. The report with all\n" +
			"findings is kept; the first are shown. With errors the exit status is 4.",
		Example: "  exoplanetai validate koi\n" +
			"  exoplanetai validate lightcurve --target \"TIC 441420236\"\n" +
			"  exoplanetai validate file cumulative.csv --as koi",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			if len(args) > 1 {
				return words("a data type")(cmd, args)
			}
			return reports.CheckType("cli.validate", args[0])
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			req.DataType = args[0]
			if err := review.Check(req); err != nil {
				return err
			}
			if save != "" {
				if err := c.mayWrite(save, WriteOptions{Replace: force}); err != nil {
					return err
				}
			}
			look := func(context.Context, *Reader) error { return nil } // a reader makes nothing where there is no data folder
			if err := c.read(cmd.Context(), look); err != nil {
				return err
			}
			return c.write(cmd.Context(), func(ctx context.Context, w *Writer) error { return c.validate(ctx, w, req, save, force) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&req.TargetName, "target", "", "`star`: of light curves, or of the rows of a table that are shown")
	f.StringVar(&req.Version, "version", "", "`version` of the table: koi_20260102_030405, v3, previous, a date (default the current one)")
	f.StringVar(&req.Mission, "mission", "", "`mission` of the light curves: TESS, Kepler or K2 (default that of the catalog number)")
	f.StringVar(&save, "report", "", "write the whole report, one JSON document, to this `file`")
	f.BoolVar(&force, "force", false, "write over a file that exists")
	cmd.AddCommand(c.validateFile(), c.validateReports(), c.validateShow(), c.validateCompare(), c.validateRules())
	return cmd
}

func (c *command) validate(ctx context.Context, w *Writer, req review.Request, save string, force bool) error {
	bar := c.start("validate " + req.DataType)
	res, err := w.Review.Validate(ctx, req, review.Report(bar.report()))
	bar.stop()
	if err != nil {
		return err
	}
	if res.ReportPath != "" {
		_, doc, err := w.Reports.Read(ctx, string(res.ReportPath))
		if err != nil {
			return err
		}
		if save != "" {
			if err := c.saveJSON(ctx, save, doc, force); err != nil {
				return err
			}
		}
		if !c.json && c.term.OutTTY && len(doc.Report.Findings) == res.FindingsTotal { // to count the findings of each rule
			res.Findings, _ = review.First(doc.Report.Findings, res.FindingsTotal, nil)
		}
	}
	if save == "-" { // standard output has the report
		return notValid(res)
	}
	if err := c.printReview(res); err != nil {
		return err
	}
	return notValid(res)
}

// saveJSON writes a document to a file that the user named.
func (c *command) saveJSON(ctx context.Context, name string, doc any, force bool) error {
	text, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return exo.E("cli.validate", exo.Internal, nil, err)
	}
	return c.output(ctx, name, append(text, '\n'), WriteOptions{Replace: force})
}

// notValid is the error of data that did not pass; its exit status is that of a
// failed validation.
func notValid(r review.Result) error {
	if r.Valid {
		return nil
	}
	errors := 0
	for _, l := range r.Levels {
		errors += l.Errors
	}
	e := exo.Errorf("cli.validate", exo.Upstream, nil, "%s: not valid, %s", subject(r), count(errors, "error", "errors")).
		With("validation", map[string]any{"valid": false, "errors": errors})
	if r.ReportPath == "" {
		return e.Try("look at the findings; a file that was changed or cut is best fetched again")
	}
	return e.With("report_path", r.ReportPath).Try("exoplanetai validate show %s", reportName(r.ReportPath))
}

// subject names what was judged.
func subject(r review.Result) string {
	switch {
	case r.DataType == validate.LightCurveType && r.TargetName != nil:
		return "the light curves of " + clean(*r.TargetName)
	case r.DataType == validate.LightCurveType:
		return "the light curve"
	}
	return "the " + r.DataType + " table"
}

// reportName is the name of a report as the commands take it.
func reportName(p exo.Path) string {
	base := p.Base()
	return base[:len(base)-len(path.Ext(base))]
}

func (c *command) validateFile() *cobra.Command {
	var as, save string
	var force bool
	cmd := &cobra.Command{
		Use: "file FILE", Short: "Judge a file, a table in CSV or a light curve in FITS; no data folder is needed", Args: words("a file"),
		Long: "Judges a table as an archive gives it, in CSV, or a light curve in FITS, packed by gzip or not; - is standard input.\n" +
			"What is held is not asked and nothing is kept.",
		Example: "  exoplanetai validate file cumulative.csv --as koi\n" +
			"  exoplanetai validate file tess2018206045859-s0001-0000000025155310-0120-s_lc.fits\n" +
			"  exoplanetai validate file TOI.csv.gz --json --report toi.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if as != "" {
				if err := reports.CheckType("cli.validate", as); err != nil {
					return err
				}
			}
			if save != "" {
				if err := c.mayWrite(save, WriteOptions{Replace: force, Keep: args}); err != nil {
					return err
				}
			}
			data, err := c.readInput(cmd.Context(), args[0], maxFITS)
			if err != nil {
				return unreadable("cli.validate", args[0], c.program.IsFolder(args[0]), err).Try("name a readable file, or - for standard input")
			}
			res, rep, err := review.File(path.Base(args[0]), data, as, c.program.Now())
			if err != nil {
				return ofFile(args[0], err)
			}
			if save != "" {
				if err := c.saveJSON(cmd.Context(), save, rep, force); err != nil {
					return err
				}
			}
			if save != "-" {
				if err := c.printReview(res); err != nil {
					return err
				}
			}
			return notValid(res)
		},
	}
	f := cmd.Flags()
	f.StringVar(&as, "as", "", "`type` of the file: koi, toi, k2, gaia or lightcurve (default what it can be read as)")
	f.StringVar(&save, "report", "", "write the whole report, one JSON document, to this `file`")
	f.BoolVar(&force, "force", false, "write over a file that exists")
	return cmd
}
