package validate_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exoplanetai/internal/validate"
	"exoplanetai/internal/xtest"
)

var update = flag.Bool("update", false, "rewrite the rules in the documentation")

// The table of rules in docs/validation-lightcurves.md is what the program does.
func TestTheDocumentedRulesOfLightCurvesAreTheDeclaredOnes(t *testing.T) {
	const begin, end = "<!-- rules: begin -->\n", "<!-- rules: end -->"
	name := filepath.Join(xtest.Root(t), "docs/validation-lightcurves.md")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| rule | level | severity | limit | why |\n|---|---|---|---|---|\n")
	for _, r := range validate.Rules("lightcurve") {
		b.WriteString("| `" + strings.TrimPrefix(r.ID, "lightcurve.") + "` | " + string(r.Level) + " | " + string(r.Severity) + " | " + r.Limit + " | " + r.Reason + " |\n")
	}
	before, rest, ok1 := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("the document has no place for the rules")
	}
	want := before + begin + b.String() + end + after
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if string(text) != want && !*update {
		t.Error("docs/validation-lightcurves.md does not have the rules as declared: run the test with -update")
	}
}
