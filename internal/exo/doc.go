// Package exo holds the words that every other package shares: what a target
// is called, which mission observed it, what scale a time is on, what a file's
// digest is, where a file stands in the data tree, and what kind of thing went
// wrong.
//
// Identifiers are types made only by a parsing function that checks their
// syntax; past that point no code checks or joins them again. The package does
// no input or output and imports nothing of ours.
package exo
