package app

import (
	"slices"
	"testing"

	"exoplanetai/internal/config"
)

// Only an address that the user has set may lead into a private network.
func TestBuiltInArchivesAreHeldToPublicAddresses(t *testing.T) {
	file := func(string) ([]byte, error) {
		return []byte("data_sources:\n  mast:\n    base_url: \"http://127.0.0.1:9000\"\n"), nil
	}
	cfg, err := config.Load(config.Sources{File: "x.yaml", FileBytes: file})
	if err != nil {
		t.Fatal(err)
	}
	allowed, public := bases(cfg)
	slices.Sort(public)
	if want := []string{"http://127.0.0.1:9000"}; !slices.Equal(allowed, want) {
		t.Errorf("allowed: %v, want %v", allowed, want)
	}
	want := []string{"https://exofop.ipac.caltech.edu", "https://exoplanetarchive.ipac.caltech.edu", "https://gea.esac.esa.int"}
	if !slices.Equal(public, want) {
		t.Errorf("public: %v, want %v", public, want)
	}
}
