package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/exo"
)

// statuses is the one table from the kind of an error to the HTTP status
// (RFC 9110 §15; 499 is the usual sign of a caller who left).
var statuses = map[exo.Kind]int{
	exo.Invalid:         http.StatusBadRequest,
	exo.NotFound:        http.StatusNotFound,
	exo.Exists:          http.StatusConflict,
	exo.Unauthenticated: http.StatusUnauthorized,
	exo.Denied:          http.StatusForbidden,
	exo.NotAllowed:      http.StatusMethodNotAllowed,
	exo.RateLimited:     http.StatusTooManyRequests,
	exo.Conflict:        http.StatusConflict,
	exo.Corrupt:         http.StatusInternalServerError,
	exo.Upstream:        http.StatusBadGateway,
	exo.Full:            http.StatusInsufficientStorage,
	exo.Unavailable:     http.StatusServiceUnavailable,
	exo.TooLarge:        http.StatusRequestEntityTooLarge,
	exo.Canceled:        499,
	exo.Internal:        http.StatusInternalServerError,
}

// titles says what each kind means, whatever the occasion.
var titles = map[exo.Kind]string{
	exo.Invalid:         "The request is not valid",
	exo.NotFound:        "There is no such thing",
	exo.Exists:          "It exists already",
	exo.Unauthenticated: "Sign in first",
	exo.Denied:          "Not permitted",
	exo.NotAllowed:      "The method is not allowed here",
	exo.RateLimited:     "Too many requests",
	exo.Conflict:        "Not possible in this state",
	exo.Corrupt:         "Stored data are damaged",
	exo.Upstream:        "The archive's answer cannot be used",
	exo.Full:            "No room left",
	exo.Unavailable:     "Not available now",
	exo.TooLarge:        "Too large",
	exo.Canceled:        "Cancelled",
	exo.Internal:        "An internal error occurred",
}

// hints says what to do where nobody who saw the error said more.
var hints = map[exo.Kind]string{
	exo.Invalid:         "the fields of each request are described at /docs",
	exo.NotFound:        "check the name; what is held is listed at /api/v1/data/ingestion/status",
	exo.Exists:          "choose another name",
	exo.Unauthenticated: "send a key or a token",
	exo.Denied:          "ask an administrator",
	exo.NotAllowed:      "the routes and their methods are described at /docs",
	exo.RateLimited:     "wait, then send the request again",
	exo.Conflict:        "look at the present state, then decide again",
	exo.Corrupt:         "run exoplanetai storage verify and restore what it names",
	exo.Upstream:        "try again later; the last good data are kept",
	exo.Full:            "free space on the disk of the data folder",
	exo.Unavailable:     "try again later",
	exo.TooLarge:        "ask for less at a time",
	exo.Canceled:        "send the request again",
	exo.Internal:        "report it with the request_id; the log has the details",
}

// problemType is the media type of RFC 9457.
const problemType = "application/problem+json"

// Problem is a problem document. Extra members, such as last_good or held_id,
// stand beside the fixed ones and never replace them.
type Problem struct {
	Type      string
	Title     string
	Status    int
	Detail    string
	Code      exo.Kind
	Hint      string
	RequestID string
	Extra     map[string]any
}

// ProblemOf renders an error. Only what is meant for users goes in: message,
// hint and extra members.
func ProblemOf(err error, requestID string) *Problem {
	kind := exo.KindOf(err)
	p := newProblem(kind, statuses[kind], exo.MessageOf(err), exo.HintOf(err), requestID)
	if kind != exo.Internal {
		p.Extra = exo.ExtraOf(err)
	}
	if own, ok := errors.AsType[interface {
		error
		HTTPStatus() int
	}](err); ok {
		p.Status = own.HTTPStatus()
	}
	return p
}

// ProblemJSON renders an error as the document that a failed job keeps. Its
// signature is jobs.Problem.
func ProblemJSON(err error) json.RawMessage {
	p := ProblemOf(err, "")
	raw, mErr := json.Marshal(p)
	if mErr == nil {
		return raw
	}
	p.Extra = nil // an extra member that JSON cannot hold is a fault of ours; the rest is worth more
	raw, _ = json.Marshal(p)
	return raw
}

func newProblem(kind exo.Kind, status int, detail, hint, requestID string) *Problem {
	if status == 0 {
		kind, status = exo.Internal, http.StatusInternalServerError
	}
	if hint == "" {
		hint = hints[kind]
	}
	return &Problem{
		Type: "/docs#" + string(kind), Title: titles[kind], Status: status,
		Detail: detail, Code: kind, Hint: hint, RequestID: requestID,
	}
}

// Error makes a Problem an error, as the framework wants it.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns Retry-After (RFC 9110 §10.2.3) where the error says when
// to come back, and WWW-Authenticate where a credential is wanted.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if after, ok := p.Extra["retry_after"]; ok {
		h.Set("Retry-After", fmt.Sprint(after))
	}
	if p.Code == exo.Unauthenticated {
		h.Set("WWW-Authenticate", `Bearer realm="exoplanetai"`) // RFC 6750 §3
	}
	return h
}

// ContentType returns the media type of problem documents.
func (p *Problem) ContentType(string) string { return problemType }

// MarshalJSON writes the fixed members in their order, then the extra ones by
// name. An empty hint or request identifier is left out.
func (p *Problem) MarshalJSON() ([]byte, error) {
	type member struct {
		key   string
		value any
	}
	members := []member{
		{"type", p.Type}, {"title", p.Title}, {"status", p.Status}, {"detail", p.Detail}, {"code", p.Code},
	}
	if p.Hint != "" {
		members = append(members, member{"hint", p.Hint})
	}
	if p.RequestID != "" {
		members = append(members, member{"request_id", p.RequestID})
	}
	fixed := []string{"type", "title", "status", "detail", "code", "hint", "request_id"}
	for _, key := range slices.Sorted(maps.Keys(p.Extra)) {
		if !slices.Contains(fixed, key) {
			members = append(members, member{key, p.Extra[key]})
		}
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Quote(m.key))
		b.WriteByte(':')
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(m.value); err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - 1) // Encode ends with a newline
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Schema describes the document in the OpenAPI file.
func (*Problem) Schema(r huma.Registry) *huma.Schema {
	const name = "Problem"
	if _, ok := r.Map()[name]; !ok {
		kinds := make([]any, 0, len(statuses))
		for _, k := range slices.Sorted(maps.Keys(statuses)) {
			kinds = append(kinds, string(k))
		}
		text := func(doc string) *huma.Schema { return &huma.Schema{Type: "string", Description: doc} }
		code := text("the kind of error, stable")
		code.Enum = kinds
		r.Map()[name] = &huma.Schema{
			Type:        "object",
			Description: "A problem document (RFC 9457). Further members may follow, last_good and held_id for two.",
			Properties: map[string]*huma.Schema{
				"type": text("where the kind is explained"), "title": text("what the kind means"),
				"status": {Type: "integer", Description: "the HTTP status"},
				"detail": text("what went wrong this time"), "code": code,
				"hint": text("what to do about it"), "request_id": text("under which the log tells more"),
			},
			Required:             []string{"type", "title", "status", "detail", "code"},
			AdditionalProperties: true,
		}
	}
	return &huma.Schema{Ref: "#/components/schemas/" + name}
}

// fromFramework turns an error document of the HTTP framework into ours.
func fromFramework(m *huma.ErrorModel, requestID string) *Problem {
	kind, status := exo.Invalid, m.Status
	switch status {
	case http.StatusUnprocessableEntity:
		status = http.StatusBadRequest
	case http.StatusRequestEntityTooLarge:
		kind = exo.TooLarge
	case http.StatusRequestTimeout:
		kind = exo.Unavailable
	default:
		if status >= 500 {
			return newProblem(exo.Internal, status, titles[exo.Internal], "", requestID)
		}
	}
	detail, hint := plain(m.Detail), ""
	if status == http.StatusUnsupportedMediaType {
		detail, hint = "the body's content type is not supported", "send JSON with the header Content-Type: application/json"
	}
	p := newProblem(kind, status, detail, hint, requestID)
	if len(m.Errors) == 0 || status == http.StatusUnsupportedMediaType {
		return p
	}
	var said []string
	var list []map[string]string
	for _, e := range m.Errors[:min(len(m.Errors), maxFindings)] {
		where := strings.TrimPrefix(e.Location, "body.")
		said = append(said, clip(where+": "+plain(e.Message)))
		list = append(list, map[string]string{"location": clip(e.Location), "message": clip(plain(e.Message))})
	}
	p.Detail = strings.Join(said, "; ")
	p.Extra = map[string]any{"errors": list}
	return p
}

// maxFindings bounds how many mistakes of one request are told.
const maxFindings = 10

// plainly says some of the framework's messages in other words.
var plainly = map[string]string{
	"unexpected property":                "there is no such field",
	"unknown query parameter":            "there is no such parameter",
	"required path parameter is missing": "it is missing",
	"request body is required":           "the request has no body",
}

// plain turns a validator's message into the words of the other errors.
func plain(message string) string {
	if strings.HasPrefix(message, "invalid character") || strings.HasPrefix(message, "unexpected end") {
		return "the body is not valid JSON (" + message + ")"
	}
	if field, ok := strings.CutPrefix(message, "expected required property "); ok {
		return "the field " + strings.TrimSuffix(field, " to be present") + " is missing"
	}
	if said, ok := plainly[message]; ok {
		return said
	}
	return message
}

// clip shortens a text that came from outside.
func clip(s string) string {
	const limit = 200
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
