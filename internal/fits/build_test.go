package fits_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	"exoplanetai/internal/fits"
)

// unit is an HDU made by hand: cards as they stand, without END, and data.
type unit struct {
	cards []string
	data  []byte
}

// bytes writes the HDU with END and padding.
func (u unit) bytes() []byte {
	var b strings.Builder
	for _, c := range append(append([]string(nil), u.cards...), "END") {
		b.WriteString(c + strings.Repeat(" ", max(0, 80-len(c))))
	}
	for b.Len()%2880 != 0 {
		b.WriteByte(' ')
	}
	b.Write(u.data)
	for b.Len()%2880 != 0 {
		b.WriteByte(0)
	}
	return []byte(b.String())
}

// set replaces the first card that has the key, or appends one.
func (u unit) set(key, card string) unit {
	cards := append([]string(nil), u.cards...)
	for i, c := range cards {
		if strings.HasPrefix(c, pad8(key)) {
			cards[i] = card
			return unit{cards, u.data}
		}
	}
	return unit{append(cards, card), u.data}
}

// num sets a number in fixed format.
func (u unit) num(key string, value any) unit {
	return u.set(key, fmt.Sprintf("%s= %20v", pad8(key), value))
}

// text sets a string.
func (u unit) text(key, value string) unit {
	return u.set(key, fmt.Sprintf("%s= '%-8s'", pad8(key), value))
}

// drop removes the first card that has the key.
func (u unit) drop(key string) unit {
	var cards []string
	gone := false
	for _, c := range u.cards {
		if !gone && strings.HasPrefix(c, pad8(key)) {
			gone = true
			continue
		}
		cards = append(cards, c)
	}
	return unit{cards, u.data}
}

// add appends cards.
func (u unit) add(cards ...string) unit {
	return unit{append(append([]string(nil), u.cards...), cards...), u.data}
}

func pad8(key string) string { return key + strings.Repeat(" ", max(0, 8-len(key))) }

func join(units ...unit) []byte {
	var b []byte
	for _, u := range units {
		b = append(b, u.bytes()...)
	}
	return b
}

func primaryUnit() unit {
	return unit{}.num("SIMPLE", "T").num("BITPIX", 8).num("NAXIS", 0).text("OBJECT", "TIC 1")
}

// tableUnit is a table of two rows: TIME D, CADENCE J, NAME 4A, GOOD L, and
// SPEC 1PE(3) with a heap of five floats.
func tableUnit() unit {
	be := binary.BigEndian
	var d []byte
	for r := range 2 {
		d = be.AppendUint64(d, math.Float64bits(1325.5+float64(r)))
		d = be.AppendUint32(d, uint32(70_000+r))
		d = append(d, fmt.Sprintf("s%-3d", r)...)
		d = append(d, "TF"[r])
		d = be.AppendUint32(d, uint32(3-r))
		d = be.AppendUint32(d, uint32(12*r))
	}
	for i := range 5 {
		d = be.AppendUint32(d, math.Float32bits(float32(i)/2))
	}
	u := unit{data: d}.text("XTENSION", "BINTABLE").num("BITPIX", 8).num("NAXIS", 2).
		num("NAXIS1", 25).num("NAXIS2", 2).num("PCOUNT", 20).num("GCOUNT", 1).num("TFIELDS", 5)
	for i, c := range []string{"TIME D", "CADENCE J", "NAME 4A", "GOOD L", "SPEC 1PE(3)"} {
		name, form, _ := strings.Cut(c, " ")
		u = u.text(fmt.Sprintf("TTYPE%d", i+1), name).text(fmt.Sprintf("TFORM%d", i+1), form)
	}
	return u.text("EXTNAME", "LIGHTCURVE")
}

// imageUnit is an image of 3 by 2 pixels.
func imageUnit() unit {
	var d []byte
	for i := range 6 {
		d = binary.BigEndian.AppendUint32(d, uint32(i*i))
	}
	return unit{data: d}.text("XTENSION", "IMAGE").num("BITPIX", 32).num("NAXIS", 2).
		num("NAXIS1", 3).num("NAXIS2", 2).num("PCOUNT", 0).num("GCOUNT", 1).text("EXTNAME", "APERTURE")
}

func parse(t testing.TB, b []byte) *fits.File {
	t.Helper()
	f, err := fits.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// table returns the table of the first extension.
func table(t testing.TB, b []byte) *fits.Table {
	t.Helper()
	tab, err := parse(t, b).HDUs[1].Table()
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// readEverything reads all there is in a file, in every way that suits it, and
// verifies it; it returns the first error.
func readEverything(b []byte) error {
	f, err := fits.Parse(b)
	if err != nil {
		return err
	}
	for _, h := range f.HDUs {
		for c := range h.Header.Cards() {
			_, _, _ = c.Key(), c.Text(), c.Comment()
		}
		switch h.Kind {
		case fits.KindBinTable:
			err = readTable(h)
		case fits.KindPrimary, fits.KindImage:
			var m *fits.Image
			if m, err = h.Image(); err == nil {
				m.Float64(nil)
			}
		}
		if err != nil {
			return err
		}
	}
	return f.Verify()
}

func readTable(h *fits.HDU) error {
	t, err := h.Table()
	if err != nil {
		return err
	}
	for _, c := range t.Columns {
		// Of two columns with one name the first is read.
		if i, _ := t.Find(c.Name); t.Columns[i].Offset != c.Offset {
			continue
		}
		if err := readColumn(t, c); err != nil {
			return err
		}
	}
	return nil
}

func readColumn(t *fits.Table, c fits.Column) (err error) {
	switch c.Type {
	case 'B', 'I', 'J', 'K', 'E', 'D':
		_, err = t.VectorFloat64(nil, c.Name)
	case 'L', 'X':
		_, err = t.VectorBool(nil, c.Name)
	case 'A':
		_, err = t.VectorStrings(nil, c.Name)
	case 'C', 'M':
		_, err = t.VectorComplex(nil, c.Name)
	}
	for r := 0; r < t.Rows && err == nil && c.Elem != 0; r++ {
		switch c.Elem {
		case 'L', 'X':
			_, err = t.VarBool(c.Name, r)
		case 'A':
			_, err = t.VarString(c.Name, r)
		case 'C', 'M':
			_, err = t.VarComplex(c.Name, r)
		default:
			_, err = t.VarFloat64(c.Name, r)
		}
	}
	return err
}
