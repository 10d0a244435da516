package api

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/klauspost/compress/gzip"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/export"
	"exoplanetai/internal/history"
	"exoplanetai/internal/query"
)

func (s *Server) rowRoutes(api huma.API, withTable func(huma.Operation) huma.Operation) {
	text := func(doc string) *huma.Param {
		return &huma.Param{Schema: &huma.Schema{Type: "string"}, Description: doc}
	}
	registry := api.OpenAPI().Components.Schemas
	registry.Map()["CatalogRows"] = rowsSchema(api)
	op := withTable(huma.Operation{
		OperationID: "query-catalog", Path: Base + "/catalogs/{table}", Summary: "Select rows of a catalog",
		Description: "Every column is a parameter: koi_period=1..5, koi_depth=>100, koi_disposition=CONFIRMED,CANDIDATE, koi_comment=~centroid, koi_score=null. " +
			"All conditions must hold; a column may be named twice. A column named like a parameter of this page is filtered as column.limit=…. " +
			"The answer is a page; Link and next lead to the others, of the same version. Texts from the archives are never markup or formulas in any format: " +
			"in CSV, a text that a spreadsheet would run begins with an apostrophe. HEAD gives X-Total-Count alone.",
		Parameters:         rowParameters(),
		SkipValidateParams: true, // the columns are the parameters: they are checked against the table
		Responses: map[string]*huma.Response{
			"200": {Description: "The rows.", Content: map[string]*huma.MediaType{
				"application/json":               {Schema: &huma.Schema{Ref: "#/components/schemas/CatalogRows"}},
				"text/csv":                       {Schema: &huma.Schema{Type: "string"}},
				"application/x-votable+xml":      {Schema: &huma.Schema{Type: "string"}},
				"application/vnd.apache.parquet": {Schema: &huma.Schema{Type: "string", Format: "binary"}},
			}, Headers: map[string]*huma.Param{
				"X-Total-Count": {Schema: &huma.Schema{Type: "integer"}, Description: "rows that match, on all pages"},
				"Link":          text("rel=first, prev and next: the other pages"),
				"ETag":          text("changes with the table, the query and the format"), "Content-Disposition": text("a name for a file"),
			}},
			"304": {Description: "The answer is still the one named."},
			"406": problemResponse(api, "None of the accepted media types is offered."),
			"503": problemResponse(api, "The query took longer than the limit."),
		},
	})
	register(s, api, op, s.rows)
}

// rowParameters describes the query of a request for rows.
func rowParameters() []*huma.Param {
	explode := true
	text := func(name, doc, example string) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: doc, Example: example, Schema: &huma.Schema{Type: "string"}}
	}
	low, high, page := 1.0, float64(largestPage), float64(0)
	enum := make([]any, len(export.Formats))
	for i, f := range export.Formats {
		enum[i] = string(f)
	}
	return []*huma.Param{
		{
			Name: "filters", In: "query", Style: "form", Explode: &explode,
			Description: "conditions, one parameter for each, named after its column: 1..5 (also 1.. and ..5), >3, >=3, <3, <=3, !x, ~text (contains), null, !null, or a value; " +
				"several values separated by commas are alternatives",
			Example: map[string]string{"koi_period": "1..5", "koi_disposition": "CONFIRMED"},
			Schema:  &huma.Schema{Type: "object", AdditionalProperties: &huma.Schema{Type: "string"}},
		},
		text("sort", "columns in order, - before one for falling; then by row key", "koi_period,-koi_depth"),
		text("columns", "the columns wanted, in order; default: all", "kepoi_name,koi_period"),
		text("cone", "a circle on the sky: ra,dec,radius in degrees, sexagesimal (19:02:43.1,+50:14:28.7,60s; radius in d, m or s) or name,radius", "290.1,44.5,0.5"),
		{Name: "limit", In: "query", Description: "rows of a page", Schema: &huma.Schema{Type: "integer", Minimum: &low, Maximum: &high, Default: defaultPage}},
		{Name: "offset", In: "query", Description: "rows to skip", Schema: &huma.Schema{Type: "integer", Minimum: &page, Default: 0}},
		text("version", "a version: its identifier, its number (v3), latest, previous, or the beginning of its digest; default: the newest", "v3"),
		text("as_of", "the version that was the newest at this time: 2026-01-02 or 2026-01-02T03:04:05Z", "2026-01-02"),
		{Name: "format", In: "query", Description: "default: what Accept asks for, else json", Schema: &huma.Schema{Type: "string", Enum: enum}},
	}
}

// rowsSchema describes the JSON form of a page.
func rowsSchema(api huma.API) *huma.Schema {
	kind := func(t, doc string) *huma.Schema { return &huma.Schema{Type: t, Description: doc} }
	next := kind("string", "address of the next page; null: this was the last")
	next.Nullable = true
	return &huma.Schema{
		Type: "object", Description: "a page of a catalog",
		Properties: map[string]*huma.Schema{
			"table": kind("string", "koi, toi, k2, gaia or candidates"), "version": schemaOf[history.State](api),
			"total": kind("integer", "rows that match, on all pages"), "offset": kind("integer", "rows before this page"),
			"limit": kind("integer", "rows of a page"), "returned": kind("integer", "rows of this page"), "next": next, "overflow": kind("boolean", "rows remain behind this page"),
			"cone":    {Type: "object", Description: "as it was understood: ra, dec, radius in degrees; null: the whole sky", AdditionalProperties: true},
			"columns": schemaOf[[]export.Column](api),
			"rows":    {Type: "array", Description: "each row: cells by column; numbers, texts, or null where unknown", Items: &huma.Schema{Type: "object", AdditionalProperties: true}},
		},
		Required: []string{"table", "version", "total", "offset", "limit", "returned", "next", "overflow", "columns", "rows"},
	}
}

func (s *Server) rows(_ context.Context, in *rowsInput) (*huma.StreamResponse, error) {
	q, err := in.parse()
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		r, w := humago.Unwrap(hctx)
		a := &rowsAnswer{s: s, w: w, r: r, q: q}
		a.send()
	}}, nil
}

// errComplete ends a selection whose answer needs no rows.
var errComplete = errors.New("the answer is complete without rows")

// rowsAnswer is one answer on its way.
type rowsAnswer struct {
	s    *Server
	w    http.ResponseWriter
	r    *http.Request
	q    rowsQuery
	head query.Head

	begun bool          // bytes have left: the status cannot change any more
	buf   *bufio.Writer // nil before the head
	zip   *gzip.Writer  // nil: not compressed
	enc   export.Writer
}

// send selects the rows and writes them as they come. What fails before the
// first bytes leave becomes a problem document; after that the connection is
// cut, so that a torn answer is not taken for a whole one.
func (a *rowsAnswer) send() {
	err := a.s.catalogs.Select(a.r.Context(), a.q.Request, query.Rows{Head: a.begin, Row: func(cells []any) error { return a.enc.Row(cells) }})
	if err == nil && a.enc != nil {
		err = a.end()
	}
	if a.zip != nil {
		a.zip.Reset(io.Discard)
		zippers.Put(a.zip)
	}
	switch {
	case err == nil || errors.Is(err, errComplete):
	case a.begun:
		a.s.log.Warn("an answer broke off", "request_id", requestID(a.r.Context()), "error", err)
		panic(http.ErrAbortHandler)
	default:
		for _, name := range []string{"ETag", "Content-Disposition", "Content-Encoding", "Link", "X-Total-Count"} {
			a.w.Header().Del(name)
		}
		a.w.Header().Set("Cache-Control", "no-store")
		a.s.fail(a.w, a.r, a.q.explained(err))
	}
}

// Write notes that bytes leave.
func (a *rowsAnswer) Write(b []byte) (int, error) {
	a.begun = true
	return a.w.Write(b)
}

// begin writes the header fields and the beginning of the document.
func (a *rowsAnswer) begin(h query.Head) error {
	a.head = h
	zip := a.q.format != export.Parquet && takesGzip(a.r.Header.Get("Accept-Encoding"))
	tag := a.etag(zip)
	out := a.w.Header()
	out.Add("Vary", "Accept, Accept-Encoding")
	out.Set("Cache-Control", "no-cache")
	out.Set("ETag", tag)
	out.Set("X-Total-Count", strconv.FormatInt(h.Total, 10))
	if matches(a.r.Header.Get("If-None-Match"), tag) {
		a.begun = true
		a.w.WriteHeader(http.StatusNotModified)
		return errComplete
	}
	out.Set("Content-Type", a.q.format.MediaType())
	out.Set("Content-Disposition", disposition(a.q.format, a.fileName()))
	if links := a.links(); links != "" {
		out.Set("Link", links)
	}
	if a.r.Method == http.MethodHead {
		a.begun = true
		a.w.WriteHeader(http.StatusOK)
		return errComplete
	}
	var below io.Writer = a
	if zip {
		out.Set("Content-Encoding", "gzip")
		a.zip = zippers.Get().(*gzip.Writer)
		a.zip.Reset(a)
		below = a.zip
	}
	a.buf = bufio.NewWriterSize(below, chunkBytes)
	var err error
	a.enc, err = export.NewWriter(a.buf, a.q.format, a.exportHead())
	return err
}

func (a *rowsAnswer) end() error {
	if err := a.enc.Close(a.head.More); err != nil {
		return err
	}
	if err := a.buf.Flush(); err != nil {
		return err
	}
	if a.zip != nil {
		return a.zip.Close()
	}
	return nil
}

// etag names everything that the bytes depend on.
func (a *rowsAnswer) etag(zip bool) string {
	key, err := json.Marshal(struct {
		Query   query.Request
		Format  export.Format
		Table   history.State
		Total   int64
		Program string
	}{a.q.Request, a.q.format, history.StateOf(a.head.Version), a.head.Total, a.s.version})
	if err != nil { // plain texts and numbers
		return ""
	}
	tag := strings.TrimPrefix(exo.DigestOf(key).String(), "sha256:")[:32]
	if zip {
		tag += "-gzip"
	}
	return `"` + tag + `"`
}

// next is the address of the next page, nil if this is the last.
func (a *rowsAnswer) next() any {
	if !a.head.More {
		return nil
	}
	return a.q.page(a.head.Version.ID, a.q.Offset+int64(a.q.Limit))
}

// links leads to the other pages (RFC 8288).
func (a *rowsAnswer) links() string {
	var list []string
	add := func(rel string, offset int64) {
		list = append(list, "<"+a.q.page(a.head.Version.ID, offset)+`>; rel="`+rel+`"`)
	}
	if a.q.Offset > 0 {
		add("first", 0)
		add("prev", max(0, a.q.Offset-int64(a.q.Limit)))
	}
	if a.head.More {
		add("next", a.q.Offset+int64(a.q.Limit))
	}
	return strings.Join(list, ", ")
}

// fileName tells a selection from the whole table.
func (a *rowsAnswer) fileName() string {
	name := a.head.Version.ID
	if len(a.q.Filters) > 0 || len(a.q.Columns) > 0 || a.q.Cone != "" || a.q.Offset > 0 || a.head.More {
		name += "_selection"
	}
	return name + a.q.format.Extension()
}

// disposition proposes a name for a file; JSON is shown, the rest is kept.
func disposition(f export.Format, name string) string {
	kind := "attachment"
	if f == export.JSON {
		kind = "inline"
	}
	return mime.FormatMediaType(kind, map[string]string{"filename": safeName(name)})
}

// safeName leaves of a name what is a file's name everywhere.
func safeName(name string) string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '_'
	}, name)
	if safe = strings.TrimLeft(safe, ".-"); safe == "" {
		return "table"
	}
	return safe[:min(len(safe), 150)]
}

// tableTitles say what each table is.
var tableTitles = map[catalog.Type]string{
	catalog.KOI:        "Kepler Objects of Interest, as the NASA Exoplanet Archive lists them.",
	catalog.TOI:        "TESS Objects of Interest, as ExoFOP-TESS lists them.",
	catalog.K2:         "K2 planets and candidates, as the NASA Exoplanet Archive lists them.",
	catalog.Gaia:       "Parameters of host stars by Gaia, as ESA's archive lists them.",
	catalog.Candidates: "Planets and candidates merged of the KOI, TOI and K2 tables.",
}

func (a *rowsAnswer) exportHead() export.Head {
	v := a.head.Version
	h := export.Head{
		Name: string(a.q.Table), Description: tableTitles[a.q.Table], Columns: a.head.Columns,
		Infos: [][2]string{
			{"version", v.ID}, {"sha256", v.Meta.SHA256.String()}, {"retrieved_at", v.Meta.RetrievedAt.UTC().Format("2006-01-02T15:04:05Z")},
			{"query", a.q.page(v.ID, a.q.Offset)}, {"total", strconv.FormatInt(a.head.Total, 10)}, {"program", "exoplanetai " + a.s.version},
		},
		Fields: map[string]any{
			"table": a.q.Table, "version": history.StateOf(v), "total": a.head.Total, "offset": a.q.Offset, "limit": a.q.Limit,
			"next": a.next(), "cone": a.head.Cone,
		},
	}
	return h
}
