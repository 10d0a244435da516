package app

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/cli"
	"exoplanetai/internal/exo"
)

// A sealed setting is its secret for who has the master key, and for its own
// setting only; nobody else gets it, and nothing is made on the way.
func TestSettingsMayBeSealed(t *testing.T) {
	home := t.TempDir()
	env := map[string]string{"HOME": home, "DATA_PATH": filepath.Join(home, "data")}
	p := &program{clock: time.Now, rand: rand.Reader, stderr: os.Stderr, env: func(k string) (string, bool) { v, ok := env[k]; return v, ok }}
	secret := func() (string, error) { return "the upstream token", nil }
	if _, err := p.Seal(t.Context(), cli.Common{}, "listen", secret); !errors.Is(err, exo.Invalid) {
		t.Errorf("listen: %v", err)
	}
	sealed, err := p.Seal(t.Context(), cli.Common{}, "nasa_api_key", secret)
	if err != nil || !strings.HasPrefix(sealed, sealedMark) || strings.ContainsAny(sealed, " \n\"'") {
		t.Fatalf("%q %v", sealed, err)
	}
	env["NASA_API_KEY"] = sealed
	if cfg, err := p.load(cli.Common{}); err != nil || cfg.NASAAPIKey != "the upstream token" {
		t.Errorf("%q %v", cfg.NASAAPIKey, err)
	}
	keys := filepath.Join(home, ".config/exoplanetai/master.key")
	for name, damage := range map[string]func(){
		"another setting": func() { env["ESA_API_KEY"] = sealed },
		"cut":             func() { env["NASA_API_KEY"] = sealed[:len(sealed)-8] },
		"no base64":       func() { env["NASA_API_KEY"] = sealedMark + "!" },
		"no key":          func() { env["MASTER_KEY_FILE"] = filepath.Join(home, "none") },
	} {
		before := map[string]string{"ESA_API_KEY": "", "NASA_API_KEY": sealed, "MASTER_KEY_FILE": keys}
		for k, v := range before {
			env[k] = v
		}
		damage()
		if _, err := p.load(cli.Common{}); err == nil || !strings.Contains(exo.MessageOf(err), "api_key") || exo.HintOf(err) == "" || strings.Contains(err.Error(), "upstream token") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(home, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key was made: %v", err)
	}
}
