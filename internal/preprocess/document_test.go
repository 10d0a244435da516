package preprocess_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"exoplanetai/internal/preprocess"
)

// parameterRow is a parameter's line in the document.
func parameterRow(p preprocess.Parameter) string {
	value := p.Default
	if value == "null" {
		value = "unset"
	}
	if len(p.Words) > 0 && p.Name == "ensemble_members" {
		value = "all five"
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s |", p.Name, strings.Trim(value, `"`), p.Limits, p.Doc)
}

// TestTheDocumentSaysEveryParameterAndFlag as the program has them.
func TestTheDocumentSaysEveryParameterAndFlag(t *testing.T) {
	b, err := os.ReadFile("../../docs/preprocessing.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, p := range preprocess.Parameters() {
		if row := parameterRow(p); !strings.Contains(text, row+"\n") {
			t.Errorf("no line\n%s", row)
		}
	}
	for _, f := range preprocess.FlagTable() {
		if row := fmt.Sprintf("| %d | `%s` | %s |", f.Bit, f.Name, f.Text); !strings.Contains(text, row) {
			t.Errorf("no line\n%s", row)
		}
	}
	for _, code := range []preprocess.WarningCode{preprocess.WarnQuality, preprocess.WarnFewPoints, preprocess.WarnStale, preprocess.WarnMaskCover, preprocess.WarnWavelet,
		preprocess.WarnDenoised, preprocess.WarnDegenerate, preprocess.WarnZeroCentred, preprocess.WarnDefaultDepth, preprocess.WarnClipped, preprocess.WarnTrend} {
		if !strings.Contains(text, "`"+string(code)+"`") {
			t.Errorf("the warning %s is not in the document", code)
		}
	}
}
