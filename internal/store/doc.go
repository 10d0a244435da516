// Package store keeps the data tree: every file that came from an archive, its
// provenance, its checksum and the index over all of them.
//
// # Words
//
// A file is staged while it is written and checked, and published when it has
// its final name. Its sidecar is its metadata record, metadata/<path>.json. Its
// checksum line stands in checksums/<top folder>.sha256; the sidecar's in
// checksums/metadata.sha256. The index is a set of tables in the database
// metadata/exoplanetai.db and can be made again from the tree.
//
// # Promises
//
// A published file never changes and its name is never taken by other bytes,
// unless Forget has removed the file for good; Replace puts back no bytes but the
// recorded ones. A
// publication of several files is one act: after a crash at any moment the next
// Open finishes it or leaves no trace of it. What Publish has acknowledged
// survives a power loss. Read gives no byte of a file that does not have its
// digest. One process writes at a time, by a lock of the operating system that
// dies with it; others may open the store to read only and then make no writing
// call of any kind.
//
// # Order of writing
//
// docs/format/tree.md has it in full: data and sidecars are complete and synced
// in the staging folder before the first final name appears; names are made by
// links, which cannot overwrite; the checksum lines follow and then the index,
// which notes how much of each checksum file it has taken in. So the staging
// folder tells Open which acts were under way, and the checksum files tell it
// what the index missed.
//
// Publications that run at the same time share the syncs of folders, the
// checksum lines and the index transaction: the first to arrive does this work
// for all that wait.
package store
