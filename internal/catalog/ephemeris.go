package catalog

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"exoplanetai/internal/exo"
)

// Ephemeris is what a table says of when and how long a planet transits. Errors
// are one sigma, the larger of the two sides; 0 where the table gives none.
type Ephemeris struct {
	Object      string    // K00752.01, TOI 114.01, K2-18 b
	Disposition string    // the table's verdict, as it spells it
	Scale       exo.Scale // of Epoch: BKJD in the KOI table, BJD in the others

	PeriodDays  float64 // 0: a single transit
	PeriodErr   float64 // days
	Epoch       float64 // mid-transit, days, on Scale
	EpochErr    float64 // days
	DurationH   float64 // hours, first to fourth contact
	DurationErr float64 // hours
	DepthPPM    float64 // 0 unknown
}

// Limits of what is believed. The longest transits known last about two days;
// the epochs lie within the missions and what came shortly before.
const (
	maxDurationH  = 240
	maxPeriodDays = 1e6
	minEpochBJD   = 2.40e6
	maxEpochBJD   = 2.50e6
	maxDepthPPM   = 1e6
)

// Ephemerides returns the transits of a star as the table knows them, one for
// each object, by its name.
//
// Left out are objects that the table holds for no planets (FALSE POSITIVE,
// REFUTED, FP, FA): a mask over something that is no transit would only hide
// outliers, and the depth of a binary's eclipse is nobody's to protect. Left out
// are also rows without a usable epoch or duration, those whose value is a limit,
// and those whose numbers cannot be: a duration not below the period, an epoch on
// another scale. A missing period, or 0, is a single transit.
//
// The K2 table has a row for each paper. The verdict and the numbers are those of
// the default row; where that lacks epoch or duration, the numbers are those of
// the complete row that changed last.
func (t *Table) Ephemerides(id exo.TargetID) []Ephemeris {
	if t.at[RoleDuration] < 0 || t.at[RoleEpoch] < 0 || id.IsZero() {
		return nil
	}
	var rows []int
	for _, i := range t.names.rows(t, fold(id.String())) {
		if slices.Contains(t.ids(i), id) {
			rows = append(rows, i)
		}
	}
	if t.Type == K2 {
		rows = t.bestRows(rows)
	}
	var list []Ephemeris
	for _, i := range rows {
		if e, ok := t.ephemeris(i); ok && isPlanet(e.Disposition) {
			list = append(list, e)
		}
	}
	slices.SortStableFunc(list, func(a, b Ephemeris) int { return strings.Compare(a.Object, b.Object) })
	return list
}

// isPlanet tells whether a verdict leaves a planet possible.
func isPlanet(disposition string) bool {
	switch strings.ToUpper(disposition) {
	case "FALSE POSITIVE", "FALSE ALARM", "REFUTED", "FP", "FA":
		return false
	}
	return true
}

// bestRows chooses one row for each planet of a table with a row for each paper.
func (t *Table) bestRows(rows []int) []int {
	byName := map[string][]int{}
	var names []string
	for _, i := range rows {
		name := t.Get(i, RolePlanet)
		if len(byName[name]) == 0 {
			names = append(names, name)
		}
		byName[name] = append(byName[name], i)
	}
	best := make([]int, 0, len(names))
	for _, name := range names {
		if i, ok := t.bestRow(byName[name]); ok {
			best = append(best, i)
		}
	}
	return best
}

// bestRow chooses among the rows of one planet; the default row's verdict
// counts for all.
func (t *Table) bestRow(rows []int) (int, bool) {
	isDefault := func(i int) bool { return t.Get(i, RoleDefault) == "1" }
	if d := slices.IndexFunc(rows, isDefault); d >= 0 && !isPlanet(t.Get(rows[d], RoleDisposition)) {
		return 0, false
	}
	complete := slices.DeleteFunc(slices.Clone(rows), func(i int) bool {
		_, ok := t.ephemeris(i)
		return !ok || !isPlanet(t.Get(i, RoleDisposition))
	})
	if len(complete) == 0 {
		return 0, false
	}
	rank := func(i int) int {
		if isDefault(i) {
			return 1
		}
		return 0
	}
	return slices.MaxFunc(complete, func(a, b int) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(t.Get(a, RoleUpdated), t.Get(b, RoleUpdated)))
	}), true
}

// ephemeris reads row i; ok is false if it says nothing that can be used.
func (t *Table) ephemeris(i int) (e Ephemeris, ok bool) {
	e = Ephemeris{
		Object: t.object(i), Disposition: t.Get(i, RoleDisposition), Scale: t.epochScale(),
		PeriodErr: t.sigma(i, RolePeriodErr, RolePeriodErr2), EpochErr: t.sigma(i, RoleEpochErr, RoleEpochErr2),
		DurationErr: t.sigma(i, RoleDurationErr, RoleDurationErr2), DepthPPM: t.depth(i),
	}
	if t.isLimit(i, RolePeriodLimit) || t.isLimit(i, RoleEpochLimit) || t.isLimit(i, RoleDurationLimit) {
		return e, false
	}
	if t.Get(i, RolePeriod) != "" {
		if e.PeriodDays, ok = t.value(i, RolePeriod); !ok || e.PeriodDays < 0 || e.PeriodDays > maxPeriodDays {
			return e, false
		}
	}
	if e.PeriodDays == 0 {
		e.PeriodErr = 0
	}
	if e.Epoch, ok = t.value(i, RoleEpoch); !ok || e.Epoch+e.Scale.Zero() < minEpochBJD || e.Epoch+e.Scale.Zero() > maxEpochBJD {
		return e, false
	}
	if e.DurationH, ok = t.value(i, RoleDuration); !ok || e.DurationH <= 0 || e.DurationH > maxDurationH {
		return e, false
	}
	return e, e.PeriodDays == 0 || e.DurationH/24 < e.PeriodDays
}

// object names the planet or candidate of row i.
func (t *Table) object(i int) string {
	switch t.Type {
	case TOI:
		return "TOI " + t.Get(i, RoleKey)
	case K2:
		return t.Get(i, RolePlanet)
	}
	return t.Get(i, RoleKey)
}

// epochScale tells the zero point of the epoch's column: koi_time0bk counts from
// BJD 2454833, all others are full BJD.
func (t *Table) epochScale() exo.Scale {
	if strings.HasSuffix(canon(t.Columns[t.at[RoleEpoch]].Name), "time0bk") {
		return exo.BKJD
	}
	return exo.BJD
}

// value reads a finite number.
func (t *Table) value(i int, r Role) (float64, bool) {
	v := ParseNumber(t.Get(i, r))
	return v, !math.IsNaN(v)
}

// sigma returns the larger of two errors, without sign; 0 for none.
func (t *Table) sigma(i int, up, down Role) float64 {
	s := 0.0
	for _, r := range []Role{up, down} {
		if v, ok := t.value(i, r); ok {
			s = max(s, math.Abs(v))
		}
	}
	return s
}

// isLimit tells whether an archive's limit flag is set.
func (t *Table) isLimit(i int, r Role) bool {
	v, ok := t.value(i, r)
	return ok && v != 0
}

// depth returns parts per million; 0 if the table gives none that can be.
func (t *Table) depth(i int) float64 {
	v, ok := t.value(i, RoleDepth)
	if ok && t.Type == K2 && t.Columns[t.at[RoleDepth]].Unit != "ppm" {
		v *= 1e4 // per cent
	}
	if !ok || v <= 0 || v > maxDepthPPM {
		return 0
	}
	return v
}
