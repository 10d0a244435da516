package api

import (
	"context"
	"io"
	"net"
	"net/http"
	"time"
)

// Observer is told of every request: metrics, the access log and traces hang
// on it. Its methods are called from many goroutines.
type Observer interface {
	// Begin is called before anything is decided; the request goes on with the
	// context that it returns.
	Begin(r *http.Request) context.Context

	// End is called when the answer has been written. It must not keep seen.
	End(ctx context.Context, seen *Seen)
}

// Seen is what was seen of one request.
type Seen struct {
	RequestID string
	Method    string
	Path      string // as it was asked, without the query
	Route     string // pattern that served it, "GET /api/v1/jobs/{id}"; empty: none did
	Address   string // who asked: host of the connection, or what a trusted proxy tells
	Caller    string // name of the user; empty: nobody was recognized
	Role, Via string // of the caller
	Status    int    // of the answer; 0: it never began
	In, Out   int64  // bytes of the bodies
	Took      time.Duration
	Torn      bool // the answer was cut in the middle
}

type seenKey struct{}

// seenOf gives what is noted of the request, for the stages that learn more of
// it: who asks, and from where.
func seenOf(ctx context.Context) *Seen {
	if seen, ok := ctx.Value(seenKey{}).(*Seen); ok {
		return seen
	}
	return &Seen{} // nobody observes
}

// observed begins and ends the observation of a request.
func (s *Server) observed(next http.Handler) http.Handler {
	if s.observer == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.clock()
		seen := &Seen{RequestID: requestID(r.Context()), Method: r.Method, Path: r.URL.Path, Address: hostOf(r.RemoteAddr)}
		ctx := context.WithValue(s.observer.Begin(r), seenKey{}, seen)
		c := &countedAnswer{ResponseWriter: w}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = &countedBody{ReadCloser: r.Body, n: &seen.In}
		}
		torn := true // unless the handler comes back
		defer func() {
			seen.Status, seen.Out, seen.Took, seen.Torn = c.status, c.n, s.clock().Sub(start), torn
			s.observer.End(ctx, seen)
		}()
		next.ServeHTTP(c, r.WithContext(ctx))
		torn = false
	})
}

// countedAnswer counts the bytes of an answer.
type countedAnswer struct {
	http.ResponseWriter
	status int
	n      int64
}

func (c *countedAnswer) WriteHeader(status int) {
	if c.status == 0 && status >= http.StatusOK {
		c.status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *countedAnswer) Write(b []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	n, err := c.ResponseWriter.Write(b)
	c.n += int64(n)
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

// hostOf is the address of a connection without its port.
func hostOf(remote string) string {
	if host, _, err := net.SplitHostPort(remote); err == nil {
		return host
	}
	return remote
}
