package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/ingest"
)

type heldInput struct {
	ID string `path:"id" maxLength:"200" doc:"the held_id of the answer that told of it"`
}

type heldList struct {
	Held []ingest.HeldTable `json:"held"`
}

type heldListOutput struct{ Body heldList }

type approveInput struct {
	ID     string `path:"id" maxLength:"200" doc:"the held_id of the answer that told of it"`
	Prefer string `header:"Prefer" doc:"respond-async: answer 202 with a job at once (RFC 7240)"`
}

// approveRequest is what the job of an approval is told.
type approveRequest struct {
	ID string `json:"held_id"`
}

// discarded answers a discard.
type discarded struct {
	Status string `json:"status" enum:"discarded"`
	HeldID string `json:"held_id"`
}

type discardOutput struct{ Body discarded }

func (s *Server) heldRoutes(api huma.API) {
	register(s, api, huma.Operation{
		OperationID: "list-held", Method: http.MethodGet, Path: Base + "/data/ingest/held", Tags: []string{"ingestion"},
		Summary: "List the tables that wait for approval", Description: "A table that lost too many rows or changed too much is held back until a person decides.",
	}, func(ctx context.Context, _ *struct{}) (*heldListOutput, error) {
		list, err := s.ingest.Held(ctx)
		if list == nil {
			list = []ingest.HeldTable{}
		}
		return &heldListOutput{heldList{list}}, err
	})
	register(s, api, huma.Operation{
		OperationID: "approve-held", Method: http.MethodPost, Path: Base + "/data/ingest/held/{id}/approve", Tags: []string{"ingestion"},
		Summary: "Approve a held table", Description: "It becomes current.",
		Responses: results[ingest.TableResult](api),
	}, func(ctx context.Context, in *approveInput) (*answer, error) {
		if wantsAsync(in.Prefer) {
			return s.submit(ctx, JobApprove, approveRequest{in.ID}, "respond-async")
		}
		res, err := s.ingest.Approve(ctx, in.ID)
		return done(res, err)
	})
	register(s, api, huma.Operation{
		OperationID: "discard-held", Method: http.MethodPost, Path: Base + "/data/ingest/held/{id}/discard", Tags: []string{"ingestion"},
		Summary: "Discard a held table", Description: "It never becomes current; its bytes are kept.",
	}, func(ctx context.Context, in *heldInput) (*discardOutput, error) {
		return &discardOutput{discarded{"discarded", in.ID}}, s.ingest.Discard(ctx, in.ID)
	})
}
