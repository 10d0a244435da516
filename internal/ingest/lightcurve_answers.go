package ingest

import (
	"bytes"
	"context"
	"encoding/json"
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

// answers are an archive's raw answers of one search, to be stored as one file
// under raw/mast. They wait for the first light curve of the search and are
// published with it in one act, or alone when no light curve is new.
type answers struct {
	store *store.Store
	meta  store.Meta
	body  []byte // empty: there is nothing to store

	mu     sync.Mutex
	taken  bool // under mu: in an act, or published
	behind bool // under mu: goes with no light curve, as its name may be taken
}

// newAnswers makes the record of a search, unless an equal one is held for the
// star.
func (s *Service) newAnswers(ctx context.Context, t Target, all []archive.Answer) (*answers, error) {
	a := &answers{store: s.opt.Store}
	body, err := searchRecord(all)
	if err != nil || len(body) == 0 {
		return a, err
	}
	held, err := s.opt.Store.List(ctx, store.Filter{Kind: store.Answer, Target: t.ID})
	if err != nil {
		return nil, err
	}
	digest := exo.DigestOf(body)
	if slices.ContainsFunc(held, func(m store.Meta) bool { return m.SHA256 == digest }) {
		return a, nil
	}
	now := s.now()
	a.meta = store.Meta{Kind: store.Answer, RetrievedAt: now, Origin: all[len(all)-1].Origin, Target: t.ID, Mission: t.Mission}
	if a.meta.Path, err = freePath(held, t, now); err != nil {
		return nil, err
	}
	a.body = body
	return a, nil
}

// searchRecord joins the answers of a search to one JSON document, in the order
// in which they came: [{"name", "origin", "answer"}, …]. Every answer stands in
// it byte for byte; one that is no JSON stands as text. Validators of the HTTP
// answers are left out, so that the same answers make the same document.
func searchRecord(all []archive.Answer) ([]byte, error) {
	var b bytes.Buffer
	for _, x := range all {
		if len(x.Body) == 0 {
			continue
		}
		origin := exo.Origin{Archive: x.Origin.Archive, URL: x.Origin.URL, Query: x.Origin.Query}
		head, err := json.Marshal(struct {
			Name   string     `json:"name"`
			Origin exo.Origin `json:"origin"`
		}{x.Name, origin})
		body := x.Body
		if err == nil && !json.Valid(body) {
			body, err = json.Marshal(string(body))
		}
		if err != nil {
			return nil, exo.E("ingest.answers", exo.Internal, x.Name, err)
		}
		if b.Len() == 0 {
			b.WriteString("[")
		} else {
			b.WriteString(",\n")
		}
		b.Write(head[:len(head)-1])
		b.WriteString(`,"answer":`)
		b.Write(body)
		b.WriteString("}")
	}
	if b.Len() > 0 {
		b.WriteString("]\n")
	}
	return b.Bytes(), nil
}

// take stages the answers for an act, unless another has taken them. What
// cannot be staged now is tried again by publish.
func (a *answers) take(ctx context.Context) []store.Item {
	a.mu.Lock()
	mine := !a.taken && !a.behind && len(a.body) > 0
	a.taken = a.taken || mine
	a.mu.Unlock()
	if !mine {
		return nil
	}
	items, err := a.stage(ctx)
	if err != nil {
		a.release(items)
		return nil
	}
	return items
}

// stage returns the staged record, if there is one also with an error, so that
// it is discarded.
func (a *answers) stage(ctx context.Context) ([]store.Item, error) {
	staged, err := a.store.Stage(ctx)
	if err != nil {
		return nil, err
	}
	_, err = staged.Write(a.body)
	return []store.Item{{Staged: staged, Meta: a.meta}}, err
}

// giveBack lets the answers be taken again after an act that failed.
func (a *answers) giveBack(items []store.Item) {
	if len(items) > 0 { // else they are another act's
		a.release(items)
	}
}

func (a *answers) release(items []store.Item) {
	discard(items)
	a.mu.Lock()
	a.taken = false
	a.mu.Unlock()
}

// stayBehind leaves the answers to publish, which finds them a free name.
func (a *answers) stayBehind() {
	a.mu.Lock()
	a.behind = true
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
	done := a.taken || len(a.body) == 0
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
	for n := range mostAnswers {
		if _, err = a.store.Publish(ctx, items...); !errors.Is(err, exo.Exists) {
			return err
		}
		// Another search of the same star has taken the name in this second.
		if items[0].Meta.Path, err = answerPath(a.meta.Target, a.meta.RetrievedAt, n+1); err != nil {
			return err
		}
	}
	return tooMany(a.meta.Target)
}

// mostAnswers is how many seconds are tried for the name of a record.
const mostAnswers = 60

// answerPath makes raw/mast/tic441420236_20260102_030405_search.json, with a
// time some seconds later.
func answerPath(id exo.TargetID, at time.Time, later int) (exo.Path, error) {
	star := strings.ToLower(string(id.Catalog)) + fmt.Sprint(id.Number)
	stamp := exo.Stamp(at.Add(time.Duration(later) * time.Second))
	return exo.ParsePath(fmt.Sprintf("raw/mast/%s_%s_search.json", star, stamp))
}

// freePath is the first name that no record held has.
func freePath(held []store.Meta, t Target, now time.Time) (exo.Path, error) {
	for n := range mostAnswers {
		path, err := answerPath(t.ID, now, n)
		if err != nil {
			return "", err
		}
		if !slices.ContainsFunc(held, func(m store.Meta) bool { return m.Path == path }) {
			return path, nil
		}
	}
	return "", tooMany(t.ID)
}

func tooMany(id exo.TargetID) error {
	return exo.Errorf("ingest.answers", exo.Conflict, id, "too many answers about %s within a minute", id)
}
