// Package seal keeps secrets that lie on a disk or in a database unreadable
// without the master key, which lies elsewhere.
//
// A [Ring] holds the keys, newest first. What is sealed is sealed with the
// newest; what was sealed with an older one still opens. Turning the ring
// ([Ring.Rotate]) puts a new key in front and forgets none, so that old backups
// stay readable.
//
// A sealed secret is one line that names the key, and an age file
// (https://age-encryption.org/v1) with one X25519 recipient; the bytes are
// described in docs/format/seal.md. The key file is an age identity file, so
// that age's own program opens what this package sealed.
//
// age alone does not say who wrote a file: whoever knows the public half of a
// key could make one. The content therefore begins with a MAC under a key that
// is derived from the secret half, over the purpose and the secret. Sealed bytes
// that were moved to another place (another purpose), or made by somebody who
// does not have the master key, do not open.
//
// What is promised: damage of any kind is exo.Corrupt, a key that is not in the
// ring is exo.Denied, and no error holds a key or a secret. What is not: an
// older sealed secret put back in its own place opens, as it did before.
package seal
