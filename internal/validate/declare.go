package validate

import (
	"math"

	"exoplanetai/internal/catalog"
)

// span is a closed interval. The zero span bounds nothing.
type span struct{ lo, hi float64 }

func (s span) set() bool              { return s != span{} }
func (s span) has(x float64) bool     { return x >= s.lo && x <= s.hi }
func (s span) outside(x float64) bool { return s.set() && (x < s.lo || x > s.hi) }

// inf is the open end of a span.
var inf = math.Inf(1)

// quantity is a number that a catalog gives of each object.
type quantity struct {
	id    string   // in rule identifiers and in relations
	unit  string   // for people; "" none
	names []string // columns, in the dialects of the archives; the first that is there counts

	can  span // what nature or the definition allows; outside is an error
	does span // what objects of this kind have; outside is a warning
	mid  span // where the median of a whole table lies; outside is an error: another unit or another column

	zeroIsNone bool   // the archive writes 0 for unknown
	paired     bool   // its upper and lower errors grow together in the tables known
	reason     string // of does, or of can where does is not set
	source     string
}

// derived is a number made of others, for relations.
type derived struct {
	id string
	of []string
	// value gets the numbers of a row in the order of of; NaN in gives NaN out.
	value func(x []float64) float64
}

// relation is a number made of several columns of a row that must lie within a
// span.
type relation struct {
	id       string
	level    Level // zero: Quality
	severity Severity
	of       []string // quantities and derived numbers; a row that lacks one is not judged
	value    func(x []float64) float64
	holds    span
	mid      span    // where the median of a table lies; outside is an error
	most     float64 // share of the judged rows that may break it before the table is in error; 0: any
	says     string  // what the number is: "(Rp/R★)/√depth"
	reason   string
	source   string
}

// rank asks that two columns rise together: the share of pairs of rows that
// agree in order, less that of those that do not (Kendall's tau).
type rank struct {
	id     string
	of     [2]string
	least  float64 // negative: they must fall apart by at least so much
	reason string
}

// words are the texts that a column may hold.
type words struct {
	id       string
	level    Level    // zero: Quality
	names    []string // columns
	allowed  []string
	severity Severity
	reason   string
	source   string
}

// declared is all that is asked of one catalog.
type declared struct {
	typ        catalog.Type
	gaps       []string // columns whose empty cells are told of, in one finding
	quantities []quantity
	derived    []derived
	relations  []relation
	codes      []code
	siblings   []sibling
	ranks      []rank
	words      []words
	dates      []dates
	sky        sky
	twins      twins
}

// code turns the words of a column into numbers, for relations.
type code struct {
	id    string
	names []string
	value map[string]float64 // other words are NaN; nil: 1 for any text, 0 for none
}

// sibling is a quantity that the rows of one group, such as a star's, share.
type sibling struct {
	id       string
	level    Level   // zero: Quality
	of       string  // quantity
	group    group   // which rows belong together
	near     float64 // largest difference, relative
	within   float64 // largest difference, absolute
	most     float64 // share of the rows that may differ before the table is in error; 0: any
	severity Severity
	reason   string
	source   string
}

// group tells which rows belong together.
type group int

const (
	ofStar   group = iota // the rows of one star
	ofPlanet              // the rows of one planet's name
	ofPaper               // the rows of one star in one paper
	ofNumber              // the candidates of one number: K00752.01 and K00752.02
)

// dates says where a column of dates lies in time.
type dates struct {
	id     string
	as     string // name of the date as a number, BJD, for relations; "" none
	names  []string
	from   string // ISO 8601, sorts as text
	reason string
}

// sky says where the positions of a catalog lie.
type sky struct {
	ra, dec  span    // degrees; the field of the mission
	ecliptic float64 // degrees; largest distance from the ecliptic, 0: any
	digits   int     // decimals of degrees that a position has at least
	reason   string
	source   string
}

// twins says when two rows are one object.
type twins struct {
	arcsec float64 // how near their positions are
	period float64 // relative difference of their periods
	dead   []string
}

// declarations of the catalogs.
func declarationOf(t catalog.Type) *declared {
	switch t {
	case catalog.KOI:
		return &koi
	case catalog.TOI:
		return &toi
	case catalog.K2:
		return &k2
	case catalog.Gaia:
		return &gaia
	}
	return nil
}
