package universe

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
)

// window is one slice of a mission: a sector, quarter or campaign at one
// cadence. Numbers and dates are those of the missions where real files were at
// hand (sectors 1 and 14, quarters 0 to 3, campaigns 3 and 5) and follow from
// them otherwise.
type window struct {
	mission  exo.Mission
	slice    int
	cadence  int // seconds, nominal
	stamp    string
	scid     string  // TESS
	start    float64 // mid of the first cadence, days on the mission's scale, at the spacecraft
	rows     int
	first    int32 // cadence number
	release  int
	procVer  string
	date     string // of the file
	table    int    // PXTABLE or TTABLEID
	bands    int    // of the systematics correction
	gap      int    // rows of the longest gap
	dumpDays float64
}

const (
	stepTESS, stepFast   = 120.0 / 86400, 20.0 / 86400
	stepLong, stepShort  = 0.02043359821692, 6.81119940564e-4
	keplerMJD            = 54832.5 // MJD at BKJD 0
	tessMJD              = 56999.5 // MJD at BTJD 0
	secondsPerDay        = 86400.0
	rowBytes, blockBytes = 100, 2880
)

func windows() []window {
	k := func(slice, cadence int, stamp string, mjd float64, rows int, first int32, procVer, date string, table, bands int) window {
		return window{mission: exo.Kepler, slice: slice, cadence: cadence, stamp: stamp, start: mjd - keplerMJD, rows: rows, first: first,
			release: 25, procVer: "svn+ssh://murzim/repo/soc/tags/release/" + procVer, date: date, table: table, bands: bands, gap: 53, dumpDays: 3}
	}
	k2 := func(slice int, mjd float64, rows int, first int32, release int, procVer, date string, table int) window {
		return window{mission: exo.K2, slice: slice, cadence: 1800, start: mjd - keplerMJD, rows: rows, first: first,
			release: release, procVer: "svn+ssh://murzim/repo/soc/tags/release/" + procVer, date: date, table: table, bands: 1, dumpDays: 2}
	}
	t := func(slice, cadence int, stamp, scid string, start float64, rows int, first int32, release int, procVer, date string, table, gap int, dump float64) window {
		return window{mission: exo.TESS, slice: slice, cadence: cadence, stamp: stamp, scid: scid, start: start, rows: rows, first: first,
			release: release, procVer: procVer, date: date, table: table, bands: 3, gap: gap, dumpDays: dump}
	}
	return []window{
		t(1, 120, "2018206045859", "0120", 1325.29436220, 20076, 70444, 1, "spoc-3.3.36-20180925", "2018-09-27", 128, 815, 2.5),
		t(3, 120, "2018263035959", "0123", 1382.03175109, 19692, 111295, 4, "spoc-3.3.57-20181215", "2018-12-20", 130, 1010, 2.5),
		t(14, 120, "2019198215352", "0150", 1683.34836466, 19337, 328243, 73, "spoc-5.0.96-20230729", "2023-08-03", 167, 683, 4.4),
		t(27, 120, "2020186164531", "0189", 2036.27836220, 17540, 582352, 38, "spoc-4.0.36-20200730", "2020-08-08", 213, 690, 5.1),
		t(27, 20, "2020186164531", "0189", 2036.27789924, 105240, 3494112, 38, "spoc-4.0.36-20200730", "2020-08-08", 213, 4140, 5.1),
		k(0, 60, "2009131110544", 54953.02827604, 14280, 5500, "9.3.46 r61343", "2016-05-13", 14, 1),
		k(1, 1800, "2009166043257", 54964.01098274, 1639, 1105, "9.3.22 r60269", "2015-09-04", 18, 3),
		k(2, 1800, "2009259160929", 55002.01747542, 4354, 2965, "9.3.22 r60269", "2015-09-06", 21, 1),
		k(3, 1800, "2009350155506", 55092.72220972, 4370, 7404, "9.3.22 r60269", "2015-09-09", 26, 3),
		k2(1, 56809.77500000, 4013, 91434, 3, "9.2.16 r59030", "2015-03-12", 77),
		k2(3, 56976.59778062, 3386, 99599, 5, "9.3.15 r59816", "2015-07-01", 79),
		k2(5, 57139.10618842, 3663, 107552, 7, "9.3.31 r60524", "2015-10-09", 81),
	}
}

func findWindow(all []window, m exo.Mission, slice, cadence int) window {
	for _, w := range all {
		if w.mission == m && w.slice == slice && w.cadence == cadence {
			return w
		}
	}
	panic(fmt.Sprintf("universe: no window for %s %d at %d s", m, slice, cadence)) // a mistake in plan below
}

func (w window) step() float64 {
	switch {
	case w.mission != exo.TESS && w.cadence == 60:
		return stepShort
	case w.mission != exo.TESS:
		return stepLong
	case w.cadence == 20:
		return stepFast
	}
	return stepTESS
}

func (w window) scale() exo.Scale {
	if w.mission == exo.TESS {
		return exo.BTJD
	}
	return exo.BKJD
}

func (w window) mjd() float64 {
	if w.mission == exo.TESS {
		return tessMJD
	}
	return keplerMJD
}

// end is the mid of the last cadence at the spacecraft.
func (w window) end() float64 { return w.start + float64(w.step()*float64(w.rows-1)) }

// tags selects the lines of the header specifications.
func (w window) tags() []string {
	tags := []string{fmt.Sprintf("%dband", w.bands)}
	if w.bands > 1 {
		tags[0] += "s"
	}
	switch {
	case w.mission == exo.K2:
		tags = append(tags, "k2")
	case w.mission == exo.Kepler:
		tags = append(tags, "kepler")
	case w.date < "2019":
		return append(tags, "2018")
	case w.date < "2021":
		return append(tags, "later", "2020")
	default:
		return append(tags, "later", "2021")
	}
	if w.cadence == 60 {
		return append(tags, "short")
	}
	return append(tags, "long")
}

// fileName is the archive's name for a star's file.
func (w window) fileName(number uint64) string {
	switch w.mission {
	case exo.Kepler:
		return fmt.Sprintf("kplr%09d-%s_%slc.fits", number, w.stamp, map[int]string{60: "s", 1800: "l"}[w.cadence])
	case exo.K2:
		return fmt.Sprintf("ktwo%09d-c%02d_llc.fits", number, w.slice)
	}
	kind := "s_lc"
	if w.cadence == 20 {
		kind = "a_fast-lc"
	}
	return fmt.Sprintf("tess%s-s%04d-%016d-%s-%s.fits", w.stamp, w.slice, number, w.scid, kind)
}

// aperture is the size of the third HDU's image.
func (w window) aperture() (nx, ny int) {
	switch {
	case w.mission == exo.TESS:
		return 11, 11
	case w.mission == exo.K2:
		return 11, 10
	case w.cadence == 60:
		return 12, 10
	}
	return 6, 5
}

// sizeBytes is the length of the file: 2, 5 and 2 header blocks, the rows and
// the image, each padded to blocks.
func (w window) sizeBytes() int64 {
	padded := func(n int) int64 { return int64((n + blockBytes - 1) / blockBytes * blockBytes) }
	nx, ny := w.aperture()
	return 20160 + padded(rowBytes*w.rows) + 5760 + padded(4*nx*ny)
}

// The flaws of files.
const (
	FlawChecksum  = "CHECKSUM does not fit the data"
	FlawTruncated = "cut short"
	FlawTarget    = "headers name another star"
	FlawNoFlux    = "all of PDCSAP_FLUX is NaN"
)

// job is a file to be made.
type job struct {
	star   *star
	window window
	id     exo.TargetID
	flaw   string
	name   string
}

// plan lists the files: the missions' well-known stars, some made-up ones and
// some flawed ones.
func plan(stars []*star) []job {
	all := windows()
	var jobs []job
	add := func(c exo.Catalog, number uint64, slice, cadence int, flaw string) {
		id := ident(c, number)
		w := findWindow(all, c.Mission(), slice, cadence)
		jobs = append(jobs, job{byID(stars, id), w, id, flaw, w.fileName(number)})
	}
	add(exo.TIC, 441420236, 1, 120, "")
	add(exo.TIC, 441420236, 27, 120, "")
	add(exo.TIC, 441420236, 27, 20, "")
	add(exo.TIC, 150428135, 1, 120, "")
	add(exo.TIC, 150428135, 3, 120, "")
	add(exo.TIC, 231663901, 1, 120, "")
	add(exo.TIC, 231663901, 27, 120, "")
	add(exo.TIC, 424865156, 14, 120, "")
	for q := 1; q <= 3; q++ {
		add(exo.KIC, 11904151, q, 1800, "")
	}
	add(exo.KIC, 11904151, 0, 60, "")
	add(exo.KIC, 10666592, 1, 1800, "")
	add(exo.KIC, 10797460, 1, 1800, "")
	add(exo.KIC, 10797460, 2, 1800, "")
	add(exo.EPIC, 201912552, 1, 1800, "")

	tess, kepler := clearest(stars, exo.TIC, ""), clearest(stars, exo.KIC, "")
	add(exo.TIC, tess[0], 1, 120, "")
	add(exo.TIC, tess[1], 1, 120, FlawNoFlux)
	add(exo.KIC, kepler[0], 2, 1800, "")
	add(exo.KIC, kepler[0], 3, 1800, "")
	add(exo.KIC, kepler[1], 1, 1800, FlawChecksum)
	add(exo.KIC, kepler[2], 1, 1800, FlawTarget)
	third, fifth := clearest(stars, exo.EPIC, "3"), clearest(stars, exo.EPIC, "5")
	add(exo.EPIC, third[0], 3, 1800, "")
	add(exo.EPIC, third[1], 3, 1800, FlawTruncated)
	add(exo.EPIC, fifth[0], 5, 1800, "")
	return jobs
}

// clearest lists the made-up stars of a catalog, of a campaign where one is
// given, by how clearly a light curve shows their planets.
func clearest(stars []*star, c exo.Catalog, campaign string) []uint64 {
	type ranked struct {
		number uint64
		score  float64
	}
	var list []ranked
	for _, s := range stars {
		if s.Real || s.ID.Catalog != c || (campaign != "" && s.campaigns != campaign) || (c == exo.TIC && s.sectors != "1") {
			continue
		}
		score := 0.0
		for _, b := range s.bodies {
			if b.Disposition != falsePositive && b.PeriodDays > 0 && b.PeriodDays < 12 {
				score = max(score, b.DepthPPM*pow10(-0.2*s.Mag)*math.Sqrt(b.DurationH/b.PeriodDays))
			}
		}
		list = append(list, ranked{s.ID.Number, score})
	}
	slices.SortFunc(list, func(a, b ranked) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.number, b.number)) })
	numbers := make([]uint64, len(list))
	for i, r := range list {
		numbers[i] = r.number
	}
	return numbers
}

// file describes the job's file as an archive lists it.
func (j job) file() File {
	product, _ := lightcurve.ParseFileName(j.name)
	half := float64(j.window.step() / 2)
	return File{
		Name: j.name, Product: product, Target: j.id, SizeBytes: j.window.sizeBytes(),
		RA: j.star.RA, Dec: j.star.Dec, Flaw: j.flaw,
		TMinMJD: decimals(j.window.start+j.window.mjd()-half, 8), TMaxMJD: decimals(j.window.end()+j.window.mjd()+half, 8),
	}
}

// utc writes a Julian date (TDB) as the files write dates, to the millisecond.
func utc(jd float64) string {
	leap := 66.184 // TDB - UTC in seconds
	for _, step := range [...]struct{ jd, seconds float64 }{{2456109.5, 67.184}, {2457204.5, 68.184}, {2457754.5, 69.184}} {
		if jd >= step.jd {
			leap = step.seconds
		}
	}
	const unixEpoch = 2440587.5
	ms := int64(math.Round(float64((jd-unixEpoch)*secondsPerDay*1000) - float64(leap*1000)))
	return strings.TrimSuffix(unixMilli(ms), "Z")
}
