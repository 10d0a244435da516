package version_test

import (
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

func TestACitationFollowsWhatTablesWereMadeOf(t *testing.T) {
	b := open(t, fastDir(t))
	made := func(kind store.Kind, path string, from ...string) {
		t.Helper()
		st, err := b.store.Stage(t.Context())
		if err == nil {
			_, err = st.Write([]byte("made: " + path))
		}
		if err != nil {
			t.Fatal(err)
		}
		m := store.Meta{Path: exo.Path(path), Kind: kind, Table: "koi", RetrievedAt: b.clock(), Origin: exo.Origin{Archive: "local", URL: "local"}}
		for _, p := range from {
			src, err := b.store.Get(t.Context(), exo.Path(p))
			if err != nil {
				t.Fatal(err)
			}
			m.From = append(m.From, store.Ref{Path: src.Path, SHA256: src.SHA256})
		}
		if _, err := b.store.Publish(t.Context(), store.Item{Staged: st, Meta: m}); err != nil {
			t.Fatal(err)
		}
	}
	b.put(store.Table, "raw/nasa/koi_20260102_030405.csv", "koi")
	b.put(store.Rejected, "raw/exofop/toi_20260102_030405.csv", "toi")
	b.put(store.LightCurve, "lightcurves/k2/c05/a.fits", "a light curve")
	made(store.Normalized, "processed/v1/koi_20260102_030405.csv", "raw/nasa/koi_20260102_030405.csv")
	made(store.Normalized, "processed/v1/toi_20260102_030405.csv", "raw/exofop/toi_20260102_030405.csv")
	made(store.Merged, "processed/v2/candidates_20260102_030405.csv", "processed/v1/koi_20260102_030405.csv", "processed/v1/toi_20260102_030405.csv")
	made(store.Processed, "processed/lightcurves/k2/a_12345678.fits", "lightcurves/k2/c05/a.fits")
	const nasa, exofop, mast, k2 = "NASA Exoplanet Archive", "(ExoFOP;", "Mikulski Archive", "the K2 mission"
	for pattern, want := range map[string][]string{
		"processed/v1/koi_*":       {nasa},
		"processed/v1/**":          {nasa, exofop},
		"processed/v2/**":          {nasa, exofop},
		"processed/lightcurves/**": {mast, k2},
		"raw/nasa/**":              {nasa},
		"**":                       {nasa, exofop, mast, k2},
	} {
		name := exo.VersionName("v" + strings.Map(func(r rune) rune {
			if r == '/' || r == '*' || r == '_' {
				return '-'
			}
			return r
		}, pattern))
		b.create(string(name), pattern)
		c, err := b.Cite(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Acknowledgements) != len(want) {
			t.Errorf("%s: %q", pattern, c.Acknowledgements)
			continue
		}
		for i, w := range want {
			if !strings.Contains(c.Acknowledgements[i], w) {
				t.Errorf("%s: %q lacks %q", pattern, c.Acknowledgements[i], w)
			}
		}
	}
}
