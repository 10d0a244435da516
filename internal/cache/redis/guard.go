package redis

import (
	"context"
	"crypto/tls"
	"net"
	"strconv"
	"sync/atomic"

	"exoplanetai/internal/exo"
)

// dial makes a connection that ends with the link, and is read with care.
func (l *link) dial(ctx context.Context, address string, d *net.Dialer, t *tls.Config) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.ctx, cancel)()
	var c net.Conn
	var err error
	if t != nil {
		c, err = (&tls.Dialer{NetDialer: d, Config: t}).DialContext(ctx, "tcp", address)
	} else {
		c, err = d.DialContext(ctx, "tcp", address)
	}
	if err != nil {
		return nil, exo.E("redis.dial", exo.Unavailable, nil, err)
	}
	return &guard{Conn: c}, nil
}

// guard is a connection on which nothing comes in but whole RESP3 replies of
// reasonable size, no more of them than commands went out. The library believes
// every length that it is told and every reply to be asked for, and would end the
// program over a wrong one.
type guard struct {
	net.Conn
	in, out frames
	asked   atomic.Int64
}

// Read implements net.Conn. Bytes with something wrong in them are not handed on.
func (g *guard) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	done, ok := g.in.scan(p[:n])
	if !ok || g.asked.Add(-int64(done)) < 0 {
		return 0, exo.Errorf("redis.Read", exo.Upstream, nil, "what answers there is no Redis, or one out of its mind")
	}
	return n, err
}

// Write implements net.Conn.
func (g *guard) Write(p []byte) (int, error) {
	done, _ := g.out.scan(p) // our own
	g.asked.Add(int64(done))
	return g.Conn.Write(p)
}

// Limits of a reply.
const (
	maxText  = maxRaw + 1<<10 // bytes of one text; also of a command's
	maxLine  = 16 << 10       // bytes of a line, such as an error
	maxItems = 100_000        // announced in a whole reply
	maxDepth = 8              // of lists in lists
)

// frames follows a stream of RESP3 frames (Redis, RESP protocol specification).
// What a Redis sends only to those who ask for it, or never sends, is refused:
// pushes, attributes, texts and lists of unknown length.
type frames struct {
	line  []byte        // the unfinished line, without its end
	skip  int           // bytes of a text that are still to come, with its end
	open  [maxDepth]int // items that each open list still lacks
	depth int           // lists that are open
	items int           // announced in the present reply
}

// scan goes through the next bytes, and counts the replies that they complete;
// false if something is wrong with them.
func (f *frames) scan(p []byte) (done int, ok bool) {
	for len(p) > 0 {
		if f.skip > 2 {
			n := min(f.skip-2, len(p))
			f.skip, p = f.skip-n, p[n:]
			continue
		}
		b := p[0]
		p = p[1:]
		switch {
		case f.skip > 0:
			if b != "\n\r"[f.skip-1] {
				return done, false
			}
			if f.skip--; f.skip > 0 {
				continue
			}
		case b != '\n':
			if f.line = append(f.line, b); len(f.line) > maxLine {
				return done, false
			}
			continue
		default:
			whole, ok := f.header()
			if !ok {
				return done, false
			}
			if !whole {
				continue
			}
		}
		if f.close() {
			done++
		}
	}
	return done, true
}

// header takes a line for what it announces; true if that is all there is of it.
func (f *frames) header() (whole, ok bool) {
	n := len(f.line)
	if n < 2 || f.line[n-1] != '\r' {
		return false, false
	}
	kind, text := f.line[0], string(f.line[1:n-1])
	f.line = f.line[:0]
	switch kind {
	case '+', '-', ',', '(':
		return true, true
	case '_':
		return true, text == ""
	case '#':
		return true, text == "t" || text == "f"
	case ':':
		_, err := strconv.ParseInt(text, 10, 64)
		return true, err == nil
	case '$', '!', '=':
		size, err := strconv.Atoi(text)
		if kind == '$' && text == "-1" {
			return true, true
		}
		f.skip = size + 2
		return false, err == nil && size >= 0 && size <= maxText
	case '*', '~', '%':
		return f.list(kind, text)
	}
	return false, false
}

// list opens a list, a set or a map.
func (f *frames) list(kind byte, text string) (whole, ok bool) {
	if kind == '*' && text == "-1" {
		return true, true
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > maxItems {
		return false, false
	}
	if kind == '%' {
		n *= 2
	}
	if n == 0 {
		return true, true
	}
	if f.items += n; f.items > maxItems || f.depth == maxDepth {
		return false, false
	}
	f.open[f.depth] = n
	f.depth++
	return false, true
}

// close ends an item, and the lists that it was the last of; true if that ends
// the reply.
func (f *frames) close() bool {
	for f.depth > 0 {
		top := &f.open[f.depth-1]
		if *top--; *top > 0 {
			return false
		}
		f.depth--
	}
	f.items = 0
	return true
}
