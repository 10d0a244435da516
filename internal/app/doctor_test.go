package app_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// codesOf lists the codes of the findings of a doctor's document.
func codesOf(doc map[string]any, severity string) string {
	var codes []string
	list, _ := doc["findings"].([]any)
	for _, f := range list {
		f, _ := f.(map[string]any)
		if severity == "" || f["severity"] == severity {
			codes = append(codes, f["code"].(string))
		}
	}
	return strings.Join(codes, " ")
}

// TestTheDoctorHeals breaks a folder in each way that can be healed without
// another copy, looks without touching, heals, and looks again.
func TestTheDoctorHeals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		damage func(t *testing.T, s *site, file string)
		code   string
	}{
		"a file was made writable": {func(t *testing.T, s *site, file string) {
			if err := os.Chmod(file, 0o666); err != nil {
				t.Fatal(err)
			}
		}, "damage-mode"},
		"a record is gone": {func(t *testing.T, s *site, file string) {
			rel, err := filepath.Rel(s.path("data"), file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(s.path("data/metadata/" + rel + ".json")); err != nil {
				t.Fatal(err)
			}
		}, "damage-metadata"},
		"a file is gone, and a version has it": {func(t *testing.T, s *site, file string) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}, "damage-missing"},
		"a manifest is gone": {func(t *testing.T, s *site, _ string) {
			if err := os.Remove(s.path("data/versions/v1/manifest.json")); err != nil {
				t.Fatal(err)
			}
		}, "versions-damaged"},
		"the index is garbage": {func(t *testing.T, s *site, _ string) { scribble(t, s, 0, indexSize(t, s)) }, "index-damaged"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sky(t)
			s.must(t, "ingest", "table", "koi")
			s.must(t, "version", "create", "v1")
			files, err := filepath.Glob(s.path("data/raw/nasa/*.csv"))
			if err != nil || len(files) != 1 {
				t.Fatalf("%v, %v", files, err)
			}
			want := dataFiles(t, s)
			tt.damage(t, s, files[0])

			before := tree(t, s.path("data"))
			out, errs, status := s.run(t, "doctor")
			if !strings.Contains(out, tt.code) {
				t.Errorf("doctor: exit %d\n%s%s", status, out, errs)
			}
			unchanged(t, before, tree(t, s.path("data")))

			doc := s.must(t, "doctor", "--fix")
			if got := codesOf(doc, ""); strings.Contains(got, "damage-") || strings.Contains(got, "index-damaged") || len(doc["acts"].([]any)) == 0 && tt.code != "versions-damaged" { // which opening to write does
				t.Errorf("left %s of %v", got, doc)
			}
			unchanged(t, want, dataFiles(t, s))
			if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm()&0o222 != 0 {
				t.Errorf("%v, %v", info, err)
			}
			if doc := s.must(t, "storage", "verify"); doc["ok"] != true {
				t.Errorf("%v", doc)
			}
		})
	}
}

// TestTheDoctorReadsManifestsAndRecordToTheirEnd damages what a list of the
// versions does not read.
func TestTheDoctorReadsManifestsAndRecordToTheirEnd(t *testing.T) {
	t.Parallel()
	const manifest, listed = "data/versions/v1/manifest.json", 8 << 10 // a list reads no more of a longer one than both ends
	tests := map[string]func(t *testing.T, s *site) error{
		"an object of the record is cut": func(t *testing.T, s *site) error {
			objects, err := filepath.Glob(s.path("data/versions/.git/objects/??/*"))
			if err != nil || len(objects) == 0 {
				t.Fatalf("%v, %v", objects, err)
			}
			return errors.Join(os.Chmod(objects[0], 0o644), os.Truncate(objects[0], 5))
		},
		"a byte in the middle of a long manifest is another": func(t *testing.T, s *site) error {
			text, err := os.ReadFile(s.path(manifest))
			if err != nil || len(text) <= listed {
				t.Fatalf("%d bytes, %v", len(text), err)
			}
			text[len(text)/2] ^= 1
			return errors.Join(os.Remove(s.path(manifest)), os.WriteFile(s.path(manifest), text, 0o444))
		},
	}
	for name, damage := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sky(t)
			s.must(t, "ingest", "batch")
			s.must(t, "ingest", "lightcurve", "AU Mic", "TIC 424865156", "KIC 10666592")
			s.must(t, "version", "create", "v1", "--description", strings.Repeat("long ", 740))
			files := func() map[string]string {
				list := dataFiles(t, s)
				maps.DeleteFunc(list, func(name, _ string) bool { return strings.HasPrefix(name, "versions/.git") }) // the damaged record is kept aside
				return list
			}
			want := files()
			if err := damage(t, s); err != nil {
				t.Fatal(err)
			}
			before := tree(t, s.path("data"))
			out, errs, status := s.run(t, "doctor")
			if !strings.Contains(out, "versions-damaged") || !strings.Contains(out, "versions/") || status != 4 {
				t.Errorf("doctor: exit %d\n%s%s", status, out, errs)
			}
			unchanged(t, before, tree(t, s.path("data")))
			if doc := s.must(t, "doctor", "--fix"); strings.Contains(codesOf(doc, ""), "versions-damaged") {
				t.Errorf("left: %v", doc)
			}
			unchanged(t, want, files())
			if doc := s.must(t, "storage", "verify"); doc["ok"] != true {
				t.Errorf("%v", doc)
			}
		})
	}
}

// TestTheDoctorHarmsNothing has it look at what it cannot heal.
func TestTheDoctorHarmsNothing(t *testing.T) {
	t.Parallel()
	s := sky(t)
	if out, _, status := s.run(t, "doctor", "--fix"); status != 0 || !strings.Contains(out, "no-data") {
		t.Errorf("no folder: exit %d\n%s", status, out)
	}
	if _, err := os.Stat(s.path("data")); err == nil {
		t.Error("the doctor made a data folder")
	}
	s.must(t, "ingest", "table", "koi")
	stranger := s.path("data/raw/nasa/stranger.csv")
	if err := os.WriteFile(stranger, []byte("a\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := dataFiles(t, s)
	doc := s.must(t, "doctor", "--fix")
	if got := codesOf(doc, "warning"); !strings.Contains(got, "damage-extra") {
		t.Errorf("%s in %v", got, doc)
	}
	unchanged(t, want, dataFiles(t, s))
	srv := s.serve(t)
	defer srv.stop()
	if out, _, status := s.run(t, "doctor", "--fix"); status != 4 || !strings.Contains(out, "store-busy") {
		t.Errorf("beside a server: exit %d\n%s", status, out)
	}
}
