package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// maxNesting bounds how deep a body may go; ours go one level.
const maxNesting = 16

// strictJSON reads bodies without the leniency of encoding/json, which takes
// the last of two members of one name and reads names in any case: a request
// must mean the same to whoever checks it and to whoever obeys it.
func strictJSON() huma.Format {
	return huma.Format{
		Marshal: huma.DefaultJSONFormat.Marshal,
		Unmarshal: func(data []byte, v any) error {
			if !utf8.Valid(data) { // encoding/json would take it, with other characters in place
				return errors.New("the body is not in UTF-8")
			}
			if err := json.Unmarshal(data, v); err != nil {
				return said(err)
			}
			if _, first := v.(*any); !first { // the framework reads twice: into any, then into the type
				return nil
			}
			return checkMembers(data)
		},
	}
}

// said puts a number that no machine holds into our words.
func said(err error) error {
	if e := (*json.UnmarshalTypeError)(nil); errors.As(err, &e) && strings.HasPrefix(e.Value, "number ") {
		return fmt.Errorf("the %.60s is too large", e.Value)
	}
	return err
}

// level is an object or a list that is being read.
type level struct {
	names map[string]bool // of an object; nil for a list
	value bool            // a member's name was read, its value comes next
}

// checkMembers refuses members that stand twice or are not in lower case, and
// bodies that are nested too deeply. The data are valid JSON.
func checkMembers(data []byte) error {
	var stack []level
	for dec := json.NewDecoder(bytes.NewReader(data)); ; {
		tok, err := dec.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return said(err)
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			if len(stack) == maxNesting {
				return fmt.Errorf("the body is nested deeper than %d levels", maxNesting)
			}
			stack = append(stack, level{})
			if tok == json.Delim('{') {
				stack[len(stack)-1].names = map[string]bool{}
			}
			continue
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:len(stack)-1]
		default:
			if name, ok := tok.(string); ok && len(stack) > 0 && stack[len(stack)-1].names != nil && !stack[len(stack)-1].value {
				if err := stack[len(stack)-1].take(name); err != nil {
					return err
				}
				continue
			}
		}
		if len(stack) > 0 {
			stack[len(stack)-1].value = false // the value is complete
		}
	}
}

// take notes the name of a member.
func (l *level) take(name string) error {
	switch {
	case name != strings.ToLower(name):
		return fmt.Errorf("there is no field %.40q; names are in lower case", name)
	case l.names[name]:
		return fmt.Errorf("the field %.40q stands there twice", name)
	}
	l.names[name], l.value = true, true
	return nil
}
