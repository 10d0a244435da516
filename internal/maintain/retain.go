package maintain

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// RetainOptions says how to apply the retention.
type RetainOptions struct {
	DryRun bool // only say what would go
}

// Reason says why a raw file stays.
type Reason string

// The reasons, in the order in which they are looked for.
const (
	ForEver   Reason = "for_ever"  // the retention is without end
	Young     Reason = "young"     // it is not as old as the retention
	Protected Reason = "protected" // it is of a kind that never goes, or waits for a decision
	Newest    Reason = "newest"    // no newer file has replaced it
	Versioned Reason = "version"   // a version holds it
	Needed    Reason = "needed"    // something that stays was made of it
	NoBackup  Reason = "backup"    // no verified backup on another disk has it
)

// Kept is a raw file that stays, and why.
type Kept struct {
	Path   exo.Path `json:"path"`
	Reason Reason   `json:"reason"`
	Detail string   `json:"detail"`
}

// Gone is a raw file that went, or would go.
type Gone struct {
	Path        exo.Path   `json:"path"`
	SHA256      exo.Digest `json:"sha256"`
	SizeBytes   int64      `json:"size_bytes"`
	RetrievedAt time.Time  `json:"retrieved_at"`
	BackupAt    time.Time  `json:"backup_verified_at"` // when the backup that has it was read back
}

// RetainReport tells what the retention did. Every raw file is in one of the
// two lists.
type RetainReport struct {
	RetentionDays int    `json:"retention_days"` // 0: for ever
	RemovedFiles  int    `json:"removed_files"`
	RemovedBytes  int64  `json:"removed_bytes"`
	KeptFiles     int    `json:"kept"`
	DryRun        bool   `json:"dry_run"`
	Removed       []Gone `json:"removed"`
	Kept          []Kept `json:"kept_files"`
}

// portion is how many files are forgotten at once: as many as can be, because the
// store makes its checksum files anew each time.
const portion = 10_000

// Retain removes the raw files that the retention allows to go; the package
// comment has the conditions. No version is made or deleted meanwhile. With a
// damaged version nothing goes, because what it holds is not known then.
func (s *Service) Retain(ctx context.Context, o RetainOptions) (RetainReport, error) {
	r := RetainReport{RetentionDays: int(s.opt.RawRetention / (24 * time.Hour)), DryRun: o.DryRun, Removed: []Gone{}, Kept: []Kept{}}
	err := s.opt.Versions.Alone(ctx, func(ctx context.Context) error {
		if err := s.judge(ctx, &r); err != nil || o.DryRun {
			return err
		}
		return s.forget(ctx, &r)
	})
	return r, err
}

// judge sorts the raw files into those that go and those that stay.
func (s *Service) judge(ctx context.Context, r *RetainReport) error {
	g, err := s.lineage(ctx)
	if err != nil {
		return err
	}
	for _, n := range g.raw {
		at, why, detail, err := s.reason(ctx, g, n)
		if err != nil {
			return err
		}
		if why != "" {
			r.Kept, r.KeptFiles = append(r.Kept, Kept{n.path, why, detail}), r.KeptFiles+1
			continue
		}
		r.Removed = append(r.Removed, Gone{n.path, n.sum, n.size, n.at, at})
		r.RemovedFiles, r.RemovedBytes = r.RemovedFiles+1, r.RemovedBytes+n.size
	}
	return nil
}

// reason says why a raw file stays; empty: it may go, and at is when its backup
// was read back.
func (s *Service) reason(ctx context.Context, g *lineage, n *node) (at time.Time, why Reason, detail string, err error) {
	keep := func(why Reason, detail string) (time.Time, Reason, string, error) { return at, why, detail, nil }
	switch {
	case s.opt.RawRetention <= 0:
		return keep(ForEver, "storage.raw_retention_days is 0")
	case s.now().Sub(n.at) <= s.opt.RawRetention:
		return keep(Young, "it is not as old as storage.raw_retention_days")
	case !mayGo(n.kind):
		return keep(Protected, "a file of the kind "+string(n.kind)+" never goes")
	case !n.replaced:
		return keep(Newest, "no newer file has replaced it")
	case len(n.holders) > 0:
		return keep(Versioned, "version "+string(n.holders[0])+" holds it")
	case n.neededBy != "":
		return keep(Needed, string(n.neededBy)+" was made of it, and stays")
	case !s.intact(ctx, n.by):
		return keep(Newest, string(n.by.path)+", which has replaced it, is damaged")
	case s.opt.Backup == nil:
		return keep(NoBackup, "no backup is set up")
	}
	verified, err := s.opt.Backup.Has(ctx, n.path, n.sum)
	if err != nil && !errors.Is(err, exo.NotFound) {
		return at, "", "", err
	}
	if err != nil || verified == nil || verified.IsZero() {
		return keep(NoBackup, "no verified backup on another disk has it")
	}
	return *verified, "", "", nil
}

// intact tells whether the bytes of a file are right; they are read once.
func (s *Service) intact(ctx context.Context, n *node) bool {
	if !n.read {
		f, err := s.opt.Store.Read(ctx, n.path)
		if err == nil {
			err = f.Close()
		}
		n.read, n.whole = true, err == nil
	}
	return n.whole
}

// forget removes the files of the report. What fails ends it; the report has
// what really went.
func (s *Service) forget(ctx context.Context, r *RetainReport) error {
	all := r.Removed
	r.Removed, r.RemovedFiles, r.RemovedBytes = []Gone{}, 0, 0
	for some := range slices.Chunk(all, portion) {
		list := make([]exo.Path, len(some))
		for i, f := range some {
			list[i] = f.Path
		}
		if err := s.opt.Store.Forget(ctx, list); err != nil {
			return err
		}
		for _, f := range some {
			r.Removed = append(r.Removed, f)
			r.RemovedFiles, r.RemovedBytes = r.RemovedFiles+1, r.RemovedBytes+f.SizeBytes
			s.log.Info("a raw file went by its retention", "path", string(f.Path), "sha256", f.SHA256.Hex(), "backup_verified_at", f.BackupAt)
		}
	}
	return nil
}

// mayGo tells which raw files have a successor that replaces them. A table that
// is held waits for a person.
func mayGo(k store.Kind) bool {
	return k == store.Table || k == store.Delta || k == store.Rejected || k == store.Answer
}

// node is a file of which there are newer and older ones.
type node struct {
	path     exo.Path
	sum      exo.Digest
	size     int64
	at       time.Time
	kind     store.Kind
	series   string // what it is a state of
	from     []store.Ref
	replaced bool
	by       *node // the newest of the series
	holders  []exo.VersionName
	neededBy exo.Path
	marked   bool

	read, whole bool // its bytes were read, and were right
}

// lineage is which file was made of which.
type lineage struct {
	nodes map[exo.Path]*node
	raw   []*node // by path
	roots []*node // what stays for its own sake, with what it was made of
}

// lineage reads the records of all files, and the manifests of all versions.
func (s *Service) lineage(ctx context.Context) (*lineage, error) {
	g := &lineage{nodes: map[exo.Path]*node{}}
	newest := map[string]*node{}
	err := s.opt.Store.Each(ctx, store.Filter{}, func(m store.Meta) error {
		raw := m.Path.Top() == "raw"
		historic := mayGo(m.Kind) || m.Kind == store.Normalized || m.Kind == store.Merged
		if !raw && (len(m.From) == 0 || m.Kind == store.Companion || m.Kind == store.Validation) {
			return nil // it needs nothing, or only tells of another file
		}
		n := &node{path: m.Path, sum: m.SHA256, size: m.SizeBytes, at: m.RetrievedAt, kind: m.Kind, from: m.From}
		if raw {
			g.nodes[n.path], g.raw = n, append(g.raw, n)
		}
		if !historic {
			g.roots = append(g.roots, n)
			return nil
		}
		n.series = seriesOf(m)
		g.nodes[n.path] = n
		if best := newest[n.series]; leads(m.Kind) && (best == nil || !n.at.Before(best.at)) { // by path: the last of one time counts
			newest[n.series] = n
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.held(ctx, g); err != nil {
		return nil, err
	}
	for _, n := range g.nodes {
		best := newest[n.series]
		n.by = best
		n.replaced = n.series != "" && best != nil && best != n && !best.at.Before(n.at)
		if n.series != "" && (!n.replaced || len(n.holders) > 0) {
			g.roots = append(g.roots, n)
		}
	}
	g.mark()
	return g, nil
}

// seriesOf says what a file is a state of. Changed rows and refused tables are
// replaced by a newer whole table.
func seriesOf(m store.Meta) string {
	switch m.Kind {
	case store.Table, store.Delta, store.Rejected:
		return "table " + string(m.Table) + " " + topTwo(m.Path)
	case store.Answer:
		return "answer " + m.Target.String() + " " + string(m.Mission) + " " + m.Author + " " + m.Path.Dir()
	}
	return string(m.Kind) + " " + string(m.Table)
}

// topTwo is the folder of a source, raw/nasa for one.
func topTwo(p exo.Path) string {
	parts := strings.SplitN(string(p), "/", 3)
	return path.Join(parts[:min(len(parts), 2)]...)
}

// leads tells which kinds replace others.
func leads(k store.Kind) bool { return k != store.Delta && k != store.Rejected }

// mark goes from all that stays to all that it was made of.
func (g *lineage) mark() {
	slices.SortFunc(g.roots, func(a, b *node) int { return strings.Compare(string(a.path), string(b.path)) })
	todo := slices.Clone(g.roots)
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n.marked {
			continue
		}
		n.marked = true
		for _, ref := range n.from {
			if src := g.nodes[ref.Path]; src != nil {
				if src.neededBy == "" {
					src.neededBy = n.path
				}
				todo = append(todo, src)
			}
		}
	}
}

// held notes which version holds what. Every folder of versions/ must have a
// manifest that can be read: what a damaged one holds is not known.
func (s *Service) held(ctx context.Context, g *lineage) error {
	const op = "maintain.Retain"
	entries, err := s.opt.FS.ReadDir("versions")
	if errors.Is(err, exo.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || !e.IsDir() {
			continue
		}
		unknown := func(err error) error {
			return exo.E(op, exo.Corrupt, e.Name(), err).Say("version %.100s cannot be read, so nobody knows what it holds; nothing was removed", e.Name()).
				Try("run `exoplanetai doctor` to see what is wrong with it")
		}
		name, err := exo.ParseVersionName(e.Name())
		if err != nil {
			return unknown(err)
		}
		m, err := s.opt.Versions.Show(ctx, name)
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			return unknown(err)
		}
		for _, f := range m.Files { // by path alone: nothing is ever stored twice under one
			if n := g.nodes[f.Path]; n != nil {
				n.holders = append(n.holders, name)
			}
		}
	}
	return nil
}
