package api_test

import (
	"strings"
	"testing"

	"exoplanetai/internal/exo"
)

func TestBadRequestsGetAProblemAndCallNothing(t *testing.T) {
	const table, light = "/api/v1/data/ingest/table", "/api/v1/data/ingest/lightcurve"
	for name, c := range map[string]struct {
		method, target, body string
		header               []string
		status               int
		code                 exo.Kind
		says                 string
	}{
		"a wrong table type":                 {"POST", table, `{"table_type":"xyz"}`, nil, 400, exo.Invalid, "table_type"},
		"an unknown field":                   {"POST", table, `{"table_type":"koi","colour":1}`, nil, 400, exo.Invalid, "colour"},
		"a field in capitals":                {"POST", table, `{"table_type":"koi","Force_Refresh":true}`, nil, 400, exo.Invalid, "lower case"},
		"a field twice":                      {"POST", table, `{"table_type":"koi","table_type":"toi"}`, nil, 400, exo.Invalid, "twice"},
		"a field twice after a list":         {"POST", table, `{"table_type":[{"a":1},[2],"a"],"table_type":"toi"}`, nil, 400, exo.Invalid, "twice"},
		"a body nested deeply":               {"POST", table, strings.Repeat("[", 9000) + strings.Repeat("]", 9000), nil, 400, exo.Invalid, "nested"},
		"a body nested too deeply":           {"POST", table, strings.Repeat(`{"a":`, 90000), nil, 400, exo.Invalid, "JSON"},
		"a wrong type":                       {"POST", table, `{"table_type":"koi","force_refresh":"yes"}`, nil, 400, exo.Invalid, "force_refresh"},
		"a missing field":                    {"POST", table, `{}`, nil, 400, exo.Invalid, "the field table_type is missing"},
		"no body":                            {"POST", table, ``, nil, 400, exo.Invalid, "the request has no body"},
		"a compressed body":                  {"POST", table, `{"table_type":"koi"}`, []string{"Content-Encoding", "gzip"}, 415, exo.Invalid, "gzip"},
		"the tree as a page":                 {"GET", "/api/v1/files", ``, nil, 404, exo.NotFound, "/api/v1/files"},
		"the tree as a folder":               {"GET", "/api/v1/files/", ``, nil, 404, exo.NotFound, "/api/v1/files/"},
		"a body that is no JSON":             {"POST", table, `{"table_type":`, nil, 400, exo.Invalid, "not valid JSON"},
		"a number that nothing holds":        {"POST", light, `{"target_name":"TIC 1","sector_quarter":1e999}`, nil, 400, exo.Invalid, "the number 1e999 is too large"},
		"a body that is not in UTF-8":        {"POST", light, "{\"target_name\":\"TIC 1\xff\"}", nil, 400, exo.Invalid, "not in UTF-8"},
		"a huge number in a query":           {"GET", "/api/v1/lightcurves/TIC%201?processing_params=%7B%22sigma_clip_sigma%22%3A1e999%7D", ``, nil, 400, exo.Invalid, "the number 1e999 is too large"},
		"a list instead of an object":        {"POST", table, `[]`, nil, 400, exo.Invalid, "object"},
		"two documents in one body":          {"POST", table, `{"table_type":"koi"}{}`, nil, 400, exo.Invalid, "not valid JSON"},
		"a form instead of JSON":             {"POST", table, `table_type=koi`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, exo.Invalid, "content type"},
		"a body over a mebibyte":             {"POST", table, `{"table_type":"` + strings.Repeat("x", 1<<20) + `"}`, nil, 413, exo.TooLarge, "1 MiB"},
		"an unknown field of a batch":        {"POST", "/api/v1/data/ingest/batch", `{"tables":["koi"]}`, nil, 400, exo.Invalid, "tables"},
		"an unknown query parameter":         {"POST", "/api/v1/data/ingest/batch?forse_refresh=true", ``, nil, 400, exo.Invalid, "forse_refresh: there is no such parameter"},
		"a parameter that is no boolean":     {"POST", "/api/v1/data/ingest/batch?force_refresh=maybe", ``, nil, 400, exo.Invalid, "force_refresh"},
		"a name that climbs":                 {"POST", light, `{"target_name":"../../etc/passwd"}`, nil, 400, exo.Invalid, "name"},
		"a name with NUL":                    {"POST", light, `{"target_name":"TIC\u00001"}`, nil, 400, exo.Invalid, "name"},
		"a name of 300 characters":           {"POST", light, `{"target_name":"` + strings.Repeat("a", 300) + `"}`, nil, 400, exo.Invalid, "longer"},
		"an empty name":                      {"POST", light, `{"target_name":""}`, nil, 400, exo.Invalid, "empty"},
		"a bare number":                      {"POST", light, `{"target_name":"441420236"}`, nil, 400, exo.Invalid, "TIC"},
		"an unknown mission":                 {"POST", light, `{"target_name":"TIC 1","mission":"JWST"}`, nil, 400, exo.Invalid, "mission"},
		"a negative sector":                  {"POST", light, `{"target_name":"TIC 1","sector_quarter":-4}`, nil, 400, exo.Invalid, "sector_quarter"},
		"a sector that is no number":         {"POST", light, `{"target_name":"TIC 1","sector_quarter":"one"}`, nil, 400, exo.Invalid, "sector_quarter"},
		"a bad request asked to run later":   {"POST", table, `{"table_type":"xyz"}`, []string{"Prefer", "respond-async"}, 400, exo.Invalid, "table_type"},
		"a body where none is read":          {"POST", "/api/v1/data/version/v1/verify", `{"quick":true}`, nil, 400, exo.Invalid, "takes no body"},
		"an unknown route":                   {"GET", "/api/v1/nowhere", ``, nil, 404, exo.NotFound, "/api/v1/nowhere"},
		"a wrong method":                     {"GET", table, ``, nil, 405, exo.NotAllowed, "GET"},
		"an unknown job":                     {"GET", "/api/v1/jobs/zzz", ``, nil, 404, exo.NotFound, "zzz"},
		"events of an unknown job":           {"GET", "/api/v1/jobs/zzz/events", ``, nil, 404, exo.NotFound, "zzz"},
		"a limit beyond the limit":           {"GET", "/api/v1/jobs?limit=9223372036854775808", ``, nil, 400, exo.Invalid, "limit"},
		"an unknown state":                   {"GET", "/api/v1/jobs?state=lost", ``, nil, 400, exo.Invalid, "state"},
		"a path that climbs":                 {"GET", "/api/v1/../../etc/passwd", ``, nil, 400, exo.Invalid, "path"},
		"an encoded path that climbs":        {"GET", "/api/v1/jobs/%2e%2e%2fx", ``, nil, 400, exo.Invalid, "path"},
		"a path with NUL":                    {"GET", "/api/v1/jobs/a%00b", ``, nil, 400, exo.Invalid, "character"},
		"a foreign host name":                {"GET", "/api/v1/jobs", ``, []string{"Host", "evil.example"}, 403, exo.Denied, "evil.example"},
		"a host that begins like ours":       {"GET", "/api/v1/jobs", ``, []string{"Host", "localhost.evil.example:8000"}, 403, exo.Denied, "host"},
		"a write from another origin":        {"POST", table, `{"table_type":"koi"}`, []string{"Origin", "https://evil.example"}, 403, exo.Denied, "origin"},
		"a cross-site write without Origin":  {"POST", table, `{"table_type":"koi"}`, []string{"Sec-Fetch-Site", "cross-site"}, 403, exo.Denied, "origin"},
		"a write from another local service": {"POST", table, `{"table_type":"koi"}`, []string{"Origin", "http://localhost:9999"}, 403, exo.Denied, "origin"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			w := f.do(c.method, c.target, c.body, c.header...)
			p := problem(t, w)
			if w.Code != c.status || p["code"] != string(c.code) || p["status"] != float64(c.status) {
				t.Errorf("got %d %v, want %d %s\n%s", w.Code, p["code"], c.status, c.code, w.Body)
			}
			if text := p["detail"].(string) + " " + p["hint"].(string); !strings.Contains(text, c.says) {
				t.Errorf("%q does not speak of %q", text, c.says)
			}
			if len(f.ingest.calls) > 0 || len(f.queue.jobs) > 0 {
				t.Errorf("a use case was called: %v %v", f.ingest.calls, f.queue.jobs)
			}
			if c.status == 405 && w.Header().Get("Allow") != "POST" {
				t.Errorf("Allow: %q", w.Header().Get("Allow"))
			}
		})
	}
}
