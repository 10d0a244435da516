package audit_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/audit"
	"exoplanetai/internal/sqldb"
)

// said tells whether one of the breaks in a place says the words.
func said(r audit.Report, where, words string) bool {
	return slices.ContainsFunc(r.Breaks, func(b audit.Break) bool { return b.Where == where && strings.Contains(b.What, words) })
}

// look verifies as a command beside the server does: another process, which
// only reads and knows nothing of before.
func (w *world) look() audit.Report {
	w.t.Helper()
	at := w.at
	at.ReadOnly = true
	db, err := sqldb.Open(context.Background(), at)
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	o := w.o
	o.DB = db
	l, err := audit.Open(context.Background(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := l.Verify(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func TestAWholeRecordHasNoBreaks(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		for name, change := range map[string]func(*audit.Options){
			"with a key":      nil,
			"without a key":   func(o *audit.Options) { o.Key = nil },
			"without mirror":  func(o *audit.Options) { o.Mirror, o.ReadMirror = nil, nil },
			"mirror not read": func(o *audit.Options) { o.ReadMirror = nil },
		} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, change)
				if r := w.verify(); !r.OK || r.Events != 0 {
					t.Errorf("an empty record: %+v", r)
				}
				for i := range 10 {
					w.call("anna", fmt.Sprint("key ", i))
				}
				r := w.verify()
				if !r.OK || r.Events != 20 || r.First != 1 || r.Last != 20 || len(r.Breaks) != 0 || r.Mirrored && r.MirrorLines != 20 {
					t.Errorf("%+v", r)
				}
				w.open()
				w.call("anna", "after a new start")
				if r := w.verify(); !r.OK || r.Events != 22 {
					t.Errorf("after a new start: %+v", r)
				}
			})
		}
	})
}

// Each kind of damage that S12 names, in the table: what is done, in SQL, what
// is said of it, and where.
func TestEachDamageOfTheTableIsNamed(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		const all = "seq, at, request_id, actor, role, via, address, action, object, outcome, code, detail, key_id, prev, hash"
		tests := map[string]struct {
			sql         string
			where, what string
		}{
			"an event deleted":            {`DELETE FROM audit_events WHERE seq = 7`, "table", "event 7 is missing; the mirror has them"},
			"several deleted":             {`DELETE FROM audit_events WHERE seq BETWEEN 7 AND 9`, "table", "events 7 to 9 are missing"},
			"an actor edited":             {`UPDATE audit_events SET actor = 'bert' WHERE seq = 7`, "table", "event 7 was changed"},
			"a time edited":               {`UPDATE audit_events SET at = at + 1 WHERE seq = 7`, "table", "event 7 was changed"},
			"a detail edited":             {`UPDATE audit_events SET detail = '{}' WHERE seq = 8`, "table", "event 8 was changed"},
			"a seal edited":               {`UPDATE audit_events SET hash = prev WHERE seq = 7`, "table", "event 7 repeats event 6"},
			"a time that is none":         {`UPDATE audit_events SET at = 'noon' WHERE seq = 7`, "table", "event 7 was changed and cannot be read"},
			"a key that nobody has":       {`UPDATE audit_events SET key_id = 'abc' WHERE seq = 7`, "table", "event 7 was sealed with key abc, which is not here"},
			"no key":                      {`UPDATE audit_events SET key_id = '' WHERE seq = 7`, "table", "event 7 was changed"},
			"two changed places (first)":  {`UPDATE audit_events SET seq = -seq WHERE seq IN (7,8); UPDATE audit_events SET seq = 15 + seq WHERE seq < 0`, "table", "event 7 was moved here from place 8"},
			"two changed places (second)": {`UPDATE audit_events SET seq = -seq WHERE seq IN (7,8); UPDATE audit_events SET seq = 15 + seq WHERE seq < 0`, "table", "event 8 was moved here from place 7"},
			"the beginning cut off":       {`DELETE FROM audit_events WHERE seq <= 3`, "table", "events 1 to 3 are missing at the beginning"},
			"the end cut off":             {`DELETE FROM audit_events WHERE seq > 17`, "table", "events 18 to 20 are missing at the end"},
			"the end cut off, and the head note set back": {`DELETE FROM audit_events WHERE seq > 17; UPDATE audit_head SET seq = 17, hash = (SELECT hash FROM audit_events WHERE seq = 17)`,
				"head", "the head note was changed"},
			"the end cut off, and an old head note": {`DELETE FROM audit_events WHERE seq > 10; UPDATE audit_head SET seq = 10, hash = (SELECT hash FROM old), mac = (SELECT mac FROM old)`,
				"mirror", "events 11 to 20 are in the mirror, but not in the table: its end was cut off"},
			"the beginning cut off as if pruned": {`DELETE FROM audit_events WHERE seq <= 3; UPDATE audit_head SET base_seq = 3, base_hash = (SELECT prev FROM audit_events WHERE seq = 4)`,
				"head", "the chain begins after event 3, but no pruning"},
			"an event repeated at the end": {`INSERT INTO audit_events (` + all + `) SELECT 21` + strings.TrimPrefix(all, "seq") + ` FROM audit_events WHERE seq = 5`,
				"table", "event 21 is after the end that the head note names"},
			"an event repeated in the place of another": {`DELETE FROM audit_events WHERE seq = 9; INSERT INTO audit_events (` + all + `) SELECT 9` + strings.TrimPrefix(all, "seq") + ` FROM audit_events WHERE seq = 5`,
				"table", "event 9 repeats event 5"},
			"the head note gone":   {`DELETE FROM audit_head`, "head", "the head note is gone"},
			"all gone":             {`DELETE FROM audit_events; UPDATE audit_head SET seq = 0, hash = base_hash, mac = ''`, "mirror", "events 1 to 20 are in the mirror"},
			"the mac of head gone": {`UPDATE audit_head SET mac = ''`, "head", "the head note was changed"},
		}
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, nil)
				if name == "a time that is none" && w.db.Dialect() == sqldb.Postgres {
					return // its columns hold numbers only
				}
				for i := range 5 {
					w.call("anna", fmt.Sprint("key ", i))
				}
				w.exec(`CREATE TABLE old AS SELECT * FROM audit_head`)
				for i := range 5 {
					w.call("anna", fmt.Sprint("key ", 5+i))
				}
				w.exec(tt.sql)
				r := w.look()
				if r.OK || !said(r, tt.where, tt.what) {
					t.Errorf("%+v", r)
				}
				if int64(len(r.Breaks)) != r.BreaksTotal {
					t.Errorf("%d of %d", len(r.Breaks), r.BreaksTotal)
				}
			})
		}
	})
}

func TestEachDamageOfTheMirrorIsNamed(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		nl := []byte("\n")
		tests := map[string]struct {
			damage func(lines [][]byte) [][]byte
			what   string
		}{
			"a line deleted":          {func(l [][]byte) [][]byte { return slices.Delete(l, 6, 7) }, "event 7 is missing before line 7"},
			"several deleted":         {func(l [][]byte) [][]byte { return slices.Delete(l, 6, 9) }, "events 7 to 9 are missing before line 7"},
			"an actor edited":         {func(l [][]byte) [][]byte { l[6] = bytes.Replace(l[6], []byte("anna"), []byte("bert"), 1); return l }, "event 7 was changed"},
			"a line made rubbish":     {func(l [][]byte) [][]byte { l[6] = []byte("hello"); return l }, "line 7 is no event"},
			"a line made endless":     {func(l [][]byte) [][]byte { l[6] = bytes.Repeat([]byte("x"), 3*audit.MaxLine); return l }, "line 7 is no event"},
			"the last made rubbish":   {func(l [][]byte) [][]byte { l[19] = []byte("hello"); return l }, "line 20 is no event"},
			"a blank line":            {func(l [][]byte) [][]byte { return slices.Insert(l, 6, nil) }, ""},
			"two changed places":      {func(l [][]byte) [][]byte { l[6], l[7] = l[7], l[6]; return l }, "event 7 stands after event 8"},
			"the beginning cut off":   {func(l [][]byte) [][]byte { return l[3:] }, "events 1 to 3 are missing at the beginning of the mirror"},
			"the end cut off":         {func(l [][]byte) [][]byte { return l[:17] }, "behind by 3"},
			"all gone":                {func([][]byte) [][]byte { return nil }, "behind by 20"},
			"a line repeated":         {func(l [][]byte) [][]byte { return slices.Insert(l, 12, l[4]) }, "event 5 stands here again"},
			"a line repeated at once": {func(l [][]byte) [][]byte { return slices.Insert(l, 5, l[4]) }, "event 5 stands here again"},
			"repeated at the end":     {func(l [][]byte) [][]byte { return append(l, l[4]) }, "event 5 stands here again"},
			"an event invented": {func(l [][]byte) [][]byte {
				e, _ := audit.ParseLine(l[19])
				e.Seq++
				return append(l, audit.AppendLine(nil, e))
			}, "event 21 was changed"},
			"all written anew without a key": {func(l [][]byte) [][]byte { return rewrite(l) }, "event 1 reads otherwise than in the table"},
		}
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, nil)
				for i := range 10 {
					w.call("anna", fmt.Sprint("key ", i))
				}
				w.mirror.data = bytes.Join(tt.damage(w.mirror.lines()), nl)
				if len(w.mirror.data) > 0 {
					w.mirror.data = append(w.mirror.data, '\n')
				}
				w.clock.add(time.Minute)
				r := w.look()
				if behind, ok := strings.CutPrefix(tt.what, "behind by "); ok { // whoever writes it next completes it
					if !r.OK || fmt.Sprint(r.MirrorBehind) != behind {
						t.Errorf("%+v", r)
					}
				} else if tt.what == "" != r.OK || !r.OK && !said(r, "mirror", tt.what) {
					t.Errorf("%+v", r)
				}
				if said(r, "table", "") {
					t.Errorf("the table is accused: %+v", r)
				}
			})
		}
	})
}

// rewrite makes a whole new chain of the lines, as somebody can who has no key.
func rewrite(lines [][]byte) [][]byte {
	prev := strings.Repeat("0", 64)
	for i := range lines {
		e, err := audit.ParseLine(lines[i])
		if err != nil {
			panic(err)
		}
		e.Key, e.Prev, e.Actor = "", prev, "bert"
		e.Hash = audit.SealOf(nil, e)
		prev = e.Hash
		lines[i] = audit.AppendLine(nil, e)
	}
	return lines
}

// Somebody who has the database and the mirror, but not the key, makes both anew.
func TestAChainWithoutTheKeyIsNotTakenForOne(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		forged := newWorld(t, func(o *audit.Options) { o.Key = nil })
		for i := range 10 {
			forged.call("bert", fmt.Sprint("key ", i))
		}
		forged.o.Key = theKey
		if r := forged.look(); r.Plain != 20 || !said(r, "head", "the head note has no seal of a key") || !said(r, "table", "event 20 has no seal of a key") {
			t.Errorf("%+v", r)
		}
		forged.open()
		forged.call("anna", "after a new start of the server")
		if r := forged.verify(); r.OK || !said(r, "table", "event 20 has no seal of a key") {
			t.Errorf("after a new start: %+v", r)
		}
		if r := forged.verify(); r.Plain != 20 {
			t.Errorf("%+v", r)
		}
	})
}

func TestAPlainChainMayGoOnWithAKey(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t, func(o *audit.Options) { o.Key = nil })
		w.call("anna", "key 1")
		w.o.Key, w.o.AcceptPlain = theKey, true
		w.open()
		w.call("anna", "key 2")
		if r := w.verify(); !r.OK || r.Plain != 2 || r.Events != 5 {
			t.Errorf("%+v", r)
		}
		// A plain event after that is nobody's.
		e := w.events()[0]
		e.Key = ""
		w.exec(`UPDATE audit_events SET key_id = '', hash = ? WHERE seq = ?`, audit.SealOf(nil, e), e.Seq)
		if r := w.look(); !said(r, "table", "event 5 has no seal of a key") {
			t.Errorf("%+v", r)
		}
	})
}

func TestKeysMayChange(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t, nil)
		w.call("anna", "key 1")
		w.o.Key = func() ([]byte, error) { return []byte("another key that seals, from now on"), nil }
		w.open()
		w.call("anna", "key 2")
		if r := w.verify(); r.BreaksTotal != 2 || !said(r, "table", "event 1 was sealed with key") {
			t.Errorf("without the old key: %+v", r)
		}
		w.o.OldKeys = func() ([][]byte, error) { return [][]byte{key}, nil }
		w.open()
		if r := w.verify(); !r.OK || r.Events != 4 {
			t.Errorf("with it: %+v", r)
		}
	})
}

func TestACutWhileTheServerRunsStaysAGap(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t, nil)
		for i := range 5 {
			w.call("anna", fmt.Sprint("key ", i))
		}
		w.exec(`CREATE TABLE old AS SELECT * FROM audit_head; CREATE TABLE kept AS SELECT * FROM audit_events`)
		w.call("bert", "key 6")
		w.exec(`DELETE FROM audit_events WHERE seq > 10; DELETE FROM audit_head; INSERT INTO audit_head SELECT * FROM old`)
		if r := w.verify(); !said(r, "head", "set back to event 10; this process knows event 12") || !said(r, "table", "events 11 to 12 are missing at the end") {
			t.Errorf("before the next call: %+v", r)
		}
		w.call("anna", "key 7")
		if r := w.verify(); !said(r, "table", "events 11 to 12 are missing; the mirror has them") {
			t.Errorf("after it: %+v", r)
		}
	})
}
