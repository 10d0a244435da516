package archive

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"exoplanetai/internal/exo"
)

// Options sets up a Client. The zero value works and reaches public hosts only.
type Options struct {
	UserAgent string        // empty: "exoplanetai"
	PerHost   int           // requests under way at one host; 0: 5
	Allowed   []string      // configured base URLs: only their hosts may be private, loopback, or on an unusual port
	Public    []string      // base URLs of public archives; only among these and the Allowed may a redirect change the host
	MaxPause  time.Duration // longest pause before a repetition; a Retry-After beyond it ends the tries; 0: 2 minutes
	Clock     exo.Clock     // measures Ping, and dates Retry-After where the answer has no Date; nil: neither
	Log       *slog.Logger  // nil: discarded
	Observer  Observer      // is told of what goes over the network; nil: nobody is

	Resolver *net.Resolver                                                     // nil: the system's
	Sleep    func(ctx context.Context, d time.Duration) error                  // nil: a timer
	Random   func() float64                                                    // in [0,1), for the jitter; nil: a seeded generator
	Proxy    func(*http.Request) (*url.URL, error)                             // an institute's way out; nil: none. Its address belongs into Allowed, and it resolves the names, so that it must guard addresses itself
	Dial     func(ctx context.Context, network, addr string) (net.Conn, error) // replaces the guarded dialer; for tests only
}

// Observer counts what goes over the network. Its methods are called from many
// goroutines.
type Observer interface {
	Fetched(host string, status int, took time.Duration) // an answer began; status 0: none came
	Received(host string, n int64)                       // so many bytes of a body came
	Retried(host string)                                 // a request is sent again
}

// unobserved is an Observer that counts nothing.
type unobserved struct{}

func (unobserved) Fetched(string, int, time.Duration) {}
func (unobserved) Received(string, int64)             {}
func (unobserved) Retried(string)                     {}

// Endpoint is an archive's address and the patience to have with it.
type Endpoint struct {
	Base    string        // "https://exofop.ipac.caltech.edu"
	Timeout time.Duration // until an answer begins, for each try; 0: 60 s
	Idle    time.Duration // longest silence within an answer; 0: the smaller of Timeout and 60 s
	Total   time.Duration // for one try in all; 0: Timeout and half an hour
	Retries int           // tries after the first; 0: none
	Header  http.Header   // sent to Base's own scheme and host only, such as a key
}

// URL joins a path and a query to the base. Blanks are written %20: within a
// quoted ADQL literal the NASA archive does not read "+" as a blank.
func (e Endpoint) URL(path string, query url.Values) string {
	u := strings.TrimRight(e.Base, "/") + path
	if len(query) > 0 {
		u += "?" + Encode(query)
	}
	return u
}

// Encode writes form values sorted by key, with blanks as %20.
func Encode(v url.Values) string { return strings.ReplaceAll(v.Encode(), "+", "%20") }

func (e Endpoint) filled() Endpoint {
	if e.Timeout <= 0 {
		e.Timeout = time.Minute
	}
	if e.Idle <= 0 {
		e.Idle = min(e.Timeout, time.Minute)
	}
	if e.Total <= 0 {
		e.Total = e.Timeout + 30*time.Minute
	}
	e.Retries = max(e.Retries, 0)
	return e
}

// Client is the program's one HTTP client. Its methods may be called from
// several goroutines.
type Client struct {
	opt     Options
	tr      *http.Transport
	allowed map[string]bool // "host:port" of the configured bases, which may be anywhere
	known   map[string]bool // the same and those of the public archives
	bufs    sync.Pool       // of *[]byte, for downloads

	unguarded bool // dials any address: only for web hooks that are allowed to be anywhere

	mu      sync.Mutex               // guards budgets
	budgets map[string]chan struct{} // by "host:port"; a full channel is a spent budget
}

// hostsOf collects "host:port" of base URLs.
func hostsOf(lists ...[]string) map[string]bool {
	hosts := map[string]bool{}
	for _, base := range slices.Concat(lists...) {
		if u, err := url.Parse(base); err == nil && u.Host != "" {
			hosts[hostPort(u)] = true
		}
	}
	return hosts
}

// NewClient makes a client.
func NewClient(o Options) *Client {
	if o.UserAgent == "" {
		o.UserAgent = "exoplanetai"
	}
	if o.PerHost <= 0 {
		o.PerHost = 5
	}
	if o.MaxPause <= 0 {
		o.MaxPause = 2 * time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Observer == nil {
		o.Observer = unobserved{}
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	c := &Client{opt: o, allowed: hostsOf(o.Allowed), known: hostsOf(o.Allowed, o.Public), budgets: map[string]chan struct{}{}}
	c.bufs.New = func() any { b := make([]byte, 128<<10); return &b }
	dial := o.Dial
	if dial == nil {
		dial = c.dial
	}
	c.tr = &http.Transport{
		DialContext:            dial,
		Proxy:                  o.Proxy,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // done by hand, to bound it
		MaxIdleConnsPerHost:    o.PerHost,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    30 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
	return c
}

// Close drops the idle connections. Requests under way are not touched.
func (c *Client) Close() { c.tr.CloseIdleConnections() }

// Sleep waits, or fails when the context ends first. It is how the archives'
// packages wait between looks at something that is not ready.
func (c *Client) Sleep(ctx context.Context, d time.Duration) error {
	if err := c.opt.Sleep(ctx, d); err != nil {
		return canceled(ctx, "")
	}
	return nil
}

// Courtesy notes the outcome of a call whose failure changes nothing, such as
// the end of a job that nobody waits for.
func (c *Client) Courtesy(ctx context.Context, err error) {
	if err != nil {
		c.opt.Log.DebugContext(ctx, "archive ignored a courtesy", "error", err)
	}
}

// now is the client's time; the zero one without a clock.
func (c *Client) now() time.Time {
	if c.opt.Clock == nil {
		return time.Time{}
	}
	return c.opt.Clock()
}

// watch is the time for the observer, if there is one.
func (c *Client) watch() time.Time {
	if _, none := c.opt.Observer.(unobserved); none {
		return time.Time{}
	}
	return c.now()
}

// budget returns the channel that counts the host's requests under way.
func (c *Client) budget(host string) chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.budgets[host]
	if b == nil {
		b = make(chan struct{}, c.opt.PerHost)
		c.budgets[host] = b
	}
	return b
}

// hostPort returns the host and port of an address, the port of its scheme if
// none is written.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), port)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
