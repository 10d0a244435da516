package history

import (
	"container/list"
	"sync"
)

// shelf keeps what was made, up to a number and a weight; what was not used for
// the longest time goes first. The last that was put is always kept.
type shelf[K comparable, V any] struct {
	count  int
	weight int64

	mu    sync.Mutex // guards what follows
	used  *list.List // of *book, the last used in front
	at    map[K]*list.Element
	total int64
}

type book[K comparable, V any] struct {
	key    K
	value  V
	weight int64
}

func newShelf[K comparable, V any](count int, weight int64) *shelf[K, V] {
	return &shelf[K, V]{count: count, weight: weight, used: list.New(), at: map[K]*list.Element{}}
}

func (s *shelf[K, V]) get(key K) (v V, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.at[key]
	if !ok {
		return v, false
	}
	s.used.MoveToFront(e)
	return e.Value.(*book[K, V]).value, true
}

func (s *shelf[K, V]) put(key K, value V, weight int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.at[key]; ok {
		s.drop(e)
	}
	s.at[key] = s.used.PushFront(&book[K, V]{key, value, weight})
	s.total += weight
	for s.used.Len() > 1 && (s.used.Len() > s.count || s.total > s.weight) {
		s.drop(s.used.Back())
	}
}

func (s *shelf[K, V]) drop(e *list.Element) {
	b := s.used.Remove(e).(*book[K, V])
	delete(s.at, b.key)
	s.total -= b.weight
}
