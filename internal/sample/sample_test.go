package sample_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sample"
	"exoplanetai/internal/xtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shared is one server of the real files for all tests that set no faults:
// reading the tables once saves seconds.
var shared struct {
	once sync.Once
	s    *sample.Server
	err  error
}

// realServer serves the shared real files, without faults.
func realServer(t testing.TB) (*sample.Server, *httptest.Server) {
	t.Helper()
	dir := xtest.Shared(t, "data/real")
	shared.once.Do(func() { shared.s, shared.err = sample.New(sample.Options{Data: os.DirFS(dir)}) })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.s, listen(t, shared.s)
}

func start(t testing.TB, o sample.Options, faults ...string) (*sample.Server, *httptest.Server) {
	t.Helper()
	o.Faults = append(o.Faults, parse(t, faults...)...)
	s, err := sample.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s, listen(t, s)
}

func listen(t testing.TB, s *sample.Server) *httptest.Server {
	t.Helper()
	h := httptest.NewServer(s)
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
		h.Client().CloseIdleConnections()
	})
	return h
}

func parse(t testing.TB, faults ...string) []sample.Fault {
	t.Helper()
	var out []sample.Fault
	for _, text := range faults {
		f, err := sample.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

// get fetches an address and returns status, header and body.
func get(t testing.TB, h *httptest.Server, path string) (int, http.Header, string) {
	t.Helper()
	res, err := h.Client().Get(h.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

func TestAWholeTableComesAsTheArchiveSendsIt(t *testing.T) {
	_, h := realServer(t)
	code, head, body := get(t, h, "/TAP/sync?query=select+*+from+cumulative&format=csv")
	if code != 200 || head.Get("Content-Type") != "text/plain" {
		t.Errorf("status %d, type %q", code, head.Get("Content-Type"))
	}
	lines := strings.Split(body, "\n")
	if len(lines) != 9566 {
		t.Errorf("%d lines, want a header, 9564 rows and the end", len(lines))
	}
	if want := `10797460,"K00752.01","Kepler-227 b","CONFIRMED","CANDIDATE",1.0000,`; !strings.HasPrefix(lines[1], want) {
		t.Errorf("first row %.90s, want %s…", lines[1], want)
	}
}

func TestAnUnknownColumnIsAnOracleError(t *testing.T) {
	_, h := realServer(t)
	code, _, body := get(t, h, "/TAP/sync?query=select+epic_id+from+k2pandc&format=csv")
	if code != 400 || !strings.Contains(body, `ORA-00904: "EPIC_ID": invalid identifier`) {
		t.Errorf("status %d, body %s", code, body)
	}
}

func TestAServerWithoutDataIsRefused(t *testing.T) {
	if _, err := sample.New(sample.Options{}); exo.KindOf(err) != exo.Invalid {
		t.Errorf("got %v", err)
	}
}
