package auth

import (
	"context"

	"exoplanetai/internal/sqldb"
)

// maxOwned bounds a list of what a user owns.
const maxOwned = 1000

// Own notes that an object, a job for instance, belongs to a user. It may
// belong to several; to note it twice is no error.
func (s *Service) Own(ctx context.Context, object, userID string) error {
	_, err := s.DB.ExecContext(ctx, `INSERT INTO auth_owned(object, user_id, created_at) VALUES(?, ?, ?) ON CONFLICT DO NOTHING`,
		object, userID, s.millis())
	if err != nil {
		return sqldb.Typed("auth.Own", object, err)
	}
	return nil
}

// Owners returns the identifiers of the users whom an object belongs to; none
// if nobody has noted it.
func (s *Service) Owners(ctx context.Context, object string) ([]string, error) {
	return s.words(ctx, "auth.Owners", `SELECT user_id FROM auth_owned WHERE object = ? ORDER BY user_id LIMIT ?`, object)
}

// Owned returns what belongs to a user, the newest first, 1000 at most.
func (s *Service) Owned(ctx context.Context, userID string) ([]string, error) {
	return s.words(ctx, "auth.Owned", `SELECT object FROM auth_owned WHERE user_id = ? ORDER BY created_at DESC, object LIMIT ?`, userID)
}

func (s *Service) words(ctx context.Context, op, query, arg string) ([]string, error) {
	rows, err := s.DB.QueryContext(ctx, query, arg, maxOwned)
	if err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var word string
		if err := rows.Scan(&word); err != nil {
			return nil, sqldb.Typed(op, nil, err)
		}
		list = append(list, word)
	}
	if err := rows.Err(); err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	return list, nil
}
