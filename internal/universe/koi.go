package universe

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
)

// StrayFlag is the value that one row has in koi_fpflag_nt, which else holds 0
// and 1; the real table has such a row.
const StrayFlag = 465

// koiTable is the archive's `cumulative`, rows by KOI.
func koiTable(seed uint64, stars []*star) Table {
	t := newTable("cumulative", specKOI)
	var all []*body
	for _, s := range stars {
		for _, b := range s.bodies {
			if b.KOI != "" {
				all = append(all, b)
			}
		}
	}
	slices.SortFunc(all, func(a, b *body) int { return strings.Compare(a.KOI, b.KOI) })
	for i, b := range all {
		row := b.koiRow(seed)
		if i == 100 {
			row["koi_fpflag_nt"] = strconv.Itoa(StrayFlag)
		}
		t.add(row)
	}
	return t
}

func (b *body) koiRow(seed uint64) cells {
	s := b.star
	c := b.chance(seed, "koi")
	row := cells{
		"kepid": strconv.FormatUint(s.number(exo.KIC), 10), "kepoi_name": b.KOI, "kepler_name": b.Name,
		"koi_disposition": b.Disposition, "koi_pdisposition": b.pdisp, "koi_score": b.score,
		"koi_delivname": "cumulative", "koi_vet_stat": "Done", "koi_vet_date": "2018-08-16", "koi_quarters": strings.Repeat("1", 17) + strings.Repeat("0", 15),
		"koi_disp_prov": "q1_q17_dr25_sup_koi", "koi_parm_prov": "q1_q17_dr25_koi", "koi_sparprov": "q1_q17_dr25_stellar",
		"koi_tce_plnt_num": strconv.Itoa(b.tce), "koi_tce_delivname": "q1_q17_dr25_tce", "koi_count": strconv.Itoa(len(s.bodies)),
		"koi_fittype": "LS+MCMC", "koi_trans_mod": "Mandel and Agol (2002 ApJ 580 171)", "koi_limbdark_mod": "Claret (2011 A&A 529 75) ATLAS LS",
		"koi_comment": "NO_COMMENT", "koi_eccen": "0", "koi_model_snr": f(b.snr, 2),
		"ra": f(s.RA, 6), "dec": f(s.Dec, 6), "ra_err": f(0, 6), "dec_err": f(0, 6),
	}
	row["ra_str"], row["dec_str"] = sexagesimal(s.RA, s.Dec, false)
	for i, key := range []string{"nt", "ss", "co", "ec"} {
		row["koi_fpflag_"+key] = strconv.Itoa(b.flags[i])
	}
	if b.Disposition == falsePositive {
		row["koi_comment"] = "DEEP_V_SHAPED---MOD_SEC_ALT"
	}
	b.koiOrbit(row, c)
	s.koiStar(row)
	s.koiMagnitudes(row, c)
	b.koiCentroids(row, c)
	dv := fmt.Sprintf("%03d/%06d/%09d/dv/kplr%09d-", s.number(exo.KIC)/1e6, s.number(exo.KIC)/1e3, s.number(exo.KIC), s.number(exo.KIC))
	row["koi_datalink_dvr"], row["koi_datalink_dvs"] = dv+"20160209194854_dvr.pdf", fmt.Sprintf("%s%03d-20160209194854_dvs.pdf", dv, b.tce)
	return row
}

// set writes a value and its errors.
func (row cells) set(column, value string, upper, lower float64, write func(float64) string) {
	row[column] = value
	row[column+"_err1"], row[column+"_err2"] = signed(upper, lower, write)
}

func (b *body) koiOrbit(row cells, c chance) {
	s := b.star
	u1, u2 := s.u()
	years := b.PeriodDays / 365.25
	au := pow(s.Mass*years*years, 1.0/3)
	a := au / (auPerSunRadius * s.Radius)
	row.set("koi_period", f(b.PeriodDays, 9), b.periodErr, 0, science(7))
	row.set("koi_time0bk", f(b.EpochBJD-2454833, 7), b.epochErr, 0, science(6))
	row.set("koi_time0", f(b.EpochBJD, 7), b.epochErr, 0, science(6))
	low := b.impactLow
	if low == 0 { // impact parameters are not negative
		low = min(b.impactErr, b.Impact)
	}
	row.set("koi_impact", f(b.Impact, 4), b.impactErr, low, fixed(4))
	row.set("koi_duration", f(b.DurationH, 5), b.durErr, 0, fixed(5))
	row.set("koi_depth", e(b.DepthPPM, 4), b.depthErr, 0, science(3))
	row.set("koi_ror", f(b.RadiusRatio, 6), decimals(float64(b.RadiusRatio*0.02)+2e-6, 6), 0, fixed(6))
	row.set("koi_dor", f(a, 4), a*0.01, 0, fixed(4))
	row.set("koi_srho", f(s.Mass*1.41/(s.Radius*s.Radius*s.Radius), 5), 0.02, 0, fixed(5))
	row.set("koi_prad", f(b.rade, 2), b.radeErr, b.radeLow, science(3))
	row["koi_teq"], row["koi_sma"] = f(b.teq, 1), f(au, 4)
	row.set("koi_insol", f(b.insol, 2), b.insolErr, b.insolLow, fixed(2))
	row["koi_incl"] = f(acos(min(1, b.Impact/a))*180/math.Pi, 2)
	row["koi_ldm_coeff1"], row["koi_ldm_coeff2"], row["koi_ldm_coeff3"], row["koi_ldm_coeff4"] = f(u1, 4), f(u2, 4), "0.0000", "0.0000"
	row["koi_num_transits"] = strconv.Itoa(int(1400 / max(b.PeriodDays, 1)))
	row["koi_max_sngle_ev"], row["koi_max_mult_ev"] = f(b.snr/4, 7), f(b.snr*0.9, 7)
	row["koi_bin_oedp_sig"] = f(c.uniform(), 5)
}

func (s *star) koiStar(row cells) {
	row.set("koi_steff", f(s.Teff, 2), s.teffErr, s.teffLow, fixed(2))
	row.set("koi_slogg", f(s.Logg, 3), s.loggErr, s.loggLow, fixed(3))
	row.set("koi_smet", f(s.met, 4), 0.15, 0, fixed(4))
	row.set("koi_srad", f(s.Radius, 4), s.radErr, s.radLow, fixed(4))
	row.set("koi_smass", f(s.Mass, 4), s.massErr, 0, fixed(4))
}

func (s *star) koiMagnitudes(row cells, c chance) {
	color := max(0.1, (7600-s.Teff)/3500)
	for key, m := range map[string]float64{
		"kep": s.Mag, "g": s.Mag + float64(0.8*color), "r": s.Mag - 0.05, "i": s.Mag - float64(0.2*color), "z": s.Mag - float64(0.3*color),
		"j": s.Mag - 1 - float64(0.8*color), "h": s.Mag - 1.1 - float64(1.2*color), "k": s.Mag - 1.15 - float64(1.3*color),
	} {
		row["koi_"+key+"mag"] = f(m, 3)
	}
	for _, key := range []string{"j", "h", "k"} {
		row["koi_"+key+"mag_err"] = f(c.between(0.02, 0.05), 3)
	}
}

// koiCentroids are the tests for light of another star.
func (b *body) koiCentroids(row cells, c chance) {
	s := b.star
	row["koi_fwm_stat_sig"] = f(c.uniform(), 3)
	row["koi_fwm_sra"], row["koi_fwm_sra_err"] = f(s.RA/15, 9), f(c.between(1e-5, 9e-5), 9) // hours
	row["koi_fwm_sdec"], row["koi_fwm_sdec_err"] = f(s.Dec, 8), f(c.between(1e-4, 9e-4), 8)
	for _, key := range []string{"srao", "sdeco", "prao", "pdeco"} {
		row["koi_fwm_"+key], row["koi_fwm_"+key+"_err"] = f(c.gauss()*0.4, 5), f(c.between(0.1, 0.5), 5)
	}
	for _, frame := range []string{"koi_dicco_", "koi_dikco_"} {
		dra, ddec := c.gauss()*0.15, c.gauss()*0.15
		for key, v := range map[string]float64{"mra": dra, "mdec": ddec, "msky": math.Sqrt(float64(dra*dra) + float64(ddec*ddec))} {
			row[frame+key], row[frame+key+"_err"] = f(v, 4), "0.1300"
		}
	}
}
