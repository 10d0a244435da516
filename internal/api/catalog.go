package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/export"
	"exoplanetai/internal/history"
	"exoplanetai/internal/query"
	"exoplanetai/internal/tables"
)

// Catalogs selects rows of the tables.
type Catalogs interface {
	Select(ctx context.Context, r query.Request, to query.Rows) error
	Key(ctx context.Context, table catalog.Type, ref tables.Ref, key string) (query.Head, []any, error)
	Columns(ctx context.Context, table catalog.Type, ref tables.Ref) (tables.Version, []export.Column, error)
}

// Historian tells what changed.
type Historian interface {
	Diff(ctx context.Context, r history.DiffRequest) (history.Diff, error)
	Target(ctx context.Context, name string) (history.Timeline, error)
	Feed(ctx context.Context, r history.FeedRequest) (history.Feed, error)
}

// Versions lists the versions of the tables.
type Versions interface {
	Versions(ctx context.Context, t catalog.Type) ([]tables.Version, error)
	Schemas(ctx context.Context, t catalog.Type) ([]tables.Schema, error)
}

// catalogTypes are the tables that can be read: the mirrored ones and the merged
// one.
func catalogTypes() []catalog.Type { return append(slices.Clone(catalog.Types), catalog.Candidates) }

// tableNames lists the words for the tables.
func tableNames() []string {
	var names []string
	for _, t := range catalogTypes() {
		names = append(names, string(t))
	}
	return names
}

// parseTable reads the name of a table in an address.
func parseTable(s string) (catalog.Type, error) {
	names := tableNames()
	if slices.Contains(names, s) {
		return catalog.Type(s), nil
	}
	e := exo.Errorf("api.catalogs", exo.NotFound, nil, "there is no catalog %.40q", s).With("parameter", "table").With("allowed", names)
	if near := nearest(strings.ToLower(s), names); near != "" {
		return "", e.Try("did you mean %s? The catalogs are %s", near, strings.Join(names, ", "))
	}
	return "", e.Try("the catalogs are %s", strings.Join(names, ", "))
}

// nearest is the name that differs least, if it differs little.
func nearest(s string, names []string) string {
	best, least := "", 3+len(s)/4
	for _, n := range names {
		if d := exo.Edits(s, n); d < least {
			best, least = n, d
		}
	}
	return best
}

// tablePath is the parameter {table} of the routes.
func tablePath() *huma.Param {
	enum := make([]any, 0, 5)
	for _, n := range tableNames() {
		enum = append(enum, n)
	}
	return &huma.Param{
		Name: "table", In: "path", Required: true, Example: "koi", Schema: &huma.Schema{Type: "string", Enum: enum},
		Description: "koi, toi, k2 and gaia as the archives have them, or candidates, which is merged of these",
	}
}

// catalogEntry is a table of the list.
type catalogEntry struct {
	Table    catalog.Type   `json:"table"`
	Versions int            `json:"versions" doc:"how many are held"`
	Rows     int            `json:"rows" doc:"of the newest"`
	Columns  int            `json:"columns" doc:"of the newest"`
	Newest   *history.State `json:"newest,omitempty" doc:"left out if none is held"`
	Oldest   *history.State `json:"oldest,omitempty"`
}

type catalogList struct {
	Body struct {
		Catalogs []catalogEntry `json:"catalogs"`
	}
}

func (s *Server) listCatalogs(ctx context.Context, _ *struct{}) (*catalogList, error) {
	out := &catalogList{}
	for _, t := range catalogTypes() {
		list, err := s.versions.Versions(ctx, t)
		if err != nil {
			return nil, err
		}
		e := catalogEntry{Table: t, Versions: len(list)}
		if len(list) > 0 {
			oldest, newest := history.StateOf(list[0]), history.StateOf(list[len(list)-1])
			e.Rows, e.Columns, e.Oldest, e.Newest = newest.Rows, len(list[len(list)-1].Meta.Columns), &oldest, &newest
		}
		out.Body.Catalogs = append(out.Body.Catalogs, e)
	}
	return out, nil
}

// CatalogPath is the part of an address that names a table.
type CatalogPath struct {
	Table string `path:"table"`
}

// CatalogVersion is the part of a request that names a version of a table.
type CatalogVersion struct {
	CatalogPath
	Version string `query:"version" maxLength:"200" doc:"a version: its identifier (koi_20260102_030405), its number (v3), latest, previous, or the beginning of its digest; default: the newest" example:"v3"`
	AsOf    string `query:"as_of" maxLength:"60" doc:"the version that was the newest at this time: 2026-01-02 or 2026-01-02T03:04:05Z" example:"2026-01-02"`
}

func (in *CatalogVersion) ref() (catalog.Type, tables.Ref, error) {
	t, err := parseTable(in.Table)
	if err != nil {
		return "", tables.Ref{}, err
	}
	ref, err := tables.ParseRef(in.Version, in.AsOf)
	return t, ref, err
}

// versionList is the answer of GET /catalogs/{table}/versions.
type versionList struct {
	Body struct {
		Table    catalog.Type    `json:"table"`
		Versions []history.State `json:"versions" doc:"newest first"`
	}
}

func (s *Server) listVersions(ctx context.Context, in *CatalogPath) (*versionList, error) {
	t, err := parseTable(in.Table)
	if err != nil {
		return nil, err
	}
	list, err := s.versions.Versions(ctx, t)
	if err != nil {
		return nil, err
	}
	out := &versionList{}
	out.Body.Table, out.Body.Versions = t, []history.State{}
	for _, v := range slices.Backward(list) {
		out.Body.Versions = append(out.Body.Versions, history.StateOf(v))
	}
	return out, nil
}

// schemaList is the answer of GET /catalogs/{table}/schema.
type schemaList struct {
	Body struct {
		Table   catalog.Type    `json:"table"`
		Schemas []tables.Schema `json:"schemas" doc:"each list of columns that the table has had"`
	}
}

func (s *Server) listSchemas(ctx context.Context, in *CatalogPath) (*schemaList, error) {
	t, err := parseTable(in.Table)
	if err != nil {
		return nil, err
	}
	list, err := s.versions.Schemas(ctx, t)
	out := &schemaList{}
	out.Body.Table, out.Body.Schemas = t, list
	if list == nil {
		out.Body.Schemas = []tables.Schema{}
	}
	return out, err
}

// columnList is the answer of GET /catalogs/{table}/columns.
type columnList struct {
	Body struct {
		Table   catalog.Type    `json:"table"`
		Version history.State   `json:"version"`
		Columns []export.Column `json:"columns"`
	}
}

func (s *Server) listColumns(ctx context.Context, in *CatalogVersion) (*columnList, error) {
	t, ref, err := in.ref()
	if err != nil {
		return nil, err
	}
	v, cols, err := s.catalogs.Columns(ctx, t, ref)
	out := &columnList{}
	out.Body.Table, out.Body.Version, out.Body.Columns = t, history.StateOf(v), cols
	return out, err
}

func (s *Server) catalogRoutes(api huma.API) {
	withTable := func(op huma.Operation) huma.Operation {
		op.Method, op.Tags = http.MethodGet, []string{"catalogs"}
		op.Parameters = append([]*huma.Param{tablePath()}, op.Parameters...)
		return op
	}
	register(s, api, huma.Operation{
		OperationID: "list-catalogs", Method: http.MethodGet, Path: Base + "/catalogs", Tags: []string{"catalogs"},
		Summary: "List the catalogs", Description: "Every table with its versions and rows.",
	}, s.listCatalogs)
	s.rowRoutes(api, withTable)
	register(s, api, withTable(huma.Operation{
		OperationID: "read-row", Path: Base + "/catalogs/{table}/rows/{key}", Summary: "Read one row",
		Description: "The row of that key, or of a name that means one row: K00752.01, TOI-700.01, Kepler-10 b. All columns.",
	}), s.row)
	register(s, api, withTable(huma.Operation{
		OperationID: "list-columns", Path: Base + "/catalogs/{table}/columns", Summary: "List the columns of a catalog",
		Description: "Names, types, units and meanings: what can be filtered, sorted and chosen.",
	}), s.listColumns)
	register(s, api, withTable(huma.Operation{
		OperationID: "list-catalog-versions", Path: Base + "/catalogs/{table}/versions", Summary: "List the versions of a table",
		Description: "Every state that is held. Each can be queried by version= or as_of=.",
	}), s.listVersions)
	register(s, api, withTable(huma.Operation{
		OperationID: "list-schemas", Path: Base + "/catalogs/{table}/schema", Summary: "See how the columns of a catalog changed",
		Description: "The lists of columns that the versions of the table had: which came, went, or were renamed, and when.",
	}), s.listSchemas)
	s.diffRoute(api, withTable)
	s.targetRoute(api)
	s.feedRoutes(api, withTable)
}
