package version

import (
	"context"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// rebuildCommand mends manifests and record from each other.
const rebuildCommand = "exoplanetai version rebuild"

// preferCommand takes the record's word where manifest and record, both whole, tell
// a different story: each of its objects bears its own digest, a manifest has none.
const preferCommand = rebuildCommand + " --prefer record"

// Strangers lists what stands beside the versions and is none: no version, not
// the record, no record that was set aside, and nothing that is being made or
// deleted. What a version's own folder has too much of, Verify tells.
func (v *Versions) Strangers(ctx context.Context) ([]Damage, error) {
	list, err := v.FS.ReadDir(root)
	if err != nil && exo.KindOf(err) != exo.NotFound {
		return nil, err
	}
	found := []Damage{}
	for _, e := range list {
		if err := ctx.Err(); err != nil {
			return nil, exo.E("version.Strangers", exo.KindOf(err), nil, err)
		}
		name := root + "/" + e.Name()
		_, err := exo.ParseVersionName(e.Name())
		switch {
		case e.IsDir() && (err == nil || name == gitFolder || strings.HasPrefix(name, gitFolder+"-damaged-")):
		case name == gitFolder: // the check of the record tells what it is
		case strings.HasPrefix(e.Name(), making), strings.HasPrefix(e.Name(), leaving):
		default:
			found = append(found, Damage{Path: exo.Path(name), Class: store.Extra, Detail: name + " is no version",
				Versions: []exo.VersionName{}, Targets: []exo.TargetID{}, Repair: store.Repair(name, store.Extra)})
		}
	}
	return found, nil
}
