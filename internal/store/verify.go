package store

import (
	"time"

	"exoplanetai/internal/exo"
)

// VerifyOptions says how deep to look.
type VerifyOptions struct {
	Quick bool // existence, length, permissions and type only; no bytes
}

// Class names a kind of damage.
type Class string

// The classes of damage.
const (
	Missing       Class = "missing"       // the file is gone
	Damaged       Class = "corrupt"       // bytes, length or type are not what they were
	Extra         Class = "extra"         // a file that the store did not put there
	Mode          Class = "mode"          // the file may be written to
	ChecksumFile  Class = "checksum-file" // a line is missing, wrong or superfluous
	MetadataFile  Class = "metadata"      // the sidecar is missing or not what it was
	IndexDatabase Class = "index"         // the database contradicts itself or the tree
)

// Damage is one finding of Verify.
type Damage struct {
	Path   string       `json:"path"` // of the damaged file
	Class  Class        `json:"class"`
	Detail string       `json:"detail"`
	Target exo.TargetID `json:"target,omitzero"` // star that the file is about
	Repair string       `json:"repair"`          // what to do
}

// VerifyReport tells what was looked at, how deep, when, and every damage.
type VerifyReport struct {
	Depth      string    `json:"depth"` // "full": every byte was read; "quick": length, type and permissions
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	Files      int64     `json:"files"` // files looked at
	Bytes      int64     `json:"bytes"` // bytes read of them
	Total      Amount    `json:"total"` // what the store holds
	OK         bool      `json:"ok"`
	Damaged    []Damage  `json:"damaged"` // all, by path
}

// ReindexReport tells what Reindex did.
type ReindexReport struct {
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	Files      int64     `json:"files"`   // files in the index now
	Added      int64     `json:"added"`   // that it did not have before
	Lines      int64     `json:"lines"`   // checksum lines written anew
	Damaged    []Damage  `json:"damaged"` // what could not be taken in, by path
}
