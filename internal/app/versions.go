package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/version"
)

// openVersions opens the versions of the tree; a writer first finishes or undoes
// what a crash left of them.
func (a *App) openVersions(ctx context.Context, o Options) (err error) {
	a.Releases, err = version.Open(ctx, version.Options{
		FS: a.disk, Store: a.Store, Clock: o.Clock, Log: a.Log, Program: o.Program, ReadOnly: o.Role == Reader,
	})
	return err
}

// releases adds to the versions what needs the machine's own folders.
type releases struct {
	*version.Versions
	data string // the data folder
}

func (a *App) releases() releases { return releases{a.Releases, a.dataPath} }

// RestoreTo restores to a folder anywhere, which must be empty or new. One that
// was made for it goes again if nothing came of it.
func (r releases) RestoreTo(ctx context.Context, name exo.VersionName, folder string, o version.RestoreOptions, report func(done, total int64)) (_ version.RestoreReport, err error) {
	const op = "app.RestoreTo"
	none := version.RestoreReport{Version: name, Target: version.InFolder}
	if _, err := r.Show(ctx, name); err != nil { // before a folder is made for it
		return none, err
	}
	folder = filepath.Clean(folder)
	if err := outside(op, folder, r.data); err != nil {
		return none, err
	}
	made, err := emptyFolder(folder, !o.DryRun)
	if err != nil {
		return none, err
	}
	defer func() {
		if made && err != nil {
			err = errors.Join(err, removeEmpty(folder))
		}
	}()
	o.Target = version.InFolder
	if o.DryRun {
		return r.Versions.Restore(ctx, name, o, report)
	}
	disk, err := fsys.OpenDir(folder, true)
	if err != nil {
		return none, exo.E(op, writeKind(err), nil, err).Say("the folder %.200s cannot be written to", folder).Try("name a folder that you may write to")
	}
	defer func() { err = errors.Join(err, disk.Close()) }()
	o.To = disk
	return r.Versions.Restore(ctx, name, o, report)
}

// outside refuses a folder to restore to that is among the data.
func outside(op, folder, data string) error {
	full, err := filepath.Abs(folder)
	if err == nil {
		data, err = filepath.Abs(data)
	}
	if err != nil {
		return exo.E(op, exo.Invalid, nil, err).Say("%.200s is no folder that can be named", folder).Try("name an empty folder, or a new one")
	}
	return fsys.Apart(op, full, data, "restored")
}

// emptyFolder refuses a folder that holds anything. One that is not there is
// made, if that is wanted.
func emptyFolder(name string, make bool) (made bool, err error) {
	const op = "app.emptyFolder"
	list, err := os.ReadDir(name)
	switch {
	case err == nil && len(list) == 0:
		return false, nil
	case err == nil:
		return false, exo.Errorf(op, exo.Exists, nil, "the folder %.200s is not empty", name).Try("name an empty folder, or a new one")
	case !errors.Is(err, os.ErrNotExist):
		return false, exo.E(op, exo.Invalid, nil, err).Say("%.200s is no folder that can be read", name).Try("name an empty folder, or a new one")
	case !make:
		return false, nil
	}
	if err := os.MkdirAll(name, 0o755); err != nil {
		return false, exo.E(op, exo.Denied, nil, err).Say("the folder %.200s cannot be made", name).Try("name a folder that you may write to")
	}
	return true, nil
}

// removeEmpty removes a folder if nothing is in it.
func removeEmpty(name string) error {
	if list, err := os.ReadDir(name); err != nil || len(list) > 0 {
		return nil // what is in it may be of use, and is not ours to judge
	}
	if err := os.Remove(name); err != nil {
		return exo.E("app.removeEmpty", exo.Denied, nil, err)
	}
	return nil
}
