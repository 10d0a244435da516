package store_test

import (
	"bytes"
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// full is a record with every member.
func full() store.Meta {
	sector, at := 5, noon.Add(-time.Hour)
	return store.Meta{
		Path: "raw/nasa/koi_20260102_120000.csv", SHA256: exo.DigestOf([]byte("x")), SizeBytes: 1, RetrievedAt: noon, Kind: store.Table,
		Origin: exo.Origin{Archive: "nea", URL: "https://exoplanetarchive.example/TAP/sync", Query: "select * from cumulative where koi_score < 0.5 & 1", ETag: `"e"`, LastModified: "Thu, 01 Jan 2026 00:00:00 GMT"},
		Rows:   9564, Columns: []catalog.Column{{Name: "kepid", Type: "int"}, {Name: "koi_period", Type: "double", Unit: "days"}},
		SchemaFingerprint: "sha256:aa", Validation: &catalog.Summary{Valid: true, Warnings: 2, Metrics: catalog.Metrics{Completeness: catalog.Overall(0.75), Accuracy: catalog.Overall(1)}},
		Program: "exoplanetai 0.1", Table: catalog.KOI, Newest: "2026-01-01", Full: &at,
		From:   []store.Ref{{Path: "raw/nasa/koi_1.csv", SHA256: exo.DigestOf([]byte("y"))}},
		Target: exo.TargetID{Catalog: exo.TIC, Number: 441420236}, Mission: exo.TESS, Author: "SPOC", SectorQuarter: &sector,
		CadenceS: 120, TimeStart: 1325.2969605677, TimeEnd: 1353.1771005677, Scale: exo.BTJD, Release: "DATA_REL 1",
		Recipe: exo.DigestOf([]byte("r")), Profile: "transit", Algorithm: 1,
	}
}

func TestMetadataRecordHasItsOneByteForm(t *testing.T) {
	got, err := store.EncodeMeta(full())
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join("testdata", "metadata.golden")
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	m, err := store.ParseMeta(got)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := store.EncodeMeta(m); err != nil || !bytes.Equal(again, got) {
		t.Errorf("%v\n%s", err, again)
	}
}

// The first records had bare numbers where there are objects now; both are read,
// and written as they were.
func TestMetricsAreReadInBothForms(t *testing.T) {
	good, err := store.EncodeMeta(full())
	if err != nil {
		t.Fatal(err)
	}
	object := "{\n        \"overall\": 0.75\n      }"
	if !bytes.Contains(good, []byte(object)) {
		t.Fatalf("%s", good)
	}
	for name, tt := range map[string]struct {
		text string
		want *catalog.Metric // nil: refused
	}{
		"today's form":             {object, &catalog.Metric{Overall: 0.75}},
		"a bare number":            {"0.75", &catalog.Metric{Overall: 0.75}},
		"a bare 1":                 {"1", &catalog.Metric{Overall: 1}},
		"a number in another form": {"7.5e-1", nil},
		"null":                     {"null", nil},
		"text":                     {`"0.75"`, nil},
		"an unknown member":        {"{\n        \"overall\": 0.75,\n        \"x\": 1\n      }", nil},
		"with columns":             {"{\n        \"columns\": {\n          \"kepid\": 1,\n          \"ra\": 0.5\n        },\n        \"overall\": 0.75\n      }", &catalog.Metric{Overall: 0.75, Columns: map[string]float64{"kepid": 1, "ra": 0.5}}},
		"columns out of order":     {"{\n        \"columns\": {\n          \"ra\": 0.5,\n          \"kepid\": 1\n        },\n        \"overall\": 0.75\n      }", nil},
	} {
		text := bytes.Replace(good, []byte(object), []byte(tt.text), 1)
		m, err := store.ParseMeta(text)
		if tt.want == nil {
			if !errors.Is(err, exo.Corrupt) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := m.Validation.Metrics.Completeness
		if got == nil || got.Overall != tt.want.Overall || !maps.Equal(got.Columns, tt.want.Columns) {
			t.Errorf("%s: %+v", name, got)
		}
		if again, err := store.EncodeMeta(m); err != nil || !bytes.Equal(again, text) {
			t.Errorf("%s: %v\n%s", name, err, again)
		}
	}
}

func TestCorruptMetadataRecordIsRefusedByName(t *testing.T) {
	good, err := store.EncodeMeta(full())
	if err != nil {
		t.Fatal(err)
	}
	swap := func(from, to string) []byte { return bytes.Replace(good, []byte(from), []byte(to), 1) }
	lines := bytes.SplitAfter(good, []byte("\n"))
	unsorted := bytes.Join(append(append([][]byte{lines[0], lines[2], lines[1]}, lines[3:]...), nil), nil)
	tests := map[string]struct {
		text []byte
		says string
	}{
		"empty":                  {nil, "not valid"},
		"no JSON":                {[]byte("<html>"), "not valid"},
		"cut":                    {good[:len(good)/2], "not valid"},
		"without final newline":  {good[:len(good)-1], "final" + "|after its last brace"},
		"trailing bytes":         {append(bytes.Clone(good), 'x'), "after its last brace"},
		"two records":            {append(bytes.Clone(good), good...), "after its last brace"},
		"unknown member":         {swap(`"rows": 9564`, `"rowz": 9564`), "not valid"},
		"unsorted keys":          {unsorted, "one byte form"},
		"a key twice":            {swap(`  "rows": 9564,`, "  \"rows\": 9564,\n  \"rows\": 9564,"), "one byte form"},
		"other blanks":           {swap(`"rows": 9564`, `"rows":  9564`), "one byte form"},
		"a number in other form": {swap(`"cadence_s": 120`, `"cadence_s": 1.2e2`), "one byte form"},
		"a bad digest":           {swap(`"sha256": "sha256:2d7`, `"sha256": "sha256:zzz`), "not valid"},
		"no digest":              {swap(exo.DigestOf([]byte("x")).String(), ""), "lacks the digest"},
		"a path that leads out":  {swap(`"path": "raw/nasa/koi_2`, `"path": "../nasa/koi_2`), "outside the data tree"},
		"a path of metadata":     {swap(`"path": "raw/nasa/koi_2`, `"path": "metadata/koi_2`), "outside the data tree"},
		"a negative size":        {swap(`"size_bytes": 1`, `"size_bytes": -1`), "lacks the digest"},
		"too large":              {bytes.Repeat([]byte(" "), 5<<20), "larger than"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if bytes.Equal(tt.text, good) {
				t.Fatal("nothing is corrupt")
			}
			_, err := store.ParseMeta(tt.text)
			found := false
			for part := range strings.SplitSeq(tt.says, "|") {
				found = found || strings.Contains(exo.MessageOf(err), part)
			}
			if !errors.Is(err, exo.Corrupt) || exo.HintOf(err) == "" || !found {
				t.Errorf("%v; hint %q", err, exo.HintOf(err))
			}
		})
	}
}

func FuzzParseMeta(f *testing.F) {
	good, err := store.EncodeMeta(full())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"path": "raw/a"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := store.ParseMeta(text)
		if err != nil {
			if !errors.Is(err, exo.Corrupt) {
				t.Errorf("%v", err)
			}
			return
		}
		again, err := store.EncodeMeta(m)
		if err != nil || !bytes.Equal(again, text) {
			t.Errorf("%v\n%s\n%s", err, text, again)
		}
	})
}

func TestCorruptChecksumFileIsFoundByName(t *testing.T) {
	const name = "checksums/raw.sha256"
	digest := strings.Repeat("a", 64)
	tests := map[string]func(text string) string{
		"an upper-case digest":     func(s string) string { return strings.ToUpper(s[:64]) + s[64:] },
		"a short digest":           func(s string) string { return s[1:] },
		"one blank":                func(s string) string { return s[:64] + s[65:] },
		"the binary mark":          func(s string) string { return s[:65] + "*" + s[66:] },
		"a path that leads out":    func(s string) string { return s + digest + "  ../x\n" },
		"an absolute path":         func(s string) string { return s + digest + "  /etc/passwd\n" },
		"an empty line":            func(s string) string { return "\n" + s },
		"a comment":                func(s string) string { return "# x\n" + s },
		"carriage returns":         func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"a file that is not there": func(s string) string { return s + digest + "  raw/nasa/none.csv\n" },
		"a line twice":             func(s string) string { return s + s[:strings.Index(s, "\n")+1] },
		"another digest of a file": func(s string) string { return s + digest + s[64:strings.Index(s, "\n")+1] },
		"an endless line":          func(s string) string { return strings.Repeat("x", 1<<20) + s },
		"lines in another order":   func(s string) string { i := strings.Index(s, "\n") + 1; return s[i:] + s[:i] },
		"a line of another folder": func(s string) string { return s + digest + "  lightcurves/tess/s0001/a.fits\n" },
	}
	for what, change := range tests {
		t.Run(what, func(t *testing.T) {
			dir := small(t)
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			replace(t, filepath.Join(dir, name), []byte(change(string(text))))
			list := checked(t, dir, false)
			if len(list) == 0 {
				t.Fatal("not found")
			}
			for _, d := range list {
				if d.Path != name && d.Path != store.IndexPath() {
					t.Errorf("%s is accused: %+v", d.Path, d)
				}
			}
			// Every one of these is mended, or kept and named, by a reindex; then the tree starts again.
			b := open(t, dir, func(o *store.Options) { o.Rebuild = true })
			if _, err := b.Reindex(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			b.shut()
			open(t, dir).shut()
			for _, d := range checked(t, dir, false) {
				if d.Path != name {
					t.Errorf("after the reindex: %+v", d)
				}
			}
		})
	}
}
