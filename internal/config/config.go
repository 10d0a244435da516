package config

import (
	"log/slog"
	"time"
)

// Config is the whole of the settings, checked. Times are durations, whatever
// unit the file gives them in.
type Config struct {
	File string // configuration file that was read; empty: none

	DataPath    string     // folder of the data tree (DATA_PATH)
	CachePath   string     // folder of the file cache (CACHE_PATH); never empty, default DataPath/cache
	DatabaseURL string     // Postgres address (DATABASE_URL); empty: SQLite in the data tree
	RedisURL    string     // Redis address (REDIS_URL); empty: the file cache
	Listen      string     // host:port of the HTTP interface (LISTEN)
	LogLevel    slog.Level // least level that is logged (LOG_LEVEL)
	LogJSON     bool       // log lines on the terminal are JSON, too (LOG_FORMAT)

	NASAAPIKey string // sent to the NASA Exoplanet Archive's host alone; empty: none
	ESAAPIKey  string // sent to the ESA archive's host alone; empty: none

	MaxConcurrentDownloads int // simultaneous requests to one host, 1…64

	Archives   Archives
	Freshness  Freshness
	Ingest     Ingest
	Storage    Storage
	Backup     Backup
	Logs       Logs
	Processing Processing
	Catalogs   Catalogs
	Changes    Changes
	Security   Security
	TLS        TLS
	Limits     Limits
	Schedule   Schedule
	Metrics    Metrics
	Tracing    Tracing

	entries []Entry
}

// Source is one archive's address and patience.
type Source struct {
	BaseURL       string        // host root, "https://mast.stsci.edu", without final slash
	Timeout       time.Duration // of one try, until its answer begins; see archive.Endpoint
	RetryAttempts int           // tries after the first
}

// Archives are the sources of data.
type Archives struct {
	NASA   Source // NASA Exoplanet Archive: koi, k2
	MAST   MAST   // light curves
	ExoFOP Source // toi
	ESA    Source // Gaia archive
}

// MAST is the light-curve archive, with two optional further addresses.
type MAST struct {
	Source
	ResolverURL string // host root of the name resolver; empty: the one at BaseURL
	BucketURL   string // root of a public copy of the files, as a second origin; empty: none
}

// Freshness says how long data count as fresh after they were fetched.
type Freshness struct {
	KOI, K2, TOI, Gaia, LightCurve time.Duration
}

// Ingest holds the settings of ingestion.
type Ingest struct {
	FullReload time.Duration // after this long a whole table replaces incremental fetches
}

// Storage says how long files are kept before a clean-up may take them.
type Storage struct {
	RawRetention, CacheRetention, BackupRetention time.Duration // whole days; 0: for ever

	CacheMaxBytes int64 // the cache is cut to this size; 0: no limit
	// LowDiskPercent of the disk free: what may go is cleaned up, and alerts are
	// sent. FullDiskPercent: writing is refused. 0: never.
	LowDiskPercent, FullDiskPercent int64
	AlertWebhooks                   []string // addresses that an alert is posted to; each may hold a secret
}

// Backup says where backups go and what opens them.
type Backup struct {
	Repository   string // a folder, or s3://bucket/prefix?endpoint=host; empty: there are no backups
	PasswordFile string // file with the password that the repository is encrypted with
	AccessKey    string // of S3
	SecretKey    string // of S3
}

// Logs says how long the program's own log files are kept.
type Logs struct {
	Keep time.Duration // of what was put aside, whole days; 0: for ever, as far as the number of files allows
}

// Processing holds the defaults of the preprocessing pipeline and of jobs.
type Processing struct {
	DefaultQualityBitmask string        // none, default, hard, hardest, or a number
	MaxTime               time.Duration // longest run of one job
	Parallel              bool          // several light curves at a time
	Jobs                  int           // jobs at a time; 0: the number of processors
}

// Catalogs holds the settings of queries.
type Catalogs struct {
	QueryTimeout time.Duration // longest time of one query
}

// Changes says who is told what changed in the tables.
type Changes struct {
	Webhooks       []string // addresses that a message is posted to; each may hold a secret
	WebhookSecret  string   // signs the messages; empty: they are not signed
	WebhookPrivate bool     // the addresses may be in a private network, on any port
	BaseURL        string   // where others reach the server, for links in feeds and messages; empty: where it was asked
}

// Origin tells which layer a value came from.
type Origin string

// The layers, weakest first.
const (
	FromDefault Origin = "default"
	FromFile    Origin = "file"
	FromEnv     Origin = "env"
	FromFlag    Origin = "flag"
)

// Entry is one line of `config show`.
type Entry struct {
	Key    string `json:"key"`
	Value  string `json:"value"` // secrets are hidden
	Origin Origin `json:"origin"`
}

// Secrets returns where the settings are kept that may be given sealed with the
// master key, by their keys.
func (c *Config) Secrets() map[string]*string {
	return map[string]*string{
		"nasa_api_key": &c.NASAAPIKey, "esa_api_key": &c.ESAAPIKey, "changes.webhook_secret": &c.Changes.WebhookSecret,
		"backup.access_key": &c.Backup.AccessKey, "backup.secret_key": &c.Backup.SecretKey,
	}
}
