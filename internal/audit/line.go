package audit

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"strconv"
	"time"
	"unicode/utf8"

	"exoplanetai/internal/exo"
)

// origin is the Prev of the first event.
const origin = "0000000000000000000000000000000000000000000000000000000000000000"

const (
	lineStart = `{"v":1,"seq":`
	hashMark  = `,"hash":"`
	lineEnd   = `"}`
	timeForm  = "2006-01-02T15:04:05.000000Z" // RFC 3339, always 27 bytes
	sealSize  = 2 * sha256.Size
	tailSize  = len(hashMark) + sealSize + len(lineEnd) // of a line, from its seal on
)

// row is an event as the table holds it, all fields as text: what is sealed.
type row struct {
	seq                                                                                  int64
	at                                                                                   time.Time
	request, actor, role, via, address, action, object, outcome, code, detail, key, prev []byte
	hash                                                                                 []byte
}

// appendBody writes the sealed part of the line: one way to write an event only,
// so that equal events have equal bytes. Members stand in this order and all of
// them are there; detail is the text of appendDetail.
func (r *row) appendBody(b []byte) []byte {
	b = append(b, lineStart...)
	b = strconv.AppendInt(b, r.seq, 10)
	b = append(b, `,"at":"`...)
	b = r.at.AppendFormat(b, timeForm)
	b = append(b, '"')
	b = appendMember(b, "request_id", r.request)
	b = appendMember(b, "actor", r.actor)
	b = appendMember(b, "role", r.role)
	b = appendMember(b, "via", r.via)
	b = appendMember(b, "address", r.address)
	b = appendMember(b, "action", r.action)
	b = appendMember(b, "object", r.object)
	b = appendMember(b, "outcome", r.outcome)
	b = appendMember(b, "code", r.code)
	b = append(b, `,"detail":`...)
	b = append(b, r.detail...)
	b = appendMember(b, "key", r.key)
	return appendMember(b, "prev", r.prev)
}

// appendLine writes the whole line without its newline.
func (r *row) appendLine(b []byte) []byte {
	b = r.appendBody(b)
	b = append(b, hashMark...)
	b = append(b, r.hash...)
	return append(b, lineEnd...)
}

func appendMember(b []byte, name string, value []byte) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return appendText(b, value)
}

// appendText writes a JSON string (RFC 8259 7) on one line: quotes and
// backslashes get a backslash, other control characters their number, bytes that
// are not UTF-8 the replacement character. Cleaned fields have only the former,
// but a table may hold anything once somebody wrote into it.
func appendText(b, s []byte) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c == 0x7f:
			b = append(b, `\u00`...)
			b = append(b, digits[c>>4], digits[c&15])
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			r, size := utf8.DecodeRune(s[i:])
			if r == utf8.RuneError && size == 1 {
				b = append(b, `\ufffd`...)
			} else {
				b = append(b, s[i:i+size]...)
			}
			i += size - 1
		}
		i++
	}
	return append(b, '"')
}

// appendDetail writes the details as JSON, sorted by name.
func appendDetail(b []byte, detail map[string]string) []byte {
	b = append(b, '{')
	for i, k := range sortedKeys(detail) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, []byte(k))
		b = append(b, ':')
		b = appendText(b, []byte(detail[k]))
	}
	return append(b, '}')
}

// row returns the event as it is sealed and kept.
func (e *Event) row() row {
	return row{
		seq: e.Seq, at: e.At.UTC(), request: []byte(e.RequestID), actor: []byte(e.Actor), role: []byte(e.Role), via: []byte(e.Via),
		address: []byte(e.Address), action: []byte(e.Action), object: []byte(e.Object), outcome: []byte(e.Outcome), code: []byte(e.Code),
		detail: appendDetail(nil, e.Detail), key: []byte(e.Key), prev: []byte(e.Prev), hash: []byte(e.Hash),
	}
}

// event is the inverse of Event.row. Details that are not what appendDetail
// writes are left out; their seal tells.
func (r *row) event() Event {
	e := Event{
		Seq: r.seq, At: r.at, RequestID: string(r.request), Actor: string(r.actor), Role: string(r.role), Via: string(r.via),
		Address: string(r.address), Action: string(r.action), Object: string(r.object), Outcome: Outcome(r.outcome), Code: string(r.code),
		Detail: map[string]string{}, Key: string(r.key), Prev: string(r.prev), Hash: string(r.hash),
	}
	if len(r.detail) > 2 && len(r.detail) <= MaxLine {
		_ = json.Unmarshal(r.detail, &e.Detail) // whatever could be read
	}
	return e
}

// AppendLine appends the event as a line of the mirror and of an export, without
// the newline.
func AppendLine(b []byte, e Event) []byte {
	r := e.row()
	return r.appendLine(b)
}

// ParseLine reads a line of the mirror or of an export, without its newline. It
// accepts only what AppendLine writes, byte for byte. exo.Corrupt for anything
// else; the seal is not judged.
func ParseLine(line []byte) (Event, error) {
	const op = "audit.ParseLine"
	if len(line) >= MaxLine {
		return Event{}, exo.Errorf(op, exo.Corrupt, nil, "the line is longer than any event")
	}
	var e struct {
		V int `json:"v"`
		Event
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		return Event{}, exo.E(op, exo.Corrupt, nil, err).Say("the line is no event")
	}
	e.At = e.At.UTC()
	if !bytes.Equal(AppendLine(nil, e.Event), line) {
		return Event{}, exo.Errorf(op, exo.Corrupt, nil, "the line is no event as this program writes it")
	}
	return e.Event, nil
}

// sealer computes seals with one key; not for use by several goroutines at once.
type sealer struct {
	id  string // of the key; "": none
	mac hash.Hash
	sum [sha256.Size]byte
	hex [sealSize]byte
}

func newSealer(key []byte) *sealer {
	if key == nil {
		return &sealer{mac: sha256.New()}
	}
	return &sealer{id: keyID(key), mac: hmac.New(sha256.New, key)}
}

// keyID names a key without telling anything of it.
func keyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("exoplanetai audit key\n"), key...))
	return hex.EncodeToString(sum[:4])
}

// seal returns the seal of the text, in hexadecimal; valid until the next call.
func (s *sealer) seal(text []byte) []byte {
	s.mac.Reset()
	s.mac.Write(text)
	hex.Encode(s.hex[:], s.mac.Sum(s.sum[:0]))
	return s.hex[:]
}
