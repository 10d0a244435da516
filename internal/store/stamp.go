package store

import (
	"context"
	"strconv"
	"strings"

	"exoplanetai/internal/sqldb"
)

// Stamp returns a short text that is another one after every change of what is
// held: what was made of the same stamp is made of the same files. It is made of
// the lengths of the checksum files that the index has taken in, a few rows.
func (s *Store) Stamp(ctx context.Context) (string, error) {
	const op = "store.Stamp"
	rows, err := s.DB.QueryContext(ctx, `SELECT name, value FROM tree ORDER BY name`)
	if err != nil {
		return "", sqldb.Typed(op, nil, err)
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var name string
		var value int64
		if err := rows.Scan(&name, &value); err != nil {
			return "", sqldb.Typed(op, nil, err)
		}
		b.WriteString(name + " " + strconv.FormatInt(value, 10) + "\n")
	}
	if err := rows.Err(); err != nil {
		return "", sqldb.Typed(op, nil, err)
	}
	return b.String(), nil
}
