package api

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/export"
	"exoplanetai/internal/history"
	"exoplanetai/internal/tables"
)

type diffInput struct {
	CatalogPath
	From    string `query:"from" maxLength:"200" doc:"the older version, as version= elsewhere, or a date; default: the one before to" example:"v1"`
	To      string `query:"to" maxLength:"200" doc:"the newer version; default: the newest" example:"latest"`
	Kinds   string `query:"kinds" maxLength:"200" doc:"kinds of events wanted, separated by commas: new, retired, disposition, ephemeris, radius, other; default: all" example:"new,disposition"`
	Columns string `query:"columns" maxLength:"8192" doc:"columns whose cells are wanted; default: all"`
	Limit   string `query:"limit" maxLength:"20" doc:"events and rows of a page, each; 1 to 100000; default: 100" example:"100"`
	Offset  string `query:"offset" maxLength:"20" doc:"events and rows to skip, each"`
	Format  string `query:"format" maxLength:"20" doc:"json or csv; default: what Accept asks for, else json" example:"json"`
	Accept  string `header:"Accept" doc:"application/json or text/csv"`
}

// diffQuery is a checked request for a difference.
type diffQuery struct {
	history.DiffRequest
	format export.Format
}

func (in *diffInput) parse() (diffQuery, error) {
	q := diffQuery{DiffRequest: history.DiffRequest{Limit: defaultPage}}
	var err error
	if q.Table, err = parseTable(in.Table); err != nil {
		return q, err
	}
	for _, end := range []struct {
		name, value string
		ref         *tables.Ref
	}{{"from", in.From, &q.From}, {"to", in.To, &q.To}} {
		if *end.ref, err = tables.ParseRef(end.value, ""); err != nil {
			return q, exo.E("api.diff", exo.KindOf(err), nil, err).With("parameter", end.name)
		}
	}
	if q.Kinds, err = parseKinds(in.Kinds); err != nil {
		return q, err
	}
	if q.Columns, err = nameList("columns", in.Columns); err != nil {
		return q, err
	}
	if in.Limit != "" {
		n, err := wholeIn("limit", in.Limit, 1, largestPage)
		if err != nil {
			return q, err
		}
		q.Limit = int(n)
	}
	if in.Offset != "" {
		n, err := wholeIn("offset", in.Offset, 0, 1<<31-1)
		if err != nil {
			return q, err
		}
		q.Offset = int(n)
	}
	q.format, err = chooseFormat(in.Format, in.Accept, []export.Format{export.JSON, export.CSV})
	return q, err
}

// parseKinds reads a list of kinds of events.
func parseKinds(s string) ([]catalog.EventKind, error) {
	var kinds []catalog.EventKind
	var allowed []string
	for _, k := range catalog.EventKinds {
		allowed = append(allowed, string(k))
	}
	for word := range strings.SplitSeq(s, ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		if !slices.Contains(allowed, word) {
			return nil, exo.Errorf("api.kinds", exo.Invalid, nil, "%.40q is not a kind of event", word).With("parameter", "kinds").With("allowed", allowed).
				Try("use %s", strings.Join(allowed, ", "))
		}
		kinds = append(kinds, catalog.EventKind(word))
	}
	return kinds, nil
}

func (s *Server) diffRoute(api huma.API, withTable func(huma.Operation) huma.Operation) {
	register(s, api, withTable(huma.Operation{
		OperationID: "diff-catalog", Path: Base + "/catalogs/{table}/diff", Summary: "See what changed between two versions of a table",
		Description: "The meaning first: objects that are new or retired, dispositions that changed, ephemerides that moved by more than 3 sigma, radii; then rows and cells. " +
			"Columns that came, went or were renamed are told once, not row by row; another order of rows or columns is no change.",
		Responses: map[string]*huma.Response{
			"200": {Description: "The difference.", Content: map[string]*huma.MediaType{
				"application/json": {Schema: schemaOf[history.Diff](api)},
				"text/csv":         {Schema: &huma.Schema{Type: "string", Description: "record (event or cell), kind, key, object, star, column, from, to, sigma, text"}},
			}, Headers: map[string]*huma.Param{
				"X-Total-Count": {Schema: &huma.Schema{Type: "integer"}, Description: "events of the wanted kinds, on all pages"},
				"X-Rows-Count":  {Schema: &huma.Schema{Type: "integer"}, Description: "rows that changed, on all pages"},
				"Link":          {Schema: &huma.Schema{Type: "string"}, Description: "rel=next: the next page"},
			}},
			"406": problemResponse(api, "None of the accepted media types is offered."),
		},
	}), s.diff)
}

func (s *Server) diff(ctx context.Context, in *diffInput) (*huma.StreamResponse, error) {
	q, err := in.parse()
	if err != nil {
		return nil, err
	}
	d, err := s.history.Diff(ctx, q.DiffRequest)
	if err != nil {
		return nil, err
	}
	text, err := diffText(d, q.format)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		r, w := humago.Unwrap(hctx)
		h := w.Header()
		h.Set("X-Total-Count", strconv.Itoa(d.EventsTotal))
		h.Set("X-Rows-Count", strconv.Itoa(d.RowsTotal))
		if d.Next > 0 {
			query := r.URL.Query()
			query.Set("from", d.From.ID)
			query.Set("to", d.To.ID)
			query.Set("limit", strconv.Itoa(q.Limit))
			query.Set("offset", strconv.Itoa(d.Next))
			h.Set("Link", "<"+Base+"/catalogs/"+string(q.Table)+"/diff?"+query.Encode()+`>; rel="next"`)
		}
		name := string(d.Table) + "_" + d.From.ID + "_" + d.To.ID
		if d.From.ID == "" {
			name = d.To.ID
		}
		h.Set("Content-Disposition", disposition(q.format, name+"_diff"+q.format.Extension()))
		s.sendText(w, r, q.format.MediaType(), text)
	}}, nil
}

// diffColumns are those of a difference as CSV.
var diffColumns = []export.Column{
	{Name: "record", Type: "char", Description: "event: what a change means; cell: one cell that changed"},
	{Name: "kind", Type: "char", Description: "of an event: its kind; of a cell: what happened to its row"},
	{Name: "key", Type: "char"}, {Name: "object", Type: "char"}, {Name: "star", Type: "char"}, {Name: "column", Type: "char"},
	{Name: "from", Type: "char"}, {Name: "to", Type: "char"}, {Name: "sigma", Type: "double"}, {Name: "text", Type: "char"},
}

// diffText writes a difference in its format.
func diffText(d history.Diff, f export.Format) ([]byte, error) {
	var b bytes.Buffer
	if f == export.JSON {
		err := huma.DefaultJSONFormat.Marshal(&b, d)
		return b.Bytes(), err
	}
	w, err := export.NewWriter(&b, f, export.Head{Name: string(d.Table) + "_diff", Columns: diffColumns})
	if err != nil {
		return nil, err
	}
	known := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	for _, e := range d.Events {
		var sigma any
		if e.Sigma != 0 {
			sigma = e.Sigma
		}
		err := w.Row([]any{"event", string(e.Kind), known(e.Key), known(e.Object), known(e.Star), known(e.Column), known(e.From), known(e.To), sigma, known(e.Text)})
		if err != nil {
			return nil, err
		}
	}
	for _, row := range d.Rows {
		for _, cell := range row.Cells {
			err := w.Row([]any{"cell", string(row.Kind), known(row.Key), nil, nil, known(cell.Column), known(cell.Old), known(cell.New), nil, nil})
			if err != nil {
				return nil, err
			}
		}
	}
	if err := w.Close(d.Next > 0); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// sendText sends a document that is whole, with its digest as the ETag.
func (s *Server) sendText(w http.ResponseWriter, r *http.Request, contentType string, text []byte) {
	tag := `"` + exo.DigestOf(text).String() + `"`
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", "no-cache")
	h.Add("Vary", "Accept")
	if matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	_, err := w.Write(text)
	s.left(r, err)
}
