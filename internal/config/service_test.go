package config_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/config"
	"exoplanetai/internal/exo"
)

const someKey = "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ"

func TestAServiceIsConfigured(t *testing.T) {
	file := `
listen: 0.0.0.0:443
security: {cors_origins: [https://lab.example.org], behind_proxy: [10.1.2.3/8, "::1"], metrics: all, access_token_minutes: 5}
tls: {cert_file: /etc/exo/cert.pem, key_file: /etc/exo/key.pem}
limits: {per_minute: 7, burst: 9}
schedule: {backup: {enabled: false}, drill: {every: 100h}}
tracing: {endpoint: "http://localhost:4318", sample: 0.25}
processing: {jobs_at_a_time: 3}
`
	c := load(t, file, map[string]string{"MASTER_KEY": someKey + "\n" + someKey + " "}, nil)
	if c.Listen != "0.0.0.0:443" || c.TLS != (config.TLS{CertFile: "/etc/exo/cert.pem", KeyFile: "/etc/exo/key.pem"}) || c.Security.MasterKey != someKey+"\n"+someKey {
		t.Errorf("%+v", c)
	}
	if s := c.Security; len(s.BehindProxy) != 2 || s.BehindProxy[0].String() != "10.0.0.0/8" || s.BehindProxy[1].String() != "::1/128" || s.CORSOrigins[0] != "https://lab.example.org" ||
		s.Metrics != config.MetricsAll || s.AccessToken != 5*time.Minute || s.RefreshToken != 30*24*time.Hour {
		t.Errorf("%+v", c.Security)
	}
	if c.Limits != (config.Limits{PerMinute: 7, Burst: 9, AddressPerMinute: 100, AddressBurst: 200}) || c.Tracing.Sample != 0.25 || c.Processing.Jobs != 3 {
		t.Errorf("%+v %+v %+v", c.Limits, c.Tracing, c.Processing)
	}
	if s := c.Schedule; s.Backup.On || s.Backup.Every != 24*time.Hour || !s.Drill.On || s.Drill.Every != 100*time.Hour || s.Tables != (config.Task{On: true, Every: 15 * time.Minute}) {
		t.Errorf("%+v", s)
	}
	for _, e := range c.Entries() {
		if strings.Contains(e.Value, "AGE-SECRET") {
			t.Errorf("%s shows the key", e.Key)
		}
	}
}

func TestAServiceIsNotConfiguredByMistake(t *testing.T) {
	for why, c := range map[string]struct{ file, want string }{
		"a certificate without a key":      {"tls: {cert_file: x}", "only one of them"},
		"a key twice":                      {"security: {master_key_file: x, master_key: " + someKey + "}", "both are given"},
		"a key that is none":               {"security: {master_key: s3cret}", "not a master key"},
		"everybody as a proxy":             {"security: {behind_proxy: 0.0.0.0/0}", "neither an address nor a network"},
		"a name as a proxy":                {"security: {behind_proxy: proxy.example.org}", "neither an address nor a network"},
		"an origin with a path":            {"security: {cors_origins: ['https://a/b']}", "more than scheme, host and port"},
		"all origins":                      {"security: {cors_origins: ['*']}", "does not begin with"},
		"metrics for friends":              {"security: {metrics: friends}", "not a word of the list"},
		"no calls at all":                  {"limits: {per_minute: 0}", "too small"},
		"a schedule without pause":         {"schedule: {tables: {every: 1s}}", "is too short"},
		"a share above one":                {"tracing: {sample: 1.5}", "out of range"},
		"a share in words":                 {"tracing: {sample: half}", "not a number"},
		"an entry that is not of the plan": {"schedule: {cleaning: {every: 1h}}", "unknown key"},
	} {
		_, err := config.Load(sources(c.file+"\n", nil, nil))
		if !errors.Is(err, exo.Invalid) || !strings.Contains(exo.MessageOf(err), c.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", why, err)
		}
	}
}
