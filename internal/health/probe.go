package health

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
)

// want asks Run for newer probes, if those that are known are old.
func (s *Service) want() {
	if len(s.due(s.o.Clock())) == 0 {
		return
	}
	select {
	case s.wake <- struct{}{}:
	default: // it is asked already
	}
}

// due lists the archives whose last probe is too old.
func (s *Service) due(now time.Time) (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.o.Archives)) {
		p, ok := s.probes[name]
		if !ok || p.CheckedAt == nil || now.Sub(*p.CheckedAt) >= s.o.Every || now.Before(*p.CheckedAt) {
			names = append(names, name)
		}
	}
	return names
}

// Run probes the archives when somebody wants to know of them, until the context
// ends.
func (s *Service) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
		var wg sync.WaitGroup
		for _, name := range s.due(s.o.Clock()) {
			wg.Go(func() { s.probe(ctx, name, s.o.Archives[name]) })
		}
		wg.Wait()
	}
}

// probe asks one archive for a sign of life.
func (s *Service) probe(ctx context.Context, name string, a archive.Pinger) {
	ctx, cancel := context.WithTimeout(ctx, s.o.Patience)
	defer cancel()
	start := s.o.Clock()
	_, err := a.Ping(ctx)
	if err != nil && context.Cause(ctx) != nil && ctx.Err() == context.Canceled {
		return // the program ends
	}
	at, up := s.o.Clock().UTC(), err == nil
	ms := float64(at.Sub(start).Microseconds()) / 1e3
	p := Probe{Reachable: &up, LatencyMS: &ms, CheckedAt: &at}
	if err != nil {
		p.Error = exo.MessageOf(err)
		s.log.WarnContext(ctx, "an archive does not answer", "archive", name, "error", err)
	}
	s.mu.Lock()
	s.probes[name] = p
	s.last = nil // it tells of older probes
	s.mu.Unlock()
	if s.o.Seen != nil {
		s.o.Seen(name, p)
	}
}

// archives lists the probes by name.
func (s *Service) archives() []Archive {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Archive{}
	for _, name := range slices.Sorted(maps.Keys(s.o.Archives)) {
		list = append(list, Archive{name, s.probes[name]})
	}
	return list
}
