package sample

import (
	"fmt"
	"strings"

	"exoplanetai/internal/lightcurve"
)

// place gives the parts from which a file's three addresses are made: what
// stands before the folders in the dataURI, on the web and in the bucket, and
// the folders themselves.
func (f file) place() (uri, web, key, dir string) {
	n, p := f.product.ID.Number, f.product
	tess := fmt.Sprintf("%016d", n)
	tid := fmt.Sprintf("%s/%s/%s/%s", tess[0:4], tess[4:8], tess[8:12], tess[12:16])
	nine := fmt.Sprintf("%09d", n)
	hlsp := func(name, dir string) (string, string, string, string) {
		return "mast:HLSP/" + name + "/", "/hlsps/" + name + "/", "mast/hlsp/" + name + "/", dir
	}
	slice := p.SectorQuarter
	switch p.Author {
	case lightcurve.AuthorSPOC:
		return "mast:TESS/product/", "/missions/tess/tid/", "tess/public/tid/", fmt.Sprintf("s%04d/%s/", slice, tid)
	case lightcurve.AuthorKepler:
		return "mast:KEPLER/url/missions/kepler/lightcurves/", "/missions/kepler/lightcurves/", "kepler/public/lightcurves/", nine[:4] + "/" + nine + "/"
	case lightcurve.AuthorK2:
		return "mast:K2/url/missions/k2/lightcurves/", "/missions/k2/lightcurves/", "k2/public/lightcurves/", fmt.Sprintf("c%d/%s00000/%s000/", slice, nine[:4], nine[4:6])
	case lightcurve.AuthorQLP:
		return hlsp("qlp", fmt.Sprintf("s%04d/%s/", slice, tid))
	case lightcurve.AuthorTESSSPOC:
		return hlsp("tess-spoc", fmt.Sprintf("s%04d/target/%s/", slice, tid))
	case lightcurve.AuthorTGLC:
		camera := "cam1-ccd1"
		if i := strings.Index(f.name, "-cam"); i >= 0 && len(f.name) >= i+10 {
			camera = f.name[i+1 : i+10]
		}
		return hlsp("tglc", fmt.Sprintf("s%04d/%s/", slice, camera))
	case lightcurve.AuthorEVEREST:
		return hlsp("everest", fmt.Sprintf("v2/c%02d/%s00000/%s/", slice, nine[:4], nine[4:]))
	case lightcurve.AuthorDataAlerts:
		return hlsp("tess-data-alerts", "")
	}
	return hlsp(strings.ToLower(p.Author), fmt.Sprintf("c%02d/%s00000/%s/", slice, nine[:4], nine[4:]))
}

// uri returns the file's dataURI. Those of TESS files have no folders.
func (f file) uri() string {
	uri, _, _, dir := f.place()
	if f.product.Author == lightcurve.AuthorSPOC {
		dir = ""
	}
	return uri + dir + f.name
}

// webPath returns the file's path on archive.stsci.edu.
func (f file) webPath() string {
	_, web, _, dir := f.place()
	return web + dir + f.name
}

// bucketKey returns the file's key in the bucket stpubdata.
func (f file) bucketKey() string {
	_, _, key, dir := f.place()
	return key + dir + f.name
}

// collection returns the observation's obs_collection.
func (f file) collection() string {
	switch f.product.Author {
	case lightcurve.AuthorSPOC, lightcurve.AuthorKepler, lightcurve.AuthorK2:
		return string(f.product.Mission)
	}
	return "HLSP"
}

// targetName returns MAST's target_name. High-level products of K2 use the
// same form as the mission.
func (f file) targetName() string {
	if f.product.ID.IsZero() {
		return f.gaia
	}
	return lightcurve.TargetName(f.product.ID)
}

// obsID returns the obs_id: the file's stem, without the ending that tells the
// product. Kepler has one observation over all quarters.
func (f file) obsID() string {
	stem := strings.TrimSuffix(f.name, ".fits")
	switch f.product.Author {
	case lightcurve.AuthorSPOC:
		if f.product.CadenceS == 20 {
			return strings.TrimSuffix(stem, "_fast-lc") + "_fast"
		}
		return strings.TrimSuffix(stem, "_lc")
	case lightcurve.AuthorK2:
		return strings.NewReplacer("_llc", "_lc", "_slc", "_sc").Replace(stem)
	}
	return stem
}
