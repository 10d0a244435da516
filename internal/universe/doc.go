// Package universe makes up a small sky: tables of candidates and light-curve
// files in the archives' exact layouts, for demonstrations, for tests and for
// people without a network.
package universe
