package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"time"

	"exoplanetai/internal/sqldb"
)

// Authenticate finds out who calls from the head of a request: an access token
// or an API key as `Authorization: Bearer …`, or an API key as `X-API-Key`.
// found is false if the head has none of these.
//
// A result is kept for 30 seconds at most. Errors: exo.Unauthenticated, the same
// for all that is wrong except that an expired token is told to be one;
// exo.Unavailable and the like if the database or the keys cannot be read.
func (s *Service) Authenticate(ctx context.Context, header http.Header) (c Caller, found bool, err error) {
	const op = "auth.Authenticate"
	text, found, ok := credential(header)
	if !found {
		return Caller{}, false, nil
	}
	if !ok {
		return Caller{}, true, refused(op)
	}
	now := s.now()
	sum := sha256.Sum256([]byte(text))
	c, ok, epoch := s.checks.get(sum, now)
	if ok {
		return c, true, nil
	}
	until := now.Add(checkTTL)
	var end time.Time
	if strings.HasPrefix(text, keyPrefix) {
		c, end, err = s.checkKey(ctx, text, now)
	} else {
		c, end, err = s.checkToken(ctx, text, now)
	}
	if err != nil {
		return Caller{}, true, err
	}
	if !end.IsZero() && end.Before(until) {
		until = end
	}
	s.checks.put(sum, check{caller: c, from: now, until: until}, epoch)
	return c, true, nil
}

// credential takes the token or key out of the head. Two of them, or one of
// another kind, are not ok: it is not for us to choose.
func credential(h http.Header) (text string, found, ok bool) {
	bearer, key := h["Authorization"], h["X-Api-Key"]
	switch {
	case len(bearer)+len(key) == 0:
		return "", false, false
	case len(bearer)+len(key) > 1:
		return "", true, false
	case len(key) == 1:
		return key[0], true, strings.HasPrefix(key[0], keyPrefix) && len(key[0]) == keyLength
	}
	const scheme = "Bearer " // RFC 6750 §2.1; the scheme's case does not matter (RFC 9110 §11.1)
	v := bearer[0]
	if len(v) <= len(scheme) || len(v) > len(scheme)+maxToken || !strings.EqualFold(v[:len(scheme)], scheme) {
		return "", true, false
	}
	return v[len(scheme):], true, true
}

// checkToken asks the database about the user and the session of a token that
// is right in itself.
func (s *Service) checkToken(ctx context.Context, text string, now time.Time) (Caller, time.Time, error) {
	const op = "auth.checkToken"
	claims, err := s.verify(ctx, text)
	if err != nil {
		return Caller{}, time.Time{}, err
	}
	c := Caller{Via: ViaToken, KeyID: claims.Session, UserID: claims.Subject}
	var expires int64
	err = s.DB.QueryRowContext(ctx, `SELECT u.name, u.role, s.expires_at FROM auth_sessions s JOIN auth_users u ON u.id = s.user_id
		WHERE s.id = ? AND u.id = ? AND u.gen = ? AND s.ended_at = 0 AND s.expires_at > ? AND u.disabled = 0`,
		claims.Session, claims.Subject, claims.Gen, now.UnixMilli()).Scan(&c.Name, &c.Role, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return Caller{}, time.Time{}, refused(op)
	}
	if err != nil {
		return Caller{}, time.Time{}, sqldb.Typed(op, nil, err)
	}
	end := time.UnixMilli(expires)
	if e := claims.ExpiresAt.Time; e.Before(end) {
		end = e
	}
	return c, end, nil
}

// checkKey asks the database about an API key, and notes that it was used.
func (s *Service) checkKey(ctx context.Context, text string, now time.Time) (Caller, time.Time, error) {
	const op = "auth.checkKey"
	id, ok := keyID(text)
	if !ok {
		return Caller{}, time.Time{}, refused(op)
	}
	c := Caller{Via: ViaKey, KeyID: id}
	var owner Role
	var scopes, hash string
	var expires, used int64
	err := s.DB.QueryRowContext(ctx, `SELECT u.id, u.name, u.role, k.role, k.scopes, k.hash, k.expires_at, k.last_used_at FROM auth_keys k JOIN auth_users u ON u.id = k.user_id
		WHERE k.id = ? AND k.revoked_at = 0 AND u.disabled = 0`, id).Scan(&c.UserID, &c.Name, &owner, &c.Role, &scopes, &hash, &expires, &used)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Caller{}, time.Time{}, sqldb.Typed(op, nil, err)
	}
	at := now.UnixMilli()
	if !sameHash(hash, hashOf(text)) || err != nil || expires > 0 && expires <= at {
		return Caller{}, time.Time{}, refused(op)
	}
	c.Role, c.Scopes = lower(c.Role, owner), splitScopes(scopes)
	if at-used >= minute {
		if _, err := s.DB.ExecContext(ctx, `UPDATE auth_keys SET last_used_at = ? WHERE id = ? AND last_used_at < ?`, at, id, at-minute+1); err != nil {
			s.Log.Warn("the last use of a key could not be noted", "key", id, "error", err) // no reason to refuse the call
		}
	}
	var end time.Time
	if expires > 0 {
		end = time.UnixMilli(expires)
	}
	return c, end, nil
}

// sameHash compares in a time that does not depend on where they differ.
func sameHash(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
