package api

import (
	"container/list"
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"exoplanetai/internal/cache"
	"exoplanetai/internal/exo"
)

// The bounds of answers that are kept.
const (
	maxKeptPage  = 1 << 20   // bytes of one; larger ones are made anew each time
	maxKeptPages = 64 << 20  // bytes of all, in memory
	keptFor      = time.Hour // what no source of ours tells may change: stars that an archive knows by a name
	stampFor     = 100 * time.Millisecond
	stampAtMost  = time.Second
	waitForPage  = 2 * time.Second // until one makes the page oneself that another is making
)

// Stamper is what a Library may offer beside: a text that is another one after
// every change of what is held.
type Stamper interface {
	Stamp(ctx context.Context) (string, error)
}

// page is an answer that is kept.
type page struct {
	At     time.Time   `json:"at"` // when it was made
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"`
}

// pageStore keeps answers, the ones used last in memory, all in the shared
// cache. A key holds the stamp of what the answer was made from: new data have
// another stamp, and what was made of the old is never asked for again.
type pageStore struct {
	clock  exo.Clock
	stamps Stamper     // nil: nothing is kept
	shared cache.Cache // nil: none

	mu     sync.Mutex // guards what follows
	byKey  map[string]*list.Element
	order  *list.List // of *keptPage, the one used last in front
	bytes  int
	max    int                      // of bytes
	making map[string]chan struct{} // keys whose pages are being made; closed when done

	asking sync.Mutex // held while the stamp is asked for: one asks for all
	newest atomic.Pointer[stamp]
	turns  atomic.Uint64 // calls of this server that may have changed something
}

// stamp names a state of what is held.
type stamp struct {
	text  string
	at    time.Time // when it was asked for
	turns uint64    // at that time
}

type keptPage struct {
	key  string
	page *page
	size int
}

func newPageStore(o Options) *pageStore {
	p := &pageStore{clock: o.Clock, shared: o.Pages, byKey: map[string]*list.Element{}, order: list.New(), max: maxKeptPages, making: map[string]chan struct{}{}}
	p.stamps, _ = o.Library.(Stamper)
	return p
}

// changed makes the next question ask for the stamp again.
func (p *pageStore) changed() { p.turns.Add(1) }

// now returns the stamp of what is held. One of the last tenth of a second will
// do, and one of the last second while another asks, but never one from before a
// change by this server.
func (p *pageStore) now(ctx context.Context) (string, error) {
	st := p.newest.Load()
	if p.fresh(st, stampFor) {
		return st.text, nil
	}
	if p.fresh(st, stampAtMost) {
		if !p.asking.TryLock() {
			return st.text, nil
		}
	} else {
		p.asking.Lock()
	}
	defer p.asking.Unlock()
	if st = p.newest.Load(); p.fresh(st, stampFor) { // another has just asked
		return st.text, nil
	}
	st = &stamp{at: p.clock(), turns: p.turns.Load()}
	text, err := p.stamps.Stamp(ctx)
	if err != nil {
		return "", err
	}
	st.text = exo.DigestOf([]byte(text)).Hex()[:32]
	p.newest.Store(st)
	return st.text, nil
}

func (p *pageStore) fresh(st *stamp, most time.Duration) bool {
	if st == nil || st.turns != p.turns.Load() {
		return false
	}
	age := p.clock().Sub(st.at)
	return age >= 0 && age < most
}

// get returns a page that was kept under the key.
func (p *pageStore) get(ctx context.Context, key string) *page {
	p.mu.Lock()
	if e := p.byKey[key]; e != nil {
		k := e.Value.(*keptPage)
		if age := p.clock().Sub(k.page.At); age >= 0 && age < keptFor {
			p.order.MoveToFront(e)
			p.mu.Unlock()
			return k.page
		}
		p.drop(e)
	}
	p.mu.Unlock()
	if p.shared == nil {
		return nil
	}
	text, ok, err := p.shared.Get(ctx, key)
	if err != nil || !ok { // a cache out of order is no cache
		return nil
	}
	var pg page
	if err := json.Unmarshal(text, &pg); err != nil {
		return nil
	}
	if age := p.clock().Sub(pg.At); age < 0 || age >= keptFor {
		return nil
	}
	p.keep(key, &pg)
	return &pg
}

// put keeps a page. The shared cache may be slow: nobody waits for its error.
func (p *pageStore) put(ctx context.Context, key string, pg *page) error {
	p.keep(key, pg)
	if p.shared == nil {
		return nil
	}
	text, err := json.Marshal(pg)
	if err != nil {
		return err
	}
	return p.shared.Set(ctx, key, text, keptFor)
}

// keep keeps a page in memory and lets those go that were not used for longest.
func (p *pageStore) keep(key string, pg *page) {
	size := len(key) + len(pg.Body) + 1024 // about what the rest takes
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.byKey[key]; e != nil {
		p.drop(e)
	}
	p.byKey[key] = p.order.PushFront(&keptPage{key, pg, size})
	p.bytes += size
	for p.bytes > p.max {
		p.drop(p.order.Back())
	}
}

// await lets one caller make a page while the others wait for it, for some time:
// the one may have a slow client. It returns the page that was made meanwhile,
// if any, and what to call when the caller's own is done.
func (p *pageStore) await(ctx context.Context, key string) (*page, func()) {
	p.mu.Lock()
	made, ok := p.making[key]
	if !ok {
		mine := make(chan struct{})
		p.making[key] = mine
		p.mu.Unlock()
		return nil, func() {
			p.mu.Lock()
			delete(p.making, key)
			p.mu.Unlock()
			close(mine)
		}
	}
	p.mu.Unlock()
	late := time.NewTimer(waitForPage)
	defer late.Stop()
	select {
	case <-made:
		return p.get(ctx, key), func() {}
	case <-late.C:
	case <-ctx.Done():
	}
	return nil, func() {}
}

// drop forgets a page. Called with mu.
func (p *pageStore) drop(e *list.Element) {
	k := p.order.Remove(e).(*keptPage)
	delete(p.byKey, k.key)
	p.bytes -= k.size
}
