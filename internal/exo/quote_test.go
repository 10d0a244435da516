package exo_test

import (
	"os/exec"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/xtest"
)

func TestAQuotedWordIsTheSameToAShell(t *testing.T) {
	sh := xtest.Tool(t, "sh")
	for _, word := range []string{"", "raw/nasa/koi_20260102_030405.csv", "a b", "it's", "$HOME", "`id`", "a;b", "~", "*", "\"", "a\nb", "é", "#x", "a&b", `back\slash`} {
		out, err := exec.Command(sh, "-c", "printf %s "+exo.Quote(word)).Output()
		if err != nil || string(out) != word {
			t.Errorf("%q became %q: %v", word, out, err)
		}
	}
	if got := exo.Quote("raw/nasa/koi_20260102_030405.csv"); got != "raw/nasa/koi_20260102_030405.csv" {
		t.Errorf("a plain word is quoted: %s", got)
	}
}
