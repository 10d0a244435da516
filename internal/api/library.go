package api

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"exoplanetai/internal/cache"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// Library is the store behind the storage routes.
type Library interface {
	Stats(ctx context.Context) (store.Stats, error)
	Get(ctx context.Context, p exo.Path) (store.Meta, error)   // exo.NotFound
	Read(ctx context.Context, p exo.Path) (*store.File, error) // exo.NotFound, exo.Corrupt
	// Checksums returns the file checksums/<name>; exo.NotFound.
	Checksums(ctx context.Context, name string) ([]byte, error)
}

// CacheStats tells how the cache does.
type CacheStats interface {
	Stats(ctx context.Context) (cache.Stats, error)
}

// storageStats is the answer of GET /data/storage/stats.
type storageStats struct {
	Total     store.Amount    `json:"total" doc:"what is stored"`
	Folders   []store.Folder  `json:"folders" doc:"the same by folder"`
	Disk      store.Disk      `json:"disk" doc:"the file system that holds the tree; bytes"`
	Cache     cache.Stats     `json:"cache"`
	Growth    store.Growth    `json:"growth"`
	Integrity store.Integrity `json:"integrity" doc:"how far the stored bytes have been read back and found right"`
}

type statsOutput struct{ Body storageStats }

type fileInput struct {
	Path        string `path:"path" doc:"a path in the data tree, below raw, lightcurves, processed, metadata or checksums" example:"lightcurves/tess/s0001/tess2018206045859-s0001-0000000441420236-0120-s_lc.fits"`
	Range       string `header:"Range" doc:"bytes=0-2879 for the first FITS block"`
	IfRange     string `header:"If-Range" doc:"the ETag that the range belongs to"`
	IfNoneMatch string `header:"If-None-Match" doc:"answer 304 if the ETag is still this one"`
}

func (s *Server) storeRoutes(api huma.API) {
	register(s, api, huma.Operation{
		OperationID: "storage-stats", Method: http.MethodGet, Path: Base + "/data/storage/stats", Tags: []string{"storage"},
		Summary: "See what is stored", Description: "Bytes and files by folder, the disk, the cache, growth, and how well the bytes are proved.",
	}, s.stats)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		op := huma.Operation{
			OperationID: strings.ToLower(method) + "-file", Method: method, Path: Base + "/files/{path...}", Tags: []string{"storage"},
			Summary: "Read a stored file",
			Description: "The bytes as the archive sent them, compared with their digest before the first is sent; a damaged file is never served. " +
				"The ETag is the digest.",
			Responses: map[string]*huma.Response{
				"200": fileResponse("The file."), "206": fileResponse("The ranges asked for."),
				"304": {Description: "The file is still the one named."}, "416": problemResponse(api, "The range lies outside the file."),
			},
		}
		if method == http.MethodHead {
			op.Summary = "See the length and digest of a stored file"
			op.Responses["200"] = &huma.Response{Description: "The header fields of the file."}
			delete(op.Responses, "206")
		}
		register(s, api, op, s.file)
	}
}

func fileResponse(doc string) *huma.Response {
	return &huma.Response{
		Description: doc,
		Headers: map[string]*huma.Param{
			"ETag": {Schema: &huma.Schema{Type: "string"}, Description: `the digest, "sha256:…"`},
		},
		Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
	}
}

func (s *Server) stats(ctx context.Context, _ *struct{}) (*statsOutput, error) {
	st, err := s.library.Stats(ctx)
	if err != nil {
		return nil, err
	}
	out := &statsOutput{storageStats{Total: st.Total, Folders: st.Folders, Disk: st.Disk, Growth: st.Growth, Integrity: st.Integrity}}
	if s.cache != nil {
		c, err := s.cache.Stats(ctx)
		if err != nil { // a cache out of order harms nothing else
			s.log.Warn("the cache does not tell its state", "error", err)
			return out, nil
		}
		out.Body.Cache = c
	}
	return out, nil
}

// document is a file that can be served.
type document struct {
	content io.ReadSeeker
	digest  exo.Digest
	changed time.Time
	close   func() error
}

// open finds the document that a path names. The database, the lock, staging
// and everything else that no provenance describes does not exist here.
func (s *Server) open(ctx context.Context, p exo.Path) (document, error) {
	const op = "api.files"
	unknown := exo.Errorf(op, exo.NotFound, p, "there is no file %s", p).
		Try("files are below raw, lightcurves, processed, metadata and checksums; answers of the ingest routes name them")
	switch top := p.Top(); {
	case top == "raw", top == "lightcurves", top == "processed", strings.HasPrefix(string(p), "metadata/validation/"):
		f, err := s.library.Read(ctx, p)
		if err != nil {
			return document{}, err
		}
		return document{f, f.Meta.SHA256, f.Meta.RetrievedAt, f.Close}, nil
	case top == "metadata":
		of, ok := strings.CutSuffix(strings.TrimPrefix(string(p), "metadata/"), ".json")
		if !ok {
			return document{}, unknown
		}
		m, err := s.library.Get(ctx, exo.Path(of))
		if err != nil {
			return document{}, err
		}
		text, err := store.EncodeMeta(m)
		if err != nil {
			return document{}, err
		}
		return inMemory(text, m.RetrievedAt), nil
	case top == "checksums":
		if path.Ext(string(p)) != ".sha256" || p.Dir() != "checksums" {
			return document{}, unknown
		}
		text, err := s.library.Checksums(ctx, p.Base())
		if err != nil {
			return document{}, err
		}
		return inMemory(text, time.Time{}), nil
	}
	return document{}, unknown
}

func inMemory(text []byte, changed time.Time) document {
	return document{bytes.NewReader(text), exo.DigestOf(text), changed, func() error { return nil }}
}

func (s *Server) file(ctx context.Context, in *fileInput) (*huma.StreamResponse, error) {
	p, err := exo.ParsePath(in.Path)
	if err != nil {
		return nil, err
	}
	doc, err := s.open(ctx, p)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		r, w := humago.Unwrap(hctx)
		s.send(w, r, p, doc)
		if err := doc.close(); err != nil {
			s.log.Warn("a served file did not close", "request_id", requestID(ctx), "path", string(p), "error", err)
		}
	}}, nil
}

// maxRanges bounds the ranges of one request; more are answered with the whole.
const maxRanges = 20

func (s *Server) send(w http.ResponseWriter, r *http.Request, p exo.Path, doc document) {
	h := w.Header()
	h.Set("ETag", `"`+doc.digest.String()+`"`)
	h.Set("Cache-Control", "no-cache") // keep it, and ask whether it is still this one
	h.Set("Content-Type", mediaType(p))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": p.Base()}))
	if strings.Count(r.Header.Get("Range"), ",") >= maxRanges {
		r.Header.Del("Range")
	}
	guard := &rangeGuard{ResponseWriter: w}
	http.ServeContent(guard, r, "", doc.changed, doc.content)
	if guard.refused {
		for _, name := range []string{"ETag", "Content-Disposition", "Last-Modified"} {
			h.Del(name)
		}
		err := exo.Errorf("api.files", exo.Invalid, p, "the range %q lies outside the file", clip(r.Header.Get("Range"))).
			Try("the length stands in Content-Range; ask for bytes within it")
		problem := s.problem(r.Context(), err)
		problem.Status = http.StatusRequestedRangeNotSatisfiable
		s.writeProblem(w, r, problem)
	}
}

// rangeGuard holds back the plain-text refusal of a range.
type rangeGuard struct {
	http.ResponseWriter
	refused bool
}

func (g *rangeGuard) WriteHeader(status int) {
	if g.refused = status == http.StatusRequestedRangeNotSatisfiable; !g.refused {
		g.ResponseWriter.WriteHeader(status)
	}
}

func (g *rangeGuard) Write(b []byte) (int, error) {
	if g.refused {
		return len(b), nil
	}
	return g.ResponseWriter.Write(b)
}

func mediaType(p exo.Path) string {
	switch strings.ToLower(path.Ext(string(p))) {
	case ".fits":
		return "application/fits" // RFC 4047
	case ".csv":
		return "text/csv; charset=utf-8"
	case ".json":
		return "application/json"
	case ".sha256":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

// matches reports whether an If-None-Match list holds the tag (RFC 9110 §13.1.2).
func matches(list, etag string) bool {
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimPrefix(strings.TrimSpace(item), "W/")
		if item == "*" || item == etag {
			return true
		}
	}
	return false
}
