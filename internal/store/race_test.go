//go:build race

package store_test

// stride thins the exhaustive loops under the race detector, which slows the
// database down ten times. Without it every byte and every call has its turn.
const stride = 9
