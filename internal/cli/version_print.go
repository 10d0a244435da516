package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/version"
)

// printVersionDiff lists the tables, then the files.
func (c *command) printVersionDiff(d version.Diff) error {
	if c.json {
		return c.printJSON(d)
	}
	c.note("%s %s %s: %d files added, %d removed, %d changed", d.From, c.arrow(), d.To, d.Files.AddedTotal, d.Files.RemovedTotal, d.Files.ChangedTotal)
	if len(d.Tables) > 0 {
		var rows [][]string
		for _, t := range d.Tables {
			rows = append(rows, []string{string(t.Table), fmt.Sprintf("+%d", t.Added), fmt.Sprintf("-%d", t.Removed), fmt.Sprintf("~%d", t.Changed), transitions(t.Dispositions)})
		}
		if err := c.table([]string{"TABLE", ">ADDED", ">REMOVED", ">CHANGED", "DISPOSITIONS"}, rows); err != nil {
			return err
		}
	}
	var rows [][]string
	for _, f := range d.Files.Added {
		rows = append(rows, []string{"added", strconv.FormatInt(f.SizeBytes, 10), string(f.Path)})
	}
	for _, f := range d.Files.Removed {
		rows = append(rows, []string{"removed", strconv.FormatInt(f.SizeBytes, 10), string(f.Path)})
	}
	for _, f := range d.Files.Changed {
		rows = append(rows, []string{"changed", "", string(f.Path)})
	}
	if len(rows) == 0 {
		return nil
	}
	return c.table([]string{"FILE", ">BYTES", "PATH"}, rows)
}

// transitions prints changed dispositions.
func transitions(list []version.Transition) string {
	var texts []string
	for _, t := range list {
		texts = append(texts, fmt.Sprintf("%d %s to %s", t.Rows, t.From, t.To))
	}
	return strings.Join(texts, ", ")
}

// printVersionVerify lists the damage, which is an error.
func (c *command) printVersionVerify(r version.VerifyReport) error {
	if c.json {
		if err := c.printJSON(r); err != nil {
			return err
		}
	} else if err := c.printVersionDamage(r.Damaged); err != nil {
		return err
	}
	if r.OK {
		c.note("%s %s check of version %s, %s: all as in its manifest (%s read)", c.mark(true), r.Depth, r.Version, count(r.Files, "file", "files"), size(r.Bytes))
		return nil
	}
	return exo.Errorf("cli.version", exo.Corrupt, nil, "%s in version %s", count(len(r.Damaged), "damage", "damages"), r.Version).
		Try("do what the list says for each; exoplanetai storage repair does it for all")
}

func (c *command) printVersionDamage(list []version.Damage) error {
	if len(list) == 0 {
		return nil
	}
	var rows [][]string
	for _, d := range list {
		var versions, targets []string
		for _, v := range d.Versions {
			versions = append(versions, string(v))
		}
		for _, t := range d.Targets {
			targets = append(targets, t.String())
		}
		rows = append(rows, []string{string(d.Path), string(d.Class), d.Detail, strings.Join(versions, " "), strings.Join(targets, ", "), d.Repair})
	}
	return c.table([]string{"PATH", "CLASS", "DETAIL", "VERSIONS", "TARGETS", "REPAIR"}, rows)
}

func (c *command) printRestored(r version.RestoreReport, where string) error {
	if c.json {
		return c.printJSON(r)
	}
	what := "restored to"
	if r.DryRun {
		what = "would be restored to"
	}
	c.note("%s %s of version %s %s %s (%s); %d needed nothing", c.mark(true), count(len(r.Restored), "file", "files"), r.Version, what, clean(where), size(r.Bytes), r.Intact)
	if len(r.Restored) == 0 {
		return nil
	}
	var rows [][]string
	for _, p := range r.Restored {
		rows = append(rows, []string{string(p)})
	}
	return c.table([]string{"PATH"}, rows)
}

func (c *command) printDeleted(r version.DeleteReport) error {
	if c.json {
		return c.printJSON(r)
	}
	what := "deleted"
	if r.DryRun {
		what = "can be deleted, and was not, as was asked"
	}
	c.note("%s version %s %s: %s", c.mark(true), r.Version, what, count(r.RemovedFiles, "file", "files"))
	return nil
}

func (c *command) versionCite() *cobra.Command {
	return &cobra.Command{
		Use: "cite NAME", Short: "Print how to cite a version", Args: versionWords("the name of a version"),
		Long:    "Prints a BibTeX entry with the version's digest, and the acknowledgements that the archives in it ask for.",
		Example: "  exoplanetai version cite v1.2.0\n  exoplanetai version cite v1.2.0 --json\n  exoplanetai version list",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				cite, err := r.Releases.Cite(ctx, exo.VersionName(args[0]))
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(cite)
				}
				parts := append([]string{cite.Text, strings.TrimSpace(cite.BibTeX)}, cite.Acknowledgements...)
				if _, err := fmt.Fprintln(c.term.Out, strings.Join(parts, "\n\n")); err != nil {
					return exo.E("cli.print", exo.Internal, nil, err)
				}
				return nil
			})
		},
	}
}

func (c *command) versionRebuild() *cobra.Command {
	prefer := ""
	cmd := &cobra.Command{
		Use: "rebuild", Short: "Make the record anew from the manifests, and lost manifests from the record", Args: words(),
		Long: "Makes versions/.git anew from the manifests where it lacks some, and manifests that are lost from it. Byte for byte the\n" +
			"same; no data file is changed. Where both are whole and tell a different story, neither is touched until --prefer says which is right.",
		Example: "  exoplanetai version rebuild\n  exoplanetai version rebuild --prefer record\n  git -C data/versions fsck",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.write(cmd.Context(), func(ctx context.Context, w *Writer) error {
				r, err := w.Releases.RebuildBy(ctx, prefer)
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(r)
				}
				var rows [][]string
				for _, n := range r.Recorded {
					rows = append(rows, []string{string(n), "recorded from its manifest"})
				}
				for _, n := range r.Restored {
					rows = append(rows, []string{string(n), "manifest made again from the record"})
				}
				if len(rows) == 0 {
					c.note("%s record and manifests agree", c.mark(true))
					return nil
				}
				return c.table([]string{"VERSION", "WHAT"}, rows)
			})
		},
	}
	cmd.Flags().StringVar(&prefer, "prefer", "", "whose word counts where manifest and record differ and both are whole: `record` or manifests")
	return cmd
}
