// Package verify is the integrity of everything that is kept: it finds damage in
// the data tree and in the versions of it, says what each damage touches, and
// mends it.
//
// # Finding
//
// Check looks at all there is: the files of the store, their metadata records,
// checksum lines and index rows, the files of every version, their manifests, and
// the Git record of the versions. Sweep reads back a part, the least recently
// proved first, so that a store that is swept every night is always proved as a
// whole within some weeks.
//
// Each damage names the versions that hold the file, the stars it is about, the
// products that were made from it, and the command that repairs it.
//
// # Mending
//
// Repair takes the bytes of a damaged or missing file from the first that has
// them: another copy in a version, a backup, the archive that they came from. It
// believes none of them: bytes are accepted only with the SHA-256 that was
// recorded when the file came. A file that no source has any more stays as it is,
// and the report says who was asked.
//
// Metadata records, permissions, checksum lines and index rows are mended from
// each other, two against one; manifests and the Git record of versions too.
package verify
