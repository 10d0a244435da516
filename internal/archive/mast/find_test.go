package mast_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/archive/mast"
	"exoplanetai/internal/exo"
)

const (
	tessFile   = "tess2018206045859-s0001-0000000441420236-0120-s_lc.fits"
	tessFast   = "tess2020186164531-s0027-0000000441420236-0189-a_fast-lc.fits"
	tessFile27 = "tess2020186164531-s0027-0000000441420236-0189-s_lc.fits"
)

// product writes a row of a list of products.
func product(obs, name string, size int) string {
	return fmt.Sprintf(`{"obsID":%s,"obs_id":"x","dataURI":"mast:TESS/product/%s","productFilename":"%s","size":%d,"dataRights":"PUBLIC","_selected_":null}`, obs, name, name, size)
}

func find(t *testing.T, q archive.LightCurveQuery, observations, products string) (archive.Found, *portal, error) {
	t.Helper()
	p := serve(t, func(_ int, r request) string {
		switch r.Service {
		case "Mast.Caom.Filtered":
			return observations
		case "Mast.Caom.Products":
			return products
		}
		return `{"status":"ERROR","msg":"no such service"}`
	}, nil)
	found, err := source(t, p, mast.Options{}).Find(t.Context(), q)
	return found, p, err
}

func TestATESSStarsLightCurvesAreFound(t *testing.T) {
	obs := complete(`{"obsid":60829534,"target_name":"441420236","t_exptime":120,"sequence_number":1},{"obsid":"60902777","target_name":"441420236","t_exptime":120,"sequence_number":27},
		{"obsid":1,"target_name":"4414202360"}`)
	prods := complete(strings.Join([]string{
		product("60902777", tessFast, 12_000_000), product("60902777", tessFile27, 2_000_000),
		product("60829534", tessFile, 2_039_040), product("60829534", tessFile, 2_039_040),
		product("60829534", "tess2018206045859-s0001-0000000441420236-0120-s_tp.fits", 40_000_000),
		product("60829534", "tess2018206190142-s0001-s0001-0000000441420236-00106_dvt.fits", 5),
		product("60829534", "tess2018206045859-s0001-0000000441420237-0120-s_lc.fits", 5),
	}, ","))
	found, p, err := find(t, archive.LightCurveQuery{Target: tic(441420236), Mission: exo.TESS}, obs, prods)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found.Products {
		got = append(got, fmt.Sprintf("%s %d %d %s %s %d", f.FileName, f.SectorQuarter, f.CadenceS, f.ObsID, f.Rights, f.SizeBytes))
	}
	want := []string{
		tessFile + " 1 120 60829534 PUBLIC 2039040", tessFast + " 27 20 60902777 PUBLIC 12000000", tessFile27 + " 27 120 60902777 PUBLIC 2000000",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if len(found.Answers) != 2 || found.Answers[0].Name != "observations" || found.Answers[1].Name != "products" || string(found.Answers[0].Body) != obs {
		t.Errorf("answers %d", len(found.Answers))
	}
	log := p.log()
	for name, want := range map[string]string{"target_name": `["441420236"]`, "dataproduct_type": `["timeseries"]`, "obs_collection": `["TESS"]`, "provenance_name": `["SPOC"]`, "sequence_number": ""} {
		if got := log[0].filter(name); got != want {
			t.Errorf("filter %s is %s, want %s", name, got, want)
		}
	}
	if log[1].Params["obsid"] != "60829534,60902777" {
		t.Errorf("products asked of %v", log[1].Params)
	}
}

func TestOneQuestionPerMission(t *testing.T) {
	cases := map[string]struct {
		q       archive.LightCurveQuery
		filters map[string]string
		files   []string // listed
		want    []string // chosen: file, slice, cadence
	}{
		"a sector": {
			archive.LightCurveQuery{Target: tic(441420236), Mission: exo.TESS, SectorQuarter: slice(27), CadenceS: 120},
			map[string]string{"sequence_number": `[{"max":27,"min":27}]`}, []string{tessFile, tessFast, tessFile27}, []string{tessFile27 + " 27 120"}},
		"another author": {
			archive.LightCurveQuery{Target: tic(21278334), Mission: exo.TESS, Author: "tess-spoc"},
			map[string]string{"obs_collection": `["HLSP"]`, "provenance_name": `["TESS-SPOC"]`},
			[]string{"hlsp_tess-spoc_tess_phot_0000000021278334-s0026_tess_v1_lc.fits", "hlsp_tess-spoc_tess_phot_0000000021278334-s0026_tess_v1_tp.fits"},
			[]string{"hlsp_tess-spoc_tess_phot_0000000021278334-s0026_tess_v1_lc.fits 26 1800"}},
		"a Gaia-named product, found under the star": {
			archive.LightCurveQuery{Target: tic(218795833), Mission: exo.TESS, Author: "TGLC"}, nil,
			[]string{"hlsp_tglc_tess_ffi_gaiaid-5707485527450614656-s0034-cam2-ccd3_tess_v2_llc.fits"},
			[]string{"hlsp_tglc_tess_ffi_gaiaid-5707485527450614656-s0034-cam2-ccd3_tess_v2_llc.fits 34 600"}},
		"a Kepler quarter, from the name": {
			archive.LightCurveQuery{Target: kic(11904151), Mission: exo.Kepler, SectorQuarter: slice(2), CadenceS: 1765},
			map[string]string{"target_name": `["kplr011904151"]`, "obs_collection": `["Kepler"]`, "provenance_name": `["Kepler"]`, "sequence_number": ""},
			[]string{"kplr011904151-2009166043257_llc.fits", "kplr011904151-2009259160929_llc.fits", "kplr011904151-2009231120729_slc.fits"},
			[]string{"kplr011904151-2009259160929_llc.fits 2 1800"}},
		"a K2 campaign": {
			archive.LightCurveQuery{Target: epic(201912552), Mission: exo.K2, SectorQuarter: slice(1)},
			map[string]string{"target_name": `["ktwo201912552"]`, "sequence_number": `[{"max":1,"min":1}]`},
			[]string{"ktwo201912552-c01_llc.fits"}, []string{"ktwo201912552-c01_llc.fits 1 1800"}},
		"a community product of K2, chosen by its name": {
			archive.LightCurveQuery{Target: epic(205905563), Mission: exo.K2, Author: "K2SFF", SectorQuarter: slice(3)},
			map[string]string{"sequence_number": "", "obs_collection": `["HLSP"]`, "provenance_name": `["K2SFF"]`},
			[]string{"hlsp_k2sff_k2_lightcurve_205905563-c03_kepler_v1_llc.fits", "hlsp_k2sff_k2_lightcurve_205905563-c12_kepler_v1_llc.fits"},
			[]string{"hlsp_k2sff_k2_lightcurve_205905563-c03_kepler_v1_llc.fits 3 1800"}},
		"a split campaign, whole": {
			archive.LightCurveQuery{Target: epic(201912552), Mission: exo.K2, SectorQuarter: slice(10)},
			map[string]string{"sequence_number": `[{"max":10,"min":10}]`},
			[]string{"ktwo201912552-c101_llc.fits", "ktwo201912552-c102_llc.fits", "ktwo201912552-c01_llc.fits"},
			[]string{"ktwo201912552-c101_llc.fits 101 1800", "ktwo201912552-c102_llc.fits 102 1800"}},
		"a split campaign, half": {
			archive.LightCurveQuery{Target: epic(201912552), Mission: exo.K2, SectorQuarter: slice(92)},
			map[string]string{"sequence_number": `[{"max":9,"min":9}]`},
			[]string{"ktwo201912552-c91_llc.fits", "ktwo201912552-c92_llc.fits"}, []string{"ktwo201912552-c92_llc.fits 92 1800"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var rows []string
			for _, f := range tc.files {
				rows = append(rows, product("7", f, 10))
			}
			found, p, err := find(t, tc.q, complete(`{"obsid":7}`), complete(strings.Join(rows, ",")))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range found.Products {
				got = append(got, fmt.Sprintf("%s %d %d", f.FileName, f.SectorQuarter, f.CadenceS))
				if f.ID != tc.q.Target {
					t.Errorf("star %s", f.ID)
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			for name, want := range tc.filters {
				if got := p.log()[0].filter(name); got != want {
					t.Errorf("filter %s is %s, want %s", name, got, want)
				}
			}
		})
	}
}

func TestSearchesThatFail(t *testing.T) {
	q := archive.LightCurveQuery{Target: tic(441420236), Mission: exo.TESS}
	obs := complete(`{"obsid":7}`)
	cases := map[string]struct {
		q          archive.LightCurveQuery
		obs, prods string
		kind       exo.Kind
		want       string
	}{
		"no observation":                   {q, complete(``), "", exo.NotFound, "no SPOC light curve of TIC 441420236"},
		"observations of another star":     {q, complete(`{"obsid":7,"target_name":"44142023"}`), "", exo.NotFound, "no SPOC"},
		"no light curve":                   {q, obs, complete(product("7", "a.pdf", 1)), exo.NotFound, "no SPOC"},
		"the recorded error, with 200":     {q, shared(t, "error_recorded.json"), "", exo.Upstream, "column prefix"},
		"an error about products":          {q, obs, shared(t, "error_recorded.json"), exo.Upstream, "column prefix"},
		"a page of maintenance":            {q, "<html><title>MAST is down</title></html>", "", exo.Upstream, "MAST is down"},
		"nothing":                          {q, "", "", exo.Upstream, "empty"},
		"JSON, cut":                        {q, obs[:len(obs)-10], "", exo.Upstream, "cut"},
		"JSON of another shape":            {q, `{"status":"COMPLETE","data":"none"}`, "", exo.Upstream, ""},
		"JSON with a tail":                 {q, obs + "{}", "", exo.Upstream, ""},
		"a status of its own":              {q, `{"status":"DONE","data":[]}`, "", exo.Upstream, "DONE"},
		"observations without obsid":       {q, complete(`{"obs_id":"x"}`), "", exo.Upstream, "obsid"},
		"an obsid that is no number":       {q, complete(`{"obsid":"1 or 1=1"}`), "", exo.Upstream, "obsid"},
		"products without dataURI":         {q, obs, complete(`{"obsID":7,"dataURL":"x","productFilename":"` + tessFile + `"}`), exo.Upstream, "dataURI"},
		"fewer rows than it counts":        {q, `{"status":"COMPLETE","data":[{"obsid":7}],"paging":{"page":1,"pagesFiltered":1,"rows":2,"rowsFiltered":2}}`, "", exo.Upstream, "1 of 2 rows"},
		"an empty page before the last":    {q, `{"status":"COMPLETE","data":[],"paging":{"page":1,"pagesFiltered":2}}`, "", exo.Upstream, "page 1 of 2"},
		"a full page without paging":       {q, `{"status":"COMPLETE","data":[` + strings.TrimSuffix(strings.Repeat(`{"obsid":7},`, 5000), ",") + `]}`, "", exo.Upstream, "whether there are more"},
		"an object without rows":           {q, `{"status":""}`, "", exo.Upstream, "without rows"},
		"COMPLETE without rows":            {q, `{"status":"COMPLETE","msg":""}`, "", exo.Upstream, "without rows"},
		"a query that never ends":          {q, shared(t, "executing_reconstructed.json"), "", exo.Unavailable, "finish"},
		"a star of another catalog":        {archive.LightCurveQuery{Target: kic(1), Mission: exo.TESS}, "", "", exo.Invalid, "KIC 1"},
		"no star":                          {archive.LightCurveQuery{Mission: exo.TESS}, "", "", exo.Invalid, "no star"},
		"an author nobody knows":           {archive.LightCurveQuery{Target: tic(1), Mission: exo.TESS, Author: "ME"}, "", "", exo.Invalid, "author"},
		"an author of another mission":     {archive.LightCurveQuery{Target: tic(1), Mission: exo.TESS, Author: "K2SFF"}, "", "", exo.Invalid, "author"},
		"the recorded answer about others": {q, shared(t, "caom.json"), "", exo.NotFound, "no SPOC"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, _, err := find(t, tc.q, tc.obs, tc.prods)
			if !errors.Is(err, tc.kind) || exo.KindOf(err) != tc.kind || !strings.Contains(exo.MessageOf(err), tc.want) {
				t.Errorf("%v (%q), want %s", err, exo.MessageOf(err), tc.kind)
			}
		})
	}
}

func TestARunningQueryIsAskedForWithTheSameWords(t *testing.T) {
	p := serve(t, func(n int, r request) string {
		switch {
		case n < 4:
			return shared(t, "executing_reconstructed.json")
		case r.Service == "Mast.Caom.Filtered":
			return complete(`{"obsid":7}`)
		}
		return complete(product("7", tessFile, 1))
	}, nil)
	found, err := source(t, p, mast.Options{}).Find(t.Context(), archive.LightCurveQuery{Target: tic(441420236), Mission: exo.TESS})
	if err != nil || len(found.Products) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	log := p.log()
	for i := 1; i < 4; i++ {
		if log[i].raw != log[0].raw {
			t.Errorf("question %d is %s, was %s", i+1, log[i].raw, log[0].raw)
		}
	}
}

func TestAllPagesAndAllObservationsAreAsked(t *testing.T) {
	p := serve(t, func(_ int, r request) string {
		if r.Service == "Mast.Caom.Products" {
			ids := strings.Split(r.Params["obsid"].(string), ",")
			if len(ids) > 500 {
				t.Errorf("%d observations in one question", len(ids))
			}
			if ids[0] == "1001" {
				return complete(product("1001", tessFile, 1))
			}
			return complete(``)
		}
		var rows []string
		for i := range 400 {
			rows = append(rows, fmt.Sprintf(`{"obsid":%d}`, (r.Page-1)*400+i+1))
		}
		return fmt.Sprintf(`{"status":"COMPLETE","data":[%s],"paging":{"page":%d,"pagesFiltered":3}}`, strings.Join(rows, ","), r.Page)
	}, nil)
	found, err := source(t, p, mast.Options{PageSize: 400}).Find(t.Context(), archive.LightCurveQuery{Target: tic(441420236), Mission: exo.TESS})
	if err != nil || len(found.Products) != 1 {
		t.Fatalf("%v", err)
	}
	var names []string
	for _, a := range found.Answers {
		names = append(names, a.Name)
	}
	if want := []string{"observations", "observations_2", "observations_3", "products", "products_2", "products_3"}; !slices.Equal(names, want) {
		t.Errorf("answers %q", names)
	}
}

func TestPagesWithoutEndAreRefused(t *testing.T) {
	p := serve(t, func(_ int, r request) string {
		return `{"status":"COMPLETE","data":[{"obsid":1}],"paging":{"page":1,"pagesFiltered":1000000}}`
	}, nil)
	_, err := source(t, p, mast.Options{}).Find(t.Context(), archive.LightCurveQuery{Target: tic(441420236), Mission: exo.TESS})
	if !errors.Is(err, exo.Upstream) || len(p.log()) != 100 {
		t.Errorf("%v after %d questions", err, len(p.log()))
	}
}

func TestTheRecordedListOfProductsIsRead(t *testing.T) {
	// Its column set is an old one; none of its files is a light curve.
	_, _, err := find(t, archive.LightCurveQuery{Target: tic(1), Mission: exo.TESS}, complete(`{"obsid":2003738726}`), shared(t, "products.json"))
	if !errors.Is(err, exo.NotFound) {
		t.Errorf("error %v", err)
	}
}
