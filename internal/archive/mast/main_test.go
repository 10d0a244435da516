package mast_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/archive/mast"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/xtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	_ archive.LightCurveSource = (*mast.Source)(nil)
	_ archive.Resolver         = (*mast.Source)(nil)
	_ archive.Pinger           = (*mast.Source)(nil)
)

// request is what the portal is asked.
type request struct {
	Service string
	Params  map[string]any
	Page    int
	raw     string
}

// filter returns the values asked of a column, as JSON.
func (r request) filter(name string) string {
	fs, _ := r.Params["filters"].([]any)
	for _, f := range fs {
		m := f.(map[string]any)
		if m["paramName"] == name {
			b, _ := json.Marshal(m["values"])
			return string(b)
		}
	}
	return ""
}

// portal is the archive's portal interface.
type portal struct {
	*httptest.Server
	mu    sync.Mutex
	asked []request
}

func (p *portal) log() []request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// serve answers portal questions; other paths go to files.
func serve(t *testing.T, answer func(n int, r request) string, files http.HandlerFunc) *portal {
	t.Helper()
	p := &portal{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v0/invoke" {
			files(w, r)
			return
		}
		var q request
		q.raw = r.PostFormValue("request")
		if r.Method != http.MethodPost || json.Unmarshal([]byte(q.raw), &q) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		p.mu.Lock()
		p.asked = append(p.asked, q)
		n := len(p.asked)
		p.mu.Unlock()
		w.Header().Set("Content-Type", "text/html") // as it was seen
		io.WriteString(w, answer(n, q))
	}))
	t.Cleanup(p.Close)
	return p
}

func source(t *testing.T, p *portal, o mast.Options) *mast.Source {
	t.Helper()
	allowed := []string{p.URL}
	for _, u := range []string{o.BucketURL, o.ResolverURL} {
		if u != "" {
			allowed = append(allowed, u)
		}
	}
	o.Client = archive.NewClient(archive.Options{Allowed: allowed, Sleep: func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) }})
	t.Cleanup(o.Client.Close)
	o.Endpoint.Base = p.URL
	o.Endpoint.Timeout = 5 * time.Second
	return mast.New(o)
}

// complete wraps rows into an answer of one page.
func complete(rows string) string {
	var list []json.RawMessage
	_ = json.Unmarshal([]byte("["+rows+"]"), &list) // rows that are none count as none
	n := strconv.Itoa(len(list))
	return `{"status":"COMPLETE","msg":"","data":[` + rows + `],"fields":[],"paging":{"page":1,"pageSize":5000,"pagesFiltered":1,"rows":` + n + `,"rowsFiltered":` + n + `,"rowsTotal":` + n + `}}`
}

func shared(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(xtest.Shared(t, "data/protocol/mast/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func tic(n uint64) exo.TargetID  { return exo.TargetID{Catalog: exo.TIC, Number: n} }
func kic(n uint64) exo.TargetID  { return exo.TargetID{Catalog: exo.KIC, Number: n} }
func epic(n uint64) exo.TargetID { return exo.TargetID{Catalog: exo.EPIC, Number: n} }

func slice(n int) *int { return &n }

// held is a Partial in memory.
type held struct {
	bytes.Buffer
	resets int
}

func (h *held) Offset() int64 { return int64(h.Len()) }
func (h *held) Reset() error  { h.resets++; h.Buffer.Reset(); return nil }
