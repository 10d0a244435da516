package auth_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/auth"
	"exoplanetai/internal/exo"
)

func TestRolesIncludeThoseBelow(t *testing.T) {
	roles := auth.Roles()
	for i, a := range roles {
		for j, b := range roles {
			if a.Includes(b) != (i >= j) {
				t.Errorf("%s includes %s: %v", a, b, a.Includes(b))
			}
		}
		for _, junk := range []auth.Role{"", "root", "ADMIN", "admin "} {
			if a.Includes(junk) || junk.Includes(a) || junk.Includes(junk) {
				t.Errorf("%s and %q", a, junk)
			}
			_, err := auth.ParseRole(string(junk))
			wantKind(t, "parse", err, exo.Invalid)
		}
	}
	c := auth.Caller{Role: auth.Researcher, Scopes: []auth.Scope{auth.ScopeRead}}
	if !c.Allows(auth.User, auth.ScopeRead) || c.Allows(auth.User, auth.ScopeIngest) || c.Allows(auth.Admin, auth.ScopeRead) || (auth.Caller{}).Allows(auth.User, auth.ScopeRead) {
		t.Error("scopes")
	}
	if got, ok := auth.From(auth.With(ctx, c)); !ok || got.Role != auth.Researcher {
		t.Error("the context forgot the caller")
	}
	if _, ok := auth.From(ctx); ok {
		t.Error("a caller nobody set")
	}
	if _, err := auth.ParseScopes([]string{"read", "all"}); !errors.Is(err, exo.Invalid) {
		t.Errorf("%v", err)
	}
}

func TestUsersAreKept(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		if has, err := s.HasUsers(ctx); has || err != nil {
			t.Errorf("%v, %v", has, err)
		}
		_, err := s.CreateUser(ctx, "rob", auth.User, password)
		wantKind(t, "a first user who is no admin", err, exo.Conflict)
		people(t, s)
		if has, err := s.HasUsers(ctx); !has || err != nil {
			t.Errorf("%v, %v", has, err)
		}
		_, err = s.CreateUser(ctx, "ada", auth.User, password)
		wantKind(t, "twice", err, exo.Exists)
		signIn(t, s, "rob")
		users := must(s.Users(ctx))(t)
		if len(users) != 2 || users[0].Name != "ada" || users[0].LastSignIn != nil || users[1].LastSignIn == nil || users[1].Role != auth.Researcher {
			t.Errorf("%+v", users)
		}
		if err := s.Disable(ctx, "rob"); err != nil {
			t.Fatal(err)
		}
		if u := must(s.User(ctx, "rob"))(t); !u.Disabled {
			t.Errorf("%+v", u)
		}
		_, err = s.SignIn(ctx, "rob", password, address)
		wantKind(t, "disabled", err, exo.Unauthenticated)
		if err := s.Enable(ctx, "rob"); err != nil {
			t.Fatal(err)
		}
		signIn(t, s, "rob")
		for what, err := range map[string]error{"role": s.SetRole(ctx, "eve", auth.User), "password": s.SetPassword(ctx, "eve", password), "disable": s.Disable(ctx, "eve"),
			"delete": s.DeleteUser(ctx, "eve"), "user": func() error { _, err := s.User(ctx, "eve"); return err }()} {
			wantKind(t, what, err, exo.NotFound)
		}
		wantKind(t, "junk role", s.SetRole(ctx, "rob", "root"), exo.Invalid)
	})
}

func TestAUserMadeElsewhereEndsLocalMode(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		here, there := w.service(), w.service()
		if has, err := here.HasUsers(ctx); has || err != nil {
			t.Fatalf("%v, %v", has, err)
		}
		people(t, there)
		w.pass(time.Second)
		if has, err := here.HasUsers(ctx); !has || err != nil {
			t.Errorf("%v, %v", has, err)
		}
	})
}

func TestNamesOfUsers(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		for _, good := range []string{"a", "ada", "a.b-c_d@example.org", "0", strings.Repeat("a", 64)} {
			if err := auth.CheckName(good); err != nil {
				t.Errorf("%q: %v", good, err)
			}
		}
		w := newWorld(t)
		s := w.service()
		for _, bad := range []string{"", "..", ".a", "-a", "a/b", `a\b`, "a\x00", "%2e", "A", "ädа", "a b", "a\n", "\u202eada", strings.Repeat("a", 65), "local", "system", "a'--"} {
			wantKind(t, bad, auth.CheckName(bad), exo.Invalid)
			_, err := s.CreateUser(ctx, bad, auth.Admin, password)
			wantKind(t, bad, err, exo.Invalid)
			_, err = s.SignIn(ctx, bad, password, bad)
			wantKind(t, bad, err, exo.Unauthenticated)
		}
	})
}

func TestPasswordsThatAreTooEasy(t *testing.T) {
	for _, good := range []string{password, "four words not one", "ÄÖÜäöü ßßß éè", strings.Repeat("abcdefgh", 128)} {
		if err := auth.CheckPassword("ada", good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "tiny", "elevenchars", "aaaaaaaaaaaaaaaa", "password1234", "PasswordPassword", "1234567890123", "adaadaadaada12", "\xff\xfeabcdefghijklmn",
		"abc\x00defghijklmno", strings.Repeat("abcdefgh", 128) + "x"} {
		err := auth.CheckPassword("ada", bad)
		wantKind(t, bad, err, exo.Invalid)
		if err != nil && bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}

func TestTheSameLettersFromAnotherKeyboard(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		composed, apart := "caf\u00e9 au lait chaud", "cafe\u0301 au lait chaud"
		must(s.CreateUser(ctx, "ada", auth.Admin, composed))(t)
		must(s.SignIn(ctx, "ada", apart, address))(t)
	})
}

// Whatever is done at once, one admin who can sign in is left (S16).
func TestTheLastAdminStays(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		services := []*auth.Service{w.service(), w.service()}
		s := services[0]
		people(t, s)
		for what, err := range map[string]error{"lower": s.SetRole(ctx, "ada", auth.Researcher), "disable": s.Disable(ctx, "ada"), "delete": s.DeleteUser(ctx, "ada")} {
			wantKind(t, what, err, exo.Conflict)
		}
		names := []string{"ada", "bea", "cat", "dan"}
		for _, name := range names[1:] {
			must(s.CreateUser(ctx, name, auth.Admin, password))(t)
		}
		rounds := 25
		for round := range rounds {
			var wg sync.WaitGroup
			for i, name := range names {
				wg.Go(func() {
					s := services[i%2]
					var err error
					if (round+i)%2 == 0 {
						err = s.SetRole(ctx, name, auth.User)
					} else {
						err = s.Disable(ctx, name)
					}
					if err != nil && !errors.Is(err, exo.Conflict) {
						t.Errorf("%s: %v", name, err)
					}
				})
			}
			wg.Wait()
			admins := 0
			for _, u := range must(s.Users(ctx))(t) {
				if u.Role == auth.Admin && !u.Disabled {
					admins++
				}
			}
			if admins != 1 {
				t.Fatalf("%d admins are left", admins)
			}
			for _, name := range names {
				if err := errors.Join(s.SetRole(ctx, name, auth.Admin), s.Enable(ctx, name)); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// Many changes of one role while the user calls: each call sees one of the
// roles, and the last one holds in both processes.
func TestParallelChangesOfARole(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		here, there := w.service(), w.service()
		people(t, here)
		token := signIn(t, here, "rob").AccessToken
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				for j := range 10 {
					s := here
					if i%2 == 1 {
						s = there
					}
					if err := s.SetRole(ctx, "rob", auth.Roles()[(i+j)%3]); err != nil {
						t.Error(err)
					}
					if c, _, err := s.Authenticate(ctx, bearer(token)); err != nil || c.Name != "rob" || !c.Role.Includes(auth.User) {
						t.Errorf("%+v, %v", c, err)
					}
				}
			})
		}
		wg.Wait()
		w.pass(time.Minute)
		want := must(here.User(ctx, "rob"))(t).Role
		for _, s := range []*auth.Service{here, there} {
			if c := caller(t, s, token); c.Role != want {
				t.Errorf("%s, want %s", c.Role, want)
			}
		}
	})
}

func TestTheSameUserMadeTwiceAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		people(t, s)
		var wg sync.WaitGroup
		results := make(chan error, 8)
		for range 8 {
			wg.Go(func() {
				_, err := s.CreateUser(ctx, "eve", auth.User, password)
				results <- err
			})
		}
		wg.Wait()
		close(results)
		made := 0
		for err := range results {
			if err == nil {
				made++
			} else {
				wantKind(t, "a loser", err, exo.Exists)
			}
		}
		if made != 1 {
			t.Errorf("made %d times", made)
		}
	})
}

func TestKeysHaveNoMoreThanTheirOwnerAndMaker(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		people(t, s)
		rob := must(s.User(ctx, "rob"))(t)
		ada := must(s.User(ctx, "ada"))(t)
		robs := auth.Caller{Name: "rob", Role: auth.Researcher, Via: auth.ViaToken, UserID: rob.ID}
		narrow := robs
		narrow.Via, narrow.Scopes = auth.ViaKey, []auth.Scope{auth.ScopeRead, auth.ScopeIngest}
		adas := auth.Caller{Name: "ada", Role: auth.Admin, Via: auth.ViaToken, UserID: ada.ID}
		adasNarrow := adas
		adasNarrow.Scopes = []auth.Scope{auth.ScopeRead}
		tests := map[string]struct {
			by   *auth.Caller
			key  auth.NewKey
			want exo.Kind // empty: made
		}{
			"own role":                       {&robs, auth.NewKey{User: "rob"}, ""},
			"lower role":                     {&robs, auth.NewKey{User: "rob", Role: auth.User}, ""},
			"higher role":                    {&robs, auth.NewKey{User: "rob", Role: auth.Admin}, exo.Denied},
			"higher than the owner":          {&adas, auth.NewKey{User: "rob", Role: auth.Admin}, exo.Denied},
			"an admin for another":           {&adas, auth.NewKey{User: "rob"}, ""},
			"an admin with a read-only key":  {&adasNarrow, auth.NewKey{User: "rob", Scopes: []auth.Scope{auth.ScopeRead}}, exo.Denied},
			"for an admin":                   {&robs, auth.NewKey{User: "ada", Role: auth.User}, exo.Denied},
			"a narrow key, all scopes":       {&narrow, auth.NewKey{User: "rob"}, exo.Denied},
			"a narrow key, its scopes":       {&narrow, auth.NewKey{User: "rob", Scopes: []auth.Scope{auth.ScopeIngest}}, ""},
			"a narrow key, another scope":    {&narrow, auth.NewKey{User: "rob", Scopes: []auth.Scope{auth.ScopeRead, auth.ScopeBackup}}, exo.Denied},
			"nobody said who":                {nil, auth.NewKey{User: "ada", Role: auth.Admin}, ""},
			"for nobody":                     {nil, auth.NewKey{User: "eve"}, exo.NotFound},
			"no such role":                   {nil, auth.NewKey{User: "ada", Role: "root"}, exo.Invalid},
			"no such scope":                  {nil, auth.NewKey{User: "ada", Scopes: []auth.Scope{"all"}}, exo.Invalid},
			"expired":                        {nil, auth.NewKey{User: "ada", ExpiresAt: w.clock()}, exo.Invalid},
			"a name with a line end":         {nil, auth.NewKey{User: "ada", Name: "a\nb"}, exo.Invalid},
			"a name that turns the writing":  {nil, auth.NewKey{User: "ada", Name: "a\u202eb"}, exo.Invalid},
			"a name of a hundred and one":    {nil, auth.NewKey{User: "ada", Name: strings.Repeat("ä", 101)}, exo.Invalid},
			"a name of a hundred characters": {nil, auth.NewKey{User: "ada", Name: strings.Repeat("ä", 100)}, ""},
		}
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				ctx := ctx
				if tt.by != nil {
					ctx = auth.With(ctx, *tt.by)
				}
				if tt.key.Name == "" {
					tt.key.Name = "k"
				}
				info, secret, err := s.CreateKey(ctx, tt.key)
				if tt.want != "" {
					if !errors.Is(err, tt.want) || secret != "" {
						t.Errorf("%v, want %s", err, tt.want)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				c := caller(t, s, secret)
				if c.Role != info.Role || fmt.Sprint(c.Scopes) != fmt.Sprint(tt.key.Scopes) || c.Name != tt.key.User || c.Via != auth.ViaKey || c.KeyID != info.ID {
					t.Errorf("%+v of %+v", c, info)
				}
				if kept := must(s.Key(ctx, info.ID))(t); kept.Name != info.Name || kept.Role != info.Role || !kept.CreatedAt.Equal(info.CreatedAt) {
					t.Errorf("%+v, kept %+v", info, kept)
				}
			})
		}
	})
}

func TestKeysExpireAndTellTheirLastUse(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		people(t, s)
		info, secret, err := s.CreateKey(ctx, auth.NewKey{Name: "k", User: "rob", ExpiresAt: w.clock().Add(10 * time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		writes := 0
		var last time.Time
		for range 40 { // every 15 seconds
			if c := caller(t, s, secret); c.KeyID != info.ID {
				t.Fatalf("%+v", c)
			}
			if used := must(s.Key(ctx, info.ID))(t).LastUsedAt; used == nil || w.clock().Sub(*used) > 90*time.Second {
				t.Fatalf("used at %v, now %v", used, w.clock())
			} else if !used.Equal(last) {
				writes, last = writes+1, *used
			}
			w.pass(15 * time.Second)
		}
		if writes > 10 {
			t.Errorf("%d notes of the last use in ten minutes", writes)
		}
		wantRefused(t, "expired", s, secret)
		wantKind(t, "revoke nothing", s.RevokeKey(ctx, "0123456789abcdef"), exo.NotFound)
		if err := errors.Join(s.RevokeKey(ctx, info.ID), s.RevokeKey(ctx, info.ID)); err != nil {
			t.Errorf("twice: %v", err)
		}
		for range 100 {
			if _, _, err := s.CreateKey(ctx, auth.NewKey{Name: "k", User: "rob"}); err != nil {
				t.Fatal(err)
			}
		}
		_, _, err = s.CreateKey(ctx, auth.NewKey{Name: "k", User: "rob"})
		wantKind(t, "too many", err, exo.Conflict)
		if all, robs, none := must(s.Keys(ctx, ""))(t), must(s.Keys(ctx, "rob"))(t), must(s.Keys(ctx, "eve"))(t); len(all) != 101 || len(robs) != 101 || len(none) != 0 {
			t.Errorf("%d, %d, %d keys", len(all), len(robs), len(none))
		}
	})
}

func TestSigningOutNeedsASession(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		people(t, s)
		wantKind(t, "local", s.SignOut(ctx, auth.Local(), true), exo.Conflict)
		wantKind(t, "a key", s.SignOut(ctx, auth.Caller{Via: auth.ViaKey, UserID: "x", KeyID: "y"}, false), exo.Conflict)
		a, b := signIn(t, s, "rob"), signIn(t, s, "rob")
		if err := s.SignOut(ctx, caller(t, s, a.AccessToken), false); err != nil {
			t.Fatal(err)
		}
		wantRefused(t, "signed out", s, a.AccessToken)
		_, err := s.Refresh(ctx, a.RefreshToken)
		wantKind(t, "refresh after that", err, exo.Unauthenticated)
		caller(t, s, b.AccessToken)
		w.pass(48 * time.Hour)
		if err := s.Prune(ctx); err != nil {
			t.Fatal(err)
		}
		var sessions, refresh int
		if err := w.db.QueryRow(`SELECT (SELECT count(*) FROM auth_sessions), (SELECT count(*) FROM auth_refresh)`).Scan(&sessions, &refresh); err != nil || sessions != 1 || refresh != 1 {
			t.Errorf("%d sessions, %d refresh tokens, %v", sessions, refresh, err)
		}
		must(s.Refresh(ctx, b.RefreshToken))(t)
	})
}
