package archive_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
)

func squeezed(b []byte) []byte {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(b)
	w.Close()
	return z.Bytes()
}

func TestAnswersAreTyped(t *testing.T) {
	text := []byte(strings.Repeat("a line of text\n", 1000))
	zipped := squeezed(text)
	cases := map[string]struct {
		do       http.HandlerFunc
		retries  int
		limit    int64
		kind     exo.Kind
		requests int64
	}{
		"a text": {do: func(w http.ResponseWriter, _ *http.Request) { w.Write(text) }, requests: 1},
		"a compressed text": {do: func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept-Encoding") != "gzip" {
				w.WriteHeader(400)
			}
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(zipped)
		}, requests: 1},
		"a compressed text, cut": {do: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(zipped[:len(zipped)-9])
		}, retries: 1, kind: exo.Upstream, requests: 2},
		"a compressed text, damaged": {do: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			b := bytes.Clone(zipped)
			b[len(b)-6] ^= 1
			w.Write(b)
		}, kind: exo.Upstream, requests: 1},
		"compressed, it says, and is not": {do: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(text)
		}, kind: exo.Upstream, requests: 1},
		"an encoding not asked for": {do: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			w.Write(text)
		}, retries: 2, kind: exo.Upstream, requests: 1},
		"a compressed bomb": {do: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(squeezed(make([]byte, 4<<20)))
		}, retries: 2, kind: exo.Upstream, requests: 1},
		"a text above the limit":   {do: func(w http.ResponseWriter, _ *http.Request) { w.Write(text) }, limit: int64(len(text)) - 1, retries: 2, kind: exo.Upstream, requests: 1},
		"a text just at the limit": {do: func(w http.ResponseWriter, _ *http.Request) { w.Write(text) }, limit: int64(len(text)), requests: 1},
		"a body shorter than its length": {do: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "20000")
			w.Write(text)
		}, retries: 1, kind: exo.Upstream, requests: 2},
		"a body reset midway": {do: func(w http.ResponseWriter, _ *http.Request) {
			w.Write(text)
			end(w, true)
		}, retries: 1, kind: exo.Upstream, requests: 2},
		"a connection reset before any answer": {do: func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.Close()
		}, retries: 2, kind: exo.Unavailable, requests: 3},
		"no HTTP at all": {do: func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			io.WriteString(conn, "220 ftp ready\r\n")
			conn.Close()
		}, kind: exo.Unavailable, requests: 1},
		"400":                    {do: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400) }, retries: 2, kind: exo.Upstream, requests: 1},
		"404":                    {do: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, retries: 2, kind: exo.NotFound, requests: 1},
		"408":                    {do: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(408) }, retries: 2, kind: exo.Unavailable, requests: 3},
		"429":                    {do: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }, retries: 2, kind: exo.Unavailable, requests: 3},
		"500":                    {do: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, retries: 2, kind: exo.Unavailable, requests: 3},
		"502 without retries":    {do: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }, kind: exo.Unavailable, requests: 1},
		"a redirect to nowhere":  {do: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(302) }, retries: 2, kind: exo.Upstream, requests: 1},
		"a redirect in a circle": {do: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", 302) }, retries: 2, kind: exo.Upstream, requests: 6},
		"a redirect to another host": {do: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://archive.invalid/", 302)
		}, retries: 2, kind: exo.Upstream, requests: 1},
		"a redirect to another port of this host": {do: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", 302)
		}, retries: 2, kind: exo.Upstream, requests: 1},
		"a redirect to the metadata service": {do: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/", 302)
		}, retries: 2, kind: exo.Upstream, requests: 1},
		"a redirect to a file": {do: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/passwd", 302)
		}, retries: 2, kind: exo.Upstream, requests: 1},
		"a redirect within the host": {do: func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/there" {
				w.Write(text)
				return
			}
			http.Redirect(w, r, "/there", 302)
		}, requests: 2},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(_ int64, w http.ResponseWriter, r *http.Request) { tc.do(w, r) })
			c, _ := client(t, archive.Options{}, s)
			body, _, err := c.Get(t.Context(), endpoint(s, tc.retries), archive.Request{URL: s.URL, MaxBytes: tc.limit})
			switch {
			case tc.kind == "" && err != nil:
				t.Errorf("error %v", err)
			case tc.kind == "" && !bytes.Equal(body, text):
				t.Errorf("%d bytes that are not the text", len(body))
			case tc.kind != "" && (err == nil || exo.KindOf(err) != tc.kind):
				t.Errorf("error %v, want %s", err, tc.kind)
			}
			if err != nil && (exo.MessageOf(err) == "" || strings.Contains(exo.MessageOf(err), "dial tcp")) {
				t.Errorf("message %q", exo.MessageOf(err))
			}
			if n := s.asked.Load(); n != tc.requests {
				t.Errorf("%d requests, want %d", n, tc.requests)
			}
		})
	}
}

func TestPausesGrowAndObeyRetryAfter(t *testing.T) {
	const date = "Sun, 06 Nov 1994 08:49:37 GMT"
	cases := map[string]struct {
		head map[string]string
		want []time.Duration // with a jitter of one half, in a range of one half to one and a half
		hint string
	}{
		"no word":          {want: []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}},
		"seconds":          {head: map[string]string{"Retry-After": "7"}, want: []time.Duration{7 * time.Second, 7 * time.Second, 7 * time.Second}},
		"a date":           {head: map[string]string{"Retry-After": "Sun, 06 Nov 1994 08:49:46 GMT", "Date": date}, want: []time.Duration{9 * time.Second, 9 * time.Second, 9 * time.Second}},
		"a date gone by":   {head: map[string]string{"Retry-After": "Sun, 06 Nov 1994 08:40:00 GMT", "Date": date}, want: []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}},
		"nonsense":         {head: map[string]string{"Retry-After": "soon"}, want: []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}},
		"an hour":          {head: map[string]string{"Retry-After": "3600"}, hint: "3600"},
		"a whole long age": {head: map[string]string{"Retry-After": "4294967295"}, hint: "4294967295"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(_ int64, w http.ResponseWriter, _ *http.Request) {
				for k, v := range tc.head {
					w.Header().Set(k, v)
				}
				w.WriteHeader(503)
			})
			c, p := client(t, archive.Options{}, s)
			_, _, err := c.Get(t.Context(), endpoint(s, 3), archive.Request{URL: s.URL})
			if !errors.Is(err, exo.Unavailable) || !strings.Contains(exo.HintOf(err), tc.hint) {
				t.Errorf("error %v, hint %q", err, exo.HintOf(err))
			}
			if !slices.Equal(p.made, tc.want) || s.asked.Load() != int64(len(tc.want))+1 {
				t.Errorf("pauses %v, want %v; %d requests", p.made, tc.want, s.asked.Load())
			}
		})
	}
}

func TestPausesAreSpreadByChanceAndCapped(t *testing.T) {
	s := serve(t, func(_ int64, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	chance := 0.0
	c, p := client(t, archive.Options{MaxPause: 3 * time.Second, Random: func() float64 { chance = 1 - chance; return chance * 0.999 }}, s)
	c.Get(t.Context(), endpoint(s, 6), archive.Request{URL: s.URL})
	if len(p.made) != 6 || p.made[0] < 700*time.Millisecond || p.made[1] > 600*time.Millisecond || slices.Max(p.made) > 3*time.Second {
		t.Errorf("pauses %v", p.made)
	}
}

func TestLateAnswersAreUnavailable(t *testing.T) {
	for name, head := range map[string]bool{"before the head": false, "in the middle of the body": true} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
				if head {
					io.WriteString(w, "begun")
					w.(http.Flusher).Flush()
				}
				<-r.Context().Done()
			})
			c, _ := client(t, archive.Options{}, s)
			ep := archive.Endpoint{Base: s.URL, Timeout: 50 * time.Millisecond, Total: 5 * time.Second, Retries: 1}
			_, _, err := c.Get(t.Context(), ep, archive.Request{URL: s.URL})
			if !errors.Is(err, exo.Unavailable) || !errors.Is(err, archive.ErrLate) || s.asked.Load() != 2 {
				t.Errorf("%v after %d requests", err, s.asked.Load())
			}
		})
	}
}

func TestADrippingAnswerEndsAtTheTotal(t *testing.T) {
	s := serve(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			io.WriteString(w, ".")
			w.(http.Flusher).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	})
	c, _ := client(t, archive.Options{}, s)
	ep := archive.Endpoint{Base: s.URL, Timeout: time.Second, Idle: time.Second, Total: 80 * time.Millisecond}
	_, _, err := c.Get(t.Context(), ep, archive.Request{URL: s.URL})
	if !errors.Is(err, exo.Unavailable) || !errors.Is(err, archive.ErrLate) {
		t.Errorf("error %v", err)
	}
}

func TestAHostGetsNoMoreThanItsBudget(t *testing.T) {
	s := serve(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/b", 302)
			return
		}
		time.Sleep(5 * time.Millisecond)
		w.Write(make([]byte, 100))
	})
	c, _ := client(t, archive.Options{PerHost: 3}, s)
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			if _, _, err := c.Get(t.Context(), endpoint(s, 0), archive.Request{URL: s.URL + "/"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := s.busiest.Load(); n != 3 || s.asked.Load() != 60 {
		t.Errorf("%d at once, want 3; %d requests", n, s.asked.Load())
	}
}

func TestWaitingForABudgetCanBeGivenUp(t *testing.T) {
	s := serve(t, func(_ int64, w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, 100)) })
	c, _ := client(t, archive.Options{PerHost: 1}, s)
	open, err := c.Open(t.Context(), endpoint(s, 0), archive.Request{URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, _, err := c.Get(ctx, endpoint(s, 3), archive.Request{URL: s.URL}); !errors.Is(err, exo.Unavailable) {
		t.Errorf("error %v, want Unavailable", err)
	}
	open.Close()
	if _, _, err := c.Get(t.Context(), endpoint(s, 0), archive.Request{URL: s.URL}); err != nil {
		t.Errorf("after the place was given back: %v", err)
	}
}

func TestASecretGoesToItsOwnHostOnly(t *testing.T) {
	var got []string
	var mu sync.Mutex
	note := func(r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, r.Header.Get("X-Api-Key")+" "+r.UserAgent()+" "+r.Referer())
	}
	other := serve(t, func(_ int64, w http.ResponseWriter, r *http.Request) { note(r) })
	s := serve(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
		note(r)
		http.Redirect(w, r, other.URL, http.StatusFound)
	})
	c, _ := client(t, archive.Options{UserAgent: "exoplanetai/test"}, s, other)
	ep := endpoint(s, 0)
	ep.Header = http.Header{"X-API-Key": {"seeded-secret"}}
	if _, _, err := c.Get(t.Context(), ep, archive.Request{URL: s.URL}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"seeded-secret exoplanetai/test ", " exoplanetai/test "}; !slices.Equal(got, want) {
		t.Errorf("fields %q, want %q", got, want)
	}
}

func TestAProxyIsTheWayOut(t *testing.T) {
	s := serve(t, func(_ int64, w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.String()) })
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := client(t, archive.Options{Proxy: http.ProxyURL(at)}, s)
	body, _, err := c.Get(t.Context(), archive.Endpoint{Base: "http://archive.example"}, archive.Request{URL: "http://archive.example/x"})
	if err != nil || string(body) != "http://archive.example/x" {
		t.Errorf("%q, %v", body, err)
	}
	c, _ = client(t, archive.Options{Proxy: http.ProxyURL(at)}) // a proxy that nobody configured
	if _, _, err = c.Get(t.Context(), archive.Endpoint{Base: "http://archive.example"}, archive.Request{URL: "http://archive.example/x"}); !errors.Is(err, exo.Denied) {
		t.Errorf("error %v, want Denied", err)
	}
}

func TestASecretIsInNoError(t *testing.T) {
	s := serve(t, func(_ int64, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(503)
		io.WriteString(w, "no")
	})
	c, _ := client(t, archive.Options{}, s)
	ep := endpoint(s, 1)
	ep.Header = http.Header{"X-API-Key": {"seeded-secret"}}
	for _, u := range []string{s.URL, "http://archive.invalid", "http://127.0.0.1:1", "ftp://x"} {
		_, _, err := c.Get(t.Context(), ep, archive.Request{URL: u})
		if err == nil || strings.Contains(err.Error()+exo.MessageOf(err)+exo.HintOf(err), "seeded-secret") {
			t.Errorf("%s: %v", u, err)
		}
	}
}

func TestAWrongCertificateIsNoArchive(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	c, p := client(t, archive.Options{Allowed: []string{s.URL}})
	_, _, err := c.Get(t.Context(), archive.Endpoint{Base: s.URL, Retries: 3}, archive.Request{URL: s.URL})
	if !errors.Is(err, exo.Upstream) || len(p.made) != 0 {
		t.Errorf("error %v, %d pauses", err, len(p.made))
	}
}

func TestAddressesAreChecked(t *testing.T) {
	c, _ := client(t, archive.Options{})
	for _, u := range []string{"", "file:///etc/passwd", "gopher://example.org/", "ftp://example.org/", "http://", "https://user:pw@example.org/", "http://a b/", "//example.org/"} {
		if _, _, err := c.Get(t.Context(), archive.Endpoint{Base: u, Retries: 2}, archive.Request{URL: u}); !errors.Is(err, exo.Invalid) {
			t.Errorf("%q gives %v, want Invalid", u, err)
		}
	}
}

func TestBlanksInQueriesArePercentEncoded(t *testing.T) {
	ep := archive.Endpoint{Base: "https://a.example/"}
	got := ep.URL("/TAP/sync", url.Values{"query": {"select 'FALSE POSITIVE'+1"}})
	if want := "https://a.example/TAP/sync?query=select%20%27FALSE%20POSITIVE%27%2B1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPing(t *testing.T) {
	status := 405
	s := serve(t, func(_ int64, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	at := time.Unix(0, 0)
	c, _ := client(t, archive.Options{Clock: func() time.Time { at = at.Add(time.Second); return at }}, s)
	if d, err := c.Ping(t.Context(), endpoint(s, 5), "/"); d != time.Second || err != nil {
		t.Errorf("%v, %v", d, err)
	}
	status = 503
	if _, err := c.Ping(t.Context(), endpoint(s, 5), "/"); !errors.Is(err, exo.Unavailable) || s.asked.Load() != 2 {
		t.Errorf("%v after %d requests", err, s.asked.Load())
	}
	s.Close()
	if _, err := c.Ping(t.Context(), endpoint(s, 5), "/"); !errors.Is(err, exo.Unavailable) {
		t.Errorf("a closed server gives %v", err)
	}
}
