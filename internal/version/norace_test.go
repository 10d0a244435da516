//go:build !race

package version_test

const raced = false // see race_test.go
