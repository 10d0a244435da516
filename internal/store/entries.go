package store

import (
	"context"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// Entry is what a list of very many files needs of each.
type Entry struct {
	Path        exo.Path
	SHA256      exo.Digest
	SizeBytes   int64
	Kind        Kind
	RetrievedAt time.Time
}

// Entries lists the files that the filter selects, by path, without decoding
// their records: a million take some seconds and 170 bytes each.
func (s *Store) Entries(ctx context.Context, f Filter) (list []Entry, err error) {
	const op = "store.Entries"
	where, args := f.where("", s.postgres())
	rows, err := s.DB.QueryContext(ctx, `SELECT path, sha256, size_bytes, kind, retrieved_at FROM files`+where+` ORDER BY path`, args...)
	if err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = sqldb.Typed(op, nil, cerr)
		}
	}()
	for rows.Next() {
		var e Entry
		var sum []byte
		var at int64
		if err := rows.Scan(&e.Path, &sum, &e.SizeBytes, &e.Kind, &at); err != nil {
			return nil, sqldb.Typed(op, nil, err)
		}
		if copy(e.SHA256[:], sum) != len(e.SHA256) {
			return nil, exo.Errorf(op, exo.Corrupt, e.Path, "a row of the index is damaged").Try("run `exoplanetai storage reindex`")
		}
		e.RetrievedAt = time.Unix(0, at).UTC()
		list = append(list, e)
	}
	return list, sqldb.Typed(op, nil, rows.Err())
}
