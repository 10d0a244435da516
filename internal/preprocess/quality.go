package preprocess

import "exoplanetai/internal/lightcurve"

// qualityMask returns the integer that a bitmask stands for in a table of
// flags: that of the preset, or the number itself. A preset that the table does
// not have is exo.Invalid.
//
// The presets are those of lightkurve 2.5.1 and later (lightcurve.Mask).
func qualityMask(table lightcurve.FlagTable, b Bitmask) (int32, error) {
	if b.Preset == "" {
		return b.Mask, nil
	}
	if b.Preset == lightcurve.PresetNone {
		return 0, nil // also where no table is known
	}
	return lightcurve.Mask(table, b.Preset)
}

// FlagQualityRows adds FlagQuality to flag[i] where quality[i] has a bit of
// mask, and returns how many rows that are. quality may be nil: no bits.
// (docs/preprocessing.md, quality filter.)
func FlagQualityRows(quality []int32, mask int32, flag []int32) int {
	if len(quality) == 0 || mask == 0 {
		return 0
	}
	flag = flag[:len(quality)]
	n := 0
	for i, q := range quality {
		if q&mask != 0 {
			flag[i] |= FlagQuality
			n++
		}
	}
	return n
}

// qualityBits counts, for each bit of mask, the rows that have it.
func qualityBits(quality []int32, mask int32) (counts [32]int) {
	for _, q := range quality {
		if q&mask == 0 {
			continue
		}
		for bit := range counts {
			counts[bit] += int(uint32(q&mask) >> bit & 1)
		}
	}
	return counts
}
