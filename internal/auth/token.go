package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"exoplanetai/internal/exo"
)

const (
	tokenType = "at+jwt" // RFC 9068 §2.1
	maxToken  = 4096     // bytes; ours have about 450
	leeway    = 5 * time.Second
)

// claims is the content of an access token.
type claims struct {
	jwt.RegisteredClaims        // sub is the user's id, not the name, which may pass to another
	Role                 Role   `json:"role"` // as it was; what counts is the database
	Gen                  int64  `json:"gen"`
	Session              string `json:"sid"`
}

func (s *Service) accessToken(ctx context.Context, a account, session string) (string, error) {
	const op = "auth.accessToken"
	key, err := s.signer(ctx)
	if err != nil {
		return "", err
	}
	id, err := s.newID()
	if err != nil {
		return "", err
	}
	now := s.now()
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Audience: jwt.ClaimStrings{audience}, Subject: a.id, ID: id,
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(s.AccessTTL)),
		},
		Role: a.role, Gen: a.gen, Session: session,
	})
	t.Header["typ"], t.Header["kid"] = tokenType, key.kid
	text, err := t.SignedString(key.private)
	if err != nil {
		return "", exo.E(op, exo.Internal, nil, err)
	}
	return text, nil
}

// verify checks everything about a token that can be checked without the
// database's say: form, algorithm, type, key, signature, issuer, audience, times.
func (s *Service) verify(ctx context.Context, text string) (*claims, error) {
	const op = "auth.verify"
	if len(text) > maxToken || !isCompact(text) {
		return nil, refused(op)
	}
	var c claims
	_, err := s.parser.ParseWithClaims(text, &c, func(t *jwt.Token) (any, error) { return s.keyFor(ctx, t) })
	if e, ok := errors.AsType[*exo.Error](err); ok && e.Kind != exo.Unauthenticated {
		return nil, e // the keys cannot be had: no fault of the token's
	}
	if errors.Is(err, jwt.ErrTokenExpired) {
		return nil, exo.E(op, exo.Unauthenticated, nil, err).Say("the access token has expired").Try("get a new one with the refresh token, or sign in again")
	}
	if err != nil || c.Subject == "" || c.Session == "" {
		e := refused(op)
		e.Err = err
		return nil, e
	}
	return &c, nil
}

// isCompact reports whether the text has only letters of RFC 7515 §7.1. Go's
// decoder of base64 would leave out line ends, and so read one token from many
// texts.
func isCompact(text string) bool {
	for _, c := range []byte(text) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// keyFor returns the public key that the token's header names. The header may
// say nothing else: a key or the address of one (jwk, jku, x5c, x5u) is no
// business of the sender's, and crit asks for what is not understood (RFC 8725 §3).
func (s *Service) keyFor(ctx context.Context, t *jwt.Token) (any, error) {
	for name := range t.Header {
		if name != "alg" && name != "kid" && name != "typ" {
			return nil, fmt.Errorf("the header has a field that is not ours")
		}
	}
	kid, _ := t.Header["kid"].(string)
	if t.Header["typ"] != tokenType || !isID(kid) {
		return nil, errors.New("the header's type or key is not ours")
	}
	key, err := s.verifier(ctx, kid)
	if err != nil {
		return nil, err
	}
	if key == nil {
		return nil, errors.New("there is no such key")
	}
	return key.private.Public(), nil
}

// isID reports whether the text is a name as newID makes it.
func isID(text string) bool {
	if len(text) != 16 {
		return false
	}
	for _, c := range []byte(text) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// refused is the answer to every token and key that is no good, whatever the
// reason: who made it up learns nothing.
func refused(op string) *exo.Error {
	return exo.Errorf(op, exo.Unauthenticated, nil, "the token or key is not valid").
		Try("sign in again, or ask for a new key; it may have expired or been revoked")
}
