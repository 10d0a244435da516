package audit

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Outcome says how a call ended, or that it was let in.
type Outcome string

// The outcomes of an event.
const (
	Allowed Outcome = "allowed" // a changing call was let in; its end is an event of its own
	Denied  Outcome = "denied"  // a call was turned away
	Done    Outcome = "done"    // it did what was asked
	Failed  Outcome = "failed"  // it did not
)

// Event is one line of the record. Seq, Key, Prev and Hash are set when it is
// written, At too if it is zero; all else comes from the caller and is cleaned:
// bounded in length, and every character that does not print is spelled out.
type Event struct {
	Seq       int64             `json:"seq"` // 1, 2, 3 … without a gap
	At        time.Time         `json:"at"`  // UTC, to the microsecond
	RequestID string            `json:"request_id"`
	Actor     string            `json:"actor"` // name of the user; "local"; "" if nobody knows
	Role      string            `json:"role"`
	Via       string            `json:"via"`     // local, password, token, key, cli
	Address   string            `json:"address"` // of the caller
	Action    string            `json:"action"`  // "POST /api/v1/data/version/create", "cli version create"
	Object    string            `json:"object"`  // what it was done to
	Outcome   Outcome           `json:"outcome"`
	Code      string            `json:"code"`   // kind of the error, exo.Kind, or a rule of Watch
	Detail    map[string]string `json:"detail"` // 16 entries at most
	Key       string            `json:"key"`    // identifier of the key that sealed it; "": plain SHA-256
	Prev      string            `json:"prev"`   // seal of the event before
	Hash      string            `json:"hash"`   // seal of this one: all bytes of the line before it
}

// Bounds of an event's fields, in bytes.
const (
	maxRequestID = 64
	maxName      = 128 // actor, and a detail's key
	maxWord      = 32  // role, via, code
	maxAddress   = 64
	maxAction    = 256
	maxObject    = 512
	maxDetails   = 16
	maxDetail    = 256

	// MaxLine is the length that no line of the mirror exceeds, its newline
	// included: all fields at their bounds, with each byte escaped.
	MaxLine = 16 << 10
)

// cleaned returns the event as it may be written.
func (e Event) cleaned() Event {
	e.At = e.At.UTC().Truncate(time.Microsecond)
	e.RequestID = clean(e.RequestID, maxRequestID)
	e.Actor = clean(e.Actor, maxName)
	e.Role = clean(e.Role, maxWord)
	e.Via = clean(e.Via, maxWord)
	e.Address = clean(e.Address, maxAddress)
	e.Action = clean(e.Action, maxAction)
	e.Object = clean(e.Object, maxObject)
	e.Code = clean(e.Code, maxWord)
	switch e.Outcome {
	case Allowed, Denied, Done, Failed:
	default:
		e.Outcome = Failed
	}
	detail := make(map[string]string, min(len(e.Detail), maxDetails))
	for _, k := range sortedKeys(e.Detail) {
		if len(detail) == maxDetails {
			break
		}
		detail[clean(k, maxWord)] = clean(e.Detail[k], maxDetail)
	}
	e.Detail = detail
	return e
}

// secret matches what must not be written: our keys (the identifier stays), our
// tokens, a master key.
var secret = regexp.MustCompile(`(exo_[0-9A-Za-z]{1,64}_)[0-9A-Za-z_-]{16,}|eyJ[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]*){1,2}|AGE-SECRET-KEY-[0-9A-Za-z]+`)

// clean makes text of a stranger harmless: one line, valid UTF-8, only what
// prints, n bytes at most. What does not print is spelled \u{a}, so that nothing
// is hidden; U+0085, U+2028 and the marks that turn the direction of writing are
// among it.
func clean(s string, n int) string {
	if plain(s) && len(s) <= n {
		return s
	}
	s = s[:min(len(s), 8*n)] // more is cut off in any case
	if suspect(s) {
		s = secret.ReplaceAllString(s, "${1}[secret]")
	}
	const ellipsis = "…"
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		word := s[i : i+size]
		switch {
		case r == utf8.RuneError && size == 1:
			word = spell(rune(s[i]))
		case !unicode.IsPrint(r):
			word = spell(r)
		}
		last := i+size == len(s)
		if b.Len()+len(word) > n || !last && b.Len()+len(word) > n-len(ellipsis) {
			b.WriteString(ellipsis) // there is room: all words but the last leave it
			break
		}
		b.WriteString(word)
		i += size
	}
	return b.String()
}

// spell writes a rune, or a byte that is none, so that it prints.
func spell(r rune) string { return `\u{` + strconv.FormatInt(int64(r), 16) + "}" }

// plain reports whether the text is printable ASCII that holds no secret.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return !suspect(s)
}

// suspect is the quick look before the search for secrets.
func suspect(s string) bool {
	return strings.Contains(s, "exo_") || strings.Contains(s, "eyJ") || strings.Contains(s, "AGE-")
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
