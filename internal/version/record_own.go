package version

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
)

// own refuses what stands in place of the record and is none: a file, a link, or
// a repository of somebody else. Ours is known by its settings, which are written
// before anything else; where those are damaged, by who made its last commit or
// one of its tags. Of an empty repository nothing is lost if it becomes ours,
// unless somebody has set it up.
//
// Errors: exo.Conflict, with nothing touched.
func (r *record) own(ctx context.Context) error {
	info, err := r.fs.Lstat(gitFolder)
	if err != nil {
		if exo.KindOf(err) == exo.NotFound {
			return nil
		}
		return err
	}
	if !info.IsDir() {
		what := "a file"
		if info.Mode()&fs.ModeSymlink != 0 {
			what = "a link"
		}
		return stranger("%s is %s where the folder of the versions' record should be", gitFolder, what)
	}
	g, err := r.open(ctx, false)
	if err != nil {
		return err
	}
	if ours, err := g.ours(); err != nil || ours {
		return err
	}
	return stranger("%s is a Git repository of somebody else, not the record of the versions", gitFolder)
}

func stranger(format string, args ...any) error {
	return exo.Errorf("version.record", exo.Conflict, gitFolder, format, args...).
		Try("it was not touched; move it out of the data folder, then the record is made again from the manifests: %s", rebuildCommand)
}

// foreign is own's refusal as damage; nil where there is none.
func (r *record) foreign(ctx context.Context) (*Damage, error) {
	err := r.own(ctx)
	if err == nil || exo.KindOf(err) != exo.Conflict {
		return nil, err
	}
	return &Damage{Path: gitFolder, Class: RecordClass, Detail: exo.MessageOf(err), Versions: []exo.VersionName{}, Targets: []exo.TargetID{},
		Repair: store.Repair(gitFolder, store.Extra)}, nil
}

// CheckOwner refuses a Git record that is not one: a file, a link, or a
// repository of somebody else. No version can be made or deleted then.
//
// Errors: exo.Conflict.
func (v *Versions) CheckOwner(ctx context.Context) error { return v.record.own(ctx) }

// ours tells whether a repository is ours, or may become it.
func (g *repository) ours() (bool, error) {
	text, err := fsys.ReadFile(g.disk.fs, g.disk.at("config"), int64(len(configText)))
	if err == nil && string(text) == configText {
		return true, nil
	}
	if err != nil && !spoilt(err) {
		return false, err
	}
	if at, err := g.reference(branch); err == nil {
		if c, err := object.GetCommit(g, at.Hash()); err == nil {
			return made(c.Author), nil
		}
	} else if !errors.Is(err, plumbing.ErrReferenceNotFound) && !spoilt(err) {
		return false, err
	}
	refs, any := 0, false
	list, err := g.IterReferences()
	if err == nil {
		err = list.ForEach(func(ref *plumbing.Reference) error {
			if ref.Name() == plumbing.HEAD {
				return nil
			}
			refs++
			if tag, err := object.GetTag(g, ref.Hash()); err == nil && made(tag.Tagger) {
				any = true
			}
			return nil
		})
	}
	if any || err != nil || refs > 0 {
		return any, nil //nolint:nilerr // references that cannot be read are not ours to write
	}
	return g.untouched()
}

func made(by object.Signature) bool {
	us := author(by.When)
	return by.Name == us.Name && by.Email == us.Email
}

// untouched tells whether a repository is as `git init` makes it, or less: no
// object, no hook that would run, no setting.
func (g *repository) untouched() (bool, error) {
	clean := true
	err := fsys.Walk(g.ctx, g.disk.fs, g.disk.base, func(name string, _ fs.DirEntry) error {
		switch rest := strings.TrimPrefix(name, g.disk.base+"/"); {
		case rest == "HEAD", rest == "description", rest == "info/exclude", strings.HasPrefix(rest, "hooks/") && strings.HasSuffix(rest, ".sample"):
		case rest == "config":
			text, err := fsys.ReadFile(g.disk.fs, name, 4<<10)
			clean = clean && err == nil && plain(string(text))
		case strings.HasPrefix(rest, "objects/") || strings.HasPrefix(rest, "refs/"):
			clean = clean && strings.Contains(rest, "/tmp_") // what a crash left
		case strings.HasPrefix(rest, "."), strings.HasPrefix(rest, "tmp_"):
		default:
			clean = false
		}
		return nil
	})
	return clean && err == nil, err
}

// plain tells whether settings are those that git writes into an empty
// repository.
func plain(config string) bool {
	for line := range strings.Lines(config) {
		key, _, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "", "[core]", "repositoryformatversion", "filemode", "bare", "ignorecase", "precomposeunicode", "symlinks":
		default:
			return false
		}
	}
	return true
}
