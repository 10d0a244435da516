package cli

import (
	"context"
	"errors"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/process"
	"exoplanetai/internal/processed"
)

func (c *command) reproduceCommand() *cobra.Command {
	var source string
	cmd := &cobra.Command{
		Use: "reproduce FILE.fits", Short: "Make a processed file again and compare every number", Args: words("a processed FITS file"),
		Long: "Makes a processed file again from its source, with the parameters that stand in its header, and compares all\n" +
			"data columns bit by bit. The source is known by its digest: it is looked for where --source says, beside the file,\n" +
			"and in the data folder. Exit status 0 says equal; 4 says that something differs, and what.",
		Example: "  exoplanetai reproduce OUT.fits\n" +
			"  exoplanetai reproduce OUT.fits --source IN.fits\n" +
			"  exoplanetai reproduce OUT.fits --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			res, err := c.reproduce(cmd.Context(), args[0], source)
			if err != nil {
				return err
			}
			return c.printReproduction(args[0], res)
		},
	}
	cmd.Flags().StringVar(&source, "source", "", "the `file` that it was made from")
	return cmd
}

func (c *command) reproduce(ctx context.Context, name, source string) (process.Reproduction, error) {
	var missing error
	r, err := c.reproduceFrom(ctx, name, func(ctx context.Context, src processed.Source) (data []byte, where string, err error) {
		data, where, missing = c.findSource(ctx, src, name, source)
		return data, where, missing
	})
	if missing != nil {
		return r, missing // in our words: it knows the flags
	}
	return r, err
}

// reproduceFrom makes a file again from the source that find gives.
func (c *command) reproduceFrom(ctx context.Context, name string, find func(context.Context, processed.Source) ([]byte, string, error)) (process.Reproduction, error) {
	_, file, err := c.readFITS(ctx, name)
	if err != nil {
		return process.Reproduction{}, err
	}
	if _, ok := file.Lookup("PROCESSED"); !ok {
		return process.Reproduction{}, exo.Errorf("cli.reproduce", exo.Invalid, nil, "%s is no processed light curve: it has no table PROCESSED", clean(name)).
			Try("give a file that exoplanetai preprocess wrote")
	}
	return process.Reproduce(ctx, file, find)
}

// findSource looks for the bytes that a processed file was made from: in the
// file given, beside the processed file, in the data folder.
func (c *command) findSource(ctx context.Context, src processed.Source, name, given string) ([]byte, string, error) {
	const op = "cli.findSource"
	if given != "" {
		data, err := c.input(ctx, given, maxFITS)
		if err != nil {
			return nil, "", err
		}
		if plain, err := fits.Gunzip(data, maxFITS); err == nil && exo.DigestOf(data) != src.SHA256 {
			data = plain
		}
		if got := exo.DigestOf(data); got != src.SHA256 {
			return nil, "", exo.Errorf(op, exo.Corrupt, nil, "%s is not the file that it was made from: its SHA-256 is %s, not %s", clean(given), got.Hex(), src.SHA256.Hex()).
				Try("give the source, %s, with exactly these bytes", clean(src.Name))
		}
		return data, given, nil
	}
	other := "" // a file of the source's name with other bytes
	if base := path.Base(filepath.ToSlash(src.Name)); base != "." && base != "/" && base != ".." && name != "-" {
		beside := path.Join(path.Dir(filepath.ToSlash(name)), base)
		for _, at := range []string{beside, beside + ".gz"} {
			data, err := c.program.ReadFile(ctx, at, maxFITS)
			if err != nil {
				continue
			}
			if plain, err := fits.Gunzip(data, maxFITS); err == nil && exo.DigestOf(plain) == src.SHA256 {
				return plain, at, nil
			}
			other = at
		}
	}
	var data []byte
	var where string
	err := c.read(ctx, func(ctx context.Context, r *Reader) (err error) {
		data, where, err = r.Process.Find(ctx, src)
		return err
	})
	switch {
	case err == nil || !errors.Is(err, exo.NotFound):
		return data, where, err
	case other != "":
		return nil, "", exo.Errorf(op, exo.Corrupt, nil, "%s has changed: its SHA-256 is not %s, and no other copy of the source is held", clean(other), src.SHA256.Hex()).
			Try("give the source with its former bytes by --source")
	}
	return nil, "", exo.E(op, exo.NotFound, nil, err).Say("the source %s (SHA-256 %s) is neither beside the file nor in the data folder", clean(src.Name), src.SHA256.Hex()).
		Try("give it with --source, or name the data folder with --data-path")
}

func (c *command) printReproduction(name string, r process.Reproduction) error {
	if c.json {
		if err := c.printJSON(r); err != nil {
			return err
		}
	}
	if r.Equal {
		c.note("%s equal: %s made again from %s has the same data (DATASUM %s)", c.mark(true), clean(name), clean(r.Source), clean(r.Datasum[1]))
		return nil
	}
	var said []string
	for _, d := range r.Differences {
		said = append(said, strings.TrimSuffix(d.What+": "+d.Detail, ": "))
		if !c.json {
			c.note("%s %s", c.mark(false), clean(said[len(said)-1]))
		}
	}
	return exo.Errorf("cli.reproduce", exo.Corrupt, nil, "%s is not what its header says: %s", clean(name), strings.Join(said, "; ")).
		Try("process the source again: exoplanetai preprocess")
}
