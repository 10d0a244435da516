package api

import (
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// sendCurve writes an answer, compressed where the client takes that. The
// header is complete before the first byte; nothing can fail after it but the
// connection.
func (s *Server) sendCurve(w http.ResponseWriter, r *http.Request, a *curveAnswer) {
	h := w.Header()
	zip := takesGzip(r.Header.Get("Accept-Encoding"))
	h.Add("Vary", "Accept, Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if a.etag != "" {
		tag := `"` + a.etag + `"`
		if zip {
			tag = `"` + a.etag + `-gzip"`
		}
		h.Set("ETag", tag)
		if matches(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Type", curveTypes[a.q.form])
	h.Set("X-Points", strconv.Itoa(a.points))
	h.Set("X-Time-Scale", string(a.scale()))
	if a.points != a.of {
		h.Set("X-Decimated", strconv.Itoa(a.points)+" of "+strconv.Itoa(a.of)+"; min-max")
	}
	var out io.Writer = w
	if zip {
		h.Set("Content-Encoding", "gzip")
		z := zippers.Get().(*gzip.Writer)
		z.Reset(w)
		defer zippers.Put(z)
		defer func() { s.left(r, z.Close()) }()
		out = z
	} else if a.q.form == formBin {
		h.Set("Content-Length", strconv.Itoa(pointBytes*a.points))
	}
	c := &chunks{w: out, done: r.Context().Done(), buf: make([]byte, 0, chunkBytes+chunkSlack)}
	switch a.q.form {
	case formCSV:
		a.writeCSV(c)
	case formBin:
		a.writeBin(c)
	default:
		a.writeJSON(c)
	}
	c.flush()
	s.left(r, c.err)
}

// left notes a client that did not wait for the end of its answer.
func (s *Server) left(r *http.Request, err error) {
	if err != nil {
		s.log.Debug("the client left before its answer", "request_id", requestID(r.Context()), "error", err)
	}
}

// zippers are used again: each holds a large window. The fastest level suits
// numbers, whose last digits no level makes smaller.
var zippers = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	if err != nil { // the level is a constant
		z = gzip.NewWriter(io.Discard)
	}
	return z
}}

const (
	chunkBytes = 64 << 10
	chunkSlack = 4 << 10 // more than one row needs
)

// chunks collects bytes and writes them in large pieces. After an error, or
// when the client has left, it takes more and does nothing with it.
type chunks struct {
	w    io.Writer
	done <-chan struct{}
	buf  []byte
	err  error
}

// room writes what is there if a row might not fit any more.
func (c *chunks) room() {
	if len(c.buf) >= chunkBytes {
		c.flush()
	}
}

func (c *chunks) flush() {
	select {
	case <-c.done:
		if c.err == nil {
			c.err = io.ErrClosedPipe
		}
	default:
	}
	if c.err == nil && len(c.buf) > 0 {
		_, c.err = c.w.Write(c.buf)
	}
	c.buf = c.buf[:0]
}

// text appends a text of any length.
func (c *chunks) text(s string) {
	c.buf = append(c.buf, s...)
	c.room()
}
