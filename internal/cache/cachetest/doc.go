// Package cachetest is the conformance suite of package cache. Every backend
// runs it:
//
//	func TestConformance(t *testing.T) { cachetest.Run(t, newCache) }
//
// newCache makes an empty cache that tells the time by the clock it is given.
package cachetest
