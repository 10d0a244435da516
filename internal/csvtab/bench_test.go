package csvtab_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"testing"

	"exoplanetai/internal/csvtab"
	"exoplanetai/internal/xtest"
)

const koi = "data/real/catalogs/cumulative_2025.09.29_18.45.43.csv.gz"

// wide repeats the columns of a table side by side until there are n.
func wide(b testing.TB, text []byte, n int) []byte {
	tab, err := csvtab.ReadAll(text, csvtab.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	var columns []string
	for j := range n {
		columns = append(columns, fmt.Sprintf("%s_%d", tab.Columns[j%len(tab.Columns)], j))
	}
	rows := make([][]string, tab.Len())
	for i := range rows {
		for j := range n {
			rows[i] = append(rows[i], tab.Cell(i, j%len(tab.Columns)))
		}
	}
	var out bytes.Buffer
	if err := csvtab.Write(&out, columns, rows); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

// quoted puts every cell in quotes, as ExoFOP does.
func quoted(text []byte) []byte {
	return []byte(`"` + strings.NewReplacer(",", `","`, "\n", "\"\n\"").Replace(strings.TrimSpace(string(text))) + "\"\n")
}

// BenchmarkStream reads row by row, by us and by encoding/csv with a reused
// record, in the same run.
func BenchmarkStream(b *testing.B) {
	text := xtest.Gunzip(b, koi)
	w := wide(b, text, 141)
	for _, in := range []struct {
		name string
		text []byte
	}{{"KOI-49", text}, {"KOI-141", w}, {"KOI-141-quoted", quoted(w)}} {
		b.Run(in.name+"/ours", func(b *testing.B) {
			b.SetBytes(int64(len(in.text)))
			b.ReportAllocs()
			var row []string
			for b.Loop() {
				r := csvtab.NewReader(bytes.NewReader(in.text), csvtab.Limits{})
				var err error
				for err == nil {
					row, err = r.Next(row)
				}
				if err != io.EOF {
					b.Fatal(err)
				}
			}
		})
		b.Run(in.name+"/encoding-csv", func(b *testing.B) {
			b.SetBytes(int64(len(in.text)))
			b.ReportAllocs()
			for b.Loop() {
				r := csv.NewReader(bytes.NewReader(in.text))
				r.Comment, r.ReuseRecord = '#', true
				var err error
				for err == nil {
					_, err = r.Read()
				}
				if err != io.EOF {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkReadAll reads a whole table, by us and by encoding/csv.
func BenchmarkReadAll(b *testing.B) {
	text := xtest.Gunzip(b, koi)
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := csvtab.ReadAll(text, csvtab.Limits{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-csv", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			r := csv.NewReader(bytes.NewReader(text))
			r.Comment = '#'
			if _, err := r.ReadAll(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkGigabyte streams a table of 1 GB that is made while it is read: the
// KOI table's rows in 141 columns again and again.
func BenchmarkGigabyte(b *testing.B) {
	text := wide(b, xtest.Gunzip(b, koi), 141)
	head := bytes.IndexByte(text, '\n') + 1
	b.SetBytes(1e9)
	for b.Loop() {
		src := &watch{r: &endless{head: string(text), body: string(text[head:]), n: 1e9}}
		rows, err := drain(csvtab.NewReader(src, csvtab.Limits{Bytes: 2e9}))
		if err != io.EOF && !strings.Contains(err.Error(), "cells") || rows < 900_000 { // the last row is cut
			b.Fatal(rows, err)
		}
		b.ReportMetric(float64(src.most)/1e6, "heap-MB")
	}
}
