//go:build !race

package api_test

const thin = 1
