package app_test

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	indexFile = "data/metadata/exoplanetai.db"
	garbage   = "this is no database. "
)

// scribble overwrites the index database from an offset on, n bytes.
func scribble(t *testing.T, s *site, at, n int) {
	t.Helper()
	f, err := os.OpenFile(s.path(indexFile), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(bytes.Repeat([]byte(garbage), n/len(garbage)+1)[:n], int64(at))
	if cerr := f.Close(); err != nil || cerr != nil {
		t.Fatal(err, cerr)
	}
}

func indexSize(t *testing.T, s *site) int {
	t.Helper()
	info, err := os.Stat(s.path(indexFile))
	if err != nil {
		t.Fatal(err)
	}
	return int(info.Size())
}

// dataFiles is the data tree without the index database, the lock and the
// cache.
func dataFiles(t *testing.T, s *site) map[string]string {
	files := tree(t, s.path("data"))
	maps.DeleteFunc(files, func(name, _ string) bool {
		return strings.HasPrefix(name, "metadata/exoplanetai.db") || name == ".lock" || strings.HasPrefix(name, "cache/")
	})
	return files
}

func TestReindexHealsADamagedIndexDatabase(t *testing.T) {
	t.Parallel()
	const page = 4096
	tests := map[string]struct {
		damage func(t *testing.T, s *site)
		hidden bool // where no other command needs to look
	}{
		"the whole file is garbage": {func(t *testing.T, s *site) { scribble(t, s, 0, indexSize(t, s)) }, false},
		"the first page is garbage": {func(t *testing.T, s *site) { scribble(t, s, 0, page) }, false},
		"a middle page is garbage":  {func(t *testing.T, s *site) { scribble(t, s, indexSize(t, s)/page/2*page, page) }, true},
		"half of it is cut off": {func(t *testing.T, s *site) {
			if err := os.Truncate(s.path(indexFile), int64(indexSize(t, s)/2)); err != nil {
				t.Fatal(err)
			}
		}, false},
		"it is empty and its log is left": {func(t *testing.T, s *site) {
			if err := os.Truncate(s.path(indexFile), 0); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(s.path(indexFile+"-wal"), bytes.Repeat([]byte("log"), page), 0o600); err != nil {
				t.Fatal(err)
			}
		}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sky(t)
			s.must(t, "ingest", "batch")
			s.must(t, "ingest", "lightcurve", "AU Mic")
			want := dataFiles(t, s)
			tt.damage(t, s)
			bad, err := os.ReadFile(s.path(indexFile))
			if err != nil {
				t.Fatal(err)
			}
			s.refusesButReindex(t, tt.hidden)

			out, errs, status := s.run(t, "storage", "reindex")
			if status != 0 || !strings.Contains(errs, ".damaged-") || !strings.Contains(errs, "Lost with it: the list of jobs") {
				t.Fatalf("reindex: exit %d\n%s%s", status, out, errs)
			}
			unchanged(t, want, dataFiles(t, s))
			aside, err := filepath.Glob(s.path(indexFile + ".damaged-*[0-9]"))
			if err != nil || len(aside) != 1 {
				t.Fatalf("kept aside: %v, %v", aside, err)
			}
			if kept, err := os.ReadFile(aside[0]); err != nil || !tt.hidden && !bytes.Equal(kept, bad) {
				t.Errorf("the damaged database was kept otherwise than it was: %d bytes of %d, %v", len(kept), len(bad), err)
			}
			if doc := s.must(t, "storage", "verify"); doc["ok"] != true {
				t.Errorf("%v", doc)
			}
			if doc := s.must(t, "ingest", "table", "koi"); doc["records"] != 300.0 {
				t.Errorf("%v", doc)
			}
			if doc := s.must(t, "storage", "reindex"); doc["set_aside"] != nil {
				t.Errorf("the healed database is set aside too: %v", doc)
			}
		})
	}
}

// refusesButReindex runs the other commands on a damaged index: they change no
// file and name the command that heals. Damage that no question needs to cross
// may be passed by; the check finds it.
func (s *site) refusesButReindex(t *testing.T, hidden bool) {
	t.Helper()
	before := tree(t, s.path("data"))
	lines := []string{"storage verify", "storage verify --quick"}
	if !hidden {
		lines = append(lines, "storage stats", "ingest table koi", "ingest held list", "serve --listen 127.0.0.1:0")
	}
	for _, line := range lines {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		out, errs, status := s.runUntil(ctx, strings.Fields(line)...)
		cancel()
		if status != 4 || !strings.Contains(out+errs, "exoplanetai storage reindex") {
			t.Errorf("%s: exit %d\n%s%s", line, status, out, errs)
		}
	}
	if !hidden {
		unchanged(t, before, tree(t, s.path("data")))
	}
}

func TestReindexBesideAServerTouchesNothing(t *testing.T) {
	t.Parallel()
	s := sky(t)
	srv := s.serve(t)
	if _, doc := srv.do(t, "POST", "/api/v1/data/ingest/table", `{"table_type":"koi"}`); doc["status"] != "success" {
		t.Fatal(doc)
	}
	if _, errs, status := s.run(t, "storage", "reindex"); status != 1 || !strings.Contains(errs, "Try: stop") {
		t.Errorf("exit %d: %s", status, errs)
	}
	if aside, _ := filepath.Glob(s.path(indexFile + ".damaged-*")); len(aside) > 0 {
		t.Errorf("set aside: %v", aside)
	}
}
