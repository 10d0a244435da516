package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"exoplanetai/internal/xtest"
)

// TestWhatIsPrintedMendsTheRecord runs what is printed where manifest and record
// tell a different story, and where somebody else's repository stands in place
// of the record: the manifests and references are as before.
func TestWhatIsPrintedMendsTheRecord(t *testing.T) {
	t.Parallel()
	_, web := archives(t, nil)
	h := newHome(t, web)
	h.must(t, nil, "ingest", "table", "koi")
	for _, name := range []string{"v1", "v2", "v3"} {
		h.must(t, nil, "version", "create", name)
	}
	manifest, record := filepath.Join(h.data(), "versions/v3/manifest.json"), filepath.Join(h.data(), "versions/.git")
	right, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	refs := func() string {
		out, err := exec.Command(xtest.Tool(t, "git"), "-C", record, "show-ref").CombinedOutput()
		if err != nil {
			t.Fatalf("%v %s", err, out)
		}
		return string(out)
	}
	want := refs()
	obey := func(repair string) {
		t.Helper()
		found := h.found(t)
		if len(found) == 0 {
			t.Fatal("nothing was found")
		}
		if found[0].Repair != repair {
			t.Fatalf("the command is %q", found[0].Repair)
		}
		h.obey(t, repair)
		h.obey(t, "exoplanetai version rebuild")
		if left := h.found(t); len(left) > 0 {
			t.Errorf("left: %+v", left)
		}
		if text, err := os.ReadFile(manifest); err != nil || !bytes.Equal(text, right) {
			t.Errorf("the manifest is %s %v", text, err)
		}
		if got := refs(); got != want {
			t.Errorf("the references are\n%s, were\n%s", got, want)
		}
	}

	wrong := bytes.Replace(right, []byte(`"parent_version": "v2"`), []byte(`"parent_version": "v1"`), 1)
	if bytes.Equal(wrong, right) {
		t.Fatal("the manifest has no parent")
	}
	if err := os.Chmod(manifest, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(manifest, wrong, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(manifest, 0o444); err != nil {
		t.Fatal(err)
	}
	obey("exoplanetai version rebuild --prefer record")

	if err := os.RemoveAll(record); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q", "--bare", record}, {"-C", record, "config", "user.name", "Eve"}} {
		if out, err := exec.Command(xtest.Tool(t, "git"), args...).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
	}
	if out, code := h.run(t, "version", "create", "v4"); code != 1 {
		t.Errorf("a version was made beside a foreign repository: %d %s", code, out)
	}
	obey("mv -n -- versions/.git .. # in the data folder; the program never moves what it does not know")
}
