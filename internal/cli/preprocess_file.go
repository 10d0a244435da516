package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/process"
)

// maxFITS bounds a light-curve file, packed or not; the largest of the archives
// have a hundredth of it.
const maxFITS = 1 << 30

// fileOptions says where the results of `preprocess file` go.
type fileOptions struct {
	output, report string
	force          bool
}

func (c *command) preprocessFile() *cobra.Command {
	var r recipe
	var o fileOptions
	cmd := &cobra.Command{
		Use: "file IN.fits… -o OUT.fits", Short: "Process light-curve files; no data folder is needed", Args: cobra.ArbitraryArgs,
		Long: "Processes light-curve files, gzip-packed ones too, and writes FITS files that say how they were made.\n" +
			"With several files, -o is a folder. The source files are not changed.\n" +
			"No table is asked: give the planets with --ephemeris, which also chooses the profile transit.",
		Example: "  exoplanetai preprocess file IN.fits -o OUT.fits --profile transit\n" +
			"  exoplanetai preprocess file IN.fits -o OUT.fits --ephemeris \"period=3.289,t0=1327.52,duration=3.4h\"\n" +
			"  exoplanetai preprocess file *.fits -o processed/ --set sigma_clip_sigma=4 --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := c.checkFiles(args, o); err != nil {
				return err
			}
			params, err := c.params(cmd.Context(), &r)
			if err != nil {
				return err
			}
			if _, err := r.knownEphemerides(0); err != nil {
				return err
			}
			if err := c.mayWriteAll(args, o); err != nil {
				return err
			}
			return c.processFiles(cmd.Context(), args, &r, params, o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "", "`file` to write, a folder for several, - for standard output")
	f.StringVar(&o.report, "report", "", "write the report, one JSON document, to this `file`")
	r.flags(cmd)
	r.ephemerisFlag(cmd)
	f.BoolVar(&o.force, "force", false, "write over files that exist")
	return cmd
}

func (c *command) checkFiles(files []string, o fileOptions) error {
	const op = "cli.file"
	switch {
	case len(files) == 0:
		return exo.Errorf(op, exo.Invalid, nil, "no file is named").Try("exoplanetai preprocess file IN.fits -o OUT.fits")
	case o.output == "":
		return exo.Errorf(op, exo.Invalid, nil, "it is not said where to write").Try("-o OUT.fits, -o FOLDER/ for several files, or -o - for standard output")
	case o.output == "-" && len(files) > 1:
		return exo.Errorf(op, exo.Invalid, nil, "several files cannot go to standard output").Try("-o FOLDER/")
	case o.output == "-" && c.json:
		return exo.Errorf(op, exo.Invalid, nil, "the file and the document of --json cannot both go to standard output").Try("--report OUT.json")
	case o.output == "-" && c.term.OutTTY:
		return exo.Errorf(op, exo.Invalid, nil, "a FITS file is not written to a terminal").Try("-o OUT.fits, or send the output into a file or a pipe")
	case o.report == "-" && (o.output == "-" || c.json):
		return exo.Errorf(op, exo.Invalid, nil, "the report and something else cannot both go to standard output").Try("--report OUT.json")
	case o.report != "" && o.report != "-" && path.Clean(o.report) == path.Clean(o.output):
		return exo.Errorf(op, exo.Invalid, nil, "the report and the result cannot both be %s", clean(o.output)).Try("--report OUT.json")
	case o.report != "" && len(files) > 1:
		return exo.Errorf(op, exo.Invalid, nil, "--report is for one file").Try("--json prints the reports of all")
	case len(files) > 1 && !c.toFolder(o.output) && path.Ext(o.output) != "":
		return exo.Errorf(op, exo.Invalid, nil, "several files need a folder, and %s looks like a file", clean(o.output)).Try("-o FOLDER/")
	}
	return nil
}

// mayWriteAll refuses, before any work, to write over what is there.
func (c *command) mayWriteAll(files []string, o fileOptions) error {
	if len(files) == 1 && !c.toFolder(o.output) { // names in a folder are known later
		if err := c.mayWrite(o.output, WriteOptions{Replace: o.force, Keep: files}); err != nil {
			return err
		}
	}
	if o.report == "" {
		return nil
	}
	return c.mayWrite(o.report, WriteOptions{Replace: o.force, Keep: files})
}

func (c *command) mayWrite(name string, o WriteOptions) error {
	if name == "-" {
		return nil
	}
	return c.program.MayWrite(name, o)
}

// toFolder tells whether results go into a folder under names of their own.
func (c *command) toFolder(output string) bool {
	return output != "-" && (strings.HasSuffix(output, "/") || c.program.IsFolder(output))
}

// fileResult is a file of the document of `preprocess file --json`.
type fileResult struct {
	Source         string             `json:"source"`
	SourceChecksum *exo.Digest        `json:"source_checksum,omitempty"`
	Path           string             `json:"path,omitempty"`
	Checksum       *exo.Digest        `json:"checksum,omitempty"`
	Recipe         *exo.Digest        `json:"recipe,omitempty"`
	Report         *preprocess.Report `json:"report,omitempty"`
	Code           exo.Kind           `json:"code,omitempty"`
	Detail         string             `json:"detail,omitempty"`
	Hint           string             `json:"hint,omitempty"`
}

func (c *command) processFiles(ctx context.Context, files []string, r *recipe, params json.RawMessage, o fileOptions) error {
	many := len(files) > 1
	results := []fileResult{}
	var rows [][]string
	var first error
	failed := 0
	bar := c.start("files")
	defer bar.stop()
	for i, name := range files {
		res, sector, err := c.processOne(ctx, name, r, params, o, many)
		if ctx.Err() != nil {
			return exo.E("cli.file", exo.Canceled, nil, ctx.Err())
		}
		if err != nil {
			if !many {
				return err
			}
			if failed++; first == nil {
				first = err
			}
			res = fileResult{Source: name, Code: exo.KindOf(err), Detail: exo.MessageOf(err), Hint: exo.HintOf(err)}
			c.note("%s %s", c.mark(false), sentence(res.Detail))
		} else {
			c.warn(called(path.Base(name)), res.Report.Warnings)
			rows = append(rows, processedRow(path.Base(name), sector, "new", *res.Report, res.Path))
		}
		results = append(results, res)
		if many && !c.common.Quiet {
			bar.update(int64(i+1), int64(len(files)), "files", "")
		}
	}
	bar.stop()
	if err := c.printFiles(results, rows, o); err != nil {
		return err
	}
	if failed > 1 {
		return exo.E("cli.file", exo.KindOf(first), nil, first).Say("%d of %d files failed; the first, %s", failed, len(files), exo.MessageOf(first)).Try("%s", exo.HintOf(first))
	}
	return first
}

func (c *command) printFiles(results []fileResult, rows [][]string, o fileOptions) error {
	switch {
	case o.output == "-":
		return nil
	case c.json && len(results) == 1:
		return c.printJSON(results[0])
	case c.json:
		return c.printJSON(map[string]any{"outputs": results})
	}
	header := append([]string{"SOURCE"}, processedHeader[1:]...)
	return c.table(header, rows)
}

// processOne processes one file and writes the result.
func (c *command) processOne(ctx context.Context, name string, r *recipe, params json.RawMessage, o fileOptions, many bool) (fileResult, string, error) {
	data, file, err := c.readFITS(ctx, name)
	if err != nil {
		return fileResult{}, "", err
	}
	info, err := lightcurve.Inspect(file)
	if err != nil {
		return fileResult{}, "", notLightCurve(file, name, err)
	}
	if err := file.Verify(); err != nil {
		return fileResult{}, "", exo.E("cli.file", exo.Corrupt, nil, err).Say("%s: %s", called(name), exo.MessageOf(err)).
			Try("fetch the file again; if it was changed on purpose, bring its sums up to date, with astropy by writeto(…, checksum=True)")
	}
	known, err := r.knownEphemerides(info.Scale.Zero())
	if err != nil {
		return fileResult{}, "", err
	}
	out, err := c.program.ProcessFile(ctx, c.common, process.FileInput{
		Name: plainName(name), Data: data, Profile: string(r.chosen()), Params: params, Ephemerides: known,
	})
	if err != nil {
		return fileResult{}, "", ofFile(name, err)
	}
	to := o.output
	if many || c.toFolder(to) {
		to = path.Join(to, outputName(name, out))
	}
	if err := c.output(ctx, to, out.FITS, WriteOptions{Replace: o.force, Keep: []string{name}}); err != nil {
		return fileResult{}, "", err
	}
	if o.report != "" {
		text, err := json.MarshalIndent(out.Report, "", "  ")
		if err != nil {
			return fileResult{}, "", exo.E("cli.file", exo.Internal, nil, err)
		}
		if err := c.output(ctx, o.report, append(text, '\n'), WriteOptions{Replace: o.force, Keep: []string{name, to}}); err != nil {
			return fileResult{}, "", err
		}
	}
	source, sum := exo.DigestOf(data), exo.DigestOf(out.FITS)
	return fileResult{Source: name, SourceChecksum: &source, Path: to, Checksum: &sum, Recipe: &out.Report.Recipe, Report: &out.Report}, slice(info.SectorQuarter), nil
}

// notLightCurve says what a file is that cannot be processed.
func notLightCurve(file *fits.File, name string, err error) error {
	if _, ok := file.Lookup("PROCESSED"); ok {
		return exo.E("cli.file", exo.Invalid, nil, err).Say("%s is processed already", called(name)).Try("give the file that it was made from, PPINPUT in its header")
	}
	if exo.HintOf(err) != "" {
		return ofFile(name, err)
	}
	return exo.E("cli.file", exo.KindOf(err), nil, err).Say("%s: %s", called(name), exo.MessageOf(err)).
		Try("give a light-curve file of Kepler, K2 or TESS, as exoplanetai ingest lightcurve fetches them")
}

// ofFile says which file an error is about.
func ofFile(name string, err error) error {
	if errors.Is(err, exo.Canceled) {
		return err
	}
	return exo.E("cli.file", exo.KindOf(err), nil, err).Say("%s: %s", called(name), exo.MessageOf(err)).Try("%s", exo.HintOf(err))
}

// called is a file's name as messages have it.
func called(name string) string {
	if name == "-" {
		return "standard input"
	}
	return clean(name)
}

// outputName names a result in a folder after its source and recipe, so that
// results of different recipes do not meet.
func outputName(source string, out process.FileOutput) string {
	base := path.Base(filepath.ToSlash(source))
	for _, ext := range []string{".gz", ".fits", ".fit"} {
		base = strings.TrimSuffix(base, ext)
	}
	return base + "_" + string(out.Report.Profile) + "_" + out.Report.Recipe.Hex()[:8] + ".fits"
}

// output writes a file, or to standard output.
func (c *command) output(ctx context.Context, name string, data []byte, o WriteOptions) error {
	if name != "-" {
		return c.program.WriteFile(ctx, name, data, o)
	}
	if _, err := c.term.Out.Write(data); err != nil {
		return exo.E("cli.output", exo.Internal, nil, err).Say("standard output cannot be written to")
	}
	return nil
}

// readFITS reads a FITS file, packed or not, and returns it unpacked. A name as tables of the data tree
// show it is looked for in the data folder too.
func (c *command) readFITS(ctx context.Context, name string) ([]byte, *fits.File, error) {
	data, err := c.readInput(ctx, name, maxFITS)
	if err != nil && name != "-" && !path.IsAbs(name) {
		if inTree, treeErr := c.program.ReadFile(ctx, path.Join(c.dataPath(), name), maxFITS); treeErr == nil {
			data, err = inTree, nil
		}
	}
	if err != nil {
		return nil, nil, unreadable("cli.readFITS", name, c.program.IsFolder(name), err).Try("name a readable FITS file")
	}
	plain, err := fits.Gunzip(data, maxFITS)
	if err != nil {
		return nil, nil, exo.E("cli.readFITS", exo.KindOf(err), nil, err).Say("%s: %s", called(name), exo.MessageOf(err)).Try("fetch the file again")
	}
	file, err := fits.Parse(plain)
	if err != nil {
		return nil, nil, exo.E("cli.readFITS", exo.KindOf(err), nil, err).Say("%s is no FITS file, or a damaged one: %s", called(name), exo.MessageOf(err)).Try("fetch the file again")
	}
	return plain, file, nil
}

// unreadable says why a file that the user named cannot be read.
func unreadable(op, name string, folder bool, err error) *exo.Error {
	e := exo.E(op, exo.NotFound, nil, err)
	switch {
	case errors.Is(err, exo.TooLarge):
		return exo.E(op, exo.Invalid, nil, err).Say("%s is larger than %s", called(name), size(maxFITS))
	case errors.Is(err, fs.ErrNotExist):
		return e.Say("the file %s cannot be read: there is no such file", called(name))
	case folder:
		return e.Say("the file %s cannot be read: it is a folder", called(name))
	}
	return e.Say("the file %s cannot be read", called(name))
}

// plainName is the name of a file when it is unpacked: its provenance is that of
// the FITS file, which the archives and the store know.
func plainName(name string) string {
	return strings.TrimSuffix(path.Base(filepath.ToSlash(name)), ".gz")
}

// dataPath is the data folder of the configuration; "" where it cannot be read.
func (c *command) dataPath() string {
	list, err := c.program.Settings(c.common)
	if err != nil {
		return ""
	}
	for _, s := range list {
		if s.Key == "data_path" {
			return s.Value
		}
	}
	return ""
}
