package catalog_test

import (
	"fmt"
	"testing"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/xtest"
)

// pandasDiff compares two tables the way of pandas: merge on the key, compare the
// common columns as text. It prints the shortest of five times, with and without
// reading, in milliseconds.
const pandasDiff = `
import gzip, io, sys, time
import pandas as pd
def text(p):
    s = gzip.open(p, 'rt', encoding='utf-8-sig', newline='').read()
    lines = s.splitlines(keepends=True)
    while lines[0].startswith('#') or lines[0].startswith('This file') or not lines[0].strip(): lines.pop(0)
    return ''.join(lines)
s1, s2, key = text(sys.argv[1]), text(sys.argv[2]), sys.argv[3]
def read(): return [pd.read_csv(io.StringIO(s), dtype=str, keep_default_na=False) for s in (s1, s2)]
def diff(a, b):
    m = a[[key]].merge(b[[key]], on=key, how='outer', indicator=True)
    both = m[m._merge == 'both'][key]
    cols = [c for c in b.columns if c in a.columns]
    x, y = a.set_index(key).loc[both].reset_index()[cols], b.set_index(key).loc[both].reset_index()[cols]
    d = x.compare(y)
    return (m._merge == 'right_only').sum(), len(d)
r, t = [], []
for _ in range(5):
    t0 = time.perf_counter(); a, b = read(); t1 = time.perf_counter(); n = diff(a, b); t2 = time.perf_counter()
    r.append(t2 - t0); t.append(t2 - t1)
print(n[0], n[1], min(t) * 1e3, min(r) * 1e3)
`

// BenchmarkDiff measures the difference of two whole real tables: alone, with
// its events, and with reading both; and pandas beside it, for the ratio.
func BenchmarkDiff(b *testing.B) {
	dir := "data/real/catalogs/"
	for _, tt := range realDiffs {
		was, now := wire(b, tt.old), wire(b, tt.new)
		old, new := parse(b, tt.typ, was), parse(b, tt.typ, now)
		d := catalog.Diff(old, new)
		b.Run(tt.name+"/diff", func(b *testing.B) {
			for b.Loop() {
				catalog.Diff(old, new)
			}
		})
		b.Run(tt.name+"/events", func(b *testing.B) {
			for b.Loop() {
				catalog.Events(old, new, d)
			}
		})
		b.Run(tt.name+"/read-diff-events", func(b *testing.B) {
			for b.Loop() {
				x, y := parse(b, tt.typ, was), parse(b, tt.typ, now)
				catalog.Events(x, y, catalog.Diff(x, y))
			}
		})
		b.Run(tt.name+"/pandas", func(b *testing.B) {
			key := old.Names()[old.Column(catalog.RoleKey)]
			for b.Loop() {
				out := xtest.Python(b, pandasDiff, xtest.Shared(b, dir+tt.old), xtest.Shared(b, dir+tt.new), key)
				var added, changed int
				var alone, read float64
				if _, err := fmt.Sscan(out, &added, &changed, &alone, &read); err != nil || added != tt.want.Added || changed != tt.want.Changed {
					b.Fatal(out, err)
				}
				b.ReportMetric(alone, "ms-diff")
				b.ReportMetric(read, "ms-read-diff")
			}
		})
	}
}
