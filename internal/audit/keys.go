package audit

import (
	"context"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
)

// keyring has all keys that verify, by their identifiers, and names the one that
// seals.
type keyring struct {
	current string // "": plain
	keys    map[string][]byte
}

const minKey = 16 // bytes

// load returns the keys, asking for them at the first need.
func (l *Log) load() (*keyring, error) {
	const op = "audit.key"
	l.keyMu.Lock()
	defer l.keyMu.Unlock()
	if l.keys != nil {
		return l.keys, nil
	}
	k := &keyring{keys: map[string][]byte{"": nil}}
	if l.o.OldKeys != nil {
		old, err := l.o.OldKeys()
		if err != nil {
			return nil, exo.E(op, exo.KindOf(err), nil, err)
		}
		for _, key := range old {
			k.keys[keyID(key)] = key
		}
	}
	if l.o.Key != nil {
		key, err := l.o.Key()
		if err != nil {
			return nil, exo.E(op, exo.KindOf(err), nil, err)
		}
		if len(key) < minKey {
			return nil, exo.Errorf(op, exo.Invalid, nil, "the key of the audit log has %d bytes, fewer than %d", len(key), minKey)
		}
		k.current = keyID(key)
		k.keys[k.current] = key
	}
	l.keys = k
	return k, nil
}

// sealers makes sealers of a keyring for one goroutine.
type sealers struct {
	ring *keyring
	made map[string]*sealer
}

// of returns the sealer of a key; nil if that key is not known.
func (s *sealers) of(id string) *sealer {
	if have := s.made[id]; have != nil {
		return have
	}
	key, ok := s.ring.keys[id]
	if !ok {
		return nil
	}
	if s.made == nil {
		s.made = map[string]*sealer{}
	}
	s.made[id] = newSealer(key)
	return s.made[id]
}

// meetKey lets a chain that has been plain so far go on with the key: its first
// sealed event vouches for all before it.
func (l *Log) meetKey(ctx context.Context) error {
	if !l.o.AcceptPlain || l.o.Key == nil || l.seen.seq == 0 || !strings.HasPrefix(l.seen.mac, ":") {
		return nil
	}
	return l.Append(ctx, Event{Actor: system, Action: "audit seal", Outcome: Done, Object: "events up to " + strconv.FormatInt(l.seen.seq, 10)})
}

// What the record notes by itself.
const (
	system        = "system" // the actor
	recoverAction = "audit recover"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
