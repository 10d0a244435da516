package archive

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
)

// DefaultAuthor returns the mission's own pipeline, as MAST spells it.
func DefaultAuthor(m exo.Mission) string {
	switch m {
	case exo.Kepler:
		return lightcurve.AuthorKepler
	case exo.K2:
		return lightcurve.AuthorK2
	}
	return lightcurve.AuthorSPOC
}

// authors lists the pipelines whose files are known, with the mission.
var authors = []struct {
	name    string
	mission exo.Mission
}{
	{lightcurve.AuthorSPOC, exo.TESS}, {lightcurve.AuthorTESSSPOC, exo.TESS}, {lightcurve.AuthorQLP, exo.TESS},
	{lightcurve.AuthorTGLC, exo.TESS}, {lightcurve.AuthorDataAlerts, exo.TESS}, {lightcurve.AuthorKepler, exo.Kepler},
	{lightcurve.AuthorK2, exo.K2}, {lightcurve.AuthorK2SFF, exo.K2}, {lightcurve.AuthorEVEREST, exo.K2},
	{lightcurve.AuthorK2SC, exo.K2}, {lightcurve.AuthorK2VARCAT, exo.K2},
}

// Checked returns the query with the author filled in and spelled as MAST
// does, or Invalid for a query that cannot have an answer: no star, a star of
// another mission's catalog, an author who has no light curves of the mission.
func (q LightCurveQuery) Checked() (LightCurveQuery, error) {
	const op = "archive.Find"
	if q.Mission == "" {
		q.Mission = q.Target.Catalog.Mission()
	}
	switch {
	case q.Target.IsZero():
		return q, exo.Errorf(op, exo.Invalid, nil, "no star is given").Try("give a catalog number such as TIC 441420236")
	case q.Target.Catalog != q.Mission.Catalog():
		return q, exo.Errorf(op, exo.Invalid, q.Target, "%s is not a number of the %s mission's catalog", q.Target, q.Mission).
			Try("%s stars have %s numbers", q.Mission, q.Mission.Catalog())
	case q.SectorQuarter != nil && *q.SectorQuarter < 0:
		return q, exo.Errorf(op, exo.Invalid, q.Target, "there is no sector, quarter or campaign %d", *q.SectorQuarter)
	case q.Author == "":
		q.Author = DefaultAuthor(q.Mission)
		return q, nil
	}
	var known []string
	for _, a := range authors {
		if a.mission != q.Mission {
			continue
		}
		if strings.EqualFold(a.name, q.Author) {
			q.Author = a.name
			return q, nil
		}
		known = append(known, a.name)
	}
	return q, exo.Errorf(op, exo.Invalid, q.Target, "%.40q is not an author of %s light curves", q.Author, q.Mission).
		Try("use one of %s", strings.Join(known, ", "))
}

// Wants reports whether a file, known by its name, answers the query. Kepler's
// nominal cadences stand for the exact ones, 1800 s for 1765 s. A split K2
// campaign answers to its whole: 91 and 92 to 9, 101 and 102 to 10.
func (q LightCurveQuery) Wants(p lightcurve.Product) bool {
	author := q.Author
	if author == "" {
		author = DefaultAuthor(q.Mission)
	}
	switch {
	case p.Mission != q.Mission, !strings.EqualFold(p.Author, author), p.ID != q.Target:
		return false
	case q.CadenceS > 0 && p.CadenceS > 0 && math.Abs(float64(q.CadenceS-p.CadenceS)) > 0.03*float64(p.CadenceS):
		return false
	case q.SectorQuarter == nil:
		return true
	}
	n := *q.SectorQuarter
	return p.SectorQuarter == n || q.Mission == exo.K2 && n < 90 && Campaign(p.SectorQuarter) == n
}

// Campaign returns the K2 campaign that a file's number belongs to: campaigns
// 9, 10 and 11 were split, and their halves are called 91, 92, 101, 102, 111
// and 112.
func Campaign(n int) int {
	switch n {
	case 91, 92, 101, 102, 111, 112:
		return n / 10
	}
	return n
}

// NothingFound is the NotFound error of a query without an answer.
func (q LightCurveQuery) NothingFound(op, where string) error {
	what := "no " + q.Author + " light curve of " + q.Target.String()
	hint := "check the star's number and the mission; another author may have one"
	if q.SectorQuarter != nil {
		hint = "leave the " + SliceWord(q.Mission) + " out to get all there are, or name another author"
	}
	return exo.Errorf(op, exo.NotFound, q.Target, "%s has %s", where, strings.ReplaceAll(what, "  ", " ")).Try("%s", hint)
}

// SliceWord is what a mission calls a stretch of observation.
func SliceWord(m exo.Mission) string { return m.SliceWord() }

// SortProducts orders products by sector, cadence and name, so that the same
// files are always listed in the same order.
func SortProducts(ps []Product) {
	slices.SortFunc(ps, func(a, b Product) int {
		return cmp.Or(cmp.Compare(a.SectorQuarter, b.SectorQuarter), cmp.Compare(a.CadenceS, b.CadenceS),
			cmp.Compare(a.FileName, b.FileName), cmp.Compare(a.URI, b.URI))
	})
}
