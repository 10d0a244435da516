package api

import (
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
)

// tableBody is the body of POST /data/ingest/table. Optional members may be
// null, which is the same as leaving them out.
type tableBody struct {
	_            struct{} `json:"-" additionalProperties:"false"`
	TableType    string   `json:"table_type" enum:"koi,toi,k2,gaia" doc:"the table" example:"koi"`
	ForceRefresh *bool    `json:"force_refresh,omitempty" nullable:"true" doc:"ask the archive even if the table held is fresh; default false" example:"false"`
}

// check reads the body and refuses what no archive could be asked.
func (b tableBody) check() (ingest.TableRequest, error) {
	if _, err := catalog.ParseType(b.TableType); err != nil {
		return ingest.TableRequest{}, err
	}
	return ingest.TableRequest{TableType: b.TableType, ForceRefresh: value(b.ForceRefresh)}, nil
}

// lightCurveBody is the body of POST /data/ingest/lightcurve.
type lightCurveBody struct {
	_             struct{} `json:"-" additionalProperties:"false"`
	TargetName    string   `json:"target_name" doc:"a catalog number (TIC, KIC, EPIC) or a name (TOI-700, Kepler-10, AU Mic)" example:"TIC 441420236"`
	Mission       *string  `json:"mission,omitempty" nullable:"true" doc:"TESS, Kepler or K2; default: the mission of the catalog number" example:"TESS"`
	SectorQuarter *int     `json:"sector_quarter,omitempty" nullable:"true" minimum:"0" maximum:"999" doc:"sector (TESS), quarter (Kepler) or campaign (K2); default: all" example:"1"`
	ForceRefresh  *bool    `json:"force_refresh,omitempty" nullable:"true" doc:"ask the archive even if the files held are fresh; default false" example:"false"`
	Author        *string  `json:"author,omitempty" nullable:"true" maxLength:"40" doc:"pipeline that made the light curve; default: the mission's own" example:"SPOC"`
	CadenceS      *int     `json:"cadence_s,omitempty" nullable:"true" minimum:"0" maximum:"86400" doc:"cadence in seconds; default: any of the author" example:"120"`
}

func (b lightCurveBody) check() (ingest.LightCurveRequest, error) {
	req := ingest.LightCurveRequest{
		TargetName: b.TargetName, Mission: value(b.Mission), SectorQuarter: b.SectorQuarter,
		ForceRefresh: value(b.ForceRefresh), Author: value(b.Author), CadenceS: value(b.CadenceS),
	}
	if _, err := exo.ParseName(req.TargetName); err != nil {
		return req, err
	}
	if req.Mission != "" {
		if _, err := exo.ParseMission(req.Mission); err != nil {
			return req, err
		}
	}
	return req, nil
}

// batchBody is the body of POST /data/ingest/batch, which needs none. It is
// read all the same, so that nobody's wish is passed over in silence.
type batchBody struct {
	_            struct{} `json:"-" additionalProperties:"false"`
	ForceRefresh *bool    `json:"force_refresh,omitempty" nullable:"true" doc:"the same as the parameter" example:"false"`
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// accepted answers a call that goes on as a job.
type accepted struct {
	Status string `json:"status" enum:"accepted" doc:"the call goes on as a job"`
	JobID  string `json:"job_id" doc:"see GET /api/v1/jobs/{id}"`
}
