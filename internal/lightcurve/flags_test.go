package lightcurve_test

import (
	"slices"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
)

func TestDecodePutsBitsIntoTheOfficialWords(t *testing.T) {
	for name, c := range map[string]struct {
		table   lightcurve.FlagTable
		quality int32
		want    []string
	}{
		"nothing": {lightcurve.FlagsTESS, 0, nil},
		"TESS 64 is a cosmic ray, no manual exclude": {lightcurve.FlagsTESS, 64, []string{"cosmic ray in optimal aperture"}},
		"TESS 128 is the manual exclude":             {lightcurve.FlagsTESS, 128 + 8, []string{"Earth point", "manual exclude"}},
		"TESS 512 is an impulsive outlier":           {lightcurve.FlagsTESS, 512, []string{"impulsive outlier"}},
		"TESS knows 16 bits":                         {lightcurve.FlagsTESS, 1<<16 | 1<<15, []string{"insufficient targets for error correction", "bit 17"}},
		"QLP adds bits 17 and 18":                    {lightcurve.FlagsQLP, 1<<16 | 1<<18, []string{"QLP's own bit 17", "bit 19"}},
		"Kepler 128 is a cosmic ray":                 {lightcurve.FlagsKepler, 128, []string{"cosmic ray in optimal aperture"}},
		"K2's thruster firing needs 21 bits":         {lightcurve.FlagsKepler, 1048576 + 32 + 32768, []string{"reaction wheel desaturation", "spacecraft not in fine point", "thruster firing"}},
		"the sign is a bit, too":                     {lightcurve.FlagsKepler, -1 << 31, []string{"bit 32"}},
		"an unknown table explains nothing":          {"other", 3, []string{"bit 1", "bit 2"}},
	} {
		if got := lightcurve.Decode(c.table, c.quality); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestMasksAreLightkurves(t *testing.T) {
	for _, c := range []struct {
		table  lightcurve.FlagTable
		preset lightcurve.Preset
		want   int32
	}{
		{lightcurve.FlagsTESS, "none", 0},
		{lightcurve.FlagsTESS, "default", 1 + 2 + 4 + 8 + 16 + 32 + 128 + 512 + 16384},
		{lightcurve.FlagsTESS, "hard", 17087 + 64 + 1024 + 2048 + 4096},
		{lightcurve.FlagsTESS, "hardest", 65535},
		{lightcurve.FlagsKepler, "none", 0},
		{lightcurve.FlagsKepler, "default", 1 + 2 + 4 + 8 + 32 + 256 + 16384 + 65536 + 1048576},
		{lightcurve.FlagsKepler, "hard", 1130799 + 128 + 1024 + 8192 + 524288},
		{lightcurve.FlagsKepler, "hardest", 1<<21 - 1 - 512},
	} {
		if got, err := lightcurve.Mask(c.table, c.preset); err != nil || got != c.want {
			t.Errorf("%s %s: got %d %v, want %d", c.table, c.preset, got, err, c.want)
		}
	}
	for _, preset := range []lightcurve.Preset{"", "Default", "soft"} {
		if _, err := lightcurve.Mask(lightcurve.FlagsTESS, preset); exo.KindOf(err) != exo.Invalid {
			t.Errorf("the preset %q is taken: %v", preset, err)
		}
	}
	if _, err := lightcurve.Mask("other", "none"); exo.KindOf(err) != exo.Invalid {
		t.Errorf("a mask for an unknown table: %v", err)
	}
}

func TestFlagTablesNumberTheirBits(t *testing.T) {
	for table, bits := range map[lightcurve.FlagTable]int{lightcurve.FlagsTESS: 16, lightcurve.FlagsKepler: 21, lightcurve.FlagsQLP: 18} {
		flags := lightcurve.Flags(table)
		if len(flags) != bits {
			t.Errorf("%s has %d flags, want %d", table, len(flags), bits)
		}
		for i, f := range flags {
			if f.Bit != i+1 || f.Value != 1<<i || f.Name == "" {
				t.Errorf("%s: flag %d is %+v", table, i+1, f)
			}
		}
	}
}
