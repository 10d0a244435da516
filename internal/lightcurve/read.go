package lightcurve

import (
	"math"
	"slices"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
)

const secondsPerDay = 86400

// Options choose what to read. The zero value reads PDCSAP.
type Options struct {
	Flux Flux // PDCSAP when empty; SAP; or the name of a column
}

// FromFITS reads a light curve. The product is told by the headers. Every row
// is kept, rows without time included.
//
// A file that is no known light curve, and one that lacks a column, is
// exo.Invalid; the error of a missing column carries the members hdu, column
// and found (the columns that are there).
func FromFITS(f *fits.File, opt Options) (*LightCurve, error) {
	lc := &LightCurve{}
	if _, err := lc.read(f, opt); err != nil {
		return nil, err
	}
	return lc, nil
}

// Reader does what FromFITS does and keeps the memory for the columns from one
// file to the next; one goroutine uses it at a time. The zero value is ready.
type Reader struct{ lc LightCurve }

// Read reads a light curve, which is good until the next call. Its errors are
// those of FromFITS.
func (r *Reader) Read(f *fits.File, opt Options) (*LightCurve, error) {
	if _, err := r.lc.read(f, opt); err != nil {
		return nil, err
	}
	return &r.lc, nil
}

// read fills lc, reusing the memory of its columns, and returns the table that
// it read.
func (lc *LightCurve) read(f *fits.File, opt Options) (*fits.Table, error) {
	lay, err := detect(f)
	if err != nil {
		return nil, err
	}
	src, h, t, err := lay.find(f, opt.Flux)
	if err != nil {
		return nil, err
	}
	*lc = LightCurve{Ext: h.Name(), FluxColumn: src.flux, Time: lc.Time, Flux: lc.Flux, FluxErr: lc.FluxErr, Quality: lc.Quality, Cadence: lc.Cadence}
	if err := lc.describe(f, h, t, lay); err != nil {
		return nil, err
	}
	if err := lc.readColumns(h, t, lay, src); err != nil {
		return nil, err
	}
	lc.FluxUnit = src.unit
	if i, ok := t.Find(src.flux); ok && t.Columns[i].Unit != "" {
		lc.FluxUnit = t.Columns[i].Unit
	}
	return t, nil
}

// find returns the source of a choice of flux, with its table.
func (l layout) find(f *fits.File, choice Flux) (source, *fits.HDU, *fits.Table, error) {
	list, explicit := l.pdcsap, false
	switch choice {
	case "", PDCSAP:
	case SAP:
		list = l.sap
	default:
		list, explicit = []source{{hdu: l.pdcsap[0].hdu, flux: string(choice), err: string(choice) + "_ERR"}}, true
	}
	h, ok := f.Lookup(list[0].hdu)
	if !ok {
		return source{}, nil, nil, notOurs("lightcurve.FromFITS", f, "it has no table "+list[0].hdu)
	}
	t, err := h.Table()
	if err != nil {
		return source{}, nil, nil, err
	}
	lacks := list[0].flux
	for _, s := range list {
		i, hasFlux := t.Find(s.flux)
		_, hasErr := t.Find(s.err)
		switch {
		case !hasFlux:
			continue
		case explicit && !hasErr: // not every column has one
			s.err = ""
		case s.err != "" && !hasErr:
			lacks = s.err
			continue
		}
		s.flux = t.Columns[i].Name
		return s, h, t, nil
	}
	return source{}, nil, nil, missing(nil, h, t, lacks)
}

// missing turns the error of a column that cannot be read into one that says
// what is there. Errors of another kind pass.
func missing(cause error, h *fits.HDU, t *fits.Table, column string) error {
	if _, ok := t.Find(column); ok {
		return cause
	}
	found := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		found[i] = c.Name
	}
	return exo.E("lightcurve.FromFITS", exo.Invalid, column, cause).
		Say("HDU %d (%s) has no column %s; it has %s", h.Index, h.Name(), column, strings.Join(found, ", ")).
		Try("choose one of these columns, or check whether the product's layout has changed").
		With("hdu", h.Name()).With("column", column).With("found", found)
}

// readColumns reads the columns in one pass over the table.
func (lc *LightCurve) readColumns(h *fits.HDU, t *fits.Table, lay layout, src source) error {
	for _, name := range []string{lay.time, src.flux} {
		if _, ok := t.Find(name); !ok {
			return missing(nil, h, t, name)
		}
	}
	columns := []fits.Into{{Name: lay.time, Float64: &lc.Time}, {Name: src.flux, Float64: &lc.Flux}}
	if src.err != "" {
		columns = append(columns, fits.Into{Name: src.err, Float64: &lc.FluxErr})
	}
	q := firstOf(t, lay.quality)
	if q < 0 {
		return missing(nil, h, t, lay.quality[0])
	}
	columns = append(columns, fits.Into{Name: lay.quality[q], Int32: &lc.Quality})
	lc.Flags = lay.flags[q]
	c := firstOf(t, lay.cadence)
	switch {
	case c >= 0:
		columns = append(columns, fits.Into{Name: lay.cadence[c], Int32: &lc.Cadence})
	case lay.author != AuthorEVEREST:
		return missing(nil, h, t, lay.cadence[0])
	}
	if err := t.Read(columns...); err != nil {
		return err
	}
	if c < 0 { // EVEREST's version 1 has no cadence numbers
		lc.Cadence = make([]int32, t.Rows)
	}
	if src.err == "" {
		lc.constantErrors(h, t, src)
	}
	if lay.narrow {
		lc.widen(c >= 0)
	}
	return nil
}

// firstOf returns the index of the first name that the table has, -1 for none.
func firstOf(t *fits.Table, names []string) int {
	return slices.IndexFunc(names, func(name string) bool { _, ok := t.Find(name); return ok })
}

// constantErrors fills in the error of a product that gives one for all rows in
// a header card, or none.
func (lc *LightCurve) constantErrors(h *fits.HDU, t *fits.Table, s source) {
	constant := math.NaN()
	if s.card != "" {
		if v, ok := h.Header.Float(s.card); ok {
			constant = v
		}
	}
	lc.FluxErr = make([]float64, t.Rows)
	for i := range lc.FluxErr {
		lc.FluxErr[i] = constant
	}
}

// widen undoes what a product cut to 16 bits, as far as that can be.
func (lc *LightCurve) widen(cadence bool) {
	for i, q := range lc.Quality { // the sign is bit 16
		lc.Quality[i] = q & 0xffff
	}
	if cadence {
		restoreCadence(lc.Cadence, lc.Time)
	}
}

// restoreCadence undoes the cut of Kepler's long-cadence numbers to 16 bits,
// as K2SC has it: the multiple of 65536 is the one that brings the number next
// to what the time says. Row 0 of Kepler's quarter 2 is cadence 2965 at BKJD
// 169.51998; the barycentric correction shifts this by less than one cadence.
func restoreCadence(cadence []int32, time []float64) {
	const number, at, step, turn = 2965, 169.51998, 0.0204335, 65536
	for i, c := range cadence {
		if finite(time[i]) && math.Abs(time[i]) < 1e6 {
			expect := number + (time[i]-at)/step
			cadence[i] = c + turn*int32(math.Round((expect-float64(c))/turn))
		}
	}
}

// describe fills in what the headers say. h is the HDU of the table t.
func (lc *LightCurve) describe(f *fits.File, h *fits.HDU, t *fits.Table, lay layout) error {
	head := f.HDUs[0].Header
	lc.Author, lc.Mission = lay.author, lay.mission
	lc.Target = targetOf(head, lay.mission)
	lc.Name = lc.Target.String()
	if s, ok := head.Str("OBJECT"); ok && strings.TrimSpace(s) != "" {
		lc.Name = strings.TrimSpace(s)
	}
	lc.SectorQuarter = sliceOf(head, lay.mission)
	lc.CadenceS = cadenceOf(head, h.Header, lay)
	lc.RA, lc.Dec = number(head, "RA_OBJ"), number(head, "DEC_OBJ")
	lc.Mag = number(head, "TESSMAG")
	if lay.mission != exo.TESS {
		lc.Mag = number(head, "KEPMAG")
	}
	lc.DataRelease = -1
	if n, ok := head.Int("DATA_REL"); ok && n >= 0 && n < 1<<20 {
		lc.DataRelease = int(n)
	}
	lc.ProcVer = procVer(head)
	lc.CrowdSAP, lc.FlFrcSAP = number(h.Header, "CROWDSAP"), number(h.Header, "FLFRCSAP")
	var err error
	lc.Scale, err = scaleOf(h, t, lay)
	return err
}

// targetOf reads the star's number. TGLC writes it as text.
func targetOf(head *fits.Header, m exo.Mission) exo.TargetID {
	key := "KEPLERID"
	if m == exo.TESS {
		key = "TICID"
	}
	if n, ok := head.Int(key); ok && n > 0 {
		return exo.TargetID{Catalog: m.Catalog(), Number: uint64(n)}
	}
	if s, ok := head.Str(key); ok {
		if id, err := exo.ParseTargetID(string(m.Catalog()) + " " + strings.TrimSpace(s)); err == nil {
			return id
		}
	}
	return exo.TargetID{}
}

func sliceOf(head *fits.Header, m exo.Mission) int {
	key := map[exo.Mission]string{exo.TESS: "SECTOR", exo.Kepler: "QUARTER", exo.K2: "CAMPAIGN"}[m]
	if n, ok := head.Int(key); ok && n >= 0 && n < 10000 {
		return int(n)
	}
	return -1
}

// cadenceOf returns the seconds between rows; NaN when no header says.
func cadenceOf(head, table *fits.Header, lay layout) float64 {
	if lay.exposure {
		if s := number(table, "XPTIME"); finite(s) {
			return s
		}
	}
	if d := number(table, "TIMEDEL"); finite(d) {
		return d * secondsPerDay
	}
	switch mode, _ := head.Str("OBSMODE"); mode { // K2SC has nothing else
	case "long cadence":
		return longCadenceS
	case "short cadence":
		return longCadenceS / 30
	}
	return math.NaN()
}

// longCadenceS is Kepler's: 270 frames of 6.538751429414 s.
const longCadenceS = 270 * 6.538751429414

// procVer names the software; the community products each have a card of their own.
func procVer(head *fits.Header) string {
	for _, key := range []string{"PROCVER", "TGLCVER", "VERSION", "CREATOR"} {
		if c, ok := head.Get(key); ok && c.Text() != "" {
			return strings.TrimSpace(c.Text())
		}
	}
	return ""
}

func number(head *fits.Header, key string) float64 {
	if v, ok := head.Float(key); ok && finite(v) {
		return v
	}
	return math.NaN()
}
