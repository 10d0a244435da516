package app

import (
	"context"
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"exoplanetai/internal/cli"
	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
)

// sealedMark begins a setting that is sealed with the master key: the file of
// settings, its copies and backups then tell nobody the secret.
const sealedMark = "sealed:"

// purposeOf binds what is sealed to its setting.
func purposeOf(setting string) string { return "setting " + setting }

// openSealed puts the secrets themselves in place of those that are sealed.
func openSealed(cfg *config.Config, m *masterKeys) error {
	const op = "app.openSealed"
	for key, text := range cfg.Secrets() {
		rest, ok := strings.CutPrefix(*text, sealedMark)
		if !ok {
			continue
		}
		sealed, err := base64.RawURLEncoding.DecodeString(rest)
		if err != nil {
			return exo.E(op, exo.Invalid, key, err).Say("the setting %s begins like a sealed one, and is none", key).
				Try("seal it again: exoplanetai key seal %s", key)
		}
		ring, err := m.held()
		if err != nil {
			return exo.E(op, exo.KindOf(err), key, err).Say("the setting %s is sealed, and the master key cannot be read: %s", key, exo.MessageOf(err)).
				Try("name the file that holds the key with security.master_key_file (MASTER_KEY_FILE)")
		}
		plain, err := ring.Open(sealed, purposeOf(key))
		if err != nil {
			return exo.E(op, exo.KindOf(err), key, err).Say("the setting %s cannot be opened: %s", key, exo.MessageOf(err)).
				Try("seal it again: exoplanetai key seal %s", key)
		}
		*text = string(plain)
	}
	return nil
}

// Seal seals a setting with the newest master key.
func (p *program) Seal(_ context.Context, c cli.Common, setting string, secret func() (string, error)) (string, error) {
	const op = "app.Seal"
	cfg, err := config.Load(config.Sources{File: c.File, Env: p.env, Flags: c.Set}) // what is sealed already stays so
	if err != nil {
		return "", err
	}
	known := cfg.Secrets()
	if known[setting] == nil {
		return "", exo.Errorf(op, exo.Invalid, setting, "%.60q is no setting that can be sealed", setting).
			Try("one of %s", strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	}
	plain, err := secret()
	if err != nil {
		return "", err
	}
	ring, err := newMasterKeys(cfg, p.options(c, Keeper, "a command")).ring()
	if err != nil {
		return "", err
	}
	sealed, err := ring.Seal([]byte(plain), purposeOf(setting))
	if err != nil {
		return "", err
	}
	return sealedMark + base64.RawURLEncoding.EncodeToString(sealed), nil
}
