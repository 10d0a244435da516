package sample_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exoplanetai/internal/csvtab"
	"exoplanetai/internal/sample"
	"exoplanetai/internal/xtest"
)

// unpacked reads a shared table, gzipped or not.
func unpacked(t testing.TB, rel string) []byte {
	t.Helper()
	f, err := os.Open(xtest.Shared(t, rel))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(rel, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryRealLightCurveIsFoundAndServedByteForByte(t *testing.T) {
	_, h := realServer(t)
	files := xtest.Glob(t, "data/real/lightcurves/*/*.fits")
	listed := map[string]string{}
	all := call(t, h, filtered(`{"paramName":"dataproduct_type","values":["timeseries"]}`))
	for _, o := range all.Data {
		if o["target_name"] == nil || o["s_ra"] == nil || o["s_dec"] == nil {
			t.Errorf("observation %v has no target or position", o["obs_id"])
		}
		p := call(t, h, fmt.Sprintf(`{"service":"Mast.Caom.Products","format":"json","params":{"obsid":"%.0f"}}`, o["obsid"]))
		for _, d := range p.Data {
			listed[d["productFilename"].(string)] = d["dataURI"].(string)
		}
	}
	if len(listed) != len(files) {
		t.Errorf("%d files listed, %d held", len(listed), len(files))
	}
	for _, f := range files {
		name := filepath.Base(f)
		_, _, body := get(t, h, "/api/v0.1/Download/file?uri="+url.QueryEscape(listed[name]))
		if sum := sha256.Sum256([]byte(body)); hex.EncodeToString(sum[:]) != digestOf(t, name) {
			t.Errorf("%s by %q differs", name, listed[name])
		}
	}
}

func TestBothDatesOfATableCanBeServed(t *testing.T) {
	s, h := realServer(t)
	defer func() { // other tests share the server
		if err := s.SetFaults(); err != nil {
			t.Error(err)
		}
	}()
	for _, c := range []struct{ fault, address, file string }{
		{"", "/TAP/sync?query=select+*+from+cumulative&format=csv", "data/real/catalogs/cumulative_2025.09.29_18.45.43.csv.gz"},
		{"data.koi=koi_2019*", "/TAP/sync?query=select+*+from+cumulative&format=csv", "data/real/catalogs/koi_2019-01-20/cumulative.csv.gz"},
		{"", "/TAP/sync?query=select+*+from+toi&format=csv", "data/real/catalogs/TOI_2025.09.29_18.46.06.csv.gz"},
		{"data.toi=TOI_2023*", "/TAP/sync?query=select+*+from+toi&format=csv", "data/real/catalogs/TOI_2023.03.07_15.50.16.csv.gz"},
		{"", "/TAP/sync?query=select+*+from+k2pandc&format=csv", "data/real/catalogs/k2pandc_2025.09.29_18.46.17.csv.gz"},
		{"", "/TAP/sync?query=select+*+from+ps&format=csv", "data/real/catalogs/PS_2025.07.03_10.09.50.csv"},
		{"", "/TAP/sync?query=select+*+from+pscomppars&format=csv", "data/real/catalogs/PSCompPars_2023.04.25_07.07.02.csv.gz"},
	} {
		faults := []sample.Fault{}
		if c.fault != "" {
			faults = parse(t, c.fault)
		}
		if err := s.SetFaults(faults...); err != nil {
			t.Fatal(err)
		}
		_, _, body := get(t, h, c.address)
		sameCells(t, c.file, []byte(body), unpacked(t, c.file))
	}
	for fault, file := range map[string]string{
		"":                      "data/real/catalogs/exofop_2025-04-01/exofop_tess_tois.csv.gz",
		"data.toi=exofop_2024*": "data/real/catalogs/exofop_2024-09-30/exofop_tess_tois.csv.gz",
	} {
		faults := []sample.Fault{}
		if fault != "" {
			faults = parse(t, fault)
		}
		if err := s.SetFaults(faults...); err != nil {
			t.Fatal(err)
		}
		if _, _, body := get(t, h, toiTable); body != string(unpacked(t, file)) {
			t.Errorf("%s is not served as it stands", file)
		}
	}
}

// sameCells compares two tables cell by cell.
func sameCells(t *testing.T, name string, got, want []byte) {
	t.Helper()
	a, err := csvtab.ReadAll(got, csvtab.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	b, err := csvtab.ReadAll(want, csvtab.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if strings.Join(a.Columns, ",") != strings.Join(b.Columns, ",") || a.Len() != b.Len() {
		t.Fatalf("%s: %d rows of %d columns, want %d of %d", name, a.Len(), len(a.Columns), b.Len(), len(b.Columns))
	}
	bad := 0
	for i := range a.Len() {
		for j := range a.Columns {
			if a.Cell(i, j) != b.Cell(i, j) {
				if bad++; bad < 5 {
					t.Errorf("%s row %d %s: %q, want %q", name, i, a.Columns[j], a.Cell(i, j), b.Cell(i, j))
				}
			}
		}
	}
}

// FuzzPortal sends the portal anything that may be a request.
func FuzzPortal(f *testing.F) {
	for _, q := range []string{
		filtered(`{"paramName":"target_name","values":["25155310"]}`), `{"service":"Mast.Name.Lookup","params":{"input":"TOI-114"}}`,
		`{"service":"Mast.Caom.Cone","params":{"ra":"63.4","dec":-69.2,"radius":1e9},"page":-3,"pagesize":99999999999}`, `{"service":"Mast.Caom.Products","params":{"obsid":"1,2,x"}}`,
		`{"service":"Mast.Catalogs.Filtered.Tic.Rows","format":"extjs","params":{"columns":"ID,ra","filters":[{"paramName":"Tmag","values":[{"min":null}]}]}}`, `[]`, `{"params":null}`,
	} {
		f.Add(q)
	}
	s, err := sample.New(sample.Options{Data: smallFolder()})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, q string) {
		if code, body := serve(s, &url.URL{Path: "/api/v0/invoke", RawQuery: "request=" + url.QueryEscape(q)}); code != 200 || !bytes.HasPrefix(body, []byte("{")) {
			t.Errorf("status %d: %.200s", code, body)
		}
	})
}

// FuzzAddress asks for any path; nothing outside the folder may come.
func FuzzAddress(f *testing.F) {
	for _, p := range []string{"/", "/TAP", "/TAP/async/x/y", "/missions/../../etc/passwd", "/stpubdata/%2e%2e/x", "/tess/target.php?id=1&json", "/workspace/TAP//",
		"/cgi-bin/nstedAPI/nph-nstedAPI?table=cumulative&select=*&where=1=1&order=kepid&format=ipac", "/api/v0.1/Download/bundle.zip?uri=mast:TESS/product/" + lcName, "/tap-server/tap/sync?QUERY=select+*+from+gaiadr3.gaia_source&FORMAT=votable"} {
		f.Add(p)
	}
	s, err := sample.New(sample.Options{Data: smallFolder()})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, p string) {
		u, err := url.Parse(p)
		if err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") {
			return
		}
		if code, _ := serve(s, u); code >= 500 && code != 503 {
			t.Errorf("%s: status %d", p, code)
		}
	})
}
