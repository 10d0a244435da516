package mast_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/archive/mast"
	"exoplanetai/internal/exo"
)

var fits = append([]byte("SIMPLE  =                    T"), bytes.Repeat([]byte("0123456789"), 999)...)

func one(uri string) archive.Product {
	return archive.Product{FileName: tessFile, URI: uri, SizeBytes: int64(len(fits))}
}

func TestAFileIsFetchedByItsURI(t *testing.T) {
	p := serve(t, nil, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v0.1/Download/file" || r.FormValue("uri") != "mast:TESS/product/"+tessFile {
			w.WriteHeader(404)
		}
		w.Header().Set("ETag", `"x"`)
		w.Write(fits)
	})
	var dst held
	o, err := source(t, p, mast.Options{}).Download(t.Context(), one("mast:TESS/product/"+tessFile), &dst)
	if err != nil || !bytes.Equal(dst.Bytes(), fits) {
		t.Fatalf("%v, %d bytes", err, dst.Len())
	}
	want := exo.Origin{Archive: "mast", URL: p.URL + "/api/v0.1/Download/file?uri=mast%3ATESS%2Fproduct%2F" + tessFile, ETag: `"x"`}
	if o != want {
		t.Errorf("origin %+v", o)
	}
}

func TestWhetherAFileIsTheSameIsAskedByItsValidators(t *testing.T) {
	const day, next = "Mon, 02 Nov 2026 00:00:00 GMT", "Tue, 03 Nov 2026 00:00:00 GMT"
	var etag, modified string
	var asked atomic.Int64
	p := serve(t, nil, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		for name, v := range map[string]string{"ETag": etag, "Last-Modified": modified} {
			if v != "" {
				w.Header().Set(name, v)
			}
		}
		if r.Header.Get("If-None-Match") == `"304"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Write(fits)
	})
	product := one("mast:TESS/product/" + tessFile)
	src := source(t, p, mast.Options{})
	at := p.URL + "/api/v0.1/Download/file?uri=mast%3ATESS%2Fproduct%2F" + tessFile
	cases := map[string]struct {
		known          exo.Origin
		etag, modified string // of the answer
		same, ok       bool
	}{
		"304":                                 {exo.Origin{URL: at, ETag: `"304"`}, "", "", true, true},
		"200 with the same tag":               {exo.Origin{URL: at, ETag: `"a"`}, `"a"`, "", true, true},
		"200 with another tag":                {exo.Origin{URL: at, ETag: `"a"`}, `"b"`, "", false, true},
		"the date decides over the tag":       {exo.Origin{URL: at, ETag: `"a"`, LastModified: day}, `"b"`, day, true, true},
		"another date":                        {exo.Origin{URL: at, ETag: `"a"`, LastModified: day}, `"a"`, next, false, true},
		"an answer without validators":        {exo.Origin{URL: at, ETag: `"a"`}, "", "", false, false},
		"only a date known, only a tag comes": {exo.Origin{URL: at, LastModified: day}, `"a"`, "", false, false},
		"nothing known":                       {exo.Origin{URL: at}, `"a"`, day, false, false},
		"another address":                     {exo.Origin{URL: "http://other.example/x", ETag: `"a"`}, `"a"`, "", false, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			etag, modified = c.etag, c.modified
			same, ok, err := src.Same(t.Context(), product, c.known)
			if err != nil || same != c.same || ok != c.ok {
				t.Errorf("%t, %t, %v; want %t, %t", same, ok, err, c.same, c.ok)
			}
		})
	}
	if n := asked.Load(); n != 7 {
		t.Errorf("%d requests, want 7: without a validator or at another address nothing is asked", n)
	}
}

func TestFilesThatDoNotCome(t *testing.T) {
	html := []byte("<html><title>Maintenance</title></html>")
	cases := map[string]struct {
		status int
		body   []byte
		size   int64
		uri    string
		kind   exo.Kind
		hint   string
	}{
		"missing":                              {status: 404, kind: exo.NotFound},
		"proprietary, 401":                     {status: 401, kind: exo.Denied, hint: "proprietary"},
		"proprietary, 403":                     {status: 403, kind: exo.Denied, hint: "proprietary"},
		"a page with 200":                      {status: 200, body: html, kind: exo.Upstream},
		"a page with 200 of the listed length": {status: 200, body: html, size: int64(len(html)), kind: exo.Upstream},
		"another length":                       {status: 200, body: fits, size: 5, kind: exo.Upstream},
		"text that is no FITS":                 {status: 200, body: bytes.Repeat([]byte("x"), len(fits)), size: int64(len(fits)), kind: exo.Upstream},
		"an address of another kind":           {uri: "http://127.0.0.1/", kind: exo.Invalid},
		"down":                                 {status: 503, kind: exo.Unavailable},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := serve(t, nil, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.status)
				w.Write(tc.body)
			})
			pr := one("mast:TESS/product/" + tessFile)
			pr.SizeBytes = tc.size
			if tc.uri != "" {
				pr.URI = tc.uri
			}
			var dst held
			_, err := source(t, p, mast.Options{}).Download(t.Context(), pr, &dst)
			if exo.KindOf(err) != tc.kind || !strings.Contains(exo.HintOf(err), tc.hint) {
				t.Errorf("%v, hint %q", err, exo.HintOf(err))
			}
		})
	}
}

func TestTheBucketIsTriedFirst(t *testing.T) {
	cases := map[string]struct {
		bucket     int // status
		body       []byte
		fromBucket bool
	}{
		"it has the file":        {200, fits, true},
		"it has not":             {404, nil, false},
		"it may not be listed":   {403, nil, false},
		"it is down":             {503, nil, false},
		"it has another edition": {200, fits[:50], false},
		"it breaks off":          {200, nil, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var keys atomic.Value
			b := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				keys.Store(r.URL.Path)
				if name == "it breaks off" {
					w.Header().Set("Content-Length", strconv.Itoa(len(fits)))
					w.Write(fits[:2000])
					return
				}
				w.WriteHeader(tc.bucket)
				w.Write(tc.body)
			}))
			defer b.Close()
			p := serve(t, nil, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Range") != "" {
					t.Error("a part from the bucket is to be completed by the archive, which may have another edition")
				}
				w.Write(fits)
			})
			var dst held
			o, err := source(t, p, mast.Options{BucketURL: b.URL}).Download(t.Context(), one("mast:TESS/product/"+tessFile), &dst)
			if err != nil || !bytes.Equal(dst.Bytes(), fits) {
				t.Fatalf("%v, %d bytes", err, dst.Len())
			}
			if got := strings.HasPrefix(o.URL, b.URL); got != tc.fromBucket || o.Archive != "mast" {
				t.Errorf("origin %+v", o)
			}
			if want := "/tess/public/tid/s0001/0000/0004/4142/0236/" + tessFile; keys.Load() != want {
				t.Errorf("key %s", keys.Load())
			}
		})
	}
}

func TestBucketKeys(t *testing.T) {
	cases := map[string]string{
		"mast:KEPLER/url/missions/kepler/lightcurves/0119/011904151/kplr011904151-2009166043257_llc.fits": "/kepler/public/lightcurves/0119/011904151/kplr011904151-2009166043257_llc.fits",
		"mast:Kepler/url/missions//kepler/lightcurves/0119/011904151/a.fits":                              "/kepler/public/lightcurves/0119/011904151/a.fits",
		"mast:K2/url/missions/k2/lightcurves/c1/201900000/12000/ktwo201912552-c01_llc.fits":               "/k2/public/lightcurves/c1/201900000/12000/ktwo201912552-c01_llc.fits",
		"mast:HLSP/qlp/s0005/0000/0002/1934/5200/a.fits":                                                  "/mast/hlsp/qlp/s0005/0000/0002/1934/5200/a.fits",
		"mast:HLSP/../../etc/passwd":   "/mast/hlsp/etc/passwd",
		"mast:TESS/product/other.fits": "", // asked of the archive only
		"mast:HST/product/a.fits":      "",
	}
	for uri, want := range cases {
		var got atomic.Value
		got.Store("")
		b := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got.Store(r.URL.Path)
			w.WriteHeader(404)
		}))
		p := serve(t, nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) })
		_, err := source(t, p, mast.Options{BucketURL: b.URL}).Download(t.Context(), archive.Product{FileName: "a.fits", URI: uri}, &held{})
		if !errors.Is(err, exo.NotFound) || got.Load() != want {
			t.Errorf("%s: key %q, want %q; %v", uri, got.Load(), want, err)
		}
		b.Close()
	}
}
