package universe

import "math/rand/v2"

// chance is a source of random numbers for one purpose. Each star, table and
// file has one of its own, so that a change to one leaves the others as they
// are.
type chance struct{ src *rand.PCG }

// newChance derives a source from the seed and a purpose, by FNV-1a.
func newChance(seed uint64, purpose string) chance {
	h := uint64(14695981039346656037)
	for i := range len(purpose) {
		h = (h ^ uint64(purpose[i])) * 1099511628211
	}
	return chance{rand.NewPCG(seed, h)}
}

// uniform is from 0 to below 1, in steps of 2^-53.
func (c chance) uniform() float64 { return float64(c.src.Uint64()>>11) / (1 << 53) }

// between is from lo to below hi.
func (c chance) between(lo, hi float64) float64 { return lo + float64((hi-lo)*c.uniform()) }

// logBetween is between lo and hi, evenly in the logarithm.
func (c chance) logBetween(lo, hi float64) float64 { return exp(c.between(ln(lo), ln(hi))) }

// intn is from 0 to n-1. The bias is below n/2^32.
func (c chance) intn(n int) int { return int(c.src.Uint64() >> 32 * uint64(n) >> 32) }

// oneIn is true once in n times.
func (c chance) oneIn(n int) bool { return c.intn(n) == 0 }

// gauss is normally distributed with mean 0 and deviation 1, up to 4.9: the
// sum of eight 16-bit numbers. It needs no functions that differ between
// machines, and is fast.
func (c chance) gauss() float64 {
	a, b := c.src.Uint64(), c.src.Uint64()
	const mask = 0x0000ffff0000ffff
	sum := a&mask + a>>16&mask + b&mask + b>>16&mask // two sums of four, 18 bits each
	total := int64(sum&0xffffffff) + int64(sum>>32)
	const mean = 8 * 65535.0 / 2
	const scale = 1 / 53509.0 // sqrt(8/12) * 65536
	return (float64(total) - mean) * scale
}
