package history

import (
	"context"
	"log/slog"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
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

// Renamed is a column that seems to have a new name: the cells are equal.
type Renamed struct {
	From string `json:"from"`
	To   string `json:"to"`
}

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

// Object is one row of a current table.
type Object struct {
	Table       catalog.Type `json:"table"`
	Key         string       `json:"key"`
	Object      string       `json:"object"`
	Disposition string       `json:"disposition"`
	FirstSeen   State        `json:"first_seen"` // oldest version that lists it
	LastSeen    State        `json:"last_seen"`  // newest
	Values      Row          `json:"values"`     // all cells of the newest that lists it
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

// Feed is a list of changes, newest first.
type Feed struct {
	Title   string
	Base    string
	Updated time.Time
	Items   []FeedItem
}

// FeedItem is one event of a feed.
type FeedItem struct {
	ID    string // stable: tag URI of table, version, key, kind
	At    time.Time
	Table catalog.Type
	State State
	Event catalog.Event
}

// Options says what a Service works with.
type Options struct {
	Store  *store.Store
	Tables *tables.Tables // current tables of Store; nil: a reader of its own
	Clock  exo.Clock      // dates a feed without entries, and announcements
	Log    *slog.Logger   // nil: no log
	Keep   int            // parsed versions of tables, and differences, that are held; 0: 8

	Poster Poster // carries announcements: archive.NewPoster; nil: none is sent
	Hooks  []Hook // who is told
	Base   string // URL of this server, for the link to the feed in announcements; empty: no link
}

// Hook is an address that is told what changed. Its URL may hold a secret, too:
// neither is logged or stands in an error beyond the host's name.
type Hook struct {
	URL          string
	Secret       string // signs the body; empty: not signed
	AllowPrivate bool   // the address may be in this network, and on any port
}

// Poster delivers one announcement, and repeats it a few times.
type Poster interface {
	Post(ctx context.Context, d archive.Delivery) error
}

// Service tells what changed. Its methods may be called from many goroutines.
type Service struct {
	opt Options
	log *slog.Logger
}

// New makes a service.
func New(o Options) *Service {
	if o.Tables == nil && o.Store != nil {
		o.Tables = tables.New(o.Store)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{opt: o, log: o.Log}
}

// Diff compares two versions of a table.
func (s *Service) Diff(ctx context.Context, r DiffRequest) (Diff, error) {
	return Diff{}, exo.Errorf("history.Diff", exo.Internal, r.Table, "not built")
}

// Target tells the story of one star, named by any of its names or numbers.
func (s *Service) Target(ctx context.Context, name string) (Timeline, error) {
	return Timeline{}, exo.Errorf("history.Target", exo.Internal, name, "not built")
}

// Feed lists the newest changes.
func (s *Service) Feed(ctx context.Context, r FeedRequest) (Feed, error) {
	return Feed{}, exo.Errorf("history.Feed", exo.Internal, r.Table, "not built")
}

// Atom writes the feed as RFC 4287 has it.
func (f Feed) Atom() ([]byte, error) {
	return nil, exo.Errorf("history.Atom", exo.Internal, nil, "not built")
}

// JSON writes the feed as JSON Feed 1.1 has it.
func (f Feed) JSON() ([]byte, error) {
	return nil, exo.Errorf("history.JSON", exo.Internal, nil, "not built")
}

// Announce posts what changed from the version before to the newest one of a
// table to the web hooks. Failures are errors, and change nothing.
func (s *Service) Announce(ctx context.Context, table catalog.Type) error {
	return exo.Errorf("history.Announce", exo.Internal, table, "not built")
}
