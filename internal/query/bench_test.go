package query_test

import (
	"testing"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/query"
	"exoplanetai/internal/tables"
	"exoplanetai/internal/xtest"
)

// Pages of the real KOI table, by a service as a server has it, with a warm file.
func BenchmarkPage(b *testing.B) {
	w := newWorld(b)
	w.hold(b, catalog.KOI, noon, xtest.Gunzip(b, koi2025))
	s := w.service(b)
	f := func(pairs ...string) (list []query.Filter) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, query.Filter{Column: pairs[i], Expr: pairs[i+1]})
		}
		return list
	}
	for name, r := range map[string]query.Request{
		"all columns, indexed filters, indexed sort": {Filters: f("koi_period", "1..5", "koi_disposition", "CONFIRMED,CANDIDATE"), Sort: "-koi_depth"},
		"three columns":                {Filters: f("koi_period", "1..5", "koi_disposition", "CONFIRMED,CANDIDATE"), Sort: "-koi_depth", Columns: []string{"kepoi_name", "koi_period", "koi_depth"}},
		"no index for filter nor sort": {Filters: f("koi_steff", "4000..6000"), Sort: "koi_insol"},
		"part of a text":               {Filters: f("kepler_name", "~kepler-1"), Sort: "koi_slogg"},
		"no filter, sorted":            {Sort: "koi_period"},
		"last page":                    {Sort: "koi_period", Offset: 9464},
		"cone of 5 degrees":            {Cone: "290,45,5"},
	} {
		r.Table = catalog.KOI
		b.Run(name, func(b *testing.B) {
			must(b, s, r)
			for b.Loop() {
				must(b, s, r)
			}
		})
	}
	b.Run("pick alone", func(b *testing.B) {
		for b.Loop() {
			if _, err := w.tables.Pick(b.Context(), catalog.KOI, tables.Ref{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
