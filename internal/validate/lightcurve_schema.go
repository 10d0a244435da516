package validate

import (
	"fmt"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
)

// missionColumns are those of the missions' light curves; the flags follow.
var missionColumns = strings.Fields("TIME TIMECORR CADENCENO SAP_FLUX SAP_FLUX_ERR SAP_BKG SAP_BKG_ERR PDCSAP_FLUX PDCSAP_FLUX_ERR " +
	"PSF_CENTR1 PSF_CENTR1_ERR PSF_CENTR2 PSF_CENTR2_ERR MOM_CENTR1 MOM_CENTR1_ERR MOM_CENTR2 MOM_CENTR2_ERR POS_CORR1 POS_CORR2")

// sums compares the checksums of the HDUs.
func (c *curve) sums() {
	var absent []string
	for _, h := range c.f.HDUs {
		c.look(Schema, 1)
		s, err := h.Verify()
		switch {
		case err != nil:
			c.find(lcChecksum, sumCard(s), hduCalled(h), "%s", exo.MessageOf(err))
		case s.Checksum == fits.Absent && s.Datasum == fits.Absent:
			absent = append(absent, hduCalled(h))
		}
	}
	switch n := len(absent); {
	case n == 0:
	case n == len(c.f.HDUs):
		c.find(lcChecksumAbsent, "CHECKSUM", "none", "none of the %d parts of the file has a checksum", n)
	default:
		c.find(lcChecksumAbsent, "CHECKSUM", strings.Join(absent, ", "), "%d of the %d parts of the file have no checksum", n, len(c.f.HDUs))
	}
}

func sumCard(s fits.Sums) string {
	if s.Datasum == fits.Bad && s.Checksum != fits.Bad {
		return "DATASUM"
	}
	return "CHECKSUM"
}

func hduCalled(h *fits.HDU) string {
	if name := h.Name(); name != "" {
		return name
	}
	return fmt.Sprintf("HDU %d", h.Index)
}

// structure looks at parts, columns, units and forms.
func (c *curve) structure() {
	c.columnsUnique()
	c.timeForm()
	c.timeSystem()
	if !c.missionProduct() {
		return
	}
	c.look(Schema, 1)
	if _, ok := c.f.Lookup("APERTURE"); !ok {
		c.find(lcHDUs, "", fmt.Sprintf("%d HDUs", len(c.f.HDUs)), "the file has no part APERTURE")
	}
	var lacks []string
	for _, name := range missionColumns {
		if _, ok := c.table.Find(name); !ok {
			lacks = append(lacks, name)
		}
	}
	c.look(Schema, len(missionColumns))
	if len(lacks) > 0 {
		c.find(lcColumns, lacks[0], fmt.Sprintf("%d missing", len(lacks)), "the table has no %s", strings.Join(lacks, ", "))
	}
	c.units()
}

func (c *curve) columnsUnique() {
	seen := map[string]bool{}
	for _, col := range c.table.Columns {
		name := strings.ToUpper(col.Name)
		if seen[name] && name != "" {
			c.find(lcColumnUnique, col.Name, col.Name, "two columns have the name %s", col.Name)
		}
		seen[name] = true
	}
	c.look(Schema, len(c.table.Columns))
}

func (c *curve) timeForm() {
	c.look(Schema, 1)
	if i, _ := c.table.Find(c.time); i >= 0 && c.table.Columns[i].Type != 'D' {
		c.find(lcTimeType, c.time, c.table.Columns[i].TForm, "the times are not 64-bit floats but have the form %s", c.table.Columns[i].TForm)
	}
}

func (c *curve) timeSystem() {
	for _, card := range []struct{ key, want string }{{"TIMESYS", "TDB"}, {"TIMEREF", "SOLARSYSTEM"}} {
		have, ok := c.hdu.Header.Str(card.key)
		if !ok {
			continue
		}
		c.look(Schema, 1)
		if !strings.EqualFold(have, card.want) {
			c.find(lcTimeSystem, card.key, have, "%s is %q, not %q", card.key, have, card.want)
		}
	}
}

// units compares the units of time and fluxes. The unit of time names the zero
// point, which reading the file has checked.
func (c *curve) units() {
	for _, col := range c.table.Columns {
		name := strings.ToUpper(col.Name)
		good := true
		switch {
		case name == "TIME":
			good = strings.HasPrefix(col.Unit, "BJD - ") || col.Unit == "d"
		case strings.HasPrefix(name, "SAP_") && name != "SAP_QUALITY", strings.HasPrefix(name, "PDCSAP_"):
			good = col.Unit == "e-/s" || col.Unit == "electron/s"
		case name == "TIMECORR":
			good = col.Unit == "d"
		default:
			continue
		}
		c.look(Schema, 1)
		if !good {
			c.find(lcColumnUnit, col.Name, col.Unit, "the column %s has the unit %q", col.Name, col.Unit)
		}
	}
}
