package catalog

import "strings"

// candidateFields are the columns that the merged table is read by: those of
// processed/v2 (docs/format/candidates.md).
var candidateFields = []field{
	{RoleKey, []string{"candidate"}, true, false},
	{RoleStar, []string{"kic"}, false, false},
	{RoleTIC, []string{"tic"}, false, false},
	{RoleEPIC, []string{"epic"}, false, false},
	{RoleHost, []string{"host_name"}, false, false},
	{RoleDisposition, []string{"disposition"}, true, false},
	{RolePeriod, []string{"period_d"}, true, true},
	{RoleEpoch, []string{"epoch_bjd"}, true, true},
	{RoleRA, []string{"ra_deg"}, true, true},
	{RoleDec, []string{"dec_deg"}, true, true},
	{RoleMag, []string{"tess_mag", "kepler_mag"}, false, true},
	{RoleUpdated, []string{"updated"}, false, false},
	{RolePlanet, []string{"planet_name"}, false, false},
	{RoleAliases, []string{"aliases"}, false, false},
	{RolePeriodErr, []string{"period_d_err_up"}, false, false},
	{RolePeriodErr2, []string{"period_d_err_down"}, false, false},
	{RolePeriodLimit, []string{"period_d_limit"}, false, false},
	{RoleEpochErr, []string{"epoch_bjd_err_up"}, false, false},
	{RoleEpochErr2, []string{"epoch_bjd_err_down"}, false, false},
	{RoleEpochLimit, []string{"epoch_bjd_limit"}, false, false},
	{RoleDuration, []string{"duration_h"}, false, false},
	{RoleDurationErr, []string{"duration_h_err_up"}, false, false},
	{RoleDurationErr2, []string{"duration_h_err_down"}, false, false},
	{RoleDurationLimit, []string{"duration_h_limit"}, false, false},
	{RoleDepth, []string{"depth_ppm"}, false, false},
	{RoleRadius, []string{"radius_earth"}, false, false},
	{RoleRadiusErr, []string{"radius_earth_err_up"}, false, false},
	{RoleRadiusErr2, []string{"radius_earth_err_down"}, false, false},
	{RoleRadiusLimit, []string{"radius_earth_limit"}, false, false},
}

// aliases returns the names of row i's object in the merged table, which keeps
// them in one cell.
func (t *Table) aliases(i int) []string {
	var names []string
	for name := range strings.SplitSeq(t.Get(i, RoleAliases), ";") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// starOf returns the star's part of a numbered candidate's name: "K00072" of
// "K00072.01", "TOI 700" of "TOI 700.01"; "" for other names.
func starOf(name string) string {
	star, number, ok := strings.Cut(name, ".")
	if !ok || len(number) != 2 || !isDigit(number[0]) || !isDigit(number[1]) {
		return ""
	}
	return star
}

// candidateUnits are the units of the merged table's columns, in the words of
// the archives.
var candidateUnits = map[string]string{
	"period_d": "days", "epoch_bjd": "BJD", "duration_h": "hours", "depth_ppm": "ppm", "radius_earth": "Earth radii", "mass_earth": "Earth mass",
	"insolation_earth": "Earth flux", "teq_k": "K", "semi_major_axis_au": "au", "inclination_deg": "deg", "star_teff_k": "K",
	"star_logg": "log10(cm/s**2)", "star_radius_sun": "Solar radii", "star_mass_sun": "Solar mass", "star_metallicity_dex": "dex",
	"star_density_g_cm3": "g/cm**3", "distance_pc": "pc", "parallax_mas": "mas", "tess_mag": "mag", "kepler_mag": "mag", "gaia_g_mag": "mag",
	"ra_deg": "deg", "dec_deg": "deg", "pm_ra_mas_yr": "mas/yr", "pm_dec_mas_yr": "mas/yr", "gaia_parallax_mas": "mas", "gaia_phot_g_mag": "mag", "gaia_bp_rp_mag": "mag",
	"gaia_teff_k": "K", "gaia_logg": "log10(cm/s**2)", "gaia_metallicity_dex": "dex", "gaia_radius_sun": "Solar radii", "gaia_mass_sun": "Solar mass",
	"gaia_separation_arcsec": "arcsec",
}

// candidateUnit looks a column of the merged table up, by its value's name.
func candidateUnit(name string) string {
	for _, suffix := range []string{"_err_up", "_err_down", "_err"} {
		if base, ok := strings.CutSuffix(name, suffix); ok {
			name = base
			break
		}
	}
	return candidateUnits[name]
}
