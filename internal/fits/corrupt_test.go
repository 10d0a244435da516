package fits_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
)

// corruption is a file with one named fault.
type corruption struct {
	name string
	file []byte
	want string // what the message must name
}

func TestTheBaseOfTheCorpusIsGood(t *testing.T) {
	if err := readEverything(join(primaryUnit(), tableUnit(), imageUnit())); err != nil {
		t.Fatal(err)
	}
}

func TestEachCorruptionIsATypedErrorThatNamesItsPlace(t *testing.T) {
	corpus := corpus()
	if len(corpus) < 120 {
		t.Errorf("the corpus has only %d files", len(corpus))
	}
	seen := map[string]bool{}
	for _, c := range corpus {
		if seen[c.name] {
			t.Errorf("%s: twice in the corpus", c.name)
		}
		seen[c.name] = true
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := readEverything(c.file)
		runtime.ReadMemStats(&after)
		switch {
		case err == nil:
			t.Errorf("%s: accepted", c.name)
		case !errors.Is(err, exo.Corrupt) && !errors.Is(err, exo.TooLarge):
			t.Errorf("%s: %v: not of the kind Corrupt", c.name, err)
		case !strings.Contains(exo.MessageOf(err), c.want):
			t.Errorf("%s: %q does not name %q", c.name, exo.MessageOf(err), c.want)
		}
		if used, bound := after.TotalAlloc-before.TotalAlloc, uint64(1<<20+4*len(c.file)); used > bound {
			t.Errorf("%s: took %d bytes for a file of %d", c.name, used, len(c.file))
		}
	}
}

func corpus() []corruption {
	var list []corruption
	for _, part := range [][]corruption{badFiles(), badPrimaries(), badExtensions(), badCards(), badTables(), badForms(), badHeaps(), badSums()} {
		list = append(list, part...)
	}
	return list
}

func badFiles() []corruption {
	good := join(primaryUnit(), tableUnit(), imageUnit())
	p, t, im := primaryUnit().bytes(), tableUnit().bytes(), imageUnit().bytes()
	cat := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	return []corruption{
		{"empty file", nil, "HDU 0"},
		{"one byte", []byte("S"), "HDU 0"},
		{"a web page", []byte("<!DOCTYPE html><html><body>503 Service Unavailable</body></html>" + strings.Repeat(" ", 4000)), "HDU 0"},
		{"zeros only", make([]byte, 5760), "HDU 0"},
		{"blanks only", bytes.Repeat([]byte{' '}, 5760), "HDU 0"},
		{"cut within the first card", good[:50], "HDU 0"},
		{"cut within the first header", good[:300], "HDU 0: the header has no END"},
		{"cut after END", p[:500], "HDU 0: the header is cut off"},
		{"cut within the second header", good[:2880+800], "HDU 1: the header has no END"},
		{"cut within the rows", good[:2880+2880+30], "HDU 1: the header promises 70 bytes"},
		{"cut within the heap", good[:2880+2880+69], "only 69"},
		{"cut within the padding", good[:2880+2880+70], "HDU 1: the padding"},
		{"last byte missing", good[:len(good)-1], "HDU 2: the padding"},
		{"one byte too many", cat(good, []byte{0}), "HDU 3"},
		{"a block of zeros at the end", cat(good, make([]byte, 2880)), "HDU 3: does not begin with XTENSION"},
		{"a block of blanks at the end", cat(good, bytes.Repeat([]byte{' '}, 2880)), "HDU 3"},
		{"a second primary HDU", cat(p, p), "HDU 1: does not begin with XTENSION"},
		{"an extension in front", cat(t, p), "HDU 0: does not begin with SIMPLE"},
		{"a byte lost in the first header", cat(p[:100], p[101:], t), "HDU 0"},
		{"a byte put into the first header", cat(p[:100], []byte{'x'}, p[100:], t), "HDU 0"},
		{"a block lost in the middle", cat(p, t[:2880], im), "HDU 2"},
		{"a block of zeros in the middle", cat(p, make([]byte, 2880), t), "HDU 1"},
		{"line ends changed", bytes.ReplaceAll(good, []byte("  "), []byte("\r\n")), "HDU 0"},
		{"the header is UTF-16", bytes.ReplaceAll(p, []byte("S"), []byte("S\x00")), "HDU 0"},
		{"SIMPLE without blanks", cat([]byte("SIMPLE=T"), p[8:]), "HDU 0"},
		{"lower case", bytes.ToLower(p), "HDU 0"},
	}
}

func badPrimaries() []corruption {
	one := func(u unit) []byte { return join(u, tableUnit()) }
	p := primaryUnit()
	axis := p.num("NAXIS", 1).drop("OBJECT")
	groups := p.num("NAXIS", 2).drop("OBJECT").num("NAXIS1", 0)
	return []corruption{
		{"SIMPLE = F", one(p.num("SIMPLE", "F")), "HDU 0: SIMPLE"},
		{"SIMPLE is a string", one(p.text("SIMPLE", "T")), "HDU 0: SIMPLE"},
		{"SIMPLE is undefined", one(p.set("SIMPLE", "SIMPLE  =")), "HDU 0"},
		{"BITPIX missing", one(p.drop("BITPIX")), "HDU 0: card 2"},
		{"BITPIX 7", one(p.num("BITPIX", 7)), "BITPIX"},
		{"BITPIX 0", one(p.num("BITPIX", 0)), "BITPIX"},
		{"BITPIX -16", one(p.num("BITPIX", -16)), "BITPIX"},
		{"BITPIX 128", one(p.num("BITPIX", 128)), "BITPIX"},
		{"BITPIX 2^63", one(p.num("BITPIX", "9223372036854775808")), "BITPIX"},
		{"BITPIX a fraction", one(p.num("BITPIX", "8.0")), "BITPIX"},
		{"BITPIX a string", one(p.text("BITPIX", "8")), "BITPIX"},
		{"BITPIX undefined", one(p.num("BITPIX", "")), "BITPIX"},
		{"NAXIS missing", one(p.drop("NAXIS")), "HDU 0: card 3"},
		{"NAXIS before BITPIX", one(unit{[]string{p.cards[0], p.cards[2], p.cards[1]}, nil}), "HDU 0: card 2"},
		{"NAXIS -1", one(p.num("NAXIS", -1)), "NAXIS"},
		{"NAXIS 1000", one(p.num("NAXIS", 1000)), "card 3 is not NAXIS"},
		{"NAXIS 2^63", one(p.num("NAXIS", "9223372036854775808")), "NAXIS"},
		{"NAXIS 2^64", one(p.num("NAXIS", "18446744073709551616")), "NAXIS"},
		{"NAXIS undefined", one(p.num("NAXIS", "")), "NAXIS"},
		{"NAXIS1 missing", one(p.num("NAXIS", 1)), "NAXIS1"},
		{"NAXIS1 -5", one(axis.num("NAXIS1", -5)), "NAXIS1"},
		{"NAXIS1 2^63", one(axis.num("NAXIS1", "9223372036854775808")), "NAXIS1"},
		{"NAXIS1 2^63-1", one(axis.num("NAXIS1", "9223372036854775807")), "HDU 0"},
		{"NAXIS1 10^15", one(axis.num("NAXIS1", "1000000000000000")), "HDU 0: the header promises"},
		{"NAXIS1 a word", one(axis.num("NAXIS1", "many")), "NAXIS1"},
		{"NAXIS999 without NAXIS1", one(p.num("NAXIS", 999)), "NAXIS1"},
		{"only two of three axes", one(p.num("NAXIS", 3).drop("OBJECT").num("NAXIS1", 1).num("NAXIS2", 1)), "NAXIS3"},
		{"axes in the wrong order", one(p.num("NAXIS", 2).drop("OBJECT").num("NAXIS2", 1).num("NAXIS1", 1)), "NAXIS1"},
		{"groups without PCOUNT", one(groups.num("NAXIS2", 4).num("GROUPS", "T").num("GCOUNT", 1)), "PCOUNT"},
		{"groups without GCOUNT", one(groups.num("NAXIS2", 4).num("GROUPS", "T").num("PCOUNT", 1)), "GCOUNT"},
		{"groups beyond the file", one(groups.num("NAXIS2", 1<<40).num("GROUPS", "T").num("PCOUNT", 1).num("GCOUNT", 1<<40)), "HDU 0"},
		{"three axes of 2^31", one(p.num("NAXIS", 3).drop("OBJECT").num("NAXIS1", 1<<31).num("NAXIS2", 1<<31).num("NAXIS3", 1<<31)), "larger than any file"},
		{"axes whose product is 2^64", one(p.num("NAXIS", 2).drop("OBJECT").num("NAXIS1", 1<<32).num("NAXIS2", 1<<32)), "larger than any file"},
		{"axes whose product in bytes is 2^64", one(p.num("BITPIX", -64).num("NAXIS", 2).drop("OBJECT").num("NAXIS1", 1<<30).num("NAXIS2", int64(1)<<31)), "larger than any file"},
	}
}

func badExtensions() []corruption {
	file := func(u unit) []byte { return join(primaryUnit(), u, imageUnit()) }
	t := tableUnit()
	return []corruption{
		{"XTENSION a number", file(t.num("XTENSION", 1)), "HDU 1: XTENSION"},
		{"XTENSION undefined", file(t.num("XTENSION", "")), "HDU 1: XTENSION"},
		{"PCOUNT missing", file(t.drop("PCOUNT")), "HDU 1: PCOUNT"},
		{"PCOUNT -1", file(t.num("PCOUNT", -1)), "HDU 1: PCOUNT"},
		{"PCOUNT 10^14", file(t.num("PCOUNT", "100000000000000")), "HDU 1: the header promises"},
		{"PCOUNT 2^63-1", file(t.num("PCOUNT", "9223372036854775807")), "HDU 1"},
		{"PCOUNT a fraction", file(t.num("PCOUNT", "20.")), "HDU 1: PCOUNT"},
		{"GCOUNT missing", file(t.drop("GCOUNT")), "HDU 1: GCOUNT"},
		{"GCOUNT -1", file(t.num("GCOUNT", -1)), "HDU 1: GCOUNT"},
		{"GCOUNT 2^62", file(t.num("GCOUNT", int64(1)<<62)), "HDU 1"},
		{"GCOUNT 10^6", file(t.num("GCOUNT", 1_000_000)), "HDU 1: the header promises"},
		{"GCOUNT 0", file(t.num("GCOUNT", 0)), "HDU 2: does not begin with XTENSION"},
		{"unknown extension beyond the file", file(t.text("XTENSION", "FOREIGN").num("NAXIS2", 1<<40)), "HDU 1"},
		{"ASCII table beyond the file", file(t.text("XTENSION", "TABLE").num("NAXIS2", 1<<40)), "HDU 1"},
		{"image with BITPIX 9", join(primaryUnit(), tableUnit(), imageUnit().num("BITPIX", 9)), "HDU 2: card 2"},
		{"image with BSCALE a word", join(primaryUnit(), imageUnit().text("BSCALE", "one")), "HDU 1: BSCALE"},
		{"image with BZERO beyond a double", join(primaryUnit(), imageUnit().num("BZERO", "1E999")), "HDU 1: BZERO"},
		{"image with BLANK a fraction", join(primaryUnit(), imageUnit().num("BLANK", "0.5")), "HDU 1: BLANK"},
		{"image with a negative axis", join(primaryUnit(), imageUnit().num("NAXIS2", -2)), "NAXIS2"},
	}
}

func badCards() []corruption {
	file := func(cards ...string) []byte { return join(primaryUnit().add(cards...), tableUnit()) }
	long := "LONG    = 'a string that goes on&'"
	raw := func(old, new string) []byte {
		return bytes.Replace(join(primaryUnit(), tableUnit()), []byte(old), []byte(new), 1)
	}
	return []corruption{
		{"a string that is not closed", file("NAME    = 'TIC 1"), "card 5 (NAME) has a string without closing quote"},
		{"a string that ends in a doubled quote", file("NAME    = 'TIC 1''"), "card 5 (NAME)"},
		{"a lone quote", file("NAME    = '"), "card 5 (NAME)"},
		{"a string closed in the next card", file("NAME    = '"+strings.Repeat("x", 69), "COMMENT '"), "card 5 (NAME)"},
		{"a HIERARCH string that is not closed", file("HIERARCH ESO DET = 'abc"), "card 5 (ESO DET)"},
		{"a byte 0 in a comment", file("COMMENT a\x00b"), "card 5"},
		{"a byte 0x80 in a comment", file("COMMENT a\x80b"), "0x80"},
		{"a byte 0xff", file("COMMENT a\xffb"), "0xff"},
		{"the last byte that is no text", file("COMMENT \x1f"), "0x1f"},
		{"a tabulator", file("NAME    =\t1"), "0x09"},
		{"a line feed", file("NAME    = 1\n"), "0x0a"},
		{"a delete character", file("COMMENT \x7f"), "0x7f"},
		{"UTF-8 text", file("OBSERVER= 'Müller'"), "(\"OBSERVER\")"},
		{"a Latin-1 keyword", file("GR\xd6SSE  = 1"), "card 5"},
		{"a byte 0 instead of the last blank", raw("OBJECT  = 'TIC 1   '"+strings.Repeat(" ", 60), "OBJECT  = 'TIC 1   '"+strings.Repeat(" ", 59)+"\x00"), "card 4"},
		{"CONTINUE with nothing before it", file("CONTINUE  'abc'"), "card 5 is CONTINUE"},
		{"CONTINUE after a number", file("N       = 1", "CONTINUE  'abc'"), "card 6 is CONTINUE"},
		{"CONTINUE after a string without ampersand", file("LONG    = 'whole'", "CONTINUE  'abc'"), "card 6 is CONTINUE"},
		{"CONTINUE after an undefined value", file("LONG    =", "CONTINUE  'abc'"), "card 6 is CONTINUE"},
		{"CONTINUE after a comment", file("COMMENT abc&", "CONTINUE  'abc'"), "card 6 is CONTINUE"},
		{"CONTINUE without a string", file(long, "CONTINUE  abc"), "card 6 (CONTINUE) has no string"},
		{"CONTINUE with nothing", file(long, "CONTINUE"), "card 6 (CONTINUE) has no string"},
		{"CONTINUE not closed", file(long, "CONTINUE  'abc"), "card 6 (CONTINUE) has a string without closing quote"},
		{"CONTINUE after the last CONTINUE", file(long, "CONTINUE  'abc'", "CONTINUE  'def'"), "card 7 is CONTINUE"},
		{"CONTINUE apart from its string", file(long, "COMMENT between", "CONTINUE  'abc'"), "card 7 is CONTINUE"},
		{"a loop of CONTINUE that never ends", []byte(string(primaryUnit().bytes()[:320]) + strings.Repeat("CONTINUE  'a&'"+strings.Repeat(" ", 66), 36)), "HDU 0"},
		{"END with text behind it", raw("END  ", "END x"), "HDU 0: END is not followed by blanks"},
		{"END not blank to the end of the block", append(append([]byte(nil), primaryUnit().bytes()[:2879]...), 'x'), "HDU 0: END"},
		{"END written ENDE", raw("END ", "ENDE"), "HDU"},
		{"END in lower case", raw("END ", "end "), "HDU"},
		{"END one column late", raw("END ", " END"), "HDU"},
		{"no END", raw("END ", "    "), "HDU 0: the header has no END card before the next header"},
		{"zeros instead of blanks behind END", append(primaryUnit().bytes()[:403], make([]byte, 2477)...), "HDU 0: END"},
		{"more cards than any header has", []byte(strings.Repeat(" ", 80*100_100)), "HDU 0"},
		{"a header of 100,100 comments", append(primaryUnit().bytes()[:320], []byte(strings.Repeat("COMMENT "+strings.Repeat("x", 72), 100_100))...), "more than 100000 cards"},
	}
}

func badTables() []corruption {
	file := func(u unit) []byte { return join(primaryUnit(), u, imageUnit()) }
	t := tableUnit()
	flag := func(v byte) []byte {
		u := tableUnit()
		u.data[16] = v
		return file(u)
	}
	return []corruption{
		{"NAXIS1 too small", file(t.num("NAXIS1", 24).num("PCOUNT", 22)), "bytes wide, but NAXIS1 is 24"},
		{"NAXIS1 too large", file(t.num("NAXIS1", 26).num("PCOUNT", 18)), "bytes wide, but NAXIS1 is 26"},
		{"NAXIS1 0", file(t.num("NAXIS1", 0).num("PCOUNT", 70)), "HDU 1"},
		{"NAXIS1 2^62", file(t.num("NAXIS1", int64(1)<<62)), "HDU 1"},
		{"NAXIS2 -5", file(t.num("NAXIS2", -5)), "NAXIS2"},
		{"NAXIS2 10^15", file(t.num("NAXIS2", "1000000000000000")), "HDU 1: the header promises"},
		{"10^15 rows of no bytes", file(t.num("NAXIS1", 0).num("NAXIS2", "1000000000000000").num("PCOUNT", 70)), "rows of no bytes"},
		{"a row more than there is", join(primaryUnit(), t.num("NAXIS2", 200)), "HDU 1: the header promises 5020 bytes"},
		{"BITPIX 16", file(t.num("BITPIX", 16).num("NAXIS1", 12).num("PCOUNT", 11)), "BITPIX 8"},
		{"NAXIS 1", file(t.num("NAXIS", 1).drop("NAXIS2").num("NAXIS1", 50)), "NAXIS 2"},
		{"GCOUNT 2", file(t.num("GCOUNT", 2).num("NAXIS2", 1).num("PCOUNT", 10)), "GCOUNT 1"},
		{"TFIELDS missing", file(t.drop("TFIELDS")), "TFIELDS"},
		{"TFIELDS -1", file(t.num("TFIELDS", -1)), "TFIELDS"},
		{"TFIELDS 1000", file(t.num("TFIELDS", 1000)), "TFIELDS"},
		{"TFIELDS 2^63", file(t.num("TFIELDS", "9223372036854775808")), "TFIELDS"},
		{"TFIELDS 999", file(t.num("TFIELDS", 999)), "column 6"},
		{"TFIELDS 6 of 5", file(t.num("TFIELDS", 6)), "column 6"},
		{"TFIELDS 4 of 5", file(t.num("TFIELDS", 4)), "NAXIS1 is 25"},
		{"TFIELDS 0", file(t.num("TFIELDS", 0)), "NAXIS1 is 25"},
		{"TTYPE a number", file(t.num("TTYPE1", 1)), "(TTYPE1) has a value that cannot be read"},
		{"TUNIT a number", file(t.num("TUNIT1", 1)), "(TUNIT1)"},
		{"TDISP a number", file(t.num("TDISP1", 1)), "(TDISP1)"},
		{"TSCAL a word", file(t.text("TSCAL1", "one")), "(TSCAL1)"},
		{"TSCAL beyond a double", file(t.num("TSCAL1", "1E999")), "(TSCAL1)"},
		{"TZERO not a number", file(t.num("TZERO2", "NaN")), "(TZERO2)"},
		{"TNULL a fraction", file(t.num("TNULL2", "1.5")), "column 2 (CADENCE): TNULL"},
		{"TNULL 2^63", file(t.num("TNULL2", "9223372036854775808")), "column 2 (CADENCE): TNULL"},
		{"TNULL a string", file(t.text("TNULL2", "NULL")), "column 2 (CADENCE): TNULL"},
		{"TDIM without brackets", file(t.text("TDIM3", "2,2")), "(TDIM3)"},
		{"TDIM negative", file(t.text("TDIM3", "(-2,2)")), "(TDIM3)"},
		{"TDIM empty", file(t.text("TDIM3", "()")), "(TDIM3)"},
		{"TDIM a number", file(t.num("TDIM3", 4)), "(TDIM3)"},
		{"TDIM larger than the column", file(t.text("TDIM3", "(2,3)")), "column 3 (NAME): TDIM"},
		{"TDIM whose product overflows", file(t.text("TDIM3", "(2000000000,2000000000,2000000000)")), "column 3 (NAME): TDIM"},
		{"a logical value that is 1", flag(1), "row 1 is neither T nor F"},
		{"a logical value that is t", flag('t'), "column GOOD, row 1"},
	}
}

func badForms() []corruption {
	form := func(n int, s string) []byte {
		return join(primaryUnit(), tableUnit().text(fmt.Sprintf("TFORM%d", n), s), imageUnit())
	}
	list := []corruption{
		{"TFORM missing", join(primaryUnit(), tableUnit().drop("TFORM2")), "column 2 (CADENCE): TFORM is missing"},
		{"TFORM undefined", join(primaryUnit(), tableUnit().num("TFORM2", "")), "column 2 (CADENCE): TFORM is missing"},
		{"TFORM a number", join(primaryUnit(), tableUnit().num("TFORM2", 4)), "(TFORM2)"},
	}
	for form, why := range map[string]string{
		"Z": "unknown letter", "j": "unknown letter", "F10.4": "unknown letter", "I10": "bytes wide",
		"4": "no letter", "-1J": "unknown letter", "1 J": "unknown letter", "0J": "bytes wide", "2J": "bytes wide",
		"D": "bytes wide", "999999999J": "repeat count", "2147483648J": "repeat count", "4611686018427387904J": "repeat count",
		"9223372036854775807J": "repeat count", "9223372036854775808J": "repeat count", "18446744073709551616J": "repeat count",
		"99999999999999999999999999999J": "repeat count", "9223372036854775807X": "repeat count", "201X": "repeat count",
		"1152921504606846976D": "repeat count", "26A": "repeat count",
	} {
		list = append(list, corruption{"TFORM2 = " + form, join(primaryUnit(), tableUnit().text("TFORM2", form), imageUnit()), why})
	}
	for f, why := range map[string]string{
		"P": "no known letter", "1P": "no known letter", "PZ": "no known letter", "PP": "no known letter", "PQ(3)": "no known letter",
		"2PE(3)": "more than one", "PE(": "largest length", "PE(x)": "largest length", "PE(-1)": "largest length",
		"PE(99999999999999999999)": "largest length", "PE3)": "largest length", "0PE(3)": "bytes wide", "1QE(3)": "bytes wide",
	} {
		list = append(list, corruption{"TFORM5 = " + f, form(5, f), why})
	}
	wide := tableUnit()
	wide.cards = wide.num("NAXIS1", 33).num("PCOUNT", 4).text("TFORM5", "2PE(3)").cards
	return append(list, corruption{"two descriptors in a row", join(primaryUnit(), wide), "more than one array descriptor"})
}

func badHeaps() []corruption {
	file := func(u unit) []byte { return join(primaryUnit(), u, imageUnit()) }
	array := func(n, at int64) []byte {
		u := tableUnit()
		binary.BigEndian.PutUint32(u.data[25+17:], uint32(n))
		binary.BigEndian.PutUint32(u.data[25+21:], uint32(at))
		return file(u)
	}
	long := func(n, at uint64) []byte {
		u := tableUnit()
		d := append(append([]byte(nil), u.data[:17]...), make([]byte, 16)...)
		binary.BigEndian.PutUint64(d[17:], n)
		binary.BigEndian.PutUint64(d[25:], at)
		u.data = append(d, u.data[50:]...)
		return file(u.num("NAXIS1", 33).num("NAXIS2", 1).text("TFORM5", "1QE(3)"))
	}
	const where = "column SPEC, row 2: the array"
	return []corruption{
		{"THEAP within the rows", file(tableUnit().num("THEAP", 49)), "HDU 1: THEAP"},
		{"THEAP behind the data", file(tableUnit().num("THEAP", 71)), "HDU 1: THEAP"},
		{"THEAP negative", file(tableUnit().num("THEAP", -1)), "HDU 1: THEAP"},
		{"THEAP 2^63", file(tableUnit().num("THEAP", "9223372036854775808")), "HDU 1: THEAP"},
		{"THEAP a string", file(tableUnit().text("THEAP", "50")), "HDU 1: THEAP"},
		{"THEAP leaves too small a heap", file(tableUnit().num("THEAP", 51)), where},
		{"PCOUNT 0 and arrays", file(tableUnit().num("PCOUNT", 0)), "column SPEC, row 1"},
		{"PCOUNT too small", file(tableUnit().num("PCOUNT", 19)), where},
		{"an array one element too long", array(3, 12), where},
		{"an array one byte too far", array(2, 13), where},
		{"an array behind the heap", array(0, 21), where},
		{"an array far behind the heap", array(1, 1<<31-1), where},
		{"an array of 2^31-1 elements", array(1<<31-1, 0), where},
		{"an array of negative length", array(-1, 0), where},
		{"an array at a negative place", array(1, -4), where},
		{"an array of 2^62 elements", long(1<<62, 0), "column SPEC, row 1"},
		{"an array of 2^63 elements", long(1<<63, 0), "column SPEC, row 1"},
		{"an array at 2^63", long(1, 1<<63), "column SPEC, row 1"},
		{"an array at 2^64-1", long(1, 1<<64-1), "column SPEC, row 1"},
		{"an array whose end overflows", long(4, 1<<64-16), "column SPEC, row 1"},
	}
}

// sealed returns a file whose HDUs have both sums.
func sealed() []byte {
	f, err := fits.Parse(join(primaryUnit(), tableUnit(), imageUnit()))
	if err != nil {
		panic(err)
	}
	for _, h := range f.HDUs {
		if h.AddDatasum("data") != nil || h.AddChecksum("HDU") != nil {
			panic("cannot seal")
		}
	}
	b, err := f.Bytes()
	if err != nil {
		panic(err)
	}
	return b
}

func badSums() []corruption {
	good := sealed()
	at := func(hdu int, find string, by int, to byte) []byte {
		b := bytes.Clone(good)
		start := 0
		for range hdu {
			start += 1 + bytes.Index(b[start+1:], []byte("XTENSION"))
		}
		b[start+bytes.Index(b[start:], []byte(find))+by] = to
		return b
	}
	flip := func(i int) []byte {
		b := bytes.Clone(good)
		b[i] ^= 1
		return b
	}
	sum := func(key, value string) []byte {
		return join(primaryUnit(), tableUnit().text(key, value))
	}
	const rows = 2880 + 2880
	return []corruption{
		{"a value in the header changed", at(0, "TIC 1", 4, '2'), "HDU 0: CHECKSUM is wrong"},
		{"a comment changed", at(1, "/ HDU", 2, 'h'), "HDU 1: CHECKSUM is wrong"},
		{"CHECKSUM of HDU 2 changed", at(2, "CHECKSUM= '", 13, '!'), "HDU 2: CHECKSUM is wrong"},
		{"DATASUM of HDU 1 changed", at(1, "DATASUM = '", 11, '0'), "HDU 1"},
		{"a bit of a row flipped", flip(rows + 20), "HDU 1: the data do not match"},
		{"a bit of the heap flipped", flip(rows + 60), "HDU 1: the data do not match"},
		{"a bit of the padding flipped", flip(rows + 2000), "HDU 1: the data do not match"},
		{"a bit of the last HDU flipped", flip(len(good) - 2880 + 9), "HDU 2: the data do not match"},
		{"the last bit of the file flipped", flip(len(good) - 1), "HDU 2: the data do not match"},
		{"DATASUM wrong, no CHECKSUM", sum("DATASUM", "1"), "HDU 1"},
		{"DATASUM no number", sum("DATASUM", "abc"), "HDU 1"},
		{"DATASUM negative", sum("DATASUM", "-1"), "HDU 1"},
		{"DATASUM beyond 32 bits", sum("DATASUM", "99999999999"), "HDU 1"},
		{"CHECKSUM zero, no DATASUM", sum("CHECKSUM", "0000000000000000"), "HDU 1: CHECKSUM is wrong"},
		{"CHECKSUM too short", sum("CHECKSUM", "abc"), "HDU 1: CHECKSUM is wrong"},
		{"CHECKSUM a number", join(primaryUnit().num("CHECKSUM", 1), tableUnit()), "HDU 0: CHECKSUM is wrong"},
	}
}
