package mast

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
)

// Limits of a query. The archive resets connections of answers with more than
// some half a million rows; no star has a thousandth of that.
const (
	maxPages  = 100
	maxRows   = 200_000
	maxPolls  = 1000
	maxAnswer = 64 << 20
	maxPause  = 2 * time.Second
	heldFor   = 20 // seconds that the archive may hold a question before it answers EXECUTING
)

// question is a request object of the archive's portal interface. Its text is
// what the archive finds a running query by: the same question must give the
// same bytes, which a struct does and a map need not.
type question struct {
	Service  string `json:"service"`
	Format   string `json:"format"`
	PageSize int    `json:"pagesize"`
	Page     int    `json:"page"`
	Timeout  int    `json:"timeout"`
	Params   any    `json:"params"`
}

// answer is the reply, as far as it is of use. Columns may lack; numbers may be
// texts and texts numbers; the name resolver's reply has no data.
type answer struct {
	Status string          `json:"status"`
	Msg    json.RawMessage `json:"msg"`
	Data   []row           `json:"data"`
	Paging struct {
		Page          json.Number `json:"page"`
		PagesFiltered json.Number `json:"pagesFiltered"`
		RowsFiltered  json.Number `json:"rowsFiltered"`
	} `json:"paging"`
	Resolved *[]row `json:"resolvedCoordinate"` // nil: the key is absent
}

// filter selects observations by a column.
type filter struct {
	Name   string `json:"paramName"`
	Values []any  `json:"values"`
}

// text filters by one or more exact texts. Numbers that stand in text columns,
// such as target_name, must be texts too.
func text(name string, values ...string) filter {
	f := filter{Name: name}
	for _, v := range values {
		f.Values = append(f.Values, v)
	}
	return f
}

// between filters by a closed range of numbers.
func between(name string, low, high int) filter {
	return filter{Name: name, Values: []any{map[string]int{"max": high, "min": low}}}
}

// all asks a service and gives the rows of all pages, with the raw answers.
func (s *Source) all(ctx context.Context, service string, params any) ([]row, []archive.Answer, error) {
	var rows []row
	var raw []archive.Answer
	for page := 1; ; page++ {
		a, got, err := s.invoke(ctx, question{Service: service, Format: "json", PageSize: s.opt.PageSize, Page: page, Timeout: heldFor, Params: params})
		if err != nil {
			return nil, nil, err
		}
		rows, raw = append(rows, a.Data...), append(raw, got)
		last, err := a.lastPage(page, len(rows), s.opt.PageSize)
		if err != nil || last {
			return rows, raw, err
		}
		if page >= maxPages || len(rows) > maxRows {
			return nil, nil, exo.Errorf("mast.invoke", exo.Upstream, service, "MAST has more than %d rows for this question", len(rows))
		}
	}
}

// lastPage reports whether an answer is the last of its pages, have rows in
// all. An answer that holds less than it counts is refused: the rest of the
// rows would be taken for not existing.
func (a answer) lastPage(page, have, size int) (bool, error) {
	lacks := func(format string, args ...any) (bool, error) {
		return false, exo.Errorf("mast.invoke", exo.Upstream, nil, "MAST's answer "+format, args...).Try("try again later")
	}
	pages, perr := a.Paging.PagesFiltered.Int64()
	count, cerr := a.Paging.RowsFiltered.Int64()
	switch {
	case a.Status != "COMPLETE", a.Data == nil:
		return lacks("comes without rows, not even none")
	case perr != nil && len(a.Data) >= size:
		return lacks("has %d rows and does not say whether there are more", len(a.Data))
	case perr == nil && int64(page) < pages && len(a.Data) > 0:
		return false, nil
	case perr == nil && int64(page) < pages:
		return lacks("is empty on page %d of %d", page, pages)
	case cerr == nil && int64(have) < count:
		return lacks("holds %d of %d rows", have, count)
	}
	return true, nil
}

// invoke asks one question until it is answered. While the archive says that
// it is EXECUTING the same text is sent again.
func (s *Source) invoke(ctx context.Context, q question) (answer, archive.Answer, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return answer{}, archive.Answer{}, exo.E("mast.invoke", exo.Internal, q.Service, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.opt.QueryTimeout, archive.ErrLate)
	defer cancel()
	ep := s.opt.Endpoint
	origin := exo.Origin{Archive: "mast", URL: ep.URL("/api/v0/invoke", nil), Query: string(body)}
	pause := s.opt.PollInterval
	for range maxPolls {
		b, resp, err := s.opt.Client.Get(ctx, ep, archive.Request{
			URL: origin.URL, Form: url.Values{"request": {string(body)}}, MaxBytes: maxAnswer,
			Header: http.Header{"Accept": {"text/plain"}},
		})
		if err != nil {
			return answer{}, archive.Answer{}, archive.Explain(err)
		}
		a, err := decode(resp.URL.Host, b)
		if err != nil {
			return answer{}, archive.Answer{}, err
		}
		if a.Status != "EXECUTING" {
			return a, archive.Answer{Origin: origin, Body: b}, nil
		}
		if err := s.opt.Client.Sleep(ctx, pause); err != nil {
			return answer{}, archive.Answer{}, err
		}
		pause = min(2*pause, max(maxPause, s.opt.PollInterval))
	}
	return answer{}, archive.Answer{}, exo.Errorf("mast.invoke", exo.Unavailable, q.Service, "MAST does not finish the query").Try("try again later")
}

// decode reads an answer. ERROR comes with HTTP status 200, a page of
// maintenance too.
func decode(host string, body []byte) (answer, error) {
	const op = "mast.invoke"
	var a answer
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&a); err != nil || d.More() {
		if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
			if r := archive.Refusal(host, body); r != nil {
				return answer{}, r
			}
		}
		return answer{}, exo.E(op, exo.Upstream, host, err).Say("the answer of %s is no JSON document, or is cut", host).Try("try again later")
	}
	a.Status = strings.ToUpper(strings.TrimSpace(a.Status))
	switch {
	case a.Status == "ERROR":
		msg := archive.Words(bytes.Trim(a.Msg, `"`))
		return answer{}, exo.E(op, exo.Upstream, host, &archive.ServiceError{Text: msg}).
			Say("%s answers: %s", host, msg).Try("if MAST has changed its tables, a newer version of this program is needed")
	case a.Status == "COMPLETE", a.Status == "EXECUTING", a.Status == "" && a.Data == nil:
		return a, nil
	}
	return answer{}, exo.Errorf(op, exo.Upstream, host, "%s answers with the status %.40q, which is not known", host, a.Status).Try("try again later")
}
