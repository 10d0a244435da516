package sample_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"exoplanetai/internal/sample"
)

func readAll(t testing.TB, r io.ReadCloser) string {
	t.Helper()
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func folderWith(name, content string) fstest.MapFS {
	return fstest.MapFS{name: {Data: []byte(content)}}
}

// do asks with a method and headers.
func do(t testing.TB, h *httptest.Server, method, path string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, h.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := h.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return res, readAll(t, res.Body)
}

func TestRangesAreServed(t *testing.T) {
	_, h := small(t)
	whole, body := do(t, h, "GET", lcURL)
	if whole.StatusCode != 200 || len(body) != 40<<10 || whole.Header.Get("Accept-Ranges") != "bytes" {
		t.Fatalf("whole file: %d, %d bytes, %v", whole.StatusCode, len(body), whole.Header)
	}
	for spec, want := range map[string]string{"bytes=0-9": body[:10], "bytes=100-": body[100:], "bytes=-5": body[len(body)-5:], "bytes=40959-99999": body[40959:]} {
		res, got := do(t, h, "GET", lcURL, "Range", spec)
		if res.StatusCode != 206 || got != want || !strings.HasSuffix(res.Header.Get("Content-Range"), "/40960") {
			t.Errorf("%s: status %d, %d bytes, %s", spec, res.StatusCode, len(got), res.Header.Get("Content-Range"))
		}
	}
	if res, _ := do(t, h, "GET", lcURL, "Range", "bytes=50000-"); res.StatusCode != 416 || res.Header.Get("Content-Range") != "bytes */40960" {
		t.Errorf("past the end: %d %s", res.StatusCode, res.Header.Get("Content-Range"))
	}
	if res, got := do(t, h, "GET", lcURL, "Range", "bytes=5-", "If-Range", `"another"`); res.StatusCode != 200 || got != body {
		t.Errorf("If-Range of another file: status %d", res.StatusCode)
	}
	if res, _ := do(t, h, "GET", lcURL, "Range", "bytes=5-", "If-Range", whole.Header.Get("ETag")); res.StatusCode != 206 {
		t.Errorf("If-Range of this file: status %d", res.StatusCode)
	}
	res, got := do(t, h, "GET", lcURL, "Range", "bytes=0-4,10-14")
	_, p, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil || res.StatusCode != 206 {
		t.Fatalf("several ranges: %d %v", res.StatusCode, err)
	}
	m := multipart.NewReader(strings.NewReader(got), p["boundary"])
	for _, want := range []string{body[:5], body[10:15]} {
		part, err := m.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		if b := readAll(t, part); b != want {
			t.Errorf("part %q, want %q", b, want)
		}
	}
}

func TestHeadTellsLengthAndValidators(t *testing.T) {
	s, h := small(t)
	for fault, want := range map[string][3]bool{ // length, ETag, Last-Modified
		"": {true, true, true}, "download.nolength": {false, true, true}, "download.validators=none": {true, false, false},
		"download.validators=etag": {true, true, false}, "download.validators=date": {true, false, true},
	} {
		var faults []sample.Fault
		if fault != "" {
			faults = parse(t, fault)
		}
		if err := s.SetFaults(faults...); err != nil {
			t.Fatal(err)
		}
		res, body := do(t, h, "HEAD", lcURL)
		got := [3]bool{res.Header.Get("Content-Length") == "40960", res.Header.Get("ETag") != "", res.Header.Get("Last-Modified") != ""}
		if res.StatusCode != 200 || body != "" || got != want {
			t.Errorf("%q: status %d, %v, want %v", fault, res.StatusCode, got, want)
		}
	}
}

func TestUnchangedIsSaidToWhoAsks(t *testing.T) {
	_, h := small(t, "exofop.validators=both", "nea.validators=etag")
	for _, address := range []string{lcURL, toiTable, koiQuery} {
		res, _ := do(t, h, "GET", address)
		again, body := do(t, h, "GET", address, "If-None-Match", res.Header.Get("ETag"))
		if again.StatusCode != 304 || body != "" {
			t.Errorf("%s: status %d, %d bytes", address, again.StatusCode, len(body))
		}
		if other, _ := do(t, h, "GET", address, "If-None-Match", `"x"`); other.StatusCode != 200 {
			t.Errorf("%s with another tag: status %d", address, other.StatusCode)
		}
	}
	res, _ := do(t, h, "GET", toiTable)
	if again, _ := do(t, h, "GET", toiTable, "If-Modified-Since", res.Header.Get("Last-Modified")); again.StatusCode != 304 {
		t.Errorf("by date: status %d", again.StatusCode)
	}
}

func TestAFileHasItsFourAddresses(t *testing.T) {
	_, h := small(t)
	_, want := do(t, h, "GET", lcURL)
	kplr := "kplr000000001-2009166043257_llc.fits"
	for address, ok := range map[string]bool{
		"/api/v0.1/Download/file?uri=mast%3ATESS%2Fproduct%2F" + lcName: true,
		"/api/v0.1/Download/file/?uri=mast:tess//product/" + lcName:     true,
		"/missions/tess/tid/s0001/0000/0000/2515/5310/" + lcName:        true,
		"/pub/tess/tid/s0001/0000/0000/2515/5310/" + lcName:             true,
		s3URL: true,
		"/missions/kepler/lightcurves/0000/000000001/" + kplr:                                            true,
		"/stpubdata/kepler/public/lightcurves/0000/000000001/" + kplr:                                    true,
		"/api/v0.1/Download/file?uri=mast:KEPLER/url/missions/kepler/lightcurves/0000/000000001/" + kplr: true,
		"/missions/tess/tid/s0002/0000/0000/2515/5310/" + lcName:                                         false,
		"/kepler/public/lightcurves/0000/000000001/" + kplr:                                              true,
		"/tess/public/nothing.fits":                                                                      false,
		"/stpubdata/" + lcName:                                                                           false,
		"/api/v0.1/Download/file?uri=" + lcName:                                                          false,
		"/api/v0.1/Download/file?uri=mast:HST/" + lcName:                                                 false,
		"/api/v0.1/Download/file?uri=mast:../../etc/passwd":                                              false,
		"/api/v0.1/Download/file":                                                                        false,
		"/stpubdata/tess/public/nothing.fits":                                                            false,
	} {
		res, got := do(t, h, "GET", address)
		if ok != (res.StatusCode == 200) || ok && got != want || !ok && res.StatusCode != 404 {
			t.Errorf("%s: status %d, %d bytes", address, res.StatusCode, len(got))
		}
	}
}

func TestBundlesHoldTheFiles(t *testing.T) {
	_, h := small(t)
	_, want := do(t, h, "GET", lcURL)
	uri := "mast:TESS/product/" + lcName
	post := func(ending string) string {
		res, err := h.Client().PostForm(h.URL+"/api/v0.1/Download/bundle"+ending, url.Values{"uri": {uri, "mast:TESS/product/none.fits"}})
		if err != nil {
			t.Fatal(err)
		}
		return readAll(t, res.Body)
	}
	if got := post(".sh"); !strings.Contains(got, "curl -C - -L -o "+lcName+" "+h.URL+"/api/v0.1/Download/file?uri="+uri+"\n") || strings.Contains(got, "none.fits") {
		t.Errorf("script %s", got)
	}
	if got := post(""); !strings.Contains(got, `"`+uri+`":"COMPLETE"`) || !strings.Contains(got, `none.fits":"ERROR"`) {
		t.Errorf("staging %s", got)
	}
	packed := post(".zip")
	z, err := zip.NewReader(strings.NewReader(packed), int64(len(packed)))
	if err != nil || len(z.File) != 1 {
		t.Fatalf("zip: %v", err)
	}
	f, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if readAll(t, f) != want {
		t.Error("the zip's file differs")
	}
	g, err := gzip.NewReader(strings.NewReader(post(".tar.gz")))
	if err != nil {
		t.Fatal(err)
	}
	tr := tar.NewReader(g)
	if _, err := tr.Next(); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(tr); err != nil || string(b) != want {
		t.Errorf("the tar's file differs: %v", err)
	}
	if code, _, got := get(t, h, "/missions/tess/download_scripts/sector/tesscurl_sector_1_lc.sh"); code != 200 || !strings.Contains(got, lcName) {
		t.Errorf("sector script: %d %s", code, got)
	}
}

func TestManyClientsAtOnce(t *testing.T) {
	s, h := small(t)
	_, want := do(t, h, "GET", lcURL)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for range 10 {
				for _, address := range []string{koiQuery, koiVOT, toiTable, obsURL, resolveURL, gaiaQuery, lcURL, "/"} {
					res, err := h.Client().Get(h.URL + address)
					if err != nil {
						t.Error(err)
						return
					}
					b, err := io.ReadAll(res.Body)
					res.Body.Close()
					if err != nil || res.StatusCode != 200 || address == lcURL && !bytes.Equal(b, []byte(want)) {
						t.Errorf("%s: %d %v", address, res.StatusCode, err)
					}
				}
				if i == 0 {
					if err := s.SetFaults(parse(t, "nea.shrink=50", "mast.executing=1@nothing", "nea.delay=1us")...); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
}

// serve asks without a network.
func serve(s *sample.Server, u *url.URL) (int, []byte) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	r.URL = u
	s.ServeHTTP(w, r)
	return w.Code, w.Body.Bytes()
}
