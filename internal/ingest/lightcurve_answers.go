package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// answers are an archive's raw answers of one search, to be stored under
// raw/mast. They wait for the first file of the search and are published with
// it in one act, or alone when no file is new.
type answers struct {
	store *store.Store
	items []archivedAnswer

	mu    sync.Mutex
	taken bool // under mu: in an act, or published
}

// archivedAnswer is an answer that differs from all that are held.
type archivedAnswer struct {
	meta store.Meta
	body []byte
}

// newAnswers finds which answers are not held yet for the star.
func (s *Service) newAnswers(ctx context.Context, t Target, all []archive.Answer) (*answers, error) {
	a := &answers{store: s.opt.Store}
	held, err := s.opt.Store.List(ctx, store.Filter{Kind: store.Answer, Target: t.ID})
	if err != nil {
		return nil, err
	}
	now := s.now()
	for _, x := range all {
		digest := exo.DigestOf(x.Body)
		if len(x.Body) == 0 || slices.ContainsFunc(held, func(m store.Meta) bool { return m.SHA256 == digest }) {
			continue
		}
		m := store.Meta{Kind: store.Answer, RetrievedAt: now, Origin: x.Origin, Target: t.ID, Mission: t.Mission, SHA256: digest}
		if m.Path, err = freePath(held, t, x.Name, now); err != nil {
			return nil, err
		}
		held = append(held, m)
		a.items = append(a.items, archivedAnswer{m, x.Body})
	}
	return a, nil
}

// take stages the answers for an act, unless another has taken them. What
// cannot be staged now is tried again by publish.
func (a *answers) take(ctx context.Context) []store.Item {
	a.mu.Lock()
	mine := !a.taken && len(a.items) > 0
	a.taken = true
	a.mu.Unlock()
	if !mine {
		return nil
	}
	items, err := a.stage(ctx)
	if err != nil {
		a.giveBack(items)
		return nil
	}
	return items
}

func (a *answers) stage(ctx context.Context) (items []store.Item, err error) {
	for _, x := range a.items {
		staged, err := a.store.Stage(ctx)
		if err != nil {
			return items, err
		}
		items = append(items, store.Item{Staged: staged, Meta: x.meta})
		if _, err := staged.Write(x.body); err != nil {
			return items, err
		}
	}
	return items, nil
}

// giveBack lets the answers be taken again after an act that failed.
func (a *answers) giveBack(items []store.Item) {
	if len(items) == 0 {
		return
	}
	discard(items)
	a.mu.Lock()
	a.taken = false
	a.mu.Unlock()
}

func discard(items []store.Item) {
	for _, it := range items {
		_ = it.Staged.Discard() // what stays behind is removed by the next start
	}
}

// publish stores the answers if no file has taken them along.
func (a *answers) publish(ctx context.Context) error {
	a.mu.Lock()
	done := a.taken || len(a.items) == 0
	a.taken = true
	a.mu.Unlock()
	if done {
		return nil
	}
	items, err := a.stage(ctx)
	defer discard(items) // after a publication it does nothing
	if err != nil {
		return err
	}
	_, err = a.store.Publish(ctx, items...)
	if errors.Is(err, exo.Exists) {
		// Another search of the same star has taken the name in this second;
		// it has stored an answer as good as this one.
		return nil
	}
	return err
}

// freePath makes raw/mast/tic441420236_20260102_030405_products.json; where the
// name is taken, with the next free second.
func freePath(held []store.Meta, t Target, name string, now time.Time) (exo.Path, error) {
	star := strings.ToLower(string(t.ID.Catalog)) + fmt.Sprint(t.ID.Number)
	for n := range 60 {
		path, err := exo.ParsePath(fmt.Sprintf("raw/mast/%s_%s_%s.json", star, exo.Stamp(now.Add(time.Duration(n)*time.Second)), cmp.Or(plainWord(name), "answer")))
		if err != nil {
			return "", err
		}
		if !slices.ContainsFunc(held, func(m store.Meta) bool { return m.Path == path }) {
			return path, nil
		}
	}
	return "", exo.Errorf("ingest.answers", exo.Conflict, t.ID, "too many answers about %s within a minute", t.ID)
}

// plainWord keeps letters, digits and underscores.
func plainWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
