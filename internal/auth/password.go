package auth

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"exoplanetai/internal/exo"
)

// The cost of a hash: argon2id with the least that OWASP's Password Storage
// Cheat Sheet asks for, about 30 ms on one core.
const (
	argonTime    = 2
	argonKiB     = 19 << 10
	argonLanes   = 1
	argonSalt    = 16
	argonKey     = 32
	maxHashes    = 4  // computed at once
	maxWaiting   = 64 // for one of these
	minPassword  = 12
	maxPassword  = 1024
	minLetters   = 5 // different ones
	argonVersion = argon2.Version
)

// common are the passwords of twelve letters and more that guessers try first.
var common = []string{"password", "passwort", "qwertyuiop", "1234567890", "0987654321", "abcdefghij", "changeme", "letmein", "administrator", "iloveyou", "exoplanet", "asdfghjkl"}

// CheckPassword reports whether a user may have this password: 12 characters at
// least, 1,024 bytes at most, not the user's name, and not what is guessed
// first. exo.Invalid says what is wrong with it.
func CheckPassword(name, password string) error {
	const op = "auth.CheckPassword"
	small := strings.ToLower(password)
	rest := small
	for _, word := range append([]string{name}, common...) {
		rest = strings.ReplaceAll(rest, word, "")
	}
	letters := map[rune]bool{}
	for _, c := range password {
		letters[c] = true
	}
	var what string
	switch {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		what = "the password is not text in UTF-8"
	case len(password) > maxPassword:
		what = fmt.Sprintf("the password is longer than %d bytes", maxPassword)
	case utf8.RuneCountInString(password) < minPassword:
		what = fmt.Sprintf("the password is shorter than %d characters", minPassword)
	case len(letters) < minLetters, len(rest) < len(small) && utf8.RuneCountInString(rest) < minLetters:
		what = "the password is easily guessed"
	default:
		return nil
	}
	return exo.Errorf(op, exo.Invalid, nil, "%s", what).Try("take four words that have nothing to do with each other")
}

// newHash checks and hashes a new password, as a PHC string
// (https://github.com/P-H-C/phc-string-format).
func (s *Service) newHash(ctx context.Context, name, password string) (string, error) {
	if err := CheckPassword(name, password); err != nil {
		return "", err
	}
	salt, err := s.random(argonSalt)
	if err != nil {
		return "", err
	}
	var hash string
	err = s.slot(ctx, func() { hash = phc(salt, argon(password, salt)) })
	return hash, err
}

// matches reports whether the password has this hash. All hashes have the same
// cost, so that the time tells nothing but how busy the machine is.
func (s *Service) matches(ctx context.Context, hash, password string) (ok bool, err error) {
	salt, want, parsed := parsePHC(hash)
	if !parsed {
		return false, exo.Errorf("auth.matches", exo.Corrupt, nil, "the hash of a password cannot be read").Try("set a new password for the user")
	}
	tooLong := len(password) > maxPassword
	if tooLong {
		password = password[:maxPassword] // the same work as for any other
	}
	err = s.slot(ctx, func() { ok = subtle.ConstantTimeCompare(argon(password, salt), want) == 1 })
	return ok && !tooLong, err
}

// slot runs f when there is room. exo.RateLimited if too many wait already.
func (s *Service) slot(ctx context.Context, f func()) error {
	const op = "auth.slot"
	if s.waiting.Add(1) > maxWaiting {
		s.waiting.Add(-1)
		return tooMany(op, 1)
	}
	defer s.waiting.Add(-1)
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return exo.E(op, exo.KindOf(ctx.Err()), nil, ctx.Err())
	}
	defer func() { <-s.slots }()
	f()
	return nil
}

// argon hashes the composed form of a text, since the same letters come in two
// forms from different keyboards (NIST SP 800-63B 3.1.1.2).
func argon(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, argonTime, argonKiB, argonLanes, argonKey)
}

func phc(salt, key []byte) string {
	return phcHead() + b64.EncodeToString(salt) + "$" + b64.EncodeToString(key)
}

// dummyHash has the cost of a real one, and no password.
func dummyHash() string { return phc(make([]byte, argonSalt), make([]byte, argonKey)) }

var b64 = base64.RawStdEncoding.Strict()

func phcHead() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argonVersion, argonKiB, argonTime, argonLanes)
}

// parsePHC reads what phc wrote. Another cost than ours is refused: it could ask
// for any amount of memory, and its time would tell users apart.
func parsePHC(hash string) (salt, key []byte, ok bool) {
	rest, ok := strings.CutPrefix(hash, phcHead())
	a, b, two := strings.Cut(rest, "$")
	salt, err1 := b64.DecodeString(a)
	key, err2 := b64.DecodeString(b)
	return salt, key, ok && two && err1 == nil && err2 == nil && len(salt) == argonSalt && len(key) == argonKey
}
