package audit_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/audit"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
	"exoplanetai/internal/xtest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("EXOPLANETAI_TEST_AUDIT"); dir != "" {
		child(dir, os.Getenv("EXOPLANETAI_TEST_MIRROR"))
		return
	}
	leakTest(m)
}

// databaseIn is the database of a folder: one that its file url names, or a file
// in it.
func databaseIn(dir string) sqldb.Options {
	if url, err := os.ReadFile(filepath.Join(dir, "url")); err == nil {
		return sqldb.Options{URL: string(url)}
	}
	return sqldb.Options{Path: filepath.Join(dir, "x.db")}
}

// foldersOnBoth runs a test with a folder whose database is SQLite, and one whose
// is Postgres.
func foldersOnBoth(t *testing.T, test func(t *testing.T, dir string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, t.TempDir()) })
	t.Run("postgres", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "url"), []byte(xtest.Postgres(t)), 0o600); err != nil {
			t.Fatal(err)
		}
		test(t, dir)
	})
}

// openFolder opens a record in a folder as a program does, with its mirror in a
// file; mirror "" is none.
func openFolder(ctx context.Context, dir, mirror string) (*audit.Log, func(), error) {
	db, err := sqldb.Open(ctx, databaseIn(dir))
	if err != nil {
		return nil, nil, err
	}
	o := audit.Options{DB: db, Clock: time.Now, Key: theKey}
	closers := []io.Closer{db}
	if mirror != "" {
		name := filepath.Join(dir, mirror)
		f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return nil, nil, err
		}
		closers = append(closers, f)
		o.Mirror = f
		o.ReadMirror = func(tail int64) (io.ReadCloser, error) {
			f, err := os.Open(name)
			if err != nil {
				return nil, err
			}
			if info, err := f.Stat(); err == nil && tail > 0 && info.Size() > tail {
				_, err = f.Seek(-tail, io.SeekEnd)
				return f, err
			}
			return f, nil
		}
	}
	l, err := audit.Open(ctx, o)
	return l, func() {
		for _, c := range closers {
			_ = c.Close()
		}
	}, err
}

// child appends with four goroutines until it is killed, and prints the number
// of each call that was let in.
func child(dir, mirror string) {
	l, _, err := openFolder(context.Background(), dir, mirror)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for g := range 4 {
		go func() {
			for i := 0; ; i++ {
				object := fmt.Sprintf("%d-%d-%d", os.Getpid(), g, i)
				done, err := l.Begin(context.Background(), audit.Event{Actor: "anna", Action: "POST /x", Object: object})
				if err != nil {
					fmt.Println("refused", err)
					os.Exit(1)
				}
				fmt.Println("let-in", object)
				done(audit.Done, "")
			}
		}()
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // ends when the parent does
}

// start starts a child and returns what it lets in, after its end.
func startChild(t *testing.T, dir, mirror string) (kill func() []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "EXOPLANETAI_TEST_AUDIT="+dir, "EXOPLANETAI_TEST_MIRROR="+mirror)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	begun := make(chan struct{})
	var list []string
	var wg sync.WaitGroup
	wg.Go(func() {
		for lines.Scan() {
			if list = append(list, lines.Text()); len(list) == 1 {
				close(begun)
			}
		}
		if len(list) == 0 {
			close(begun)
		}
	})
	<-begun
	return func() []string {
		_ = cmd.Process.Kill()
		wg.Wait()
		_ = cmd.Wait() // it was killed
		_ = stdin.Close()
		return list
	}
}

// objects returns the objects of all events that were let in.
func objects(t *testing.T, l *audit.Log) map[string]bool {
	t.Helper()
	r, w := io.Pipe()
	go func() { w.CloseWithError(l.Export(context.Background(), w)) }()
	have := map[string]bool{}
	in := bufio.NewScanner(r)
	for in.Scan() {
		e, err := audit.ParseLine(in.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if e.Outcome == audit.Allowed {
			have[e.Object] = true
		}
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return have
}

func checkWhole(t *testing.T, l *audit.Log, letIn []string) {
	t.Helper()
	have := objects(t, l)
	for _, line := range letIn {
		object, ok := strings.CutPrefix(line, "let-in ")
		if !ok {
			t.Errorf("the child says %q", line)
		} else if !have[object] {
			t.Errorf("call %s was let in, but is not on record", object)
		}
	}
	if r, err := l.Verify(context.Background()); err != nil || !r.OK {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAKillInTheMiddleOfAnAppendLosesNothing(t *testing.T) {
	foldersOnBoth(t, func(t *testing.T, dir string) {
		rnd := rand.New(rand.NewPCG(1, 2))
		var letIn []string
		for range 8 {
			kill := startChild(t, dir, "audit.log")
			time.Sleep(time.Duration(rnd.IntN(60)) * time.Millisecond)
			letIn = append(letIn, kill()...)
			if rnd.IntN(2) == 0 { // as if the kill had come a little earlier, within a line
				name := filepath.Join(dir, "audit.log")
				if info, err := os.Stat(name); err == nil && info.Size() > 1000 {
					if err := os.Truncate(name, info.Size()-int64(rnd.IntN(900))); err != nil {
						t.Fatal(err)
					}
				}
			}
			l, stop, err := openFolder(context.Background(), dir, "audit.log")
			if err != nil {
				t.Fatal(err)
			}
			checkWhole(t, l, letIn)
			stop()
		}
		if len(letIn) < 16 {
			t.Errorf("only %d calls were let in", len(letIn))
		}
	})
}

// One has the mirror, another has one of its own, a third has none: the chain is
// one, and each mirror has all of it.
func TestSeveralProcessesMakeOneChain(t *testing.T) {
	foldersOnBoth(t, func(t *testing.T, dir string) {
		l, stop, err := openFolder(context.Background(), dir, "one.log")
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		events := l.Subscribe(ctx)
		killA, killB := startChild(t, dir, "two.log"), startChild(t, dir, "")
		var letIn []string
		for i := range 30 {
			object := strconv.Itoa(i)
			done, err := l.Begin(ctx, audit.Event{Actor: "bert", Action: "POST /y", Object: object})
			if err != nil {
				t.Fatal(err)
			}
			letIn = append(letIn, "let-in "+object)
			done(audit.Done, "")
		}
		letIn = append(append(letIn, killA()...), killB()...)
		if err := l.Append(ctx, audit.Event{Action: "last"}); err != nil {
			t.Fatal(err)
		}
		checkWhole(t, l, letIn)
		other, stopOther, err := openFolder(ctx, dir, "two.log")
		if err != nil {
			t.Fatal(err)
		}
		defer stopOther()
		checkWhole(t, other, letIn)
		cancel()
		var last int64
		for e := range events {
			if e.Seq != last+1 && last != 0 {
				t.Fatalf("event %d comes after %d", e.Seq, last)
			}
			last = e.Seq
		}
		if last == 0 {
			t.Error("no event came")
		}
	})
}

// Run brings what others append, also to who appends nothing.
func TestRunFollowsOtherProcesses(t *testing.T) {
	foldersOnBoth(t, func(t *testing.T, dir string) {
		ctx, cancel := context.WithCancel(context.Background())
		a, stopA, err := openFolder(ctx, dir, "a.log")
		if err != nil {
			t.Fatal(err)
		}
		defer stopA()
		b, stopB, err := openFolder(ctx, dir, "")
		if err != nil {
			t.Fatal(err)
		}
		defer stopB()
		var wg sync.WaitGroup
		wg.Go(func() { _ = a.Run(ctx) })
		events := a.Subscribe(ctx)
		if err := b.Append(ctx, audit.Event{Action: "cli key create"}); err != nil {
			t.Fatal(err)
		}
		select {
		case e := <-events:
			if e.Action != "cli key create" {
				t.Errorf("%+v", e)
			}
		case <-time.After(30 * time.Second):
			t.Error("nothing came")
		}
		cancel()
		wg.Wait()
		if r, err := a.Verify(context.Background()); err != nil || !r.OK || r.MirrorLines != 1 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// fillDisk lets the database say that its disk is full, until there is room.
func fillDisk(w *world) (makeRoom func()) {
	w.t.Helper()
	if w.db.Dialect() == sqldb.Postgres {
		w.exec(`CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING ERRCODE = ''disk_full''; END';
			CREATE TRIGGER no_room BEFORE INSERT ON audit_events EXECUTE FUNCTION no_room()`)
		return func() { w.exec(`DROP TRIGGER no_room ON audit_events`) }
	}
	w.db.SetMaxOpenConns(1) // the bound is one of the connection
	var pages int
	if err := w.db.QueryRow(`PRAGMA page_count`).Scan(&pages); err != nil {
		w.t.Fatal(err)
	}
	w.exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages))
	return func() { w.exec(`PRAGMA max_page_count = 1000000`) }
}

// S12: the database's disk is full. A changing call is refused, reading goes on,
// and when there is room again all is as before, with the ends that were late.
func TestAFullDatabaseRefusesTheCall(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		ctx := context.Background()
		w := newWorld(t, nil)
		w.call("anna", "key 1")
		done, err := w.log.Begin(ctx, audit.Event{Actor: "anna", Action: "POST /x", Object: "under way"})
		if err != nil {
			t.Fatal(err)
		}
		makeRoom := fillDisk(w)
		refused := 0
		for range 200 {
			if _, err := w.log.Begin(ctx, audit.Event{Actor: "anna", Action: "POST /x", Object: strings.Repeat("x", 500)}); err != nil {
				if exo.KindOf(err) != exo.Full || exo.HintOf(err) == "" || strings.Contains(exo.MessageOf(err), "SQL") {
					t.Fatalf("%v", err)
				}
				refused++
			}
		}
		if refused < 100 {
			t.Fatalf("%d calls were refused", refused)
		}
		done(audit.Done, "") // cannot be written now
		w.log.Denied(ctx, audit.Event{Action: "POST /x"})
		n := len(w.events())
		if r := w.verify(); !r.OK || n < 3 {
			t.Errorf("reading does not go on: %d events, %+v", n, r)
		}
		makeRoom()
		w.call("anna", "key 2")
		p, err := w.log.Query(ctx, audit.Filter{Object: "under way", Outcome: audit.Done})
		if err != nil || len(p.Events) != 1 {
			t.Errorf("the late end: %+v, %v", p, err)
		}
		if r := w.verify(); !r.OK || int64(len(w.mirror.lines())) != r.Events {
			t.Errorf("%+v", r)
		}
	})
}

// Verification beside the writers finds nothing, in the writing process and in
// another; so do pruning and queries beside them.
func TestVerifyingBesideWritersFindsNothing(t *testing.T) {
	foldersOnBoth(t, func(t *testing.T, dir string) {
		ctx := context.Background()
		l, stop, err := openFolder(ctx, dir, "audit.log")
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		fill(t, l, 100, 1)
		at := databaseIn(dir)
		at.ReadOnly = true
		reader, err := sqldb.Open(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		other, err := audit.Open(ctx, audit.Options{DB: reader, Clock: time.Now, Key: theKey, ReadMirror: func(int64) (io.ReadCloser, error) {
			return os.Open(filepath.Join(dir, "audit.log"))
		}})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() { fill(t, l, 800, 8) })
		ended := make(chan struct{})
		go func() { wg.Wait(); close(ended) }()
		defer wg.Wait()
		for n := 0; ; n++ {
			for who, l := range map[string]*audit.Log{"the writer": l, "a reader": other} {
				if r, err := l.Verify(ctx); err != nil || !r.OK || r.Events == 0 {
					t.Fatalf("%s: %+v, %v", who, r, err)
				}
			}
			if n%4 == 3 {
				if _, err := l.Prune(ctx, time.Now(), io.Discard); err != nil {
					t.Fatal(err)
				}
			}
			select {
			case <-ended:
				return
			default:
			}
		}
	})
}
