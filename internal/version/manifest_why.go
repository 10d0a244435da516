package version

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"exoplanetai/internal/exo"
)

const rebuildHint = "run `" + rebuildCommand + "`, which takes it from the record versions/.git"

func bad(format string, args ...any) error {
	return exo.Errorf("version.Decode", exo.Corrupt, nil, "a manifest "+format, args...).Try(rebuildHint)
}

// caused is bad with what it comes from.
func caused(err error, format string, args ...any) error {
	return exo.E("version.Decode", exo.Corrupt, nil, err).Say("%s", "a manifest "+fmt.Sprintf(format, args...)).Try(rebuildHint)
}

// unread tells why a manifest cannot be read.
func unread(data []byte, err error) error {
	if start := bytes.TrimLeft(data, " \t\r\n"); len(start) == 0 || start[0] != '{' {
		return caused(err, "is no JSON object: it begins with %.20q", data)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return caused(err, "is cut after %d bytes", len(data))
	}
	if x, ok := errors.AsType[*json.SyntaxError](err); ok {
		return caused(err, "is no JSON at byte %d", x.Offset)
	}
	if x, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return caused(err, "has a %s as %q", x.Value, x.Field)
	}
	if x, ok := errors.AsType[*time.ParseError](err); ok {
		return caused(err, "has the time %.60q, which is none", x.Value)
	}
	if x, ok := errors.AsType[*exo.Error](err); ok {
		return caused(err, "has a digest that is none: %s", exo.MessageOf(x))
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok { // the library has no type for it
		return caused(err, "has a member that there is not: %.60s", name)
	}
	return caused(err, "cannot be read")
}

// otherForm tells in what the text of a manifest differs from the one form that
// there is; it has the same values.
func otherForm(want, have []byte) error {
	if name := twice(json.NewDecoder(bytes.NewReader(have))); name != "" {
		return bad("has the member %.60q twice", name)
	}
	var a, b bytes.Buffer
	if json.Compact(&a, want) == nil && json.Compact(&b, have) == nil && bytes.Equal(a.Bytes(), b.Bytes()) {
		return bad("has other blanks than those it was written with")
	}
	return bad("is not in the form in which it was written: its members are in another order or spelt in another way")
}

// twice names the first member that an object has twice; empty: there is none.
// The text is known to be JSON of few levels.
func twice(dec *json.Decoder) string {
	var open []map[string]bool // the members of each object that is open; nil: of a list
	name := false              // a name comes next
	for {
		t, err := dec.Token()
		if err != nil {
			return ""
		}
		switch x := t.(type) {
		case json.Delim:
			switch x {
			case '{':
				open = append(open, map[string]bool{})
			case '[':
				open = append(open, nil)
			default:
				open = open[:len(open)-1]
			}
			name = len(open) > 0 && open[len(open)-1] != nil
			continue
		case string:
			if name {
				if open[len(open)-1][x] {
					return x
				}
				open[len(open)-1][x] = true
				name = false
				continue
			}
		}
		name = len(open) > 0 && open[len(open)-1] != nil
	}
}
