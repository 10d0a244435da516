package exo

import (
	"regexp"
	"slices"
	"strings"
)

// VersionName names a version of the data. Only ParseVersionName makes one, so
// it is good as the name of a folder, of a Git tag and in an address.
type VersionName string

// maxVersionName bounds a name, well inside file systems and Git.
const maxVersionName = 100

var versionName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)

// devices are names that some systems keep for themselves, with any ending.
var devices = []string{"con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
	"lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"}

// ParseVersionName checks a name: letters, digits and . _ + - of ASCII, with a
// letter or digit first, at most 100, no two points in a row, no point and no
// ".lock" at the end (git-check-ref-format(1)), and no name of a device.
func ParseVersionName(s string) (VersionName, error) {
	stem, _, _ := strings.Cut(strings.ToLower(s), ".")
	switch {
	case len(s) <= maxVersionName && versionName.MatchString(s) && !strings.Contains(s, "..") && !strings.HasSuffix(s, ".") &&
		!strings.HasSuffix(strings.ToLower(s), ".lock") && !slices.Contains(devices, stem):
		return VersionName(s), nil
	case s == "":
		return "", Errorf("exo.ParseVersionName", Invalid, nil, "the version needs a name").Try("name it like v1.2.0").With("parameter", "version_name")
	}
	return "", Errorf("exo.ParseVersionName", Invalid, nil, "%q cannot be the name of a version", clip(s)).
		Try("use letters, digits and . _ + - as in v1.2.0: a letter or digit first, at most 100, no two points in a row, no point or .lock at the end").
		With("parameter", "version_name")
}
