package validate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/validate"
	"exoplanetai/internal/xtest"
)

// The tables of rules in docs/validation.md are what the program declares, and
// their counts what it finds in the real tables.
func TestTheDocumentedRulesOfTablesAreTheDeclaredOnes(t *testing.T) {
	name := filepath.Join(xtest.Root(t), "docs/validation.md")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	reports := map[string]*validate.Report{}
	for _, tt := range realTables {
		reports[tt.name] = validate.Table(parse(t, tt.typ, wire(t, tt.file)), validate.Options{Now: today})
	}
	prose := withoutBlocks(text)
	for _, typ := range catalog.Types {
		begin, end := "<!-- rules of "+string(typ)+": begin -->\n", "<!-- rules of "+string(typ)+": end -->"
		before, rest, ok1 := strings.Cut(text, begin)
		_, after, ok2 := strings.Cut(rest, end)
		if !ok1 || !ok2 {
			t.Fatalf("the document has no place for the rules of %s", typ)
		}
		text = before + begin + ruleTable(typ, reports) + end + after
		for id := range marked(typ, reports) {
			if !strings.Contains(prose, "`"+strings.TrimPrefix(id, string(typ)+".")+"`") {
				t.Errorf("%s marks rows of real tables, and the document does not say why that is right", id)
			}
		}
	}
	if *update {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if text != string(b) && !*update {
		t.Error("docs/validation.md does not have the rules as declared, or the counts as found: run the test with -update and say why they are right")
	}
}

// withoutBlocks is the text that people wrote.
func withoutBlocks(text string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, ": begin -->")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		_, text, _ = strings.Cut(rest, ": end -->")
	}
}

func marked(typ catalog.Type, reports map[string]*validate.Report) map[string]bool {
	ids := map[string]bool{}
	for _, tt := range realTables {
		if tt.typ != typ {
			continue
		}
		for _, n := range reports[tt.name].Levels {
			for id := range n.Rules {
				ids[id] = true
			}
		}
	}
	return ids
}

// ruleTable has a line for each rule, with the findings in each real table.
func ruleTable(typ catalog.Type, reports map[string]*validate.Report) string {
	var b strings.Builder
	b.WriteString("| rule | level, severity | asks | because | source |")
	var of []string
	for _, tt := range realTables {
		if tt.typ == typ {
			of = append(of, tt.name)
			b.WriteString(" " + tt.name + " |")
		}
	}
	b.WriteString("\n|---|---|---|---|---|" + strings.Repeat("--:|", len(of)) + "\n")
	for _, r := range validate.Rules(string(typ)) {
		fmt.Fprintf(&b, "| `%s` | %s, %s | %s | %s | %s |", strings.TrimPrefix(r.ID, string(typ)+"."), r.Level, r.Severity, cell(r.Limit), cell(r.Reason), cell(r.Source))
		for _, name := range of {
			b.WriteString(" " + strconv.Itoa(reports[name].Levels[r.Level].Rules[r.ID]) + " |")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

func TestRulesAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range validate.Rules("") {
		if seen[r.ID] {
			t.Errorf("%s is declared twice", r.ID)
		}
		seen[r.ID] = true
		typ, _, _ := strings.Cut(r.ID, ".")
		if !slices.Contains(r.Types, typ) || r.Limit == "" || r.Reason == "" || r.Source == "" || !slices.Contains(validate.Levels, r.Level) {
			t.Errorf("%+v", r)
		}
	}
	for _, typ := range []string{"koi", "toi", "k2", "gaia"} {
		if n := len(validate.Rules(typ)); n < 50 {
			t.Errorf("%s has %d rules", typ, n)
		}
	}
	if validate.Rules("nothing") != nil {
		t.Error("rules of nothing")
	}
}
