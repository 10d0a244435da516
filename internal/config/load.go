package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"

	"exoplanetai/internal/exo"
)

// DefaultFile is read when no other file is named; it may be missing.
const DefaultFile = "data_config.yaml"

// Limits of the configuration file.
const (
	maxFile  = 1 << 20 // bytes
	maxDepth = 8       // nesting
	maxKeys  = 1000    // keys, all levels together
)

// Sources says where the layers come from.
type Sources struct {
	// File is the configuration file that a flag names; empty: the one that
	// CONFIG_FILE names, else DefaultFile if there is one.
	File string
	// FileBytes reads the file; nil: from the disk.
	FileBytes func(name string) ([]byte, error)
	// Env looks a name up in the environment; nil: no environment. An empty
	// value counts as not set.
	Env func(name string) (string, bool)
	// Flags holds the values given on the command line, by key.
	Flags map[string]string
}

// layer is one source of values: raw values by key.
type layer struct {
	origin Origin
	values map[string]any
	typed  bool // YAML types must fit
}

// Load reads all layers and checks them. The error is exo.Invalid and lists
// every mistake, one a line; a named file that is missing is exo.NotFound.
func Load(src Sources) (Config, error) {
	const op = "config.Load"
	l := loader{settings: settings(), origins: map[string]Origin{}, values: map[string]value{}}
	name, origin, data, err := src.readFile()
	if err != nil {
		return Config{}, err
	}
	layers := []layer{
		l.defaults(),
		l.file(name, data),
		l.environment(src.Env),
		l.flags(src.Flags),
	}
	cfg := l.merge(layers)
	l.related(cfg)
	if len(l.mistakes) > 0 {
		slices.Sort(l.mistakes)
		l.mistakes = slices.Compact(l.mistakes)
		return Config{}, exo.Errorf(op, exo.Invalid, nil, "the configuration has %s:\n%s",
			plural(len(l.mistakes)), strings.Join(l.mistakes, "\n")).
			Try("docs/configuration.md lists every key with its meaning; `exoplanetai config show` prints the result").
			With("mistakes", l.mistakes)
	}
	cfg.File = name
	if cfg.CachePath == "" {
		cfg.CachePath = filepath.Join(cfg.DataPath, "cache")
	}
	cfg.entries = l.entries(cfg, origin)
	return cfg, nil
}

// Entries lists every setting with its value and origin, sorted by key.
func (c Config) Entries() []Entry { return slices.Clone(c.entries) }

// readFile finds and reads the configuration file. No name: there is none.
func (s Sources) readFile() (string, Origin, []byte, error) {
	const op = "config.Load"
	name, origin := s.File, FromFlag
	if name == "" && s.Env != nil {
		name, _ = s.Env("CONFIG_FILE")
		origin = FromEnv
	}
	if name == "" {
		name, origin = DefaultFile, FromDefault
	}
	read := s.FileBytes
	if read == nil {
		read = readDisk
	}
	data, err := read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && origin == FromDefault:
		return "", FromDefault, nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return "", "", nil, exo.E(op, exo.NotFound, nil, err).Say("the configuration file %q does not exist", name).
			Try("name an existing file with --config or CONFIG_FILE, or leave both out")
	case err != nil:
		return "", "", nil, exo.E(op, exo.Invalid, nil, err).Say("the configuration file %q cannot be read", name).
			Try("check that it is a plain file that this user may read")
	case len(data) > maxFile:
		return "", "", nil, exo.Errorf(op, exo.TooLarge, nil, "the configuration file %q is larger than %d bytes", name, maxFile).
			Try("name the right file with --config or CONFIG_FILE")
	}
	return name, origin, data, nil
}

func readDisk(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// loader collects mistakes and origins while the layers are merged.
type loader struct {
	settings []setting
	origins  map[string]Origin
	values   map[string]value
	mistakes []string
}

func (l *loader) defaults() layer {
	values := map[string]any{}
	for _, s := range l.settings {
		values[s.key] = s.fallback
	}
	return layer{origin: FromDefault, values: values}
}

func (l *loader) environment(env func(string) (string, bool)) layer {
	values := map[string]any{}
	for _, s := range l.settings {
		if env == nil || s.env == "" {
			continue
		}
		if v, ok := env(s.env); ok && v != "" {
			values[s.key] = v
		}
	}
	return layer{origin: FromEnv, values: values}
}

func (l *loader) flags(flags map[string]string) layer {
	values := map[string]any{}
	for k, v := range flags {
		values[k] = v
	}
	return layer{origin: FromFlag, values: values}
}

// file parses the YAML and flattens it to keys.
func (l *loader) file(name string, data []byte) layer {
	values := map[string]any{}
	tree, err := yaml.Parser().Unmarshal(data)
	if err != nil {
		l.mistakes = append(l.mistakes, fmt.Sprintf("%s: is not valid YAML: %s", name, oneLine(err.Error())))
		return layer{origin: FromFile, values: values, typed: true}
	}
	keys := 0
	l.flatten(name, "", tree, values, 0, &keys)
	return layer{origin: FromFile, values: values, typed: true}
}

func (l *loader) flatten(name, prefix string, tree map[string]any, out map[string]any, depth int, keys *int) {
	if depth >= maxDepth {
		l.mistakes = append(l.mistakes, fmt.Sprintf("%s: %s is nested too deeply", name, clip(prefix)))
		return
	}
	for k, v := range tree {
		if *keys++; *keys > maxKeys {
			l.mistakes = append(l.mistakes, fmt.Sprintf("%s: has more than %d keys", name, maxKeys))
			return
		}
		sub, group := v.(map[string]any)
		switch {
		case strings.Contains(k, "."):
			l.mistakes = append(l.mistakes, fmt.Sprintf("%s: the key %s holds a dot; nest the keys instead", name, quote(prefix+k)))
		case group && len(sub) > 0:
			l.flatten(name, prefix+k+".", sub, out, depth+1, keys)
		case (group || v == nil) && l.isGroup(prefix+k):
			// a group with all its keys left out
		default:
			out[prefix+k] = v
		}
	}
}

// isGroup reports whether the key is that of a group of settings.
func (l *loader) isGroup(key string) bool {
	return slices.ContainsFunc(l.settings, func(s setting) bool { return strings.HasPrefix(s.key, key+".") })
}

// merge checks each layer by itself, so that no mistake hides behind a later
// layer, lets koanf put them on top of each other, and fills the Config.
func (l *loader) merge(layers []layer) Config {
	k := koanf.New(".")
	for _, layer := range layers {
		known := map[string]any{}
		for key, raw := range layer.values {
			s, ok := l.find(key)
			if !ok {
				l.unknown(layer, key)
				continue
			}
			if _, why := s.parse(raw, layer.typed); why != "" {
				l.wrong(layer, s, raw, why)
				continue
			}
			known[key], l.origins[key] = raw, layer.origin
		}
		if err := k.Load(confmap.Provider(known, "."), nil); err != nil {
			l.mistakes = append(l.mistakes, oneLine(err.Error()))
		}
	}
	var cfg Config
	for _, s := range l.settings {
		v, why := s.parse(k.Get(s.key), false)
		if why != "" {
			continue // in the mistakes already
		}
		s.put(&cfg, v)
		l.values[s.key] = v
	}
	return cfg
}

// related checks what no setting shows by itself.
func (l *loader) related(cfg Config) {
	if s := cfg.Storage; len(l.mistakes) == 0 && s.LowDiskPercent > 0 && s.FullDiskPercent > s.LowDiskPercent {
		l.mistakes = append(l.mistakes, fmt.Sprintf("storage.full_disk_percent: %d is more than storage.low_disk_percent, %d; writing would be refused before any clean-up",
			s.FullDiskPercent, s.LowDiskPercent))
	}
	if t := cfg.TLS; (t.CertFile == "") != (t.KeyFile == "") {
		l.mistakes = append(l.mistakes, "tls.cert_file, tls.key_file: only one of them is given; a certificate needs its key")
	}
	if s := cfg.Security; s.MasterKey != "" && s.MasterKeyFile != "" {
		l.mistakes = append(l.mistakes, "security.master_key, security.master_key_file: both are given; leave one of them out")
	}
	if b := cfg.Backup; b.Repository != "" && b.PasswordFile == "" {
		l.mistakes = append(l.mistakes, "backup.password_file: is missing, and backup.repository is given; allowed: "+setting{kind: folder}.allowed())
	}
}

func (l *loader) find(key string) (setting, bool) {
	i, ok := slices.BinarySearchFunc(l.settings, key, func(s setting, k string) int { return cmp.Compare(s.key, k) })
	if !ok {
		return setting{}, false
	}
	return l.settings[i], true
}

func sortSettings(list []setting) {
	slices.SortFunc(list, func(a, b setting) int { return cmp.Compare(a.key, b.key) })
}

func sortEntries(list []Entry) {
	slices.SortFunc(list, func(a, b Entry) int { return cmp.Compare(a.Key, b.Key) })
}
