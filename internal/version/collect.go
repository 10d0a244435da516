package version

import (
	"context"
	"path"
	"slices"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// Limits of what a version is asked to hold.
const (
	maxPatterns    = 100
	maxPattern     = 500
	maxDescription = 4000
)

// everything is what a version holds where no patterns are given.
var everything = []string{"raw/**", "lightcurves/**", "processed/**"}

// pattern selects files. One without "/" is compared with names, any other with
// whole paths; "*", "?" and "[a-z]" stay within a part, and "**" stands for any
// number of parts.
type pattern struct {
	text  string
	parts []string
}

// parsePatterns checks the patterns of a request.
func parsePatterns(texts []string) ([]pattern, error) {
	const op = "version.Create"
	if len(texts) == 0 {
		texts = everything
	}
	if len(texts) > maxPatterns {
		return nil, exo.Errorf(op, exo.TooLarge, nil, "%d patterns are too many, at most %d", len(texts), maxPatterns).With("parameter", "file_patterns")
	}
	list := make([]pattern, 0, len(texts))
	for _, t := range texts {
		p := pattern{t, strings.Split(t, "/")}
		if why := p.fault(); why != "" {
			return nil, exo.Errorf(op, exo.Invalid, nil, "the pattern %.80q %s", t, why).
				Try(`patterns are like *.csv, raw/nasa/*.csv or lightcurves/**/*.fits, below the data folder`).With("parameter", "file_patterns")
		}
		list = append(list, p)
	}
	return list, nil
}

func (p pattern) fault() string {
	switch {
	case p.text == "":
		return "is empty"
	case len(p.text) > maxPattern:
		return "is too long"
	case strings.HasPrefix(p.text, "/"):
		return "is absolute"
	}
	stars := 0
	for _, part := range p.parts {
		switch {
		case part == "":
			return "has an empty part"
		case part[0] == '.':
			return "has a part that begins with a dot; it must not leave the data folder"
		case part == "**":
			stars++
		}
		if _, err := path.Match(part, ""); err != nil {
			return "has a bracket that does not close, or a backslash at its end"
		}
	}
	const maxStars = 4
	if stars > maxStars {
		return `has "**" more often than four times`
	}
	return ""
}

func (p pattern) match(file string) bool {
	if len(p.parts) == 1 && p.text != "**" {
		ok, err := path.Match(p.text, path.Base(file))
		return ok && err == nil
	}
	return matchParts(p.parts, strings.Split(file, "/"))
}

func matchParts(pattern, parts []string) bool {
	for len(pattern) > 0 {
		if pattern[0] == "**" {
			for i := range len(parts) + 1 {
				if matchParts(pattern[1:], parts[i:]) {
					return true
				}
			}
			return false
		}
		if len(parts) == 0 {
			return false
		}
		if ok, err := path.Match(pattern[0], parts[0]); !ok || err != nil {
			return false
		}
		pattern, parts = pattern[1:], parts[1:]
	}
	return len(parts) == 0
}

// collect lists the files of the store that a pattern selects, by path. Records
// are selected by patterns that name metadata/ only.
func (v *Versions) collect(ctx context.Context, patterns []pattern) ([]store.Entry, error) {
	all, err := v.Store.Entries(ctx, store.Filter{})
	if err != nil {
		return nil, err
	}
	var records []pattern
	for _, p := range patterns {
		if p.parts[0] == "metadata" && len(p.parts) > 1 {
			records = append(records, p)
		}
	}
	if len(records) > 0 {
		if all, err = v.withRecords(ctx, all, records); err != nil {
			return nil, err
		}
	}
	used := make([]bool, len(patterns))
	list := all[:0]
	for _, e := range all {
		hit := isRecord(e)
		for i, p := range patterns {
			if !isRecord(e) && !p.match(string(e.Path)) || isRecord(e) && !(p.parts[0] == "metadata" && p.match(string(e.Path))) {
				continue
			}
			hit, used[i] = true, true
		}
		if hit {
			list = append(list, e)
		}
	}
	if i := slices.Index(used, false); i >= 0 && len(list) == 0 {
		return nil, exo.Errorf("version.Create", exo.Invalid, nil, "no stored file matches %.80q", patterns[i].text).
			Try("see what is stored: exoplanetai storage stats").With("parameter", "file_patterns")
	}
	return list, nil
}

// record kind marks entries that are metadata records: these are no files of
// the index.
const recordKind store.Kind = ""

func isRecord(e store.Entry) bool { return e.Kind == recordKind }

// withRecords adds the records that a pattern selects.
func (v *Versions) withRecords(ctx context.Context, list []store.Entry, patterns []pattern) ([]store.Entry, error) {
	err := v.Store.Each(ctx, store.Filter{}, func(m store.Meta) error {
		at := store.MetadataPath(m.Path)
		if !slices.ContainsFunc(patterns, func(p pattern) bool { return p.match(string(at)) }) {
			return nil
		}
		text, err := store.EncodeMeta(m)
		if err != nil {
			return err
		}
		list = append(list, store.Entry{Path: at, SHA256: exo.DigestOf(text), SizeBytes: int64(len(text)), Kind: recordKind})
		return nil
	})
	slices.SortFunc(list, func(a, b store.Entry) int { return strings.Compare(string(a.Path), string(b.Path)) })
	return list, err
}
