package sample

import (
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
)

// source is where the served data come from.
type source interface {
	// table returns a table by the archive's name, nil if there is none. pick
	// is the pattern of a "data" switch, empty for the newest export.
	table(name, pick string) (*table, error)
	// tables lists the names that table knows, sorted.
	tables() []string
	// files lists the light curves, by name, with what their names tell.
	files() []file
	// details lists the same with what their headers tell besides.
	details() []file
	// open gives the bytes of a light curve.
	open(f file) (io.ReadSeekCloser, error)
	// stars lists the stars with names and positions, for the resolvers.
	stars() []star
	// describe says in a line what is served.
	describe() string
	// hasPick reports whether the pattern picks an export of the table.
	hasPick(name, pattern string) bool
}

// file is a light curve that is served.
type file struct {
	name       string // archive's file name
	path       string // in the folder
	size       int64
	mod        time.Time
	product    lightcurve.Product // with the star filled in where only the header names it
	ra, dec    float64            // degrees; NaN unknown
	tmin, tmax float64            // MJD; NaN unknown
	release    string             // data release or pipeline version
	gaia       string             // Gaia DR3 number of TGLC files
}

// star is a star that the resolvers know.
type star struct {
	id      exo.TargetID
	other   []exo.TargetID
	names   []string // usual names, best first
	ra, dec float64  // degrees
	mag     float64  // TESS or Kepler magnitude; NaN unknown
	teff    float64  // kelvin; NaN unknown
	logg    float64  // log10(cm/s2); NaN unknown
	rad     float64  // solar radii; NaN unknown
	mass    float64  // solar masses; NaN unknown
	dist    float64  // parsec; NaN unknown
}

// number returns the star's number in a catalog, 0 if it has none there.
func (s star) number(c exo.Catalog) uint64 {
	if s.id.Catalog == c {
		return s.id.Number
	}
	for _, o := range s.other {
		if o.Catalog == c {
			return o.Number
		}
	}
	return 0
}

// starList collects stars from several tables and joins what belongs together.
type starList struct {
	stars []star
	byID  map[exo.TargetID]int
}

// add notes a star under its identifier; later notes fill gaps only.
func (l *starList) add(s star) {
	if s.id.IsZero() {
		return
	}
	if l.byID == nil {
		l.byID = map[exo.TargetID]int{}
	}
	i, ok := l.byID[s.id]
	if !ok {
		l.byID[s.id] = len(l.stars)
		l.stars = append(l.stars, s)
		return
	}
	have := &l.stars[i]
	for _, n := range s.names {
		if n != "" && !slices.Contains(have.names, n) {
			have.names = append(have.names, n)
		}
	}
	for _, o := range s.other {
		if !slices.Contains(have.other, o) {
			have.other = append(have.other, o)
		}
	}
	for _, p := range []struct{ to, from *float64 }{
		{&have.ra, &s.ra}, {&have.dec, &s.dec}, {&have.mag, &s.mag}, {&have.teff, &s.teff},
		{&have.logg, &s.logg}, {&have.rad, &s.rad}, {&have.mass, &s.mass}, {&have.dist, &s.dist},
	} {
		if math.IsNaN(*p.to) {
			*p.to = *p.from
		}
	}
}

// unknownStar is a star of which nothing but the identifier is known.
func unknownStar(id exo.TargetID) star {
	nan := math.NaN()
	return star{id: id, ra: nan, dec: nan, mag: nan, teff: nan, logg: nan, rad: nan, mass: nan, dist: nan}
}

func sortFiles(fs []file) {
	slices.SortFunc(fs, func(a, b file) int { return strings.Compare(a.name, b.name) })
}
