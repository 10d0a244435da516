package audit_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"exoplanetai/internal/audit"
	"exoplanetai/internal/xtest"
)

// fill appends n events with so many callers at once.
func fill(tb testing.TB, l *audit.Log, n, callers int) {
	tb.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := next.Add(2); i <= int64(n); i = next.Add(2) {
				done, err := l.Begin(context.Background(), audit.Event{RequestID: fmt.Sprint("01JDFQ5W6N3M8Z", i), Actor: "anna", Role: "researcher", Via: "key",
					Address: "203.0.113.7", Action: "POST /api/v1/data/version/create", Object: fmt.Sprint("v", i), Detail: map[string]string{"key_id": "k1"}})
				if err != nil {
					tb.Error(err)
					return
				}
				done(audit.Done, "")
			}
		})
	}
	wg.Wait()
}

// A hundred thousand events: how fast they come in, how fast they are verified,
// and that memory does not grow with them. The figures are printed; the bounds
// are a tenth of what is promised, as machines of tests are busy.
func TestAHundredThousandEvents(t *testing.T) {
	n := 10_000
	switch {
	case xtest.Nightly():
		n = 100_000
	case raced:
		n = 2000
	}
	l, stop, err := openFolder(context.Background(), t.TempDir(), "audit.log")
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	rate := func(what string, n int, least float64, f func()) {
		start := time.Now()
		f()
		got := float64(n) / time.Since(start).Seconds()
		t.Logf("%s: %.0f events/s", what, got)
		if got < least && !raced {
			t.Errorf("%s: %.0f events/s, fewer than %.0f", what, got, least)
		}
	}
	rate("append, one caller", n/10, 200, func() { fill(t, l, n/10, 1) })
	rate("append, 64 callers", n-n/10, 200, func() { fill(t, l, n-n/10, 64) })
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	rate("verify with mirror", n, 10_000, func() {
		if r, err := l.Verify(context.Background()); err != nil || !r.OK || r.Events != int64(n) || r.MirrorLines != int64(n) {
			t.Errorf("%+v, %v", r, err)
		}
	})
	runtime.ReadMemStats(&after)
	if perEvent := float64(after.TotalAlloc-before.TotalAlloc) / float64(n); perEvent > 1500 && !raced {
		t.Errorf("%.0f bytes are allocated per event", perEvent)
	}
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 32<<20 {
		t.Errorf("memory grew by %d bytes", grown)
	}
	rate("export", n, 5_000, func() {
		if err := l.Export(context.Background(), io.Discard); err != nil {
			t.Error(err)
		}
	})
	rate("prune", n, 2_000, func() {
		if p, err := l.Prune(context.Background(), time.Now().Add(time.Hour), io.Discard); err != nil || p.Events != int64(n-1) {
			t.Errorf("%+v, %v", p, err)
		}
	})
	if r, err := l.Verify(context.Background()); err != nil || !r.OK || r.Events != 2 {
		t.Errorf("%+v, %v", r, err)
	}
}

// judge computes the chain of an export anew with Python's library alone, from
// what docs/format/audit.md says.
const judge = `
import hashlib, hmac, json, sys
key = bytes.fromhex(sys.argv[2])
ident = hashlib.sha256(b"exoplanetai audit key\n" + key).hexdigest()[:8]
prev, seq = "0" * 64, 0
for line in open(sys.argv[1], "rb"):
    line = line.rstrip(b"\n")
    event = json.loads(line)
    body, mark, rest = line.rpartition(b',"hash":"')
    assert mark and rest == event["hash"].encode() + b'"}', event["seq"]
    assert event["key"] in ("", ident), event["seq"]
    seal = hmac.new(key, body, hashlib.sha256).hexdigest() if event["key"] else hashlib.sha256(body).hexdigest()
    assert seal == event["hash"], ("seal", event["seq"])
    assert event["seq"] == seq + 1 and event["prev"] == prev, ("chain", event["seq"])
    order = list(event)
    assert order == ["v","seq","at","request_id","actor","role","via","address","action","object","outcome","code","detail","key","prev","hash"], order
    again = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    assert again.encode() == line, ("bytes", event["seq"])
    prev, seq = event["hash"], event["seq"]
print(seq, prev)
`

func TestPythonComputesTheSameChain(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		ctx := context.Background()
		for name, change := range map[string]func(*audit.Options){
			"with a key":              nil,
			"plain":                   func(o *audit.Options) { o.Key = nil },
			"plain, then with a key ": func(o *audit.Options) { o.Key, o.AcceptPlain = nil, true },
		} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, change)
				for _, text := range hostile {
					if err := w.log.Append(ctx, audit.Event{Actor: text, Object: text, Detail: map[string]string{text: text}}); err != nil {
						t.Fatal(err)
					}
				}
				if w.o.AcceptPlain {
					w.o.Key = theKey
					w.open()
					w.call("anna", "key 1")
				}
				path := filepath.Join(t.TempDir(), "export.jsonl")
				f, err := os.Create(path)
				if err != nil {
					t.Fatal(err)
				}
				out := bufio.NewWriter(f)
				if err := w.log.Export(ctx, out); err != nil {
					t.Fatal(err)
				}
				if err := out.Flush(); err != nil {
					t.Fatal(err)
				}
				if err := f.Close(); err != nil {
					t.Fatal(err)
				}
				last := w.events()[0]
				if got, want := strings.TrimSpace(xtest.Python(t, judge, path, hex.EncodeToString(key))), fmt.Sprint(last.Seq, " ", last.Hash); got != want {
					t.Errorf("Python ends at %q, we at %q", got, want)
				}
			})
		}
	})
}

// The script that docs/format/audit.md prints does what it says.
func TestTheScriptOfTheDocumentChecksAnExport(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		doc, err := os.ReadFile(filepath.Join(xtest.Root(t), "docs", "format", "audit.md"))
		if err != nil {
			t.Fatal(err)
		}
		_, script, _ := strings.Cut(string(doc), "```python\n")
		script, _, ok := strings.Cut(script, "```")
		if !ok {
			t.Fatal("the document has no script")
		}
		w := newWorld(t, nil)
		w.call("anna", "key 1")
		w.call("anna", "key 2")
		path := filepath.Join(t.TempDir(), "audit.log")
		write := func(data string) {
			if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write(string(w.mirror.data))
		xtest.Python(t, script, path, hex.EncodeToString(key))
		write(strings.Replace(string(w.mirror.data), "key 1", "key 3", 1))
		guarded := "import sys\ntry:\n  exec(sys.argv[3])\n  print('passed')\nexcept AssertionError as e:\n  print('event', e)\n"
		if got := xtest.Python(t, guarded, path, hex.EncodeToString(key), script); strings.TrimSpace(got) != "event 1" {
			t.Errorf("of a changed event the script says %q", got)
		}
	})
}
