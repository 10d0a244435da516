package cli

import (
	"context"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"exoplanetai/internal/backup"
	"exoplanetai/internal/exo"
)

func (c *command) backupCommand() *cobra.Command {
	return group("backup", "Keep encrypted snapshots of the data elsewhere, and get them back",
		"  exoplanetai backup create\n  exoplanetai backup list\n  exoplanetai backup drill\n  exoplanetai backup restore --to /srv/again",
		c.backupCreate(), c.backupList(), c.backupVerify(), c.backupRestore(), c.backupDrill())
}

func (c *command) backupCreate() *cobra.Command {
	var o backup.CreateOptions
	cmd := &cobra.Command{
		Use: "create", Short: "Add a snapshot of the data folder to the backup repository", Args: words(),
		Long: "Reads what changed since the last snapshot, compresses and encrypts it, and adds a snapshot to backup.repository.\n" +
			"Snapshots past storage.backup_retention_days go; the newest never does. Kopia's own program can read the repository.\n" +
			"A place on the file system of the data is refused unless --force is given: one broken disk would take both. So is a data\n" +
			"folder without any data where the last snapshot has some: its disk may not be mounted.",
		Example: "  exoplanetai backup create\n  exoplanetai backup create --dry-run\n  exoplanetai backup create --force --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.write(cmd.Context(), func(ctx context.Context, w *Writer) error {
				bar := c.start("backup")
				r, err := w.Backup.Create(ctx, o, bar.plain("bytes"))
				bar.stop()
				if err != nil {
					return err
				}
				return c.printBackup(r)
			})
		},
	}
	cmd.Flags().BoolVar(&o.Force, "force", false, "although the place for backups is on the file system of the data, or the data folder was emptied")
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "only say how much would be backed up")
	return cmd
}

func (c *command) printBackup(r backup.Result) error {
	if c.json {
		return c.printJSON(r)
	}
	c.warn("backup", r.Warnings)
	if r.DryRun {
		c.note("would back up %s, %s", count(r.Files, "file", "files"), size(r.Bytes))
		return nil
	}
	c.note("%s backed up %s, %s; read %s, sent %s; %s removed", c.mark(true), count(r.Files, "file", "files"), size(r.Bytes),
		size(r.ReadBytes), size(r.UploadedBytes), count(len(r.Expired), "old snapshot", "old snapshots"))
	return c.table([]string{"SNAPSHOT", ">FILES", ">BYTES"}, [][]string{{r.Snapshot, strconv.FormatInt(r.Files, 10), strconv.FormatInt(r.Bytes, 10)}})
}

func (c *command) backupList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the snapshots, newest first", Args: words(),
		Example: "  exoplanetai backup list\n  exoplanetai backup list --json\n  exoplanetai backup list --data-path /srv/exoplanets",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.backups(cmd.Context(), false, func(ctx context.Context, r *Backups) error {
				list, err := r.Backup.List(ctx)
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(map[string]any{"backups": nonNil(list)})
				}
				var rows [][]string
				for _, s := range list {
					rows = append(rows, []string{s.ID, s.CreatedAt.Format(time.RFC3339), strconv.FormatInt(s.Files, 10), strconv.FormatInt(s.Bytes, 10), when(s.VerifiedAt), place(s)})
				}
				return c.table([]string{"SNAPSHOT", "CREATED", ">FILES", ">BYTES", "VERIFIED", "PLACE"}, rows)
			})
		},
	}
}

// backups opens the backups, does the work and closes them.
func (c *command) backups(ctx context.Context, keep bool, do func(context.Context, *Backups) error) (err error) {
	b, err := c.program.Backups(ctx, c.common, keep)
	if err != nil {
		return err
	}
	defer func() {
		told(b.Done, err)
		err = joined(err, b.Close())
	}()
	if b.Alone && keep {
		c.note("there is no data folder that could keep the outcome")
	}
	return do(ctx, b)
}

// place tells whether one broken disk would take a snapshot and the data.
func place(s backup.Snapshot) string {
	if s.SameDisk {
		return "beside the data"
	}
	return "elsewhere"
}

func (c *command) backupVerify() *cobra.Command {
	return &cobra.Command{
		Use: "verify [SNAPSHOT]", Short: "Read every byte of a snapshot back and compare the digests", Args: atMostSnapshot,
		Long:    "Without a snapshot the newest is read. Damage is listed, and then the exit status is 4.",
		Example: "  exoplanetai backup verify\n  exoplanetai backup verify 3f9c2a\n  exoplanetai backup verify --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.backups(cmd.Context(), true, func(ctx context.Context, w *Backups) error {
				bar := c.start("verify")
				r, err := w.Backup.Verify(ctx, backup.VerifyOptions{Snapshot: first(args)}, bar.plain("bytes"))
				bar.stop()
				if err != nil {
					return err
				}
				if r.OK {
					c.note("%s snapshot %s: %s, %s read back, %d compared with their digest", c.mark(true), r.Snapshot, count(r.Files, "file", "files"), size(r.Bytes), r.Compared)
				}
				return c.backupOutcome(r, r.Damaged)
			})
		},
	}
}

func (c *command) backupDrill() *cobra.Command {
	return &cobra.Command{
		Use: "drill [SNAPSHOT]", Short: "Try whether a snapshot can be had back", Args: atMostSnapshot,
		Long: "Restores a snapshot, by default the newest, to a folder of its own, reads it from the disk, compares every digest and\n" +
			"removes it. The outcome is kept. Damage is listed, and then the exit status is 4.",
		Example: "  exoplanetai backup drill\n  exoplanetai backup drill 3f9c2a\n  exoplanetai backup drill --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.backups(cmd.Context(), true, func(ctx context.Context, w *Backups) error {
				bar := c.start("drill")
				r, err := w.Backup.Drill(ctx, backup.DrillOptions{Snapshot: first(args)}, bar.plain("bytes"))
				bar.stop()
				if err != nil {
					return err
				}
				if r.OK {
					c.note("%s snapshot %s came back: %s, %s, %d compared with their digest, in %.1f s", c.mark(true), r.Snapshot, count(r.Files, "file", "files"), size(r.Bytes), r.Compared, r.DurationS)
				}
				return c.backupOutcome(r, r.Damaged)
			})
		},
	}
}

// backupOutcome prints a report with what is damaged; damage is an error.
func (c *command) backupOutcome(report any, damaged []backup.Damage) error {
	if c.json {
		if err := c.printJSON(report); err != nil {
			return err
		}
	} else if len(damaged) > 0 {
		var rows [][]string
		for _, d := range damaged {
			rows = append(rows, []string{d.Path, d.Class, d.What})
		}
		if err := c.table([]string{"PATH", "CLASS", "WHAT"}, rows); err != nil {
			return err
		}
	}
	if len(damaged) == 0 {
		return nil
	}
	return exo.Errorf("cli.backup", exo.Corrupt, nil, "%s of the backup cannot be had back", count(len(damaged), "file", "files")).
		Try("make a new backup now: exoplanetai backup create; older snapshots may be whole: exoplanetai backup list")
}

func (c *command) backupRestore() *cobra.Command {
	var o backup.RestoreOptions
	cmd := &cobra.Command{
		Use: "restore [SNAPSHOT] --to FOLDER", Short: "Bring a snapshot back to an empty folder", Args: atMostSnapshot,
		Long: "Writes a snapshot, by default the newest, to a folder that is empty or not there. All or nothing: the digests are compared\n" +
			"before the folder has its name. To go on with the restored data, let --data-path or data_path name that folder.",
		Example: "  exoplanetai backup restore --to /srv/again\n  exoplanetai backup restore 3f9c2a --to /tmp/koi --path raw/nasa\n  exoplanetai backup restore --to /srv/again --dry-run",
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if o.To == "" {
				return exo.Errorf("cli.backup", exo.Invalid, nil, "--to is missing").Try("--to /srv/again, a folder that is empty or not there")
			}
			if o.To, err = filepath.Abs(o.To); err != nil {
				return exo.E("cli.backup", exo.Invalid, nil, err).Say("--to is no path")
			}
			o.Snapshot = first(args)
			return c.backups(cmd.Context(), false, func(ctx context.Context, r *Backups) error {
				bar := c.start("restore")
				res, err := r.Backup.Restore(ctx, o, bar.plain("bytes"))
				bar.stop()
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(res)
				}
				word := "restored"
				if res.DryRun {
					word = "would restore"
				}
				c.note("%s %s %s, %s of snapshot %s; %d compared with their digest", c.mark(true), word, count(res.Files, "file", "files"), size(res.Bytes), res.Snapshot, res.Compared)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&o.To, "to", "", "the `folder` to restore to, empty or not there")
	cmd.Flags().StringArrayVar(&o.Paths, "path", nil, "only this file or folder of the data folder; may be given several times")
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "only say how much would be restored")
	return cmd
}

// atMostSnapshot accepts no word, or the name of a snapshot.
func atMostSnapshot(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return words("a snapshot")(cmd, args)
	}
	return nil
}

// first is the first word, or nothing.
func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
