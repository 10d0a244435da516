package config

import (
	"net/netip"
	"time"
)

// Security says who may come in, and what keeps the secrets.
type Security struct {
	MasterKeyFile string // file of the master keys; empty: the usual place
	MasterKey     string // the keys themselves, one a line, instead of a file; empty: the file

	AccessToken  time.Duration // life of an access token
	RefreshToken time.Duration // life of a session

	CORSOrigins []string       // origins whose pages may call; none: only our own
	BehindProxy []netip.Prefix // networks of the proxies in front, which say who calls and do TLS; none: there is no proxy
	Metrics     MetricsAccess
}

// MetricsAccess says who may read /metrics.
type MetricsAccess string

// Who may read the metrics.
const (
	MetricsLocal MetricsAccess = "local" // the loopback addresses, and admins
	MetricsAdmin MetricsAccess = "admin" // admins
	MetricsAll   MetricsAccess = "all"   // everybody who reaches the server
)

// TLS names the certificate of the server; both or none.
type TLS struct {
	CertFile, KeyFile string // PEM; empty: no TLS
}

// Limits say how often one may call.
type Limits struct {
	PerMinute, Burst               int // of a user or key
	AddressPerMinute, AddressBurst int // of an address
}

// Task is one entry of the schedule.
type Task struct {
	On    bool
	Every time.Duration
}

// Schedule says what a server or worker does by itself, and how often. What was
// missed while nothing ran is made up for once.
type Schedule struct {
	Tables      Task // looks which tables are no longer fresh, and fetches those that were fetched once
	LightCurves Task // the same for the light curves of stars that are held
	Cleanup     Task // the cache
	Logs        Task // rotation; sessions and signing keys that ended
	Integrity   Task // a part of all bytes is read again, so that all are within 30 days
	Backup      Task
	Drill       Task // restores the newest backup and compares it
	Retention   Task // raw tables, backups and logs that are too old
}

// Metrics says where numbers are told beside /metrics of the interface.
type Metrics struct {
	Listen string // host:port of its own, for workers too; empty: none
}

// Tracing says where traces go.
type Tracing struct {
	Endpoint string  // OTLP over HTTP; empty: no traces
	Sample   float64 // share of the requests that is traced, 0 to 1
}
