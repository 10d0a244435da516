// Package fits reads and writes FITS files (FITS standard 4.0): headers,
// binary tables, images and their checksums, from bytes in memory.
//
// # Words
//
// A file is a sequence of header and data units (HDUs). A header is a sequence
// of 80-byte cards ending with END and filled with blanks to a multiple of
// 2880 bytes; the data follow, filled up in the same way. A binary table has
// fixed-length rows of columns, whose forms are letters: L logical, X bits, B
// unsigned byte, I J K signed 16, 32 and 64 bits, A text, E D floats, C M
// complex, P Q descriptors of arrays in the heap behind the rows.
package fits
