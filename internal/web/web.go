package web

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"exoplanetai/internal/exo"
)

//go:embed static
var static embed.FS

// Policy is the Content-Security-Policy of the page: everything from here,
// nothing inline. Pictures may also come from memory, for the downloads of plots.
const Policy = "default-src 'self'; style-src 'self'; img-src 'self' data: blob:; object-src 'none'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Options says what the page tells of itself.
type Options struct {
	Version  string       // of the program; empty: not shown
	NotFound http.Handler // answers addresses that are no screen and no file; nil: the page itself does, with status 404
}

// screens are the addresses, with the module in static/screens that draws each.
var screens = []struct{ pattern, module string }{
	{"/{$}", "overview"},
	{"/catalogs", "catalogs"},
	{"/targets", "targets"},
	{"/targets/{id}", "target"},
	{"/sky", "sky"},
	{"/versions", "versions"},
	{"/validation", "validation"},
	{"/jobs", "jobs"},
	{"/storage", "storage"},
	{"/audit", "audit"},
	{"/users", "users"},
	{"/query", "query"},
}

// Routes are the patterns that Handler answers, without method: the screens that
// exist, and the files.
func Routes() []string {
	have := moduleNames()
	list := []string{"/assets/", "/favicon.ico"}
	for _, s := range screens {
		if slices.Contains(have, s.module) {
			list = append(list, s.pattern)
		}
	}
	return list
}

// moduleNames lists the screens whose module is there, in order.
func moduleNames() []string {
	entries, err := fs.ReadDir(static, "static/screens")
	if err != nil {
		panic(err) // the files are part of the program
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".js"); ok {
			names = append(names, name)
		}
	}
	return names
}

// Handler serves the page.
func Handler(o Options) http.Handler {
	files := load()
	base := "/assets/" + digestOf(files) + "/"
	page := newFile("text/html; charset=utf-8", document(files, base, o.Version))
	delete(files, "index.html") // it is what the screens' addresses answer
	mux := http.NewServeMux()
	for _, pattern := range Routes() {
		switch pattern {
		case "/assets/":
			mux.Handle(pattern, http.StripPrefix("/assets/", assets(files, base)))
		case "/favicon.ico":
			mux.Handle(pattern, files["icon.svg"].handler(http.StatusOK, "no-cache"))
		default:
			mux.Handle(pattern, page.handler(http.StatusOK, "no-cache"))
		}
	}
	if o.NotFound == nil {
		o.NotFound = page.handler(http.StatusNotFound, "no-cache")
	}
	mux.Handle("/", o.NotFound)
	return guarded(mux)
}

// guarded refuses what only reads would not do, and sets the header fields that
// keep the page from loading, framing or leaking anything.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", Policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "the page is only read: GET or HEAD", http.StatusMethodNotAllowed)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// assets serves DIGEST/NAME. Under the digest of these files a browser keeps
// them for ever; under another, of a page that an older program sent, there is
// nothing, and the page asks to be loaded again.
func assets(files map[string]*file, base string) http.Handler {
	prefix := strings.TrimPrefix(base, "/assets/")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ours := strings.CutPrefix(r.URL.Path, prefix)
		f := files[name]
		if !ours || f == nil {
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, "there is no such file in this version of the program", http.StatusNotFound)
			return
		}
		f.handler(http.StatusOK, "public, max-age=31536000, immutable").ServeHTTP(w, r)
	})
}

// mediaTypes are the files that the page is made of.
var mediaTypes = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
	".html": "text/html; charset=utf-8", ".txt": "text/plain; charset=utf-8", ".png": "image/png",
}

// load takes the files from the program, by their name below static.
func load() map[string]*file {
	files := map[string]*file{}
	err := fs.WalkDir(static, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		kind := mediaTypes[path.Ext(name)]
		if kind == "" {
			kind = mediaTypes[".txt"] // licences
		}
		body, err := static.ReadFile(name)
		if name = strings.TrimPrefix(name, "static/"); !strings.HasPrefix(name, "vendor/") && (path.Ext(name) == ".js" || path.Ext(name) == ".css") {
			body = squeeze(body)
		}
		files[name] = newFile(kind, body)
		return err
	})
	if err != nil {
		panic(err) // the files are part of the program
	}
	return files
}

// squeeze leaves out what only readers of the source want: indentation, empty
// lines, and comments that have lines of their own. What remains is the same
// program line by line, as long as no text goes over several lines, which a test
// holds the sources to.
func squeeze(source []byte) []byte {
	var out bytes.Buffer
	inside := false // a comment of several lines
	for line := range bytes.Lines(source) {
		line = bytes.TrimSpace(line)
		switch {
		case inside:
			inside = !bytes.HasSuffix(line, []byte("*/"))
		case bytes.HasPrefix(line, []byte("/*")):
			end := bytes.Index(line, []byte("*/"))
			if inside = end < 0; end >= 0 && end+2 < len(line) {
				out.Write(line)
				out.WriteByte('\n')
			}
		case len(line) > 0 && !bytes.HasPrefix(line, []byte("//")):
			out.Write(line)
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}

// digestOf names all files together.
func digestOf(files map[string]*file) string {
	var all bytes.Buffer
	for _, name := range sortedNames(files) {
		fmt.Fprintf(&all, "%s %s\n", name, files[name].etag)
	}
	return strings.TrimPrefix(exo.DigestOf(all.Bytes()).String(), "sha256:")[:16]
}

func sortedNames(files map[string]*file) []string {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// preloaded are the modules that every screen needs: asked for at once instead
// of one after the other as they are found.
var preloaded = []string{"app.js", "api.js", "ui.js"}

// document fills in what the page must know before its first request.
func document(files map[string]*file, base, version string) []byte {
	var links strings.Builder
	for _, name := range preloaded {
		fmt.Fprintf(&links, "<link rel=\"modulepreload\" href=\"%s%s\">\n", base, name)
	}
	return []byte(strings.NewReplacer(
		"{{base}}", base,
		"{{preload}}", strings.TrimSuffix(links.String(), "\n"),
		"{{screens}}", html.EscapeString(strings.Join(moduleNames(), " ")),
		"{{version}}", html.EscapeString(version),
	).Replace(string(files["index.html"].body)))
}

// file is one answer: its bytes, plain and packed.
type file struct {
	kind, etag string
	body       []byte
	packed     func() []byte // made when it is first asked for; nil if that saves nothing
}

func newFile(kind string, body []byte) *file {
	return &file{
		kind: kind, body: body,
		etag:   strings.TrimPrefix(exo.DigestOf(body).String(), "sha256:")[:32],
		packed: sync.OnceValue(func() []byte { return pack(body) }),
	}
}

func pack(body []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	if _, err := z.Write(body); err != nil || z.Close() != nil || b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}

// handler answers with the file (RFC 9110 §8.8.3, §13.1.2).
func (f *file) handler(status int, caching string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, body, etag := w.Header(), f.body, `"`+f.etag+`"`
		h.Set("Cache-Control", caching)
		h.Add("Vary", "Accept-Encoding")
		if packed := f.packed(); packed != nil && takesGzip(r.Header.Get("Accept-Encoding")) {
			body, etag = packed, `"`+f.etag+`-gzip"`
			h.Set("Content-Encoding", "gzip")
		}
		h.Set("ETag", etag)
		if status == http.StatusOK && matches(r.Header.Get("If-None-Match"), etag) {
			h.Del("Content-Encoding")
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Type", f.kind)
		h.Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // the client may be gone
		}
	})
}

// matches compares weakly, as If-None-Match wants.
func matches(header, etag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimPrefix(strings.TrimSpace(part), "W/"); part == etag || part == "*" {
			return true
		}
	}
	return false
}

// takesGzip reads Accept-Encoding (RFC 9110 §12.5.3).
func takesGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(part, ";")
		if name = strings.TrimSpace(name); name != "gzip" && name != "*" {
			continue
		}
		q, given := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
		if n, err := strconv.ParseFloat(q, 64); !given || err == nil && n > 0 {
			return true
		}
	}
	return false
}
