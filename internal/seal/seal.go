package seal

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"strings"

	"filippo.io/age"

	"exoplanetai/internal/exo"
)

// MaxSecret is the length of the longest secret that can be sealed, in bytes.
const MaxSecret = 1 << 20

const (
	magic    = "exoseal/1"
	idDigits = 16
	headSize = len(magic) + 1 + idDigits + 1 + 2*sha256.Size + 1
	maxExtra = 4 << 10 // more than age's header and tags add
)

// Seal encrypts a secret with the newest key. The purpose says what the secret
// is and where it belongs ("signing key 4f…"); it is not stored, and
// [Ring.Open] must be given the same.
//
// exo.TooLarge above MaxSecret.
func (r *Ring) Seal(plain []byte, purpose string) ([]byte, error) {
	const op = "seal.Seal"
	if len(plain) > MaxSecret {
		return nil, exo.Errorf(op, exo.TooLarge, purpose, "a secret may have %d bytes, this one has %d", MaxSecret, len(plain))
	}
	k := &r.keys[0]
	var body bytes.Buffer
	w, err := age.Encrypt(&body, k.identity.Recipient())
	if err != nil {
		return nil, exo.E(op, exo.Internal, purpose, err)
	}
	for _, part := range [][]byte{k.tag(plain, purpose), plain} {
		if _, err := w.Write(part); err != nil {
			return nil, exo.E(op, exo.Internal, purpose, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, exo.E(op, exo.Internal, purpose, err)
	}
	return append(head(k.id, body.Bytes()), body.Bytes()...), nil
}

// Open decrypts what Seal made for the same purpose.
//
// Errors: exo.Denied if it was sealed with a key that is not in the ring,
// exo.Corrupt if a byte of it is not what it was, or if it was made for another
// purpose or by somebody who does not have the key.
func (r *Ring) Open(sealed []byte, purpose string) ([]byte, error) {
	const op = "seal.Open"
	id, ok := idOf(sealed)
	if !ok {
		return nil, damaged(op, purpose, nil)
	}
	k := r.byID[id]
	if k == nil {
		return nil, exo.Errorf(op, exo.Denied, purpose, "it was sealed with the master key %s, which is not the one that is set", id).
			Try("set security.master_key_file to the file that holds this key; a lost key costs only what was sealed, which can be made anew")
	}
	plain, err := age.Decrypt(bytes.NewReader(sealed[headSize:]), k.identity)
	if err != nil {
		return nil, damaged(op, purpose, err)
	}
	all, err := io.ReadAll(plain) // bounded by idOf
	if err != nil {
		return nil, damaged(op, purpose, err)
	}
	if len(all) < sha256.Size || !hmac.Equal(all[:sha256.Size], k.tag(all[sha256.Size:], purpose)) {
		return nil, damaged(op, purpose, nil)
	}
	return all[sha256.Size:], nil
}

// KeyOf returns the name of the key that the bytes were sealed with, without
// opening them. exo.Corrupt as for [Ring.Open].
func KeyOf(sealed []byte) (string, error) {
	id, ok := idOf(sealed)
	if !ok {
		return "", damaged("seal.KeyOf", "", nil)
	}
	return id, nil
}

// tag binds the secret to its purpose and to the holder of the key. The length
// comes first, so that no end of a purpose can pass for the start of a secret.
func (k *key) tag(plain []byte, purpose string) []byte {
	h := hmac.New(sha256.New, k.mac)
	_ = binary.Write(h, binary.BigEndian, uint64(len(purpose))) // a hash takes all
	_, _ = io.WriteString(h, purpose)
	_, _ = h.Write(plain)
	return h.Sum(nil)
}

// head is the line in front of the age file. Its digest is what tells damage
// from a wrong key: age itself cannot, where the damage is in its header.
func head(id string, body []byte) []byte {
	h := sha256.New()
	_, _ = io.WriteString(h, magic+" "+id+"\n")
	_, _ = h.Write(body)
	return []byte(magic + " " + id + " " + hex.EncodeToString(h.Sum(nil)) + "\n")
}

func idOf(sealed []byte) (string, bool) {
	if len(sealed) < headSize || len(sealed) > headSize+maxExtra+MaxSecret {
		return "", false
	}
	words := strings.Split(string(sealed[:headSize]), " ")
	if len(words) != 3 || !bytes.Equal(head(words[1], sealed[headSize:]), sealed[:headSize]) {
		return "", false
	}
	return words[1], true
}

func damaged(op, purpose string, cause error) error {
	var item any
	if purpose != "" {
		item = purpose
	}
	return exo.E(op, exo.Corrupt, item, cause).Say("a sealed secret is damaged, or not where it was put").
		Try("get the database back from a backup; or let the secret be made anew")
}
