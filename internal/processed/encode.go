package processed

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
)

const (
	opEncode = "processed.Encode"

	// ExtName is the name of the table.
	ExtName = "PROCESSED"

	sumComment  = "of this HDU, ASCII 1's complement"
	dataComment = "of the data, unsigned sum"
)

// Encode makes the FITS file of docs/format/processed.md: the primary header of
// the source with its mission keywords kept, and the table PROCESSED. CHECKSUM
// and DATASUM stand in each HDU. The error is exo.Invalid: columns that differ
// in length, no recipe.
func Encode(f *File, source *fits.File) (*fits.File, error) {
	if err := f.check(source); err != nil {
		return nil, err
	}
	table, err := f.table(source)
	if err != nil {
		return nil, exo.E(opEncode, exo.Invalid, f.Source.Name, err)
	}
	primary, err := fits.NewPrimary(f.primary(source, table.Header))
	if err != nil {
		return nil, exo.E(opEncode, exo.Invalid, f.Source.Name, err)
	}
	out := &fits.File{HDUs: []*fits.HDU{primary, table}}
	for _, h := range out.HDUs {
		if err := h.AddDatasum(dataComment); err != nil {
			return nil, exo.E(opEncode, exo.Invalid, f.Source.Name, err)
		}
		if err := h.AddChecksum(sumComment); err != nil {
			return nil, exo.E(opEncode, exo.Invalid, f.Source.Name, err)
		}
	}
	return out, nil
}

// check finds what cannot be written before anything is.
func (f *File) check(source *fits.File) error {
	refuse := func(format string, args ...any) error {
		return exo.Errorf(opEncode, exo.Invalid, f.Source.Name, format, args...)
	}
	if f.Recipe == nil || f.Curve == nil || source == nil || len(source.HDUs) == 0 {
		return refuse("a processed file needs a recipe, a light curve and its source")
	}
	n, r := f.Curve.Len(), &f.Result
	for _, col := range []struct {
		name string
		rows int
	}{{"FLUX", len(r.Flux)}, {"FLUX_ERR", len(r.FluxErr)}, {"TREND", len(r.Trend)}, {"SEGMENT", len(r.Segment)}, {"PPFLAG", len(r.Flag)}} {
		if col.rows != n {
			return refuse("column %s has %d rows, the light curve %d", col.name, col.rows, n)
		}
	}
	for _, have := range []int{len(f.Curve.Quality), len(f.Curve.Cadence)} {
		if have != 0 && have != n {
			return refuse("QUALITY or CADENCENO has %d rows, the light curve %d", have, n)
		}
	}
	if zero := f.Curve.Scale.Zero(); zero == 0 {
		return refuse("times are on the scale %q, which is neither BKJD nor BTJD", string(f.Curve.Scale))
	}
	return nil
}

// kept are cards of the source's table that readers of light curves look for.
var kept = []string{
	"TELESCOP", "INSTRUME", "RADESYS", "EQUINOX", "EXPOSURE", "TIMEREF", "TASSIGN", "TIMESYS", "TIMEUNIT", "TELAPSE", "LIVETIME",
	"TSTART", "TSTOP", "DEADC", "TIMEPIXR", "TIERRELA", "INT_TIME", "READTIME", "FRAMETIM", "NUM_FRM", "TIMEDEL", "XPTIME",
}

// table makes the table with all its cards.
func (f *File) table(source *fits.File) (*fits.HDU, error) {
	h := fits.NewHeader()
	columns := f.columns()
	t, err := fits.NewTable(h, columns)
	if err != nil {
		return nil, err
	}
	h.Set("EXTNAME", ExtName, "name of extension")
	h.Set("EXTVER", 1, "extension version number")
	f.copyTimes(h, source)
	f.describe(h)
	f.provenance(h)
	f.recipe(h)
	f.outcome(h)
	for _, s := range f.Result.Steps {
		history(h, stepText(s))
	}
	for _, w := range f.Result.Warnings {
		history(h, warningText(w))
	}
	return t, h.Err()
}

func (f *File) columns() []fits.ColumnData {
	lc, r := f.Curve, &f.Result
	unit := "BJD - 2457000, days"
	if lc.Scale == exo.BKJD {
		unit = "BJD - 2454833"
	}
	quality := lc.Quality
	if quality == nil {
		quality = make([]int32, lc.Len())
	}
	list := []fits.ColumnData{{Name: "TIME", Form: "D", Unit: unit, Data: canonical(lc.Time)}}
	if hasCadence(lc) {
		list = append(list, fits.ColumnData{Name: "CADENCENO", Form: "J", Data: lc.Cadence})
	}
	return append(list,
		fits.ColumnData{Name: "FLUX", Form: "D", Data: canonical(r.Flux)},
		fits.ColumnData{Name: "FLUX_ERR", Form: "D", Data: canonical(r.FluxErr)},
		fits.ColumnData{Name: "TREND", Form: "D", Unit: trendUnit(lc.FluxUnit), Data: canonical(r.Trend)},
		fits.ColumnData{Name: "SEGMENT", Form: "J", Data: r.Segment},
		fits.ColumnData{Name: "PPFLAG", Form: "J", Data: r.Flag},
		fits.ColumnData{Name: "QUALITY", Form: "J", Data: quality})
}

// trendUnit is the unit of TREND; none for a flux that is a ratio.
func trendUnit(unit string) string {
	if unit == "1" {
		return ""
	}
	return printable(unit)
}

func hasCadence(lc *lightcurve.LightCurve) bool {
	return slices.ContainsFunc(lc.Cadence, func(c int32) bool { return c != 0 })
}

// canonical makes every NaN the same one, so that equal results have equal
// sums: the sign and payload of a NaN depend on the processor.
func canonical(x []float64) []float64 {
	out := make([]float64, len(x))
	nan := math.Float64frombits(0x7ff8000000000000)
	for i, v := range x {
		if v != v {
			v = nan
		}
		out[i] = v
	}
	return out
}

// copyTimes writes what says how to read TIME.
func (f *File) copyTimes(h *fits.Header, source *fits.File) {
	from := []*fits.Header{source.HDUs[0].Header}
	if t, ok := source.Lookup(f.Source.Ext); ok && f.Source.Ext != "" {
		from = []*fits.Header{t.Header, source.HDUs[0].Header}
	}
	for _, key := range kept {
		for _, head := range from {
			if c, ok := head.Get(key); ok && c.Kind() > fits.Undefined {
				copyCard(h, c)
				break
			}
		}
	}
	for _, c := range [][3]string{
		{"TIMEREF", "SOLARSYSTEM", "barycentric correction applied to times"},
		{"TIMESYS", "TDB", "time system is Barycentric Dynamical Time"},
		{"TIMEUNIT", "d", "time unit for TIME"},
	} {
		if !h.Has(c[0]) {
			h.Set(c[0], c[1], c[2])
		}
	}
	h.Set("BJDREFI", int(f.Curve.Scale.Zero()), "integer part of BTJD/BKJD reference date")
	h.Set("BJDREFF", 0.0, "fraction of the day in reference date")
}

// describe writes what the source says of the star.
func (f *File) describe(h *fits.Header) {
	lc := f.Curve
	h.Set("OBJECT", printable(lc.Name), "target")
	number(h, "RA_OBJ", lc.RA, "[deg] right ascension")
	number(h, "DEC_OBJ", lc.Dec, "[deg] declination")
	number(h, "CROWDSAP", lc.CrowdSAP, "target's share of the flux in the aperture")
	number(h, "FLFRCSAP", lc.FlFrcSAP, "share of the target's flux in the aperture")
	h.Set("PPMISS", string(lc.Mission), "mission")
	h.Set("PPTARG", lc.Target.String(), "star")
	h.Set("PPAUTH", printable(lc.Author), "author of the source")
	h.Set("PPSLICE", lc.SectorQuarter, "sector, quarter or campaign; -1 unknown")
	number(h, "PPCADS", lc.CadenceS, "[s] nominal cadence of the source")
	number(h, "PPMAG", lc.Mag, "[mag] in the mission's band")
	h.Set("PPFUNIT", printable(lc.FluxUnit), "unit of the source's flux, and of TREND")
	h.Set("PPFTAB", string(lc.Flags), "table that explains QUALITY")
	h.Set("PPDREL", lc.DataRelease, "data release of the source; -1 unknown")
	h.Set("PPPVER", printable(lc.ProcVer), "pipeline version of the source")
}

// number writes a card unless the number is not finite, which a header cannot
// hold.
func number(h *fits.Header, key string, v float64, comment string) {
	if !math.IsNaN(v) && !math.IsInf(v, 0) {
		h.Set(key, v, comment)
	}
}

// limit writes a number that may be infinite, as the string 'inf'.
func limit(h *fits.Header, key string, v *preprocess.Number, comment string) {
	switch {
	case v == nil:
	case math.IsInf(float64(*v), 0):
		h.Set(key, "inf", comment)
	default:
		number(h, key, float64(*v), comment)
	}
}

func (f *File) provenance(h *fits.Header) {
	h.Set("PPVERS", printable(f.Program), "program and its version")
	h.Set("PPALGO", f.Algorithm, "version of the definitions")
	h.Set("PPINPUT", escape(f.Source.Name), "source file")
	h.Set("PPINSHA", f.Source.SHA256.Hex(), "SHA-256")
	h.Set("PPINEXT", escape(f.Source.Ext), "HDU read")
	h.Set("PPINCOL", escape(f.Source.Column), "flux column read")
	h.Set("PPPROF", string(f.Profile), "profile")
	h.Set("PPPARAM", string(f.Recipe.Canonical()), "")
	h.Set("PPPSHA", f.Recipe.Digest().Hex(), "SHA-256")
}

// recipe writes the parameters that people look for. PPPARAM holds them all.
func (f *File) recipe(h *fits.Header) {
	p := f.Recipe.Params
	h.Set("PPQUAL", string(p.QualityBitmask.Preset), "quality preset; empty: a number of its own")
	h.Set("PPQMASK", int(f.Result.QualityMask), "quality bits that reject a row")
	h.Set("PPOUTL", p.RemoveOutliers, "outliers removed")
	h.Set("PPOUTM", p.OutlierMethod, "outlier method")
	limit(h, "PPSIGLO", p.SigmaLower, "lower limit in sigma")
	limit(h, "PPSIGUP", p.SigmaUpper, "upper limit in sigma")
	h.Set("PPMAXIT", p.SigmaClipMaxIters, "iterations at most; 0 no limit")
	number(h, "PPGAPH", p.GapThresholdHours, "[h] gap threshold")
	number(h, "PPGAPC", p.GapMinCadences, "gap threshold in cadences")
	h.Set("PPMINPT", p.MinPointsPerSegment, "points that a segment needs")
	h.Set("PPBASE", p.BaselineMethod, "baseline method")
	h.Set("PPWIN", f.Result.WindowUsed, "window asked for in samples; 0 none")
	h.Set("PPORD", p.BaselinePolyorder, "polynomial order")
	h.Set("PPMODE", p.BaselineMode, "divide or subtract")
	h.Set("PPWAVE", p.WaveletDenoising, "wavelet denoising")
	h.Set("PPWNAM", p.WaveletType, "wavelet")
	h.Set("PPWLEV", p.WaveletLevels, "levels asked for")
	h.Set("PPNORM", p.NormalizeMethod, "normalization: (y - A)/S + B")
	number(h, "PPNORMA", f.Result.Norm.A, "A")
	number(h, "PPNORMS", f.Result.Norm.S, "S; 0 degenerate")
	number(h, "PPNORMB", f.Result.Norm.B, "B")
	h.Set("PPNEPH", len(p.Ephemerides), "ephemerides used")
	for i, e := range p.Ephemerides {
		if i == 999 { // no keyword is left
			break
		}
		n := strconv.Itoa(i + 1)
		number(h, "PPPER"+n, e.Period, "[d] period; 0 single transit")
		number(h, "PPT0"+n, e.T0, "[d] mid-transit on the scale of TIME")
		number(h, "PPDUR"+n, e.Duration, "[d] duration")
		h.Set("PPSRC"+n, printable(strings.TrimSpace(e.Object+" "+e.Source)), "")
	}
}

// outcome writes counts and metrics.
func (f *File) outcome(h *fits.Header) {
	r := &f.Result
	h.Set("PPNIN", len(r.Flag), "rows")
	h.Set("PPNKEEP", r.Kept, "rows with a processed flux")
	h.Set("PPNQUAL", flagged(r.Flag, preprocess.FlagQuality), "rows rejected by quality")
	h.Set("PPNOUT", flagged(r.Flag, preprocess.FlagOutlier), "outliers")
	h.Set("PPNSHRT", r.ShortSegments, "short segments")
	h.Set("PPNSEG", r.Segments, "segments")
	number(h, "PPCADD", r.CadenceDays, "[d] median cadence")
	m := &f.Report.Metrics.Processed
	for _, c := range metricCards(m) {
		if v := *c.value; v != nil {
			number(h, c.key, *v, c.comment)
		}
	}
}

type metricCard struct {
	key, comment string
	value        **float64
}

func metricCards(m *preprocess.Metrics) []metricCard {
	return []metricCard{
		{"PPCDPP", "[ppm] 6.5-h CDPP", &m.CDPPPPM},
		{"PPRMS", "standard deviation of FLUX", &m.RMS},
		{"PPMADS", "1.4826 MAD of FLUX", &m.MADStd},
		{"PPP2P", "point-to-point scatter", &m.P2PMAD},
		{"PPDUTY", "duty cycle", &m.DutyCycle},
	}
}

func flagged(flags []int32, bit int32) int {
	n := 0
	for _, v := range flags {
		if v&bit != 0 {
			n++
		}
	}
	return n
}

// printable replaces what a header cannot hold.
func printable(s string) string {
	return strings.TrimRight(strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return '?'
		}
		return r
	}, s), " ")
}

// escape writes bytes that a header cannot hold, or would lose, as %XX.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c < 0x20 || c > 0x7e || c == '%' || c == ' ' && i == len(s)-1 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
