package sample_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sample"
	"exoplanetai/internal/xtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// realServer serves the shared real files.
func realServer(t testing.TB, faults ...string) (*sample.Server, *httptest.Server) {
	t.Helper()
	return start(t, sample.Options{Data: os.DirFS(xtest.Shared(t, "data/real"))}, faults...)
}

func start(t testing.TB, o sample.Options, faults ...string) (*sample.Server, *httptest.Server) {
	t.Helper()
	o.Faults = append(o.Faults, parse(t, faults...)...)
	s, err := sample.New(o)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s)
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
		h.Client().CloseIdleConnections()
	})
	return s, h
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
