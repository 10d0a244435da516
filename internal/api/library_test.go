package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/api"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/store"
)

// shelf is a store on the disk with what the interface reads beside it.
type shelf struct {
	*store.Store
	disk fsys.FS
}

func (s shelf) Checksums(_ context.Context, name string) ([]byte, error) {
	return fsys.ReadFile(s.disk, "checksums/"+name, 1<<20)
}

// withStore gives the fixture a store that holds one small and one large file.
func withStore(t *testing.T) (f *fixture, dir string, small, large []byte) {
	t.Helper()
	dir = t.TempDir()
	ctx := context.Background()
	disk, err := fsys.OpenDir(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	if err := store.Prepare(disk); err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.Open(ctx, sqldb.Options{Path: filepath.Join(dir, store.IndexPath())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	st, err := store.Open(ctx, store.Options{FS: disk, DB: db, Clock: func() time.Time { return noon }, Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	small, large = bytes.Repeat([]byte("0123456789"), 10), make([]byte, 17<<20)
	r := rand.NewChaCha8([32]byte{2})
	if _, err := r.Read(large); err != nil {
		t.Fatal(err)
	}
	publish(t, st, "lightcurves/tess/s0001/a_lc.fits", small)
	publish(t, st, "raw/nasa/koi_20260102_120000.csv", large)
	publish(t, st, "metadata/validation/koi_20260102_120000.json", []byte("{}\n"))
	f = &fixture{ingest: &fakeIngest{}, proc: &fakeProcess{}, queue: &fakeQueue{}}
	f.Server, err = api.New(api.Options{
		Ingest: f.ingest, Process: f.proc, Jobs: f.queue, Library: shelf{st, disk}, Version: "test",
		Clock: func() time.Time { return noon }, Rand: rand.NewChaCha8([32]byte{1}), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return f, dir, small, large
}

func publish(t *testing.T, st *store.Store, path exo.Path, body []byte) {
	t.Helper()
	staged, err := st.Stage(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := staged.Write(body); err != nil {
		t.Fatal(err)
	}
	_, err = st.Publish(context.Background(), store.Item{Staged: staged, Meta: store.Meta{
		Path: path, RetrievedAt: noon, Kind: store.LightCurve, Origin: exo.Origin{Archive: "mast", URL: "https://mast.stsci.edu"},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFilesAreSentAsStored(t *testing.T) {
	f, _, small, large := withStore(t)
	const path = "/api/v1/files/lightcurves/tess/s0001/a_lc.fits"
	etag := `"` + exo.DigestOf(small).String() + `"`
	whole := f.do("GET", path, "")
	if whole.Code != 200 || !bytes.Equal(whole.Body.Bytes(), small) || whole.Header().Get("ETag") != etag {
		t.Fatalf("%d %v", whole.Code, whole.Header())
	}
	if got := whole.Header().Get("Content-Type") + " " + whole.Header().Get("Content-Disposition"); got != "application/fits attachment; filename=a_lc.fits" {
		t.Errorf("got %s", got)
	}
	head := f.do("HEAD", path, "")
	if head.Code != 200 || head.Header().Get("Content-Length") != "100" || head.Header().Get("ETag") != etag || head.Body.Len() != 0 {
		t.Errorf("HEAD: %d %v", head.Code, head.Header())
	}
	for name, c := range map[string]struct {
		header []string
		status int
		body   string
	}{
		"a range":                           {[]string{"Range", "bytes=3-7"}, 206, "34567"},
		"the last bytes":                    {[]string{"Range", "bytes=-2"}, 206, "89"},
		"a range of the same file":          {[]string{"Range", "bytes=0-1", "If-Range", etag}, 206, "01"},
		"a range of another file":           {[]string{"Range", "bytes=0-1", "If-Range", `"sha256:00"`}, 200, string(small)},
		"a file that is held already":       {[]string{"If-None-Match", etag}, 304, ""},
		"a file that is held in a list":     {[]string{"If-None-Match", `"x", ` + etag}, 304, ""},
		"a file that is not the one held":   {[]string{"If-None-Match", `"x"`}, 200, string(small)},
		"more ranges than anyone needs":     {[]string{"Range", "bytes=" + strings.Repeat("0-0,", 10_000) + "1-1"}, 200, string(small)},
		"a unit that is not bytes":          {[]string{"Range", "rows=1-2"}, 416, ""},
		"a range behind the end":            {[]string{"Range", "bytes=100-"}, 416, ""},
		"a range whose numbers overflow":    {[]string{"Range", "bytes=99999999999999999999-"}, 416, ""},
		"a precondition that does not hold": {[]string{"If-Match", `"x"`}, 412, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := f.do("GET", path, "", c.header...)
			if w.Code != c.status {
				t.Fatalf("got %d, want %d: %s", w.Code, c.status, w.Body)
			}
			if c.status == 416 {
				if p := problem(t, w); p["code"] != "Invalid" || w.Header().Get("ETag") != "" {
					t.Errorf("%v %v", p, w.Header())
				}
				return
			}
			if w.Body.String() != c.body {
				t.Errorf("got %q, want %q", w.Body, c.body)
			}
		})
	}
	big := f.do("GET", "/api/v1/files/raw/nasa/koi_20260102_120000.csv", "", "Range", "bytes=1048570-2097160")
	if big.Code != 206 || !bytes.Equal(big.Body.Bytes(), large[1048570:2097161]) {
		t.Errorf("a range of the large file: %d, %d bytes", big.Code, big.Body.Len())
	}
}

func TestProvenanceAndChecksumsAreFilesToo(t *testing.T) {
	f, dir, _, _ := withStore(t)
	for _, name := range []string{
		"metadata/lightcurves/tess/s0001/a_lc.fits.json", "checksums/lightcurves.sha256", "metadata/validation/koi_20260102_120000.json",
		"metadata/metadata/validation/koi_20260102_120000.json.json", "checksums/validation.sha256",
	} {
		want, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		w := f.do("GET", "/api/v1/files/"+name, "")
		if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), want) || w.Header().Get("ETag") != `"`+exo.DigestOf(want).String()+`"` {
			t.Errorf("%s: %d %v\n%s", name, w.Code, w.Header(), w.Body)
		}
	}
}

func TestNothingElseIsAFile(t *testing.T) {
	f, _, _, _ := withStore(t)
	for _, name := range []string{
		"metadata/exoplanetai.db", "metadata/exoplanetai.db-wal", "metadata/exoplanetai.db.json", "metadata/validation", "metadata/validation/none.json", ".lock", ".staging/00000001.data", "cache/x", "versions/x",
		"checksums/../metadata/exoplanetai.db", "raw", "raw/nasa", "raw/nasa/", "%2e%2e/%2e%2e/etc/passwd", "..%2f..%2fetc/passwd", "/etc/passwd",
		"raw/nasa/koi%00.csv", "raw/nasa/" + strings.Repeat("a", 300), "checksums/none.sha256", "checksums/sub/lightcurves.sha256",
		"raw/nasa/koi_20260102_120000.csv/x", `raw\nasa\koi_20260102_120000.csv`, "metadata/../raw/nasa/koi_20260102_120000.csv",
		"lightcurves/tess/s0001/-rf", "C:/windows", "raw/nasa/.hidden",
	} {
		for _, method := range []string{"GET", "HEAD"} {
			w := f.do(method, "/api/v1/files/"+strings.ReplaceAll(name, `\`, "%5c"), "")
			if w.Code != 404 && w.Code != 400 {
				t.Errorf("%s %s: %d", method, name, w.Code)
			}
		}
	}
}

func TestADamagedFileIsNeverServed(t *testing.T) {
	f, dir, _, large := withStore(t)
	for name, flip := range map[string]int64{"lightcurves/tess/s0001/a_lc.fits": 50, "raw/nasa/koi_20260102_120000.csv": int64(len(large)) - 1} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteAt([]byte{0xff ^ 7}, flip); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		w := f.do("GET", "/api/v1/files/"+name, "", "Range", "bytes=0-9")
		if p := problem(t, w); w.Code != 500 || p["code"] != "Corrupt" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestStorageStats(t *testing.T) {
	f, _, small, large := withStore(t)
	w := f.do("GET", "/api/v1/data/storage/stats", "")
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	total := got["total"].(map[string]any)
	if total["bytes"] != float64(len(small)+len(large)+3) || total["files"] != 3.0 {
		t.Errorf("%s", w.Body)
	}
	for _, key := range []string{"total", "folders", "disk", "cache", "growth", "integrity"} {
		if _, ok := got[key]; !ok {
			t.Errorf("no member %s in %s", key, w.Body)
		}
	}
}
