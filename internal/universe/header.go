package universe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/fits"
)

// cards are the values of a header's verbs by keyword. A keyword that has
// other values in other HDUs of the file stands here with a digit behind it.
type cards map[string]any

// write adds the cards of a specification.
func (v cards) write(h *fits.Header, spec string, tags []string) {
	for line := range strings.SplitSeq(spec, "\n") {
		if line == "" {
			continue
		}
		if line[0] == '[' {
			tag, rest, _ := strings.Cut(line[1:], "] ")
			if !slices.Contains(tags, tag) {
				continue
			}
			line = rest
		}
		key, rest, _ := strings.Cut(line, " ")
		value, comment, _ := strings.Cut(rest, " /")
		comment = strings.TrimPrefix(comment, " ")
		h.Append(v.keyword(key), v.value(key, value), v.comment(comment))
	}
}

// keyword turns the specification's name for a card into the file's.
func (v cards) keyword(key string) string {
	switch key {
	case "NX":
		return "NAXIS1"
	case "NY":
		return "NAXIS2"
	case "TMOFST":
		return fmt.Sprintf("TMOFST%v%v", v["CAMERA"], v["CCD"])
	case "RA_OBJ1", "DEC_OBJ1", "TSTART1", "TSTOP1", "DATE-OBS1", "DATE-END1":
		return key[:len(key)-1]
	}
	return key
}

func (v cards) value(key, spec string) fits.Literal {
	if spec[0] != '%' {
		return fits.Literal(spec)
	}
	value, ok := v[key]
	if !ok {
		return fits.None
	}
	if s, ok := value.(string); ok {
		return fits.Literal(fmt.Sprintf("'%-8s'", s))
	}
	return fits.Literal(fmt.Sprintf(spec, value))
}

func (v cards) comment(spec string) string {
	for _, key := range [...]string{"CAMERA", "CCD"} {
		spec = strings.ReplaceAll(spec, "%"+key, fmt.Sprint(v[key]))
	}
	return spec
}

// columnSpec is one of the 20 columns of the LIGHTCURVE table.
type columnSpec struct {
	name, form, unit, disp string
	about, aboutUnit       string
}

// columnSpecs returns the columns. TESS and Kepler differ in the names of the
// time and quality columns' units and comments.
func columnSpecs(tess bool) []columnSpec {
	time := columnSpec{"TIME", "D", "BJD - 2454833", "D14.7", "data time stamps", "barycenter corrected JD"}
	corr := columnSpec{"TIMECORR", "E", "d", "E13.6", "barycenter - timeslice correction", "day"}
	quality := "SAP_QUALITY"
	if tess {
		time.unit, time.aboutUnit = "BJD - 2457000, days", "Barycenter corrected TESS Julian"
		corr.disp, corr.about, corr.aboutUnit = "E14.7", "barycentric correction", "Days"
		quality = "QUALITY"
	}
	const rate, rate1 = "electrons per second", "electrons per second (1-sigma)"
	specs := []columnSpec{time, corr, {"CADENCENO", "J", "", "I10", "unique cadence number", ""}}
	for _, c := range [][3]string{
		{"SAP_FLUX", "aperture photometry flux", "aperture phot. flux error"},
		{"SAP_BKG", "aperture phot. background flux", "ap. phot. background flux error"},
		{"PDCSAP_FLUX", "aperture phot. PDC flux", "ap. phot. PDC flux error"},
	} {
		specs = append(specs, columnSpec{c[0], "E", "e-/s", "E14.7", c[1], rate}, columnSpec{c[0] + "_ERR", "E", "e-/s", "E14.7", c[2], rate1})
	}
	specs = append(specs, columnSpec{quality, "J", "", "B16.16", "aperture photometry quality flag", ""})
	for _, c := range [][2]string{{"PSF_CENTR", "PSF-fitted"}, {"MOM_CENTR", "moment-derived"}} {
		for i, axis := range []string{"column", "row"} {
			name := c[0] + strconv.Itoa(i+1)
			specs = append(specs, columnSpec{name, "D", "pixel", "F10.5", c[1] + " " + axis + " centroid", "pixel"},
				columnSpec{name + "_ERR", "E", "pixel", "E14.7", c[1] + " " + axis + " error", "pixel (1-sigma)"})
		}
	}
	return append(specs, columnSpec{"POS_CORR1", "E", "pixels", "E14.7", "column position correction", "pixel"},
		columnSpec{"POS_CORR2", "E", "pixels", "E14.7", "row position correction", "pixel"})
}

// tableHead writes the mandatory cards and the columns.
func tableHead(h *fits.Header, rows int, specs []columnSpec) {
	h.Append("XTENSION", "BINTABLE", "marks the beginning of a new HDU")
	h.Append("BITPIX", 8, "array data type")
	h.Append("NAXIS", 2, "number of array dimensions")
	h.Append("NAXIS1", rowBytes, "length of first array dimension")
	h.Append("NAXIS2", rows, "length of second array dimension")
	h.Append("PCOUNT", 0, "group parameter count (not used)")
	h.Append("GCOUNT", 1, "group count (not used)")
	h.Append("TFIELDS", len(specs), "number of table fields")
	formats := map[string]string{"D": "64-bit floating point", "E": "32-bit floating point", "J": "signed 32-bit integer"}
	for i, c := range specs {
		n := strconv.Itoa(i + 1)
		h.Append("TTYPE"+n, c.name, "column title: "+c.about)
		h.Append("TFORM"+n, c.form, "column format: "+formats[c.form])
		if c.unit != "" {
			h.Append("TUNIT"+n, c.unit, "column units: "+c.aboutUnit)
		}
		h.Append("TDISP"+n, c.disp, "column display format")
	}
}
