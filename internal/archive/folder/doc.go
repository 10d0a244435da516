// Package folder is an archive made of a folder of files: exported tables and
// light curves under the archives' own names, as downloaded by hand or
// mirrored. It serves work without a network, and tests.
//
// What a file is, is told by what it holds or is called, not by where it lies:
// a table by its header, also behind comment lines, a byte-order mark or a
// banner, and also compressed by gzip; a light curve by the grammar of its name.
package folder
