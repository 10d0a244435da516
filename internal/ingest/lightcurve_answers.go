package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// keepAnswers stores the archive's raw answers of a search under raw/mast, in
// one act, unless the same bytes are held for the star already.
func (s *Service) keepAnswers(ctx context.Context, t Target, answers []archive.Answer) error {
	held, err := s.opt.Store.List(ctx, store.Filter{Kind: store.Answer, Target: t.ID})
	if err != nil {
		return err
	}
	var items []store.Item
	defer func() {
		for _, it := range items {
			_ = it.Staged.Discard() // after a publication it does nothing
		}
	}()
	now := s.now()
	for _, a := range answers {
		digest := exo.DigestOf(a.Body)
		if len(a.Body) == 0 || slices.ContainsFunc(held, func(m store.Meta) bool { return m.SHA256 == digest }) {
			continue
		}
		path, err := freePath(held, items, t, a.Name, now)
		if err != nil {
			return err
		}
		staged, err := s.opt.Store.Stage(ctx)
		if err != nil {
			return err
		}
		items = append(items, store.Item{Staged: staged, Meta: store.Meta{
			Path: path, Kind: store.Answer, RetrievedAt: now, Origin: a.Origin, Target: t.ID, Mission: t.Mission,
		}})
		if _, err := staged.Write(a.Body); err != nil {
			return err
		}
	}
	if len(items) == 0 {
		return nil
	}
	_, err = s.opt.Store.Publish(ctx, items...)
	if errors.Is(err, exo.Exists) {
		// Another search of the same star has taken the name in this second;
		// it has stored an answer as good as this one.
		return nil
	}
	return err
}

// freePath makes raw/mast/tic441420236_20260102_030405_products.json; where the
// name is taken, with the next free second.
func freePath(held []store.Meta, items []store.Item, t Target, name string, now time.Time) (exo.Path, error) {
	star := strings.ToLower(string(t.ID.Catalog)) + fmt.Sprint(t.ID.Number)
	for n := range 60 {
		path, err := exo.ParsePath(fmt.Sprintf("raw/mast/%s_%s_%s.json", star, exo.Stamp(now.Add(time.Duration(n)*time.Second)), cmp.Or(plainWord(name), "answer")))
		if err != nil {
			return "", err
		}
		taken := slices.ContainsFunc(held, func(m store.Meta) bool { return m.Path == path }) ||
			slices.ContainsFunc(items, func(it store.Item) bool { return it.Meta.Path == path })
		if !taken {
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
