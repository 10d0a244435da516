package archive

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"exoplanetai/internal/exo"
)

// Response is an answer with a status of 2xx, 304, or, when redirects are not
// followed, 3xx. Reading the body gives an error, never io.EOF, if the body
// ends before its announced or encoded end, stands still, or breaks a limit.
// It must be closed.
type Response struct {
	Status int
	Header http.Header
	URL    *url.URL // address that answered, after redirects
	Length int64    // of the body as read; -1 unknown
	Proven bool     // the protocol tells the body's end: it cannot be cut unseen

	ctx  context.Context
	host string
	raw  io.ReadCloser
	r    io.Reader
	left int64
	then []func()
}

// OnClose has f called when the answer is closed, after the connection is done.
func (a *Response) OnClose(f func()) { a.then = append(a.then, f) }

// Open asks and gives the answer as a stream. Failures before the answer
// begins are repeated as the endpoint says; failures within it are not.
func (c *Client) Open(ctx context.Context, ep Endpoint, r Request) (*Response, error) {
	ep = ep.filled()
	var out *Response
	err := c.repeat(ctx, ep, r.Once, func() (err error) {
		out, err = c.open(ctx, ep, r)
		return err
	})
	return out, err
}

// Get asks and reads the whole answer into memory. Failures within the body
// are repeated too.
func (c *Client) Get(ctx context.Context, ep Endpoint, r Request) ([]byte, *Response, error) {
	ep = ep.filled()
	if r.MaxBytes <= 0 {
		r.MaxBytes = maxDocument
	}
	var body []byte
	var resp *Response
	err := c.repeat(ctx, ep, r.Once, func() (err error) {
		if resp, err = c.open(ctx, ep, r); err != nil {
			return err
		}
		defer resp.Close()
		body, err = io.ReadAll(resp)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return body, resp, nil
}

// open is one try of Open.
func (c *Client) open(ctx context.Context, ep Endpoint, r Request) (*Response, error) {
	resp, err := c.try(ctx, ep, r)
	if err != nil {
		return nil, err
	}
	host := resp.Request.URL.Host
	ok := resp.StatusCode/100 == 2 || resp.StatusCode == http.StatusNotModified || r.NoFollow && resp.StatusCode/100 == 3
	if !ok {
		defer resp.Body.Close()
		return nil, statusError(host, resp)
	}
	if resp.StatusCode == http.StatusPartialContent && r.Header.Get("Range") == "" {
		resp.Body.Close()
		return nil, refuse(host, "gives a part of what was asked for whole", "")
	}
	a := &Response{
		Status: resp.StatusCode, Header: resp.Header, URL: resp.Request.URL, Length: resp.ContentLength,
		Proven: resp.ContentLength >= 0 || len(resp.TransferEncoding) > 0 || resp.ProtoMajor > 1,
		ctx:    ctx, host: host, raw: resp.Body, r: resp.Body, left: r.MaxBytes,
	}
	if a.left <= 0 {
		a.left = maxStream
	}
	if err := a.decode(r.Identity); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// decode puts the decompressor in place, unless the bytes as they lie there
// were asked for: ranges and lengths of an encoded file are not the file's.
func (a *Response) decode(identity bool) error {
	enc := strings.ToLower(a.Header.Get("Content-Encoding"))
	switch {
	case enc == "", enc == "identity":
		return nil
	case !identity && (enc == "gzip" || enc == "x-gzip"):
		count := &counter{r: a.raw}
		z, err := gzip.NewReader(count)
		if err == io.EOF && (a.Status == http.StatusNoContent || a.Status/100 == 3 || a.Length == 0) {
			return nil // an empty body may carry the field all the same
		}
		if err != nil {
			return bodyError(a.ctx, a.host, err)
		}
		a.r, a.Length, a.Proven = &inflater{z: z, in: count, host: a.host}, -1, true
		return nil
	default:
		return exo.Errorf(opGet, exo.Upstream, a.host, "%s uses the content encoding %.40q, which was not asked for", a.host, enc).Try("try again later")
	}
}

// Ended tells by the last byte of a text whose lines all end whether it can be
// whole. It fails with Upstream for one that the protocol does not prove whole
// and that breaks off in a line: what is left of a number is a number too.
func (a *Response) Ended(text []byte) error {
	if a.Proven || bytes.HasSuffix(text, []byte("\n")) {
		return nil
	}
	return exo.E(opGet, exo.Upstream, a.host, errCut).Say("the table of %s breaks off in a line", a.host).Try("try again later")
}

// Read reads the decoded body.
func (a *Response) Read(p []byte) (int, error) {
	if int64(len(p)) > a.left+1 {
		p = p[:a.left+1] // one more byte than permitted tells "too large" from "just right"
	}
	n, err := a.r.Read(p)
	if int64(n) > a.left {
		return 0, exo.Errorf(opGet, exo.Upstream, a.host, "the answer of %s is larger than its limit", a.host).Try("the archive may be sending something else; check base_url")
	}
	a.left -= int64(n)
	if err != nil && err != io.EOF {
		err = bodyError(a.ctx, a.host, err)
	}
	return n, err
}

// Close ends the answer and gives its place in the host's budget back.
func (a *Response) Close() error {
	err := a.raw.Close()
	for _, f := range a.then {
		f()
	}
	a.then = nil
	return err
}

// inflater bounds the ratio of decompression: beyond a first megabyte a body
// must not grow more than a hundredfold.
type inflater struct {
	z    io.Reader
	in   *counter
	out  int64
	host string
}

func (z *inflater) Read(p []byte) (int, error) {
	n, err := z.z.Read(p)
	z.out += int64(n)
	if z.out > 1<<20+100*z.in.n {
		return 0, exo.Errorf(opGet, exo.Upstream, z.host, "the compressed answer of %s grows beyond every measure", z.host).Try("check base_url")
	}
	return n, err
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// repeat runs a try until it succeeds, fails for good, or the endpoint's tries
// are spent. Pauses grow from half a second, doubled each time, halved or not
// by chance, so that many clients do not come back at once.
func (c *Client) repeat(ctx context.Context, ep Endpoint, once bool, try func() error) error {
	pauses := &backoff.ExponentialBackOff{InitialInterval: 500 * time.Millisecond, Multiplier: 2, MaxInterval: c.opt.MaxPause}
	pauses.Reset()
	for n := 0; ; n++ {
		err := try()
		if err == nil || n >= ep.Retries || !repeatable(err) || once && errors.Is(err, ErrLate) {
			return err
		}
		pause := time.Duration(float64(pauses.NextBackOff()) * (0.5 + c.opt.Random()))
		if after, ok := c.retryAfter(err); ok {
			if after > c.opt.MaxPause {
				return askLater(err, after)
			}
			pause = max(pause, after)
		}
		pause = min(pause, c.opt.MaxPause)
		c.opt.Log.InfoContext(ctx, "archive asked again", "try", n+2, "pause", pause, "error", err)
		if serr := c.opt.Sleep(ctx, pause); serr != nil {
			return canceled(ctx, "")
		}
		if base, err := url.Parse(ep.Base); err == nil && base.Host != "" {
			c.opt.Observer.Retried(base.Hostname())
		}
	}
}

// askLater ends the tries when the archive wants to be left alone for longer
// than we care to wait.
func askLater(err error, after time.Duration) error {
	s := int64(after / time.Second)
	return exo.E(opGet, exo.Unavailable, nil, err).Say("%s", exo.MessageOf(err)).
		Try("the archive asks to be left alone for %d seconds", s).With("retry_after", s)
}

// repeatable reports whether the same question may bring another answer.
func repeatable(err error) bool {
	if errors.Is(err, exo.Unavailable) {
		return true
	}
	var e *exo.Error
	return errors.As(err, &e) && e.Kind == exo.Upstream && errors.Is(err, errCut)
}
