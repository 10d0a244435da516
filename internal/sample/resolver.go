package sample

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"

	"exoplanetai/internal/exo"
)

// nameIndex finds stars by name.
type nameIndex struct {
	once sync.Once
	by   map[string][]star
}

// find returns the stars that a name may mean.
func (s *Server) find(name string) []star {
	s.names.once.Do(func() {
		s.names.by = map[string][]star{}
		for _, st := range s.src.stars() {
			s.names.add(st)
		}
	})
	if n, err := exo.ParseName(name); err == nil {
		name = n.Canonical
	}
	return s.names.by[nameKey(name)]
}

func (x *nameIndex) add(st star) {
	keys := []string{nameKey(st.id.String())}
	for _, o := range st.other {
		keys = append(keys, nameKey(o.String()))
	}
	for _, n := range st.names {
		keys = append(keys, nameKey(n))
	}
	slices.Sort(keys)
	for _, k := range slices.Compact(keys) {
		if k != "" {
			x.by[k] = append(x.by[k], st)
		}
	}
}

// resolved is one answer of MAST's name resolver.
type resolved struct {
	Search    string  `json:"searchString" xml:"searchString"`
	Resolver  string  `json:"resolver" xml:"resolver"`
	Cached    bool    `json:"cached" xml:"cached"`
	Time      int     `json:"resolverTime" xml:"resolverTime"`
	Radius    float64 `json:"searchRadius" xml:"searchRadius"`
	Canonical string  `json:"canonicalName" xml:"canonicalName"`
	RA        float64 `json:"ra" xml:"ra"`
	Dec       float64 `json:"decl" xml:"dec"`
	Type      string  `json:"objectType,omitempty" xml:"objectType,omitempty"`
}

// resolve answers a name with positions, the star's own catalog first. The
// name comes back in lower case.
func (s *Server) resolve(name string) []resolved {
	out := []resolved{}
	for _, st := range s.find(name) {
		if math.IsNaN(st.ra) || math.IsNaN(st.dec) {
			continue
		}
		r := resolved{Search: strings.ToLower(name), Resolver: "SIMBAD", Time: 12, Radius: -1, Canonical: st.id.String(), RA: st.ra, Dec: st.dec, Type: "Star"}
		if n := st.canonical(name); n != "" {
			r.Canonical = n
		}
		if strings.EqualFold(nameKey(name), nameKey(st.id.String())) {
			r.Resolver, r.Radius, r.Canonical, r.Type = map[exo.Catalog]string{exo.TIC: "TIC", exo.KIC: "KEPLER", exo.EPIC: "K2"}[st.id.Catalog], 0.000333, st.id.String(), ""
		}
		out = append(out, r)
	}
	return out
}

// canonical returns the star's name by which it was asked for, or else its
// first; candidate numbers give way to it.
func (st star) canonical(asked string) string {
	key := nameKey(asked)
	for _, n := range st.names {
		if host, letter, ok := cutLast(n, ' '); ok && len(letter) == 1 && nameKey(n) == key {
			return host
		}
		if nameKey(n) == key && !strings.Contains(n, ".") {
			return n
		}
	}
	if len(st.names) > 0 {
		return st.names[0]
	}
	return ""
}

// nameLookup answers Mast.Name.Lookup, whose answer is not wrapped.
func (s *Server) nameLookup(w http.ResponseWriter, r *request, name string) {
	found := s.resolve(name)
	switch v, _ := r.fault("resolver"); v {
	case "absent":
		io.WriteString(w, `{"status":""}`)
		return
	case "empty":
		found = []resolved{}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"resolvedCoordinate": found, "status": ""}) // the client has gone if this fails
}

// maxNames is how many names the newer resolver takes in a call.
const maxNames = 30

// santa answers the newer resolver, XML unless JSON is asked for.
func (s *Server) santa(w http.ResponseWriter, r *request) {
	names := r.Form["name"]
	if len(names) > maxNames {
		http.Error(w, "Too many names", http.StatusBadRequest)
		return
	}
	found := []resolved{}
	for _, n := range names {
		found = append(found, s.resolve(n)...)
	}
	absent := false
	switch v, _ := r.fault("resolver"); v {
	case "absent":
		absent = true
	case "empty":
		found = []resolved{}
	}
	if strings.EqualFold(r.param("outputFormat"), "json") {
		w.Header().Set("Content-Type", "application/json")
		doc := map[string]any{"status": ""}
		if !absent {
			doc["resolvedCoordinate"] = found
		}
		_ = json.NewEncoder(w).Encode(doc) // the client has gone if this fails
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	io.WriteString(w, xml.Header)
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name   `xml:"resolvedItems"`
		Items   []resolved `xml:"resolvedCoordinate"`
	}{Items: found})
}
