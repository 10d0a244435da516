package history

import (
	"context"
	"log/slog"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/tables"
)

// Options says what a Service works with.
type Options struct {
	Store  *store.Store
	Tables *tables.Tables // current tables of Store; nil: a reader of its own
	Clock  exo.Clock      // dates announcements; nil: they bear no date
	Log    *slog.Logger   // nil: no log
	Keep   int            // parsed versions of tables, and differences, that are held in memory; 0: 8

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

// Bounds of what is held in memory, in bytes.
const (
	keepTables  = 256 << 20
	keepPairs   = 256 << 20
	keepStories = 32 << 20
	keepExcerpt = 64 << 20
)

// Service tells what changed. Its methods may be called from many goroutines.
type Service struct {
	opt Options
	log *slog.Logger

	busy     chan struct{} // full while tables are parsed or compared: one at a time, once each
	tables   *shelf[exo.Digest, *catalog.Table]
	pairs    *shelf[[2]exo.Digest, *pair]
	stories  *shelf[[2]exo.Digest, *story]
	excerpts *shelf[excerptKey, *excerpt]
	aliases  *shelf[exo.Digest, *aliases]
}

// New makes a service.
func New(o Options) *Service {
	if o.Tables == nil && o.Store != nil {
		o.Tables = tables.New(o.Store)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Keep <= 0 {
		o.Keep = 8
	}
	return &Service{
		opt: o, log: o.Log, busy: make(chan struct{}, 1),
		tables:   newShelf[exo.Digest, *catalog.Table](o.Keep, keepTables),
		pairs:    newShelf[[2]exo.Digest, *pair](o.Keep, keepPairs),
		stories:  newShelf[[2]exo.Digest, *story](1000, keepStories),
		excerpts: newShelf[excerptKey, *excerpt](20_000, keepExcerpt),
		aliases:  newShelf[exo.Digest, *aliases](2, keepTables),
	}
}

// turn waits until no other table is parsed or compared.
func (s *Service) turn(ctx context.Context, op string) (done func(), err error) {
	select {
	case s.busy <- struct{}{}:
		return func() { <-s.busy }, nil
	case <-ctx.Done():
		return nil, exo.E(op, exo.KindOf(ctx.Err()), nil, ctx.Err())
	}
}

// table parses a version, or takes it from where it is held. The newest of a type
// is shared with all others who read it.
func (s *Service) table(ctx context.Context, v tables.Version) (*catalog.Table, error) {
	if t, ok := s.tables.get(v.Meta.SHA256); ok {
		return t, nil
	}
	newest, err := s.opt.Tables.Current(ctx, v.Meta.Table)
	if err != nil {
		return nil, err
	}
	if newest != nil && newest.SHA256 == v.Meta.SHA256 {
		return s.opt.Tables.Parsed(ctx, *newest)
	}
	t, err := s.opt.Tables.Read(ctx, v.Meta)
	if err != nil {
		return nil, err
	}
	s.tables.put(v.Meta.SHA256, t, 3*v.Meta.SizeBytes) // the text, and where its cells begin
	return t, nil
}
