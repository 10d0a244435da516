package history_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/history"
)

// postbox keeps deliveries, and refuses those to some hosts.
type postbox struct {
	mu   sync.Mutex
	came []archive.Delivery
}

func (p *postbox) Post(_ context.Context, d archive.Delivery) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if strings.Contains(d.URL, "down") {
		return exo.Errorf("test", exo.Unavailable, nil, "down.example is down")
	}
	p.came = append(p.came, d)
	return nil
}

func TestWhatChangedIsAnnouncedToEveryHook(t *testing.T) {
	b := open(t)
	row := func(disp string) string { return "5,K00001.01,," + disp + ",10,0.001,170.5,0.01,2,2,290.0,45.0" }
	box := &postbox{}
	var log strings.Builder
	s := b.serve(history.Options{
		Poster: box, Base: base + "/", Clock: func() time.Time { return noon }, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Hooks: []history.Hook{{URL: "https://one.example/hiddenpath", Secret: "hiddenkey"}, {URL: "https://down.example/hiddenpath"}, {URL: "http://127.0.0.1:9/", AllowPrivate: true}},
	})
	if err := s.Announce(t.Context(), catalog.KOI); kind(err) != exo.NotFound {
		t.Errorf("nothing is held: %v", err)
	}
	b.hold(catalog.KOI, 0, csv(koiHead, row("CANDIDATE")))
	b.hold(catalog.KOI, 1, csv(koiHead, row("CONFIRMED")))
	err := s.Announce(t.Context(), catalog.KOI)
	if !errors.Is(err, exo.Unavailable) || strings.Contains(err.Error()+log.String(), "hidden") || !strings.Contains(log.String(), "host=down.example") {
		t.Errorf("%v %s", err, log.String())
	}
	if len(box.came) != 2 || box.came[0].ID != box.came[1].ID || len(box.came[0].ID) != 32 {
		t.Fatalf("%+v", box.came)
	}
	for _, d := range box.came {
		if d.AllowPrivate != strings.Contains(d.URL, "127.0.0.1") || (d.Secret == "hiddenkey") != strings.Contains(d.URL, "one") {
			t.Errorf("%+v", d)
		}
	}
	var a history.Announcement
	if err := json.Unmarshal(box.came[0].Body, &a); err != nil {
		t.Fatal(err)
	}
	if a.Table != catalog.KOI || a.From.Number != 1 || a.To.Number != 2 || a.Changes.Changed != 1 || a.Kinds[catalog.EventDisposition] != 1 || a.EventsTotal != 1 ||
		a.Events[0].To != "CONFIRMED" || a.Feed != base+"/api/v1/catalogs/koi/feed.atom" || !a.SentAt.Equal(noon) {
		t.Errorf("%s", box.came[0].Body)
	}
	id := box.came[0].ID
	if _ = s.Announce(t.Context(), catalog.KOI); box.came[2].ID != id {
		t.Error("the same versions have another identifier")
	}
	b.hold(catalog.KOI, 2, csv(koiHead, row("CANDIDATE")))
	if _ = s.Announce(t.Context(), catalog.KOI); box.came[4].ID == id {
		t.Error("other versions have the same identifier")
	}
}

func TestTheFirstVersionIsAnnouncedByItsRows(t *testing.T) {
	b := open(t)
	b.hold(catalog.TOI, 0, real(t, toi2025))
	box := &postbox{}
	if err := b.serve(history.Options{Poster: box, Hooks: []history.Hook{{URL: "https://one.example/"}}}).Announce(t.Context(), catalog.TOI); err != nil {
		t.Fatal(err)
	}
	var a map[string]any
	if err := json.Unmarshal(box.came[0].Body, &a); err != nil || a["from"] != nil || a["changes"].(map[string]any)["added"] != 7699.0 || len(a["events"].([]any)) != 0 {
		t.Errorf("%v %s", err, box.came[0].Body)
	}
	if err := b.serve(history.Options{}).Announce(t.Context(), catalog.K2); err != nil {
		t.Errorf("without hooks nothing is done: %v", err)
	}
}

func TestAnAnnouncementOfManyChangesIsShort(t *testing.T) {
	b := open(t)
	b.hold(catalog.TOI, 0, real(t, toi2023))
	b.hold(catalog.TOI, 1, real(t, toi2025))
	var body []byte
	var signature string
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		signature = r.Header.Get(archive.SignatureHeader)
	}))
	defer srv.Close()
	p := archive.NewPoster(archive.Options{})
	defer p.Close()
	hooks := []history.Hook{{URL: srv.URL, Secret: "key", AllowPrivate: true}}
	if err := b.serve(history.Options{Poster: p, Hooks: hooks}).Announce(t.Context(), catalog.TOI); err != nil {
		t.Fatal(err)
	}
	var a history.Announcement
	if err := json.Unmarshal(body, &a); err != nil || len(a.Events) != 100 || a.EventsTotal < 1505 || len(body) > 100_000 || signature != archive.Sign("key", body) {
		t.Errorf("%v: %d events of %d, %d bytes, %s", err, len(a.Events), a.EventsTotal, len(body), signature)
	}
	hooks[0].AllowPrivate = false
	if err := b.serve(history.Options{Poster: p, Hooks: hooks}).Announce(t.Context(), catalog.TOI); !errors.Is(err, exo.Denied) {
		t.Errorf("a hook at home that is not allowed: %v", err)
	}
}
