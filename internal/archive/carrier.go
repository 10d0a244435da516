package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"exoplanetai/internal/trace"
)

// carrier is the http.RoundTripper of one try. For every hop it takes a place
// in the host's budget, sets the clocks, and adds the secret fields if, and
// only if, the hop goes to the endpoint's own scheme and host. The place is
// given back when the body is closed.
type carrier struct {
	c  *Client
	ep Endpoint
}

// RoundTrip sends one hop.
func (t *carrier) RoundTrip(req *http.Request) (*http.Response, error) {
	budget := t.c.budget(hostPort(req.URL))
	select {
	case budget <- struct{}{}:
	case <-req.Context().Done():
		return nil, context.Cause(req.Context())
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	total := time.AfterFunc(t.ep.Total, func() { cancel(late("the answer took longer than %s", t.ep.Total)) })
	begin := time.AfterFunc(t.ep.Timeout, func() { cancel(late("no answer within %s", t.ep.Timeout)) })
	release := sync.OnceFunc(func() {
		total.Stop()
		begin.Stop()
		cancel(nil)
		<-budget
	})
	hop := req.Clone(ctx)
	hop.Header.Del("Referer")
	if base, err := url.Parse(t.ep.Base); err == nil && base.Scheme == req.URL.Scheme && hostPort(base) == hostPort(req.URL) {
		for k, vs := range t.ep.Header {
			hop.Header[http.CanonicalHeaderKey(k)] = vs
		}
	}
	resp, span, err := t.send(hop)
	if err != nil {
		err = cause(ctx, err)
		span.End(err)
		release()
		return nil, err
	}
	begin.Stop()
	resp.Body = &watched{
		body: resp.Body, ctx: ctx, idle: t.ep.Idle, cancel: cancel, release: release,
		span: span, seen: t.c.opt.Observer, host: req.URL.Hostname(),
	}
	return resp, nil
}

// send sends the hop and tells of it. The span lasts until the body's end.
func (t *carrier) send(hop *http.Request) (*http.Response, trace.Span, error) {
	host, start := hop.URL.Hostname(), t.c.watch()
	_, span := trace.Start(hop.Context(), "archive.request")
	span.Text("server.address", host)
	span.Text("http.request.method", hop.Method)
	span.Text("url.path", hop.URL.Path)
	resp, err := t.c.tr.RoundTrip(hop)
	status := 0
	if err == nil {
		status = resp.StatusCode
		span.Number("http.response.status_code", int64(status))
	}
	t.c.opt.Observer.Fetched(host, status, t.c.watch().Sub(start))
	return resp, span, err
}

// watched is a body under the idle clock.
type watched struct {
	body    io.ReadCloser
	ctx     context.Context
	idle    time.Duration
	timer   *time.Timer
	cancel  context.CancelCauseFunc
	release func()

	span trace.Span
	seen Observer
	host string
	n    int64 // bytes read
}

// Read reads and starts the idle clock anew.
func (w *watched) Read(p []byte) (int, error) {
	if w.timer == nil {
		w.timer = time.AfterFunc(w.idle, func() { w.cancel(late("the answer stood still for %s", w.idle)) })
	} else {
		w.timer.Reset(w.idle)
	}
	n, err := w.body.Read(p)
	w.timer.Stop()
	w.n += int64(n)
	w.seen.Received(w.host, int64(n))
	if err != nil && err != io.EOF {
		err = cause(w.ctx, err)
	}
	return n, err
}

// Close ends the hop.
func (w *watched) Close() error {
	if w.timer != nil {
		w.timer.Stop()
	}
	err := w.body.Close()
	w.span.Number("http.response.body.size", w.n)
	w.span.End(err)
	w.release()
	return err
}

func late(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrLate, fmt.Sprintf(format, args...))
}

// cause replaces the "context canceled" of a cancelled request by the reason
// it was cancelled for.
func cause(ctx context.Context, err error) error {
	if why := context.Cause(ctx); why != nil && !errors.Is(err, why) {
		return errors.Join(why, err)
	}
	return err
}
