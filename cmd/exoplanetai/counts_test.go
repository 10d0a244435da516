package main_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "write the counts of this run into docs/reliability.md")

// counts are what the tests of this run did, in the words of the document.
var counts struct {
	mu      sync.Mutex
	n       map[string]int
	partial bool // a test was skipped
}

// skipped tells that the counts are not those of all tests.
func skipped() {
	counts.mu.Lock()
	defer counts.mu.Unlock()
	counts.partial = true
}

// count adds to a line of the counts.
func count(what string, n int) {
	counts.mu.Lock()
	defer counts.mu.Unlock()
	if counts.n == nil {
		counts.n = map[string]int{}
	}
	counts.n[what] += n
}

const (
	document  = "../../docs/reliability.md"
	begin     = "<!-- counts: written by go test ./cmd/exoplanetai -update -->\n"
	end       = "<!-- end of counts -->\n"
	tableHead = "| what | number |\n|---|---|\n"
)

// settle writes the counts into the document, or compares them with it. A run
// with other numbers of rounds, or of some tests only, compares nothing.
func settle() error {
	whole := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" &&
		flag.Lookup("test.count").Value.String() == "1" && *kills == everyDay && !testing.Short() && !counts.partial
	if !whole {
		return nil
	}
	text, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no place for the counts", document)
	}
	var b strings.Builder
	b.WriteString(before + begin + tableHead)
	for _, what := range slices.Sorted(maps.Keys(counts.n)) {
		fmt.Fprintf(&b, "| %s | %d |\n", what, counts.n[what])
	}
	b.WriteString(end + after)
	if b.String() == string(text) {
		return nil
	}
	if *update {
		return os.WriteFile(document, []byte(b.String()), 0o644)
	}
	return fmt.Errorf("the counts of this run are not those of %s; if they are meant to be, run it with -update:\n%s", document, b.String()[len(before):b.Len()-len(after)])
}
