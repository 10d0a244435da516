package history

import (
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/tables"
)

// State names a version of a table in answers.
type State struct {
	ID          string     `json:"id"`
	Number      int        `json:"number"`
	Path        exo.Path   `json:"path"`
	Checksum    exo.Digest `json:"checksum"`
	RetrievedAt time.Time  `json:"retrieved_at"`
	Rows        int        `json:"rows"`
}

// StateOf describes a version.
func StateOf(v tables.Version) State {
	return State{ID: v.ID, Number: v.Number, Path: v.Meta.Path, Checksum: v.Meta.SHA256, RetrievedAt: v.Meta.RetrievedAt, Rows: v.Meta.Rows}
}

// DiffRequest says what to compare. From defaults to the version before To, To
// to the newest.
type DiffRequest struct {
	Table    catalog.Type
	From, To tables.Ref
	Kinds    []catalog.EventKind // events wanted; empty: all
	Columns  []string            // cells wanted; empty: all
	Limit    int                 // events and rows each at most; 0: 100, -1: all
	Offset   int
}

// Transition counts rows whose disposition changed alike.
type Transition struct {
	From string `json:"from"`
	To   string `json:"to"`
	Rows int    `json:"rows"`
}

// Renamed is a column that seems to have a new name; it stands among the columns
// that came and among those that went, too.
type Renamed = catalog.Rename

// Diff is what changed from one version to another.
type Diff struct {
	Table         catalog.Type              `json:"table"`
	From          State                     `json:"from"`
	To            State                     `json:"to"`
	Changes       catalog.Changes           `json:"changes"`
	SchemaChanges catalog.SchemaChanges     `json:"schema_changes"`
	Renamed       []Renamed                 `json:"renamed"`
	Kinds         map[catalog.EventKind]int `json:"kinds"`        // events by kind, all of them
	Dispositions  []Transition              `json:"dispositions"` // most frequent first
	Events        []catalog.Event           `json:"events"`       // this page
	EventsTotal   int                       `json:"events_total"`
	Rows          []catalog.RowChange       `json:"rows"` // this page
	RowsTotal     int                       `json:"rows_total"`
	Offset        int                       `json:"offset"`
	Limit         int                       `json:"limit"`
	Next          int                       `json:"next,omitempty"` // offset of the next page; 0: this was the last
}

// Timeline is what is known of one star, over versions and sources.
type Timeline struct {
	Query      string         `json:"query"`
	Name       string         `json:"name"`
	IDs        []exo.TargetID `json:"ids"`     // all its numbers
	Aliases    []string       `json:"aliases"` // all its names and its planets'
	RA         *float64       `json:"ra"`      // degrees, ICRS; null unknown
	Dec        *float64       `json:"dec"`
	Objects    []Object       `json:"objects"`    // planets and candidates, by source and name
	Candidates []Row          `json:"candidates"` // rows of the merged table
	Conflicts  []Row          `json:"conflicts"`  // in which sources disagree
	Entries    []Entry        `json:"entries"`    // newest first
	Files      []HeldFile     `json:"files"`      // light curves and processed files
}

// Row is a row as names and values, numbers as numbers, null unknown.
type Row map[string]any

// Object is a planet or candidate as a table lists it; of the K2 table, which has
// a row for each published solution, the default one.
type Object struct {
	Table       catalog.Type `json:"table"`
	Key         string       `json:"key"` // row key
	Object      string       `json:"object"`
	Disposition string       `json:"disposition"`
	Solutions   int          `json:"solutions"`  // rows that the table has of it
	FirstSeen   State        `json:"first_seen"` // oldest version that lists it
	LastSeen    State        `json:"last_seen"`  // newest
	Values      Row          `json:"values"`     // all cells of the newest that lists it

	table   *catalog.Table // where Values are read, while the story is told
	row     int
	columns []catalog.Column
}

// Entry is something that happened to the star.
type Entry struct {
	At    time.Time      `json:"at"`
	Table catalog.Type   `json:"table,omitempty"`
	State *State         `json:"state,omitempty"`
	Event *catalog.Event `json:"event,omitempty"` // of a table
	Text  string         `json:"text"`
	Path  exo.Path       `json:"path,omitempty"` // of a file that came
}

// HeldFile is a light curve or processed file of the star.
type HeldFile struct {
	Path          exo.Path   `json:"path"`
	Kind          string     `json:"kind"`
	Checksum      exo.Digest `json:"checksum"`
	RetrievedAt   time.Time  `json:"retrieved_at"`
	SectorQuarter *int       `json:"sector_quarter"`
	Profile       string     `json:"profile,omitempty"`
}

// FeedRequest says which changes a feed holds.
type FeedRequest struct {
	Table catalog.Type        // empty: all
	Kinds []catalog.EventKind // empty: all but "other"
	Limit int                 // entries at most; 0: 100
	Base  string              // URL of the server, for links
}
