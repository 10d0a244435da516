package exo_test

import (
	"errors"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
)

func TestVersionNamesAreGoodForFoldersTagsAndAddresses(t *testing.T) {
	for _, good := range []string{"v1.2.0", "1", "a", "2026-01-02", "V1_beta+3", "locked", "console", "com10", strings.Repeat("a", 100)} {
		if n, err := exo.ParseVersionName(good); err != nil || string(n) != good {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", ".", "..", ".git", ".new-v1", "-v1", "_v1", "+1", "a..b", "v1.", "v1.lock", "v1.LOCK", "a/b", `a\b`, "a b", "a\x00", "a\n", "vé1", "v1~1", "v1^", "v1:x", "v1*", "v1?", "v1[", "@{1}",
		"con", "NUL", "aux.txt", "Com1", "lpt9.v1", "%2e%2e", strings.Repeat("a", 101),
	} {
		n, err := exo.ParseVersionName(bad)
		if !errors.Is(err, exo.Invalid) || exo.HintOf(err) == "" || n != "" {
			t.Errorf("%q is taken as %q: %v", bad, n, err)
		}
	}
}

func FuzzVersionName(f *testing.F) {
	for _, s := range []string{"v1.2.0", "..", "con.x", "a/b", "a\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := exo.ParseVersionName(s)
		if err != nil {
			return
		}
		if string(n) != s || strings.ContainsAny(s, "/\\ \x00~^:?*[") || strings.Contains(s, "..") || s[0] == '.' || s[0] == '-' {
			t.Errorf("%q is a name", s)
		}
		if _, err := exo.ParsePath(s); err != nil {
			t.Errorf("%q is no part of a path: %v", s, err)
		}
	})
}
