package store_test

import (
	"context"
	"errors"
	"os/exec"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/xtest"
)

func TestPublishedFileIsReadBackAsItWas(t *testing.T) {
	b := open(t, t.TempDir())
	data := []byte("kepid,kepoi_name\n1,K00001.01\n")
	m := publish(t, b.Store, "raw/nasa/koi_20260102_120000.csv", data)
	if m.SHA256 != exo.DigestOf(data) || m.SizeBytes != int64(len(data)) || m.Program != "exoplanetai test" {
		t.Fatalf("metadata %+v", m)
	}
	f, err := b.Read(context.Background(), m.Path)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := f.Bytes(); string(got) != string(data) {
		t.Errorf("read %q", got)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if got, err := b.Get(context.Background(), m.Path); err != nil || got.SHA256 != m.SHA256 {
		t.Errorf("Get: %+v, %v", got, err)
	}
	checkSums(t, b.dir)
}

func TestStoredFileIsNeverReplaced(t *testing.T) {
	b := open(t, t.TempDir())
	first := publish(t, b.Store, "raw/nasa/a.csv", []byte("one"))
	st := stage(t, b.Store, []byte("two"))
	_, err := b.Publish(context.Background(), store.Item{Staged: st, Meta: meta("raw/nasa/a.csv")})
	if !errors.Is(err, exo.Exists) {
		t.Fatalf("other bytes under the same path: %v", err)
	}
	if _, err := b.Publish(context.Background(), store.Item{Staged: st, Meta: meta("raw/nasa/b.csv")}); err != nil {
		t.Fatalf("the same staged file under another path: %v", err)
	}
	later := meta("raw/nasa/a.csv")
	later.RetrievedAt = later.RetrievedAt.Add(1)
	again, err := b.Publish(context.Background(), store.Item{Staged: stage(t, b.Store, []byte("one")), Meta: later})
	if err != nil || !again[0].RetrievedAt.Equal(first.RetrievedAt) {
		t.Fatalf("the same bytes again: %+v, %v", again, err)
	}
	checkSums(t, b.dir)
}

// checkSums lets GNU sha256sum judge the tree.
func checkSums(t testing.TB, dir string) {
	t.Helper()
	cmd := exec.Command(xtest.Tool(t, "bash"), "-c", "sha256sum --strict --quiet -c checksums/*.sha256")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("sha256sum: %v\n%s", err, out)
	}
}
