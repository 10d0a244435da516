package backup

import (
	"context"
	"log/slog"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/sqldb"
)

// Options says what is backed up, and where to.
type Options struct {
	FS            fsys.FS   // the data tree; nil: there is none, after a disaster: all but Create and what goes into the tree works
	DataPath      string    // the full path of it
	Repository    string    // a folder, or s3://bucket/prefix?endpoint=host:port&region=r, where the endpoint may begin with http://; empty: no backups
	Password      string    // of the repository; never empty where one is set and Unusable is nil
	Unusable      error     // why the repository cannot be used, its password cannot be read for one: every call returns it
	Warning       string    // what is wrong with the settings and keeps nobody from a backup; Create tells it
	AccessKey     string    // of an S3 server
	SecretKey     string    // of an S3 server
	RetentionDays int       // snapshots older than this go, except the newest; 0: none goes
	DB            *sqldb.DB // the index database, for its copy and for what is known of backups; may be read only
	// Still runs what it is given while nothing is published in the data tree and no
	// version is made or deleted; nil: nobody else writes.
	Still    func(ctx context.Context, do func(context.Context) error) error
	Clock    exo.Clock
	Log      *slog.Logger // nil: discard
	Program  string       // name and version, kept with each snapshot
	StateDir string       // full path of a folder for connection files and for the copy of the index while it is uploaded; outside the data tree or in its cache
}

// CreateOptions says how to make a snapshot.
type CreateOptions struct {
	Force  bool // although the repository is on the file system of the data
	DryRun bool // only count what would be read
}

// Result tells what a backup did.
type Result struct {
	Snapshot      string    `json:"snapshot,omitempty"` // its identifier; empty in a dry run
	CreatedAt     time.Time `json:"created_at"`
	Files         int64     `json:"files"`
	Bytes         int64     `json:"bytes"`
	ReadFiles     int64     `json:"read_files"` // the rest had not changed since the last snapshot
	ReadBytes     int64     `json:"read_bytes"`
	UploadedBytes int64     `json:"uploaded_bytes"` // after compression, without what the repository had
	DurationS     float64   `json:"duration_s"`
	Expired       []string  `json:"expired"` // snapshots removed by retention
	DryRun        bool      `json:"dry_run"`
	SameDisk      bool      `json:"same_disk"` // on the file system of the data: one broken disk takes both
	Warnings      []string  `json:"warnings,omitempty"`
}

// Snapshot is one backup.
type Snapshot struct {
	ID         string     `json:"id"`
	CreatedAt  time.Time  `json:"created_at"`
	Files      int64      `json:"files"`
	Bytes      int64      `json:"bytes"`
	Program    string     `json:"program"`
	SameDisk   bool       `json:"same_disk"`   // made, by force, on the file system of the data: one broken disk takes both
	VerifiedAt *time.Time `json:"verified_at"` // when every byte was last read back and was right; null: never
}

// VerifyOptions says which snapshot to verify.
type VerifyOptions struct {
	Snapshot string // identifier or its beginning; empty: the newest
}

// Damage is one file of a backup that is not as it should be.
type Damage struct {
	Path  string `json:"path"`
	Class string `json:"class"` // unreadable, corrupt
	What  string `json:"what"`
}

// VerifyReport is the outcome of reading a snapshot back.
type VerifyReport struct {
	Snapshot   string    `json:"snapshot"`
	VerifiedAt time.Time `json:"verified_at"`
	Files      int64     `json:"files"`
	Bytes      int64     `json:"bytes"`
	Compared   int64     `json:"compared"` // files whose digest stands in the checksum lists of the snapshot, and was compared
	OK         bool      `json:"ok"`
	Damaged    []Damage  `json:"damaged"`
	DurationS  float64   `json:"duration_s"`
}

// RestoreOptions says what to restore, and where to.
type RestoreOptions struct {
	Snapshot string   // identifier or its beginning; empty: the newest
	To       string   // full path of a folder that is empty or not there
	Folder   string   // instead of To: the name of a new folder below restored/ in the data tree
	Paths    []string // files and folders of the tree; empty: everything
	DryRun   bool     // only count
}

// RestoreReport tells what was restored.
type RestoreReport struct {
	Snapshot  string  `json:"snapshot"`
	To        string  `json:"to"`
	Files     int64   `json:"files"`
	Bytes     int64   `json:"bytes"`
	Compared  int64   `json:"compared"` // files whose digest was compared with the checksum lists
	DurationS float64 `json:"duration_s"`
	DryRun    bool    `json:"dry_run"`
}

// DrillOptions says which snapshot to try.
type DrillOptions struct {
	Snapshot string // identifier or its beginning; empty: the newest
}

// DrillReport is the outcome of a restore drill.
type DrillReport struct {
	Snapshot   string    `json:"snapshot"`
	StartedAt  time.Time `json:"started_at"`
	DurationS  float64   `json:"duration_s"`
	Files      int64     `json:"files"`
	Bytes      int64     `json:"bytes"`
	Compared   int64     `json:"compared"`
	OK         bool      `json:"ok"`
	Damaged    []Damage  `json:"damaged"`
	AgeSeconds float64   `json:"age_s"` // of the snapshot, when it was tried: what a disaster would have cost
}
