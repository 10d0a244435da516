package cli

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/maintain"
)

func (c *command) storageCleanup() *cobra.Command {
	var o maintain.CleanupOptions
	days := -1
	cmd := &cobra.Command{
		Use: "cleanup", Short: "Remove what can be made again: cache, old logs, files cut short", Args: words(),
		Long: "Removes old answers and query files of the cache, logs that were put aside, and hidden files that a crash cut short.\n" +
			"Raw data, light curves, processed files and versions are never touched.\n" +
			"Without --max-age-days the setting storage.cache_retention_days counts; 0 removes all that may go.",
		Example: "  exoplanetai storage cleanup --dry-run\n  exoplanetai storage cleanup --max-age-days 7\n  exoplanetai storage cleanup --max-age-days 0 --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			const most = 36500
			if days < -1 || days > most {
				return exo.Errorf("cli.cleanup", exo.Invalid, nil, "--max-age-days is 0 to %d, not %d", most, days)
			}
			o.All, o.MaxAge = days == 0, time.Duration(max(days, 0))*24*time.Hour
			return c.write(cmd.Context(), func(ctx context.Context, w *Writer) error {
				r, err := w.Maintain.Cleanup(ctx, o)
				if err != nil {
					return err
				}
				return c.printCleanup(r)
			})
		},
	}
	cmd.Flags().IntVar(&days, "max-age-days", -1, "remove what is older; 0: everything that may go (default: the configured retention)")
	cmd.Flags().Int64Var(&o.MaxBytes, "max-bytes", 0, "cut the cache to this size (default: the configured limit)")
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "only say what would go")
	return cmd
}

func (c *command) printCleanup(r maintain.CleanupReport) error {
	if c.json {
		return c.printJSON(r)
	}
	var rows [][]string
	for _, f := range r.ByFolder {
		rows = append(rows, []string{f.Folder, strconv.Itoa(f.RemovedFiles), strconv.FormatInt(f.RemovedBytes, 10), strconv.Itoa(f.Kept), strconv.FormatInt(f.KeptBytes, 10)})
	}
	rows = append(rows, []string{"total", strconv.Itoa(r.RemovedFiles), strconv.FormatInt(r.RemovedBytes, 10), strconv.Itoa(r.Kept), strconv.FormatInt(r.KeptBytes, 10)})
	for _, f := range r.Failed {
		c.warn("cleanup", []string{f.Path + " could not be removed: " + f.Reason})
	}
	if r.NeededBytes > 0 {
		c.warn("cleanup", []string{"the disk still wants " + size(r.NeededBytes) + " free; nothing more may go by itself"})
	}
	word := "removed"
	if r.DryRun {
		word = "would remove"
	}
	c.note("%s %s, %s", word, count(r.RemovedFiles, "file", "files"), size(r.RemovedBytes))
	return c.table([]string{"FOLDER", ">REMOVED", ">BYTES", ">KEPT", ">BYTES KEPT"}, rows)
}

func (c *command) storageRetention() *cobra.Command {
	var o maintain.RetainOptions
	var yes bool
	cmd := &cobra.Command{
		Use: "retention", Short: "Remove raw files that their retention lets go", Args: words(),
		Long: "A raw file goes only if it is older than storage.raw_retention_days, a newer one has replaced it, nothing that stays was\n" +
			"made of it, no version holds it, and a verified backup has its bytes. Light curves never go.\n" +
			"Every file that stays is listed with the reason. It asks first, unless --yes is given; nothing does this unasked.",
		Example: "  exoplanetai storage retention --dry-run\n  exoplanetai storage retention --yes\n  exoplanetai storage retention --dry-run --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.write(cmd.Context(), func(ctx context.Context, w *Writer) error {
				plan, err := w.Maintain.Retain(ctx, maintain.RetainOptions{DryRun: true})
				if err != nil {
					return err
				}
				if o.DryRun {
					return c.printRetention(plan)
				}
				if plan.RemovedFiles > 0 && !yes {
					if err := c.confirm("remove " + count(plan.RemovedFiles, "raw file", "raw files") + ", " + size(plan.RemovedBytes)); err != nil {
						return err
					}
				}
				if plan.RemovedFiles == 0 { // nobody was asked, so nothing goes that has come of age meanwhile
					plan.DryRun = false
					return c.printRetention(plan)
				}
				r, err := w.Maintain.Retain(ctx, o)
				if err != nil {
					return err
				}
				return c.printRetention(r)
			})
		},
	}
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "only say what would go")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func (c *command) printRetention(r maintain.RetainReport) error {
	if c.json {
		return c.printJSON(r)
	}
	word := "removed"
	if r.DryRun {
		word = "would go"
	}
	var rows [][]string
	for _, f := range r.Removed {
		rows = append(rows, []string{string(f.Path), word, "a backup read back on " + f.BackupAt.UTC().Format(time.DateOnly) + " has it"})
	}
	for _, f := range r.Kept {
		rows = append(rows, []string{string(f.Path), "stays", f.Detail})
	}
	c.note("%s: %s, %s; %d stay", word, count(r.RemovedFiles, "raw file", "raw files"), size(r.RemovedBytes), r.KeptFiles)
	return c.table([]string{"PATH", "WHAT", "WHY"}, rows)
}

func (c *command) storageRollback() *cobra.Command {
	var o maintain.RollbackOptions
	var to string
	cmd := &cobra.Command{
		Use: "rollback PATH|TABLE --to VERSION", Short: "Take a table or a file back to a version", Args: words("a table or the path of a file"),
		Long: "Publishes the bytes that a version has once more, as the newest file. Nothing is overwritten or removed, so that\n" +
			"the state that was left can be had back in the same way. What is made of a table is made anew.",
		Example: "  exoplanetai storage rollback koi --to v1.0 --dry-run\n  exoplanetai storage rollback koi --to v1.0\n  exoplanetai storage rollback koi --to v1.0 --json",
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			o.What = args[0]
			if !cmd.Flags().Changed("to") {
				return exo.Errorf("cli", exo.Invalid, nil, "--to is missing: the version whose state comes back").
					Try("exoplanetai storage rollback %s --to VERSION; exoplanetai version list shows the versions", exo.Quote(o.What))
			}
			if o.To, err = exo.ParseVersionName(to); err != nil {
				return err
			}
			return c.write(cmd.Context(), func(ctx context.Context, w *Writer) error {
				r, err := w.Maintain.Rollback(ctx, o)
				if err != nil {
					return err
				}
				return c.printRollback(r)
			})
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "the version whose state comes back")
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "only say what would be published")
	return cmd
}

func (c *command) printRollback(r maintain.RollbackReport) error {
	if len(r.Warnings) > 0 {
		c.warn("rollback", r.Warnings)
	}
	if c.json {
		return c.printJSON(r)
	}
	if r.Status == maintain.Unchanged {
		c.note("%s is as version %s has it already", clean(r.What), r.Version)
		return nil
	}
	var rows [][]string
	for _, f := range r.Files {
		rows = append(rows, []string{string(f.From), string(f.Path), strconv.FormatInt(f.SizeBytes, 10)})
	}
	return c.table([]string{"OF VERSION", "NOW", ">BYTES"}, rows)
}
