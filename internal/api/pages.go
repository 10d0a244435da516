package api

import (
	"embed"
	"io/fs"
	"net/http"

	"exoplanetai/internal/exo"
)

//go:embed static
var static embed.FS

// pages serves the landing page, the description of the interface, and the
// style and script that they load: all from here, none from elsewhere.
func (s *Server) pages(mux *recordingMux) error {
	for _, p := range []struct{ path, file, contentType string }{
		{"GET /{$}", "index.html", "text/html; charset=utf-8"},
		{"GET /docs", "docs.html", "text/html; charset=utf-8"},
		{"GET /static/page.css", "page.css", "text/css; charset=utf-8"},
		{"GET /static/docs.js", "docs.js", "text/javascript; charset=utf-8"},
		{"GET /static/index.js", "index.js", "text/javascript; charset=utf-8"},
		{"GET /static/icon.svg", "icon.svg", "image/svg+xml"},
	} {
		body, err := fs.ReadFile(static, "static/"+p.file)
		if err != nil {
			return exo.E("api.pages", exo.Internal, p.file, err)
		}
		mux.HandleFunc(p.path, s.fixed(p.contentType, body))
	}
	spec := s.fixed("application/json", s.spec)
	mux.HandleFunc("GET /openapi.json", spec)
	mux.HandleFunc("GET "+Base+"/openapi.json", spec)
	return nil
}

// fixed answers with bytes that never change while the program runs.
func (s *Server) fixed(contentType string, body []byte) http.HandlerFunc {
	etag := `"` + exo.DigestOf(body).String() + `"`
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("ETag", etag)
		h.Set("Cache-Control", "no-cache")
		if matches(r.Header.Get("If-None-Match"), etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Type", contentType)
		if _, err := w.Write(body); err != nil {
			s.log.Debug("the client left before its answer", "request_id", requestID(r.Context()), "error", err)
		}
	}
}
