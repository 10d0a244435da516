package sample

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"exoplanetai/internal/exo"
)

// mashup is a request to the portal (MAST API v0, class MashupRequest).
type mashup struct {
	Service  string          `json:"service"`
	Params   json.RawMessage `json:"params"`
	Format   string          `json:"format"`
	Page     int             `json:"page"`
	PageSize int             `json:"pagesize"`
}

// mashupParams are the parameters of all services that are played.
type mashupParams struct {
	Input    string       `json:"input"`
	Columns  string       `json:"columns"`
	Filters  []mashFilter `json:"filters"`
	Position string       `json:"position"`
	RA       *flexible    `json:"ra"`
	Dec      *flexible    `json:"dec"`
	Radius   *flexible    `json:"radius"`
	ObsID    flexibleText `json:"obsid"`
}

// flexible is a number that may come as text.
type flexible float64

// UnmarshalJSON reads 1.5 and "1.5".
func (f *flexible) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(b), `" `), 64)
	*f = flexible(v)
	return err
}

// flexibleText is a text that may come as a number.
type flexibleText string

// UnmarshalJSON reads "123,456" and 123.
func (f *flexibleText) UnmarshalJSON(b []byte) error {
	*f = flexibleText(strings.Trim(string(b), `" `))
	return nil
}

// Sizes of pages: the portal's default, and the largest that it gives.
const (
	defaultPage = 1000
	largestPage = 50_000
)

// invoke answers a request to the portal. Errors come with status 200.
func (s *Server) invoke(w http.ResponseWriter, r *request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8") // sic; clients must not rely on it
	raw := r.param("request")
	if _, ok := r.fault("error"); ok {
		mastError(w, "The column prefix 'c' does not match with a table name or alias name used in the query.")
		return
	}
	var m mashup
	var p mashupParams
	if err := json.Unmarshal([]byte(raw), &m); err != nil {
		mastError(w, "The request could not be parsed as JSON.")
		return
	}
	if len(m.Params) > 0 {
		if err := json.Unmarshal(m.Params, &p); err != nil {
			mastError(w, "The parameters of the request could not be parsed.")
			return
		}
	}
	if strings.EqualFold(m.Service, "Mast.Name.Lookup") {
		s.nameLookup(w, r, p.Input)
		return
	}
	if v, ok := r.fault("executing"); ok && s.waiting.more(raw, v) {
		size := m.pageSize(r)
		fmt.Fprintf(w, `{"status": "EXECUTING", "msg": "", "data": [], "fields": [], "percent complete": 0, "paging": {"page": 1, "pageSize": %d, "pagesFiltered": 0, "rows": 0, "rowsFiltered": 0, "rowsTotal": 0}}`, size)
		return
	}
	res, err := s.portal(r, m.Service, p)
	if err != nil {
		mastError(w, exo.MessageOf(err))
		return
	}
	for _, f := range s.faults.takeUpTo(maxSame, r.scope+".missing", r.text) {
		res = res.without(f.Value)
	}
	res.send(w, m, m.pageSize(r))
}

func (m mashup) pageSize(r *request) int {
	size := m.PageSize
	if size <= 0 {
		size = defaultPage
	}
	if v, ok := r.fault("pagesize"); ok {
		n, _ := strconv.Atoi(v)
		size = min(size, max(n, 1))
	}
	return min(size, largestPage)
}

// portal runs a service. Clients write its name in different cases.
func (s *Server) portal(r *request, service string, p mashupParams) (*records, error) {
	switch name := strings.ToLower(service); name {
	case "mast.caom.all", "mast.caom.filtered", "mast.caom.filtered.position", "mast.caom.cone":
		return s.caomData().observations(r).search(p, name == "mast.caom.cone")
	case "mast.caom.products":
		return s.caomData().products(r, string(p.ObsID))
	case "mast.catalogs.tic.cone", "mast.catalogs.filtered.tic.position.rows":
		return s.tic().search(p, true)
	case "mast.catalogs.filtered.tic.rows", "mast.catalogs.all.tic":
		return s.tic().search(p, false)
	case "mast.catalogs.filtered.tic", "mast.catalogs.filtered.tic.position":
		p.Columns = "COUNT_BIG(*)"
		return s.tic().search(p, p.RA != nil)
	}
	return nil, exo.Errorf("sample.portal", exo.NotFound, nil, "The service %s does not exist.", clip(service))
}

// mastError writes an error as it was recorded, odd blanks included.
func mastError(w io.Writer, message string) {
	fmt.Fprintf(w, `{"status" : "ERROR","msg" : %s}`, jsonText(message))
}

// waitList counts how often a request was put off. The portal knows a request
// again by its text.
type waitList struct {
	mu   sync.Mutex // guards the field below
	said map[[sha256.Size]byte]int
}

const maxWaiting = 10_000

func (l *waitList) more(body, times string) bool {
	n, _ := strconv.Atoi(times) // checked when the fault was set
	key := sha256.Sum256([]byte(body))
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.said == nil || len(l.said) > maxWaiting {
		l.said = map[[sha256.Size]byte]int{}
	}
	if l.said[key] >= n {
		delete(l.said, key)
		return false
	}
	l.said[key]++
	return true
}

// jsonText quotes a text for JSON.
func jsonText(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(strings.ToValidUTF8(s, "\uFFFD")); err != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// columnsConfig describes the columns of a service, as the portal's pages need
// it and as astroquery reads it.
func (s *Server) columnsConfig(w http.ResponseWriter, r *request) {
	w.Header().Set("Content-Type", "application/json")
	var fields []field
	switch strings.ToLower(r.param("colConfigId")) {
	case "mast.caom.cone", "mast.caom.filtered", "mast.caom.filtered.position", "mast.caom.all":
		fields = append(slices.Clone(caomFields), distanceField)
	case "mast.caom.products":
		fields = productFields
	case "mast.catalogs.tess.cone", "mast.catalogs.tic.cone", "mast.catalogs.filtered.tic", "mast.catalogs.filtered.tic.rows":
		fields = append(slices.Clone(ticFields), separationField)
	}
	config := map[string]map[string]any{}
	for _, f := range fields {
		c := map[string]any{"text": f.name, "vot.datatype": f.vot, "vot.description": f.desc}
		if f.unit != "" {
			c["unit"], c["vot.unit"] = f.unit, f.unit
		}
		if f.separator != "" {
			c["separator"] = f.separator
		}
		config[f.name] = c
	}
	_ = json.NewEncoder(w).Encode(config) // the client has gone if this fails
}
