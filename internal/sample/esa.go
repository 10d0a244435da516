package sample

import (
	"io"
	"net/http"
	"strconv"
	"strings"

	"exoplanetai/internal/csvtab"
	"exoplanetai/internal/exo"
)

// gaiaTables are the tables of the Gaia archive that are played; all are views
// of one wide table, so that their joins need no work.
var gaiaTables = map[string]bool{"gaiadr3.gaia_source": true, "gaiadr3.gaia_source_lite": true, "gaiadr3.astrophysical_parameters": true}

// gaiaColumns are columns that queries may ask for although the served table
// has no values for them (Gaia DR3 data model).
var gaiaColumns = []column{
	{"source_id", "long", "", "Unique source identifier"}, {"designation", "char", "", "Source designation"},
	{"ra", "double", "deg", "Right ascension, epoch 2016.0"}, {"dec", "double", "deg", "Declination, epoch 2016.0"},
	{"parallax", "double", "mas", "Parallax"}, {"parallax_error", "double", "mas", "Standard error of parallax"},
	{"pmra", "double", "mas/yr", "Proper motion in right ascension"}, {"pmdec", "double", "mas/yr", "Proper motion in declination"},
	{"ruwe", "double", "", "Renormalised unit weight error"}, {"phot_g_mean_mag", "double", "mag", "G-band mean magnitude"},
	{"phot_bp_mean_mag", "double", "mag", "BP mean magnitude"}, {"phot_rp_mean_mag", "double", "mag", "RP mean magnitude"},
	{"bp_rp", "double", "mag", "BP - RP colour"}, {"radial_velocity", "double", "km/s", "Radial velocity"},
	{"teff_gspphot", "double", "K", "Effective temperature"}, {"logg_gspphot", "double", "log(cm.s**-2)", "Surface gravity"},
	{"mh_gspphot", "double", "dex", "Iron abundance"}, {"distance_gspphot", "double", "pc", "Distance"},
	{"radius_gspphot", "double", "solRad", "Radius"}, {"radius_flame", "double", "solRad", "Radius, FLAME"},
	{"mass_flame", "double", "solMass", "Mass, FLAME"}, {"lum_flame", "double", "solLum", "Luminosity, FLAME"},
}

// esa serves the Gaia archive's TAP service: synchronous queries, CSV and
// VOTable.
func (s *Server) esa(w http.ResponseWriter, r *request) {
	switch strings.ToLower(strings.TrimPrefix(r.URL.Path, "/tap-server/tap/")) {
	case "sync":
		s.esaSync(w, r)
	case "availability":
		vosi(w, availability)
	default:
		http.NotFound(w, r.Request)
	}
}

func (s *Server) esaSync(w http.ResponseWriter, r *request) {
	style := "votable400"
	if v, ok := r.fault("style"); ok {
		style = v
	}
	if v, ok := r.fault("error"); ok {
		refuse(w, v, "Cannot execute query: connection to the database was lost")
		return
	}
	res, format, err := s.gaia(r)
	if err != nil {
		refuse(w, style, exo.MessageOf(err))
		return
	}
	_, notice := r.fault("notice")
	w.Header().Set("Content-Type", map[string]string{"csv": "text/csv", "json": "application/json"}[format])
	if format == "votable" {
		w.Header().Set("Content-Type", "application/x-votable+xml")
	}
	if notice {
		io.WriteString(w, "Archive maintenance is planned for Tuesday\n")
	}
	if format == "csv" {
		_ = csvtab.Write(w, res.names(), res.rows) // the client has gone if this fails
		return
	}
	_ = write(w, format, res) // the client has gone if this fails
}

// gaia runs a query on the Gaia table.
func (s *Server) gaia(r *request) (*result, string, error) {
	a, err := r.asked()
	if err != nil {
		return nil, "", err
	}
	q, err := parseQuery(a.query)
	if err != nil {
		return nil, "", err
	}
	names := []string{q.table}
	aliases := []string{q.alias}
	for _, j := range q.joins {
		names, aliases = append(names, j.table), append(aliases, j.alias)
	}
	for _, n := range names {
		if !gaiaTables[strings.ToLower(n)] {
			return nil, "", exo.Errorf("sample.gaia", exo.Invalid, nil, "Unknown table %q", clip(n))
		}
	}
	t, key, err := r.view("gaia")
	if err != nil {
		return nil, "", err
	}
	wide := r.s.views.get("wide:"+key, func(v *view) { v.t = wideGaia(t) }).t
	if v, ok := r.fault("overflow"); ok {
		a.maxrec, _ = strconv.Atoi(v)
	}
	q.aliases = append(aliases, names...)
	res, err := q.run(wide, a.maxrec)
	return res, a.format, err
}

// wideGaia adds the columns that the served table lacks, without values, and
// takes away the other catalogs' numbers, which Gaia does not know. A folder
// without a Gaia table is an archive that knows no source.
func wideGaia(t *table) *table {
	if t == nil {
		return newTable("gaia", gaiaColumns, nil)
	}
	for _, foreign := range []string{"tic_id", "kic_id", "epic_id"} {
		t = t.changed("missing", foreign)
	}
	cols := append([]column(nil), t.cols...)
	for _, c := range gaiaColumns {
		if t.col(c.name) < 0 {
			cols = append(cols, c)
		}
	}
	rows := make([][]string, len(t.rows))
	for i, r := range t.rows {
		rows[i] = append(append(make([]string, 0, len(cols)), r...), make([]string, len(cols)-len(r))...)
	}
	return newTable("gaia", cols, rows)
}
