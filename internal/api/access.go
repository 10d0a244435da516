package api

import (
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/auth"
	"exoplanetai/internal/exo"
)

// Access says who may use a route, and what of it is recorded.
type Access struct {
	Route string     // "POST /api/v1/data/ingest/table"
	Role  auth.Role  // at least; empty: everybody, without signing in
	Scope auth.Scope // that a key limited to scopes must have; empty: any key
	Own   bool       // what belongs to another user does not exist for whoever is no admin
	Near  bool       // the addresses of Options.MetricsFrom need not sign in
	Audit bool       // each call is recorded; one that cannot be recorded is refused
	Free  bool       // not counted by the limits: probes, and the files of pages, of which one page has many
	Kept  bool       // answers are kept until what is held changes
	Form  bool       // takes a form (RFC 6749 §4.3.2) beside JSON
	Names []string   // wildcards of the path and fields of the body that name what is acted on, for the record
}

// The rows of the table, by what they let do.
func open(route string) Access { return Access{Route: route, Free: true} }

func read(route string) Access {
	return Access{Route: route, Role: auth.User, Scope: auth.ScopeRead}
}

func kept(route string) Access {
	a := read(route)
	a.Kept = true
	return a
}

// change is a route that changes something or costs much.
func change(role auth.Role, scope auth.Scope, route string, names ...string) Access {
	return Access{Route: route, Role: role, Scope: scope, Audit: true, Names: names}
}

func (a Access) own() Access { a.Own = true; return a }

// accessRows is the one table of who may do what: the only place that decides
// on a route. New refuses a route without a row and a row without a route;
// docs/security.md shows it.
func accessRows() []Access {
	const v1, data = " " + Base, " " + Base + "/data"
	return slices.Concat(pageRows(), accountRows(), []Access{
		{Route: "GET" + v1 + "/health/live", Free: true}, {Route: "GET" + v1 + "/health/ready", Free: true},
		read("GET" + v1 + "/health"),
		{Route: "GET /metrics", Role: auth.Admin, Scope: auth.ScopeAdmin, Near: true},

		kept("GET" + v1 + "/catalogs"), kept("GET" + v1 + "/catalogs/{table}"), kept("GET" + v1 + "/catalogs/{table}/columns"),
		kept("GET" + v1 + "/catalogs/{table}/diff"), kept("GET" + v1 + "/catalogs/{table}/rows/{key}"),
		kept("GET" + v1 + "/catalogs/{table}/schema"), kept("GET" + v1 + "/catalogs/{table}/versions"), kept("GET" + v1 + "/targets/{id}"),
		read("GET" + v1 + "/catalogs/{table}/feed.atom"), read("GET" + v1 + "/catalogs/{table}/feed.json"),
		read("GET" + v1 + "/feed.atom"), read("GET" + v1 + "/feed.json"),
		read("GET" + v1 + "/files/{path...}"), read("HEAD" + v1 + "/files/{path...}"), read("GET" + v1 + "/lightcurves/{id}"),

		change(auth.User, auth.ScopeIngest, "POST"+data+"/ingest/table", "table_type"),
		change(auth.User, auth.ScopeIngest, "POST"+data+"/ingest/lightcurve", "target_name", "mission", "sector_quarter"),
		change(auth.Researcher, auth.ScopeIngest, "POST"+data+"/ingest/batch"),
		read("GET" + data + "/ingest/held"),
		change(auth.Researcher, auth.ScopeIngest, "POST"+data+"/ingest/held/{id}/approve", "id"),
		change(auth.Researcher, auth.ScopeIngest, "POST"+data+"/ingest/held/{id}/discard", "id"),
		read("GET" + data + "/ingestion/status").own(),

		change(auth.User, auth.ScopeProcess, "POST"+data+"/validate", "data_type", "target_name", "version"),
		read("GET" + data + "/validate/compare"), read("GET" + data + "/validate/reports"),
		read("GET" + data + "/validate/reports/{name}"), read("GET" + data + "/validate/rules"),
		change(auth.User, auth.ScopeProcess, "POST"+data+"/preprocess/lightcurve", "target_name", "source_path", "mission", "sector_quarter"),

		change(auth.Researcher, auth.ScopeVersion, "POST"+data+"/version/create", "version_name"),
		read("GET" + data + "/version/list"), read("GET" + data + "/version/{name}"),
		read("GET" + data + "/version/{name}/cite"), read("GET" + data + "/version/{name}/diff/{other}"),
		change(auth.Researcher, auth.ScopeVersion, "POST"+data+"/version/{name}/verify", "name"),
		change(auth.Researcher, auth.ScopeVersion, "POST"+data+"/version/{name}/restore", "name", "target", "folder"),
		change(auth.Admin, auth.ScopeVersion, "DELETE"+data+"/version/{name}", "name"),

		{Route: "GET" + data + "/backup/list", Role: auth.Researcher, Scope: auth.ScopeBackup},
		change(auth.Admin, auth.ScopeBackup, "POST"+data+"/backup"),
		change(auth.Admin, auth.ScopeBackup, "POST"+data+"/backup/drill"),
		change(auth.Researcher, auth.ScopeBackup, "POST"+data+"/backup/restore", "snapshot", "folder"),
		change(auth.Admin, auth.ScopeBackup, "POST"+data+"/backup/verify"),

		read("GET" + data + "/storage/stats"),
		change(auth.Admin, auth.ScopeAdmin, "POST"+data+"/storage/repair"),
		change(auth.Admin, auth.ScopeAdmin, "POST"+data+"/storage/rollback", "what", "to"),
		change(auth.Admin, auth.ScopeAdmin, "POST"+data+"/storage/sweep"),
		change(auth.Admin, auth.ScopeAdmin, "POST"+data+"/storage/verify"),
		change(auth.Admin, auth.ScopeAdmin, "POST"+data+"/admin/cleanup"),
		change(auth.Admin, auth.ScopeAdmin, "POST"+data+"/admin/retention"),

		Access{Route: "GET" + v1 + "/jobs", Role: auth.User}.own(), Access{Route: "GET" + v1 + "/jobs/{id}", Role: auth.User}.own(),
		Access{Route: "GET" + v1 + "/jobs/{id}/events", Role: auth.User}.own(),
		change(auth.User, "", "DELETE"+v1+"/jobs/{id}", "id").own(),
	})
}

// pageRows are what a browser needs before anybody has signed in. They tell
// nothing but what every copy of the program tells.
func pageRows() []Access {
	return []Access{
		open("GET /{$}"), open("GET /docs"), {Route: "GET /openapi.json"}, {Route: "GET " + Base + "/openapi.json"},
		open("GET /static/page.css"), open("GET /static/docs.js"), open("GET /static/index.js"), open("GET /static/icon.svg"),
	}
}

// accountRows are the routes of users, keys and the record.
func accountRows() []Access {
	const v1 = " " + Base
	admin := func(route string) Access { return Access{Route: route, Role: auth.Admin, Scope: auth.ScopeAdmin} }
	return []Access{
		{Route: "POST" + v1 + "/auth/token", Form: true}, // it keeps a record of its own: who signs in is known only afterwards
		change(auth.User, "", "POST"+v1+"/auth/logout"),
		{Route: "GET" + v1 + "/auth/me", Role: auth.User},

		admin("GET" + v1 + "/users"), change(auth.Admin, auth.ScopeAdmin, "POST"+v1+"/users", "name", "role"),
		admin("GET" + v1 + "/users/{name}"),
		change(auth.Admin, auth.ScopeAdmin, "PATCH"+v1+"/users/{name}", "name", "role", "disabled"),
		change(auth.Admin, auth.ScopeAdmin, "DELETE"+v1+"/users/{name}", "name"),
		change(auth.User, auth.ScopeAdmin, "PUT"+v1+"/users/{name}/password", "name").own(),

		Access{Route: "GET" + v1 + "/keys", Role: auth.User, Scope: auth.ScopeAdmin}.own(),
		change(auth.User, auth.ScopeAdmin, "POST"+v1+"/keys", "name", "user", "role").own(),
		Access{Route: "GET" + v1 + "/keys/{id}", Role: auth.User, Scope: auth.ScopeAdmin}.own(),
		change(auth.User, auth.ScopeAdmin, "DELETE"+v1+"/keys/{id}", "id").own(),

		admin("GET" + v1 + "/audit"), admin("GET" + v1 + "/audit/verify"), admin("GET" + v1 + "/audit/events"),
		change(auth.Admin, auth.ScopeAdmin, "GET"+v1+"/audit/export"),
	}
}

// Matrix returns the table of who may do what, by route.
func Matrix() []Access {
	rows := accessRows()
	slices.SortFunc(rows, func(a, b Access) int { return strings.Compare(a.Route, b.Route) })
	return rows
}

// accessOf compares the table with the routes that there are.
func accessOf(routes []string) (map[string]*Access, error) {
	const op = "api.New"
	table := map[string]*Access{}
	for _, a := range accessRows() {
		if table[a.Route] != nil {
			return nil, exo.Errorf(op, exo.Internal, a.Route, "the route has two rows in the table of access")
		}
		table[a.Route] = &a
	}
	missing := maps.Clone(table)
	for _, r := range routes {
		if table[r] == nil {
			return nil, exo.Errorf(op, exo.Internal, r, "the route has no row in the table of access")
		}
		delete(missing, r)
	}
	for r := range missing {
		return nil, exo.Errorf(op, exo.Internal, r, "a row of the table of access has no route")
	}
	return table, nil
}

// declare writes into the description of the interface what each route asks for.
func declare(doc *huma.OpenAPI) {
	doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "an access token of POST " + Base + "/auth/token, or an API key"},
		"key":    {Type: "apiKey", In: "header", Name: "X-API-Key", Description: "an API key"},
	}
	for _, a := range accessRows() {
		method, path, _ := strings.Cut(strings.ReplaceAll(a.Route, "...}", "}"), " ")
		item := doc.Paths[path]
		if item == nil || a.Role == "" {
			continue
		}
		op := map[string]*huma.Operation{"GET": item.Get, "HEAD": item.Head, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete}[method]
		if op == nil {
			continue
		}
		op.Security = []map[string][]string{{"bearer": {}}, {"key": {}}}
		op.Extensions = map[string]any{"x-role": a.Role}
		if a.Scope != "" {
			op.Extensions["x-scope"] = a.Scope
		}
	}
}
