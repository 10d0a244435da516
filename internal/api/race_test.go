//go:build race

package api_test

// thin divides what is done many times: the race detector makes it ten times as slow.
const thin = 5
