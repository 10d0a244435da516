package export_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/export"
	"exoplanetai/internal/xtest"
)

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestMemoryDoesNotGrowWithTheRows(t *testing.T) {
	const cols, rows = 60, 60_000
	h := export.Head{Name: "t"}
	cells := make([]any, cols)
	for j := range cols {
		h.Columns = append(h.Columns, export.Column{Name: fmt.Sprint("c", j), Type: []string{"int", "double", "char"}[j%3]})
	}
	for _, f := range export.Formats {
		t.Run(string(f), func(t *testing.T) {
			before, most := heap(), uint64(0)
			w, err := export.NewWriter(io.Discard, f, h)
			if err != nil {
				t.Fatal(err)
			}
			for i := range rows {
				for j := range cells {
					switch j % 3 {
					case 0:
						cells[j] = int64(i * j)
					case 1:
						cells[j] = float64(i) / float64(j)
					default:
						cells[j] = fmt.Sprint("text ", i*j)
					}
				}
				if err := w.Row(cells); err != nil {
					t.Fatal(err)
				}
				if i%10_000 == 9999 {
					most = max(most, heap()-min(before, heap()))
				}
			}
			if err := w.Close(false); err != nil {
				t.Fatal(err)
			}
			limit := uint64(1 << 20)
			if f == export.Parquet { // a row group, compressed, and the open pages
				limit = 64 << 20
			}
			t.Logf("%d kB", most>>10)
			if most > limit {
				t.Errorf("%d bytes held", most)
			}
		})
	}
}

func TestParquetHasRowGroupsAndTheSameBytesEachTime(t *testing.T) {
	const n = 120_000
	h := export.Head{Name: "t", Description: "d", Infos: [][2]string{{"b", "1"}, {"a", "x"}, {"a", "y"}},
		Columns: []export.Column{{Name: "z", Type: "int"}, {Name: "some.name", Type: "double", Unit: "days"}, {Name: "few", Type: "char"}, {Name: "many", Type: "char"}}}
	make := func() []byte {
		var b bytes.Buffer
		w, err := export.NewWriter(&b, export.Parquet, h)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			row := []any{int64(i), float64(i) / 8, []string{"CANDIDATE", "CONFIRMED", ""}[i%3], fmt.Sprint("text number ", i)}
			if i%7 == 0 {
				row[i/7%4] = nil
			}
			if err := w.Row(row); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(true); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	b := make()
	if again := make(); sha256.Sum256(b) != sha256.Sum256(again) {
		t.Error("two writings differ")
	}
	dir := t.TempDir()
	put(t, dir, "t.parquet", b)
	got := xtest.Python(t, `
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, "testdata")
import parquet
names, kinds, rows, meta = parquet.read(sys.argv[1] + "/t.parquet")
for i, got in enumerate(rows):
    want = [i, i / 8, ["CANDIDATE", "CONFIRMED", ""][i % 3], "text number %d" % i]
    if i % 7 == 0:
        want[i // 7 % 4] = None
    assert list(got) == want, (got, want)
print(names, len(rows), meta["row groups"], meta["name"], meta["description"], repr(meta["a"]), meta["b"], meta["overflow"], meta["columns"])
`, dir)
	want := `['z', 'some.name', 'few', 'many'] 120000 3 t d 'x\ny' 1 true [{"name":"z","type":"int"},{"name":"some.name","type":"double","unit":"days"},{"name":"few","type":"char"},{"name":"many","type":"char"}]`
	if strings.TrimSpace(got) != want {
		t.Errorf("got %s", got)
	}
}

// broken fails after some bytes, as a client does who goes away.
type broken struct{ left int }

var errGone = errors.New("gone")

func (b *broken) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errGone
	}
	return len(p), nil
}

func TestAFailingDestinationEndsTheWriting(t *testing.T) {
	h, rows := sample()
	for _, f := range export.Formats {
		for _, room := range []int{0, 100_000} {
			w, err := export.NewWriter(&broken{room}, f, h)
			for n := 0; err == nil && n < 2_000_000; n++ {
				if err = w.Row(rows[n%len(rows)]); err == nil && n == 1000 && room == 0 {
					break // the end must tell
				}
			}
			if err == nil {
				err = w.Close(false)
			}
			if !errors.Is(err, errGone) {
				t.Errorf("%s, %d bytes: %v", f, room, err)
			}
			if w != nil && !errors.Is(w.Close(false), errGone) {
				t.Errorf("%s: the end forgets the error", f)
			}
		}
	}
}

func TestFormatsHaveNamesAndTypes(t *testing.T) {
	for _, f := range export.Formats {
		got, err := export.ParseFormat(string(f))
		if err != nil || got != f || f.MediaType() == "" || !strings.HasPrefix(f.Extension(), ".") {
			t.Errorf("%s: %v", f, err)
		}
	}
	if f, err := export.ParseFormat(""); err != nil || f != export.JSON {
		t.Errorf("no format is %q, %v", f, err)
	}
	if _, err := export.ParseFormat("xlsx"); !errors.Is(err, exo.Invalid) {
		t.Errorf("xlsx: %v", err)
	}
}

func TestHeadsThatCannotBeWrittenAreRefused(t *testing.T) {
	col := export.Column{Name: "a", Type: "int"}
	for name, h := range map[string]export.Head{
		"no columns":            {},
		"a column twice":        {Columns: []export.Column{col, col}},
		"a column without name": {Columns: []export.Column{{Type: "int"}}},
		"a type of another":     {Columns: []export.Column{{Name: "a", Type: "float"}}},
		"a member twice":        {Columns: []export.Column{col}, Fields: map[string]any{"rows": 1}},
		"a member that is code": {Columns: []export.Column{col}, Fields: map[string]any{"x": func() {}}},
	} {
		if _, err := export.NewWriter(io.Discard, export.JSON, h); !errors.Is(err, exo.Internal) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := export.NewWriter(io.Discard, "xlsx", export.Head{Columns: []export.Column{col}}); !errors.Is(err, exo.Internal) {
		t.Errorf("xlsx: %v", err)
	}
}
