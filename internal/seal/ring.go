package seal

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"

	"filippo.io/age"

	"exoplanetai/internal/exo"
)

// Bounds of a key file.
const (
	MaxText = 64 << 10 // bytes
	MaxKeys = 100
)

// secretSize is the length of an X25519 private key (RFC 7748 §5).
const secretSize = 32

// Ring holds the master keys, newest first. It does not change once it is made
// and may be used by many goroutines.
type Ring struct {
	keys []key
	byID map[string]*key
}

type key struct {
	id       string // tells keys apart and reveals neither half
	text     string // AGE-SECRET-KEY-1…
	identity *age.X25519Identity
	mac      []byte
}

// Parse reads a key file: one age X25519 identity (AGE-SECRET-KEY-1…) per line,
// newest first. Blank lines and lines that begin with # are left out.
//
// exo.Invalid names the line that is wrong, never what it holds.
func Parse(text []byte) (*Ring, error) {
	const op = "seal.Parse"
	if len(text) > MaxText {
		return nil, exo.Errorf(op, exo.Invalid, nil, "the master key file is longer than %d bytes", MaxText).Try("is it the right file?")
	}
	var keys []key
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		identity, err := age.ParseX25519Identity(line)
		if err != nil || identity.String() != line {
			return nil, exo.Errorf(op, exo.Invalid, nil, "line %d of the master key file is no age identity", i+1). // the cause would quote it
																Try("each line is one AGE-SECRET-KEY-1…, as `exoplanetai key rotate-master` and `age-keygen` write them; get the file back from its copy")
		}
		if keys = append(keys, newKey(identity)); len(keys) > MaxKeys {
			return nil, exo.Errorf(op, exo.Invalid, nil, "the master key file has more than %d keys", MaxKeys)
		}
	}
	if len(keys) == 0 {
		return nil, exo.Errorf(op, exo.Invalid, nil, "the master key file holds no key").
			Try("get the file back from its copy; or move it away, and a new key is made: everybody signs in again then, no data are lost")
	}
	return newRing(op, keys)
}

// New makes a ring of one new key. With a nil reader the system's source of
// randomness is used.
func New(random io.Reader) (*Ring, error) {
	const op = "seal.New"
	k, err := makeKey(op, random)
	if err != nil {
		return nil, err
	}
	return newRing(op, []key{k})
}

// Rotate returns a ring with a new key in front of these.
func (r *Ring) Rotate() (*Ring, error) {
	const op = "seal.Rotate"
	if len(r.keys) >= MaxKeys {
		return nil, exo.Errorf(op, exo.Conflict, nil, "the key ring holds %d keys, and no more fit", MaxKeys).
			Try("take the oldest lines out of the master key file, once no backup needs them")
	}
	k, err := makeKey(op, nil)
	if err != nil {
		return nil, err
	}
	return newRing(op, append([]key{k}, r.keys...))
}

// Encode returns the key file.
func (r *Ring) Encode() []byte {
	var b bytes.Buffer
	b.WriteString("# Master keys of exoplanetai, newest first. Keep this file secret, keep a copy of it,\n# and keep it away from the data it protects.\n")
	for _, k := range r.keys {
		b.WriteString("# " + k.id + "\n" + k.text + "\n")
	}
	return b.Bytes()
}

// ID returns the name of the newest key, 16 hex digits.
func (r *Ring) ID() string { return r.keys[0].id }

// IDs returns the names of all keys, newest first.
func (r *Ring) IDs() []string {
	var ids []string
	for _, k := range r.keys {
		ids = append(ids, k.id)
	}
	return ids
}

func newRing(op string, keys []key) (*Ring, error) {
	r := &Ring{keys: keys, byID: map[string]*key{}}
	for i := range keys {
		if r.byID[keys[i].id] != nil {
			return nil, exo.Errorf(op, exo.Invalid, nil, "the master key file holds the key %s twice", keys[i].id)
		}
		r.byID[keys[i].id] = &keys[i]
	}
	return r, nil
}

func makeKey(op string, random io.Reader) (key, error) {
	if random == nil {
		random = rand.Reader
	}
	secret := make([]byte, secretSize)
	if _, err := io.ReadFull(random, secret); err != nil {
		return key{}, exo.E(op, exo.Internal, nil, err)
	}
	identity, err := age.ParseX25519Identity(strings.ToUpper(bech32("age-secret-key-", secret)))
	if err != nil {
		return key{}, exo.E(op, exo.Internal, nil, err)
	}
	return newKey(identity), nil
}

// newKey derives from the text of an identity, which has all of its entropy.
func newKey(identity *age.X25519Identity) key {
	text := identity.String()
	return key{id: hex.EncodeToString(derive(text, "id", 8)), text: text, identity: identity, mac: derive(text, "mac", sha256.Size)}
}

func derive(text, what string, size int) []byte {
	b, err := hkdf.Key(sha256.New, []byte(text), nil, "exoplanetai seal 1 "+what, size)
	if err != nil {
		panic("seal: " + err.Error()) // only for sizes above 255 × 32 or a hash that is not approved
	}
	return b
}
