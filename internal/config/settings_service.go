package config

// serviceSettings lists the keys of access, limits, schedules and traces.
func serviceSettings() []setting {
	list := []setting{
		{key: "security.master_key_file", env: "MASTER_KEY_FILE", kind: optionalFile, put: func(c *Config, v value) { c.Security.MasterKeyFile = v.text }},
		{key: "security.master_key", env: "MASTER_KEY", kind: keyText, secret: true, put: func(c *Config, v value) { c.Security.MasterKey = v.text }},
		{key: "security.access_token_minutes", kind: minutes, fallback: "15", min: 1, max: 24 * 60, put: func(c *Config, v value) { c.Security.AccessToken = v.span }},
		{key: "security.refresh_token_days", kind: days, fallback: "30", min: 1, max: 366, put: func(c *Config, v value) { c.Security.RefreshToken = v.span }},
		{key: "security.cors_origins", env: "CORS_ORIGINS", kind: origins, put: func(c *Config, v value) { c.Security.CORSOrigins = v.list }},
		{key: "security.behind_proxy", env: "BEHIND_PROXY", kind: networks, put: putProxies},
		{key: "security.metrics", kind: word, fallback: "local", words: []string{"local", "admin", "all"},
			put: func(c *Config, v value) { c.Security.Metrics = MetricsAccess(v.text) }},

		{key: "tls.cert_file", env: "TLS_CERT_FILE", kind: optionalFile, put: func(c *Config, v value) { c.TLS.CertFile = v.text }},
		{key: "tls.key_file", env: "TLS_KEY_FILE", kind: optionalFile, put: func(c *Config, v value) { c.TLS.KeyFile = v.text }},

		{key: "limits.per_minute", kind: count, fallback: "100", min: 1, max: 1e6, put: func(c *Config, v value) { c.Limits.PerMinute = int(v.number) }},
		{key: "limits.burst", kind: count, fallback: "200", min: 1, max: 1e6, put: func(c *Config, v value) { c.Limits.Burst = int(v.number) }},
		{key: "limits.address_per_minute", kind: count, fallback: "100", min: 1, max: 1e6, put: func(c *Config, v value) { c.Limits.AddressPerMinute = int(v.number) }},
		{key: "limits.address_burst", kind: count, fallback: "200", min: 1, max: 1e6, put: func(c *Config, v value) { c.Limits.AddressBurst = int(v.number) }},

		{key: "metrics.listen", env: "METRICS_LISTEN", kind: listenAt, put: func(c *Config, v value) { c.Metrics.Listen = v.text }},
		{key: "log_format", env: "LOG_FORMAT", kind: word, fallback: "text", words: []string{"text", "json"}, put: func(c *Config, v value) { c.LogJSON = v.text == "json" }},
		{key: "tracing.endpoint", env: "OTEL_EXPORTER_OTLP_ENDPOINT", kind: bucketURL, put: func(c *Config, v value) { c.Tracing.Endpoint = v.text }},
		{key: "tracing.sample", kind: share, fallback: "1", put: func(c *Config, v value) { c.Tracing.Sample = v.real }},
	}
	for _, t := range []struct {
		name, every string
		of          func(*Config) *Task
	}{
		{"tables", "15m", func(c *Config) *Task { return &c.Schedule.Tables }},
		{"lightcurves", "1h", func(c *Config) *Task { return &c.Schedule.LightCurves }},
		{"cleanup", "24h", func(c *Config) *Task { return &c.Schedule.Cleanup }},
		{"logs", "1h", func(c *Config) *Task { return &c.Schedule.Logs }},
		{"integrity", "24h", func(c *Config) *Task { return &c.Schedule.Integrity }},
		{"backup", "24h", func(c *Config) *Task { return &c.Schedule.Backup }},
		{"drill", "168h", func(c *Config) *Task { return &c.Schedule.Drill }},
		{"retention", "24h", func(c *Config) *Task { return &c.Schedule.Retention }},
	} {
		list = append(list, task(t.name, t.every, t.of)...)
	}
	return list
}

// minEvery is the shortest interval of a schedule, in seconds.
const minEvery = 60

// task lists the two keys of an entry of the schedule.
func task(name, every string, of func(*Config) *Task) []setting {
	prefix := "schedule." + name + "."
	return []setting{
		{key: prefix + "enabled", kind: yesno, fallback: "true", put: func(c *Config, v value) { of(c).On = v.yes }},
		{key: prefix + "every", kind: span, fallback: every, min: minEvery, max: yearSeconds, put: func(c *Config, v value) { of(c).Every = v.span }},
	}
}

// putProxies takes a list that parse has read already.
func putProxies(c *Config, v value) {
	for _, text := range v.list {
		if p, ok := parseNetwork(text); ok {
			c.Security.BehindProxy = append(c.Security.BehindProxy, p)
		}
	}
}
