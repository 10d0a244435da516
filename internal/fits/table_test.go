package fits_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
)

// oneColumn is a table of one column: its form, other cards, and rows.
func oneColumn(form string, rows int, data []byte, cards ...string) []byte {
	u := unit{data: data}.text("XTENSION", "BINTABLE").num("BITPIX", 8).num("NAXIS", 2).
		num("NAXIS1", len(data)/max(rows, 1)).num("NAXIS2", rows).num("PCOUNT", 0).num("GCOUNT", 1).num("TFIELDS", 1).
		text("TTYPE1", "C").text("TFORM1", form)
	return join(primaryUnit(), u.add(cards...))
}

func TestColumnsAreDescribed(t *testing.T) {
	u := tableUnit().text("TUNIT1", "BJD - 2457000, days").text("TDISP1", "D14.7").num("TNULL2", -1).
		num("TSCAL2", 2).num("TZERO2", 10).text("TDIM3", "(2, 2)").text("TTYPE2", "first wins").add("TTYPE2  = 'later'", "TTYPE6  = 'beyond'", "TUNIT02 = 'no number'", "TUNIT0  = 'none'", "TUNIT   = 'none'")
	tab := table(t, join(primaryUnit(), u))
	want := []fits.Column{
		{Name: "TIME", TForm: "D", Unit: "BJD - 2457000, days", Disp: "D14.7", Type: 'D', Repeat: 1, Width: 8, Scale: 1},
		{Name: "first wins", TForm: "J", Type: 'J', Repeat: 1, Offset: 8, Width: 4, Scale: 2, Zero: 10, Null: -1, HasNull: true},
		{Name: "NAME", TForm: "4A", Dim: []int{2, 2}, Type: 'A', Repeat: 4, Offset: 12, Width: 4, Scale: 1},
		{Name: "GOOD", TForm: "L", Type: 'L', Repeat: 1, Offset: 16, Width: 1, Scale: 1},
		{Name: "SPEC", TForm: "1PE(3)", Type: 'P', Elem: 'E', Repeat: 1, MaxLen: 3, Offset: 17, Width: 8, Scale: 1},
	}
	for i, c := range tab.Columns {
		if got, want := describe(c), describe(want[i]); got != want {
			t.Errorf("column %d:\ngot  %s\nwant %s", i+1, got, want)
		}
	}
	if tab.Rows != 2 {
		t.Errorf("%d rows", tab.Rows)
	}
}

func describe(c fits.Column) string {
	return fmt.Sprint(c.Name, "|", c.TForm, "|", c.Unit, "|", c.Disp, c.Dim, c.Type, c.Elem, c.Repeat, c.MaxLen, c.Offset, c.Width, c.Scale, c.Zero, c.Null, c.HasNull)
}

func TestColumnsAreFoundByNameInAnyCase(t *testing.T) {
	u := tableUnit().text("TTYPE3", "time")
	tab := table(t, join(primaryUnit(), u))
	for _, name := range []string{"TIME", "time", "Time"} {
		if i, ok := tab.Find(name); !ok || i != 0 {
			t.Errorf("%s: %d, %v", name, i, ok)
		}
	}
	if i, ok := tab.Find("FLUX"); ok || i != -1 {
		t.Errorf("FLUX: %d, %v", i, ok)
	}
	f := parse(t, join(primaryUnit(), u, imageUnit()))
	for name, want := range map[string]int{"LIGHTCURVE": 1, "lightcurve": 1, "Aperture": 2, "primary": 0} {
		if h, ok := f.Lookup(name); !ok || h.Index != want {
			t.Errorf("%s not found", name)
		}
	}
	if _, ok := f.Lookup("NONE"); ok {
		t.Error("found an HDU that is not there")
	}
}

func TestNumbersAreScaledAndNullsAreNaN(t *testing.T) {
	be := binary.BigEndian
	i16 := be.AppendUint16(be.AppendUint16(be.AppendUint16(nil, 0xffff), 5), 0x8000)
	f32 := be.AppendUint32(be.AppendUint32(nil, math.Float32bits(1.5)), math.Float32bits(float32(math.NaN())))
	for name, c := range map[string]struct {
		file []byte
		want []float64
	}{
		"I as it is":            {oneColumn("I", 3, i16), []float64{-1, 5, -32768}},
		"I unsigned":            {oneColumn("I", 3, i16, "TZERO1  = 32768"), []float64{32767, 32773, 0}},
		"I unsigned as a real":  {oneColumn("I", 3, i16, "TZERO1  = 3.2768E4", "TSCAL1  = 1.0"), []float64{32767, 32773, 0}},
		"I scaled":              {oneColumn("I", 3, i16, "TSCAL1  = 0.5", "TZERO1  = 1.0"), []float64{0.5, 3.5, -16383}},
		"I with null":           {oneColumn("I", 3, i16, "TNULL1  = 5"), []float64{-1, math.NaN(), -32768}},
		"null is before scale":  {oneColumn("I", 3, i16, "TNULL1  = 5", "TZERO1  = 32768"), []float64{32767, math.NaN(), 0}},
		"null that never fits":  {oneColumn("I", 3, i16, "TNULL1  = 99999"), []float64{-1, 5, -32768}},
		"undefined scale":       {oneColumn("I", 3, i16, "TSCAL1  =", "TZERO1  =", "TNULL1  ="), []float64{-1, 5, -32768}},
		"B":                     {oneColumn("B", 3, []byte{0, 1, 255}), []float64{0, 1, 255}},
		"B signed":              {oneColumn("B", 3, []byte{0, 128, 255}, "TZERO1  = -128"), []float64{-128, 0, 127}},
		"J":                     {oneColumn("J", 1, be.AppendUint32(nil, 1<<31)), []float64{-1 << 31}},
		"K":                     {oneColumn("K", 1, be.AppendUint64(nil, 1<<63)), []float64{-1 << 63}},
		"K unsigned":            {oneColumn("K", 1, be.AppendUint64(nil, 1<<63), "TZERO1  = 9223372036854775808"), []float64{0}},
		"K unsigned and small":  {oneColumn("K", 3, be.AppendUint64(be.AppendUint64(be.AppendUint64(nil, 1<<63|1), 1<<63|1000), 0xffffffffffffffff), "TZERO1  = 9223372036854775808"), []float64{1, 1000, 1<<63 - 1}},
		"K near its offset":     {oneColumn("K", 1, be.AppendUint64(nil, 1<<62+1), "TZERO1  = -4611686018427387904"), []float64{1}},
		"E with NaN":            {oneColumn("E", 2, f32), []float64{1.5, math.NaN()}},
		"E scaled":              {oneColumn("E", 2, f32, "TSCAL1  = 2"), []float64{3, math.NaN()}},
		"TNULL of a float":      {oneColumn("E", 2, f32, "TNULL1  = 1"), []float64{1.5, math.NaN()}},
		"TNULL of a float, odd": {oneColumn("E", 2, f32, "TNULL1  = 'NaN'"), []float64{1.5, math.NaN()}},
		"D":                     {oneColumn("D", 1, be.AppendUint64(nil, math.Float64bits(0.1))), []float64{0.1}},
		"no rows":               {oneColumn("D", 0, nil, "NAXIS1  = 8"), nil},
		"repeat count 1":        {oneColumn("1I", 3, i16), []float64{-1, 5, -32768}},
		"repeat count 001":      {oneColumn("001I", 3, i16), []float64{-1, 5, -32768}},
		"text behind the form":  {oneColumn("Iabc", 3, i16), []float64{-1, 5, -32768}},
		"TSCAL of zero":         {oneColumn("I", 3, i16, "TSCAL1  = 0", "TZERO1  = 7"), []float64{7, 7, 7}},
		"a scale in D notation": {oneColumn("I", 3, i16, "TSCAL1  = 1.0D1"), []float64{-10, 50, -327680}},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "no rows" {
				c.file = bytes.Replace(c.file, []byte("NAXIS1  =                    0"), []byte("NAXIS1  =                    8"), 1)
			}
			tab := table(t, c.file)
			got, err := tab.Float64(nil, "c")
			if err != nil || fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("Float64: %v, %v; want %v", got, err, c.want)
			}
			single, err := tab.Float32(make([]float32, 0, 3), "C")
			for i := range single {
				if want := float32(c.want[i]); single[i] != want && want == want {
					t.Errorf("Float32: %v, want %v", single, c.want)
				}
			}
			if err != nil || len(single) != len(c.want) {
				t.Errorf("Float32: %v, %v; want %v", single, err, c.want)
			}
			vector, err := tab.VectorFloat64(nil, "C")
			if err != nil || fmt.Sprint(vector) != fmt.Sprint(c.want) {
				t.Errorf("VectorFloat64: %v, %v; want %v", vector, err, c.want)
			}
		})
	}
}

func TestIntegersAreExactOrRefused(t *testing.T) {
	be := binary.BigEndian
	k := func(n int64, cards ...string) []byte {
		return oneColumn("K", 1, be.AppendUint64(nil, uint64(n)), cards...)
	}
	const u64 = "TZERO1  = 9223372036854775808"
	for name, c := range map[string]struct {
		file               []byte
		i32, i64, unsigned string // the value, or a part of the message
	}{
		"small":                {k(7), "7", "7", "7"},
		"negative":             {k(-7), "-7", "-7", "does not fit"},
		"2^31-1":               {k(1<<31 - 1), "2147483647", "2147483647", "2147483647"},
		"2^31":                 {k(1 << 31), "does not fit", "2147483648", "2147483648"},
		"-2^31":                {k(-1 << 31), "-2147483648", "-2147483648", "does not fit"},
		"-2^31-1":              {k(-1<<31 - 1), "does not fit", "-2147483649", "does not fit"},
		"2^53+1":               {k(1<<53 + 1), "does not fit", "9007199254740993", "9007199254740993"},
		"smallest":             {k(math.MinInt64), "does not fit", "-9223372036854775808", "does not fit"},
		"largest":              {k(math.MaxInt64), "does not fit", "9223372036854775807", "9223372036854775807"},
		"unsigned 0":           {k(math.MinInt64, u64), "0", "0", "0"},
		"unsigned 2^63":        {k(0, u64), "does not fit", "does not fit", "9223372036854775808"},
		"unsigned 2^64-1":      {k(math.MaxInt64, u64), "does not fit", "does not fit", "18446744073709551615"},
		"scaled":               {k(7, "TSCAL1  = -3", "TZERO1  = 1"), "-20", "-20", "does not fit"},
		"scaled to zero":       {k(7, "TSCAL1  = -3", "TZERO1  = 21"), "0", "0", "0"},
		"scaled beyond":        {k(math.MaxInt64, "TSCAL1  = 4"), "does not fit", "does not fit", "does not fit"},
		"shifted beyond":       {k(math.MaxInt64, "TZERO1  = 1"), "does not fit", "does not fit", "9223372036854775808"},
		"beyond 2^64":          {k(math.MaxInt64, "TSCAL1  = 2", u64), "does not fit", "does not fit", "does not fit"},
		"shifted below":        {k(math.MinInt64, "TZERO1  = -1"), "does not fit", "does not fit", "does not fit"},
		"scaled to a fraction": {k(7, "TSCAL1  = 0.5"), "fraction", "fraction", "fraction"},
		"null":                 {k(7, "TNULL1  = 7"), "row 1 has no value", "row 1 has no value", "row 1 has no value"},
		"not null":             {k(8, "TNULL1  = 7"), "8", "8", "8"},
	} {
		t.Run(name, func(t *testing.T) {
			tab := table(t, c.file)
			a, err := tab.Int32(nil, "C")
			judge(t, "Int32", a, err, c.i32)
			b, err := tab.Int64(nil, "C")
			judge(t, "Int64", b, err, c.i64)
			u, err := tab.Uint64(nil, "C")
			judge(t, "Uint64", u, err, c.unsigned)
			v, err := tab.VectorUint64(nil, "C")
			judge(t, "VectorUint64", v, err, c.unsigned)
		})
	}
}

func judge(t *testing.T, op string, got any, err error, want string) {
	t.Helper()
	if err != nil {
		if !errors.Is(err, exo.Invalid) || !strings.Contains(exo.MessageOf(err), want) {
			t.Errorf("%s: %v, want %s", op, err, want)
		}
		return
	}
	if fmt.Sprint(got) != "["+want+"]" {
		t.Errorf("%s: %v, want %s", op, got, want)
	}
}

func TestEveryIntegerFormIsReadIntoEveryIntegerType(t *testing.T) {
	be := binary.BigEndian
	for form, data := range map[string][]byte{
		"B": {1, 2, 3}, "I": be.AppendUint16(be.AppendUint16(be.AppendUint16(nil, 1), 2), 3),
		"J": be.AppendUint32(be.AppendUint32(be.AppendUint32(nil, 1), 2), 3),
		"K": be.AppendUint64(be.AppendUint64(be.AppendUint64(nil, 1), 2), 3),
	} {
		for _, file := range [][]byte{oneColumn(form, 3, data), oneColumn("3"+form, 1, data)} {
			tab := table(t, file)
			a, err1 := tab.VectorInt32(make([]int32, 9), "C")
			b, err2 := tab.VectorInt64(nil, "C")
			c, err3 := tab.VectorUint64(nil, "C")
			if fmt.Sprint(a, b, c) != "[1 2 3] [1 2 3] [1 2 3]" || errors.Join(err1, err2, err3) != nil {
				t.Errorf("%s: %v %v %v (%v)", form, a, b, c, errors.Join(err1, err2, err3))
			}
		}
	}
}

func TestTheSliceGivenIsUsedWhenItIsLargeEnough(t *testing.T) {
	tab := table(t, join(primaryUnit(), tableUnit()))
	buf := make([]float64, 0, 2)
	got, err := tab.Float64(buf, "TIME")
	if err != nil || &got[0] != &buf[:1][0] || !slices.Equal(got, []float64{1325.5, 1326.5}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err = tab.Float64(make([]float64, 1), "TIME"); err != nil || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestOtherColumns(t *testing.T) {
	tab := table(t, join(primaryUnit(), tableUnit().text("TDIM3", "(2,2)")))
	if got, err := tab.Bool(nil, "GOOD"); err != nil || fmt.Sprint(got) != "[true false]" {
		t.Errorf("GOOD: %v, %v", got, err)
	}
	if got, err := tab.Strings(nil, "NAME"); err != nil || fmt.Sprintf("%q", got) != `["s0" "s1"]` {
		t.Errorf("NAME: %q, %v", got, err)
	}
	if got, err := tab.VectorStrings(make([]string, 4), "NAME"); err != nil || fmt.Sprintf("%q", got) != `["s0" "" "s1" ""]` {
		t.Errorf("NAME: %q, %v", got, err)
	}
	if got, err := table(t, oneColumn("4A", 2, []byte("a\x00bc  x "))).Strings(nil, "C"); err != nil || fmt.Sprintf("%q", got) != `["a" "  x"]` {
		t.Errorf("NUL ends a string: %q, %v", got, err)
	}
	if got, err := table(t, oneColumn("10X", 2, []byte{0xa0, 0x40, 0, 0x80})).VectorBool(nil, "C"); err != nil ||
		fmt.Sprint(got) != "[true false true false false false false false false true false false false false false false false false true false]" {
		t.Errorf("bits: %v, %v", got, err)
	}
	if _, err := table(t, oneColumn("L", 2, []byte{'T', 0})).Bool(nil, "C"); !errors.Is(err, exo.Invalid) || !strings.Contains(err.Error(), "row 2") {
		t.Errorf("a null logical value: %v", err)
	}
	be := binary.BigEndian
	c := be.AppendUint32(be.AppendUint32(nil, math.Float32bits(1)), math.Float32bits(-2))
	if got, err := table(t, oneColumn("C", 1, c)).Complex(nil, "C"); err != nil || got[0] != 1-2i {
		t.Errorf("complex: %v, %v", got, err)
	}
	if got, err := table(t, oneColumn("C", 1, c, "TSCAL1  = 3", "TZERO1  = 10")).VectorComplex(nil, "C"); err != nil || got[0] != 13-6i {
		t.Errorf("complex scaled: %v, %v", got, err)
	}
}

func TestVariableLengthArrays(t *testing.T) {
	tab := table(t, join(primaryUnit(), tableUnit()))
	for row, want := range []string{"[0 0.5 1]", "[1.5 2]"} {
		got, err := tab.VarFloat64("SPEC", row)
		single, err2 := tab.VarFloat32("SPEC", row)
		n, err3 := tab.VarLen("SPEC", row)
		if fmt.Sprint(got) != want || fmt.Sprint(single) != want || n != len(got) || errors.Join(err, err2, err3) != nil {
			t.Errorf("row %d: %v, %v, %d (%v)", row, got, single, n, errors.Join(err, err2, err3))
		}
	}
	for _, row := range []int{-1, 2} {
		if _, err := tab.VarFloat64("SPEC", row); !errors.Is(err, exo.Invalid) {
			t.Errorf("row %d: %v", row, err)
		}
	}
	be := binary.BigEndian
	heap := func(form string, n uint64, data []byte, cards ...string) *fits.Table {
		d := be.AppendUint64(be.AppendUint64(nil, n), 0)
		u := unit{data: append(append(d, "gap!"...), data...)}.text("XTENSION", "BINTABLE").num("BITPIX", 8).num("NAXIS", 2).
			num("NAXIS1", 16).num("NAXIS2", 1).num("PCOUNT", 4+len(data)).num("GCOUNT", 1).num("TFIELDS", 1).num("THEAP", 20).
			text("TTYPE1", "C").text("TFORM1", form)
		return table(t, join(primaryUnit(), u.add(cards...)))
	}
	i, err1 := heap("QI(2)", 2, []byte{0, 1, 0, 2}, "TZERO1  = 32768").VarInt32("C", 0)
	k, err2 := heap("1QK", 1, be.AppendUint64(nil, 1<<62)).VarInt64("C", 0)
	u, err3 := heap("QK", 1, make([]byte, 8), "TZERO1  = 9223372036854775808").VarUint64("C", 0)
	x, err4 := heap("QX", 10, []byte{0x80, 0x40}).VarBool("C", 0)
	s, err5 := heap("QA", 5, []byte("abc  ")).VarString("C", 0)
	m, err6 := heap("QM", 1, make([]byte, 16), "TZERO1  = 4").VarComplex("C", 0)
	e, err7 := heap("QD", 0, nil).VarFloat64("C", 0)
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7); err != nil {
		t.Error(err)
	}
	if got := fmt.Sprintln(i, k, u, x, s, m, e); got != "[32769 32770] [4611686018427387904] [9223372036854775808] "+
		"[true false false false false false false false false true] abc [(4+0i)] []\n" {
		t.Errorf("got %s", got)
	}
	if _, err := heap("QI", 2, []byte{0, 1, 0, 2}, "TNULL1  = 2").VarInt64("C", 0); err == nil || !strings.Contains(err.Error(), "row 1, element 2 has no value") {
		t.Errorf("a null in an array: %v", err)
	}
	if _, err := heap("QL", 2, []byte("TX")).VarBool("C", 0); err == nil || !strings.Contains(err.Error(), "element 2") {
		t.Errorf("a wrong logical value in an array: %v", err)
	}
}

func TestColumnsReadInAWayThatDoesNotSuitThemAreRefused(t *testing.T) {
	tab := table(t, join(primaryUnit(), tableUnit()))
	errs := map[string]error{}
	_, errs["text as numbers"] = tab.Float64(nil, "NAME")
	_, errs["a descriptor as numbers"] = tab.Float32(nil, "SPEC")
	_, errs["doubles as integers"] = tab.Int32(nil, "TIME")
	_, errs["numbers as logical values"] = tab.Bool(nil, "TIME")
	_, errs["numbers as text"] = tab.Strings(nil, "TIME")
	_, errs["numbers as complex"] = tab.Complex(nil, "TIME")
	_, errs["numbers as an array"] = tab.VarFloat64("TIME", 0)
	_, errs["floats of an array as integers"] = tab.VarInt64("SPEC", 0)
	_, errs["a vector as scalars"] = table(t, oneColumn("2B", 1, []byte{1, 2})).Float64(nil, "C")
	_, errs["no element as a scalar"] = table(t, oneColumn("0B", 0, nil)).Float64(nil, "C")
	_, errs["the primary HDU as a table"] = parse(t, primaryUnit().bytes()).HDUs[0].Table()
	_, errs["a table as an image"] = parse(t, join(primaryUnit(), tableUnit())).HDUs[1].Image()
	for name, err := range errs {
		if !errors.Is(err, exo.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := tab.Float64(nil, "FLUX"); !errors.Is(err, exo.NotFound) || exo.MessageOf(err) != "HDU 1 has no column FLUX" {
		t.Errorf("an absent column: %v", err)
	}
}
