package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type archiveMetrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	bytes    *prometheus.CounterVec
	retries  *prometheus.CounterVec
	up       *prometheus.GaugeVec
	probe    *prometheus.GaugeVec
	probed   *prometheus.GaugeVec

	hosts children[hostKey, *host]
}

type hostKey struct{ name string }

// host are the metrics of one archive's host.
type host struct {
	classes        [6]prometheus.Counter
	duration       prometheus.Observer
	bytes, retries prometheus.Counter
}

func (a *archiveMetrics) open(m *Metrics) {
	a.requests = m.counter("archive_requests_total", "Requests sent to the archives, by host and class of the status; none: no answer came.", "host", "class")
	a.duration = m.histogram("archive_request_duration_seconds", "Time until an archive's answer began.", slow, "host")
	a.bytes = m.counter("archive_received_bytes_total", "Bytes of answers as they came over the network.", "host")
	a.retries = m.counter("archive_retries_total", "Requests that were repeated after a failure.", "host")
	a.up = m.gauge("archive_up", "1 when the archive answered its last probe, 0 when it did not.", "archive")
	a.probe = m.gauge("archive_probe_duration_seconds", "Time of the archive's last probe.", "archive")
	a.probed = m.gauge("archive_probe_timestamp_seconds", "When the archive was last probed; 0: never.", "archive")
	a.hosts = children[hostKey, *host]{most: 64, rest: hostKey{"other"}, make: func(k hostKey) *host {
		h := &host{duration: a.duration.WithLabelValues(k.name), bytes: a.bytes.WithLabelValues(k.name), retries: a.retries.WithLabelValues(k.name)}
		for i, class := range classes {
			h.classes[i] = a.requests.WithLabelValues(k.name, class)
		}
		return h
	}}
}

// Fetched counts a request to an archive whose answer began, or failed to;
// status 0: none came.
func (m *Metrics) Fetched(host string, status int, took time.Duration) {
	if m == nil {
		return
	}
	h := m.archive.hosts.get(hostKey{host})
	class := status / 100
	if class < 0 || class >= len(h.classes) {
		class = 0
	}
	h.classes[class].Inc()
	h.duration.Observe(took.Seconds())
}

// Received counts bytes that came from an archive.
func (m *Metrics) Received(host string, n int64) {
	if m != nil {
		m.archive.hosts.get(hostKey{host}).bytes.Add(float64(max(n, 0)))
	}
}

// Retried counts a request that is sent again.
func (m *Metrics) Retried(host string) {
	if m != nil {
		m.archive.hosts.get(hostKey{host}).retries.Inc()
	}
}

// Probed notes whether an archive answers.
func (m *Metrics) Probed(archive string, up bool, took time.Duration, at time.Time) {
	if m == nil {
		return
	}
	m.archive.up.WithLabelValues(archive).Set(truth(up))
	m.archive.probe.WithLabelValues(archive).Set(took.Seconds())
	m.archive.probed.WithLabelValues(archive).Set(timestamp(&at))
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
