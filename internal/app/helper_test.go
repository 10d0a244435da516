package app_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/app"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/sample"
	"exoplanetai/internal/universe"
	"exoplanetai/internal/xtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a folder with a configuration that points to sample archives.
type site struct {
	dir      string
	archives *sample.Server
}

// sky makes a site on the synthetic universe.
func sky(t *testing.T) *site {
	t.Helper()
	return newSite(t, sample.Options{Universe: universe.New(1)})
}

// realFiles makes a site on the shared real files.
func realFiles(t *testing.T) *site {
	t.Helper()
	return newSite(t, sample.Options{Data: os.DirFS(xtest.Shared(t, "data/real"))})
}

func newSite(t *testing.T, o sample.Options) *site {
	t.Helper()
	archives, err := sample.New(o)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(archives)
	t.Cleanup(srv.Close)
	s := &site{dir: t.TempDir(), archives: archives}
	var yaml strings.Builder
	yaml.WriteString("data_sources:\n")
	for _, name := range []string{"nasa_archive", "exofop", "mast", "esa"} {
		fmt.Fprintf(&yaml, "  %s:\n    base_url: %q\n    retry_attempts: 0\n", name, srv.URL)
	}
	if err := os.WriteFile(s.path("data_config.yaml"), []byte(yaml.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) path(rel string) string { return filepath.Join(s.dir, filepath.FromSlash(rel)) }

func (s *site) fault(t *testing.T, faults ...string) {
	t.Helper()
	var list []sample.Fault
	for _, f := range faults {
		parsed, err := sample.ParseFault(f)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, parsed)
	}
	if err := s.archives.SetFaults(list...); err != nil {
		t.Fatal(err)
	}
}

func (s *site) getenv(name string) string {
	return map[string]string{"CONFIG_FILE": s.path("data_config.yaml"), "DATA_PATH": s.path("data"), "NO_COLOR": "1"}[name]
}

// run executes one command line.
func (s *site) run(t *testing.T, line ...string) (out, errs string, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return s.runUntil(ctx, line...)
}

func (s *site) runUntil(ctx context.Context, line ...string) (out, errs string, status int) {
	var o, e bytes.Buffer
	status = app.Run(ctx, line, strings.NewReader(""), &o, &e, s.getenv)
	return o.String(), e.String(), status
}

// must runs a command that has to succeed and decodes its JSON.
func (s *site) must(t *testing.T, line ...string) map[string]any {
	t.Helper()
	out, errs, status := s.run(t, append(line, "--json")...)
	var doc map[string]any
	if err := json.Unmarshal([]byte(out), &doc); err != nil || status != 0 {
		t.Fatalf("%v: exit %d, %v\n%s%s", line, status, err, out, errs)
	}
	return doc
}

// server is a running `exoplanetai serve`.
type server struct {
	url  string
	stop func() int // ends it and returns the exit status

	mu   sync.Mutex
	errs strings.Builder // what it wrote to standard error, under mu
}

// said returns what the server wrote to standard error so far.
func (s *server) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.errs.String()
}

func (s *site) serve(t *testing.T, flags ...string) *server {
	t.Helper()
	return start(t, s.getenv, append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)...)
}

// start runs a command that serves until it is stopped, and waits for its
// address.
func start(t *testing.T, getenv func(string) string, line ...string) *server {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- app.Run(ctx, line, strings.NewReader(""), io.Discard, w, getenv)
		_ = w.Close()
	}()
	srv := &server{}
	read := make(chan struct{})
	addresses := make(chan string, 1)
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(r); lines.Scan(); {
			srv.mu.Lock()
			srv.errs.WriteString(lines.Text() + "\n")
			srv.mu.Unlock()
			for word := range strings.FieldsSeq(lines.Text()) {
				if strings.HasPrefix(word, "http://localhost:") {
					select {
					case addresses <- strings.TrimRight(word, ",;"):
					default:
					}
				}
			}
		}
	}()
	stopped := false
	srv.stop = func() int {
		if stopped {
			return 0
		}
		stopped = true
		cancel()
		status := <-ended
		<-read
		http.DefaultClient.CloseIdleConnections()
		return status
	}
	t.Cleanup(func() { srv.stop() })
	select {
	case srv.url = <-addresses:
	case status := <-ended:
		<-read
		stopped = true
		t.Fatalf("%v ended with %d: %s", line, status, srv.said())
	case <-time.After(30 * time.Second):
		t.Fatal("the server does not start")
	}
	return srv
}

// do sends a request and decodes the JSON answer.
func (s *server) do(t *testing.T, method, path, body string, header ...string) (*http.Response, map[string]any) {
	t.Helper()
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if kind := res.Header.Get("Content-Type"); strings.Contains(kind, "/json") || strings.Contains(kind, "+json") {
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
	return res, doc
}

// tree lists the files below a folder with their digests; the database, which
// also keeps jobs, by name only.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if strings.Contains(rel, "exoplanetai.db") || strings.HasPrefix(rel, "logs") {
			return nil
		}
		text, err := os.ReadFile(path)
		files[rel] = exo.DigestOf(text).String()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func unchanged(t *testing.T, before, after map[string]string) {
	t.Helper()
	if !maps.Equal(before, after) {
		t.Errorf("the tree changed:\nbefore %v\nafter  %v", slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(after)))
	}
}

// shape writes the names and types of a document, one a line.
func shape(v any) string {
	var lines []string
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				walk(at+"."+k, v[k])
			}
			if len(v) == 0 {
				lines = append(lines, at+" {}")
			}
		case []any:
			if len(v) == 0 {
				lines = append(lines, at+" []")
				return
			}
			walk(at+"[]", v[0])
		default:
			kind := map[string]string{"float64": "number", "<nil>": "null"}[fmt.Sprintf("%T", v)]
			lines = append(lines, at+" "+cmp.Or(kind, fmt.Sprintf("%T", v)))
		}
	}
	walk("", v)
	return strings.Join(lines, "\n") + "\n"
}
