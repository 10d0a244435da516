package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/api"
	"exoplanetai/internal/auth"
	"exoplanetai/internal/limit"
)

// TestUnknownAndReadOnlyFieldsAreRefused is S2 for questions: every body of the
// interface with a field more, of those that an attacker would like to set.
func TestUnknownAndReadOnlyFieldsAreRefused(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	ada := g.token("ada")
	checks := 0
	for _, a := range api.Matrix() {
		s := samples[a.Route]
		if !strings.HasPrefix(s.body, "{") {
			continue
		}
		var fields map[string]any
		if err := json.Unmarshal([]byte(s.body), &fields); err != nil {
			t.Fatal(a.Route, err)
		}
		for _, extra := range []string{"role", "owner", "user", "user_id", "sha256", "checksum", "parent", "parents", "created_at", "id", "is_admin", "disabled", "password_hash", "hash", "raw_path", "status", "__proto__", "constructor", "$where", "colour", ""} {
			if _, has := fields[extra]; has || allowedFields[a.Route+" "+extra] {
				continue
			}
			more := maps.Clone(fields)
			more[extra] = "admin"
			body := string(must(json.Marshal(more))(t))
			if strings.Contains(body, "%d") {
				body = fmt.Sprintf(body, 1)
			}
			values := s.values
			if s.make != nil {
				values = map[string]string{"name": "eve", "id": "x"}
			}
			method, _, _ := strings.Cut(a.Route, " ")
			calls := len(g.ingest.calls)
			w := g.as(ada, method, plainPath(a.Route, values), body)
			if w.Code != 400 || len(g.ingest.calls) != calls {
				t.Errorf("%s with %q: %d %s", a.Route, extra, w.Code, w.Body)
			}
			checks++
		}
	}
	if u := must(g.auth.User(t.Context(), "eve"))(t); u.Role != auth.User || u.Disabled {
		t.Errorf("eve is %+v", u)
	}
	if checks < 200 {
		t.Errorf("only %d bodies", checks)
	}
	counted(t, "bodies with an unknown or read-only field (S2)", checks)
}

// allowedFields are those of the fields above that a body has by right.
var allowedFields = map[string]bool{
	"PATCH /api/v1/users/{name} role": true, "POST /api/v1/keys user": true, "POST /api/v1/keys role": true,
}

// TestAnswersHoldNothingElse is S2 for answers: the members of what is told of
// users, keys, jobs and the caller are these and no more.
func TestAnswersHoldNothingElse(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	g.key("una", auth.NewKey{})
	ada := g.token("ada")
	job := ownJob(g, "una")["id"]
	for path, want := range map[string][]string{
		"/api/v1/users":       {"created_at", "disabled", "id", "last_sign_in", "name", "role"},
		"/api/v1/users/una":   {"created_at", "disabled", "id", "last_sign_in", "name", "role"},
		"/api/v1/keys":        {"created_at", "expires_at", "id", "last_used_at", "name", "revoked_at", "role", "scopes", "user"},
		"/api/v1/jobs/" + job: {"created_at", "error", "finished_at", "id", "kind", "progress", "result", "started_at", "state"},
		"/api/v1/auth/me":     {"name", "role", "scopes", "via"},
	} {
		w := g.as(ada, "GET", path, "")
		var m map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil {
			t.Fatal(path, w.Code, w.Body)
		}
		for _, v := range m {
			if list, ok := v.([]any); ok && len(list) > 0 && len(m) == 1 {
				m = list[0].(map[string]any)
			}
		}
		got := slices.Sorted(maps.Keys(m))
		got = slices.DeleteFunc(got, func(s string) bool { return s == "request_id" && strings.Contains(path, "/jobs/") }) // which request asked for it
		if !slices.Equal(got, want) {
			t.Errorf("%s tells %v, want %v", path, got, want)
		}
	}
}

// serve runs a guarded server on a port, with short time-outs, as the program does.
func (g *guarded) serve(t *testing.T, change func(*api.Options), configure func(*http.Server)) string {
	t.Helper()
	g.rebuild(func(o *api.Options) {
		o.Clock, o.BodyTimeout, o.WriteTimeout = time.Now, 300*time.Millisecond, 500*time.Millisecond
		if change != nil {
			change(o)
		}
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv, done := g.HTTPServer(), make(chan error, 1)
	if configure != nil {
		configure(srv)
	}
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		_ = srv.Close()
		<-done
	})
	return l.Addr().String()
}

// TestLargeBodiesAreCutOnEveryRoute is S5: 100 MiB are announced to each route
// that takes a body, and sent until the server stops taking them.
func TestLargeBodiesAreCutOnEveryRoute(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	ada := g.token("ada")
	addr := g.serve(t, nil, nil)
	chunk := []byte(strings.Repeat(" ", 64<<10))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	routes := 0
	var wait sync.WaitGroup
	for _, a := range api.Matrix() {
		method, _, _ := strings.Cut(a.Route, " ")
		if method == "GET" || method == "HEAD" {
			continue
		}
		routes++
		wait.Go(func() {
			head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
				method, plainPath(a.Route, map[string]string{"id": "x", "name": "x", "table": "koi"}), ada, 100<<20)
			if sent := pour(t, addr, head, chunk); sent > 20<<20 { // what fits into the buffers of the system, and a mebibyte
				t.Errorf("%s took %d MiB", a.Route, sent>>20)
			}
		})
	}
	wait.Wait()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
		t.Errorf("%d routes made the heap grow by %d MiB", routes, grown>>20)
	}
	counted(t, "routes that were sent 100 MiB (S5)", routes)
}

// pour sends a head and then chunks until nobody takes them any more.
func pour(t *testing.T, addr, head string, chunk []byte) (sent int) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, head)
	_ = conn.SetWriteDeadline(time.Now().Add(2 * time.Second))
	for range 1600 {
		n, err := conn.Write(chunk)
		sent += n
		if err != nil {
			break
		}
	}
	return sent
}

// TestSlowHeadersAreCut is S5, with the server's own limit made shorter.
func TestSlowHeadersAreCut(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	if limit := g.HTTPServer().ReadHeaderTimeout; limit > 10*time.Second || limit <= 0 || g.HTTPServer().IdleTimeout > 2*time.Minute || g.HTTPServer().MaxHeaderBytes > 64<<10 {
		t.Errorf("limits %v", limit)
	}
	addr := g.serve(t, nil, func(s *http.Server) { s.ReadHeaderTimeout = 200 * time.Millisecond })
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	start := time.Now()
	for range 50 {
		if _, err := io.WriteString(conn, "X"); err != nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	_ = conn.SetReadDeadline(time.Now().Add(3 * time.Second))
	_, err = io.Copy(io.Discard, conn)
	if nerr, ok := err.(net.Error); ok && nerr.Timeout() || time.Since(start) > 3*time.Second {
		t.Errorf("a header of one byte at a time was waited for: %v", err)
	}
}

// TestAThousandSlowReadersHoldUpNobody is S5: 1,000 connections ask for pages
// and take nothing, while others are served.
func TestAThousandSlowReadersHoldUpNobody(t *testing.T) {
	const readers = 1000 / thin
	g := newGuarded(t, nil)
	g.people()
	una := g.token("una")
	addr := g.serve(t, func(o *api.Options) { o.WriteTimeout = 3 * time.Second }, nil)
	request := func(path string) string {
		return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + una + "\r\n\r\n"
	}
	client := &http.Client{}
	defer client.CloseIdleConnections()
	median := func() time.Duration {
		var times []time.Duration
		for range 100 {
			r, _ := http.NewRequest("GET", "http://"+addr+"/api/v1/catalogs/koi?limit=5", nil)
			r.Header.Set("Authorization", "Bearer "+una)
			start := time.Now()
			res, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			if res.StatusCode != 200 {
				t.Fatal(res.StatusCode)
			}
			times = append(times, time.Since(start))
		}
		slices.Sort(times)
		return times[50]
	}
	alone := median()
	var conns []net.Conn
	for range readers {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, strings.Repeat(request("/api/v1/catalogs/koi?limit=250"), 8)); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	time.Sleep(500 * time.Millisecond) // until they have what fits into the buffers
	beside := median()
	if beside > 10*alone+20*time.Millisecond {
		t.Errorf("alone %s, beside %d slow readers %s", alone, readers, beside)
	}
	t.Logf("alone %s, beside the slow readers %s", alone, beside)
	counted(t, "slow readers beside whom others were served (S5)", len(conns))
}

// TestHugeNumbersAndQueriesAreRefused is S5: limits hold in every format of
// the answer, and a query may be as long as it likes.
func TestHugeNumbersAndQueriesAreRefused(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	una, asked := g.token("una"), len(g.cats.asked)
	for _, format := range []string{"json", "csv", "votable", "parquet"} {
		for _, limit := range []string{"9223372036854775807", "9223372036854775808", "100001", "-1", "0", "1e9", "0x10", " 5", "٥"} {
			if w := g.as(una, "GET", "/api/v1/catalogs/koi?format="+format+"&limit="+strings.ReplaceAll(limit, " ", "%20"), ""); w.Code != 400 {
				t.Errorf("%s limit=%s: %d", format, limit, w.Code)
			}
		}
	}
	if len(g.cats.asked) != asked {
		t.Error("a refused question reached the tables")
	}
	start := time.Now()
	for name, query := range map[string]string{
		"10⁶ parameters": strings.Repeat("a=1&", 1e6), "10⁶ empty ones": strings.Repeat("&", 1e6), "10⁶ of one name": strings.Repeat("koi_period=1&", 1e6),
		"one of a megabyte": "koi_period=" + strings.Repeat("1", 1e6), "10⁶ semicolons": strings.Repeat(";", 1e6), "10⁶ per cent signs": strings.Repeat("%25", 1e6),
	} {
		for _, path := range []string{"/api/v1/catalogs/koi?", "/api/v1/jobs?", "/api/v1/targets/Kepler-10?"} {
			began := time.Now()
			w := g.as(una, "GET", path+query, "")
			if took := time.Since(began); took > 3*time.Second || w.Code >= 500 {
				t.Errorf("%s%s: %d in %s", path, name, w.Code, took)
			}
		}
	}
	t.Logf("queries of a million parameters took %s in all", time.Since(start))
}

// TestAThousandJobsAreCutByTheLimit is S5: somebody asks for 1,000 jobs at once.
func TestAThousandJobsAreCutByTheLimit(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	una := g.token("una")
	g.rebuild(func(o *api.Options) { o.Limits.User = limit.New(limit.Options{Clock: o.Clock}) }) // as the program sets it
	statuses := map[int]int{}
	defer func() {
		counted(t, "jobs asked for at once by one user, of which 200 were taken (S5)", statuses[202]+statuses[429])
	}()
	for i := range 1000 {
		w := g.as(una, "POST", "/api/v1/data/ingest/lightcurve", fmt.Sprintf(`{"target_name":"TIC %d"}`, i+1), "Prefer", "respond-async")
		statuses[w.Code]++
	}
	if statuses[202] != 200 || statuses[429] != 800 {
		t.Errorf("statuses %v", statuses)
	}
}
