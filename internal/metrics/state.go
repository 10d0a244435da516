package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type stateMetrics struct {
	storeFiles, storeBytes   *prometheus.GaugeVec
	diskFree, diskTotal      prometheus.Gauge
	guard                    *prometheus.GaugeVec
	guardRefused, guardSweep *cumulative
	cacheEntries, cacheBytes *prometheus.GaugeVec
	cacheHits, cacheMisses   *cumulative
	cacheUp                  *prometheus.GaugeVec
	jobs                     *prometheus.GaugeVec
	jobOldest                prometheus.Gauge
	tableRows, tableVersions *prometheus.GaugeVec
	tableChecked, tableFresh *prometheus.GaugeVec
	releases                 prometheus.Gauge
	releaseNewest            prometheus.Gauge
	health                   *prometheus.GaugeVec
	ready                    prometheus.Gauge
}

func (s *stateMetrics) open(m *Metrics) {
	s.storeFiles = m.gauge("store_files", "Files held, by folder of the data tree.", "folder")
	s.storeBytes = m.gauge("store_bytes", "Bytes of the files held, by folder of the data tree.", "folder")
	s.diskFree = plain(m.gauge("disk_free_bytes", "Room left for us on the file system of the data tree."))
	s.diskTotal = plain(m.gauge("disk_size_bytes", "Size of the file system of the data tree."))
	s.guard = m.gauge("disk_guard_state", "1 for the state that the watch over the disk is in: ok, low (cleans up and alerts), full (refuses what writes).", "state")
	s.guardRefused = m.cumulative("disk_guard_refused_total", "Writings refused because the disk was full.")
	s.guardSweep = m.cumulative("disk_guard_cleanups_total", "Clean-ups begun because the disk was nearly full.")
	s.cacheEntries = m.gauge("cache_entries", "Values in the cache.", "backend")
	s.cacheBytes = m.gauge("cache_bytes", "Bytes of the cache.", "backend")
	s.cacheHits = m.cumulative("cache_hits_total", "Questions that the cache could answer.", "backend")
	s.cacheMisses = m.cumulative("cache_misses_total", "Questions that the cache could not answer.", "backend")
	s.cacheUp = m.gauge("cache_up", "1 when the cache works, 0 when it is done without.", "backend")
	s.jobs = m.gauge("jobs_open", "Jobs in the queue, by state: queued, running.", "state")
	s.jobOldest = plain(m.gauge("jobs_oldest_queued_seconds", "How long the oldest waiting job has waited; 0: none waits."))
	s.tableRows = m.gauge("table_rows", "Rows of the current version of a table.", "table")
	s.tableVersions = m.gauge("table_versions", "Versions of a table that are held.", "table")
	s.tableChecked = m.gauge("table_checked_timestamp_seconds", "When the archive last confirmed a table; 0: never.", "table")
	s.tableFresh = m.gauge("table_fresh", "1 while a table is as new as the settings ask, 0 when it is older.", "table")
	s.releases = plain(m.gauge("versions", "Named versions of the whole data tree."))
	s.releaseNewest = plain(m.gauge("version_newest_timestamp_seconds", "When the newest named version was made; 0: there is none."))
	s.health = m.gauge("health", "State of each part (data_sources, storage, cache, pipeline) and of all: 1 ok, 0.5 degraded, 0 down.", "part")
	s.ready = plain(m.gauge("ready", "1 when the program can serve."))
}

// SetFolder tells what a folder of the tree holds.
func (m *Metrics) SetFolder(folder string, files, bytes int64) {
	if m != nil {
		m.state.storeFiles.WithLabelValues(folder).Set(float64(files))
		m.state.storeBytes.WithLabelValues(folder).Set(float64(bytes))
	}
}

// SetDisk tells how much room there is.
func (m *Metrics) SetDisk(free, total int64) {
	if m != nil {
		m.state.diskFree.Set(float64(free))
		m.state.diskTotal.Set(float64(total))
	}
}

// SetGuard tells the state of the watch over the disk.
func (m *Metrics) SetGuard(state string, refused, cleanups int64) {
	if m == nil {
		return
	}
	for _, s := range []string{"ok", "low", "full"} {
		m.state.guard.WithLabelValues(s).Set(truth(s == state))
	}
	m.state.guardRefused.reach(refused)
	m.state.guardSweep.reach(cleanups)
}

// SetCache tells what a cache holds and how useful it was.
func (m *Metrics) SetCache(backend string, up bool, entries, bytes, hits, misses int64) {
	if m == nil {
		return
	}
	m.state.cacheUp.WithLabelValues(backend).Set(truth(up))
	m.state.cacheEntries.WithLabelValues(backend).Set(float64(entries))
	m.state.cacheBytes.WithLabelValues(backend).Set(float64(bytes))
	m.state.cacheHits.reach(hits, backend)
	m.state.cacheMisses.reach(misses, backend)
}

// SetQueue tells how many jobs wait and run, and how long the oldest waits.
func (m *Metrics) SetQueue(queued, running int64, oldest time.Duration) {
	if m != nil {
		m.state.jobs.WithLabelValues("queued").Set(float64(queued))
		m.state.jobs.WithLabelValues("running").Set(float64(running))
		m.state.jobOldest.Set(max(oldest, 0).Seconds())
	}
}

// SetTable tells of a table that is held.
func (m *Metrics) SetTable(table string, rows, versions int, checked *time.Time, fresh bool) {
	if m != nil {
		m.state.tableRows.WithLabelValues(table).Set(float64(rows))
		m.state.tableVersions.WithLabelValues(table).Set(float64(versions))
		m.state.tableChecked.WithLabelValues(table).Set(timestamp(checked))
		m.state.tableFresh.WithLabelValues(table).Set(truth(fresh))
	}
}

// SetVersions tells how many named versions there are.
func (m *Metrics) SetVersions(n int, newest *time.Time) {
	if m != nil {
		m.state.releases.Set(float64(n))
		m.state.releaseNewest.Set(timestamp(newest))
	}
}

// SetHealth tells the state of a part: ok, degraded or down.
func (m *Metrics) SetHealth(part, state string) {
	if m != nil {
		m.state.health.WithLabelValues(part).Set(map[string]float64{"ok": 1, "degraded": .5}[state])
	}
}

// SetReady tells whether the program can serve.
func (m *Metrics) SetReady(ready bool) {
	if m != nil {
		m.state.ready.Set(truth(ready))
	}
}
