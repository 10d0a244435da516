package validate

import "exoplanetai/internal/catalog"

// check is a rule that is no limit on numbers: its code is in the engine, what
// it says is here.
type check struct {
	id       string
	level    Level
	severity Severity
	types    []catalog.Type // nil: all
	columns  []string
	limit    string
	reason   string
	source   string
}

const (
	byDefinition = "column definitions of the archive"
	byDesign     = "the program tells rows apart by it"
)

var (
	objects   = []catalog.Type{catalog.KOI, catalog.TOI, catalog.K2}
	numbered  = []catalog.Type{catalog.KOI, catalog.TOI}
	published = []catalog.Type{catalog.K2}
	companion = []string{"*err1", "*err2", "*err", "*error"}
	keyNames  = []string{"kepoi_name", "TOI", "pl_name", "source_id"}
	raDec     = []string{"ra", "dec", "RA", "Dec", "RA (deg)", "Dec (deg)"}
)

// common are the checks of all catalogs.
var common = []check{
	{"key.syntax", Schema, Error, nil, keyNames, "K00752.01; 256.01; a planet's name; a Gaia source number", "a row that cannot be named cannot be compared, stored or cited", byDefinition},
	{"column.empty", Schema, Error, nil, []string{"every required column"}, "some row has text, in a table of 20 rows", "an archive that has renamed or lost a column sends it empty", byDesign},
	{"column.unused", Schema, Info, nil, []string{"every other column"}, "some row has text, in a table of 20 rows", "nothing can be read from a column without values", "completeness"},
	{"column.gaps", Schema, Info, objects, []string{"koi_score", "period", "disposition"}, "a value in every row", "rows without are left out by whoever selects on it", "completeness"},
	{"number", Schema, Error, nil, []string{"every column of numbers"}, "a decimal number or nothing", "text in a column of numbers is a shifted row or a broken export", byDefinition},
	{"number.word", Schema, Warning, nil, []string{"every column of numbers"}, "an empty cell where there is no value", "NaN, null and the like are words of programs, not of the archives", byDefinition},
	{"position.missing", Coordinates, Warning, nil, raDec, "every row has a position", "without one the star cannot be found", byDesign},
	{"ra.range", Coordinates, Error, nil, []string{"ra", "RA", "RA (deg)"}, "0 ≤ x < 360 deg", "there is no other right ascension", "definition of the ICRS"},
	{"dec.range", Coordinates, Error, nil, []string{"dec", "Dec", "Dec (deg)"}, "-90 ≤ x ≤ 90 deg", "there is no other declination", "definition of the ICRS"},
	{"position.precision", Coordinates, Warning, nil, raDec, "3 decimals of degrees", "a position known to worse than 4 arcsec, a pixel of Kepler, does not tell stars apart", "Kepler Instrument Handbook, KSCI-19033: 3.98 arcsec a pixel"},
	{"position.field", Coordinates, Warning, objects, raDec, "inside the field of the mission", "the mission has looked nowhere else", "Kepler field (KSCI-19033); K2 campaign fields along the ecliptic; TESS: all sky"},
	{"position.text", Coordinates, Warning, nil, []string{"rastr", "decstr", "ra_str", "dec_str"}, "within 0.5 arcsec of the position in degrees", "both forms are of one position; the text has hundredths of seconds", byDefinition},
	{"position.text.share", Coordinates, Error, nil, []string{"rastr", "decstr", "ra_str", "dec_str"}, "at most 2 % of the rows break it", "more than that no good table has: a column has lost its rows", byDefinition},
	{"position.catalog", Coordinates, Warning, nil, raDec, "within 30 arcsec of another catalog's place for the star", "epochs, proper motion and blended pairs explain less than that", "proper motions are below 10.4 arcsec a year (Barnard's star)"},
	{"position.catalog.share", Coordinates, Error, nil, raDec, "at most 2 % of the rows break it", "more than that no good table has: a column has lost its rows", "geometry"},
	{"key.repeated", Duplicates, Error, nil, keyNames, "each key once", "two rows of one key cannot be told apart", byDesign},
	{"key.crowd", Duplicates, Error, published, keyNames, "at most 100 rows of one planet and one paper", "real tables have two", byDesign},
	{"solution.repeated", Duplicates, Warning, published, []string{"pl_name", "pl_refname", "st_refname"}, "one row for a planet and its papers", "one paper may give two solutions; then only their order tells them apart", "archives fact sheet, 1.6"},
	{"row.repeated", Duplicates, Warning, nil, []string{"*"}, "each row once", "a row that says nothing new was written twice", byDesign},
	{"block.repeated", Duplicates, Error, nil, []string{"*"}, "at most 10 rows, or 0.2 %, are repeated", "a block was written twice", byDesign},
	{"name.repeated", Duplicates, Warning, numbered, []string{"kepler_name", "Planet Name"}, "one name for one object", "two objects under one planet's name", byDefinition},
	{"default.repeated", Duplicates, Warning, published, []string{"default_flag"}, "one default row for each planet", "the archive marks one parameter set as default", byDefinition},
	{"default.missing", Duplicates, Warning, published, []string{"default_flag"}, "one default row for each planet", "the archive marks one parameter set as default", byDefinition},
	{"signal.twin", Duplicates, Warning, objects, []string{"period", "position"}, "one object for a period at a place", "one signal under two names: contamination by a neighbour, or one star under two numbers", "Coughlin et al. 2014, AJ 147, 119"},
	{"signal.resolved", Duplicates, Info, objects, []string{"period", "position"}, "one object for a period at a place", "the catalog knows: at least one of the two is no planet", "Coughlin et al. 2014, AJ 147, 119"},
	{"signal.multiple", Duplicates, Info, objects, []string{"period", "position"}, "no period twice that of a neighbour", "a binary found at half its period, or planets in resonance", "Coughlin et al. 2014, AJ 147, 119"},
	{"error.sign", Quality, Warning, nil, companion, "upper ≥ 0, lower ≤ 0", "the archives give the lower error with its sign", byDefinition},
	{"error.alone", Quality, Warning, nil, companion, "no error without a value", "the error of nothing is a shifted row", byDefinition},
	{"error.alone.share", Quality, Error, nil, companion, "at most 3 % of a column's errors have no value", "more than that no good table has: the column has lost its rows", byDefinition},
	{"error.one-sided.share", Quality, Error, nil, companion, "at most 10 % of a column's errors are one-sided", "more than that no good table has: the column has lost its rows", byDefinition},
	{"error.one-sided", Quality, Info, nil, companion, "both errors or none", "the other one is missing", byDefinition},
	{"error.symmetric", Quality, Warning, nil, []string{"*symerr"}, "upper = −lower where the flag says so", "the flag says that the errors are equal", byDefinition},
	{"error.pair", Quality, Error, nil, companion, "rank correlation ≤ -0.2", "the two errors of a value grow together: else one of them has lost its rows", "Kendall's tau of pairs of rows; measured on the real tables"},
	{"error.zero", Quality, Info, nil, companion, "errors are not 0", "no measurement is exact: the error is unknown, or the value was not fitted", "statistics"},
	{"limit.flag", Quality, Warning, nil, []string{"*lim"}, "-1, 0 or 1", "upper limit, value, lower limit", byDefinition},
	{"limit.alone", Quality, Warning, nil, []string{"*lim"}, "no limit without a value", "the flag is of the value beside it", byDefinition},
	{"findings.left-out", Quality, Info, nil, nil, "10,000 findings of a rule, 50,000 in all", "a hostile table must not fill the memory", "bounded reports"},
}
