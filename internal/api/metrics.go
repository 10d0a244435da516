package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"exoplanetai/internal/exo"
)

func (s *Server) metricsRoute(api huma.API) {
	register(s, api, huma.Operation{
		OperationID: "metrics", Method: http.MethodGet, Path: "/metrics", Tags: []string{"health"},
		Summary: "Read the metrics", Description: "In the text format of Prometheus. An admin may, and the addresses that security.metrics_from lists; default: this machine.",
		Responses: map[string]*huma.Response{"200": {
			Description: "The metrics.", Content: map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: "string"}}},
		}},
	}, func(context.Context, *struct{}) (*huma.StreamResponse, error) {
		if s.metrics == nil {
			return nil, exo.Errorf("api.metrics", exo.NotFound, nil, "this server keeps no metrics").Try("%s/health tells how it is", Base)
		}
		return &huma.StreamResponse{Body: func(hctx huma.Context) {
			r, w := humago.Unwrap(hctx)
			s.metrics.ServeHTTP(w, r)
		}}, nil
	})
}
