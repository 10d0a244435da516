package auth_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/auth"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/seal"
	"exoplanetai/internal/xtest"
)

// forge writes a JWT with any head and claims, signed by any function.
func forge(t testing.TB, head, claims map[string]any, sign func(text []byte) []byte) string {
	t.Helper()
	text := part(t, head) + "." + part(t, claims)
	return text + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(text)))
}

func part(t testing.TB, v any) string {
	t.Helper()
	return base64.RawURLEncoding.EncodeToString(must(json.Marshal(v))(t))
}

// parts reads head and claims of a token.
func parts(t testing.TB, token string) (head, claims map[string]any) {
	t.Helper()
	words := strings.Split(token, ".")
	for i, to := range []*map[string]any{&head, &claims} {
		if err := json.Unmarshal(must(base64.RawURLEncoding.DecodeString(words[i]))(t), to); err != nil {
			t.Fatal(err)
		}
	}
	return head, claims
}

func with(m map[string]any, pairs ...any) map[string]any {
	m = maps.Clone(m)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == nil {
			delete(m, pairs[i].(string))
		} else {
			m[pairs[i].(string)] = pairs[i+1]
		}
	}
	return m
}

// Each way to forge or misuse an access token (S3; RFC 8725). The first row is
// the control: made in the same way, and right.
func TestForgedAndMisusedTokensAreRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		people(t, s)
		token := signIn(t, s, "ada").AccessToken
		head, claims := parts(t, token)
		kid, private, err := s.Signer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		public := private.Public().(ed25519.PublicKey)
		der := must(x509.MarshalPKIXPublicKey(public))(t)
		publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		otherPublic, otherPrivate, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		now := w.clock().Unix()

		ours := func(b []byte) []byte { return ed25519.Sign(private, b) }
		theirs := func(b []byte) []byte { return ed25519.Sign(otherPrivate, b) }
		none := func([]byte) []byte { return nil }
		hs256 := func(key []byte) func([]byte) []byte {
			return func(b []byte) []byte {
				h := hmac.New(sha256.New, key)
				_, _ = h.Write(b)
				return h.Sum(nil)
			}
		}
		jwk := map[string]any{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(otherPublic)}
		caller(t, s, forge(t, head, with(claims, "jti", "another"), ours)) // the control

		words := strings.Split(token, ".")
		bad := map[string]string{
			"alg none":                            forge(t, with(head, "alg", "none"), claims, none),
			"alg None":                            forge(t, with(head, "alg", "None"), claims, none),
			"alg nOnE":                            forge(t, with(head, "alg", "nOnE"), claims, none),
			"alg none with our signature":         forge(t, with(head, "alg", "none"), claims, ours),
			"no alg":                              forge(t, with(head, "alg", nil), claims, ours),
			"alg a list":                          forge(t, with(head, "alg", []string{"EdDSA"}), claims, ours),
			"alg in other letters":                forge(t, with(head, "alg", "eddsa"), claims, ours),
			"HS256 with the public key":           forge(t, with(head, "alg", "HS256"), claims, hs256(public)),
			"HS256 with the public key as PEM":    forge(t, with(head, "alg", "HS256"), claims, hs256(publicPEM)),
			"HS256 with the public key as DER":    forge(t, with(head, "alg", "HS256"), claims, hs256(der)),
			"HS256 with an empty key":             forge(t, with(head, "alg", "HS256"), claims, hs256(nil)),
			"EdDSA with an HMAC":                  forge(t, head, claims, hs256(public)),
			"RS256":                               forge(t, with(head, "alg", "RS256"), claims, ours),
			"ES256":                               forge(t, with(head, "alg", "ES256"), claims, ours),
			"another key under our kid":           forge(t, head, claims, theirs),
			"unknown kid":                         forge(t, with(head, "kid", "0123456789abcdef"), claims, ours),
			"no kid":                              forge(t, with(head, "kid", nil), claims, ours),
			"empty kid":                           forge(t, with(head, "kid", ""), claims, ours),
			"kid a path":                          forge(t, with(head, "kid", "../../dev/null"), claims, hs256(nil)),
			"kid with SQL":                        forge(t, with(head, "kid", "' OR 1=1 --    "), claims, ours),
			"kid in capitals":                     forge(t, with(head, "kid", strings.ToUpper(kid)+"A"), claims, ours),
			"kid a number":                        forge(t, with(head, "kid", 1), claims, ours),
			"jku":                                 forge(t, with(head, "jku", "https://192.0.2.1/keys"), claims, theirs),
			"jku with our signature":              forge(t, with(head, "jku", "https://192.0.2.1/keys"), claims, ours),
			"x5u":                                 forge(t, with(head, "x5u", "https://192.0.2.1/c.pem"), claims, ours),
			"x5c":                                 forge(t, with(head, "x5c", []string{"MIIB"}), claims, ours),
			"jwk of another key":                  forge(t, with(head, "jwk", jwk), claims, theirs),
			"jwk with our signature":              forge(t, with(head, "jwk", jwk), claims, ours),
			"crit":                                forge(t, with(head, "crit", []string{"exp"}), claims, ours),
			"zip":                                 forge(t, with(head, "zip", "DEF"), claims, ours),
			"typ JWT":                             forge(t, with(head, "typ", "JWT"), claims, ours),
			"no typ":                              forge(t, with(head, "typ", nil), claims, ours),
			"another iss":                         forge(t, head, with(claims, "iss", "somebody"), ours),
			"no iss":                              forge(t, head, with(claims, "iss", nil), ours),
			"another aud":                         forge(t, head, with(claims, "aud", "somebody"), ours),
			"no aud":                              forge(t, head, with(claims, "aud", nil), ours),
			"exp past":                            forge(t, head, with(claims, "exp", now-6), ours),
			"no exp":                              forge(t, head, with(claims, "exp", nil), ours),
			"exp a word":                          forge(t, head, with(claims, "exp", "never"), ours),
			"exp zero":                            forge(t, head, with(claims, "exp", 0), ours),
			"nbf to come":                         forge(t, head, with(claims, "nbf", now+60), ours),
			"iat to come":                         forge(t, head, with(claims, "iat", now+60), ours),
			"no sub":                              forge(t, head, with(claims, "sub", nil), ours),
			"sub of nobody":                       forge(t, head, with(claims, "sub", "0123456789abcdef"), ours),
			"sub of another user":                 forge(t, head, with(claims, "sub", must(s.User(ctx, "rob"))(t).ID), ours),
			"no session":                          forge(t, head, with(claims, "sid", nil), ours),
			"another session":                     forge(t, head, with(claims, "sid", "0123456789abcdef"), ours),
			"another generation":                  forge(t, head, with(claims, "gen", 2), ours),
			"claims changed":                      words[0] + "." + part(t, with(claims, "role", "user")) + "." + words[2],
			"claims a list":                       forgeRaw(head, "[]", ours, t),
			"claims no JSON":                      forgeRaw(head, "{", ours, t),
			"head no JSON":                        "e30x." + words[1] + "." + words[2],
			"signature cut":                       token[:len(token)-4],
			"signature empty":                     words[0] + "." + words[1] + ".",
			"signature gone":                      words[0] + "." + words[1],
			"four parts":                          token + "." + words[2],
			"the last letter's spare bits set":    token[:len(token)-1] + other(token[len(token)-1]),
			"padded":                              token + "==",
			"a space after":                       token + " ",
			"a line end after":                    token + "\n",
			"a line end inside":                   token[:40] + "\r\n" + token[40:],
			"1 MiB":                               token + strings.Repeat("A", 1<<20),
			"1 MiB in the claims, rightly signed": forge(t, head, with(claims, "x", strings.Repeat("A", 1<<20)), ours),
			"5 kB in the claims, rightly signed":  forge(t, head, with(claims, "x", strings.Repeat("A", 5000)), ours),
			"dots":                                "..",
			"many dots":                           strings.Repeat(".", 4000),
			"blank":                               " ",
		}
		for name, text := range bad {
			wantRefused(t, name, s, text)
		}
		if len(bad) < 60 {
			t.Errorf("%d cases", len(bad))
		}
	})
}

func forgeRaw(head map[string]any, claims string, sign func([]byte) []byte, t *testing.T) string {
	text := part(t, head) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	return text + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(text)))
}

// other returns the letter that a careless decoder reads as the same bits.
func other(c byte) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(letters[strings.IndexByte(letters, c)^1])
}

func TestHeadsOfRequests(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		people(t, s)
		token := signIn(t, s, "ada").AccessToken
		_, key, err := s.CreateKey(ctx, auth.NewKey{Name: "k", User: "ada"})
		if err != nil {
			t.Fatal(err)
		}
		tests := map[string]struct {
			h         http.Header
			found, ok bool
		}{
			"nothing":                     {http.Header{}, false, false},
			"no header at all":            {nil, false, false},
			"a token":                     {bearer(token), true, true},
			"a key":                       {bearer(key), true, true},
			"bearer in small letters":     {http.Header{"Authorization": {"bearer " + token}}, true, true},
			"a key of its own field":      {http.Header{"X-Api-Key": {key}}, true, true},
			"a token in the key's field":  {http.Header{"X-Api-Key": {token}}, true, false},
			"both":                        {http.Header{"X-Api-Key": {key}, "Authorization": {"Bearer " + key}}, true, false},
			"two":                         {http.Header{"Authorization": {"Bearer " + token, "Bearer " + token}}, true, false},
			"basic":                       {http.Header{"Authorization": {"Basic YWRhOng="}}, true, false},
			"no scheme":                   {http.Header{"Authorization": {token}}, true, false},
			"empty":                       {http.Header{"Authorization": {""}}, true, false},
			"a scheme alone":              {http.Header{"Authorization": {"Bearer "}}, true, false},
			"an empty key":                {http.Header{"X-Api-Key": {""}}, true, false},
			"a refresh token":             {bearer(signIn(t, s, "ada").RefreshToken), true, false},
			"a key with another id":       {bearer("exo_0123456789abcdef" + key[20:]), true, false},
			"a key with a wrong first":    {bearer(key[:21] + other(key[21]) + key[22:]), true, false},
			"a key with a wrong last":     {bearer(key[:len(key)-1] + other(key[len(key)-1])), true, false},
			"a key cut":                   {bearer(key[:len(key)-1]), true, false},
			"a key in capitals":           {bearer(strings.ToUpper(key)), true, false},
			"a hash in place of a secret": {bearer(key[:21] + strings.Repeat("a", 43)), true, false},
		}
		for name, tt := range tests {
			c, found, err := s.Authenticate(ctx, tt.h)
			if found != tt.found || (c.Name == "ada") != tt.ok || tt.found && !tt.ok && !errors.Is(err, exo.Unauthenticated) || tt.ok && err != nil {
				t.Errorf("%s: %+v, found %v, %v", name, c, found, err)
			}
		}
	})
}

func TestATokenExpires(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		people(t, s)
		tokens := signIn(t, s, "ada")
		if tokens.TokenType != "Bearer" || tokens.ExpiresIn != 900 || len(tokens.AccessToken) > 600 {
			t.Errorf("%d bytes, %s, %d s", len(tokens.AccessToken), tokens.TokenType, tokens.ExpiresIn)
		}
		w.pass(14*time.Minute + 59*time.Second)
		if c := caller(t, s, tokens.AccessToken); c.Name != "ada" || c.Role != auth.Admin || c.Via != auth.ViaToken || c.KeyID == "" {
			t.Errorf("%+v", c)
		}
		w.pass(10 * time.Second) // the kept check must not outlive the token
		wantRefused(t, "expired", s, tokens.AccessToken)
		_, _, err := s.Authenticate(ctx, bearer(tokens.AccessToken))
		if !strings.Contains(exo.MessageOf(err), "expired") {
			t.Errorf("what is said: %s", exo.MessageOf(err))
		}
	})
}

// What one process changes must hold in the other within 60 seconds, and in
// itself at once. The clock is the only thing that moves.
func TestAChangeHoldsEverywhereWithinAMinute(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		type act func(s *auth.Service, c auth.Caller) error
		refuses := func(c auth.Caller, err error) bool { return errors.Is(err, exo.Unauthenticated) }
		role := func(r auth.Role) func(auth.Caller, error) bool {
			return func(c auth.Caller, err error) bool { return err == nil && c.Role == r }
		}
		tests := map[string]struct {
			act        act
			token, key func(auth.Caller, error) bool
		}{
			"role lowered":          {func(s *auth.Service, _ auth.Caller) error { return s.SetRole(ctx, "rob", auth.User) }, role(auth.User), role(auth.User)},
			"role raised":           {func(s *auth.Service, _ auth.Caller) error { return s.SetRole(ctx, "rob", auth.Admin) }, role(auth.Admin), role(auth.Researcher)},
			"signed out":            {func(s *auth.Service, c auth.Caller) error { return s.SignOut(ctx, c, false) }, refuses, role(auth.Researcher)},
			"signed out everywhere": {func(s *auth.Service, c auth.Caller) error { return s.SignOut(ctx, c, true) }, refuses, role(auth.Researcher)},
			"password changed":      {func(s *auth.Service, _ auth.Caller) error { return s.SetPassword(ctx, "rob", "another-"+password) }, refuses, role(auth.Researcher)},
			"disabled":              {func(s *auth.Service, _ auth.Caller) error { return s.Disable(ctx, "rob") }, refuses, refuses},
			"deleted":               {func(s *auth.Service, _ auth.Caller) error { return s.DeleteUser(ctx, "rob") }, refuses, refuses},
			"deleted and made again": {func(s *auth.Service, _ auth.Caller) error {
				_, err := s.CreateUser(ctx, "rob", auth.Researcher, password)
				return errors.Join(err, nil)
			}, refuses, refuses},
			"signing key replaced": {func(s *auth.Service, _ auth.Caller) error { return s.ReplaceSigning(ctx) }, refuses, role(auth.Researcher)},
			"signing key rotated":  {func(s *auth.Service, _ auth.Caller) error { return s.RotateSigning(ctx) }, role(auth.Researcher), role(auth.Researcher)},
			"key revoked": {func(s *auth.Service, _ auth.Caller) error {
				return s.RevokeKey(ctx, must(s.Keys(ctx, "rob"))(t)[0].ID)
			}, role(auth.Researcher), refuses},
		}
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t)
				here, there := w.service(), w.service()
				people(t, here)
				token := signIn(t, here, "rob").AccessToken
				_, key, err := here.CreateKey(ctx, auth.NewKey{Name: "k", User: "rob"})
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range []*auth.Service{here, there} {
					for _, text := range []string{token, key} {
						if c := caller(t, s, text); c.Role != auth.Researcher {
							t.Fatalf("before: %+v", c)
						}
					}
				}
				c := caller(t, here, token)
				if name == "deleted and made again" {
					if err := here.DeleteUser(ctx, "rob"); err != nil {
						t.Fatal(err)
					}
				}
				if err := tt.act(here, c); err != nil {
					t.Fatal(err)
				}
				look := func(where string, s *auth.Service) {
					t.Helper()
					for what, text := range map[string]string{"token": token, "key": key} {
						c, _, err := s.Authenticate(ctx, bearer(text))
						want := tt.token
						if what == "key" {
							want = tt.key
						}
						if !want(c, err) {
							t.Errorf("%s, %s: %+v, %v", where, what, c, err)
						}
					}
				}
				look("here, at once", here)
				w.pass(60 * time.Second)
				look("there, after a minute", there)
			})
		}
	})
}

func TestRefreshTokensWorkOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		people(t, s)
		first := signIn(t, s, "rob")
		bystander := signIn(t, s, "rob")
		second := must(s.Refresh(ctx, first.RefreshToken))(t)
		if second.AccessToken == first.AccessToken || second.RefreshToken == first.RefreshToken {
			t.Error("the pair is the same")
		}
		caller(t, s, first.AccessToken)
		caller(t, s, second.AccessToken)

		// A thief comes with the first: whoever is which, the session is over.
		_, err := s.Refresh(ctx, first.RefreshToken)
		wantKind(t, "reused", err, exo.Unauthenticated)
		_, err = s.Refresh(ctx, second.RefreshToken)
		wantKind(t, "the newer one after that", err, exo.Unauthenticated)
		wantRefused(t, "access token of the session", s, second.AccessToken)
		wantRefused(t, "its older one", s, first.AccessToken)
		caller(t, s, bystander.AccessToken)
		bystander = must(s.Refresh(ctx, bystander.RefreshToken))(t)

		for name, text := range map[string]string{"empty": "", "junk": "junk", "an access token": bystander.AccessToken, "unknown": "exr_" + strings.Repeat("A", 43),
			"1 MiB": "exr_" + strings.Repeat("A", 1<<20), "changed": bystander.RefreshToken[:46] + other(bystander.RefreshToken[46])} {
			_, err := s.Refresh(ctx, text)
			wantKind(t, name, err, exo.Unauthenticated)
		}
		for range 3 { // a session ends in any case, however often it was refreshed
			w.pass(9 * 24 * time.Hour)
			bystander = must(s.Refresh(ctx, bystander.RefreshToken))(t)
		}
		w.pass(3*24*time.Hour + time.Second)
		_, err = s.Refresh(ctx, bystander.RefreshToken)
		wantKind(t, "after 30 days", err, exo.Unauthenticated)
	})
}

func TestOfManyRefreshesAtOnceOneWins(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		people(t, s)
		tokens := signIn(t, s, "rob")
		results := make(chan error, 8)
		for range 8 {
			go func() {
				_, err := s.Refresh(ctx, tokens.RefreshToken)
				results <- err
			}()
		}
		won := 0
		for range 8 {
			if err := <-results; err == nil {
				won++
			} else {
				wantKind(t, "a loser", err, exo.Unauthenticated)
			}
		}
		if won != 1 {
			t.Errorf("%d refreshes of one token", won)
		}
	})
}

func TestKeysThatCannotBeHadAreNoFaultOfTheToken(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		people(t, w.service())
		token := signIn(t, w.service(), "ada").AccessToken
		w.setRing(nil, exo.Errorf("test", exo.Unavailable, nil, "the key file cannot be read"))
		s := w.service()
		_, found, err := s.Authenticate(ctx, bearer(token))
		if !found {
			t.Error("not found")
		}
		wantKind(t, "authenticate", err, exo.Unavailable)
		_, err = s.SignIn(ctx, "ada", password, address)
		wantKind(t, "sign in", err, exo.Unavailable)
	})
}

// A lost master key costs the sign-ins and nothing else; when it comes back, so
// do they.
func TestALostMasterKeyCostsOnlySignIns(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		people(t, s)
		tokens := signIn(t, s, "ada")
		_, key, err := s.CreateKey(ctx, auth.NewKey{Name: "k", User: "ada"})
		if err != nil {
			t.Fatal(err)
		}
		old, _ := w.keys()
		w.setRing(must(seal.New(nil))(t), nil)
		s = w.service()
		wantRefused(t, "a token of before", s, tokens.AccessToken)
		caller(t, s, key)
		caller(t, s, signIn(t, s, "ada").AccessToken)
		next := must(s.Refresh(ctx, tokens.RefreshToken))(t) // a refresh token needs no key
		caller(t, s, next.AccessToken)

		w.setRing(old, nil)
		caller(t, w.service(), tokens.AccessToken)
	})
}

func TestADamagedOrSwappedSigningKeyIsNotUsed(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		people(t, s)
		a := signIn(t, s, "ada").AccessToken
		if err := s.RotateSigning(ctx); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		b := signIn(t, s, "ada").AccessToken
		// Each key's sealed bytes are put in the other's row.
		for _, query := range []string{
			`CREATE TABLE o AS SELECT * FROM auth_signing`,
			`UPDATE auth_signing SET sealed = (SELECT o.sealed FROM o WHERE o.kid <> auth_signing.kid)`,
		} {
			if _, err := w.db.Exec(query); err != nil {
				t.Fatal(err)
			}
		}
		s = w.service()
		wantRefused(t, "swapped", s, a)
		wantRefused(t, "swapped", s, b)
		caller(t, s, signIn(t, s, "ada").AccessToken)
	})
}

func TestAnotherProcessIsUnderstoodAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		here, there := w.service(), w.service()
		people(t, here)
		caller(t, there, signIn(t, here, "ada").AccessToken)
		w.pass(2 * time.Second)
		if err := here.RotateSigning(ctx); err != nil {
			t.Fatal(err)
		}
		caller(t, there, signIn(t, here, "ada").AccessToken)
		w.pass(20 * time.Minute)
		if err := here.Prune(ctx); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := w.db.QueryRow(`SELECT count(*) FROM auth_signing`).Scan(&n); err != nil || n != 1 {
			t.Errorf("%d signing keys, %v", n, err)
		}
	})
}

// PyJWT, over another implementation of Ed25519, reads our tokens, and makes one
// that we read.
func TestPyJWTReadsOurTokens(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		w.pass(time.Since(w.clock())) // PyJWT looks at the real clock
		s := w.service()
		people(t, s)
		token := signIn(t, s, "ada").AccessToken
		_, private, err := s.Signer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		const script = `
import sys, jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(sys.argv[1]))
token = sys.argv[2]
head = jwt.get_unverified_header(token)
assert set(head) == {"alg", "kid", "typ"} and head["typ"] == "at+jwt", head
claims = jwt.decode(token, private.public_key(), algorithms=["EdDSA"], audience="exoplanetai", issuer="exoplanetai",
                    options={"require": ["exp", "iat", "nbf", "iss", "aud", "sub", "jti"]})
assert claims["exp"] - claims["iat"] == 900 and claims["role"] == "admin", claims
claims["jti"] = "made by PyJWT"
print(jwt.encode(claims, private, algorithm="EdDSA", headers=head), end="")
`
		made := xtest.Python(t, script, hex.EncodeToString(private.Seed()), token)
		if c := caller(t, s, made); c.Name != "ada" {
			t.Errorf("%+v", c)
		}
	})
}

func FuzzToken(f *testing.F) {
	w := newWorld(f)
	s := w.service()
	people(f, s)
	token := signIn(f, s, "ada").AccessToken
	_, key, err := s.CreateKey(ctx, auth.NewKey{Name: "k", User: "rob"})
	if err != nil {
		f.Fatal(err)
	}
	head, claims := parts(f, token)
	none := func([]byte) []byte { return nil }
	for _, text := range []string{token, key, "", ".", "..", "exo_", token[:100], forge(f, with(head, "alg", "none"), claims, none),
		forge(f, with(head, "kid", map[string]any{"a": []int{1}}), claims, none), key[:21] + "%00" + key[24:]} {
		f.Add(text, false)
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, field bool) {
		h := bearer(text)
		if field {
			h = http.Header{"X-Api-Key": {text}}
		}
		c, found, err := s.Authenticate(ctx, h)
		if !found {
			t.Error("a credential was not seen")
		}
		genuine := text == token && !field || text == key
		if genuine != (err == nil) || !genuine && (c.Name != "" || !errors.Is(err, exo.Unauthenticated)) {
			t.Errorf("%+v, %v", c, err)
		}
	})
}
