package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// contract lists the routes of the interface. A new route has to be added here
// on purpose.
var contract = []string{
	"DELETE /api/v1/data/version/{name}",
	"DELETE /api/v1/jobs/{id}",
	"DELETE /api/v1/keys/{id}",
	"DELETE /api/v1/users/{name}",
	"GET /api/v1/audit",
	"GET /api/v1/audit/events",
	"GET /api/v1/audit/export",
	"GET /api/v1/audit/verify",
	"GET /api/v1/auth/me",
	"GET /api/v1/catalogs",
	"GET /api/v1/catalogs/{table}",
	"GET /api/v1/catalogs/{table}/columns",
	"GET /api/v1/catalogs/{table}/diff",
	"GET /api/v1/catalogs/{table}/feed.atom",
	"GET /api/v1/catalogs/{table}/feed.json",
	"GET /api/v1/catalogs/{table}/rows/{key}",
	"GET /api/v1/catalogs/{table}/schema",
	"GET /api/v1/catalogs/{table}/versions",
	"GET /api/v1/data/backup/list",
	"GET /api/v1/data/ingest/held",
	"GET /api/v1/data/ingestion/status",
	"GET /api/v1/data/storage/stats",
	"GET /api/v1/data/validate/compare",
	"GET /api/v1/data/validate/reports",
	"GET /api/v1/data/validate/reports/{name}",
	"GET /api/v1/data/validate/rules",
	"GET /api/v1/data/version/list",
	"GET /api/v1/data/version/{name}",
	"GET /api/v1/data/version/{name}/cite",
	"GET /api/v1/data/version/{name}/diff/{other}",
	"GET /api/v1/feed.atom",
	"GET /api/v1/feed.json",
	"GET /api/v1/files/{path}",
	"GET /api/v1/health",
	"GET /api/v1/health/live",
	"GET /api/v1/health/ready",
	"GET /api/v1/jobs",
	"GET /api/v1/jobs/{id}",
	"GET /api/v1/jobs/{id}/events",
	"GET /api/v1/keys",
	"GET /api/v1/keys/{id}",
	"GET /api/v1/lightcurves/{id}",
	"GET /api/v1/targets/{id}",
	"GET /api/v1/users",
	"GET /api/v1/users/{name}",
	"GET /metrics",
	"HEAD /api/v1/files/{path}",
	"PATCH /api/v1/users/{name}",
	"POST /api/v1/auth/logout",
	"POST /api/v1/auth/token",
	"POST /api/v1/data/admin/cleanup",
	"POST /api/v1/data/admin/retention",
	"POST /api/v1/data/backup",
	"POST /api/v1/data/backup/drill",
	"POST /api/v1/data/backup/restore",
	"POST /api/v1/data/backup/verify",
	"POST /api/v1/data/ingest/batch",
	"POST /api/v1/data/ingest/held/{id}/approve",
	"POST /api/v1/data/ingest/held/{id}/discard",
	"POST /api/v1/data/ingest/lightcurve",
	"POST /api/v1/data/ingest/table",
	"POST /api/v1/data/preprocess/lightcurve",
	"POST /api/v1/data/storage/repair",
	"POST /api/v1/data/storage/rollback",
	"POST /api/v1/data/storage/sweep",
	"POST /api/v1/data/storage/verify",
	"POST /api/v1/data/validate",
	"POST /api/v1/data/version/create",
	"POST /api/v1/data/version/{name}/restore",
	"POST /api/v1/data/version/{name}/verify",
	"POST /api/v1/keys",
	"POST /api/v1/users",
	"PUT /api/v1/users/{name}/password",
}

func TestRoutesServedAreRoutesDescribed(t *testing.T) {
	f := newFixture(t)
	var served []string
	for _, r := range f.Routes() {
		served = append(served, strings.ReplaceAll(r, "...}", "}"))
	}
	slices.Sort(served)
	if !slices.Equal(served, contract) {
		t.Errorf("served:\n%s\nwanted:\n%s", strings.Join(served, "\n"), strings.Join(contract, "\n"))
	}
	var described []string
	for path, item := range spec(t, f)["paths"].(map[string]any) {
		for method := range item.(map[string]any) {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(described)
	if !slices.Equal(described, contract) {
		t.Errorf("described:\n%s", strings.Join(described, "\n"))
	}
}

func spec(t *testing.T, f *fixture) map[string]any {
	t.Helper()
	w := f.do("GET", "/openapi.json", "")
	var doc map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || w.Code != 200 {
		t.Fatalf("%d %v", w.Code, err)
	}
	return doc
}

// TestTheDescriptionIsOpenAPI31 checks the rules of OpenAPI 3.1.0 that a
// program reading the document relies on: §4.8.1 (root), §4.8.9 (parameters
// for every template), §4.8.10 (unique operationId, responses), §4.8.23
// (references that lead somewhere).
func TestTheDescriptionIsOpenAPI31(t *testing.T) {
	f := newFixture(t)
	doc := spec(t, f)
	if doc["openapi"] != "3.1.0" || doc["info"].(map[string]any)["title"] == "" || doc["info"].(map[string]any)["version"] != "test" {
		t.Errorf("head: %v %v", doc["openapi"], doc["info"])
	}
	ids := map[string]string{}
	for path, item := range doc["paths"].(map[string]any) {
		for method, o := range item.(map[string]any) {
			checkOperation(t, ids, method+" "+path, path, o.(map[string]any))
		}
	}
	refs(t, doc, doc, "#")
	if strings.Contains(string(f.Spec()), "$schema") {
		t.Error("bodies carry $schema members")
	}
}

func checkOperation(t *testing.T, ids map[string]string, name, path string, op map[string]any) {
	t.Helper()
	id, _ := op["operationId"].(string)
	if other, taken := ids[id]; id == "" || taken {
		t.Errorf("%s: operationId %q, also of %s", name, id, other)
	}
	ids[id] = name
	for _, key := range []string{"summary", "description", "tags"} {
		if op[key] == nil {
			t.Errorf("%s has no %s", name, key)
		}
	}
	declared := map[string]bool{}
	params, _ := op["parameters"].([]any)
	for _, p := range params {
		p := p.(map[string]any)
		if p["in"] == "path" {
			declared[p["name"].(string)] = p["required"] == true
		}
		if p["schema"] == nil {
			t.Errorf("%s: parameter %v has no schema", name, p["name"])
		}
	}
	for part := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(part, "{") && !declared[strings.Trim(part, "{}")] {
			t.Errorf("%s: %s is not declared, or not as required", name, part)
		}
	}
	responses := op["responses"].(map[string]any)
	problem := responses["default"].(map[string]any)["content"].(map[string]any)
	if problem["application/problem+json"] == nil || len(responses) < 2 {
		t.Errorf("%s: responses %v", name, slices.Sorted(maps.Keys(responses)))
	}
	for status, r := range responses {
		if r.(map[string]any)["description"] == nil {
			t.Errorf("%s: response %s has no description", name, status)
		}
	}
}

// refs follows every reference.
func refs(t *testing.T, root, at any, where string) {
	t.Helper()
	switch v := at.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			var target any = root
			for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
				m, _ := target.(map[string]any)
				target = m[part]
			}
			if target == nil {
				t.Errorf("%s: %s leads nowhere", where, ref)
			}
		}
		for k, sub := range v {
			refs(t, root, sub, where+"/"+k)
		}
	case []any:
		for i, sub := range v {
			refs(t, root, sub, fmt.Sprintf("%s/%d", where, i))
		}
	}
}
