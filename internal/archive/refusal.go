package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/votable"
)

// ServiceError is what an archive's service says of a failure, in its own
// words. It is in the chain of the errors that Refusal and Explain make.
type ServiceError struct{ Text string }

// Error gives the service's words.
func (e *ServiceError) Error() string { return e.Text }

// Refusal tells an archive's refusal from data by the beginning of an answer
// that should have been CSV, JSON excluded: a VOTable (with an error, or not
// asked for), a JSON object, a web page, or a text that begins with ERROR. It
// returns nil for anything else, and an Upstream error otherwise. host is for
// the message.
func Refusal(host string, body []byte) error {
	b := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case len(b) == 0:
		return refuse(host, "sent an empty answer", "")
	case b[0] == '<':
		return refusedXML(host, b)
	case b[0] == '{':
		return said(host, jsonMessage(b))
	case hasFold(b, "ERROR"), hasFold(b, "ORA-"), hasFold(b, "Error Type:"):
		return said(host, plain(b))
	case bytes.IndexByte(b[:min(len(b), 512)], 0) >= 0, bytes.HasPrefix(b, []byte("\x1f\x8b")):
		return refuse(host, "sent binary data where text was asked for", "")
	}
	return nil
}

// Explain gives an error that stands for an HTTP status the words of the
// service's error document, if the answer held one. That a service's own
// address is not there, or is closed to us, says nothing of what was asked for:
// it becomes Upstream. Other errors come back unchanged.
func Explain(err error) error {
	var se *StatusError
	if !errors.As(err, &se) {
		return err
	}
	kind, host, why := exo.KindOf(err), itemOf(err), err
	if kind == exo.NotFound || kind == exo.Denied {
		kind, why = exo.Upstream, se // no trace of the kind may stay in the chain
	}
	var told *ServiceError
	if r := Refusal(host, se.Body); len(se.Body) > 0 && errors.As(r, &told) {
		return exo.E(opGet, kind, host, errors.Join(told, why)).Say("%s answers: %s", host, told.Text).Try("%s", exo.HintOf(err))
	}
	if kind == exo.KindOf(err) {
		return err
	}
	return exo.E(opGet, kind, host, why).Say("%s has no such service for us (HTTP %d)", host, se.Status).Try("check base_url, and the key if one is needed")
}

func itemOf(err error) string {
	var e *exo.Error
	if errors.As(err, &e) {
		return e.Item
	}
	return ""
}

func refuse(host, what, hint string) error {
	e := exo.Errorf(opGet, exo.Upstream, host, "%s %s", host, what)
	if hint == "" {
		hint = "try again later"
	}
	return e.Try("%s", hint)
}

// said makes the error of a service that explained itself.
func said(host, text string) error {
	text = Words([]byte(text))
	return exo.E(opGet, exo.Upstream, host, &ServiceError{Text: text}).Say("%s answers: %s", host, text).
		Try("if the archive has changed its tables, a newer version of this program is needed")
}

func refusedXML(host string, b []byte) error {
	if bytes.Contains(b[:min(len(b), 2048)], []byte("VOTABLE")) {
		doc, err := votable.Read(bytes.NewReader(b), votable.Limits{Bytes: maxSample, Rows: 1 << 20})
		switch {
		case err != nil:
			m := queryStatus.FindSubmatch(b)
			if m != nil && string(m[1]) == "ERROR" {
				return said(host, plain(m[2]))
			}
			if m != nil {
				return refuse(host, "cut the table at its row limit", "")
			}
			return refuse(host, "sent a VOTable that cannot be read, where text was asked for", "")
		case doc.Status == votable.Overflow:
			return refuse(host, "cut the table at its row limit", "")
		case doc.Status == votable.Error:
			return said(host, doc.Message)
		}
		return refuse(host, "sent a VOTable where text was asked for", "")
	}
	what := "sent a web page instead of data"
	if m := title.FindSubmatch(b); m != nil {
		what += " (" + Words(m[1]) + ")"
	}
	return refuse(host, what, "the archive may be under maintenance: try again later")
}

var (
	title       = regexp.MustCompile(`(?is)<title[^>]*>(.{0,200}?)</title>`)
	queryStatus = regexp.MustCompile(`(?is)QUERY_STATUS"\s+value="(ERROR|OVERFLOW)"[^>]*>([^<]{0,1000})`)
	rawMessage  = regexp.MustCompile(`(?is)"(?:msg|message)"\s*:\s*"(.{0,1000}?)"?\s*[,}]?\s*}?\s*$`)
	tags        = regexp.MustCompile(`<[^>]{0,200}>`)
)

// jsonMessage finds the message in a service's JSON object. The NASA archive
// pastes texts in raw, so that their quotes can break the JSON.
func jsonMessage(b []byte) string {
	var doc struct {
		Status, Msg, Message string
	}
	if err := json.Unmarshal(b, &doc); err == nil && doc.Msg+doc.Message != "" {
		return doc.Msg + doc.Message
	}
	if m := rawMessage.FindSubmatch(b); m != nil {
		return string(m[1])
	}
	return "a JSON object where a table was asked for: " + string(b[:min(len(b), 200)])
}

// plain drops tags from a text.
func plain(b []byte) string {
	return strings.TrimSpace(tags.ReplaceAllString(string(b[:min(len(b), 2000)]), " "))
}

// hasFold reports whether the text begins with the prefix, in any case.
func hasFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && strings.EqualFold(string(b[:len(prefix)]), prefix)
}
