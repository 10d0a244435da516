package query_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/export"
	"exoplanetai/internal/query"
	"exoplanetai/internal/tables"
)

// synthetic makes a query file of n rows spread evenly over the sky, and
// returns their positions.
func synthetic(t testing.TB, w *world, s *query.Service, n int) (at [][2]float64) {
	t.Helper()
	w.hold(t, catalog.KOI, noon, []byte(smallKOI))
	v, err := w.tables.Pick(t.Context(), catalog.KOI, tables.Ref{})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range n {
		at = append(at, [2]float64{360 * r.Float64(), math.Asin(2*r.Float64()-1) * 180 / math.Pi})
	}
	cols := []export.Column{{Name: "name", Type: "char"}, {Name: "ra", Type: "double"}, {Name: "dec", Type: "double"}, {Name: "period", Type: "double"}}
	start := time.Now()
	size, err := s.Write(t.Context(), v, cols, func(yield func(query.Record) bool) {
		for i, p := range at {
			name := "S" + strconv.Itoa(1_000_000+i)
			if !yield(query.Record{Key: name, RA: p[0], Dec: p[1], Cells: []any{name, p[0], p[1], r.ExpFloat64()}}) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rows, %d bytes, made in %s", n, size, time.Since(start))
	return at
}

const smallKOI = "kepoi_name,kepid,koi_disposition,koi_period,koi_time0bk,koi_duration,ra,dec\n" +
	"K00072.01,11904151,CONFIRMED,0.8,131.574858,1.796,285.68,50.24\n"

func BenchmarkConeMillion(b *testing.B) {
	w := newWorld(b)
	s := w.service(b)
	synthetic(b, w, s, 1_000_000)
	for _, cone := range []string{"120,30,0.1", "120,30,1", "0,-45,5", "359.9,89.9,5", "200,-10,10"} {
		for name, r := range map[string]query.Request{
			"": {Cone: cone}, " filtered": {Cone: cone, Filters: []query.Filter{{Column: "period", Expr: ">0.5"}}}, " sorted": {Cone: cone, Sort: "period"},
		} {
			r.Table = catalog.KOI
			b.Run(cone+name, func(b *testing.B) {
				must(b, s, r)
				for b.Loop() {
					must(b, s, r)
				}
			})
		}
	}
}

var _ = errors.Is
var _ = exo.Invalid
