package auth

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/seal"
	"exoplanetai/internal/sqldb"
)

// Options says what the service works with.
type Options struct {
	DB    *sqldb.DB
	Ring  func() (*seal.Ring, error) // the master keys; asked at first need, and again when something does not open
	Clock exo.Clock

	Rand       io.Reader     // nil: the system's
	Log        *slog.Logger  // nil: nothing is logged
	AccessTTL  time.Duration // life of an access token; 0: 15 minutes
	RefreshTTL time.Duration // life of a session; 0: 30 days

	// Tries counts one try to sign in under a key and says how long to wait if
	// it is one too many; 0: go on. Several servers share the count through it.
	// nil: counted in this process.
	Tries func(ctx context.Context, key string, perMinute int) (wait time.Duration, err error)
}

const (
	defaultAccessTTL  = 15 * time.Minute
	defaultRefreshTTL = 30 * 24 * time.Hour

	issuer   = "exoplanetai"
	audience = "exoplanetai"

	// checkTTL is how long a check is kept. What another process changes is seen
	// after that; twice this is the promise.
	checkTTL  = 30 * time.Second
	maxChecks = 10_000
)

// Service keeps accounts. It may be used by many goroutines; there is nothing
// to close.
type Service struct {
	Options
	parser   *jwt.Parser
	signing  signing
	checks   checks
	slots    chan struct{} // one for each hash that is being computed
	waiting  atomic.Int64
	dummy    string // hash of no password, for names that do not exist
	anyone   atomic.Bool
	noneTill atomic.Int64 // until when it is taken as known that there are no users
}

// Open makes the tables if there are none.
func Open(ctx context.Context, o Options) (*Service, error) {
	const op = "auth.Open"
	if o.DB == nil || o.Ring == nil || o.Clock == nil {
		return nil, exo.Errorf(op, exo.Internal, nil, "a database, a key ring and a clock are needed")
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.AccessTTL <= 0 {
		o.AccessTTL = defaultAccessTTL
	}
	if o.RefreshTTL <= 0 {
		o.RefreshTTL = defaultRefreshTTL
	}
	if o.Tries == nil {
		o.Tries = newTries(o.Clock).allow
	}
	if err := sqldb.Migrate(ctx, o.DB, "auth", steps); err != nil {
		return nil, err
	}
	s := &Service{Options: o, slots: make(chan struct{}, maxHashes), dummy: dummyHash()}
	s.parser = jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithIssuer(issuer), jwt.WithAudience(audience), jwt.WithLeeway(leeway), jwt.WithStrictDecoding(), jwt.WithTimeFunc(o.Clock))
	return s, nil
}

// HasUsers reports whether there is any user. Once there is one there always
// is; that there is none is believed for a second.
func (s *Service) HasUsers(ctx context.Context) (bool, error) {
	if s.anyone.Load() {
		return true, nil
	}
	now := s.millis()
	if till := s.noneTill.Load(); now < till && now > till-2000 {
		return false, nil
	}
	var n int
	if err := s.DB.QueryRowContext(ctx, `SELECT count(*) FROM auth_users`).Scan(&n); err != nil {
		return false, sqldb.Typed("auth.HasUsers", nil, err)
	}
	if n > 0 {
		s.anyone.Store(true)
	} else {
		s.noneTill.Store(now + 1000)
	}
	return n > 0, nil
}

// keepOwned is how long it is remembered whom something belongs to.
const keepOwned = 400 * 24 * time.Hour

// Prune takes out what is of no use any more: sessions and their refresh tokens
// a day after they ended, signing keys whose tokens have all expired, and notes
// of what belongs to whom after 400 days.
func (s *Service) Prune(ctx context.Context) error {
	day := s.millis() - (24 * time.Hour).Milliseconds()
	return s.DB.InTx(ctx, func(tx *sql.Tx) error {
		const over = `(SELECT id FROM auth_sessions WHERE expires_at < ? OR (ended_at > 0 AND ended_at < ?))`
		if err := execute(ctx, tx, `DELETE FROM auth_refresh WHERE session_id IN `+over, day, day); err != nil {
			return err
		}
		if err := execute(ctx, tx, `DELETE FROM auth_sessions WHERE id IN `+over, day, day); err != nil {
			return err
		}
		if err := execute(ctx, tx, `DELETE FROM auth_owned WHERE created_at < ?`, s.millis()-keepOwned.Milliseconds()); err != nil {
			return err
		}
		return execute(ctx, tx, `DELETE FROM auth_signing WHERE retire_at > 0 AND retire_at < ?`, s.millis())
	})
}

func (s *Service) now() time.Time { return s.Clock() }

// millis is the time as the tables have it.
func (s *Service) millis() int64 { return s.Clock().UnixMilli() }

// random returns n random bytes.
func (s *Service) random(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.Rand, b); err != nil {
		return nil, exo.E("auth.random", exo.Internal, nil, err)
	}
	return b, nil
}

// newID makes a name for a row that nobody can guess: 8 bytes as hex.
func (s *Service) newID() (string, error) {
	b, err := s.random(8)
	return hex.EncodeToString(b), err
}

func execute(ctx context.Context, tx *sql.Tx, query string, args ...any) error {
	_, err := tx.ExecContext(ctx, query, args...)
	return err
}

// changes executes and returns the number of rows that were changed.
func changes(ctx context.Context, tx *sql.Tx, query string, args ...any) (int64, error) {
	r, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// timeOf reads a time as the tables have it; nil is never.
func timeOf(millis int64) *time.Time {
	if millis == 0 {
		return nil
	}
	t := time.UnixMilli(millis).UTC()
	return &t
}
