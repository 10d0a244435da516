package candidate_test

import (
	"os"
	"strings"
	"testing"

	"exoplanetai/internal/candidate"
)

func TestTheDocumentHasEveryColumn(t *testing.T) {
	text, err := os.ReadFile("../../docs/format/candidates.md")
	if err != nil {
		t.Fatal(err)
	}
	m, err := candidate.Merge(candidate.Sources{})
	if err != nil {
		t.Fatal(err)
	}
	names := candidate.Words()
	for _, c := range m.Columns {
		names = append(names, c.Name)
	}
	for _, name := range names {
		for _, suffix := range []string{"_err_up", "_err_down", "_limit"} {
			name = strings.TrimSuffix(name, suffix)
		}
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/format/candidates.md does not tell of %s", name)
		}
	}
}
