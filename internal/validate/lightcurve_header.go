package validate

import (
	"fmt"
	"math"
	"slices"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
)

// The limits of brightness and temperature.
const (
	tessMag    = 20.44  // magnitude that gives one electron per second
	keplerMag  = 25.10  // 1.74e5 e-/s at Kepler magnitude 12
	magnitudes = 0.5    // between header and catalog
	coldest    = 2000.  // K
	hottest    = 60000. // K
	kelvinOff  = 0.15   // of the catalog's temperature
	quietest   = 0.3    // scatter over error
	loudest    = 300.   // the same for the most variable of stars
)

// photometry compares flux, error and magnitude.
func (c *curve) photometry() {
	var flux, errs, steps []float64
	last := math.NaN()
	for i, v := range c.lc.Flux {
		if isFinite(v) && v != 0 {
			flux = append(flux, v)
			if d := math.Abs(v - last); isFinite(d) {
				steps = append(steps, d)
			}
			last = v
		}
		if e := c.lc.FluxErr[i]; e > 0 && isFinite(e) {
			errs = append(errs, e)
		}
	}
	const few = 100
	if len(steps) < few {
		return
	}
	if level, name := median(errs), c.errorColumn(); len(errs) >= few && name != "" {
		const normal = 1.4826 / math.Sqrt2 // median step over the scatter of one row
		ratio := normal * median(steps) / level
		c.look(Quality, 1)
		wrong := ratio < quietest || ratio > loudest
		c.relations.add(name, 1, toInt(wrong))
		if wrong {
			c.find(lcErrorScatter, name, fmt.Sprintf("%.3g", ratio), "the flux scatters from row to row by %.3g times its error", ratio)
		}
	}
	c.brightness(median(flux))
}

// errorColumn is the column that the errors were read from, beside the flux;
// "" for a product that gives one error for all rows, or none.
func (c *curve) errorColumn() string {
	return c.column(c.lc.FluxColumn+"_ERR", "FRAW_ERR", "RAW_FERR", "ERROR")
}

// brightness compares the flux with the magnitude.
func (c *curve) brightness(level float64) {
	zero, factor, card := keplerMag, 5.0, "KEPMAG"
	if c.lc.Mission == exo.TESS {
		zero, factor, card = tessMag, 3, "TESSMAG"
	}
	if c.lc.FluxUnit != "e-/s" || math.IsNaN(c.lc.Mag) || !(level > 0) {
		return
	}
	ratio := level / math.Pow(10, -0.4*(c.lc.Mag-zero))
	wrong := ratio > factor || ratio < 1/factor
	c.look(Quality, 1)
	c.relations.add(card, 1, toInt(wrong))
	if wrong {
		c.find(lcFluxMagnitude, c.lc.FluxColumn, number(level), "the median flux, %s e-/s, is %.3g times that of magnitude %.4g", number(level), ratio, c.lc.Mag)
	}
}

// header looks at the star's parameters in the header.
func (c *curve) header() {
	head := c.f.HDUs[0].Header
	if teff, ok := head.Float("TEFF"); ok {
		c.look(Quality, 1)
		wrong := !(teff >= coldest && teff <= hottest)
		c.values.add("TEFF", 1, toInt(wrong))
		if wrong {
			c.find(lcTeff, "TEFF", number(teff), "the temperature of the star is %s K", number(teff))
		}
		c.temperature(teff)
	}
	star, ok := c.star()
	if !ok || math.IsNaN(star.Mag) || math.IsNaN(c.lc.Mag) {
		return
	}
	card := "KEPMAG"
	if c.lc.Mission == exo.TESS {
		card = "TESSMAG"
	}
	c.look(Quality, 1)
	off := math.Abs(star.Mag - c.lc.Mag)
	c.relations.add(card, 1, toInt(off > magnitudes))
	if off > magnitudes {
		c.find(lcMagnitude, card, number(c.lc.Mag), "the header has magnitude %.4g, the catalog %.4g", c.lc.Mag, star.Mag)
	}
}

// temperature compares the header's with the catalog's.
func (c *curve) temperature(teff float64) {
	if c.o.Teff == nil || c.lc.Target.IsZero() {
		return
	}
	known, ok := c.o.Teff(c.lc.Target)
	if !ok || !(known > 0) {
		return
	}
	c.look(Quality, 1)
	wrong := !(math.Abs(teff-known) <= kelvinOff*known)
	c.relations.add("TEFF", 1, toInt(wrong))
	if wrong {
		c.find(lcTeffCatalog, "TEFF", number(teff), "the header has %s K, the catalog %s K", number(teff), number(known))
	}
}

// names compares the header with the file's name and with what was wanted.
func (c *curve) names() {
	found := slices.Clip(c.found)
	if named, ok := lightcurve.ParseFileName(lightcurve.ArchiveName(c.o.Path.Base())); ok {
		found = append(found, c.lc.Differs(named)...)
	}
	c.look(Quality, len(headerRules))
	told := map[string]bool{}
	for _, f := range found {
		rule, ok := headerRules[f.Rule]
		if !ok || told[rule] {
			continue
		}
		told[rule] = true
		c.find(rule, c.rules[rule].Columns[0], "", "%s", f.Message)
	}
	c.relations.add("header", len(headerRules), len(told))
}

func toInt(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
