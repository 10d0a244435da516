package app_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"exoplanetai/internal/app"
)

func TestTheLogKeepsItsBound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := app.OpenLog(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	line := append(bytes.Repeat([]byte("x"), 1<<20-1), '\n')
	for range 65 { // a mebibyte each: six files' worth
		if _, err := l.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "logs"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		if info, err := e.Info(); err != nil || info.Size() > app.LogMax {
			t.Errorf("%s has %d bytes (%v)", e.Name(), info.Size(), err)
		}
	}
	if len(names) != 4 || names[0] != "data_ingestion.log" || names[3] != "data_ingestion.log.3" {
		t.Errorf("got %v", names)
	}
	if _, err := l.Write(line); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
