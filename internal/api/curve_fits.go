package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/process"
)

// candidate is one file of several that match.
type candidate struct {
	SourcePath    exo.Path `json:"source_path"`
	SectorQuarter int      `json:"sector_quarter"`
	CadenceS      float64  `json:"cadence_s"`
	Author        string   `json:"author"`
}

// curveFITS answers with one file: the archive's, the stored result, or a
// result that is made for this answer.
func (s *Server) curveFITS(ctx context.Context, q curveQuery, v process.View) (*huma.StreamResponse, error) {
	if err := single(v); err != nil {
		return nil, err
	}
	c := v.Curves[0]
	path := c.Path
	if q.raw {
		path = c.SourcePath
	}
	var doc document
	var err error
	if path != "" {
		doc, err = s.open(ctx, path)
	} else {
		var name string
		var data []byte
		name, data, err = s.process.FITS(ctx, c)
		path, doc = exo.Path(name), inMemory(data, s.clock())
	}
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		r, w := humago.Unwrap(hctx)
		w.Header().Add("Vary", "Accept")
		s.send(w, r, path, doc)
		s.left(r, doc.close())
	}}, nil
}

// single refuses to choose between files.
func single(v process.View) error {
	const op = "api.lightcurves"
	if len(v.Curves) == 1 {
		return nil
	}
	if len(v.Curves) == 0 {
		return exo.Errorf(op, exo.NotFound, v.Target.Name, "no light curve matches").Try("ingest one, or leave out a condition")
	}
	list := make([]candidate, 0, len(v.Curves))
	for _, c := range v.Curves {
		cadence := c.Raw.CadenceS
		if !isFinite(cadence) {
			cadence = 0
		}
		list = append(list, candidate{c.SourcePath, c.Raw.SectorQuarter, cadence, c.Raw.Author})
	}
	return exo.Errorf(op, exo.Conflict, v.Target.Name, "%d light curves match, and a FITS answer is one file", len(list)).
		Try("choose one by sector_quarter, cadence_s and author; candidates lists them").With("candidates", list)
}
