package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"exoplanetai/internal/cli"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/process"
)

// ReadFile reads a file that the user named.
func (p *program) ReadFile(_ context.Context, name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = exo.Errorf("app.ReadFile", exo.TooLarge, nil, "the file is larger than %d bytes", limit)
	}
	return data, err
}

// IsFolder tells whether the name is that of a folder.
func (p *program) IsFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// WriteFile writes a file that the user named, whole or not at all.
func (p *program) WriteFile(ctx context.Context, name string, data []byte, o cli.WriteOptions) error {
	const op = "app.WriteFile"
	if err := mayWrite(name, o); err != nil {
		return err
	}
	disk, err := fsys.OpenDir(filepath.Dir(name), true)
	if err != nil {
		return exo.E(op, writeKind(err), nil, err).Say("the folder of %.200s cannot be written to", name).Try("name a folder that you may write to")
	}
	err = fsys.WriteAtomic(ctx, disk, filepath.Base(name), data, 0o644)
	if cerr := disk.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		if errors.Is(err, exo.Full) {
			return exo.E(op, exo.Full, nil, err).Say("%.200s cannot be written: its disk is full", name).Try("make room for %d bytes, or name a file on another disk", len(data))
		}
		return exo.E(op, writeKind(err), nil, err).Say("%.200s cannot be written", name).Try("name a file in a folder that you may write to, with room for %d bytes", len(data))
	}
	return nil
}

// CreateFile writes a file that the user named piece by piece: a hidden file
// beside it takes its name when it is whole.
func (p *program) CreateFile(ctx context.Context, name string, o cli.WriteOptions, fill func(io.Writer) error) error {
	const op = "app.CreateFile"
	if err := mayWrite(name, o); err != nil {
		return err
	}
	disk, err := fsys.OpenDir(filepath.Dir(name), true)
	if err != nil {
		return exo.E(op, writeKind(err), nil, err).Say("the folder of %.200s cannot be written to", name).Try("name a folder that you may write to")
	}
	defer disk.Close()
	base := filepath.Base(name)
	temp := fsys.TempName(base)
	if err := disk.Remove(temp); err != nil && !errors.Is(err, exo.NotFound) {
		return err
	}
	if err = create(disk, temp, fill); err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = mayWrite(name, o) // the name may have been taken meanwhile
	}
	if err == nil {
		err = disk.Rename(temp, base)
	}
	if err != nil {
		return errors.Join(err, notThere(disk.Remove(temp)))
	}
	return disk.SyncDir(".")
}

// create writes a file and makes sure of it.
func create(disk fsys.FS, name string, fill func(io.Writer) error) error {
	f, err := disk.OpenFile(name, fsys.WriteOnly|fsys.Empty, 0o644)
	if err != nil {
		return err
	}
	if err = fill(f); err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// notThere passes over the absence of what was to be removed.
func notThere(err error) error {
	if errors.Is(err, exo.NotFound) {
		return nil
	}
	return err
}

// MayWrite refuses to write over what must stay, before any work is done.
func (p *program) MayWrite(name string, o cli.WriteOptions) error { return mayWrite(name, o) }

// writeKind is the kind of a failure to write a file that the user named: the
// other kinds speak of archives and of the data folder.
func writeKind(err error) exo.Kind {
	switch kind := exo.KindOf(err); kind {
	case exo.Full, exo.Canceled, exo.Invalid:
		return kind
	default:
		return exo.Denied
	}
}

// mayWrite refuses to write over what must stay.
func mayWrite(name string, o cli.WriteOptions) error {
	const op = "app.WriteFile"
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return exo.E(op, exo.Invalid, nil, err).Say("%.200s cannot be written", name).Try("name a file in a folder that you may write to")
	case info.IsDir():
		return exo.Errorf(op, exo.Invalid, nil, "%.200s is a folder", name).Try("name a file")
	case !info.Mode().IsRegular():
		return exo.Errorf(op, exo.Invalid, nil, "%.200s is no plain file", name).Try("name a plain file, or - for standard output")
	}
	for _, k := range o.Keep {
		if other, err := os.Stat(k); err == nil && os.SameFile(info, other) {
			return exo.Errorf(op, exo.Invalid, nil, "%.200s is the file that was read, and stays as it is", name).Try("name another file with -o")
		}
	}
	if !o.Replace {
		return exo.Errorf(op, exo.Exists, nil, "%.200s exists", name).Try("name another file with -o, or write over it with --force")
	}
	return nil
}

// ProcessFile processes one light-curve file in memory, within the time that the
// configuration gives and with its quality bits where the parameters name none.
func (p *program) ProcessFile(ctx context.Context, c cli.Common, in process.FileInput) (process.FileOutput, error) {
	cfg, err := p.load(c)
	if err != nil {
		return process.FileOutput{}, err
	}
	if in.Params, err = withQuality(in.Params, cfg.Processing.DefaultQualityBitmask); err != nil {
		return process.FileOutput{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Processing.MaxTime)
	defer cancel()
	return process.Process(ctx, in, "exoplanetai "+Version, p.clock())
}

// withQuality adds the configured quality_bitmask to parameters without one.
func withQuality(params json.RawMessage, bits string) (json.RawMessage, error) {
	preset := string(preprocess.DefaultParams().QualityBitmask.Preset)
	if bits == "" || bits == preset {
		return params, nil
	}
	given := map[string]json.RawMessage{}
	if len(params) > 0 {
		if err := json.Unmarshal(params, &given); err != nil {
			return nil, exo.E("app.withQuality", exo.Invalid, nil, err).Say("the parameters are no JSON object")
		}
	}
	if _, ok := given["quality_bitmask"]; !ok {
		value := bits
		if _, err := strconv.ParseInt(bits, 10, 32); err != nil {
			value = strconv.Quote(bits)
		}
		given["quality_bitmask"] = json.RawMessage(value)
	}
	return json.Marshal(given)
}
