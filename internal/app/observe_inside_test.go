package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/api"
	"exoplanetai/internal/auth"
	"exoplanetai/internal/metrics"
)

// gate is a writer that waits until it may write, or fails.
type gate struct {
	bytes.Buffer
	open   chan struct{}
	writes int
	err    error
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	g.writes++
	n, _ := g.Buffer.Write(p)
	return n, g.err
}

func TestLinesGatherWhileOneIsWritten(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	b := newBatched(g)
	want := strings.Builder{}
	for i := range 1000 {
		line := fmt.Sprintf("line %d\n", i)
		want.WriteString(line)
		if _, err := b.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	close(g.open)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if g.String() != want.String() || g.writes > 3 {
		t.Errorf("%d bytes of %d in %d writes", g.Len(), want.Len(), g.writes)
	}
	if _, err := b.Write([]byte("late\n")); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("a line after the end: %v", err)
	}
}

func TestAFailureToWriteIsTold(t *testing.T) {
	g := &gate{open: make(chan struct{}), err: errors.New("no space")}
	close(g.open)
	b := newBatched(g)
	if _, err := b.Write([]byte("one\n")); err != nil {
		t.Error(err)
	}
	if err := b.Close(); err == nil {
		t.Error("the failure is not told")
	}
}

// BenchmarkObserved is what the metrics, the traces that are off, and the line of
// the access log add to a request.
func BenchmarkObserved(b *testing.B) {
	dir := b.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o755); err != nil {
		b.Fatal(err)
	}
	f, err := openLog(filepath.Join(dir, "data"), accessFile, 0, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	lines := newBatched(f)
	defer lines.Close()
	o := observer{metrics.New(metrics.Options{}), nil, newAccessLog(lines, slog.New(slog.DiscardHandler))}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "/api/v1/catalogs/koi?limit=10", nil)
	if err != nil {
		b.Fatal(err)
	}
	call := &api.Call{
		At: time.Now(), Duration: time.Millisecond, RequestID: "0123456789abcdef", Caller: auth.Local(), Address: netip.MustParseAddr("127.0.0.1"),
		Method: "GET", Path: "/api/v1/catalogs/koi", Route: "GET /api/v1/catalogs/{table}", Status: 200, Bytes: 4711, Cache: "hit",
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			o.End(o.Begin(r), call)
		}
	})
}
