package lightcurve

import (
	"fmt"
	"math"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
)

// Info is what a light-curve file says of itself, read without decoding more
// than its times.
type Info struct {
	Target        exo.TargetID // zero where the file names none
	Name          string       // OBJECT
	Mission       exo.Mission
	Author        string
	SectorQuarter int       // -1 unknown
	CadenceS      float64   // NaN unknown
	Rows          int       // of the light-curve table
	FiniteTimes   int       // rows whose time is finite
	First, Last   float64   // first and last finite time, days on Scale; NaN when there is none
	Scale         exo.Scale // BKJD or BTJD
	Release       string    // "DR1 spoc-3.3.36-20180925"; parts that are unknown are left out
	RA, Dec, Mag  float64   // NaN unknown
	Columns       []string  // of the light-curve table
}

// SpanDays returns the days between the first and the last row with a time.
func (i Info) SpanDays() float64 {
	if math.IsNaN(i.First) {
		return 0
	}
	return i.Last - i.First
}

// Inspect describes a light-curve file. Its errors are those of FromFITS.
func Inspect(f *fits.File) (Info, error) {
	lay, err := detect(f)
	if err != nil {
		return Info{}, err
	}
	_, h, t, err := lay.find(f, PDCSAP)
	if err != nil {
		return Info{}, err
	}
	var lc LightCurve
	if err := lc.describe(f, h, t, lay); err != nil {
		return Info{}, err
	}
	time, err := t.Float64(nil, lay.time)
	if err != nil {
		return Info{}, missing(err, h, t, lay.time)
	}
	lc.Time = time
	return lc.info(t), nil
}

// Examiner does what Inspect and Check do, and reads the file only once. It
// keeps the memory for its columns from one file to the next; one goroutine
// uses it at a time. The zero value is ready.
type Examiner struct{ lc LightCurve }

// Examine describes the file and looks for its faults. It has no findings
// where Check has RuleLayout: then it returns the error.
func (e *Examiner) Examine(f *fits.File, want Product) (Info, []Finding, error) {
	t, err := e.lc.read(f, Options{})
	if err != nil {
		return Info{}, nil, err
	}
	return e.lc.info(t), append(e.lc.checkRows(), e.lc.compare(want)...), nil
}

// Curve returns the light curve of the last Examine that had no error. It is
// good until the next call.
func (e *Examiner) Curve() *LightCurve { return &e.lc }

// info describes a light curve whose headers and times were read.
func (lc *LightCurve) info(t *fits.Table) Info {
	info := Info{
		Target: lc.Target, Name: lc.Name, Mission: lc.Mission, Author: lc.Author, SectorQuarter: lc.SectorQuarter,
		CadenceS: lc.CadenceS, Rows: t.Rows, First: math.NaN(), Last: math.NaN(), Scale: lc.Scale,
		Release: release(lc), RA: lc.RA, Dec: lc.Dec, Mag: lc.Mag,
	}
	for _, x := range lc.Time {
		if !finite(x) {
			continue
		}
		if info.FiniteTimes == 0 {
			info.First = x
		}
		info.FiniteTimes++
		info.Last = x
	}
	for _, c := range t.Columns {
		info.Columns = append(info.Columns, c.Name)
	}
	return info
}

func release(lc *LightCurve) string {
	if lc.DataRelease < 0 {
		return lc.ProcVer
	}
	return strings.TrimSpace(fmt.Sprintf("DR%d %s", lc.DataRelease, lc.ProcVer))
}

// Finding is one thing that is wrong with a file's structure or content.
type Finding struct {
	Rule    string // stable name
	Fatal   bool   // the file cannot stand for the product that was asked for
	Message string // plain words
}

// The rules of Check.
const (
	RuleLayout  = "layout"        // no light curve that can be read
	RuleEmpty   = "no-rows"       // the table has no rows
	RuleNoTime  = "no-time"       // not one row has a time
	RuleOrder   = "time-order"    // times do not increase
	RuleNoFlux  = "no-flux"       // not one row has a flux
	RuleTarget  = "target"        // the file is about another star
	RuleObject  = "object"        // OBJECT and the star's number differ
	RuleSlice   = "sector"        // another sector, quarter or campaign
	RuleMission = "mission"       // another mission
	RuleAuthor  = "author"        // another product
	RuleCadence = "cadence"       // another cadence
	RuleShort   = "cadence-order" // cadence numbers do not count up by one
)

// Check looks for faults of structure and content, and compares the file with
// what its name promised. A zero Product promises nothing: pass one to check
// the file alone.
func Check(f *fits.File, want Product) []Finding {
	lc, err := FromFITS(f, Options{})
	if err != nil {
		return []Finding{{RuleLayout, true, exo.MessageOf(err)}}
	}
	return append(lc.checkRows(), lc.compare(want)...)
}

func (lc *LightCurve) checkRows() []Finding {
	if lc.Len() == 0 {
		return []Finding{{RuleEmpty, true, "the light curve has no rows"}}
	}
	var found []Finding
	times, fluxes, last, lastRow := 0, 0, math.Inf(-1), 0
	ordered := true
	for i, t := range lc.Time {
		if !finite(t) {
			continue
		}
		if t <= last && ordered {
			ordered = false
			found = append(found, Finding{RuleOrder, true, fmt.Sprintf("row %d is not later than row %d (%.6f after %.6f)", i+1, lastRow+1, t, last)})
		}
		times, last, lastRow = times+1, t, i
		if finite(lc.Flux[i]) {
			fluxes++
		}
	}
	switch {
	case times == 0:
		found = append(found, Finding{RuleNoTime, true, fmt.Sprintf("none of the %d rows has a time", lc.Len())})
	case fluxes == 0:
		found = append(found, Finding{RuleNoFlux, false, fmt.Sprintf("none of the %d rows has a value of %s", lc.Len(), lc.FluxColumn)})
	}
	return append(found, lc.checkCadence()...)
}

// checkCadence looks at products whose every cadence has a row.
func (lc *LightCurve) checkCadence() []Finding {
	switch lc.Author {
	case AuthorSPOC, AuthorKepler, AuthorK2, AuthorTESSSPOC, AuthorDataAlerts:
	default:
		return nil
	}
	for i := 1; i < lc.Len(); i++ {
		if int64(lc.Cadence[i])-int64(lc.Cadence[i-1]) != 1 {
			return []Finding{{RuleShort, false, fmt.Sprintf("row %d has cadence %d after %d; cadences are counted without gaps", i+1, lc.Cadence[i], lc.Cadence[i-1])}}
		}
	}
	return nil
}

// Differs compares the light curve with what a name promises, as Check does.
func (lc *LightCurve) Differs(want Product) []Finding { return lc.compare(want) }

// compare looks for differences between the file and what was asked for.
func (lc *LightCurve) compare(want Product) []Finding {
	var found []Finding
	differ := func(rule, what string, have, wanted any) {
		found = append(found, Finding{rule, true, fmt.Sprintf("the file's %s is %v, not %v", what, have, wanted)})
	}
	if id, err := exo.ParseTargetID(lc.Name); err == nil && !lc.Target.IsZero() && id != lc.Target {
		differ(RuleObject, "OBJECT", id, lc.Target)
	}
	if want.Mission == "" {
		return found
	}
	if lc.Mission != want.Mission {
		differ(RuleMission, "mission", lc.Mission, want.Mission)
	}
	if want.Author != "" && lc.Author != want.Author {
		differ(RuleAuthor, "author", lc.Author, want.Author)
	}
	if !want.ID.IsZero() && lc.Target != want.ID {
		differ(RuleTarget, "star", lc.Target, want.ID)
	}
	if !SameSlice(want.Mission, lc.SectorQuarter, want.SectorQuarter) {
		differ(RuleSlice, sliceWord(want.Mission), lc.SectorQuarter, want.SectorQuarter)
	}
	if !SameCadence(lc.CadenceS, want.CadenceS) {
		differ(RuleCadence, "cadence", fmt.Sprintf("%.0f s", lc.CadenceS), fmt.Sprintf("%d s", want.CadenceS))
	}
	return found
}

func sliceWord(m exo.Mission) string {
	switch m {
	case exo.Kepler:
		return "quarter"
	case exo.K2:
		return "campaign"
	}
	return "sector"
}

// SameSlice reports whether a header's sector, quarter or campaign is the one
// of a file name. Unknown (-1) matches all. The halves of the split campaigns
// 9, 10 and 11 are 91 and 92 and so on in names; headers may have either form.
func SameSlice(m exo.Mission, header, name int) bool {
	if header < 0 || name < 0 || header == name {
		return true
	}
	return m == exo.K2 && name >= 91 && name <= 112 && name/10 == header && (name%10 == 1 || name%10 == 2)
}

// SameCadence reports whether the seconds between rows suit a nominal cadence
// of 20, 60, 120, 200, 600 or 1800 s: Kepler's are 2 % shorter than their
// names. Unknown (NaN, or 0) matches all.
func SameCadence(seconds float64, nominal int) bool {
	if nominal == 0 || math.IsNaN(seconds) {
		return true
	}
	return math.Abs(seconds-float64(nominal)) <= 0.03*float64(nominal)
}
