package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"exoplanetai/internal/exo"
)

type workMetrics struct {
	jobs        *prometheus.CounterVec
	jobTime     *prometheus.HistogramVec
	jobsRunning *prometheus.GaugeVec
	ingests     *prometheus.CounterVec
	ingestTime  *prometheus.HistogramVec
	ingestBytes *prometheus.CounterVec
	runs        *prometheus.CounterVec
	runTime     prometheus.Observer
	curves      *prometheus.CounterVec
	commits     *prometheus.CounterVec
	commitTime  prometheus.Observer
	commitBytes prometheus.Counter
	reports     *prometheus.CounterVec
	findings    *prometheus.CounterVec
}

func (w *workMetrics) open(m *Metrics) {
	w.jobs = m.counter("jobs_total", "Runs of jobs that ended, by kind and outcome: done, failed, canceled. A job that is tried again counts each time.", "kind", "outcome")
	w.jobTime = m.histogram("job_duration_seconds", "Time of one run of a job.", slow, "kind")
	w.jobsRunning = m.gauge("jobs_running", "Jobs that this process works on.", "kind")
	w.ingests = m.counter("ingests_total", "Calls to fetch a table or the light curves of a star, by what it was (koi, toi, k2, gaia, lightcurve) and outcome: archive, "+
		"cache (still fresh), stale (the archive is down, what is held was given), or the kind of the error.", "what", "outcome")
	w.ingestTime = m.histogram("ingest_duration_seconds", "Time of one call to fetch.", slow, "what")
	w.ingestBytes = m.counter("ingest_bytes_total", "Bytes of files that came new from an archive.", "what")
	w.runs = m.counter("process_runs_total", "Calls to process light curves, by outcome: success, partial (some files failed), or the kind of the error.", "outcome")
	w.runTime = plain(m.histogram("process_duration_seconds", "Time of one call to process light curves.", slow))
	w.curves = m.counter("process_curves_total", "Light curves of those calls, by outcome: computed, cached (the result was held), failed.", "outcome")
	w.commits = m.counter("store_commits_total", "Groups of files made visible in the store, by outcome: done, or the kind of the error.", "outcome")
	w.commitTime = plain(m.histogram("store_commit_duration_seconds", "Time to make a group of files visible and safe on the disk.", fast))
	w.commitBytes = plain(m.counter("store_committed_bytes_total", "Bytes of files made visible in the store."))
	w.reports = m.counter("validation_reports_total", "Validation reports made, by type of the data and verdict: valid, invalid.", "what", "verdict")
	w.findings = m.counter("validation_findings_total", "Findings in those reports, by type of the data and severity: error, warning, info.", "what", "severity")
}

// outcomeOf is good, or the kind of the error.
func outcomeOf(good string, err error) string {
	if err == nil {
		return good
	}
	return string(exo.KindOf(err))
}

// JobKinds tells of the kinds of jobs before the first of them.
func (m *Metrics) JobKinds(kinds ...string) {
	if m == nil {
		return
	}
	for _, kind := range kinds {
		for _, outcome := range []string{"done", "failed", "canceled"} {
			m.work.jobs.WithLabelValues(kind, outcome)
		}
	}
}

// JobBegan counts a job as worked on; the function it returns is called with
// the outcome.
func (m *Metrics) JobBegan(kind string) func(took time.Duration, err error) {
	if m == nil {
		return func(time.Duration, error) {}
	}
	running := m.work.jobsRunning.WithLabelValues(kind)
	running.Inc()
	return func(took time.Duration, err error) {
		running.Dec()
		outcome := "done"
		switch {
		case err != nil && exo.KindOf(err) == exo.Canceled:
			outcome = "canceled"
		case err != nil:
			outcome = "failed"
		}
		m.work.jobs.WithLabelValues(kind, outcome).Inc()
		m.work.jobTime.WithLabelValues(kind).Observe(took.Seconds())
	}
}

// Ingested counts a call to fetch. from is where the data came from, if it
// went well; bytes are those of new files.
func (m *Metrics) Ingested(what, from string, bytes int64, took time.Duration, err error) {
	if m == nil {
		return
	}
	m.work.ingests.WithLabelValues(what, outcomeOf(from, err)).Inc()
	m.work.ingestTime.WithLabelValues(what).Observe(took.Seconds())
	m.work.ingestBytes.WithLabelValues(what).Add(float64(max(bytes, 0)))
}

// Processed counts a call to process light curves: those computed, those whose
// result was held, those that failed.
func (m *Metrics) Processed(status string, computed, cached, failed int, took time.Duration, err error) {
	if m == nil {
		return
	}
	m.work.runs.WithLabelValues(outcomeOf(status, err)).Inc()
	m.work.runTime.Observe(took.Seconds())
	for outcome, n := range map[string]int{"computed": computed, "cached": cached, "failed": failed} {
		m.work.curves.WithLabelValues(outcome).Add(float64(max(n, 0)))
	}
}

// Committed counts a group of files that the store made visible, or failed to.
func (m *Metrics) Committed(bytes int64, took time.Duration, err error) {
	if m == nil {
		return
	}
	m.work.commits.WithLabelValues(outcomeOf("done", err)).Inc()
	m.work.commitTime.Observe(took.Seconds())
	if err == nil {
		m.work.commitBytes.Add(float64(max(bytes, 0)))
	}
}

// Validated counts a validation report with its findings.
func (m *Metrics) Validated(what string, valid bool, errors, warnings, infos int) {
	if m == nil {
		return
	}
	verdict := "invalid"
	if valid {
		verdict = "valid"
	}
	m.work.reports.WithLabelValues(what, verdict).Inc()
	for severity, n := range map[string]int{"error": errors, "warning": warnings, "info": infos} {
		m.work.findings.WithLabelValues(what, severity).Add(float64(max(n, 0)))
	}
}
