//go:build race

package version_test

const raced = true // the race detector is in this binary
