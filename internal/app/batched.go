package app

import (
	"errors"
	"io"
	"io/fs"
	"sync"
)

// batched writes what it is given beside who gives it: while one write goes on,
// what comes gathers for the next. Nothing waits for a clock; a process that is
// killed loses the lines of a moment.
type batched struct {
	to   io.Writer
	done chan struct{} // closed when the last line is written

	mu     sync.Mutex // guards what follows
	change *sync.Cond
	lines  []byte
	spare  []byte // memory of the write before
	err    error  // of the last write
	closed bool
}

// maxGathered bounds the bytes that wait; who gives more waits, too.
const maxGathered = 1 << 20

// newBatched begins to write; Close ends that.
func newBatched(to io.Writer) *batched {
	b := &batched{to: to, done: make(chan struct{})}
	b.change = sync.NewCond(&b.mu)
	go b.run()
	return b
}

// Write takes whole lines. An error is that of earlier ones.
func (b *batched) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.lines) > maxGathered && !b.closed {
		b.change.Wait()
	}
	if b.closed {
		return 0, fs.ErrClosed
	}
	if len(b.lines) == 0 {
		b.change.Broadcast()
	}
	b.lines = append(b.lines, p...)
	err := b.err
	b.err = nil
	return len(p), err
}

func (b *batched) run() {
	defer close(b.done)
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		for len(b.lines) == 0 && !b.closed {
			b.change.Wait()
		}
		if len(b.lines) == 0 {
			return
		}
		now := b.lines
		b.lines = b.spare[:0]
		b.change.Broadcast()
		b.mu.Unlock()
		_, err := b.to.Write(now)
		b.mu.Lock()
		b.spare = now
		b.err = errors.Join(b.err, err)
	}
}

// Close writes what waits.
func (b *batched) Close() error {
	b.mu.Lock()
	b.closed = true
	b.change.Broadcast()
	b.mu.Unlock()
	<-b.done
	return b.err
}
