package store

import "context"

// Reindex makes the index again from the sidecars and the checksum files, and
// writes checksum lines that are missing. It reads no data files, so it proves
// nothing about them; Verify does.
//
// It never hides damage: a row whose sidecar is gone or altered stays as it
// was, a checksum line that contradicts the tree stays, and both are reported
// here and by Verify. If it is interrupted the next Open runs it again.
func (s *Store) Reindex(ctx context.Context, report func(done, total int64)) (r ReindexReport, err error) {
	if s.ReadOnly {
		return r, s.writable("store.Reindex")
	}
	err = s.queue.alone(func() error {
		if s.Shared {
			release, err := s.take(ctx)
			if err != nil {
				return err
			}
			defer release()
		} else if !s.mustReindex.Load() {
			r, err = s.reindex(ctx, report, nil)
			return err
		}
		r, err = s.reindexAll(ctx, report)
		return err
	})
	return r, err
}

// reindexAll is reindex with all that recover does around it. It takes the place
// of recover, which refuses a tree that has lost lines.
func (s *Store) reindexAll(ctx context.Context, report func(done, total int64)) (r ReindexReport, err error) {
	homes, err := s.dead()
	if err != nil {
		return r, err
	}
	if !s.Shared {
		homes = append(homes, &home{dir: staging})
	}
	gone, err := s.forgotten()
	if err != nil {
		return r, err
	}
	acts, err := s.unfinished(homes)
	if err != nil {
		return r, err
	}
	if r, err = s.reindex(ctx, report, gone); err != nil {
		return r, err
	}
	if err := s.forgetDone(ctx); err != nil {
		return r, err
	}
	if err := s.finish(ctx, acts); err != nil {
		return r, err
	}
	s.mustReindex.Store(false)
	for _, h := range homes {
		if err := s.resumeReplacing(ctx, h); err != nil {
			return r, err
		}
		if err := s.clear(h, true); err != nil {
			return r, err
		}
	}
	return r, s.dropIdentity()
}
