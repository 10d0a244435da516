package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// seams are names of the standard library through which the clock, the
// environment, chance and the network come in, with the packages that may use
// them. Everything else is handed what it needs.
var seams = map[string][]string{
	"time.Now": {"internal/app"}, "time.Since": {"internal/app"}, "time.Until": {"internal/app"},
	"os.Getenv": {"internal/app", "cmd/exoplanetai"}, "os.LookupEnv": {"internal/app", "cmd/exoplanetai"},
	"http.Get": {}, "http.Post": {}, "http.Head": {}, "http.DefaultClient": {}, "http.DefaultTransport": {},
	"http.Client": {"internal/archive"}, "http.Transport": {"internal/archive"},
	"exec.Command": {},
}

// Limits of size; see docs/architecture.md.
const (
	maxFileLines = 600
	maxFuncLines = 100
)

func TestSeamsAndSizes(t *testing.T) {
	fset := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		dir := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), "../"))
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || slices.Contains(testOnly, dir) {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if n := fset.Position(f.FileEnd).Line; n > maxFileLines {
			t.Errorf("%s has %d lines, more than %d", path, n, maxFileLines)
		}
		checkFile(t, fset, dir, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkFile(t *testing.T, fset *token.FileSet, dir string, f *ast.File) {
	t.Helper()
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if lines := fset.Position(n.End()).Line - fset.Position(n.Pos()).Line; lines > maxFuncLines {
				t.Errorf("%s: %s has %d lines, more than %d", fset.Position(n.Pos()), n.Name.Name, lines, maxFuncLines)
			}
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			if !ok {
				return true
			}
			if only, ok := seams[x.Name+"."+n.Sel.Name]; ok && !slices.Contains(only, dir) {
				t.Errorf("%s: %s.%s is kept for %v", fset.Position(n.Pos()), x.Name, n.Sel.Name, only)
			}
		}
		return true
	})
}
