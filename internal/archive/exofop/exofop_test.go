package exofop_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/archive/exofop"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/xtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	_ archive.TableSource = (*exofop.Source)(nil)
	_ archive.Resolver    = (*exofop.Source)(nil)
	_ archive.Pinger      = (*exofop.Source)(nil)
)

func source(t *testing.T, h http.HandlerFunc) (*exofop.Source, string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c := archive.NewClient(archive.Options{Allowed: []string{s.URL}})
	t.Cleanup(c.Close)
	return exofop.New(exofop.Options{Client: c, Endpoint: archive.Endpoint{Base: s.URL}}), s.URL
}

func shared(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(xtest.Shared(t, "data/protocol/exofop/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheTableComesAsItIs(t *testing.T) {
	for _, name := range []string{"download_toi_reconstructed.csv", "dashboard_export_2022-06.csv", "dashboard_export_2025-07-03.csv"} {
		t.Run(name, func(t *testing.T) {
			body := shared(t, name)
			src, base := source(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/tess/download_toi.php" || r.FormValue("sort") != "toi" || r.FormValue("output") != "csv" {
					w.WriteHeader(404)
				}
				w.Write(body)
			})
			var b bytes.Buffer
			ans, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.TOI, Since: "2025-01-01"}, &b)
			if err != nil || !bytes.Equal(b.Bytes(), body) || ans.Partial || ans.Origin.Archive != "exofop" ||
				ans.Origin.URL != base+"/tess/download_toi.php?output=csv&sort=toi" {
				t.Errorf("%v, %d bytes, %+v", err, b.Len(), ans)
			}
		})
	}
}

func TestAnswersThatAreNoTable(t *testing.T) {
	cases := map[string]string{
		"a web page":     "<!DOCTYPE html><html><head><title>ExoFOP</title></head></html>",
		"bars":           string(shared(t, "download_toi_pipe.txt")),
		"a sentence":     "No TIC object found",
		"nothing":        "",
		"a renamed key":  "TIC,TOI,TFOPWG Disposition\n1,1.01,PC\n",
		"a header alone": "TIC ID,TOI,TFOPWG Disposition\n",
	}
	for name, body := range cases {
		t.Run(name, func(t *testing.T) {
			src, _ := source(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
			var b bytes.Buffer
			_, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.TOI}, &b)
			if !errors.Is(err, exo.Upstream) || b.Len() != 0 {
				t.Errorf("%v, %d bytes", err, b.Len())
			}
		})
	}
}

func TestOtherTablesAreNotAskedFor(t *testing.T) {
	src, _ := source(t, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	if _, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI}, io.Discard); !errors.Is(err, exo.Invalid) {
		t.Errorf("error %v", err)
	}
}

func TestWhatIsHeldIsNotSentAgain(t *testing.T) {
	src, base := source(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-Modified-Since") == "Thu, 03 Jul 2025 11:01:18 GMT" {
			w.WriteHeader(304)
			return
		}
		w.WriteHeader(400)
	})
	known := exo.Origin{URL: base + "/tess/download_toi.php?output=csv&sort=toi", LastModified: "Thu, 03 Jul 2025 11:01:18 GMT"}
	ans, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.TOI, Known: &known}, io.Discard)
	if err != nil || !ans.NotModified || ans.Origin.LastModified != known.LastModified {
		t.Errorf("%v, %+v", err, ans)
	}
	known.URL = "https://mirror.example/tess/download_toi.php?output=csv&sort=toi"
	if _, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.TOI, Known: &known}, io.Discard); !errors.Is(err, exo.Upstream) {
		t.Errorf("validators of another server were used: %v", err)
	}
}

func TestAMissingServiceIsNoUnknownName(t *testing.T) {
	name, _ := exo.ParseName("AU Mic")
	for _, status := range []int{404, 403} {
		src, _ := source(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		if _, err := src.Resolve(t.Context(), name, exo.TESS); exo.KindOf(err) != exo.Upstream || errors.Is(err, exo.NotFound) || errors.Is(err, exo.Denied) || !strings.Contains(exo.HintOf(err), "base_url") {
			t.Errorf("HTTP %d gives %v", status, err)
		}
	}
}

func TestNamesAreResolved(t *testing.T) {
	cases := map[string]struct {
		answer string
		kind   exo.Kind
	}{
		"a number as text":      {`{"status":"OK","TIC":"441420236"}`, ""},
		"a number":              {`{"status":"OK","TIC":441420236}`, ""},
		"an unknown name":       {`{"status":"Error","message":"No matching TIC"}`, exo.NotFound},
		"an unknown name, text": {`No TIC object found`, exo.NotFound},
		"no number":             {`{"status":"OK","TIC":"none"}`, exo.Upstream},
		"no number at all":      {`{"status":"OK"}`, exo.Upstream},
		"a web page":            {`<html>`, exo.Upstream},
		"nothing":               {``, exo.Upstream},
		"cut":                   {`{"status":"OK","TIC":"4414`, exo.Upstream},
	}
	name, err := exo.ParseName("AU Mic")
	if err != nil {
		t.Fatal(err)
	}
	for what, tc := range cases {
		t.Run(what, func(t *testing.T) {
			src, _ := source(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/tess/gototicid.php" || r.FormValue("target") != "AU Mic" || !strings.HasSuffix(r.URL.RawQuery, "&json") {
					w.WriteHeader(404)
				}
				io.WriteString(w, tc.answer)
			})
			got, err := src.Resolve(t.Context(), name, exo.TESS)
			if tc.kind != "" {
				if !errors.Is(err, tc.kind) {
					t.Errorf("error %v, want %s", err, tc.kind)
				}
				return
			}
			if err != nil || len(got) != 1 || got[0].ID.String() != "TIC 441420236" {
				t.Errorf("%+v, %v", got, err)
			}
			if _, err := src.Resolve(t.Context(), name, exo.Kepler); !errors.Is(err, exo.NotFound) {
				t.Errorf("for another mission: %v", err)
			}
		})
	}
}
