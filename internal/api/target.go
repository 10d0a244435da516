package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/history"
)

type targetInput struct {
	ID string `path:"id" maxLength:"200" doc:"a catalog number (TIC 441420236, KIC 11904151, EPIC 201912552) or a name (TOI-700, Kepler-10, K00752.01)" example:"Kepler-10"`
}

type targetOutput struct{ Body history.Timeline }

func (s *Server) targetRoute(api huma.API) {
	register(s, api, huma.Operation{
		OperationID: "read-target", Method: http.MethodGet, Path: Base + "/targets/{id}", Tags: []string{"catalogs"},
		Summary: "Read the story of one star",
		Description: "Its names and numbers in all catalogs, its planets and candidates by source, where the sources disagree, the files that are held, " +
			"and what happened to it over all versions, newest first.",
	}, func(ctx context.Context, in *targetInput) (*targetOutput, error) {
		if _, err := exo.ParseName(in.ID); err != nil {
			return nil, err
		}
		t, err := s.history.Target(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &targetOutput{t}, nil
	})
	row := &huma.Schema{Type: "object", Description: "cells by column: numbers, texts, or null where unknown", AdditionalProperties: true}
	if named := api.OpenAPI().Components.Schemas.Map()["HistoryRow"]; named != nil {
		*named = *row
	}
}
