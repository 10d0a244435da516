package sample

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// wire plays the faults of the connection: those that replace the answer at
// once, and those that change its bytes on the way. Without faults the writer
// is handed back as it is, so that files go out by the kernel's short way.
func (r *request) wire(w http.ResponseWriter) (out http.ResponseWriter, finish func(), done bool) {
	if v, ok := r.fault("delay"); ok {
		d, _ := time.ParseDuration(v) // checked when the fault was set
		r.wait(d)
	}
	if _, ok := r.fault("reset"); ok {
		panic(http.ErrAbortHandler) // net/http's word for closing the connection
	}
	if v, ok := r.fault("redirect"); ok {
		w.Header().Set("Location", strings.TrimSuffix(v, "/")+r.URL.RequestURI())
		w.WriteHeader(http.StatusFound)
		return w, nil, true
	}
	if v, ok := r.fault("status"); ok {
		code, after, has := strings.Cut(v, ":")
		if has {
			w.Header().Set("Retry-After", after)
		}
		n, _ := strconv.Atoi(code)
		http.Error(w, http.StatusText(n), n)
		return w, nil, true
	}
	if _, ok := r.fault("html"); ok {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body><h1>We are down for maintenance</h1></body></html>\n")
		return w, nil, true
	}
	f := &faulty{ResponseWriter: w, r: r, cut: -1, stall: -1, end: -1, flip: -1}
	if !f.arm(r) {
		return w, func() {}, false
	}
	return f, f.finish, false
}

// wait sleeps until the time is up or the client has gone.
func (r *request) wait(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	}
}

// longestStall is how long a stalled answer holds its connection if the client
// does not give up.
const longestStall = 10 * time.Minute

// faulty changes an answer's bytes on their way.
type faulty struct {
	http.ResponseWriter
	r                     *request
	cut, stall, end, flip int64 // byte positions; -1: not
	zipEnd                int64 // compressed bytes sent before the end
	zip                   bool
	noLength              bool
	lengthOff             int64
	slow                  int64 // bytes a second; 0: as fast as it goes

	n      int64 // bytes of the body so far
	header bool
	gz     *gzip.Writer
}

// arm takes the faults that apply; false if there are none. They count for
// answers with a body only.
func (f *faulty) arm(r *request) bool {
	armed := false
	size := func(kind string, to *int64) bool {
		v, ok := r.fault(kind)
		if ok {
			*to, _ = strconv.ParseInt(v, 10, 64)
			armed = true
		}
		return ok
	}
	if _, ok := r.fault("nolength"); ok {
		f.noLength, armed = true, true
	}
	size("wronglength", &f.lengthOff)
	if r.Method == http.MethodHead {
		return armed
	}
	size("slow", &f.slow)
	size("cut", &f.cut)
	size("stall", &f.stall)
	size("truncate", &f.end)
	size("corrupt", &f.flip)
	f.zip = size("gzipcut", &f.zipEnd)
	return armed
}

// WriteHeader sends the header as the faults want it.
func (f *faulty) WriteHeader(code int) {
	if f.header {
		return
	}
	f.header = true
	h := f.Header()
	if f.noLength || f.zip || f.end >= 0 {
		h.Del("Content-Length")
	}
	if n, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64); err == nil && f.lengthOff != 0 {
		h.Set("Content-Length", strconv.FormatInt(max(0, n+f.lengthOff), 10))
	}
	if f.zip {
		h.Set("Content-Encoding", "gzip")
	}
	f.ResponseWriter.WriteHeader(code)
	if f.noLength || f.zip || f.end >= 0 {
		f.Flush() // so that no length is worked out afterwards
	}
}

// Flush sends what is buffered.
func (f *faulty) Flush() { _ = http.NewResponseController(f.ResponseWriter).Flush() }

// Write sends body bytes until a fault ends them.
func (f *faulty) Write(p []byte) (int, error) {
	if !f.header {
		f.WriteHeader(http.StatusOK)
	}
	if f.zip {
		if f.gz == nil {
			f.gz = gzip.NewWriter(zipSink{f})
		}
		return f.gz.Write(p)
	}
	return f.send(p)
}

// send passes bytes on up to the position of a fault, and plays it there.
func (f *faulty) send(p []byte) (int, error) {
	whole := len(p)
	for _, at := range []int64{f.cut, f.stall, f.end} {
		if at >= 0 && f.n+int64(len(p)) > at {
			p = p[:max(0, at-f.n)]
		}
	}
	if i := f.flip - f.n; f.flip >= 0 && i >= 0 && i < int64(len(p)) {
		p = append([]byte(nil), p...)
		p[i] ^= 0x20
	}
	n, err := f.pace(p)
	f.n += int64(n)
	if err != nil || len(p) == whole {
		return n, err
	}
	switch f.n {
	case f.cut:
		f.Flush()
		panic(http.ErrAbortHandler)
	case f.stall:
		f.Flush()
		f.r.wait(longestStall)
		panic(http.ErrAbortHandler)
	}
	return whole, nil // the rest is swallowed
}

// pace writes bytes at the speed that the fault sets, in tenths of a second.
func (f *faulty) pace(p []byte) (n int, err error) {
	if f.slow == 0 {
		return f.ResponseWriter.Write(p)
	}
	step := int(min(max(f.slow/10, 1), int64(len(p))))
	for n < len(p) && err == nil {
		var k int
		k, err = f.ResponseWriter.Write(p[n:min(n+step, len(p))])
		n += k
		f.Flush()
		f.r.wait(100 * time.Millisecond)
		if err == nil {
			err = f.r.Context().Err()
		}
	}
	return n, err
}

// zipSink takes compressed bytes up to the end that the fault sets.
type zipSink struct{ f *faulty }

// Write sends compressed bytes and swallows those behind the end.
func (z zipSink) Write(p []byte) (int, error) {
	whole := len(p)
	if z.f.n+int64(len(p)) > z.f.zipEnd {
		p = p[:max(0, z.f.zipEnd-z.f.n)]
	}
	n, err := z.f.ResponseWriter.Write(p)
	z.f.n += int64(n)
	if err != nil {
		return n, err
	}
	return whole, nil
}

// finish ends a compressed body; the sink swallows what comes behind the cut.
func (f *faulty) finish() {
	if f.gz != nil {
		_ = f.gz.Close() // the client has gone if this fails
	}
}
