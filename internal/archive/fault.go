package archive

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"exoplanetai/internal/exo"
)

const opGet = "archive.Get"

// netError gives a failure of the transport its kind.
func (c *Client) netError(ctx context.Context, u *url.URL, err error) error {
	host := u.Host
	var cert *tls.CertificateVerificationError
	var dns *net.DNSError
	var refused *exo.Error
	switch {
	case ctx.Err() != nil:
		return canceled(ctx, host)
	case errors.As(err, &refused): // the address guard's
		return exo.E(opGet, refused.Kind, host, refused)
	case errors.Is(err, errForeign):
		return exo.E(opGet, exo.Upstream, host, err).Say("%s sends us on to an address that is not configured", host).
			Try("if the archive has moved, set its new address as base_url")
	case errors.Is(err, ErrLate):
		return exo.E(opGet, exo.Unavailable, host, err).Say("%s did not answer in time", host).
			Try("try again later, or set a longer timeout for this source")
	case errors.As(err, &cert):
		return exo.E(opGet, exo.Upstream, host, err).Say("%s shows a certificate that is not valid for it", host).
			Try("check base_url and this machine's clock and certificates")
	case noHandshake(err):
		return exo.E(opGet, exo.Upstream, host, err).Say("no encrypted connection could be agreed on with %s", host).
			Try("check base_url; archives must speak TLS 1.2 or later")
	case errors.As(err, &dns):
		return exo.E(opGet, exo.Unavailable, host, err).Say("the name %s cannot be resolved", host).
			Try("check the network connection and base_url")
	case truncated(err):
		return exo.E(opGet, exo.Unavailable, host, err).Say("%s broke off the connection", host).Try("try again later")
	}
	return exo.E(opGet, exo.Unavailable, host, err).Say("%s cannot be reached", host).Try("try again later")
}

// noHandshake tells of a server that speaks no TLS, or none that is safe.
func noHandshake(err error) bool {
	var alert *net.OpError // crypto/tls wraps the alerts of either side in it
	return errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &alert) && (alert.Op == "remote error" || alert.Op == "local error")
}

// bodyError gives a failure within a body its kind.
func bodyError(ctx context.Context, host string, err error) error {
	var own *exo.Error
	switch {
	case ctx.Err() != nil:
		return canceled(ctx, host)
	case errors.As(err, &own):
		return err
	case errors.Is(err, ErrLate):
		return exo.E(opGet, exo.Unavailable, host, err).Say("%s stopped in the middle of its answer", host).Try("try again later")
	}
	return exo.E(opGet, exo.Upstream, host, fmt.Errorf("%w: %w", errCut, err)).
		Say("the answer of %s breaks off before its end", host).Try("try again later")
}

// errCut is in the chain of an error that a body which ends early caused.
var errCut = errors.New("body cut")

func truncated(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// canceled tells a caller who gave up from one whose time ran out.
func canceled(ctx context.Context, host string) error {
	why := context.Cause(ctx)
	if errors.Is(why, context.DeadlineExceeded) || errors.Is(why, ErrLate) {
		return exo.E(opGet, exo.Unavailable, host, why).Say("%s did not answer in time", host).Try("try again later")
	}
	return exo.E(opGet, exo.Canceled, host, why)
}

// statusError gives an unwanted status its kind. It reads the beginning of the
// body, for the caller who knows the archive's error documents.
func statusError(host string, resp *http.Response) error {
	sample, _ := io.ReadAll(io.LimitReader(resp.Body, maxSample)) // an error's body may be anything, also cut
	se := &StatusError{Status: resp.StatusCode, Header: resp.Header, Body: sample}
	e := exo.E(opGet, kindOfStatus(resp.StatusCode), host, se)
	switch e.Kind {
	case exo.NotFound:
		return e.Say("%s does not have it (HTTP %d)", host, se.Status).Try("check base_url")
	case exo.Denied:
		return e.Say("%s refuses to give it (HTTP %d)", host, se.Status).Try("it may be proprietary, or need a key")
	case exo.Unavailable:
		return e.Say("%s cannot answer now (HTTP %d)", host, se.Status).Try("try again later")
	}
	return e.Say("%s answers HTTP %d", host, se.Status).Try("check base_url; if the archive has changed, a newer version of this program is needed")
}

func kindOfStatus(status int) exo.Kind {
	switch {
	case status == http.StatusNotFound, status == http.StatusGone:
		return exo.NotFound
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return exo.Denied
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		return exo.Unavailable
	}
	return exo.Upstream
}

// retryAfter reads the Retry-After of a failed answer (RFC 9110 §10.2.3): a
// number of seconds or a date, the latter against the answer's own Date where
// it has one, since the archive's clock is the one it means.
func (c *Client) retryAfter(err error) (time.Duration, bool) {
	var se *StatusError
	if !errors.As(err, &se) {
		return 0, false
	}
	v := strings.TrimSpace(se.Header.Get("Retry-After"))
	if n, err := strconv.ParseUint(v, 10, 32); err == nil {
		return time.Duration(n) * time.Second, true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	now, err := http.ParseTime(se.Header.Get("Date"))
	if err != nil {
		if c.opt.Clock == nil {
			return 0, false
		}
		now = c.opt.Clock()
	}
	return max(at.Sub(now), 0), true
}

// Words puts the beginning of an archive's text into a message: one line,
// printable, short.
func Words(text []byte) string {
	const most = 200
	s := strings.Join(strings.Fields(strings.ToValidUTF8(string(text[:min(len(text), 4*most)]), "?")), " ")
	s = strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return -1
	}, s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
