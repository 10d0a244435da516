// Package cache is the contract of the cache: values under text keys that may
// vanish at any moment without harm. Whoever asks a cache must be able to get
// the value elsewhere, and an error of the cache is no reason to fail.
//
// A cache never serves bytes other than those that were set under the very key:
// a damaged, foreign or expired entry is a miss.
//
// Subpackages hold the backends; cachetest is the suite that each must pass.
package cache
