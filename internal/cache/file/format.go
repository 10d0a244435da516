package file

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"

	"exoplanetai/internal/cache"
	"exoplanetai/internal/exo"
)

// magic is the first line; another number is another format, and a miss.
const magic = "exocache 2\n"

// maxHeader bounds the two first lines; a key is a third longer as base64.
const maxHeader = 2*cache.MaxKey + 512

// maxFile bounds a whole file.
const maxFile = cache.MaxValue + maxHeader

// header is the second line.
type header struct {
	Key     []byte     `json:"key"`
	Expires int64      `json:"expires"` // nanoseconds since 1970; 0: never
	Size    int        `json:"size"`    // bytes of the value
	Packed  bool       `json:"packed"`  // what follows is the value packed by cache.Packer
	Digest  exo.Digest `json:"digest"`
}

// fileName is the name under which a key's value is kept.
func fileName(key string) string { return exo.DigestOf([]byte(key)).Hex() + suffix }

// seal is the digest of all that matters in a file of which rest follows the header.
func (h header) seal(rest []byte) exo.Digest {
	var n [25]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(h.Key)))
	binary.BigEndian.PutUint64(n[8:], uint64(h.Expires))
	binary.BigEndian.PutUint64(n[16:], uint64(h.Size))
	if h.Packed {
		n[24] = 1
	}
	s := sha256.New()
	s.Write(n[:])
	s.Write(h.Key)
	s.Write(rest)
	var d exo.Digest
	s.Sum(d[:0])
	return d
}

// codec writes and reads the cache's files.
type codec struct{ pack *cache.Packer }

func (c codec) encode(h header, value []byte) []byte {
	rest := value
	h.Size = len(value)
	if z, ok := c.pack.Pack(value); ok {
		h.Packed, rest = true, z
	}
	h.Digest = h.seal(rest)
	line, _ := json.Marshal(h) // plain fields cannot fail
	data := make([]byte, 0, len(magic)+len(line)+1+len(rest))
	data = append(data, magic...)
	data = append(data, line...)
	data = append(data, '\n')
	return append(data, rest...)
}

// decode checks a file. The value may be a part of data.
func (c codec) decode(data []byte) (header, []byte, bool) {
	h, value, ok := decodeHeader(data)
	if !ok || h.Size < 0 || h.Size > cache.MaxValue || h.seal(value) != h.Digest {
		return header{}, nil, false
	}
	if h.Packed {
		value, ok = c.pack.Unpack(value, h.Size)
	}
	return h, value, ok && len(value) == h.Size
}

// decodeHeader reads the two first lines and returns what follows them.
func decodeHeader(data []byte) (header, []byte, bool) {
	rest, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok {
		return header{}, nil, false
	}
	line, value, ok := bytes.Cut(rest, []byte("\n"))
	if !ok || len(line) > maxHeader {
		return header{}, nil, false
	}
	var h header
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&h); err != nil {
		return header{}, nil, false
	}
	// Only the very bytes that encode writes count as a header.
	if canonical, err := json.Marshal(h); err != nil || !bytes.Equal(canonical, line) {
		return header{}, nil, false
	}
	return h, value, true
}
