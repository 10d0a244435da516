package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"exoplanetai/internal/audit"
	"exoplanetai/internal/exo"
)

type auditInput struct {
	From      time.Time `query:"from" doc:"events at or after this time" example:"2026-01-02T00:00:00Z"`
	To        time.Time `query:"to" doc:"events before this time"`
	Actor     string    `query:"actor" maxLength:"200" doc:"the user"`
	Role      string    `query:"role" maxLength:"40" doc:"the role that the user had"`
	Via       string    `query:"via" maxLength:"40" doc:"local, password, token, key or cli"`
	Address   string    `query:"address" maxLength:"100" doc:"from where"`
	Action    string    `query:"action" maxLength:"200" doc:"what was done; with * at its end: all that begin so" example:"POST /api/v1/data/*"`
	Object    string    `query:"object" maxLength:"300" doc:"what it was done to; with * at its end: all that begin so"`
	Outcome   string    `query:"outcome" enum:"allowed,denied,done,failed" doc:"how it ended"`
	Code      string    `query:"code" maxLength:"40" doc:"kind of the error"`
	RequestID string    `query:"request_id" maxLength:"64" doc:"the request"`
	Before    int64     `query:"before" minimum:"0" doc:"only events before this number; next of the page before"`
	After     int64     `query:"after" minimum:"0" doc:"only events after this number"`
	Limit     int       `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"at most this many, newest first"`
}

func (in *auditInput) filter() audit.Filter {
	return audit.Filter{
		From: in.From, To: in.To, Actor: in.Actor, Role: in.Role, Via: in.Via, Address: in.Address, Action: in.Action, Object: in.Object,
		Outcome: audit.Outcome(in.Outcome), Code: in.Code, RequestID: in.RequestID, Before: in.Before, After: in.After, Limit: in.Limit,
	}
}

type auditOutput struct{ Body audit.Page }

type auditReportOutput struct{ Body audit.Report }

func (s *Server) auditRoutes(api huma.API) {
	const base = Base + "/audit"
	tags := []string{"access"}
	stream := func(doc, mediaType string) map[string]*huma.Response {
		return map[string]*huma.Response{"200": {
			Description: doc, Content: map[string]*huma.MediaType{mediaType: {Schema: &huma.Schema{Type: "string"}}},
		}}
	}
	register(s, api, huma.Operation{
		OperationID: "query-audit", Method: http.MethodGet, Path: base, Tags: tags,
		Summary: "Read the record of who did what", Description: "Every change and every call that was turned away, newest first.",
	}, func(ctx context.Context, in *auditInput) (*auditOutput, error) {
		l, err := s.record()
		if err != nil {
			return nil, err
		}
		p, err := l.Query(ctx, in.filter())
		if p.Events == nil {
			p.Events = []audit.Event{}
		}
		return &auditOutput{p}, err
	})
	register(s, api, huma.Operation{
		OperationID: "verify-audit", Method: http.MethodGet, Path: base + "/verify", Tags: tags,
		Summary: "Check the record", Description: "Reads the chain of events and its mirror, and names each place where something was removed, changed, moved or cut off.",
	}, func(ctx context.Context, _ *struct{}) (*auditReportOutput, error) {
		l, err := s.record()
		if err != nil {
			return nil, err
		}
		r, err := l.Verify(ctx)
		if r.Breaks == nil {
			r.Breaks = []audit.Break{}
		}
		return &auditReportOutput{r}, err
	})
	register(s, api, huma.Operation{
		OperationID: "export-audit", Method: http.MethodGet, Path: base + "/export", Tags: tags,
		Summary: "Export the record", Description: "All events, oldest first, one line of JSON each. The export is recorded.",
		Responses: stream("The events.", "application/x-ndjson"),
	}, s.exportAudit)
	register(s, api, huma.Operation{
		OperationID: "audit-events", Method: http.MethodGet, Path: base + "/events", Tags: tags,
		Summary: "Follow the record", Description: "Server-sent events: `audit` with the event as data, as it is written. id is its number; Last-Event-ID begins after it.",
		Responses: stream("A stream of events.", "text/event-stream"),
	}, s.auditEvents)
}

// record returns the audit record, if this server keeps one.
func (s *Server) record() (*audit.Log, error) {
	if s.audit == nil {
		return nil, exo.Errorf("api.audit", exo.Unavailable, nil, "this server keeps no record").Try("ask whoever runs it")
	}
	return s.audit, nil
}

func (s *Server) exportAudit(_ context.Context, _ *struct{}) (*huma.StreamResponse, error) {
	l, err := s.record()
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		r, w := humago.Unwrap(hctx)
		w.Header().Set("Content-Type", "application/x-ndjson")
		w.Header().Set("Content-Disposition", `attachment; filename="audit.ndjson"`)
		if err := l.Export(r.Context(), w); err != nil {
			s.log.Warn("an export of the record broke off", "request_id", requestID(r.Context()), "error", err)
			panic(http.ErrAbortHandler) // a torn export must not be taken for a whole one
		}
	}}, nil
}

type auditEventsInput struct {
	After int64 `header:"Last-Event-ID" minimum:"0" doc:"begin after this event; 1000 are given at most"`
}

func (s *Server) auditEvents(ctx context.Context, in *auditEventsInput) (*huma.StreamResponse, error) {
	l, err := s.record()
	if err != nil {
		return nil, err
	}
	closed, err := s.openStream(ctx)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer closed()
		_, w := humago.Unwrap(hctx)
		sse(w)
		if err := s.follow(ctx, w, l, in.After); err != nil {
			s.log.Debug("event stream ended early", "request_id", requestID(ctx), "error", err)
		}
	}}, nil
}

// sse begins a stream of server-sent events.
func sse(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // a proxy must not hold events back
	w.WriteHeader(http.StatusOK)
}

// follow sends events until the client leaves, falls too far behind, loses the
// right, or the server stops. The connection's head is sent at once, so that
// the client knows that it is heard.
func (s *Server) follow(ctx context.Context, w http.ResponseWriter, l *audit.Log, after int64) error {
	ctl := http.NewResponseController(w)
	events := l.Subscribe(ctx)
	if err := beat(w, ctl); err != nil {
		return err
	}
	last := after
	if after > 0 {
		p, err := l.Query(ctx, audit.Filter{After: after, Limit: 1000})
		if err != nil {
			return err
		}
		for i := len(p.Events) - 1; i >= 0; i-- {
			if err := auditEvent(w, ctl, p.Events[i], &last); err != nil {
				return err
			}
		}
	}
	tick := time.NewTicker(s.heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.stopped:
			return nil
		case e, ok := <-events:
			if !ok {
				return nil // too far behind: the client comes again with Last-Event-ID
			}
			if err := auditEvent(w, ctl, e, &last); err != nil {
				return err
			}
		case <-tick.C:
			if err := s.still(ctx); err != nil {
				return err
			}
			if err := beat(w, ctl); err != nil {
				return err
			}
		}
	}
}

// auditEvent sends an event that was not sent before.
func auditEvent(w http.ResponseWriter, ctl *http.ResponseController, e audit.Event, last *int64) error {
	if e.Seq <= *last {
		return nil
	}
	*last = e.Seq
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return numbered(w, ctl, "audit", e.Seq, data)
}
