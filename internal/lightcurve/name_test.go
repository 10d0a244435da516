package lightcurve_test

import (
	"path/filepath"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/xtest"
)

func tic(n uint64) exo.TargetID  { return exo.TargetID{Catalog: exo.TIC, Number: n} }
func kic(n uint64) exo.TargetID  { return exo.TargetID{Catalog: exo.KIC, Number: n} }
func epic(n uint64) exo.TargetID { return exo.TargetID{Catalog: exo.EPIC, Number: n} }

func TestParseFileNameReadsEveryProduct(t *testing.T) {
	type product = lightcurve.Product
	for name, want := range map[string]product{
		"tess2019198215352-s0014-0000000158324245-0150-s_lc.fits":                        {exo.TESS, "SPOC", tic(158324245), 14, 120},
		"tess2020186164531-s0027-0000000441420236-0189-a_fast-lc.fits":                   {exo.TESS, "SPOC", tic(441420236), 27, 20},
		"kplr011904151-2009166043257_llc.fits":                                           {exo.Kepler, "Kepler", kic(11904151), 1, 1800},
		"kplr011904151-2010009091648_llc.fits":                                           {exo.Kepler, "Kepler", kic(11904151), 4, 1800},
		"kplr010666592-2009131110544_slc.fits":                                           {exo.Kepler, "Kepler", kic(10666592), 0, 60},
		"kplr011904151-2009231120729_slc.fits":                                           {exo.Kepler, "Kepler", kic(11904151), 2, 60},
		"kplr011904151-2009259162342_slc.fits":                                           {exo.Kepler, "Kepler", kic(11904151), 2, 60},
		"kplr011904151-2013131215648_llc.fits":                                           {exo.Kepler, "Kepler", kic(11904151), 17, 1800},
		"kplr011904151-2014131215648_llc.fits":                                           {exo.Kepler, "Kepler", kic(11904151), -1, 1800},
		"ktwo201912552-c01_llc.fits":                                                     {exo.K2, "K2", epic(201912552), 1, 1800},
		"hlsp_everest_k2_slc_201601162-c01_kepler_v2.0_lc.fits":                          {exo.K2, "EVEREST", epic(201601162), 1, 60},
		"ktwo201912552-c102_slc.fits":                                                    {exo.K2, "K2", epic(201912552), 102, 60},
		"hlsp_qlp_tess_ffi_s0026-0000000021278334_tess_v01_llc.fits":                     {exo.TESS, "QLP", tic(21278334), 26, 1800},
		"hlsp_qlp_tess_ffi_s0056-0000000021278334_tess_v01_llc.fits":                     {exo.TESS, "QLP", tic(21278334), 56, 200},
		"hlsp_tess-spoc_tess_phot_0000000021278334-s0027_tess_v1_lc.fits":                {exo.TESS, "TESS-SPOC", tic(21278334), 27, 600},
		"hlsp_tess-data-alerts_tess_phot_00025155310-s01_tess_v1_lc.fits":                {exo.TESS, "TESS-DATA-ALERTS", tic(25155310), 1, 120},
		"hlsp_tglc_tess_ffi_gaiaid-5707485527450614656-s0007-cam2-ccd3_tess_v2_llc.fits": {exo.TESS, "TGLC", exo.TargetID{}, 7, 1800},
		"hlsp_k2sff_k2_lightcurve_212100236-c16_kepler_v1_llc.fits":                      {exo.K2, "K2SFF", epic(212100236), 16, 1800},
		"hlsp_everest_k2_llc_201912552-c01_kepler_v2.0_lc.fits":                          {exo.K2, "EVEREST", epic(201912552), 1, 1800},
		"hlsp_k2sc_k2_llc_205905563-c03_kepler_v1_lc.fits":                               {exo.K2, "K2SC", epic(205905563), 3, 1800},
		"hlsp_k2varcat_k2_lightcurve_205905563-c03_kepler_v2_llc.fits":                   {exo.K2, "K2VARCAT", epic(205905563), 3, 1800},
	} {
		got, ok := lightcurve.ParseFileName(name)
		if !ok || got != want {
			t.Errorf("%s\n got %+v %v\nwant %+v", name, got, ok, want)
		}
	}
}

func TestParseFileNameRefusesOtherNames(t *testing.T) {
	for _, name := range []string{
		"", "lc.fits", "tess2019198215352-s0014-0000000158324245-0150-s_tp.fits",
		"tess2019198215352-s0014-0000000158324245-0150-a_lc.fits",
		"tess2019198215352-s0014-0000000158324245-0150-s_fast-lc.fits",
		"tess2019198215352-s0000-0000000158324245-0150-s_lc.fits",
		"tess2019198215352-s0014-0000000000000000-0150-s_lc.fits",
		"../tess2019198215352-s0014-0000000158324245-0150-s_lc.fits",
		"tess2019198215352-s0014-0000000158324245-0150-s_lc.fits\n",
		"kplr011904151-2009166043257_lpd-targ.fits.gz", "kplr11904151-2009166043257_llc.fits",
		"ktwo201912552-c1_llc.fits", "hlsp_qlp_tess_ffi_s0026-21278334_tess_v01_llc.fits",
		strings.Repeat("x", 1000),
	} {
		if p, ok := lightcurve.ParseFileName(name); ok {
			t.Errorf("%q was read as %+v", name, p)
		}
	}
}

func TestParseFileNameKnowsTheRealFiles(t *testing.T) {
	for _, f := range xtest.Glob(t, "data/real/lightcurves/*/*.fits") {
		p, ok := lightcurve.ParseFileName(filepath.Base(f))
		if !ok || p.Mission.Folder() != filepath.Base(filepath.Dir(f)) || p.SectorQuarter < 0 || p.CadenceS == 0 {
			t.Errorf("%s: %+v %v", f, p, ok)
		}
	}
}

func TestQuarterOfEveryLongCadenceStamp(t *testing.T) {
	stamps := strings.Fields(`2009131105131 2009166043257 2009259160929 2009350155506 2010078095331 2010174085026 2010265121752
		2010355172524 2011073133259 2011177032512 2011271113734 2012004120508 2012088054726 2012179063303 2012277125453
		2013011073258 2013098041711 2013131215648`)
	for q, stamp := range stamps {
		p, ok := lightcurve.ParseFileName("kplr011904151-" + stamp + "_llc.fits")
		if !ok || p.SectorQuarter != q {
			t.Errorf("stamp %s: quarter %d, want %d", stamp, p.SectorQuarter, q)
		}
	}
}

func TestStorePath(t *testing.T) {
	for name, want := range map[string]exo.Path{
		"tess2018206045859-s0001-0000000025155310-0120-s_lc.fits":                        "lightcurves/tess/s0001/",
		"hlsp_tglc_tess_ffi_gaiaid-5707485527450614656-s0007-cam2-ccd3_tess_v2_llc.fits": "lightcurves/tess/s0007/",
		"kplr011904151-2009166043257_llc.fits":                                           "lightcurves/kepler/0119/",
		"kplr011904151-2014131215648_llc.fits":                                           "lightcurves/kepler/0119/",
		"kplr000757076-2009166043257_llc.fits":                                           "lightcurves/kepler/0007/",
		"ktwo201912552-c05_llc.fits":                                                     "lightcurves/k2/c05/",
		"ktwo201912552-c102_llc.fits":                                                    "lightcurves/k2/c102/",
		"hlsp_everest_k2_llc_201912552-c91_kepler_v2.0_lc.fits":                          "lightcurves/k2/c91/",
	} {
		p, ok := lightcurve.ParseFileName(name)
		got, err := lightcurve.StorePath(p, name)
		if !ok || err != nil || got != want+exo.Path(name) {
			t.Errorf("%s: got %s %v, want %s", name, got, err, want)
		}
	}
}

func TestStorePathRefusesWhatHasNoPlace(t *testing.T) {
	for why, c := range map[string]struct {
		p    lightcurve.Product
		name string
	}{
		"no mission":              {lightcurve.Product{}, "x.fits"},
		"TESS without sector":     {lightcurve.Product{Mission: exo.TESS, ID: tic(1), SectorQuarter: -1}, "x.fits"},
		"Kepler without star":     {lightcurve.Product{Mission: exo.Kepler, SectorQuarter: 1}, "x.fits"},
		"Kepler with ten digits":  {lightcurve.Product{Mission: exo.Kepler, ID: kic(1234567890)}, "x.fits"},
		"a name with a folder":    {lightcurve.Product{Mission: exo.TESS, SectorQuarter: 1}, "../x.fits"},
		"a name that is too long": {lightcurve.Product{Mission: exo.TESS, SectorQuarter: 1}, strings.Repeat("x", 300)},
		"no name":                 {lightcurve.Product{Mission: exo.TESS, SectorQuarter: 1}, ""},
	} {
		if got, err := lightcurve.StorePath(c.p, c.name); exo.KindOf(err) != exo.Invalid {
			t.Errorf("%s: got %q %v", why, got, err)
		}
	}
}

func TestTargetNameIsTheArchivesOwn(t *testing.T) {
	for want, id := range map[string]exo.TargetID{
		"441420236": tic(441420236), "1003831": tic(1003831), "kplr011904151": kic(11904151),
		"kplr000757076": kic(757076), "ktwo201912552": epic(201912552), "": {},
	} {
		if got := lightcurve.TargetName(id); got != want {
			t.Errorf("%v: got %q, want %q", id, got, want)
		}
		if want == "" || id.Catalog == exo.TIC {
			continue
		}
		if back, err := exo.ParseTargetID(want); err != nil || back != id {
			t.Errorf("%q reads back as %v %v", want, back, err)
		}
	}
}

func FuzzFileName(f *testing.F) {
	f.Add("tess2018206045859-s0001-0000000025155310-0120-s_lc.fits")
	f.Add("kplr011904151-2009166043257_llc.fits")
	f.Add("ktwo201912552-c102_llc.fits")
	f.Add("hlsp_tglc_tess_ffi_gaiaid-5707485527450614656-s0007-cam2-ccd3_tess_v2_llc.fits")
	f.Add("hlsp_everest_k2_llc_201912552-c01_kepler_v2.0_lc.fits")
	f.Add("kplr011904151-9999999999999_slc.fits")
	f.Fuzz(func(t *testing.T, name string) {
		p, ok := lightcurve.ParseFileName(name)
		if !ok {
			if p != (lightcurve.Product{}) {
				t.Errorf("%q is refused and yet gives %+v", name, p)
			}
			return
		}
		if p.Mission == "" || p.Author == "" || p.CadenceS <= 0 || (p.ID.IsZero() && p.Author != lightcurve.AuthorTGLC) {
			t.Errorf("%q gives %+v", name, p)
		}
		if !strings.HasSuffix(name, ".fits") || strings.ContainsAny(name, "/\\\n") {
			t.Errorf("%q is no file name", name)
		}
		if _, err := lightcurve.StorePath(p, name); err != nil {
			t.Errorf("%q has no place: %v", name, err)
		}
	})
}
