package archive_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
)

// poster makes a poster that never waits, and what it logged.
func poster(t *testing.T, o archive.Options) (*archive.Poster, *pauses, *strings.Builder) {
	t.Helper()
	p := &pauses{}
	log := &strings.Builder{}
	o.Sleep, o.Random = p.sleep, func() float64 { return 0.5 }
	o.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	q := archive.NewPoster(o)
	t.Cleanup(q.Close)
	return q, p, log
}

const secretPath = "/services/T0/B0/veryhiddenpath?token=hiddenquery"

func TestADeliveryIsSignedAndNamed(t *testing.T) {
	type came struct {
		header http.Header
		body   []byte
	}
	var got came
	s := serve(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = came{r.Header, body}
		if r.Method != http.MethodPost || r.URL.RequestURI() != secretPath {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	q, _, _ := poster(t, archive.Options{UserAgent: "exoplanetai/1"})
	body := []byte(`{"table":"koi"}`)
	d := archive.Delivery{URL: s.URL + secretPath + "#fragment", Secret: "key", ID: "0123abcd", Body: body, AllowPrivate: true}
	if err := q.Post(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	m := hmac.New(sha256.New, []byte("key"))
	m.Write(body)
	want := "sha256=" + hex.EncodeToString(m.Sum(nil))
	h := got.header
	if string(got.body) != string(body) || h.Get("X-Exoplanetai-Signature") != want || h.Get("X-Exoplanetai-Delivery") != "0123abcd" ||
		h.Get("Content-Type") != "application/json; charset=utf-8" || h.Get("User-Agent") != "exoplanetai/1" {
		t.Errorf("%s %v", got.body, h)
	}
	d.Secret = ""
	if err := q.Post(t.Context(), d); err != nil || got.header["X-Exoplanetai-Signature"] != nil {
		t.Errorf("without a secret: %v %v", err, got.header)
	}
	// RFC 4231, test case 2.
	if got := archive.Sign("Jefe", []byte("what do ya want for nothing?")); got != "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" {
		t.Error(got)
	}
}

func TestADeliveryIsRepeatedAFewTimes(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(n int64, w http.ResponseWriter)
		kind   exo.Kind // empty: it comes
		asked  int64
	}{
		"out of order twice":     {func(n int64, w http.ResponseWriter) { w.WriteHeader(map[bool]int{true: 502, false: 200}[n < 3]) }, "", 3},
		"always out of order":    {func(_ int64, w http.ResponseWriter) { w.WriteHeader(503) }, exo.Unavailable, 4},
		"busy":                   {func(_ int64, w http.ResponseWriter) { w.Header().Set("Retry-After", "1"); w.WriteHeader(429) }, exo.Unavailable, 4},
		"busy for an hour":       {func(_ int64, w http.ResponseWriter) { w.Header().Set("Retry-After", "3600"); w.WriteHeader(429) }, exo.Unavailable, 1},
		"it refuses":             {func(_ int64, w http.ResponseWriter) { w.WriteHeader(403) }, exo.Upstream, 1},
		"it is gone":             {func(_ int64, w http.ResponseWriter) { w.WriteHeader(410) }, exo.Upstream, 1},
		"it breaks off":          {func(_ int64, w http.ResponseWriter) { panic(http.ErrAbortHandler) }, exo.Unavailable, 4},
		"it talks without end":   {func(_ int64, w http.ResponseWriter) { talk(w) }, "", 1},
		"it talks, then refuses": {func(_ int64, w http.ResponseWriter) { w.WriteHeader(400); talk(w) }, exo.Upstream, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(n int64, w http.ResponseWriter, _ *http.Request) { tt.answer(n, w) })
			q, p, log := poster(t, archive.Options{})
			err := q.Post(t.Context(), archive.Delivery{URL: s.URL + secretPath, Secret: "veryhiddenkey", Body: []byte("{}"), AllowPrivate: true})
			if err == nil != (tt.kind == "") || err != nil && exo.KindOf(err) != tt.kind {
				t.Errorf("%v, want %s", err, tt.kind)
			}
			if n := s.asked.Load(); n != tt.asked || len(p.made) != int(tt.asked)-1 {
				t.Errorf("asked %d times with %d pauses, want %d", n, len(p.made), tt.asked)
			}
			if slices.ContainsFunc(p.made, func(d time.Duration) bool { return d > 30*time.Second }) {
				t.Errorf("pauses %v", p.made)
			}
			noSecret(t, err, log.String())
		})
	}
}

// talk answers more than anyone reads.
func talk(w http.ResponseWriter) {
	for range 64 {
		if _, err := w.Write(make([]byte, 64<<10)); err != nil {
			return
		}
	}
}

// noSecret looks for parts of the address and the key in what people see.
func noSecret(t *testing.T, err error, log string) {
	t.Helper()
	seen := log
	for e := err; e != nil; e = errors.Unwrap(e) {
		seen += e.Error() + exo.MessageOf(e) + exo.HintOf(e)
	}
	if strings.Contains(seen, "hidden") {
		t.Errorf("a secret is told: %s", seen)
	}
}

func TestAHookLeadsToPublicAddressesOnly(t *testing.T) {
	s := serve(t, func(_ int64, w http.ResponseWriter, _ *http.Request) {})
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	home, _ := names(t, "127.0.0.1")
	metadata, _ := names(t, "169.254.169.254")
	private, _ := names(t, "10.1.2.3")
	changes, asked := names(t, "192.88.99.1", "127.0.0.1") // the first is refused too: no traffic leaves this machine
	for _, tt := range []struct {
		name, url string
		o         archive.Options
	}{
		{"loopback", s.URL + secretPath, archive.Options{}},
		{"loopback, in the options", s.URL + secretPath, archive.Options{Allowed: []string{s.URL}, Public: []string{s.URL}}},
		{"loopback, the web's port", "http://127.0.0.1/", archive.Options{}},
		{"IPv6 loopback", "http://[::1]/", archive.Options{}},
		{"private", "https://10.0.0.1/", archive.Options{}},
		{"private, IPv6", "https://[fd00::1]/", archive.Options{}},
		{"link-local", "http://169.254.1.1/", archive.Options{}},
		{"metadata", "http://169.254.169.254/latest/meta-data/", archive.Options{}},
		{"IPv4 in IPv6", "http://[::ffff:127.0.0.1]/", archive.Options{}},
		{"IPv4 in IPv6, hexadecimal", "http://[::ffff:a9fe:a9fe]/", archive.Options{}},
		{"translated", "http://[64:ff9b::7f00:1]/", archive.Options{}},
		{"unspecified", "http://0.0.0.0/", archive.Options{}},
		{"decimal", "http://2130706433/", archive.Options{Resolver: home}},
		{"octal", "http://0177.0.0.1/", archive.Options{Resolver: home}},
		{"hexadecimal", "http://0x7f.1/", archive.Options{Resolver: home}},
		{"short", "http://127.1/", archive.Options{Resolver: home}},
		{"a name that leads home", "http://hook.example" + port, archive.Options{Resolver: home}},
		{"a name that leads home, port 443", "https://hook.example/", archive.Options{Resolver: home}},
		{"a name that leads to metadata", "http://hook.example/", archive.Options{Resolver: metadata}},
		{"a name that leads into the network", "http://hook.example/", archive.Options{Resolver: private}},
		{"a name that changes", "http://hook.example/", archive.Options{Resolver: changes}},
		{"a public address on port 22", "http://8.8.8.8:22/", archive.Options{}},
	} {
		q, _, log := poster(t, tt.o)
		for range 2 {
			err := q.Post(t.Context(), archive.Delivery{URL: tt.url, Body: []byte("{}"), Secret: "veryhiddenkey"})
			if exo.KindOf(err) != exo.Denied && (exo.KindOf(err) != exo.Unavailable || tt.o.Resolver == nil) || err == nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			noSecret(t, err, log.String())
		}
	}
	if s.asked.Load() != 0 || asked.Load() < 2 {
		t.Errorf("a request came through, or a name was not resolved each time: %d, %d", s.asked.Load(), asked.Load())
	}
}

func TestAHookThatRedirectsIsNotFollowed(t *testing.T) {
	home := serve(t, func(_ int64, w http.ResponseWriter, _ *http.Request) {})
	for _, code := range []int{301, 302, 303, 307, 308} {
		s := serve(t, func(_ int64, w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, home.URL+secretPath, code) })
		q, p, log := poster(t, archive.Options{})
		err := q.Post(t.Context(), archive.Delivery{URL: s.URL, Body: []byte("{}"), AllowPrivate: true})
		if exo.KindOf(err) != exo.Upstream || err == nil || len(p.made) != 0 {
			t.Errorf("%d: %v after %d pauses", code, err, len(p.made))
		}
		noSecret(t, err, log.String())
	}
	if home.asked.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestWhatIsNoAddressOfAHook(t *testing.T) {
	q, _, log := poster(t, archive.Options{})
	for _, u := range []string{"", "hiddenhost", "/hidden", "file:///etc/hidden", "gopher://hidden/", "ftp://hidden.example/", "https://user:hidden@x.example/",
		"https:hidden", "https://", "https:///hidden", "http://[::1/hidden", "http://x.example\x00hidden/", "javascript:hidden"} {
		err := q.Post(t.Context(), archive.Delivery{URL: u, AllowPrivate: true})
		if exo.KindOf(err) != exo.Invalid || err == nil {
			t.Errorf("%q: %v", u, err)
		}
		noSecret(t, err, log.String())
		if err := archive.CheckHook(u, true); exo.KindOf(err) != exo.Invalid {
			t.Errorf("CheckHook %q: %v", u, err)
		}
	}
	for u, private := range map[string]bool{"http://127.0.0.1:8080/x": true, "https://[::1]/": true, "http://169.254.169.254/": true, "https://hooks.example/x": false, "https://8.8.8.8/": false} {
		if err := archive.CheckHook(u, false); (exo.KindOf(err) == exo.Denied && err != nil) != private {
			t.Errorf("%s: %v", u, err)
		}
		if err := archive.CheckHook(u, true); err != nil {
			t.Errorf("%s, allowed: %v", u, err)
		}
	}
}

func TestAHookThatStandsStillIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		dialled := 0
		q := archive.NewPoster(archive.Options{Random: func() float64 { return 0.5 }, Dial: stillDial(&mu, &dialled)})
		defer q.Close()
		begin := time.Now()
		err := q.Post(t.Context(), archive.Delivery{URL: "http://hook.example/veryhidden", Body: []byte("{}")})
		took := time.Since(begin)
		if exo.KindOf(err) != exo.Unavailable || took < 40*time.Second || took > 2*time.Minute || dialled != 4 {
			t.Errorf("%v after %s and %d tries", err, took, dialled)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := q.Post(ctx, archive.Delivery{URL: "http://hook.example/", Body: []byte("{}")}); exo.KindOf(err) != exo.Canceled {
			t.Errorf("given up: %v", err)
		}
		noSecret(t, err, "")
	})
}

// stillDial connects to a server that reads and never answers.
func stillDial(mu *sync.Mutex, dialled *int) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		mu.Lock()
		*dialled++
		mu.Unlock()
		ours, theirs := net.Pipe()
		go func() {
			_, _ = io.Copy(io.Discard, theirs)
			theirs.Close()
		}()
		return ours, nil
	}
}
