package universe

import (
	"fmt"
	"strings"

	"exoplanetai/internal/exo"
)

// solution is one reference's values for a planet.
type solution struct {
	ref, code, published, updated string // Sarkis et al. 2018, 2018AJ....155..257S, 2018-06, 2019-03-18
	kind                          string // soltype
	period, periodErr             float64
	sma, smaErr                   float64 // au; 0 null
	rade, radeErr, radeLow        float64
	mass, massErr, massLow        float64 // Earth masses; 0 null
	insol, insolErr               float64
	teq, teqErr                   float64
}

const (
	publishedConfirmed = "Published Confirmed"
	publishedCandidate = "Published Candidate"
	projectCandidate   = "TESS Project Candidate"
)

// k218Solutions are five of the nine of K2-18 b, the default first.
func k218Solutions() []solution {
	return []solution{
		{ref: "Sarkis et al. 2018", code: "2018AJ....155..257S", published: "2018-06", updated: "2019-03-18", kind: publishedConfirmed,
			period: 32.939623, periodErr: 9.5e-5, sma: 0.1429, smaErr: 0.006, rade: 2.37, radeErr: 0.22, mass: 8.92, massErr: 1.7, massLow: 1.6, teq: 284, teqErr: 15},
		{ref: "Benneke et al. 2019", code: "2019ApJ...887L..14B", published: "2019-12", updated: "2020-03-26", kind: publishedConfirmed,
			period: 32.940045, periodErr: 1e-5, sma: 0.1591, smaErr: 0.00046, rade: 2.61, radeErr: 0.087, mass: 8.63, massErr: 1.35, insol: 1.005, insolErr: 0.084, teq: 254.9, teqErr: 3.9},
		{ref: "ExoFOP-TESS TOI", code: "", published: "2017-07", updated: "2024-12-10", kind: projectCandidate,
			period: 32.93737167947, periodErr: 0.0035861705, rade: 2.53362939, radeErr: 1.2296988, insol: 1.0873, teq: 260.44},
		{ref: "Montet et al. 2015", code: "2015ApJ...809...25M", published: "2015-08", updated: "2019-03-18", kind: publishedConfirmed,
			period: 32.94488, periodErr: 0.00281, sma: 0.1491, smaErr: 0.0055, rade: 2.24, radeErr: 0.23, teq: 272, teqErr: 15},
		{ref: "Kruse et al. 2019", code: "2019ApJS..244...11K", published: "2019-09", updated: "2019-09-05", kind: publishedCandidate,
			period: 32.94171, periodErr: 0.0008, rade: 1.40, radeErr: 0.29, radeLow: 0.18},
	}
}

// duplicated is the planet, by its place, with two rows of one reference.
const duplicated = 1

// k2Table is the archive's `k2pandc`: several rows a planet, one of them the
// default. One planet has two rows of the same reference, as three have in the
// real table.
func k2Table(seed uint64, stars []*star) Table {
	t := newTable("k2pandc", specK2)
	c := newChance(seed, "k2pandc")
	var all []*body
	for _, s := range stars {
		if s.number(exo.EPIC) != 0 {
			all = append(all, s.bodies...)
		}
	}
	extra := rowsK2 - len(all)
	for i, b := range all {
		var list []solution
		switch {
		case b.Name == "K2-18 b":
			list = k218Solutions()
			extra -= len(list) - 1
		default:
			n := min(c.intn(4), extra)
			switch i {
			case duplicated:
				n = 2
			case len(all) - 1:
				n = extra
			}
			list = b.solutions(c, 1+n)
			extra -= n
		}
		if i == duplicated {
			list[2].ref, list[2].code = list[1].ref, list[1].code
		}
		for k, sol := range list {
			t.add(b.k2Row(sol, k == 0))
		}
	}
	return t
}

// solutions makes the default and n-1 others, which scatter about it.
func (b *body) solutions(c chance, n int) []solution {
	list := make([]solution, n)
	years := b.PeriodDays / 365.25
	for i := range list {
		year := 2015 + c.intn(9)
		list[i] = solution{
			ref: fmt.Sprintf("%s et al. %d", []string{"Synthe", "Fabula", "Inventa", "Ficta"}[c.intn(4)], year), code: fmt.Sprintf("%dUniv...%d....%dS", year, 1+c.intn(9), 1+i),
			published: fmt.Sprintf("%d-%02d", year, 1+c.intn(12)), updated: date(c, year, 1), kind: publishedCandidate,
			period: b.PeriodDays, periodErr: b.periodErr, rade: b.rade, radeErr: b.radeErr, insol: b.insol, insolErr: b.insolErr,
			teq: b.teq, teqErr: 20, sma: decimals(pow(b.star.Mass*years*years, 1.0/3), 4), smaErr: 0.002,
		}
		if b.Disposition == confirmed {
			list[i].kind = publishedConfirmed
		}
		if i > 0 {
			list[i].period = decimals(b.PeriodDays+float64(c.gauss()*b.periodErr), 8)
			list[i].rade = decimals(max(0.3, b.rade+float64(c.gauss()*b.radeErr)), 2)
			list[i].insol, list[i].sma = 0, 0
		}
	}
	return list
}

func reference(ref, code string) string {
	if code == "" {
		return "<a refstr=EXOFOP_TESS_TOI href=https://exofop.ipac.caltech.edu/tess/view_toi.php target=ref>" + ref + "</a>"
	}
	tag := strings.ToUpper(strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(ref, " et al. ", "_ET_AL__"), ".", ""), " ", "_"))
	return "<a refstr=" + tag + " href=https://ui.adsabs.harvard.edu/abs/" + code + "/abstract target=ref>" + ref + "</a>"
}

// limited writes a value with its errors and limit flag; 0 is null.
func (row cells) limited(column string, value, upper, lower float64, digits int) {
	if value == 0 {
		return
	}
	row[column] = f(value, digits)
	row[column+"err1"], row[column+"err2"] = signed(upper, lower, fixed(digits))
	row[column+"lim"] = "0"
}

func (b *body) k2Row(sol solution, isDefault bool) cells {
	s := b.star
	epic := s.ID.String()
	host := epic
	if b.Name != "" {
		host = b.Name[:len(b.Name)-2]
	}
	row := cells{
		"hostname": host, "default_flag": "0", "disposition": b.Disposition, "disp_refname": sol.ref,
		"pl_name": b.Name, "pl_letter": "", "k2_name": b.Name, "epic_hostname": epic, "epic_candname": fmt.Sprintf("%s.%02d", epic, max(b.tce, 1)),
		"sy_snum": "1", "sy_pnum": fmt.Sprint(len(s.bodies)), "discoverymethod": "Transit", "disc_year": sol.published[:4], "disc_facility": "K2",
		"soltype": sol.kind, "pl_controv_flag": "0", "ttv_flag": "0", "pl_refname": reference(sol.ref, sol.code), "st_refname": reference(sol.ref, sol.code),
		"sy_refname": reference("TICv8", "2019AJ....158..138S"), "ra": f(s.RA, 7), "dec": f(s.Dec, 7),
		"rowupdate": sol.updated, "pl_pubdate": sol.published, "releasedate": sol.updated, "k2_campaigns": s.campaigns,
		"k2_campaigns_num": fmt.Sprint(strings.Count(s.campaigns, ",") + 1), "gaia_id": fmt.Sprintf("Gaia DR3 %d", s.gaia),
	}
	if isDefault {
		row["default_flag"] = "1"
	}
	if b.Name == "" {
		row["pl_name"] = row["epic_candname"]
	} else {
		row["pl_letter"] = b.Name[len(b.Name)-1:]
	}
	if n := s.number(exo.TIC); n != 0 {
		row["tic_id"] = fmt.Sprintf("TIC %d", n)
	}
	row["rastr"], row["decstr"] = sexagesimal(s.RA, s.Dec, false)
	row.limited("pl_orbper", sol.period, sol.periodErr, 0, 11)
	row.limited("pl_orbsmax", sol.sma, sol.smaErr, 0, 10)
	row.limited("pl_rade", sol.rade, sol.radeErr, sol.radeLow, 8)
	const earthPerJupiter, earthMassPerJupiter = 11.209, 317.83
	row.limited("pl_radj", sol.rade/earthPerJupiter, sol.radeErr/earthPerJupiter, sol.radeLow/earthPerJupiter, 8)
	row.limited("pl_bmasse", sol.mass, sol.massErr, sol.massLow, 8)
	row.limited("pl_bmassj", sol.mass/earthMassPerJupiter, sol.massErr/earthMassPerJupiter, sol.massLow/earthMassPerJupiter, 8)
	if sol.mass != 0 {
		row["pl_bmassprov"] = "Mass"
	}
	row.limited("pl_insol", sol.insol, sol.insolErr, 0, 4)
	row.limited("pl_eqt", sol.teq, sol.teqErr, 0, 2)
	if isDefault {
		b.k2Transit(row)
	}
	s.k2Star(row)
	return row
}

// k2Transit writes the transit that the light curves show. The archive's depth
// is in percent.
func (b *body) k2Transit(row cells) {
	row.limited("pl_tranmid", b.EpochBJD, b.epochErr, 0, 6)
	row.limited("pl_trandur", b.DurationH, b.durErr, 0, 4)
	row.limited("pl_trandep", b.DepthPPM*1e-4, b.depthErr*1e-4, 0, 7)
	row.limited("pl_imppar", b.Impact, b.impactErr, 0, 4)
	row.limited("pl_ratror", b.RadiusRatio, 0, 0, 6)
}

func (s *star) k2Star(row cells) {
	row.limited("st_teff", s.Teff, s.teffErr, s.teffLow, 2)
	row.limited("st_rad", s.Radius, s.radErr, s.radLow, 6)
	row.limited("st_mass", s.Mass, s.massErr, 0, 6)
	row.limited("st_met", s.met, 0.15, 0, 4)
	if s.met != 0 {
		row["st_metratio"] = "[Fe/H]"
	}
	row.limited("st_logg", s.Logg, s.loggErr, s.loggLow, 6)
	row["sy_dist"] = f(s.Dist, 8)
	row["sy_disterr1"], row["sy_disterr2"] = signed(s.distErr, 0, fixed(8))
	for key, m := range map[string]float64{"vmag": s.Mag + 0.4, "kmag": s.Mag - 1.9, "gaiamag": s.Mag - 0.05, "kepmag": s.Mag} {
		row["sy_"+key] = f(m, 7)
		row["sy_"+key+"err1"], row["sy_"+key+"err2"] = signed(s.magErr, 0, fixed(7))
	}
}
