package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"exoplanetai/internal/web"
)

func ask(t *testing.T, h http.Handler, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// assetBase is the address below which the document finds its files.
func assetBase(t *testing.T, h http.Handler) string {
	t.Helper()
	m := regexp.MustCompile(`/assets/[0-9a-f]{16}/`).FindString(body(t, ask(t, h, "GET", "/")))
	if m == "" {
		t.Fatal("the document names no files")
	}
	return m
}

func TestEveryScreenAnswersTheDocument(t *testing.T) {
	h := web.Handler(web.Options{Version: `9.9"<b>`})
	want := body(t, ask(t, h, "GET", "/"))
	if !strings.Contains(want, `content="9.9&#34;&lt;b&gt;"`) || strings.Contains(want, "{{") {
		t.Error("the document is not filled in, or a version became markup")
	}
	for _, pattern := range web.Routes() {
		if pattern == "/assets/" || pattern == "/favicon.ico" {
			continue
		}
		path := strings.NewReplacer("{$}", "", "{id}", "TIC%20441420236").Replace(pattern)
		r := ask(t, h, "GET", path+"?sort=a&b=%3E3")
		if got := body(t, r); r.StatusCode != 200 || got != want || r.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %d, %s, the document: %v", path, r.StatusCode, r.Header.Get("Content-Type"), got == want)
		}
	}
	if r := ask(t, h, "GET", "/nothing/here"); r.StatusCode != 404 || body(t, r) != want {
		t.Errorf("an unknown address: %d", r.StatusCode)
	}
}

func TestOnlyScreensThatExistAreListed(t *testing.T) {
	doc := body(t, ask(t, web.Handler(web.Options{}), "GET", "/"))
	m := regexp.MustCompile(`name="screens" content="([^"]*)"`).FindStringSubmatch(doc)
	if m == nil {
		t.Fatal("the document lists no screens")
	}
	files, _ := filepath.Glob("static/screens/*.js")
	var want []string
	for _, f := range files {
		want = append(want, strings.TrimSuffix(filepath.Base(f), ".js"))
	}
	slices.Sort(want)
	if m[1] != strings.Join(want, " ") {
		t.Errorf("listed %q, there are %q", m[1], want)
	}
}

func TestFilesArePackedNamedByDigestAndKept(t *testing.T) {
	h := web.Handler(web.Options{})
	base := assetBase(t, h)
	plain := ask(t, h, "GET", base+"app.js")
	text := body(t, plain)
	if plain.StatusCode != 200 || plain.Header.Get("Content-Encoding") != "" || !strings.HasPrefix(plain.Header.Get("Content-Type"), "text/javascript") {
		t.Errorf("plain: %d %v", plain.StatusCode, plain.Header)
	}
	if got := plain.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
		t.Errorf("Cache-Control %q", got)
	}
	packed := ask(t, h, "GET", base+"app.js", "Accept-Encoding", "br, gzip;q=0.5")
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatalf("not packed: %v", err)
	}
	if got, _ := io.ReadAll(z); string(got) != text {
		t.Error("the packed file is another one")
	}
	if packed.Header.Get("ETag") == plain.Header.Get("ETag") || packed.Header.Get("Vary") != "Accept-Encoding" {
		t.Error("packed and plain look the same to a cache")
	}
	if r := ask(t, h, "GET", base+"app.js", "If-None-Match", `"x", W/`+plain.Header.Get("ETag")); r.StatusCode != 304 || body(t, r) != "" {
		t.Errorf("with its ETag: %d", r.StatusCode)
	}
	if r := ask(t, h, "GET", base+"app.js", "Accept-Encoding", "gzip;q=0, identity"); r.Header.Get("Content-Encoding") != "" {
		t.Error("packed for a client that takes no gzip")
	}
	if r := ask(t, h, "HEAD", base+"page.css"); body(t, r) != "" || r.Header.Get("Content-Length") == "" {
		t.Error("HEAD has a body, or no length")
	}
	for _, path := range []string{"/assets/0123456789abcdef/app.js", base + "nothing.js", base, "/assets/", base + "screens", base + "../web.go", base + "%2e%2e/web.go"} {
		if r := ask(t, h, "GET", path); r.StatusCode == 200 {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
}

func TestNothingIsWrittenLoadedOrFramed(t *testing.T) {
	h := web.Handler(web.Options{})
	for _, path := range []string{"/", "/nothing", assetBase(t, h) + "app.js"} {
		r := ask(t, h, "GET", path)
		if got := r.Header.Get("Content-Security-Policy"); got != web.Policy || strings.Contains(got, "unsafe") {
			t.Errorf("%s: policy %q", path, got)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		if r := ask(t, h, method, "/"); r.StatusCode != 405 || r.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d", method, r.StatusCode)
		}
	}
}

// sources calls f with every file of ours that a browser reads.
func sources(t *testing.T, f func(name, text string)) {
	t.Helper()
	err := filepath.WalkDir("static", func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(name, "vendor") {
			return err
		}
		b, err := os.ReadFile(name)
		f(name, string(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTextsNeverBecomeMarkupAndNothingIsInline(t *testing.T) {
	markup := regexp.MustCompile(`\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|setHTMLUnsafe|eval\(|new Function|srcdoc)`)
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+="|javascript:|<script(?:>| type="module">)`)
	elsewhere := regexp.MustCompile(`https?://`)
	sources(t, func(name, text string) {
		if m := markup.FindString(text); m != "" && strings.HasSuffix(name, ".js") {
			t.Errorf("%s has %s", name, m)
		}
		if m := inline.FindString(text); m != "" && strings.HasSuffix(name, ".html") {
			t.Errorf("%s has %s", name, m)
		}
		if strings.HasSuffix(name, ".css") && (strings.Contains(text, "@import") || strings.Contains(text, "url(")) {
			t.Errorf("%s loads something", name)
		}
		for line := range strings.Lines(text) {
			if elsewhere.MatchString(line) && !strings.Contains(line, "www.w3.org") && !strings.HasPrefix(strings.TrimSpace(line), "//") && !strings.HasPrefix(strings.TrimSpace(line), "*") {
				t.Errorf("%s names another server: %s", name, strings.TrimSpace(line))
			}
		}
	})
}

func TestThePageIsSmall(t *testing.T) {
	h := web.Handler(web.Options{})
	total, base := 0, assetBase(t, h)
	for _, name := range files(t) {
		path := base + name
		if name == "index.html" {
			path = "/"
		}
		r := ask(t, h, "GET", path, "Accept-Encoding", "gzip")
		if r.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
		n, err := strconv.Atoi(r.Header.Get("Content-Length"))
		if err != nil {
			t.Fatal(err)
		}
		total += n
	}
	t.Logf("%d bytes packed", total)
	if total > 150_000 {
		t.Errorf("the page has %d bytes packed, more than 150,000", total)
	}
}

// files lists what the page is made of.
func files(t *testing.T) (list []string) {
	t.Helper()
	err := filepath.WalkDir("static", func(name string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			list = append(list, filepath.ToSlash(strings.TrimPrefix(name, "static"+string(filepath.Separator))))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestWhatIsSentIsTheSourceWithoutCommentsAndIndentation(t *testing.T) {
	h := web.Handler(web.Options{})
	base := assetBase(t, h)
	sources(t, func(name, text string) {
		if ext := filepath.Ext(name); ext != ".js" && ext != ".css" {
			return
		}
		sent := body(t, ask(t, h, "GET", base+filepath.ToSlash(strings.TrimPrefix(name, "static"+string(filepath.Separator)))))
		lines := map[string]int{}
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); strings.Count(line, "`")%2 == 1 && !strings.HasPrefix(line, "*") && !strings.HasPrefix(line, "//") {
				t.Errorf("%s has a text of several lines, or an odd backtick: %s", name, line)
			}
			lines[line]++
		}
		for line := range strings.Lines(sent) {
			line = strings.TrimSuffix(line, "\n")
			if lines[line]--; lines[line] < 0 {
				t.Errorf("%s is sent with a line that is not in the source: %q", name, line)
			}
			if strings.HasPrefix(line, "//") || strings.HasPrefix(line, "/**") || strings.HasPrefix(line, "* ") || line == "" {
				t.Errorf("%s is sent with %q", name, line)
			}
			delete(lines, "")
		}
		for line, n := range lines {
			if n > 0 && !strings.HasPrefix(line, "//") && !strings.HasPrefix(line, "/*") && !strings.HasPrefix(line, "*") && !strings.HasSuffix(line, "*/") && !inComment(text, line) {
				t.Errorf("%s lost %q", name, line)
			}
		}
	})
}

// inComment says whether a line stands in a comment of several lines.
func inComment(text, line string) bool {
	at := strings.Index(text, line)
	return strings.LastIndex(text[:at], "/*") > strings.LastIndex(text[:at], "*/")
}
