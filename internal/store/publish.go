package store

import (
	"context"
	"fmt"
	"path"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/trace"
)

// fileMode is that of every published file and sidecar.
const fileMode = 0o444

// maxSyncs bounds the syncs that one act makes at the same time.
const maxSyncs = 16

// maxItems bounds one act.
const maxItems = 1000

// Item is one file to publish. Meta.Path says where; the store sets SHA256,
// SizeBytes and, if it is empty, Program.
type Item struct {
	Staged *Staged
	Meta   Meta
}

// act is a publication on its way.
type act struct {
	items []*entry
	err   error
	done  chan struct{} // closed when err and the items' metadata stand

	keep  bool // the intents stay: a name could not be taken back, or the next start is to try again
	whole bool // of an act found by recovery: all its intents are there
}

// entry is a file of an act.
type entry struct {
	meta   Meta
	text   []byte // sidecar
	data   string // name of the staged file
	intent string // name of the staged sidecar

	held        bool // the store has these bytes under this name already
	dataPlaced  bool // this act made the final name
	metaPlaced  bool
	line, mline int64 // offsets of the checksum lines
}

// Publish gives the staged files their final names, all or none, and returns
// their metadata as stored, in the same order.
//
// A path that holds the same bytes already is fine: the metadata of the first
// publication is returned and nothing is written. A path with other bytes is
// exo.Exists, and the staged files may be published under other names. After
// exo.Full or another failure of the disk nothing is published and nothing may
// be tried again with the same staged files; Discard them. When Publish returns
// without error the files survive a power loss.
func (s *Store) Publish(ctx context.Context, items ...Item) (list []Meta, err error) {
	ctx, span := trace.Start(ctx, "store.publish")
	span.Number("files", int64(len(items)))
	told := s.watch()
	defer func() {
		told(list, err)
		span.End(err)
	}()
	return s.put(ctx, items)
}

// watch tells Observe of the publication that begins now; the function it returns
// is called at its end.
func (s *Store) watch() func(list []Meta, err error) {
	if s.Observe == nil {
		return func([]Meta, error) {}
	}
	began := s.Clock()
	return func(list []Meta, err error) {
		n := int64(0)
		for _, m := range list {
			n += m.SizeBytes
		}
		s.Observe(n, s.Clock().Sub(began), err)
	}
}

func (s *Store) put(ctx context.Context, items []Item) ([]Meta, error) {
	const op = "store.Publish"
	if err := s.writable(op); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, exo.E(op, exo.KindOf(err), nil, err)
	}
	a, err := s.prepare(items)
	if err != nil {
		return nil, err
	}
	if held, err := s.held(ctx, a); err != nil {
		return nil, err
	} else if held {
		for _, it := range items {
			if err := it.Staged.Discard(); err != nil {
				s.Log.Warn("a staged file is left behind", "path", it.Meta.Path, "error", err)
			}
		}
		return a.metas(), nil
	}
	if err := s.room(); err != nil {
		return nil, err
	}
	if err := s.intend(a, items); err != nil {
		s.forget(a)
		return nil, err
	}
	if err := s.queue.run(a, s.commit); err != nil {
		return nil, err
	}
	for _, it := range items {
		it.Staged.gone = true
	}
	return a.metas(), nil
}

func (a *act) metas() []Meta {
	list := make([]Meta, len(a.items))
	for i, e := range a.items {
		list[i] = e.meta
	}
	return list
}

// held tells whether the store has all the bytes under their names already, and
// takes over the metadata that they have. Then nothing needs to be synced.
func (s *Store) held(ctx context.Context, a *act) (bool, error) {
	metas := make([]Meta, len(a.items))
	for i, e := range a.items {
		r, ok, err := get(ctx, s.DB, e.meta.Path)
		if err != nil || !ok || r.meta.SHA256 != e.meta.SHA256 {
			return false, err
		}
		if lost, err := s.lost(e.meta.Path); err != nil || lost {
			return false, err
		}
		metas[i] = r.meta
	}
	for i, e := range a.items {
		e.meta = metas[i]
	}
	return true, nil
}

// prepare completes the staged files and makes their sidecars.
func (s *Store) prepare(items []Item) (*act, error) {
	const op = "store.Publish"
	if len(items) == 0 || len(items) > maxItems {
		return nil, exo.Errorf(op, exo.Invalid, nil, "%d files cannot be published at once; 1 to %d can", len(items), maxItems)
	}
	a := &act{done: make(chan struct{})}
	seen := map[exo.Path]bool{}
	for _, it := range items {
		m := it.Meta
		if err := checkPath(m.Path); err != nil {
			return nil, err
		}
		if it.Staged == nil || it.Staged.s != s || seen[m.Path] || m.RetrievedAt.IsZero() {
			return nil, exo.Errorf(op, exo.Internal, m.Path, "%s comes twice, without bytes or without a time", m.Path)
		}
		seen[m.Path] = true
		if err := it.Staged.complete(); err != nil {
			return nil, err
		}
		m.SHA256, m.SizeBytes = it.Staged.digest, it.Staged.size
		if m.Program == "" {
			m.Program = s.Program
		}
		text, err := EncodeMeta(m)
		if err != nil {
			return nil, err
		}
		if m, err = ParseMeta(text); err != nil { // what is returned is what a later reader gets
			return nil, exo.E(op, exo.Invalid, m.Path, err).Say("the metadata of %s cannot be read back", it.Meta.Path)
		}
		a.items = append(a.items, &entry{meta: m, text: text, data: it.Staged.name, line: -1, mline: -1})
	}
	return a, nil
}

// intend writes the sidecars into the staging folder and syncs them together
// with the data. Their names tell which act they belong to, of how many files
// it is, and which staged file holds the data, so that Open can finish the act.
func (s *Store) intend(a *act, items []Item) error {
	id := s.serial.Add(1)
	home := path.Dir(a.items[0].data)
	for start := 0; start < len(a.items); start += maxSyncs / 2 {
		end := min(start+maxSyncs/2, len(a.items))
		folders := map[string]bool{home: true}
		var syncs []func() error
		for i, e := range a.items[start:end] {
			e.intent = fmt.Sprintf("%s/%08d.%d-%d.%s.json", home, id, start+i+1, len(a.items), stagedNumber(e.data))
			folders[path.Dir(e.data)] = true
			sync, err := fsys.WriteUnsynced(s.FS, e.intent, e.text, fileMode)
			if err != nil {
				_ = fsys.SyncAll(syncs) // closes the files; the first error is the one to tell
				return err
			}
			syncs = append(syncs, sync, items[start+i].Staged.sync)
		}
		if err := fsys.SyncAll(append(syncs, s.folderSyncs(folders)...)); err != nil {
			return err
		}
	}
	return nil
}

// forget removes the intents of an act that did not come about. What cannot be
// removed now is removed by the next Open.
func (s *Store) forget(a *act) {
	for _, e := range a.items {
		if e.intent == "" {
			continue
		}
		if err := s.FS.Remove(e.intent); err != nil && exo.KindOf(err) != exo.NotFound {
			s.Log.Warn("a staged file is left behind", "name", e.intent, "error", err)
		}
	}
}
