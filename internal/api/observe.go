package api

import (
	"context"
	"io"
	"net/http"
	"net/netip"
)

// Observer is told of every request: metrics, the access log and traces hang
// on it. Its methods are called from many goroutines.
type Observer interface {
	// Begin is called before anything is decided; the request goes on with the
	// context that it returns.
	Begin(r *http.Request) context.Context

	// End is called when the answer has gone out. It must not keep the call.
	End(ctx context.Context, call *Call)
}

type callKey struct{}

// callOf gives what is noted of the request, for the stages that learn more of
// it: who asks, from where, and what came of it.
func callOf(ctx context.Context) *Call {
	if call, ok := ctx.Value(callKey{}).(*Call); ok {
		return call
	}
	return &Call{} // a test without the middleware
}

// observed notes the request, and begins and ends its observation.
func (s *Server) observed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := &Call{At: s.clock(), RequestID: requestID(r.Context()), Method: r.Method, Path: r.URL.Path, Address: addressOf(r.RemoteAddr)}
		ctx := r.Context()
		if s.observer != nil {
			ctx = s.observer.Begin(r)
		}
		ctx = context.WithValue(ctx, callKey{}, call)
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = &countedBody{ReadCloser: r.Body, n: &call.Received}
		}
		call.Torn = true // unless the handler comes back
		defer func() {
			call.Duration = s.clock().Sub(call.At)
			if s.observer != nil {
				s.observer.End(ctx, call)
			}
		}()
		next.ServeHTTP(&countedAnswer{w, call}, r.WithContext(ctx))
		call.Torn = false
	})
}

// countedAnswer counts the bytes of an answer.
type countedAnswer struct {
	http.ResponseWriter
	call *Call
}

func (c *countedAnswer) WriteHeader(status int) {
	if c.call.Status == 0 && status >= http.StatusOK {
		c.call.Status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *countedAnswer) Write(b []byte) (int, error) {
	if c.call.Status == 0 {
		c.call.Status = http.StatusOK
	}
	n, err := c.ResponseWriter.Write(b)
	c.call.Bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (c *countedAnswer) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// countedBody counts the bytes of a question.
type countedBody struct {
	io.ReadCloser
	n *int64
}

func (c *countedBody) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	*c.n += int64(n)
	return n, err
}

// addressOf is the address of a connection; the zero one if it is none.
func addressOf(remote string) netip.Addr {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}
