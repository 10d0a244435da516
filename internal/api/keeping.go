package api

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"

	"exoplanetai/internal/exo"
)

// keptFields are the header fields that belong to an answer, not to a request.
var keptFields = []string{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Type", "Etag", "Link", "X-Total-Count"}

// maxKeptKey bounds what a request may ask for to be answered from what is kept.
const maxKeptKey = 4096

// keeping answers from what is kept where the table of access says that an
// answer depends on nothing but the address, the accepted forms and what is
// held: never on the caller. X-Cache tells hit or miss, Age how old it is
// (RFC 9111 §5.1).
func (s *Server) keeping(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := callOf(r.Context())
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			defer s.kept.changed()
		}
		if c.access == nil || !c.access.Kept || r.Method != http.MethodGet || s.kept.stamps == nil || len(r.RequestURI) > maxKeptKey {
			next.ServeHTTP(w, r)
			return
		}
		key, err := s.pageKey(r)
		if err != nil {
			next.ServeHTTP(w, r) // the handler tells better what is out of order
			return
		}
		pg := s.kept.get(r.Context(), key)
		if pg == nil {
			var done func()
			pg, done = s.kept.await(r.Context(), key)
			defer done()
		}
		if pg != nil {
			c.Cache, c.Age = "hit", s.clock().Sub(pg.At)
			s.sendKept(w, r, pg)
			return
		}
		c.Cache = "miss"
		w.Header()["X-Cache"] = []string{"miss"}
		t := &taking{ResponseWriter: w, call: c}
		next.ServeHTTP(t, r)
		s.take200(r.Context(), key, t)
	})
}

// pageKey names everything that an answer depends on.
func (s *Server) pageKey(r *http.Request) (string, error) {
	stamp, err := s.kept.now(r.Context())
	if err != nil {
		return "", err
	}
	zip := "plain"
	if takesGzip(r.Header.Get("Accept-Encoding")) {
		zip = "gzip"
	}
	key := "page/1/" + stamp + "/" + zip + "/" + r.Header.Get("Accept") + "/" + r.URL.EscapedPath() + "?" + r.URL.RawQuery
	if len(key) > 200 || s.kept.shared != nil {
		key = "page/1/" + exo.DigestOf([]byte(s.version+"\n"+key)).Hex()
	}
	return key, nil
}

// sendKept sends a page that was kept.
func (s *Server) sendKept(w http.ResponseWriter, r *http.Request, pg *page) {
	h := w.Header()
	for name, values := range pg.Header {
		h[name] = values
	}
	h.Add("Vary", "Accept, Accept-Encoding")
	h["X-Cache"] = []string{"hit"}
	h["Age"] = []string{strconv.FormatInt(int64(s.clock().Sub(pg.At).Seconds()), 10)}
	if tag := h.Get("ETag"); tag != "" && matches(r.Header.Get("If-None-Match"), tag) {
		h.Del("Content-Type")
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h["Content-Length"] = []string{strconv.Itoa(len(pg.Body))}
	if _, err := w.Write(pg.Body); err != nil {
		s.log.Debug("the client left before its answer", "request_id", requestID(r.Context()), "error", err)
	}
}

// take200 keeps a whole good answer, unless something was changed while it was
// made: it might be made of both.
func (s *Server) take200(ctx context.Context, key string, t *taking) {
	if t.call.Status != http.StatusOK || t.over || t.header == nil {
		return
	}
	pg := &page{At: s.clock().UTC(), Header: t.header, Body: slices.Clip(t.body.Bytes())}
	if err := s.kept.put(ctx, key, pg); err != nil {
		s.log.Debug("an answer is not kept in the shared cache", "request_id", requestID(ctx), "error", err)
	}
}

// taking copies an answer on its way, up to a limit.
type taking struct {
	http.ResponseWriter
	call   *Call
	header http.Header // as the answer began
	body   bytes.Buffer
	over   bool // it was larger, or a write failed
}

func (t *taking) begin() {
	if t.header != nil {
		return
	}
	t.header = http.Header{}
	for _, name := range keptFields {
		if v := t.Header()[name]; v != nil {
			t.header[name] = slices.Clone(v)
		}
	}
}

func (t *taking) WriteHeader(status int) {
	t.begin()
	t.ResponseWriter.WriteHeader(status)
}

func (t *taking) Write(b []byte) (int, error) {
	t.begin()
	n, err := t.ResponseWriter.Write(b)
	if t.body.Len()+n > maxKeptPage || err != nil {
		t.over, t.body = true, bytes.Buffer{}
	} else if !t.over {
		t.body.Write(b[:n])
	}
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (t *taking) Unwrap() http.ResponseWriter { return t.ResponseWriter }
