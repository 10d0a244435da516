package api

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/process"
)

// The forms of a light curve, as the parameter format names them.
const (
	formJSON = "json"
	formCSV  = "csv"
	formFITS = "fits"
	formBin  = "bin"
)

// curveTypes are the media types of the forms.
var curveTypes = map[string]string{
	formJSON: "application/json",
	formCSV:  "text/csv; charset=utf-8",
	formFITS: "application/fits",
	formBin:  "application/vnd.exoplanetai.lc",
}

// optional is a query parameter that may be absent.
type optional[T any] struct {
	Value T
	Set   bool
}

// Schema describes the value.
func (o optional[T]) Schema(r huma.Registry) *huma.Schema {
	return huma.SchemaFromType(r, reflect.TypeFor[T]())
}

// Receiver is where the framework puts the value.
func (o *optional[T]) Receiver() reflect.Value { return reflect.ValueOf(o).Elem().Field(0) }

// OnParamSet tells whether there was one.
func (o *optional[T]) OnParamSet(set bool, _ any) { o.Set = set }

func (o optional[T]) pointer() *T {
	if !o.Set {
		return nil
	}
	return &o.Value
}

type curveInput struct {
	ID            string            `path:"id" maxLength:"200" doc:"a catalog number (TIC 441420236, KIC 11904151, EPIC 201912552) or a name (TOI-700, Kepler-10)" example:"TIC 441420236"`
	Mission       string            `query:"mission" enum:"TESS,Kepler,K2" doc:"default: the mission of the catalog number"`
	SectorQuarter optional[int]     `query:"sector_quarter" minimum:"0" maximum:"999" doc:"sector (TESS), quarter (Kepler) or campaign (K2); default: all that are held"`
	Author        string            `query:"author" maxLength:"40" doc:"pipeline that made the light curve; default: the mission's own, if held"`
	CadenceS      int               `query:"cadence_s" minimum:"0" maximum:"86400" doc:"cadence in seconds; default: any"`
	Series        string            `query:"series" enum:"raw,processed" default:"processed" doc:"the flux that is meant: as the archive gave it, or processed. raw gives trend and flags too if profile or processing_params is given"`
	Profile       string            `query:"profile" enum:"default,transit" doc:"set of parameters; default: default"`
	Params        string            `query:"processing_params" maxLength:"16384" doc:"parameters as a JSON object, those of POST /api/v1/data/preprocess/lightcurve"`
	Format        string            `query:"format" enum:"json,csv,fits,bin" doc:"form of the answer; default: what Accept asks for, else json"`
	Decimate      optional[int]     `query:"decimate" minimum:"16" maximum:"1000000" doc:"thin out to about this many points, keeping per stretch the lowest and the highest flux and every kind of flag; not for fits"`
	From          optional[float64] `query:"from" doc:"first time, in days on the light curve's scale; not for fits"`
	To            optional[float64] `query:"to" doc:"last time, in days on the light curve's scale; not for fits"`
	Accept        string            `header:"Accept" doc:"application/json, text/csv, application/fits or application/vnd.exoplanetai.lc"`
	IfNoneMatch   string            `header:"If-None-Match" doc:"answer 304 if the ETag is still this one"`
}

// curveQuery is a checked request for a light curve.
type curveQuery struct {
	req      process.Request
	raw      bool // the raw flux is meant
	plain    bool // and nothing is to be processed
	form     string
	decimate int // 0: every point
	from, to float64
	window   bool
}

func (in *curveInput) check() (curveQuery, error) {
	const op = "api.lightcurves"
	q := curveQuery{
		req: process.Request{
			TargetName: in.ID, Mission: in.Mission, SectorQuarter: in.SectorQuarter.pointer(), Author: in.Author, CadenceS: in.CadenceS,
			Profile: in.Profile, ProcessingParams: notNull(json.RawMessage(in.Params)),
		},
		raw: in.Series == "raw", decimate: value(in.Decimate.pointer()), from: math.Inf(-1), to: math.Inf(1),
	}
	q.plain = q.raw && q.req.Profile == "" && q.req.ProcessingParams == nil
	for _, bound := range []struct {
		name string
		from optional[float64]
		to   *float64
	}{{"from", in.From, &q.from}, {"to", in.To, &q.to}} {
		if !bound.from.Set {
			continue
		}
		if !isFinite(bound.from.Value) {
			return q, exo.Errorf(op, exo.Invalid, nil, "%s is not a number of days", bound.name).Try("leave it out for no bound")
		}
		*bound.to, q.window = bound.from.Value, true
	}
	if q.from > q.to {
		return q, exo.Errorf(op, exo.Invalid, nil, "from is %v, after to, %v", q.from, q.to).Try("give the earlier time as from")
	}
	if err := checkJSON(q.req.ProcessingParams); err != nil {
		return q, err
	}
	if err := checkProcess(q.req); err != nil {
		return q, err
	}
	var err error
	if q.form, err = chooseForm(in.Format, in.Accept); err != nil {
		return q, err
	}
	if q.form == formFITS && (q.decimate > 0 || q.window) {
		return q, exo.Errorf(op, exo.Invalid, nil, "a FITS file is given whole: decimate, from and to are not for it").
			Try("leave them out, or ask for format=csv")
	}
	return q, nil
}

// checkJSON holds parameters in a query to the rules of bodies.
func checkJSON(raw json.RawMessage) error {
	if raw == nil {
		return nil
	}
	if !json.Valid(raw) {
		return exo.Errorf("api.lightcurves", exo.Invalid, nil, "processing_params is not valid JSON").
			Try(`write it as an object, percent-encoded: {"sigma_clip_sigma":4}`)
	}
	if err := checkMembers(raw); err != nil {
		return exo.E("api.lightcurves", exo.Invalid, nil, err).Say("processing_params: %s", err)
	}
	return nil
}

// key names everything that the bytes of the answer depend on beside the data.
func (q curveQuery) key() string {
	b := []byte("lc1 " + q.form + " ")
	b = strconv.AppendBool(b, q.raw)
	b = strconv.AppendBool(append(b, ' '), q.plain)
	b = strconv.AppendInt(append(b, ' '), int64(q.decimate), 10)
	b = strconv.AppendFloat(append(b, ' '), q.from, 'g', -1, 64)
	b = strconv.AppendFloat(append(b, ' '), q.to, 'g', -1, 64)
	return string(b)
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func (s *Server) curveRoutes(api huma.API) {
	header := func(kind, doc string) *huma.Param {
		return &huma.Param{Schema: &huma.Schema{Type: kind}, Description: doc}
	}
	content := map[string]*huma.MediaType{
		"text/csv":                       {Schema: &huma.Schema{Type: "string"}},
		"application/fits":               {Schema: &huma.Schema{Type: "string", Format: "binary"}},
		"application/vnd.exoplanetai.lc": {Schema: &huma.Schema{Type: "string", Format: "binary", Description: "17 bytes a point, little-endian: all times (float64), all fluxes (float32), all trends (float32), all flags (uint8)"}},
		"application/json":               {Schema: schemaOf[curveDocument](api)},
	}
	register(s, api, huma.Operation{
		OperationID: "read-lightcurve", Method: http.MethodGet, Path: Base + "/lightcurves/{id}", Tags: []string{"preprocessing"},
		Summary: "Read the light curves of one star",
		Description: "Raw flux, processed flux, trend, and for every row why it left, of all sectors that are held, in order of time. " +
			"A result that is not held is computed for this answer and not kept. FITS is one file: 409 lists the candidates when several match.",
		Responses: map[string]*huma.Response{
			"200": {Description: "The light curve.", Content: content, Headers: map[string]*huma.Param{
				"ETag": header("string", "changes with the sources, the recipe and the query"), "X-Points": header("integer", "points in the answer"),
				"X-Decimated": header("string", "present when thinned out: how many of how many points, and how"), "X-Time-Scale": header("string", "BTJD or BKJD"),
			}},
			"304": {Description: "The answer is still the one named."},
			"406": problemResponse(api, "None of the accepted media types is offered."),
			"409": problemResponse(api, "Several files match where one is needed; candidates lists them."),
		},
	}, s.curve)
}

func (s *Server) curve(ctx context.Context, in *curveInput) (*huma.StreamResponse, error) {
	q, err := in.check()
	if err != nil {
		return nil, err
	}
	view, err := s.process.View(ctx, q.req, q.plain)
	if err != nil {
		return nil, err
	}
	if err := bounds(view); err != nil {
		return nil, err
	}
	if q.form == formFITS {
		return s.curveFITS(ctx, q, view)
	}
	ans, err := s.assemble(ctx, q, view)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		r, w := humago.Unwrap(hctx)
		s.sendCurve(w, r, ans)
	}}, nil
}

// bounds refuses what is too much for one answer, whatever the records said.
func bounds(v process.View) error {
	points := 0
	for _, c := range v.Curves {
		points += c.Raw.Len()
	}
	return process.Bounds(v.Target.Name, len(v.Curves), points)
}
