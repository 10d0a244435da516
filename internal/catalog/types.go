package catalog

import (
	"strings"

	"exoplanetai/internal/exo"
)

// Type names a catalog table.
type Type string

// The tables that are mirrored.
const (
	KOI  Type = "koi"  // Kepler Objects of Interest, NASA Exoplanet Archive `cumulative`
	TOI  Type = "toi"  // TESS Objects of Interest, ExoFOP-TESS
	K2   Type = "k2"   // K2 Planets and Candidates, NASA Exoplanet Archive `k2pandc`
	Gaia Type = "gaia" // host-star parameters, ESA Gaia archive

	// Candidates is the merged table of processed/v2. It is made here, not
	// fetched, and so is not among Types.
	Candidates Type = "candidates"
)

// Types lists the tables; the first three make a batch.
var Types = []Type{KOI, TOI, K2, Gaia}

// ParseType reads a table's name.
func ParseType(s string) (Type, error) {
	for _, t := range Types {
		if s == string(t) {
			return t, nil
		}
	}
	names := make([]string, len(Types))
	for i, t := range Types {
		names[i] = string(t)
	}
	return "", exo.Errorf("catalog.ParseType", exo.Invalid, nil, "%.40q is not a table", s).
		Try("use one of %s", strings.Join(names, ", "))
}

// Changes counts rows against the table that was current before.
type Changes struct {
	Added     int `json:"added"`
	Removed   int `json:"removed"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
}

// SchemaChanges names the columns that came and went. One that seems to have a
// new name is among both, and is told in Renamed.
type SchemaChanges struct {
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
	Renamed []Rename `json:"renamed"`
}

// Summary is the outcome of a validation as answers and metadata carry it.
type Summary struct {
	Valid    bool    `json:"valid"`
	Errors   int     `json:"errors"`
	Warnings int     `json:"warnings"`
	Metrics  Metrics `json:"metrics"`
}

// Star is a host star: its identifier and position.
type Star struct {
	ID  exo.TargetID `json:"id"`
	RA  float64      `json:"ra"`  // degrees, ICRS
	Dec float64      `json:"dec"` // degrees, ICRS
	Mag float64      `json:"mag"` // TESS or Kepler magnitude; NaN unknown
}
