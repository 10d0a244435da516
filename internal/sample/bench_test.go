package sample_test

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"testing"

	"exoplanetai/internal/sample"
	"exoplanetai/internal/xtest"
)

// fetch reads an address to its end and counts the bytes.
func fetch(b *testing.B, c *http.Client, address string) {
	b.Helper()
	res, err := c.Get(address)
	if err != nil {
		b.Fatal(err)
	}
	n, err := io.Copy(io.Discard, res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != 200 {
		b.Fatal(res.StatusCode, err)
	}
	b.SetBytes(n)
}

func BenchmarkWholeKOITableAsCSV(b *testing.B) {
	_, h := realServer(b)
	for b.Loop() {
		fetch(b, h.Client(), h.URL+"/TAP/sync?query=select+*+from+cumulative&format=csv")
	}
}

func BenchmarkSelectedKOIRowsAsVOTable(b *testing.B) {
	_, h := realServer(b)
	q := url.QueryEscape("select * from cumulative where koi_disposition='CONFIRMED' and koi_period between 1 and 100 order by koi_period")
	for b.Loop() {
		fetch(b, h.Client(), h.URL+"/TAP/sync?query="+q)
	}
}

func BenchmarkLightCurveOf2MB(b *testing.B) {
	_, h := realServer(b)
	for b.Loop() {
		fetch(b, h.Client(), h.URL+lcURL)
	}
}

func BenchmarkObservationSearch(b *testing.B) {
	_, h := realServer(b)
	for b.Loop() {
		fetch(b, h.Client(), h.URL+obsURL)
	}
}

func BenchmarkOpeningAndFirstTable(b *testing.B) {
	dir := os.DirFS(xtest.Shared(b, "data/real"))
	for b.Loop() {
		s, err := sample.New(sample.Options{Data: dir})
		if err != nil {
			b.Fatal(err)
		}
		if code, _ := serve(s, &url.URL{Path: "/TAP/sync", RawQuery: "query=select+*+from+cumulative&format=csv"}); code != 200 {
			b.Fatal(code)
		}
	}
}
