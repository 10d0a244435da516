package auth

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/base64"
	"errors"
	"sync"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/seal"
	"exoplanetai/internal/sqldb"
)

// signingKey is a key pair that tokens are signed with.
type signingKey struct {
	kid     string
	private ed25519.PrivateKey
	retired bool // checks, and signs no more
}

// signing holds the keys of the database, opened.
type signing struct {
	mu     sync.Mutex // guards what follows, and lets one at a time load
	loaded time.Time
	byKID  map[string]*signingKey
	newest *signingKey
	told   map[string]bool // keys that do not open, and are in the log
}

const (
	reloadAfter  = checkTTL    // another process may have taken a key away
	reloadForKID = time.Second // or made one; so often may an unknown kid make us look
	retireSpare  = time.Minute // another process may sign with the old key for reloadAfter
)

// signer returns the key to sign with and makes one if there is none that opens.
func (s *Service) signer(ctx context.Context) (*signingKey, error) {
	s.signing.mu.Lock()
	defer s.signing.mu.Unlock()
	if err := s.load(ctx, reloadAfter); err != nil {
		return nil, err
	}
	if s.signing.newest == nil {
		if err := s.addSigning(ctx, false); err != nil {
			return nil, err
		}
		if err := s.load(ctx, 0); err != nil {
			return nil, err
		}
	}
	if s.signing.newest == nil {
		return nil, exo.Errorf("auth.signer", exo.Unavailable, nil, "there is no key to sign tokens with").Try("try again in a moment")
	}
	return s.signing.newest, nil
}

// verifier returns the key of that name; nil if there is none.
func (s *Service) verifier(ctx context.Context, kid string) (*signingKey, error) {
	s.signing.mu.Lock()
	defer s.signing.mu.Unlock()
	if err := s.load(ctx, reloadAfter); err != nil {
		return nil, err
	}
	if s.signing.byKID[kid] == nil {
		if err := s.load(ctx, reloadForKID); err != nil {
			return nil, err
		}
	}
	return s.signing.byKID[kid], nil
}

// load reads the keys if that was longer ago than age. One that does not open
// is left out, and said so in the log: its tokens are refused, no others.
func (s *Service) load(ctx context.Context, age time.Duration) error {
	const op = "auth.load"
	now := s.now()
	if since := now.Sub(s.signing.loaded); since < age && since >= 0 && !s.signing.loaded.IsZero() {
		return nil
	}
	type row struct {
		kid, sealed string
		retire      int64
	}
	rows, err := s.DB.QueryContext(ctx, `SELECT kid, sealed, retire_at FROM auth_signing WHERE retire_at = 0 OR retire_at > ? ORDER BY created_at DESC, kid DESC`,
		now.UnixMilli())
	if err != nil {
		return sqldb.Typed(op, nil, err)
	}
	defer rows.Close()
	var list []row
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.kid, &r.sealed, &r.retire); err != nil {
			return sqldb.Typed(op, nil, err)
		}
		list = append(list, r)
	}
	if err := rows.Err(); err != nil {
		return sqldb.Typed(op, nil, err)
	}
	byKID := map[string]*signingKey{}
	var newest *signingKey
	for _, r := range list {
		key := &signingKey{kid: r.kid, retired: r.retire > 0}
		if have := s.signing.byKID[r.kid]; have != nil {
			key.private = have.private
		} else if key.private, err = s.openSigning(r.kid, r.sealed); err != nil {
			if k := exo.KindOf(err); k != exo.Corrupt && k != exo.Denied {
				return err
			}
			s.tell(r.kid, err)
			continue
		}
		byKID[r.kid] = key
		if newest == nil && !key.retired {
			newest = key
		}
	}
	s.signing.byKID, s.signing.newest, s.signing.loaded = byKID, newest, now
	return nil
}

// tell logs once that a key does not open.
func (s *Service) tell(kid string, err error) {
	if s.signing.told[kid] {
		return
	}
	if s.signing.told == nil {
		s.signing.told = map[string]bool{}
	}
	s.signing.told[kid] = true
	s.Log.Error("a signing key does not open; its tokens are refused", "kid", kid, "error", err)
}

func (s *Service) openSigning(kid, sealed string) (ed25519.PrivateKey, error) {
	seed, err := s.unseal(sealed, signingPurpose(kid))
	if err != nil {
		return nil, err
	}
	if len(seed) != ed25519.SeedSize {
		return nil, exo.Errorf("auth.openSigning", exo.Corrupt, kid, "a signing key has the wrong length")
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func signingPurpose(kid string) string { return "signing key " + kid }

// RotateSigning makes a new signing key. The old ones check the tokens that are
// out until those have expired.
func (s *Service) RotateSigning(ctx context.Context) error {
	s.signing.mu.Lock()
	defer s.signing.mu.Unlock()
	return s.addSigning(ctx, true)
}

// ReplaceSigning makes a new signing key and takes the old ones away: whoever
// copied one can do nothing with it from now, in other processes within 60
// seconds. Everybody gets new access tokens by their refresh tokens.
func (s *Service) ReplaceSigning(ctx context.Context) error {
	s.signing.mu.Lock()
	defer s.signing.mu.Unlock()
	if err := s.addSigning(ctx, true); err != nil {
		return err
	}
	err := s.DB.InTx(ctx, func(tx *sql.Tx) error {
		return execute(ctx, tx, `DELETE FROM auth_signing WHERE retire_at > 0`)
	})
	s.signing.loaded = time.Time{}
	s.checks.forget()
	return err
}

// addSigning makes a key, which the others retire for if they are to. The caller
// has the lock.
func (s *Service) addSigning(ctx context.Context, retire bool) error {
	kid, err := s.newID()
	if err != nil {
		return err
	}
	seed, err := s.random(ed25519.SeedSize)
	if err != nil {
		return err
	}
	ring, err := s.Ring()
	if err != nil {
		return err
	}
	sealed, err := ring.Seal(seed, signingPurpose(kid))
	if err != nil {
		return err
	}
	now := s.now()
	s.signing.loaded = time.Time{}
	return s.DB.InTx(ctx, func(tx *sql.Tx) error {
		if retire {
			end := now.Add(s.AccessTTL + leeway + retireSpare).UnixMilli()
			if err := execute(ctx, tx, `UPDATE auth_signing SET retire_at = ? WHERE retire_at = 0`, end); err != nil {
				return err
			}
		}
		return execute(ctx, tx, `INSERT INTO auth_signing(kid, sealed, created_at, retire_at) VALUES(?, ?, ?, 0)`, kid, base64.StdEncoding.EncodeToString(sealed), now.UnixMilli())
	})
}

// unseal opens what stands in a table. The ring is asked for each time: another
// process may have put a new key in front.
func (s *Service) unseal(text, purpose string) ([]byte, error) {
	ring, err := s.Ring()
	if err != nil {
		return nil, err
	}
	return unsealWith(text, purpose, ring)
}

// unsealWith tries the rings in their order; the last error is told.
func unsealWith(text, purpose string, rings ...*seal.Ring) (plain []byte, err error) {
	sealed, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, exo.E("auth.unseal", exo.Corrupt, purpose, err).Say("a sealed secret is damaged").Try("get the database back from a backup; or let the secret be made anew")
	}
	for _, ring := range rings {
		if ring == nil {
			continue
		}
		if plain, err = ring.Open(sealed, purpose); !errors.Is(err, exo.Denied) {
			return plain, err
		}
	}
	return plain, err
}
