package internal_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "exoplanetai/"

// levels is the table of docs/architecture.md: a package imports only lower
// levels. The table, the document and this test change in the same commit.
var levels = map[string]int{
	"internal/exo": 0,

	"internal/fsys": 1, "internal/sqldb": 1, "internal/fits": 1, "internal/votable": 1, "internal/csvtab": 1,
	"internal/seal": 1, "internal/metrics": 1, "internal/trace": 1,

	"internal/lightcurve": 2, "internal/catalog": 2, "internal/universe": 2,
	"internal/preprocess": 2, "internal/processed": 2, "internal/figure": 2,
	"internal/periodogram": 2,
	"internal/validate":    2, "internal/candidate": 2, "internal/export": 2,

	"internal/archive": 3, "internal/store": 3, "internal/cache": 3, "internal/jobs": 3,
	"internal/auth":  3,
	"internal/limit": 3,
	"internal/audit": 3,

	"internal/archive/nea": 4, "internal/archive/exofop": 4, "internal/archive/mast": 4,
	"internal/archive/esa": 4, "internal/archive/folder": 4, "internal/cache/file": 4,
	"internal/cache/redis": 4,

	"internal/tables": 4, "internal/reports": 4, "internal/version": 4,

	"internal/ingest": 5, "internal/process": 5, "internal/review": 5,
	"internal/derive": 5, "internal/query": 5, "internal/history": 5,
	"internal/doctor": 5, "internal/health": 5,
	"internal/backup": 5, "internal/verify": 5, "internal/maintain": 5,

	"internal/api": 6, "internal/web": 6, "internal/cli": 6, "internal/sample": 6,

	"internal/config": 7, "internal/app": 7, "cmd/exoplanetai": 7,
}

// sameLevel lists the imports within a level that are wanted.
var sameLevel = map[string][]string{
	"internal/sqldb":      {"internal/fsys"}, // is there a log beside the database?
	"internal/universe":   {"internal/lightcurve", "internal/catalog"},
	"internal/preprocess": {"internal/lightcurve"},
	"internal/processed":  {"internal/lightcurve", "internal/preprocess"},
	"internal/figure":     {"internal/preprocess"},
	"internal/validate":   {"internal/catalog", "internal/lightcurve"},
	"internal/candidate":  {"internal/catalog"},
	"internal/app":        {"internal/config"},
	"cmd/exoplanetai":     {"internal/app"},
}

// testOnly are packages that no shipped package may import.
var testOnly = []string{"internal/xtest", "internal/fsys/fsystest", "internal/cache/cachetest"}

// reserved says which packages alone may import a standard package.
var reserved = map[string][]string{
	"os":        {"internal/fsys", "internal/config", "internal/app", "cmd/exoplanetai"},
	"os/signal": {"internal/app", "cmd/exoplanetai"},
	"syscall":   {"internal/fsys", "internal/app", "internal/archive", "cmd/exoplanetai"}, // archive: the signature of the dialer's guard
	"os/exec":   {},
	"unsafe":    {},
}

type pkg struct {
	ImportPath string
	Imports    []string
}

func TestImportsGoDownOnly(t *testing.T) {
	for _, p := range list(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		if slices.Contains(testOnly, from) {
			continue
		}
		level, ok := levels[from]
		if !ok {
			t.Errorf("%s has no level: add it here and in docs/architecture.md", from)
			continue
		}
		for _, imp := range p.Imports {
			if only, ok := reserved[imp]; ok && !slices.Contains(only, from) {
				t.Errorf("%s imports %s, which is kept for %v", from, imp, only)
			}
			to, ours := strings.CutPrefix(imp, module)
			if !ours {
				continue
			}
			switch {
			case slices.Contains(testOnly, to):
				t.Errorf("%s imports %s, which is for tests", from, to)
			case levels[to] > level || levels[to] == level && !slices.Contains(sameLevel[from], to):
				t.Errorf("%s (level %d) imports %s (level %d)", from, level, to, levels[to])
			}
		}
	}
}

func TestEveryLevelledPackageExists(t *testing.T) {
	have := map[string]bool{}
	for _, p := range list(t) {
		have[strings.TrimPrefix(p.ImportPath, module)] = true
	}
	for name := range levels {
		if !have[name] {
			t.Errorf("%s is in the table but not in the tree", name)
		}
	}
}

func list(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		if p.ImportPath != module+"internal" {
			pkgs = append(pkgs, p)
		}
	}
}
