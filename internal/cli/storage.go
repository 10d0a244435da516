package cli

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"exoplanetai/internal/cache"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

func (c *command) storageCommand() *cobra.Command {
	return group("storage", "See, check and repair what is stored",
		"  exoplanetai storage stats\n  exoplanetai storage verify\n  exoplanetai storage reindex",
		c.storageStats(), c.storageVerify(), c.storageSweep(), c.storageRepair(), c.storageReindex(), c.storageCleanup(), c.storageRetention(), c.storageRollback())
}

// stats is the document of `storage stats --json`; its members are those of
// GET /data/storage/stats.
type stats struct {
	Total     store.Amount    `json:"total"`
	Folders   []store.Folder  `json:"folders"`
	Disk      store.Disk      `json:"disk"`
	Cache     *cache.Stats    `json:"cache"`
	Growth    store.Growth    `json:"growth"`
	Integrity store.Integrity `json:"integrity"`
}

func (c *command) storageStats() *cobra.Command {
	return &cobra.Command{
		Use: "stats", Short: "Print bytes and files by folder, the disk, and how well the bytes are proved", Args: words(),
		Example: "  exoplanetai storage stats\n  exoplanetai storage stats --json\n  exoplanetai storage stats --data-path /srv/exoplanets",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.read(cmd.Context(), func(ctx context.Context, r *Reader) error {
				st, err := r.Library.Stats(ctx)
				if err != nil {
					return err
				}
				doc := stats{Total: st.Total, Folders: st.Folders, Disk: st.Disk, Growth: st.Growth, Integrity: st.Integrity}
				if r.Cache != nil {
					cs, err := r.Cache.Stats(ctx)
					if err != nil {
						return err
					}
					doc.Cache = &cs
				}
				return c.printStats(doc)
			})
		},
	}
}

func (c *command) printStats(s stats) error {
	if c.json {
		return c.printJSON(s)
	}
	var rows [][]string
	for _, f := range s.Folders {
		rows = append(rows, []string{f.Path, strconv.FormatInt(f.Files, 10), strconv.FormatInt(f.Bytes, 10)})
	}
	rows = append(rows, []string{"total", strconv.FormatInt(s.Total.Files, 10), strconv.FormatInt(s.Total.Bytes, 10)})
	c.note("disk: %s of %s free (%.1f %% used); growth: %s a day", size(s.Disk.Free), size(s.Disk.Total), s.Disk.UsedPercent, size(s.Growth.BytesPerDay))
	c.note("integrity: %.0f %% of the bytes read back in the last 30 days; last full check: %s", 100*s.Integrity.Coverage, when(s.Integrity.LastFullAt))
	if s.Cache != nil {
		c.note("cache: %s, %s", count(s.Cache.Entries, "entry", "entries"), size(s.Cache.Bytes))
	}
	return c.table([]string{"FOLDER", ">FILES", ">BYTES"}, rows)
}

func when(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}

func (c *command) verify(ctx context.Context, l Library, o store.VerifyOptions) (store.VerifyReport, error) {
	bar := c.start("verify")
	defer bar.stop()
	return l.Verify(ctx, o, bar.plain("bytes"))
}

func (c *command) printDamage(list []store.Damage) error {
	if len(list) == 0 {
		return nil
	}
	var rows [][]string
	for _, d := range list {
		rows = append(rows, []string{d.Path, string(d.Class), d.Detail, d.Repair})
	}
	return c.table([]string{"PATH", "CLASS", "DETAIL", "REPAIR"}, rows)
}

func (c *command) storageReindex() *cobra.Command {
	return &cobra.Command{
		Use: "reindex", Short: "Make the index anew from the files", Args: words(),
		Long: "Makes the index database anew from the files, their metadata records and checksum lines.\n" +
			"Files are never changed. A damaged index database is kept under another name; the list of jobs and the notes\n" +
			"of when the archives were last asked are in there alone and start anew.\n" +
			"What cannot be taken in is listed; then the exit status is 4.",
		Example: "  exoplanetai storage reindex\n  exoplanetai storage reindex --json\n  exoplanetai storage reindex --data-path /srv/exoplanets",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			w, err := c.program.Write(cmd.Context(), c.common, true)
			if err != nil {
				return err
			}
			defer func() {
				told(w.Done, err)
				err = joined(err, w.Close())
			}()
			bar := c.start("reindex")
			r, err := w.Reindex.Reindex(cmd.Context(), bar.plain("files"))
			bar.stop()
			if err != nil {
				return err
			}
			return c.printReindex(r, w.SetAside)
		},
	}
}

// reindexed is the document of `storage reindex --json`.
type reindexed struct {
	store.ReindexReport
	SetAside string `json:"set_aside,omitempty"` // where the damaged index database is now, in the data folder
}

func (c *command) printReindex(r store.ReindexReport, aside string) error {
	if aside != "" {
		c.warn("index", []string{"the database was damaged and is now " + aside + " in the data folder. " +
			"Lost with it: the list of jobs, when the archives were last asked, and when files were last read back. No data file was touched"})
	}
	if c.json {
		if err := c.printJSON(reindexed{r, aside}); err != nil {
			return err
		}
	} else if err := c.table([]string{">FILES", ">ADDED", ">LINES"}, [][]string{{fmt.Sprint(r.Files), fmt.Sprint(r.Added), fmt.Sprint(r.Lines)}}); err != nil {
		return err
	}
	if len(r.Damaged) == 0 {
		return nil
	}
	if !c.json {
		if err := c.printDamage(r.Damaged); err != nil {
			return err
		}
	}
	return exo.Errorf("cli.reindex", exo.Corrupt, nil, "%s could not be taken in", count(len(r.Damaged), "file", "files")).Try("do what the list says for each")
}
