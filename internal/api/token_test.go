package api_test

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/api"
	"exoplanetai/internal/audit"
	"exoplanetai/internal/auth"
)

const signInPath = "/api/v1/auth/token"

func signInBody(name, password string) string {
	return fmt.Sprintf(`{"username":%q,"password":%q}`, name, password)
}

// tokens signs in over HTTP.
func (g *guarded) tokens(t *testing.T, body string, header ...string) auth.Tokens {
	t.Helper()
	g.pass(time.Minute)
	w := g.do("POST", signInPath, body, header...)
	var tok auth.Tokens
	if err := json.Unmarshal(w.Body.Bytes(), &tok); err != nil || w.Code != 200 || tok.TokenType != "Bearer" || tok.RefreshToken == "" || tok.ExpiresIn <= 0 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w.Header().Get("Cache-Control") != "no-store" {
		t.Error("tokens may be cached")
	}
	return tok
}

// TestForgedTokensAreRefused is S3 over HTTP: tokens that say of themselves how
// they want to be checked, or that were changed.
func TestForgedTokensAreRefused(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	good := g.tokens(t, signInBody("ada", pass)).AccessToken
	parts := strings.Split(good, ".")
	claims := func(change func(map[string]any)) string {
		var m map[string]any
		raw := must(base64.RawURLEncoding.DecodeString(parts[1]))(t)
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		change(m)
		return base64.RawURLEncoding.EncodeToString(must(json.Marshal(m))(t))
	}
	same := func(map[string]any) {}
	head := func(h map[string]any) string { return base64.RawURLEncoding.EncodeToString(must(json.Marshal(h))(t)) }
	_, own, _ := ed25519.GenerateKey(nil)
	signed := func(h, c string) string {
		return h + "." + c + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(own, []byte(h+"."+c)))
	}
	var kid map[string]any
	if err := json.Unmarshal(must(base64.RawURLEncoding.DecodeString(parts[0]))(t), &kid); err != nil {
		t.Fatal(err)
	}
	mac := func(key string) string {
		h := head(map[string]any{"alg": "HS256", "typ": "at+jwt", "kid": kid["kid"]}) + "." + parts[1]
		m := hmac.New(sha256.New, []byte(key))
		m.Write([]byte(h))
		return h + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
	}
	ed := func(more map[string]any) string {
		h := map[string]any{"alg": "EdDSA", "typ": "at+jwt", "kid": kid["kid"]}
		for k, v := range more {
			h[k] = v
		}
		return head(h)
	}
	forged := map[string]string{
		"HS256 with the name of the key": mac(fmt.Sprint(kid["kid"])), "HS256 with no key": mac(""),
		"another's key": signed(ed(nil), parts[1]), "an unknown kid": signed(ed(map[string]any{"kid": "nope"}), parts[1]), "a kid that is a path": signed(ed(map[string]any{"kid": "../../etc/passwd"}), parts[1]),
		"a kid that is SQL": signed(ed(map[string]any{"kid": "' OR 1=1 --"}), parts[1]), "no kid": signed(ed(map[string]any{"kid": nil}), parts[1]),
		"jku": signed(ed(map[string]any{"jku": "http://127.0.0.1:1/keys"}), parts[1]), "x5u": signed(ed(map[string]any{"x5u": "http://127.0.0.1:1/x"}), parts[1]),
		"jwk in the head": signed(ed(map[string]any{"jwk": map[string]any{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(own.Public().(ed25519.PublicKey))}}), parts[1]),
		"no signature":    parts[0] + "." + parts[1] + ".", "a cut signature": good[:len(good)-10], "two parts": parts[0] + "." + parts[1], "four parts": good + ".x",
		"empty": " ", "one byte": "x", "1 MiB": strings.Repeat("a", 1<<20), "1 MiB of dots": strings.Repeat(".", 1<<20), "a changed role": parts[0] + "." + claims(func(m map[string]any) { m["role"] = "root" }) + "." + parts[2],
	}
	for _, alg := range []string{"none", "None", "nOnE", "NONE", "", "HS256", "RS256", "ES256", "HS512", "EdDSA "} {
		forged["alg "+alg] = head(map[string]any{"alg": alg, "typ": "at+jwt", "kid": kid["kid"]}) + "." + claims(same) + "." + parts[2]
		forged["alg "+alg+", unsigned"] = head(map[string]any{"alg": alg, "typ": "JWT"}) + "." + claims(same) + "."
	}
	for name, change := range map[string]func(map[string]any){
		"expired": func(m map[string]any) { m["exp"] = 1 }, "no exp": func(m map[string]any) { delete(m, "exp") }, "nbf to come": func(m map[string]any) { m["nbf"] = 1 << 40 },
		"wrong aud": func(m map[string]any) { m["aud"] = "other" }, "wrong iss": func(m map[string]any) { m["iss"] = "other" }, "another sub": func(m map[string]any) { m["sub"] = "x" },
	} {
		forged[name+", old signature"] = parts[0] + "." + claims(change) + "." + parts[2]
		forged[name+", own signature"] = signed(parts[0], claims(change))
	}
	for name, token := range forged {
		if w := g.as(token, "GET", "/api/v1/users", ""); w.Code != 401 || strings.Contains(w.Body.String(), "ada") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if w := g.as(good, "GET", "/api/v1/users", ""); w.Code != 200 {
		t.Errorf("the good one: %d %s", w.Code, w.Body)
	}
	counted(t, "forged, changed and cut tokens (S3)", len(forged))
}

func TestTwoCredentialsAreNone(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	key, _ := g.key("ada", auth.NewKey{})
	if w := g.do("GET", "/api/v1/auth/me", "", "X-API-Key", key); w.Code != 200 || member(t, w, "via") != "key" {
		t.Errorf("X-API-Key: %d %s", w.Code, w.Body)
	}
	if w := g.as(key, "GET", "/api/v1/auth/me", "", "X-API-Key", key); w.Code != 401 {
		t.Errorf("both: %d", w.Code)
	}
	for _, text := range []string{"Basic YWRhOng=", "bearer", "Bearer", "Token " + key, key} {
		if w := g.do("GET", "/api/v1/auth/me", "", "Authorization", text); w.Code != 401 {
			t.Errorf("%.12q: %d", text, w.Code)
		}
	}
}

// TestASessionFromBeginningToEnd signs in, renews, lowers, signs out.
func TestASessionFromBeginningToEnd(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	me := func(token string) int { return g.as(token, "GET", "/api/v1/auth/me", "").Code }
	first := g.tokens(t, signInBody("ada", pass))
	form := url.Values{"grant_type": {"password"}, "username": {"ada"}, "password": {pass}}.Encode()
	byForm := g.tokens(t, form, "Content-Type", "application/x-www-form-urlencoded")
	second := g.tokens(t, `{"refresh_token":"`+first.RefreshToken+`"}`)
	if me(first.AccessToken) != 200 || me(second.AccessToken) != 200 || me(byForm.AccessToken) != 200 {
		t.Error("tokens of a session are refused")
	}
	if w := g.do("POST", signInPath, `{"refresh_token":"`+first.RefreshToken+`"}`); w.Code != 401 {
		t.Errorf("a used refresh token: %d", w.Code)
	}
	if w := g.do("POST", signInPath, `{"refresh_token":"`+second.RefreshToken+`"}`); w.Code != 401 {
		t.Errorf("the newest of a session whose token was copied: %d", w.Code)
	}
	if me(second.AccessToken) != 401 {
		t.Error("the session goes on after its refresh token was used twice")
	}
	third := g.tokens(t, signInBody("ada", pass))
	if w := g.as(third.AccessToken, "POST", "/api/v1/auth/logout", ""); w.Code != 200 || me(third.AccessToken) != 401 || me(byForm.AccessToken) != 200 {
		t.Errorf("sign-out: %d %s", w.Code, w.Body)
	}
	fourth := g.tokens(t, signInBody("ada", pass))
	if w := g.as(fourth.AccessToken, "POST", "/api/v1/auth/logout", `{"all":true}`); w.Code != 200 || me(byForm.AccessToken) != 401 {
		t.Errorf("sign-out of all: %d %s", w.Code, w.Body)
	}
	rob, ada := g.tokens(t, signInBody("rob", pass)).AccessToken, g.tokens(t, signInBody("ada", pass)).AccessToken
	if w := g.as(rob, "POST", "/api/v1/data/ingest/batch", ""); w.Code != 202 {
		t.Errorf("a researcher: %d %s", w.Code, w.Body)
	}
	if w := g.as(ada, "PATCH", "/api/v1/users/rob", `{"role":"user"}`); w.Code != 200 {
		t.Fatal(w.Code, w.Body)
	}
	if w := g.as(rob, "POST", "/api/v1/data/ingest/batch", ""); w.Code != 403 {
		t.Errorf("a role that was lowered after the token was made: %d", w.Code)
	}
}

func TestBadSignInsSayNothing(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	for body, want := range map[string]int{
		`{}`: 400, `{"username":"ada"}`: 400, `{"username":"ada","password":"x","refresh_token":"y"}`: 400, `{"grant_type":"client_credentials"}`: 400,
		`{"username":"ada","password":"x","role":"admin"}`: 400, `{"grant_type":"refresh_token","username":"ada","password":"` + pass + `"}`: 400,
	} {
		g.pass(time.Minute)
		if w := g.do("POST", signInPath, body); w.Code != want {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	var answers []string
	for _, name := range []string{"ada", "nobody", "' OR 1=1 --", strings.Repeat("x", 200), "ADA", "\u202eada", "ada\n"} {
		g.pass(time.Minute)
		w := g.do("POST", signInPath, signInBody(name, "wrong-and-long-enough"))
		before, _, _ := strings.Cut(w.Body.String(), `"request_id"`)
		answers = append(answers, fmt.Sprint(w.Code, before))
	}
	for i, a := range answers {
		if a != answers[0] || !strings.HasPrefix(a, "401") {
			t.Errorf("answer %d: %s, of a user that there is: %s", i, a, answers[0])
		}
	}
	for _, form := range []string{"username=ada&username=rob&password=x", "username=%zz", "username=ada&password=x&role=admin"} {
		if w := g.do("POST", signInPath, form, "Content-Type", "application/x-www-form-urlencoded"); w.Code != 400 {
			t.Errorf("%s: %d %s", form, w.Code, w.Body)
		}
	}
	if w := g.as(g.token("ada"), "POST", "/api/v1/users", "name=eva&role=admin&password="+pass, "Content-Type", "application/x-www-form-urlencoded"); w.Code != 415 && w.Code != 400 {
		t.Errorf("a form elsewhere: %d", w.Code)
	}
}

// TestGuessesAreLimited is S4 over HTTP: 10,000 guesses within a minute.
func TestGuessesAreLimited(t *testing.T) {
	g := newGuarded(t, func(o *api.Options) { o.Audit = nil }) // 10,000 events are another test
	g.people()
	var mu sync.Mutex
	statuses := map[int]int{}
	var wait sync.WaitGroup
	for worker := range 4 {
		wait.Go(func() {
			for i := range 2500 / thin {
				w := g.do("POST", signInPath, signInBody("ada", fmt.Sprintf("guess-number-%d-%d", worker, i)))
				if w.Code == 429 && w.Header().Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
				mu.Lock()
				statuses[w.Code]++
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if statuses[401] != 10 || statuses[429] != 10_000/thin-10 {
		t.Errorf("statuses %v", statuses)
	}
	counted(t, "guesses of a password within a minute (S4)", statuses[401]+statuses[429])
	counted(t, "guesses that were compared (S4)", statuses[401])
	if w := g.do("POST", signInPath, signInBody("ada", pass)); w.Code != 429 {
		t.Errorf("the right password within the minute: %d", w.Code)
	}
	g.pass(time.Minute)
	if w := g.do("POST", signInPath, signInBody("ada", pass)); w.Code != 200 {
		t.Errorf("a minute later: %d", w.Code)
	}
}

func TestKeysAreShownOnceAndKeptAsHashes(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	una := g.token("una")
	w := g.as(una, "POST", "/api/v1/keys", `{"name":"nightly","scopes":["read"],"expires_at":"2030-01-01T00:00:00Z"}`)
	key, _ := member(t, w, "key").(string)
	if w.Code != 201 || !strings.HasPrefix(key, "exo_") || w.Header().Get("Location") != "/api/v1/keys/"+member(t, w, "id").(string) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := g.as(key, "GET", "/api/v1/catalogs", ""); w.Code != 200 {
		t.Errorf("the key: %d %s", w.Code, w.Body)
	}
	for _, path := range []string{"/api/v1/keys", "/api/v1/keys/" + member(t, w, "id").(string)} {
		if w := g.as(una, "GET", path, ""); w.Code != 200 || strings.Contains(w.Body.String(), key[20:]) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := g.as(key, "POST", "/api/v1/keys", `{"name":"more"}`); w.Code != 403 {
		t.Errorf("a key for reading makes keys: %d", w.Code)
	}
	if w := g.as(una, "DELETE", "/api/v1/keys/"+member(t, w, "id").(string), ""); w.Code != 200 || g.as(key, "GET", "/api/v1/catalogs", "").Code != 401 {
		t.Errorf("revoked: %d %s", w.Code, w.Body)
	}
	for body, want := range map[string]int{
		`{"name":"n","scopes":["everything"]}`: 400, `{"name":"n","scopes":["read","read"],"expires_at":"yesterday"}`: 400, `{"name":"n","expires_at":"2020-01-01T00:00:00Z"}`: 400,
		`{"name":""}`: 400, `{}`: 400, `{"name":"n","id":"x"}`: 400, `{"name":"n","role":"researcher"}`: 403,
	} {
		if w := g.as(una, "POST", "/api/v1/keys", body); w.Code != want {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

func TestOnesOwnPasswordNeedsTheCurrentOne(t *testing.T) {
	g := newGuarded(t, nil)
	g.people()
	for _, c := range []struct {
		by, whose, body string
		want            int
	}{
		{"una", "una", `{"password":"a-new-long-one-1"}`, 400}, {"una", "una", `{"password":"a-new-long-one-1","current_password":"wrong"}`, 403},
		{"una", "una", `{"password":"short","current_password":"` + pass + `"}`, 400}, {"una", "eve", `{"password":"a-new-long-one-1","current_password":"` + pass + `"}`, 404},
		{"ada", "ada", `{"password":"a-new-long-one-1"}`, 400}, {"ada", "eve", `{"password":"a-new-long-one-1"}`, 200}, {"ada", "zzz", `{"password":"a-new-long-one-1"}`, 404},
		{"una", "una", `{"password":"a-new-long-one-1","current_password":"` + pass + `"}`, 200},
	} {
		if w := g.as(g.token(c.by), "PUT", "/api/v1/users/"+c.whose+"/password", c.body); w.Code != c.want {
			t.Errorf("%s of %s by %s: %d %s", c.body, c.whose, c.by, w.Code, w.Body)
		}
	}
	g.pass(time.Minute)
	if w := g.do("POST", signInPath, signInBody("una", "a-new-long-one-1")); w.Code != 200 {
		t.Errorf("the new password: %d", w.Code)
	}
	if n := len(g.events(audit.Filter{Action: "PUT *", Outcome: audit.Done})); n != 2 {
		t.Errorf("%d changes of passwords are recorded", n)
	}
	if _, err := g.auth.User(context.Background(), "una"); err != nil {
		t.Error(err)
	}
}
