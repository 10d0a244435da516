package version

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"exoplanetai/internal/exo"
)

// put writes an object.
func put(st *repository, o interface {
	Encode(plumbing.EncodedObject) error
}) (plumbing.Hash, error) {
	e := st.NewEncodedObject()
	if err := o.Encode(e); err != nil {
		return plumbing.ZeroHash, err
	}
	return known(st, e)
}

// known writes an object unless it is there: folders that did not change cost
// nothing.
func known(st *repository, e plumbing.EncodedObject) (plumbing.Hash, error) {
	if st.HasEncodedObject(e.Hash()) == nil {
		return e.Hash(), nil
	}
	return st.SetEncodedObject(e)
}

func putBlob(st *repository, data []byte) (plumbing.Hash, error) {
	e := st.NewEncodedObject()
	e.SetType(plumbing.BlobObject)
	w, err := e.Writer()
	if err == nil {
		_, err = w.Write(data)
	}
	if err != nil {
		return plumbing.ZeroHash, err
	}
	return known(st, e)
}

// node is a folder of the tree that is being written.
type node struct {
	list  bytes.Buffer
	below map[string]*node
}

func (n *node) at(dir string) *node {
	for part := range strings.SplitSeq(dir, "/") {
		if n.below[part] == nil {
			n.below[part] = &node{below: map[string]*node{}}
		}
		n = n.below[part]
	}
	return n
}

// writeManifest writes the tree of a commit.
func writeManifest(st *repository, m Manifest) (plumbing.Hash, error) {
	header, err := encodeSummary(m.Summary)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	top := &node{below: map[string]*node{}}
	last, dir := "", top
	for _, f := range m.Files {
		if d := f.Path.Dir(); d != last {
			last, dir = d, top.at(d)
		}
		line, err := json.Marshal(entry{f.Path.Base(), f.Hash, f.SizeBytes, f.ModifiedAt})
		if err != nil {
			return plumbing.ZeroHash, err
		}
		dir.list.Write(line)
		dir.list.WriteByte('\n')
	}
	blob, err := putBlob(st, header)
	if err != nil {
		return blob, err
	}
	files, err := top.write(st)
	if err != nil {
		return files, err
	}
	return put(st, &object.Tree{Entries: []object.TreeEntry{
		{Name: filesFolder, Mode: filemode.Dir, Hash: files}, {Name: headerName, Mode: filemode.Regular, Hash: blob},
	}})
}

// entry is a line of a folder's list.
type entry struct {
	Name       string     `json:"name"`
	Hash       exo.Digest `json:"hash"`
	SizeBytes  int64      `json:"size_bytes"`
	ModifiedAt time.Time  `json:"modified_at"`
}

func (n *node) write(st *repository) (plumbing.Hash, error) {
	var t object.Tree
	for name, sub := range n.below {
		hash, err := sub.write(st)
		if err != nil {
			return hash, err
		}
		t.Entries = append(t.Entries, object.TreeEntry{Name: name, Mode: filemode.Dir, Hash: hash})
	}
	if n.list.Len() > 0 {
		hash, err := putBlob(st, n.list.Bytes())
		if err != nil {
			return hash, err
		}
		t.Entries = append(t.Entries, object.TreeEntry{Name: listName, Mode: filemode.Regular, Hash: hash})
	}
	slices.SortFunc(t.Entries, func(a, b object.TreeEntry) int { return cmp.Compare(sortName(a), sortName(b)) })
	return put(st, &t)
}

// sortName is what Git sorts the entries of a tree by: a folder's name ends in a
// stroke.
func sortName(e object.TreeEntry) string {
	if e.Mode == filemode.Dir {
		return e.Name + "/"
	}
	return e.Name
}

// readManifest puts a manifest together again.
func readManifest(tree *object.Tree) (Manifest, error) {
	text, err := contents(tree, headerName)
	if err != nil {
		return Manifest{}, err
	}
	s, err := decodeSummary(text)
	if err != nil {
		return Manifest{}, err
	}
	m := Manifest{Summary: s, Files: make([]File, 0, min(s.FileCount, 1<<20))}
	err = tree.Files().ForEach(func(f *object.File) error {
		dir, name := path.Split(f.Name)
		dir, below := strings.CutPrefix(dir, filesFolder+"/")
		if !below || name != listName {
			return nil
		}
		list, err := f.Reader()
		if err != nil {
			return err
		}
		defer list.Close() // only read
		dec := json.NewDecoder(list)
		for {
			var e entry
			if err := dec.Decode(&e); err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
			m.Files = append(m.Files, File{exo.Path(dir + e.Name), e.Hash, e.SizeBytes, e.ModifiedAt})
		}
	})
	if err != nil {
		return Manifest{}, err
	}
	slices.SortFunc(m.Files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return m, m.check()
}

func contents(tree *object.Tree, name string) ([]byte, error) {
	f, err := tree.File(name)
	if err != nil {
		return nil, err
	}
	text, err := f.Contents()
	return []byte(text), err
}

// encodeSummary gives the members of a manifest but its files, in their form.
func encodeSummary(s Summary) ([]byte, error) {
	text, err := indentedWith(s, "")
	if err != nil {
		return nil, exo.E("version.Encode", exo.Internal, nil, err)
	}
	return append(text, '\n'), nil
}

// decodeSummary reads what encodeSummary wrote.
func decodeSummary(text []byte) (Summary, error) {
	var s Summary
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return s, unread(text, err)
	}
	return s, nil
}
