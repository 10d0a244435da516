package catalog

import "strings"

// Role is what a column means, whatever the archive calls it.
type Role int

// The roles that the program relies on.
const (
	RoleKey         Role = iota // row key, or its first part
	RoleStar                    // catalog number of the host star
	RoleDisposition             // verdict on the candidate
	RolePeriod                  // days
	RoleEpoch                   // days, BJD or BKJD
	RoleRA                      // degrees or sexagesimal hours
	RoleDec                     // degrees
	RoleMag                     // TESS or Kepler magnitude
	RoleUpdated                 // when the row changed last, sorts as text
	RolePlanet                  // planet's name
	RoleHost                    // star's name
	RoleComments                // free text that may name the planet
	RolePlanetRef               // reference of the planet's parameters
	RoleStarRef                 // reference of the star's parameters
	RoleDefault                 // 1 for the default solution of a planet
	RoleTIC                     // TIC number of a star of another catalog

	// What Ephemerides reads beside period and epoch. An archive that gives one
	// symmetric error gives it as the first.
	RolePeriodErr     // days
	RolePeriodErr2    // days, downwards
	RolePeriodLimit   // not 0: the period is a limit
	RoleEpochErr      // days
	RoleEpochErr2     // days, downwards
	RoleEpochLimit    // not 0: the epoch is a limit
	RoleDuration      // hours, first to fourth contact
	RoleDurationErr   // hours
	RoleDurationErr2  // hours, downwards
	RoleDurationLimit // not 0: the duration is a limit
	RoleDepth         // ppm; K2: per cent

	// What Events reads beside these.
	RoleRadius      // Earth radii, of the planet
	RoleRadiusErr   // Earth radii
	RoleRadiusErr2  // Earth radii, downwards
	RoleRadiusLimit // not 0: the radius is a limit

	// What the merged table has beside these.
	RoleEPIC    // EPIC number of the star
	RoleAliases // names of the object, separated by semicolons
	roles
)

// field says how a role is found in a table.
type field struct {
	role     Role
	names    []string // as the archives spell them, best first
	required bool
	number   bool // cells are numbers or empty
}

// fields lists the columns that each table is read by (archives fact sheet,
// sections 1.6 and 2).
var fields = map[Type][]field{
	KOI: {
		{RoleKey, []string{"kepoi_name"}, true, false},
		{RoleStar, []string{"kepid"}, true, true},
		{RoleDisposition, []string{"koi_disposition"}, true, false},
		{RolePeriod, []string{"koi_period"}, true, true},
		{RoleEpoch, []string{"koi_time0bk", "koi_time0"}, true, true},
		{RoleRA, []string{"ra"}, true, false},
		{RoleDec, []string{"dec"}, true, false},
		{RoleMag, []string{"koi_kepmag"}, false, true},
		{RoleUpdated, []string{"rowupdate", "koi_vet_date"}, false, false},
		{RolePlanet, []string{"kepler_name"}, false, false},
		{RoleComments, nil, false, false},
		{RolePeriodErr, []string{"koi_period_err1"}, false, false},
		{RolePeriodErr2, []string{"koi_period_err2"}, false, false},
		{RoleEpochErr, []string{"koi_time0bk_err1", "koi_time0_err1"}, false, false},
		{RoleEpochErr2, []string{"koi_time0bk_err2", "koi_time0_err2"}, false, false},
		{RoleDuration, []string{"koi_duration"}, false, false},
		{RoleDurationErr, []string{"koi_duration_err1"}, false, false},
		{RoleDurationErr2, []string{"koi_duration_err2"}, false, false},
		{RoleDepth, []string{"koi_depth"}, false, false},
		{RoleRadius, []string{"koi_prad"}, false, false},
		{RoleRadiusErr, []string{"koi_prad_err1"}, false, false},
		{RoleRadiusErr2, []string{"koi_prad_err2"}, false, false},
	},
	TOI: {
		{RoleKey, []string{"TOI"}, true, false},
		{RoleStar, []string{"TIC ID", "tid"}, true, true},
		{RoleDisposition, []string{"TFOPWG Disposition", "tfopwg_disp"}, true, false},
		{RolePeriod, []string{"Period (days)", "pl_orbper"}, true, true},
		{RoleEpoch, []string{"Epoch (BJD)", "Transit Epoch (BJD)", "pl_tranmid"}, true, true},
		{RoleRA, []string{"RA (deg)", "RA"}, true, false},
		{RoleDec, []string{"Dec (deg)", "Dec"}, true, false},
		{RoleMag, []string{"TESS Mag", "st_tmag"}, false, true},
		{RoleUpdated, []string{"Date Modified", "Date Modified (by ExoFOP-TESS)", "rowupdate"}, false, false},
		{RolePlanet, []string{"Planet Name"}, false, false},
		{RoleComments, []string{"Comments"}, false, false},
		{RolePeriodErr, []string{"Period (days) err", "Period error", "pl_orbpererr1"}, false, false},
		{RolePeriodErr2, []string{"pl_orbpererr2"}, false, false},
		{RolePeriodLimit, []string{"pl_orbperlim"}, false, false},
		{RoleEpochErr, []string{"Epoch (BJD) err", "Transit Epoch error", "pl_tranmiderr1"}, false, false},
		{RoleEpochErr2, []string{"pl_tranmiderr2"}, false, false},
		{RoleEpochLimit, []string{"pl_tranmidlim"}, false, false},
		{RoleDuration, []string{"Duration (hours)", "pl_trandurh"}, false, false},
		{RoleDurationErr, []string{"Duration (hours) err", "Duration error", "pl_trandurherr1"}, false, false},
		{RoleDurationErr2, []string{"pl_trandurherr2"}, false, false},
		{RoleDurationLimit, []string{"pl_trandurhlim"}, false, false},
		{RoleDepth, []string{"Depth (ppm)", "pl_trandep"}, false, false},
		{RoleRadius, []string{"Planet Radius (R_Earth)", "pl_rade"}, false, false},
		{RoleRadiusErr, []string{"Planet Radius (R_Earth) err", "Planet Radius error", "pl_radeerr1"}, false, false},
		{RoleRadiusErr2, []string{"pl_radeerr2"}, false, false},
		{RoleRadiusLimit, []string{"pl_radelim"}, false, false},
	},
	K2: {
		{RoleKey, []string{"pl_name"}, true, false},
		{RoleStar, []string{"epic_hostname"}, false, false},
		{RoleHost, []string{"hostname"}, true, false},
		{RoleDisposition, []string{"disposition"}, true, false},
		{RoleDefault, []string{"default_flag"}, true, true},
		{RolePeriod, []string{"pl_orbper"}, true, true},
		{RoleEpoch, []string{"pl_tranmid"}, false, true},
		{RoleRA, []string{"ra"}, true, false},
		{RoleDec, []string{"dec"}, true, false},
		{RoleMag, []string{"sy_kepmag", "sy_tmag"}, false, true},
		{RoleUpdated, []string{"rowupdate"}, false, false},
		{RolePlanet, []string{"pl_name"}, false, false},
		{RolePlanetRef, []string{"pl_refname"}, false, false},
		{RoleStarRef, []string{"st_refname"}, false, false},
		{RoleTIC, []string{"tic_id"}, false, false},
		{RolePeriodErr, []string{"pl_orbpererr1"}, false, false},
		{RolePeriodErr2, []string{"pl_orbpererr2"}, false, false},
		{RolePeriodLimit, []string{"pl_orbperlim"}, false, false},
		{RoleEpochErr, []string{"pl_tranmiderr1"}, false, false},
		{RoleEpochErr2, []string{"pl_tranmiderr2"}, false, false},
		{RoleEpochLimit, []string{"pl_tranmidlim"}, false, false},
		{RoleDuration, []string{"pl_trandur"}, false, false},
		{RoleDurationErr, []string{"pl_trandurerr1"}, false, false},
		{RoleDurationErr2, []string{"pl_trandurerr2"}, false, false},
		{RoleDurationLimit, []string{"pl_trandurlim"}, false, false},
		{RoleDepth, []string{"pl_trandep"}, false, false},
		{RoleRadius, []string{"pl_rade"}, false, false},
		{RoleRadiusErr, []string{"pl_radeerr1"}, false, false},
		{RoleRadiusErr2, []string{"pl_radeerr2"}, false, false},
		{RoleRadiusLimit, []string{"pl_radelim"}, false, false},
	},
	Gaia: {
		{RoleKey, []string{"source_id"}, true, true},
		{RoleStar, []string{"target", "target_id", "tic_id"}, false, false},
		{RoleRA, []string{"ra"}, true, false},
		{RoleDec, []string{"dec"}, true, false},
		{RoleMag, []string{"phot_g_mean_mag"}, false, true},
	},
	Candidates: candidateFields,
}

// former maps names of retired tables to today's: the pairs of k2candidates
// and k2pandc, and the KOI table's in its deliveries.
var former = map[string]string{
	"epicname": "epic_hostname", "epiccandname": "pl_name", "k2cdisp": "disposition",
	"k2crecentflag": "default_flag", "stmetfe": "st_met", "k2creflink": "pl_refname",
	"koicumdisposition": "koi_disposition", "plhostname": "hostname", "hoststarname": "hostname",
}

// canon drops what archives vary in a column's name: case, punctuation and
// repeated blanks.
func canon(name string) string {
	var b strings.Builder
	b.Grow(len(name))
	blank := false
	for _, r := range strings.ToLower(name) {
		switch {
		case r == ' ' || r == '\t' || r == '\u00a0':
			blank = b.Len() > 0
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 0x7f:
			if blank {
				b.WriteByte(' ')
				blank = false
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}
