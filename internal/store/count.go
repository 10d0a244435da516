package store

import (
	"context"
	"database/sql"
	"time"

	"exoplanetai/internal/sqldb"
)

// Count sums up files.
type Count struct {
	Files   int
	Bytes   int64
	Targets int       // different stars
	Newest  time.Time // when the last file was retrieved; zero without files
}

// Count sums up the files that the filter selects, whose Limit does not count.
// The index adds, so that memory does not grow with the archive.
func (s *Store) Count(ctx context.Context, f Filter) (Count, error) {
	where, args := f.where("", s.postgres())
	var c Count
	var newest sql.NullInt64
	err := s.DB.QueryRowContext(ctx, `SELECT count(*), coalesce(sum(size_bytes), 0), count(DISTINCT nullif(target, '')), max(retrieved_at) FROM files`+where, args...).
		Scan(&c.Files, &c.Bytes, &c.Targets, &newest)
	if err != nil {
		return Count{}, sqldb.Typed("store.Count", nil, err)
	}
	if newest.Valid {
		c.Newest = time.Unix(0, newest.Int64).UTC()
	}
	return c, nil
}
