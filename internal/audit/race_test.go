//go:build race

package audit_test

// raced: the race detector is on, and speed is not the program's.
const raced = true
