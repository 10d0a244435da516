//go:build race

package auth_test

// raceDetector tells that every hash takes ten times as long.
const raceDetector = true
