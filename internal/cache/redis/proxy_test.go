package redis_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// proxy stands between a cache and its Redis, and spoils the way between them.
type proxy struct {
	Addr   string
	delay  atomic.Int64 // ns before each piece of an answer
	hang   atomic.Bool  // answers stay away
	mangle atomic.Pointer[func([]byte) []byte]

	mu    sync.Mutex
	conns map[net.Conn]bool
	done  chan struct{}
	work  sync.WaitGroup
}

func newProxy(t testing.TB, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Addr: l.Addr().String(), conns: map[net.Conn]bool{}, done: make(chan struct{})}
	p.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s, err := net.Dial("tcp", to)
			if err != nil {
				_ = c.Close()
				continue
			}
			p.mu.Lock()
			p.conns[c], p.conns[s] = true, true
			p.mu.Unlock()
			p.work.Go(func() { p.pass(s, c, false) })
			p.work.Go(func() { p.pass(c, s, true) })
		}
	})
	t.Cleanup(func() {
		close(p.done)
		_ = l.Close()
		p.cut()
		p.work.Wait()
	})
	return p
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
	clear(p.conns)
}

func (p *proxy) pass(to, from net.Conn, answers bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		data := buf[:n]
		if answers {
			p.wait(time.Duration(p.delay.Load()))
			for p.hang.Load() {
				if !p.wait(5 * time.Millisecond) {
					return
				}
			}
			if f := p.mangle.Load(); f != nil {
				data = (*f)(data)
			}
		}
		if _, err := to.Write(data); err != nil {
			return
		}
	}
}

// wait sleeps, unless the test is over.
func (p *proxy) wait(d time.Duration) bool {
	select {
	case <-p.done:
		return false
	case <-time.After(d):
		return true
	}
}

// stranger is a server that says one thing to everybody.
func stranger(t testing.TB, say string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	done := make(chan struct{})
	work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer c.Close()
				go func() { _, _ = io.Copy(io.Discard, c) }()
				for {
					select {
					case <-done:
						return
					case <-time.After(2 * time.Millisecond):
					}
					if _, err := c.Write([]byte(say)); err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		close(done)
		_ = l.Close()
		work.Wait()
	})
	return l.Addr().String()
}
