package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"exoplanetai/internal/audit"
)

// hostile is what strangers put into fields.
var hostile = []string{
	"a\nb", "a\r\nb", "\n", "a\x00b", "\x1b[2J\x1b[1;1H", "\u009b2J", `{"seq":1}`, `","outcome":"done","x":"`, `\`, `\\"`, "\u2028\u2029\u0085",
	"\u202egnp.exe", "\ufeff", "\xff\xfe", "\xc3", "é漢😀", strings.Repeat("x", 100_000), strings.Repeat("\n", 100_000), strings.Repeat(`"`, 100_000),
	strings.Repeat("漢", 100_000), "=1+1", "\t", "\x7f", "\u00ad", "\ue000",
}

// S11: one event is one line, whatever its fields hold.
func TestOneEventIsOneLine(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t, nil)
		n := 0
		for _, text := range hostile {
			e := audit.Event{RequestID: text, Actor: text, Role: text, Via: text, Address: text, Action: text, Object: text, Code: text,
				Outcome: audit.Outcome(text), Detail: map[string]string{text: text, "k": text}}
			for i := range 40 {
				e.Detail[fmt.Sprint(i, text)] = text
			}
			if err := w.log.Append(context.Background(), e); err != nil {
				t.Fatalf("%.40q: %v", text, err)
			}
			n++
			lines := w.mirror.lines()
			if len(lines) != n {
				t.Fatalf("%.40q: %d lines for %d events", text, len(lines), n)
			}
			line := lines[n-1]
			if len(line) >= audit.MaxLine || !utf8.Valid(line) || !json.Valid(line) {
				t.Errorf("%.40q: a line of %d bytes", text, len(line))
			}
			for _, r := range string(line) {
				if !unicode.IsPrint(r) {
					t.Errorf("%.40q: %U is in the line", text, r)
					break
				}
			}
			got := w.events()[0]
			if got.Outcome != audit.Failed || len(got.Detail) > 16 {
				t.Errorf("%.40q: %+v", text, got)
			}
			if back, err := audit.ParseLine(line); err != nil || !reflect.DeepEqual(back, got) {
				t.Errorf("%.40q: the table has\n%+v\nthe line\n%+v, %v", text, got, back, err)
			}
		}
		if r := w.verify(); !r.OK {
			t.Errorf("%+v", r)
		}
	})
}

func TestTextIsKeptWhereItCanBe(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t, nil)
		for in, want := range map[string]string{
			"anna": "anna", "Ångström 漢": "Ångström 漢", "a\nb": `a\u{a}b`, "\x1b[2J": `\u{1b}[2J`, "\xff": `\u{ff}`, "\u202e": `\u{202e}`, "": "",
			strings.Repeat("x", 128): strings.Repeat("x", 128), strings.Repeat("x", 129): strings.Repeat("x", 125) + "…",
			strings.Repeat("漢", 43): strings.Repeat("漢", 41) + "…",
		} {
			if err := w.log.Append(context.Background(), audit.Event{Actor: in}); err != nil {
				t.Fatal(err)
			}
			if got := w.events()[0].Actor; got != want {
				t.Errorf("%.40q is kept as %q, want %q", in, got, want)
			}
		}
	})
}

// Secrets that end up in a field by a mistake elsewhere are not written.
func TestSecretsAreNotWritten(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t, nil)
		secret := "s3cr3tS3CR3Ts3cr3tS3CR3Ts3cr3t"
		for _, text := range []string{"exo_k1_" + secret, "Bearer eyJhbGciOiJFZERTQSJ9." + secret + "." + secret, "AGE-SECRET-KEY-1" + secret, "x exo_k1_" + secret + " y",
			"GET /x?token=exo_abc_" + secret, strings.Repeat("exo_k1_"+secret, 50)} {
			e := audit.Event{RequestID: text, Actor: text, Address: text, Action: text, Object: text, Detail: map[string]string{"a": text}}
			if err := w.log.Append(context.Background(), e); err != nil {
				t.Fatal(err)
			}
		}
		if bytes.Contains(w.mirror.data, []byte(secret)) {
			t.Errorf("%s", w.mirror.data)
		}
		if got := w.events()[5].Object; got != "exo_k1_[secret]" {
			t.Errorf("the key's identifier is gone: %q", got)
		}
	})
}

func TestEqualEventsHaveEqualLines(t *testing.T) {
	e := audit.Event{Seq: 1, At: start, Detail: map[string]string{"b": "2", "a": "1", "c": "3"}}
	first := audit.AppendLine(nil, e)
	for range 50 {
		if got := audit.AppendLine(nil, e); !bytes.Equal(got, first) {
			t.Fatalf("%s\n%s", got, first)
		}
	}
}

func TestOnlyWhatWasWrittenIsRead(t *testing.T) {
	good := string(audit.AppendLine(nil, audit.Event{Seq: 7, At: start, Actor: "anna", Outcome: audit.Done, Detail: map[string]string{"a": "1", "b": "2"},
		Prev: strings.Repeat("0", 64), Hash: strings.Repeat("1", 64)}))
	if _, err := audit.ParseLine([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, line := range map[string]string{
		"nothing": "", "null": "null", "a list": "[]", "cut short": good[:len(good)-1], "a blank more": good + " ", "two of it": good + good,
		"another version": strings.Replace(good, `"v":1`, `"v":2`, 1), "another order": strings.Replace(good, `"a":"1","b":"2"`, `"b":"2","a":"1"`, 1),
		"a member more": strings.Replace(good, `"v":1`, `"v":1,"w":1`, 1), "a member twice": strings.Replace(good, `"v":1`, `"v":1,"v":1`, 1),
		"a time with a zone": strings.Replace(good, `00Z"`, `00+00:00"`, 1), "an escape": strings.Replace(good, "anna", `\u0061nna`, 1),
		"a number as text": strings.Replace(good, `"seq":7`, `"seq":"7"`, 1), "too long": strings.Replace(good, "anna", strings.Repeat("a", audit.MaxLine), 1),
	} {
		if e, err := audit.ParseLine([]byte(line)); err == nil {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func FuzzParseLine(f *testing.F) {
	f.Add(audit.AppendLine(nil, audit.Event{Seq: 7, At: start, Actor: "anna", Outcome: audit.Done, Detail: map[string]string{"a": "1", "b": `"\`}}))
	f.Add(audit.AppendLine(nil, audit.Event{}))
	f.Add([]byte(`{"v":1,"seq":1,"at":"2026-11-24T09:00:00.000000Z","detail":{}}`))
	f.Add([]byte(`{"v":1,"seq":18446744073709551616`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if e, err := audit.ParseLine(line); err == nil {
			if got := audit.AppendLine(nil, e); !bytes.Equal(got, line) {
				t.Errorf("%q is read, and written as %q", line, got)
			}
			if bytes.ContainsAny(line, "\r\n\x1b\x00") {
				t.Errorf("%q is one line", line)
			}
		}
	})
}

// Whatever stands in the mirror, Verify comes to an end and says so.
func FuzzMirror(f *testing.F) {
	f.Add([]byte("\n\n{"))
	f.Add(bytes.Repeat([]byte(`{"v":1,"seq":3,`), 10))
	f.Add([]byte(`{"v":1,"seq":5,"hash":"0000000000000000000000000000000000000000000000000000000000000000"}` + "\n"))
	w := newWorld(f, func(o *audit.Options) { o.Mirror = nil })
	w.call("anna", "key 1")
	var export bytes.Buffer
	if err := w.log.Export(context.Background(), &export); err != nil {
		f.Fatal(err)
	}
	w.mirror.data = export.Bytes()
	w.clock.add(time.Minute)
	whole := bytes.Clone(w.mirror.data)
	f.Add(whole)
	f.Add(append(bytes.Clone(whole), whole...))
	f.Fuzz(func(t *testing.T, data []byte) {
		w.mirror.data = data
		r, err := w.log.Verify(context.Background())
		if err != nil || r.OK != (r.BreaksTotal == 0) || said(r, "table", "event 1 ") {
			t.Errorf("%+v, %v", r, err)
		}
		if r.OK && r.MirrorBehind == 0 && len(bytes.TrimSpace(data)) < len(whole)-1 {
			t.Errorf("%q is taken for the mirror", data)
		}
	})
}
