package processed

import (
	"slices"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
)

// stale are cards of a source's primary header that are not true of the new
// file, or describe data that it does not have.
var stale = []string{
	"SIMPLE", "BITPIX", "NAXIS", "EXTEND", "NEXTEND", "EXTNAME", "EXTVER", "EXTDATA", "GROUPS", "PCOUNT", "GCOUNT",
	"BSCALE", "BZERO", "BUNIT", "BLANK", "DATAMIN", "DATAMAX", "INHERIT", "CHECKSUM", "DATASUM", "DATE", "CREATOR", "ORIGIN",
	"FILEVER", "FILENAME", "LONGSTRN", "COMMENT", "HISTORY", "CONTINUE", "END", "",
}

// primary makes the primary header.
func (f *File) primary(source *fits.File, table *fits.Header) *fits.Header {
	h := fits.NewHeader()
	h.Set("SIMPLE", true, "conforms to FITS standards")
	h.Set("BITPIX", 8, "array data type")
	h.Set("NAXIS", 0, "number of array dimensions")
	h.Set("EXTEND", true, "file contains extensions")
	h.Set("NEXTEND", 1, "number of standard extensions")
	h.Set("EXTNAME", "PRIMARY", "name of extension")
	h.Set("EXTVER", 1, "extension version number")
	h.Set("ORIGIN", "ExoplanetAI", "made by this program, not by the mission")
	if !f.Made.IsZero() {
		h.Set("DATE", f.Made.UTC().Format("2006-01-02T15:04:05"), "file creation time, UTC")
	}
	h.Set("CREATOR", f.creator(table), "program that wrote this file")
	head := source.HDUs[0].Header
	for _, c := range [][2]string{{"ORIGIN", "PPORIGIN"}, {"CREATOR", "PPCREATR"}, {"DATE", "PPDATE"}} {
		if old, ok := head.Get(c[0]); ok && old.Kind() > fits.Undefined {
			h.Set(c[1], strings.TrimSpace(printable(old.Text())), c[0]+" of the source")
		}
	}
	for c := range head.Cards() {
		key := c.Key()
		if c.Kind() <= fits.Undefined || slices.Contains(stale, key) || isAxis(key) || strings.HasPrefix(key, "PP") || h.Has(key) {
			continue
		}
		copyCard(h, c)
	}
	return h
}

// creator names the program. lightkurve's reader of TESS files is found by the
// word "lightcurve" and needs two cards of the table; files without them are
// left to its generic reader.
func (f *File) creator(table *fits.Header) string {
	name := printable(f.Program)
	_, frame := table.Float("FRAMETIM")
	_, number := table.Float("NUM_FRM")
	if f.Curve.Mission == exo.TESS && frame && number {
		name += " lightcurve"
	}
	return name
}

// isAxis reports whether the key is that of an axis, of an image or its world
// coordinates.
func isAxis(key string) bool {
	for _, p := range []string{"NAXIS", "CRPIX", "CRVAL", "CDELT", "CTYPE", "CUNIT", "CROTA"} {
		if rest, ok := strings.CutPrefix(key, p); ok && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			return true
		}
	}
	return false
}

// copyCard appends a card as it stands in the source, unless it is no valid one.
func copyCard(h *fits.Header, c fits.Card) {
	const record = 80
	probe := fits.NewHeader()
	for _, to := range []*fits.Header{probe, h} {
		for raw := c.Bytes(); len(raw) >= record; raw = raw[record:] {
			to.AppendRaw(string(raw[:record]))
		}
		if probe.Err() != nil {
			return
		}
	}
}
