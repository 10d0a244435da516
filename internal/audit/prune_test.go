package audit_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	"exoplanetai/internal/audit"
	"exoplanetai/internal/exo"
)

// file is a file that may refuse.
type file struct {
	bytes.Buffer
	synced   bool
	writeErr error
	syncErr  error
}

func (f *file) Write(p []byte) (int, error) {
	if f.writeErr != nil {
		return 0, f.writeErr
	}
	return f.Buffer.Write(p)
}

func (f *file) Sync() error { f.synced = true; return f.syncErr }

func TestOldEventsGoToAFileAndTheChainGoesOn(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		ctx := context.Background()
		w := newWorld(t, nil)
		for i := range 50 {
			w.call("anna", fmt.Sprint("key ", i))
		}
		var all bytes.Buffer
		if err := w.log.Export(ctx, &all); err != nil {
			t.Fatal(err)
		}
		var f file
		p, err := w.log.Prune(ctx, start.Add(20*time.Second), &f)
		if err != nil || p.First != 1 || p.Last < 38 || p.Events != p.Last || !f.synced {
			t.Fatalf("%+v, %v", p, err)
		}
		sum := sha256.Sum256(f.Bytes())
		if !bytes.HasPrefix(all.Bytes(), f.Bytes()) || bytes.Count(f.Bytes(), []byte("\n")) != int(p.Events) || p.SHA256 != "sha256:"+hex.EncodeToString(sum[:]) {
			t.Errorf("the file has other bytes: %+v", p)
		}
		r := w.verify()
		if !r.OK || r.First != p.Last+1 || r.Last != 101 || r.MirrorLines != 101 {
			t.Errorf("%+v", r)
		}
		if e := w.events()[0]; e.Action != "audit prune" || e.Detail["sha256"] != p.SHA256 || e.Detail["last"] != fmt.Sprint(p.Last) {
			t.Errorf("%+v", e)
		}
		w.open()
		w.call("anna", "after it")
		if r := w.look(); !r.OK || r.Last != 103 {
			t.Errorf("after a new start: %+v", r)
		}
		// Again, up to the newest: that one stays.
		w.clock.add(time.Hour)
		var g file
		if p, err = w.log.Prune(ctx, w.clock.now(), &g); err != nil || p.Last != 102 {
			t.Fatalf("%+v, %v", p, err)
		}
		if p, err = w.log.Prune(ctx, start, &g); err != nil || p.Events != 0 {
			t.Errorf("nothing to do: %+v, %v", p, err)
		}
		if r := w.verify(); !r.OK || r.Events != 2 {
			t.Errorf("%+v", r)
		}
		// Both files and what is left are one chain.
		var rest bytes.Buffer
		if err := w.log.Export(ctx, &rest); err != nil {
			t.Fatal(err)
		}
		prev := ""
		for i, line := range bytes.Split(bytes.TrimSpace(append(append(f.Bytes(), g.Bytes()...), rest.Bytes()...)), []byte("\n")) {
			e, err := audit.ParseLine(line)
			if err != nil || e.Seq != int64(i+1) || i > 0 && e.Prev != prev {
				t.Fatalf("line %d: %+v, %v", i+1, e, err)
			}
			prev = e.Hash
		}
	})
}

func TestNothingIsPrunedThatIsNotKept(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		ctx := context.Background()
		full := exo.Errorf("test", exo.Full, nil, "no space left on device")
		tests := map[string]struct {
			f    file
			sql  string
			kind exo.Kind
		}{
			"the file cannot be written": {file{writeErr: full}, "", exo.Full},
			"the file cannot be synced":  {file{syncErr: full}, "", exo.Unavailable},
			"an event is missing":        {file{}, `DELETE FROM audit_events WHERE seq = 3`, exo.Corrupt},
			"the last has another seal":  {file{}, `UPDATE audit_events SET prev = hash`, exo.Corrupt},
		}
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, nil)
				for i := range 10 {
					w.call("anna", fmt.Sprint("key ", i))
				}
				if tt.sql != "" {
					w.exec(tt.sql)
				}
				n := len(w.events())
				if p, err := w.log.Prune(ctx, start.Add(5*time.Second), &tt.f); !errors.Is(err, tt.kind) || p.Events != 0 {
					t.Errorf("%+v, %v", p, err)
				}
				if got := w.events(); len(got) != n || got[0].Action == "audit prune" {
					t.Errorf("%d of %d events are left", len(got), n)
				}
			})
		}
	})
}

func TestAMirrorMayLoseWhatIsOld(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t, func(o *audit.Options) { o.MirrorKeep = time.Hour })
		for i := range 5 {
			w.call("anna", fmt.Sprint("old ", i))
		}
		w.clock.add(2 * time.Hour)
		for i := range 5 {
			w.call("anna", fmt.Sprint("new ", i))
		}
		lines := w.mirror.lines()
		rest := func(from int) []byte { return append(bytes.Join(lines[from:], []byte("\n")), '\n') }
		w.mirror.data = rest(10)
		w.open()
		if r := w.verify(); !r.OK {
			t.Errorf("%+v", r)
		}
		w.mirror.data = rest(12)
		if r := w.look(); !said(r, "mirror", "events 1 to 12 are missing at the beginning of the mirror") {
			t.Errorf("%+v", r)
		}
		w.o.MirrorKeep = -1 // by size, then
		if r := w.look(); !r.OK {
			t.Errorf("%+v", r)
		}
		w.o.MirrorKeep = time.Hour
		// All of it is old, and gone: the mirror begins anew.
		w.clock.add(2 * time.Hour)
		w.mirror.data = nil
		w.open()
		w.call("anna", "newest")
		if r := w.look(); !r.OK || len(w.mirror.lines()) != 2 {
			t.Errorf("%+v, %d lines", r, len(w.mirror.lines()))
		}
	})
}
