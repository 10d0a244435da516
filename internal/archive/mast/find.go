package mast

import (
	"context"
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
)

const (
	opFind   = "mast.Find"
	perCall  = 500 // observations in one question for products
	maxObsID = 30  // bytes
)

// Find asks for the observations of the star, then for their products, and
// picks the light curves by the grammar of their names. The star is asked for
// by its exact target name: a cone would bring its neighbours.
func (s *Source) Find(ctx context.Context, q archive.LightCurveQuery) (archive.Found, error) {
	q, err := q.Checked()
	if err != nil {
		return archive.Found{}, err
	}
	rows, raw, err := s.all(ctx, "Mast.Caom.Filtered", map[string]any{"columns": "*", "filters": filters(q)})
	if err != nil {
		return archive.Found{}, err
	}
	obs, err := observations(rows, q)
	if err != nil {
		return archive.Found{}, err
	}
	found := archive.Found{Answers: named("observations", raw)}
	var lists []archive.Answer
	for batch := range slices.Chunk(obs.ids, perCall) {
		rows, raw, err := s.all(ctx, "Mast.Caom.Products", map[string]any{"obsid": strings.Join(batch, ",")})
		if err != nil {
			return archive.Found{}, err
		}
		lists = append(lists, raw...)
		if found.Products, err = obs.products(found.Products, rows, q); err != nil {
			return archive.Found{}, err
		}
	}
	if len(found.Products) == 0 {
		return archive.Found{}, q.NothingFound(opFind, "MAST")
	}
	found.Answers = append(found.Answers, named("products", lists)...)
	archive.SortProducts(found.Products)
	return found, nil
}

// named numbers the raw answers of one kind from the second on.
func named(kind string, raw []archive.Answer) []archive.Answer {
	for i := range raw {
		raw[i].Name = kind
		if i > 0 {
			raw[i].Name = fmt.Sprintf("%s_%d", kind, i+1)
		}
	}
	return raw
}

// filters selects the observations. Community products stand in a collection
// of their own. A sequence number is asked for where it is known to be there:
// Kepler's observations have none, for one stands for all quarters; those of
// K2's split campaigns have the number of the whole, and how the community's
// products of K2 are numbered is not documented.
func filters(q archive.LightCurveQuery) []filter {
	collection := string(q.Mission)
	if q.Author != archive.DefaultAuthor(q.Mission) {
		collection = "HLSP"
	}
	f := []filter{
		text("obs_collection", collection),
		text("provenance_name", q.Author),
		text("target_name", lightcurve.TargetName(q.Target)),
		text("dataproduct_type", "timeseries"),
	}
	if q.SectorQuarter != nil && (q.Mission == exo.TESS || q.Mission == exo.K2 && collection != "HLSP") {
		n := *q.SectorQuarter
		if q.Mission == exo.K2 {
			n = archive.Campaign(n)
		}
		f = append(f, between("sequence_number", n, n))
	}
	return f
}

// observed are the observations found, by their numbers.
type observed struct {
	ids  []string
	rows map[string]row
}

func observations(rows []row, q archive.LightCurveQuery) (observed, error) {
	o := observed{rows: map[string]row{}}
	named := false
	for _, r := range rows {
		id := r.text("obsid")
		if id == "" || len(id) > maxObsID || !digits(id) {
			continue
		}
		named = true
		if t := r.text("target_name"); t != "" && !strings.EqualFold(t, lightcurve.TargetName(q.Target)) {
			continue // a server that compares texts loosely
		}
		if _, have := o.rows[id]; !have {
			o.ids = append(o.ids, id)
			o.rows[id] = r
		}
	}
	if len(rows) > 0 && !named {
		return o, exo.Errorf(opFind, exo.Upstream, q.Target, "MAST's list of observations has no column obsid").
			Try("if MAST has changed its tables, a newer version of this program is needed")
	}
	if len(o.ids) == 0 {
		return o, q.NothingFound(opFind, "MAST")
	}
	return o, nil
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// products adds the light curves among the rows.
func (o observed) products(have []archive.Product, rows []row, q archive.LightCurveQuery) ([]archive.Product, error) {
	named := false
	for _, r := range rows {
		uri := r.text("dataURI")
		name := r.text("productFilename")
		if name == "" {
			name = path.Base(uri)
		}
		if uri == "" || name == "" {
			continue
		}
		named = true
		p, ok := o.product(r, name, q)
		if !ok || slices.ContainsFunc(have, func(x archive.Product) bool { return x.FileName == name }) {
			continue
		}
		p.URI = uri
		have = append(have, p)
	}
	if len(rows) > 0 && !named {
		return nil, exo.Errorf(opFind, exo.Upstream, q.Target, "MAST's list of products has no column dataURI").
			Try("if MAST has changed its tables, a newer version of this program is needed")
	}
	return have, nil
}

// product reads a row as a light curve that the query wants. What the name
// does not say comes from the description (Kepler's quarter) or from the
// observation (the exposure time, which was wrong for a while and is therefore
// asked last).
func (o observed) product(r row, name string, q archive.LightCurveQuery) (archive.Product, bool) {
	lc, ok := lightcurve.ParseFileName(name)
	if !ok {
		return archive.Product{}, false
	}
	id := r.text("parent_obsid")
	if _, have := o.rows[id]; !have {
		id = r.text("obsID")
	}
	parent := o.rows[id]
	if lc.ID.IsZero() {
		lc.ID = q.Target // found under the star's own observation
	}
	if lc.SectorQuarter < 0 {
		lc.SectorQuarter = sliceOf(r, parent, q.Mission)
	}
	if t, ok := parent.float("t_exptime"); ok && lc.CadenceS == 0 && t > 0 && t < 1e5 {
		lc.CadenceS = int(math.Round(t))
	}
	if !q.Wants(lc) {
		return archive.Product{}, false
	}
	p := archive.Product{Product: lc, FileName: name, ObsID: id, Rights: strings.ToUpper(r.text("dataRights"))}
	if p.Rights == "" {
		p.Rights = strings.ToUpper(parent.text("dataRights"))
	}
	if n, ok := r.int("size"); ok && n > 0 {
		p.SizeBytes = n
	}
	return p, true
}

var quarter = regexp.MustCompile(`-\s*Q([0-9]{1,2})\b`)

func sliceOf(r, parent row, m exo.Mission) int {
	if m == exo.Kepler {
		if g := quarter.FindStringSubmatch(r.text("description")); g != nil {
			n, _ := strconv.Atoi(g[1]) // two digits cannot fail
			return n
		}
		return -1
	}
	if n, ok := parent.int("sequence_number"); ok && n >= 0 && n < 10000 {
		return int(n)
	}
	return -1
}
