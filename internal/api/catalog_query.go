package api

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/export"
	"exoplanetai/internal/query"
	"exoplanetai/internal/tables"
)

// Limits of one request for rows.
const (
	defaultPage  = 100
	largestPage  = 100_000
	maxPairs     = 200 // parameters of one request
	columnPrefix = "column."
)

// reservedWords are the parameters that are no columns. A column of such a name
// is filtered as column.<name>.
var reservedWords = []string{"sort", "columns", "cone", "limit", "offset", "version", "as_of", "format"}

// rowsInput is a request for rows. Its query is read by us: which parameters
// there are depends on the columns of the table.
type rowsInput struct {
	Table       string `path:"table"`
	Accept      string `header:"Accept" doc:"application/json, text/csv, application/x-votable+xml or application/vnd.apache.parquet"`
	IfNoneMatch string `header:"If-None-Match" doc:"answer 304 if the ETag is still this one"`

	raw string
}

// Resolve keeps the query as it was sent.
func (in *rowsInput) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	in.raw = u.RawQuery
	return nil
}

// pair is one parameter of an address, decoded.
type pair struct {
	name, value string
	equals      bool // there was a "="
}

// word is the parameter as it was written. Many programs add a "=" to a parameter
// without a value: koi_depth>100=.
func (p pair) word() string {
	if p.equals && (p.value != "" || !strings.ContainsAny(p.name, "<>!~")) {
		return p.name + "=" + p.value
	}
	return p.name
}

func (p pair) encoded() string {
	if p.equals {
		return url.QueryEscape(p.name) + "=" + url.QueryEscape(p.value)
	}
	return url.QueryEscape(p.name)
}

// parsePairs splits a query as forms send it, keeping the order.
func parsePairs(raw string) ([]pair, error) {
	const op = "api.query"
	var list []pair
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		if len(list) == maxPairs {
			return nil, exo.Errorf(op, exo.TooLarge, nil, "there are more than %d parameters", maxPairs).Try("ask for less at a time")
		}
		name, value, equals := strings.Cut(part, "=")
		name, err := url.QueryUnescape(name)
		if err == nil {
			value, err = url.QueryUnescape(value)
		}
		if err != nil {
			return nil, exo.E(op, exo.Invalid, nil, err).Say("the parameter %.80q is not encoded as addresses are", part).
				With("parameter", clip(part)).Try("write a per cent sign as %%25, a plus as %%2B, an ampersand as %%26")
		}
		list = append(list, pair{name, value, equals})
	}
	return list, nil
}

// rowsQuery is a checked request for rows.
type rowsQuery struct {
	query.Request
	format export.Format
	pairs  []pair // that a link to another page repeats: all but version, as_of, limit and offset
}

func (in *rowsInput) parse() (rowsQuery, error) {
	q := rowsQuery{Request: query.Request{Limit: defaultPage}}
	var err error
	if q.Table, err = parseTable(in.Table); err != nil {
		return q, err
	}
	pairs, err := parsePairs(in.raw)
	if err != nil {
		return q, err
	}
	given := map[string]string{}
	for _, p := range pairs {
		if slices.Contains(reservedWords, p.name) {
			if _, twice := given[p.name]; twice {
				return q, exo.Errorf("api.catalogs", exo.Invalid, nil, "%s is given twice", p.name).With("parameter", p.name).Try("give it once")
			}
			given[p.name] = p.value
		} else {
			f, err := p.filter()
			if err != nil {
				return q, err
			}
			q.Filters = append(q.Filters, f)
		}
		if !slices.Contains([]string{"version", "as_of", "limit", "offset"}, p.name) {
			q.pairs = append(q.pairs, p)
		}
	}
	return q, q.reserved(given, in.Accept)
}

// filter reads a parameter that is no reserved word as a condition on a column.
func (p pair) filter() (query.Filter, error) {
	if name, ok := strings.CutPrefix(p.name, columnPrefix); ok && name != "" && p.equals {
		return query.Filter{Column: name, Expr: p.value}, nil
	}
	f, err := query.ParseWord(p.word())
	if err != nil {
		if near := nearest(p.name, reservedWords); near != "" {
			return f, exo.E("api.catalogs", exo.Invalid, nil, err).Try("did you mean %s=?", near)
		}
		return f, err
	}
	return f, nil
}

// explained adds to the refusal of a column that it may have been meant as a
// parameter.
func (q rowsQuery) explained(err error) error {
	name, _ := exo.ExtraOf(err)["parameter"].(string)
	isColumn := slices.ContainsFunc(q.Filters, func(f query.Filter) bool { return f.Column == name })
	if near := nearest(name, reservedWords); isColumn && near != "" && exo.Edits(name, near) <= 2 {
		return exo.E("api.catalogs", exo.KindOf(err), nil, err).Try("did you mean the parameter %s=? If not: %s", near, exo.HintOf(err))
	}
	return err
}

// reserved reads the parameters that are no columns.
func (q *rowsQuery) reserved(given map[string]string, accept string) error {
	var err error
	if q.Ref, err = tables.ParseRef(given["version"], given["as_of"]); err != nil {
		return err
	}
	if q.Columns, err = nameList("columns", given["columns"]); err != nil {
		return err
	}
	q.Sort, q.Cone = given["sort"], given["cone"]
	for name, s := range map[string]string{"sort": q.Sort, "cone": q.Cone, "columns": given["columns"]} {
		if _, ok := given[name]; ok && strings.TrimSpace(s) == "" {
			return exo.Errorf("api.catalogs", exo.Invalid, nil, "%s is empty", name).With("parameter", name).Try("leave it out, or give a value")
		}
	}
	if s, ok := given["limit"]; ok {
		n, err := wholeIn("limit", s, 1, largestPage)
		if err != nil {
			return err
		}
		q.Limit = int(n)
	}
	if s, ok := given["offset"]; ok {
		if q.Offset, err = wholeIn("offset", s, 0, 1<<53); err != nil {
			return err
		}
	}
	q.format, err = chooseFormat(given["format"], accept, export.Formats)
	return err
}

// nameList splits a list of names at its commas. A name that holds a comma is
// written in double quotes.
func nameList(parameter, s string) ([]string, error) {
	var list []string
	for rest := strings.TrimSpace(s); rest != ""; {
		var name string
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			var closed bool
			if name, rest, closed = strings.Cut(quoted, `"`); !closed {
				return nil, exo.Errorf("api.query", exo.Invalid, nil, "%s has a quotation mark that does not end", parameter).
					With("parameter", parameter).Try(`write names with commas as "a, b"`)
			}
			_, rest, _ = strings.Cut(rest, ",")
		} else {
			name, rest, _ = strings.Cut(rest, ",")
			name = strings.TrimSpace(name)
		}
		if rest = strings.TrimSpace(rest); name != "" {
			list = append(list, name)
		}
	}
	return list, nil
}

// wholeIn reads a whole number within its limits.
func wholeIn(parameter, s string, low, high int64) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < low || n > high {
		return 0, exo.Errorf("api.query", exo.Invalid, nil, "%s=%.40q is not a whole number from %d to %d", parameter, s, low, high).
			With("parameter", parameter).With("allowed", []string{strconv.FormatInt(low, 10) + " to " + strconv.FormatInt(high, 10)}).
			Try("write a number from %d to %d", low, high)
	}
	return n, nil
}

// chooseFormat takes the format that the parameter names, else the best that the
// Accept header asks for, else JSON.
func chooseFormat(word, accept string, offered []export.Format) (export.Format, error) {
	var names, types []string
	best, weight := offered[0], 0.0
	for _, f := range offered {
		if string(f) == word {
			return f, nil
		}
		names, types = append(names, string(f)), append(types, mediaOf(f))
		if w := quality(accept, f.MediaType()); w > weight {
			best, weight = f, w
		}
	}
	switch {
	case word != "":
		return "", exo.Errorf("api.query", exo.Invalid, nil, "format=%.40q is not offered", word).With("parameter", "format").With("allowed", names).
			Try("use %s", strings.Join(names, ", "))
	case strings.TrimSpace(accept) == "" || weight > 0:
		return best, nil
	}
	return "", notAcceptable{exo.Errorf("api.query", exo.Invalid, nil, "none of the media types in Accept is offered: %s", clip(accept)).
		With("parameter", "Accept").With("allowed", types).Try("ask for one of %s, or say format=%s", strings.Join(types, ", "), names[0])}
}

// mediaOf is the media type of a format without its parameters.
func mediaOf(f export.Format) string {
	name, _, _ := strings.Cut(f.MediaType(), ";")
	return name
}

// page is the address of another page of the same rows: of the same version,
// whatever is ingested meanwhile.
func (q rowsQuery) page(version string, offset int64) string {
	parts := make([]string, 0, len(q.pairs)+3)
	for _, p := range q.pairs {
		parts = append(parts, p.encoded())
	}
	parts = append(parts, "version="+url.QueryEscape(version), "limit="+strconv.Itoa(q.Limit), "offset="+strconv.FormatInt(offset, 10))
	return Base + "/catalogs/" + string(q.Table) + "?" + strings.Join(parts, "&")
}
