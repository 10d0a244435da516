package folder_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/archive/folder"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/xtest"
)

var (
	_ archive.TableSource      = (*folder.Source)(nil)
	_ archive.LightCurveSource = (*folder.Source)(nil)
	_ archive.Pinger           = (*folder.Source)(nil)
)

const (
	koi  = "# comment\n#\nkepid,kepoi_name,koi_disposition\n1,K00001.01,CONFIRMED\n"
	k2   = "pl_name,hostname,default_flag,disposition,soltype\na b,a,1,CONFIRMED,x\n"
	ps   = "pl_name,hostname,default_flag,soltype\na b,a,1,x\n"
	toi  = "\ufeff\"TIC ID\",\"TOI\",\"TFOPWG Disposition\"\n\"1\",\"1.01\",\"PC\"\n"
	toi2 = "\ufeffThis file was produced by the Exoplanet Follow-up Observing Program website, today\r\n\r\n\"TIC ID\",\"TOI\",\"TFOPWG Disposition\"\r\n\"1\",\"1.01\",\"KP\"\r\n"
	nasa = "toi,tid,tfopwg_disp\n1.01,1,PC\n"
)

func file(s string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(s), ModTime: time.Unix(1, 0)}
}

func zipped(s string) *fstest.MapFile {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, s)
	z.Close()
	return &fstest.MapFile{Data: b.Bytes()}
}

func TestTablesAreFoundByTheirHeaders(t *testing.T) {
	cases := map[string]struct {
		files fstest.MapFS
		kind  catalog.Type
		want  string // name of the file
	}{
		"comment lines":                       {fstest.MapFS{"a.csv": file(koi), "b.csv": file(k2)}, catalog.KOI, "a.csv"},
		"compressed":                          {fstest.MapFS{"a.csv.gz": zipped(koi)}, catalog.KOI, "a.csv.gz"},
		"the newest by the date in its name":  {fstest.MapFS{"cumulative_2025.09.29_18.45.43.csv": file(koi), "koi_2019-01-20/zz.csv": file(koi + " ")}, catalog.KOI, "cumulative_2025.09.29_18.45.43.csv"},
		"the newest of a day":                 {fstest.MapFS{"koi_20260102_030405.csv": file(koi), "koi_20260102_030406.csv": file(koi + " ")}, catalog.KOI, "koi_20260102_030406.csv"},
		"by name where no date is":            {fstest.MapFS{"a.csv": file(koi), "b.csv": file(koi)}, catalog.KOI, "b.csv"},
		"K2, not the planets' table":          {fstest.MapFS{"k2.csv": file(k2), "ps_2030-01-01.csv": file(ps)}, catalog.K2, "k2.csv"},
		"ExoFOP's dialects":                   {fstest.MapFS{"a.csv": file(toi)}, catalog.TOI, "a.csv"},
		"ExoFOP's with a banner":              {fstest.MapFS{"a.csv": file(toi2)}, catalog.TOI, "a.csv"},
		"ExoFOP's before NASA's, also if old": {fstest.MapFS{"TOI_2025.09.29.csv": file(nasa), "exofop_2020-01-01.csv": file(toi)}, catalog.TOI, "exofop_2020-01-01.csv"},
		"NASA's where there is no other":      {fstest.MapFS{"TOI_2025.09.29.csv": file(nasa)}, catalog.TOI, "TOI_2025.09.29.csv"},
		"broken files are no tables":          {fstest.MapFS{"a.csv": file(koi), "b.csv.gz": file("no gzip"), "c.csv": file(""), "d.csv": file(strings.Repeat("x", 1<<20)), ".e.csv": file(koi)}, catalog.KOI, "a.csv"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			ans, err := folder.New(folder.Options{FS: tc.files}).Fetch(t.Context(), archive.TableRequest{Type: tc.kind}, &b)
			if err != nil || ans.Origin.URL != "folder:"+tc.want || ans.Origin.Archive != "folder" {
				t.Fatalf("%v, %+v", err, ans)
			}
			want := tc.files[tc.want].Data
			if strings.HasSuffix(tc.want, ".gz") {
				want = []byte(koi)
			}
			if !bytes.Equal(b.Bytes(), want) {
				t.Errorf("%q", b.String())
			}
		})
	}
}

func TestTablesThatCannotBeHad(t *testing.T) {
	src := folder.New(folder.Options{FS: fstest.MapFS{"a.csv": file(koi)}})
	if _, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.K2}, io.Discard); !errors.Is(err, exo.NotFound) || exo.HintOf(err) == "" {
		t.Errorf("missing: %v", err)
	}
	if _, err := src.Fetch(t.Context(), archive.TableRequest{Type: "x"}, io.Discard); !errors.Is(err, exo.Invalid) {
		t.Errorf("unknown: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := src.Fetch(ctx, archive.TableRequest{Type: catalog.KOI}, io.Discard); exo.KindOf(err) != exo.Canceled {
		t.Errorf("cancelled: %v", err)
	}
	whole := zipped(koi + strings.Repeat("2,K00002.01,CANDIDATE\n", 5000)).Data
	cut := folder.New(folder.Options{FS: fstest.MapFS{"a.csv.gz": {Data: whole[:len(whole)-9]}}})
	if _, err := cut.Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI}, io.Discard); !errors.Is(err, exo.Upstream) {
		t.Errorf("cut: %v", err)
	}
	if _, err := folder.New(folder.Options{FS: os.DirFS(filepath.Join(t.TempDir(), "none"))}).Ping(t.Context()); !errors.Is(err, exo.Unavailable) {
		t.Errorf("no folder: %v", err)
	}
	if _, err := src.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
}

func TestAnUnchangedFileIsNotReadAgain(t *testing.T) {
	files := fstest.MapFS{"a.csv": file(koi)}
	src := folder.New(folder.Options{FS: files})
	first, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	ans, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI, Known: &first.Origin}, &b)
	if err != nil || !ans.NotModified || ans.Origin != first.Origin || b.Len() > 0 {
		t.Errorf("%v, %+v", err, ans)
	}
	files["a.csv"].ModTime = time.Unix(2, 0)
	if ans, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI, Known: &first.Origin}, &b); err != nil || ans.NotModified || b.Len() == 0 {
		t.Errorf("%v, %+v", err, ans)
	}
}

// held is a Partial in memory.
type held struct {
	bytes.Buffer
	resets int
}

func (h *held) Offset() int64 { return int64(h.Len()) }
func (h *held) Reset() error  { h.resets++; h.Buffer.Reset(); return nil }

const lc = "tess2018206045859-s0001-0000000025155310-0120-s_lc.fits"

func TestLightCurvesAreFoundByTheirNames(t *testing.T) {
	id := exo.TargetID{Catalog: exo.TIC, Number: 25155310}
	src := folder.New(folder.Options{FS: fstest.MapFS{
		"x/" + lc: file("SIMPLE a"), "y/" + lc: file("SIMPLE a"),
		"tess2018234235059-s0002-0000000025155310-0121-s_lc.fits":         file("SIMPLE b"),
		"tess2018206045859-s0001-0000000025155310-0120-s_tp.fits":         file("pixels"),
		"tess2018206045859-s0001-0000000025155311-0120-s_lc.fits":         file("another star"),
		"hlsp_tess-data-alerts_tess_phot_00025155310-s01_tess_v1_lc.fits": file("SIMPLE c"),
	}})
	found, err := src.Find(t.Context(), archive.LightCurveQuery{Target: id, Mission: exo.TESS})
	if err != nil || len(found.Products) != 2 || len(found.Answers) != 0 {
		t.Fatalf("%+v, %v", found, err)
	}
	p := found.Products[0]
	if p.FileName != lc || p.URI != "folder:x/"+lc || p.SizeBytes != 8 || p.SectorQuarter != 1 || p.Rights != "PUBLIC" {
		t.Errorf("%+v", p)
	}
	var dst held
	dst.WriteString("SIM")
	o, err := src.Download(t.Context(), p, &dst)
	if err != nil || dst.String() != "SIMPLE a" || o.URL != p.URI || dst.resets != 0 {
		t.Errorf("%q, %+v, %v", dst.String(), o, err)
	}
	dst.WriteString("too much")
	if _, err := src.Download(t.Context(), p, &dst); err != nil || dst.String() != "SIMPLE a" || dst.resets != 1 {
		t.Errorf("%q, %v", dst.String(), err)
	}
	sector := 2
	if found, err = src.Find(t.Context(), archive.LightCurveQuery{Target: id, SectorQuarter: &sector}); err != nil || len(found.Products) != 1 {
		t.Errorf("sector 2: %+v, %v", found, err)
	}
	sector = 3
	if _, err = src.Find(t.Context(), archive.LightCurveQuery{Target: id, SectorQuarter: &sector}); !errors.Is(err, exo.NotFound) {
		t.Errorf("sector 3: %v", err)
	}
}

func TestDownloadsThatFail(t *testing.T) {
	src := folder.New(folder.Options{FS: fstest.MapFS{lc: file("SIMPLE a")}})
	for name, tc := range map[string]struct {
		p    archive.Product
		kind exo.Kind
	}{
		"out of the folder": {archive.Product{URI: "folder:../x"}, exo.Invalid}, "absolute": {archive.Product{URI: "folder:/etc/passwd"}, exo.Invalid},
		"another scheme": {archive.Product{URI: "file:" + lc}, exo.Invalid}, "gone": {archive.Product{URI: "folder:x.fits"}, exo.NotFound},
		"another length": {archive.Product{URI: "folder:" + lc, SizeBytes: 5}, exo.Upstream},
	} {
		if _, err := src.Download(t.Context(), tc.p, &held{}); exo.KindOf(err) != tc.kind || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The real files: every table and every light curve of a star is found.
func TestTheRealFilesAreServed(t *testing.T) {
	dir := xtest.Shared(t, "data/real")
	src := folder.New(folder.Options{FS: os.DirFS(dir)})
	for kind, want := range map[catalog.Type]string{
		catalog.KOI: "catalogs/cumulative_2025.09.29_18.45.43.csv.gz", catalog.K2: "catalogs/k2pandc_2025.09.29_18.46.17.csv.gz",
		catalog.TOI: "catalogs/exofop_2025-04-01/exofop_tess_tois.csv.gz",
	} {
		var b bytes.Buffer
		ans, err := src.Fetch(t.Context(), archive.TableRequest{Type: kind}, &b)
		if err != nil || ans.Origin.URL != "folder:"+want || b.Len() < 1<<20 {
			t.Errorf("%s: %v, %+v, %d bytes", kind, err, ans, b.Len())
		}
	}
	var files []string
	for _, m := range []string{"tess/tess2*", "kepler/kplr*", "k2/ktwo*"} {
		files = append(files, xtest.Glob(t, "data/real/lightcurves/"+m)...)
	}
	got := map[string]bool{}
	for _, id := range []string{"TIC 25155310", "TIC 38846515", "TIC 149603524", "TIC 402026209", "TIC 424865156", "KIC 10002792", "KIC 9726699", "KIC 10666592",
		"EPIC 206103150", "EPIC 205905563", "EPIC 211117077", "EPIC 211436265", "EPIC 211495446"} {
		tid, err := exo.ParseTargetID(id)
		if err != nil {
			t.Fatal(err)
		}
		found, err := src.Find(t.Context(), archive.LightCurveQuery{Target: tid})
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
		for _, p := range found.Products {
			got[p.FileName] = true
			var dst held
			if _, err := src.Download(t.Context(), p, &dst); err != nil {
				t.Error(err)
			}
			want, err := fs.ReadFile(os.DirFS(dir), strings.TrimPrefix(p.URI, "folder:"))
			if err != nil || !bytes.Equal(want, dst.Bytes()) {
				t.Errorf("%s: %v, %d bytes of %d", p.FileName, err, dst.Len(), len(want))
			}
		}
	}
	for _, f := range files {
		if !got[filepath.Base(f)] {
			t.Errorf("%s was not found", filepath.Base(f))
		}
	}
	if len(got) != len(files) {
		t.Errorf("%d found, %d there", len(got), len(files))
	}
}

func ExampleSource_Find() {
	src := folder.New(folder.Options{FS: fstest.MapFS{"any/where/" + lc: {Data: []byte("SIMPLE")}}})
	found, err := src.Find(context.Background(), archive.LightCurveQuery{Target: exo.TargetID{Catalog: exo.TIC, Number: 25155310}})
	i := slices.IndexFunc(found.Products, func(p archive.Product) bool { return p.SectorQuarter == 1 })
	fmt.Println(found.Products[i].Author, found.Products[i].CadenceS, err)
	// Output: SPOC 120 <nil>
}
