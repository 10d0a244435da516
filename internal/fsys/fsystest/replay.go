package fsystest

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// Loss is what a power cut does to that which was not synced.
type Loss int

// The losses.
const (
	LoseAll     Loss = iota // nothing unsynced is kept
	KeepAll                 // everything is kept
	LoseSome                // some of it, by the random source
	TearLast                // all but the end of the last write, if it was not synced
	LoseEntries             // bytes are kept, names are lost unless their folder was synced
)

func (l Loss) String() string {
	return [...]string{"nothing unsynced kept", "all kept", "some kept", "last write torn", "names lost"}[l]
}

// state is the content of a disk.
type state struct {
	names map[string]int // files
	dirs  map[string]bool
	nodes []node
}

type node struct {
	data []byte
	mode fs.FileMode
}

// Lay writes into the folder dir what a power cut after the first k calls
// leaves. torn is for TearLast: how many bytes of the last write are kept.
func (c *Crash) Lay(dir string, k int, loss Loss, torn int, rng *rand.Rand) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.base.copy(c.nodes)
	last := lastWrite(c.calls[:k])
	for i, call := range c.calls[:k] {
		if loss == TearLast && i == last && !c.lasting(i, k, false) {
			call.data = call.data[:min(torn, len(call.data))]
		}
		if c.kept(i, k, loss, rng) {
			s.apply(call)
		}
	}
	return s.write(dir)
}

// LastWrite tells how many bytes the last call of the first k wrote; 0 if it
// was no write.
func (c *Crash) LastWrite(k int) int {
	if k == 0 || c.calls[k-1].Name != "write" {
		return 0
	}
	return len(c.calls[k-1].data)
}

func lastWrite(calls []Call) int {
	for i := len(calls) - 1; i >= 0; i-- {
		if calls[i].Name == "write" {
			return i
		}
	}
	return -1
}

// kept decides whether call i is still seen after a cut after call k.
func (c *Crash) kept(i, k int, loss Loss, rng *rand.Rand) bool {
	call := c.calls[i]
	var isName bool
	switch call.Name {
	case "sync", "syncdir":
		return false
	case "create", "mkdir", "link", "rename", "remove":
		isName = true
	}
	switch loss {
	case KeepAll, TearLast:
		return true
	case LoseEntries:
		if !isName {
			return true
		}
	}
	if c.lasting(i, k, isName) {
		return true
	}
	return loss == LoseSome && rng.IntN(2) == 0
}

// lasting tells whether a sync between call i and the cut covers call i.
func (c *Crash) lasting(i, k int, isName bool) bool {
	call := c.calls[i]
	for _, later := range c.calls[i+1 : k] {
		switch {
		case !isName && later.Name == "sync" && later.node == call.node:
			return true
		case isName && later.Name == "syncdir" && (later.File == path.Dir(call.File) || call.From != "" && later.File == path.Dir(call.From)):
			return true
		}
	}
	return false
}

func (s state) copy(nodes int) state {
	t := state{map[string]int{}, map[string]bool{}, make([]node, nodes)}
	for n, i := range s.names {
		t.names[n] = i
	}
	for n := range s.dirs {
		t.dirs[n] = true
	}
	for i, n := range s.nodes {
		t.nodes[i] = node{slices.Clone(n.data), n.mode}
	}
	return t
}

func (s *state) apply(c Call) {
	switch c.Name {
	case "create":
		s.names[c.File] = c.node
		s.nodes[c.node].mode = c.mode
	case "mkdir":
		s.dirs[c.File] = true
	case "link":
		s.names[c.File] = c.node
	case "rename":
		if c.node < 0 {
			move(s.names, c.From, c.File)
			move(s.dirs, c.From, c.File)
			return
		}
		if n, ok := s.names[c.From]; ok && n == c.node {
			delete(s.names, c.From)
		}
		s.names[c.File] = c.node
	case "remove":
		if n, ok := s.names[c.File]; ok && n == c.node {
			delete(s.names, c.File)
		}
		if c.node < 0 {
			delete(s.dirs, c.File)
		}
	case "write":
		n := &s.nodes[c.node]
		if end := int(c.off) + len(c.data); end > len(n.data) {
			n.data = append(n.data, make([]byte, end-len(n.data))...)
		}
		copy(n.data[c.off:], c.data)
	case "truncate":
		n := &s.nodes[c.node]
		if int(c.off) <= len(n.data) {
			n.data = n.data[:c.off]
		} else {
			n.data = append(n.data, make([]byte, int(c.off)-len(n.data))...)
		}
	case "chmod":
		if c.node >= 0 {
			s.nodes[c.node].mode = c.mode
		}
	}
}

// write lays the state out. Files with one node are links of each other. What
// stands in a folder that was lost is lost.
func (s state) write(dir string) error {
	var dirs []string
	for d := range s.dirs {
		dirs = append(dirs, d)
	}
	slices.Sort(dirs)
	made := map[string]bool{}
	for _, d := range dirs {
		if d != "." && !made[path.Dir(d)] {
			continue
		}
		made[d] = true
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(d)), 0o755); err != nil {
			return err
		}
	}
	first := map[int]string{}
	for name, n := range s.names {
		if !made[path.Dir(name)] {
			continue
		}
		full := filepath.Join(dir, filepath.FromSlash(name))
		if other, ok := first[n]; ok {
			if err := os.Link(other, full); err != nil {
				return err
			}
			continue
		}
		first[n] = full
		if err := os.WriteFile(full, s.nodes[n].data, 0o600); err != nil {
			return err
		}
		if err := os.Chmod(full, s.nodes[n].mode); err != nil {
			return err
		}
	}
	return nil
}
