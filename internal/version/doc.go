// Package version keeps named states of the data tree.
//
// # Words
//
// A version is a list of files with their digests, the manifest, and the files
// themselves: versions/<name>/manifest.json and versions/<name>/files/<path>.
// Its parent is the version that was newest when it was made. The record is the
// bare Git repository versions/.git, with one commit and one tag per version.
//
// # Promises
//
// A version is whole or not there: it is built under a hidden name and gets its
// own by one rename. Its manifest never changes, and no name is given twice
// while it is in use. Manifests can be made again from the record, and the
// record from the manifests, byte for byte.
//
// A hard link shares its bytes with the file it was made of and cannot heal it.
// So only light curves, which an archive gives again, are linked; all else is
// copied, once: a later version links to the copy that its parent has.
//
// docs/format/version.md has the formats.
package version
