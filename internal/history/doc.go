// Package history tells what changed in the catalogs: between two versions of a
// table, for one star over all versions and sources, and as a feed that others
// can follow. It reads the store and keeps nothing.
package history
