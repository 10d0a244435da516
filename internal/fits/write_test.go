package fits_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/fits"
	"exoplanetai/internal/xtest"
)

// everyColumn has a column of each form that can be written, three rows.
func everyColumn() []fits.ColumnData {
	null := int64(-99)
	return []fits.ColumnData{
		{Name: "D", Unit: "BJD - 2457000, days", Disp: "D14.7", Data: []float64{1325.5, math.NaN(), -math.MaxFloat64},
			Comments: fits.ColumnComments{Name: "column title: data time stamps", Form: "column format: 64-bit floating point", Unit: "column units: Barycenter corrected TESS Julian Date"}},
		{Name: "E", Data: []float32{1.5, float32(math.Inf(1)), math.SmallestNonzeroFloat32}},
		{Name: "K", Data: []int64{math.MinInt64, 0, math.MaxInt64}},
		{Name: "J", Data: []int32{math.MinInt32, -99, math.MaxInt32}, Null: &null},
		{Name: "I", Data: []int16{math.MinInt16, 0, math.MaxInt16}},
		{Name: "B", Data: []uint8{0, 128, 255}},
		{Name: "SB", Data: []int8{-128, 0, 127}},
		{Name: "UI", Data: []uint16{0, 32768, 65535}},
		{Name: "UJ", Data: []uint32{0, 1 << 31, math.MaxUint32}},
		{Name: "UK", Data: []uint64{0, 1 << 63, math.MaxUint64}},
		{Name: "L", Data: []bool{true, false, true}},
		{Name: "X", Form: "11X", Data: append(append(make([]bool, 11), true, false, true, true), slices.Repeat([]bool{true, false}, 9)...)},
		{Name: "A", Data: []string{"TIC 25155310", "", " x"}},
		{Name: "A4", Form: "4A", Data: []string{"abcd", "e", "fg"}},
		{Name: "C", Data: []complex64{1 + 2i, 0, -1i}},
		{Name: "M", Data: []complex128{1 + 2i, 0, complex(math.Inf(-1), 1)}},
		{Name: "VD", Form: "2D", Data: []float64{1, 2, 3, 4, 5, 6}},
		{Name: "VJ", Form: "4J", Dim: []int{2, 2}, Data: []int32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
		{Name: "VL", Form: "3L", Data: []bool{true, true, false, false, false, true, true, false, true}},
		{Name: "VA", Form: "6A", Dim: []int{3, 2}, Data: []string{"abcdef", "a  b  ", "xyz"}},
		{Name: "S", Scale: 0.5, Zero: 100, Data: []int16{-200, 0, 3}},
	}
}

// everything is a file with every kind of HDU that can be written. All have
// both sums; with alone, every other one has CHECKSUM alone, as the missions'
// files do. (Such a sum astropy 5 takes for wrong: it leaves out the data.)
func everything(t testing.TB, alone bool) []byte {
	t.Helper()
	head := fits.NewHeader()
	head.Append("OBJECT", "TIC 25155310", "string version of target id")
	head.Append("RA_OBJ", fits.Literal("63.3738900000000000"), "[deg] right ascension")
	head.Append("MH", fits.None, "[log10([M/H])] metallicity")
	head.Append("LONG", strings.Repeat("A string that is too long for one record. ", 5), "goes on")
	head.Append("TINY", 5e-324, "")
	head.AppendHistory("written by a test")
	primary, err1 := fits.NewPrimary(head)
	columns, err2 := fits.NewTable(fits.NewHeader(), everyColumn())
	empty, err3 := fits.NewTable(fits.NewHeader(), nil)
	noRows, err4 := fits.NewTable(fits.NewHeader(), []fits.ColumnData{{Name: "TIME", Data: []float64{}}, {Name: "NAME", Data: []string{}}})
	f := &fits.File{HDUs: []*fits.HDU{primary, columns, empty, noRows}}
	err := errors.Join(err1, err2, err3, err4)
	for bitpix, data := range map[int]any{
		8: []uint8{0, 1, 255, 3, 4, 5}, 16: []int16{0, -1, 2, 3, 4, 5}, 32: []int32{0, -1, 2, 3, 4, 5},
		64: []int64{0, -1, 2, 3, 4, 5}, -32: []float32{0, -1, 2.5, 3, 4, 5}, -64: []float64{0, -1, 2.5, 3, 4, 5},
	} {
		head := fits.NewHeader()
		head.Append("EXTNAME", fmt.Sprintf("IMAGE%d", bitpix), "")
		h, err5 := fits.NewImage(head, bitpix, []int{3, 2}, data)
		f.HDUs, err = append(f.HDUs, h), errors.Join(err, err5)
	}
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(f.HDUs[4:], func(a, b *fits.HDU) int { return strings.Compare(a.Name(), b.Name()) })
	for i, h := range f.HDUs {
		if i%2 == 0 || !alone {
			err = errors.Join(err, h.AddDatasum("data unit checksum"))
		}
		err = errors.Join(err, h.AddChecksum("HDU checksum"))
	}
	b, err6 := f.Bytes()
	if err = errors.Join(err, err6); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWrittenFilesAreTheSameBytesEachTime(t *testing.T) {
	if !bytes.Equal(everything(t, true), everything(t, true)) {
		t.Error("two runs gave different bytes")
	}
}

func TestWrittenFilesReadBackAsTheyWere(t *testing.T) {
	b := everything(t, true)
	if err := readEverything(b); err != nil {
		t.Fatal(err)
	}
	f := parse(t, b)
	for i, h := range f.HDUs {
		s, err := h.Verify()
		if err != nil || s.Checksum != fits.Good || (s.Datasum == fits.Good) != (i%2 == 0) {
			t.Errorf("HDU %d: %v, %v", i, s, err)
		}
	}
	tab := table(t, b)
	for i, c := range everyColumn() {
		if got := tab.Columns[i]; got.Name != c.Name || got.Unit != c.Unit || got.Disp != c.Disp || !slices.Equal(got.Dim, c.Dim) {
			t.Errorf("column %s came back as %+v", c.Name, got)
		}
		same(t, tab, c)
	}
}

// same reads a column into the type it was written from.
func same(t *testing.T, tab *fits.Table, c fits.ColumnData) {
	t.Helper()
	check := func(got, want any, err error) {
		t.Helper()
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("column %s: got %v (%v), want %v", c.Name, got, err, want)
		}
	}
	ints := func() ([]int64, error) { return tab.VectorInt64(nil, c.Name) }
	switch want := c.Data.(type) {
	case []float64:
		got, err := tab.VectorFloat64(nil, c.Name)
		check(got, want, err)
	case []float32:
		got, err := tab.VectorFloat32(nil, c.Name)
		check(got, want, err)
	case []int16:
		if c.Scale != 0 {
			got, err := tab.Float64(nil, c.Name)
			check(got, []float64{0, 100, 101.5}, err)
			return
		}
		got, err := ints()
		check(got, want, err)
	case []int32:
		if c.Null != nil {
			got, err := tab.Float64(nil, c.Name)
			check(got, []float64{math.MinInt32, math.NaN(), math.MaxInt32}, err)
			return
		}
		got, err := tab.VectorInt32(nil, c.Name)
		check(got, want, err)
	case []int64, []uint8, []int8, []uint16, []uint32:
		got, err := ints()
		check(got, want, err)
	case []uint64:
		got, err := tab.Uint64(nil, c.Name)
		check(got, want, err)
	case []bool:
		got, err := tab.VectorBool(nil, c.Name)
		check(got, want, err)
	case []complex64, []complex128:
		got, err := tab.Complex(nil, c.Name)
		check(got, want, err)
	case []string:
		got, err := tab.Strings(nil, c.Name)
		for i := range want {
			want[i] = strings.TrimRight(want[i], " ")
		}
		check(got, want, err)
	}
}

func TestFitsverifyFindsNothingInWrittenFiles(t *testing.T) {
	name := filepath.Join(t.TempDir(), "all.fits")
	if err := os.WriteFile(name, everything(t, true), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(xtest.Tool(t, "fitsverify"), "-l", name).CombinedOutput()
	if !strings.Contains(string(out), "Verification found") {
		t.Fatalf("fitsverify: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		// A keyword without a value is legal, and the only thing to be warned of.
		if strings.HasPrefix(line, "*** ") && !strings.Contains(line, "MH has a null value") {
			t.Error(line)
		}
	}
}

const astropyReads = `
import sys, json, warnings
warnings.simplefilter("error")
import numpy as np
from astropy.io import fits
def plain(v):
    if isinstance(v, (bool, np.bool_)): return str(bool(v)).lower()
    if isinstance(v, (int, np.integer)): return str(int(v))
    if isinstance(v, (float, np.floating)): return "NaN" if np.isnan(v) else float(v).hex()
    if isinstance(v, (complex, np.complexfloating)): return plain(v.real) + " " + plain(v.imag)
    return str(v).rstrip()
out = {}
with fits.open(sys.argv[1], checksum=True, uint=True) as f:
    f.verify("exception")
    for i, h in enumerate(f):
        for k, v in h.header.items():
            if isinstance(v, (str, float, int)) and k: out["%d %s" % (i, k)] = [plain(v)]
        if h.data is None: continue
        if hasattr(h, "columns"):
            for c in h.columns.names:
                out["%d column %s" % (i, c)] = [plain(v) for v in np.array(h.data[c]).ravel()]
        else:
            out["%d image" % i] = [plain(v) for v in h.data.ravel()]
print(json.dumps(out))
`

func TestAstropyReadsWrittenFilesAsTheyAre(t *testing.T) {
	name := filepath.Join(t.TempDir(), "all.fits")
	if err := os.WriteFile(name, everything(t, false), 0o600); err != nil {
		t.Fatal(err)
	}
	var theirs map[string][]string
	if err := json.Unmarshal([]byte(xtest.Python(t, astropyReads, name)), &theirs); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"0 OBJECT": "TIC 25155310", "0 RA_OBJ": hex(63.37389), "0 TINY": hex(5e-324), "0 HISTORY": "written by a test",
		"0 LONG":     strings.TrimRight(strings.Repeat("A string that is too long for one record. ", 5), " "),
		"1 NAXIS2":   "3",
		"1 TUNIT1":   "BJD - 2457000, days",
		"1 TZERO10":  "9223372036854775808",
		"2 TFIELDS":  "0",
		"4 EXTNAME":  "IMAGE-32",
		"3 XTENSION": "BINTABLE",
	} {
		if got := theirs[key]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: astropy reads %q, want %q", key, got, want)
		}
	}
	for _, c := range everyColumn() {
		if got, want := theirs["1 column "+c.Name], plain(c); !slices.Equal(got, want) {
			t.Errorf("column %s: astropy reads %q, want %q", c.Name, got, want)
		}
	}
	for i, want := range map[int][]string{4: {hex(0), hex(-1), hex(2.5)}, 6: {"0", "-1", "2"}, 9: {"0", "1", "255"}} {
		if got := theirs[fmt.Sprintf("%d image", i)]; len(got) != 6 || !slices.Equal(got[:3], want) {
			t.Errorf("image %d: astropy reads %q, want %q", i, got, want)
		}
	}
}

// hex writes a number as Python's float.hex does.
func hex(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 0):
		return map[bool]string{true: "inf", false: "-inf"}[v > 0]
	case v == 0:
		return "0x0.0p+0"
	case math.Abs(v) < 0x1p-1022:
		return fmt.Sprintf("0x0.%013xp-1022", math.Float64bits(v)&(1<<52-1))
	}
	frac, exp := math.Frexp(v)
	s := fmt.Sprintf("0x1.%013xp%+d", math.Float64bits(frac)&(1<<52-1), exp-1)
	if v < 0 {
		s = "-" + s
	}
	return s
}

// plain writes what a column holds as the script above does.
func plain(c fits.ColumnData) []string {
	var list []string
	add := func(v any) { list = append(list, fmt.Sprint(v)) }
	switch d := c.Data.(type) {
	case []float64:
		for _, v := range d {
			add(hex(v))
		}
	case []float32:
		for _, v := range d {
			add(hex(float64(v)))
		}
	case []complex64:
		for _, v := range d {
			add(hex(float64(real(v))) + " " + hex(float64(imag(v))))
		}
	case []complex128:
		for _, v := range d {
			add(hex(real(v)) + " " + hex(imag(v)))
		}
	case []int8: // astropy reads signed bytes as doubles
		for _, v := range d {
			add(hex(float64(v)))
		}
	case []int16:
		for _, v := range d {
			if c.Scale != 0 {
				add(hex(c.Zero + c.Scale*float64(v)))
				continue
			}
			add(v)
		}
	case []string:
		for _, v := range d {
			for len(c.Dim) > 0 && len(v) > c.Dim[0] { // strings of TDIM's first axis
				add(strings.TrimRight(v[:c.Dim[0]], " "))
				v = v[c.Dim[0]:]
			}
			add(strings.TrimRight(v, " "))
			for len(c.Dim) > 0 && len(list)%2 == 1 {
				add("")
			}
		}
	default:
		return strings.Fields(strings.Trim(fmt.Sprint(c.Data), "[]"))
	}
	return list
}
