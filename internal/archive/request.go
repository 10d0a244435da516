package archive

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"

	"exoplanetai/internal/exo"
)

// Request is one question to an archive.
type Request struct {
	Method string      // empty: GET, or POST when there is a Form
	URL    string      // whole address
	Form   url.Values  // body of a POST; the questions asked so are safe to repeat
	Header http.Header // further fields

	MaxBytes int64 // bound of the decoded body; 0: 512 MiB for Open, 64 MiB for Get
	Identity bool  // the body as it lies there, without compression: for files and ranges
	NoFollow bool  // give redirects back instead of following them
	Once     bool  // no repetition of a late answer, only of other failures
}

// Limits of bodies and redirects.
const (
	maxStream    = 512 << 20
	maxDocument  = 64 << 20
	maxSample    = 64 << 10 // of an error's body
	maxRedirects = 5
)

// StatusError is the cause of an error that an HTTP status stands for. Body is
// the beginning of the error document.
type StatusError struct {
	Status int
	Header http.Header
	Body   []byte
}

// Error gives the status in words.
func (e *StatusError) Error() string { return "HTTP " + http.StatusText(e.Status) }

// ErrLate is in the chain of an error that a time limit caused.
var ErrLate = errors.New("no answer in time")

// errForeign is in the chain when a redirect leaves the configured hosts.
var errForeign = errors.New("redirect refused")

// newRequest builds the HTTP request of one try.
func (c *Client) newRequest(ctx context.Context, r Request) (*http.Request, error) {
	method, body := r.Method, io.Reader(nil)
	if r.Form != nil {
		if method == "" {
			method = http.MethodPost
		}
		body = bytes.NewReader([]byte(Encode(r.Form)))
	}
	req, err := http.NewRequestWithContext(ctx, method, r.URL, body)
	if err != nil {
		return nil, exo.E("archive.Request", exo.Invalid, nil, err).Say("the archive's address is not valid").Try("check its base_url in the configuration")
	}
	if (req.URL.Scheme != "https" && req.URL.Scheme != "http") || req.URL.Host == "" || req.URL.User != nil {
		return nil, exo.Errorf("archive.Request", exo.Invalid, req.URL.Redacted(), "the archive's address must be http or https, with a host and without a password").Try("check its base_url in the configuration")
	}
	for k, vs := range r.Header {
		req.Header[k] = vs
	}
	if r.Form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("User-Agent", c.opt.UserAgent)
	if r.Identity {
		req.Header.Set("Accept-Encoding", "identity")
	} else {
		req.Header.Set("Accept-Encoding", "gzip")
	}
	return req, nil
}

// try sends the request once and gives the answer, whatever its status.
func (c *Client) try(ctx context.Context, ep Endpoint, r Request) (*http.Response, error) {
	req, err := c.newRequest(ctx, r)
	if err != nil {
		return nil, err
	}
	h := http.Client{
		Transport: &carrier{c: c, ep: ep},
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			if r.NoFollow {
				return http.ErrUseLastResponse
			}
			return c.checkRedirect(next.URL, via)
		},
	}
	resp, err := h.Do(req)
	if err != nil {
		return nil, c.netError(ctx, req.URL, err)
	}
	return resp, nil
}

// checkRedirect permits five hops that stay on the host or lead to a
// configured one, and never from https to http.
func (c *Client) checkRedirect(to *url.URL, via []*http.Request) error {
	if len(via) > maxRedirects {
		return errors.Join(errForeign, errors.New("too many redirects"))
	}
	from := via[len(via)-1].URL
	if !c.mayLead(from, to) {
		return errors.Join(errForeign, errors.New("it leads to "+to.Redacted()))
	}
	return nil
}

// MayLead reports whether an answer from one address may send us to another:
// the rule of redirects, for addresses that stand in a document.
func (c *Client) MayLead(from, to string) bool {
	f, err := url.Parse(from)
	if err != nil {
		return false
	}
	t, err := url.Parse(to)
	return err == nil && c.mayLead(f, t)
}

// mayLead reports whether an answer from one address may send us to another.
func (c *Client) mayLead(from, to *url.URL) bool {
	switch {
	case to.Scheme != "https" && to.Scheme != "http", to.User != nil:
		return false
	case from.Scheme == "https" && to.Scheme == "http":
		return false
	case c.known[hostPort(to)] || hostPort(from) == hostPort(to):
		return true
	}
	// http://host to https://host is the usual upgrade.
	return from.Scheme == "http" && to.Scheme == "https" && from.Hostname() == to.Hostname() &&
		from.Port() == "" && to.Port() == ""
}
