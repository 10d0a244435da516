package ingest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// overwrite damages a stored file.
func overwrite(t *testing.T, b *bench, p exo.Path) {
	t.Helper()
	at := filepath.Join(b.dir, string(p))
	if err := os.Chmod(at, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOneHeldTableThatCannotBeReadHidesNoOther(t *testing.T) {
	b := newBench(t)
	must(t, b, "koi", false)
	must(t, b, "toi", false)
	b.clock.Pass(25 * time.Hour)
	head := func(s string, n int) string { return strings.Join(strings.SplitAfter(s, "\n")[:n], "") }
	b.koi.set(func(f *tableFake) { f.text = head(koiText, 1) })
	b.toi.set(func(f *tableFake) { f.text = head(toiText, 1) })
	for _, name := range []string{"koi", "toi"} {
		if _, err := table(t, b, name, false); exo.KindOf(err) != exo.Conflict {
			t.Fatal(err)
		}
	}
	list, err := b.store.List(t.Context(), store.Filter{Kind: store.Held, Table: catalog.KOI})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	overwrite(t, b, list[0].Path)
	held, err := b.Held(t.Context())
	if err != nil || len(held) != 2 {
		t.Errorf("%+v %v", held, err)
	}
}

func TestALongErrorIsCutBetweenCharacters(t *testing.T) {
	b := newBench(t)
	b.koi.set(func(f *tableFake) {
		f.err = exo.Errorf("fake", exo.Unavailable, nil, "a%s", strings.Repeat("é", 900))
	})
	if _, err := table(t, b, "koi", false); exo.KindOf(err) != exo.Unavailable {
		t.Fatal(err)
	}
	st, err := b.Status(t.Context())
	if last := st.Tables[catalog.KOI].LastError; err != nil || !utf8.ValidString(last) || len(last) < 900 || len(last) > 1010 {
		t.Errorf("%q %v", last, err)
	}
}

func TestTheErrorOfARejectedTableNamesWhereItsBytesAre(t *testing.T) {
	b := newBench(t)
	b.koi.set(func(f *tableFake) { f.text = strings.Replace(koiText, "K00002.01", "2.01", 1) })
	_, err := table(t, b, "koi", false)
	place, ok := exo.ExtraOf(err)["rejected_path"].(exo.Path)
	if _, gerr := b.store.Get(t.Context(), place); !ok || gerr != nil || !strings.Contains(exo.HintOf(err), "rejected_path") {
		t.Errorf("%v, hint %q", err, exo.HintOf(err))
	}
}

func TestAHeldTableThatTheArchiveHasTakenBackIsNotApproved(t *testing.T) {
	b := newBench(t)
	must(t, b, "koi", false)
	b.clock.Pass(25 * time.Hour)
	b.koi.set(func(f *tableFake) { f.text = strings.SplitAfter(koiText, "\n")[0] })
	if _, err := table(t, b, "koi", false); exo.KindOf(err) != exo.Conflict {
		t.Fatal(err)
	}
	held, err := b.Held(t.Context())
	if err != nil || len(held) != 1 {
		t.Fatal(held, err)
	}
	b.clock.Pass(time.Hour)
	b.koi.set(func(f *tableFake) { f.text = koiText })
	must(t, b, "koi", false) // the archive has the table of before again
	if _, err := b.Approve(t.Context(), held[0].ID); exo.KindOf(err) != exo.Conflict || exo.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
	if res := must(t, b, "koi", false); res.Records != 3 {
		t.Errorf("%+v", res)
	}
}
