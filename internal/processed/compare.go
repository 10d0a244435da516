package processed

import (
	"fmt"
	"math"
	"strconv"
)

// Difference is one thing in which two processed files differ.
type Difference struct {
	What   string // "column FLUX", "PPINSHA", "PPALGO", "number of rows"
	Rows   int    // rows that differ, of a column
	First  int    // first row that differs, of a column
	Detail string // plain words
}

// Compare names everything in which the data and the provenance of two files
// differ, DATE and PPVERS left aside; none: the same result. Floating-point
// columns are compared bit by bit, any NaN equal to any other.
func Compare(a, b *File) []Difference {
	var list []Difference
	text := func(what, x, y string) {
		if x != y {
			list = append(list, Difference{What: what, Detail: fmt.Sprintf("%s is %s in the first and %s in the second", what, shown(x), shown(y))})
		}
	}
	text("PPINPUT", a.Source.Name, b.Source.Name)
	text("PPINSHA", a.Source.SHA256.Hex(), b.Source.SHA256.Hex())
	text("PPINEXT", a.Source.Ext, b.Source.Ext)
	text("PPINCOL", a.Source.Column, b.Source.Column)
	text("PPALGO", strconv.Itoa(a.Algorithm), strconv.Itoa(b.Algorithm))
	text("PPPROF", string(a.Profile), string(b.Profile))
	text("PPPSHA", a.recipeHex(), b.recipeHex())
	text("PPQMASK", strconv.Itoa(int(a.Result.QualityMask)), strconv.Itoa(int(b.Result.QualityMask)))
	text("PPWIN", strconv.Itoa(a.Result.WindowUsed), strconv.Itoa(b.Result.WindowUsed))
	text("PPNORMA", format(a.Result.Norm.A), format(b.Result.Norm.A))
	text("PPNORMS", format(a.Result.Norm.S), format(b.Result.Norm.S))
	text("PPNORMB", format(a.Result.Norm.B), format(b.Result.Norm.B))
	text("PPNSEG", strconv.Itoa(a.Result.Segments), strconv.Itoa(b.Result.Segments))
	text("PPNSHRT", strconv.Itoa(a.Result.ShortSegments), strconv.Itoa(b.Result.ShortSegments))
	if a.Curve == nil || b.Curve == nil || a.Curve.Len() != b.Curve.Len() {
		return append(list, Difference{What: "number of rows", Detail: fmt.Sprintf("the files have %d and %d rows", a.rows(), b.rows())})
	}
	text("time scale", string(a.Curve.Scale), string(b.Curve.Scale))
	return append(list, columnDifferences(a, b)...)
}

func (f *File) rows() int {
	if f.Curve == nil {
		return 0
	}
	return f.Curve.Len()
}

func (f *File) recipeHex() string {
	if f.Recipe == nil {
		return ""
	}
	return f.Recipe.Digest().Hex()
}

func shown(s string) string {
	if s == "" {
		return "empty"
	}
	return s
}

func columnDifferences(a, b *File) (list []Difference) {
	add := func(d *Difference) {
		if d != nil {
			list = append(list, *d)
		}
	}
	add(differ("TIME", a.Curve.Time, b.Curve.Time, sameFloat))
	add(differ("CADENCENO", a.Curve.Cadence, b.Curve.Cadence, same))
	add(differ("FLUX", a.Result.Flux, b.Result.Flux, sameFloat))
	add(differ("FLUX_ERR", a.Result.FluxErr, b.Result.FluxErr, sameFloat))
	add(differ("TREND", a.Result.Trend, b.Result.Trend, sameFloat))
	add(differ("SEGMENT", a.Result.Segment, b.Result.Segment, same))
	add(differ("PPFLAG", a.Result.Flag, b.Result.Flag, same))
	add(differ("QUALITY", a.Curve.Quality, b.Curve.Quality, same))
	return list
}

func same(x, y int32) bool { return x == y }

func sameFloat(x, y float64) bool {
	return math.Float64bits(x) == math.Float64bits(y) || x != x && y != y
}

// differ compares a column; an absent one is all zeros.
func differ[T any](name string, a, b []T, equal func(x, y T) bool) *Difference {
	d := Difference{What: "column " + name, First: -1}
	var zero T
	at := func(list []T, i int) T {
		if i < len(list) {
			return list[i]
		}
		return zero
	}
	for i := range max(len(a), len(b)) {
		if x, y := at(a, i), at(b, i); !equal(x, y) {
			if d.Rows++; d.First < 0 {
				d.First = i
				d.Detail = fmt.Sprintf("row %d: %v and %v", i, x, y)
			}
		}
	}
	if d.Rows == 0 {
		return nil
	}
	d.Detail = fmt.Sprintf("%s differs in %d rows; first in %s", name, d.Rows, d.Detail)
	return &d
}
