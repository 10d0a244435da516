package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/history"
)

// FeedQuery is the part of a request that says which changes a feed holds.
type FeedQuery struct {
	Kinds string `query:"kinds" maxLength:"200" doc:"kinds of events wanted, separated by commas: new, retired, disposition, ephemeris, radius, other; default: all but other" example:"new,disposition"`
	Limit string `query:"limit" maxLength:"20" doc:"entries at most, 1 to 1000; default: 100" example:"100"`

	host   string
	secure bool
}

// Resolve keeps the name under which the server was asked.
func (in *FeedQuery) Resolve(ctx huma.Context) []error {
	in.host, in.secure = ctx.Host(), callOf(ctx.Context()).secure
	return nil
}

type catalogFeedInput struct {
	CatalogPath
	FeedQuery
}

// largestFeed bounds a feed: readers keep what they have seen.
const largestFeed = 1000

// feedForm is one of the two ways to write a feed.
type feedForm struct {
	name, mediaType string
	write           func(history.Feed) ([]byte, error)
}

func feedForms() []feedForm {
	return []feedForm{
		{"atom", "application/atom+xml; charset=utf-8", history.Feed.Atom},
		{"json", "application/feed+json", history.Feed.JSON},
	}
}

func (s *Server) feedRoutes(api huma.API, withTable func(huma.Operation) huma.Operation) {
	for _, form := range feedForms() {
		responses := func() map[string]*huma.Response {
			return map[string]*huma.Response{
				"200": {Description: "The feed.", Content: map[string]*huma.MediaType{form.mediaType: {Schema: &huma.Schema{Type: "string"}}}},
				"304": {Description: "The feed is still the one named."},
			}
		}
		const doc = "New and retired objects, changed dispositions, moved ephemerides and radii, newest first. "
		rfc := map[string]string{"atom": "Atom (RFC 4287).", "json": "JSON Feed 1.1."}[form.name]
		register(s, api, huma.Operation{
			OperationID: "feed-" + form.name, Method: http.MethodGet, Path: Base + "/feed." + form.name, Tags: []string{"catalogs"},
			Summary: "Follow what changes, as " + form.name, Description: doc + rfc, Responses: responses(),
		}, func(ctx context.Context, in *FeedQuery) (*huma.StreamResponse, error) {
			return s.feed(ctx, "", *in, form)
		})
		register(s, api, withTable(huma.Operation{
			OperationID: "catalog-feed-" + form.name, Path: Base + "/catalogs/{table}/feed." + form.name,
			Summary: "Follow what changes in one catalog, as " + form.name, Description: doc + rfc, Responses: responses(),
		}), func(ctx context.Context, in *catalogFeedInput) (*huma.StreamResponse, error) {
			t, err := parseTable(in.Table)
			if err != nil {
				return nil, err
			}
			return s.feed(ctx, t, in.FeedQuery, form)
		})
	}
}

// feed answers with the newest changes. Links lead to where the server is known
// to be, else to where it was asked.
func (s *Server) feed(ctx context.Context, t catalog.Type, in FeedQuery, form feedForm) (*huma.StreamResponse, error) {
	req := history.FeedRequest{Table: t, Base: s.baseURL}
	var err error
	if req.Kinds, err = parseKinds(in.Kinds); err != nil {
		return nil, err
	}
	if in.Limit != "" {
		n, err := wholeIn("limit", in.Limit, 1, largestFeed)
		if err != nil {
			return nil, err
		}
		req.Limit = int(n)
	}
	if req.Base == "" {
		req.Base = "http://" + in.host
		if in.secure {
			req.Base = "https://" + in.host
		}
	}
	f, err := s.history.Feed(ctx, req)
	if err != nil {
		return nil, err
	}
	text, err := form.write(f)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		r, w := humago.Unwrap(hctx)
		if !f.Updated.IsZero() {
			w.Header().Set("Last-Modified", f.Updated.UTC().Format(http.TimeFormat))
		}
		s.sendText(w, r, form.mediaType, text)
	}}, nil
}
