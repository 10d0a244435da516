package archive_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"exoplanetai/internal/archive"
)

// discard is a Partial that keeps a count only.
type discard struct{ n int64 }

func (d *discard) Write(p []byte) (int, error) { d.n += int64(len(p)); return len(p), nil }
func (d *discard) Offset() int64               { return d.n }
func (d *discard) Reset() error                { d.n = 0; return nil }

// BenchmarkDownload compares a download of 2 MB with a bare GET.
func BenchmarkDownload(b *testing.B) {
	body := someFile(2<<20, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "f", time.Unix(1, 0), bytes.NewReader(body))
	}))
	defer s.Close()
	b.Run("client", func(b *testing.B) {
		c := archive.NewClient(archive.Options{Allowed: []string{s.URL}})
		defer c.Close()
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Download(b.Context(), archive.Endpoint{Base: s.URL}, archive.File{URL: s.URL, Size: int64(len(body))}, &discard{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			resp, err := s.Client().Get(s.URL)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				b.Fatal(err)
			}
			resp.Body.Close()
		}
	})
}
