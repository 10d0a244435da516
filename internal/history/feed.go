package history

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/tables"
)

// The kinds of items of a feed that stand for many events.
const (
	FeedFirst   catalog.EventKind = "first"   // the first version of a table that is held
	FeedSummary catalog.EventKind = "summary" // a version of which not all events are listed
)

const (
	defaultFeed = 100  // items
	largestFeed = 1000 // events of one version
)

// story is what a feed tells of a version: a copy, that holds no table.
type story struct {
	kinds  map[catalog.EventKind]int
	events []catalog.Event // of each kind the first, at most largestFeed
}

// step is a version and the one before it.
type step struct {
	table catalog.Type
	from  *tables.Version // nil: to is the first
	to    tables.Version
}

// Feed lists the newest changes of all tables, or of one, newest first. The first
// version of a table is one item. A version with more events than a thousand, or
// than still have room, begins with an item that says how many they are, and
// lists the most important; equal stores give equal feeds.
func (s *Service) Feed(ctx context.Context, r FeedRequest) (Feed, error) {
	if err := r.check(); err != nil {
		return Feed{}, err
	}
	f := Feed{Title: "ExoplanetAI: changes in the catalogs", Base: strings.TrimRight(r.Base, "/"), Table: r.Table, Kinds: r.Kinds, Items: []FeedItem{}}
	types := catalog.Types
	if r.Table != "" {
		types = []catalog.Type{r.Table}
		f.Title = fmt.Sprintf("ExoplanetAI: changes in the %s table", r.Table)
	}
	steps, err := s.steps(ctx, types)
	if err != nil {
		return Feed{}, err
	}
	for _, st := range steps {
		if len(f.Items) >= r.Limit {
			break
		}
		items, err := s.items(ctx, st, r, r.Limit-len(f.Items))
		if err != nil {
			return Feed{}, err
		}
		f.Items = append(f.Items, items...)
	}
	if len(steps) > 0 {
		f.Updated = steps[0].to.Meta.RetrievedAt
	}
	if len(f.Items) > 0 {
		f.Updated = f.Items[0].At
	}
	return f, nil
}

func (r *FeedRequest) check() error {
	const op = "history.Feed"
	if r.Limit == 0 {
		r.Limit = defaultFeed
	}
	if r.Limit < 0 || r.Limit > 100_000 {
		return exo.Errorf(op, exo.Invalid, nil, "limit=%d is no number of entries", r.Limit).With("parameter", "limit").Try("give 1 to 100000")
	}
	if err := checkKinds(op, r.Kinds); err != nil {
		return err
	}
	if len(r.Kinds) == 0 {
		r.Kinds = catalog.EventKinds[:len(catalog.EventKinds)-1] // all but other
	}
	return nil
}

// steps lists the versions of the tables with those before them, newest first.
func (s *Service) steps(ctx context.Context, types []catalog.Type) ([]step, error) {
	var steps []step
	for _, typ := range types {
		versions, err := s.opt.Tables.Versions(ctx, typ)
		if err != nil {
			return nil, err
		}
		for k := range versions {
			st := step{table: typ, to: versions[k]}
			if k > 0 {
				st.from = &versions[k-1]
			}
			steps = append(steps, st)
		}
	}
	slices.SortStableFunc(steps, func(a, b step) int {
		return cmp.Or(b.to.Meta.RetrievedAt.Compare(a.to.Meta.RetrievedAt),
			cmp.Compare(slices.Index(types, a.table), slices.Index(types, b.table)), cmp.Compare(b.to.Number, a.to.Number))
	})
	return steps, nil
}

// items tells of one version, in at most room items.
func (s *Service) items(ctx context.Context, st step, r FeedRequest, room int) ([]FeedItem, error) {
	if st.from == nil {
		text := fmt.Sprintf("The %s table is held for the first time; its rows: %s", st.table, grouped(st.to.Meta.Rows))
		return []FeedItem{st.item(catalog.Event{Kind: FeedFirst, Text: text})}, nil
	}
	told, err := s.story(ctx, *st.from, st.to)
	if err != nil {
		return nil, err
	}
	total := 0
	var counts []string
	for _, k := range catalog.EventKinds {
		if n := told.kinds[k]; n > 0 && slices.Contains(r.Kinds, k) {
			total += n
			counts = append(counts, grouped(n)+" "+nounOf(k, n))
		}
	}
	events := make([]catalog.Event, 0, min(total, largestFeed, room))
	for _, e := range told.events {
		if len(events) < cap(events) && slices.Contains(r.Kinds, e.Kind) {
			events = append(events, e)
		}
	}
	var items []FeedItem
	if total > len(events) {
		events = events[:min(len(events), room-1)]
		text := fmt.Sprintf("The %s table changed: %s", st.table, strings.Join(counts, ", "))
		if len(events) > 0 {
			text += fmt.Sprintf("; the first %s of %s follow", grouped(len(events)), grouped(total))
		}
		sum := st.item(catalog.Event{Kind: FeedSummary, Text: text})
		for _, k := range r.Kinds { // another choice of kinds is another summary
			sum.ID += "/" + string(k)
		}
		items = append(items, sum)
	}
	for _, e := range events {
		items = append(items, st.item(e))
	}
	return items, nil
}

func (st step) item(e catalog.Event) FeedItem {
	i := FeedItem{At: st.to.Meta.RetrievedAt.UTC(), Table: st.table, State: StateOf(st.to), Event: e}
	if st.from != nil {
		i.From = st.from.ID
	}
	i.ID = tagURI(string(st.table), st.to.ID, st.to.Meta.SHA256.Hex()[:12], e.Key, string(e.Kind))
	return i
}

// tagURI makes an identifier that never changes and is nobody else's (RFC 4151).
// The authority is a name that nobody can own (RFC 2606): the parts behind it,
// the digest of the version among them, tell one archive's changes from another's.
func tagURI(parts ...string) string {
	var escaped []string
	for _, p := range parts {
		if p != "" {
			escaped = append(escaped, url.PathEscape(p))
		}
	}
	return "tag:exoplanetai.invalid,2026:" + strings.Join(escaped, "/")
}

// story makes what a feed tells of a version, or takes it from where it is held.
func (s *Service) story(ctx context.Context, from, to tables.Version) (*story, error) {
	key := [2]exo.Digest{from.Meta.SHA256, to.Meta.SHA256}
	if t, ok := s.stories.get(key); ok {
		return t, nil
	}
	p, err := s.pair(ctx, from, to)
	if err != nil {
		return nil, err
	}
	t := &story{kinds: p.kinds}
	taken := map[catalog.EventKind]int{}
	weight := int64(1 << 10)
	for _, e := range p.events {
		if taken[e.Kind]++; taken[e.Kind] > largestFeed {
			continue
		}
		for _, text := range []*string{&e.Key, &e.Object, &e.Star, &e.Column, &e.From, &e.To} {
			*text = strings.Clone(*text) // a part of a table's text would hold all of it
			weight += int64(len(*text))
		}
		weight += int64(200 + len(e.Text))
		t.events = append(t.events, e)
	}
	s.stories.put(key, t, weight)
	return t, nil
}

// nounOf names a number of events of a kind.
func nounOf(k catalog.EventKind, n int) string {
	words, ok := map[catalog.EventKind][2]string{
		catalog.EventNew: {"new object", "new objects"}, catalog.EventRetired: {"retired object", "retired objects"},
		catalog.EventDisposition: {"disposition", "dispositions"}, catalog.EventEphemeris: {"ephemeris", "ephemerides"},
		catalog.EventRadius: {"radius", "radii"}, catalog.EventOther: {"other row", "other rows"},
	}[k]
	switch {
	case !ok:
		return string(k)
	case n == 1:
		return words[0]
	}
	return words[1]
}

// grouped writes a number with commas between thousands.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Feed is a list of changes, newest first.
type Feed struct {
	Title   string
	Base    string    // URL of the server, without a final slash
	Updated time.Time // of the newest item; of the newest version where there is none
	Table   catalog.Type
	Kinds   []catalog.EventKind
	Items   []FeedItem
}

// FeedItem is one event of a feed, or one that stands for many: FeedFirst,
// FeedSummary.
type FeedItem struct {
	ID    string // stable: tag URI of table, version, key, kind
	At    time.Time
	Table catalog.Type
	State State  // the version that it came with
	From  string // the version before it; empty: there was none
	Event catalog.Event
}

// link is where more is said of the item: the star, else the difference of the
// versions, else the table.
func (i FeedItem) link(base string) string {
	switch {
	case i.Event.Star != "":
		return base + "/api/v1/targets/" + url.PathEscape(i.Event.Star)
	case i.From != "":
		return base + "/api/v1/catalogs/" + string(i.Table) + "/diff?" + url.Values{"from": {i.From}, "to": {i.State.ID}}.Encode()
	}
	return base + "/api/v1/catalogs/" + string(i.Table) + "?" + url.Values{"version": {i.State.ID}}.Encode()
}

// self is the address of the feed in one of its forms.
func (f Feed) self(form string) string {
	u := f.Base + "/api/v1/"
	if f.Table != "" {
		u += "catalogs/" + string(f.Table) + "/"
	}
	u += "feed." + form
	if len(f.Kinds) > 0 && !slices.Equal(f.Kinds, catalog.EventKinds[:len(catalog.EventKinds)-1]) {
		kinds := make([]string, len(f.Kinds))
		for k, kind := range f.Kinds {
			kinds[k] = string(kind)
		}
		u += "?kinds=" + strings.Join(kinds, ",")
	}
	return u
}
