package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/api"
	"exoplanetai/internal/audit"
	"exoplanetai/internal/auth"
	"exoplanetai/internal/limit"
)

// from sends a request from an address.
func (g *guarded) from(address, credential, method, target, body string, header ...string) (status int, h http.Header) {
	r := g.request(method, target, body, header...)
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(address), 4711).String()
	if credential != "" {
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	w := answerTo(g, r)
	return w.Code, w.Header()
}

func budgets(address, user, key int) func(*api.Options) {
	return func(o *api.Options) {
		for to, burst := range map[*limit.Limiter]int{&o.Limits.Address: address, &o.Limits.User: user, &o.Limits.Key: key} {
			if burst > 0 {
				*to = limit.New(limit.Options{PerMinute: 60, Burst: burst, Clock: o.Clock})
			}
		}
	}
}

func TestCallsAreCountedByAddressUserAndKey(t *testing.T) {
	const path = "/api/v1/auth/me"
	for name, c := range map[string]struct {
		address, user, key int
		calls              func(g *guarded, i int) (int, http.Header)
		limit              int
	}{
		"an address without sign-in": {address: 5, limit: 5, calls: func(g *guarded, i int) (int, http.Header) {
			return g.from("192.0.2.1", "", "GET", "/api/v1/catalogs", "")
		}},
		"one address, wrong tokens": {address: 5, limit: 5, calls: func(g *guarded, i int) (int, http.Header) {
			return g.from("192.0.2.1", "garbage"+strconv.Itoa(i), "GET", path, "")
		}},
		"a /64 of IPv6 is one": {address: 5, limit: 5, calls: func(g *guarded, i int) (int, http.Header) {
			return g.from(fmt.Sprintf("2001:db8:1:2::%x", i+1), "", "GET", "/api/v1/catalogs", "")
		}},
		"a forged X-Forwarded-For has no effect": {address: 5, limit: 5, calls: func(g *guarded, i int) (int, http.Header) {
			return g.from("192.0.2.1", "", "GET", "/api/v1/catalogs", "", "X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i), "Forwarded", fmt.Sprintf("for=198.51.100.%d", i), "X-Real-Ip", fmt.Sprintf("198.51.100.%d", i))
		}},
		"what does not exist is counted, too": {address: 5, limit: 5, calls: func(g *guarded, i int) (int, http.Header) {
			return g.from("192.0.2.1", "", "GET", "/api/v1/nothing", "")
		}},
		"a user from many addresses": {user: 5, limit: 5, calls: func(g *guarded, i int) (int, http.Header) {
			return g.from(fmt.Sprintf("192.0.2.%d", i+1), g.once("token of una", func() string { return g.token("una") }), "GET", path, "")
		}},
		"a user with many keys": {user: 5, limit: 5, calls: func(g *guarded, i int) (int, http.Header) {
			return g.from(fmt.Sprintf("192.0.2.%d", i+1), g.once(fmt.Sprint("key", i%3), func() string { k, _ := g.key("una", auth.NewKey{}); return k }), "GET", path, "")
		}},
		"a key": {key: 5, limit: 5, calls: func(g *guarded, i int) (int, http.Header) {
			return g.from(fmt.Sprintf("192.0.2.%d", i+1), g.once("key", func() string { k, _ := g.key("una", auth.NewKey{}); return k }), "GET", path, "")
		}},
		"the tightest budget holds": {address: 100, user: 50, key: 3, limit: 3, calls: func(g *guarded, i int) (int, http.Header) {
			return g.from("192.0.2.1", g.once("key", func() string { k, _ := g.key("una", auth.NewKey{}); return k }), "GET", path, "")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuarded(t, nil)
			g.people()
			g.once("key", func() string { k, _ := g.key("una", auth.NewKey{}); return k })
			g.once("token of una", func() string { return g.token("una") })
			g.rebuild(budgets(c.address, c.user, c.key))
			for i := range c.limit {
				status, h := c.calls(g, i)
				if status == 429 || h.Get("RateLimit-Limit") != strconv.Itoa(c.limit) || h.Get("RateLimit-Remaining") != strconv.Itoa(c.limit-1-i) || h.Get("RateLimit-Reset") == "" {
					t.Fatalf("call %d: %d %v", i, status, h)
				}
			}
			status, h := c.calls(g, c.limit)
			if status != 429 || h.Get("Retry-After") != "1" || h.Get("RateLimit-Remaining") != "0" {
				t.Errorf("one too many: %d %v", status, h)
			}
			g.pass(time.Second)
			if status, _ := c.calls(g, c.limit+1); status == 429 {
				t.Error("a second later still refused")
			}
		})
	}
}

func TestOthersAndProbesAreNotHeldUp(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	g.rebuild(budgets(3, 0, 0))
	for range 10 {
		g.from("192.0.2.1", "", "GET", "/api/v1/catalogs", "")
	}
	for path, want := range map[string]int{"/api/v1/catalogs": 429, "/api/v1/health/live": 200, "/docs": 200} {
		if status, _ := g.from("192.0.2.1", "", "GET", path, ""); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	if status, _ := g.from("192.0.2.2", "", "GET", "/api/v1/catalogs", ""); status != 401 {
		t.Errorf("another address: %d", status)
	}
}

func TestOnlyTrustedProxiesTellTheAddress(t *testing.T) {
	g := newGuarded(t, func(o *api.Options) {
		o.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	})
	g.people()
	for name, c := range map[string]struct {
		peer, forwarded, want string
	}{
		"no proxy":                              {"192.0.2.1", "", "192.0.2.1"},
		"a stranger who says to be one":         {"192.0.2.1", "10.0.0.5", "192.0.2.1"},
		"one proxy":                             {"10.0.0.1", "203.0.113.7", "203.0.113.7"},
		"one proxy, a caller who lies":          {"10.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"},
		"one proxy, a caller who lies to be it": {"10.0.0.1", "10.0.0.9, 203.0.113.7", "203.0.113.7"},
		"two proxies":                           {"10.0.0.1", "203.0.113.7, 10.0.0.2", "203.0.113.7"},
		"a proxy that tells nothing":            {"10.0.0.1", "", "10.0.0.1"},
		"a proxy that tells rubbish":            {"10.0.0.1", "rubbish", "10.0.0.1"},
		"rubbish before the last":               {"10.0.0.1", "rubbish, 203.0.113.7", "203.0.113.7"},
		"IPv6":                                  {"fd00::1", "2001:db8::7", "2001:db8::7"},
		"IPv4 in IPv6":                          {"::ffff:10.0.0.1", "::ffff:203.0.113.7", "203.0.113.7"},
		"a name is no address":                  {"10.0.0.1", "localhost", "10.0.0.1"},
		"a port is no address":                  {"10.0.0.1", "203.0.113.7:80", "10.0.0.1"},
	} {
		header := []string{}
		if c.forwarded != "" {
			header = []string{"X-Forwarded-For", c.forwarded}
		}
		g.from(c.peer, "garbage", "GET", "/api/v1/auth/me", "", header...)
		if e := g.events(audit.Filter{Limit: 1})[0]; e.Address != c.want || e.Outcome != audit.Denied {
			t.Errorf("%s: the record says %q, want %q", name, e.Address, c.want)
		}
	}
	many := strings.Repeat("10.0.0.1,", 100_000) + "10.0.0.1"
	start := time.Now()
	g.from("10.0.0.1", "", "GET", "/docs", "", "X-Forwarded-For", "203.0.113.7,"+many)
	if took := time.Since(start); took > time.Second {
		t.Errorf("100,000 hops took %s", took)
	}
}

func TestProxiesNeedAccountsAndOriginsNeedAForm(t *testing.T) {
	g := newGuarded(t, nil)
	for name, change := range map[string]func(*api.Options){
		"proxies, no accounts": func(o *api.Options) { o.Auth, o.Proxies = nil, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} },
		"any origin":           func(o *api.Options) { o.CORS = []string{"*"} },
		"any host":             func(o *api.Options) { o.CORS = []string{"https://*"} },
		"null":                 func(o *api.Options) { o.CORS = []string{"null"} },
		"a path":               func(o *api.Options) { o.CORS = []string{"https://example.org/"} },
		"no scheme":            func(o *api.Options) { o.CORS = []string{"example.org"} },
	} {
		o := g.options()
		change(&o)
		if _, err := api.New(o); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestLocalModeEndsWithTheFirstUser(t *testing.T) {
	g := newGuarded(t, func(o *api.Options) { o.Local = true })
	me := func(address string, header ...string) int {
		status, _ := g.from(address, "", "GET", "/api/v1/auth/me", "", header...)
		return status
	}
	if me("127.0.0.1") != 200 || me("::1") != 200 {
		t.Error("nobody is let in before there are users")
	}
	for name, status := range map[string]int{
		"from elsewhere":             me("192.0.2.1"),
		"through an unknown proxy":   me("127.0.0.1", "X-Forwarded-For", "127.0.0.1"),
		"through one that says more": me("127.0.0.1", "Forwarded", "for=127.0.0.1"),
	} {
		if status != 401 {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, _ := g.from("127.0.0.1", "", "GET", "/api/v1/auth/me", "", "Host", "evil.example"); status != 403 {
		t.Errorf("foreign host: %d", status)
	}
	if status, _ := g.from("127.0.0.1", "", "POST", "/api/v1/users", `{"name":"ada","role":"user","password":"`+pass+`"}`); status != 409 {
		t.Errorf("the first user is no admin: %d", status)
	}
	if status, _ := g.from("127.0.0.1", "", "POST", "/api/v1/users", `{"name":"ada","role":"admin","password":"`+pass+`"}`); status != 201 {
		t.Errorf("the first user: %d", status)
	}
	if me("127.0.0.1") != 401 {
		t.Error("local mode goes on with a user")
	}
	g.rebuild(func(o *api.Options) { o.Local, o.Proxies = true, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	if me("127.0.0.1") != 401 {
		t.Error("local mode behind a proxy")
	}
}

func TestMetricsAreForAdminsAndTheListedAddresses(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	una, ada := g.token("una"), g.token("ada")
	for name, c := range map[string]struct {
		from    []netip.Prefix
		address string
		token   string
		header  []string
		want    int
	}{
		"this machine":              {nil, "127.0.0.1", "", nil, 200},
		"elsewhere":                 {nil, "192.0.2.1", "", nil, 401},
		"a user":                    {nil, "192.0.2.1", una, nil, 403},
		"an admin":                  {nil, "192.0.2.1", ada, nil, 200},
		"an undeclared local proxy": {nil, "127.0.0.1", "", []string{"X-Forwarded-For", "203.0.113.7"}, 401},
		"a listed address":          {[]netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, "192.0.2.1", "", nil, 200},
		"not a listed one":          {[]netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, "127.0.0.1", "", nil, 401},
		"nobody is listed":          {[]netip.Prefix{}, "127.0.0.1", "", nil, 401},
	} {
		g.rebuild(func(o *api.Options) { o.MetricsFrom = c.from })
		if status, _ := g.from(c.address, c.token, "GET", "/metrics", "", c.header...); status != c.want {
			t.Errorf("%s: %d, want %d", name, status, c.want)
		}
	}
}

func TestAChangeThatCannotBeRecordedIsRefused(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	ada, body := g.token("ada"), `{"table_type":"koi"}`
	if w := g.as(ada, "POST", "/api/v1/data/ingest/table?", body); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	done := g.events(audit.Filter{Limit: 2})
	if len(done) != 2 || done[1].Outcome != audit.Allowed || done[0].Outcome != audit.Done || done[1].Object != "koi" || done[1].Actor != "ada" ||
		done[1].Action != "POST /api/v1/data/ingest/table" || done[1].Role != "admin" || done[1].Via != "token" || done[1].Address != "192.0.2.1" || done[1].RequestID == "" {
		t.Errorf("recorded %+v", done)
	}
	if _, err := g.db.ExecContext(context.Background(), `ALTER TABLE audit_events RENAME TO gone`); err != nil {
		t.Fatal(err)
	}
	calls := len(g.ingest.calls)
	for _, path := range []string{"/api/v1/data/ingest/table", "/api/v1/auth/token"} {
		b := body
		if strings.HasSuffix(path, "token") {
			b = `{"username":"una","password":"` + pass + `"}`
		}
		if w := g.as(ada, "POST", path, b); w.Code != 503 || strings.Contains(w.Body.String(), "access_token") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if len(g.ingest.calls) != calls {
		t.Error("an unrecorded call reached the use case")
	}
	if w := g.as(ada, "GET", "/api/v1/catalogs", ""); w.Code != 200 {
		t.Errorf("reading: %d %s", w.Code, w.Body)
	}
}

func TestTheRecordHoldsWhatWasAskedAndNoSecrets(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	ada := g.token("ada")
	g.as("", "POST", "/api/v1/auth/token", `{"username":"`+pass+` typed here","password":"x"}`)
	g.as("", "POST", "/api/v1/auth/token", `{"username":"una","password":"wrong-and-long-enough"}`)
	g.as(ada, "POST", "/api/v1/users", `{"name":"max","role":"researcher","password":"`+pass+`-9"}`)
	g.as(ada, "PUT", "/api/v1/users/max/password", `{"password":"`+pass+`-8"}`)
	g.as(ada, "POST", "/api/v1/keys", `{"name":"nightly","user":"max"}`)
	g.as(g.token("una"), "DELETE", "/api/v1/jobs/unknown", "")
	g.as(g.token("rob"), "POST", "/api/v1/data/version/v1/restore", "")
	var text strings.Builder
	if err := g.audit.Export(context.Background(), &text); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{pass, "wrong-and", "exo_"} {
		if strings.Contains(text.String(), secret) {
			t.Errorf("%q stands in the record:\n%s", secret, text.String())
		}
	}
	var got []string
	for _, e := range slices.Backward(g.events(audit.Filter{})) {
		got = append(got, fmt.Sprintf("%s %s %s %s %s", e.Actor, e.Action, e.Object, e.Outcome, e.Code))
	}
	want := []string{
		"(no user's name) POST /api/v1/auth/token sign-in denied Unauthenticated",
		"una POST /api/v1/auth/token sign-in denied Unauthenticated",
		"ada POST /api/v1/users max researcher allowed ", "ada POST /api/v1/users max researcher done ",
		"ada PUT /api/v1/users/{name}/password max allowed ", "ada PUT /api/v1/users/{name}/password max done ",
		"ada POST /api/v1/keys nightly max allowed ", "ada POST /api/v1/keys nightly max done ",
		"una DELETE /api/v1/jobs/{id} unknown allowed ", "una DELETE /api/v1/jobs/{id} /api/v1/jobs/unknown denied NotFound", "una DELETE /api/v1/jobs/{id} unknown failed NotFound",
		"rob POST /api/v1/data/version/{name}/restore v1 allowed ", "rob POST /api/v1/data/version/{name}/restore v1 denied Denied",
	}
	if !slices.Equal(got, want) {
		t.Errorf("recorded\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestARestoreInPlaceIsForAdmins(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	rob, ada := g.token("rob"), g.token("ada")
	for body, want := range map[string][2]int{
		``: {403, 200}, `{"target":"in_place"}`: {403, 200}, `{"target":"in_place","dry_run":true}`: {200, 200}, `{"target":"folder"}`: {200, 200},
	} {
		for i, token := range []string{rob, ada} {
			for _, prefer := range []string{"", "respond-async"} {
				w := g.as(token, "POST", "/api/v1/data/version/v1/restore", body, "Prefer", prefer)
				if ok := w.Code < 300; ok != (want[i] == 200) {
					t.Errorf("%s prefer %q caller %d: %d %s", body, prefer, i, w.Code, w.Body)
				}
			}
		}
	}
}
