package api

import (
	"encoding/json"
	"math"
	"strconv"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/process"
)

// curveDocument is the JSON form. It is written by hand, so that columns of any
// length need no memory of their own; this type describes it, and holds the
// members before the columns.
type curveDocument struct {
	Target      process.Target         `json:"target"`
	Series      string                 `json:"series" enum:"raw,processed" doc:"the series asked for"`
	Profile     preprocess.Profile     `json:"profile,omitempty" doc:"absent: nothing was processed"`
	Recipe      *exo.Digest            `json:"recipe" doc:"digest of all parameters of the first sector; null: nothing was processed"`
	Scale       exo.Scale              `json:"scale" doc:"of all times: BTJD is BJD - 2457000, BKJD is BJD - 2454833"`
	Unit        string                 `json:"unit" doc:"of raw_flux, raw_flux_err and trend; flux and flux_err are normalised"`
	Ephemerides []preprocess.Ephemeris `json:"ephemerides" doc:"of the catalogs, on this scale"`
	Sectors     []curveSector          `json:"sectors" doc:"the files, in order of time"`
	Segments    []curveSegment         `json:"segments" doc:"runs without a gap; between two of them is a gap"`
	Flags       []curveFlag            `json:"flags" doc:"the bits of the column flag"`
	Decimated   *curveDecimated        `json:"decimated" doc:"null: every row is given"`
	Warnings    []string               `json:"warnings"`
	Points      int                    `json:"points" doc:"length of each column"`
	Columns     curveColumnsDocument   `json:"columns"`
}

// curveSector is one file of an answer.
type curveSector struct {
	Label          string           `json:"label" doc:"S1 (TESS sector), Q4 (Kepler quarter), C5 (K2 campaign)"`
	SectorQuarter  int              `json:"sector_quarter"`
	CadenceS       float64          `json:"cadence_s"`
	Author         string           `json:"author"`
	Unit           string           `json:"unit" doc:"of the raw flux"`
	Rows           curveRange       `json:"rows" doc:"where its rows stand in the columns"`
	SourcePath     exo.Path         `json:"source_path"`
	SourceChecksum exo.Digest       `json:"source_checksum"`
	Path           *exo.Path        `json:"path" doc:"of the stored result; null: computed for this answer, or raw"`
	Checksum       *exo.Digest      `json:"checksum" doc:"of the stored result"`
	Recipe         *exo.Digest      `json:"recipe"`
	Norm           *curveNormalised `json:"normalization"`
}

// curveNormalised says how flux follows from what was left after the baseline.
type curveNormalised struct {
	Method string  `json:"method"`
	A      float64 `json:"a"`
	S      float64 `json:"s"`
	B      float64 `json:"b"`
}

// curveRange is a half-open range of rows.
type curveRange struct {
	Start int `json:"start"`
	End   int `json:"end" doc:"one behind the last"`
}

// curveSegment is a run without a gap.
type curveSegment struct {
	Sector  int     `json:"sector" doc:"index in sectors"`
	Segment int     `json:"segment" doc:"its number in the column segment"`
	From    float64 `json:"from" doc:"first time"`
	To      float64 `json:"to" doc:"last time"`
	Rows    int     `json:"rows"`
}

// curveFlag explains a bit.
type curveFlag struct {
	Bit   int32  `json:"bit"`
	Name  string `json:"name"`
	Text  string `json:"text"`
	Count int    `json:"count" doc:"rows of the time window that carry it, before any is left out"`
}

// curveDecimated says what was left out.
type curveDecimated struct {
	From   int    `json:"from" doc:"points before"`
	To     int    `json:"to" doc:"points given"`
	Method string `json:"method" enum:"min-max"`
}

// curveColumnsDocument describes the columns: lists of equal length, null where a value is
// unknown. The columns of the processed series are absent where nothing was
// processed.
type curveColumnsDocument struct {
	Time       []*float64 `json:"time" doc:"mid-cadence, days on scale"`
	RawFlux    []*float64 `json:"raw_flux"`
	RawFluxErr []*float64 `json:"raw_flux_err"`
	Flux       []*float64 `json:"flux,omitempty" doc:"processed; null in removed rows"`
	FluxErr    []*float64 `json:"flux_err,omitempty"`
	Trend      []*float64 `json:"trend,omitempty" doc:"in the unit of raw_flux"`
	Segment    []int      `json:"segment,omitempty" doc:"numbered within a file; -1 none"`
	Flag       []int      `json:"flag" doc:"bits, see flags"`
	Quality    []int      `json:"quality" doc:"the archive's bits"`
	Cadence    []int      `json:"cadence" doc:"cadence number; 0 where the product has none"`
	Sector     []int      `json:"sector" doc:"sector, quarter or campaign"`
}

// document makes the members before the columns.
func (a *curveAnswer) document() curveDocument {
	d := curveDocument{
		Target: a.view.Target, Series: "processed", Scale: a.scale(), Ephemerides: a.view.Ephemerides, Points: a.points,
		Sectors: []curveSector{}, Segments: []curveSegment{}, Warnings: a.warn,
	}
	if a.q.raw {
		d.Series = "raw"
	}
	if !a.q.plain {
		d.Profile, d.Recipe = a.view.Profile, known(a.view.Recipe)
	}
	if d.Ephemerides == nil {
		d.Ephemerides = []preprocess.Ephemeris{}
	}
	if d.Warnings == nil {
		d.Warnings = []string{}
	}
	for _, f := range preprocess.FlagTable() {
		d.Flags = append(d.Flags, curveFlag{f.Bit, f.Name, f.Text, a.flags[f.Name]})
	}
	if a.points != a.of {
		d.Decimated = &curveDecimated{a.of, a.points, "min-max"}
	}
	at := 0
	for i := range a.pieces {
		p := &a.pieces[i]
		d.Sectors = append(d.Sectors, p.sector(at))
		d.Segments = p.segments(i, a.q, d.Segments)
		at += len(p.rows)
	}
	if len(d.Sectors) > 0 {
		d.Unit = d.Sectors[0].Unit
	}
	return d
}

func known(d exo.Digest) *exo.Digest {
	if d.IsZero() {
		return nil
	}
	return &d
}

// sector describes a file whose rows begin at the index given.
func (p *piece) sector(at int) curveSector {
	lc := p.Raw
	s := curveSector{
		Label: label(lc.Mission, lc.SectorQuarter), SectorQuarter: lc.SectorQuarter, CadenceS: lc.CadenceS, Author: lc.Author,
		Unit: lc.FluxUnit, Rows: curveRange{at, at + len(p.rows)}, SourcePath: p.SourcePath, SourceChecksum: p.Meta.SHA256, Checksum: known(p.sum),
	}
	if !isFinite(s.CadenceS) {
		s.CadenceS = 0
	}
	if p.Path != "" {
		s.Path = &p.Path
	}
	if p.Result == nil {
		return s
	}
	s.Recipe = known(p.Report.Recipe)
	if n := p.Result.Norm; isFinite(n.A) && isFinite(n.S) && isFinite(n.B) {
		s.Norm = &curveNormalised{method(p.Report.Parameters), n.A, n.S, n.B}
	}
	return s
}

// method reads how the flux was normalised from the parameters of a report.
func method(parameters json.RawMessage) string {
	var p struct {
		Method string `json:"normalize_method"`
	}
	if json.Unmarshal(parameters, &p) != nil { // a report without parameters
		return ""
	}
	return p.Method
}

func label(m exo.Mission, number int) string {
	if number < 0 {
		return string(m)
	}
	letter := map[exo.Mission]string{exo.TESS: "S", exo.Kepler: "Q", exo.K2: "C"}[m]
	return letter + strconv.Itoa(number)
}

// segments appends the runs without a gap of a file, of all rows in the window
// and not only of those given.
func (p *piece) segments(sector int, q curveQuery, list []curveSegment) []curveSegment {
	if p.Result == nil {
		return list
	}
	first := len(list)
	index := map[int32]int{}
	for i, number := range p.Result.Segment {
		t := p.Raw.Time[i]
		if number < 0 || !(t >= q.from && t <= q.to) {
			continue
		}
		k, ok := index[number]
		if !ok {
			k = len(list) - first
			index[number] = k
			list = append(list, curveSegment{Sector: sector, Segment: int(number), From: t, To: t})
		}
		s := &list[first+k]
		s.From, s.To, s.Rows = math.Min(s.From, t), math.Max(s.To, t), s.Rows+1
	}
	return list
}

// writeJSON writes the members, then column after column.
func (a *curveAnswer) writeJSON(c *chunks) {
	head, err := json.Marshal(a.document())
	if err != nil {
		c.err = err
		return
	}
	cut := len(head) - 1 // the columns are the last member: take the closing brace and the empty columns away
	for cut > 0 && head[cut] != '{' {
		cut--
	}
	c.text(string(head[:cut]))
	c.text("{")
	for k, col := range a.columns() {
		if k > 0 {
			c.buf = append(c.buf, ',')
		}
		c.buf = append(append(append(c.buf, '"'), col.name...), '"', ':', '[')
		first := true
		for i := range a.pieces {
			p := &a.pieces[i]
			for _, row := range p.rows {
				if !first {
					c.buf = append(c.buf, ',')
				}
				first = false
				c.buf = col.appendValue(c.buf, col.get(p, row), "null")
				c.room()
			}
		}
		c.buf = append(c.buf, ']')
	}
	c.text("}}\n")
}
