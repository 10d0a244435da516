package fits_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
)

// headerOf parses a primary header that has these cards.
func headerOf(t testing.TB, cards ...string) *fits.Header {
	t.Helper()
	return parse(t, primaryUnit().add(cards...).bytes()).HDUs[0].Header
}

func TestCardsAreReadAsTheStandardSays(t *testing.T) {
	for name, c := range map[string]struct {
		card string
		kind fits.ValueKind
		text string
	}{
		"a string":                                {"K       = 'TIC 25155310'       / object", fits.Text, "TIC 25155310"},
		"blanks at a string's end do not count":   {"K       = 'abc     '", fits.Text, "abc"},
		"blanks at a string's beginning count":    {"K       = '  abc'", fits.Text, "  abc"},
		"a doubled quote is a quote":              {"K       = 'O''Neill''s'", fits.Text, "O'Neill's"},
		"a string of one quote":                   {"K       = ''''", fits.Text, "'"},
		"an empty string":                         {"K       = ''", fits.Text, ""},
		"a string of blanks":                      {"K       = '        '", fits.Text, ""},
		"a slash within a string is text":         {"K       = 'e-/s' / flux", fits.Text, "e-/s"},
		"an ampersand without CONTINUE is text":   {"K       = 'this & that&'", fits.Text, "this & that&"},
		"a free-format string":                    {"K       =      'abc' /x", fits.Text, "abc"},
		"a number as text":                        {"K       = '8.2     '", fits.Text, "8.2"},
		"no value at all":                         {"K       =                      / [log10([M/H])] metallicity", fits.Undefined, ""},
		"no value and no comment":                 {"K       =", fits.Undefined, ""},
		"true":                                    {"K       =                    T / x", fits.Logical, "T"},
		"false":                                   {"K       =                    F", fits.Logical, "F"},
		"an integer":                              {"K       =             25155310 / x", fits.Integer, "25155310"},
		"a signed integer":                        {"K       = -12", fits.Integer, "-12"},
		"an integer with a plus":                  {"K       = +12", fits.Integer, "+12"},
		"a real":                                  {"K       =  63.3738900000000000 / [deg]", fits.Real, "63.3738900000000000"},
		"a real with exponent":                    {"K       = 6.81119940564E-4", fits.Real, "6.81119940564E-4"},
		"a FORTRAN double":                        {"K       = 1.5D3", fits.Real, "1.5D3"},
		"a real without digits behind the point":  {"K       = 5.", fits.Real, "5."},
		"a real without digits before the point":  {"K       = .5", fits.Real, ".5"},
		"NaN is no number of a header":            {"K       = NaN", fits.Other, "NaN"},
		"nor is infinity":                         {"K       = -Inf", fits.Other, "-Inf"},
		"nor a hexadecimal number":                {"K       = 0x10", fits.Other, "0x10"},
		"nor a number with underscores":           {"K       = 1_000", fits.Other, "1_000"},
		"nor a lone sign":                         {"K       = -", fits.Other, "-"},
		"nor a lone point":                        {"K       = .", fits.Other, "."},
		"nor an exponent without digits":          {"K       = 1E", fits.Other, "1E"},
		"nor two points":                          {"K       = 1.2.3", fits.Other, "1.2.3"},
		"a complex number":                        {"K       = (1.0, 2.0)", fits.Other, "(1.0, 2.0)"},
		"without the blank it is commentary":      {"K       ='abc'", fits.NoValue, "='abc'"},
		"without the equals sign, too":            {"K         abc", fits.NoValue, "  abc"},
		"a keyword of eight characters":           {"LONGNAME= 1", fits.Integer, "1"},
		"lower-case exponents of sloppy writers":  {"K       = 1e5", fits.Real, "1e5"},
		"text that looks like a value's comment ": {"K       = 'a' b / c", fits.Text, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			h := headerOf(t, c.card)
			card, ok := h.Get(strings.TrimRight(c.card[:8], " "))
			if !ok || card.Kind() != c.kind || card.Text() != c.text {
				t.Errorf("got kind %d, text %q; want %d, %q", card.Kind(), card.Text(), c.kind, c.text)
			}
			if _, ok := card.Str(); ok != (c.kind == fits.Text) {
				t.Errorf("Str: ok = %v", ok)
			}
			if _, ok := card.Int(); ok != (c.kind == fits.Integer) {
				t.Errorf("Int: ok = %v", ok)
			}
			if _, ok := card.Float(); ok != (c.kind == fits.Integer || c.kind == fits.Real) {
				t.Errorf("Float: ok = %v", ok)
			}
			if _, ok := card.Bool(); ok != (c.kind == fits.Logical) {
				t.Errorf("Bool: ok = %v", ok)
			}
			if h.Has(card.Key()) != (c.kind > fits.Undefined) {
				t.Error("Has is wrong")
			}
			if len(card.Bytes()) != 80 || strings.TrimRight(string(card.Bytes()), " ") != strings.TrimRight(c.card, " ") {
				t.Errorf("the record became %q", card.Bytes())
			}
		})
	}
}

func TestNumbersOfCards(t *testing.T) {
	h := headerOf(t, "A       = 1.5D3", "B       = -9223372036854775808", "C       = 9223372036854775808",
		"D       = 1E400", "E       = 7 / TICVER", "F       = '8.2     ' / TICVER", "E       = 8")
	for key, want := range map[string]float64{"A": 1500, "B": -1 << 63, "C": 1 << 63, "E": 7} {
		if v, ok := h.Float(key); !ok || v != want {
			t.Errorf("%s: %v, %v", key, v, ok)
		}
	}
	if _, ok := h.Float("D"); ok {
		t.Error("a number beyond a double was read")
	}
	if v, ok := h.Int("B"); !ok || v != math.MinInt64 {
		t.Errorf("B: %v, %v", v, ok)
	}
	if _, ok := h.Int("C"); ok {
		t.Error("an integer beyond 64 bits was read")
	}
	if v, ok := h.Int("E"); !ok || v != 7 {
		t.Errorf("of duplicates the first counts: %v", v)
	}
	for key, want := range map[string]string{"E": "7", "F": "8.2"} {
		if c, _ := h.Get(key); c.Text() != want || c.Comment() != "TICVER" {
			t.Errorf("%s: %q / %q", key, c.Text(), c.Comment())
		}
	}
	if c, ok := h.Get("NONE"); ok || c.Kind() != fits.NoValue || c.Key()+c.Text()+c.Comment() != "" {
		t.Error("a card that is not there has something")
	}
}

func TestLongStringsAreJoined(t *testing.T) {
	h := headerOf(t,
		"LONG    = 'one &' / first", "CONTINUE  'two &'", "CONTINUE  'three' / last",
		"DANGLE  = 'one &'", "CONTINUE  'two&'", "QUOTES  = 'it''s &'", "CONTINUE  '''so'''",
		"EMPTY   = '&'", "CONTINUE  '' / nothing", "AFTER   = 1")
	for key, want := range map[string]string{"LONG": "one two three", "DANGLE": "one two&", "QUOTES": "it's 'so'", "EMPTY": ""} {
		if s, ok := h.Str(key); !ok || s != want {
			t.Errorf("%s: %q", key, s)
		}
	}
	if c, _ := h.Get("LONG"); c.Comment() != "last" || len(c.Bytes()) != 240 {
		t.Errorf("comment %q, %d bytes", c.Comment(), len(c.Bytes()))
	}
	var keys []string
	for c := range h.Cards() {
		keys = append(keys, c.Key())
	}
	if want := "SIMPLE BITPIX NAXIS OBJECT LONG DANGLE QUOTES EMPTY AFTER"; strings.Join(keys, " ") != want {
		t.Errorf("cards %v", keys)
	}
}

func TestHierarchAndCommentaryAreRead(t *testing.T) {
	h := headerOf(t, "HIERARCH ESO TEL AMBI TEMP = 12.5 / [C]", "HIERARCH NAME = 'abc'", "HIERARCH no value here",
		"COMMENT one", "COMMENT", "HISTORY first", "COMMENT = 'no value'", "HISTORY second", "        blank keyword")
	if v, ok := h.Float("ESO TEL AMBI TEMP"); !ok || v != 12.5 {
		t.Errorf("ESO TEL AMBI TEMP: %v %v", v, ok)
	}
	if v, ok := h.Str("HIERARCH NAME"); !ok || v != "abc" {
		t.Errorf("NAME: %q %v", v, ok)
	}
	if c, _ := h.Get("HIERARCH ESO TEL AMBI TEMP"); c.Comment() != "[C]" || c.Key() != "ESO TEL AMBI TEMP" {
		t.Errorf("%q / %q", c.Key(), c.Comment())
	}
	if got := h.Comments(); !slices.Equal(got, []string{"one", "", "= 'no value'"}) {
		t.Errorf("comments %q", got)
	}
	if got := h.History(); !slices.Equal(got, []string{"first", "second"}) {
		t.Errorf("history %q", got)
	}
}

// The layouts of the missions' files, card by card.
func TestCardsAreWrittenAsTheMissionsWriteThem(t *testing.T) {
	number := func(s string) string { return fmt.Sprintf("A       = %20s", s) }
	for want, set := range map[string]func(h *fits.Header){
		"OBJECT  = 'TIC 25155310'       / string version of target id ": func(h *fits.Header) { h.Set("OBJECT", "TIC 25155310", "string version of target id ") },
		"TELESCOP= 'TESS    '           / telescope":                    func(h *fits.Header) { h.Set("TELESCOP", "TESS", "telescope") },
		"SECTOR  =                    1 / Observing sector":             func(h *fits.Header) { h.Set("SECTOR", 1, "Observing sector") },
		"MH      =                      / [log10([M/H])] metallicity":   func(h *fits.Header) { h.Set("MH", fits.None, "[log10([M/H])] metallicity") },
		"RA_OBJ  =  63.3738900000000000 / [deg] right ascension":        func(h *fits.Header) { h.Set("RA_OBJ", fits.Literal("63.3738900000000000"), "[deg] right ascension") },
		"TIMEDEL = 0.001388888888888889 / [d]":                          func(h *fits.Header) { h.Set("TIMEDEL", 0.001388888888888889, "[d]") },
		"TUNIT1  = 'BJD - 2457000, days' / column units":                func(h *fits.Header) { h.Set("TUNIT1", "BJD - 2457000, days", "column units") },
		"INHERIT =                    T":                                func(h *fits.Header) { h.Set("INHERIT", true, "") },
		number("-1E-05"):                                                func(h *fits.Header) { h.Set("A", fits.Literal("-1E-05"), "") },
		number("1.0E-05"):                                               func(h *fits.Header) { h.Set("A", 1e-5, "") },
		number("2.0"):                                                   func(h *fits.Header) { h.Set("A", 2.0, "") },
		number("0.1"):                                                   func(h *fits.Header) { h.Set("A", float32(0.1), "") },
		number("-0.0"):                                                  func(h *fits.Header) { h.Set("A", math.Copysign(0, -1), "") },
		number("18446744073709551615"):                                  func(h *fits.Header) { h.Set("A", uint64(math.MaxUint64), "") },
		number("-9223372036854775808"):                                  func(h *fits.Header) { h.Set("A", int64(math.MinInt64), "") },
		"A       = 'it''s   '":                                          func(h *fits.Header) { h.Set("A", "it's", "") },
		"HIERARCH ESO X = " + fmt.Sprintf("%20d / x", 5):                func(h *fits.Header) { h.Set("ESO X", int32(5), "x") },
	} {
		h := fits.NewHeader()
		set(h)
		for c := range h.Cards() {
			if got := strings.TrimRight(string(c.Bytes()), " "); got != strings.TrimRight(want, " ") {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		}
		if h.Err() != nil || h.Len() != 1 {
			t.Errorf("%s: %v, %d cards", want, h.Err(), h.Len())
		}
	}
}

func TestAHeaderCanBeBuiltAndChanged(t *testing.T) {
	h := fits.NewHeader()
	h.Append("A", 1, "one")
	h.Append("B", "x", "")
	h.Append("A", 2, "two")
	h.AppendComment(strings.Repeat("c", 100))
	h.AppendComment("")
	h.AppendHistory("made by hand")
	h.AppendRaw("RAW     = 'as it is'")
	h.Set("A", 3, "")
	h.Set("B", 4.5, "now a number")
	h.Set("NEW", true, "")
	long := strings.Repeat("it's long & ", 20) + "end"
	h.Set("LONG", long, "and has a comment")
	h.Delete("RAW")
	h.Delete("NONE")
	if h.Err() != nil {
		t.Fatal(h.Err())
	}
	var keys []string
	for c := range h.Cards() {
		keys = append(keys, c.Key())
		for i := 0; i < len(c.Bytes()); i += 80 {
			if len(c.Bytes()[i:]) < 80 {
				t.Errorf("a record of %q is short", c.Key())
			}
		}
	}
	if want := "A B A COMMENT COMMENT COMMENT HISTORY NEW LONGSTRN LONG"; strings.Join(keys, " ") != want {
		t.Errorf("cards %v", keys)
	}
	if c, _ := h.Get("A"); c.Text() != "3" || c.Comment() != "one" {
		t.Errorf("A: %q / %q", c.Text(), c.Comment())
	}
	if s, _ := h.Str("LONG"); s != long {
		t.Errorf("LONG: %q", s)
	}
	if c, _ := h.Get("LONG"); c.Comment() != "and has a comment" {
		t.Errorf("LONG: comment %q", c.Comment())
	}
	h.Set("LONG", "short again", "")
	if s, _ := h.Str("LONG"); s != "short again" {
		t.Errorf("LONG: %q", s)
	}
	if got := h.Comments(); got[0] != strings.Repeat("c", 72) || got[1] != strings.Repeat("c", 28) || got[2] != "" {
		t.Errorf("comments %q", got)
	}
}

func TestLongStringsOfEveryLengthReadBackAsTheyWereWritten(t *testing.T) {
	for n := range 300 {
		for _, unit := range []string{"a", "'", "a'", "& "} {
			s := strings.TrimRight(strings.Repeat(unit, n), " ")
			h := fits.NewHeader()
			h.Set("K", s, "c")
			if got, ok := h.Str("K"); !ok || got != s || h.Err() != nil {
				t.Fatalf("%d times %q: got %q (%v)", n, unit, got, h.Err())
			}
		}
	}
}

func TestChangingAHeaderLeavesTheBytesItCameFrom(t *testing.T) {
	b := primaryUnit().bytes()
	was := string(b)
	f := parse(t, b)
	f.HDUs[0].Header.Set("OBJECT", "TIC 2", "")
	f.HDUs[0].Header.Append("MORE", 1, "")
	c := f.HDUs[0].Header.Clone()
	c.Set("OBJECT", "TIC 3", "")
	if string(b) != was {
		t.Error("the file's bytes have changed")
	}
	if s, _ := f.HDUs[0].Header.Str("OBJECT"); s != "TIC 2" {
		t.Errorf("OBJECT is %q", s)
	}
	out, err := f.Bytes()
	if err != nil || parse(t, out).HDUs[0].Header.Len() != 5 {
		t.Errorf("%v", err)
	}
}

func TestMistakesInBuildingAreNamed(t *testing.T) {
	for name, build := range map[string]func(h *fits.Header){
		"lower-case keyword":            func(h *fits.Header) { h.Set("abc", 1, "") },
		"keyword with a point":          func(h *fits.Header) { h.Set("A.B", 1, "") },
		"empty keyword":                 func(h *fits.Header) { h.Set("", 1, "") },
		"END":                           func(h *fits.Header) { h.Set("END", 1, "") },
		"CONTINUE":                      func(h *fits.Header) { h.Set("CONTINUE", "a", "") },
		"keyword with an equals sign":   func(h *fits.Header) { h.Set("HIERARCH A=B", 1, "") },
		"keyword that is no text":       func(h *fits.Header) { h.Set("GRÖSSE", 1, "") },
		"NaN":                           func(h *fits.Header) { h.Set("A", math.NaN(), "") },
		"infinity":                      func(h *fits.Header) { h.Set("A", math.Inf(1), "") },
		"text outside ASCII":            func(h *fits.Header) { h.Set("A", "Müller", "") },
		"long text outside ASCII":       func(h *fits.Header) { h.Set("A", strings.Repeat("Müller", 20), "") },
		"comment outside ASCII":         func(h *fits.Header) { h.Set("A", 1, "Müller") },
		"a line feed":                   func(h *fits.Header) { h.Set("A", "a\nb", "") },
		"a type that cannot be written": func(h *fits.Header) { h.Set("A", []int{1}, "") },
		"nil":                           func(h *fits.Header) { h.Set("A", nil, "") },
		"a literal too long":            func(h *fits.Header) { h.Set("A", fits.Literal(strings.Repeat("1", 71)), "") },
		"a literal that is not closed":  func(h *fits.Header) { h.Set("A", fits.Literal("'abc"), "") },
		"a HIERARCH string too long":    func(h *fits.Header) { h.Set("ESO A", strings.Repeat("x", 70), "") },
		"a raw record too long":         func(h *fits.Header) { h.AppendRaw(strings.Repeat("x", 81)) },
		"a raw END":                     func(h *fits.Header) { h.AppendRaw("END") },
		"a raw record not closed":       func(h *fits.Header) { h.AppendRaw("A       = 'abc") },
		"a raw orphan":                  func(h *fits.Header) { h.AppendRaw("CONTINUE  'abc'") },
		"a comment with a tabulator":    func(h *fits.Header) { h.AppendComment("a\tb") },
	} {
		t.Run(name, func(t *testing.T) {
			h := fits.NewHeader()
			build(h)
			h.Set("LATER", 1, "")
			if !errors.Is(h.Err(), exo.Invalid) {
				t.Errorf("got %v", h.Err())
			}
			if _, err := fits.NewPrimary(h); !errors.Is(err, exo.Invalid) {
				t.Errorf("an HDU was made of it: %v", err)
			}
		})
	}
}
