package processed

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
)

const opDecode = "processed.Decode"

// Datasum returns the DATASUM of the table PROCESSED: equal for equal data. It
// is computed; a card that says otherwise is exo.Corrupt.
func Datasum(f *fits.File) (string, error) {
	h, ok := f.Lookup(ExtName)
	if !ok {
		return "", notProcessed("processed.Datasum")
	}
	s, err := h.Verify()
	if err != nil {
		return "", err
	}
	sum, ok := h.Header.Str("DATASUM")
	if !ok || s.Datasum != fits.Good {
		return "", exo.Errorf("processed.Datasum", exo.Corrupt, "DATASUM", "the table PROCESSED has no DATASUM")
	}
	return strings.TrimSpace(sum), nil
}

func notProcessed(op string) error {
	return exo.Errorf(op, exo.Invalid, nil, "the file is not a processed light curve: it has no table PROCESSED").
		Try("give a file that this program made by preprocessing")
}

// reader reads cards and notes the first that is missing or wrong.
type reader struct {
	h   *fits.Header
	err error
}

func (r *reader) fail(card, format string, args ...any) {
	if r.err == nil {
		r.err = exo.Errorf(opDecode, exo.Corrupt, card, card+" "+format, args...)
	}
}

func (r *reader) text(key string) string {
	s, ok := r.h.Str(key)
	if !ok {
		r.fail(key, "is missing or not a text")
	}
	return strings.TrimRight(s, " ")
}

func (r *reader) unescaped(key string) string {
	s, err := url.PathUnescape(r.text(key))
	if err != nil {
		r.fail(key, "has a %% that no two hexadecimal digits follow")
	}
	return s
}

func (r *reader) whole(key string, low, high int64) int {
	n, ok := r.h.Int(key)
	if !ok || n < low || n > high {
		r.fail(key, "is missing or not a whole number from %d to %d", low, high)
		return 0
	}
	return int(n)
}

// number is NaN for an absent card.
func (r *reader) number(key string) float64 {
	if !r.h.Has(key) {
		return math.NaN()
	}
	v, ok := r.h.Float(key)
	if !ok || math.IsNaN(v) || math.IsInf(v, 0) {
		r.fail(key, "is not a number")
	}
	return v
}

func (r *reader) digest(key string) exo.Digest {
	s := r.text(key)
	d, err := exo.ParseDigest(s)
	if err != nil || d.Hex() != s {
		r.fail(key, "is not the SHA-256 in 64 lower-case hexadecimal digits")
	}
	return d
}

// Decode reads a processed file. exo.Invalid for a file of another kind,
// exo.Corrupt for one whose parts contradict each other or whose sums are
// wrong; the item is the card or column.
func Decode(f *fits.File) (*File, error) {
	if f == nil || len(f.HDUs) != 2 || !strings.EqualFold(f.HDUs[1].Name(), ExtName) {
		return nil, notProcessed(opDecode)
	}
	for _, h := range f.HDUs {
		s, err := h.Verify()
		if err != nil {
			return nil, err
		}
		if s.Checksum != fits.Good || s.Datasum != fits.Good {
			return nil, exo.Errorf(opDecode, exo.Corrupt, "CHECKSUM", "HDU %d has no CHECKSUM or no DATASUM", h.Index)
		}
	}
	r := &reader{h: f.HDUs[1].Header}
	out := &File{Curve: &lightcurve.LightCurve{}}
	out.readMade(r, f.HDUs[0].Header)
	out.readProvenance(r)
	out.readCurve(r)
	if r.err != nil {
		return nil, r.err
	}
	if err := out.readColumns(f.HDUs[1]); err != nil {
		return nil, err
	}
	out.readOutcome(r)
	out.readHistory(r)
	if r.err != nil {
		return nil, r.err
	}
	out.fillReport(r)
	return out, r.err
}

func (f *File) readMade(r *reader, head *fits.Header) {
	if s, ok := head.Str("DATE"); ok {
		t, err := time.Parse("2006-01-02T15:04:05", strings.TrimSpace(s))
		if err != nil {
			r.fail("DATE", "is not a time such as 2026-01-02T03:04:05")
		}
		f.Made = t.UTC()
	}
}

func (f *File) readProvenance(r *reader) {
	f.Program = r.text("PPVERS")
	f.Algorithm = r.whole("PPALGO", 1, 1<<20)
	f.Source = Source{Name: r.unescaped("PPINPUT"), SHA256: r.digest("PPINSHA"), Ext: r.unescaped("PPINEXT"), Column: r.unescaped("PPINCOL")}
	f.Profile = preprocess.Profile(r.text("PPPROF"))
	param, sha := r.text("PPPARAM"), r.digest("PPPSHA")
	if r.err != nil {
		return
	}
	if exo.DigestOf([]byte(param)) != sha {
		r.fail("PPPSHA", "is not the SHA-256 of PPPARAM")
		return
	}
	recipe, err := preprocess.ParseRecipe(f.Profile, []byte(param))
	if err != nil {
		r.err = exo.E(opDecode, exo.Corrupt, "PPPARAM", err).Say("PPPARAM or PPPROF is not what this program writes")
		return
	}
	if recipe.Digest() != sha {
		r.fail("PPPSHA", "is not the digest of the recipe in PPPARAM")
	}
	f.Recipe = recipe
}

func (f *File) readCurve(r *reader) {
	lc := f.Curve
	lc.Name, lc.Author = r.text("OBJECT"), r.text("PPAUTH")
	mission, err := exo.ParseMission(r.text("PPMISS"))
	if err != nil {
		r.fail("PPMISS", "is not a mission")
	}
	lc.Mission = mission
	if s := r.text("PPTARG"); s != "" {
		if lc.Target, err = exo.ParseTargetID(s); err != nil || lc.Target.String() != s {
			r.fail("PPTARG", "is not a star's catalog number")
		}
	}
	lc.SectorQuarter = r.whole("PPSLICE", -1, 1<<20)
	lc.CadenceS, lc.Mag = r.number("PPCADS"), r.number("PPMAG")
	lc.RA, lc.Dec = r.number("RA_OBJ"), r.number("DEC_OBJ")
	lc.CrowdSAP, lc.FlFrcSAP = r.number("CROWDSAP"), r.number("FLFRCSAP")
	lc.Ext, lc.FluxColumn, lc.FluxUnit = f.Source.Ext, f.Source.Column, r.text("PPFUNIT")
	lc.Flags = lightcurve.FlagTable(r.text("PPFTAB"))
	lc.DataRelease, lc.ProcVer = r.whole("PPDREL", -1, 1<<20), r.text("PPPVER")
	switch r.whole("BJDREFI", 2400000, 2500000) {
	case int(exo.BKJD.Zero()):
		lc.Scale = exo.BKJD
	case int(exo.BTJD.Zero()):
		lc.Scale = exo.BTJD
	default:
		r.fail("BJDREFI", "is neither 2454833 nor 2457000")
	}
	if v := r.number("BJDREFF"); v != 0 {
		r.fail("BJDREFF", "is missing or not 0")
	}
}

// readColumns reads the table; the columns must be those that are written, in
// their order and form.
func (f *File) readColumns(h *fits.HDU) error {
	t, err := h.Table()
	if err != nil {
		return err
	}
	lc, r := f.Curve, &f.Result
	into := []fits.Into{{Name: "TIME", Float64: &lc.Time}}
	if _, ok := t.Find("CADENCENO"); ok {
		into = append(into, fits.Into{Name: "CADENCENO", Int32: &lc.Cadence})
	}
	into = append(into,
		fits.Into{Name: "FLUX", Float64: &r.Flux}, fits.Into{Name: "FLUX_ERR", Float64: &r.FluxErr},
		fits.Into{Name: "TREND", Float64: &r.Trend}, fits.Into{Name: "SEGMENT", Int32: &r.Segment},
		fits.Into{Name: "PPFLAG", Int32: &r.Flag}, fits.Into{Name: "QUALITY", Int32: &lc.Quality})
	if len(t.Columns) != len(into) {
		return exo.Errorf(opDecode, exo.Corrupt, "TFIELDS", "TFIELDS is %d, a processed file has %d columns", len(t.Columns), len(into))
	}
	for i, c := range t.Columns {
		form := byte('D')
		if into[i].Int32 != nil {
			form = 'J'
		}
		if c.Name != into[i].Name || c.Type != form || c.Repeat != 1 || c.HasNull || c.Scale != 1 || c.Zero != 0 {
			n := strconv.Itoa(i + 1)
			return exo.Errorf(opDecode, exo.Corrupt, "TTYPE"+n, "TTYPE%s or TFORM%s is not that of a column %s of form %c", n, n, into[i].Name, form)
		}
	}
	if err := t.Read(into...); err != nil {
		return err
	}
	if lc.Cadence == nil {
		lc.Cadence = make([]int32, t.Rows)
	}
	return nil
}

func (f *File) readOutcome(r *reader) {
	out := &f.Result
	rows := int64(len(out.Flag))
	count := func(key string, have int) {
		if n := r.whole(key, 0, rows); r.err == nil && n != have {
			r.fail(key, "is %d, the table has %d", n, have)
		}
	}
	kept, segments := 0, int32(0)
	for i, v := range out.Flux {
		if v-v == 0 {
			kept++
		}
		if s := out.Segment[i]; s < -1 || int64(s) >= rows {
			r.fail("SEGMENT", "is %d in row %d", s, i)
		} else {
			segments = max(segments, s+1)
		}
	}
	count("PPNIN", int(rows))
	count("PPNKEEP", kept)
	count("PPNQUAL", flagged(out.Flag, preprocess.FlagQuality))
	count("PPNOUT", flagged(out.Flag, preprocess.FlagOutlier))
	out.Kept, out.Segments, out.ShortSegments = kept, r.whole("PPNSEG", 0, rows), r.whole("PPNSHRT", 0, rows)
	if int(segments) > out.Segments {
		r.fail("PPNSEG", "is %d, SEGMENT goes to %d", out.Segments, segments-1)
	}
	out.CadenceDays = r.number("PPCADD")
	out.QualityMask = int32(r.whole("PPQMASK", math.MinInt32, math.MaxInt32))
	out.WindowUsed = r.whole("PPWIN", 0, math.MaxInt32)
	out.Norm = preprocess.Affine{A: r.number("PPNORMA"), S: r.number("PPNORMS"), B: r.number("PPNORMB")}
}

func (f *File) readHistory(r *reader) {
	for _, text := range histories(r.h) {
		if w, ok := parseWarning(text); ok {
			f.Result.Warnings = append(f.Result.Warnings, w)
			continue
		}
		s, ok := parseStep(text)
		if !ok {
			r.fail("HISTORY", "is not the account of a step: %.40q", text)
			return
		}
		f.Result.Steps = append(f.Result.Steps, s)
	}
}

// fillReport makes the report that header and flags allow.
func (f *File) fillReport(r *reader) {
	p, out := &f.Report, &f.Result
	p.Profile, p.Algorithm, p.Recipe = f.Profile, f.Algorithm, f.Recipe.Digest()
	p.Parameters = f.Recipe.Canonical()
	p.Quality = preprocess.QualityReport{Preset: string(f.Recipe.Params.QualityBitmask.Preset), Mask: out.QualityMask,
		Rows: flagged(out.Flag, preprocess.FlagQuality), Bits: map[string]int{}}
	for b := range 31 {
		if bit := int32(1) << b; out.QualityMask&bit != 0 {
			if n := flagged(f.Curve.Quality, bit); n > 0 {
				p.Quality.Bits[strconv.Itoa(int(bit))] = n
			}
		}
	}
	p.Steps, p.Flags = out.Steps, map[string]int{}
	for _, info := range preprocess.FlagTable() {
		p.Flags[info.Name] = flagged(out.Flag, info.Bit)
	}
	m := &p.Metrics.Processed
	for _, c := range metricCards(m) {
		if v := r.number(c.key); !math.IsNaN(v) {
			*c.value = &v
		}
	}
	n, kept, segments, short := len(out.Flag), out.Kept, out.Segments, out.ShortSegments
	m.NIn, m.NKept, m.Segments, m.ShortSegments = &n, &kept, &segments, &short
	if n > 0 {
		share := float64(kept) / float64(n)
		m.FractionRetained = &share
	}
	if d := out.CadenceDays; !math.IsNaN(d) {
		m.MedianCadenceDays = &d
	}
	for _, w := range out.Warnings {
		p.Warnings = append(p.Warnings, w.Text())
	}
}
