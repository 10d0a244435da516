package auth

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// NewKey says what API key to make.
type NewKey struct {
	Name      string    // for people: what it is for, 1 to 100 characters
	User      string    // whose it is
	Role      Role      // never above the owner's; empty: the owner's
	Scopes    []Scope   // none: no limit beyond the role
	ExpiresAt time.Time // zero: never
}

// KeyInfo is what may be told of an API key.
type KeyInfo struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	User       string     `json:"user"`
	Role       Role       `json:"role"`
	Scopes     []Scope    `json:"scopes"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
	LastUsedAt *time.Time `json:"last_used_at"` // to the minute
	RevokedAt  *time.Time `json:"revoked_at"`
}

const (
	keyPrefix  = "exo_"
	keyIDSize  = 16
	keySecret  = 32 // bytes
	maxKeyName = 100
	maxKeys    = 100 // of one user that work
)

var keyLength = len(keyPrefix) + keyIDSize + 1 + base64.RawURLEncoding.EncodedLen(keySecret)

// CreateKey makes an API key and returns it; only its hash is kept, so that this
// is the only time it can be seen. If the context knows the caller ([With]), a
// key cannot be more than the caller is: not of a higher role, without a scope
// the caller lacks, and only an admin makes keys for others.
//
// Errors: exo.Invalid, exo.NotFound (the user), exo.Denied (more than the owner
// or the caller may), exo.Conflict (a hundred keys already).
func (s *Service) CreateKey(ctx context.Context, k NewKey) (KeyInfo, string, error) {
	const op = "auth.CreateKey"
	now := s.now()
	if err := k.check(op, now); err != nil {
		return KeyInfo{}, "", err
	}
	id, err := s.newID()
	if err != nil {
		return KeyInfo{}, "", err
	}
	random, err := s.random(keySecret)
	if err != nil {
		return KeyInfo{}, "", err
	}
	secret := keyPrefix + id + "_" + base64.RawURLEncoding.EncodeToString(random)
	info := KeyInfo{ID: id, Name: k.Name, User: k.User, Role: k.Role, Scopes: k.Scopes, CreatedAt: now.UTC().Truncate(time.Millisecond)}
	var expires int64
	if !k.ExpiresAt.IsZero() {
		expires = k.ExpiresAt.UnixMilli()
		info.ExpiresAt = timeOf(expires)
	}
	err = s.changeUsers(ctx, func(tx *sql.Tx) error { // the owner's role must not change meanwhile
		var owner string
		var role Role
		var keys int
		if err := tx.QueryRowContext(ctx, `SELECT id, role FROM auth_users WHERE name = ?`, k.User).Scan(&owner, &role); err != nil {
			return sqldb.Typed(op, "user", err)
		}
		if info.Role == "" {
			info.Role = role
		}
		if err := mayGive(ctx, k, info.Role, role, owner); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM auth_keys WHERE user_id = ? AND revoked_at = 0 AND (expires_at = 0 OR expires_at > ?)`,
			owner, now.UnixMilli()).Scan(&keys); err != nil {
			return err
		}
		if keys >= maxKeys {
			return exo.Errorf(op, exo.Conflict, k.User, "the user has %d keys already", keys).Try("revoke those that are not used any more")
		}
		return execute(ctx, tx, `INSERT INTO auth_keys(id, user_id, name, role, scopes, hash, created_at, expires_at, last_used_at, revoked_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, 0, 0)`,
			id, owner, k.Name, string(info.Role), joinScopes(k.Scopes), hashOf(secret), now.UnixMilli(), expires)
	})
	if err != nil {
		return KeyInfo{}, "", err
	}
	return info, secret, nil
}

// check looks at the words alone, and puts the scopes in order.
func (k *NewKey) check(op string, now time.Time) error {
	words := make([]string, len(k.Scopes))
	for i, s := range k.Scopes {
		words[i] = string(s)
	}
	scopes, err := ParseScopes(words)
	if err != nil {
		return err
	}
	k.Scopes = scopes
	if k.Role != "" {
		if _, err := ParseRole(string(k.Role)); err != nil {
			return err
		}
	}
	printable := utf8.ValidString(k.Name) && !strings.ContainsFunc(k.Name, func(r rune) bool { return !unicode.IsPrint(r) })
	if n := utf8.RuneCountInString(k.Name); n < 1 || n > maxKeyName || !printable {
		return exo.Errorf(op, exo.Invalid, nil, "the name of a key has 1 to %d printable characters", maxKeyName)
	}
	if !k.ExpiresAt.IsZero() && !k.ExpiresAt.After(now) {
		return exo.Errorf(op, exo.Invalid, nil, "the key would have expired already").Try("take a time in the future, or none")
	}
	return nil
}

// mayGive reports whether owner and caller have what the key is to have.
func mayGive(ctx context.Context, k NewKey, role, owner Role, ownerID string) error {
	const op = "auth.CreateKey"
	if !owner.Includes(role) {
		return exo.Errorf(op, exo.Denied, nil, "a key cannot have a higher role than its owner, who is %s", owner)
	}
	c, ok := From(ctx)
	if !ok || c.Via == ViaLocal {
		return nil
	}
	if !c.Role.Includes(role) || c.UserID != ownerID && !c.Allows(Admin, ScopeAdmin) {
		return exo.Errorf(op, exo.Denied, nil, "a key cannot have more rights than who makes it")
	}
	if len(c.Scopes) > 0 && (len(k.Scopes) == 0 || slices.ContainsFunc(k.Scopes, func(s Scope) bool { return !slices.Contains(c.Scopes, s) })) {
		return exo.Errorf(op, exo.Denied, nil, "a key cannot have more scopes than the key that makes it").Try("name the scopes, out of: %s", joinScopes(c.Scopes))
	}
	return nil
}

const keyColumns = `SELECT k.id, k.name, u.name, k.role, k.scopes, k.created_at, k.expires_at, k.last_used_at, k.revoked_at FROM auth_keys k JOIN auth_users u ON u.id = k.user_id `

func scanKey(row interface{ Scan(...any) error }) (k KeyInfo, err error) {
	var scopes string
	var created, expires, used, revoked int64
	err = row.Scan(&k.ID, &k.Name, &k.User, &k.Role, &scopes, &created, &expires, &used, &revoked)
	k.Scopes, k.CreatedAt = splitScopes(scopes), time.UnixMilli(created).UTC()
	k.ExpiresAt, k.LastUsedAt, k.RevokedAt = timeOf(expires), timeOf(used), timeOf(revoked)
	return k, err
}

// Keys returns the keys of a user, newest first; all keys if the user is empty.
// One of a user who does not exist: none.
func (s *Service) Keys(ctx context.Context, user string) ([]KeyInfo, error) {
	const op = "auth.Keys"
	rows, err := s.DB.QueryContext(ctx, keyColumns+`WHERE ? = '' OR u.name = ? ORDER BY k.created_at DESC, k.id`, user, user)
	if err != nil {
		return nil, sqldb.Typed(op, nil, err)
	}
	defer rows.Close()
	keys := []KeyInfo{}
	for rows.Next() {
		k, err := scanKey(rows)
		if err != nil {
			return nil, sqldb.Typed(op, nil, err)
		}
		keys = append(keys, k)
	}
	return keys, sqldb.Typed(op, nil, rows.Err())
}

// Key returns one key. exo.NotFound if there is none of this id.
func (s *Service) Key(ctx context.Context, id string) (KeyInfo, error) {
	k, err := scanKey(s.DB.QueryRowContext(ctx, keyColumns+`WHERE k.id = ?`, id))
	return k, sqldb.Typed("auth.Key", "key", err)
}

// RevokeKey ends a key: at once in this process, within 60 seconds in others. It
// stays in the list. To revoke twice is no error. exo.NotFound.
func (s *Service) RevokeKey(ctx context.Context, id string) error {
	const op = "auth.RevokeKey"
	err := s.DB.InTx(ctx, func(tx *sql.Tx) error {
		n, err := changes(ctx, tx, `UPDATE auth_keys SET revoked_at = CASE WHEN revoked_at = 0 THEN ? ELSE revoked_at END WHERE id = ?`, s.millis(), id)
		if err == nil && n == 0 {
			return exo.Errorf(op, exo.NotFound, nil, "there is no such key")
		}
		return err
	})
	if err == nil {
		s.checks.forget()
	}
	return err
}

// keyID takes the id out of a key, if it has the form of one.
func keyID(text string) (string, bool) {
	if len(text) != keyLength || !strings.HasPrefix(text, keyPrefix) || text[len(keyPrefix)+keyIDSize] != '_' {
		return "", false
	}
	id := text[len(keyPrefix) : len(keyPrefix)+keyIDSize]
	return id, isID(id)
}

func joinScopes(scopes []Scope) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(scopes), " ", ","), "[]")
}

func splitScopes(text string) []Scope {
	scopes := []Scope{}
	for w := range strings.SplitSeq(text, ",") {
		if w != "" {
			scopes = append(scopes, Scope(w))
		}
	}
	return scopes
}
