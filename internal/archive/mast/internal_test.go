package mast

import (
	"testing"

	"exoplanetai/internal/exo"
)

// FuzzDecode needs the decoder itself: through a server it would test sockets.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"status":"COMPLETE","data":[{"obsid":1,"t_exptime":120.0,"size":-999,"x":null,"y":true}],"paging":{"page":1,"pagesFiltered":1}}`,
		`{"status" : "ERROR","msg" : "The column prefix"}`, `{"status":"EXECUTING","percent complete":0}`, `{"resolvedCoordinate":[],"status":""}`,
		`<html><title>x</title>`, ``, `{"status":"COMPLETE","data":[{"obsid":1e400}]}`, `{"data":[[[[[[]]]]]]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := decode("archive.example", b)
		if err != nil {
			if exo.KindOf(err) != exo.Upstream {
				t.Fatalf("kind %s", exo.KindOf(err))
			}
			return
		}
		for _, r := range a.Data {
			for name := range r {
				if n, ok := r.int(name); ok && n == null {
					t.Fatal("a null came through")
				}
				if x, ok := r.float(name); ok && x-x != 0 {
					t.Fatal("a number that is none came through")
				}
				_ = r.text(name)
			}
		}
	})
}
