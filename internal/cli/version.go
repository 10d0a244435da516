package cli

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/version"
)

// ReleaseReader are the versions of the whole tree, looked at. What a catalog
// table was at some time is asked of Versions.
type ReleaseReader interface {
	List(ctx context.Context) ([]version.Summary, error)
	Show(ctx context.Context, name exo.VersionName) (version.Manifest, error)
	Diff(ctx context.Context, from, to exo.VersionName, limit int) (version.Diff, error)
	Verify(ctx context.Context, name exo.VersionName, o version.VerifyOptions, report func(done, total int64)) (version.VerifyReport, error)
	Cite(ctx context.Context, name exo.VersionName) (version.Citation, error)
	// RestoreTo restores to a folder that the user named, anywhere.
	RestoreTo(ctx context.Context, name exo.VersionName, folder string, o version.RestoreOptions, report func(done, total int64)) (version.RestoreReport, error)
}

// Releases are the versions of the whole tree.
type Releases interface {
	ReleaseReader
	Create(ctx context.Context, o version.CreateOptions) (version.Manifest, error)
	Restore(ctx context.Context, name exo.VersionName, o version.RestoreOptions, report func(done, total int64)) (version.RestoreReport, error)
	Delete(ctx context.Context, name exo.VersionName, o version.DeleteOptions) (version.DeleteReport, error)
	RebuildBy(ctx context.Context, prefer string) (version.RebuildReport, error)
}

func (c *command) versionCommand() *cobra.Command {
	return group("version", "Name the present state of the data, and get it back",
		"  exoplanetai version create v1.2.0 --description \"Updated KOI catalog\"\n  exoplanetai version list\n  exoplanetai version diff v1.1.0 v1.2.0",
		c.versionCreate(), c.versionList(), c.versionShow(), c.versionDiff(), c.versionVerify(), c.versionRestore(), c.versionDelete(), c.versionCite(), c.versionRebuild())
}

// versionWords accepts as many names of versions.
func versionWords(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := words(names...)(cmd, args); err != nil {
			return err
		}
		for _, a := range args {
			if _, err := exo.ParseVersionName(a); err != nil {
				return err
			}
		}
		return nil
	}
}

func (c *command) versionCreate() *cobra.Command {
	var o version.CreateOptions
	cmd := &cobra.Command{
		Use: "create NAME", Short: "Give the present state a name", Args: versionWords("the name of the new version"),
		Long: "Collects the files, links or copies them below versions/NAME/files, writes versions/NAME/manifest.json, and records it as a\n" +
			"commit with a tag in versions/.git, which git itself reads. The version appears whole or not at all.\n" +
			"Light curves are hard-linked; what no archive gives back a second time is copied, so that it can heal the original.",
		Example: "  exoplanetai version create v1.2.0 --description \"Updated KOI catalog with new dispositions\"\n" +
			"  exoplanetai version create koi-2026 --pattern 'raw/nasa/koi_*.csv' --pattern 'processed/**'\n" +
			"  exoplanetai version create v1.3.0 --full-hash --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Name = args[0]
			look := func(context.Context, *Reader) error { return nil } // a reader makes nothing where there is no data folder
			if err := c.read(cmd.Context(), look); err != nil {
				return err
			}
			return c.write(cmd.Context(), func(ctx context.Context, w *Writer) error {
				bar := c.start("version " + o.Name)
				o.Report = bar.plain("files")
				m, err := w.Releases.Create(ctx, o)
				bar.stop()
				if err != nil {
					return err
				}
				return c.printCreated(m, o.DryRun)
			})
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.Description, "description", "m", "", "what is new, for people")
	f.StringArrayVarP(&o.Patterns, "pattern", "p", nil, "`pattern` of the files: *.csv matches names, raw/nasa/*.csv and **/*.fits paths; may be given several times (default raw, lightcurves and processed)")
	f.BoolVar(&o.FullHash, "full-hash", false, "read every byte again, whatever the index says")
	f.BoolVar(&o.DryRun, "dry-run", false, "tell what the version would hold, and make nothing")
	return cmd
}

func (c *command) printCreated(m version.Manifest, dry bool) error {
	if c.json {
		return c.printJSON(m)
	}
	what := "made"
	if dry {
		what = "not made, as was asked"
	}
	c.note("%s version %s %s: %s, %s (%d hard-linked, %d reflinked, %d copied)", c.mark(true), m.Version, what,
		count(m.FileCount, "file", "files"), size(m.TotalSizeBytes), m.Links.Hard, m.Links.Reflink, m.Links.Copy)
	return c.table([]string{"VERSION", ">FILES", ">BYTES", "PARENT", "VERIFIED", "ID"}, [][]string{versionRow(m)})
}

func versionRow(m version.Manifest) []string {
	return []string{string(m.Version), strconv.Itoa(m.FileCount), strconv.FormatInt(m.TotalSizeBytes, 10), parentName(m.ParentVersion), m.Verified, m.ID.String()}
}

func parentName(p *exo.VersionName) string {
	if p == nil {
		return "-"
	}
	return string(*p)
}

// releasesList is the document of `version list --json`; GET /data/version/list
// answers the same.
type releasesList struct {
	Versions []version.Summary `json:"versions"`
	Current  *string           `json:"current"`
}

func (c *command) versionList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the versions, newest first", Args: words(),
		Example: "  exoplanetai version list\n  exoplanetai version list --json\n  exoplanetai version list --data-path /srv/exoplanets",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				list, err := r.Releases.List(ctx)
				if err != nil {
					return err
				}
				if c.json {
					doc := releasesList{Versions: nonNil(list)}
					if len(list) > 0 {
						current := string(list[0].Version)
						doc.Current = &current
					}
					return c.printJSON(doc)
				}
				var rows [][]string
				for _, s := range list {
					rows = append(rows, []string{string(s.Version), s.CreatedAt.UTC().Format(time.RFC3339), strconv.Itoa(s.FileCount),
						strconv.FormatInt(s.TotalSizeBytes, 10), parentName(s.ParentVersion), s.Description})
				}
				if len(rows) == 0 {
					c.note("there is no version yet; exoplanetai version create v1.0.0 makes one")
				}
				return c.table([]string{"VERSION", "CREATED", ">FILES", ">BYTES", "PARENT", "DESCRIPTION"}, rows)
			})
		},
	}
}

func (c *command) versionShow() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Print a version with its files", Args: versionWords("the name of a version"),
		Long:    "Prints the version and all its files. With --json it is the manifest.",
		Example: "  exoplanetai version show v1.2.0\n  exoplanetai version show v1.2.0 --json\n  exoplanetai version list",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				m, err := r.Releases.Show(ctx, exo.VersionName(args[0]))
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(m)
				}
				c.note("version %s of %s: %s", m.Version, m.CreatedAt.UTC().Format(time.RFC3339), clean(m.Description))
				c.note("parent %s; %s, %s; %s", parentName(m.ParentVersion), count(m.FileCount, "file", "files"), size(m.TotalSizeBytes), m.ID)
				var rows [][]string
				for _, f := range m.Files {
					rows = append(rows, []string{strconv.FormatInt(f.SizeBytes, 10), f.ModifiedAt.UTC().Format(time.RFC3339), f.Hash.String(), string(f.Path)})
				}
				return c.table([]string{">BYTES", "MODIFIED", "HASH", "PATH"}, rows)
			})
		},
	}
}

func (c *command) versionDiff() *cobra.Command {
	limit := 0
	cmd := &cobra.Command{
		Use: "diff FROM TO", Short: "Tell what changed between two versions", Args: versionWords("the earlier version", "the later version"),
		Long: "Lists the files that were added, removed and changed, and of the tables the rows by key, changed dispositions first.\n" +
			"Differences between two versions of one table, cell by cell, are told by exoplanetai catalog diff.",
		Example: "  exoplanetai version diff v1.1.0 v1.2.0\n  exoplanetai version diff v1.1.0 v1.2.0 --json\n  exoplanetai catalog diff koi",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				d, err := r.Releases.Diff(ctx, exo.VersionName(args[0]), exo.VersionName(args[1]), limit)
				if err != nil {
					return err
				}
				return c.printVersionDiff(d)
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 1000, "list at most this many files of each kind, and dispositions of each table")
	return cmd
}

func (c *command) versionVerify() *cobra.Command {
	var o version.VerifyOptions
	cmd := &cobra.Command{
		Use: "verify NAME", Short: "Compare the files of a version with its manifest", Args: versionWords("the name of a version"),
		Long:    "Reads every byte of the version and compares it with the manifest. With damage the exit status is 4.",
		Example: "  exoplanetai version verify v1.2.0\n  exoplanetai version verify v1.2.0 --quick\n  exoplanetai version verify v1.2.0 --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				bar := c.start("verify " + args[0])
				rep, err := r.Releases.Verify(ctx, exo.VersionName(args[0]), o, bar.plain("bytes"))
				bar.stop()
				if err != nil {
					return err
				}
				return c.printVersionVerify(rep)
			})
		},
	}
	cmd.Flags().BoolVar(&o.Quick, "quick", false, "look at size and type only; read no bytes")
	return cmd
}

func (c *command) versionRestore() *cobra.Command {
	var o version.RestoreOptions
	var to string
	cmd := &cobra.Command{
		Use: "restore NAME", Short: "Get files of a version back", Args: versionWords("the name of a version"),
		Long: "Without --to it writes only what is damaged or missing in the data folder; files that came later stay, and nothing is\n" +
			"overwritten that is as it was recorded. With --to it writes a copy of the version into a folder that is empty or new.\n" +
			"All or nothing: every byte is compared with the manifest before anything is in its place.",
		Example: "  exoplanetai version restore v1.2.0 --dry-run\n" +
			"  exoplanetai version restore v1.2.0 --to /tmp/v1.2.0\n" +
			"  exoplanetai version restore v1.2.0 --path raw/nasa/koi_20260102_030405.csv",
		RunE: func(cmd *cobra.Command, args []string) error {
			name := exo.VersionName(args[0])
			if to != "" {
				o.Target = version.InFolder
				return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
					bar := c.start("restore " + args[0])
					rep, err := r.Releases.RestoreTo(ctx, name, to, o, bar.plain("files"))
					bar.stop()
					if err != nil {
						return err
					}
					return c.printRestored(rep, to)
				})
			}
			o.Target = version.InPlace
			look := func(ctx context.Context, r *Reader) error {
				_, err := r.Releases.Show(ctx, name)
				return err
			}
			if err := c.read(cmd.Context(), look); err != nil {
				return err
			}
			return c.write(cmd.Context(), func(ctx context.Context, w *Writer) error {
				bar := c.start("restore " + args[0])
				rep, err := w.Releases.Restore(ctx, name, o, bar.plain("files"))
				bar.stop()
				if err != nil {
					return err
				}
				return c.printRestored(rep, "the data folder")
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&to, "to", "", "write a copy of the version into this `folder`, which is empty or new")
	f.StringArrayVar(&o.Paths, "path", nil, "only files of the version that this `pattern` matches; may be given several times (default all)")
	f.BoolVar(&o.DryRun, "dry-run", false, "tell what would be written, and write nothing")
	return cmd
}

func (c *command) versionDelete() *cobra.Command {
	var o version.DeleteOptions
	var yes bool
	cmd := &cobra.Command{
		Use: "delete NAME", Short: "Delete a version", Args: versionWords("the name of a version"),
		Long: "Deletes a version's manifest and files. A version that is the last to hold a file is refused, with the list of them. The\n" +
			"record in versions/.git keeps the manifest. Asks first, unless --yes or --dry-run is given.",
		Example: "  exoplanetai version delete v1.1.0 --dry-run\n  exoplanetai version delete v1.1.0 --yes\n  exoplanetai version list",
		RunE: func(cmd *cobra.Command, args []string) error {
			name := exo.VersionName(args[0])
			look := func(ctx context.Context, r *Reader) error {
				_, err := r.Releases.Show(ctx, name)
				return err
			}
			if err := c.read(cmd.Context(), look); err != nil {
				return err
			}
			if !yes && !o.DryRun {
				if err := c.confirm("delete version " + args[0]); err != nil {
					return err
				}
			}
			return c.write(cmd.Context(), func(ctx context.Context, w *Writer) error {
				r, err := w.Releases.Delete(ctx, name, o)
				if err != nil {
					return err
				}
				return c.printDeleted(r)
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "tell what would be removed, and remove nothing")
	return cmd
}
