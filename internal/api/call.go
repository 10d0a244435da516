package api

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"exoplanetai/internal/auth"
	"exoplanetai/internal/limit"
)

// Limits are the budgets of calls. Each may be nil: no limit. A call is taken
// from the budget of its address, of its user and, if it came with one, of its
// API key.
type Limits struct {
	Address, User, Key limit.Limiter
}

// Call is a request that was answered, for logs, metrics and traces.
type Call struct {
	At        time.Time // when it came
	Duration  time.Duration
	RequestID string
	Caller    auth.Caller // zero: nobody signed in
	Address   netip.Addr  // of the caller, behind the proxies that are believed
	Method    string
	Path      string // as it was asked, without the query
	Route     string // the pattern, "GET /api/v1/jobs/{id}"; empty: there is none
	Status    int
	Bytes     int64         // of the body that was sent
	Received  int64         // bytes of the body that came
	Torn      bool          // the answer was cut in the middle
	Code      string        // kind of the error, exo.Kind; empty: none
	Cache     string        // hit, miss, or empty: not a page that is kept
	Age       time.Duration // of a hit

	credentials http.Header // of the request, for streams that outlive a sign-in
	access      *Access     // row of the route; nil: there is none
	secure      bool        // the caller's connection is encrypted
	forwarded   bool        // somebody says to have passed the request on
	counted     bool        // a limit counts it
	remaining   int         // calls that are left of the smallest budget
}

// RequestID returns the identifier of the request that the context belongs to;
// empty if it belongs to none.
func RequestID(ctx context.Context) string { return requestID(ctx) }
