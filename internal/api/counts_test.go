package api_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// counts holds how much the tests did, for docs/reliability.md.
var counts struct {
	sync.Mutex
	of map[string]int
}

// counted notes what a test did.
func counted(t testing.TB, what string, n int) {
	t.Helper()
	t.Logf("%s: %d", what, n)
	counts.Lock()
	defer counts.Unlock()
	if counts.of == nil {
		counts.of = map[string]int{}
	}
	counts.of[what] = n
}

// counting compares, after a plain run of all tests, what was counted with the
// document.
type counting struct{ *testing.M }

func (c counting) Run() int {
	code := c.M.Run()
	if code != 0 || thin != 1 || flag.Lookup("test.run").Value.String() != "" || flag.Lookup("test.skip").Value.String() != "" || flag.Lookup("test.list").Value.String() != "" {
		return code
	}
	if err := compareCounts(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func compareCounts() error {
	const begin, end = "<!-- counts of the interface: written by go test ./internal/api -update -->\n", "<!-- /counts of the interface -->\n"
	name := filepath.Join("..", "..", "docs", "reliability.md")
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s has no place for the counts of the interface", name)
	}
	table := "| what, through HTTP | number |\n|---|---|\n"
	for _, what := range slices.Sorted(maps.Keys(counts.of)) {
		table += fmt.Sprintf("| %s | %d |\n", what, counts.of[what])
	}
	want := before + begin + table + end + after
	switch {
	case want == string(text):
		return nil
	case *update:
		return os.WriteFile(name, []byte(want), 0o644)
	}
	return fmt.Errorf("docs/reliability.md does not show these counts: run go test ./internal/api -update\n%s", table)
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(counting{m}) }
