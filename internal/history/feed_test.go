package history_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/history"
	"exoplanetai/internal/xtest"
)

// texts lists the items of a feed as "kind: text".
func texts(f history.Feed) []string {
	var list []string
	for _, i := range f.Items {
		list = append(list, string(i.Event.Kind)+": "+i.Event.Text)
	}
	return list
}

const base = "http://exo.example:8000"

func TestAFeedBeginsWithTheNewest(t *testing.T) {
	b := open(t)
	s := b.serve(history.Options{})
	empty, err := s.Feed(t.Context(), history.FeedRequest{Base: base})
	if err != nil || len(empty.Items) != 0 {
		t.Fatalf("%v %+v", err, empty)
	}
	row := func(disp, kepler string) string {
		return "5,K00001.01," + kepler + "," + disp + ",10,0.001,170.5,0.01,2,2,290.0,45.0"
	}
	b.hold(catalog.KOI, 0, csv(koiHead, row("CANDIDATE", "")))
	b.hold(catalog.KOI, 2, csv(koiHead, row("CONFIRMED", "")))
	b.hold(catalog.KOI, 3, csv(koiHead, row("CONFIRMED", "Kepler-9 b")))
	b.hold(catalog.TOI, 1, csv(toiHead, "7,700.01,PC,290.0,45.0,2459000.5,10,2,2,"))
	for name, tt := range map[string]struct {
		r    history.FeedRequest
		want []string
	}{
		"all": {history.FeedRequest{}, []string{
			"disposition: K00001.01 was CANDIDATE, is CONFIRMED now",
			"first: The toi table is held for the first time; its rows: 1", "first: The koi table is held for the first time; its rows: 1"}},
		"one": {history.FeedRequest{Limit: 1}, []string{"disposition: K00001.01 was CANDIDATE, is CONFIRMED now"}},
		"other rows": {history.FeedRequest{Table: catalog.KOI, Kinds: []catalog.EventKind{catalog.EventOther}}, []string{
			"other: K00001.01: its kepler_name was unknown, is Kepler-9 b now", "first: The koi table is held for the first time; its rows: 1"}},
		"a table that is not held": {history.FeedRequest{Table: catalog.K2}, nil},
	} {
		f, err := s.Feed(t.Context(), tt.r)
		if err != nil || !slices.Equal(texts(f), tt.want) {
			t.Errorf("%s: %v %q", name, err, texts(f))
		}
	}
	for name, r := range map[string]history.FeedRequest{"limit": {Limit: -1}, "kinds": {Kinds: []catalog.EventKind{"x"}}} {
		if _, err := s.Feed(t.Context(), r); kind(err) != exo.Invalid || exo.ExtraOf(err)["parameter"] != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFeedOfManyChangesSaysHowMany(t *testing.T) {
	b := open(t)
	b.hold(catalog.TOI, 0, real(t, toi2023))
	b.hold(catalog.TOI, 1, real(t, toi2025))
	b.hold(catalog.KOI, 2, real(t, koi2019))
	b.hold(catalog.KOI, 3, real(t, koi2025))
	s := b.serve(history.Options{})
	for limit, want := range map[int][2]int{10: {10, 0}, 447: {447, 0}, 448: {448, 0}, 500: {447 + 1 + 52, 1}, 5000: {447 + 1 + 1001 + 1, 1}} {
		f, err := s.Feed(t.Context(), history.FeedRequest{Limit: limit, Base: base})
		if err != nil || len(f.Items) != want[0] {
			t.Errorf("%d: %v %d items", limit, err, len(f.Items))
		}
		ids := map[string]bool{}
		for _, i := range f.Items {
			ids[i.ID] = true
		}
		if len(ids) != len(f.Items) {
			t.Errorf("%d: %d identifiers for %d items", limit, len(ids), len(f.Items))
		}
	}
	f, err := s.Feed(t.Context(), history.FeedRequest{Table: catalog.TOI, Limit: 5000})
	if err != nil || f.Items[0].Event.Kind != history.FeedSummary || !strings.Contains(f.Items[0].Event.Text, "1,505 new objects, 735 dispositions") ||
		!strings.Contains(f.Items[0].Event.Text, "the first 1,000 of ") || f.Items[1].Event.Kind != catalog.EventNew {
		t.Errorf("%v %q", err, texts(f)[:2])
	}
	again, err := b.serve(history.Options{}).Feed(t.Context(), history.FeedRequest{Table: catalog.TOI, Limit: 5000})
	x, err1 := f.Atom()
	y, err2 := again.Atom()
	if err != nil || err1 != nil || err2 != nil || !bytes.Equal(x, y) {
		t.Error("two feeds of one store differ", err, err1, err2)
	}
	judge(t, f)
}

// atomJudge has feedparser read the feed; what it finds wrong it says itself.
const atomJudge = `
import sys, json, feedparser
d = feedparser.parse(open(sys.argv[1], 'rb').read())
assert not d.bozo, d.bozo_exception
assert d.version == 'atom10', d.version
f = d.feed
for k in ('id', 'title', 'updated_parsed', 'author'): assert f.get(k), k
assert [l for l in f.links if l.rel == 'self'], 'self'
for e in d.entries:
    for k in ('id', 'title', 'updated_parsed', 'link', 'summary'): assert e.get(k), k
    assert e.id.startswith('tag:exoplanetai.invalid,2026:'), e.id
    assert e.title_detail.type == 'text/plain', e.title_detail
j = json.load(open(sys.argv[2], encoding='utf-8'))
assert j['version'] == 'https://jsonfeed.org/version/1.1' and isinstance(j['title'], str)
assert len(set(i['id'] for i in j['items'])) == len(j['items'])
import datetime
for i in j['items']:
    assert isinstance(i['id'], str) and i['url'] and i['content_text']
    datetime.datetime.fromisoformat(i['date_published'].replace('Z', '+00:00'))
    assert all(isinstance(t, str) for t in i['tags'])
assert [i['id'] for i in j['items']] == [e.id for e in d.entries]
print(json.dumps([e.title for e in d.entries]))
`

// judge has outside programs read both forms of a feed, and returns the titles.
func judge(t *testing.T, f history.Feed) []string {
	t.Helper()
	atom, err := f.Atom()
	if err != nil {
		t.Fatal(err)
	}
	text, err := f.JSON()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	a, j := filepath.Join(dir, "feed.atom"), filepath.Join(dir, "feed.json")
	for name, b := range map[string][]byte{a: atom, j: text} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command(xtest.Tool(t, "xmllint"), "--noout", a).CombinedOutput(); err != nil {
		t.Fatalf("xmllint: %v %s", err, out)
	}
	var titles []string
	if err := json.Unmarshal([]byte(xtest.Python(t, atomJudge, a, j)), &titles); err != nil {
		t.Fatal(err)
	}
	return titles
}

func TestHostileTextIsInertInAFeed(t *testing.T) {
	b := open(t)
	b.hold(catalog.TOI, 0, csv(toiHead, "7,700.01,PC,290.0,45.0,2459000.5,10,2,2,"))
	b.hold(catalog.TOI, 1, csv(toiHead, "7,700.01,<script>alert(1)</script>&amp;]]>\x01\x1b\u202e,290.0,45.0,2459000.5,10,2,2,", `8,<b>"&,'PC',1,1,2459000.5,10,2,2,`))
	s := b.serve(history.Options{})
	f, err := s.Feed(t.Context(), history.FeedRequest{Base: base + "/"})
	if err != nil || len(f.Items) != 3 {
		t.Fatal(err, texts(f))
	}
	titles := judge(t, f)
	if !slices.Contains(titles, "TOI 700.01 was PC, is <script>alert(1)</script>&amp;]]>??? now") {
		t.Errorf("%q", titles)
	}
	atom, _ := f.Atom()
	if bytes.Contains(atom, []byte("<script")) || bytes.Contains(atom, []byte("<b>")) {
		t.Errorf("markup in %s", atom)
	}
	var doc struct {
		Links []struct {
			Href string `xml:"href,attr"`
		} `xml:"link"`
	}
	if err := xml.Unmarshal(atom, &doc); err != nil || doc.Links[0].Href != base+"/api/v1/feed.atom" {
		t.Errorf("%v %+v", err, doc)
	}
}

func TestAnEmptyFeedIsValid(t *testing.T) {
	f, err := open(t).serve(history.Options{}).Feed(t.Context(), history.FeedRequest{Table: catalog.KOI, Base: base, Kinds: []catalog.EventKind{"new", "radius"}})
	if err != nil {
		t.Fatal(err)
	}
	if titles := judge(t, f); len(titles) != 0 {
		t.Error(titles)
	}
	atom, _ := f.Atom()
	if !bytes.Contains(atom, []byte(base+"/api/v1/catalogs/koi/feed.atom?kinds=new,radius")) || !bytes.Contains(atom, []byte(time.Unix(0, 0).UTC().Format(time.RFC3339))) {
		t.Errorf("%s", atom)
	}
}
