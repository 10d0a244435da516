package mast_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"exoplanetai/internal/archive/mast"
	"exoplanetai/internal/exo"
)

// at writes the answer of the name resolver.
func at(name, canonical string, ra, dec string) string {
	return `{"resolvedCoordinate":[{"searchString":"` + strings.ToLower(name) + `","resolver":"SIMBAD","canonicalName":"` + canonical + `","ra":` + ra + `,"decl":` + dec + `}],"status":""}`
}

func resolve(t *testing.T, name string, m exo.Mission, answers map[string]string) (string, error) {
	t.Helper()
	n, err := exo.ParseName(name)
	if err != nil {
		t.Fatal(err)
	}
	p := serve(t, func(_ int, r request) string { return answers[r.Service] }, nil)
	got, err := source(t, p, mast.Options{}).Resolve(t.Context(), n, m)
	var ids []string
	for _, c := range got {
		ids = append(ids, c.ID.String())
	}
	return strings.Join(ids, ", "), err
}

func TestNamesBecomeStars(t *testing.T) {
	auMic := at("AU Mic", "V* AU Mic", "311.2897", "-31.3409")
	cases := map[string]struct {
		name    string
		mission exo.Mission
		answers map[string]string
		want    string
		kind    exo.Kind
	}{
		"the one star near": {"AU Mic", exo.TESS, map[string]string{"Mast.Name.Lookup": auMic,
			"Mast.Catalogs.Tic.Cone": complete(`{"ID":441420236,"ra":311.2897,"dec":-31.3409,"dstArcSec":0.1,"Tmag":6.755},{"ID":"999","dstArcSec":3.4}`)}, "TIC 441420236", ""},
		"several stars near, none is picked": {"AU Mic", exo.TESS, map[string]string{"Mast.Name.Lookup": auMic,
			"Mast.Catalogs.Tic.Cone": complete(`{"ID":2,"dstArcSec":2.5},{"ID":1,"dstArcSec":0.5},{"ID":3,"dstArcSec":3.2}`)}, "TIC 1, TIC 2", ""},
		"artifacts and duplicates are no stars": {"AU Mic", exo.TESS, map[string]string{"Mast.Name.Lookup": auMic,
			"Mast.Catalogs.Tic.Cone": complete(`{"ID":2,"dstArcSec":0.5,"disposition":"DUPLICATE"},{"ID":1,"dstArcSec":0.7,"disposition":null},{"ID":3,"dstArcSec":0.1,"disposition":"ARTIFACT"}`)}, "TIC 1", ""},
		"the nearest, if none is very near": {"AU Mic", exo.TESS, map[string]string{"Mast.Name.Lookup": auMic,
			"Mast.Catalogs.Tic.Cone": complete(`{"ID":2,"dstArcSec":3.5},{"ID":1,"dstArcSec":3.3}`)}, "TIC 1", ""},
		"no star there":           {"AU Mic", exo.TESS, map[string]string{"Mast.Name.Lookup": auMic, "Mast.Catalogs.Tic.Cone": complete(``)}, "", exo.NotFound},
		"an unknown name":         {"Nonsense 1", exo.TESS, map[string]string{"Mast.Name.Lookup": shared(t, "resolver_empty_reconstructed.json")}, "", exo.NotFound},
		"a resolver that is out":  {"AU Mic", exo.TESS, map[string]string{"Mast.Name.Lookup": `{"status":""}`}, "", exo.Unavailable},
		"a page":                  {"AU Mic", exo.TESS, map[string]string{"Mast.Name.Lookup": `<html><title>out</title>`}, "", exo.Upstream},
		"positions that are none": {"AU Mic", exo.TESS, map[string]string{"Mast.Name.Lookup": at("AU Mic", "x", "null", "7")}, "", exo.NotFound},
		"a Kepler host": {"Kepler-10 b", exo.Kepler, map[string]string{"Mast.Name.Lookup": at("Kepler-10 b", "Kepler-10", "285.67938", "50.241306"),
			"Mast.Caom.Filtered.Position": complete(`{"obsid":1,"target_name":"kplr011904151","s_ra":285.6794,"s_dec":50.2413},{"obsid":2,"target_name":"kplr011904151","s_ra":285.6794,"s_dec":50.2413},{"obsid":3,"target_name":"FFI"}`)}, "KIC 11904151", ""},
		"the resolver gives two numbers, none is picked": {"Double", exo.TESS, map[string]string{"Mast.Name.Lookup": `{"resolvedCoordinate":[` +
			`{"searchString":"double","resolver":"TIC","canonicalName":"TIC 1","ra":10,"decl":20},{"searchString":"double","resolver":"TIC","canonicalName":"TIC 2","ra":10.0001,"decl":20},` +
			`{"searchString":"double","resolver":"EXO","canonicalName":"TIC 1","ra":10,"decl":20}],"status":""}`}, "TIC 1, TIC 2", ""},
		"the resolver gives the number itself": {"TIC 307210830", exo.TESS, map[string]string{"Mast.Name.Lookup": shared(t, "resolver.json")}, "TIC 307210830", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := resolve(t, tc.name, tc.mission, tc.answers)
			if got != tc.want || tc.kind == "" && err != nil || tc.kind != "" && !errors.Is(err, tc.kind) {
				t.Errorf("%q, %v; want %q %s", got, err, tc.want, tc.kind)
			}
		})
	}
}

func TestTheConeIsSmallAndTheRecordedStarsAreRead(t *testing.T) {
	n, _ := exo.ParseName("somewhere")
	p := serve(t, func(_ int, r request) string {
		if r.Service == "Mast.Name.Lookup" {
			return at("somewhere", "x", "254.378937", "-4.09411")
		}
		if r.Params["radius"] != 0.001 || r.Params["ra"] != 254.378937 {
			t.Errorf("cone %v", r.Params)
		}
		return shared(t, "tic.json")
	}, nil)
	got, err := source(t, p, mast.Options{}).Resolve(t.Context(), n, exo.TESS)
	if err != nil || len(got) != 1 || got[0].ID.Number != 10000732589 || got[0].Mag != 16.328 || got[0].Distance > 0.001 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTheNewerResolverIsAskedWhereConfigured(t *testing.T) {
	var asked string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path + " " + r.FormValue("name") + " " + r.FormValue("outputFormat")
		io.WriteString(w, shared(t, "resolver.json"))
	}))
	defer s.Close()
	p := serve(t, func(int, request) string { return complete(`{"ID":325554331,"dstArcSec":0.2}`) }, nil)
	n, _ := exo.ParseName("Barnard's star")
	got, err := source(t, p, mast.Options{ResolverURL: s.URL}).Resolve(t.Context(), n, exo.TESS)
	if err != nil || len(got) != 1 || got[0].Name != "NAME Barnard's star" || asked != "/Santa-war/query Barnard's star json" {
		t.Errorf("%+v, %v, asked %q", got, err, asked)
	}
}
