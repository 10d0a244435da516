package archive

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"exoplanetai/internal/exo"
)

// The header fields of a delivery.
const (
	SignatureHeader = "X-Exoplanetai-Signature" // "sha256=" and the HMAC-SHA256 of the body (RFC 2104), hexadecimal
	DeliveryHeader  = "X-Exoplanetai-Delivery"  // identifier, the same for every repetition
)

// What is spent on one delivery.
const (
	hookTimeout = 10 * time.Second // each try, answer included
	hookRetries = 3                // tries after the first
	hookPause   = 30 * time.Second // longest pause between two tries
	hookAnswer  = 64 << 10         // bytes read of an answer, so that the connection can be used again
)

// Delivery is one message to a web hook.
type Delivery struct {
	URL          string // https or http; may hold a secret, and is told to nobody beyond its host
	Secret       string // key of the signature; empty: not signed
	ID           string // identifier of the message, the same when it is sent again
	Body         []byte // JSON
	AllowPrivate bool   // the address may be anywhere, and on any port
}

// Poster sends messages to web hooks: addresses that a user gave, and so not
// to be trusted. It follows no redirect, reads no more of an answer than its
// status, and dials public addresses only, on ports 80 and 443, unless the
// delivery allows others. Its methods may be called from several goroutines.
type Poster struct {
	guarded, open *Client
}

// NewPoster makes a poster. Allowed and Public of the options mean nothing here,
// MaxPause is at most half a minute.
func NewPoster(o Options) *Poster {
	o.Allowed, o.Public = nil, nil
	if o.MaxPause <= 0 || o.MaxPause > hookPause {
		o.MaxPause = hookPause
	}
	p := &Poster{guarded: NewClient(o), open: NewClient(o)}
	p.open.unguarded = true
	return p
}

// Close drops the idle connections.
func (p *Poster) Close() {
	p.guarded.Close()
	p.open.Close()
}

// Post delivers a message: a status of 2xx says that it came. What cannot be
// reached, is late, busy (429) or out of order (5xx) is tried three times more,
// with growing pauses. Errors name the host only: exo.Invalid for an address
// that cannot be, exo.Denied for one that is not public, exo.Upstream for a
// refusal or a redirect, exo.Unavailable.
func (p *Poster) Post(ctx context.Context, d Delivery) error {
	u, err := hookURL(d.URL)
	if err != nil {
		return err
	}
	c := p.guarded
	if d.AllowPrivate {
		c = p.open
	}
	return c.repeat(ctx, Endpoint{Retries: hookRetries}, false, func() error { return c.post(ctx, u, d) })
}

// CheckHook tells what is wrong with the address of a web hook, as far as it can
// be told without resolving its name.
func CheckHook(address string, allowPrivate bool) error {
	u, err := hookURL(address)
	if err != nil || allowPrivate {
		return err
	}
	if a, err := netip.ParseAddr(strings.Trim(u.Hostname(), "[]")); err == nil && !public(a) {
		return exo.Errorf(opPost, exo.Denied, u.Host, "the address of the web hook at %s is not a public one", u.Host).
			Try("allow private addresses for this hook if it is in your own network")
	}
	return nil
}

const opPost = "archive.Post"

// hookURL reads the address of a hook. An error shows none of it: what cannot be
// read may be a secret in the wrong place.
func hookURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return nil, exo.Errorf(opPost, exo.Invalid, nil, "the address of the web hook must be http or https, with a host and without a password").
			Try("write it as https://host/path")
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// post is one try.
func (c *Client) post(ctx context.Context, u *url.URL, d Delivery) error {
	ctx, cancel := context.WithTimeoutCause(ctx, hookTimeout, late("no answer within %s", hookTimeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(string(d.Body)))
	if err != nil {
		return exo.Errorf(opPost, exo.Invalid, u.Host, "the address of the web hook is not valid")
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", c.opt.UserAgent)
	req.Header.Set(DeliveryHeader, d.ID)
	if d.Secret != "" {
		req.Header.Set(SignatureHeader, Sign(d.Secret, d.Body))
	}
	h := http.Client{Transport: c.tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := h.Do(req)
	if err != nil {
		return c.hookError(ctx, u, err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, hookAnswer) // what it says beside its status is of no use
	return hookStatus(u.Host, resp)
}

// hookError gives a failure of the transport its kind, without the address.
func (c *Client) hookError(ctx context.Context, u *url.URL, err error) error {
	if told, ok := errors.AsType[*url.Error](err); ok {
		err = told.Err
	}
	return c.netError(ctx, &url.URL{Host: u.Host}, err)
}

// hookStatus tells whether a message was taken.
func hookStatus(host string, resp *http.Response) error {
	se := &StatusError{Status: resp.StatusCode, Header: http.Header{"Retry-After": resp.Header["Retry-After"], "Date": resp.Header["Date"]}}
	switch code := resp.StatusCode; {
	case code/100 == 2:
		return nil
	case code/100 == 3:
		return exo.E(opPost, exo.Upstream, host, se).Say("the web hook at %s redirects, which is not followed", host).
			Try("give the address that it leads to")
	case kindOfStatus(code) == exo.Unavailable:
		return exo.E(opPost, exo.Unavailable, host, se).Say("the web hook at %s cannot answer now (HTTP %s)", host, strconv.Itoa(code))
	default:
		return exo.E(opPost, exo.Upstream, host, se).Say("the web hook at %s refuses the message (HTTP %s)", host, strconv.Itoa(code)).
			Try("check its address and its secret")
	}
}

// Sign makes the signature of a body as SignatureHeader carries it.
func Sign(secret string, body []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	return "sha256=" + hex.EncodeToString(m.Sum(nil))
}
