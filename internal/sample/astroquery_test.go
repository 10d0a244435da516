package sample_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exoplanetai/internal/xtest"
)

// pointed makes astroquery talk to the server alone; its cache goes to a
// folder of the test.
const pointed = `
import os, sys, json, hashlib, warnings
base, home = sys.argv[1], sys.argv[2]
os.environ["HOME"] = home
for k in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"): os.environ.pop(k, None)
warnings.simplefilter("ignore")
from astroquery.ipac.nexsci import nasa_exoplanet_archive as nea
nea.conf.url_tap = base + "/TAP/"
nea.conf.url_api = base + "/cgi-bin/nstedAPI/nph-nstedAPI"
nea.conf.url_aliaslookup = base + "/cgi-bin/Lookup/nph-aliaslookup.py?objname="
nea.NasaExoplanetArchiveClass.URL_TAP = nea.conf.url_tap
nea.NasaExoplanetArchiveClass.URL_API = nea.conf.url_api
from astroquery import mast
mast.conf.server = base
from astroquery.mast.discovery_portal import PortalAPI
PortalAPI.MAST_REQUEST_URL = base + "/api/v0/invoke"
PortalAPI.COLUMNS_CONFIG_URL = base + "/portal/Mashup/Mashup.asmx/columnsconfig"
PortalAPI.MAST_DOWNLOAD_URL = base + "/api/v0.1/Download/file"
PortalAPI.MAST_BUNDLE_URL = base + "/api/v0.1/Download/bundle"
from astroquery.mast import Observations, Catalogs
NEA = nea.NasaExoplanetArchive
out = {}
def sha(p): return hashlib.sha256(open(p, "rb").read()).hexdigest()
`

// judge runs a script that fills the dictionary out, and reads it.
func judge(t *testing.T, base, script string, into any) {
	t.Helper()
	text := xtest.Python(t, pointed+script+"\nprint('RESULT ' + json.dumps(out))\n", base, t.TempDir())
	_, result, ok := strings.Cut(text, "RESULT ")
	if !ok {
		t.Fatalf("the script printed %s", text)
	}
	if err := json.Unmarshal([]byte(result), into); err != nil {
		t.Fatal(err)
	}
}

func TestAstroqueryGetsTablesOfRealData(t *testing.T) {
	_, h := realServer(t)
	var out struct {
		KOI, Names, Confirmed, Cone, Toi, PS, K2, Legacy int
		Period                                           float64
		Unit, Alias                                      string
		Error                                            string
		Tables                                           []string
	}
	judge(t, h.URL, `
t = NEA.query_criteria("cumulative", select="kepid,kepoi_name,kepler_name,koi_period,koi_disposition")
out["KOI"] = len(t); out["Names"] = len(set(t["kepoi_name"]))
row = t[t["kepoi_name"] == "K00752.01"][0]
out["Period"] = float(row["koi_period"])
out["Confirmed"] = len(NEA.query_criteria("cumulative", select="kepid", where="koi_disposition='CONFIRMED'"))
out["Cone"] = len(NEA.query_region("cumulative", "291.934230 48.141651", 0.01, select="kepoi_name,ra,dec"))
out["Toi"] = len(NEA.query_criteria("toi", select="toi,tid", where="toi like '1000.%'"))
out["PS"] = len(NEA.query_object("TOI-700"))
out["K2"] = len(NEA.query_criteria("k2pandc", select="pl_name,pl_rade", where="pl_name='K2-18 b'", order="pl_refname"))
out["Alias"] = NEA.query_aliases("TOI-700")[0]
out["Tables"] = [str(x) for x in NEA.TAP_TABLES]
try:
    NEA.query_criteria("k2pandc", select="epic_id")
except Exception as e:
    out["Error"] = str(e)
`, &out)
	if out.KOI != 9564 || out.Names != 9564 || out.Period != 9.48803557 || out.Confirmed != 2746 {
		t.Errorf("cumulative: %+v", out)
	}
	if out.Cone < 2 || out.Toi != 1 || out.K2 != 11 || out.PS < 4 || out.Alias != "TOI-700" {
		t.Errorf("other tables: %+v", out)
	}
	if !strings.Contains(out.Error, "invalid identifier") {
		t.Errorf("an unknown column gave %q", out.Error)
	}
}

func TestAstroqueryGetsFilesOfRealData(t *testing.T) {
	_, h := realServer(t)
	var out struct {
		Obs, Sectors, Products, Kepler, Count, TIC, Near, Criteria int
		Nearest, Title                                             string
		Status                                                     []string
		Sums                                                       map[string]string
	}
	judge(t, h.URL, `
o = Observations.query_criteria(obs_collection="TESS", target_name="424865156", dataproduct_type="timeseries", t_exptime=[100, 200])
out["Obs"] = len(o); out["Sectors"] = int(sum(o["sequence_number"]))
p = Observations.get_product_list(o)
p = Observations.filter_products(p, productSubGroupDescription="LC")
out["Products"] = len(p)
k = Observations.query_object("KIC 10666592", radius="10 arcsec")
out["Near"] = len(k)
out["Kepler"] = int(sum(k["obs_collection"] == "Kepler"))
out["Count"] = int(Observations.query_criteria_count(obs_collection="K2", target_name="ktwo205905563"))
kp = Observations.get_product_list(k[k["obs_collection"] == "Kepler"])
from astropy.table import vstack
m = Observations.download_products(vstack([p[:2], kp]), download_dir=home)
out["Status"] = [str(s) for s in m["Status"]]
out["Sums"] = {os.path.basename(f): sha(f) for f in m["Local Path"]}
c = Catalogs.query_region("292.2473 47.9695", radius="30 arcsec", catalog="TIC")
out["TIC"] = len(c); out["Nearest"] = str(c[0]["ID"])
out["Criteria"] = len(Catalogs.query_criteria(catalog="Tic", ID=["424865156", "25155310"]))
`, &out)
	if out.Obs != 4 || out.Sectors != 14+15+41+55 || out.Products != 4 || out.Kepler != 1 || out.Near != 5 || out.Count != 1 {
		t.Errorf("observations: %+v", out)
	}
	if out.TIC != 1 || out.Nearest != "424865156" || out.Criteria != 2 {
		t.Errorf("catalog: %+v", out)
	}
	if len(out.Sums) != 3 {
		t.Errorf("%d files came, want 3", len(out.Sums))
	}
	for name, sum := range out.Sums {
		if want := digestOf(t, name); sum != want {
			t.Errorf("%s came as %s, want %s", name, sum, want)
		}
	}
	for _, s := range out.Status {
		if s != "COMPLETE" {
			t.Errorf("a download ended as %s", s)
		}
	}
}

// digestOf hashes a shared light curve.
func digestOf(t *testing.T, name string) string {
	t.Helper()
	files := xtest.Glob(t, "data/real/lightcurves/*/"+name)
	b, err := os.ReadFile(filepath.Clean(files[0]))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
