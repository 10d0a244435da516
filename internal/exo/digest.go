package exo

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Digest is a SHA-256. Its text form is "sha256:" and 64 hexadecimal digits.
type Digest [sha256.Size]byte

const digestPrefix = "sha256:"

// DigestOf returns the digest of the bytes.
func DigestOf(b []byte) Digest { return sha256.Sum256(b) }

// ParseDigest reads "sha256:<hex>" or the bare 64 hexadecimal digits.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	h := strings.TrimPrefix(s, digestPrefix)
	if len(h) != 2*len(d) {
		return d, Errorf("exo.ParseDigest", Invalid, nil, "%q is not a sha256 digest", clip(s))
	}
	if _, err := hex.Decode(d[:], []byte(h)); err != nil {
		return Digest{}, Errorf("exo.ParseDigest", Invalid, nil, "%q is not a sha256 digest", clip(s))
	}
	return d, nil
}

// Hex returns the 64 hexadecimal digits.
func (d Digest) Hex() string { return hex.EncodeToString(d[:]) }

// String returns "sha256:" and the hexadecimal digits.
func (d Digest) String() string { return digestPrefix + d.Hex() }

// IsZero reports whether the digest was never set.
func (d Digest) IsZero() bool { return d == Digest{} }

// MarshalText gives the text form; the zero digest is empty.
func (d Digest) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return nil, nil
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads the text form; empty text is the zero digest.
func (d *Digest) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Digest{}
		return nil
	}
	v, err := ParseDigest(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// clip shortens a hostile text for a message.
func clip(s string) string {
	const limit = 60
	if len(s) > limit {
		return s[:limit] + "…"
	}
	return s
}
