package csvtab_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"exoplanetai/internal/csvtab"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/xtest"
)

// readAll reads both ways and checks that they agree.
func readAll(t testing.TB, text string, lim csvtab.Limits) ([]string, [][]string, error) {
	t.Helper()
	r := csvtab.NewReader(strings.NewReader(text), lim)
	header, err := r.Header()
	var rows [][]string
	for err == nil {
		var row []string
		if row, err = r.Next(nil); err == nil {
			rows = append(rows, row)
		}
	}
	if err == io.EOF {
		err = nil
	}
	tab, err2 := csvtab.ReadAll([]byte(text), lim)
	if (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
		t.Fatalf("Reader says %v, ReadAll says %v", err, err2)
	}
	if err == nil {
		if !slices.Equal(tab.Columns, header) || tab.Len() != len(rows) {
			t.Fatalf("ReadAll: %q, %d rows; Reader: %q, %d rows", tab.Columns, tab.Len(), header, len(rows))
		}
		for i := range rows {
			if got := tab.Row(i, nil); !slices.Equal(got, rows[i]) {
				t.Fatalf("row %d: ReadAll %q, Reader %q", i+1, got, rows[i])
			}
		}
	}
	return header, rows, err
}

func TestDialects(t *testing.T) {
	for name, tt := range map[string]struct {
		text   string
		header string // cells joined with ~
		rows   string // rows joined with /
	}{
		"a plain table":                           {"a,b\n1,2\n3,4\n", "a~b", "1~2/3~4"},
		"a table without rows":                    {"a,b\n", "a~b", ""},
		"the last line has no end":                {"a,b\n1,2", "a~b", "1~2"},
		"the last line ends with a CR":            {"a,b\n1,2\r", "a~b", "1~2"},
		"CR LF line ends":                         {"a,b\r\n1,2\r\n", "a~b", "1~2"},
		"a byte-order mark":                       {"\ufeffa,b\n1,2\n", "a~b", "1~2"},
		"comment lines before the header":         {"# x, y\n#\n# COLUMN a: A [d]\na,b\n1,2\n", "a~b", "1~2"},
		"an ExoFOP banner and an empty line":      {"\ufeffThis file was produced by the Exoplanet Follow-up Observing Program website, on Mon\r\n\r\n\"a\",\"b\"\r\n\"1\",\"2\"", "a~b", "1~2"},
		"a filter line with commas":               {"This file was produced by X\nFilter Values: a, b, c\n\na,b\n1,2\n", "a~b", "1~2"},
		"a notice without separators":             {"The archive is busy today.\na,b\n1,2\n", "a~b", "1~2"},
		"one column":                              {"a\n1\n2\n", "a", "1/2"},
		"one column with a comma in quotes":       {"a\n\"1,2\"\n", "a", "1,2"},
		"only a header of one column":             {"a\n", "a", ""},
		"bars":                                    {"a|b\n1|say \"hi\", you\n", "a~b", "1~say \"hi\", you"},
		"tabs":                                    {"a\tb\n1\t\"2\n", "a~b", "1~\"2"},
		"empty lines between rows":                {"a,b\n\n1,2\n\r\n3,4\n\n", "a~b", "1~2/3~4"},
		"empty cells":                             {"a,b\n,\n\"\",x\n", "a~b", "~/~x"},
		"quotes hold separators and line ends":    {"a,b\n\"1,2\",\"x\ny\"\n3,4\n", "a~b", "1,2~x\ny/3~4"},
		"doubled quotes":                          {"a,b\n\"say \"\"hi\"\"\",2\n", "a~b", "say \"hi\"~2"},
		"quotes that are not doubled":             {"a,b,c\n1,\"the \"hot\" one\",2\n", "a~b~c", "1~the \"hot\" one~2"},
		"a quote not doubled at the end":          {"a,b\n\"say \"hi\"\",2\n3,4\n", "a~b", "say \"hi\"~2/3~4"},
		"a quote not doubled at the end of a row": {"a,b\nx,\"say \"hi\"\"\ny,\"c\"\n", "a~b", "x~say \"hi\"/y~c"},
		"a quote not doubled at the very end":     {"a,b\nx,\"say \"hi\"\"", "a~b", "x~say \"hi\""},
		"a quote in an unquoted cell":             {"a,b\n1,5\" disc\n", "a~b", "1~5\" disc"},
		"many rows whose quotes are not doubled":  {"a,b\n" + strings.Repeat("x,\"b \"c\"\"\n", 3), "a~b", "x~b \"c\"/x~b \"c\"/x~b \"c\""},
		"a line with # after the header is a row": {"a,b\n#1,2\n", "a~b", "#1~2"},
		"a notice with a semicolon":               {"The archive is busy; sorry.\na,b\n1,2\n", "a~b", "1~2"},
		"one column with semicolons":              {"a\n1;2\n3\n", "a", "1;2/3"},
		"text outside ASCII":                      {"a,b\nβ Pic,ü\n", "a~b", "β Pic~ü"},
	} {
		t.Run(name, func(t *testing.T) {
			header, rows, err := readAll(t, tt.text, csvtab.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range rows {
				got = append(got, strings.Join(r, "~"))
			}
			if h, r := strings.Join(header, "~"), strings.Join(got, "/"); h != tt.header || r != tt.rows {
				t.Errorf("got %q %q, want %q %q", h, r, tt.header, tt.rows)
			}
		})
	}
}

func TestHostileTablesAreRefusedByName(t *testing.T) {
	wide := strings.Repeat("x,", 5000) + "x\n"
	for name, tt := range map[string]struct {
		text string
		kind exo.Kind
		says string
	}{
		"nothing":                      {"", exo.Invalid, "empty"},
		"only a byte-order mark":       {"\ufeff", exo.Invalid, "empty"},
		"only comments":                {"# a\n# b\n", exo.Invalid, "empty"},
		"HTML":                         {"<html><body>, sorry</body></html>\n", exo.Invalid, "document"},
		"a JSON error":                 {`{"status": "error", "msg": "x"}`, exo.Invalid, "document"},
		"carriage returns only":        {"a,b\r1,2\r3,4\r", exo.Invalid, "the header holds a carriage return"},
		"a carriage return in row 2":   {"a,b\n1,2\n3\r4,5\n", exo.Invalid, "row 2"},
		"NUL":                          {"a,b\n1,2\n3,\x004\n", exo.Invalid, `row 2 holds a NUL byte, in column "b"`},
		"UTF-16":                       {"a\x00,\x00b\x00\n\x00", exo.Invalid, "the header holds a NUL"},
		"Latin-1":                      {"a,b\n1,2\n3,M\xfcnchen\n", exo.Invalid, `row 2 is not valid UTF-8, in column "b"`},
		"Latin-1 in the header":        {"a,\xe9poque\n1,2\n", exo.Invalid, "the header is not valid UTF-8, in cell 2"},
		"half a character":             {"a,b\n\xc3,2\n", exo.Invalid, `row 1 is not valid UTF-8, in column "a"`},
		"a surrogate half":             {"a,b\n1,\xed\xa0\x80\n", exo.Invalid, `row 1 is not valid UTF-8, in column "b"`},
		"semicolons":                   {"a;b\n1;2\n3;4\n", exo.Invalid, "separated by semicolons"},
		"semicolons, decimal commas":   {"a;b\n1,5;2,5\n", exo.Invalid, "separated by semicolons"},
		"UTF-16 with its mark":         {"\xff\xfea\x00,\x00", exo.Invalid, "the header"},
		"a row too short":              {"a,b,c\n1,2,3\n1,2\n", exo.Invalid, "row 2 has 2 cells, the header has 3"},
		"a row too long":               {"a,b\n1,2,3\n", exo.Invalid, "row 1 has 3 cells"},
		"a decimal comma":              {"a,b\n1,5,2,5\n", exo.Invalid, "row 1 has 4 cells"},
		"a quote never closed":         {"a,b\n1,2\n3,\"4\n5,6\n", exo.Invalid, "a quote in row 2 is never closed"},
		"a quote never closed, long":   {"a,b\n1,\"" + strings.Repeat("x,y\n", 1<<19), exo.TooLarge, "row 1 is longer than"},
		"a line of 2 MiB":              {"a,b\n1,2\n" + strings.Repeat("x", 2<<20), exo.TooLarge, "row 2 is longer"},
		"a header of 2 MiB":            {strings.Repeat("x", 2<<20), exo.TooLarge, "the header is longer"},
		"5001 columns":                 {wide + wide, exo.TooLarge, "the header has more than 4096 cells"},
		"5001 cells in a row":          {"a,b\n" + wide, exo.TooLarge, "row 1 has more than 4096 cells"},
		"a column twice":               {"a,b,a\n1,2,3\n", exo.Invalid, `"a" twice`},
		"a column name with an escape": {"a,\x1b[31mb\n1,2\n", exo.Invalid, `"\x1b[31mb" holds a control`},
		"a column name over two lines": {"a,\"b\nc\"\n1,2\n", exo.Invalid, "control character"},
		"gzip":                         {"\x1f\x8b\x08\x00\x00,\n", exo.Invalid, "the header"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := readAll(t, tt.text, csvtab.Limits{})
			if !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %.200v, want %s with %q", err, tt.kind, tt.says)
			}
		})
	}
	t.Run("more rows and bytes than allowed", func(t *testing.T) {
		for _, lim := range []csvtab.Limits{{Rows: 2}, {Bytes: 9}} {
			if _, _, err := readAll(t, "a,b\n1,2\n3,4\n5,6\n", lim); !errors.Is(err, exo.TooLarge) {
				t.Errorf("%+v: got %v", lim, err)
			}
		}
	})
}

func TestReaderPassesOnErrorsOfItsSource(t *testing.T) {
	r := csvtab.NewReader(io.MultiReader(strings.NewReader("a,b\n1,2\n3,"), errReader{}), csvtab.Limits{})
	if _, err := r.Next(nil); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := r.Next(nil); !errors.Is(err, errBroken) {
			t.Errorf("got %v", err)
		}
	}
}

var errBroken = errors.New("broken")

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errBroken }

// endless gives the head once, then the body again and again, n bytes in all.
type endless struct {
	head, body string
	n          int64
}

func (e *endless) Read(p []byte) (int, error) {
	if e.n <= 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) {
		if e.head == "" {
			e.head = e.body
		}
		k := copy(p[n:], e.head)
		e.head = e.head[k:]
		n += k
	}
	n = int(min(int64(n), e.n))
	e.n -= int64(n)
	return n, nil
}

// watch notes the largest heap while a reader's source is read.
type watch struct {
	r    io.Reader
	n    int
	most uint64
}

func (w *watch) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if w.n += n; w.n >= 8<<20 || err != nil {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		w.n, w.most = 0, max(w.most, m.HeapAlloc)
	}
	return n, err
}

// drain reads all rows.
func drain(r *csvtab.Reader) (rows int, err error) {
	var row []string
	for {
		if row, err = r.Next(row); err != nil {
			return rows, err
		}
		rows++
	}
}

func TestHugeInputIsStreamedInBoundedMemory(t *testing.T) {
	const cell = "0123456.789,"
	wide, head := strings.Repeat(cell, 140)+"1\n", ""
	for j := range 140 {
		head += fmt.Sprintf("c%d,", j)
	}
	head += "z\n"
	for name, tt := range map[string]struct {
		src  *endless
		lim  csvtab.Limits
		rows int
		kind exo.Kind
	}{
		"ten million rows":               {&endless{"a,b\n", "1,2\n", 4 + 40_000_000}, csvtab.Limits{}, 10_000_000, ""},
		"a row more than ten million":    {&endless{"a,b\n", "1,2\n", 4 + 40_000_004}, csvtab.Limits{}, 10_000_000, exo.TooLarge},
		"a line of a gibibyte":           {&endless{"a,b\n", "xxxxxxxxxxxxxxxx", 1 << 30}, csvtab.Limits{}, 0, exo.TooLarge},
		"a header of a gibibyte":         {&endless{"a", "xxxxxxxxxxxxxxxx", 1 << 30}, csvtab.Limits{}, 0, exo.TooLarge},
		"a million columns":              {&endless{"a", ",b", 2_000_000}, csvtab.Limits{}, 0, exo.TooLarge},
		"a row of a million cells":       {&endless{"a,b\n", ",b", 2_000_000}, csvtab.Limits{}, 0, exo.TooLarge},
		"a quote open for a gibibyte":    {&endless{"a,b\n\"", "x,\"\"\n", 1 << 30}, csvtab.Limits{}, 0, exo.TooLarge},
		"CR only for a gibibyte":         {&endless{"a,b\r", "1,2\r", 1 << 30}, csvtab.Limits{}, 0, exo.Invalid},
		"comments without end":           {&endless{"", "# more\n", 1 << 30}, csvtab.Limits{Bytes: 64 << 20}, 0, exo.TooLarge},
		"empty lines without end":        {&endless{"a,b\n", "\n", 1 << 30}, csvtab.Limits{Bytes: 16 << 20}, 0, exo.TooLarge},
		"more bytes than allowed":        {&endless{"a,b\n", "1,2\n", 1 << 30}, csvtab.Limits{Bytes: 4 << 20, Rows: 1 << 30}, 1<<20 - 1, exo.TooLarge},
		"141 columns over 168 megabytes": {&endless{head, wide, int64(len(head) + 100_000*len(wide))}, csvtab.Limits{}, 100_000, ""},
	} {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			src := &watch{r: tt.src}
			n, err := drain(csvtab.NewReader(src, tt.lim))
			if n != tt.rows || tt.kind == "" && err != io.EOF || tt.kind != "" && !errors.Is(err, tt.kind) {
				t.Errorf("%d rows, %v", n, err)
			}
			if src.most > 64<<20 {
				t.Errorf("the heap grew to %d bytes", src.most)
			}
		})
	}
}

func TestRowsThatNeedASecondReadingAreNotSlow(t *testing.T) {
	text := "a,b\n" + strings.Repeat("a,\"b \"c\"\"\n", 1_000_000)
	tab, err := csvtab.ReadAll([]byte(text), csvtab.Limits{})
	if err != nil || tab.Len() != 1_000_000 || tab.Cell(999_999, 1) != `b "c"` {
		t.Fatal(tab, err)
	}
}

func gunzip(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(path, ".gz") {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRealTablesGiveTheCellsOfEncodingCSV(t *testing.T) {
	files := append(xtest.Glob(t, "data/real/catalogs/*.csv*"), xtest.Glob(t, "data/real/catalogs/*/*.csv*")...)
	for _, f := range files {
		b := gunzip(t, f)
		tab, err := csvtab.ReadAll(b, csvtab.Limits{})
		if err != nil {
			t.Errorf("%s: %v", f, err)
			continue
		}
		i := bytes.Index(b, []byte(`"`+tab.Columns[0]+`",`))
		if i < 0 {
			i = bytes.Index(b, []byte("\n"+tab.Columns[0]+",")) + 1
		}
		all, err := csv.NewReader(bytes.NewReader(b[i:])).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(all[0], tab.Columns) || len(all)-1 != tab.Len() {
			t.Fatalf("%s: %d columns, %d rows; encoding/csv: %d, %d", f, len(tab.Columns), tab.Len(), len(all[0]), len(all)-1)
		}
		for i, want := range all[1:] {
			if got := tab.Row(i, nil); !slices.Equal(got, want) {
				t.Fatalf("%s row %d: got %q, want %q", f, i+1, got, want)
			}
		}
	}
}

func TestWriteIsReadBack(t *testing.T) {
	cols := []string{"#a", "b"}
	rows := [][]string{{"", ""}, {`say "hi"`, "x,y"}, {"line\nend", "\r"}, {"#", "β"}}
	var b bytes.Buffer
	if err := csvtab.Write(&b, cols, rows); err != nil {
		t.Fatal(err)
	}
	header, got, err := readAll(t, b.String(), csvtab.Limits{})
	if err != nil || !slices.Equal(header, cols) || !slices.EqualFunc(got, rows, slices.Equal) {
		t.Errorf("got %q %q %v", header, got, err)
	}
	if err := csvtab.Write(io.Discard, cols, [][]string{{"1"}}); !errors.Is(err, exo.Internal) {
		t.Errorf("a short row: %v", err)
	}
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\ufeffa|b\n1|2\n", "# c\na,b\n\"x\"\"\",\"y\n\"\n", "a,b\nx,\"say \"hi\"\"\n", "note\na,b\n1,2\r\n", "a\n1\n", "\"\",\"#\"\n,\n", "This file was produced by\n\na,\"b\"\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		header, rows, err := readAll(t, text, csvtab.Limits{LineBytes: 1 << 12, Columns: 64})
		if err != nil {
			if exo.KindOf(err) == exo.Internal {
				t.Fatal(err)
			}
			return
		}
		var b bytes.Buffer
		if err := csvtab.Write(&b, header, rows); err != nil {
			t.Fatal(err)
		}
		header2, rows2, err := readAll(t, b.String(), csvtab.Limits{})
		if err != nil || !slices.Equal(header, header2) || !slices.EqualFunc(rows, rows2, slices.Equal) {
			t.Fatalf("%q was written as %q and read as %q %q %v", text, b.String(), header2, rows2, err)
		}
	})
}

func TestCrumbsAndHostilePreamblesAreNotSlow(t *testing.T) {
	long := "a,b\n1,\"" + strings.Repeat("x", 500_000) + "\"\n"
	r := csvtab.NewReader(iotest.OneByteReader(strings.NewReader(long)), csvtab.Limits{})
	if row, err := r.Next(nil); err != nil || len(row[1]) != 500_000 {
		t.Errorf("%v", err)
	}
	text := strings.Repeat("# x,\"y\n", 200_000) + "a,b\n1,2\n"
	if _, err := csvtab.ReadAll([]byte(text), csvtab.Limits{}); err != nil {
		t.Error(err)
	}
}

func TestMemoryStaysInBounds(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	r := csvtab.NewReader(&endless{"a,b\n", "1,2\n", 1 << 24}, csvtab.Limits{})
	var row []string
	var err error
	most := uint64(0)
	for n := 0; err == nil; n++ {
		if row, err = r.Next(row); n%1_000_000 == 0 {
			most = max(most, heap()-before)
		}
	}
	if most > 1<<20 {
		t.Errorf("streaming holds %d bytes", most)
	}
	text := []byte("a,b\n" + strings.Repeat(",\n", 4<<20))
	before = heap()
	tab, err := csvtab.ReadAll(text, csvtab.Limits{})
	if got := heap() - before; err != nil || got > 5*uint64(len(text))+1<<20 {
		t.Errorf("%d bytes held for %d: %v", got, len(text), err)
	}
	runtime.KeepAlive(tab)
}
