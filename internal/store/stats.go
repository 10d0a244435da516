package store

import (
	"context"
	"time"

	"exoplanetai/internal/sqldb"
)

// Stats is the answer of storage/stats without its cache member; see design
// section 13.
type Stats struct {
	Total     Amount    `json:"total"`
	Folders   []Folder  `json:"folders"` // by path
	Disk      Disk      `json:"disk"`
	Growth    Growth    `json:"growth"`
	Integrity Integrity `json:"integrity"`
}

// Amount counts files and their bytes.
type Amount struct {
	Bytes int64 `json:"bytes"`
	Files int64 `json:"files"`
}

// Folder counts the files of one folder, such as raw/nasa, and all below it.
type Folder struct {
	Path string `json:"path"`
	Amount
}

// Disk tells about the file system that holds the tree.
type Disk struct {
	Total       int64   `json:"total"` // bytes
	Free        int64   `json:"free"`  // bytes that we may still fill
	UsedPercent float64 `json:"used_percent"`
}

// Growth is the mean over the last 30 days, or since the first file.
type Growth struct {
	BytesPerDay int64      `json:"bytes_per_day"`
	FullAt      *time.Time `json:"full_at"` // when the disk is full at that rate; null: not foreseeable
}

// Integrity tells how far the stored bytes have been read back and found right.
// A proof is a reading of all bytes of a file by Verify.
type Integrity struct {
	LastFullAt  *time.Time `json:"last_full_at"` // end of the last full Verify; null: never
	Coverage    float64    `json:"coverage"`     // share of the bytes proved in the last 30 days, 0…1
	OldestProof *time.Time `json:"oldest_proof"` // null: some file was never read back
}

const (
	month = 30 * 24 * time.Hour
	day   = 24 * time.Hour
)

// lastFull is the note of the last complete Verify.
const lastFull = "last_full_at"

// Stats tells how much is stored, where, on what disk, and how well proved.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	st := Stats{}
	var err error
	if st.Folders, err = s.folderStats(ctx); err != nil {
		return Stats{}, err
	}
	for _, f := range st.Folders {
		st.Total.Bytes += f.Bytes
		st.Total.Files += f.Files
	}
	if st.Disk.Total, st.Disk.Free, err = s.FS.Usage(); err != nil {
		return Stats{}, err
	}
	if st.Disk.Total > 0 {
		st.Disk.UsedPercent = 100 * float64(st.Disk.Total-st.Disk.Free) / float64(st.Disk.Total)
	}
	if st.Growth, err = s.growth(ctx, st.Disk.Free); err != nil {
		return Stats{}, err
	}
	st.Integrity, err = s.integrity(ctx, st.Total)
	return st, err
}

func (s *Store) folderStats(ctx context.Context) (list []Folder, err error) {
	const op = "store.Stats"
	rows, err := s.DB.QueryContext(ctx, `SELECT folder, sum(size_bytes), count(*) FROM files GROUP BY folder ORDER BY folder`)
	if err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = sqldb.Typed(op, nil, cerr)
		}
	}()
	list = []Folder{}
	for rows.Next() {
		var f Folder
		if err := rows.Scan(&f.Path, &f.Bytes, &f.Files); err != nil {
			return nil, sqldb.Typed(op, nil, err)
		}
		list = append(list, f)
	}
	return list, sqldb.Typed(op, nil, rows.Err())
}

func (s *Store) growth(ctx context.Context, free int64) (Growth, error) {
	now := s.now()
	var bytes, first int64
	err := s.DB.QueryRowContext(ctx, `SELECT coalesce(sum(size_bytes), 0), coalesce((SELECT min(retrieved_at) FROM files), 0)
		FROM files WHERE retrieved_at > ?`, now.Add(-month).UnixNano()).Scan(&bytes, &first)
	if err != nil || bytes == 0 {
		return Growth{}, sqldb.Typed("store.Stats", nil, err)
	}
	span := min(max(now.Sub(time.Unix(0, first)), day), month)
	g := Growth{BytesPerDay: int64(float64(bytes) * float64(day) / float64(span))}
	const horizon = 100 * 365 // days; beyond, a forecast is none
	if days := float64(free) / float64(max(g.BytesPerDay, 1)); days < horizon {
		at := now.Add(time.Duration(days * float64(day))).Truncate(time.Second)
		g.FullAt = &at
	}
	return g, nil
}

func (s *Store) integrity(ctx context.Context, total Amount) (Integrity, error) {
	const op = "store.Stats"
	last, err := note(ctx, s.DB, lastFull)
	if err != nil {
		return Integrity{}, err
	}
	var proved, oldest int64
	err = s.DB.QueryRowContext(ctx, `SELECT coalesce(sum(size_bytes), 0), coalesce((SELECT min(verified_at) FROM files), 0)
		FROM files WHERE verified_at > ?`, s.now().Add(-month).UnixNano()).Scan(&proved, &oldest)
	if err != nil {
		return Integrity{}, sqldb.Typed(op, nil, err)
	}
	in := Integrity{LastFullAt: instant(last), OldestProof: instant(oldest)}
	if total.Bytes > 0 {
		in.Coverage = float64(proved) / float64(total.Bytes)
	}
	return in, nil
}

// instant decodes a time of the index; 0 is none.
func instant(ns int64) *time.Time {
	if ns == 0 {
		return nil
	}
	t := time.Unix(0, ns).UTC()
	return &t
}
