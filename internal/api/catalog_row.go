package api

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/export"
	"exoplanetai/internal/history"
)

type rowInput struct {
	CatalogVersion
	Key string `path:"key" maxLength:"400" doc:"the row's key, or a name that means one row" example:"K00752.01"`
}

// rowDocument is the answer of GET /catalogs/{table}/rows/{key}.
type rowDocument struct {
	Table   catalog.Type    `json:"table"`
	Version history.State   `json:"version"`
	Columns []export.Column `json:"columns"`
	Row     namedCells      `json:"row" doc:"cells by column: numbers, texts, or null where unknown"`
}

type rowOutput struct{ Body rowDocument }

func (s *Server) row(ctx context.Context, in *rowInput) (*rowOutput, error) {
	t, ref, err := in.ref()
	if err != nil {
		return nil, err
	}
	head, cells, err := s.catalogs.Key(ctx, t, ref, in.Key)
	if err != nil {
		return nil, err
	}
	return &rowOutput{rowDocument{t, history.StateOf(head.Version), head.Columns, namedCells{head.Columns, cells}}}, nil
}

// namedCells is a row as a JSON object whose members keep the table's order.
type namedCells struct {
	columns []export.Column
	cells   []any
}

// MarshalJSON writes the object.
func (n namedCells) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, c := range n.columns[:min(len(n.columns), len(n.cells))] {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, v := range []any{c.Name, n.cells[i]} {
			if j > 0 {
				b.WriteByte(':')
			}
			text, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			b.Write(text)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Schema describes the object in the OpenAPI file.
func (namedCells) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: "object", AdditionalProperties: true}
}
