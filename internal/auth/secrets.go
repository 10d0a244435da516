package auth

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/seal"
	"exoplanetai/internal/sqldb"
)

func secretPurpose(name string) string { return "secret " + name }

// Secret returns a secret of the program's own, as the key of the audit log's
// MAC. If there is none of this name, one of size random bytes is made and kept;
// of several processes that ask at once all get the same.
//
// Errors: exo.Denied (sealed under a master key that is not there) and
// exo.Corrupt; [Service.PutSecret] puts another in its place.
func (s *Service) Secret(ctx context.Context, name string, size int) ([]byte, error) {
	plain, err := s.FindSecret(ctx, name)
	if !errors.Is(err, exo.NotFound) {
		return plain, err
	}
	if plain, err = s.random(size); err != nil {
		return nil, err
	}
	if err := s.keepSecret(ctx, name, plain, `DO NOTHING`); err != nil {
		return nil, err
	}
	return s.FindSecret(ctx, name)
}

// FindSecret returns a secret that was kept. exo.NotFound if there is none, and
// errors as of [Service.Secret].
func (s *Service) FindSecret(ctx context.Context, name string) ([]byte, error) {
	var sealed string
	err := s.DB.QueryRowContext(ctx, `SELECT sealed FROM auth_secrets WHERE name = ?`, name).Scan(&sealed)
	if err != nil {
		return nil, sqldb.Typed("auth.FindSecret", name, err)
	}
	return s.unseal(sealed, secretPurpose(name))
}

// HasSecret reports whether a secret is kept. It needs no master key.
func (s *Service) HasSecret(ctx context.Context, name string) (bool, error) {
	var n int
	err := s.DB.QueryRowContext(ctx, `SELECT count(*) FROM auth_secrets WHERE name = ?`, name).Scan(&n)
	return n > 0, sqldb.Typed("auth.HasSecret", name, err)
}

// PutSecret keeps a secret, sealed, in place of the one of this name.
func (s *Service) PutSecret(ctx context.Context, name string, plain []byte) error {
	return s.keepSecret(ctx, name, plain, `DO UPDATE SET sealed = excluded.sealed, created_at = excluded.created_at`)
}

// DropSecret removes a secret; no error if there is none.
func (s *Service) DropSecret(ctx context.Context, name string) error {
	return s.DB.InTx(ctx, func(tx *sql.Tx) error {
		return execute(ctx, tx, `DELETE FROM auth_secrets WHERE name = ?`, name)
	})
}

func (s *Service) keepSecret(ctx context.Context, name string, plain []byte, conflict string) error {
	ring, err := s.Ring()
	if err != nil {
		return err
	}
	sealed, err := ring.Seal(plain, secretPurpose(name))
	if err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(tx *sql.Tx) error {
		return execute(ctx, tx, `INSERT INTO auth_secrets(name, sealed, created_at) VALUES(?, ?, ?) ON CONFLICT(name) `+conflict,
			name, base64.StdEncoding.EncodeToString(sealed), s.millis())
	})
}

// Rotated says what RotateMaster did.
type Rotated struct {
	Sealed int      `json:"sealed"` // secrets that are now under the newest key
	Lost   []string `json:"lost"`   // those that no key opens; they were lost before, and stay as they are
}

// RotateMaster seals every secret again, with the newest key of the new ring, in
// one transaction. Keep the new ring's file first: it holds the old keys too, so
// that whatever a kill leaves behind opens. The old ring may be nil if the new
// one holds its keys.
//
// Errors: exo.Full, exo.Unavailable; then nothing has changed.
func (s *Service) RotateMaster(ctx context.Context, old, newer *seal.Ring) (Rotated, error) {
	var r Rotated
	err := s.DB.InTx(ctx, func(tx *sql.Tx) error {
		for _, t := range []struct {
			table, key string
			purpose    func(string) string
		}{{"auth_signing", "kid", signingPurpose}, {"auth_secrets", "name", secretPurpose}} {
			if err := reseal(ctx, tx, t.table, t.key, t.purpose, &r, newer, old); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Rotated{}, err
	}
	for _, name := range r.Lost {
		s.Log.Error("a secret opens with none of the master keys; it was left as it is", "secret", name)
	}
	return r, nil
}

func reseal(ctx context.Context, tx *sql.Tx, table, key string, purpose func(string) string, r *Rotated, newer, old *seal.Ring) error {
	all, err := sealedRows(ctx, tx, `SELECT `+key+`, sealed FROM `+table+` ORDER BY `+key)
	if err != nil {
		return err
	}
	for _, row := range all {
		plain, err := unsealWith(row.sealed, purpose(row.name), newer, old)
		if err != nil {
			r.Lost = append(r.Lost, purpose(row.name))
			continue
		}
		sealed, err := newer.Seal(plain, purpose(row.name))
		if err != nil {
			return err
		}
		// Not if another process put a new secret there meanwhile (Postgres).
		if err := execute(ctx, tx, `UPDATE `+table+` SET sealed = ? WHERE `+key+` = ? AND sealed = ?`, base64.StdEncoding.EncodeToString(sealed), row.name, row.sealed); err != nil {
			return err
		}
		r.Sealed++
	}
	return nil
}

type sealedRow struct{ name, sealed string }

func sealedRows(ctx context.Context, tx *sql.Tx, query string) (all []sealedRow, err error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r sealedRow
		if err := rows.Scan(&r.name, &r.sealed); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}
