package fits_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
)

func TestTablesThatCannotBeWrittenAreNamed(t *testing.T) {
	for name, columns := range map[string][]fits.ColumnData{
		"rows that differ":            {{Name: "A", Data: []float64{1}}, {Name: "B", Data: []float64{1, 2}}},
		"no data":                     {{Name: "B"}},
		"data of another type":        {{Name: "B", Data: []int{1}}},
		"a form for another type":     {{Name: "B", Form: "J", Data: []float64{1}}},
		"a form that is none":         {{Name: "B", Form: "Z", Data: []float64{1}}},
		"a repeat that does not fit":  {{Name: "B", Form: "2D", Data: []float64{1, 2, 3}}},
		"a repeat of none":            {{Name: "B", Form: "0D", Data: []float64{}}},
		"a repeat beyond everything":  {{Name: "B", Form: "9223372036854775807D", Data: []float64{}}},
		"a string longer than A":      {{Name: "B", Form: "2A", Data: []string{"abc"}}},
		"a TDIM larger than the form": {{Name: "B", Form: "2D", Dim: []int{3}, Data: []float64{1, 2}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := fits.NewTable(fits.NewHeader(), columns)
			if !errors.Is(err, exo.Invalid) || !strings.Contains(exo.MessageOf(err), "(B)") {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := fits.NewTable(fits.NewHeader(), []fits.ColumnData{{Name: "GRÖSSE", Data: []float64{}}}); !errors.Is(err, exo.Invalid) {
		t.Errorf("a name outside ASCII: %v", err)
	}
	disorder := fits.NewHeader()
	disorder.Append("XTENSION", "BINTABLE", "")
	disorder.Append("EXTNAME", "EARLY", "")
	if _, err := fits.NewTable(disorder, nil); err != nil {
		t.Errorf("mandatory cards are put before others: %v", err)
	}
	disorder = fits.NewHeader()
	disorder.Append("NAXIS", 2, "")
	disorder.Append("BITPIX", 8, "")
	if _, err := fits.NewTable(disorder, nil); !errors.Is(err, exo.Invalid) {
		t.Errorf("mandatory cards out of order: %v", err)
	}
}

func TestImagesThatCannotBeWrittenAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		bitpix int
		dims   []int
		data   any
	}{
		"BITPIX 7":                 {7, []int{1}, []uint8{1}},
		"pixels of another type":   {32, []int{1}, []float32{1}},
		"too few pixels":           {32, []int{2, 2}, []int32{1}},
		"a negative axis":          {32, []int{-1}, []int32{}},
		"axes beyond everything":   {32, []int{1 << 31, 1 << 31, 1 << 31}, []int32{}},
		"unsigned pixels":          {16, []int{1}, []uint16{1}},
		"pixels, but not any axis": {32, nil, []int32{1}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := fits.NewImage(fits.NewHeader(), c.bitpix, c.dims, c.data); !errors.Is(err, exo.Invalid) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAFileIsOnePrimaryHDUAndExtensionsBehindIt(t *testing.T) {
	primary, _ := fits.NewPrimary(fits.NewHeader())
	second, _ := fits.NewPrimary(fits.NewHeader())
	tab, _ := fits.NewTable(fits.NewHeader(), nil)
	for name, hdus := range map[string][]*fits.HDU{"table first": {tab, primary}, "two primaries": {primary, second}} {
		if _, err := (&fits.File{HDUs: hdus}).Bytes(); !errors.Is(err, exo.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if f, ok := (&fits.File{HDUs: []*fits.HDU{primary, tab}}).Lookup("primary"); !ok || f != primary {
		t.Error("the primary HDU has no name")
	}
}

// The header of a real file, given to the builder as a template, comes out as
// it was: order, comments and formatting are the caller's.
func TestATableBuiltOnARealHeaderIsTheRealTable(t *testing.T) {
	b := tess20k(t)
	f := parse(t, b)
	tab, err := f.HDUs[1].Table()
	if err != nil {
		t.Fatal(err)
	}
	var columns []fits.ColumnData
	for _, c := range tab.Columns {
		d := fits.ColumnData{Name: c.Name, Form: c.TForm, Unit: c.Unit, Disp: c.Disp}
		switch c.Type {
		case 'D':
			d.Data, err = tab.Float64(nil, c.Name)
		case 'E':
			d.Data, err = tab.Float32(nil, c.Name)
		case 'J':
			d.Data, err = tab.Int32(nil, c.Name)
		}
		if err != nil {
			t.Fatal(err)
		}
		columns = append(columns, d)
	}
	if f.HDUs[1], err = fits.NewTable(f.HDUs[1].Header.Clone(), columns); err != nil {
		t.Fatal(err)
	}
	pixels, err := f.HDUs[2].Image()
	if err != nil {
		t.Fatal(err)
	}
	data, err := pixels.Int32(nil)
	if err != nil {
		t.Fatal(err)
	}
	if f.HDUs[2], err = fits.NewImage(f.HDUs[2].Header.Clone(), 32, pixels.Dims, data); err != nil {
		t.Fatal(err)
	}
	for _, h := range f.HDUs {
		if err := h.AddChecksum(""); err != nil { // the comment stays
			t.Fatal(err)
		}
	}
	out, err := f.Bytes()
	if err != nil || !bytes.Equal(out, b) {
		t.Errorf("other bytes (%v)", err)
	}
}

func TestAbsentCardsOfAColumnFollowThoseThatAreThere(t *testing.T) {
	head := fits.NewHeader()
	head.Append("XTENSION", "", "mine")
	head.Append("EXTNAME", "X", "")
	head.Append("TTYPE1", "", "first")
	head.AppendComment("between")
	head.Append("TTYPE2", "", "second")
	h, err := fits.NewTable(head, []fits.ColumnData{
		{Name: "A", Unit: "d", Data: []float64{1}, Comments: fits.ColumnComments{Form: "a double"}}, {Name: "B", Data: []uint16{1}}, {Name: "C", Data: []string{"x"}}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for c := range h.Header.Cards() {
		got = append(got, c.Key()+"="+c.Text()+"/"+c.Comment())
	}
	want := "XTENSION=BINTABLE/mine BITPIX=8/array data type NAXIS=2/number of array dimensions NAXIS1=11/length of first array dimension " +
		"NAXIS2=1/length of second array dimension PCOUNT=0/group parameter count (not used) GCOUNT=1/group count (not used) " +
		"TFIELDS=3/number of table fields EXTNAME=X/ TTYPE1=A/first TFORM1=D/a double TUNIT1=d/ COMMENT=between/ " +
		"TTYPE2=B/second TFORM2=I/ TSCAL2=1/ TZERO2=32768/ TTYPE3=C/ TFORM3=1A/"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
}
