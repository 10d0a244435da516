package config

import (
	"log/slog"
	"time"
)

// setting is one key: how it is read, what it may be, where it goes.
type setting struct {
	key      string
	env      string // name in the environment, "" none
	kind     kind
	fallback string // default, as it would stand in the environment
	min, max int64  // of numbers; of durations in seconds
	words    []string
	secret   bool // never shown
	address  bool // shown without user, password and query
	put      func(c *Config, v value)
}

// value is a checked value; the kind says which field holds it.
type value struct {
	text   string
	number int64
	real   float64
	yes    bool
	span   time.Duration
	list   []string
}

const (
	yearSeconds = 366 * 24 * 3600
	maxDays     = 36500
)

// settings lists every key there is, sorted.
func settings() []setting {
	list := []setting{
		{key: "data_path", env: "DATA_PATH", kind: folder, fallback: "data", put: func(c *Config, v value) { c.DataPath = v.text }},
		{key: "cache_path", env: "CACHE_PATH", kind: folder, put: func(c *Config, v value) { c.CachePath = v.text }},
		{key: "database_url", env: "DATABASE_URL", kind: databaseURL, address: true, put: func(c *Config, v value) { c.DatabaseURL = v.text }},
		{key: "redis_url", env: "REDIS_URL", kind: redisURL, address: true, put: func(c *Config, v value) { c.RedisURL = v.text }},
		{key: "listen", env: "LISTEN", kind: listenAt, fallback: "127.0.0.1:8000", put: func(c *Config, v value) { c.Listen = v.text }},
		{key: "log_level", env: "LOG_LEVEL", kind: word, fallback: "info", words: []string{"debug", "info", "warn", "error"}, put: putLevel},
		{key: "nasa_api_key", env: "NASA_API_KEY", kind: token, secret: true, put: func(c *Config, v value) { c.NASAAPIKey = v.text }},
		{key: "esa_api_key", env: "ESA_API_KEY", kind: token, secret: true, put: func(c *Config, v value) { c.ESAAPIKey = v.text }},
		{key: "max_concurrent_downloads", env: "MAX_CONCURRENT_DOWNLOADS", kind: count, fallback: "5", min: 1, max: 64,
			put: func(c *Config, v value) { c.MaxConcurrentDownloads = int(v.number) }},

		{key: "freshness.koi", kind: span, fallback: "24h", max: 10 * yearSeconds, put: func(c *Config, v value) { c.Freshness.KOI = v.span }},
		{key: "freshness.k2", kind: span, fallback: "24h", max: 10 * yearSeconds, put: func(c *Config, v value) { c.Freshness.K2 = v.span }},
		{key: "freshness.toi", kind: span, fallback: "12h", max: 10 * yearSeconds, put: func(c *Config, v value) { c.Freshness.TOI = v.span }},
		{key: "freshness.gaia", kind: span, fallback: "168h", max: 10 * yearSeconds, put: func(c *Config, v value) { c.Freshness.Gaia = v.span }},
		{key: "freshness.lightcurve", env: "CACHE_TTL_HOURS", kind: span, fallback: "6h", max: 10 * yearSeconds,
			put: func(c *Config, v value) { c.Freshness.LightCurve = v.span }},
		{key: "ingest.full_reload", kind: span, fallback: "168h", max: yearSeconds, put: func(c *Config, v value) { c.Ingest.FullReload = v.span }},

		{key: "storage.raw_retention_days", kind: days, fallback: "365", max: maxDays, put: func(c *Config, v value) { c.Storage.RawRetention = v.span }},
		{key: "storage.cache_retention_days", kind: days, fallback: "7", max: maxDays, put: func(c *Config, v value) { c.Storage.CacheRetention = v.span }},
		{key: "storage.backup_retention_days", kind: days, fallback: "30", max: maxDays, put: func(c *Config, v value) { c.Storage.BackupRetention = v.span }},

		{key: "storage.cache_max_mb", kind: count, fallback: "0", max: 1e9, put: func(c *Config, v value) { c.Storage.CacheMaxBytes = v.number << 20 }},
		{key: "storage.low_disk_percent", kind: count, fallback: "5", max: 90, put: func(c *Config, v value) { c.Storage.LowDiskPercent = v.number }},
		{key: "storage.full_disk_percent", kind: count, fallback: "1", max: 90, put: func(c *Config, v value) { c.Storage.FullDiskPercent = v.number }},
		{key: "storage.alert_webhooks", env: "ALERT_WEBHOOKS", kind: addresses, address: true, put: func(c *Config, v value) { c.Storage.AlertWebhooks = v.list }},

		{key: "backup.repository", env: "BACKUP_REPOSITORY", kind: repository, address: true, put: func(c *Config, v value) { c.Backup.Repository = v.text }},
		{key: "backup.password_file", env: "BACKUP_PASSWORD_FILE", kind: folder, put: func(c *Config, v value) { c.Backup.PasswordFile = v.text }},
		{key: "backup.access_key", env: "BACKUP_ACCESS_KEY", kind: token, secret: true, put: func(c *Config, v value) { c.Backup.AccessKey = v.text }},
		{key: "backup.secret_key", env: "BACKUP_SECRET_KEY", kind: token, secret: true, put: func(c *Config, v value) { c.Backup.SecretKey = v.text }},

		{key: "logs.keep_days", kind: days, fallback: "30", max: maxDays, put: func(c *Config, v value) { c.Logs.Keep = v.span }},

		{key: "processing.default_quality_bitmask", kind: bitmask, fallback: "default", max: 1<<31 - 1, words: []string{"none", "default", "hard", "hardest"},
			put: func(c *Config, v value) { c.Processing.DefaultQualityBitmask = v.text }},
		{key: "processing.max_processing_time_minutes", env: "PROCESSING_TIMEOUT_MINUTES", kind: minutes, fallback: "60", min: 1, max: 7 * 24 * 60,
			put: func(c *Config, v value) { c.Processing.MaxTime = v.span }},
		{key: "processing.parallel_processing", kind: yesno, fallback: "true", put: func(c *Config, v value) { c.Processing.Parallel = v.yes }},

		{key: "processing.jobs_at_a_time", kind: count, fallback: "0", max: 1024, put: func(c *Config, v value) { c.Processing.Jobs = int(v.number) }},

		{key: "catalogs.query_timeout", kind: seconds, fallback: "10", min: 1, max: 3600, put: func(c *Config, v value) { c.Catalogs.QueryTimeout = v.span }},
		{key: "changes.webhooks", env: "WEBHOOKS", kind: addresses, address: true, put: func(c *Config, v value) { c.Changes.Webhooks = v.list }},
		{key: "changes.webhook_secret", env: "WEBHOOK_SECRET", kind: token, secret: true, put: func(c *Config, v value) { c.Changes.WebhookSecret = v.text }},
		{key: "changes.webhook_private", kind: yesno, fallback: "false", put: func(c *Config, v value) { c.Changes.WebhookPrivate = v.yes }},
		{key: "changes.base_url", kind: bucketURL, put: func(c *Config, v value) { c.Changes.BaseURL = v.text }},

		{key: "data_sources.mast.bucket_url", kind: bucketURL, put: func(c *Config, v value) { c.Archives.MAST.BucketURL = v.text }},
		{key: "data_sources.mast.resolver_url", kind: optionalRoot, put: func(c *Config, v value) { c.Archives.MAST.ResolverURL = v.text }},
	}
	list = append(list, serviceSettings()...)
	list = append(list, source("nasa_archive", "https://exoplanetarchive.ipac.caltech.edu", "300", "3", func(c *Config) *Source { return &c.Archives.NASA })...)
	list = append(list, source("mast", "https://mast.stsci.edu", "600", "5", func(c *Config) *Source { return &c.Archives.MAST.Source })...)
	list = append(list, source("exofop", "https://exofop.ipac.caltech.edu", "300", "3", func(c *Config) *Source { return &c.Archives.ExoFOP })...)
	list = append(list, source("esa", "https://gea.esac.esa.int", "300", "3", func(c *Config) *Source { return &c.Archives.ESA })...)
	sortSettings(list)
	return list
}

// source lists the three keys of one archive.
func source(name, base, timeout, retries string, of func(*Config) *Source) []setting {
	prefix := "data_sources." + name + "."
	return []setting{
		{key: prefix + "base_url", kind: hostRoot, fallback: base, put: func(c *Config, v value) { of(c).BaseURL = v.text }},
		{key: prefix + "timeout", kind: seconds, fallback: timeout, min: 1, max: 24 * 3600, put: func(c *Config, v value) { of(c).Timeout = v.span }},
		{key: prefix + "retry_attempts", kind: count, fallback: retries, max: 20, put: func(c *Config, v value) { of(c).RetryAttempts = int(v.number) }},
	}
}

func putLevel(c *Config, v value) {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	c.LogLevel = levels[v.text]
}
