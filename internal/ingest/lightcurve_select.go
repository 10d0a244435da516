package ingest

import (
	"fmt"
	"slices"
	"strings"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/store"
)

// choice is what a request takes of what there is.
type choice struct {
	products []archive.Product
	warnings []string
}

// choose takes the files that the query wants, in the order of sector, cadence
// and name. Where a sector has several cadences and none was asked for, the
// mission's usual one is taken: 120 s for TESS, long cadence for Kepler and K2;
// a warning says what was left out.
func choose(q archive.LightCurveQuery, all []archive.Product) choice {
	var c choice
	closed := 0
	for _, p := range all {
		switch {
		case !q.Wants(p.Product), slices.ContainsFunc(c.products, func(o archive.Product) bool { return o.FileName == p.FileName }):
		case p.Rights != "" && !strings.EqualFold(p.Rights, "PUBLIC"):
			closed++
		default:
			c.products = append(c.products, p)
		}
	}
	archive.SortProducts(c.products)
	if closed > 0 {
		c.warnings = append(c.warnings, fmt.Sprintf("%d files were left out: the archive does not show them to the public yet", closed))
	}
	if q.CadenceS == 0 {
		c.oneCadence(q)
	}
	return c
}

// usualCadence is the one that stands for a mission, in seconds.
func usualCadence(m exo.Mission) int {
	if m == exo.TESS {
		return 120
	}
	return 1800
}

// oneCadence leaves out what a sector has beside the usual cadence.
func (c *choice) oneCadence(q archive.LightCurveQuery) {
	usual := usualCadence(q.Mission)
	hasUsual := map[int]bool{}
	for _, p := range c.products {
		hasUsual[p.SectorQuarter] = hasUsual[p.SectorQuarter] || p.CadenceS == usual
	}
	out := map[int][]string{} // sectors by cadence
	c.products = slices.DeleteFunc(c.products, func(p archive.Product) bool {
		if !hasUsual[p.SectorQuarter] || p.CadenceS == usual || p.CadenceS == 0 {
			return false
		}
		if n := fmt.Sprint(p.SectorQuarter); !slices.Contains(out[p.CadenceS], n) {
			out[p.CadenceS] = append(out[p.CadenceS], n)
		}
		return true
	})
	cadences := make([]int, 0, len(out))
	for s := range out {
		cadences = append(cadences, s)
	}
	slices.Sort(cadences)
	for _, s := range cadences {
		c.warnings = append(c.warnings, fmt.Sprintf("the %d s light curves of %s %s were left out beside those of %d s; ask for them with cadence_s %d",
			s, archive.SliceWord(q.Mission), strings.Join(out[s], ", "), usual, s))
	}
}

// asProduct describes a stored file as if the archive had listed it.
func asProduct(m store.Meta) archive.Product {
	name := lightcurve.ArchiveName(m.Path.Base())
	p, ok := lightcurve.ParseFileName(name)
	if !ok {
		p = lightcurve.Product{Mission: m.Mission, Author: m.Author, ID: m.Target, SectorQuarter: -1, CadenceS: int(m.CadenceS + 0.5)}
		if m.SectorQuarter != nil {
			p.SectorQuarter = *m.SectorQuarter
		}
	}
	if p.ID.IsZero() { // TGLC names its files after Gaia's numbers
		p.ID = m.Target
	}
	return archive.Product{Product: p, FileName: name, SizeBytes: m.SizeBytes}
}

// newest keeps of each file, known by the archive's name, the one retrieved
// last.
func newest(metas []store.Meta) map[string]store.Meta {
	held := make(map[string]store.Meta, len(metas))
	for _, m := range metas {
		name := lightcurve.ArchiveName(m.Path.Base())
		if old, ok := held[name]; !ok || !m.RetrievedAt.Before(old.RetrievedAt) {
			held[name] = m
		}
	}
	return held
}
