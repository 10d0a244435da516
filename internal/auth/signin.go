package auth

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// Tokens is what a sign-in gives, in the words of RFC 6749 §5.1.
type Tokens struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"` // seconds
	RefreshToken string `json:"refresh_token"`
}

const (
	refreshPrefix = "exr_"
	refreshBytes  = 32
)

// account is what signing in needs to know of a user.
type account struct {
	id, name, hash string
	role           Role
	gen            int64
	disabled       bool
}

// SignIn checks a password and begins a session. The address is the caller's,
// without port; it counts the tries.
//
// Errors: exo.Unauthenticated (wrong name or password, or disabled: one answer,
// in the same time), exo.RateLimited with retry_after in seconds.
func (s *Service) SignIn(ctx context.Context, name, password, address string) (Tokens, error) {
	const op = "auth.SignIn"
	if err := s.admit(ctx, name, address); err != nil {
		return Tokens{}, err
	}
	a := account{hash: s.dummy}
	row := s.DB.QueryRowContext(ctx, `SELECT id, name, password, role, gen, disabled FROM auth_users WHERE name = ?`, lookup(name))
	err := row.Scan(&a.id, &a.name, &a.hash, &a.role, &a.gen, &a.disabled)
	known := err == nil
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Tokens{}, sqldb.Typed(op, nil, err)
	}
	ok, err := s.matches(ctx, a.hash, password)
	if err != nil {
		return Tokens{}, err
	}
	if !ok || !known || a.disabled {
		return Tokens{}, wrongPassword(op)
	}
	return s.begin(ctx, a)
}

func wrongPassword(op string) error {
	return exo.Errorf(op, exo.Unauthenticated, nil, "wrong name or password")
}

// lookup is the name to ask the database for. What cannot be a name is asked
// for as one that nobody has, so that it takes as long.
func lookup(name string) string {
	if CheckName(name) != nil {
		return ""
	}
	return name
}

// begin makes a session, if the user is still as was seen before the password
// was checked.
func (s *Service) begin(ctx context.Context, a account) (Tokens, error) {
	const op = "auth.SignIn"
	session, err := s.newID()
	if err != nil {
		return Tokens{}, err
	}
	access, err := s.accessToken(ctx, a, session)
	if err != nil {
		return Tokens{}, err
	}
	refresh, err := s.newRefresh()
	if err != nil {
		return Tokens{}, err
	}
	now := s.millis()
	err = s.DB.InTx(ctx, func(tx *sql.Tx) error {
		n, err := changes(ctx, tx, `UPDATE auth_users SET last_sign_in = ? WHERE id = ? AND gen = ? AND disabled = 0`, now, a.id, a.gen)
		if err != nil {
			return err
		}
		if n != 1 {
			return wrongPassword(op)
		}
		if err := execute(ctx, tx, `INSERT INTO auth_sessions(id, user_id, gen, created_at, expires_at, ended_at) VALUES(?, ?, ?, ?, ?, 0)`,
			session, a.id, a.gen, now, now+s.RefreshTTL.Milliseconds()); err != nil {
			return err
		}
		return execute(ctx, tx, `INSERT INTO auth_refresh(hash, session_id, created_at, used_at) VALUES(?, ?, ?, 0)`, hashOf(refresh), session, now)
	})
	if err != nil {
		return Tokens{}, err
	}
	return s.tokens(access, refresh), nil
}

// Refresh takes a refresh token and gives the next pair. It works once: a token
// that comes again ends its session, whoever holds the newer ones.
//
// exo.Unauthenticated if the token is unknown, used, expired, or its session or
// user is gone.
func (s *Service) Refresh(ctx context.Context, token string) (Tokens, error) {
	const op = "auth.Refresh"
	if !isRefresh(token) {
		return Tokens{}, refused(op)
	}
	next, err := s.newRefresh()
	if err != nil {
		return Tokens{}, err
	}
	var a account
	var session string
	var reused bool
	now := s.millis()
	err = s.DB.InTx(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `UPDATE auth_refresh SET used_at = ? WHERE hash = ? AND used_at = 0 RETURNING session_id`, now, hashOf(token)).Scan(&session)
		if errors.Is(err, sql.ErrNoRows) {
			reused, err = s.endReused(ctx, tx, token)
			return err // the end of the session is to be committed
		}
		if err != nil {
			return err
		}
		err = tx.QueryRowContext(ctx, `SELECT u.id, u.name, u.role, u.gen FROM auth_sessions s JOIN auth_users u ON u.id = s.user_id
			WHERE s.id = ? AND s.ended_at = 0 AND s.expires_at > ? AND s.gen = u.gen AND u.disabled = 0`, session, now).Scan(&a.id, &a.name, &a.role, &a.gen)
		if errors.Is(err, sql.ErrNoRows) {
			return refused(op)
		}
		if err != nil {
			return err
		}
		return execute(ctx, tx, `INSERT INTO auth_refresh(hash, session_id, created_at, used_at) VALUES(?, ?, ?, 0)`, hashOf(next), session, now)
	})
	switch {
	case err != nil:
		return Tokens{}, err
	case reused:
		s.checks.forget()
		s.Log.Warn("a refresh token came twice; its session is ended")
		return Tokens{}, refused(op)
	case a.id == "":
		return Tokens{}, refused(op)
	}
	access, err := s.accessToken(ctx, a, session)
	if err != nil {
		return Tokens{}, err
	}
	return s.tokens(access, next), nil
}

// endReused ends the session of a refresh token that was used before; false if
// there never was such a token.
func (s *Service) endReused(ctx context.Context, tx *sql.Tx, token string) (bool, error) {
	n, err := changes(ctx, tx, `UPDATE auth_sessions SET ended_at = ? WHERE ended_at = 0
		AND id IN (SELECT session_id FROM auth_refresh WHERE hash = ?)`, s.millis(), hashOf(token))
	return n > 0, err
}

// SignOut ends the session of the caller's token, or all of the caller's
// sessions. API keys stay. exo.Conflict for a caller who has no session to end.
func (s *Service) SignOut(ctx context.Context, c Caller, all bool) error {
	const op = "auth.SignOut"
	if c.UserID == "" || c.Via != ViaToken && !all {
		return exo.Errorf(op, exo.Conflict, nil, "there is no session to end").Try("an API key ends when it is revoked")
	}
	err := s.DB.InTx(ctx, func(tx *sql.Tx) error {
		if all {
			return s.endSessions(ctx, tx, c.UserID)
		}
		return execute(ctx, tx, `UPDATE auth_sessions SET ended_at = ? WHERE id = ? AND user_id = ? AND ended_at = 0`, s.millis(), c.KeyID, c.UserID)
	})
	if err == nil {
		s.checks.forget()
	}
	return err
}

func (s *Service) tokens(access, refresh string) Tokens {
	return Tokens{AccessToken: access, TokenType: "Bearer", ExpiresIn: int(s.AccessTTL / time.Second), RefreshToken: refresh}
}

func (s *Service) newRefresh() (string, error) {
	b, err := s.random(refreshBytes)
	return refreshPrefix + base64.RawURLEncoding.EncodeToString(b), err
}

func isRefresh(token string) bool {
	rest, ok := strings.CutPrefix(token, refreshPrefix)
	return ok && len(rest) == base64.RawURLEncoding.EncodedLen(refreshBytes)
}

// hashOf is what is kept of a refresh token or an API key. They have 256 random
// bits, so that a plain hash is as good as a slow one.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
