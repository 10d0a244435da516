package candidate_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"exoplanetai/internal/candidate"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/xtest"
)

// normal parses and normalises a table.
func normal(t testing.TB, typ catalog.Type, text string) *candidate.Normal {
	t.Helper()
	tab, err := catalog.Parse(typ, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	n, err := candidate.Normalize(tab)
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Rows) != tab.Len() {
		t.Fatalf("%d rows of %d", len(n.Rows), tab.Len())
	}
	return n
}

// cell returns a cell by row and column name; "-" for a column that is not there.
func cell(columns []candidate.Column, row []string, name string) string {
	for j, c := range columns {
		if c.Name == name {
			return row[j]
		}
	}
	return "-"
}

func TestEverySourceGetsTheSameWords(t *testing.T) {
	for name, tt := range map[string]struct {
		typ  catalog.Type
		text string
		want map[string]string // of the first row
	}{
		"KOI with all columns": {catalog.KOI,
			"kepid,kepoi_name,kepler_name,koi_disposition,koi_period,koi_period_err1,koi_period_err2,koi_time0bk,koi_time0bk_err1,koi_time0,koi_depth,koi_quarters,ra,ra_err,dec,koi_kepmag,koi_kepmag_err,koi_srho,koi_srho_err1,koi_vet_date,koi_score,koi_fwm_sra\n" +
				"11904151,K00072.01,Kepler-10 b,CONFIRMED, 0.837491225,3.03e-07,-3.04e-07,131.5748580,1e-5,2454964.574858,152.3,11000000000000000000000000000001,285.679,0.0001,50.241,10.96,0.02,1.07,.1,2018-08-16,0.0000,19.04\n",
			map[string]string{"row_key": "K00072.01", "source": "koi", "object": "K00072.01", "kic": "KIC 11904151", "planet_name": "Kepler-10 b", "disposition": "CONFIRMED",
				"period_d": "0.837491225", "period_d_err_up": "3.03e-07", "period_d_err_down": "3.04e-07", "epoch_bjd": "2454964.5748580", "epoch_bjd_err_up": "1e-5",
				"depth_ppm": "152.3", "observed": "1,2,32", "ra_deg": "285.679", "ra_deg_err_up": "0.0001", "ra_deg_err_down": "0.0001", "kepler_mag": "10.96",
				"kepler_mag_err_up": "0.02", "star_density_g_cm3_err_up": ".1", "updated": "2018-08-16", "koi_score": "0.0000", "koi_fwm_sra": "19.04", "koi_time0": "2454964.574858"}},
		"KOI where the short epoch is missing": {catalog.KOI,
			"kepid,kepoi_name,koi_disposition,koi_period,koi_time0bk,koi_time0bk_err1,koi_time0,koi_time0_err1,ra,dec\n1,K00001.01,CANDIDATE,0,,,2454964.574858,0.1,1,2\n",
			map[string]string{"epoch_bjd": "2454964.574858", "epoch_bjd_err_up": "0.1", "period_d": "", "koi_time0": "2454964.574858"}},
		"the pipe form of ExoFOP": {catalog.TOI,
			"TIC ID|TOI|Previous CTOI|Master|TFOPWG Disposition|TESS Mag|TESS Mag err|Planet Name|RA|Dec|PM RA (mas/yr)|PM RA err (mas/yr)|Epoch (BJD)|Epoch (BJD) err|Period (days)|Period (days) err|Duration (hours)|Depth (mmag)|Depth (mmag) err|Depth (ppm)|Depth (ppm) err|Stellar log(g) (cm/s^2)|Stellar Metallicity|Stellar Metallicity  err|Sectors|Date TOI Alerted (UTC)|Date Modified|Comments\n" +
				"231663901|101.10||5|KP|12.4069|0.006||21:14:56.88|-55:52:18.71|12.641|0.044|2458326.009117|0.00013154597|0|0.1|1.61659940399439|20.784|0.200653||184.79134|4.48851|.1|.02|1,27,67|2018-09-05|2025-07-31 12:59:22|WASP-46 b\n",
			map[string]string{"row_key": "101.10", "object": "TOI 101.10", "tic": "TIC 231663901", "disposition": "CONFIRMED", "disposition_original": "KP",
				"ra_deg": "318.7370000", "dec_deg": "-55.8718639", "period_d": "", "period_d_err_up": "", "epoch_bjd": "2458326.009117", "epoch_bjd_err_down": "0.00013154597",
				"pm_ra_mas_yr_err_up": "0.044", "star_metallicity_dex": ".1", "star_metallicity_dex_err_down": ".02", "star_logg": "4.48851", "updated": "2025-07-31T12:59:22",
				"created": "2018-09-05", "observed": "1,27,67", "comments": "WASP-46 b", "master": "5", "depth_mmag": "20.784", "tess_mag_err_up": "0.006"}},
		"NASA's form of the TOI table": {catalog.TOI,
			"toi,tid,tfopwg_disp,ra,dec,pl_tranmid,pl_orbper,pl_orbpererr1,pl_orbpererr2,pl_orbperlim,pl_trandep,rowupdate,rastr\n256.01,92226327,XX,11.248625,-15.27,2458326.0,,0.1,-0.2,0,1000,2025-01-01 10:00:00,00h44m59.67s\n",
			map[string]string{"disposition": "", "disposition_original": "XX", "period_d": "", "period_d_err_up": "0.1", "period_d_err_down": "0.2", "period_d_limit": "0", "ra_deg": "11.248625", "rastr": "00h44m59.67s"}},
		"K2 with all columns": {catalog.K2,
			"pl_name,hostname,epic_hostname,epic_candname,k2_name,tic_id,gaia_id,default_flag,disposition,pl_refname,pl_orbper,pl_orbperlim,pl_tranmid,pl_trandep,pl_trandeperr1,pl_trandeperr2,pl_trandur,ra,dec,sy_pmra,sy_plx,k2_campaigns,pl_pubdate,releasedate,pl_radj\n" +
				"K2-18 b,K2-18,EPIC 201912552,EPIC 201912552.01,K2-18 b,TIC 388804061,Gaia DR2 3910747531814692736,1,CONFIRMED,<a refstr=X href=https://ui.adsabs.harvard.edu/abs/2018AJ....155..257S/abstract target=ref>Sarkis et al. 2018</a>,32.94,0,2457264.39,0.2890,0.0041,-0.0042,2.66,172.56,7.588,-80.479,26.3,1,2018-06,2018-05-15,0.211\n",
			map[string]string{"object": "K2-18 b", "planet_name": "K2-18 b", "candidate_name": "EPIC 201912552.01", "epic": "EPIC 201912552", "tic": "TIC 388804061",
				"gaia_id": "Gaia DR2 3910747531814692736", "reference": "2018AJ....155..257S", "depth_ppm": "2890", "depth_ppm_err_up": "41", "depth_ppm_err_down": "42", "duration_h": "2.66",
				"parallax_mas": "26.3", "observed": "1", "published": "2018-06", "pl_radj": "0.211", "period_d_limit": "0"}},
		"K2 whose export says ppm": {catalog.K2,
			"# COLUMN pl_trandep: Transit Depth [ppm]\n# COLUMN pl_trandur: Transit Duration [days]\npl_name,hostname,default_flag,disposition,pl_orbper,pl_trandep,pl_trandur,pl_trandurerr1,ra,dec\nEPIC 1.01,EPIC 1,1,CANDIDATE,1,2890,0.5,0.25,,\n",
			map[string]string{"depth_ppm": "2890", "duration_h": "12", "duration_h_err_up": "6", "candidate_name": "EPIC 1.01", "planet_name": "", "epic": "EPIC 1", "ra_deg": ""}},
		"Gaia": {catalog.Gaia,
			"target,separation_arcsec,source_id,ra,dec,parallax,parallax_error,phot_g_mean_mag,bp_rp,teff_gspphot,radius_gspphot,radius_flame\nTIC 5,0.120,4611686018427387904,10,20,5.1,0.02,10.1,0.8,5700,1.1,\n",
			map[string]string{"tic": "TIC 5", "kic": "", "gaia_id": "Gaia DR3 4611686018427387904", "parallax_mas": "5.1", "parallax_mas_err_up": "0.02", "star_radius_sun": "1.1",
				"radius_gspphot": "1.1", "separation_arcsec": "0.120"}},
	} {
		t.Run(name, func(t *testing.T) {
			n := normal(t, tt.typ, tt.text)
			for col, want := range tt.want {
				if got := cell(n.Columns, n.Rows[0], col); got != want {
					t.Errorf("%s: %q, want %q", col, got, want)
				}
			}
		})
	}
}

func TestDepthInMagnitudesFillsInOnly(t *testing.T) {
	const head = "TIC ID,TOI,TFOPWG Disposition,RA,Dec,Epoch (BJD),Period (days),Depth (mmag),Depth (mmag) err,Depth (ppm),Depth (ppm) err\n"
	n := normal(t, catalog.TOI, head+"1,1.01,PC,1,1,2458326,1,20.784,0.2,,\n1,1.02,PC,1,1,2458326,2,20.784,0.2,18960.7,184\n1,1.03,PC,1,1,2458326,3,,,,\n")
	depth, _ := strconv.ParseFloat(cell(n.Columns, n.Rows[0], "depth_ppm"), 64)
	sigma, _ := strconv.ParseFloat(cell(n.Columns, n.Rows[0], "depth_ppm_err_up"), 64)
	if want := 1e6 * (1 - math.Pow(10, -0.4*0.020784)); math.Abs(depth-want) > 1e-6*want {
		t.Errorf("%v, want %v", depth, want)
	}
	if want := 1e6 * (math.Pow(10, -0.4*0.020684) - math.Pow(10, -0.4*0.020884)); math.Abs(sigma-want) > 1e-3*want {
		t.Errorf("%v, want %v", sigma, want)
	}
	for i, want := range map[int]string{1: "18960.7", 2: ""} {
		if got := cell(n.Columns, n.Rows[i], "depth_ppm"); got != want {
			t.Errorf("row %d: %q", i, got)
		}
	}
	if got := cell(n.Columns, n.Rows[1], "depth_ppm_err_down"); got != "184" {
		t.Error(got)
	}
}

func TestWhatIsNoValueIsUnknownAndCounted(t *testing.T) {
	n := normal(t, catalog.KOI, "kepid,kepoi_name,koi_disposition,koi_period,koi_period_err1,koi_time0bk,ra,dec,koi_prad\n"+
		"1,K00001.01,CONFIRMED,soon,about 1,NaN,12h99m00s,1,1e999\n0,K00001.02,CONFIRMED,1,1,1,1,1,=1+1\n")
	for col, want := range map[string]int{"period_d": 1, "period_d_err_up": 1, "epoch_bjd": 1, "ra_deg": 1, "radius_earth": 2} {
		if n.Unread[col] != want {
			t.Errorf("%s: %d cells, want %d", col, n.Unread[col], want)
		}
	}
	for _, col := range []string{"period_d", "period_d_err_up", "epoch_bjd", "ra_deg", "radius_earth"} {
		if got := cell(n.Columns, n.Rows[0], col); got != "" {
			t.Errorf("%s: %q", col, got)
		}
	}
	if len(n.Unread) != 5 {
		t.Error(n.Unread)
	}
}

func TestColumnsKeepTheirNamesAndNeverShareOne(t *testing.T) {
	n := normal(t, catalog.KOI, "kepid,kepoi_name,koi_disposition,koi_period,koi_time0bk,ra,dec,period_d,object,source,Odd Name!,odd_name,???\n"+
		"1,K00001.01,CONFIRMED,1,1,1,1,a,b,c,d,e,f\n")
	seen := map[string]bool{}
	for _, c := range n.Columns {
		if seen[c.Name] || c.Name == "" || c.Description == "" {
			t.Errorf("column %q", c.Name)
		}
		seen[c.Name] = true
	}
	for col, want := range map[string]string{"koi_period_d": "a", "koi_object": "b", "koi_source": "c", "odd_name": "d", "koi_odd_name": "e", "column": "f", "period_d": "1"} {
		if got := cell(n.Columns, n.Rows[0], col); got != want {
			t.Errorf("%s: %q, want %q", col, got, want)
		}
	}
}

func TestOnlyTablesOfArchivesHaveANormalForm(t *testing.T) {
	tab, err := catalog.Parse(catalog.Candidates, []byte("candidate,disposition,period_d,epoch_bjd,ra_deg,dec_deg\nx,,,,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tab := range []*catalog.Table{nil, tab} {
		if _, err := candidate.Normalize(tab); exo.KindOf(err) != exo.Invalid {
			t.Error(err)
		}
	}
}

func TestJSONSaysWhatCSVSays(t *testing.T) {
	n := normal(t, catalog.TOI, "TIC ID,TOI,TFOPWG Disposition,RA,Dec,Epoch (BJD),Period (days),Comments,Planet Radius (R_Earth),Sectors\n"+
		`1,1.10,PC,+1,-0.5,2458326.50,.6576402,"a ""quoted"", <b> β \u",007.50,"1,2"`+"\n2,2.01,,,,,,,,\n")
	var doc struct {
		Table, Version string
		Conventions    []string
		Columns        []candidate.Column
		RowCount       int `json:"row_count"`
		Rows           [][]any
	}
	b := n.JSON()
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Table != "toi" || doc.Version != "v1" || len(doc.Conventions) == 0 || doc.RowCount != 2 || len(doc.Rows) != 2 || b[len(b)-1] != '\n' {
		t.Errorf("%+v", doc)
	}
	for col, want := range map[string]any{"object": "TOI 1.10", "ra_deg": 1.0, "dec_deg": -0.5, "period_d": 0.6576402, "radius_earth": 7.5, "comments": `a "quoted", <b> β \u`, "observed": "1,2"} {
		j := slices.IndexFunc(doc.Columns, func(c candidate.Column) bool { return c.Name == col })
		if doc.Rows[0][j] != want {
			t.Errorf("%s: %v", col, doc.Rows[0][j])
		}
	}
	for j, v := range doc.Rows[1][4:] {
		if v != nil && v != "" && !strings.HasPrefix(doc.Columns[j+4].Name, "object") {
			t.Errorf("%s: %v", doc.Columns[j+4].Name, v)
		}
	}
	if !bytes.Equal(b, n.JSON()) || !bytes.Equal(n.CSV(), n.CSV()) {
		t.Error("not the same bytes")
	}
}

func TestTheWebTablesOfTheArchives(t *testing.T) {
	for typ, file := range map[catalog.Type]string{catalog.KOI: "nasa/cumulative_webtable_2025-09-29.csv", catalog.TOI: "exofop/dashboard_export_2022-06.csv",
		catalog.K2: "nasa/k2pandc_webtable_2025-09-29.csv"} {
		text, err := os.ReadFile(xtest.Shared(t, "data/protocol/"+file))
		if err != nil {
			t.Fatal(err)
		}
		n := normal(t, typ, string(text))
		if len(n.Unread) > 0 {
			t.Errorf("%s: %v", file, n.Unread)
		}
		for i, row := range n.Rows {
			if (cell(n.Columns, row, "disposition") == "") != (cell(n.Columns, row, "disposition_original") == "") || cell(n.Columns, row, "object") == "" {
				t.Errorf("%s row %d: %q", file, i+1, row[:8])
			}
		}
	}
}
