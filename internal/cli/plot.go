package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/figure"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/process"
	"exoplanetai/internal/processed"
	"exoplanetai/internal/store"
)

func (c *command) lightcurveCommand() *cobra.Command {
	return group("lightcurve", "See light curves",
		"  exoplanetai lightcurve list \"TIC 441420236\"\n"+
			"  exoplanetai lightcurve plot \"TIC 441420236\" -o au-mic.png --profile transit\n"+
			"  exoplanetai lightcurve plot OUT.fits -o out.png", c.lightcurvePlot(), c.lightcurveList())
}

// plotOptions are the flags of `lightcurve plot`.
type plotOptions struct {
	req    process.Request
	output string
	width  int
	dark   bool
	raw    bool
	force  bool
}

func (c *command) lightcurvePlot() *cobra.Command {
	var r recipe
	var o plotOptions
	var sector int
	cmd := &cobra.Command{
		Use: "plot NAME|FILE.fits -o OUT.png", Short: "Draw a light curve as a PNG picture", Args: words("a star, or a FITS file"),
		Long: "Draws the raw light curve with its trend and the removed points by reason, the processed one, and the same folded\n" +
			"on the first known planet. The argument is a star that is held, a light-curve file, or a processed file.\n" +
			"Nothing is stored.",
		Example: "  exoplanetai lightcurve plot \"TIC 441420236\" -o au-mic.png --profile transit\n" +
			"  exoplanetai lightcurve plot OUT.fits -o out.png --dark\n" +
			"  exoplanetai lightcurve plot IN.fits -o in.png --ephemeris \"period=3.289,t0=1327.52,duration=3.4h\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("sector-quarter") {
				o.req.SectorQuarter = &sector
			}
			params, err := c.checkPlot(cmd.Context(), args[0], &r, o)
			if err != nil {
				return err
			}
			o.req.ProcessingParams, o.req.Profile = params, string(r.chosen())
			return c.plot(cmd.Context(), args[0], &r, o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "", "PNG `file` to write, - for standard output")
	f.StringVar(&o.req.Mission, "mission", "", "`mission`: TESS, Kepler or K2 (default that of the catalog number)")
	f.IntVar(&sector, "sector-quarter", 0, "sector, quarter or campaign `number` (default all in one picture)")
	f.StringVar(&o.req.Author, "author", "", "`pipeline` that made the light curve")
	f.IntVar(&o.req.CadenceS, "cadence", 0, "cadence in `seconds` (default any)")
	r.flags(cmd)
	r.ephemerisFlag(cmd)
	f.BoolVar(&o.raw, "raw", false, "draw the raw light curve only")
	f.IntVar(&o.width, "width", 0, "`pixels` across (default 1600)")
	f.BoolVar(&o.dark, "dark", false, "light on dark")
	f.BoolVar(&o.force, "force", false, "write over a file that exists")
	return cmd
}

// checkPlot refuses what cannot be drawn before anything is read.
func (c *command) checkPlot(ctx context.Context, what string, r *recipe, o plotOptions) (json.RawMessage, error) {
	const op = "cli.plot"
	switch {
	case o.output == "":
		return nil, exo.Errorf(op, exo.Invalid, nil, "it is not said where to write").Try("-o picture.png, or -o - for standard output")
	case o.output == "-" && c.term.OutTTY:
		return nil, exo.Errorf(op, exo.Invalid, nil, "a picture is not written to a terminal").Try("-o picture.png")
	case o.output == "-" && c.json:
		return nil, exo.Errorf(op, exo.Invalid, nil, "the picture and the document of --json cannot both go to standard output").Try("-o picture.png")
	case o.width != 0 && (o.width < figure.MinWidth || o.width > figure.MaxWidth):
		return nil, exo.Errorf(op, exo.Invalid, nil, "--width %d is not from %d to %d pixels", o.width, figure.MinWidth, figure.MaxWidth).Try("--width 1600")
	case isFile(what) && (o.req.SectorQuarter != nil || o.req.Mission != "" || o.req.Author != "" || o.req.CadenceS != 0):
		return nil, exo.Errorf(op, exo.Invalid, nil, "--mission, --sector-quarter, --author and --cadence choose among the files of a star, and %s is one file", called(what)).
			Try("leave them out")
	case !isFile(what) && len(r.ephemerides) > 0:
		return nil, exo.Errorf(op, exo.Invalid, nil, "--ephemeris is for files; the planets of a star come from the tables").
			Try("--profile transit, or give others as --set 'ephemerides=[…]'")
	}
	if !isFile(what) {
		if err := checkLightCurve([]string{what}, ingest.LightCurveRequest{Mission: o.req.Mission, SectorQuarter: o.req.SectorQuarter, CadenceS: o.req.CadenceS}); err != nil {
			return nil, err
		}
	}
	if _, err := r.knownEphemerides(0); err != nil {
		return nil, err
	}
	if err := c.mayWrite(o.output, WriteOptions{Replace: o.force, Keep: []string{what}}); err != nil {
		return nil, err
	}
	return c.params(ctx, r)
}

// isFile tells a file's name from a star's.
func isFile(s string) bool {
	low := strings.ToLower(s)
	for _, ext := range []string{".fits", ".fit", ".fits.gz", ".fit.gz"} {
		if strings.HasSuffix(low, ext) {
			return true
		}
	}
	return s == "-" || strings.ContainsAny(s, `/\`)
}

func (c *command) plot(ctx context.Context, what string, r *recipe, o plotOptions) error {
	f, err := c.figureOf(ctx, what, r, o)
	if err != nil {
		return err
	}
	f.Width, f.Dark = o.width, o.dark
	var b bytes.Buffer
	if err := figure.PNG(&b, f); err != nil {
		return err
	}
	if err := c.output(ctx, o.output, b.Bytes(), WriteOptions{Replace: o.force, Keep: []string{what}}); err != nil {
		return err
	}
	switch {
	case c.json:
		return c.printJSON(map[string]any{"path": o.output, "size_bytes": b.Len(), "title": f.Title, "parts": len(f.Parts)})
	case o.output != "-":
		c.note("%s (%s): %s", clean(o.output), size(int64(b.Len())), clean(f.Title+", "+f.Subtitle))
	}
	return nil
}

func (c *command) figureOf(ctx context.Context, what string, r *recipe, o plotOptions) (f figure.Figure, err error) {
	if !isFile(what) {
		o.req.TargetName = what
		err = c.read(ctx, func(ctx context.Context, rd *Reader) error {
			v, err := rd.Process.View(ctx, o.req, o.raw)
			if err != nil {
				return err
			}
			c.warn(v.Target.ID.String(), v.Warnings)
			f, err = figureOfView(v, o.raw)
			return err
		})
		return f, err
	}
	data, file, err := c.readFITS(ctx, what)
	if err != nil {
		return f, err
	}
	if _, ok := file.Lookup("PROCESSED"); ok {
		if r.profile != "" || o.req.ProcessingParams != nil || len(r.ephemerides) > 0 {
			return f, exo.Errorf("cli.plot", exo.Invalid, nil, "%s is processed already and is drawn as it stands", called(what)).
				Try("leave --profile, --set, --params and --ephemeris out, or give the file that it was made from")
		}
		return c.figureOfProcessed(ctx, what, file, o)
	}
	return c.figureOfFile(ctx, what, data, file, r, o)
}

// figureOfView draws all curves of a star that share a time scale.
func figureOfView(v process.View, raw bool) (figure.Figure, error) {
	if len(v.Curves) == 0 {
		return figure.Figure{}, exo.Errorf("cli.plot", exo.NotFound, nil, "no light curve of %s is held", v.Target.Name).
			Try("exoplanetai ingest lightcurve %q", v.Target.ID.String())
	}
	first := v.Curves[0].Raw
	f := figure.Figure{Title: title(v.Target.ID, v.Target.Name), Scale: first.Scale, FluxUnit: first.FluxUnit, Ephemerides: v.Ephemerides}
	for _, cv := range v.Curves {
		if cv.Raw == nil || cv.Raw.Scale != f.Scale {
			continue
		}
		f.Parts = append(f.Parts, figure.Part{Label: slice(cv.Raw.SectorQuarter, cv.Raw.Mission), Time: cv.Raw.Time, Flux: cv.Raw.Flux, Result: cv.Result})
	}
	f.Subtitle = subtitle(string(v.Profile), v.Recipe, raw) + ", " + count(len(f.Parts), "file", "files")
	return f, nil
}

func (c *command) figureOfFile(ctx context.Context, what string, data []byte, file *fits.File, r *recipe, o plotOptions) (figure.Figure, error) {
	lc, err := lightcurve.FromFITS(file, lightcurve.Options{})
	if err != nil {
		return figure.Figure{}, notLightCurve(file, what, err)
	}
	known, err := r.knownEphemerides(lc.Scale.Zero())
	if err != nil {
		return figure.Figure{}, err
	}
	part := figure.Part{Label: slice(lc.SectorQuarter, lc.Mission), Time: lc.Time, Flux: lc.Flux}
	f := figure.Figure{Title: title(lc.Target, lc.Name), Scale: lc.Scale, FluxUnit: lc.FluxUnit, Ephemerides: known}
	var recipe exo.Digest
	if !o.raw {
		out, err := c.program.ProcessFile(ctx, c.common, process.FileInput{
			Name: plainName(what), Data: data, Profile: o.req.Profile, Params: o.req.ProcessingParams, Ephemerides: known,
		})
		if err != nil {
			return f, ofFile(what, err)
		}
		c.warn(called(path.Base(what)), out.Report.Warnings)
		recipe, part.Result = out.Report.Recipe, &out.File.Result
		if out.File.Curve != nil && len(out.File.Curve.Flux) == len(part.Result.Flux) {
			part.Time, part.Flux = out.File.Curve.Time, out.File.Curve.Flux // the column that was processed
		}
	}
	f.Parts = []figure.Part{part}
	f.Subtitle = subtitle(o.req.Profile, recipe, o.raw) + ", " + path.Base(filepath.ToSlash(what))
	return f, nil
}

// figureOfProcessed draws a processed file. The raw flux is the source's where
// it is found; otherwise it is had back from the result, without the removed
// points.
func (c *command) figureOfProcessed(ctx context.Context, what string, file *fits.File, o plotOptions) (figure.Figure, error) {
	p, err := processed.Decode(file)
	if err != nil {
		return figure.Figure{}, err
	}
	raw, unit := c.sourceFlux(ctx, p, what)
	if raw == nil {
		raw = rawFlux(p)
		c.note("%s the source %s is not found; the removed points cannot be drawn", c.paint(yellow, "note:"), clean(p.Source.Name))
	}
	part := figure.Part{Label: slice(p.Curve.SectorQuarter, p.Curve.Mission), Time: p.Curve.Time, Flux: raw, Result: &p.Result}
	if o.raw {
		part.Result = nil
	}
	return figure.Figure{
		Title: title(p.Curve.Target, p.Curve.Name), Subtitle: subtitle(string(p.Profile), p.Recipe.Digest(), o.raw) + ", " + path.Base(filepath.ToSlash(what)),
		Scale: p.Curve.Scale, FluxUnit: cmp.Or(unit, p.Curve.FluxUnit), Parts: []figure.Part{part}, Ephemerides: p.Recipe.Params.Ephemerides,
	}, nil
}

// sourceFlux reads the flux that a file was made from; nil if it is not found.
func (c *command) sourceFlux(ctx context.Context, p *processed.File, name string) ([]float64, string) {
	data, _, err := c.findSource(ctx, p.Source, name, "")
	if err != nil {
		return nil, ""
	}
	file, err := fits.Read(bytes.NewReader(data), maxFITS)
	if err != nil {
		return nil, ""
	}
	lc, err := lightcurve.FromFITS(file, lightcurve.Options{Flux: lightcurve.Flux(p.Recipe.Params.FluxColumn)})
	if err != nil || lc.Len() != len(p.Result.Flux) {
		return nil, ""
	}
	return lc.Flux, lc.FluxUnit
}

// rawFlux undoes the normalization and the division by the trend.
func rawFlux(p *processed.File) []float64 {
	r, n := p.Result, p.Result.Norm
	center := 0.0
	if p.Recipe.Params.BaselineMode == "subtract" {
		if finite := slices.DeleteFunc(slices.Clone(r.Trend), math.IsNaN); len(finite) > 0 {
			slices.Sort(finite)
			center = finite[len(finite)/2]
		}
	}
	out := make([]float64, len(r.Flux))
	for i, y := range r.Flux {
		y = (y-n.B)*n.S + n.A
		switch {
		case p.Recipe.Params.BaselineMethod == "none":
			out[i] = y
		case p.Recipe.Params.BaselineMode == "subtract":
			out[i] = y + r.Trend[i] - center
		default:
			out[i] = y * r.Trend[i]
		}
	}
	return out
}

func title(id exo.TargetID, name string) string {
	if t := id.String(); id != (exo.TargetID{}) {
		if name != "" && !strings.EqualFold(name, t) && name != lightcurve.TargetName(id) {
			return t + " (" + name + ")"
		}
		return t
	}
	return cmp.Or(name, "light curve")
}

func subtitle(profile string, recipe exo.Digest, raw bool) string {
	switch {
	case raw:
		return "raw"
	case recipe == exo.Digest{}:
		return "profile " + profile
	}
	return "profile " + profile + ", recipe " + recipe.Hex()[:8]
}

// slice names a sector, quarter or campaign: with a mission S27, Q4, C5.
func slice(n int, mission ...exo.Mission) string {
	if n < 0 {
		return "-"
	}
	letter := ""
	if len(mission) > 0 {
		letter = map[exo.Mission]string{exo.TESS: "S", exo.Kepler: "Q", exo.K2: "C"}[mission[0]]
	}
	return letter + strconv.Itoa(n)
}

// heldFile is a file of the document of `lightcurve list --json`.
type heldFile struct {
	Path          exo.Path    `json:"path"`
	Kind          store.Kind  `json:"kind"`
	Mission       exo.Mission `json:"mission"`
	Author        string      `json:"author"`
	SectorQuarter *int        `json:"sector_quarter,omitempty"`
	CadenceS      float64     `json:"cadence_s"`
	Profile       string      `json:"profile,omitempty"`
	Recipe        string      `json:"recipe,omitempty"`
	Records       int         `json:"records"`
	SizeBytes     int64       `json:"size_bytes"`
	Checksum      exo.Digest  `json:"checksum"`
}

func (c *command) lightcurveList() *cobra.Command {
	return &cobra.Command{
		Use: "list NAME", Short: "List the raw and processed files of a star that are held", Args: words("a star"),
		Example: "  exoplanetai lightcurve list \"TIC 441420236\"\n" +
			"  exoplanetai lightcurve list Kepler-10 --json\n" +
			"  exoplanetai lightcurve list TOI-700 --data-path demo-data",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkLightCurve(args, ingest.LightCurveRequest{}); err != nil {
				return err
			}
			return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				v, err := r.Process.View(ctx, process.Request{TargetName: args[0]}, true)
				if err != nil {
					return err
				}
				return c.printHeldFiles(ctx, r, v.Target)
			})
		},
	}
}

func (c *command) printHeldFiles(ctx context.Context, r *Reader, target process.Target) error {
	files := []heldFile{}
	for _, kind := range []store.Kind{store.LightCurve, store.Processed} {
		list, err := r.Files.List(ctx, store.Filter{Kind: kind, Target: target.ID})
		if err != nil {
			return err
		}
		for _, m := range list {
			h := heldFile{Path: m.Path, Kind: m.Kind, Mission: m.Mission, Author: m.Author, SectorQuarter: m.SectorQuarter, CadenceS: m.CadenceS,
				Profile: m.Profile, Records: m.Rows, SizeBytes: m.SizeBytes, Checksum: m.SHA256}
			if m.Recipe != (exo.Digest{}) {
				h.Recipe = m.Recipe.Hex()[:8]
			}
			files = append(files, h)
		}
	}
	if len(files) == 0 {
		return exo.Errorf("cli.list", exo.NotFound, nil, "no light curve of %s is held", target.Name).Try("exoplanetai ingest lightcurve %q", target.ID.String())
	}
	if c.json {
		return c.printJSON(map[string]any{"target": target, "files": files})
	}
	var rows [][]string
	for _, h := range files {
		sector := -1
		if h.SectorQuarter != nil {
			sector = *h.SectorQuarter
		}
		rows = append(rows, []string{target.ID.String(), slice(sector, h.Mission), strconv.FormatFloat(h.CadenceS, 'f', -1, 64), strconv.Itoa(h.Records),
			h.Author, cmp.Or(h.Profile, "raw"), h.Recipe, string(h.Path)})
	}
	return c.table([]string{"TARGET", "SLICE", ">CADENCE", ">ROWS", "AUTHOR", "PROFILE", "RECIPE", "FILE"}, rows)
}
