package auth

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// UserInfo is what may be told of a user.
type UserInfo struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Role       Role       `json:"role"`
	CreatedAt  time.Time  `json:"created_at"`
	LastSignIn *time.Time `json:"last_sign_in"`
	Disabled   bool       `json:"disabled"`
}

const maxName = 64

// CheckName reports whether a user can have this name: 1 to 64 small letters,
// digits, and . _ - @ after the first. exo.Invalid if not.
func CheckName(name string) error {
	ok := name != "" && len(name) <= maxName && name != "local" && name != "system"
	for i, c := range []byte(name) {
		letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		ok = ok && (letter || i > 0 && strings.IndexByte("._-@", c) >= 0)
	}
	if ok {
		return nil
	}
	return exo.Errorf("auth.CheckName", exo.Invalid, nil, "this cannot be the name of a user").
		Try("take 1 to 64 small letters and digits, and . _ - @ after the first; local and system are taken")
}

// CreateUser makes a user. The first one must be an admin.
//
// Errors: exo.Invalid (name, role, password), exo.Exists, exo.Conflict (the
// first one is no admin).
func (s *Service) CreateUser(ctx context.Context, name string, role Role, password string) (UserInfo, error) {
	const op = "auth.CreateUser"
	if err := CheckName(name); err != nil {
		return UserInfo{}, err
	}
	if _, err := ParseRole(string(role)); err != nil {
		return UserInfo{}, err
	}
	hash, err := s.newHash(ctx, name, password)
	if err != nil {
		return UserInfo{}, err
	}
	id, err := s.newID()
	if err != nil {
		return UserInfo{}, err
	}
	now := s.millis()
	err = s.changeUsers(ctx, func(tx *sql.Tx) error {
		var all, same int
		row := tx.QueryRowContext(ctx, `SELECT count(*), count(CASE WHEN name = ? THEN 1 END) FROM auth_users`, name)
		if err := row.Scan(&all, &same); err != nil {
			return err
		}
		switch {
		case same > 0:
			return exo.Errorf(op, exo.Exists, name, "there is a user of this name already")
		case all == 0 && role != Admin:
			return exo.Errorf(op, exo.Conflict, name, "the first user must be an admin").Try("run `exoplanetai user create NAME --role admin --password-stdin` first")
		}
		return execute(ctx, tx, `INSERT INTO auth_users(id, name, role, password, gen, created_at, last_sign_in, disabled) VALUES(?, ?, ?, ?, 1, ?, 0, 0)`,
			id, name, string(role), hash, now)
	})
	if err != nil {
		return UserInfo{}, err
	}
	s.anyone.Store(true)
	return UserInfo{ID: id, Name: name, Role: role, CreatedAt: *timeOf(now)}, nil
}

const userColumns = `id, name, role, created_at, last_sign_in, disabled`

func scanUser(row interface{ Scan(...any) error }) (u UserInfo, err error) {
	var created, last int64
	err = row.Scan(&u.ID, &u.Name, &u.Role, &created, &last, &u.Disabled)
	u.CreatedAt, u.LastSignIn = time.UnixMilli(created).UTC(), timeOf(last)
	return u, err
}

// Users returns all users by name.
func (s *Service) Users(ctx context.Context) ([]UserInfo, error) {
	const op = "auth.Users"
	rows, err := s.DB.QueryContext(ctx, `SELECT `+userColumns+` FROM auth_users ORDER BY name`)
	if err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	defer rows.Close()
	users := []UserInfo{}
	for rows.Next() {
		u, err := scanUser(rows)
		if err != nil {
			return nil, sqldb.Typed(op, nil, err)
		}
		users = append(users, u)
	}
	return users, sqldb.Typed(op, nil, rows.Err())
}

// User returns one user. exo.NotFound if there is none of this name.
func (s *Service) User(ctx context.Context, name string) (UserInfo, error) {
	u, err := scanUser(s.DB.QueryRowContext(ctx, `SELECT `+userColumns+` FROM auth_users WHERE name = ?`, name))
	return u, sqldb.Typed("auth.User", "user", err)
}

// SetRole changes a user's role. It holds at once in this process and within 60
// seconds in others, for tokens and keys that are out already, too.
//
// Errors: exo.Invalid, exo.NotFound, exo.Conflict (the last admin).
func (s *Service) SetRole(ctx context.Context, name string, role Role) error {
	if _, err := ParseRole(string(role)); err != nil {
		return err
	}
	return s.changeUser(ctx, name, role != Admin, func(tx *sql.Tx, id string) error {
		return execute(ctx, tx, `UPDATE auth_users SET role = ? WHERE id = ?`, string(role), id)
	})
}

// SetPassword changes a user's password and ends all of the user's sessions. API
// keys stay. exo.Invalid, exo.NotFound.
func (s *Service) SetPassword(ctx context.Context, name, password string) error {
	hash, err := s.newHash(ctx, name, password)
	if err != nil {
		return err
	}
	return s.changeUser(ctx, name, false, func(tx *sql.Tx, id string) error {
		if err := execute(ctx, tx, `UPDATE auth_users SET password = ? WHERE id = ?`, hash, id); err != nil {
			return err
		}
		return s.endSessions(ctx, tx, id)
	})
}

// Disable shuts a user out: no sign-in, no token, no key, until Enable.
// exo.NotFound, exo.Conflict (the last admin).
func (s *Service) Disable(ctx context.Context, name string) error {
	return s.changeUser(ctx, name, true, func(tx *sql.Tx, id string) error {
		if err := execute(ctx, tx, `UPDATE auth_users SET disabled = 1 WHERE id = ?`, id); err != nil {
			return err
		}
		return s.endSessions(ctx, tx, id)
	})
}

// Enable lets a user in again. The sessions of before stay ended; keys work
// again. exo.NotFound.
func (s *Service) Enable(ctx context.Context, name string) error {
	return s.changeUser(ctx, name, false, func(tx *sql.Tx, id string) error {
		return execute(ctx, tx, `UPDATE auth_users SET disabled = 0 WHERE id = ?`, id)
	})
}

// DeleteUser removes a user with all sessions and keys. Who gets the name later
// is somebody else. exo.NotFound, exo.Conflict (the last admin).
func (s *Service) DeleteUser(ctx context.Context, name string) error {
	return s.changeUser(ctx, name, true, func(tx *sql.Tx, id string) error {
		for _, query := range []string{
			`DELETE FROM auth_refresh WHERE session_id IN (SELECT id FROM auth_sessions WHERE user_id = ?)`,
			`DELETE FROM auth_sessions WHERE user_id = ?`,
			`DELETE FROM auth_keys WHERE user_id = ?`,
			`DELETE FROM auth_users WHERE id = ?`,
		} {
			if err := execute(ctx, tx, query, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// changeUser runs f for a user, one such change at a time. With spare set the
// user may not be the last admin who can sign in.
func (s *Service) changeUser(ctx context.Context, name string, spare bool, f func(tx *sql.Tx, id string) error) error {
	const op = "auth.changeUser"
	return s.changeUsers(ctx, func(tx *sql.Tx) error {
		var id string
		if err := tx.QueryRowContext(ctx, `SELECT id FROM auth_users WHERE name = ?`, name).Scan(&id); err != nil {
			return sqldb.Typed(op, "user", err)
		}
		if spare {
			var admins, others int
			err := tx.QueryRowContext(ctx, `SELECT count(*), count(CASE WHEN id <> ? THEN 1 END) FROM auth_users WHERE role = 'admin' AND disabled = 0`, id).
				Scan(&admins, &others)
			if err != nil {
				return err
			}
			if admins > 0 && others == 0 {
				return exo.Errorf(op, exo.Conflict, name, "this is the last admin who can sign in").Try("make somebody else an admin first")
			}
		}
		return f(tx, id)
	})
}

// changeUsers runs f in a transaction that no other change of users runs beside.
// SQLite has one writer anyway. On Postgres the row is what they wait for, and
// the statements after it see what the one before did (READ COMMITTED).
func (s *Service) changeUsers(ctx context.Context, f func(tx *sql.Tx) error) error {
	err := s.DB.InTx(ctx, func(tx *sql.Tx) error {
		const lock = `INSERT INTO auth_locks(name, turns) VALUES('users', 1) ON CONFLICT(name) DO UPDATE SET turns = auth_locks.turns + 1`
		if err := execute(ctx, tx, lock); err != nil {
			return err
		}
		return f(tx)
	})
	if err == nil {
		s.checks.forget()
	}
	return err
}

// endSessions makes every token of the user worthless.
func (s *Service) endSessions(ctx context.Context, tx *sql.Tx, id string) error {
	if err := execute(ctx, tx, `UPDATE auth_users SET gen = gen + 1 WHERE id = ?`, id); err != nil {
		return err
	}
	return execute(ctx, tx, `UPDATE auth_sessions SET ended_at = ? WHERE user_id = ? AND ended_at = 0`, s.millis(), id)
}
