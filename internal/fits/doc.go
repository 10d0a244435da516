// Package fits reads and writes FITS files (FITS standard 4.0): headers,
// binary tables, images and their checksums, from bytes in memory. It is made
// for light curves: a few columns of a table of twenty, out of a file of two
// megabytes, a thousand files in a row. It knows nothing of planets.
//
// # Words
//
// A file is a sequence of header and data units (HDUs), the primary one and
// extensions behind it. A header is a sequence of 80-byte records, ends with
// END and is filled up with blanks to a multiple of 2880 bytes; the data
// follow, filled up with zeros. A card is a keyword record, with the CONTINUE
// records of its long string. A binary table has rows of fixed length, cut
// into columns, whose forms (TFORM) are a repeat count and a letter:
//
//	L logical   B unsigned byte   E float, 32 bits   C complex, 2 × 32 bits
//	X bits      I integer, 16     D float, 64 bits   M complex, 2 × 64 bits
//	A text      J integer, 32     P, Q descriptor of an array in the heap
//	            K integer, 64          behind the rows, 2 × 32 or 2 × 64 bits
//
// Numbers are big-endian. TSCAL and TZERO turn stored numbers into values,
// value = TZERO + TSCAL · stored; unsigned integers are signed ones with a
// TZERO of 2^15, 2^31 or 2^63. TNULL is the stored integer that stands for no
// value; floats have NaN.
//
// # Reading
//
//	f, err := fits.Parse(b)                 // or fits.Read(r, limit), gzip or not
//	h, ok := f.Lookup("LIGHTCURVE")
//	t, err := h.Table()
//	time, err := t.Float64(nil, "TIME")
//	quality, err := t.Int32(nil, "QUALITY")
//	err = f.Verify()                        // checksums
//
// Nothing is decoded before it is asked for. Parse only finds where the HDUs
// lie; the result is a view of the bytes, which may be a memory-mapped file.
// A header reads its cards when a keyword is looked up; a table decodes a
// column straight from the rows into a slice, the caller's if it is large
// enough. Several columns are read at once by Table.Read, which takes a part
// of the time. Reading is safe from several goroutines.
//
// # What is promised
//
// Every input is taken for hostile. No size that a header states is believed
// before it was compared with the bytes that are there, so memory and time
// are bounded by the length of the input. Whatever is wrong is an exo.Corrupt
// that names the HDU and the card or row, and nothing is repaired or guessed:
// Parse lists what it checks. A file that was parsed encodes to the very
// bytes it came from, unknown cards and extensions included, and so does a
// header that is put together again from its cards.
//
// Values are exact or refused: an integer that does not fit, a null among
// integers, a logical value that is neither T nor F, are errors, which name
// the row. An undefined value of a card (FITS 4.0 §4.1.2.3) is neither text
// nor number nor error: Str, Int, Float and Bool say that there is none.
//
// # Where it is stricter or laxer than the standard
//
// Stricter: an orphan CONTINUE, which may pass for commentary (§4.2.1.2), is
// an error, and so are bytes behind the last HDU (§3.5) and a header of more
// than 100,000 records. Laxer: keywords may have any printable characters, as
// HIERARCH and many archive files have them; exponents may be in lower case;
// the bytes of the padding are not looked at, except those behind END. An
// ampersand at the end of the last CONTINUE is text, as to cfitsio (astropy
// drops it). Tile-compressed images are seen as the tables they are stored in.
//
// # Writing
//
//	head := fits.NewHeader()
//	head.Append("OBJECT", "TIC 25155310", "string version of target id")
//	head.Append("RA_OBJ", fits.Literal("63.3738900000000000"), "[deg] right ascension")
//	primary, err := fits.NewPrimary(head)
//	table, err := fits.NewTable(fits.NewHeader(), []fits.ColumnData{
//		{Name: "TIME", Unit: "BJD - 2457000, days", Disp: "D14.7", Data: time},
//		{Name: "QUALITY", Data: quality},
//	})
//	err = table.AddChecksum("HDU checksum")
//	b, err := (&fits.File{HDUs: []*fits.HDU{primary, table}}).Bytes()
//
// The builder takes the caller's header and adds what is mandatory and absent,
// so order, comments and formatting can be those of any archive: a table built
// on the header of a real TESS file comes out byte for byte as the real table.
// Mistakes in building a header are kept until it is encoded, so that a long
// row of calls needs one check. The same calls give the same bytes.
//
// # Checksums
//
// CHECKSUM makes the 32-bit ones' complement sum over the whole HDU all ones,
// DATASUM is that of the data (§4.4.2.7, appendix J). Kepler, K2 and TESS
// files carry CHECKSUM in every HDU and no DATASUM; both are written when
// asked for. Such a sum finds every single flipped bit, but not two words
// exchanged: it is a check of transport, and no replacement for a digest.
package fits
