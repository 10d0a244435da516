package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type safetyMetrics struct {
	coverage, oldest, full prometheus.Gauge
	damaged                *prometheus.GaugeVec
	backups                prometheus.Gauge
	backupAt, backupTime   prometheus.Gauge
	drillAt, drillTime     prometheus.Gauge
	drillOK                prometheus.Gauge
	events                 *prometheus.CounterVec
	alerts                 *prometheus.CounterVec
	signIns                *prometheus.CounterVec
}

func (s *safetyMetrics) open(m *Metrics) {
	s.coverage = plain(m.gauge("integrity_coverage_ratio", "Share of the bytes held that were read back and found right within the last 30 days."))
	s.oldest = plain(m.gauge("integrity_oldest_proof_timestamp_seconds", "When the byte whose proof is oldest was last read back; 0: some byte never was."))
	s.full = plain(m.gauge("integrity_full_check_timestamp_seconds", "When the last check of everything ended; 0: never."))
	s.damaged = m.gauge("integrity_damaged_files", "Damaged files that the last check found, by kind of check: full, quick, sweep.", "check")
	s.backups = plain(m.gauge("backup_snapshots", "Snapshots in the repository of the backups."))
	s.backupAt = plain(m.gauge("backup_last_timestamp_seconds", "When the newest snapshot was made; 0: there is none."))
	s.backupTime = plain(m.gauge("backup_last_duration_seconds", "How long the newest backup took."))
	s.drillAt = plain(m.gauge("backup_drill_timestamp_seconds", "When a snapshot was last restored for practice; 0: never."))
	s.drillTime = plain(m.gauge("backup_drill_duration_seconds", "How long that took."))
	s.drillOK = plain(m.gauge("backup_drill_ok", "1 when all bytes of that were right."))
	s.events = m.counter("audit_events_total", "Events written to the audit record, by outcome: allowed, denied, failed, done.", "outcome")
	s.alerts = m.counter("alerts_total", "Alerts, by rule: sign_ins, denied, downloads, key_places, off_hours of the watch over access; disk_low, disk_full, disk_ok of the disk.", "rule")
	s.signIns = m.counter("auth_sign_ins_total", "Tries to sign in, by outcome: ok, failed, limited.", "outcome")
	begin(s.events, "allowed", "denied", "failed", "done")
	begin(s.alerts, "sign_ins", "denied", "downloads", "key_places", "off_hours", "disk_ok", "disk_low", "disk_full")
	begin(s.signIns, "ok", "failed", "limited")
}

// SetIntegrity tells how far what is held has been read back.
func (m *Metrics) SetIntegrity(coverage float64, oldest, full *time.Time) {
	if m != nil {
		m.safety.coverage.Set(coverage)
		m.safety.oldest.Set(timestamp(oldest))
		m.safety.full.Set(timestamp(full))
	}
}

// Checked tells how many damaged files a check found: full, quick or sweep.
func (m *Metrics) Checked(check string, damaged int) {
	if m != nil {
		m.safety.damaged.WithLabelValues(check).Set(float64(damaged))
	}
}

// SetBackup tells of the newest snapshot.
func (m *Metrics) SetBackup(snapshots int, at *time.Time, took time.Duration) {
	if m != nil {
		m.safety.backups.Set(float64(snapshots))
		m.safety.backupAt.Set(timestamp(at))
		m.safety.backupTime.Set(took.Seconds())
	}
}

// SetDrill tells of the last restore for practice.
func (m *Metrics) SetDrill(at *time.Time, took time.Duration, ok bool) {
	if m != nil {
		m.safety.drillAt.Set(timestamp(at))
		m.safety.drillTime.Set(took.Seconds())
		m.safety.drillOK.Set(truth(ok))
	}
}

// Audited counts an event of the audit record.
func (m *Metrics) Audited(outcome string) {
	if m != nil {
		m.safety.events.WithLabelValues(outcome).Inc()
	}
}

// Alerted counts an alert.
func (m *Metrics) Alerted(rule string) {
	if m != nil {
		m.safety.alerts.WithLabelValues(rule).Inc()
	}
}

// SignedIn counts a try to sign in: ok, failed or limited.
func (m *Metrics) SignedIn(outcome string) {
	if m != nil {
		m.safety.signIns.WithLabelValues(outcome).Inc()
	}
}
