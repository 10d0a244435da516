package metrics

import (
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// most bounds the combinations of labels of one metric.
const most = 2000

// Answer is what is counted of one HTTP request.
type Answer struct {
	Route    string // pattern, "GET /api/v1/jobs/{id}" or "/api/v1/jobs/{id}"; empty: none served it
	Method   string
	Status   int   // 0: the answer never began
	Received int64 // bytes of the request's body
	Sent     int64 // bytes of the answer's body
	Took     time.Duration
	Torn     bool          // the answer was cut in the middle
	Cache    string        // hit, miss; empty: not a page that is kept
	Age      time.Duration // of a hit
}

type httpMetrics struct {
	requests       *prometheus.CounterVec
	duration       *prometheus.HistogramVec
	received, sent *prometheus.CounterVec
	pages          *prometheus.CounterVec
	pageAge        prometheus.Observer
	flight         prometheus.Gauge
	torn           prometheus.Counter
	limited        prometheus.Counter
	denied         prometheus.Counter
	routes         children[routeKey, *route]
	cached         children[string, prometheus.Counter]
}

type routeKey struct{ route, method string }

// route are the metrics of one route and method.
type route struct {
	classes        [6]prometheus.Counter // by the first digit of the status; 0: the answer never began
	duration       prometheus.Observer
	received, sent prometheus.Counter
}

var classes = [6]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"}

func (h *httpMetrics) open(m *Metrics) {
	h.requests = m.counter("http_requests_total", "Requests answered, by the pattern of the route (none: no route has the path) and the class of the status.", "route", "method", "class")
	h.duration = m.histogram("http_request_duration_seconds", "Time from a request to the end of its answer, sent whole.", fast, "route", "method")
	h.received = m.counter("http_received_bytes_total", "Bytes of the bodies of requests.", "route", "method")
	h.sent = m.counter("http_sent_bytes_total", "Bytes of the bodies of answers.", "route", "method")
	h.flight = plain(m.gauge("http_requests_in_flight", "Requests that are being answered."))
	h.torn = plain(m.counter("http_answers_torn_total", "Answers that were cut in the middle, by a fault of ours or because the client left."))
	h.pages = m.counter("http_cached_pages_total", "Answers that may be kept, by result: hit, or miss when they were made anew.", "result")
	h.pageAge = plain(m.histogram("http_cached_page_age_seconds", "Age of the answers that were kept, when they were given again.", slow))
	begin(h.pages, "hit", "miss")
	h.limited = plain(m.counter("http_rate_limited_total", "Requests refused with 429 because a limit was reached."))
	h.denied = plain(m.counter("http_denied_total", "Requests refused with 401 or 403."))
	h.routes = children[routeKey, *route]{most: most, make: h.route, rest: routeKey{"other", "other"}}
	h.cached = children[string, prometheus.Counter]{most: 8, make: func(result string) prometheus.Counter {
		return h.pages.WithLabelValues(result)
	}}
}

func (h *httpMetrics) route(k routeKey) *route {
	path, method := k.route, methodOf(k.method)
	if _, rest, ok := strings.Cut(path, " "); ok {
		path = rest
	}
	if path == "" {
		path = "none"
	}
	r := &route{
		duration: h.duration.WithLabelValues(path, method),
		received: h.received.WithLabelValues(path, method), sent: h.sent.WithLabelValues(path, method),
	}
	for i, class := range classes {
		r.classes[i] = h.requests.WithLabelValues(path, method, class)
	}
	return r
}

// methodOf keeps the methods of a client that makes up words to one.
func methodOf(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// Asked counts a request as under way.
func (m *Metrics) Asked() {
	if m != nil {
		m.http.flight.Inc()
	}
}

// Answered counts a request that was Asked.
func (m *Metrics) Answered(a Answer) {
	if m == nil {
		return
	}
	h := &m.http
	h.flight.Dec()
	r := h.routes.get(routeKey{a.Route, methodOf(a.Method)})
	class := a.Status / 100
	if class < 0 || class >= len(r.classes) {
		class = 0
	}
	r.classes[class].Inc()
	r.duration.Observe(a.Took.Seconds())
	r.received.Add(float64(max(a.Received, 0)))
	r.sent.Add(float64(max(a.Sent, 0)))
	if a.Torn {
		h.torn.Inc()
	}
	switch a.Cache {
	case "hit":
		h.cached.get(a.Cache).Inc()
		h.pageAge.Observe(a.Age.Seconds())
	case "miss":
		h.cached.get(a.Cache).Inc()
	}
	switch a.Status {
	case http.StatusTooManyRequests:
		h.limited.Inc()
	case http.StatusUnauthorized, http.StatusForbidden:
		h.denied.Inc()
	}
}
