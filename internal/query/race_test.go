//go:build race

package query_test

// raced tells that the race detector watches: SQLite, in Go, is thirty times
// slower then.
const raced = true
