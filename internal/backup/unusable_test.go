package backup_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"exoplanetai/internal/backup"
	"exoplanetai/internal/exo"
)

// A password that cannot be read is told to who asks for a backup, and stops
// nobody else from opening the program.
func TestARepositoryThatCannotBeUsedSaysWhyWhenAsked(t *testing.T) {
	why := exo.Errorf("test", exo.Invalid, nil, "the password cannot be read")
	s, err := backup.New(backup.Options{Repository: "/nowhere", Unusable: why, Clock: func() time.Time { return time.Time{} }})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	calls := map[string]func() error{
		"create": func() error { _, err := s.Create(ctx, backup.CreateOptions{}, nil); return err },
		"list":   func() error { _, err := s.List(ctx); return err },
		"open":   func() error { _, _, err := s.Open(ctx, "raw/nasa/koi.csv", exo.Digest{1}); return err },
		"drill":  func() error { _, err := s.Drill(ctx, backup.DrillOptions{}, nil); return err },
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, why) || exo.KindOf(err) != exo.Invalid || exo.MessageOf(err) != why.Message {
			t.Errorf("%s: %v", name, err)
		}
	}
}
