package verify

import (
	"context"
	"slices"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// about finds out what damages touch. It asks the index and the manifests once
// for all damages together.
type about struct {
	s    *Service
	want map[exo.Path]exo.Digest // damaged files of the store, and what they should be
}

func (s *Service) newAbout() *about { return &about{s: s, want: map[exo.Path]exo.Digest{}} }

// ofStore tells a damage of the store in our form.
func (a *about) ofStore(d store.Damage) Damage {
	r := Damage{Path: d.Path, Class: d.Class, Detail: d.Detail, Versions: []exo.VersionName{}, Targets: []exo.TargetID{}, Products: []exo.Path{}, Repair: d.Repair}
	if !d.Target.IsZero() {
		r.Targets = append(r.Targets, d.Target)
	}
	return r
}

// dataOf gives the file of the store that a damaged path is about: itself, the
// file of a metadata record, or the file that a version has a copy of.
func dataOf(path string) exo.Path {
	if _, p, ok := splitVersion(path); ok {
		path = string(p)
	}
	if p, ok := strings.CutPrefix(path, "metadata/"); ok {
		if p, ok = strings.CutSuffix(p, ".json"); ok && string(store.MetadataPath(exo.Path(p))) == path && !strings.HasPrefix(p, "validation/") {
			return exo.Path(p)
		}
	}
	return exo.Path(path)
}

// tell adds versions, stars and products to the damages.
func (a *about) tell(ctx context.Context, list []Damage) error {
	stars := map[exo.Path]exo.TargetID{}
	for _, d := range list {
		p := dataOf(d.Path)
		m, err := a.s.Store.Get(ctx, p)
		switch {
		case err == nil:
			a.want[p] = m.SHA256
			stars[p] = m.Target
		case exo.KindOf(err) != exo.NotFound && exo.KindOf(err) != exo.Corrupt:
			return err
		}
	}
	holders := map[exo.Path][]exo.VersionName{}
	if a.s.Versions != nil && len(a.want) > 0 {
		var err error
		if holders, err = a.s.Versions.Holders(ctx, a.want); err != nil {
			return err
		}
	}
	made, err := a.products(ctx)
	if err != nil {
		return err
	}
	for i := range list {
		d := &list[i]
		p := dataOf(d.Path)
		if _, _, ours := splitVersion(d.Path); !ours {
			d.Versions = append(d.Versions, holders[p]...)
		}
		if star := stars[p]; !star.IsZero() && !slices.Contains(d.Targets, star) {
			d.Targets = append(d.Targets, star)
		}
		d.Products = append(d.Products, made[p]...)
	}
	return nil
}

// derived are the kinds of files that this program makes from others.
var derived = []store.Kind{store.Processed, store.Report, store.Normalized, store.Merged, store.Companion}

// products lists, by damaged file, what was made from it, and from that. Without
// damage the index is not asked.
func (a *about) products(ctx context.Context) (map[exo.Path][]exo.Path, error) {
	made := map[exo.Path][]exo.Path{}
	if len(a.want) == 0 {
		return made, nil
	}
	from := map[store.Ref][]store.Ref{} // what was made of each
	for _, k := range derived {
		err := a.s.Store.Each(ctx, store.Filter{Kind: k}, func(m store.Meta) error {
			for _, ref := range m.From {
				from[ref] = append(from[ref], store.Ref{Path: m.Path, SHA256: m.SHA256})
			}
			return nil
		})
		if err != nil && exo.KindOf(err) != exo.Corrupt { // a damaged row is told as damage
			return nil, err
		}
	}
	for p, sum := range a.want {
		seen := map[exo.Path]bool{p: true}
		next := []store.Ref{{Path: p, SHA256: sum}}
		for len(next) > 0 {
			for _, ref := range from[next[0]] {
				if !seen[ref.Path] {
					seen[ref.Path] = true
					next = append(next, ref)
					made[p] = append(made[p], ref.Path)
				}
			}
			next = next[1:]
		}
		slices.Sort(made[p])
	}
	return made, nil
}
