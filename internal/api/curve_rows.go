package api

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/process"
)

// removed are the flags of rows without a processed flux. FlagShort is one of
// them only where short segments are dropped, which the flux tells.
const removed = preprocess.FlagTime | preprocess.FlagFlux | preprocess.FlagQuality | preprocess.FlagOutlier |
	preprocess.FlagDuplicate | preprocess.FlagTrend

// piece is one file's part of an answer.
type piece struct {
	process.Curve
	sum  exo.Digest // of the stored result; zero where none is stored
	rows []int32    // rows of the file that are given, in the file's order
}

// flag says of a row why it left, as far as it is known: of a raw series only
// whether time and flux are there.
func (p *piece) flag(i int32) int32 {
	if p.Result != nil {
		return p.Result.Flag[i]
	}
	switch {
	case !isFinite(p.Raw.Time[i]):
		return preprocess.FlagTime
	case !isFinite(p.Raw.Flux[i]):
		return preprocess.FlagFlux
	}
	return 0
}

// curveAnswer is all that an answer is written from.
type curveAnswer struct {
	q      curveQuery
	view   process.View
	pieces []piece
	points int            // given
	of     int            // before thinning out
	flags  map[string]int // rows in the time window per flag, before thinning out
	warn   []string
	etag   string
}

// assemble puts the files in order of time and chooses their rows.
func (s *Server) assemble(ctx context.Context, q curveQuery, v process.View) (*curveAnswer, error) {
	a := &curveAnswer{q: q, view: v, flags: map[string]int{}, warn: slices.Clone(v.Warnings)}
	for _, c := range v.Curves {
		p := piece{Curve: c}
		if c.Path != "" {
			m, err := s.library.Get(ctx, c.Path)
			if err != nil {
				return nil, err
			}
			p.sum = m.SHA256
		}
		a.pieces = append(a.pieces, p)
	}
	slices.SortStableFunc(a.pieces, func(x, y piece) int { return cmp.Compare(begin(x.Raw.Time), begin(y.Raw.Time)) })
	for i := range a.pieces {
		if err := ctx.Err(); err != nil {
			return nil, exo.E("api.lightcurves", exo.Canceled, nil, err)
		}
		a.pieces[i].choose(q)
		a.of += len(a.pieces[i].rows)
	}
	a.count()
	a.overlaps()
	if q.decimate > 0 && a.of > q.decimate {
		a.decimate()
	}
	for i := range a.pieces {
		a.points += len(a.pieces[i].rows)
	}
	a.tag(s.version)
	return a, nil
}

// begin returns the first finite time; a file without any comes last.
func begin(t []float64) float64 {
	for _, x := range t {
		if isFinite(x) {
			return x
		}
	}
	return math.Inf(1)
}

func end(t []float64) float64 {
	for i := len(t) - 1; i >= 0; i-- {
		if isFinite(t[i]) {
			return t[i]
		}
	}
	return math.Inf(-1)
}

// choose takes the rows of the time window. Rows without a time have no place
// in a window, in a thinned-out answer or in the binary form.
func (p *piece) choose(q curveQuery) {
	t := p.Raw.Time
	p.rows = make([]int32, 0, len(t))
	all := !q.window && q.decimate == 0 && q.form != formBin
	for i, x := range t {
		if all || x >= q.from && x <= q.to && isFinite(x) {
			p.rows = append(p.rows, int32(i))
		}
	}
}

// count says how many rows carry each flag, before any is left out.
func (a *curveAnswer) count() {
	var n [8]int
	for i := range a.pieces {
		p := &a.pieces[i]
		for _, row := range p.rows {
			for f := p.flag(row) & 0xff; f != 0; f &= f - 1 {
				n[trailing(f)]++
			}
		}
	}
	for _, f := range preprocess.FlagTable() {
		a.flags[f.Name] = n[trailing(f.Bit)]
	}
}

func trailing(f int32) int {
	n := 0
	for ; f&1 == 0 && n < 31; f >>= 1 {
		n++
	}
	return n
}

// overlaps warns of files that look at the same days.
func (a *curveAnswer) overlaps() {
	last := math.Inf(-1)
	for i := range a.pieces {
		t := a.pieces[i].Raw.Time
		if begin(t) < last {
			a.warn = append(a.warn, "some of these light curves cover the same days and follow one another; choose a cadence_s, an author or a sector_quarter for one series")
			return
		}
		last = max(last, end(t))
	}
}

// tag makes the ETag: it stands for the sources, the recipe and the query.
func (a *curveAnswer) tag(version string) {
	type source struct {
		Source, Stored exo.Digest
		Path           exo.Path
	}
	doc := struct {
		Key, Version string
		Algorithm    int
		Target       process.Target
		Profile      preprocess.Profile
		Recipe       exo.Digest
		Ephemerides  []preprocess.Ephemeris
		Warnings     []string
		Sources      []source
	}{Key: a.q.key(), Version: version, Algorithm: preprocess.Algorithm, Target: a.view.Target, Profile: a.view.Profile,
		Recipe: a.view.Recipe, Ephemerides: a.view.Ephemerides, Warnings: a.warn}
	for _, p := range a.pieces {
		doc.Sources = append(doc.Sources, source{p.Meta.SHA256, p.sum, p.Path})
	}
	text, err := json.Marshal(doc)
	if err != nil { // a number that JSON cannot hold: such an answer is not to be kept
		return
	}
	a.etag = exo.DigestOf(text).Hex()
}
