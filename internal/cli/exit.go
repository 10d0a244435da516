package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"exoplanetai/internal/exo"
)

// The exit statuses.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitValidation  = 4
	exitUpstream    = 5
	exitInterrupted = 130
)

// exits is the one table from the kind of an error to the exit status; kinds
// that are not in it are plain failures.
var exits = map[exo.Kind]int{
	exo.Invalid:     exitUsage,
	exo.NotFound:    exitNotFound,
	exo.Corrupt:     exitValidation,
	exo.Upstream:    exitUpstream,
	exo.Unavailable: exitUpstream,
	exo.Canceled:    exitInterrupted,
}

// exitOf returns the exit status of an error. An archive's table that came but
// failed its checks is a failed validation.
func exitOf(err error) int {
	if errors.Is(err, exo.Upstream) {
		if _, ok := exo.ExtraOf(err)["validation"]; ok {
			return exitValidation
		}
	}
	if status, ok := exits[exo.KindOf(err)]; ok {
		return status
	}
	return exitFailed
}

// fail prints an error and returns its exit status.
func (c *command) fail(err error) int {
	message, hint := exo.MessageOf(err), exo.HintOf(err)
	if c.json {
		body := map[string]any{}
		for k, v := range exo.ExtraOf(err) {
			body[k] = v
		}
		body["code"], body["message"], body["request_id"] = exo.KindOf(err), message, c.term.Invocation
		if hint != "" {
			body["hint"] = hint
		}
		enc := json.NewEncoder(c.term.Err)
		enc.SetEscapeHTML(false)
		if enc.Encode(map[string]any{"error": body}) == nil {
			return exitOf(err)
		}
	}
	text := c.paint(red, "error:") + " " + sentence(message)
	if again, ok := strings.CutPrefix(hint, "try "); ok {
		text += " Try " + sentence(again)
	} else if hint != "" {
		text += " Try: " + sentence(strings.TrimPrefix(hint, "run: "))
	}
	fmt.Fprintln(c.term.Err, text)
	for _, line := range extraLines(err) {
		fmt.Fprintln(c.term.Err, "  "+line)
	}
	if c.common.Verbose || exo.KindOf(err) == exo.Internal {
		fmt.Fprintln(c.term.Err, "  cause: "+clean(err.Error()))
	}
	return exitOf(err)
}

// sentence ends a text with a full stop, once. Lines stay lines.
func sentence(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i, l := range lines {
		lines[i] = clean(l)
	}
	s = strings.Join(lines, "\n  ")
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + "."
}

// extraLines shows the members of an error that a user needs in order to go
// on: the stars that a name may mean, the held table, the last good data.
func extraLines(err error) []string {
	extra := exo.ExtraOf(err)
	var lines []string
	for _, key := range []string{"candidates", "held_id", "last_good", "report_path"} {
		v, ok := extra[key]
		if !ok {
			continue
		}
		raw, mErr := json.Marshal(v)
		if mErr != nil {
			continue
		}
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) == nil {
			for _, item := range list {
				lines = append(lines, members(item))
			}
			continue
		}
		lines = append(lines, key+": "+members(raw))
	}
	return lines
}

// members writes a JSON object as its members, one after the other; what is no
// object of plain values stays as it is.
func members(raw json.RawMessage) string {
	var object map[string]any
	if json.Unmarshal(raw, &object) != nil {
		return clean(string(raw))
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(object)) {
		switch v := object[k].(type) {
		case map[string]any, []any:
			return clean(string(raw))
		default:
			parts = append(parts, fmt.Sprintf("%s %v", k, v))
		}
	}
	return clean(strings.Join(parts, ", "))
}
