package sample

import (
	"slices"
	"strings"
)

// pair is a column in ExoFOP's two dialects; "" where a dialect lacks it.
type pair struct{ download, dashboard string }

// pairs are the 63 columns of the download page in its order (2024 to 2026),
// with the dashboard's names of 2025 for the same.
var pairs = []pair{
	{"TIC ID", "TIC ID"}, {"TOI", "TOI"}, {"Previous CTOI", "CTOI"}, {"Master", "Master priority"}, {"SG1A", ""},
	{"SG1B", "SG1B priority"}, {"SG2", "SG2 priority"}, {"SG3", "SG3 priority"}, {"SG4", "SG4 priority"}, {"SG5", "SG5 priority"},
	{"ESM", "ESM"}, {"TSM", "TSM"}, {"Predicted Mass (M_Earth)", "Predicted Mass (M_Earth)"}, {"Predicted RV Semi-amplitude (m/s)", ""},
	{"Time Series Observations", "Time Series Observations"}, {"Spectroscopy Observations", "Spectroscopy Observations"},
	{"Imaging Observations", "Imaging Observations"}, {"TESS Disposition", "TESS Disposition"}, {"TFOPWG Disposition", "TFOPWG Disposition"},
	{"TESS Mag", "TESS mag"}, {"TESS Mag err", ""}, {"Planet Name", ""}, {"Pipeline Signal ID", "Pipeline Signal ID"}, {"Source", "Source"},
	{"Detection", "Detection"}, {"RA", "RA (deg)"}, {"Dec", "Dec (deg)"}, {"PM RA (mas/yr)", "PM RA (mas/yr)"}, {"PM RA err (mas/yr)", ""},
	{"PM Dec (mas/yr)", "PM Dec (mas/yr)"}, {"PM Dec err (mas/yr)", ""}, {"Epoch (BJD)", "Transit Epoch (BJD)"}, {"Epoch (BJD) err", ""},
	{"Period (days)", "Period (days)"}, {"Period (days) err", ""}, {"Duration (hours)", "Duration (hours)"}, {"Duration (hours) err", ""},
	{"Depth (mmag)", "Depth (mmag)"}, {"Depth (mmag) err", ""}, {"Depth (ppm)", "Depth (ppm)"}, {"Depth (ppm) err", ""},
	{"Planet Radius (R_Earth)", "Planet Radius (R_Earth)"}, {"Planet Radius (R_Earth) err", ""},
	{"Planet Insolation (Earth Flux)", "Planet Insolation (Earth flux)"}, {"Planet Equil Temp (K)", "Planet Eq Temp (K)"}, {"Planet SNR", "Planet SNR"},
	{"Stellar Distance (pc)", "Stellar Distance (pc)"}, {"Stellar Distance (pc) err", ""}, {"Stellar Eff Temp (K)", "Stellar Teff (K)"},
	{"Stellar Eff Temp (K) err", ""}, {"Stellar log(g) (cm/s^2)", "Stellar log(g) (cm/s2)"}, {"Stellar log(g) (cm/s^2) err", ""},
	{"Stellar Radius (R_Sun)", "Stellar Radius (R_Sun)"}, {"Stellar Radius (R_Sun) err", ""}, {"Stellar Metallicity", "Stellar Metallicity"},
	{"Stellar Metallicity  err", ""}, {"Stellar Mass (M_Sun)", "Stellar Mass (M_Sun)"}, {"Stellar Mass (M_Sun) err", ""}, {"Sectors", "Sectors"},
	{"Date TOI Alerted (UTC)", "Date TOI Alerted (by TESS Project)"}, {"Date TOI Updated (UTC)", "Date TOI Updated (by TESS Project)"},
	{"Date Modified", "Date Modified (by ExoFOP-TESS)"}, {"Comments", "Comments"},
}

// dashboardLast are the columns that the dashboard puts behind the others, in
// its order.
var dashboardLast = []string{"Sectors", "Comments", "Date TOI Alerted (by TESS Project)", "Date TOI Updated (by TESS Project)", "Date Modified (by ExoFOP-TESS)"}

// isDashboard tells which dialect a table is in.
func isDashboard(t *table) bool { return t.col("RA (deg)") >= 0 }

// origin says from which column of the one dialect a column of the other comes.
type origin struct{ name, from string }

// plan lists the columns of a dialect with their origins in the other.
func plan(dialect string) []origin {
	var out []origin
	if dialect == "download" {
		for _, p := range pairs {
			out = append(out, origin{p.download, p.dashboard})
		}
		return out
	}
	late := map[string]string{}
	for _, p := range pairs {
		switch {
		case p.dashboard == "":
			continue
		case slices.Contains(dashboardLast, p.dashboard):
			late[p.dashboard] = p.download
			continue
		}
		out = append(out, origin{p.dashboard, p.download})
		if p.dashboard == "TFOPWG Disposition" {
			out = append(out, origin{"View all TFOPWG Disposition", "TOI"})
		}
	}
	for _, name := range dashboardLast {
		out = append(out, origin{name, late[name]})
	}
	return out
}

// translated turns a table into the other dialect.
func (t *table) translated(dialect string) *table {
	plan := plan(dialect)
	cols := make([]column, len(plan))
	at := make([]int, len(plan))
	for i, p := range plan {
		cols[i], at[i] = column{name: p.name, kind: "char"}, -1
		if p.from != "" {
			at[i] = t.col(p.from)
		}
	}
	rows := make([][]string, len(t.rows))
	for k, r := range t.rows {
		rows[k] = make([]string, len(plan))
		for i, c := range at {
			if c >= 0 {
				rows[k][i] = convert(plan[i].name, r[c])
			}
		}
	}
	return newTable(t.name, cols, rows)
}

// convert turns a cell into what the column of that name holds.
func convert(name, s string) string {
	switch name {
	case "RA (deg)":
		return cellNumber(15*sexagesimal(s), "")
	case "Dec (deg)":
		return cellNumber(sexagesimal(s), "")
	case "RA":
		return hms(number(s)/15, false)
	case "Dec":
		return hms(number(s), true)
	case "Period (days)": // a single transit is 0 on the page and empty on the dashboard
		if s == "0" {
			return ""
		}
	case "Date Modified (by ExoFOP-TESS)":
		s, _, _ = strings.Cut(s, " ")
	}
	return s
}
