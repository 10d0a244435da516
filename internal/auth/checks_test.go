package auth_test

import (
	"fmt"
	"testing"
	"time"

	"exoplanetai/internal/auth"
	"exoplanetai/internal/exo"
)

func TestKeptChecksAreBoundedAndCheap(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		people(t, s)
		_, key, err := s.CreateKey(ctx, auth.NewKey{Name: "k", User: "rob"})
		if err != nil {
			t.Fatal(err)
		}
		h := bearer(key)
		caller(t, s, key)
		if n := testing.AllocsPerRun(100, func() {
			if _, _, err := s.Authenticate(ctx, h); err != nil {
				t.Error(err)
			}
		}); n > 1 {
			t.Errorf("%v allocations", n)
		}
		for i := range 1000 { // what is refused is not kept
			wantRefused(t, "junk", s, fmt.Sprintf("exo_%016x_%043d", i, i))
		}
		if n := s.Checks(); n != 1 {
			t.Errorf("%d checks are kept", n)
		}
		s.Fill(3 * auth.MaxChecks)
		if n := s.Checks(); n > auth.MaxChecks {
			t.Errorf("%d checks are kept", n)
		}
	})
}

// A check that read the database before a change, and is done after it, must not
// be kept: it would outlive the change.
func TestACheckThatAChangeOvertookIsNotKept(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		people(t, s)
		if !s.KeepAcross(func() {}) {
			t.Error("nothing is kept")
		}
		info, key, err := s.CreateKey(ctx, auth.NewKey{Name: "k", User: "rob"})
		if err != nil {
			t.Fatal(err)
		}
		c := caller(t, s, signIn(t, s, "rob").AccessToken)
		for name, change := range map[string]func() error{
			"a role":     func() error { return s.SetRole(ctx, "rob", auth.User) },
			"a password": func() error { return s.SetPassword(ctx, "rob", "another-"+password) },
			"a key":      func() error { return s.RevokeKey(ctx, info.ID) },
			"a session":  func() error { return s.SignOut(ctx, c, false) },
			"a signer":   func() error { return s.ReplaceSigning(ctx) },
		} {
			kept := s.KeepAcross(func() {
				if err := change(); err != nil {
					t.Error(err)
				}
			})
			if kept {
				t.Errorf("%s was changed, and the check from before is kept", name)
			}
		}
		wantRefused(t, "the key", s, key)
	})
}

// A clock that is put back must neither shut out nor keep alive for longer.
func TestAClockThatIsPutBack(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		people(t, s)
		_, key, err := s.CreateKey(ctx, auth.NewKey{Name: "k", User: "rob"})
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			_, err := s.SignIn(ctx, "ada", "wrong", address)
			wantKind(t, "wrong", err, exo.Unauthenticated)
		}
		caller(t, s, key)
		w.pass(-24 * time.Hour)
		signIn(t, s, "ada")
		if err := w.service().RevokeKey(ctx, key[4:20]); err != nil { // another process
			t.Fatal(err)
		}
		wantRefused(t, "a check that was kept at a later time", s, key)
	})
}

func BenchmarkAuthenticate(b *testing.B) {
	w := newWorld(b)
	s := w.service()
	people(b, s)
	token := signIn(b, s, "ada").AccessToken
	_, key, err := s.CreateKey(ctx, auth.NewKey{Name: "k", User: "rob"})
	if err != nil {
		b.Fatal(err)
	}
	for name, text := range map[string]string{"key": key, "token": token} {
		h := bearer(text)
		b.Run("kept "+name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if _, _, err := s.Authenticate(ctx, h); err != nil {
						b.Error(err)
					}
				}
			})
		})
		b.Run("new "+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Forget()
				if _, _, err := s.Authenticate(ctx, h); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
