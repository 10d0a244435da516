package config_test

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/xtest"
)

// guideFile is the data_config.yaml of the user guide, word for word.
const guideFile = `
data_sources:
  nasa_archive:
    base_url: "https://exoplanetarchive.ipac.caltech.edu"
    timeout: 300
    retry_attempts: 3
  
  mast:
    base_url: "https://mast.stsci.edu"
    timeout: 600
    retry_attempts: 5

storage:
  raw_retention_days: 365
  cache_retention_days: 7
  backup_retention_days: 30

processing:
  default_quality_bitmask: "default"
  max_processing_time_minutes: 60
  parallel_processing: true
`

func sources(file string, env, flags map[string]string) config.Sources {
	return config.Sources{
		FileBytes: func(string) ([]byte, error) {
			if file == "" {
				return nil, fs.ErrNotExist
			}
			return []byte(file), nil
		},
		Env:   func(k string) (string, bool) { v, ok := env[k]; return v, ok },
		Flags: flags,
	}
}

func load(t *testing.T, file string, env, flags map[string]string) config.Config {
	t.Helper()
	c, err := config.Load(sources(file, env, flags))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaultsAreTheGuides(t *testing.T) {
	for name, file := range map[string]string{"no file": "", "the guide's file": guideFile} {
		t.Run(name, func(t *testing.T) {
			c := load(t, file, nil, nil)
			if c.Archives.NASA.BaseURL != "https://exoplanetarchive.ipac.caltech.edu" || c.Archives.NASA.Timeout != 300*time.Second || c.Archives.NASA.RetryAttempts != 3 {
				t.Errorf("NASA: %+v", c.Archives.NASA)
			}
			if c.Archives.MAST.BaseURL != "https://mast.stsci.edu" || c.Archives.MAST.Timeout != 600*time.Second || c.Archives.MAST.RetryAttempts != 5 {
				t.Errorf("MAST: %+v", c.Archives.MAST)
			}
			if c.Freshness.KOI != 24*time.Hour || c.Freshness.K2 != 24*time.Hour || c.Freshness.TOI != 12*time.Hour || c.Freshness.LightCurve != 6*time.Hour {
				t.Errorf("freshness: %+v", c.Freshness)
			}
			if c.DataPath != "data" || c.CachePath != "data/cache" || c.Listen != "127.0.0.1:8000" || c.LogLevel != slog.LevelInfo || c.MaxConcurrentDownloads != 5 {
				t.Errorf("top level: %+v", c)
			}
			if c.Storage.RawRetention != 365*24*time.Hour || c.Processing.MaxTime != time.Hour || !c.Processing.Parallel || c.Processing.DefaultQualityBitmask != "default" {
				t.Errorf("storage, processing: %+v %+v", c.Storage, c.Processing)
			}
		})
	}
}

func TestEveryEnvironmentNameOfTheGuideWorks(t *testing.T) {
	c := load(t, guideFile, map[string]string{
		"DATA_PATH": "/srv/data", "CACHE_PATH": "/srv/cache", "NASA_API_KEY": "n-key", "ESA_API_KEY": "e-key",
		"REDIS_URL": "redis://localhost:6379", "CACHE_TTL_HOURS": "8", "MAX_CONCURRENT_DOWNLOADS": "9", "PROCESSING_TIMEOUT_MINUTES": "30",
		"DATABASE_URL": "postgres://u:p@db:5432/x", "LISTEN": "[::1]:9000", "LOG_LEVEL": "debug",
	}, nil)
	if c.DataPath != "/srv/data" || c.CachePath != "/srv/cache" || c.NASAAPIKey != "n-key" || c.ESAAPIKey != "e-key" ||
		c.RedisURL != "redis://localhost:6379" || c.Freshness.LightCurve != 8*time.Hour || c.MaxConcurrentDownloads != 9 ||
		c.Processing.MaxTime != 30*time.Minute || c.DatabaseURL != "postgres://u:p@db:5432/x" || c.Listen != "[::1]:9000" || c.LogLevel != slog.LevelDebug {
		t.Errorf("%+v", c)
	}
}

func TestLaterLayersWinKeyByKey(t *testing.T) {
	file := "listen: 127.0.0.1:1\nlog_level: warn\nmax_concurrent_downloads: 2\n"
	c := load(t, file, map[string]string{"LISTEN": "127.0.0.1:2", "LOG_LEVEL": "error"}, map[string]string{"listen": "127.0.0.1:3"})
	if c.Listen != "127.0.0.1:3" || c.LogLevel != slog.LevelError || c.MaxConcurrentDownloads != 2 {
		t.Errorf("%+v", c)
	}
	want := map[string]config.Origin{"listen": config.FromFlag, "log_level": config.FromEnv, "max_concurrent_downloads": config.FromFile, "data_path": config.FromDefault}
	for _, e := range c.Entries() {
		if o, ok := want[e.Key]; ok && o != e.Origin {
			t.Errorf("%s comes from %s, want %s", e.Key, e.Origin, o)
		}
	}
}

func TestAllMistakesAreReportedAtOnce(t *testing.T) {
	file := `
data_source:
  mast:
    timeout: 3
data_sources:
  mast:
    base_url: "https://mast.stsci.edu/api"
    timeout: -1
    retry_atempts: 3
storage:
  raw_retention_days: "365"
freshness:
  koi: soon
`
	_, err := config.Load(sources(file, map[string]string{"MAX_CONCURRENT_DOWNLOADS": "many", "LISTEN": "example.org:8000"}, map[string]string{"log_level": "loud"}))
	if !errors.Is(err, exo.Invalid) {
		t.Fatalf("got %v, want Invalid", err)
	}
	got := exo.MessageOf(err)
	for _, want := range []string{
		`"data_source.mast.timeout": unknown key (configuration file); did you mean data_sources.mast.timeout?`,
		`data_sources.mast.base_url: "https://mast.stsci.edu/api" has a path (configuration file); allowed: a host root such as https://mast.stsci.edu, without path or query`,
		`data_sources.mast.timeout: "-1" is negative (configuration file); allowed: a whole number of seconds from 1 to 86400`,
		`"data_sources.mast.retry_atempts": unknown key (configuration file); did you mean data_sources.mast.retry_attempts?`,
		`storage.raw_retention_days: "365" is a text, not a whole number (configuration file); allowed: a whole number of days from 0 to 36500`,
		`freshness.koi: "soon" is not a duration (configuration file); allowed: a duration such as 24h or 90m, up to 87840h`,
		`max_concurrent_downloads: "many" is not a whole number (environment MAX_CONCURRENT_DOWNLOADS); allowed: a whole number from 1 to 64`,
		`listen: "example.org:8000" is not an address of this machine in numbers (environment LISTEN); allowed: a host and port such as 127.0.0.1:8000`,
		`log_level: "loud" is not a word of the list (command line); allowed: one of debug, info, warn, error`,
	} {
		if !strings.Contains(got, want+"\n") && !strings.HasSuffix(got, want) {
			t.Errorf("missing line\n%s\nin\n%s", want, got)
		}
	}
	if n := strings.Count(got, "\n"); n != 9 {
		t.Errorf("%d lines of mistakes, want 9:\n%s", n, got)
	}
}

func TestBadValuesAreNamed(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"broken YAML":                         {"a: [", "is not valid YAML"},
		"a list at the top":                   {"- a\n", "is not valid YAML"},
		"the same key twice":                  {"listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n", "is not valid YAML"},
		"a key with a dot":                    {"freshness.koi: 24h\n", "holds a dot"},
		"a group where a value is due":        {"listen: {a: 1}\n", "unknown key"},
		"a value where a group is due":        {"freshness: 24h\n", "unknown key"},
		"a key without a value":               {"listen:\n", "is empty"},
		"a date where an address is due":      {"listen: 2020-01-01\n", "is a date"},
		"a number that needs more bits":       {"max_concurrent_downloads: 99999999999999999999\n", "is a number, not a whole number"},
		"a fraction of a count":               {"max_concurrent_downloads: 1.5\n", "is a number, not a whole number"},
		"a text for true or false":            {"processing: {parallel_processing: 'yes'}\n", "is a text, not true or false"},
		"an unknown quality mask":             {"processing: {default_quality_bitmask: harder}\n", "is neither a word"},
		"a negative quality mask":             {"processing: {default_quality_bitmask: -1}\n", "is neither a word"},
		"an ftp address":                      {"data_sources: {esa: {base_url: 'ftp://a'}}\n", "does not begin with http:// or https://"},
		"an address with a password":          {"data_sources: {esa: {base_url: 'http://u:p@a'}}\n", "holds a user or password"},
		"an address with a query":             {"data_sources: {esa: {base_url: 'http://a?b=1'}}\n", "has a query"},
		"an address without a host":           {"data_sources: {esa: {base_url: 'http://:80'}}\n", "names no host"},
		"an address with a bad port":          {"data_sources: {esa: {base_url: 'http://a:99999'}}\n", "has a bad port"},
		"an empty base address":               {"data_sources: {esa: {base_url: ''}}\n", "does not begin with"},
		"a duration that is negative":         {"freshness: {koi: -1h}\n", "is negative"},
		"a duration longer than ten years":    {"freshness: {koi: 1000000h}\n", "is too long"},
		"a duration without a unit":           {"freshness: {koi: '24'}\n", "is not a duration"},
		"control characters in a path":        {"data_path: \"a\\0b\"\n", "control characters"},
		"a wrong scheme for Redis":            {"redis_url: http://a\n", "does not begin with redis://"},
		"a key with blanks":                   {"nasa_api_key: 'a b'\n", "holds blanks"},
		"nesting without end":                 {strings.Repeat("{a: ", 20) + "1" + strings.Repeat("}", 20), "nested too deeply"},
		"keys that are no texts":              {"freshness: {1: 2}\n", "unknown key"},
		"a number where the API key is due":   {"nasa_api_key: 12345\n", "is a number, not a text"},
		"a listen address without a port":     {"listen: localhost\n", "is not host:port"},
		"a listen address with a silly port":  {"listen: 'localhost:http'\n", "has a bad port"},
		"a zero timeout":                      {"data_sources: {mast: {timeout: 0}}\n", "is too small"},
		"too many downloads at a time":        {"max_concurrent_downloads: 65\n", "is too large"},
		"a bucket address with a query":       {"data_sources: {mast: {bucket_url: 'http://a/b?c'}}\n", "has a query"},
		"a resolver address with a path":      {"data_sources: {mast: {resolver_url: 'http://a/b'}}\n", "has a path"},
		"an empty data path":                  {"data_path: ''\n", "is empty"},
		"a data path with a blank at its end": {"data_path: 'a '\n", "begins or ends with a blank"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.Load(sources(c.file, nil, nil))
			if !errors.Is(err, exo.Invalid) || !strings.Contains(exo.MessageOf(err), c.want) {
				t.Errorf("got %v, want Invalid with %q", err, c.want)
			}
			if exo.HintOf(err) == "" {
				t.Error("no hint")
			}
		})
	}
}

func TestSpellingsThatAreAccepted(t *testing.T) {
	for name, c := range map[string]struct {
		key, flag, want string
	}{
		"a final slash is dropped":          {"data_sources.esa.base_url", "http://127.0.0.1:9000/", "http://127.0.0.1:9000"},
		"a bucket may have a path":          {"data_sources.mast.bucket_url", "https://s3.amazonaws.com/stpubdata/", "https://s3.amazonaws.com/stpubdata"},
		"a bucket may be left out":          {"data_sources.mast.bucket_url", "", ""},
		"an IPv6 address":                   {"data_sources.mast.resolver_url", "http://[::1]:80", "http://[::1]:80"},
		"yes is true":                       {"processing.parallel_processing", "yes", "true"},
		"0 is false":                        {"processing.parallel_processing", "0", "false"},
		"a number of flag bits":             {"processing.default_quality_bitmask", "17087", "17087"},
		"minutes and hours":                 {"freshness.koi", "1h30m", "1h30m"},
		"always":                            {"freshness.koi", "0s", "0s"},
		"half an hour as a number of hours": {"freshness.lightcurve", "0.5", "30m"},
		"any free port":                     {"listen", "localhost:0", "localhost:0"},
		"a whole 127 network":               {"listen", "127.8.9.1:80", "127.8.9.1:80"},
		"a database":                        {"database_url", "postgresql://u:p@h/x?sslmode=disable", "postgresql://h/x"},
		"a database at a socket":            {"database_url", "postgres:///x?host=/run/postgresql", "postgres:///x"},
		"a secure Redis":                    {"redis_url", "rediss://r:1/0", "rediss://r:1/0"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, e := range load(t, "", nil, map[string]string{c.key: c.flag}).Entries() {
				if e.Key == c.key && (e.Value != c.want || e.Origin != config.FromFlag) {
					t.Errorf("got %q from %s, want %q", e.Value, e.Origin, c.want)
				}
			}
		})
	}
}

func TestSpellingsThatAreRefused(t *testing.T) {
	for key, flags := range map[string][]string{
		"processing.parallel_processing":     {"", "2", "maybe"},
		"processing.default_quality_bitmask": {"", "0x1F", "4294967296", "Default"},
		"freshness.lightcurve":               {"", "NaN", "Inf", "-1", "1e30", "6 h"},
		"max_concurrent_downloads":           {"", "0", "1e1", "5.0", "99999999999999999999"},
		"database_url":                       {"host:5432", "postgres:///x", "mysql://h/x", "postgres://h:0/x", "postgres://h:x/y"},
		"redis_url":                          {"localhost:6379", "redis://", "redis://h:/0"},
		"listen":                             {"", "8000", "example.org:80", "127.0.0.1:65536", "localhost.:1", "[fe80::1%eth0]:1"},
		"data_sources.mast.base_url":         {"", "mast.stsci.edu", "https://", "https://a/b", "https://a?b", "https://a#b", "https://a#", "file:///etc", "http://a b", "https:mast"},
		"nokey":                              {"x"},
		"data_path":                          {"", strings.Repeat("x", 5000)},
		"catalogs.query_timeout":             {"", "0", "3601", "1.5"},
		"changes.webhook_private":            {"", "perhaps"},
		"changes.base_url":                   {"data.example.org", "https://a?b=1", "ftp://a"},
		"changes.webhooks":                   {"ftp://a", "a.example.org", "https://", "https://u:p@a", "https://a#b", "https://a:0", "https://a,b", strings.Repeat("https://a ", 17)},
	} {
		for _, flag := range flags {
			if _, err := config.Load(sources("", nil, map[string]string{key: flag})); !errors.Is(err, exo.Invalid) {
				t.Errorf("%s = %.50q: got %v, want Invalid", key, flag, err)
			} else if !strings.Contains(exo.MessageOf(err), "command line") {
				t.Errorf("%s = %.50q: the message does not say where it came from: %s", key, flag, exo.MessageOf(err))
			}
		}
	}
}

func TestAFileThatWasNamedMustExist(t *testing.T) {
	s := sources("", map[string]string{"CONFIG_FILE": "x.yaml"}, nil)
	if _, err := config.Load(s); !errors.Is(err, exo.NotFound) || !strings.Contains(exo.MessageOf(err), "x.yaml") {
		t.Errorf("CONFIG_FILE: got %v, want NotFound", err)
	}
	s.File = "y.yaml"
	if _, err := config.Load(s); !errors.Is(err, exo.NotFound) || !strings.Contains(exo.MessageOf(err), "y.yaml") {
		t.Errorf("flag: got %v, want NotFound", err)
	}
}

func TestAFileWithoutEndIsRefused(t *testing.T) {
	s := config.Sources{File: "/dev/zero"}
	if _, err := config.Load(s); !errors.Is(err, exo.TooLarge) {
		t.Errorf("got %v, want TooLarge", err)
	}
}

func TestWebhooksAreAListOrATextWithCommas(t *testing.T) {
	want := []string{"https://hooks.example.org/T1/s3cret?token=s3cret", "http://127.0.0.1:9000"}
	for name, c := range map[string]config.Config{
		"the file":        load(t, "changes:\n  webhooks:\n    - "+want[0]+"\n    - "+want[1]+"\n", nil, nil),
		"a text, commas":  load(t, "changes: {webhooks: '"+want[0]+", "+want[1]+"'}\n", nil, nil),
		"the environment": load(t, "", map[string]string{"WEBHOOKS": want[0] + "," + want[1]}, nil),
		"the flags":       load(t, "", nil, map[string]string{"changes.webhooks": want[0] + " " + want[1]}),
	} {
		if !slices.Equal(c.Changes.Webhooks, want) {
			t.Errorf("%s: %q", name, c.Changes.Webhooks)
		}
		for _, e := range c.Entries() {
			if e.Key == "changes.webhooks" && e.Value != "https://hooks.example.org/(hidden), http://127.0.0.1:9000" {
				t.Errorf("%s shows %q", name, e.Value)
			}
		}
	}
	for _, file := range []string{"changes: {webhooks: [1]}\n", "changes: {webhooks: 5}\n", "changes: {webhooks: [https://a/s3cret, x]}\n"} {
		_, err := config.Load(sources(file, nil, nil))
		if !errors.Is(err, exo.Invalid) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestBackupsAndThresholdsAreChecked(t *testing.T) {
	c := load(t, "", nil, nil)
	if c.Storage.LowDiskPercent != 5 || c.Storage.FullDiskPercent != 1 || c.Storage.CacheMaxBytes != 0 || c.Backup.Repository != "" {
		t.Errorf("defaults: %+v %+v", c.Storage, c.Backup)
	}
	const s3 = "s3://exo/backups?endpoint=s3.example.org"
	c = load(t, "storage: {cache_max_mb: 2}\nbackup: {repository: '"+s3+"', password_file: /etc/exo/password}\n", map[string]string{"BACKUP_ACCESS_KEY": "a", "BACKUP_SECRET_KEY": "b"}, nil)
	if c.Storage.CacheMaxBytes != 2<<20 || c.Backup != (config.Backup{Repository: s3, PasswordFile: "/etc/exo/password", AccessKey: "a", SecretKey: "b"}) {
		t.Errorf("%+v %+v", c.Storage, c.Backup)
	}
	for _, e := range c.Entries() {
		if e.Key == "backup.repository" && e.Value != s3 {
			t.Errorf("the repository is shown as %q", e.Value)
		}
	}
	for why, file := range map[string]string{
		"a repository without a password":          "backup: {repository: /srv/backups}\n",
		"a password in the address":                "backup: {repository: 's3://u:s3cret@bucket', password_file: p}\n",
		"an address of another kind":               "backup: {repository: 'ftp://host/s3cret', password_file: p}\n",
		"an address with an unknown parameter":     "backup: {repository: 's3://bucket?key=s3cret', password_file: p}\n",
		"refusing to write before any clean-up":    "storage: {low_disk_percent: 2, full_disk_percent: 3}\n",
		"a share of the disk that is all of it":    "storage: {low_disk_percent: 100}\n",
		"a size of the cache below nothing at all": "storage: {cache_max_mb: -1}\n",
	} {
		_, err := config.Load(sources(file, nil, nil))
		if !errors.Is(err, exo.Invalid) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", why, err)
		}
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	env := map[string]string{"NASA_API_KEY": "s3cret", "ESA_API_KEY": "s3cret", "DATABASE_URL": "postgres://u:s3cret@db/x?password=s3cret", "REDIS_URL": "redis://:s3cret@r:6379",
		"WEBHOOK_SECRET": "s3cret", "WEBHOOKS": "https://a/s3cret", "ALERT_WEBHOOKS": "https://a/s3cret", "BACKUP_ACCESS_KEY": "s3cret", "BACKUP_SECRET_KEY": "s3cret"}
	for _, e := range load(t, "", env, nil).Entries() {
		if strings.Contains(e.Value, "s3cret") {
			t.Errorf("%s shows %q", e.Key, e.Value)
		}
	}
	for _, name := range []string{"NASA_API_KEY", "DATABASE_URL", "REDIS_URL", "WEBHOOK_SECRET", "WEBHOOKS"} {
		_, err := config.Load(sources("", map[string]string{name: "s3cret bad"}, nil))
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error shows the secret or is missing: %v", name, err)
		}
	}
}

func TestEntriesAreSortedAndComplete(t *testing.T) {
	entries := load(t, guideFile, nil, nil).Entries()
	seen := map[string]string{}
	for i, e := range entries {
		if i > 0 && entries[i-1].Key >= e.Key {
			t.Errorf("%s after %s", e.Key, entries[i-1].Key)
		}
		seen[e.Key] = e.Value
	}
	for key, want := range map[string]string{
		"config_file": "data_config.yaml", "cache_path": "data/cache", "freshness.toi": "12h", "data_sources.mast.timeout": "600",
		"processing.parallel_processing": "true", "storage.raw_retention_days": "365", "nasa_api_key": "",
	} {
		if got, ok := seen[key]; !ok || got != want {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
}

func TestTheDocumentationNamesEveryKeyWithItsDefault(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(xtest.Root(t), "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range load(t, "", nil, nil).Entries() {
		line := ""
		for l := range strings.Lines(string(text)) {
			if strings.HasPrefix(l, "| `"+e.Key+"` |") {
				line = l
			}
		}
		switch {
		case e.Key == "config_file", e.Key == "cache_path" && line != "":
		case line == "":
			t.Errorf("docs/configuration.md has no line for %s", e.Key)
		case e.Value != "" && !strings.Contains(line, "`"+e.Value+"`"), e.Value == "" && !strings.Contains(line, "| – |"):
			t.Errorf("docs/configuration.md tells another default for %s than %q: %s", e.Key, e.Value, line)
		}
	}
	for _, name := range []string{"DATA_PATH", "CACHE_PATH", "NASA_API_KEY", "ESA_API_KEY", "REDIS_URL", "CACHE_TTL_HOURS", "MAX_CONCURRENT_DOWNLOADS",
		"PROCESSING_TIMEOUT_MINUTES", "DATABASE_URL", "LISTEN", "LOG_LEVEL", "CONFIG_FILE", "WEBHOOKS", "WEBHOOK_SECRET",
		"ALERT_WEBHOOKS", "BACKUP_REPOSITORY", "BACKUP_PASSWORD_FILE", "BACKUP_ACCESS_KEY", "BACKUP_SECRET_KEY"} {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/configuration.md does not name %s", name)
		}
	}
}

func TestTheExampleOfTheDocumentationIsValid(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(xtest.Root(t), "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```yaml\n")
	example, _, ok := strings.Cut(example, "```")
	if !ok || example == "" {
		t.Fatal("there is no example")
	}
	if c := load(t, example, nil, nil); c.Archives.MAST.BucketURL == "" || c.MaxConcurrentDownloads != 8 {
		t.Errorf("%+v", c)
	}
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte(guideFile))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("? {x: 1}\n: 2\n"))
	f.Add([]byte("listen: !!binary aGVsbG8=\n"))
	f.Add([]byte("<<: {listen: 127.0.0.1:1}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := config.Load(config.Sources{File: "f", FileBytes: func(string) ([]byte, error) { return data, nil }})
		if err != nil {
			if k := exo.KindOf(err); k != exo.Invalid && k != exo.TooLarge {
				t.Fatalf("kind %s of %v", k, err)
			}
			return
		}
		if c.DataPath == "" || c.Listen == "" || c.Archives.MAST.Timeout <= 0 || c.MaxConcurrentDownloads < 1 {
			t.Fatalf("accepted %q as %+v", data, c)
		}
	})
}
