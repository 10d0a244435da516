package internal_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/xtest"
)

var update = flag.Bool("update", false, "write docs/licences.md anew")

// licences are those that a module of the program may have, with words that
// stand in the text of each. Their terms let anybody use, change and ship it.
var licences = []struct{ name, words string }{
	{"MPL-2.0", "mozilla public license"},
	{"Apache-2.0", "apache license"},
	{"CC0-1.0", "released into the public domain with cc0 1.0"},
	{"Unlicense", "this is free and unencumbered software released into the public domain"},
	{"ISC", "permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"},
	{"MIT", "permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"BSD-3-Clause", "neither the name of"},
	{"BSD-3-Clause", "the names of its contributors may not be used"},
	{"BSD-2-Clause", "redistributions in binary form must reproduce"},
}

// dependency is a module of others that the program holds code of.
type dependency struct {
	Path, Version, Dir string
	Main               bool
}

// linked lists the modules of which the program holds code.
func linked(t *testing.T) (list []dependency) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), xtest.Tool(t, "go"), "list", "-deps", "-json=Module", "../cmd/exoplanetai").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct{ Module *dependency }
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Module != nil && !p.Module.Main && !seen[p.Module.Path] {
			seen[p.Module.Path] = true
			list = append(list, *p.Module)
		}
	}
	slices.SortFunc(list, func(a, b dependency) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// licenceOf names the licences of a module, by the words of its files.
func licenceOf(t *testing.T, m dependency) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(m.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		low := strings.ToLower(e.Name())
		if e.IsDir() || !strings.HasPrefix(low, "licen") && !strings.HasPrefix(low, "unlicense") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(m.Dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Join(strings.Fields(strings.ToLower(string(text))), " ")
		for _, l := range licences {
			if strings.Contains(words, l.words) {
				names = append(names, l.name)
				break
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// TestEveryLinkedModuleMayBeShipped keeps docs/licences.md what the program is
// made of, and refuses modules whose terms nobody has looked at.
func TestEveryLinkedModuleMayBeShipped(t *testing.T) { // S17
	const file, begin, end = "../docs/licences.md", "<!-- modules: written by go test ./internal -run Shipped -update -->\n", "<!-- end of modules -->\n"
	var b strings.Builder
	b.WriteString("| module | version | licence |\n|---|---|---|\n")
	for _, m := range linked(t) {
		names := licenceOf(t, m)
		if len(names) == 0 {
			t.Errorf("%s has no licence that is known here: read it, and add its words or leave the module out", m.Path)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", m.Path, m.Version, strings.Join(names, ", "))
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), begin)
	table, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has lost the marks of its table", file)
	}
	if table == b.String() {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the program is made of; write it anew with -update:\n%s", file, b.String())
	}
	if err := os.WriteFile(file, []byte(head+begin+b.String()+end+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}
