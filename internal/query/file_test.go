package query_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/fsys/fsystest"
	"exoplanetai/internal/query"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/tables"
	"exoplanetai/internal/xtest"
)

// version returns the newest version of a table.
func (w *world) version(t testing.TB, typ catalog.Type) tables.Version {
	t.Helper()
	v, err := w.tables.Pick(t.Context(), typ, tables.Ref{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// path of a version's query file on this machine.
func (w *world) path(t testing.TB, typ catalog.Type) string {
	return filepath.Join(w.folder, "query", query.FileName(w.version(t, typ)))
}

// list names the files of the cache folder.
func (w *world) list(t testing.TB) (names []string) {
	t.Helper()
	err := filepath.WalkDir(w.folder, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

var confirmed = query.Request{Table: catalog.KOI, Filters: []query.Filter{{Column: "koi_disposition", Expr: "CONFIRMED"}}, Sort: "-koi_period", Limit: 7}

func TestAQueryFileIsMadeOnceForManyCallers(t *testing.T) {
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, load(t, koi2025))
	s := w.service(t)
	answers := make([]answer, 12)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = must(t, s, confirmed) })
	}
	wg.Wait()
	for _, a := range answers {
		if fmt.Sprint(a.rows) != fmt.Sprint(answers[0].rows) || a.Total != answers[0].Total || a.Total == 0 {
			t.Fatal(a.Total, answers[0].Total)
		}
	}
	if n := strings.Count(w.log.String(), "a query file was made"); n != 1 {
		t.Errorf("made %d times", n)
	}
	name := query.FileName(w.version(t, catalog.KOI))
	if got := strings.Join(w.list(t), " "); got != name+" "+name+".sha256" {
		t.Errorf("in the folder: %s", got)
	}
	if info, err := os.Stat(w.path(t, catalog.KOI)); err != nil || info.Mode().Perm() != 0o444 {
		t.Error(info.Mode(), err)
	}
}

func TestEqualTablesGiveEqualFiles(t *testing.T) {
	alone(t)
	var first []byte
	for range 2 {
		w := newWorld(t)
		w.hold(t, catalog.KOI, noon, load(t, koi2025))
		if err := w.service(t).Prepare(t.Context(), catalog.KOI, tables.Ref{}); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(w.path(t, catalog.KOI))
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && string(first) != string(b) {
			t.Error("the bytes differ")
		}
		first = b
	}
}

func TestVersionsAnswerEachForItself(t *testing.T) {
	alone(t)
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, xtest.Gunzip(t, koi2019))
	w.hold(t, catalog.KOI, noon.AddDate(6, 0, 0), load(t, koi2025))
	s := w.service(t)
	r := query.Request{Table: catalog.KOI, Filters: []query.Filter{{Column: "koi_disposition", Expr: "CONFIRMED"}}}
	count := func(ref tables.Ref) string {
		t.Helper()
		r.Ref = ref
		a := must(t, s, r)
		return fmt.Sprintf("%s v%d %d of %d columns", a.Version.ID, a.Version.Number, a.Total, len(a.Columns))
	}
	old, young := "koi_20260102_120000 v1 2299 of 50 columns", "koi_20320102_120000 v2 2746 of 49 columns"
	for _, tt := range []struct {
		ref  tables.Ref
		want string
	}{
		{tables.Ref{}, young}, {tables.Ref{Version: "v1"}, old}, {tables.Ref{Version: "previous"}, old}, {tables.Ref{Version: "v2"}, young},
		{tables.Ref{AsOf: noon.AddDate(1, 0, 0)}, old}, {tables.Ref{AsOf: noon.AddDate(9, 0, 0)}, young},
	} {
		if got := count(tt.ref); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.ref, got, tt.want)
		}
	}
	_, cols, err := s.Columns(t.Context(), catalog.KOI, tables.Ref{Version: "v1"})
	if err != nil || len(cols) != 50 || cols[0].Name != "loc_rowid" {
		t.Error(cols, err)
	}
}

func TestAReaderWritesNothing(t *testing.T) {
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, load(t, koi2025))
	reader := func(o *query.Options) { o.Write, o.FS = false, fsystest.ReadOnly{FS: w.fs} }
	s := w.service(t, reader)
	want := must(t, s, confirmed)
	if err := s.Prepare(t.Context(), catalog.KOI, tables.Ref{}); err != nil {
		t.Error(err)
	}
	if list := w.list(t); len(list) != 0 {
		t.Errorf("the reader made %v", list)
	}
	memory := must(t, w.service(t, func(o *query.Options) { o.Write, o.FS, o.Folder = false, nil, "" }), confirmed)
	must(t, w.service(t), confirmed) // makes the file
	w.log.Reset()
	beside := must(t, w.service(t, reader), confirmed)
	for _, a := range []answer{memory, beside} {
		if fmt.Sprint(a.rows) != fmt.Sprint(want.rows) || a.Total != want.Total {
			t.Error("another answer")
		}
	}
	if w.log.Len() != 0 {
		t.Error(w.log)
	}
	// A damaged file is not a reader's to repair.
	spoil(t, w.path(t, catalog.KOI), func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
	if a := must(t, w.service(t, reader), confirmed); fmt.Sprint(a.rows) != fmt.Sprint(want.rows) {
		t.Error("another answer")
	}
}

func spoil(t *testing.T, name string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err == nil {
		err = os.Chmod(name, 0o644)
	}
	if err == nil {
		err = os.WriteFile(name, change(b), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestDamagedFilesAreMadeAgain names the damages of docs/format/query.md.
func TestDamagedFilesAreMadeAgain(t *testing.T) {
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, load(t, koi2025))
	first := w.service(t)
	want := must(t, first, confirmed)
	sound, err := os.ReadFile(w.path(t, catalog.KOI))
	if err != nil {
		t.Fatal(err)
	}
	path := w.path(t, catalog.KOI)
	for name, damage := range map[string]func(){
		"cut short":              func() { spoil(t, path, func(b []byte) []byte { return b[:len(b)/2] }) },
		"empty":                  func() { spoil(t, path, func([]byte) []byte { return nil }) },
		"one bit turned":         func() { spoil(t, path, func(b []byte) []byte { b[len(b)/3] ^= 4; return b }) },
		"no database":            func() { spoil(t, path, func([]byte) []byte { return []byte("hello") }) },
		"longer":                 func() { spoil(t, path, func(b []byte) []byte { return append(b, 0) }) },
		"gone":                   func() { remove(t, path) },
		"without its digest":     func() { remove(t, path+".sha256") },
		"with another digest":    func() { spoil(t, path+".sha256", func(b []byte) []byte { b[0] ^= 1; return b }) },
		"both gone":              func() { remove(t, path); remove(t, path+".sha256") },
		"the folder gone":        func() { remove(t, path); remove(t, path+".sha256"); remove(t, filepath.Dir(path)) },
		"of another program":     func() { other(t, w) },
		"a database of others":   func() { foreign(t, path) },
		"a folder of that name":  func() { remove(t, path); mkdir(t, path) },
		"an older file's digest": func() { spoil(t, path+".sha256", func([]byte) []byte { return nil }) },
	} {
		t.Run(name, func(t *testing.T) {
			damage()
			w.log.Reset()
			s := w.service(t)
			if a := must(t, s, confirmed); fmt.Sprint(a.rows) != fmt.Sprint(want.rows) || a.Total != want.Total {
				t.Error("another answer")
			}
			if b, err := os.ReadFile(path); err != nil || string(b) != string(sound) {
				t.Errorf("the file is not what it was: %v\n%s", err, w.log)
			}
			if n := strings.Count(w.log.String(), "a query file was made"); n != 1 {
				t.Errorf("made %d times: %s", n, w.log)
			}
		})
	}
	// The service that had the first file open goes on with it.
	if a := must(t, first, confirmed); fmt.Sprint(a.rows) != fmt.Sprint(want.rows) {
		t.Error("another answer")
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, name string) {
	t.Helper()
	if err := os.Mkdir(name, 0o755); err != nil {
		t.Fatal(err)
	}
}

// other leaves the file of another program in the place.
func other(t *testing.T, w *world) {
	t.Helper()
	must(t, w.service(t, func(o *query.Options) { o.Program = "exoplanetai 9" }), confirmed)
}

// foreign puts a sound database of other content in the place, with its digest.
func foreign(t *testing.T, path string) {
	t.Helper()
	remove(t, path)
	db, err := sqldb.Open(t.Context(), sqldb.Options{Path: path, Scratch: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE t(id INTEGER PRIMARY KEY); CREATE TABLE about(json TEXT)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := exo.DigestOf(b).Hex() + "  " + filepath.Base(path) + "\n"
	spoil(t, path+".sha256", func([]byte) []byte { return []byte(sum) })
}

func TestAFileDamagedWhileItIsOpenIsMadeAgain(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, path string){
		"cut short":   func(t *testing.T, path string) { spoil(t, path, func(b []byte) []byte { return b[:8192] }) },
		"overwritten": func(t *testing.T, path string) { spoil(t, path, func(b []byte) []byte { clear(b); return b }) },
		"removed":     remove,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.hold(t, catalog.KOI, noon, load(t, koi2025))
			s := w.service(t)
			if err := s.Prepare(t.Context(), catalog.KOI, tables.Ref{}); err != nil {
				t.Fatal(err)
			}
			damage(t, w.path(t, catalog.KOI))
			var wg sync.WaitGroup
			for range 8 { // more than the connections that are open
				wg.Go(func() {
					if a, err := ask(t.Context(), s, confirmed); err != nil || a.Total == 0 || len(a.rows) != 7 {
						t.Error(a.Total, err)
					}
				})
			}
			wg.Wait()
		})
	}
}

func TestWhatAKilledProgramLeftIsSweptAway(t *testing.T) {
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, []byte(smallKOI))
	dir := filepath.Join(w.folder, "query")
	mkdir(t, dir)
	left := []string{".koi_0123456789abcdef_1.sqlite.part", ".toi_0123456789abcdef_1.sqlite.part-journal", ".k2_0123456789abcdef_1.sqlite.sha256.part"}
	kept := []string{"notes.txt", ".hidden.part"}
	for _, name := range append(left, kept...) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o444); err != nil {
			t.Fatal(err)
		}
	}
	must(t, w.service(t), query.Request{Table: catalog.KOI})
	name := query.FileName(w.version(t, catalog.KOI))
	if got, want := strings.Join(w.list(t), " "), strings.Join([]string{".hidden.part", name, name + ".sha256", "notes.txt"}, " "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A build that is cut short at any call of the disk leaves no file that is taken
// for a whole one, and the next one succeeds.
func TestEveryFailureOfTheDiskIsSurvived(t *testing.T) {
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, []byte(smallKOI))
	want := must(t, w.service(t), query.Request{Table: catalog.KOI})
	for _, failure := range fsystest.Failures {
		stride := 1
		if raced {
			stride = 6
		}
		for n := 1; n < 60; n += stride {
			for _, name := range w.list(t) {
				remove(t, filepath.Join(w.folder, "query", name))
			}
			f := fsystest.NewFault(w.fs)
			f.Arm(failure, n, false)
			a, err := ask(t.Context(), w.service(t, func(o *query.Options) { o.FS = f }), query.Request{Table: catalog.KOI})
			fired, where := f.Disarm()
			if err != nil || fmt.Sprint(a.rows) != fmt.Sprint(want.rows) {
				t.Errorf("%s at %s: %v", failure.Name, where, err)
			}
			if a, err = ask(t.Context(), w.service(t), query.Request{Table: catalog.KOI}); err != nil || fmt.Sprint(a.rows) != fmt.Sprint(want.rows) {
				t.Errorf("after %s at %s: %v", failure.Name, where, err)
			}
			if !fired {
				break
			}
		}
	}
}

func TestRoomIsMadeByRemovingWhatWasNotUsed(t *testing.T) {
	w := newWorld(t)
	row := "K00072.01,11904151,CONFIRMED,0.%d,131.574858,1.796,285.68,50.24\n"
	for i := range 12 {
		w.hold(t, catalog.KOI, noon.AddDate(0, 0, i), []byte(strings.SplitAfter(smallKOI, "\n")[0]+fmt.Sprintf(row, i+1)))
	}
	const one = 200 << 10 // more than a file of one row has
	s := w.service(t, func(o *query.Options) { o.MaxBytes = 3 * one })
	for i := range 12 {
		must(t, s, query.Request{Table: catalog.KOI, Ref: tables.Ref{Version: fmt.Sprintf("v%d", i+1)}})
		must(t, s, query.Request{Table: catalog.KOI, Ref: tables.Ref{Version: "v1"}}) // used all the time
	}
	v1, err := w.tables.Pick(t.Context(), catalog.KOI, tables.Ref{Version: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	var total int64
	names := map[string]bool{}
	for _, name := range w.list(t) {
		names[name] = true
		info, err := os.Stat(filepath.Join(w.folder, "query", name))
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
	}
	if total > 3*one || !names[query.FileName(v1)] || !names[query.FileName(w.version(t, catalog.KOI))] || len(names)%2 != 0 {
		t.Errorf("%d bytes: %v", total, names)
	}
}

// Heavy takes seconds: a hundred conditions that every row passes.
func heavy() query.Request {
	r := query.Request{Table: catalog.KOI, Sort: "-period"}
	for range 100 {
		r.Filters = append(r.Filters, query.Filter{Column: "name", Expr: "~s1"})
	}
	return r
}

func TestTheTimeLimitEndsAQuery(t *testing.T) {
	alone(t)
	const limit = 200 * time.Millisecond
	w := newWorld(t)
	s := w.service(t, func(o *query.Options) { o.Timeout = limit })
	synthetic(t, w, s, 100_000)
	must(t, s, query.Request{Table: catalog.KOI})
	start := time.Now()
	_, err := ask(t.Context(), s, heavy())
	if took := time.Since(start); !errors.Is(err, exo.Unavailable) || !strings.Contains(exo.MessageOf(err), "longer than 200ms") || took > 2*limit {
		t.Errorf("%v after %s", err, took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit/4)
	defer cancel()
	if _, err = ask(ctx, s, heavy()); !errors.Is(err, exo.Unavailable) {
		t.Error(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(limit/4, cancel)
	start = time.Now()
	if _, err = ask(ctx, s, heavy()); exo.KindOf(err) != exo.Canceled || time.Since(start) > limit {
		t.Errorf("%v after %s", err, time.Since(start))
	}
	if a := must(t, s, query.Request{Table: catalog.KOI, Cone: "10,20,1"}); a.Total == 0 { // the file is as good as before
		t.Error(a.Total)
	}
	if strings.Contains(w.log.String(), "damaged") {
		t.Error(w.log)
	}
}

func TestMemoryOutlivesACancelledQuery(t *testing.T) {
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, load(t, koi2025))
	s := w.service(t, func(o *query.Options) { o.FS, o.Write, o.Timeout = nil, false, time.Minute })
	must(t, s, query.Request{Table: catalog.KOI, Limit: 1}) // the rows are in memory from here on
	s0 := must(t, w.service(t), query.Request{Table: catalog.KOI})
	r := query.Request{Table: catalog.KOI}
	for range 100 {
		r.Filters = append(r.Filters, query.Filter{Column: "kepoi_name", Expr: "~k0"})
	}
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Millisecond)
		if _, err := ask(ctx, s, r); !errors.Is(err, exo.Unavailable) && !errors.Is(err, exo.Canceled) {
			t.Error(err)
		}
		cancel()
	}
	if a := must(t, s, query.Request{Table: catalog.KOI, Limit: 1, Columns: []string{"kepid"}}); a.Total != s0.Total {
		t.Error(a.Total)
	}
}

// A reader that takes its time keeps no query open.
func TestSlowReadersKeepNobodyWaiting(t *testing.T) {
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, load(t, koi2025))
	var later atomic.Int64 // nanoseconds
	s := w.service(t, func(o *query.Options) {
		o.Timeout, o.Clock = time.Minute, func() time.Time { return noon.Add(time.Duration(later.Load())) }
	})
	each := must(t, s, query.Request{Table: catalog.KOI}).Total
	release := make(chan struct{})
	var waiting, rows atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			first := true
			err := s.Select(t.Context(), query.Request{Table: catalog.KOI, Limit: -1, Columns: []string{"kepid"}}, query.Rows{
				Head: func(query.Head) error { return nil },
				Row: func([]any) error {
					if rows.Add(1); first {
						first = false
						waiting.Add(1)
						<-release
					}
					return nil
				},
			})
			if err != nil {
				t.Error(err)
				waiting.Add(1)
			}
		})
	}
	for waiting.Load() < 20 {
		time.Sleep(time.Millisecond)
	}
	must(t, s, confirmed)
	later.Store(int64(time.Hour)) // waiting is not counted
	close(release)
	wg.Wait()
	if n := rows.Load(); n != 20*each {
		t.Errorf("%d rows", n)
	}
}

func TestAnErrorOfTheReceiverEndsTheAnswer(t *testing.T) {
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, load(t, koi2025))
	s := w.service(t)
	full := exo.Errorf("test", exo.Full, nil, "the pipe is full")
	n := 0
	err := s.Select(t.Context(), query.Request{Table: catalog.KOI}, query.Rows{
		Head: func(query.Head) error { return nil }, Row: func([]any) error { n++; return full },
	})
	if !errors.Is(err, exo.Full) || n != 1 || s.Users() != 0 {
		t.Error(err, n, s.Users())
	}
	err = s.Select(t.Context(), query.Request{Table: catalog.KOI}, query.Rows{Head: func(query.Head) error { return full }})
	if !errors.Is(err, exo.Full) {
		t.Error(err)
	}
}

func TestReadersBuildersAndTheSweepDoNotDisturbEachOther(t *testing.T) {
	w := newWorld(t)
	row := "K00072.01,11904151,CONFIRMED,0.%d,131.574858,1.796,285.68,50.24\n"
	for i := range 12 {
		w.hold(t, catalog.KOI, noon.AddDate(0, 0, i), []byte(strings.SplitAfter(smallKOI, "\n")[0]+fmt.Sprintf(row, i+1)))
	}
	s := w.service(t, func(o *query.Options) { o.MaxBytes, o.Log = 300<<10, nil })
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for k := range 30 {
				v := (g*7+k*5)%12 + 1
				a, err := ask(t.Context(), s, query.Request{Table: catalog.KOI, Ref: tables.Ref{Version: fmt.Sprintf("v%d", v)}, Columns: []string{"koi_period"}})
				if want := fmt.Sprintf("[[0.%d]]", v); err != nil || strings.TrimRight(fmt.Sprint(a.rows), "0]") != strings.TrimRight(want, "0]") {
					t.Errorf("v%d: %v %v", v, a.rows, err)
				}
			}
		})
	}
	wg.Wait()
	if s.Users() != 0 {
		t.Error(s.Users())
	}
}

func TestAClosedServiceSaysSo(t *testing.T) {
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, []byte(smallKOI))
	s := w.service(t)
	must(t, s, query.Request{Table: catalog.KOI})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t.Context(), s, query.Request{Table: catalog.KOI}); !errors.Is(err, exo.Unavailable) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ask(ctx, w.service(t), query.Request{Table: catalog.KOI}); exo.KindOf(err) != exo.Canceled {
		t.Error(err)
	}
}

var _ fsys.FS = (*fsystest.Fault)(nil)
