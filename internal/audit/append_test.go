package audit_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"exoplanetai/internal/audit"
	"exoplanetai/internal/exo"
)

func TestACallIsTwoEventsInTableAndMirror(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t, nil)
		w.call("anna", "key 1")
		w.log.Denied(context.Background(), audit.Event{Actor: "bert", Action: "POST /api/v1/users", Code: string(exo.Denied)})
		got := w.events()
		if len(got) != 3 || got[0].Outcome != audit.Denied || got[1].Outcome != audit.Done || got[1].Detail["begin"] != "1" ||
			got[2].Outcome != audit.Allowed || got[2].Actor != "anna" || got[2].Seq != 1 {
			t.Fatalf("%+v", got)
		}
		var export bytes.Buffer
		if err := w.log.Export(context.Background(), &export); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(export.Bytes(), w.mirror.data) {
			t.Errorf("the export\n%s\nis not the mirror\n%s", &export, w.mirror.data)
		}
		for i, line := range w.mirror.lines() {
			e, err := audit.ParseLine(line)
			if err != nil || e.Seq != int64(i+1) {
				t.Errorf("line %d: %+v, %v", i+1, e, err)
			}
		}
	})
}

func TestAFullMirrorRefusesTheCallAndIsCompletedLater(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		for room := 0; room < 700; room += 53 {
			w := newWorld(t, nil)
			w.call("anna", "key 1")
			w.mirror.setRoom(room)
			_, err := w.log.Begin(context.Background(), audit.Event{Actor: "anna", Action: "POST /api/v1/keys"})
			if !errors.Is(err, exo.Full) && len(w.mirror.lines()) < 3 || err != nil && exo.HintOf(err) == "" {
				t.Fatalf("room for %d bytes: %v", room, err)
			}
			if got := w.events(); len(got) < 3 {
				t.Fatalf("reading does not go on: %+v", got)
			}
			w.mirror.setRoom(-1)
			w.call("anna", "key 2")
			if n, m := len(w.events()), len(w.mirror.lines()); n != m {
				t.Fatalf("room for %d bytes: %d events, %d lines", room, n, m)
			}
			_ = w.db.Close()
		}
	})
}
