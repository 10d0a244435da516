package store

import (
	"context"
	"slices"
	"time"

	"exoplanetai/internal/sqldb"
)

// SweepOptions bounds one sweep; zero values bound nothing.
type SweepOptions struct {
	MaxBytes int64         // stop before the file that would exceed it; one file is always read
	MaxFiles int           // stop after so many files
	For      time.Duration // stop after so long, at the end of a batch
}

// SweepReport tells what a sweep read, what it found, and how well the whole
// store is proved after it.
type SweepReport struct {
	StartedAt   time.Time  `json:"started_at"`
	FinishedAt  time.Time  `json:"finished_at"`
	Files       int64      `json:"files"`        // read back by this sweep
	Bytes       int64      `json:"bytes"`        // of them
	Complete    bool       `json:"complete"`     // it read everything that was stored when it began
	OK          bool       `json:"ok"`           // nothing damaged was found
	Damaged     []Damage   `json:"damaged"`      // all that was found, by path
	Total       Amount     `json:"total"`        // what the store holds
	Coverage    float64    `json:"coverage"`     // share of the bytes proved in the last 30 days, 0…1
	OldestProof *time.Time `json:"oldest_proof"` // null: some file was never read back
	OldestAgeS  *float64   `json:"oldest_age_s"` // its age in seconds; null as above
}

// A batch of a sweep ends after so many files or bytes; then the proofs are
// noted. A sweep that is cut off repeats at most one batch.
const (
	sweepFiles = 64
	sweepBytes = 256 << 20
)

// Sweep reads files back, those first whose last proof is oldest or that were
// never proved, compares each with its record and checksum lines as a full
// Verify does, and notes the proof. The next sweep goes on where this one
// stopped, also after a crash, so that small sweeps in a row prove everything.
// Files without a row are Verify's to find.
//
// Damage is no error; a damaged file counts as not proved and is read again by
// every later sweep. After an error the report tells what was done until then.
// report gets bytes, and may be nil.
func (s *Store) Sweep(ctx context.Context, o SweepOptions, report func(done, total int64)) (SweepReport, error) {
	const op = "store.Sweep"
	if err := s.writable(op); err != nil {
		return SweepReport{}, err
	}
	w := &sweep{s: s, ctx: ctx, o: o, report: report}
	w.StartedAt, w.Damaged = s.now(), []Damage{}
	err := w.run()
	slices.SortFunc(w.Damaged, compareDamage)
	w.OK = err == nil && len(w.Damaged) == 0
	if serr := w.sumUp(); err == nil {
		err = serr
	}
	w.FinishedAt = s.now()
	return w.SweepReport, err
}

// sweep is one run of Sweep.
type sweep struct {
	s      *Store
	ctx    context.Context // of the one call that it lives for
	o      SweepOptions
	report func(done, total int64)
	goal   int64 // bytes that it may read
	done   int64
	SweepReport
}

// place is where a sweep stands: the columns of the index files_proof.
type place struct{ verified, size, row int64 }

func (w *sweep) run() error {
	const op = "store.Sweep"
	err := w.s.DB.QueryRowContext(w.ctx, `SELECT coalesce(sum(size_bytes), 0) FROM files WHERE verified_at < ?`, w.StartedAt.UnixNano()).Scan(&w.goal)
	if err != nil {
		return sqldb.Typed(op, nil, err)
	}
	if w.o.MaxBytes > 0 {
		w.goal = min(w.goal, w.o.MaxBytes)
	}
	at := place{-1, -1, -1}
	for {
		paths, next, err := w.next(at)
		if err != nil {
			return err
		}
		if len(paths) == 0 {
			w.Complete, err = w.nothingLeft(at)
			return err
		}
		if err := w.batch(paths); err != nil {
			return err
		}
		if at = next; w.o.For > 0 && w.s.now().Sub(w.StartedAt) >= w.o.For {
			return nil
		}
	}
}

// next chooses the files of a batch: by time of proof, then size, then row.
func (w *sweep) next(at place) (paths []string, end place, err error) {
	const op = "store.Sweep"
	limit := int64(sweepFiles)
	if w.o.MaxFiles > 0 {
		limit = min(limit, int64(w.o.MaxFiles)-w.Files)
	}
	if limit <= 0 {
		return nil, at, nil
	}
	rows, err := w.s.DB.QueryContext(w.ctx, `SELECT path, verified_at, size_bytes, rowid FROM files
		WHERE (verified_at, size_bytes, rowid) > (?, ?, ?) AND verified_at < ? ORDER BY verified_at, size_bytes, rowid LIMIT ?`,
		at.verified, at.size, at.row, w.StartedAt.UnixNano(), limit)
	if err != nil {
		return nil, at, sqldb.Typed(op, nil, err)
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = sqldb.Typed(op, nil, cerr)
		}
	}()
	end = at
	var bytes int64
	for rows.Next() {
		var p string
		var x place
		if err := rows.Scan(&p, &x.verified, &x.size, &x.row); err != nil {
			return nil, at, sqldb.Typed(op, nil, err)
		}
		first := w.Files == 0 && len(paths) == 0
		if len(paths) > 0 && bytes+x.size > sweepBytes || !first && w.o.MaxBytes > 0 && w.done+bytes+x.size > w.o.MaxBytes {
			break
		}
		paths, end, bytes = append(paths, p), x, bytes+x.size
	}
	return paths, end, sqldb.Typed(op, nil, rows.Err())
}

// nothingLeft tells whether no file follows.
func (w *sweep) nothingLeft(at place) (bool, error) {
	var left int
	err := w.s.DB.QueryRowContext(w.ctx, `SELECT count(*) FROM (SELECT 1 FROM files
		WHERE (verified_at, size_bytes, rowid) > (?, ?, ?) AND verified_at < ? LIMIT 1) AS one`,
		at.verified, at.size, at.row, w.StartedAt.UnixNano()).Scan(&left)
	return left == 0, sqldb.Typed("store.Sweep", nil, err)
}

// batch reads files back and notes the proofs. What seems damaged is looked at
// once more while nothing is published, mended or taken away.
func (w *sweep) batch(paths []string) error {
	done, err := w.s.look(w.ctx)
	if err != nil {
		return err
	}
	defer done()
	rows, err := w.rows(paths)
	if err != nil {
		return err
	}
	looks, err := w.s.lookAt(w.ctx, rows, true, func(bytes int64) {
		w.done += bytes
		if w.report != nil {
			w.report(min(w.done, w.goal), w.goal)
		}
	})
	if err != nil {
		return err
	}
	var again []string
	sound := looks[:0]
	for _, l := range looks {
		w.Files++
		w.Bytes += l.read
		if l.right() && len(l.noLine) == 0 {
			sound = append(sound, l)
		} else {
			again = append(again, l.row.columns.path)
		}
	}
	if err := w.s.prove(w.ctx, sound); err != nil || len(again) == 0 {
		return err
	}
	return w.s.alone(w.ctx, func() error { return w.lookAgain(again) })
}

func (w *sweep) lookAgain(paths []string) error {
	rows, err := w.rows(paths)
	if err != nil {
		return err
	}
	looks, err := w.s.lookAt(w.ctx, rows, true, func(int64) {})
	if err != nil {
		return err
	}
	for _, l := range looks {
		w.Damaged = append(w.Damaged, l.damaged...)
		for _, p := range l.noLine {
			w.Damaged = append(w.Damaged, newDamage(sumsName(p), ChecksumFile, "there is no line for "+string(p), nil))
		}
	}
	return w.s.prove(w.ctx, looks)
}

// rows reads the rows of files; those that are gone meanwhile are left out.
func (w *sweep) rows(paths []string) (list []indexed, err error) {
	for _, p := range paths {
		some, err := w.s.rows(w.ctx, `path = ? LIMIT ?`, p, 1)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

// sumUp tells how well the store is proved now.
func (w *sweep) sumUp() error {
	ctx := context.WithoutCancel(w.ctx) // also of a sweep that was stopped
	err := w.s.DB.QueryRowContext(ctx, `SELECT coalesce(sum(size_bytes), 0), count(*) FROM files`).Scan(&w.Total.Bytes, &w.Total.Files)
	if err != nil {
		return sqldb.Typed("store.Sweep", nil, err)
	}
	in, err := w.s.integrity(ctx, w.Total)
	if err != nil {
		return err
	}
	w.Coverage, w.OldestProof = in.Coverage, in.OldestProof
	if in.OldestProof != nil {
		age := w.s.now().Sub(*in.OldestProof).Seconds()
		w.OldestAgeS = &age
	}
	return nil
}
