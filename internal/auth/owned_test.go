package auth_test

import (
	"slices"
	"testing"
	"time"
)

func TestWhatBelongsToWhom(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		for i, object := range []string{"job a", "job b", "job a"} { // twice is no error
			w.pass(time.Second)
			if err := s.Own(ctx, object, "ada"); err != nil {
				t.Fatal(i, err)
			}
		}
		if err := s.Own(ctx, "job a", "rob"); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ got, want []string }{
			{must(s.Owners(ctx, "job a"))(t), []string{"ada", "rob"}},
			{must(s.Owners(ctx, "job c"))(t), nil},
			{must(s.Owned(ctx, "ada"))(t), []string{"job b", "job a"}},
			{must(s.Owned(ctx, "rob"))(t), []string{"job a"}},
			{must(s.Owned(ctx, "eve"))(t), nil},
		} {
			if !slices.Equal(c.got, c.want) {
				t.Errorf("got %v, want %v", c.got, c.want)
			}
		}
		w.pass(401 * 24 * time.Hour)
		if err := s.Prune(ctx); err != nil {
			t.Fatal(err)
		}
		if left := must(s.Owned(ctx, "ada"))(t); len(left) > 0 {
			t.Errorf("after 401 days: %v", left)
		}
	})
}
