// Package limit says how often somebody may call: the generic cell rate
// algorithm (GCRA, ITU-T I.371) with one number kept per key.
//
// The number is the theoretical arrival time (TAT): when the key's budget will
// be whole again. A call of cost n moves it n intervals on, and is allowed while
// it stays within a burst of now:
//
//	now           TAT                    now + burst×interval
//	 |═════════════|─────────────────────|
//	   spent           remaining
//
// All times are whole microseconds, and the interval between calls is rounded up
// to one, so that the script of cache/redis, whose numbers are doubles, comes to
// the same decisions to the last digit.
package limit
