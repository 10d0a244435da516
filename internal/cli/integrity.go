package cli

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/verify"
)

// Checker finds damage in all that is kept.
type Checker interface {
	Check(ctx context.Context, o verify.CheckOptions, report func(done, total int64)) (verify.Report, error)
}

// Integrity finds damage and mends it.
type Integrity interface {
	Checker
	Sweep(ctx context.Context, o store.SweepOptions, report func(done, total int64)) (verify.SweepReport, error)
	Repair(ctx context.Context, o verify.RepairOptions, report func(done, total int64)) (verify.RepairReport, error)
}

func (c *command) storageVerify() *cobra.Command {
	var o verify.CheckOptions
	cmd := &cobra.Command{
		Use: "verify", Short: "Compare every byte that is kept with its digest", Args: words(),
		Long: "Reads every stored byte and compares it with its digest, its metadata record, its checksum line and its index row;\n" +
			"then the files of every version, their manifests and the Git record.\n" +
			"Everything that is damaged is listed with the versions it is in, the stars and products it touches (--json), and what\n" +
			"repairs it; then the exit status is 4. No data file is changed.\n" +
			"A full check holds the data folder while it runs and notes there when which file was proved. Where another program\n" +
			"holds the folder, or it cannot be written to, the check is the same, writes nothing, and says that it is not recorded.\n" +
			"With --quick nothing is ever written.",
		Example: "  exoplanetai storage verify\n  exoplanetai storage verify --quick\n  exoplanetai storage verify --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				if !o.Quick {
					return nil // a reader makes nothing where there is no data folder
				}
				return c.checked(ctx, r.Integrity, o, "")
			})
			if err != nil || o.Quick {
				return err
			}
			return c.prove(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.Quick, "quick", false, "look at size, permissions and type only; read no bytes")
	return cmd
}

// prove checks as a writer, so that the proof is kept, or else as a reader.
func (c *command) prove(ctx context.Context, o verify.CheckOptions) (err error) {
	w, err := c.program.Write(ctx, c.common, false)
	if err != nil {
		why := exo.MessageOf(err)
		return c.read(ctx, func(ctx context.Context, r *Reader) error { return c.checked(ctx, r.Integrity, o, why) })
	}
	defer func() {
		told(w.Done, err)
		err = joined(err, w.Close())
	}()
	return c.checked(ctx, w.Integrity, o, "")
}

// verification is the document of `storage verify --json`.
type verification struct {
	verify.Report
	Recorded bool `json:"recorded"` // the time of the proof is kept; storage stats shows it
}

// checked checks and prints what was found; why says why a full check is not
// recorded, empty if it is.
func (c *command) checked(ctx context.Context, i Checker, o verify.CheckOptions, why string) error {
	bar := c.start("verify")
	r, err := i.Check(ctx, o, bar.plain("bytes"))
	bar.stop()
	if err != nil {
		return err
	}
	if c.json {
		err = c.printJSON(verification{r, !o.Quick && why == ""})
	} else {
		err = c.printDamages(r.Damaged)
	}
	if err != nil {
		return err
	}
	if why != "" {
		c.warn("verify", []string{"this check is not recorded: " + why})
	}
	files := count(r.Files, "file", "files")
	if r.Versions > 0 {
		files += " and " + count(r.Versions, "version", "versions")
	}
	if r.OK {
		c.note("%s %s check of %s: all as stored (%s read)", c.mark(true), r.Depth, files, size(r.Bytes+r.VersionBytes))
		return nil
	}
	return damaged(len(r.Damaged), r.Depth, files)
}

func damaged(n int, depth, files string) error {
	return exo.Errorf("cli.verify", exo.Corrupt, nil, "%s in a %s check of %s", count(n, "damage found", "damages found"), depth, files).
		Try("do what the list says for each, or all at once: exoplanetai storage repair")
}

func (c *command) printDamages(list []verify.Damage) error {
	if len(list) == 0 {
		return nil
	}
	var rows [][]string
	for _, d := range list {
		in := make([]string, len(d.Versions))
		for i, n := range d.Versions {
			in[i] = string(n)
		}
		rows = append(rows, []string{d.Path, string(d.Class), d.Detail, strings.Join(in, " "), strconv.Itoa(len(d.Products)), d.Repair})
	}
	return c.table([]string{"PATH", "CLASS", "DETAIL", "VERSIONS", ">PRODUCTS", "REPAIR"}, rows)
}

func (c *command) storageSweep() *cobra.Command {
	var o store.SweepOptions
	var megabytes int64
	cmd := &cobra.Command{
		Use: "sweep", Short: "Read back a part of what is stored, the least recently proved first", Args: words(),
		Long: "Reads back the files whose last proof is oldest, until a limit is reached, and notes the proof. The next sweep goes on\n" +
			"where this one stopped: a small sweep every night proves everything in turn.\n" +
			"Damage is listed as by storage verify; then the exit status is 4. Versions are checked by storage verify and version verify.",
		Example: "  exoplanetai storage sweep --for 10m\n  exoplanetai storage sweep --max-mb 10000\n  exoplanetai storage sweep --max-files 1000 --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if megabytes < 0 || megabytes > 1<<40 || o.MaxFiles < 0 || o.For < 0 {
				return exo.Errorf("cli.sweep", exo.Invalid, nil, "a limit of a sweep is negative or too large").Try("leave it out for no limit")
			}
			o.MaxBytes = megabytes << 20
			return c.write(cmd.Context(), func(ctx context.Context, w *Writer) error { return c.swept(ctx, w, o) })
		},
	}
	cmd.Flags().Int64Var(&megabytes, "max-mb", 0, "read at most this many MiB (default no limit)")
	cmd.Flags().IntVar(&o.MaxFiles, "max-files", 0, "read at most this many files (default no limit)")
	cmd.Flags().DurationVar(&o.For, "for", 0, "stop after this time, as in 10m (default no limit)")
	return cmd
}

func (c *command) swept(ctx context.Context, w *Writer, o store.SweepOptions) error {
	bar := c.start("sweep")
	r, err := w.Integrity.Sweep(ctx, o, bar.plain("bytes"))
	bar.stop()
	if err != nil {
		return err
	}
	if c.json {
		err = c.printJSON(r)
	} else {
		err = c.printDamages(r.Damaged)
	}
	if err != nil {
		return err
	}
	oldest := "some files were never read back"
	if r.OldestProof != nil {
		oldest = "the oldest proof is of " + r.OldestProof.UTC().Format(time.RFC3339)
	}
	c.note("%s %s read back (%s); %.0f %% of the bytes in the last 30 days; %s", c.mark(r.OK), count(r.Files, "file", "files"), size(r.Bytes), 100*r.Coverage, oldest)
	if len(r.Damaged) == 0 {
		return nil
	}
	return damaged(len(r.Damaged), "sweeping", count(r.Files, "file", "files"))
}

// storedPaths accepts any number of paths in the data folder.
func storedPaths(_ *cobra.Command, args []string) error {
	for _, a := range args {
		if _, err := exo.ParsePath(a); err != nil {
			return err
		}
	}
	return nil
}

func (c *command) storageRepair() *cobra.Command {
	var o verify.RepairOptions
	var yes bool
	cmd := &cobra.Command{
		Use: "repair [PATH]...", Short: "Mend what is damaged, from versions, backups and the archives", Args: storedPaths,
		Long: "Without PATH a full check comes first, and all that it finds is mended.\n" +
			"The bytes of a damaged or missing file come from the first that has them: a copy in a version, a backup, the archive.\n" +
			"They are accepted only with the recorded SHA-256; then the copies in versions are mended. Metadata records, permissions,\n" +
			"checksum lines and index rows are mended from each other, two against one.\n" +
			"What cannot be mended stays as it is and is listed with what can be done; then the exit status is 4.\n" +
			"It says what it will do and asks first, unless --yes is given.",
		Example: "  exoplanetai storage repair --dry-run\n  exoplanetai storage repair lightcurves/tess/s0001/tess2018206045859-s0001-0000000441420236-0120-s_lc.fits\n" +
			"  exoplanetai storage repair --yes --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Paths = args
			return c.write(cmd.Context(), func(ctx context.Context, w *Writer) error { return c.repaired(ctx, w, o, yes) })
		},
	}
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "only say what would be done; archives are not asked")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func (c *command) repaired(ctx context.Context, w *Writer, o verify.RepairOptions, yes bool) error {
	run := func(o verify.RepairOptions) (verify.RepairReport, error) {
		bar := c.start("repair")
		defer bar.stop()
		return w.Integrity.Repair(ctx, o, bar.plain(""))
	}
	if !o.DryRun && !yes {
		plan := o
		plan.DryRun = true
		r, err := run(plan)
		if err != nil {
			return err
		}
		if r.Repaired+r.Failed > 0 {
			if err := c.confirm("mend " + count(r.Repaired+r.Failed, "file", "files")); err != nil {
				return err
			}
		}
	}
	r, err := run(o)
	if err != nil {
		return err
	}
	if err := c.printRepairs(r); err != nil {
		return err
	}
	word := "mended"
	if r.DryRun {
		word = "can be mended"
	}
	c.note("%s %s %s, %d right already, %d not; %s written", c.mark(r.OK), count(r.Repaired, "file", "files"), word, r.Intact, r.Failed, size(r.Bytes))
	if r.Failed == 0 {
		return nil
	}
	return exo.Errorf("cli.repair", exo.Corrupt, nil, "%s could not be mended", count(r.Failed, "file", "files")).Try("do what the list says for each")
}

func (c *command) printRepairs(r verify.RepairReport) error {
	if c.json {
		return c.printJSON(r)
	}
	if len(r.Files) == 0 {
		return nil
	}
	var rows [][]string
	for _, f := range r.Files {
		detail := f.Detail
		for _, a := range f.Tried {
			if f.Outcome == verify.Failed {
				detail += "; " + a.Source + ": " + a.Result
			}
		}
		if f.Hint != "" {
			detail += "; " + f.Hint
		}
		rows = append(rows, []string{f.Path, f.Outcome, f.Source, detail})
	}
	return c.table([]string{"PATH", "OUTCOME", "SOURCE", "DETAIL"}, rows)
}
