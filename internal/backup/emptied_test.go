package backup_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exoplanetai/internal/backup"
	"exoplanetai/internal/exo"
)

func TestAnEmptiedTreeIsNotBackedUpByMistake(t *testing.T) {
	b := setUp(t)
	b.o.Repository = anotherDisk(t, b.base)
	s := b.service()
	good := b.create(s)
	for _, folder := range []string{"raw", "lightcurves"} {
		if err := os.RemoveAll(filepath.Join(b.data, folder)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Create(t.Context(), backup.CreateOptions{}, nil)
	if err == nil {
		t.Fatal("an empty folder became the newest snapshot")
	}
	if !errors.Is(err, exo.Conflict) || !strings.Contains(exo.MessageOf(err), "holds no data") || exo.HintOf(err) == "" {
		t.Errorf("%v, hint %q", err, exo.HintOf(err))
	}
	list, err := s.List(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != good.Snapshot {
		t.Errorf("%v %v", list, err)
	}
	if _, err := s.Create(t.Context(), backup.CreateOptions{Force: true}, nil); err != nil {
		t.Errorf("by force: %v", err)
	}
}
