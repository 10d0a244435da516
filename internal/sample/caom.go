package sample

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
)

// caomFields are the columns of an observation, in the portal's order.
var caomFields = []field{
	{"intentType", "string", "char", "", "Whether the observation is for science or calibration", ""},
	{"obs_collection", "string", "char", "", "Collection", ";"},
	{"provenance_name", "string", "char", "", "Pipeline that made the product", ""},
	{"instrument_name", "string", "char", "", "Instrument", ""},
	{"project", "string", "char", "", "Processing project", ";"},
	{"filters", "string", "char", "", "Filters", ";"},
	{"wavelength_region", "string", "char", "", "Energy band", ";"},
	{"target_name", "string", "char", "", "Target name", ""},
	{"target_classification", "string", "char", "", "Type of the target", ";"},
	{"obs_id", "string", "char", "", "Observation identifier", ""},
	{"s_ra", "float", "double", "deg", "Right ascension", ""},
	{"s_dec", "float", "double", "deg", "Declination", ""},
	{"dataproduct_type", "string", "char", "", "Type of the product", ""},
	{"proposal_pi", "string", "char", "", "Principal investigator", ""},
	{"calib_level", "int", "int", "", "Calibration level", ""},
	{"t_min", "float", "double", "d", "Start of the observation, MJD", ""},
	{"t_max", "float", "double", "d", "End of the observation, MJD", ""},
	{"t_exptime", "float", "double", "s", "Exposure time", ""},
	{"em_min", "float", "double", "nm", "Shortest wavelength", ""},
	{"em_max", "float", "double", "nm", "Longest wavelength", ""},
	{"obs_title", "string", "char", "", "Title", ""},
	{"t_obs_release", "float", "double", "d", "Release of the data, MJD", ""},
	{"proposal_id", "string", "char", "", "Proposal", ""},
	{"proposal_type", "string", "char", "", "Type of the proposal", ""},
	{"sequence_number", "int", "int", "", "Sector or campaign", ""},
	{"s_region", "string", "char", "deg", "Region on the sky", ""},
	{"jpegURL", "string", "char", "", "Preview", ""},
	{"dataURL", "string", "char", "", "Empty since October 2023", ""},
	{"dataRights", "string", "char", "", "Data rights", ""},
	{"mtFlag", "boolean", "boolean", "", "Moving target", ""},
	{"srcDen", "float", "float", "", "Number of cataloged objects", ""},
	{"obsid", "string", "long", "", "Product group identifier", ""},
	{"objID", "string", "long", "", "Object identifier", ""},
}

var distanceField = field{"distance", "float", "float", "arcsec", "Distance from the position", ""}

// productFields are the columns of a product.
var productFields = []field{
	{"obsID", "string", "long", "", "Product group identifier", ""},
	{"obs_collection", "string", "char", "", "Collection", ""},
	{"dataproduct_type", "string", "char", "", "Type of the product", ""},
	{"obs_id", "string", "char", "", "Observation identifier", ""},
	{"description", "string", "char", "", "Description", ""},
	{"type", "string", "char", "", "S simple, C composite, D derived", ""},
	{"dataURI", "string", "char", "", "Address", ""},
	{"productType", "string", "char", "", "SCIENCE, AUXILIARY, INFO, PREVIEW", ""},
	{"productGroupDescription", "string", "char", "", "Group", ""},
	{"productSubGroupDescription", "string", "char", "", "Kind of file", ""},
	{"productDocumentationURL", "string", "char", "", "Documentation", ""},
	{"project", "string", "char", "", "Processing project", ""},
	{"prvversion", "string", "char", "", "Version of the pipeline", ""},
	{"proposal_id", "string", "char", "", "Proposal", ""},
	{"productFilename", "string", "char", "", "File name", ""},
	{"size", "int", "long", "B", "Size", ""},
	{"parent_obsid", "string", "long", "", "Product group it belongs to", ""},
	{"dataRights", "string", "char", "", "Data rights", ""},
	{"calib_level", "int", "int", "", "Calibration level", ""},
	{"filters", "string", "char", "", "Filters", ""},
}

// caom holds the observations that the files make up.
type caom struct {
	obs  []observation
	byID map[int64]int
	all  *records
}

// observation is one row of the portal and its files.
type observation struct {
	id    int64
	obsID string
	files []file
}

// caomData groups the files into observations, once.
func (s *Server) caomData() *caom {
	s.caomRun.Do(func() { s.caom = newCaom(s.src.details()) })
	return s.caom
}

func newCaom(files []file) *caom {
	groups := map[string]*observation{}
	var order []string
	for _, f := range files {
		key := f.obsID()
		if f.product.Author == lightcurve.AuthorKepler {
			// One observation per star and cadence over all quarters.
			key = fmt.Sprintf("%s/%d", f.targetName(), f.product.CadenceS)
		}
		g, ok := groups[key]
		if !ok {
			g = &observation{}
			groups[key] = g
			order = append(order, key)
		}
		g.files = append(g.files, f)
	}
	c := &caom{byID: map[int64]int{}, all: &records{fields: caomFields, ra: "s_ra", dec: "s_dec", dist: distanceField}}
	for _, key := range order {
		o := *groups[key]
		o.obsID = o.name()
		o.id = c.freeID(o.obsID)
		c.byID[o.id] = len(c.obs)
		c.obs = append(c.obs, o)
		c.all.rows = append(c.all.rows, o.row())
	}
	return c
}

// name returns the obs_id. Kepler's tells by a digit per quarter, from Q0 on,
// which there are.
func (o observation) name() string {
	f := o.files[0]
	if f.product.Author != lightcurve.AuthorKepler {
		return f.obsID()
	}
	quarters := []byte("000000000000000000")
	for _, x := range o.files {
		if q := x.product.SectorQuarter; q >= 0 && q < len(quarters) {
			quarters[q] = '1'
		}
	}
	return fmt.Sprintf("%s_%sc_Q%s", f.targetName(), map[bool]string{true: "s", false: "l"}[f.product.CadenceS == 60], quarters)
}

// freeID makes the observation's number from its name, so that it stays the
// same whatever else is served.
func (c *caom) freeID(name string) int64 {
	h := fnv.New32a()
	h.Write([]byte(name))
	for id := 60_000_000 + int64(h.Sum32()%900_000_000); ; id++ {
		if _, taken := c.byID[id]; !taken {
			return id
		}
	}
}

// row gives the observation's cells in the order of caomFields.
func (o observation) row() []any {
	f := o.files[0]
	tmin, tmax := f.tmin, f.tmax
	for _, x := range o.files[1:] {
		tmin, tmax = math.Min(tmin, x.tmin), math.Max(tmax, x.tmax)
	}
	instrument, title, pi, low, high, band := "Kepler", "", "Borucki, William J.", 418.0, 905.0, "KEPLER"
	if f.product.Mission == exo.TESS {
		instrument, pi, low, high, band = "Photometer", "Ricker, George", 600, 1000, "TESS"
	}
	level := int64(3)
	if f.collection() == "HLSP" {
		level = 4
	}
	var sequence any
	if f.product.Mission != exo.Kepler && f.product.SectorQuarter >= 0 {
		sequence = int64(f.product.SectorQuarter)
	}
	var region any
	if !math.IsNaN(f.ra) && !math.IsNaN(f.dec) {
		region = fmt.Sprintf("CIRCLE %.8f %.8f 0.00138889", f.ra, f.dec)
	}
	return []any{
		"science", f.collection(), f.product.Author, instrument, string(f.product.Mission), band, "Optical",
		f.targetName(), nil, o.obsID, orNull(f.ra), orNull(f.dec), "timeseries", pi, level, orNull(tmin), orNull(tmax),
		float64(f.product.CadenceS), low, high, title, orNull(tmax), "N/A", nil, sequence, region, nil, nil, "PUBLIC", false, nil,
		o.id, o.id + 100_000_000,
	}
}

func orNull(f float64) any {
	if math.IsNaN(f) {
		return nil
	}
	return f
}

// observations returns all rows; with the decoys that a cone on the sky holds
// if the fault asks for them.
func (c *caom) observations(r *request) *records {
	if _, ok := r.fault("decoys"); !ok {
		return c.all
	}
	out := *c.all
	out.rows = slices.Clone(c.all.rows)
	for _, o := range c.obs {
		if o.files[0].product.Mission != exo.TESS {
			continue
		}
		row := slices.Clone(o.row())
		row[c.all.col("target_name")], row[c.all.col("dataproduct_type")] = "TESS FFI", "image"
		row[c.all.col("obs_id")] = fmt.Sprintf("tess-s%04d-1-1", o.files[0].product.SectorQuarter)
		row[c.all.col("obsid")] = o.id + 1_000_000_000
		out.rows = append(out.rows, row)
	}
	return &out
}

// maxObsIDs bounds the observations of one product request.
const maxObsIDs = 5000

// products lists the files of observations, given by a comma list of numbers.
func (c *caom) products(r *request, ids string) (*records, error) {
	list := strings.Split(ids, ",")
	if len(list) > maxObsIDs {
		return nil, exo.Errorf("sample.products", exo.TooLarge, nil, "Too many observations requested.")
	}
	off := int64(0)
	if v, ok := r.fault("size"); ok {
		off, _ = strconv.ParseInt(v, 10, 64)
	}
	_, decoys := r.fault("decoys")
	out := &records{fields: productFields}
	for _, id := range list {
		n, err := strconv.ParseInt(strings.TrimSpace(id), 10, 64)
		if err != nil {
			return nil, exo.Errorf("sample.products", exo.Invalid, nil, "Error converting data type varchar to bigint.")
		}
		i, ok := c.byID[n]
		if !ok {
			continue
		}
		for _, f := range c.obs[i].files {
			if decoys {
				out.rows = append(out.rows, c.obs[i].decoys(f)...)
			}
			out.rows = append(out.rows, c.obs[i].product(f, f.name, f.uri(), f.size+off, f.subgroup(), f.description()))
		}
	}
	return out, nil
}

// product gives a file's cells in the order of productFields.
func (o observation) product(f file, name, uri string, size int64, subgroup any, desc string) []any {
	kind, group := "S", any("Minimum Recommended Products")
	if f.product.Author == lightcurve.AuthorKepler {
		kind = "C"
	}
	level := int64(3)
	if f.collection() == "HLSP" {
		level, group = 4, nil
	}
	var version any
	if f.release != "" {
		version = f.release
	}
	return []any{
		o.id, f.collection(), "timeseries", o.obsID, desc, kind, uri, "SCIENCE", group, subgroup, nil,
		string(f.product.Mission), version, "N/A", name, size, o.id, "PUBLIC", level, map[bool]string{true: "TESS", false: "KEPLER"}[f.product.Mission == exo.TESS],
	}
}

// decoys are listed files that are not wanted and not there.
func (o observation) decoys(f file) [][]any {
	pixels := strings.NewReplacer("_fast-lc.fits", "_fast-tp.fits", "_llc.fits", "_lpd-targ.fits.gz", "_slc.fits", "_spd-targ.fits.gz", "_lc.fits", "_tp.fits").Replace(f.name)
	report := strings.TrimSuffix(f.name, ".fits") + "-s0001-s0036_dvt.fits"
	base := strings.TrimSuffix(f.uri(), f.name)
	return [][]any{
		o.product(f, pixels, base+pixels, 47_000_000, "TP", "Target pixel files"),
		o.product(f, report, base+report, 9_000_000, "DVT", "full data validation time series"),
	}
}

// subgroup returns the word that tells the kind of file; null for HLSPs.
func (f file) subgroup() any {
	switch {
	case f.collection() == "HLSP":
		return nil
	case f.product.Mission == exo.TESS && f.product.CadenceS == 20:
		return "FAST-LC"
	case f.product.Mission == exo.TESS:
		return "LC"
	case f.product.CadenceS == 60:
		return "SLC"
	}
	return "LLC"
}

func (f file) description() string {
	long, letter := "Long", "L"
	if f.product.CadenceS == 60 {
		long, letter = "Short", "S"
	}
	switch f.product.Author {
	case lightcurve.AuthorSPOC:
		if f.product.CadenceS == 20 {
			return "Fast light curves"
		}
		return "Light curves"
	case lightcurve.AuthorKepler:
		return fmt.Sprintf("Lightcurve %s Cadence (C%sC) - Q%d", long, letter, f.product.SectorQuarter)
	case lightcurve.AuthorK2:
		return fmt.Sprintf("Lightcurve %s Cadence (K%sC) - C%02d", long, letter, f.product.SectorQuarter)
	}
	return "FITS"
}
