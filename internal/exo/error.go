package exo

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Kind classes an error. Its spelling is part of the public interface: it is
// the `code` of a problem document and of the command line's JSON errors.
// A Kind is itself an error, so errors.Is(err, exo.NotFound) asks for it.
type Kind string

// The kinds of error.
const (
	Invalid         Kind = "Invalid"         // the caller's words are off
	NotFound        Kind = "NotFound"        // there is no such thing
	Exists          Kind = "Exists"          // there is one already
	Unauthenticated Kind = "Unauthenticated" // who is asking?
	Denied          Kind = "Denied"          // not with this role
	NotAllowed      Kind = "NotAllowed"      // not with this method
	RateLimited     Kind = "RateLimited"     // too many calls
	Conflict        Kind = "Conflict"        // not in this state
	Corrupt         Kind = "Corrupt"         // bytes are not what they were; never retried, never hidden
	Upstream        Kind = "Upstream"        // the archive answered with something that cannot be used
	Full            Kind = "Full"            // no room left; stops the job, the store stays readable
	Unavailable     Kind = "Unavailable"     // not now: down, late, or busy
	TooLarge        Kind = "TooLarge"        // above a declared limit
	Canceled        Kind = "Canceled"        // the caller gave up
	Internal        Kind = "Internal"        // a fault of ours
)

// Error makes a Kind usable as the target of errors.Is.
func (k Kind) Error() string { return string(k) }

// Error is the one error type of the program: the operation that failed, what
// kind of failure it was, the item it was about, and the cause.
//
// Message and Hint are meant for the user and hold no paths of this machine,
// no SQL and no secrets; Op and Err are for the log.
type Error struct {
	Op      string         // operation, "store.Publish"
	Kind    Kind           // class
	Item    string         // what it was about: a target, a path in the data tree, a digest
	Message string         // what went wrong, in plain words; empty: derived from the cause
	Hint    string         // what to do about it
	Extra   map[string]any // further members of the problem document, `last_good` for one
	Err     error          // cause
}

// E makes an error. The item is anything with a text form; nil is no item.
func E(op string, kind Kind, item any, cause error) *Error {
	e := &Error{Op: op, Kind: kind, Err: cause}
	if item != nil {
		e.Item = fmt.Sprint(item)
	}
	return e
}

// Errorf makes an error whose message is formatted for the user.
func Errorf(op string, kind Kind, item any, format string, args ...any) *Error {
	e := E(op, kind, item, nil)
	e.Message = fmt.Sprintf(format, args...)
	return e
}

// Say sets the message for the user and returns the error.
func (e *Error) Say(format string, args ...any) *Error {
	e.Message = fmt.Sprintf(format, args...)
	return e
}

// Try sets the hint and returns the error.
func (e *Error) Try(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// With adds a member to the problem document and returns the error.
func (e *Error) With(key string, value any) *Error {
	if e.Extra == nil {
		e.Extra = map[string]any{}
	}
	e.Extra[key] = value
	return e
}

// Error gives the whole story, for logs: operation, item, kind, message, cause.
func (e *Error) Error() string {
	var b strings.Builder
	for _, s := range []string{e.Op, e.Item, string(e.Kind), e.Message} {
		if s != "" {
			if b.Len() > 0 {
				b.WriteString(": ")
			}
			b.WriteString(s)
		}
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether the target is this error's kind.
func (e *Error) Is(target error) bool {
	k, ok := target.(Kind)
	return ok && e.Kind == k
}

// KindOf returns the kind of the outermost Error in the chain; Canceled for a
// cancelled context, Unavailable for a deadline, Internal for any other error.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	if k, ok := errors.AsType[Kind](err); ok {
		return k
	}
	switch {
	case errors.Is(err, context.Canceled):
		return Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return Unavailable
	}
	return Internal
}

// MessageOf returns what a user may see of the error: the first message found
// along the chain, with the item; for Internal errors a general sentence.
func MessageOf(err error) string {
	var item string
	for e := err; e != nil; {
		x, ok := errors.AsType[*Error](e)
		if !ok {
			break
		}
		if item == "" {
			item = x.Item
		}
		if x.Message != "" {
			return x.Message
		}
		e = x.Err
	}
	phrase := phrases[KindOf(err)]
	if item == "" || KindOf(err) == Internal {
		return phrase
	}
	return item + ": " + phrase
}

// HintOf returns the first hint along the chain.
func HintOf(err error) string {
	for e := err; e != nil; {
		x, ok := errors.AsType[*Error](e)
		if !ok {
			return ""
		}
		if x.Hint != "" {
			return x.Hint
		}
		e = x.Err
	}
	return ""
}

// ExtraOf collects the extra members along the chain; the outermost wins.
func ExtraOf(err error) map[string]any {
	extra := map[string]any{}
	for e := err; e != nil; {
		x, ok := errors.AsType[*Error](e)
		if !ok {
			break
		}
		for k, v := range x.Extra {
			if _, have := extra[k]; !have {
				extra[k] = v
			}
		}
		e = x.Err
	}
	return extra
}

var phrases = map[Kind]string{
	Invalid: "the request is not valid", NotFound: "not found", Exists: "exists already",
	Unauthenticated: "sign in first", Denied: "not permitted", NotAllowed: "method not allowed",
	RateLimited: "too many requests", Conflict: "not possible in this state",
	Corrupt: "the data are damaged", Upstream: "the archive's answer cannot be used",
	Full: "no room left", Unavailable: "not available now", TooLarge: "too large",
	Canceled: "cancelled", Internal: "an internal error occurred",
}
