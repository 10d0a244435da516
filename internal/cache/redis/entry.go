package redis

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"hash"

	"exoplanetai/internal/cache"
)

// Limits of what is kept in Redis. A larger value takes longer to fetch than a
// call may last, and than most answers take to make.
const (
	maxRaw   = 4 << 20 // bytes of a value
	maxEntry = 2 << 20 // bytes of an entry, after compression
)

// The parts of an entry; see the package comment.
const (
	magic    = "exoR"
	formAt   = len(magic)
	expireAt = formAt + 1
	sizeAt   = expireAt + 8
	digestAt = sizeAt + 4
	restAt   = digestAt + sha256.Size
)

const (
	formPlain = 0
	formZstd  = 1
)

// codec writes and reads entries. It is safe for use by several goroutines.
type codec struct {
	key  []byte // of the digest; nil: none
	pack *cache.Packer
}

func newCodec(key []byte) (codec, error) {
	pack, err := cache.NewPacker(maxRaw)
	return codec{bytes.Clone(key), pack}, err
}

// encode makes an entry; false if the value is too large to be kept.
func (c codec) encode(key string, value []byte, expires int64) ([]byte, bool) {
	if len(value) > maxRaw {
		return nil, false
	}
	form, rest := byte(formPlain), value
	if z, ok := c.pack.Pack(value); ok {
		form, rest = formZstd, z
	}
	if restAt+len(rest) > maxEntry {
		return nil, false
	}
	e := make([]byte, restAt, restAt+len(rest))
	copy(e, magic)
	e[formAt] = form
	binary.BigEndian.PutUint64(e[expireAt:], uint64(expires))
	binary.BigEndian.PutUint32(e[sizeAt:], uint32(len(value)))
	e = append(e, rest...)
	copy(e[digestAt:], c.digest(key, e))
	return e, true
}

// decode checks an entry. The value is the caller's own.
func (c codec) decode(key string, e []byte) (value []byte, expires int64, ok bool) {
	if len(e) < restAt || len(e) > maxEntry || string(e[:formAt]) != magic {
		return nil, 0, false
	}
	if subtle.ConstantTimeCompare(c.digest(key, e), e[digestAt:restAt]) != 1 {
		return nil, 0, false
	}
	expires = int64(binary.BigEndian.Uint64(e[expireAt:]))
	size, rest := binary.BigEndian.Uint32(e[sizeAt:]), e[restAt:]
	switch {
	case size > maxRaw:
		return nil, 0, false
	case e[formAt] == formPlain:
		value = bytes.Clone(rest)
	case e[formAt] == formZstd:
		if value, ok = c.pack.Unpack(rest, int(size)); !ok {
			return nil, 0, false
		}
	default:
		return nil, 0, false
	}
	if len(value) != int(size) {
		return nil, 0, false
	}
	if value == nil {
		value = []byte{}
	}
	return value, expires, true
}

// digest seals all of an entry but the digest itself, and the key.
func (c codec) digest(key string, e []byte) []byte {
	var h hash.Hash
	if c.key == nil {
		h = sha256.New()
	} else {
		h = hmac.New(sha256.New, c.key)
	}
	var n [2]byte
	binary.BigEndian.PutUint16(n[:], uint16(len(key))) // at most cache.MaxKey
	h.Write(e[:digestAt])
	h.Write(n[:])
	h.Write([]byte(key))
	h.Write(e[restAt:])
	return h.Sum(nil)
}

func (c codec) close() { c.pack.Close() }
