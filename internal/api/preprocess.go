package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/process"
)

// Processor is the use case behind the routes of processed light curves.
type Processor interface {
	LightCurve(ctx context.Context, req process.Request, report process.Report) (process.Result, error)
	View(ctx context.Context, req process.Request, raw bool) (process.View, error)
	FITS(ctx context.Context, c process.Curve) (name string, data []byte, err error)
}

// ProcessorRates is what a Processor may offer beside: how many light curves
// were processed and how many failed since the program started.
type ProcessorRates interface {
	Processed() (succeeded, failed int64)
}

// JobPreprocess is the kind of job that POST /data/preprocess/lightcurve makes.
const JobPreprocess = "preprocess.lightcurve"

// preprocessBody is the body of POST /data/preprocess/lightcurve. The schema of
// ProcessingParams is made from preprocess.Parameters; see describeParameters.
type preprocessBody struct {
	_                struct{}        `json:"-" additionalProperties:"false"`
	TargetName       *string         `json:"target_name,omitempty" nullable:"true" doc:"a catalog number (TIC, KIC, EPIC) or a name (TOI-700, Kepler-10, AU Mic); this or source_path"`
	Mission          *string         `json:"mission,omitempty" nullable:"true" doc:"TESS, Kepler or K2; default: the mission of the catalog number"`
	ProcessingParams json.RawMessage `json:"processing_params,omitempty"`
	Profile          *string         `json:"profile,omitempty" nullable:"true" doc:"default, the guide's parameters, or transit, which keeps the transits; default: default" example:"transit"`
	SectorQuarter    *int            `json:"sector_quarter,omitempty" nullable:"true" minimum:"0" maximum:"999" doc:"sector (TESS), quarter (Kepler) or campaign (K2); default: all that are held"`
	SourcePath       *string         `json:"source_path,omitempty" nullable:"true" maxLength:"512" doc:"one file of the data tree instead of a star"`
	Author           *string         `json:"author,omitempty" nullable:"true" maxLength:"40" doc:"pipeline that made the light curve; default: the mission's own, if held"`
	CadenceS         *int            `json:"cadence_s,omitempty" nullable:"true" minimum:"0" maximum:"86400" doc:"cadence in seconds; default: any"`
	ForceRefresh     *bool           `json:"force_refresh,omitempty" nullable:"true" doc:"compute even if the result is held; default false"`
}

func (b preprocessBody) check() (process.Request, error) {
	req := process.Request{
		TargetName: value(b.TargetName), Mission: value(b.Mission), SectorQuarter: b.SectorQuarter,
		SourcePath: exo.Path(value(b.SourcePath)), Author: value(b.Author), CadenceS: value(b.CadenceS),
		Profile: value(b.Profile), ProcessingParams: notNull(b.ProcessingParams), ForceRefresh: value(b.ForceRefresh),
	}
	return req, checkProcess(req)
}

// checkProcess refuses what could not be processed, before anything is read or
// a job is made.
func checkProcess(req process.Request) error {
	const op = "api.preprocess"
	switch {
	case req.TargetName == "" && req.SourcePath == "":
		return exo.Errorf(op, exo.Invalid, nil, "neither target_name nor source_path is given").Try("name a star, or a file of the data tree")
	case req.TargetName != "" && req.SourcePath != "":
		return exo.Errorf(op, exo.Invalid, nil, "target_name and source_path are both given").Try("send one of the two")
	case req.SourcePath != "":
		if _, err := exo.ParsePath(string(req.SourcePath)); err != nil {
			return err
		}
	default:
		if _, err := exo.ParseName(req.TargetName); err != nil {
			return err
		}
	}
	if req.Mission != "" {
		if _, err := exo.ParseMission(req.Mission); err != nil {
			return err
		}
	}
	_, err := preprocess.NewRecipe(profileOf(req.Profile), req.ProcessingParams, nil)
	return err
}

func profileOf(name string) preprocess.Profile {
	if name == "" {
		return preprocess.ProfileDefault
	}
	return preprocess.Profile(name)
}

// notNull makes null the same as a member left out.
func notNull(raw json.RawMessage) json.RawMessage {
	if t := bytes.TrimSpace(raw); len(t) == 0 || string(t) == "null" {
		return nil
	}
	return raw
}

type preprocessInput struct {
	Prefer string `header:"Prefer" doc:"respond-async: answer 202 with a job at once (RFC 7240)"`
	Body   preprocessBody
}

func (s *Server) preprocessRoutes(api huma.API) {
	register(s, api, huma.Operation{
		OperationID: "preprocess-lightcurve", Method: http.MethodPost, Path: Base + "/data/preprocess/lightcurve", Tags: []string{"preprocessing"},
		Summary: "Process the light curves of one star",
		Description: "Filters by quality, removes outliers, finds gaps, removes the baseline, optionally denoises, and normalizes; keeps each result as a FITS file with its provenance, " +
			"and the account of every step and every removed point. A result that is held for the same source and parameters is given without computing. " +
			"The profile transit keeps the transits of known planets; the profile default is likely to remove them.",
		Responses: results[process.Result](api),
	}, func(ctx context.Context, in *preprocessInput) (*answer, error) {
		req, err := in.Body.check()
		if err != nil {
			return nil, err
		}
		if wantsAsync(in.Prefer) {
			return s.submit(ctx, JobPreprocess, req, "respond-async")
		}
		res, err := s.process.LightCurve(ctx, req, nil)
		return done(res, err)
	})
	if step := api.OpenAPI().Components.Schemas.Map()["ProcessStep"]; step != nil {
		step.Properties["values"] = &huma.Schema{
			Type: "object", Description: "numbers of the step by name; null where there is none, \"inf\" and \"-inf\" where infinite", AdditionalProperties: true,
		}
	}
}

// preprocessHandler does the work of JobPreprocess.
func preprocessHandler(proc Processor) func(context.Context, process.Request, ingest.Report) (process.Result, error) {
	return func(ctx context.Context, req process.Request, report ingest.Report) (process.Result, error) {
		return proc.LightCurve(ctx, req, process.Report(report))
	}
}
