package ingest

import (
	"cmp"
	"math"
	"slices"

	"exoplanetai/internal/catalog"
)

// answer puts the files into an answer, in the order of sector, cadence and
// name.
func (r *curveRun) answer(files []fetchedCurve) LightCurveResult {
	slices.SortStableFunc(files, func(a, b fetchedCurve) int {
		return cmp.Or(cmp.Compare(sliceOf(a), sliceOf(b)), cmp.Compare(nominal(a.meta), nominal(b.meta)), cmp.Compare(a.meta.Path, b.meta.Path))
	})
	res := LightCurveResult{
		Status: "success", Target: r.target, Source: sourceOf(files), Files: make([]LightCurveFile, 0, len(files)),
		FreshUntil: r.freshUntil(), Warnings: append([]string{}, r.warnings...),
	}
	first, last := math.Inf(1), math.Inf(-1)
	for _, f := range files {
		m := f.meta
		res.Files = append(res.Files, LightCurveFile{
			Path: m.Path, SectorQuarter: sliceOf(f), CadenceS: m.CadenceS, Records: m.Rows, Checksum: m.SHA256, SizeBytes: m.SizeBytes, Source: f.source,
		})
		res.DataPoints += m.Rows
		if m.RetrievedAt.After(res.RetrievedAt) {
			res.RetrievedAt = m.RetrievedAt
		}
		if m.TimeEnd > m.TimeStart { // a file of one row, or none with a time, spans nothing
			first, last = min(first, m.TimeStart), max(last, m.TimeEnd)
		}
	}
	if last > first {
		res.TimeSpanDays = last - first
	}
	if r.asked.At.IsZero() {
		res.FreshUntil = res.RetrievedAt.Add(r.opt.Freshness["lightcurve"])
	}
	res.Validation = summary(files)
	return res
}

func sliceOf(f fetchedCurve) int {
	if f.meta.SectorQuarter == nil {
		return -1
	}
	return *f.meta.SectorQuarter
}

// sourceOf is the source of the whole: the archive if anything came from it,
// and stale if anything is.
func sourceOf(files []fetchedCurve) Source {
	for _, s := range []Source{FromArchive, Stale, Unchanged} {
		if slices.ContainsFunc(files, func(f fetchedCurve) bool { return f.source == s }) {
			return s
		}
	}
	return FromCache
}

// summary adds up the files' own; the metrics are means over the rows.
func summary(files []fetchedCurve) catalog.Summary {
	sum := catalog.Summary{Valid: true}
	rows := 0
	complete := 0.0
	for _, f := range files {
		v := f.meta.Validation
		if v == nil {
			continue
		}
		sum.Valid = sum.Valid && v.Valid
		sum.Errors += v.Errors
		sum.Warnings += v.Warnings
		rows += f.meta.Rows
		if c := v.Metrics.Completeness; c != nil {
			complete += c.Overall * float64(f.meta.Rows)
		}
	}
	if rows > 0 {
		sum.Metrics.Completeness = catalog.Overall(complete / float64(rows))
	}
	return sum
}
