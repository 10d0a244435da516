package history

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/tables"
)

// maxAnnounced bounds the events of an announcement; the feed and the difference
// have them all.
const maxAnnounced = 100

// Announcement is what the web hooks are sent.
type Announcement struct {
	Table       catalog.Type              `json:"table"`
	From        *State                    `json:"from"` // null: To is the first version
	To          State                     `json:"to"`
	SentAt      *time.Time                `json:"sent_at"` // to refuse what is sent again much later
	Changes     catalog.Changes           `json:"changes"`
	Kinds       map[catalog.EventKind]int `json:"kinds"`  // events by kind, all of them
	Events      []catalog.Event           `json:"events"` // the first hundred
	EventsTotal int                       `json:"events_total"`
	Feed        string                    `json:"feed,omitempty"` // URL of the Atom feed of the table
}

// Announce posts what changed from the version before to the newest one of a
// table to the web hooks, all at a time. It returns when each has taken the
// message or was tried often enough; failures are errors, one for each hook, and
// change nothing.
func (s *Service) Announce(ctx context.Context, table catalog.Type) error {
	if len(s.opt.Hooks) == 0 || s.opt.Poster == nil {
		return nil
	}
	a, id, err := s.announcement(ctx, table)
	if err != nil {
		return err
	}
	body, err := json.Marshal(a)
	if err != nil {
		return exo.E("history.Announce", exo.Internal, table, err)
	}
	failed := make([]error, len(s.opt.Hooks))
	var all sync.WaitGroup
	for k, h := range s.opt.Hooks {
		all.Go(func() {
			err := s.opt.Poster.Post(ctx, archive.Delivery{URL: h.URL, Secret: h.Secret, ID: id, Body: body, AllowPrivate: h.AllowPrivate})
			if err != nil {
				s.log.WarnContext(ctx, "a web hook was not told", "table", table, "version", a.To.ID, "host", hostOf(h.URL), "error", err)
				failed[k] = err
				return
			}
			s.log.InfoContext(ctx, "a web hook was told", "table", table, "version", a.To.ID, "host", hostOf(h.URL))
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

// announcement makes the message and its identifier, which is the same whenever
// the same versions are announced.
func (s *Service) announcement(ctx context.Context, table catalog.Type) (a Announcement, id string, err error) {
	versions, err := s.opt.Tables.Versions(ctx, table)
	if err != nil {
		return a, "", err
	}
	if len(versions) == 0 {
		return a, "", exo.Errorf("history.Announce", exo.NotFound, table, "no %s table is held", table)
	}
	last := len(versions) - 1
	a = Announcement{Table: table, To: StateOf(versions[last]), Kinds: map[catalog.EventKind]int{}, Events: []catalog.Event{}}
	if s.opt.Clock != nil {
		now := s.opt.Clock().UTC()
		a.SentAt = &now
	}
	if s.opt.Base != "" {
		a.Feed = Feed{Base: strings.TrimRight(s.opt.Base, "/"), Table: table}.self("atom")
	}
	from := exo.Digest{}
	if last == 0 {
		a.Changes.Added = versions[0].Meta.Rows
	} else if from, err = s.between(ctx, versions[last-1], versions[last], &a); err != nil {
		return a, "", err
	}
	return a, exo.DigestOf([]byte(string(table) + from.Hex() + a.To.ID + a.To.Checksum.Hex())).Hex()[:32], nil
}

// between fills in what is between two versions.
func (s *Service) between(ctx context.Context, from, to tables.Version, a *Announcement) (exo.Digest, error) {
	p, err := s.pair(ctx, from, to)
	if err != nil {
		return exo.Digest{}, err
	}
	state := StateOf(from)
	a.From, a.Changes, a.Kinds, a.EventsTotal = &state, p.diff.Changes, p.kinds, len(p.events)
	a.Events = page(p.events, 0, maxAnnounced)
	return from.Meta.SHA256, nil
}

// hostOf is what may be told of a hook's address.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
