package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/derive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/history"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/process"
	"exoplanetai/internal/store"
)

// DemoOptions says where the demonstration runs.
type DemoOptions struct {
	Data   string // folder of its data tree
	Listen string // loopback address of its server; empty: port 8000, or a free one if that is taken
}

// Demo is a running demonstration: sample archives, and a store and a server
// that use them. Close stops all of it.
type Demo struct {
	*Writer
	Archive string // address of the sample archives
	Server  string // address of the server
	Folder  string // of the data tree
	Moved   bool   // port 8000 was taken, the server has another
	Targets []DemoTarget
	Failed  <-chan error // what ended a server early

	Catalogs Catalogs
	History  Historian
	Pairs    []DemoPair   // planets that two tables list
	Change   func() error // lets ExoFOP's table change; nil: it cannot

	Care demoCare               // finds damage and mends it; nil: this is not shown
	Flip func(p exo.Path) error // turns one bit of a stored file over; nil: it cannot
}

// DemoTarget is a star whose light curves the demonstration ingests.
type DemoTarget struct {
	Name string
	Flaw string // what is wrong with its file, on purpose; empty: nothing

	Planets []DemoPlanet // that are in its light curves
}

// demoResult is what the demonstration got; the document of --json.
type demoResult struct {
	Archive     string                    `json:"archive"`
	Server      string                    `json:"server"`
	Folder      string                    `json:"folder"`
	Tables      []ingest.TableResult      `json:"tables"`
	LightCurves []ingest.LightCurveResult `json:"light_curves"`
	Refused     []refusal                 `json:"refused"`
	Processed   []process.Result          `json:"processed"` // two of each star: profile default, then transit
	Depths      []depth                   `json:"depths"`
	Reproduced  *reproduced               `json:"reproduced"` // one file that was made again
	Validated   []demoTable               `json:"validated"`
	Derived     derive.Result             `json:"derived"`
	Merged      demoMerge                 `json:"merged"`
	Diff        *history.Diff             `json:"diff"` // of the TOI table, which changed between two asks
	Versions    *demoVersions             `json:"versions"`
	Verify      store.VerifyReport        `json:"verify"`
	Stored      store.Amount              `json:"stored"`
}

// refusal is a star whose file is wrong on purpose, and what came of it.
type refusal struct {
	Target string   `json:"target"`
	Flaw   string   `json:"flaw"`
	Code   exo.Kind `json:"code"`
	Detail string   `json:"detail"`
}

func (c *command) demoCommand() *cobra.Command {
	var o DemoOptions
	var once bool
	cmd := &cobra.Command{
		Use: "demo", Short: "Everything on bundled sample archives, then the server, until Ctrl-C", Args: words(),
		Long: "Starts the sample archives with a made-up sky and a server that uses them, ingests all tables and the light curves\n" +
			"of several stars, processes these, validates and merges the tables, makes two versions and tells what changed between\n" +
			"them, turns over one bit in each of two files and has that found and repaired, checks every byte,\n" +
			"prints what it got and where to look, and stays until Ctrl-C.\n" +
			"No network is needed. Only the folder and logs/ beside it are written.",
		Example: "  exoplanetai demo\n" +
			"  exoplanetai demo --once --data my-demo\n" +
			"  exoplanetai demo --listen 127.0.0.1:9000",
		RunE: func(cmd *cobra.Command, _ []string) error { return c.demo(cmd.Context(), o, once) },
	}
	cmd.Flags().StringVar(&o.Data, "data", "demo-data", "`folder` of the demonstration's data tree")
	cmd.Flags().StringVar(&o.Listen, "listen", "", "loopback `address` of the server (default 127.0.0.1:8000, or a free port)")
	cmd.Flags().BoolVar(&once, "once", false, "end when everything is ingested")
	return cmd
}

func (c *command) demo(ctx context.Context, o DemoOptions, once bool) (err error) {
	d, err := c.program.Demo(ctx, c.common, o)
	if err != nil {
		return err
	}
	defer func() { err = joined(err, d.Close()) }()
	c.note("sample archives on %s, server on %s, data in %s", d.Archive, d.Server, d.Folder)
	if d.Moved {
		c.note("%s port 8000 is taken by another program, so the server has a free one", c.paint(yellow, "note:"))
	}
	res, err := c.runDemo(ctx, d)
	if err != nil {
		return err
	}
	if c.json {
		err = c.printJSON(res)
	} else {
		err = c.printDemo(ctx, d, res)
	}
	if err != nil || once {
		return err
	}
	c.note("the server stays; stop with Ctrl-C")
	select {
	case <-ctx.Done(): // the wanted end
		c.stopped = true
		return nil
	case err := <-d.Failed:
		return err
	}
}

// guideBody is the request for preprocessing that the user guide shows.
const guideBody = `{"target_name": "TIC 441420236", "mission": "TESS", "processing_params": {"remove_outliers": true, "sigma_clip_sigma": 5.0, ` +
	`"baseline_window_length": 101, "wavelet_denoising": false, "normalize_method": "median"}}`

// runDemo ingests everything and checks it.
func (c *command) runDemo(ctx context.Context, d *Demo) (demoResult, error) {
	res := demoResult{
		Archive: d.Archive, Server: d.Server, Folder: d.Folder,
		Tables: []ingest.TableResult{}, LightCurves: []ingest.LightCurveResult{}, Refused: []refusal{},
		Processed: []process.Result{}, Depths: []depth{}, Validated: []demoTable{},
	}
	table := func(t catalog.Type) error {
		bar := c.start(string(t))
		defer bar.stop()
		r, err := d.Ingest.Table(ctx, ingest.TableRequest{TableType: string(t)}, bar.report())
		if err == nil {
			res.Tables = append(res.Tables, r)
		}
		return err
	}
	for _, t := range []catalog.Type{catalog.KOI, catalog.TOI, catalog.K2} {
		if err := table(t); err != nil {
			return res, err
		}
	}
	for _, target := range d.Targets {
		if err := c.demoStar(ctx, d, target, &res); err != nil {
			return res, err
		}
	}
	if err := table(catalog.Gaia); err != nil { // last: it is asked for the stars that are held
		return res, err
	}
	err := c.demoProcess(ctx, d, &res)
	if err == nil {
		err = c.demoCatalogs(ctx, d, &res)
	}
	if err == nil {
		err = c.demoVersioned(ctx, d, &res)
	}
	if err != nil {
		return res, err
	}
	if res.Verify, err = c.verify(ctx, d.Library, store.VerifyOptions{}); err != nil {
		return res, err
	}
	if !res.Verify.OK {
		return res, exo.Errorf("cli.demo", exo.Corrupt, nil, "%s in %s", count(len(res.Verify.Damaged), "damage", "damages"), d.Folder).
			Try("exoplanetai storage verify --data-path %s lists them; or remove the folder and run the demo again", d.Folder)
	}
	st, err := d.Library.Stats(ctx)
	res.Stored = st.Total
	return res, err
}

// demoStar ingests one star. The refusal of a file that is wrong on purpose is
// what is to be shown; any other error ends the demonstration.
func (c *command) demoStar(ctx context.Context, d *Demo, target DemoTarget, res *demoResult) error {
	bar := c.start(target.Name)
	r, err := d.Ingest.LightCurve(ctx, ingest.LightCurveRequest{TargetName: target.Name}, bar.report())
	bar.stop()
	switch {
	case ctx.Err() != nil:
		return exo.E("cli.demo", exo.Canceled, nil, errors.Join(err, ctx.Err()))
	case err != nil && target.Flaw == "":
		return err
	case err != nil:
		res.Refused = append(res.Refused, refusal{target.Name, target.Flaw, exo.KindOf(err), exo.MessageOf(err)})
		return nil
	}
	res.LightCurves = append(res.LightCurves, r)
	if target.Flaw != "" {
		detail := "it is held; its first ingest warned of it"
		if len(r.Warnings) > 0 {
			detail = r.Warnings[0]
		}
		res.Refused = append(res.Refused, refusal{target.Name, target.Flaw, "", detail})
	}
	return nil
}

// printStars is a line for each star; the files stand in --json.
func (c *command) printStars(list []ingest.LightCurveResult) error {
	var rows [][]string
	for _, r := range list {
		var bytes int64
		for _, f := range r.Files {
			bytes += f.SizeBytes
		}
		rows = append(rows, []string{
			r.Target.Query, r.Target.ID.String(), string(r.Target.Mission), string(r.Source), strconv.Itoa(len(r.Files)), strconv.Itoa(r.DataPoints), strconv.FormatInt(bytes, 10),
		})
		c.warn(r.Target.ID.String(), r.Warnings)
	}
	return c.table([]string{"STAR", "TARGET", "MISSION", "SOURCE", ">FILES", ">POINTS", ">BYTES"}, rows)
}

func (c *command) printDemo(ctx context.Context, d *Demo, res demoResult) error {
	out := func(format string, args ...any) { fmt.Fprintf(c.term.Out, format+"\n", args...) }
	out("Tables")
	if err := c.printTables(nil, res.Tables); err != nil {
		return err
	}
	out("\nLight curves")
	if err := c.printStars(res.LightCurves); err != nil {
		return err
	}
	if len(res.Refused) > 0 {
		out("\nWrong on purpose, and found")
		var rows [][]string
		for _, r := range res.Refused {
			rows = append(rows, []string{r.Target, r.Flaw, r.Detail})
		}
		if err := c.table([]string{"TARGET", "WHAT IS WRONG", "WHAT WE SAY"}, rows); err != nil {
			return err
		}
	}
	if err := c.printDemoProcessed(res, out); err != nil {
		return err
	}
	if err := c.printDemoCatalogs(ctx, d, res, out); err != nil {
		return err
	}
	if err := c.printDemoVersions(res.Versions, out); err != nil {
		return err
	}
	rows, points := 0, 0
	for _, t := range res.Tables {
		rows += t.Records
	}
	for _, l := range res.LightCurves {
		points += l.DataPoints
	}
	out("\n%d rows and %d points in %s, %s; every byte read back and compared with its SHA-256 %s",
		rows, points, count(res.Stored.Files, "file", "files"), size(res.Stored.Bytes), c.mark(res.Verify.OK))
	out("\nWhere to look")
	out("  %s/docs   the interface, with forms to try it", res.Server)
	out("  %s        the data tree: cd %s && sha256sum -c checksums/*.sha256", res.Folder, res.Folder)
	out("  curl %s/api/v1/data/storage/stats", res.Server)
	out("  curl %s/api/v1/data/ingestion/status", res.Server)
	out("  curl -X POST \"%s/api/v1/data/ingest/table\" -H \"Content-Type: application/json\" -d '{\"table_type\": \"koi\", \"force_refresh\": true}'", res.Server)
	out("  curl -X POST \"%s/api/v1/data/ingest/batch?force_refresh=false\"", res.Server)
	out("  curl -X POST \"%s/api/v1/data/preprocess/lightcurve\" -H \"Content-Type: application/json\" -d '%s'", res.Server, guideBody)
	out("  curl \"%s/api/v1/catalogs/candidates?radius_earth=..2&sort=period_d&format=csv\"", res.Server)
	out("  curl \"%s/api/v1/catalogs/toi/diff\"", res.Server)
	out("  curl \"%s/api/v1/targets/Kepler-10\"", res.Server)
	out("  curl \"%s/api/v1/data/version/list\"", res.Server)
	out("  git -C %s/versions log", res.Folder)
	out("  exoplanetai lightcurve plot \"TIC 441420236\" --profile transit --data-path %s -o au-mic.png", res.Folder)
	return nil
}
