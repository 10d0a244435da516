package version

import (
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/store"
)

// File is one file of a version.
type File struct {
	Path       exo.Path   `json:"path"`
	Hash       exo.Digest `json:"hash"`
	SizeBytes  int64      `json:"size_bytes"`
	ModifiedAt time.Time  `json:"modified_at"`
}

// Links counts how the files of a version came into its folder.
type Links struct {
	Hard    int `json:"hard"`    // share their bytes with the file in the tree, or with the parent's copy
	Reflink int `json:"reflink"` // share them until one is changed
	Copy    int `json:"copy"`    // have their own
}

// How deep a version was looked at when it was made.
const (
	ByIndex = "index" // digests are those noted when the files came; size and type were compared
	ByBytes = "full"  // every byte was read
)

// Summary is a manifest without its files.
type Summary struct {
	Version        exo.VersionName  `json:"version"`
	Description    string           `json:"description"`
	CreatedAt      time.Time        `json:"created_at"`
	TotalSizeBytes int64            `json:"total_size_bytes"`
	FileCount      int              `json:"file_count"`
	ParentVersion  *exo.VersionName `json:"parent_version"` // null: the first
	ID             exo.Digest       `json:"id"`             // digest of the lines "<hash>  <path>", as sha256sum prints them, by path
	Links          Links            `json:"links"`
	Verified       string           `json:"verified"`
	FilePatterns   []string         `json:"file_patterns"`
	Program        string           `json:"program"`
}

// Manifest describes a version in full. Its JSON form is Encode's.
type Manifest struct {
	Summary
	Files []File `json:"files"` // by path
}

// CreateOptions says what goes into a version.
type CreateOptions struct {
	Name        string
	Description string
	Patterns    []string // empty: all of raw, lightcurves and processed
	FullHash    bool     // read every byte
	DryRun      bool     // only say what the version would be
	Report      func(done, total int64)
}

// DeleteOptions says how to delete.
type DeleteOptions struct{ DryRun bool }

// DeleteReport tells what a deletion removed, or would remove.
type DeleteReport struct {
	Version      exo.VersionName `json:"version"`
	RemovedFiles int             `json:"removed_files"`
	DryRun       bool            `json:"dry_run"`
}

// Change is a file whose bytes differ between two versions.
type Change struct {
	Path exo.Path   `json:"path"`
	From exo.Digest `json:"from"`
	To   exo.Digest `json:"to"`
}

// FileDiff is what two versions differ in.
type FileDiff struct {
	Added   []File   `json:"added"`
	Removed []File   `json:"removed"`
	Changed []Change `json:"changed"`

	AddedTotal   int `json:"added_total"` // of all files; the lists may be cut
	RemovedTotal int `json:"removed_total"`
	ChangedTotal int `json:"changed_total"`
}

// TableDiff is what the newest tables of two versions differ in.
type TableDiff struct {
	Table        catalog.Type `json:"table"`
	From         exo.Path     `json:"from"` // empty: only the other version has such a table, and all its rows are added or removed
	To           exo.Path     `json:"to"`
	Added        int          `json:"added"`
	Removed      int          `json:"removed"`
	Changed      int          `json:"changed"`
	Dispositions []Transition `json:"dispositions"`
	RowsURL      string       `json:"rows_url"`
}

// Transition counts rows whose disposition changed alike.
type Transition struct {
	From string `json:"from"`
	To   string `json:"to"`
	Rows int    `json:"rows"`
}

// Diff compares two versions.
type Diff struct {
	From   exo.VersionName `json:"from"`
	To     exo.VersionName `json:"to"`
	Files  FileDiff        `json:"files"`
	Tables []TableDiff     `json:"tables"`
}

// VerifyOptions says how deep to look.
type VerifyOptions struct {
	Quick bool // existence, type, length and permissions only
}

// Class names a kind of damage.
type Class = store.Class

// Damage is a file of a version that is not what the manifest says.
type Damage struct {
	Path     exo.Path          `json:"path"` // in the data tree; the damaged file is versions/<version>/files/<path>
	Class    Class             `json:"class"`
	Detail   string            `json:"detail"`
	Versions []exo.VersionName `json:"versions"` // that list the path with this digest
	Targets  []exo.TargetID    `json:"targets"`
	Repair   string            `json:"repair"`
}

// VerifyReport tells what of a version was looked at, how deep, and when.
type VerifyReport struct {
	Version    exo.VersionName `json:"version"`
	Depth      string          `json:"depth"` // "full" or "quick"
	StartedAt  time.Time       `json:"started_at"`
	FinishedAt time.Time       `json:"finished_at"`
	Files      int64           `json:"files"`
	Bytes      int64           `json:"bytes"` // that were read
	OK         bool            `json:"ok"`
	Damaged    []Damage        `json:"damaged"`
}

// Where a version is restored to.
const (
	InPlace  = "in_place" // what is damaged or missing in the data tree
	InFolder = "folder"   // all, to a new folder
)

// RestoreOptions says what to restore, and where to.
type RestoreOptions struct {
	Target string   // InPlace or InFolder; empty: InPlace
	Folder string   // name below DATA_PATH/restored; empty: the version's
	To     fsys.FS  // an empty folder elsewhere, in place of Folder
	Paths  []string // patterns; empty: all
	DryRun bool
}

// RestoreReport tells what was restored.
type RestoreReport struct {
	Version  exo.VersionName `json:"version"`
	Target   string          `json:"target"`
	Folder   string          `json:"folder,omitempty"` // below DATA_PATH
	Restored []exo.Path      `json:"restored"`
	Bytes    int64           `json:"bytes"`
	Intact   int             `json:"intact"` // files that needed nothing
	DryRun   bool            `json:"dry_run"`
}

// Whose word counts where manifest and record, both whole, tell a different story.
const (
	ByRecord    = "record"
	ByManifests = "manifests"
)

// RebuildReport tells what was made again.
type RebuildReport struct {
	Recorded []exo.VersionName `json:"recorded"` // manifests that the record did not have
	Restored []exo.VersionName `json:"restored"` // manifests that only the record had
}

// Citation tells how to cite a version.
type Citation struct {
	Version          exo.VersionName `json:"version"`
	ID               exo.Digest      `json:"id"`
	Text             string          `json:"text"`
	BibTeX           string          `json:"bibtex"`
	Acknowledgements []string        `json:"acknowledgements"`
}
