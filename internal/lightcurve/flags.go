package lightcurve

import (
	"fmt"
	"math/bits"

	"exoplanetai/internal/exo"
)

// FlagTable names the table that explains the bits of a quality column.
type FlagTable string

// The flag tables.
const (
	FlagsTESS   FlagTable = "tess"   // QUALITY of SPOC, TESS-SPOC, Data Alerts; TESS_flags of TGLC
	FlagsKepler FlagTable = "kepler" // SAP_QUALITY of Kepler and K2; quality of K2SC
	FlagsQLP    FlagTable = "qlp"    // QUALITY of QLP: TESS bits and two of its own
	FlagsK2SFF  FlagTable = "k2sff"  // MOVING of K2SFF: 1 = thruster firing
	FlagsOut    FlagTable = "out"    // OUTLIER of EVEREST v1: 1 = left out of its fit
)

// Flag is one bit of a quality column.
type Flag struct {
	Bit   int    // 1 is the lowest
	Value int32  // 1 << (Bit-1)
	Name  string // official, short
	Since string // first pipeline or year that sets it; empty: from the start of the mission
}

// TESSFlags returns the table of the QUALITY column: SPOC Science Data Products
// Description Document (NASA/TM-20205008729), table 32.
func TESSFlags() []Flag {
	return numbered([]Flag{
		{Name: "attitude tweak"}, {Name: "safe mode"}, {Name: "coarse point"}, {Name: "Earth point"},
		{Name: "argabrightening event"}, {Name: "reaction wheel desaturation"},
		{Name: "cosmic ray in optimal aperture"}, {Name: "manual exclude"}, {Name: "discontinuity corrected"},
		{Name: "impulsive outlier"}, {Name: "cosmic ray in collateral data"}, {Name: "stray light"},
		{Name: "scattered light exclude", Since: "spoc-4.0.5"}, {Name: "planet search exclude", Since: "spoc-4.0.5"},
		{Name: "bad calibration exclude", Since: "spoc-4.0.14"},
		{Name: "insufficient targets for error correction", Since: "spoc-4.0.14"},
	})
}

// KeplerFlags returns the table of the SAP_QUALITY column of Kepler and K2:
// Kepler Archive Manual, table 2-3. Bit 10 is reserved.
func KeplerFlags() []Flag {
	return numbered([]Flag{
		{Name: "attitude tweak"}, {Name: "safe mode"}, {Name: "coarse point"}, {Name: "Earth point"},
		{Name: "reaction wheel zero crossing"}, {Name: "reaction wheel desaturation"},
		{Name: "argabrightening across the detector"}, {Name: "cosmic ray in optimal aperture"},
		{Name: "manual exclude"}, {Name: "reserved"}, {Name: "sudden pixel sensitivity drop-out"},
		{Name: "impulsive outlier"}, {Name: "argabrightening on the channel"}, {Name: "cosmic ray in collateral data"},
		{Name: "detector anomaly"}, {Name: "spacecraft not in fine point"}, {Name: "no data collected"},
		{Name: "rolling band in optimal aperture"}, {Name: "rolling band in full mask"},
		{Name: "possible thruster firing", Since: "K2"}, {Name: "thruster firing", Since: "K2"},
	})
}

func numbered(flags []Flag) []Flag {
	for i := range flags {
		flags[i].Bit, flags[i].Value = i+1, 1<<i
	}
	return flags
}

// Flags returns the table's flags, lowest bit first; none for an unknown table.
func Flags(table FlagTable) []Flag {
	switch table {
	case FlagsTESS:
		return TESSFlags()
	case FlagsQLP:
		return append(TESSFlags(),
			Flag{Bit: 17, Value: 1 << 16, Name: "QLP's own bit 17"}, Flag{Bit: 18, Value: 1 << 17, Name: "QLP's own bit 18"})
	case FlagsKepler:
		return KeplerFlags()
	case FlagsK2SFF:
		return numbered([]Flag{{Name: "thruster firing"}})
	case FlagsOut:
		return numbered([]Flag{{Name: "outlier"}})
	}
	return nil
}

// Decode puts a quality value into words, lowest bit first. A bit that the
// table does not explain is "bit 17"; zero gives nothing.
func Decode(table FlagTable, quality int32) []string {
	if quality == 0 {
		return nil
	}
	known := Flags(table)
	words := make([]string, 0, bits.OnesCount32(uint32(quality)))
	for q := uint32(quality); q != 0; q &= q - 1 {
		bit := bits.TrailingZeros32(q) + 1
		word := fmt.Sprintf("bit %d", bit)
		for _, f := range known {
			if f.Bit == bit {
				word = f.Name
				break
			}
		}
		words = append(words, word)
	}
	return words
}

// Preset names a choice of bits that disqualify a row.
type Preset string

// The presets, as lightkurve 2.5.1 and later defines them. Provenance records
// the number that was used, for the meaning of a name has changed before.
const (
	PresetNone    Preset = "none"
	PresetDefault Preset = "default"
	PresetHard    Preset = "hard"
	PresetHardest Preset = "hardest"
)

// Mask returns the number of a preset: a row is dropped when
// quality & mask != 0. A table or preset that does not exist is Invalid.
func Mask(table FlagTable, preset Preset) (int32, error) {
	masks := map[Preset]int32{}
	switch table {
	case FlagsTESS, FlagsQLP:
		masks = map[Preset]int32{PresetNone: 0, PresetDefault: 17087, PresetHard: 24319, PresetHardest: 65535}
		if table == FlagsQLP {
			masks[PresetHardest] |= 3 << 16
		}
	case FlagsKepler:
		masks = map[Preset]int32{PresetNone: 0, PresetDefault: 1130799, PresetHard: 1664431, PresetHardest: 2096639}
	case FlagsK2SFF, FlagsOut:
		masks = map[Preset]int32{PresetNone: 0, PresetDefault: 1, PresetHard: 1, PresetHardest: 1}
	}
	mask, ok := masks[preset]
	if !ok {
		return 0, exo.Errorf("lightcurve.Mask", exo.Invalid, nil, "there is no quality mask %.20q for the table %.20q", string(preset), string(table)).
			Try("use none, default, hard or hardest, or give the number of the mask")
	}
	return mask, nil
}
