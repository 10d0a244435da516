package sample

import (
	"math"
	"strings"

	"exoplanetai/internal/exo"
)

// ticFields are the columns of the TESS Input Catalog as the portal gives them.
var ticFields = ticColumns(`ID string long,version string char,HIP int int,TYC string char,UCAC string char,TWOMASS string char,SDSS string char,
ALLWISE string char,GAIA string char,APASS string char,KIC int int,objType string char,typeSrc string char,ra float double,dec float double,
POSflag string char,pmRA float double,e_pmRA float double,pmDEC float double,e_pmDEC float double,PMflag string char,plx float double,
e_plx float double,PARflag string char,gallong float double,gallat float double,eclong float double,eclat float double,Bmag float double,
e_Bmag float double,Vmag float double,e_Vmag float double,umag float double,e_umag float double,gmag float double,e_gmag float double,
rmag float double,e_rmag float double,imag float double,e_imag float double,zmag float double,e_zmag float double,Jmag float double,
e_Jmag float double,Hmag float double,e_Hmag float double,Kmag float double,e_Kmag float double,TWOMflag string char,prox float double,
w1mag float double,e_w1mag float double,w2mag float double,e_w2mag float double,w3mag float double,e_w3mag float double,w4mag float double,
e_w4mag float double,GAIAmag float double,e_GAIAmag float double,Tmag float double,e_Tmag float double,TESSflag string char,SPFlag string char,
Teff float double,e_Teff float double,logg float double,e_logg float double,MH float double,e_MH float double,rad float double,e_rad float double,
mass float double,e_mass float double,rho float double,e_rho float double,lumclass string char,lum float double,e_lum float double,
d float double,e_d float double,ebv float double,e_ebv float double,numcont int int,contratio float double,disposition string char,
duplicate_id string char,priority float double,objID string long`)

var separationField = field{name: "dstArcSec", kind: "float", vot: "double", unit: "arcsec", desc: "Distance from the position"}

func ticColumns(list string) []field {
	var out []field
	for entry := range strings.SplitSeq(list, ",") {
		w := strings.Fields(entry)
		out = append(out, field{name: w[0], kind: w[1], vot: w[2]})
	}
	return out
}

// tic returns the catalog rows of all stars that have a TIC number.
func (s *Server) tic() *records {
	s.ticRun.Do(func() {
		t := &records{fields: ticFields, ra: "ra", dec: "dec", dist: separationField}
		for _, st := range s.src.stars() {
			if n := st.number(exo.TIC); n > 0 {
				t.rows = append(t.rows, t.ticRow(st, n))
			}
		}
		s.ticRows = t
	})
	return s.ticRows
}

func (t *records) ticRow(st star, n uint64) []any {
	row := make([]any, len(t.fields))
	set := func(name string, v any) { row[t.col(name)] = v }
	set("ID", int64(n))
	set("version", "20190415")
	set("objType", "STAR")
	set("typeSrc", "tmgaia2")
	set("objID", int64(n%900_000_000))
	if k := st.number(exo.KIC); k > 0 {
		set("KIC", int64(k))
	}
	for name, v := range map[string]float64{"ra": st.ra, "dec": st.dec, "Teff": st.teff, "logg": st.logg, "rad": st.rad,
		"mass": st.mass, "d": st.dist, "plx": 1000 / st.dist} {
		if !math.IsInf(v, 0) {
			set(name, orNull(v))
		}
	}
	set("Tmag", orNull(st.mag))
	return row
}
