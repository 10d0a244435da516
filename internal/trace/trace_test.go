package trace_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/trace"
)

// receiver is a collector that keeps what it gets.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	got     map[string]*spans.Span
	service string
}

func receive(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{got: map[string]*spans.Span{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body := io.Reader(req.Body)
		if req.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(req.Body)
			if err != nil {
				t.Error(err)
				return
			}
			body = z
		}
		text, err := io.ReadAll(body)
		var msg collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(text, &msg)
		}
		if err != nil || req.URL.Path != "/v1/traces" || req.Method != http.MethodPost {
			t.Errorf("%s %s: %v", req.Method, req.URL.Path, err)
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, rs := range msg.ResourceSpans {
			for _, a := range rs.Resource.Attributes {
				if a.Key == "service.name" {
					r.service = a.Value.GetStringValue()
				}
			}
			for _, ss := range rs.ScopeSpans {
				for _, s := range ss.Spans {
					r.got[s.Name] = s
				}
			}
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func open(t *testing.T, o trace.Options) *trace.Tracer {
	t.Helper()
	tr, err := trace.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestATraceTellsWhatARequestDid(t *testing.T) {
	r := receive(t)
	tr := open(t, trace.Options{Endpoint: r.URL, Sample: 1, Version: "1"})
	ctx, root := tr.Root(t.Context(), "request", trace.Request)
	root.Name("GET /api/v1/jobs/{id}")
	root.Text("request.id", "abc")
	root.Number("http.response.status_code", 200)
	if trace.Of(ctx).ID() != root.ID() || len(root.ID()) != 32 {
		t.Errorf("identifiers %q, %q", trace.Of(ctx).ID(), root.ID())
	}
	inner, one := trace.Start(ctx, "archive.request")
	_, two := trace.Start(inner, "store.publish")
	two.End(exo.E("store.Publish", exo.Full, nil, errors.New("write /secret/path: no space")).Say("the disk is full"))
	one.End(nil)
	root.End(nil)
	if err := tr.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, b, c := r.got["GET /api/v1/jobs/{id}"], r.got["archive.request"], r.got["store.publish"]
	if len(r.got) != 3 || a == nil || b == nil || c == nil || r.service != "exoplanetai" {
		t.Fatalf("service %q, spans %v", r.service, r.got)
	}
	if len(a.ParentSpanId) != 0 || !bytes.Equal(b.ParentSpanId, a.SpanId) || !bytes.Equal(c.ParentSpanId, b.SpanId) || !bytes.Equal(a.TraceId, c.TraceId) {
		t.Error("the spans do not hang together")
	}
	if a.Kind != spans.Span_SPAN_KIND_SERVER || c.Status.GetCode() != spans.Status_STATUS_CODE_ERROR || c.Status.GetMessage() != "the disk is full" {
		t.Errorf("kind %v, status %v", a.Kind, c.Status)
	}
	if text := c.String(); strings.Contains(text, "secret") {
		t.Errorf("the span tells what a user is not told: %s", text)
	}
}

func TestOffCostsNoMemory(t *testing.T) {
	var off *trace.Tracer
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, 1)
	if n := testing.AllocsPerRun(1000, func() {
		ctx, root := off.Root(ctx, "request", trace.Request)
		root.Name("x")
		_, s := trace.Start(ctx, "part")
		s.Text("a", "b")
		s.Number("n", 1)
		s.End(nil)
		root.End(nil)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if err := off.Close(ctx); err != nil {
		t.Error(err)
	}
	if tr := open(t, trace.Options{}); tr != nil {
		t.Error("a tracer without an address")
	}
}

func TestOnlyAShareIsTraced(t *testing.T) {
	r := receive(t)
	tr := open(t, trace.Options{Endpoint: r.URL + "/", Sample: 0})
	ctx, root := tr.Root(t.Context(), "request", trace.Request)
	_, part := trace.Start(ctx, "part")
	if root.On() || part.On() {
		t.Error("recorded")
	}
	part.End(nil)
	root.End(nil)
	if err := tr.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(r.got) != 0 {
		t.Errorf("%d spans", len(r.got))
	}
}

func TestACollectorThatIsDownHoldsNothingUp(t *testing.T) {
	var log bytes.Buffer
	tr := open(t, trace.Options{Endpoint: "http://127.0.0.1:1", Sample: 1, Log: slog.New(slog.NewTextHandler(&log, nil))})
	start := time.Now()
	for range 10_000 {
		_, root := tr.Root(t.Context(), "request", trace.Request)
		root.End(nil)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := tr.Close(ctx); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	if !strings.Contains(log.String(), "not taken by the collector") {
		t.Errorf("the log says %q", log.String())
	}
}

func TestABadAddressIsRefused(t *testing.T) {
	for _, bad := range []string{"localhost:4318", "ftp://example.org", "http://", "://"} {
		if _, err := trace.Open(t.Context(), trace.Options{Endpoint: bad}); !errors.Is(err, exo.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func BenchmarkOff(b *testing.B) {
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		_, s := trace.Start(ctx, "part")
		s.End(nil)
	}
}
