package universe

import (
	"slices"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
)

// Universe is one made-up sky. It is immutable: its methods may be called from
// several goroutines. FITS files are made anew at each call of FITS.
type Universe struct {
	seed   uint64
	stars  []Star
	files  []File
	jobs   map[string]job
	tables map[string]Table
}

// Table is an archive's table: every cell as text, "" for null.
type Table struct {
	Name    string
	Columns []Column
	Rows    [][]string // each as wide as Columns
}

// Column describes a column as the archive's own dictionary does.
type Column struct {
	Name string
	Type string // "int", "long", "double" or "char"
	Unit string // "" none
	Desc string
}

// Star is a star of the universe.
type Star struct {
	ID      exo.TargetID   // the number it is observed under
	Other   []exo.TargetID // its numbers in the other catalogs
	Aliases []string       // Kepler-10, TOI-700, AU Mic
	RA, Dec float64        // degrees, ICRS
	Mag     float64        // TESS magnitude for a TIC star, Kepler magnitude otherwise
	Teff    float64        // kelvin
	Radius  float64        // solar radii
	Mass    float64        // solar masses
	Logg    float64        // log10 cm/s2
	Dist    float64        // parsec
	Real    bool           // a known star with published values
	Planets []Planet
}

// Planet is a planet or candidate, with the transit that its tables state and
// its light curves show.
type Planet struct {
	Name        string  // Kepler-10 b; "" for a candidate
	KOI         string  // K00072.01; "" none
	TOI         string  // 700.01; "" none
	Disposition string  // CONFIRMED, CANDIDATE, FALSE POSITIVE
	EpochBJD    float64 // mid-transit, BJD TDB
	PeriodDays  float64 // 0 for a single transit
	DurationH   float64 // hours, first to fourth contact
	DepthPPM    float64 // at mid-transit, parts per million
	Impact      float64 // impact parameter in stellar radii
	RadiusRatio float64 // planet over star
}

// File is a light-curve file that the universe can make.
type File struct {
	Name             string // the archive's file name
	Product          lightcurve.Product
	Target           exo.TargetID
	SizeBytes        int64
	RA, Dec          float64 // degrees
	TMinMJD, TMaxMJD float64 // first and last cadence, MJD (UTC to a minute)
	Flaw             string  // what is deliberately wrong with it; "" nothing
}

// Injected is a planet's transit together with the star it belongs to.
type Injected struct {
	Star exo.TargetID
	Planet
}

// New makes the universe of a seed. The same seed gives the same bytes on
// every machine.
func New(seed uint64) *Universe {
	stars := makeStars(seed)
	u := &Universe{seed: seed, jobs: map[string]job{}, tables: map[string]Table{}}
	for _, s := range stars {
		u.stars = append(u.stars, s.Star)
	}
	for _, j := range plan(stars) {
		u.jobs[j.name] = j
		u.files = append(u.files, j.file())
	}
	slices.SortFunc(u.files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	for _, t := range makeTables(seed, stars) {
		u.tables[t.Name] = t
	}
	return u
}

// Table returns a table by its archive's name: "cumulative", "toi", "exofop",
// "k2pandc" or "gaia".
func (u *Universe) Table(name string) (Table, bool) {
	t, ok := u.tables[name]
	return t, ok
}

// Stars returns all stars.
func (u *Universe) Stars() []Star { return u.stars }

// Files returns all light-curve files, by name.
func (u *Universe) Files() []File { return u.files }

// FITS makes the file of that name. An unknown name is NotFound.
func (u *Universe) FITS(name string) ([]byte, error) {
	const op = "universe.FITS"
	j, ok := u.jobs[name]
	if !ok {
		return nil, exo.Errorf(op, exo.NotFound, nil, "the universe has no file %.80q", name)
	}
	b, err := j.encode(u.seed)
	if err != nil {
		return nil, exo.E(op, exo.Internal, name, err)
	}
	return b, nil
}

// Truth returns every planet and candidate with its transit, as the tables state
// it and the light curves of its star show it.
func (u *Universe) Truth() []Injected {
	var all []Injected
	for _, s := range u.stars {
		for _, p := range s.Planets {
			all = append(all, Injected{Star: s.ID, Planet: p})
		}
	}
	return all
}
