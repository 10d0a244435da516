package version_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"exoplanetai/internal/version"
)

// A list must say of each version what its manifest says, whatever the length of
// what stands before and behind the files: patterns may be long, and become
// longer as JSON.
func TestAListSaysWhatTheManifestsSay(t *testing.T) {
	b := open(t, fastDir(t))
	b.fill(700)
	ctx := context.Background()
	long := []string{"raw/**"}
	for range 99 {
		long = append(long, strings.Repeat(`"`, 498)+"é")
	}
	for _, o := range []version.CreateOptions{
		{Name: "small", Patterns: []string{"*.csv"}},
		{Name: "usual"},
		{Name: "described", Description: strings.Repeat("\"\n", 1990)},
		{Name: "patterns", Patterns: append([]string{"lightcurves/**"}, long[1:]...)},
		{Name: "both", Patterns: append([]string{"**/*.fits"}, long[1:]...), Description: strings.Repeat("<\t", 1990)},
	} {
		if _, err := b.Create(ctx, o); err != nil {
			t.Fatalf("%s: %v", o.Name, err)
		}
	}
	list, err := b.List(ctx)
	if err != nil || len(list) != 5 {
		t.Fatalf("%d versions: %v", len(list), err)
	}
	for i, s := range list {
		m, err := b.Show(ctx, s.Version)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(s, m.Summary) {
			t.Errorf("the list says of %s:\n%.600v\nand its manifest:\n%.600v", s.Version, s, m.Summary)
		}
		if i < len(list)-1 && (s.ParentVersion == nil || *s.ParentVersion != list[i+1].Version) {
			t.Errorf("the parent of %s is %v, not %s", s.Version, s.ParentVersion, list[i+1].Version)
		}
	}
}
