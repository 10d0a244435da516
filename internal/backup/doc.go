// Package backup keeps copies of the data tree in a Kopia repository, a folder
// or a bucket of an S3 server, and gets them back.
//
// A repository holds snapshots. What two snapshots have in common is stored
// once; all is compressed (zstd) and encrypted (AES-256-GCM) with a key made
// from the password. Kopia's own program (https://kopia.io) reads, verifies and
// restores everything written here; nothing of ours stands between the data and
// whoever has the password.
//
// A snapshot is the data tree as it is found, without what can be made again
// (cache, staging). The index database goes in as a consistent copy. A snapshot
// that was not written to its end is never listed, and the blobs of an
// interrupted backup are used by the next one.
//
// A backup counts as verified when every byte of it has been read back from the
// repository, decrypted and compared with its digest: Verify, Drill.
package backup
