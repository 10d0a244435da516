//go:build race

package verify_test

// stride thins the damages under the race detector, which slows the database
// down ten times. Without it every one has its turn.
const stride = 2
