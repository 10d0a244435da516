package sample

import (
	"bytes"
	"container/list"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"exoplanetai/internal/universe"
)

// cacheBytes bounds the light curves kept after they were made: all of the
// bundled universe, or some thirty files of 2 MB.
const cacheBytes = 64 << 20

// made is when the synthetic files say they were last changed.
var made = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// synthetic serves a made-up universe.
type synthetic struct {
	u      *universe.Universe
	curves []file
	byName map[string]*table
	order  []string
	starry starList

	mu    sync.Mutex // guards the fields below
	cache map[string]*list.Element
	lru   *list.List // of *entry, newest first
	held  int64
}

// entry is a light curve in the cache, made once however many ask.
type entry struct {
	name string
	size int64
	once sync.Once
	data []byte
	err  error
}

func newSynthetic(u *universe.Universe) *synthetic {
	s := &synthetic{u: u, byName: map[string]*table{}, cache: map[string]*list.Element{}, lru: list.New()}
	for _, name := range []string{"cumulative", "toi", "exofop", "k2pandc", "gaia"} {
		t, ok := u.Table(name)
		if !ok {
			continue
		}
		cols := make([]column, len(t.Columns))
		for i, c := range t.Columns {
			cols[i] = column{c.Name, c.Type, c.Unit, c.Desc}
		}
		s.byName[name] = newTable(name, cols, t.Rows)
		s.order = append(s.order, name)
	}
	if k2 := s.byName["k2pandc"]; k2 != nil {
		s.byName["ps"] = confirmed(k2, "ps", false)
		s.byName["pscomppars"] = confirmed(k2, "pscomppars", true)
		s.order = append(s.order, "ps", "pscomppars")
	}
	slices.Sort(s.order)
	for _, f := range u.Files() {
		s.curves = append(s.curves, file{name: f.Name, size: f.SizeBytes, mod: made, product: withID(f), ra: f.RA, dec: f.Dec, tmin: f.TMinMJD, tmax: f.TMaxMJD})
	}
	sortFiles(s.curves)
	for _, st := range u.Stars() {
		n := star{id: st.ID, other: st.Other, names: st.Aliases, ra: st.RA, dec: st.Dec, mag: st.Mag, teff: st.Teff,
			logg: st.Logg, rad: st.Radius, mass: st.Mass, dist: st.Dist}
		for _, p := range st.Planets {
			n.names = append(append(append(n.names, planetNames(p.Name)...), koiNames(p.KOI)...), toiNames(p.TOI)...)
		}
		s.starry.add(n)
	}
	s.starry.fromTables(s.byName)
	return s
}

// confirmed makes a planetary-systems table of the confirmed rows of the K2
// table, whose columns are of the same family.
func confirmed(k2 *table, name string, defaults bool) *table {
	disposition, flag := k2.col("disposition"), k2.col("default_flag")
	var cols []column
	var keep []int
	for i, c := range k2.cols {
		if i == disposition || strings.HasPrefix(c.name, "disp_") || strings.HasPrefix(c.name, "k2_campaigns") {
			continue
		}
		cols, keep = append(cols, c), append(keep, i)
	}
	var rows [][]string
	for _, r := range k2.rows {
		if disposition >= 0 && r[disposition] != "CONFIRMED" || defaults && flag >= 0 && r[flag] != "1" {
			continue
		}
		cells := make([]string, len(keep))
		for i, k := range keep {
			cells[i] = r[k]
		}
		rows = append(rows, cells)
	}
	return newTable(name, cols, rows)
}

func (s *synthetic) table(name, _ string) (*table, error) { return s.byName[name], nil }
func (s *synthetic) tables() []string                     { return s.order }
func (s *synthetic) files() []file                        { return s.curves }
func (s *synthetic) details() []file                      { return s.curves }
func (s *synthetic) stars() []star                        { return s.starry.stars }
func (s *synthetic) hasPick(string, string) bool          { return false }

func (s *synthetic) describe() string {
	return fmt.Sprintf("a synthetic universe with %d stars and %d light curves", len(s.u.Stars()), len(s.curves))
}

// open makes the light curve, or takes it from the cache.
func (s *synthetic) open(f file) (io.ReadSeekCloser, error) {
	e := s.entry(f)
	e.once.Do(func() { e.data, e.err = s.u.FITS(f.name) })
	if e.err != nil {
		return nil, e.err
	}
	return memory{bytes.NewReader(e.data)}, nil
}

// entry finds or makes the cache entry and drops the oldest beyond the bound.
func (s *synthetic) entry(f file) *entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	if el, ok := s.cache[f.name]; ok {
		s.lru.MoveToFront(el)
		return el.Value.(*entry)
	}
	e := &entry{name: f.name, size: f.size}
	s.cache[f.name] = s.lru.PushFront(e)
	s.held += f.size
	for s.held > cacheBytes && s.lru.Len() > 1 {
		old := s.lru.Remove(s.lru.Back()).(*entry)
		delete(s.cache, old.name)
		s.held -= old.size
	}
	return e
}
