package app_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"exoplanetai/internal/app"
)

func TestTheLogKeepsItsBound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := app.OpenLog(filepath.Join(dir, "data"), 0, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	line := append(bytes.Repeat([]byte("x"), 1<<20-1), '\n')
	for range 105 { // a mebibyte each: eleven files' worth
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
	if len(names) != 10 || names[0] != "data_ingestion.log" || names[9] != "data_ingestion.log.9" {
		t.Errorf("got %v", names)
	}
	if _, err := l.Write(line); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// TestALogIsPutAsideByItsAgeAndGoesByIt writes a line a day over half a year, as
// a program that is started for each does.
func TestALogIsPutAsideByItsAgeAndGoesByIt(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	dir := t.TempDir()
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	logs := func() (names []string) {
		entries, err := os.ReadDir(filepath.Join(dir, "logs"))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	for n := range 180 {
		l, err := app.OpenLog(filepath.Join(dir, "data"), 30*day, func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Write([]byte(`{"time":"` + now.Format(time.RFC3339Nano) + `","msg":"a line"}` + "\n")); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(dir, "logs", "data_ingestion.log"), now, now); err != nil {
			t.Fatal(err)
		}
		if n == 7 && len(logs()) != 1 {
			t.Errorf("after a week: %v", logs())
		}
		now = now.Add(day)
	}
	want := []string{"data_ingestion.log", "data_ingestion.log.1", "data_ingestion.log.2", "data_ingestion.log.3", "data_ingestion.log.4"}
	if got := logs(); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	for _, name := range want {
		text, err := os.ReadFile(filepath.Join(dir, "logs", name))
		if err != nil {
			t.Fatal(err)
		}
		if lines := bytes.Count(text, []byte("\n")); lines > 8 {
			t.Errorf("%s has the lines of %d days", name, lines)
		}
	}
}

// TestALogThatCannotBePutAsideGoesOn: no line is lost for it, and the older
// ones stay where they are.
func TestALogThatCannotBePutAsideGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, "logs", "data_ingestion.log"+name) }
	if err := os.MkdirAll(filepath.Join(in(".9"), "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in(".8"), []byte("an older one\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	l, err := app.OpenLog(filepath.Join(dir, "data"), 0, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	half := bytes.Repeat([]byte("x"), app.LogMax/2+1)
	failed := 0
	for range 4 {
		n, err := l.Write(half)
		if n != len(half) {
			t.Errorf("%d bytes, %v", n, err)
		}
		if err != nil {
			failed++
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(in(".8")); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(in(""))
	if err != nil || info.Size() != int64(4*len(half)) || failed != 1 {
		t.Errorf("%d bytes, %v; %d failures told", info.Size(), err, failed)
	}
}
