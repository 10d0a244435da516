package auth_test

import (
	"fmt"
	"testing"

	"exoplanetai/internal/auth"
)

func TestKeptChecksAreBoundedAndCheap(t *testing.T) {
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
