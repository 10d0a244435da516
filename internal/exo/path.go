package exo

import (
	"path"
	"strings"
	"unicode/utf8"
)

// Path is the place of a file in the data tree: relative to DATA_PATH, with
// "/" between parts on every system, clean, and never outside the tree.
type Path string

// Limits of a path, well inside those of the file systems in use.
const (
	maxPath = 1024
	maxPart = 200
)

// ParsePath checks a relative path. It refuses the empty path, absolute paths,
// "." and ".." parts, empty parts, parts that begin with a dot or a dash,
// backslashes, colons, control characters and invalid UTF-8.
func ParsePath(s string) (Path, error) {
	bad := func(why string) (Path, error) {
		return "", Errorf("exo.ParsePath", Invalid, nil, "the path %q %s", clip(s), why).
			Try("give a path below the data folder, such as raw/nasa/koi_20260102_030405.csv")
	}
	switch {
	case s == "":
		return bad("is empty")
	case len(s) > maxPath:
		return bad("is too long")
	case !utf8.ValidString(s):
		return bad("is not valid UTF-8")
	case path.IsAbs(s):
		return bad("is absolute")
	}
	for _, r := range s {
		if r < 0x20 || r == 0x7f || r == '\\' || r == ':' || (r >= 0x80 && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return bad("holds a character that is not allowed")
		}
	}
	for part := range strings.SplitSeq(s, "/") {
		switch {
		case part == "":
			return bad("has an empty part")
		case part[0] == '.':
			return bad("has a part that begins with a dot")
		case part[0] == '-':
			return bad("has a part that begins with a dash")
		case len(part) > maxPart:
			return bad("has a part that is too long")
		}
	}
	return Path(s), nil
}

// Join adds a name to the path and checks the result.
func (p Path) Join(name string) (Path, error) { return ParsePath(string(p) + "/" + name) }

// Dir returns the folder that holds the path.
func (p Path) Dir() string { return path.Dir(string(p)) }

// Base returns the last part.
func (p Path) Base() string { return path.Base(string(p)) }

// Top returns the first part, such as "raw" or "lightcurves".
func (p Path) Top() string {
	top, _, _ := strings.Cut(string(p), "/")
	return top
}
