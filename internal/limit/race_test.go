//go:build race

package limit_test

// The race detector makes a call many times as dear.
func init() { flood = 200_000 }
