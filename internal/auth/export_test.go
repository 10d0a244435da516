package auth

import (
	"context"
	"crypto/ed25519"
	"time"

	"exoplanetai/internal/exo"
)

// For tests: what signs tokens, and the parts that are measured or judged.
var (
	SameHash = sameHash
	PHC      = phc
	Argon    = argon
	Network  = network
)

// Signer returns the key that signs now.
func (s *Service) Signer(ctx context.Context) (kid string, key ed25519.PrivateKey, err error) {
	k, err := s.signer(ctx)
	if err != nil {
		return "", nil, err
	}
	return k.kid, k.private, nil
}

// Matches checks a password against a PHC string.
func (s *Service) Matches(ctx context.Context, hash, password string) (bool, error) {
	return s.matches(ctx, hash, password)
}

// Checks counts the results that are kept.
func (s *Service) Checks() int {
	s.checks.mu.RLock()
	defer s.checks.mu.RUnlock()
	return len(s.checks.byKey)
}

const (
	MaxChecks  = maxChecks
	MaxWindows = maxWindows
)

// Fill keeps n results that nobody asked for.
func (s *Service) Fill(n int) {
	for i := range n {
		now := s.now()
		_, _, epoch := s.checks.get([32]byte{}, now)
		s.checks.put([32]byte{1, byte(i), byte(i >> 8), byte(i >> 16)}, check{from: now, until: now.Add(checkTTL)}, epoch)
	}
}

// Forget makes the next check a real one.
func (s *Service) Forget() { s.checks.forget() }

// NewTries returns the count in memory, and the number of names and addresses it
// remembers.
func NewTries(clock exo.Clock) (allow func(context.Context, string, int) (time.Duration, error), size func() int) {
	t := newTries(clock)
	return t.allow, func() int { return len(t.byKey) }
}

// KeepAcross keeps a result that was read before a change and comes after it;
// it reports whether the result is then given out.
func (s *Service) KeepAcross(change func()) bool {
	key, now := [32]byte{2}, s.now()
	_, _, epoch := s.checks.get(key, now)
	change()
	s.checks.put(key, check{from: now, until: now.Add(checkTTL)}, epoch)
	_, ok, _ := s.checks.get(key, now)
	return ok
}
