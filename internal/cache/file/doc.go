// Package file is the cache on a disk: one file per key in one folder that may
// be emptied at any moment, also while the program runs.
//
// A file is named by the SHA-256 of its key and holds
//
//	exocache 2\n
//	{"key":…,"expires":…,"size":…,"packed":…,"digest":…}\n     one line of JSON
//	the value, compressed by Zstandard if that makes it shorter
//
// The key is base64, the expiry is in nanoseconds since 1970 (0: never), the
// digest is the SHA-256 of all of these. A file that is not exactly
// this, for this key, is a miss and is removed. Nothing is synced: what a power
// loss tears, the digest finds.
package file
