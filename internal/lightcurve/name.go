package lightcurve

import (
	"fmt"
	"regexp"
	"strconv"

	"exoplanetai/internal/exo"
)

// The authors of light curves, spelled as MAST's provenance_name.
const (
	AuthorSPOC       = "SPOC"
	AuthorKepler     = "Kepler"
	AuthorK2         = "K2"
	AuthorTESSSPOC   = "TESS-SPOC"
	AuthorQLP        = "QLP"
	AuthorTGLC       = "TGLC"
	AuthorK2SFF      = "K2SFF"
	AuthorEVEREST    = "EVEREST"
	AuthorK2SC       = "K2SC"
	AuthorK2VARCAT   = "K2VARCAT"
	AuthorDataAlerts = "TESS-DATA-ALERTS"
)

// maxFileName bounds a file name; the archives' longest are below 100 bytes.
const maxFileName = 150

// namePattern is one form of file name and the meaning of its groups.
type namePattern struct {
	re *regexp.Regexp
	of func(m []string) (Product, bool)
}

// namePatterns are the grammars of MAST's light-curve files. They cannot
// overlap, so their order does not matter.
var namePatterns = []namePattern{
	{regexp.MustCompile(`^tess(\d{13})-s(\d{4})-(\d{16})-(\d{4})-(s_lc|a_fast-lc)\.fits$`), spocName},
	{regexp.MustCompile(`^kplr(\d{9})-(\d{13})_([ls])lc\.fits$`), keplerName},
	{regexp.MustCompile(`^ktwo(\d{9})-c(\d{2,3})_([ls])lc\.fits$`), k2Name},
	{regexp.MustCompile(`^hlsp_qlp_tess_ffi_s(\d{4})-(\d{16})_tess_v\d{1,3}_llc\.fits$`), func(m []string) (Product, bool) {
		return ffiName(AuthorQLP, m[2], m[1])
	}},
	{regexp.MustCompile(`^hlsp_tess-spoc_tess_phot_(\d{16})-s(\d{4})_tess_v\d{1,3}_lc\.fits$`), func(m []string) (Product, bool) {
		return ffiName(AuthorTESSSPOC, m[1], m[2])
	}},
	{regexp.MustCompile(`^hlsp_tglc_tess_ffi_gaiaid-(\d{1,19})-s(\d{4})-cam[1-4]-ccd[1-4]_tess_v\d{1,3}_llc\.fits$`), func(m []string) (Product, bool) {
		return ffiName(AuthorTGLC, "", m[2])
	}},
	{regexp.MustCompile(`^hlsp_tess-data-alerts_tess_phot_(\d{11})-s(\d{2,4})_tess_v\d{1,3}_lc\.fits$`), func(m []string) (Product, bool) {
		p, ok := ffiName(AuthorDataAlerts, m[1], m[2])
		p.CadenceS = 120
		return p, ok
	}},
	{regexp.MustCompile(`^hlsp_(k2sff|k2varcat)_k2_(l)ightcurve_(\d{9})-c(\d{2,3})_kepler_v\d{1,3}_llc\.fits$`), k2Community},
	{regexp.MustCompile(`^hlsp_(everest|k2sc)_k2_([ls])lc_(\d{9})-c(\d{2,3})_kepler_v\d{1,3}(?:\.\d)?_lc\.fits$`), k2Community},
}

// stamped is the name of a file that came after another of the same name.
var stamped = regexp.MustCompile(`^(.+)_\d{8}_\d{6}\.fits$`)

// ArchiveName returns the archive's own name of a stored file: a file that came
// after another of the same name is kept beside it with the time in its name.
func ArchiveName(base string) string {
	if m := stamped.FindStringSubmatch(base); m != nil {
		return m[1] + ".fits"
	}
	return base
}

// ParseFileName reads the name of a light-curve file as MAST spells it, without
// folder. Target pixels, validation reports and names of no known form give
// false. What a name does not say stays zero: the star of a TGLC file, which is
// named after Gaia's number.
func ParseFileName(name string) (Product, bool) {
	if len(name) > maxFileName {
		return Product{}, false
	}
	for _, p := range namePatterns {
		if m := p.re.FindStringSubmatch(name); m != nil {
			if product, ok := p.of(m); ok {
				return product, true
			}
			break
		}
	}
	return Product{}, false
}

func spocName(m []string) (Product, bool) {
	p, ok := product(exo.TESS, AuthorSPOC, m[3], m[2])
	p.CadenceS = 120
	if m[5] == "a_fast-lc" {
		p.CadenceS = 20
	}
	return p, ok && p.SectorQuarter > 0
}

func keplerName(m []string) (Product, bool) {
	p, ok := product(exo.Kepler, AuthorKepler, m[1], "")
	p.CadenceS = keplerCadence(m[3])
	p.SectorQuarter = keplerQuarter(m[2])
	return p, ok
}

func k2Name(m []string) (Product, bool) {
	p, ok := product(exo.K2, AuthorK2, m[1], m[2])
	p.CadenceS = keplerCadence(m[3])
	return p, ok
}

func k2Community(m []string) (Product, bool) {
	author := map[string]string{"k2sff": AuthorK2SFF, "k2varcat": AuthorK2VARCAT, "everest": AuthorEVEREST, "k2sc": AuthorK2SC}[m[1]]
	p, ok := product(exo.K2, author, m[3], m[4])
	p.CadenceS = keplerCadence(m[2]) // "lightcurve" is long cadence, as "llc" is
	return p, ok
}

func ffiName(author, id, sector string) (Product, bool) {
	p, ok := product(exo.TESS, author, id, sector)
	p.CadenceS = FFICadenceS(p.SectorQuarter)
	return p, ok && p.SectorQuarter > 0
}

// product joins the parts; it refuses the star number 0, which no catalog has.
func product(m exo.Mission, author, id, slice string) (Product, bool) {
	p := Product{Mission: m, Author: author, SectorQuarter: -1}
	if id != "" {
		n, err := strconv.ParseUint(id, 10, 64)
		if err != nil || n == 0 {
			return Product{}, false
		}
		p.ID = exo.TargetID{Catalog: m.Catalog(), Number: n}
	}
	if slice != "" {
		n, err := strconv.Atoi(slice)
		if err != nil {
			return Product{}, false
		}
		p.SectorQuarter = n
	}
	return p, true
}

func keplerCadence(letter string) int {
	if letter == "s" {
		return 60
	}
	return 1800
}

// FFICadenceS returns the seconds between TESS full-frame images in a sector:
// 1800 to sector 26, 600 to 55, 200 from then on; 0 for no sector.
func FFICadenceS(sector int) int {
	switch {
	case sector < 1:
		return 0
	case sector <= 26:
		return 1800
	case sector <= 55:
		return 600
	}
	return 200
}

// keplerEnds are the stamps of Kepler's long-cadence files, quarters 0 to 17:
// year, day of the year and time of day of the quarter's end.
var keplerEnds = [...]string{
	"2009131105131", "2009166043257", "2009259160929", "2009350155506", "2010078095331", "2010174085026",
	"2010265121752", "2010355172524", "2011073133259", "2011177032512", "2011271113734", "2012004120508",
	"2012088054726", "2012179063303", "2012277125453", "2013011073258", "2013098041711", "2013131215648",
}

// keplerQuarter finds the quarter whose file bears the stamp. Months of short
// cadence and the early quarter-4 files of the module that died end within
// their quarter; the last month's stamp is up to minutes later than the long
// cadence's, hence one day of grace, the shortest break between quarters.
// A stamp outside the mission gives -1.
func keplerQuarter(stamp string) int {
	at, ok := stampDay(stamp)
	if !ok {
		return -1
	}
	const firstLight, grace = 2009*366 + 120, 1.0
	if at < firstLight {
		return -1
	}
	for q, end := range keplerEnds {
		if last, _ := stampDay(end); at <= last+grace {
			return q
		}
	}
	return -1
}

// stampDay turns yyyydddhhmmss into a number that grows with time: years count
// 366 days, which only stretches the turn of the year.
func stampDay(stamp string) (float64, bool) {
	if len(stamp) != 13 {
		return 0, false
	}
	var part [5]int
	for i, cut := range [...][2]int{{0, 4}, {4, 7}, {7, 9}, {9, 11}, {11, 13}} {
		n, err := strconv.Atoi(stamp[cut[0]:cut[1]])
		if err != nil || n < 0 {
			return 0, false
		}
		part[i] = n
	}
	year, day, hour, minute, second := part[0], part[1], part[2], part[3], part[4]
	if day < 1 || day > 366 || hour > 23 || minute > 59 || second > 60 {
		return 0, false
	}
	return float64(year*366+day) + (float64(hour)+float64(minute)/60+float64(second)/3600)/24, true
}

// StorePath returns where a light curve stands in the data tree:
// lightcurves/tess/s0001/NAME, lightcurves/kepler/0119/NAME (first four of the
// nine digits of the star), lightcurves/k2/c05/NAME. Split campaigns keep
// their number, c102.
func StorePath(p Product, fileName string) (exo.Path, error) {
	const op = "lightcurve.StorePath"
	var folder string
	switch {
	case p.Mission == exo.Kepler && p.ID.Number > 0 && p.ID.Number <= maxNineDigits:
		folder = fmt.Sprintf("%09d", p.ID.Number)[:4]
	case p.Mission == exo.K2 && p.SectorQuarter >= 0 && p.SectorQuarter <= 999:
		folder = fmt.Sprintf("c%02d", p.SectorQuarter)
	case p.Mission == exo.TESS && p.SectorQuarter > 0 && p.SectorQuarter <= 9999:
		folder = fmt.Sprintf("s%04d", p.SectorQuarter)
	default:
		return "", exo.Errorf(op, exo.Invalid, p.ID, "%.40q has no place in the data tree: star, sector or campaign is unknown", fileName)
	}
	dir, err := exo.ParsePath("lightcurves/" + p.Mission.Folder() + "/" + folder)
	if err != nil {
		return "", err
	}
	return dir.Join(fileName)
}

const maxNineDigits = 999_999_999

// TargetName returns MAST's target_name, which filters compare letter by
// letter: "441420236" (TESS, never padded), "kplr011904151" and
// "ktwo201912552" (nine digits).
func TargetName(id exo.TargetID) string {
	switch id.Catalog {
	case exo.KIC:
		return fmt.Sprintf("kplr%09d", id.Number)
	case exo.EPIC:
		return fmt.Sprintf("ktwo%09d", id.Number)
	case exo.TIC:
		return strconv.FormatUint(id.Number, 10)
	}
	return ""
}
